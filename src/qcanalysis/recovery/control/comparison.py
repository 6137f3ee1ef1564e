"""Comparison of control files: what changed between versions, which conceded defect is back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from qcanalysis.recovery.control.control_file import FIELDS, ControlFile, ControlLine
from qcanalysis.recovery.rows import Row
from qcanalysis.recovery.triage.triage_rules import RuleModel


@dataclass(frozen=True)
class Difference:
    """What differs between two versions; `item` is the line of a field that holds several."""

    field: str
    item: str
    before: str
    after: str


def differences(before: ControlFile, after: ControlFile) -> tuple[Difference, ...]:
    """Differences of the twelve fields; what is not among them was inherited as it was (R82).

    Raises
    ------
    ValueError
        If the two are of different families.

    Examples
    --------
    >>> from qcanalysis.recovery.control.control_file import sample_control_file
    >>> coin = sample_control_file("struck-coin")
    >>> differences(coin, coin)
    ()
    """
    if before.product_family != after.product_family:
        raise ValueError(
            f"before and after must be of one product_family, got {before.product_family!r} "
            f"and {after.product_family!r}"
        )
    return tuple(
        Difference(name, item, old, new)
        for name in FIELDS
        for item, old, new in _paired(_items(before, name), _items(after, name))
        if old != new
    )


def _items(control_file: ControlFile, name: str) -> dict[str, str]:
    """Text of a field by item; one item without a name for a field that holds one value."""
    value = getattr(control_file, name)
    if value is None or isinstance(value, str):
        return {"": value or ""}
    items: dict[str, str] = {}
    for number, entry in enumerate(value, start=1):
        if isinstance(entry, ControlLine):
            key = entry.spec_id
        else:
            key = entry if isinstance(entry, str) else f"{entry.defect_type}, no. {number}"
        items[key] = entry if isinstance(entry, str) else _line_text(entry)
    return items


def _line_text(entry: RuleModel) -> str:
    stated = entry.model_dump(mode="json", exclude_none=True, exclude={"families"})
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in stated.items())


def _paired(old: dict[str, str], new: dict[str, str]) -> Iterator[tuple[str, str, str]]:
    for item in dict.fromkeys((*old, *new)):
        yield item, old.get(item, ""), new.get(item, "")


@dataclass(frozen=True)
class Alert:
    """Defect that was once conceded and is there again."""

    defect_type: str
    finding_ids: tuple[str, ...]
    sentence: str


def returning_concessions(control_file: ControlFile, findings: Iterable[Row]) -> tuple[Alert, ...]:
    """Alerts for conceded defects that an order has again (R51, R83).

    Parameters
    ----------
    control_file
        File that the order inherited.
    findings
        Rows of the table ``findings`` of the order's inspections, of this family.

    Examples
    --------
    >>> from qcanalysis.recovery.control.control_file import PastConcession
    >>> file = ControlFile(product_family="coin", version=2,
    ...                    concession_history=(PastConcession(defect_type="backside haze"),))
    >>> alerts = returning_concessions(file, [{"finding_id": "F9",
    ...                                        "defect_type": "Backside  haze"}])
    >>> alerts[0].sentence
    'backside haze was conceded once and not for future runs: F9 cannot rest on that concession'
    """
    found: dict[str, list[str]] = {}
    for row in findings:
        found.setdefault(_name(row["defect_type"]), []).append(str(row.get("finding_id")))
    conceded = (
        *(past.defect_type for past in control_file.concession_history or ()),
        *(control_file.non_repeat_concessions or ()),
    )
    names = {_name(defect_type): defect_type for defect_type in conceded}
    return tuple(
        Alert(
            defect_type,
            tuple(found[name]),
            f"{defect_type} was conceded once and not for future runs: "
            f"{', '.join(found[name])} cannot rest on that concession",
        )
        for name, defect_type in names.items()
        if name in found
    )


def _name(defect_type: str) -> str:
    return " ".join(defect_type.casefold().split())

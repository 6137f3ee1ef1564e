"""What the next order inherits: control files, what differs, what to flag, what came back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Literal

import pandas as pd

from qcanalysis.recovery.control.comparison import differences, returning_concessions
from qcanalysis.recovery.control.control_file import (
    FIELDS,
    SAMPLE_FAMILIES,
    ControlFile,
    read_control_file,
    sample_control_file,
)
from qcanalysis.recovery.control.prevention import (
    during_production_advice,
    pre_production_note,
    prevention_flags,
)
from qcanalysis.recovery.rows import rows_of
from qcanalysis.recovery.specification.lines import lint


@dataclass(frozen=True, eq=False)
class NextOrder:
    """Control files of an order, made ready for the next one.

    Attributes
    ----------
    sentence, state
        What is still to be stated before the next order, and whether that is much.
    fields
        The twelve fields by product family: stated, or missing.
    changes
        What differs from the files in force before.
    flags
        The six prevention flags by family.
    remarks
        Lines that cannot be inspected as they are worded, or are looser than the order.
    alerts
        Conceded defects that are there again.
    advice
        Checks for the next order.
    """

    sentence: str
    state: Literal["good", "caution", "bad"]
    fields: pd.DataFrame
    changes: pd.DataFrame
    flags: pd.DataFrame
    remarks: pd.DataFrame
    alerts: tuple[str, ...]
    advice: tuple[str, ...]


def files_in_force(texts: Sequence[str]) -> tuple[ControlFile, ...]:
    r"""Control files of YAML texts, as the documents of an earlier order hold them (R83).

    Raises
    ------
    ValueError
        If a text is no control file, or two are of one family.

    Examples
    --------
    >>> [file.version for file in files_in_force(["product_family: pin\nversion: 2"])]
    [2]
    """
    given = tuple(read_control_file(text) for text in texts)
    families = [file.product_family for file in given]
    if twice := sorted({name for name in families if families.count(name) > 1}):
        raise ValueError(f"give one control file a family, got several of {', '.join(twice)}")
    return given


def next_order(
    current: Sequence[ControlFile],
    earlier: Sequence[ControlFile],
    skus: pd.DataFrame,
    findings: pd.DataFrame,
    inspections: pd.DataFrame,
    *,
    pre_production_pieces: int,
) -> NextOrder:
    """What the next order inherits, and what has to be settled before it.

    Parameters
    ----------
    current
        Control files of this order, one a family.
    earlier
        Files that were in force before it; a family without one is held against the packaged
        sample (R84) if it has any.
    skus, findings, inspections
        Tables of the case, in the columns of the records schema.
    pre_production_pieces
        Pieces of the pre-production sample (R86); 0 where there was none.
    """
    families = [file.product_family for file in current if file.product_family in SAMPLE_FAMILIES]
    before = {family: sample_control_file(family) for family in families}
    before |= {file.product_family: file for file in earlier}
    family_of = dict(zip(skus["sku"], skus["product_family"], strict=True))
    by_family = findings.assign(family=findings["sku"].map(family_of))
    alerts = tuple(
        alert.sentence
        for file in before.values()
        for alert in returning_concessions(
            file, rows_of(by_family[by_family["family"].eq(file.product_family)])
        )
    )
    flags = _flags(current, skus)
    remarks = _remarks(current)
    fields = pd.DataFrame(
        [{"family": file.product_family} | _stated(file) for file in current],
        columns=["family", "stated", "missing"],
    )
    sentence, state = _in_words(current, flags, alerts)
    return NextOrder(
        sentence,
        state,
        fields,
        _changes(current, before),
        flags,
        remarks,
        alerts,
        _advice(inspections, pre_production_pieces),
    )


def _stated(file: ControlFile) -> dict[str, object]:
    missing = [name.replace("_", " ") for name in file.missing]
    return {
        "stated": f"{len(FIELDS) - len(missing)} of {len(FIELDS)}",
        "missing": ", ".join(missing) or "nothing",
    }


def _changes(current: Sequence[ControlFile], before: dict[str, ControlFile]) -> pd.DataFrame:
    rows = [
        {"family": file.product_family} | asdict(difference)
        for file in current
        if file.product_family in before
        for difference in differences(before[file.product_family], file)
    ]
    return pd.DataFrame(rows, columns=["family", "field", "item", "before", "after"])


def _flags(current: Sequence[ControlFile], skus: pd.DataFrame) -> pd.DataFrame:
    tables = []
    for file in current:
        own = rows_of(skus[skus["product_family"].eq(file.product_family)])
        product = own[0] if own else {}
        flags = prevention_flags(product, hardware=file.attachment, lines=file.lines)
        tables.append(flags.assign(family=file.product_family))
    if not tables:
        return pd.DataFrame(columns=["family", "flag", "is_raised", "reason", "advice"])
    flags = pd.concat(tables, ignore_index=True)
    return flags[["family", "flag", "is_raised", "reason", "advice"]]


def _remarks(current: Sequence[ControlFile]) -> pd.DataFrame:
    tables = [lint(file.lines).assign(family=file.product_family) for file in current]
    tables = [table for table in tables if not table.empty]
    if not tables:
        return pd.DataFrame(columns=["family", "spec_id", "level", "reason"])
    return pd.concat(tables, ignore_index=True)[["family", "spec_id", "level", "reason"]]


def _advice(inspections: pd.DataFrame, pre_production_pieces: int) -> tuple[str, ...]:
    original = inspections[inspections["resubmission_of"].isna()]
    passed = original["reported_result"].dropna().eq("accepted")
    visits = during_production_advice(list(passed))
    notes = [f"{visits.reason}." if visits.holds is not None else _undecided(len(passed))]
    if pre_production_pieces > 0:
        note = pre_production_note(pre_production_pieces)
        notes.append(note or "The pre-production sample was large enough to reassure.")
    else:
        notes.append(
            "State the size of the pre-production sample: a small one can hide what scale does."
        )
    return tuple(notes)


def _undecided(visits: int) -> str:
    return (
        f"Inspection during production: cannot tell from {visits} visit(s); two failures in the "
        "last five would ask for it."
    )


def _in_words(
    current: Sequence[ControlFile], flags: pd.DataFrame, alerts: Sequence[str]
) -> tuple[str, Literal["good", "caution", "bad"]]:
    missing = sum(len(file.missing) for file in current)
    total = len(FIELDS) * len(current)
    raised = int(flags["is_raised"].eq("yes").sum())
    open_flags = int(flags["is_raised"].eq("not assessable").sum())
    sentence = (
        f"{missing} of {total} control-file fields are still to be stated before the next order; "
        f"{raised} of {len(flags)} prevention flags are raised and {open_flags} cannot be told"
    )
    if alerts:
        return f"{sentence}. A conceded defect is back: {alerts[0]}.", "bad"
    return f"{sentence}.", "caution" if missing or raised or open_flags else "good"

"""One live control file per product family: what the next order inherits from the last (R82-R84).

A control file is YAML text. A field that nobody has stated is left out and listed as missing.
"""

from __future__ import annotations

from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

import pandas as pd
import yaml
from pydantic import Field, ValidationError

from qcanalysis.recovery.specification.library import SPECIFICATION_COLUMNS, LibraryLine
from qcanalysis.recovery.triage.triage_rules import RuleModel

FIELDS = (
    *("artwork_revision", "material", "thickness", "size", "finish", "attachment"),
    *("carding", "pack_out", "critical_dimensions", "limits"),
    *("concession_history", "non_repeat_concessions"),
)
"""The twelve fields of R83."""
SAMPLE_FAMILIES = ("soft-enamel-pin", "zinc-keychain", "struck-coin")


class ControlLine(LibraryLine):
    """Line of a control file: a specification line, its family that of the file."""

    families: tuple[str, ...] = ()


class PastConcession(RuleModel):
    """Concession once signed: what was let through, how many, and where it is recorded.

    Examples
    --------
    >>> PastConcession(defect_type="backside haze", quantity=600).document is None
    True
    """

    defect_type: str
    quantity: int | None = Field(default=None, ge=1)
    order_id: str | None = None
    conceded_on: date | None = None
    cartons: str | None = None
    remedy: str | None = None
    document: str | None = None


class ControlFile(RuleModel):
    """Version of the control file of one product family: twelve fields and what changed.

    Attributes
    ----------
    product_family, version, order_id
        Whose file it is, its number from 1, and the order it was made for.
    changed_on, change, why, from_failure
        When and what changed against the version before, why, and after which failed visit.
    artwork_revision, material, thickness, size, finish, attachment, carding, pack_out
        In words; `attachment` lists the kinds of hardware. None is not stated.
    critical_dimensions, limits
        Specification lines.
    concession_history, non_repeat_concessions
        Concessions signed, and the defects that no later order may have again.

    Examples
    --------
    >>> ControlFile(product_family="struck-coin", version=1, material="zinc alloy").missing[:2]
    ('artwork_revision', 'thickness')
    """

    product_family: str
    version: int = Field(ge=1)
    order_id: str | None = None
    changed_on: date | None = None
    change: str | None = None
    why: str | None = None
    from_failure: str | None = None
    artwork_revision: str | None = None
    material: str | None = None
    thickness: str | None = None
    size: str | None = None
    finish: str | None = None
    attachment: tuple[str, ...] | None = None
    carding: str | None = None
    pack_out: str | None = None
    critical_dimensions: tuple[ControlLine, ...] | None = None
    limits: tuple[ControlLine, ...] | None = None
    concession_history: tuple[PastConcession, ...] | None = None
    non_repeat_concessions: tuple[str, ...] | None = None

    @property
    def missing(self) -> tuple[str, ...]:
        """Fields of R83 that nobody has stated; an empty list of concessions is a statement."""
        return tuple(name for name in FIELDS if getattr(self, name) is None)

    @property
    def lines(self) -> pd.DataFrame:
        """Critical dimensions and limits with the columns of the table ``specification``."""
        lines = (*(self.critical_dimensions or ()), *(self.limits or ()))
        rows = [line.model_dump() for line in lines]
        return pd.DataFrame(rows, columns=SPECIFICATION_COLUMNS).convert_dtypes()


def read_control_file(content: str) -> ControlFile:
    r"""Control file in a YAML text.

    Raises
    ------
    ValueError
        If the text is no YAML mapping, or a field is unknown or ill-typed; all faults at once.

    Examples
    --------
    >>> read_control_file("product_family: struck-coin\nversion: 2\n").version
    2
    """
    try:
        fields = yaml.safe_load(content)
    except (yaml.YAMLError, RecursionError) as error:
        raise ValueError(f"the control file is not valid YAML: {error}") from error
    if not isinstance(fields, dict):
        raise ValueError("a control file holds lines of 'field: value', got none; add them")
    try:
        return ControlFile.model_validate(fields)
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}, got {str(fault['input'])[:60]!r}"
            for fault in error.errors()
        )
        raise ValueError(f"control file: {faults}; put a text of digits in quotes") from error


def control_file_text(control_file: ControlFile) -> str:
    """YAML text of a control file; `read_control_file` gives the same file back.

    Examples
    --------
    >>> print(control_file_text(ControlFile(product_family="pin", version=1)).strip())
    product_family: pin
    version: 1
    """
    fields = control_file.model_dump(mode="json", exclude_none=True)
    for name in ("critical_dimensions", "limits"):
        for line in fields.get(name, []):
            line.pop("families")
    return yaml.safe_dump(fields, sort_keys=False, allow_unicode=True, width=100)


@cache
def sample_control_file(product_family: str) -> ControlFile:
    """Control file to start from, with what the guide S0 states for the family (R84).

    Raises
    ------
    ValueError
        If there is none for the family.

    Examples
    --------
    >>> [line.nominal for line in sample_control_file("struck-coin").critical_dimensions]
    [50.0]
    """
    if product_family not in SAMPLE_FAMILIES:
        raise ValueError(
            f"product_family must be one of {', '.join(SAMPLE_FAMILIES)}, got {product_family!r}"
        )
    folder = files("qcanalysis.recovery.control") / "samples"
    return read_control_file((folder / f"{product_family}.yaml").read_text(encoding="utf-8"))


def revised(
    control_file: ControlFile,
    *,
    changed_on: date | None,
    change: str,
    why: str | None,
    from_failure: str | None = None,
    **fields: Any,
) -> ControlFile:
    """Next version: the given fields as given, all others inherited as they were (R82).

    Parameters
    ----------
    control_file
        Version before.
    changed_on, change, why, from_failure
        When, what, why, and after which failed visit.
    fields
        New values by name of the field, ``order_id`` included.

    Raises
    ------
    ValueError
        If a field is unknown or ill-typed.

    Examples
    --------
    >>> first = sample_control_file("struck-coin")
    >>> second = revised(first, changed_on=date(2026, 10, 20), change="finish stated",
    ...                  why="antique shade was judged by eye", finish="antique, medium")
    >>> second.version, second.limits == first.limits
    (2, True)
    """
    content = {name: getattr(control_file, name) for name in type(control_file).model_fields}
    content |= {"version": control_file.version + 1, "changed_on": changed_on, "change": change}
    return ControlFile.model_validate(content | {"why": why, "from_failure": from_failure} | fields)

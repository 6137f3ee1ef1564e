"""Library of specification lines by product family, each with its source (R23-R30).

Columns are those of the table ``specification`` of the records.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Literal

import pandas as pd
from pydantic import Field, model_validator

from qcanalysis.recovery.rows import Row
from qcanalysis.recovery.triage.claims import condition_claim, known
from qcanalysis.recovery.triage.rules import packaged_rules
from qcanalysis.recovery.triage.triage_rules import DefectClass, FaultKind, RuleModel


class LimitChoice(RuleModel):
    """The limit of a line that the buyer may set.

    Attributes
    ----------
    limit
        Which limit.
    between
        Smallest and largest value the source allows [unit of the line]; None where the source
        gives no number, so that the buyer must state one.
    """

    limit: Literal["lower_limit", "upper_limit"]
    between: tuple[float, float] | None = None


class LibraryLine(RuleModel):
    """One line of a specification library; attributes are the columns of ``specification``.

    ``families`` are the product families the line is for, ``choice`` the limit a buyer may set.

    Examples
    --------
    >>> LibraryLine(spec_id="R25-front-pit", families=("struck-coin",), source="S0 R25",
    ...             characteristic="pit diameter", upper_limit=0.30, unit="mm").upper_limit
    0.3
    """

    spec_id: str
    families: tuple[str, ...]
    choice: LimitChoice | None = None
    characteristic: str
    place: str | None = None
    nominal: float | None = None
    lower_limit: float | None = None
    upper_limit: float | None = None
    limits_conform: bool | None = None
    unit: str | None = None
    max_count: int | None = Field(default=None, ge=0)
    count_circle_mm: float | None = Field(default=None, gt=0)
    condition: str | None = None
    method: str | None = None
    is_destructive: bool | None = None
    test_cycles: int | None = Field(default=None, gt=0)
    viewing_distance_cm: float | None = Field(default=None, gt=0)
    illuminance_min_lux: float | None = Field(default=None, gt=0)
    illuminance_max_lux: float | None = Field(default=None, gt=0)
    defect_class: DefectClass | None = None
    fault_kind: FaultKind | None = None
    appearance_zone: Literal["zero_defect", "controlled_cosmetic", "non_appearance"] | None = None
    counted_per: Literal["item", "lot", "carton"] | None = None
    source: str

    @model_validator(mode="after")
    def _limits_are_in_order(self) -> LibraryLine:
        low, high = self.lower_limit, self.upper_limit
        if low is not None and high is not None and low > high:
            raise ValueError(f"{self.spec_id}: lower_limit {low} is above upper_limit {high}")
        return self


def library_families() -> frozenset[str]:
    """Product families that the packaged library has lines for.

    Examples
    --------
    >>> "struck-coin" in library_families()
    True
    """
    return frozenset(family for line in _packaged() for family in line.families)


@cache
def _packaged() -> tuple[LibraryLine, ...]:
    return tuple(
        LibraryLine.model_validate(entry) for entry in packaged_rules("metal_promo")["lines"]
    )


def library_lines(
    product_family: str,
    *,
    limits: Mapping[str, float] | None = None,
    product: Row | None = None,
    library: list[Mapping[str, Any]] | None = None,
) -> pd.DataFrame:
    """Specification lines of a product family, ready for a respecification (R23-R30).

    Parameters
    ----------
    product_family
        ``soft-enamel-pin``, ``zinc-keychain`` or ``struck-coin`` in the packaged library of metal
        promo goods.
    limits
        Limits the buyer sets, by ``spec_id`` [unit of the line]. A line for which the source
        gives no number, such as the pull force of a jump ring, has none until it is set here;
        `qcanalysis.recovery.specification.lines.lint` asks for it.
    product
        Row of the table ``skus``: its ``sku`` is put on the lines, and lines whose condition it
        does not meet are left out.
    library
        Lines to choose from; the packaged ones unless given.

    Returns
    -------
    Frame with the columns of the table ``specification``, the PO's limits empty.

    Raises
    ------
    ValueError
        If the family or a ``spec_id`` is unknown, or a limit lies outside the range of its source.

    Examples
    --------
    >>> lines = library_lines("soft-enamel-pin", limits={"R25-sink-logo": 0.12})
    >>> lines.loc[lines["spec_id"] == "R25-sink-logo", "upper_limit"].tolist()
    [0.12]
    """
    lines = _packaged() if library is None else [LibraryLine.model_validate(x) for x in library]
    families = sorted({family for line in lines for family in line.families})
    if product_family not in families:
        raise ValueError(
            f"product_family must be one of {', '.join(families)}, got {product_family!r}"
        )
    chosen = [line for line in lines if product_family in line.families]
    limits = limits or {}
    if strangers := sorted(limits.keys() - {line.spec_id for line in chosen if line.choice}):
        raise ValueError(
            f"limits names {', '.join(strangers)}, of which {product_family!r} lets no limit be "
            "set; edit the table of lines instead"
        )
    product = product or {}
    rows = [
        _with_limit(line, limits.get(line.spec_id)) | {"sku": known(product, "sku")}
        for line in chosen
        if _may_apply(line, product)
    ]
    frame = pd.DataFrame(rows)
    return frame.reindex(columns=SPECIFICATION_COLUMNS).convert_dtypes()


_OWN_FIELDS = [name for name in LibraryLine.model_fields if name not in ("families", "choice")]
SPECIFICATION_COLUMNS = [
    *("spec_id", "sku", *_OWN_FIELDS[1:-1], "po_lower_limit", "po_upper_limit", "source")
]


def _may_apply(line: LibraryLine, product: Row) -> bool:
    claim = None if line.condition is None else condition_claim(line.condition, product)
    return claim is None or claim.holds is not False


def _with_limit(line: LibraryLine, limit: float | None) -> dict[str, Any]:
    row = line.model_dump(exclude={"families", "choice"})
    if line.choice is None:
        return row
    name, unit = f"limits[{line.spec_id!r}]", line.unit
    if limit is None:
        return row
    low, high = line.choice.between or (0.0, float("inf"))
    if not (low <= limit <= high and limit > 0):
        allowed = f"between {low} and {high}" if line.choice.between else "above 0"
        raise ValueError(f"{name} must be {allowed} {unit} ({line.source}), got {limit!r}")
    return row | {line.choice.limit: limit}

"""Sampling plans of a re-inspection: accept-zero where a zone or class allows none, AQL elsewhere.

A piece counts in one of four scopes: ``critical``; ``zero_defect``, any other fault in the
zero-defect zone (R14); ``major`` and ``minor``, the rest.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import pandas as pd

from qcanalysis.estimation import defect_rate_interval
from qcanalysis.recovery.rows import rows_of
from qcanalysis.sampling import (
    RiskPoint,
    SamplingPlan,
    find_accept_zero_plan,
    lookup_plan,
)
from qcanalysis.sampling.zero_acceptance import zero_acceptance_plan

SCOPES = ("critical", "zero_defect", "major", "minor")
CORRECTED = MappingProxyType({"major": 1.0, "minor": 2.5})  # R33
NOTES = (
    "All pieces of a lot are to be examined again by the supplier before it is presented again "
    "(ISO 2859-1): mending only the pieces that were found bad is short of that.",
    "A lot presented again does not count in the switching rules; the authority chooses severity "
    "and whether all classes or only those that failed are inspected: here all are.",
    "The plans are those of ISO 2859-1:1999. Edition 3 of 22 January 2026 replaces it; its tables "
    "may differ, so the edition is named with every plan.",
)


@dataclass(frozen=True)
class ReinspectionTerms:
    """What is agreed for a re-inspection.

    Parameters
    ----------
    aql_percent
        AQL of corrected majors, 1.0 or 1.5, and of minors, 2.5 [%] (R33).
    inspection_level
        Level of all lots but remade ones.
    remade_level
        Level of remade lots: III is an option for them alone (R34).
    severity
        Severity of inspection.
    standard
        Standard and edition of the tables (T16).
    accept_zero
        Limiting quality, as a fraction nonconforming, and the risk of accepting
        it, for the zero-defect zone and critical defects (R14). None: the
        accept-zero table at the AQL of majors. The default, ours, needs about
        the 200 pieces that a lot of 3,201-10,000 has inspected anyway (T13).

    Examples
    --------
    >>> ReinspectionTerms().aql_percent["major"]
    1.0
    """

    aql_percent: Mapping[str, float] = field(default_factory=lambda: CORRECTED)
    inspection_level: str = "II"
    remade_level: str = "III"
    severity: str = "normal"
    standard: str = "ISO 2859-1:1999"
    accept_zero: RiskPoint | None = field(default_factory=lambda: RiskPoint(0.015, 0.05))

    def __post_init__(self) -> None:
        missing = {"major", "minor"} - set(self.aql_percent)
        if missing:
            raise ValueError(f"aql_percent must state {sorted(missing)} [%], add them")

    def level(self, treatment: str) -> str:
        """Inspection level of a lot with this treatment."""
        return self.remade_level if treatment == "remade" else self.inspection_level


def lot_plans(
    lots: pd.DataFrame,
    specification: pd.DataFrame,
    terms: ReinspectionTerms,
    *,
    conceded: Mapping[str, Collection[str]] | None = None,
) -> pd.DataFrame:
    """Plan of every lot and scope of a re-inspection (R33, R34, R75).

    Parameters
    ----------
    lots
        What `treated_lots` returns.
    specification
        Specification lines: ``spec_id, sku, appearance_zone``; may be empty.
    terms
        AQLs, levels, severity, edition, limiting quality of the accept-zero plans.
    conceded
        Defect types conceded, by product: left out of the count of the conceded
        lot, and of that lot alone (T11).

    Returns
    -------
    A row per lot and scope: ``sku, treatment, lot_size, scope, aql_percent,
    limiting_quality, inspection_level, severity, code_letter, sample_size,
    acceptance_number, rejection_number, inspects_all, upper_if_zero_found``
    (most that the lot may hold bad at 95 % confidence when none is found, a
    fraction, T13), ``lines`` (specification lines of the zone), ``not_counted``,
    ``standard`` and ``reason`` (empty). Every lot is judged apart (R06). The
    sample of an accept-zero plan takes in all pieces drawn for the other plans.

    Examples
    --------
    Requirements T6: a remade lot of 400 at level III.

    >>> lots = pd.DataFrame({"sku": ["PIN"], "treatment": ["remade"], "lot_size": [400]})
    >>> table = lot_plans(lots, pd.DataFrame(), ReinspectionTerms()).set_index("scope")
    >>> print(*table.loc["major", ["code_letter", "sample_size", "acceptance_number"]])
    J 80 2
    """
    zone_lines = [row for row in rows_of(specification) if row["appearance_zone"] == "zero_defect"]
    rows = [
        row | {"lines": _lines(zone_lines, lot["sku"]) if row["scope"] == "zero_defect" else ""}
        for lot in rows_of(lots)
        for row in _plans_of(lot, terms, _not_counted(lot, conceded or {}))
    ]
    return pd.DataFrame(rows).convert_dtypes()


def _plans_of(
    lot: dict[str, Any], terms: ReinspectionTerms, not_counted: str
) -> Iterator[dict[str, Any]]:
    lot_size = int(lot["lot_size"])
    of_classes = {
        scope: _tabulated(lot_size, lot["treatment"], scope, terms) for scope in ("major", "minor")
    }
    inspected_anyway = max(plan.sample_size for plan, _ in of_classes.values())
    for scope in SCOPES:
        plan, cell = of_classes.get(scope) or _accept_zero(lot_size, inspected_anyway, terms)
        sample_size = min(plan.sample_size, lot_size)
        zero = defect_rate_interval(0, sample_size, lot_size=lot_size, alternative="upper")
        yield {
            "sku": lot["sku"],
            "treatment": lot["treatment"],
            "lot_size": lot_size,
            "scope": scope,
            **cell,
            "sample_size": sample_size,
            "acceptance_number": plan.acceptance_number,
            "rejection_number": plan.rejection_number,
            "inspects_all": sample_size == lot_size,
            "upper_if_zero_found": zero.upper,
            "not_counted": not_counted,
            "standard": terms.standard,
            "reason": "",
        }


def _accept_zero(
    lot_size: int, inspected_anyway: int, terms: ReinspectionTerms
) -> tuple[SamplingPlan, dict[str, Any]]:
    """Accept-zero plan; pieces that are in hand for the other plans are looked at for it too."""
    cell: dict[str, Any] = dict.fromkeys(["inspection_level", "severity", "code_letter"], "")
    if terms.accept_zero is None:
        aql = terms.aql_percent["major"]
        plan = zero_acceptance_plan(lot_size, aql).plan
        cell |= {"aql_percent": aql, "limiting_quality": None}
    else:
        plan = find_accept_zero_plan(terms.accept_zero, lot_size=lot_size)
        cell |= {"aql_percent": None, "limiting_quality": terms.accept_zero.quality}
    return SamplingPlan.single(max(plan.sample_size, inspected_anyway), 0), cell


def _tabulated(
    lot_size: int, treatment: str, scope: str, terms: ReinspectionTerms
) -> tuple[SamplingPlan, dict[str, Any]]:
    aql, level = terms.aql_percent[scope], terms.level(treatment)
    found = lookup_plan(
        max(lot_size, 2),  # the tables begin at two; a single piece is inspected anyhow
        aql,
        inspection_level=level,
        severity=terms.severity,
        standard=terms.standard,
    )
    return found.plan, {
        "aql_percent": aql,
        "limiting_quality": None,
        "inspection_level": level,
        "severity": terms.severity,
        "code_letter": found.code_letter,
    }


def _lines(zone_lines: list[dict[str, Any]], sku: str) -> str:
    named = [row["spec_id"] for row in zone_lines if row.get("sku") in (None, sku)]
    return ", ".join(named) or (
        "cannot tell: no specification line of this product names the zero-defect zone"
    )


def _not_counted(lot: dict[str, Any], conceded: Mapping[str, Collection[str]]) -> str:
    if lot["treatment"] != "conceded":
        return ""
    return ", ".join(sorted(conceded.get(lot["sku"], ()))) or (
        "cannot tell: state the defect that was conceded"
    )

"""What the next lots of a supplier will cost to inspect, from the severity in force."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby, product

import numpy as np
import pandas as pd

from qcanalysis.estimation.remainder import JEFFREYS
from qcanalysis.sampling.distributions import Array
from qcanalysis.sampling.standard import code_letter
from qcanalysis.sampling.switching_forecast import SeverityForecast, severity_forecast
from qcanalysis.sampling.tables import SEVERITIES
from qcanalysis.suppliers.severity import ClassSeverity, strictest

OUTLOOK_COLUMNS = [
    *("sku_family", "standard", "severity", "lot_size", "inspection_level", "code_letter"),
    *("items", "cost", "items_on_normal", "cost_on_normal", "lots_inspected"),
    *("probability_of_tightened", "probability_of_discontinuation", "cannot_tell"),
]


def inspection_outlook(
    severities: Sequence[ClassSeverity],
    *,
    cost_per_item: float,
    cost_per_visit: float,
    lots: int = 10,
    lot_size: int | None = None,
    fraction_nonconforming: Mapping[str, float] | None = None,
) -> pd.DataFrame:
    """Expected inspection cost of the next lots, and where the severity is heading.

    Parameters
    ----------
    severities
        From `class_severities`.
    cost_per_item, cost_per_visit
        Cost of an item inspected and of a visit [currency].
    lots
        Lots ahead, each with a visit of its own and all of one size.
    lot_size
        Items in each of them; the median of the family's lots unless stated.
    fraction_nonconforming
        By defect class; the mean of Jeffreys' posterior over the family's lots unless
        stated.

    Returns
    -------
    A row per SKU family and standard: the strictest ``severity`` of its classes, the
    plan's ``lot_size, inspection_level, code_letter``, expected ``items`` and ``cost``
    over the lots, the same if inspection stayed normal, ``lots_inspected`` (expected,
    before a discontinuation), the chances that any class is on tightened inspection,
    or discontinued, within these lots; ``cannot_tell`` says which datum is missing, "" if
    none is.

    Notes
    -----
    Chances by `severity_forecast`, exact for a class judged by the plan of its own
    severity. A visit is inspected at the strictest severity of its classes and the
    inspector draws the largest sample of that severity's plans; that a class which asks
    for less is then judged by the stricter plan is left out. Classes are taken as
    independent of each other, lots as binomial at the stated quality, the quality as
    constant; inspection stops when any class is discontinued.
    """
    rows = []
    for (family, standard), group in groupby(
        severities, key=lambda one: (one.sku_family, one.rules.standard)
    ):
        classes = list(group)
        row: dict[str, object] = {
            "sku_family": family,
            "standard": standard,
            "severity": strictest(one.state.severity for one in classes),
            "cannot_tell": _missing(classes),
        }
        if not row["cannot_tell"]:
            size = lot_size or _typical_lot_size(classes)
            level = str(classes[0].lots["inspection_level"].iloc[-1])
            row |= {"lot_size": size, "inspection_level": level}
            row["code_letter"] = letter = code_letter(size, level)
            ahead = [_forecast(one, letter, lots, fraction_nonconforming or {}) for one in classes]
            row |= _expected(ahead, size, lots, cost_per_item, cost_per_visit)
        rows.append(row)
    return pd.DataFrame(rows, columns=OUTLOOK_COLUMNS)


def checked_costs(inspection_costs: Mapping[str, float]) -> dict[str, float]:
    """Costs of an item and of a visit, named as `inspection_outlook` takes them.

    Raises
    ------
    ValueError
        If one is missing, below 0, or another is stated.

    Examples
    --------
    >>> checked_costs({"item": 0.8, "visit": 280.0})
    {'cost_per_item': 0.8, 'cost_per_visit': 280.0}
    """
    known, wanted = inspection_costs.keys(), {"item", "visit"}
    if known != wanted or not all(0 <= cost < np.inf for cost in inspection_costs.values()):
        listed = ", ".join(f"{name} {cost:g}" for name, cost in inspection_costs.items())
        raise ValueError(
            "inspection_costs: state item and visit, no other and none below 0; got "
            f"{listed or 'nothing'}."
        )
    return {f"cost_per_{name}": float(cost) for name, cost in inspection_costs.items()}


def _missing(classes: Sequence[ClassSeverity]) -> str:
    for one in classes:
        if not len(one.lots):
            return f"{one.defect_class}: no lot with a result yet"
        aql = one.lots["aql_percent"].iloc[-1]
        if pd.isna(aql):
            return f"{one.defect_class}: the AQL of the last lot is not recorded"
        if aql > 10:
            return f"{one.defect_class}: AQL {aql:g} counts defects per 100 units"
    return ""


def _typical_lot_size(classes: Sequence[ClassSeverity]) -> int:
    return max(int(pd.concat([one.lots["lot_size"] for one in classes]).median()), 2)


def _forecast(
    one: ClassSeverity, letter: str, lots: int, stated: Mapping[str, float]
) -> SeverityForecast:
    counted = one.lots[["nonconforming_count", "sample_size"]].dropna().sum().astype(int)
    posterior = JEFFREYS.updated(counted["nonconforming_count"], counted["sample_size"])
    return severity_forecast(
        letter,
        float(one.lots["aql_percent"].iloc[-1]),
        stated.get(one.defect_class, posterior.mean),
        lots=lots,
        rules=one.rules,
        start=one.state,
    )


def _expected(
    ahead: Sequence[SeverityForecast],
    lot_size: int,
    lots: int,
    cost_per_item: float,
    cost_per_visit: float,
) -> dict[str, object]:
    """Means over the lots; a visit's sample is the largest at its classes' strictest severity."""
    items = visits = 0.0
    for together in product(SEVERITIES, repeat=len(ahead)):
        pairs = zip(ahead, together, strict=True)
        chance = np.prod([one.severity[name] for one, name in pairs], axis=0).sum()
        severity = strictest(together)
        sample = min(max(one.plans[severity].sample_size for one in ahead), lot_size)
        items += float(chance) * sample
        visits += float(chance)
    usual = lots * min(max(one.plans["normal"].sample_size for one in ahead), lot_size)
    return {
        "items": items,
        "cost": cost_per_item * items + cost_per_visit * visits,
        "items_on_normal": float(usual),
        "cost_on_normal": cost_per_item * usual + cost_per_visit * lots,
        "lots_inspected": visits,
        "probability_of_tightened": _any(one.probability_of_tightened for one in ahead),
        "probability_of_discontinuation": _any(one.probability_of_discontinuation for one in ahead),
    }


def _any(chances: Iterable[Array]) -> float:
    """Chance that at least one of independent events happens."""
    return float(1 - np.prod([1 - float(chance) for chance in chances]))

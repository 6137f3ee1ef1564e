"""All suppliers of a period assessed together, since each is judged beside the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np
import pandas as pd

from qcanalysis.suppliers.adjustment import inspector_adjustment
from qcanalysis.suppliers.bands import (
    DEFAULT_BANDS,
    DEFAULT_WEIGHTS,
    checked_bands,
    checked_weights,
)
from qcanalysis.suppliers.class_rates import ClassRates, class_rates
from qcanalysis.suppliers.funnel import Funnel, supplier_funnel
from qcanalysis.suppliers.grading import grade_suppliers
from qcanalysis.suppliers.indicators import CLASSES, MINIMUM_LOTS, supplier_indicators
from qcanalysis.suppliers.period import Period
from qcanalysis.suppliers.ranking import rank_suppliers
from qcanalysis.suppliers.rate_prior import FittedPrior
from qcanalysis.suppliers.shrinkage import ShrunkenRates

RANKED_CLASS = "major"
FEWEST_RANKED = 10
"""Suppliers below which nobody is a tenth of them."""
LARGEST_AQL_OF_ITEMS = 10.0
"""Above it an AQL counts defects per 100 items (ISO 2859-1), and no share of them."""
LONGEST_WINDOW = 600


@dataclass(frozen=True)
class ScorecardSettings:
    """What a reader may change of a scorecard.

    Parameters
    ----------
    window_months
        Months of record that end with the period, from 1 to 600.
    minimum_lots
        Fewest judged lots for a grade, and for any share, at least 1.
    confidence_level
        Of every interval [fraction].
    bands, weights
        Lower bounds of the grades and weights of the components [points].
    zero_aql_percent
        Rate that stands for the AQL of a class in which nothing is accepted [%].
    seed
        Of the draws that rank suppliers, at least 0.

    Raises
    ------
    ValueError
        If one of them is out of its range, or the bands or weights do not hold.
    """

    window_months: int = 12
    minimum_lots: int = MINIMUM_LOTS
    confidence_level: float = 0.95
    bands: Mapping[str, float] = field(default_factory=lambda: dict(DEFAULT_BANDS))
    weights: Mapping[str, float] = field(default_factory=lambda: dict(DEFAULT_WEIGHTS))
    zero_aql_percent: float = 0.1
    seed: int = 1

    def __post_init__(self) -> None:
        rules = {
            "window_months": (1 <= self.window_months <= LONGEST_WINDOW, "lie from 1 to 600"),
            "minimum_lots": (self.minimum_lots >= 1, "be at least 1"),
            "confidence_level": (0 < self.confidence_level < 1, "lie between 0 and 1"),
            "zero_aql_percent": (0 < self.zero_aql_percent <= 100, "be above 0, 100 at most"),
            "seed": (self.seed >= 0, "be at least 0"),
        }
        for name, (holds, rule) in rules.items():
            if not holds:
                raise ValueError(f"{name} must {rule}, got {getattr(self, name)!r}")
        checked_bands(self.bands)
        checked_weights(self.weights)


@dataclass(frozen=True, eq=False)
class Population:
    """Every supplier's figures over the window that ends with a period.

    Parameters
    ----------
    period_label
        "2026-10", "2026-Q3" or "2026".
    start, end
        First and last day of the window.
    cards
        A row per supplier: indicators, score and grade.
    rates
        A row per supplier and defect class: counts, raw and shrunken rate with limits, rate
        adjusted for the agency, chance to exceed the AQL (NaN for one that counts defects) and
        to be among the worst tenth (NaN of fewer than ten), interval of the rank at the level
        of the settings, place in the funnel.
    priors
        A row per defect class: the distribution of the rate over suppliers and how alike
        the items of a lot are.
    funnel
        Every supplier against the others by the rate of major defects.
    """

    period_label: str
    start: date
    end: date
    cards: pd.DataFrame
    rates: pd.DataFrame
    priors: pd.DataFrame
    funnel: Funnel

    def of(self, supplier_id: str) -> Population:
        """The same with the rows of one supplier; priors and funnel are those of all.

        Raises
        ------
        ValueError
            If the supplier is not in it.
        """
        if supplier_id not in set(self.cards["supplier_id"]):
            raise ValueError(
                f"supplier_id {supplier_id!r}: no such supplier in the history; "
                f"it has {len(self.cards)}, the first is {self.cards['supplier_id'].min()!r}"
            )
        return Population(
            self.period_label,
            self.start,
            self.end,
            self.cards[self.cards["supplier_id"] == supplier_id],
            self.rates[self.rates["supplier_id"] == supplier_id],
            self.priors,
            self.funnel,
        )


def assess_population(
    period: Period,
    class_counts: pd.DataFrame,
    lot_results: pd.DataFrame,
    lot_counts: pd.DataFrame,
    agency_counts: pd.DataFrame,
    settings: ScorecardSettings,
) -> Population:
    """Every supplier assessed from the counts of the window that ends with `period`.

    Parameters
    ----------
    period
        What the scorecards are for; its ``window(settings.window_months)`` is what the counts
        cover.
    class_counts, lot_results, lot_counts, agency_counts
        As the history gives them for that window.
    settings
        What a reader may change.
    """
    indicators = supplier_indicators(
        lot_counts,
        class_counts,
        minimum_lots=settings.minimum_lots,
        confidence_level=settings.confidence_level,
    )
    parts, priors = [], []
    funnel = supplier_funnel([], [], [])
    for defect_class in CLASSES:
        counts = class_counts[class_counts["defect_class"] == defect_class]
        counts = counts.reset_index(drop=True)
        estimated = class_rates(
            lot_results[lot_results["defect_class"] == defect_class],
            counts["supplier_id"],
            confidence_level=settings.confidence_level,
        )
        table = _adjusted(_table(counts, estimated), agency_counts, defect_class, settings)
        if defect_class == RANKED_CLASS:
            table, funnel = _compared(table, estimated.shrunken, settings)
        parts.append(table)
        priors.append(
            _prior_row(defect_class, estimated.fitted, estimated.clustering.intraclass_correlation)
        )
    columns = max((part.columns for part in parts), key=len)
    all_rates = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    all_rates = all_rates.reindex(columns=columns)
    deliveries = indicators["deliveries"].where(indicators["on_time_in_full_rate"].notna())
    grading = grade_suppliers(
        indicators.assign(deliveries=deliveries),
        all_rates.assign(aql_percent=_aql_of_items(all_rates)),
        bands=settings.bands,
        weights=settings.weights,
        zero_aql_fraction=settings.zero_aql_percent / 100,
        confidence_level=settings.confidence_level,
    )
    graded = grading.table.drop(columns="state")
    start, end = period.window(settings.window_months)
    return Population(
        period.label,
        start,
        end,
        indicators.merge(graded, on="supplier_id", validate="1:1"),
        all_rates,
        pd.DataFrame(priors),
        funnel,
    )


def _aql_of_items(rates: pd.DataFrame) -> pd.Series:
    """AQL that a share of items can be held against; NaN where it counts defects."""
    aql = rates["aql_percent"].astype(float)
    return aql.where(aql <= LARGEST_AQL_OF_ITEMS)


def _table(counts: pd.DataFrame, estimated: ClassRates) -> pd.DataFrame:
    raw, shrunken = estimated.raw, estimated.shrunken
    return counts.assign(
        raw=raw.rate,
        raw_lower=raw.lower,
        raw_upper=raw.upper,
        shrunken=shrunken.mean,
        lower=shrunken.lower,
        upper=shrunken.upper,
        alpha=shrunken.alpha,
        beta=shrunken.beta,
        probability_above_aql=shrunken.probability_above(_aql_of_items(counts) / 100),
    )


def _prior_row(
    defect_class: str, fitted: FittedPrior, correlation: float | None
) -> dict[str, object]:
    return {
        "defect_class": defect_class,
        "prior_mean": fitted.prior.mean,
        "prior_alpha": fitted.prior.alpha,
        "prior_beta": fitted.prior.beta,
        "is_fitted": fitted.is_fitted,
        "prior_reason": fitted.reason,
        "suppliers_used": fitted.suppliers_used,
        "intraclass_correlation": float("nan") if correlation is None else correlation,
    }


def _adjusted(
    rates: pd.DataFrame,
    agency_counts: pd.DataFrame,
    defect_class: str,
    settings: ScorecardSettings,
) -> pd.DataFrame:
    """`rates` with the rate as an average agency would have found it."""
    found = inspector_adjustment(
        agency_counts, defect_class, confidence_level=settings.confidence_level
    ).suppliers
    columns = ["supplier_id", "adjusted_rate", "adjusted_lower", "adjusted_upper"]
    told = found[[*columns, "state", "reason"]].rename(
        columns={"state": "adjustment", "reason": "adjustment_reason"}
    )
    return rates.merge(told, on="supplier_id", how="left", validate="1:1")


def _compared(
    table: pd.DataFrame, rates: ShrunkenRates, settings: ScorecardSettings
) -> tuple[pd.DataFrame, Funnel]:
    """`table` with rank and place in the funnel of each supplier, and the funnel."""
    has_enough = (table["lots"] >= settings.minimum_lots).to_numpy(bool)
    ranked = replace(rates, alpha=np.where(has_enough, rates.alpha, np.nan))
    ranks = rank_suppliers(ranked, seed=settings.seed, interval_level=settings.confidence_level)
    has_tenth = ranks.ranked >= FEWEST_RANKED
    funnel = supplier_funnel(
        table["supplier_id"].tolist(), table["nonconforming"], table["items_inspected"]
    )
    compared = table.assign(
        probability_worst_tenth=ranks.probability_worst if has_tenth else np.nan,
        rank_standard_error=ranks.standard_error if has_tenth else np.nan,
        expected_rank=ranks.expected,
        rank_lower=ranks.lower,
        rank_upper=ranks.upper,
        ranked_suppliers=ranks.ranked,
    )
    states = funnel.table.set_index("supplier_id")["state"]
    return compared.assign(funnel=compared["supplier_id"].map(states)), funnel

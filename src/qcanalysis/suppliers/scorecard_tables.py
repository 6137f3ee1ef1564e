"""Tables of a scorecard, and of all suppliers side by side."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from qcanalysis.suppliers.bands import COMPONENTS
from qcanalysis.suppliers.indicators import CLASSES, LABELS
from qcanalysis.suppliers.phrases import with_arrows
from qcanalysis.suppliers.population import RANKED_CLASS, Population
from qcanalysis.suppliers.scorecard import Scorecard

_BASIS: dict[str, tuple[str, str]] = {
    "lot_acceptance_rate": ("accepted_lots", "judged_lots"),
    "first_pass_rate": ("accepted_lots", "lots"),
    "concession_share": ("conceded_lots", "lots"),
    "minor_only_failure_share": ("minor_only_failures", "failed_lots"),
    "repeat_defect_share": ("repeat_defect_types", "defect_types"),
    "resubmission_acceptance_share": ("resubmissions_accepted", "resubmissions"),
    "on_time_in_full_rate": ("deliveries_on_time_in_full", "deliveries"),
}
_RATE_COLUMNS = [
    *("defect_class", "aql_percent", "lots", "items_inspected", "nonconforming"),
    *("raw", "raw_lower", "raw_upper"),
    *("shrunken", "lower", "upper", "probability_above_aql"),
]
_SEVERITY_COLUMNS = [
    *("sku_family", "defect_class", "severity", "severity_used", "since", "reason"),
    *("switching_score", "next_switch"),
]
_ADJUSTED_COLUMNS = [
    *("defect_class", "raw", "adjusted_rate", "adjusted_lower", "adjusted_upper"),
    *("adjustment", "adjustment_reason"),
]


def indicator_table(card: Scorecard) -> pd.DataFrame:
    """Indicators in words: value, interval, what it rests on, and the previous period's value.

    A share below the least number of lots has no value; a table the history lacks has none.
    """
    rows = [
        {
            "indicator": LABELS[name],
            "value": written(card.card[column]),
            "interval": _interval(card.card, column),
            "basis": _basis(card.card, name),
            "before": written(card.card_before[column]),
        }
        for name, column, written in _shown(card)
    ]
    return pd.DataFrame(rows)


def _shown(card: Scorecard) -> list[tuple[str, str, Callable[[object], str]]]:
    """Name, column and way of writing of each indicator."""
    by_class = {
        "per_million_inspected": _whole,
        "per_million_shipped": _whole,
        "nonconformities_per_100_items": _one_decimal,
    }
    shown: list[tuple[str, str, Callable[[object], str]]] = []
    for name in LABELS:
        if name in by_class:
            shown.append((name, f"{name}_{RANKED_CLASS}", by_class[name]))
        elif name == "corrective_action_days":
            shown.append((name, name, _one_decimal))
        else:
            shown.append((name, name, _percent))
    return shown


def _percent(value: object) -> str:
    return "" if pd.isna(value) else f"{value:.1%}"  # type: ignore[call-overload]


def _whole(value: object) -> str:
    return "" if pd.isna(value) else f"{value:,.0f}"  # type: ignore[call-overload]


def _one_decimal(value: object) -> str:
    return "" if pd.isna(value) else f"{value:,.1f}"  # type: ignore[call-overload]


def _interval(row: pd.Series, column: str) -> str:
    lower, upper = row.get(f"{column}_lower"), row.get(f"{column}_upper")
    return "" if lower is None or pd.isna(lower) else f"{lower:.1%} to {upper:.1%}"


def _basis(row: pd.Series, name: str) -> str:
    if name not in _BASIS:
        return ""
    part, whole = (row[column] for column in _BASIS[name])
    return "" if pd.isna(part) or not whole else f"{part:,.0f} of {whole:,.0f}"


def rate_table(card: Scorecard) -> pd.DataFrame:
    """Rate of each class: as counted, drawn towards the other suppliers, chance above AQL."""
    return card.now.rates[_RATE_COLUMNS].reset_index(drop=True)


def adjusted_table(card: Scorecard) -> pd.DataFrame:
    """Rate of each class beside what an average agency would have found."""
    return card.now.rates[_ADJUSTED_COLUMNS].reset_index(drop=True)


def rank_table(card: Scorecard) -> pd.DataFrame:
    """Place among the suppliers with enough data by the rate of major defects: one row, or none."""
    columns = ["ranked_suppliers", "expected_rank", "rank_lower", "rank_upper"]
    rates = card.now.rates
    row = rates.loc[rates["defect_class"] == RANKED_CLASS]
    return row[["funnel", *columns, "probability_worst_tenth"]].reset_index(drop=True)


def severity_in_force(card: Scorecard) -> pd.DataFrame:
    """Severity for the next lot, by SKU family and defect class, with the rule behind it."""
    table = card.severity_table[_SEVERITY_COLUMNS]
    return table.assign(reason=table["reason"].map(with_arrows))


def items_ahead(outlook: pd.DataFrame) -> pd.DataFrame:
    """Pieces to inspect in the next lots and where the severity is heading, without money."""
    columns = ["sku_family", "severity", "lot_size", "items", "items_on_normal"]
    chances = ["probability_of_tightened", "probability_of_discontinuation", "cannot_tell"]
    return outlook[columns + chances]


def cost_ahead(outlook: pd.DataFrame) -> pd.DataFrame:
    """Expected cost of inspecting the next lots: for the buyer's own eyes."""
    return outlook[["sku_family", "lots_inspected", "cost", "cost_on_normal"]]


def component_table(card: Scorecard) -> pd.DataFrame:
    """Points and weight of each component of the score; a missing one has no points."""
    row = card.card
    return pd.DataFrame(
        {
            "component": [name.replace("_", " ") for name in COMPONENTS],
            "weight": [card.grading.weights[name] for name in COMPONENTS],
            "weight_in_force": [row[f"weight_{name}"] for name in COMPONENTS],
            "points": [row[f"score_{name}"] for name in COMPONENTS],
        }
    )


def portfolio_table(now: Population, before: Population, severities: pd.Series) -> pd.DataFrame:
    """All suppliers, the gravest first.

    Parameters
    ----------
    now, before
        Populations of the period and of the previous one.
    severities
        Strictest severity in force by supplier_id.
    """
    cards = now.cards
    major = now.rates[now.rates["defect_class"] == RANKED_CLASS].set_index("supplier_id")
    major = major.reindex(cards["supplier_id"])
    critical = now.rates[now.rates["defect_class"] == "critical"].set_index("supplier_id")
    earlier = before.cards.set_index("supplier_id").reindex(cards["supplier_id"])
    table = pd.DataFrame(
        {
            "supplier_id": cards["supplier_id"],
            "supplier": cards["supplier_name"],
            "grade": cards["grade"],
            "probability_of_grade": cards["probability_of_grade"],
            "score": cards["score"],
            "grade_before": earlier["grade"].to_numpy(),
            "lots": cards["lots"],
            "lot_acceptance_rate": cards["lot_acceptance_rate"],
            "fraction_nonconforming": major["shrunken"].to_numpy(),
            "fraction_lower": major["lower"].to_numpy(),
            "fraction_upper": major["upper"].to_numpy(),
            "probability_above_aql": major["probability_above_aql"].to_numpy(),
            "probability_worst_tenth": major["probability_worst_tenth"].to_numpy(),
            "rank_lower": major["rank_lower"].to_numpy(),
            "rank_upper": major["rank_upper"].to_numpy(),
            "funnel": major["funnel"].to_numpy(),
            "critical_nonconforming": critical["nonconforming"]
            .reindex(cards["supplier_id"], fill_value=0)
            .to_numpy(),
            "severity": severities.reindex(cards["supplier_id"]).to_numpy(),
            "during_production_inspection": cards["during_production_inspection"],
            **{name: cards[name] for name in _indicator_columns(cards)},
        }
    )
    order = np.lexsort((table["supplier_id"], table["score"].fillna(np.inf)))
    return table.iloc[order].reset_index(drop=True)


def _indicator_columns(cards: pd.DataFrame) -> list[str]:
    """Columns of the indicators in the order of their labels, one a class where by class."""
    return [
        column
        for name in LABELS
        for column in (name, *(f"{name}_{kind}" for kind in CLASSES))
        if column in cards
    ]


def worst_movers(now: Population, before: Population, *, most: int = 10) -> pd.DataFrame:
    """Suppliers whose score fell most since the previous period; only those that fell."""
    cards = now.cards[["supplier_id", "supplier_name", "grade", "score"]]
    earlier = before.cards[["supplier_id", "grade", "score"]]
    both = cards.merge(earlier, on="supplier_id", suffixes=("", "_before"))
    both["change"] = both["score"] - both["score_before"]
    fell = both[both["change"].round(1) < 0].nsmallest(most, "change")
    columns = ["supplier_name", "grade_before", "grade", "score_before", "score", "change"]
    return fell[columns].rename(columns={"supplier_name": "supplier"}).reset_index(drop=True)

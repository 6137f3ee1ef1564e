"""All suppliers assessed together, against posteriors written out by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from qcanalysis.suppliers.class_rates import class_rates
from qcanalysis.suppliers.period import Period
from qcanalysis.suppliers.population import Population, ScorecardSettings, assess_population
from qcanalysis.suppliers.ranking import rank_suppliers

PERIOD = Period.parse("2025-06")
ZEROS = [
    "minor_only_failures",
    "resubmissions",
    "resubmissions_accepted",
    "conceded",
    "accepted_otherwise_reported",
    "failures_in_last_five",
    "lots_in_last_five",
    "repeat_defect_types",
    "defect_types",
    "deliveries",
    "deliveries_on_time_in_full",
    "corrective_actions",
    "corrective_actions_open",
    "capa_days_median",
]
AGENCY_COLUMNS = [
    "supplier_id",
    "agency",
    "inspector_id",
    "defect_class",
    "lots",
    "items_inspected",
    "nonconforming",
]


def class_row(supplier_id: str, lots: int, found_per_lot: int, **changes: object) -> dict:
    """Counts of lots of 100 items that are all alike: nothing strays beyond chance."""
    row: dict[str, object] = {
        "supplier_id": supplier_id,
        "defect_class": "major",
        "aql_percent": 2.5,
        "lots": lots,
        "items_inspected": 100 * lots,
        "nonconforming": found_per_lot * lots,
        "nonconformities": float("nan"),
        "lots_shipped": lots,
        "items_shipped": 1000 * lots,
        "expected_nonconforming_shipped": 10.0 * found_per_lot * lots,
    }
    return row | changes


def lot_row(supplier_id: str, lots: int, accepted: int) -> dict[str, object]:
    head = {"supplier_id": supplier_id, "supplier_name": supplier_id.upper()}
    counts = {"lots": lots, "accepted": accepted, "pending": 0}
    return head | counts | dict.fromkeys(ZEROS, 0)


def results_of(counts: pd.DataFrame) -> pd.DataFrame:
    """Results of the lots behind `class_row`."""
    found_per_lot = counts["nonconforming"] // counts["lots"]
    return counts.assign(sample_size=100, nonconforming_count=found_per_lot)


def assessed(rows: list[dict], lots: list[dict], **settings: object) -> Population:
    counts = pd.DataFrame(rows)
    return assess_population(
        PERIOD,
        counts,
        results_of(counts),
        pd.DataFrame(lots),
        pd.DataFrame(columns=AGENCY_COLUMNS),
        ScorecardSettings(**settings),
    )


FOUR = (
    [class_row("a", 5, 1), class_row("b", 6, 10), class_row("c", 2, 0)],
    [lot_row("a", 5, 5), lot_row("b", 6, 1), lot_row("c", 2, 2), lot_row("d", 0, 0)],
)


@pytest.fixture(scope="module")
def population() -> Population:
    return assessed(*FOUR)


@pytest.mark.parametrize(("supplier_id", "found", "items"), [("a", 5, 500), ("b", 60, 600)])
def test_few_suppliers_get_the_posterior_of_their_own_record(
    population: Population, supplier_id: str, found: int, items: int
) -> None:
    row = population.of(supplier_id).rates.iloc[0]
    own = stats.beta(found + 0.5, items - found + 0.5)
    assert row["raw"] == found / items
    assert row["shrunken"] == pytest.approx(own.mean())
    assert [row["lower"], row["upper"]] == pytest.approx(list(own.interval(0.95)))
    assert row["probability_above_aql"] == pytest.approx(own.sf(0.025))
    assert "at least 5" in population.priors.set_index("defect_class")["prior_reason"]["major"]


def test_ranks_agree_with_the_two_posteriors_and_two_suppliers_have_no_worst_tenth(
    population: Population,
) -> None:
    rows = population.rates.set_index("supplier_id")
    assert rows.loc[["a", "b"], "expected_rank"].tolist() == [1, 2]
    assert rows["ranked_suppliers"].eq(2).all()
    assert rows["probability_worst_tenth"].isna().all()


@pytest.mark.parametrize("ranked", [9, 10])
def test_a_tenth_needs_ten_suppliers(ranked: int) -> None:
    rows = [class_row(f"s{i}", 5, 1) for i in range(ranked - 1)] + [class_row("bad", 5, 20)]
    lots = [lot_row(str(row["supplier_id"]), 5, 5) for row in rows]
    worst = assessed(rows, lots).of("bad").rates["probability_worst_tenth"].iloc[0]
    assert worst == 1 if ranked == 10 else np.isnan(worst)


def test_the_interval_of_a_rank_has_the_level_of_the_settings() -> None:
    rows = [class_row(f"s{i}", 5, 1 + i % 3) for i in range(12)]
    lots = [lot_row(f"s{i}", 5, 5) for i in range(12)]
    counts = pd.DataFrame(rows)
    for level in (0.5, 0.99):
        rates = assessed(rows, lots, confidence_level=level, seed=4).rates
        posteriors = class_rates(results_of(counts), counts["supplier_id"]).shrunken
        ranks = rank_suppliers(posteriors, seed=4, interval_level=level)
        np.testing.assert_array_equal(rates["rank_lower"], ranks.lower)
        np.testing.assert_array_equal(rates["rank_upper"], ranks.upper)


def test_a_supplier_below_the_least_lots_is_neither_ranked_nor_graded(
    population: Population,
) -> None:
    short = population.of("c")
    assert short.rates[["expected_rank", "probability_worst_tenth"]].isna().all(axis=None)
    assert short.rates["shrunken"].iloc[0] == pytest.approx(0.5 / 201)
    card = short.cards.iloc[0]
    assert card["grade"] == card["state"] == "not enough data"
    assert card[["score", "probability_of_grade", "lot_acceptance_rate"]].isna().all()


def test_a_supplier_without_lots_has_a_card_and_no_rates(population: Population) -> None:
    none = population.of("d")
    assert none.rates.empty
    assert none.cards[["grade", "lots"]].to_numpy().tolist() == [["not enough data", 0]]


def test_fewer_minimum_lots_grade_the_same_supplier() -> None:
    assert assessed(*FOUR, minimum_lots=2).of("c").cards["grade"].iloc[0] != "not enough data"


def test_a_grade_of_one_component_is_the_posterior_of_its_share() -> None:
    """20 of 20 accepted: an A needs 90 points, a share of 0.98 on the line of points."""
    population = assessed(
        [class_row("a", 20, 1)],
        [lot_row("a", 20, 20)],
        weights={"lot_acceptance": 100},
    )
    card, share = population.cards.iloc[0], stats.beta(20.5, 0.5)
    assert card["grade"] == "A"
    assert card["probability_of_grade"] == pytest.approx(share.sf(0.98), abs=0.01)
    points = share.expect(lambda p: np.interp(p, [0.6, 0.95, 1], [0, 75, 100]))
    assert card["score"] == pytest.approx(points, abs=0.1)


def test_six_suppliers_are_drawn_towards_what_they_share() -> None:
    found = [1, 2, 3, 4, 6, 9]
    rows = [class_row(f"s{i}", 5, x) for i, x in enumerate(found)]
    lots = [lot_row(f"s{i}", 5, 5) for i in range(6)]
    population = assessed(rows, lots)
    prior = population.priors.set_index("defect_class").loc["major"]
    assert prior["is_fitted"]
    rates = population.rates
    # The likeliest prior alone, of the many that six suppliers leave possible.
    alpha = prior["prior_alpha"] + rates["nonconforming"]
    total = prior["prior_alpha"] + prior["prior_beta"] + rates["items_inspected"]
    np.testing.assert_allclose(rates["shrunken"], alpha / total, rtol=0.06)
    towards = (rates["shrunken"] - rates["raw"]) * (prior["prior_mean"] - rates["raw"])
    assert (towards > -1e-8).all()  # one of them lies on the mean itself


def test_the_funnel_compares_with_the_pooled_rate(population: Population) -> None:
    assert population.funnel.target == pytest.approx(65 / 1300)
    assert population.funnel.table["supplier_id"].tolist() == ["a", "b", "c"]
    assert population.rates.set_index("supplier_id")["funnel"]["b"] == "out high"


def test_no_supplier_with_lots_leaves_empty_rates() -> None:
    counts = pd.DataFrame(columns=list(class_row("a", 1, 1)))
    population = assess_population(
        PERIOD,
        counts,
        results_of(counts),
        pd.DataFrame([lot_row("d", 0, 0)]),
        pd.DataFrame(columns=AGENCY_COLUMNS),
        ScorecardSettings(),
    )
    assert population.rates.empty
    assert population.cards["grade"].tolist() == ["not enough data"]


def test_an_unknown_supplier_is_named(population: Population) -> None:
    with pytest.raises(ValueError, match=r"'z': no such supplier .* it has 4, the first is 'a'"):
        population.of("z")


def test_the_window_is_that_of_the_settings() -> None:
    population = assessed(*FOUR, window_months=3)
    assert (str(population.start), str(population.end)) == ("2025-04-01", "2025-06-30")


@pytest.mark.parametrize("defect_class", ["critical", "minor"])
def test_a_window_without_a_result_on_major_defects_has_every_column(defect_class: str) -> None:
    usual = assessed([class_row("a", 6, 1)], [lot_row("a", 6, 6)]).rates
    rates = assessed([class_row("a", 6, 1, defect_class=defect_class)], [lot_row("a", 6, 6)]).rates
    assert set(rates) == set(usual)
    assert rates["defect_class"].tolist() == [defect_class]
    assert rates["probability_worst_tenth"].isna().all()


@pytest.mark.parametrize("aql", [15, 150])
def test_an_aql_that_counts_defects_is_no_limit_of_a_share_and_stops_nobody(aql: float) -> None:
    """ISO 2859-1 5.2: above 10 an AQL is one of nonconformities per 100 items."""
    rows = [class_row("a", 6, 1), class_row("b", 6, 1, aql_percent=aql)]
    population = assessed(rows, [lot_row("a", 6, 6), lot_row("b", 6, 6)])
    chances = population.rates.set_index("supplier_id")["probability_above_aql"]
    assert 0 < chances["a"] < 1
    assert np.isnan(chances["b"])
    assert population.rates["aql_percent"].tolist() == [2.5, aql]
    assert np.isnan(population.of("b").cards["score_major_quality"].iloc[0])
    assert "major_quality" in population.of("b").cards["missing"].iloc[0]
    assert population.of("a").cards["score_major_quality"].iloc[0] > 0


@pytest.mark.parametrize(("deliveries", "has_points"), [(4, False), (5, True)])
def test_deliveries_too_few_for_a_share_give_no_points(deliveries: int, has_points: bool) -> None:
    lots = lot_row("a", 6, 6) | {"deliveries": deliveries, "deliveries_on_time_in_full": deliveries}
    card = assessed([class_row("a", 6, 1)], [lots]).cards.iloc[0]
    assert pd.notna(card["on_time_in_full_rate"]) == has_points
    assert pd.notna(card["score_delivery"]) == has_points
    assert card["deliveries"] == deliveries


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ({"window_months": -3}, "window_months must lie from 1 to 600, got -3"),
        ({"window_months": 100_000}, "window_months must lie from 1 to 600, got 100000"),
        ({"minimum_lots": 0}, "minimum_lots must be at least 1, got 0"),
        ({"confidence_level": 95}, "confidence_level must lie between 0 and 1, got 95"),
        ({"zero_aql_percent": 0}, "zero_aql_percent must be above 0, 100 at most, got 0"),
        ({"seed": -1}, "seed must be at least 0, got -1"),
        ({"bands": {"A": 50}}, "no band covers 0 to 50 points"),
        ({"weights": {"delivery": 20}}, "weights must sum to 100 points"),
    ],
)
def test_a_setting_out_of_range_is_named_before_anything_is_read(
    setting: dict[str, object], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        ScorecardSettings(**setting)

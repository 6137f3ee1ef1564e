"""Prices, payers and the eight lines of failure cost."""

from itertools import product

import numpy as np
import pytest

from qcanalysis.recovery.ways_out.band import Band
from qcanalysis.recovery.ways_out.catalogue import default_catalogue
from qcanalysis.recovery.ways_out.cost import (
    COST_NAMES,
    Costs,
    RoundOfWork,
    air_freight_costs,
    cost_table,
    round_costs,
    total_distribution,
)
from qcanalysis.recovery.ways_out.payers import payer_of_failure, payer_of_reinspection
from qcanalysis.recovery.ways_out.prices import line_price, order_values, unit_price
from qcanalysis.recovery.ways_out.situation import OrderSituation, SkuSituation

CATALOGUE = default_catalogue()
CLEAR = {"specification_is_measurable": True, "specification_changed_after_approval": False}
WORK = RoundOfWork(
    pieces_sorted=8000,
    pieces_reworked=300,
    pieces_remade=300,
    pieces_repacked=300,
    visits=1,
    days=5,
)


def costs_of(work: RoundOfWork, contract: dict[str, object] | None = None) -> Costs:
    return round_costs(
        work,
        price=Band(low=0.204, high=0.396),
        goods_value=Band(low=1632, high=3168),
        rates=CATALOGUE.rates,
        contract=contract or {},
    )


@pytest.mark.parametrize(
    ("family", "quantity", "low", "high"),
    [
        ("pin", 5000, 0.24, 0.48),
        ("pin", 10000, 0.18, 0.34),
        ("keychain", 3000, 0.62, 1.10),
        ("keychain", 5000, 0.52, 0.95),
        ("coin", 1000, 1.10, 2.30),
        ("coin", 2000, 1.10, 2.30),
        ("coin", 3000, 1.10, 2.30),
    ],
)
def test_r42_quoted_prices_read_back(family: str, quantity: int, low: float, high: float) -> None:
    quote = unit_price(CATALOGUE.products[family], quantity)
    assert (quote.price.low, quote.price.high, quote.basis) == (low, high, "quoted")


def test_t7_r42_8000_pins_lie_between_tiers_and_say_so() -> None:
    quote = unit_price(CATALOGUE.products["pin"], 8000)
    assert (quote.price.low, quote.price.high) == pytest.approx((0.204, 0.396))
    assert quote.basis == "interpolated"


@pytest.mark.parametrize(("family", "quantity"), [("keychain", 7000), ("coin", 5000)])
def test_t7_r42_prices_beyond_the_last_tier_are_flagged(family: str, quantity: int) -> None:
    quote = unit_price(CATALOGUE.products[family], quantity)
    assert quote.basis == "beyond the last tier"
    assert "no price is quoted above" in quote.remark


@pytest.mark.parametrize("family", ["pin", "keychain", "coin"])
def test_t7_a_remake_lot_lies_below_every_tier(family: str) -> None:
    quote = unit_price(CATALOGUE.products[family], 300)
    assert quote.basis == "below the first tier"


def test_t7_order_value_at_quoted_ends_and_the_share_of_a_visit() -> None:
    order = OrderSituation(
        (
            SkuSituation("PIN", 8000, "soft-enamel-pin"),
            SkuSituation("KEY", 7000, "zinc-keychain"),
            SkuSituation("COIN", 5000, "struck-coin"),
        )
    )
    total = order_values(order, CATALOGUE).iloc[-1]
    assert (round(total["value_low"], -2), round(total["value_high"], -2)) == (10_800, 21_300)
    visit = CATALOGUE.rates.visit.mean
    assert visit / total["value_high"] == pytest.approx(0.014, abs=0.001)
    assert visit / total["value_low"] == pytest.approx(0.028, abs=0.001)


def test_a_price_nobody_states_leaves_the_order_untold() -> None:
    order = OrderSituation((SkuSituation("PIN", 8000, "pin"), SkuSituation("CAP", 100, "hat")))
    table = order_values(order, CATALOGUE).set_index("sku")
    assert table.loc["CAP", "basis"] == "cannot tell"
    assert np.isnan(table.loc["order", "value_low"])
    assert line_price(SkuSituation("CAP", 100, None), CATALOGUE) is None


@pytest.mark.parametrize(
    ("measurable", "changed", "payer"),
    [
        (True, False, "factory"),
        (True, True, "split"),
        (False, False, "split"),
        (False, True, "split"),
    ],
)
def test_r68_truth_table_of_who_pays(measurable: bool, changed: bool, payer: str) -> None:
    contract = {
        "specification_is_measurable": measurable,
        "specification_changed_after_approval": changed,
    }
    for ruling in (payer_of_failure(contract), payer_of_reinspection(contract)):
        assert (ruling.payer, ruling.is_agreed, ruling.rule) == (payer, False, "R68")


def test_r69_the_purchase_order_clause_comes_first() -> None:
    for payer, (measurable, changed) in product(
        ("buyer", "factory", "split"), product((True, False, None), repeat=2)
    ):
        ruling = payer_of_reinspection(
            {
                "reinspection_payer": payer,
                "specification_is_measurable": measurable,
                "specification_changed_after_approval": changed,
            }
        )
        assert (ruling.payer, ruling.is_agreed) == (payer, True)


def test_r69_without_a_clause_or_facts_the_payer_is_to_negotiate() -> None:
    for contract in ({}, {"specification_is_measurable": True}):
        ruling = payer_of_reinspection(contract)
        assert ruling.payer == "negotiate"
        assert ruling.buyers_share == 1.0


def test_r66_eight_lines_each_with_a_payer_sum_to_the_total() -> None:
    costs = costs_of(WORK, CLEAR)
    assert tuple(line.name for line in costs.lines) == COST_NAMES
    assert len(COST_NAMES) == 8
    assert all(line.payer.payer for line in costs.lines)
    assert costs.mean == pytest.approx(sum(line.amount.mean for line in costs.lines))
    table = cost_table([(1.0, costs)])
    assert table["expected"].sum() == pytest.approx(costs.mean)
    assert table["low"].sum() == pytest.approx(costs.total.low)
    assert table["high"].sum() == pytest.approx(costs.total.high)


def test_r67_the_buyer_carries_the_share_of_each_ruling() -> None:
    assert costs_of(WORK, {}).buyers_mean > costs_of(WORK, CLEAR).buyers_mean
    clear = {line.name: line.buyers_mean for line in costs_of(WORK, CLEAR).lines}
    assert [name for name, mean in clear.items() if mean] == ["account time"]
    agreed = costs_of(WORK, {**CLEAR, "reinspection_payer": "buyer"})
    paid = {line.name: line.buyers_mean for line in agreed.lines}
    assert paid["third-party visit"] == pytest.approx(CATALOGUE.rates.visit.mean)


def test_sort_labour_by_hand() -> None:
    labour = costs_of(RoundOfWork(pieces_sorted=3600)).lines[0].amount
    rates = CATALOGUE.rates
    assert labour.low == pytest.approx(rates.seconds_to_sort.low * rates.labour.low)
    assert labour.high == pytest.approx(rates.seconds_to_sort.high * rates.labour.high)
    assert labour.mean == pytest.approx(rates.seconds_to_sort.mean * rates.labour.mean)


def test_remade_pieces_cost_their_price() -> None:
    parts = costs_of(RoundOfWork(pieces_remade=300)).lines[1].amount
    assert (parts.low, parts.high) == pytest.approx((300 * 0.204, 300 * 0.396))


def test_air_freight_without_a_weight_cannot_be_told() -> None:
    assert air_freight_costs(100, piece_weight=None, rates=CATALOGUE.rates, contract={}) is None


def test_the_distribution_of_the_total_agrees_with_simulation() -> None:
    costs = costs_of(WORK)
    found = total_distribution(costs, [(0.7, ()), (0.3, [costs])])
    rng = np.random.default_rng(7)

    def drawn(size: int) -> np.ndarray:
        total = np.zeros(size)
        for line in costs.lines:
            band = line.amount
            if band.low == band.high:
                total += band.low
            elif band.mode is None:
                total += rng.uniform(band.low, band.high, size)
            else:
                total += rng.triangular(band.low, band.mode, band.high, size)
        return total

    size = 200_000
    total = drawn(size) + np.where(rng.random(size) < 0.3, drawn(size), 0.0)
    assert found.mean == pytest.approx(1.3 * costs.mean, rel=1e-3)
    assert found.mean == pytest.approx(total.mean(), abs=5 * total.std() / np.sqrt(size) + 1)
    for level in (0.1, 0.5, 0.9):
        assert found.probability_of_at_most(float(np.quantile(total, level))) == pytest.approx(
            level, abs=0.006
        )


def test_a_total_that_is_known_stays_known() -> None:
    fixed = default_catalogue({"rates": {"visit": {"low": 300, "high": 300}}})
    costs = round_costs(
        RoundOfWork(visits=1),
        price=Band.exactly(1),
        goods_value=Band.exactly(100),
        rates=fixed.rates,
        contract={},
    )
    visit_only = Costs(tuple(line for line in costs.lines if line.name == "third-party visit"))
    assert total_distribution(visit_only, [(1.0, ())]).quantile(0.5) == 300
    two = total_distribution(visit_only, [(0.5, ()), (0.5, [visit_only])])
    assert two.mean == pytest.approx(450, abs=1)


def test_r41_unit_price_drives_what_a_remake_costs() -> None:
    band = Band(low=1.0, high=2.0)
    assert band.times(300).mean == 450
    assert band.times(Band(low=0.5, high=1.0)).mean == pytest.approx(1.5 * 0.75)

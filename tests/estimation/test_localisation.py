"""The verdict: systematic, localised, scattered, or cannot tell (R17, R20)."""

import time
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qcanalysis.estimation.localisation import localise
from qcanalysis.estimation.places import Thresholds, holm, place_tests

BATCHES, LINES = 4, 2


def inspected_units(
    generator, rates, *, units_per_sku=200, units_per_carton=10, kinds=("ring", "scratch", "fill")
):
    """Simulated units: `rates` gives the fraction nonconforming of each SKU's batches."""
    frames = []
    for sku, batch_rates in rates.items():
        carton = np.arange(units_per_sku) // units_per_carton
        batch = carton * BATCHES // (units_per_sku // units_per_carton)
        rate = np.broadcast_to(np.asarray(batch_rates, dtype=float), BATCHES)[batch]
        frames.append(
            pd.DataFrame(
                {
                    "sku": sku,
                    "carton_no": [f"{sku}-{c + 1:03d}" for c in carton],
                    "plating_batch": [f"{sku}-B{b + 1}" for b in batch],
                    "assembly_line": np.where(carton % LINES, "L1", "L2"),
                    "production_date": pd.Timestamp("2026-03-02") + pd.to_timedelta(batch, "D"),
                    "is_nonconforming": generator.random(units_per_sku) < rate,
                }
            )
        )
    units = pd.concat(frames, ignore_index=True)
    kind = generator.choice(kinds, len(units))
    return units.assign(defect_type=pd.Series(kind).where(units["is_nonconforming"]))


def test_r17_a_bad_batch_is_localised():
    units = inspected_units(np.random.default_rng(1), {"K": [0.01, 0.25, 0.01, 0.01]})
    found = localise(units)
    place = found.locations[0]
    assert found.verdict == "localised"
    assert (place.factor, place.place) == ("plating_batch", "K-B2")
    assert place.inside.lower > place.outside.upper
    assert place.units_inside == 50
    assert place.units_outside == 150
    assert place.same_units_as == ("production date 2026-03-03",)
    assert "cannot part them" in found.sentence
    assert found.needed == ()


def test_r17_one_fault_everywhere_is_systematic():
    units = inspected_units(
        np.random.default_rng(2),
        {"K": 0.3},
        units_per_sku=1_600,
        kinds=["ring opens"] * 9 + ["scratch"],
    )
    found = localise(units)
    assert found.verdict == "systematic"
    assert found.sentence.startswith("Systematic: the leading defect, ring opens, is on ")
    assert all(test.power is None or test.power >= 0.8 for test in found.tests)


def test_r17_many_faults_everywhere_are_scattered():
    units = inspected_units(np.random.default_rng(3), {"K": 0.3}, units_per_sku=1_600)
    assert localise(units).verdict == "scattered"


def test_r17_a_leading_type_near_half_cannot_be_told():
    units = inspected_units(
        np.random.default_rng(4), {"K": 0.3}, units_per_sku=1_600, kinds=["ring", "scratch"]
    )
    found = localise(units)
    assert found.verdict == "cannot tell"
    assert found.sentence.startswith("Cannot tell: no place stands out. The leading defect, ")
    assert "whether one type is above 50% is open" in found.needed[0]


def test_r17_too_few_defects_cannot_tell():
    units = inspected_units(np.random.default_rng(5), {"K": 0.03})
    found = localise(units)
    assert found.verdict == "cannot tell"
    assert "twice as bad as the rest would have been seen with probability " in found.sentence
    assert any(datum.startswith("about ") and "inspected units" in datum for datum in found.needed)
    assert all(test.units_needed is None or test.units_needed > 200 for test in found.tests)


def test_r17_simulated_truth_is_recovered_at_the_stated_power():
    """A batch with eight times the odds is named as often as the printed power says."""
    generator = np.random.default_rng(6)
    odds = np.array([1.0, 8.0, 1.0, 1.0]) * 0.03 / 0.97
    limits = Thresholds(odds_ratio=8.0)
    named, stated = [], []
    for seed in range(40):
        units = inspected_units(generator, {"K": odds / (1 + odds)})
        found = localise(
            units,
            factors=["plating_batch", "assembly_line"],
            thresholds=limits,
            simulations=999,
            seed=seed,
        )
        named.append(bool(found.locations) and found.locations[0].place == "K-B2")
        stated.append(found.tests[0].power)
    assert 0.4 < np.mean(stated) < 0.95
    assert np.mean(named) == pytest.approx(np.mean(stated), abs=0.15)


def test_r17_nothing_is_localised_more_often_than_the_level_says():
    generator = np.random.default_rng(7)
    alarms = [
        localise(inspected_units(generator, {"K": 0.08}), simulations=399, seed=seed).verdict
        == "localised"
        for seed in range(30)
    ]
    assert np.mean(alarms) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 30)


def test_r20_one_bad_sku_leaves_the_others_to_be_released():
    """T2: SKU rates of 0, 6 and 0 % are one bad product, not a bad order."""
    units = inspected_units(np.random.default_rng(8), {"P": 0.0, "K": 0.06, "C": 0.0})
    found = localise(units)
    assert found.verdict == "localised"
    assert (found.locations[0].factor, found.locations[0].place) == ("sku", "K")
    assert found.locations[0].nonconforming_outside == 0
    assert found.locations[0].units_outside == 400


def test_r06_a_bad_sku_does_not_make_its_batches_bad():
    units = inspected_units(np.random.default_rng(9), {"P": 0.0, "K": 0.3, "C": 0.0})
    tests = {test.factor: test for test in localise(units).tests}
    assert tests["sku"].adjusted_p_value < 0.01
    assert tests["plating_batch"].p_value > 0.05
    assert tests["production_date"].p_value > 0.05


def test_single_bad_cartons_are_named_as_cartons():
    units = inspected_units(np.random.default_rng(10), {"K": 0.01})
    is_bad_carton = units["carton_no"].isin(["K-004", "K-013"])
    units["is_nonconforming"] |= is_bad_carton & (units.index % 10 < 7)
    found = localise(units)
    assert found.verdict == "localised"
    assert {place.factor for place in found.locations} == {"carton"}
    assert found.locations[0].place in {"K-004", "K-013"}
    assert found.clustering.design_effect > 3


def test_a_line_that_is_bad_across_skus_is_seen():
    units = inspected_units(np.random.default_rng(11), {"P": 0.02, "K": 0.02, "C": 0.02})
    extra = np.random.default_rng(12).random(len(units)) < 0.12
    units["is_nonconforming"] |= extra & (units["assembly_line"] == "L1")
    place = localise(units).locations[0]
    assert (place.factor, place.place) == ("assembly_line", "L1")


def test_r17_missing_carton_numbers_cannot_tell_and_are_asked_for():
    units = inspected_units(np.random.default_rng(13), {"K": 0.3}, units_per_sku=1_600)
    bare = units[["sku", "is_nonconforming", "defect_type"]]
    found = localise(bare)
    assert found.verdict == "cannot tell"
    assert found.sentence.startswith("Cannot tell: plating_batch is not stated.")
    assert "carton_no of each inspected unit" in found.needed
    assert found.clustering is None
    assert localise(bare, factors=["sku"]).verdict == "scattered"


def test_nonconforming_units_without_a_place_keep_the_verdict_open():
    units = inspected_units(np.random.default_rng(14), {"K": 0.3}, units_per_sku=1_600)
    where = units.index[units["is_nonconforming"]][:3]
    units.loc[where, "assembly_line"] = None
    found = localise(units, factors=["assembly_line"])
    assert found.verdict == "cannot tell"
    assert found.needed == ("assembly_line of 3 nonconforming units",)
    conforming = units.index[~units["is_nonconforming"]][:3]
    whole = units.assign(assembly_line=units["assembly_line"].fillna("L1"))
    whole.loc[conforming, "assembly_line"] = None
    assert localise(whole, factors=["assembly_line"]).verdict == "scattered"


def test_unstated_defect_types_keep_the_verdict_open():
    units = inspected_units(np.random.default_rng(15), {"K": 0.3}, units_per_sku=1_600)
    found = localise(units.drop(columns="defect_type"))
    assert found.verdict == "cannot tell"
    assert found.pareto.empty
    nonconforming = int(units["is_nonconforming"].sum())
    assert found.needed == (f"defect_type of another {nonconforming} nonconforming units",)


@pytest.mark.parametrize("rows", [0, 50])
def test_nothing_found_cannot_tell(rows):
    units = inspected_units(np.random.default_rng(16), {"K": 0.0}).iloc[:rows]
    found = localise(units)
    assert found.verdict == "cannot tell"
    assert found.tests == ()
    assert found.tests_table().empty
    if rows == 0:
        assert found.needed == (
            "a row for each inspected unit: its carton, and whether it is nonconforming",
        )


def test_the_order_of_rows_does_not_matter():
    units = inspected_units(np.random.default_rng(17), {"K": [0.01, 0.35, 0.01, 0.01]})
    shuffled = units.sample(frac=1.0, random_state=1)
    first, second = localise(units), localise(shuffled)
    assert first.verdict == second.verdict
    assert first.locations[0].place == second.locations[0].place
    assert first.locations[0].inside == second.locations[0].inside


def test_the_same_seed_gives_the_same_answer():
    units = inspected_units(np.random.default_rng(18), {"P": 0.04, "K": 0.08})
    first, second = localise(units, seed=5), localise(units, seed=5)
    pd.testing.assert_frame_equal(first.tests_table(), second.tests_table())


def test_the_table_prints_raw_and_corrected_p_values_and_power():
    table = localise(inspected_units(np.random.default_rng(19), {"K": 0.05})).tests_table()
    assert {"p_value", "adjusted_p_value", "power"} <= set(table.columns)
    tested = table.dropna(subset="p_value")
    assert (tested["adjusted_p_value"] >= tested["p_value"]).all()
    sku = table[table["factor"] == "sku"].iloc[0]
    assert sku["method"] == "not tested: all units are of one SKU"


def test_factors_that_do_not_vary_are_not_asked_for():
    units = inspected_units(np.random.default_rng(20), {"P": 0.2, "K": 0.2})
    one_batch_a_sku = units.assign(plating_batch=units["sku"] + "-B1")
    _, untested = place_tests(one_batch_a_sku, factors=["plating_batch"])
    assert untested[0].reason == "all units of a SKU are of one plating batch"
    assert not untested[0].is_missing_data


def test_hostile_names_pass_through_as_text():
    units = inspected_units(np.random.default_rng(1), {"K": [0.01, 0.4, 0.01, 0.01]})
    name = "<img src=x onerror=alert(1)>\t=1+1 {{x}}"
    units["plating_batch"] = units["plating_batch"].replace("K-B2", name)
    found = localise(units, factors=["plating_batch"])
    assert found.verdict == "localised"
    assert found.locations[0].place == name


def test_six_hundred_units_take_about_a_second():
    units = inspected_units(np.random.default_rng(21), {"P": 0.03, "K": 0.06, "C": 0.01})
    start = time.process_time()
    localise(units)
    assert time.process_time() - start < 2.0  # under 1 s on a quiet machine


@given(st.lists(st.floats(1e-6, 1.0), min_size=1, max_size=6))
def test_holm_is_bonferroni_over_every_set_that_holds_the_test(p_values):
    indices = range(len(p_values))
    for i, adjusted in enumerate(holm(p_values)):
        sets = [s for r in indices for s in combinations(indices, r + 1) if i in s]
        closed = max(min(1.0, len(s) * min(p_values[j] for j in s)) for s in sets)
        assert adjusted == pytest.approx(closed)


def test_mistakes_are_refused():
    units = inspected_units(np.random.default_rng(22), {"K": 0.1})
    with pytest.raises(ValueError, match="is_nonconforming for every inspected unit"):
        localise(units.drop(columns="is_nonconforming"))
    with pytest.raises(ValueError, match=r"factors must be among .* got \['moon'\]"):
        localise(units, factors=["moon"])
    with pytest.raises(ValueError, match=r"least_power must lie between 0 and 1, got 80"):
        Thresholds(least_power=80)
    with pytest.raises(ValueError, match="odds_ratio must be above 1, got 1"):
        Thresholds(odds_ratio=1)

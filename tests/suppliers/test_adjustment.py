"""Adjustment for inspectors: simulated truth, limiting cases, a second route, cannot tell."""

import numpy as np
import pandas as pd
import pytest
from scipy import optimize

from qcanalysis.suppliers.adjustment import inspector_adjustment


def counts(*rows: tuple[str, str | None, int, int]) -> pd.DataFrame:
    frame = pd.DataFrame(
        rows, columns=["supplier_id", "agency", "items_inspected", "nonconforming"]
    )
    return frame.assign(inspector_id=None, defect_class="major", lots=1)


def simulated(seed: int, suppliers: int = 60) -> tuple[pd.DataFrame, np.ndarray]:
    """Suppliers of known rates; agency B finds 1.8 times what A does, C 0.6 times."""
    generator = np.random.default_rng(seed)
    rates = generator.beta(6, 194, suppliers)
    rows = []
    for number, rate in enumerate(rates):
        share = generator.dirichlet([1, 1, 1])
        for agency, factor, part in zip("ABC", (1.0, 1.8, 0.6), share, strict=True):
            items = int(6000 * part)
            if items:
                found = generator.binomial(items, rate * factor)
                rows.append((f"S{number:02d}", agency, items, found))
    return counts(*rows), rates


def test_known_factors_of_agencies_are_recovered_and_rates_get_closer_to_truth() -> None:
    frame, rates = simulated(1)
    told = inspector_adjustment(frame, "major")
    factor = told.agencies.set_index("agency")["factor"]
    assert factor["B"] / factor["A"] == pytest.approx(1.8, rel=0.06)
    assert factor["C"] / factor["A"] == pytest.approx(0.6, rel=0.06)
    truth = np.log(rates)
    raw, adjusted = (np.log(told.suppliers[name]) for name in ("rate", "adjusted_rate"))
    assert np.std(adjusted - truth) < 0.6 * np.std(raw - truth)


def test_limits_cover_the_truth_as_often_as_stated() -> None:
    inside = []
    for seed in range(20):
        frame, rates = simulated(seed)
        told = inspector_adjustment(frame, "major")
        items = told.agencies.set_index("agency")["items_inspected"]
        mix = (items * pd.Series({"A": 1.0, "B": 1.8, "C": 0.6})).sum() / items.sum()
        rows = told.suppliers
        inside.append(
            rows["adjusted_lower"].le(rates * mix) & rows["adjusted_upper"].ge(rates * mix)
        )
    assert 0.93 < np.mean(inside) < 0.98


def test_second_route_maximum_likelihood_by_a_general_optimiser() -> None:
    frame = counts(
        ("S1", "A", 500, 12), ("S1", "B", 300, 15), ("S2", "A", 200, 3), ("S2", "C", 800, 9),
        ("S3", "B", 400, 8), ("S3", "C", 600, 5), ("S4", "A", 900, 30),
    )  # fmt: skip
    told = inspector_adjustment(frame, "major")
    supplier, agency = (
        frame[name].rank(method="dense").astype(int).to_numpy() - 1
        for name in ("supplier_id", "agency")
    )
    items, found = frame["items_inspected"].to_numpy(), frame["nonconforming"].to_numpy()

    def minus_log_likelihood(x: np.ndarray) -> float:
        log_mean = np.log(items) + x[supplier] + np.concatenate([[0.0], x[4:]])[agency]
        return float(np.sum(np.exp(log_mean) - found * log_mean))

    best = optimize.minimize(minus_log_likelihood, np.full(6, -3.0) * [1, 1, 1, 1, 0, 0], tol=1e-12)
    factor = np.exp(np.concatenate([[0.0], best.x[4:]]))
    mean_factor = np.bincount(agency, items) @ factor / items.sum()
    np.testing.assert_allclose(
        told.suppliers["adjusted_rate"], np.exp(best.x[:4]) * mean_factor, rtol=1e-4
    )
    np.testing.assert_allclose(told.agencies["factor"], factor / mean_factor, rtol=1e-4)


def test_two_by_two_in_closed_form() -> None:
    # saturated: with the same items in each cell the fit is the product of the margins
    told = inspector_adjustment(
        counts(("S1", "A", 100, 4), ("S1", "B", 100, 8), ("S2", "A", 100, 8), ("S2", "B", 100, 16)),
        "major",
    )
    assert told.agencies["factor"].tolist() == pytest.approx([2 / 3, 4 / 3])
    assert told.suppliers["adjusted_rate"].tolist() == pytest.approx([0.06, 0.12])
    # log of a ratio of two independent Poisson totals: variance 1/12 + 1/24
    ratio = np.log(told.agencies["factor_upper"] / told.agencies["factor"])
    expected = 1.96 * np.sqrt(1 / 12 + 1 / 24) * np.array([2 / 3, 1 / 3])
    np.testing.assert_allclose(ratio, expected, rtol=1e-3)


def test_one_agency_changes_nothing() -> None:
    told = inspector_adjustment(counts(("S1", "A", 500, 9), ("S2", "A", 700, 0)), "major")
    rows = told.suppliers
    np.testing.assert_allclose(rows["adjusted_rate"], rows["rate"])
    assert rows["state"].eq("nothing to adjust").all()
    assert rows["adjusted_lower"][1] == 0
    assert rows["adjusted_upper"][1] == pytest.approx(3.6889 / 700, rel=1e-4)  # Garwood, none found


def test_agencies_that_share_no_supplier_cannot_be_compared() -> None:
    frame = counts(("S1", "A", 500, 9), ("S2", "A", 700, 12), ("S3", "B", 300, 9))
    rows = inspector_adjustment(frame, "major").suppliers.set_index("supplier_id")
    assert rows["state"].tolist() == ["cannot tell"] * 3
    assert rows["adjusted_rate"].isna().all()
    assert rows.loc["S1", "reason"].startswith("no adjustment could be made: besides A no agency")
    assert rows.loc["S3", "rate"] == 0.03
    assert "inspected both by B and by A, with findings, would tell" in rows.loc["S3", "reason"]


def test_a_link_in_which_one_side_found_nothing_does_not_count() -> None:
    frame = counts(
        ("S1", "A", 500, 9), ("S1", "B", 50, 0), ("S1", "C", 500, 9), ("S2", "B", 300, 9)
    )
    told = inspector_adjustment(frame, "major")
    assert told.agencies["state"].tolist() == ["told", "cannot tell: not linked", "told"]
    rows = told.suppliers.set_index("supplier_id")
    assert rows.loc["S1", "reason"] == "to the common mix of 2 agencies; lots of B left out"
    assert rows.loc["S1", "adjusted_rate"] == pytest.approx(18 / 1000)
    assert rows.loc["S2", "state"] == "cannot tell"


def test_an_agency_that_alone_has_found_something_adjusts_nothing() -> None:
    told = inspector_adjustment(counts(("S1", "A", 500, 9), ("S1", "B", 400, 0)), "major")
    assert told.agencies["state"].tolist() == ["told", "cannot tell: has found nothing"]
    row = told.suppliers.iloc[0]
    assert row["state"] == "cannot tell"
    assert np.isnan(row["adjusted_rate"])
    assert row["rate"] == pytest.approx(0.01)
    assert row["reason"] == (
        "no adjustment could be made: besides A no agency has found anything at a supplier where "
        "A has; lots of one supplier inspected by both, with findings, would tell"
    )


def test_nothing_found_anywhere_is_said() -> None:
    told = inspector_adjustment(counts(("S1", "A", 50, 0), ("S2", "B", 60, 0)), "major")
    assert told.suppliers["state"].eq("cannot tell").all()
    assert "no agency has found anything yet" in told.suppliers["reason"][0]


def test_inspectors_and_missing_names() -> None:
    frame = counts(("S1", "A", 500, 9), ("S1", None, 400, 9), ("S2", None, 300, 4))
    frame["inspector_id"] = ["007", None, "008"]
    told = inspector_adjustment(frame, "major", by="inspector")
    assert told.agencies["agency"].tolist() == [
        "A / 007", "not recorded / 008", "not recorded / not recorded",
    ]  # fmt: skip
    assert inspector_adjustment(frame, "minor").suppliers.empty
    with pytest.raises(ValueError, match="by must be one of"):
        inspector_adjustment(frame, "major", by="factory")
    with pytest.raises(ValueError, match="nonconforming <= items_inspected"):
        inspector_adjustment(counts(("S1", "A", 5, 9)), "major")


def test_lots_that_vary_widen_the_limits() -> None:
    calm = counts(*((s, a, 1000, 20) for s in ("S1", "S2", "S3") for a in "ABC"))
    wild = calm.assign(nonconforming=[5, 20, 35, 35, 5, 20, 20, 35, 5])
    one, two = inspector_adjustment(calm, "major"), inspector_adjustment(wild, "major")
    assert two.dispersion > 5
    assert (two.suppliers["adjusted_upper"] > one.suppliers["adjusted_upper"] + 0.005).all()
    assert one.dispersion == pytest.approx(0)


def test_a_rate_adjusted_beyond_all_items_ends_at_all_of_them() -> None:
    frame = counts(
        ("S1", "A", 1000, 990),
        ("S2", "A", 1000, 300),
        ("S2", "B", 1000, 600),
        ("S3", "B", 900, 500),
    )
    row = inspector_adjustment(frame, "major").suppliers.iloc[0]
    assert row["adjusted_nonconforming"] / row["adjusted_items"] > 1
    limits = ["adjusted_lower", "adjusted_rate", "adjusted_upper"]
    assert row[limits].tolist() == [1, 1, 1]

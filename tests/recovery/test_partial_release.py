"""Partial release: exact against brute force, monotone, disjoint and complete."""

from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from qcanalysis.estimation import BetaPrior
from qcanalysis.records.case import read_case
from qcanalysis.recovery.gates.carton_ranges import CartonSet
from qcanalysis.recovery.reinspection.carton_list import carton_list
from qcanalysis.recovery.reinspection.results import inspected_pieces
from qcanalysis.recovery.release.largest_release import (
    Evidence,
    bad_pieces,
    largest_release,
    shrinkage_prior,
)
from qcanalysis.recovery.release.partial_release import PartialRelease, partial_release

CASES = Path(__file__).parents[2] / "data" / "cases"


def probability_kept(blocks: list[Evidence], limit: float) -> float:
    """Probability that blocks together keep the limit, by direct convolution of scipy's terms."""
    total = np.ones(1)
    for block in blocks:
        rest = block.pieces - block.inspected
        terms = stats.betabinom.pmf(
            np.arange(rest + 1), rest, 0.5 + block.found, 0.5 + block.inspected - block.found
        )
        total = np.convolve(total, np.concatenate([np.zeros(block.found), terms]))
    pieces = sum(block.pieces for block in blocks)
    return float(total[: int(np.floor(limit * pieces + 1e-9)) + 1].sum())


def brute_force(evidence: list[Evidence], limit: float, probability: float) -> tuple[int, float]:
    """Most pieces over all sets, and the largest probability with as many."""
    best = (0, 1.0)
    for size in range(1, len(evidence) + 1):
        for chosen in combinations(evidence, size):
            kept = probability_kept(list(chosen), limit)
            if kept >= probability - 1e-12:
                pieces = sum(block.pieces for block in chosen)
                if pieces > best[0] or (pieces == best[0] and kept > best[1]):
                    best = (pieces, kept)
    return best


@st.composite
def evidences(draw: st.DrawFn) -> Evidence:
    pieces = draw(st.integers(1, 40))
    inspected = draw(st.integers(0, pieces))
    return Evidence(pieces, inspected, draw(st.integers(0, min(inspected, 4))))


BLOCKS = st.lists(evidences(), min_size=1, max_size=6)
LIMITS = st.sampled_from([0.0, 0.02, 0.05, 0.1, 0.25, 0.6])
PROBABILITIES = st.sampled_from([0.3, 0.5, 0.8, 0.9, 0.95, 0.99])


@settings(max_examples=150, deadline=None)
@given(BLOCKS, LIMITS, PROBABILITIES)
def test_r20_the_largest_release_is_that_of_brute_force(
    blocks: list[Evidence], limit: float, probability: float
) -> None:
    found = largest_release(blocks, limit=limit, probability=probability)
    pieces, kept = brute_force(blocks, limit, probability)
    assert sum(blocks[i].pieces for i in found.blocks) == pieces
    assert found.probability == pytest.approx(kept, abs=1e-9)


@settings(max_examples=100, deadline=None)
@given(BLOCKS, st.tuples(LIMITS, LIMITS), st.tuples(PROBABILITIES, PROBABILITIES))
def test_the_release_grows_with_the_limit_and_shrinks_with_the_probability(
    blocks: list[Evidence], limits: tuple[float, float], probabilities: tuple[float, float]
) -> None:
    strict = largest_release(blocks, limit=min(limits), probability=max(probabilities))
    lenient = largest_release(blocks, limit=max(limits), probability=min(probabilities))
    assert sum(blocks[i].pieces for i in strict.blocks) <= sum(
        blocks[i].pieces for i in lenient.blocks
    )


def test_blocks_with_equal_evidence_are_weighed_by_their_number() -> None:
    opened, unopened = Evidence(20, 20, 0), Evidence(20, 0, 0)
    blocks = [unopened, opened] * 30  # 2^60 sets, but 961 that differ
    found = largest_release(blocks, limit=0.01, probability=0.90)
    assert set(found.blocks) >= set(range(1, 60, 2))
    assert len(found.blocks) == 30


def test_too_many_sets_are_refused_with_advice() -> None:
    blocks = [Evidence(100 + i, 10, 0) for i in range(15)]
    with pytest.raises(ValueError, match=r"32,768 sets; at most 16,384 .* use fewer strata"):
        largest_release(blocks, limit=0.1, probability=0.9)


def test_bad_pieces_are_beta_binomial_and_found_ones_stay_in() -> None:
    chances = bad_pieces(Evidence(60, 20, 3), prior=BetaPrior(1.0, 9.0))
    wanted = stats.betabinom.pmf(np.arange(41), 40, 4.0, 26.0)
    assert np.allclose(chances[3:44], wanted, rtol=1e-10)
    assert chances[:3].sum() == 0
    assert chances[44:].sum() == 0


def test_a_design_effect_weakens_the_evidence() -> None:
    blocks = [Evidence(2000, 100, 0)]
    assert largest_release(blocks, limit=0.025, probability=0.9).blocks == (0,)
    assert largest_release(blocks, limit=0.025, probability=0.9, design_effect=4).blocks == ()


def test_shrinkage_lends_strength_where_blocks_are_alike() -> None:
    blocks = [Evidence(1000, 50, 0), Evidence(1000, 50, 1), Evidence(1000, 5, 0)]
    prior = shrinkage_prior(blocks)
    own = bad_pieces(blocks[2]) @ np.arange(1001)
    lent = bad_pieces(blocks[2], prior=prior) @ np.arange(1001)
    assert lent < own / 3
    assert shrinkage_prior([Evidence(10, 0, 0)]) == BetaPrior(0.5, 0.5)


def test_impossible_evidence_is_refused() -> None:
    with pytest.raises(ValueError, match="0 <= found <= inspected <= pieces"):
        Evidence(10, 5, 6)


def order(
    bad: dict[str, int], *, critical: str = "", sampled: int = 10
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Two products of 20 cartons in two batches each; every carton sampled."""
    register = carton_list(
        pd.DataFrame(
            [
                ("001", "010", "PIN", 2000, 200, "B1"),
                ("011", "020", "PIN", 2000, 200, "B2"),
                ("021", "030", "KEY", 1000, 100, "B3"),
                ("031", "040", "KEY", 1000, 100, "B4"),
            ],
            columns=[
                "first_carton_no",
                "last_carton_no",
                "sku",
                "quantity",
                "units_per_carton",
                "plating_batch",
            ],
        )
    )
    rows = [
        {
            "sku": carton["sku"],
            "carton_no": carton["carton_no"],
            "critical": carton["carton_no"] == critical and piece == 0,
            "zero_defect": False,
            "major": piece < bad.get(carton["carton_no"], 0),
            "minor": True,
        }
        for _, carton in register.iterrows()
        for piece in range(sampled)
    ]
    return register, pd.DataFrame(rows)


def all_cartons() -> CartonSet:
    return CartonSet.between("001", "040")


def test_r20_one_bad_batch_yields_a_partial_release() -> None:
    release = partial_release(*order({"012": 4, "015": 5, "018": 3}), limit=0.025)
    assert str(release.blocked) == "011 to 020"
    assert str(release.released) == "001 to 010, 021 to 040"
    assert release.sentence.startswith("4,000 of 6,000 pieces can go at 95% certainty")


def test_r06_r77_a_good_product_makes_no_room_for_a_bad_one() -> None:
    bad = {f"{n:03d}": 1 for n in range(1, 21)}  # a tenth of the pins, no keychain
    release = partial_release(*order(bad), limit=0.06)
    products = release.products.set_index("sku")
    assert products["released_pieces"].to_dict() == {"PIN": 0, "KEY": 2000}
    assert products.loc["PIN", "reason"] == "no set of its cartons keeps the limit so surely"


def test_r16_a_critical_piece_keeps_its_whole_product() -> None:
    release = partial_release(*order({}, critical="003"), limit=0.5)
    products = release.products.set_index("sku")
    assert products["released_pieces"].to_dict() == {"PIN": 0, "KEY": 2000}
    assert products.loc["PIN", "reason"].startswith("R16")


@settings(max_examples=25, deadline=None)
@given(
    st.dictionaries(st.integers(1, 40).map(lambda n: f"{n:03d}"), st.integers(1, 6), max_size=6),
    st.sampled_from([0.01, 0.05, 0.2]),
)
def test_r80_released_and_blocked_are_disjoint_and_complete(
    bad: dict[str, int], limit: float
) -> None:
    release = partial_release(*order(bad), limit=limit, probability=0.9)
    assert not release.released & release.blocked
    assert release.released | release.blocked == all_cartons()
    noted = {
        status: CartonSet.union(
            CartonSet.between(row["first_carton_no"], row["last_carton_no"])
            for _, row in group.iterrows()
        )
        for status, group in release.ranges.groupby("status")
    }
    assert noted.get("accepted", CartonSet()) == release.released
    assert noted.get("blocked", CartonSet()) == release.blocked
    sums = release.products["released_pieces"] + release.products["blocked_pieces"]
    assert sums.tolist() == [4000, 2000]  # R53
    assert release.ranges["pieces"].sum() == 6000


def test_carton_by_carton_evidence_blocks_the_cartons_that_were_bad() -> None:
    register, pieces = order({"012": 10}, sampled=10)
    release = partial_release(
        register, pieces, limit=0.05, probability=0.9, strata=["carton_no"], prior=None
    )
    assert str(release.blocked & CartonSet.between("001", "020")) == "012"


def test_r20_missing_evidence_keeps_the_goods_and_says_why() -> None:
    register, pieces = order({})
    for table, seen, reason in (
        (register.assign(pieces=pd.NA), pieces, "units_per_carton needed"),
        (register, pieces.assign(carton_no=None), "inspected pieces with their carton_no needed"),
    ):
        release = partial_release(table, seen, limit=0.025)
        assert release.products["reason"].str.contains(reason).all()
        assert not release.released
        assert release.blocked == all_cartons()
        assert release.sentence.startswith("No carton can be released")
    bare = partial_release(register.iloc[:0], pieces, limit=0.025)
    assert bare.sentence == "Cannot tell what can be released: carton list needed."


@pytest.mark.parametrize(
    ("wish", "message"),
    [
        ({"limit": 2.5}, "limit must be a fraction from 0 to 1, got 2.5"),
        ({"limit": 0.1, "probability": 1.0}, "probability must lie strictly"),
        ({"limit": 0.1, "design_effect": 0.5}, "design_effect must be at least 1"),
    ],
)
def test_impossible_wishes_are_refused(wish: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        partial_release(*order({}), **wish)


def illustrative(**options: object) -> PartialRelease:
    case = read_case(CASES / "metal-promo-illustrative")
    register = carton_list(case.cartons, case.lots)
    pieces = inspected_pieces(
        case.units,
        case.findings,
        register,
        inspection_id="PSI-1",
        unit_class_rule="worst_defect",
    )
    return partial_release(register, pieces, **options)


def test_r20_the_illustrative_order_can_go_in_part() -> None:
    release = illustrative(limit=0.04, probability=0.90)
    products = release.products.set_index("sku")
    assert products["released"].to_dict() == {
        "soft-enamel-pin": "",
        "zinc-keychain": "041 to 058, 076 to 110",
        "struck-coin": "111 to 160",
    }
    keychain = products.loc["zinc-keychain", "probability"]
    blocks = [Evidence(1800, 50, 0), Evidence(1800, 50, 2), Evidence(1700, 50, 0)]
    assert keychain == pytest.approx(probability_kept(blocks, 0.04), abs=1e-9)

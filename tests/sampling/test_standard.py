"""The tables against the structure of the standards, typed in here a second time.

A standard's table is one diagonal pattern: with letters A, B, ... numbered from 0 and
AQLs 0.010, 0.015, ... likewise, the acceptance number depends on the sum of the two
numbers alone (the "diagonal"), the sample size on the letter. What does not fit is an
arrow. The ladders below were written from that pattern, not read from the CSV files.
Structural exceptions, each with its own ladder or its own line:

* reduced, rows A and B: both have n = 2 like C, and their ladders are shifted;
* letters F to R stop at the diagonal of Ac 21 (normal), 18 (tightened), 10 (reduced);
* letter S exists on tightened alone, at one diagonal;
* MIL-STD-105E tightened A, AQL 10: printed as an arrow down to D, where ISO has 0/1;
* MIL-STD-105E double normal A at AQL 10 and 15: the one source prints single sampling.
"""

from __future__ import annotations

import csv
import itertools
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from qcanalysis.sampling.plan import SamplingPlan
from qcanalysis.sampling.standard import (
    code_letter,
    lookup_plan,
    lot_sizes,
    next_tighter_aql,
    plans_with_acceptance_number,
    tabulated_plan,
    tabulated_plans,
)
from qcanalysis.sampling.tables import AQLS, INSPECTION_LEVELS, SEVERITIES, STANDARDS, rows
from qcanalysis.sampling.zero_acceptance import zero_acceptance_plan

ISO, MIL = "ISO 2859-1:1999", "MIL-STD-105E"
LETTERS = "ABCDEFGHJKLMNPQR"
SIZES = [2, 3, 5, 8, 13, 20, 32, 50, 80, 125, 200, 315, 500, 800, 1250, 2000, 3150]
REDUCED_SIZES = [2, 2, 2, 3, 5, 8, 13, 20, 32, 50, 80, 125, 200, 315, 500, 800]

LARGEST_LOTS = [8, 15, 25, 50, 90, 150, 280, 500, 1200, 3200, 10000, 35000, 150000, 500000]
LETTERS_BY_LEVEL = {
    "S-1": "AAAABBBBCCCCDDD",
    "S-2": "AAABBBCCCDDDEEE",
    "S-3": "AABBCCDDEEFFGGH",
    "S-4": "AABCCDEEFGGHJJK",
    "I": "AABCCDEFGHJKLMN",
    "II": "ABCDEFGHJKLMNPQ",
    "III": "BCDEFGHJKLMNPQR",
}
LOTS = sorted({2, *LARGEST_LOTS, *(size + 1 for size in LARGEST_LOTS), 10**7})


def ladder(first, *limits, gaps=()):
    """Diagonal -> (Ac, Re) for a run of acceptance numbers, Re = Ac + 1 unless given."""
    pairs = itertools.zip_longest(limits, gaps)
    return {first + i: (ac, re or ac + 1) for i, (ac, re) in enumerate(pairs)}


NORMAL = ladder(14, 0) | ladder(17, 1, 2, 3, 5, 7, 10, 14, 21, 30, 44)
TIGHTENED = ladder(15, 0) | ladder(18, 1, 2, 3, 5, 8, 12, 18, 27, 41)
REDUCED_ISO = ladder(14, 0) | ladder(18, 1, 2, 3, 5, 6, 8, 10, 14, 21)
REDUCED_ISO_A = ladder(14, 0) | ladder(17, 1, 2, 3, 5, 7, 10, 14, 21, 30)
REDUCED_ISO_B = ladder(14, 0) | ladder(18, 1, 2, 3, 5, 7, 10, 14, 21, 30)
REDUCED_MIL = ladder(14, 0) | ladder(
    17, 0, 1, 1, 2, 3, 5, 7, 10, 14, 21, gaps=[2, 3, 4, 5, 6, 8, 10, 13, 17, 24]
)
REDUCED_MIL_A = REDUCED_ISO_A
REDUCED_MIL_B = ladder(14, 0) | ladder(
    17, 0, 1, 2, 3, 5, 7, 10, 14, 21, 30, gaps=[2, 3, 4, 5, 6, 8, 11, 15, 22, 31]
)
# Which way an arrow points between the single Ac 0 and the rest of the ladder.
UP_AFTER_ZERO = {"normal": 15, "reduced": 15, "tightened": None}


def limits_in_own_row(standard, severity, row, diagonal):
    """(Ac, Re) printed in the row itself, None where there is an arrow."""
    if severity == "normal":
        own = NORMAL
    elif severity == "tightened":
        own = TIGHTENED
    elif standard == ISO:
        own = {0: REDUCED_ISO_A, 1: REDUCED_ISO_B}.get(row, REDUCED_ISO)
    else:
        own = {0: REDUCED_MIL_A, 1: REDUCED_MIL_B}.get(row, REDUCED_MIL)
    if row >= LETTERS.index("F") and diagonal > 24:
        return None
    if (standard, severity, row, diagonal) == (MIL, "tightened", 0, 15):
        return None
    return own.get(diagonal)


def expected_cell(standard, severity, letter, aql):
    """Plan letter, sample size, Ac and Re from the diagonal pattern."""
    row, column = LETTERS.index(letter), AQLS.index(aql)
    rows_there_are = 17 if severity == "tightened" else 16

    def first(candidates):
        for target in candidates:
            limits = limits_in_own_row(standard, severity, target, target + column)
            if limits:
                return target, limits
        return None

    up, down = range(row - 1, -1, -1), range(row + 1, rows_there_are)
    diagonal = row + column
    points_up = diagonal == UP_AFTER_ZERO[severity] or diagonal > 20
    order = [up, down] if points_up else [down, up]
    target, limits = first([row]) or first(order[0]) or first(order[1])
    size = (REDUCED_SIZES if severity == "reduced" else SIZES)[target]
    return (LETTERS + "S")[target], size, *limits


def test_code_letters_match_their_second_transcription_at_every_boundary():
    for level, letters in LETTERS_BY_LEVEL.items():
        for lot in LOTS:
            place = sum(lot > largest for largest in LARGEST_LOTS)
            assert code_letter(lot, level) == letters[place], (lot, level)


@pytest.mark.parametrize("severity", SEVERITIES)
@pytest.mark.parametrize("standard", STANDARDS)
def test_every_boundary_level_aql_and_severity_matches_the_diagonal_pattern(standard, severity):
    expected = {
        (letter, aql): expected_cell(standard, severity, letter, aql)
        for letter in LETTERS
        for aql in AQLS
    }
    for lot, level, aql in itertools.product(LOTS, INSPECTION_LEVELS, AQLS):
        found = lookup_plan(lot, aql, inspection_level=level, severity=severity, standard=standard)
        plan = found.plan
        assert expected[found.code_letter, aql] == (
            found.plan_letter,
            plan.sample_size,
            plan.acceptance_number,
            plan.rejection_number,
        ), (lot, level, aql)
        assert found.inspects_all == (plan.sample_size >= lot)
        assert (found.sampling, found.standard, found.lot_size) == ("single", standard, lot)


# Double and multiple plans by the single plan of the same cell: (Ac, Re) of each stage.
DOUBLE = {
    (1, 2): "0/2 1/2",
    (2, 3): "0/3 3/4",
    (3, 4): "1/4 4/5",
    (5, 6): "2/5 6/7",
    (7, 8): "3/7 8/9",
    (8, 9): "3/7 11/12",
    (10, 11): "5/9 12/13",
    (12, 13): "6/10 15/16",
    (14, 15): "7/11 18/19",
    (18, 19): "9/14 23/24",
    (21, 22): "11/16 26/27",
    (27, 28): "15/20 34/35",
    (30, 31): "17/22 37/38",
    (41, 42): "23/29 52/53",
    (44, 45): "25/31 56/57",
    (0, 2): "0/2 0/2",
    (1, 3): "0/3 0/4",
    (1, 4): "0/4 1/5",
    (2, 5): "0/4 3/6",
    (3, 6): "1/5 4/7",
    (5, 8): "2/7 6/9",
    (7, 10): "3/8 8/12",
    (10, 13): "5/10 12/16",
    (14, 17): "7/12 18/22",
    (21, 24): "11/17 26/30",
}
MULTIPLE = {
    (1, 2): "#/2 #/2 0/2 0/3 1/3 1/3 2/3",
    (2, 3): "#/2 0/3 0/3 1/4 2/4 3/5 4/5",
    (3, 4): "#/3 0/3 1/4 2/5 3/6 4/6 6/7",
    (5, 6): "#/4 1/5 2/6 3/7 5/8 7/9 9/10",
    (7, 8): "0/4 1/6 3/8 5/10 7/11 10/12 13/14",
    (8, 9): "0/4 2/7 4/9 6/11 9/12 12/14 14/15",
    (10, 11): "0/5 3/8 6/10 8/13 11/15 14/17 18/19",
    (12, 13): "0/6 3/9 7/12 10/15 14/17 18/20 21/22",
    (14, 15): "1/7 4/10 8/13 12/17 17/20 21/23 25/26",
    (18, 19): "1/8 6/12 11/17 16/22 22/25 27/29 32/33",
    (21, 22): "2/9 7/14 13/19 19/25 25/29 31/33 37/38",
    (27, 28): "3/10 10/17 17/24 24/31 32/37 40/43 48/49",
    (30, 31): "4/12 11/19 19/27 27/34 36/40 45/47 53/54",
    (41, 42): "6/15 16/25 26/36 37/46 49/55 61/64 72/73",
    (44, 45): "6/16 17/27 29/39 40/49 53/58 65/68 77/78",
    (0, 2): "#/2 #/2 0/2 0/3 0/3 0/3 1/3",
    (1, 3): "#/2 #/3 0/3 0/4 0/4 1/5 1/5",
    (1, 4): "#/3 #/3 0/4 0/5 1/6 1/6 2/7",
    (2, 5): "#/3 0/4 0/5 1/6 2/7 3/7 4/8",
    (3, 6): "#/4 0/5 1/6 2/7 3/8 4/9 6/10",
    (5, 8): "#/4 1/6 2/8 3/10 5/11 7/12 9/14",
    (7, 10): "0/5 1/7 3/9 5/12 7/13 10/15 13/17",
    (10, 13): "0/6 3/9 6/12 8/15 11/17 14/20 18/22",
}
# The sample of a double plan is one step of the size series below the single one.
DOUBLE_SIZES = dict(zip(SIZES[1:], SIZES, strict=False))
# A stage of a multiple plan is about a quarter of the single sample: three steps below.
STAGE_SIZES = dict(zip(SIZES[3:], SIZES, strict=False))


def stages(sizes, text):
    pairs = [pair.split("/") for pair in text.split()]
    return SamplingPlan(
        sample_sizes=(sizes,) * len(pairs),
        acceptance_numbers=tuple(None if ac == "#" else int(ac) for ac, _ in pairs),
        rejection_numbers=tuple(int(re) for _, re in pairs),
    )


def expected_longer_plan(severity, sampling, cell):
    """What MIL-STD-105E prints for double or multiple where it prints a single plan."""
    single = tabulated_plan(cell[0], cell[1], severity=severity, standard=MIL)
    limits = (single.plan.acceptance_number, single.plan.rejection_number)
    size = single.plan.sample_size
    no_double = "ABC" if severity == "reduced" else "A"
    no_multiple = no_double + ("DE" if severity == "reduced" else "BC")
    if limits == (0, 1) or single.plan_letter in no_double:
        return "single", single.plan
    if severity == "normal" and cell in (("A", 10.0), ("A", 15.0)):
        return "single", single.plan
    if sampling == "double" or single.plan_letter in no_multiple:
        return "double", stages(DOUBLE_SIZES[size], DOUBLE[limits])
    return "multiple", stages(STAGE_SIZES[size], MULTIPLE[limits])


@pytest.mark.parametrize("severity", SEVERITIES)
@pytest.mark.parametrize("sampling", ["double", "multiple"])
def test_double_and_multiple_plans_match_the_pattern_of_their_single_plan(sampling, severity):
    for letter, aql in itertools.product(LETTERS, AQLS):
        found = tabulated_plan(letter, aql, severity=severity, standard=MIL, sampling=sampling)
        expected = expected_longer_plan(severity, sampling, (letter, aql))
        assert (found.sampling, found.plan) == expected, (letter, aql)
        assert (found.sampling == sampling) or f"prints no {sampling} plan" in found.note
        single = tabulated_plan(letter, aql, severity=severity, standard=MIL)
        assert found.plan_letter == single.plan_letter


def test_the_flagged_cells_of_the_longer_plans_keep_their_flags():
    flags = [
        row["confidence"]
        for name in ("double", "multiple")
        for row in rows(f"milstd105e_{name}.csv")
    ]
    assert [flags.count(kind) for kind in ("corrected", "suspect", "disputed")] == [6, 13, 2]
    suspect = tabulated_plan("L", 1.0, severity="tightened", standard=MIL, sampling="multiple")
    assert suspect.confidence == "suspect"
    assert "first rejection number kept at 3" in suspect.note
    assert suspect.plan.rejection_numbers[0] == 3


def test_confidence_counts_are_those_that_sources_md_states():
    def counts(name):
        found = [(row["severity"], row["confidence"]) for row in rows(name)]
        return {pair: found.count(pair) for pair in set(found)}

    assert counts("iso2859_1_1999_single.csv") == {
        ("normal", "high"): 416,
        ("tightened", "high"): 415,
        ("tightened", "medium"): 1,
        ("reduced", "high"): 78,
        ("reduced", "medium-high"): 309,
        ("reduced", "medium"): 29,
    }
    assert counts("milstd105e_single.csv") == {
        ("normal", "high"): 416,
        ("tightened", "high"): 416,
        ("reduced", "high"): 410,
        ("reduced", "medium-high"): 6,
    }


def test_iso_and_105e_differ_where_the_sources_say():
    differing = [
        (iso.severity, iso.code_letter, iso.aql_percent)
        for iso, mil in zip(tabulated_plans(ISO), tabulated_plans(MIL), strict=True)
        if iso.plan != mil.plan
    ]
    assert [d for d in differing if d[0] != "reduced"] == [("tightened", "A", 10.0)]
    assert sum(d[0] == "reduced" for d in differing) == 251


@pytest.mark.parametrize(
    ("lot_size", "aql", "severity", "expected"),
    [
        (20_000, 0.65, "normal", (315, 5)),
        (20_000, 1.0, "normal", (315, 7)),
        (20_000, 1.5, "normal", (315, 10)),
        (20_000, 2.5, "normal", (315, 14)),
        (20_000, 4.0, "normal", (315, 21)),
        (8_000, 1.0, "normal", (200, 5)),
        (8_000, 1.5, "normal", (200, 7)),
        (8_000, 2.5, "normal", (200, 10)),
        (8_000, 4.0, "normal", (200, 14)),
        (3_000, 1.5, "normal", (125, 5)),
        (3_000, 2.5, "normal", (125, 7)),
        (3_000, 4.0, "normal", (125, 10)),
        (1_000, 2.5, "normal", (80, 5)),
        (1_000, 4.0, "normal", (80, 7)),
        (1_000, 6.5, "normal", (80, 10)),
        (8_000, 1.0, "tightened", (200, 3)),
        (20_000, 1.0, "tightened", (315, 5)),
    ],
)
def test_golden_plans_of_the_requirements(lot_size, aql, severity, expected):
    """Requirements T1, T4 and the table of golden numbers."""
    plan = lookup_plan(lot_size, aql, severity=severity).plan
    assert (plan.sample_size, plan.acceptance_number) == expected


def test_t1_5_and_10_is_not_aql_2_5_and_4_0_at_any_letter():
    def aql_by_letter(limit, standard, severity):
        found = plans_with_acceptance_number(limit, standard=standard, severities=(severity,))
        return {cell.code_letter: cell.aql_percent for cell in found}

    normal_5, normal_10 = aql_by_letter(5, ISO, "normal"), aql_by_letter(10, ISO, "normal")
    pairs = {letter: (normal_5[letter], normal_10.get(letter)) for letter in "MLKJ"}
    assert pairs == {"M": (0.65, 1.5), "L": (1.0, 2.5), "K": (1.5, 4.0), "J": (2.5, 6.5)}
    for standard, severity in itertools.product(STANDARDS, SEVERITIES):
        both = {
            letter
            for letter, aql in aql_by_letter(5, standard, severity).items()
            if aql == 2.5 and aql_by_letter(10, standard, severity).get(letter) == 4.0
        }
        assert not both, (standard, severity)
    assert plans_with_acceptance_number(10, standard=ISO, severities=("tightened",)) == ()
    assert plans_with_acceptance_number(10, standard=MIL, severities=("tightened",)) == ()


def test_t6_general_level_iii_of_a_remade_lot():
    def limits(lot_size, level):
        plan = lookup_plan(lot_size, 1.0, inspection_level=level).plan
        return plan.sample_size, plan.acceptance_number

    assert limits(400, "II") == (50, 1)
    assert limits(400, "III") == (80, 2)
    assert limits(1_000, "III") == (125, 3)


@pytest.mark.parametrize(("aql", "limits"), [(1.5, (5, 8)), (4.0, (10, 13))])
def test_t14_reduced_plans_of_105e_leave_a_gap_and_iso_closed_it(aql, limits):
    gap = lookup_plan(20_000, aql, severity="reduced", standard=MIL).plan
    assert gap.sample_size == 125
    assert (gap.acceptance_number, gap.rejection_number) == limits
    assert all(
        cell.plan.rejection_number == cell.plan.acceptance_number + 1 for cell in tabulated_plans()
    )


def test_letter_s_is_reached_on_tightened_from_q_and_r_alone():
    for standard in STANDARDS:
        reached = [c for c in tabulated_plans(standard) if c.plan_letter == "S"]
        assert [(c.severity, c.code_letter, c.aql_percent) for c in reached] == [
            ("tightened", "Q", 0.025),
            ("tightened", "R", 0.025),
        ]
        assert {c.plan for c in reached} == {SamplingPlan.single(3150, 1)}


def test_letter_a_at_aql_10_tightened_differs_between_the_standards():
    iso = lookup_plan(5, 10, severity="tightened")
    assert (iso.plan, iso.plan_letter, iso.confidence) == (SamplingPlan.single(2, 0), "A", "medium")
    mil = lookup_plan(5, 10, severity="tightened", standard=MIL)
    assert (mil.plan, mil.plan_letter, mil.inspects_all) == (SamplingPlan.single(8, 1), "D", True)


def published_look_ups():
    path = Path(__file__).parents[1] / "published" / "published.csv"
    with path.open(encoding="utf-8", newline="") as lines:
        return [row for row in csv.DictReader(lines) if row["quantity"] == "lookup_plan"]


@pytest.mark.parametrize("row", published_look_ups(), ids=lambda row: row["where"])
def test_published_look_ups(row):
    found = lookup_plan(**json.loads(row["arguments"]))
    expected = {name: tuple(values) for name, values in json.loads(row["expected"]).items()}
    assert found.plan == SamplingPlan(**expected)


def test_there_are_published_look_ups_of_every_kind():
    kinds = {json.loads(row["arguments"]).get("sampling", "single") for row in published_look_ups()}
    assert kinds == {"single", "double", "multiple"}
    assert len(published_look_ups()) == 18


def test_an_arrow_moves_the_sample_size_too():
    """F at AQL 1.5 leads to letter G; a public calculator prints n = 20, and is wrong."""
    found = lookup_plan(150, 1.5)
    assert (found.code_letter, found.plan_letter, found.plan.sample_size) == ("F", "G", 32)


def test_lot_is_inspected_in_full_where_the_sample_reaches_it_and_limits_stay():
    found = lookup_plan(20, 0.40)
    assert found.inspects_all
    assert found.plan == SamplingPlan.single(32, 0)
    assert lookup_plan(32, 0.40).inspects_all
    assert not lookup_plan(33, 0.40).inspects_all
    double = lookup_plan(150, 1.5, standard=MIL, sampling="double")
    assert (double.plan.sample_sizes, double.inspects_all) == ((20, 20), False)


def test_aqls_above_ten_say_what_they_count():
    assert "nonconformities per 100 items" in lookup_plan(100, 15).note
    assert lookup_plan(100, 10).note == ""
    assert lookup_plan(100, 1000).plan == SamplingPlan.single(3, 44)


def test_a_longer_plan_that_is_not_printed_falls_back_and_says_so():
    found = lookup_plan(50, 1.0, standard=MIL, sampling="multiple")
    assert (found.sampling, found.plan) == ("single", SamplingPlan.single(13, 0))
    assert found.note == "the standard prints no multiple plan here: use single sampling"
    double = lookup_plan(10, 25, standard=MIL, sampling="multiple")
    assert (double.sampling, double.plan.stages) == ("double", 2)
    disputed = tabulated_plan("A", 10, standard=MIL, sampling="double")
    assert (disputed.confidence, disputed.plan) == ("disputed", SamplingPlan.single(5, 1))


def test_lot_sizes_is_the_inverse_of_code_letter():
    for level, letter in itertools.product(INSPECTION_LEVELS, LETTERS):
        lots = [lot for lot in LOTS if code_letter(lot, level) == letter]
        if not lots:
            assert lot_sizes(letter, level) is None
            continue
        smallest, largest = lot_sizes(letter, level)
        assert smallest == min(lots)
        assert max(lots) == (10**7 if largest is None else largest)


def test_next_tighter_aql_walks_the_whole_series():
    assert [next_tighter_aql(aql) for aql in AQLS] == [None, *AQLS[:-1]]


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"lot_size": 1}, ValueError, "lot_size must be at least 2, where the tables start, got 1"),
        ({"lot_size": 20.5}, TypeError, "lot_size must be a whole number of items, got 20.5"),
        ({"aql_percent": 3}, ValueError, r"aql_percent .* \(nearest: 2.5 and 4\), got 3"),
        ({"aql_percent": 0}, ValueError, r"aql_percent .* \(nearest: 0.01\), got 0"),
        ({"aql_percent": 2000}, ValueError, r"aql_percent .* \(nearest: 1000\), got 2000"),
        ({"aql_percent": "two"}, TypeError, "aql_percent must be a number in percent, got 'two'"),
        ({"inspection_level": "S4"}, ValueError, "inspection_level .* did you mean 'S-4'"),
        ({"inspection_level": "IV"}, ValueError, "inspection_level must be one of S-1, .*'IV'"),
        ({"severity": "tight"}, ValueError, "severity must be one of normal, .* got 'tight'"),
        ({"standard": "ISO 2859-1"}, ValueError, "did you mean 'ISO 2859-1:1999'"),
        ({"standard": "ISO 2859-1:2026"}, ValueError, "not transcribed .* a newer one exists"),
        ({"sampling": "tripel"}, ValueError, "sampling must be one of single, double, multiple"),
        ({"sampling": "double"}, ValueError, "no verified text .* use standard='MIL-STD-105E'"),
    ],
)
def test_what_the_tables_do_not_hold_is_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        lookup_plan(**{"lot_size": 500, "aql_percent": 1.0} | arguments)


def test_numpy_numbers_are_numbers():
    assert lookup_plan(np.int64(500), np.float64(1.0)) == lookup_plan(500, 1)


def test_zero_acceptance_plans_grow_with_the_lot_and_shrink_with_the_aql():
    aqls = [aql for aql in AQLS if aql <= 10]
    table = np.array(
        [[zero_acceptance_plan(lot, aql).plan.sample_size for aql in aqls] for lot in LOTS]
    )
    assert (np.diff(table, axis=0) >= 0).all()
    assert (np.diff(table, axis=1) <= 0).all()
    assert (table <= np.array(LOTS)[:, None]).all()


@pytest.mark.parametrize(
    ("lot_size", "aql", "sample_size", "inspects_all"),
    [
        (500, 1.0, 29, False),
        (5_000, 2.5, 29, False),
        (20_000, 0.65, 77, False),
        (12, 0.4, 12, True),
    ],
)
def test_zero_acceptance_plans_in_wide_use(lot_size, aql, sample_size, inspects_all):
    found = zero_acceptance_plan(lot_size, aql)
    assert found.plan == SamplingPlan.single(sample_size, 0)
    assert (found.inspects_all, found.confidence) == (inspects_all, "two sources")


def test_disputed_zero_acceptance_cells_say_what_the_other_source_gives():
    found = zero_acceptance_plan(180, 1.0)
    assert (found.plan.sample_size, found.confidence) == (20, "disputed")
    assert found.note == "a second transcription gives 19"
    assert sum(row["confidence"] == "disputed" for row in rows("zero_acceptance.csv")) == 8
    with pytest.raises(ValueError, match="nearest: 10"):
        zero_acceptance_plan(180, 15)


def test_a_look_up_loads_neither_pandas_nor_matplotlib():
    code = (
        "import sys, qcanalysis.sampling.tables, qcanalysis.sampling.plan;"
        "import qcanalysis.sampling.standard as s; s.lookup_plan(20_000, 2.5);"
        "print([m for m in ('pandas', 'matplotlib') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

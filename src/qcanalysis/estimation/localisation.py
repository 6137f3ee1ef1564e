"""Systematic, localised, scattered, or cannot tell: what the pattern of faults says of its cause.

A process error makes the same fault everywhere; a bad batch or carton makes
faults in one place; weak control makes many kinds anywhere (R17, R20).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from qcanalysis.estimation.defect_rate import DefectRateInterval, defect_rate_interval
from qcanalysis.estimation.defect_types import pareto
from qcanalysis.estimation.dispersion import CartonClustering
from qcanalysis.estimation.location import Location, clustering_of, locate
from qcanalysis.estimation.places import (
    FACTORS,
    PROCESS_FACTORS,
    WORDS,
    PlaceTest,
    Thresholds,
    Untested,
    place_tests,
)

Verdict = Literal["systematic", "localised", "scattered", "cannot tell"]

UNIT_ROWS = "a row for each inspected unit: its carton, and whether it is nonconforming"


@dataclass(frozen=True, eq=False)
class Localisation:
    """Verdict with all it rests on; `needed` lists the data that would settle a "cannot tell"."""

    verdict: Verdict
    sentence: str
    needed: tuple[str, ...]
    locations: tuple[Location, ...]
    tests: tuple[PlaceTest, ...]
    untested: tuple[Untested, ...]
    clustering: CartonClustering | None
    pareto: pd.DataFrame
    thresholds: Thresholds

    def tests_table(self) -> pd.DataFrame:
        """Frame with a row a factor: groups, units, worst place, p-values, power, what it takes."""
        shown = [
            "factor", "groups", "units", "nonconforming", "place", "p_value", "adjusted_p_value",
            "power", "detectable_odds_ratio", "units_needed", "method",
        ]  # fmt: skip
        rows = [{name: getattr(test, name) for name in shown} for test in self.tests]
        rows += [{"factor": u.factor, "method": f"not tested: {u.reason}"} for u in self.untested]
        table = pd.DataFrame(rows, columns=shown)
        counts = ["groups", "units", "nonconforming", "units_needed"]
        return table.astype(dict.fromkeys(counts, "Int64"))


def localise(
    units: pd.DataFrame,
    *,
    factors: Sequence[str] = FACTORS,
    thresholds: Thresholds | None = None,
    simulations: int = 4_999,
    seed: int = 0,
) -> Localisation:
    """Verdict on where the faults are: systematic, localised, scattered, or cannot tell.

    1. *Localised*: some factor's p-value, corrected for the number of factors
       tried, is at or below the significance level. Factors of the process come
       first, then runs of cartons, then single cartons.
    2. *Cannot tell*: no fault was found; or a factor could not be tested, in
       whole or for a nonconforming unit, because the records do not state it;
       or some test would have missed the odds ratio (a doubling) more often
       than `least_power` allows.
    3. Otherwise no place stands out and it would have been seen. *Systematic*:
       the confidence interval of the leading defect type's share lies above
       `majority`. *Scattered*: it lies below. Across it: *cannot tell*.

    Parameters
    ----------
    units
        One row an inspected unit, as `unit_table` makes it: `is_nonconforming`
        and, where known, `sku, plating_batch, assembly_line, production_date,
        carton_no, defect_type`. Give one SKU's rows for a verdict on that SKU.
    factors
        Factors to test, among `FACTORS`.
    thresholds
        What counts as evidence; the defaults of `Thresholds`.
    simulations, seed
        Monte Carlo draws and their seed.

    Returns
    -------
    The verdict, a sentence for the report, and all they rest on.

    Raises
    ------
    ValueError
        If `is_nonconforming` is absent or not stated for a unit, or a factor is unknown.

    Examples
    --------
    >>> units = pd.DataFrame({"plating_batch": ["B1"] * 60 + ["B2"] * 60 + ["B3"] * 60,
    ...                       "is_nonconforming": [True] * 9 + [False] * 171,
    ...                       "defect_type": ["scratch"] * 9 + [None] * 171})
    >>> found = localise(units, factors=["plating_batch"])
    >>> found.verdict, found.locations[0].place
    ('localised', 'B1')
    """
    limits = thresholds or Thresholds()
    if "is_nonconforming" not in units or units["is_nonconforming"].isna().any():
        raise ValueError(
            "units must state is_nonconforming for every inspected unit; "
            "leave out units that were not judged"
        )
    bad = units["is_nonconforming"].to_numpy(dtype=bool)
    tests: tuple[PlaceTest, ...] = ()
    untested: tuple[Untested, ...] = ()
    if bad.any():
        tests, untested = place_tests(
            units, factors=factors, thresholds=limits, simulations=simulations, seed=seed
        )
    locations = locate(units, tests, limits)
    types = pareto(units[bad] if "defect_type" in units else pd.DataFrame({"defect_type": []}))
    verdict, sentence, needed = _verdict(
        bad.size, int(bad.sum()), tests, untested, locations, types, limits
    )
    return Localisation(
        verdict=verdict,
        sentence=sentence,
        needed=needed,
        locations=locations,
        tests=tests,
        untested=untested,
        clustering=clustering_of(units),
        pareto=types,
        thresholds=limits,
    )


def _verdict(
    inspected: int,
    nonconforming: int,
    tests: Sequence[PlaceTest],
    untested: Sequence[Untested],
    locations: Sequence[Location],
    types: pd.DataFrame,
    limits: Thresholds,
) -> tuple[Verdict, str, tuple[str, ...]]:
    """Verdict, its sentence, and the data needed; the rule is told in `localise`."""
    if locations:
        return "localised", _localised_sentence(locations, len(tests)), ()
    if nonconforming == 0:
        if inspected == 0:
            return "cannot tell", "Cannot tell: no inspected units are on record.", (UNIT_ROWS,)
        sentence = f"Cannot tell: none of {inspected:,} inspected units is nonconforming."
        return "cannot tell", sentence, ()
    side, kinds, kinds_needed = _leading_type(types, nonconforming, limits)
    missing, missed = _missing_data(tests, untested), _missed(tests, limits)
    if missing or missed or side == "open":
        reasons = [reason for reason, _ in (missing + missed)[:1]] or ["no place stands out"]
        sentence = f"Cannot tell: {reasons[0]}. {kinds}"
        needed = (*(datum for _, datum in missing + missed), *kinds_needed)
        return "cannot tell", sentence, needed
    powers = [test.power for test in tests if test.power is not None]
    ruled_out = (
        f"No place stands out, and one {_times(limits)} the rest would have been seen "
        f"with probability {min(powers):.2f} or more."
        if powers
        else "All units come from one place."
    )
    verdict: Verdict = "systematic" if side == "above" else "scattered"
    return verdict, f"{verdict.capitalize()}: {kinds[0].lower()}{kinds[1:]} {ruled_out}", ()


def _percent(interval: DefectRateInterval) -> str:
    """Rate with its limits in words."""
    return (
        f"{100 * interval.estimate:.1f}% "
        f"({100 * interval.lower:.1f}% to {100 * interval.upper:.1f}%)"
    )


def _small(probability: float) -> str:
    return f"{probability:.2f}" if probability >= 0.005 else "below 0.01"


def _units(count: int) -> str:
    return f"{count} nonconforming unit" + ("" if count == 1 else "s")


def _place_words(place: Location) -> str:
    gathered = "faults gather in single cartons, most in " if place.factor == "carton" else ""
    return f"{gathered}{WORDS[place.factor]} {place.place}"


def _localised_sentence(locations: Sequence[Location], tried: int) -> str:
    first = locations[0]
    sentence = (
        f"Localised: {_place_words(first)}: {first.nonconforming_inside} "
        f"nonconforming of {first.units_inside} inspected, {_percent(first.inside)}; elsewhere "
        f"{first.nonconforming_outside} of {first.units_outside}, {_percent(first.outside)} "
        f"(p = {first.adjusted_p_value:.2g} after correction for {tried} tests)."
    )
    if first.same_units_as:
        aliases = " and ".join(first.same_units_as)
        sentence += f" The same units are {aliases}: the sample cannot part them."
    others = [
        f"{WORDS[place.factor]} {place.place}"
        for place in locations[1:]
        if place.factor in PROCESS_FACTORS or first.factor not in PROCESS_FACTORS
    ]
    return f"{sentence} Also: {', '.join(others)}." if others else sentence


def _times(limits: Thresholds) -> str:
    """The odds ratio not to be missed, in plain words (for rare faults odds are rates)."""
    times = "twice" if limits.odds_ratio == 2 else f"{limits.odds_ratio:g} times"
    return f"{times} as bad as"


def _leading_type(
    types: pd.DataFrame, nonconforming: int, limits: Thresholds
) -> tuple[Literal["above", "below", "open"], str, tuple[str, ...]]:
    """Side of the majority on which the leading type's share lies, in words, and what is needed."""
    described = int(types["count"].sum())
    if described < nonconforming:
        datum = f"defect_type of another {_units(nonconforming - described)}"
        return "open", "The kinds of defect are not stated for every nonconforming unit.", (datum,)
    kind, count = str(types["defect_type"].iloc[0]), int(types["count"].iloc[0])
    share = defect_rate_interval(count, nonconforming, confidence_level=limits.confidence_level)
    words = (
        f"The leading defect, {kind}, is on {count} of {_units(nonconforming)}, {_percent(share)}."
    )
    if share.lower > limits.majority:
        return "above", words, ()
    if share.upper < limits.majority:
        return "below", words, ()
    datum = (
        "more nonconforming units described by defect type: whether one type is above "
        f"{limits.majority:.0%} is open at {nonconforming}"
    )
    return "open", words, (datum,)


def _missing_data(
    tests: Sequence[PlaceTest], untested: Sequence[Untested]
) -> list[tuple[str, str]]:
    """Reasons why a factor is open for want of records, each with the datum that is missing."""
    column = {factor: factor for factor in FACTORS} | dict.fromkeys(
        ("carton_order", "carton"), "carton_no"
    )
    never = [
        (u.reason, f"{column[u.factor]} of each inspected unit")
        for u in untested
        if u.is_missing_data
    ]
    partly = [
        (
            f"{column[t.factor]} is not stated for {_units(t.unplaced)}",
            f"{column[t.factor]} of {_units(t.unplaced)}",
        )
        for t in tests
        if t.unplaced
    ]
    return list(dict.fromkeys(never + partly))


def _missed(tests: Sequence[PlaceTest], limits: Thresholds) -> list[tuple[str, str]]:
    """Factors whose test would have missed too much, the process first, with what it takes."""
    weak = [t for t in tests if t.power is not None and t.power < limits.least_power]
    found = []
    for test in sorted(weak, key=lambda t: (t.factor not in PROCESS_FACTORS, t.power or 0.0)):
        word = WORDS[test.factor]
        reason = (
            f"no place stands out among {_units(test.nonconforming)}, but one {word} "
            f"{_times(limits)} the rest would have been seen with probability "
            f"{_small(test.power or 0.0)} only ({limits.least_power:.2f} is asked)"
        )
        if test.detectable_odds_ratio is not None:
            reason += f"; with {test.detectable_odds_ratio:g} times it would"
        amount = (
            f"about {test.units_needed:,} inspected units in place of {test.units:,}, "
            "from as many cartons as can be"
            if test.units_needed
            else "more inspected units from more cartons"
        )
        found.append((reason, f"{amount}, to see one such {word} with that probability"))
    return found

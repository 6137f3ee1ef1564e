"""What a scorecard asks for next. Whatever makes a verdict worse than good is an action here."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import pandas as pd

from qcanalysis.sampling.tables import printed_aql
from qcanalysis.suppliers.deterioration import DeteriorationCusum
from qcanalysis.suppliers.grading import SHARE_POINTS
from qcanalysis.suppliers.phrases import VerdictState, chance, count, with_arrows, worst
from qcanalysis.suppliers.scorecard import Scorecard
from qcanalysis.suppliers.scorecard_tables import component_table

ALMOST_SURE, MORE_LIKELY_THAN_NOT = 0.95, 0.5
ON_TIME_EXPECTED = SHARE_POINTS[1][0]
"""Share of deliveries below which a supplier falls out of band B on that component."""


@dataclass(frozen=True)
class Action:
    """Something to do, in words, and the state of the record that asks for it."""

    words: str
    state: VerdictState = "good"


def next_actions(card: Scorecard) -> list[str]:
    """What to do next, each with its reason; at least one entry."""
    return [action.words for action in asked_for(card)] or [
        "Go on as agreed: nothing asks for a change."
    ]


def card_state(card: Scorecard) -> VerdictState:
    """State of a scorecard: the worst that an action names; without a grade never good."""
    state = worst([action.state for action in asked_for(card)] + ["good"])
    return "unknown" if state == "good" and not card.is_graded else state


@lru_cache(maxsize=1)
def asked_for(card: Scorecard) -> tuple[Action, ...]:
    """Actions with the state that each stands for, the most urgent first.

    Kept for the last card: a page asks for its verdict and for its actions.
    """
    found = _critical_actions(card) + _severity_actions(card)
    if card.card["during_production_inspection"] == "yes":
        words = (
            "Inspect the next order during production: two or more of the last five original "
            "lots were not accepted."
        )
        found.append(Action(words, "caution"))
    if card.worse_since is not None:
        assert card.watch is not None
        words = f"Ask the supplier what changed. {worsening_in_words(card.watch, card.worse_since)}"
        found.append(Action(words, "caution"))
    found += _rate_actions(card.now.rates) + _grade_actions(card) + _delivery_actions(card)
    found += _repeat_actions(card) + _open_actions(card)
    if not card.is_graded:
        found.append(_what_a_grade_needs(card))
    return tuple(found)


def worsening_in_words(watch: DeteriorationCusum, since: pd.Timestamp) -> str:
    """Sentence on a signal of the cumulative sum, its day and how often it is wrong."""
    design = watch.design
    assert design is not None
    return (
        f"Major defects have grown: the cumulative sum signals on {since:%Y-%m-%d}, "
        f"against {design.reference_rate:.1%} in the first {watch.reference_lots} lots "
        f"(watching for {design.ratio:g} times that; on average at most one false alarm in "
        f"{design.lots_between_false_alarms:.0f} lots)."
    )


def _critical_actions(card: Scorecard) -> list[Action]:
    found = card.critical_lots
    if found.empty:
        return []
    seen = (
        f"found on {count(len(found), 'original lot')} of the window, the last on "
        f"{found['inspected_on'].iloc[-1]:%Y-%m-%d}"
    )
    if found["inspection_id"].isin(card.last_original_lots).any():
        words = "Contain the critical defects, and ask for their cause and a corrective action"
        return [Action(f"{words}: {seen}.", "bad")]
    words = "Ask for proof that the cause of the critical defects is gone"
    return [Action(f"{words}: {seen}, none on the last five lots.", "caution")]


def _severity_actions(card: Scorecard) -> list[Action]:
    """What the severities of each SKU family ask for; a discontinued class stops them all."""
    found = []
    for (name, _), family in card.severity_table.groupby(["sku_family", "standard"]):
        booked, used = family["visit_severity"].iloc[0], family["severity_used"].iloc[-1]
        if booked == "discontinued":
            found.append(Action(_stop(family, card), "bad"))
        elif pd.notna(used) and booked != used:
            words = f"Book {name} at {booked} inspection; the last lot was inspected at {used}."
            found.append(Action(words, "caution" if booked == "tightened" else "good"))
        else:
            found += [
                Action(
                    f"Keep tightened inspection of {name} ({row.defect_class} defects): "
                    f"{row.next_switch}.",
                    "caution",
                )
                for row in family[family["severity"] == "tightened"].itertuples()
            ]
    return found


def _stop(family: pd.DataFrame, card: Scorecard) -> str:
    """Why a family is stopped, and what is missing for it to go on."""
    row = family[family["severity"] == "discontinued"].iloc[0]
    key = (row["sku_family"], row["standard"], row["defect_class"])
    lots = next(
        one.lots
        for one in card.severities
        if (one.sku_family, one.rules.standard, one.defect_class) == key
    )
    words = (
        f"Stop acceptance of {row['sku_family']} until the corrective action is accepted: "
        f"{with_arrows(row['reason'])}."
    )
    since = lots[lots["inspected_on"] > row["since"]]
    if len(since):
        words += (
            f" Lots have gone on: {len(since)} since, {int(since['is_accepted'].sum())} accepted; "
            "if the action was accepted, record it as closed and effective."
        )
    elif not card.card["corrective_actions_open"] > 0:
        words += " No corrective action is open: ask for one."
    return words


def _rate_actions(rates: pd.DataFrame) -> list[Action]:
    """Classes whose rate is more likely than not above the AQL; where none is accepted, any."""
    return [
        Action(
            f"Ask how {row['defect_class']} defects are to come down: {row['shrunken']:.1%} of the "
            f"pieces, {chance(row['probability_above_aql'])} likely to be above "
            f"AQL {printed_aql(row['aql_percent'])}.",
            "bad"
            if row["probability_above_aql"] >= ALMOST_SURE and row["defect_class"] != "minor"
            else "caution",
        )
        for row in rates.to_dict("records")
        if row["aql_percent"] > 0 and row["probability_above_aql"] >= MORE_LIKELY_THAN_NOT
    ]


def _grade_actions(card: Scorecard) -> list[Action]:
    """What costs most points, where the grade is in the lower half of the bands or may well be."""
    bands = list(card.grading.bands)
    if not card.is_graded or len(bands) == 1:
        return []
    chances = card.card[[f"probability_{band}" for band in bands]].to_numpy(float)
    place, lower_half = bands.index(card.card["grade"]), (len(bands) + 1) // 2
    is_last = place == len(bands) - 1 or chances[-1] >= MORE_LIKELY_THAN_NOT
    if not is_last and place < lower_half and chances[lower_half:].sum() < MORE_LIKELY_THAN_NOT:
        return []
    parts = component_table(card)
    lost = parts.assign(lost=parts["weight_in_force"] * (1 - parts["points"] / 100))
    most = " and ".join(
        f"{part['component']} ({part['lost']:.0f} of {part['weight_in_force']:.0f} points)"
        for part in lost.nlargest(2, "lost").to_dict("records")
    )
    words = f"Agree with the supplier how the grade is to rise: most is lost on {most}."
    return [Action(words, "bad" if is_last else "caution")]


def _delivery_actions(card: Scorecard) -> list[Action]:
    row = card.card
    if not row["on_time_in_full_rate_upper"] < ON_TIME_EXPECTED:
        return []
    words = (
        f"Agree on dates that can be kept: {row['deliveries_on_time_in_full']:.0f} of "
        f"{row['deliveries']:.0f} deliveries on time and in full."
    )
    return [Action(words, "caution")]


def _repeat_actions(card: Scorecard) -> list[Action]:
    defects = card.record.defects
    repeated = defects[(defects["lots"] >= 2) & (defects["defect_class"] != "minor")]
    if repeated.empty or card.card["failed_lots"] == 0:
        return []
    first = repeated.iloc[0]
    return [
        Action(
            f"Ask for the root cause of {first['defect_code']} ({first['defect_class']}): found on "
            f"{int(first['lots'])} lots of the window."
        )
    ]


def _open_actions(card: Scorecard) -> list[Action]:
    still_open = card.card["corrective_actions_open"]
    if pd.isna(still_open) or not still_open:
        return []
    return [Action(f"Close {count(int(still_open), 'open corrective action')}.")]


def _what_a_grade_needs(card: Scorecard) -> Action:
    lacking = card.settings.minimum_lots - int(card.card["judged_lots"])
    if lacking <= 0:
        return Action("Record what the score is weighted by: no component of it has data.")
    needs = "is" if lacking == 1 else "are"
    return Action(
        f"Inspect further lots: {count(lacking, 'more lot')} in the window {needs} needed for a "
        "grade."
    )

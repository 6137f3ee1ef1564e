"""What a scorecard says in words: verdict, what changed, what to do next."""

from __future__ import annotations

from typing import Literal

import pandas as pd

from qcanalysis.sampling.tables import printed_aql
from qcanalysis.suppliers.population import RANKED_CLASS
from qcanalysis.suppliers.scorecard import Scorecard
from qcanalysis.suppliers.severity import inspected_otherwise, severity_table

VerdictState = Literal["good", "bad", "caution", "unknown"]
ALMOST_SURE, MORE_LIKELY_THAN_NOT = 0.95, 0.5
MOST_NAMED = 4
WORTH_SAYING = 0.05
"""Change of a probability below which it is not told as a change."""


def scorecard_in_words(card: Scorecard) -> tuple[str, VerdictState]:
    """Verdict in two or three sentences, and its state."""
    row, name = card.card, card.card["supplier_name"]
    months = _months(card)
    if not card.is_graded:
        judged, minimum = int(row["judged_lots"]), card.settings.minimum_lots
        needed = f"{minimum} are needed" if judged < minimum else "but there are no data to weigh"
        return (
            f"{name}, {card.period.title}: not enough data. {_count(judged, 'lot')} judged in "
            f"{months}, {needed} for a grade. "
            f"{_severity_sentence(card)}".strip(),
            "unknown",
        )
    judged, accepted = int(row["judged_lots"]), int(row["accepted_lots"])
    words = (
        f"{name}, {card.period.title}: grade {row['grade']} "
        f"({_chance(row['probability_of_grade'])} likely), score {row['score']:.0f} of 100. "
        f"{accepted} of {judged} lots accepted in {months}{_major_words(card)}. "
        f"{_severity_sentence(card)}"
    )
    return words.strip(), _state(card)


def _state(card: Scorecard) -> VerdictState:
    severities = {one.state.severity for one in card.severities}
    above = 0.0 if card.major is None else card.major["probability_above_aql"]
    bands = list(card.grading.bands)
    place = bands.index(card.card["grade"])
    if "discontinued" in severities or place == len(bands) - 1 or above >= ALMOST_SURE:
        return "bad"
    if (
        "tightened" in severities
        or place >= len(bands) / 2
        or card.card["during_production_inspection"] == "yes"
        or above >= MORE_LIKELY_THAN_NOT
        or card.worse_since is not None
    ):
        return "caution"
    return "good"


def _months(card: Scorecard) -> str:
    start, end = card.now.start, card.now.end
    months = 12 * (end.year - start.year) + end.month - start.month + 1
    return f"{_count(months, 'month')} to {end:%-d %B %Y}"


def _chance(probability: float) -> str:
    """A probability in percent that never says 0 or 100."""
    if probability <= 0.005:
        return "under 1%"
    return "over 99%" if probability >= 0.995 else f"{probability:.0%}"


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _major_words(card: Scorecard) -> str:
    major = card.major
    if major is None or pd.isna(major["shrunken"]):
        return ""
    words = (
        f"; major defects {major['shrunken']:.1%} ({major['lower']:.1%} to {major['upper']:.1%})"
    )
    if pd.notna(major["probability_above_aql"]):
        words += (
            f", {_chance(major['probability_above_aql'])} likely to be above "
            f"AQL {printed_aql(major['aql_percent'])}"
        )
    return words


def _severity_sentence(card: Scorecard) -> str:
    """Severity to book for each SKU family: the strictest that a class of it asks for."""
    if not card.severities:
        return ""
    table = severity_table(card.severities).drop_duplicates(["sku_family", "standard"])
    unusual = table[table["visit_severity"] != "normal"]
    if unusual.empty:
        return "Next lots: normal inspection."
    said = "; ".join(
        f"{severity} for {family}"
        for family, severity in zip(unusual["sku_family"], unusual["visit_severity"], strict=True)
    )
    return f"Next lots: {said}."


def changes_in_words(card: Scorecard) -> list[str]:
    """What changed since the previous period, the gravest first; a sentence each."""
    now, before = card.card, card.card_before
    label = card.period.previous.label
    found = []
    if now["grade"] != before["grade"]:
        found.append(f"Grade {before['grade']} in {label}, {now['grade']} now.")
    found += _severity_changes(card)
    if card.worse_since is not None and card.worse_since.date() >= card.period.start:
        found.append(_warning_words(card))
    lots = card.lots_of_period
    originals = lots[lots["is_original_submission"] & (lots["kind"] == "pre_shipment")]
    failed = int((originals["is_accepted"] == False).sum())  # noqa: E712 - NA is neither
    found.append(
        f"In the period itself: {_count(len(originals), 'original lot')}, {failed} not accepted."
    )
    above, above_before = _above(card.now.rates), _above(card.before.rates)
    if abs(above - above_before) >= WORTH_SAYING:
        found.append(
            "Chance that the rate of major defects is above the AQL: "
            f"{_chance(above_before)} in {label}, {_chance(above)} now."
        )
    return found


def _above(rates: pd.DataFrame) -> float:
    """Chance that the rate of major defects exceeds its AQL; NaN where it cannot be told."""
    majors = rates.loc[rates["defect_class"] == RANKED_CLASS, "probability_above_aql"]
    return float(majors.iloc[0]) if len(majors) else float("nan")


def _severity_changes(card: Scorecard) -> list[str]:
    table = severity_table(card.severities)
    start = pd.Timestamp(card.period.start)
    switched = table[table["since"].notna() & (table["since"] >= start)]
    return [
        f"{row.sku_family}, {row.defect_class}: {row.reason}, on {row.since:%Y-%m-%d}."
        for row in switched.itertuples()
    ]


def _warning_words(card: Scorecard) -> str:
    assert card.worse_since is not None
    assert card.watch is not None
    assert card.watch.design is not None
    design = card.watch.design
    return (
        f"Major defects have grown: the cumulative sum signals on {card.worse_since:%Y-%m-%d}, "
        f"against {design.reference_rate:.1%} in the first {card.watch.reference_lots} lots "
        f"(watching for {design.ratio:g} times that; one false alarm in "
        f"{design.lots_between_false_alarms:.0f} lots at most)."
    )


def next_actions(card: Scorecard) -> list[str]:
    """What to do next, each with its reason; at least one entry."""
    found = []
    for _, family in severity_table(card.severities).groupby("sku_family"):
        found += _severity_actions(family)
    if card.card["during_production_inspection"] == "yes":
        found.append(
            "Inspect the next order during production: two or more of the last five original "
            "lots were not accepted."
        )
    if card.worse_since is not None:
        found.append(f"Ask the supplier what changed. {_warning_words(card)}")
    found += _repeat_action(card) + _open_actions(card)
    if not card.is_graded:
        lacking = card.settings.minimum_lots - int(card.card["judged_lots"])
        found.append(
            f"Inspect further lots: {lacking} more in the window are needed for a grade."
            if lacking > 0
            else "Record what the score is weighted by: no component of it has data."
        )
    return found or ["Go on as agreed: nothing asks for a change."]


def _severity_actions(family: pd.DataFrame) -> list[str]:
    """What the severities of one SKU family ask for; a discontinued class stops them all."""
    stopped = family[family["severity"] == "discontinued"]
    if len(stopped):
        row = stopped.iloc[0]
        return [
            f"Stop acceptance of {row['sku_family']} until the corrective action is accepted: "
            f"{row['reason']}."
        ]
    booked, used = family["visit_severity"].iloc[0], family["severity_used"].iloc[-1]
    name = family["sku_family"].iloc[0]
    if booked != used and pd.notna(used):
        return [f"Book {name} at {booked} inspection; the last lot was inspected at {used}."]
    tightened = family[family["severity"] == "tightened"]
    return [
        f"Keep tightened inspection of {name} ({defect_class} defects): {coming}."
        for defect_class, coming in zip(
            tightened["defect_class"], tightened["next_switch"], strict=True
        )
    ]


def _repeat_action(card: Scorecard) -> list[str]:
    defects = card.record.defects
    repeated = defects[(defects["lots"] >= 2) & (defects["defect_class"] != "minor")]
    if repeated.empty or card.card["failed_lots"] == 0:
        return []
    worst = repeated.iloc[0]
    return [
        f"Ask for the root cause of {worst['defect_code']} ({worst['defect_class']}): found on "
        f"{int(worst['lots'])} lots of the window."
    ]


def _open_actions(card: Scorecard) -> list[str]:
    still_open = card.card["corrective_actions_open"]
    if pd.isna(still_open) or not still_open:
        return []
    return [f"Close {_count(int(still_open), 'open corrective action')}."]


def limits_in_words(card: Scorecard) -> list[str]:
    """What the fits could not tell, by class, and components that have no data."""
    priors = card.now.priors[card.now.priors["prior_reason"] != ""]
    found = [
        f"{defect_class}: {reason}."
        for defect_class, reason in zip(priors["defect_class"], priors["prior_reason"], strict=True)
    ]
    if card.watch is None or card.watch.reason:
        found.append(f"worsening: {card.watch.reason if card.watch else 'no lot yet'}.")
    if card.is_graded and card.card["missing"]:
        missing = str(card.card["missing"]).replace("_", " ")
        found.append(f"no data on {missing}: the weight is spread over the rest.")
    return found


def severity_disagreements(card: Scorecard) -> pd.DataFrame:
    """Lots of the window inspected at another severity than the rules ask for."""
    table = inspected_otherwise(card.severities)
    return table[table["inspected_on"] >= pd.Timestamp(card.now.start)].reset_index(drop=True)


def portfolio_in_words(suppliers: pd.DataFrame) -> tuple[str, VerdictState]:
    """Verdict on all suppliers, those to act on named, and its state.

    Parameters
    ----------
    suppliers
        Frame of `qcanalysis.suppliers.scorecard_tables.portfolio_table`.

    Examples
    --------
    >>> two = pd.DataFrame({"supplier": ["Aki", "Beta"], "grade": ["B", "D"],
    ...                     "severity": ["normal", "discontinued"],
    ...                     "during_production_inspection": ["no", "yes"]})
    >>> print(*portfolio_in_words(two))
    2 suppliers: 1 B, 1 D. Stop acceptance from Beta. Inspect during production at Beta. bad
    """
    grades = suppliers["grade"].value_counts().sort_index()
    counts = ", ".join(f"{count} {grade}" for grade, count in grades.items())
    sentences = [f"{_count(len(suppliers), 'supplier')}: {counts}."]
    to_act_on = {
        "Stop acceptance from": suppliers["severity"] == "discontinued",
        "Tightened inspection at": suppliers["severity"] == "tightened",
        "Inspect during production at": suppliers["during_production_inspection"] == "yes",
    }
    for words, applies in to_act_on.items():
        if applies.any():
            sentences.append(f"{words} {_named(suppliers.loc[applies, 'supplier'].tolist())}.")
    stopped, *others = to_act_on.values()
    state: VerdictState = "bad" if stopped.any() else "good"
    if state == "good" and any(applies.any() for applies in others):
        state = "caution"
    return " ".join(sentences), state


def _named(names: list[str]) -> str:
    """Names in a row, the first few of many."""
    rest = len(names) - MOST_NAMED
    shown = names if rest <= 1 else [*names[:MOST_NAMED], f"{rest} others"]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"

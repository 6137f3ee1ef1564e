"""What a scorecard says in words: verdict, what changed, what it could not tell."""

from __future__ import annotations

import pandas as pd

from qcanalysis.sampling.tables import printed_aql
from qcanalysis.suppliers.indicators import NOT_ENOUGH
from qcanalysis.suppliers.next_actions import (
    MORE_LIKELY_THAN_NOT,
    card_state,
    worsening_in_words,
)
from qcanalysis.suppliers.period import whole_months
from qcanalysis.suppliers.phrases import VerdictState, chance, count, day_in_words, with_arrows
from qcanalysis.suppliers.population import LARGEST_AQL_OF_ITEMS, RANKED_CLASS
from qcanalysis.suppliers.scorecard import Scorecard
from qcanalysis.suppliers.severity import inspected_otherwise

WORTH_SAYING = 0.05
"""Change of a probability below which it is not told as a change."""


def scorecard_in_words(card: Scorecard) -> tuple[str, VerdictState]:
    """Verdict in a few sentences, and its state."""
    row, months = card.card, window_in_words(card)
    judged, accepted = int(row["judged_lots"]), int(row["accepted_lots"])
    said = [f"{row['supplier_name']}, {card.period.title}:"]
    if card.is_graded:
        said += [
            f"{_grade_words(card)}.",
            f"{accepted} of {judged} lots accepted in {months}{_rate_words(card)}.",
        ]
    else:
        minimum = card.settings.minimum_lots
        needed = f"{minimum} are needed" if judged < minimum else "but there are no data to weigh"
        found = f"{count(judged, 'lot')} judged in {months}"
        if not row["lots"]:
            start, end = (day_in_words(day) for day in (card.now.start, card.now.end))
            found = f"No original lot from {start} to {end}"
        said.append(f"not enough data. {found}, {needed} for a grade.")
    said += _critical_sentences(card) + _severity_sentences(card)
    return " ".join(said), card_state(card)


def window_in_words(card: Scorecard) -> str:
    """Months that the figures rest on, and where the record does not fill them, its days."""
    months = count(whole_months(card.now.start, card.now.end), "month")
    words = f"{months} to {day_in_words(card.now.end)}"
    return f"{words} ({card.record.coverage})" if card.record.coverage else words


def _grade_words(card: Scorecard) -> str:
    """Grade with its chance; below one half also that of what lies on its other side."""
    row, bands = card.card, list(card.grading.bands)
    grade, likely = row["grade"], row["probability_of_grade"]
    score = (
        f"score {row['score']:.0f} of 100 ({row['score_lower']:.0f} to {row['score_upper']:.0f})"
    )
    if likely >= MORE_LIKELY_THAN_NOT:
        return f"grade {grade} ({chance(likely)} likely), {score}"
    worse = bands[bands.index(grade) + 1 :]
    if worse:
        other = f"{worse[0]} or worse" if len(worse) > 1 else worse[0]
        rest = sum(float(row[f"probability_{band}"]) for band in worse)
    else:
        other, rest = f"{bands[-2]} or better", 1 - likely
    return f"most likely grade {grade} ({chance(likely)}), {other} {chance(rest)}, {score}"


def _rate_words(card: Scorecard) -> str:
    """Rate of major defects, and that of the class likeliest above its AQL, or the only known."""
    rates = card.now.rates
    rates = rates[rates["shrunken"].notna() & (rates["aql_percent"] != 0)]
    told = rates[rates["defect_class"] == RANKED_CLASS]
    above = rates["probability_above_aql"]
    is_grave = (told.empty and above.notna().any()) or (above >= MORE_LIKELY_THAN_NOT).any()
    if is_grave and above.idxmax() not in told.index:
        told = pd.concat([told, rates.loc[[above.idxmax()]]])
    return "".join(f"; {_rate_of_class(card, row)}" for _, row in told.iterrows())


def _rate_of_class(card: Scorecard, row: pd.Series) -> str:
    words = (
        f"{row['defect_class']} defects {row['shrunken']:.1%} "
        f"({row['lower']:.1%} to {row['upper']:.1%})"
    )
    if pd.isna(row["probability_above_aql"]):
        return words
    aqls = card.originals_of_window(row["defect_class"])["aql_percent"].nunique()
    return (
        f"{words}, {chance(row['probability_above_aql'])} likely to be above "
        f"AQL {printed_aql(row['aql_percent'])}{' (that of most lots)' if aqls > 1 else ''}"
    )


def _critical_sentences(card: Scorecard) -> list[str]:
    found = card.critical_lots
    if found.empty:
        return []
    return [
        f"Critical defects on {len(found)} of "
        f"{count(len(card.originals_of_window('critical')), 'original lot')}, "
        f"the last on {found['inspected_on'].iloc[-1]:%Y-%m-%d}."
    ]


def _severity_sentences(card: Scorecard) -> list[str]:
    """Severity to book for each SKU family: the strictest that a class of it asks for."""
    if not card.severities:
        return []
    table = card.severity_table.drop_duplicates(["sku_family", "standard"])
    unusual = table[table["visit_severity"] != "normal"]
    if unusual.empty:
        return ["Next lots: normal inspection."]
    said = "; ".join(
        f"none of {family} before the corrective action is accepted (discontinued)"
        if severity == "discontinued"
        else f"{severity} for {family}"
        for family, severity in zip(unusual["sku_family"], unusual["visit_severity"], strict=True)
    )
    return [f"Next lots: {said}."]


def changes_in_words(card: Scorecard) -> list[str]:
    """What changed since the previous period, the gravest first; a sentence each."""
    now, before = card.card, card.card_before
    label = card.period.previous.label
    found = []
    if now["grade"] != before["grade"]:
        then = "No grade" if before["grade"] == NOT_ENOUGH else f"Grade {before['grade']}"
        today = "no grade" if now["grade"] == NOT_ENOUGH else now["grade"]
        found.append(f"{then} in {label}, {today} now.")
    criticals = int((card.critical_lots["inspected_on"] >= pd.Timestamp(card.period.start)).sum())
    if criticals:
        found.append(f"Critical defects on {count(criticals, 'original lot')} of the period.")
    found += _severity_changes(card) + _worsening_changes(card)
    lots = card.lots_of_period
    originals = lots[lots["inspection_id"].isin(card.record.original_lots["inspection_id"])]
    failed = int((originals["is_accepted"] == False).sum())  # noqa: E712 - NA is neither
    of_period = f"{count(len(originals), 'original lot')}, {failed} not accepted"
    found.append(f"In the period itself: {of_period if len(originals) else 'no original lot'}.")
    above, above_before = _above(card.now.rates), _above(card.before.rates)
    if abs(above - above_before) >= WORTH_SAYING:
        found.append(
            "Chance that the rate of major defects is above the AQL: "
            f"{chance(above_before)} in {label}, {chance(above)} now."
        )
    return found


def _above(rates: pd.DataFrame) -> float:
    """Chance that the rate of major defects exceeds its AQL; NaN where it cannot be told."""
    majors = rates.loc[rates["defect_class"] == RANKED_CLASS, "probability_above_aql"]
    return float(majors.iloc[0]) if len(majors) else float("nan")


def _severity_changes(card: Scorecard) -> list[str]:
    table = card.severity_table
    start = pd.Timestamp(card.period.start)
    switched = table[table["since"].notna() & (table["since"] >= start)]
    return [
        f"{row['sku_family']}, {row['defect_class']}: {with_arrows(row['reason'])}, "
        f"on {row['since']:%Y-%m-%d}."
        for row in switched.to_dict("records")
    ]


def _worsening_changes(card: Scorecard) -> list[str]:
    """A signal within the period while it holds; else, that it came to its end in the period."""
    start, watch = pd.Timestamp(card.period.start), card.watch
    if card.worse_since is not None and card.worse_since >= start:
        assert watch is not None
        return [worsening_in_words(watch, card.worse_since)]
    if card.recovered_on is not None and card.recovered_on >= start:
        return [
            "Major defects had grown and are back at the level of the first lots since "
            f"{card.recovered_on:%Y-%m-%d}."
        ]
    return []


def limits_in_words(card: Scorecard) -> list[str]:
    """What the fits could not tell, by class, and components that have no data."""
    priors = card.now.priors[card.now.priors["prior_reason"] != ""]
    found = [
        f"{defect_class}: {reason}."
        for defect_class, reason in zip(priors["defect_class"], priors["prior_reason"], strict=True)
    ]
    found += _several_aqls(card) + _aqls_of_defects(card) + _reported_otherwise(card)
    if card.watch is None or card.watch.reason:
        found.append(f"worsening: {card.watch.reason if card.watch else 'no lot yet'}.")
    if any("action accepted" in step.event for one in card.severities for step in one.steps):
        found.append(
            "severity: a corrective action that was closed and found effective counts as accepted, "
            "whatever product it was about."
        )
    if card.is_graded and card.card["missing"]:
        missing = str(card.card["missing"]).replace("_", " ")
        found.append(f"no data on {missing}: the weight is spread over the rest.")
    return found


def _several_aqls(card: Scorecard) -> list[str]:
    """Classes whose lots were inspected at different AQLs, of which one is compared with."""
    found = []
    for row in card.now.rates.to_dict("records"):
        defect_class, compared = row["defect_class"], row["aql_percent"]
        lots = card.originals_of_window(defect_class).groupby("aql_percent").size()
        others = [
            f"AQL {printed_aql(float(aql))} on {number}"
            for aql, number in zip(lots.index, lots, strict=True)
            if aql != compared
        ]
        if others:
            found.append(
                f"{defect_class}: compared with AQL {printed_aql(compared)}, that of most lots; "
                f"{', '.join(others)}."
            )
    return found


def _aqls_of_defects(card: Scorecard) -> list[str]:
    """Classes whose AQL no share of pieces can be held against."""
    rates = card.now.rates[card.now.rates["aql_percent"] > LARGEST_AQL_OF_ITEMS]
    return [
        f"{defect_class}: AQL {printed_aql(aql)} counts defects per 100 pieces and not defective "
        "pieces; the chance to be above it is not told, and it gives no points."
        for defect_class, aql in zip(rates["defect_class"], rates["aql_percent"], strict=True)
    ]


def _reported_otherwise(card: Scorecard) -> list[str]:
    """Lots that the counts accept and the reports do not."""
    lots = int(card.card["accepted_otherwise_reported"])
    if not lots:
        return []
    return [
        f"{count(lots, 'lot')} reported as not accepted: here the counts decide, and they accept. "
        "Look at the reports."
    ]


def severity_disagreements(card: Scorecard) -> pd.DataFrame:
    """Lots of the window inspected at another severity than the rules ask for."""
    table = inspected_otherwise(card.severities)
    inside = table[table["inspected_on"] >= pd.Timestamp(card.now.start)].reset_index(drop=True)
    return inside.assign(because=inside["because"].map(with_arrows))

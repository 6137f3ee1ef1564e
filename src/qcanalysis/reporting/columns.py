"""How the columns of result tables are headed and written, for every report alike.

Inside the package a column has the field's term and holds fractions; a reader
sees the words below and percent.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from qcanalysis.sampling.tables import printed_aql


class Column(NamedTuple):
    """Heading of a column, and the format or function that writes its values."""

    heading: str
    spec: str | Callable[[Any], str] = ""


def spaced(word: object) -> str:
    """Word of a closed vocabulary as a reader writes it.

    Examples
    --------
    >>> spaced("visual_brand")
    'visual brand'
    """
    return str(word).replace("_", " ")


def as_printed(aql: object) -> str:
    """AQL as the standards print it; words in its place stay as they are, 0 is "none".

    Examples
    --------
    >>> as_printed(4.0), as_printed("accept zero"), as_printed(0.0)
    ('4.0', 'accept zero', 'none')
    """
    if not isinstance(aql, int | float):
        return str(aql)
    return printed_aql(aql) if aql else "none"


def chance(probability: object) -> str:
    """A probability in percent that never says 0 or 100 of what may still happen.

    Examples
    --------
    >>> chance(0.0004), chance(0.374), chance(0.9991)
    ('under 1%', '37%', 'over 99%')
    """
    value = float(str(probability))
    if value < 0.005:
        return "under 1%"
    return "over 99%" if value > 0.995 else f"{value:.0%}"


PERCENT, PERCENT_1, WHOLE = "{:.2%}", "{:.1%}", "{:,.0f}"

COLUMNS = {
    "acceptance_number": Column("Ac"),
    "acceptance_rate": Column("Lots accepted", PERCENT_1),
    "adjusted_lower": Column("from", PERCENT),
    "adjusted_p_value": Column("p, corrected", "{:.3f}"),
    "adjusted_rate": Column("Adjusted", PERCENT),
    "adjusted_upper": Column("to", PERCENT),
    "adjustment": Column("Adjustment"),
    "adjustment_reason": Column("Reason"),
    "agrees": Column("As used last"),
    "all_on_vessel": Column("All on the vessel", "{:.0%}"),
    "aql_major": Column("AQL for major", as_printed),
    "aql_minor": Column("AQL for minor", as_printed),
    "aql_percent": Column("AQL", as_printed),
    "average_outgoing_quality_limit": Column("AOQL", PERCENT),
    "average_sample_number": Column("ASN at the good quality", "{:,.1f}"),
    "bad_left": Column("Bad pieces left after that rework", WHOLE),
    "bad_lower": Column("from", WHOLE),
    "bad_mean": Column("Bad pieces, mean", WHOLE),
    "bad_pieces": Column("Bad pieces that ship", WHOLE),
    "bad_shipped": Column("Bad pieces shipped", "{:,.1f}"),
    "bad_upper": Column("to", WHOLE),
    "because": Column("Rule"),
    "before": Column("Before"),
    "best_at_high": Column("Best at high"),
    "best_at_low": Column("Best at low"),
    "blocked": Column("Cartons that stay"),
    "blocked_pieces": Column("Pieces that stay", WHOLE),
    "brand_risk": Column("Brand risk"),
    "break_even_credit": Column("Price cut that breaks even", PERCENT_1),
    "bucket": Column("Kind", spaced),
    "buyers_loss": Column("Expected loss", WHOLE),
    "candidate": Column("Candidate"),
    "carton_no": Column("Carton"),
    "change": Column("Change", "{:+.1f}"),
    "characteristic": Column("Characteristic"),
    "component": Column("Component"),
    "consumers_risk": Column("Consumer's risk", PERCENT),
    "cost": Column("Cost", WHOLE),
    "cost_90": Column("Cost, 9 in 10", WHOLE),
    "cost_of": Column("Cost of"),
    "cost_on_normal": Column("Cost, were it normal", WHOLE),
    "counting": Column("Pieces, counting", WHOLE),
    "cpk": Column("Cpk", "{:.2f}"),
    "cumulative_share": Column("Cumulative", "{:.0%}"),
    "days_90": Column("Days, 9 in 10", "{:.1f}"),
    "days_median": Column("Days, median", "{:.1f}"),
    "defect_code": Column("Defect"),
    "delay": Column("Cost of the delay", WHOLE),
    "detectable_odds_ratio": Column("Smallest ratio it would see", "{:.1f}"),
    "during_production_inspection": Column("During-production inspection"),
    "expected": Column("Expected", WHOLE),
    "expected_bad": Column("Bad among them, expected", WHOLE),
    "expected_cost": Column("Expected cost", WHOLE),
    "expected_half_width": Column("Share missed, told to within", "±{:.0%}"),
    "expected_rank": Column("Rank, expected", "{:.1f}"),
    "expected_rate": Column("Bad, expected", PERCENT_1),
    "factor": Column("Factor", spaced),
    "finding_ids": Column("Findings"),
    "first_on": Column("First", "{:%Y-%m-%d}"),
    "for_the_inspector": Column("What changes for the inspector"),
    "found": Column("Found"),
    "fraction_lower": Column("from", PERCENT),
    "fraction_nonconforming": Column("Major defects", PERCENT),
    "fraction_outside": Column("Outside the limits", PERCENT_1),
    "fraction_upper": Column("to", PERCENT),
    "grade_before": Column("Grade before"),
    "high": Column("High", "{:,.4g}"),
    "inclusion_probability": Column("Chance of a carton", PERCENT_1),
    "information": Column("Worth of knowing", WHOLE),
    "inspected_on": Column("On", "{:%Y-%m-%d}"),
    "inspector_days": Column("Inspector days"),
    "interval": Column("Interval"),
    "is_due": Column("Likely"),
    "is_flagged": Column("Asked"),
    "is_released": Column("Can go"),
    "is_right": Column("Right as stated"),
    "is_worth": Column("Worth making"),
    "items": Column("Pieces to inspect", WHOLE),
    "items_average": Column("average lot", WHOLE),
    "items_good": Column("Pieces: good lot", WHOLE),
    "items_inspected": Column("Pieces inspected", WHOLE),
    "items_on_normal": Column("were it normal", WHOLE),
    "items_poor": Column("poor lot", WHOLE),
    "keeps_wishes": Column("Keeps both wishes"),
    "known": Column("Found so far"),
    "last_on": Column("Last", "{:%Y-%m-%d}"),
    "loss_at_high": Column("Loss at high", WHOLE),
    "loss_at_low": Column("Loss at low", WHOLE),
    "lot_acceptance_rate": Column("Lots accepted", PERCENT_1),
    "lot_verdict": Column("Verdict on the lot"),
    "lots_inspected": Column("Lots inspected", "{:.1f}"),
    "lots_otherwise": Column("Lots at another severity"),
    "lots_since": Column("Lots since"),
    "lots_to_next": Column("Lots to the next switch"),
    "low": Column("Low", "{:,.4g}"),
    "lower": Column("from", PERCENT),
    "mean_acceptance": Column("P(accept) on average", PERCENT_1),
    "mean_items": Column("Pieces inspected, mean", WHOLE),
    "mean_quality": Column("Bad, expected", PERCENT_1),
    "measuring": Column("Pieces, measuring", WHOLE),
    "money_at_risk": Column("Money at risk", WHOLE),
    "net": Column("Net worth", WHOLE),
    "next_switch": Column("Next switch"),
    "not_accepted_to_switch": Column("Not accepted, to a severer one"),
    "on_vessel": Column("On the vessel", "{:.0%}"),
    "own_acceptance": Column("P(accept) judged alone", "{:.3f}"),
    "own_rate": Column("Bad in this product", PERCENT_1),
    "p_value": Column("p", "{:.3f}"),
    "pass_with_rework": Column("P(pass) with that rework", PERCENT_1),
    "pass_without_rework": Column("P(pass) with no rework", PERCENT_1),
    "passed_quantity": Column("Passed pieces", WHOLE),
    "passed_sample_size": Column("Take of the passed", WHOLE),
    "perfect_information": Column("Worth of certainty", WHOLE),
    "plan": Column("Plan"),
    "plan_mark": Column("n/Ac"),
    "points": Column("Points", "{:.1f}"),
    "pooled_acceptance": Column("P(accept) pooled", "{:.3f}"),
    "pooled_rate": Column("Bad in the blend", PERCENT_1),
    "power": Column("Power to see a doubling", "{:.2f}"),
    "price_high": Column("to", "{:,.3f}"),
    "price_low": Column("Price from", "{:,.3f}"),
    "probability": Column("Certainty", PERCENT_1),
    "probability_above": Column("P(more than tolerable)", PERCENT_1),
    "probability_above_aql": Column("P(above AQL)", chance),
    "probability_of_discontinuation": Column("P(discontinued)", chance),
    "probability_of_grade": Column("P(grade)", chance),
    "probability_of_tightened": Column("P(tightened)", chance),
    "probability_worst_tenth": Column("P(worst tenth)", chance),
    "producers_risk": Column("Producer's risk", PERCENT),
    "quality_10": Column("Accepted 1 in 10 at", PERCENT),
    "quality_50": Column("Accepted 1 in 2 at", PERCENT),
    "quality_95": Column("Accepted 19 in 20 at", PERCENT),
    "rank_lower": Column("Rank from", WHOLE),
    "rank_upper": Column("Rank to", WHOLE),
    "ranked_suppliers": Column("Suppliers ranked", WHOLE),
    "rate": Column("Defect rate", PERCENT),
    "rate_lower": Column("at least", PERCENT),
    "rate_upper": Column("at most", PERCENT),
    "raw": Column("As counted", PERCENT),
    "raw_lower": Column("from", PERCENT),
    "raw_upper": Column("to", PERCENT),
    "ready_in_time": Column("Work ready in time", "{:.0%}"),
    "regret": Column("above the least", WHOLE),
    "regret_share": Column("in percent", PERCENT_1),
    "rejected_quantity": Column("Rejected pieces", WHOLE),
    "rejected_sample_size": Column("Take of the rejected", WHOLE),
    "rejection_number": Column("Re"),
    "released": Column("Cartons that can go"),
    "released_pieces": Column("Pieces that can go", WHOLE),
    "removal_needed": Column("Removal for a 90% chance", "{:.0%}"),
    "right_from": Column("Right from", "{:,.2f}"),
    "right_to": Column("to", "{:,.2f}"),
    "rows": Column("Rows", WHOLE),
    "rule_id": Column("Rule"),
    "sample_size": Column("n"),
    "saved": Column("Saved", "{:.0%}"),
    "scope": Column("Judged on", spaced),
    "score": Column("Score", "{:.1f}"),
    "score_before": Column("Score before", "{:.1f}"),
    "score_for_reduced": Column("of"),
    "severity_asked": Column("Asked for"),
    "severity_used": Column("Used"),
    "share": Column("Share", "{:.0%}"),
    "shrunken": Column("Estimated", PERCENT),
    "since": Column("Since", "{:%Y-%m-%d}"),
    "sku": Column("Product"),
    "sku_family": Column("Products"),
    "spec_id": Column("Line"),
    "stated_cost": Column("Stated", "{:,.2f}"),
    "status": Column("Status"),
    "stratum": Column("Plating batch or lot"),
    "surplus_value": Column("Worth of the surplus", WHOLE),
    "switching_score": Column("Switching score"),
    "units_drawn": Column("Pieces to take", WHOLE),
    "units_needed": Column("Pieces needed", WHOLE),
    "units_to_draw": Column("Pieces to take", WHOLE),
    "upper": Column("to", PERCENT),
    "upper_if_zero_found": Column("Bad at most, if none is found", PERCENT_1),
    "value": Column("Value"),
    "value_high": Column("to", WHOLE),
    "value_low": Column("Value from", WHOLE),
    "values_outside": Column("Measured outside"),
    "visit": Column("Visit", WHOLE),
    "visit_cost": Column("Price of a visit", "{:,.2f}"),
    "visits_per_lot": Column("Visits a lot", "{:.2f}"),
    "visits_with_rework": Column("Visits to a pass, with that rework", "{:.1f}"),
    "visits_without_rework": Column("Visits to a pass, no rework", "{:.1f}"),
    "way_out": Column("Way out"),
    "weight": Column("Weight", "{:g}"),
    "weight_in_force": Column("Weight in force", "{:.1f}"),
    "why": Column("Why it matters"),
    "why_not": Column("Why not by measuring"),
    "worth_knowing": Column("Worth of knowing it", WHOLE),
    "zero_found": Column("None found"),
}


def column(name: str) -> Column:
    """Heading and format of a column; one that is not listed is headed by its own name.

    Examples
    --------
    >>> column("acceptance_number").heading, column("lot_size").heading
    ('Ac', 'Lot size')
    """
    if name.startswith("P("):
        return Column(name, PERCENT_1)
    words = name.replace("_", " ")
    return COLUMNS.get(name, Column(words[:1].upper() + words[1:]))

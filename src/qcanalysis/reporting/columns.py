"""How the columns of result tables are headed and written, for every report alike.

Inside the package a column has the field's term and holds fractions; a reader
sees the words below and percent.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from qcanalysis.sampling.tables import printed_aql


class Column(NamedTuple):
    """Heading of a column, and the format or function that writes its values."""

    heading: str
    spec: str | Callable[[float], str] = ""


PERCENT, PERCENT_1, WHOLE = "{:.2%}", "{:.1%}", "{:,.0f}"

COLUMNS = {
    "acceptance_number": Column("Ac"),
    "aql_major": Column("AQL for major", printed_aql),
    "aql_minor": Column("AQL for minor", printed_aql),
    "aql_percent": Column("AQL", printed_aql),
    "average_outgoing_quality_limit": Column("AOQL", PERCENT),
    "average_sample_number": Column("ASN at the good quality", "{:,.1f}"),
    "bad_left": Column("Bad pieces left after that rework", WHOLE),
    "bad_lower": Column("from", WHOLE),
    "bad_mean": Column("Bad pieces, mean", WHOLE),
    "bad_upper": Column("to", WHOLE),
    "consumers_risk": Column("Consumer's risk", PERCENT),
    "found": Column("Found"),
    "inspector_days": Column("Inspector days"),
    "lot_verdict": Column("Verdict on the lot"),
    "own_acceptance": Column("P(accept) judged alone", "{:.3f}"),
    "own_rate": Column("Bad in this product", PERCENT_1),
    "pass_with_rework": Column("P(pass) with that rework", PERCENT_1),
    "pass_without_rework": Column("P(pass) with no rework", PERCENT_1),
    "plan": Column("Plan"),
    "pooled_acceptance": Column("P(accept) pooled", "{:.3f}"),
    "pooled_rate": Column("Bad in the blend", PERCENT_1),
    "probability_above": Column("P(more than tolerable)", PERCENT_1),
    "producers_risk": Column("Producer's risk", PERCENT),
    "quality_10": Column("Accepted 1 in 10 at", PERCENT),
    "quality_50": Column("Accepted 1 in 2 at", PERCENT),
    "quality_95": Column("Accepted 19 in 20 at", PERCENT),
    "rate": Column("Defect rate", PERCENT),
    "rate_lower": Column("at least", PERCENT),
    "rate_upper": Column("at most", PERCENT),
    "rejection_number": Column("Re"),
    "status": Column("Status"),
    "removal_needed": Column("Removal for a 90% chance", "{:.0%}"),
    "sample_size": Column("n"),
    "visit_cost": Column("Price of a visit", "{:,.2f}"),
    "visits_with_rework": Column("Visits to a pass, with that rework", "{:.1f}"),
    "visits_without_rework": Column("Visits to a pass, no rework", "{:.1f}"),
    "why": Column("Why it matters"),
}


def column(name: str) -> Column:
    """Heading and format of a column; one that is not listed is headed by its own name.

    Examples
    --------
    >>> column("acceptance_number").heading, column("lot_size").heading
    ('Ac', 'Lot size')
    """
    words = name.replace("_", " ")
    return COLUMNS.get(name, Column(words[:1].upper() + words[1:]))

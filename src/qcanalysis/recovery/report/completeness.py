"""What an inspection report leaves out, why it matters, and what to ask the agency (R07)."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class Datum:
    """One thing a report has to say: where it stands, why it matters, how to ask for it."""

    name: str
    column: str
    why: str
    question: str
    rule: str


OF_THE_CLASSES = (
    Datum(
        "count found",
        "found",
        "without it there is no verdict",
        "How many were found in each class of defect?",
        "R02",
    ),
    Datum(
        "acceptance number",
        "acceptance_number",
        "it is the limit that the count is held against",
        "Which acceptance number Ac was used for each class of defect?",
        "R02",
    ),
    Datum(
        "sample size",
        "sample_size",
        "without it the plan and the defect rate are unknown",
        "How many pieces were inspected, for each product?",
        "T1",
    ),
    Datum(
        "AQL",
        "aql_percent",
        "the limits alone fit many AQLs",
        "Which AQL was applied to each class of defect?",
        "T1",
    ),
    Datum(
        "rejection number",
        "rejection_number",
        "MIL-STD-105E reduced plans accept a count between Ac and Re",
        "Which rejection number Re went with each acceptance number?",
        "T14",
    ),
    Datum(
        "basis of the counts",
        "counting_basis",
        "one piece may carry several defects; the plan counts pieces",
        "Do the counts give defects or defective pieces, and does a piece with a major and a "
        "minor defect count in both classes or by its worst?",
        "T3",
    ),
)
OF_THE_VISIT = (
    Datum(
        "severity",
        "severity",
        "normal, tightened and reduced inspection have different plans",
        "Was inspection normal, tightened or reduced, and after which earlier lots?",
        "T14",
    ),
    Datum(
        "inspection level",
        "inspection_level",
        "it sets the sample size for the lot",
        "Which inspection level was used?",
        "T1",
    ),
    Datum(
        "standard and edition",
        "standard",
        "the tables differ between standards and editions",
        "Which standard and which edition (ISO 2859-1:1999, ISO 2859-1:2026, ANSI Z1.4, "
        "MIL-STD-105E) was used?",
        "T16",
    ),
    Datum(
        "date of the visit",
        "inspected_on",
        "the clocks for the answer and the respecification run from the report",
        "On which date was the inspection made, and when was the report issued?",
        "R07",
    ),
    Datum(
        "number of cartons opened",
        "cartons_drawn",
        "pieces from few cartons tell less than the same number from many",
        "From which cartons, and how many, were the pieces drawn, and who chose them?",
        "R47",
    ),
    Datum(
        "golden sample compared",
        "golden_sample_compared",
        "a finding without the approved sample or specification is an opinion",
        "Was the sealed sample at the table, and which one?",
        "R19",
    ),
)
OF_THE_FINDINGS = (
    Datum(
        "product of each finding",
        "sku",
        "one product may be sound and another not",
        "On which product was each finding made?",
        "R06",
    ),
    Datum(
        "count of each finding",
        "count",
        "the list must add up to the totals that failed the lot",
        "How many times was each defect found?",
        "R03",
    ),
    Datum(
        "sample mark of each finding",
        "sample_id",
        "a finding that cannot be traced to a piece cannot be checked",
        "Which sample pieces carry each defect?",
        "R13",
    ),
    Datum(
        "photo of each finding",
        "photo",
        "the factory and the forwarder see no more than the report shows",
        "Please send a photo for each finding.",
        "R13",
    ),
    Datum(
        "specification or sample reference",
        "spec_reference",
        "a finding without a reference is an opinion",
        "Which specification line or approved sample does each finding offend?",
        "R19",
    ),
)


def missing_data(
    class_results: pd.DataFrame, inspection: pd.DataFrame, findings: pd.DataFrame
) -> pd.DataFrame:
    """What the report does not say, with the question that settles it.

    Parameters
    ----------
    class_results, inspection, findings
        Rows of one inspection, in the columns of the records schema.

    Returns
    -------
    Columns ``datum, missing, why, question, rule``; ``missing`` says for how
    many of the rows. Empty when the report is complete.

    Examples
    --------
    >>> results = pd.DataFrame({"sample_size": [200], "aql_percent": [None],
    ...     "found": [7], "acceptance_number": [5], "rejection_number": [6],
    ...     "counting_basis": ["defectives"]})
    >>> missing_data(results, pd.DataFrame(), pd.DataFrame())["datum"].to_list()[:1]
    ['AQL']
    """
    rows = []
    for data, frame, what in (
        (OF_THE_CLASSES, class_results, "class results"),
        (OF_THE_VISIT, inspection, "visit"),
        (OF_THE_FINDINGS, findings, "findings"),
    ):
        for datum in data:
            absent = _absent(frame, datum.column)
            if absent:
                rows.append(
                    {
                        "datum": datum.name,
                        "missing": f"{absent} of {len(frame)} {what}"
                        if len(frame)
                        else f"no {what} given",
                        "why": datum.why,
                        "question": datum.question,
                        "rule": datum.rule,
                    }
                )
    return pd.DataFrame(rows, columns=["datum", "missing", "why", "question", "rule"])


def _absent(frame: pd.DataFrame, column: str) -> int:
    if frame.empty:
        return 1
    return len(frame) if column not in frame else int(frame[column].isna().sum())

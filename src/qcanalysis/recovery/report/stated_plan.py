"""A class result as the report states it: is its plan the standard's, what is its verdict."""

from __future__ import annotations

import re

import pandas as pd

from qcanalysis.recovery.report.implied_plans import VERDICT_WORDS
from qcanalysis.sampling.plan import SamplingPlan
from qcanalysis.sampling.standard import lookup_plan
from qcanalysis.sampling.tables import AQLS, ISO_2859_1_1999, MIL_STD_105E, printed_aql

CANNOT_TELL = "cannot tell"
DEVIATES = "does not follow"
ACCEPT_ZERO = "accept zero: no critical defect is allowed, so no AQL is needed"
OPEN_REJECTION = "not accepted, if Re is Ac + 1"


def needs_no_aql(stated: pd.DataFrame) -> pd.Series[bool]:
    """Which critical classes accept on zero: their limit says all there is to say."""
    return (
        stated["defect_class"].eq("critical")
        & stated["acceptance_number"].eq(0).fillna(False)
        & stated["aql_percent"].isna()
    )


def verdict_as_stated(row: pd.Series) -> str:
    """Verdict that the stated limits give; a missing Re leaves a failure open (T14).

    Examples
    --------
    >>> verdict_as_stated(pd.Series({"acceptance_number": 5, "rejection_number": 8, "found": 7,
    ...                              "sample_size": 125}))
    'accepted, back to normal'
    """
    limit, rejection, found = row["acceptance_number"], row["rejection_number"], row["found"]
    if pd.isna(found) or pd.isna(limit):
        return f"{CANNOT_TELL}: no count or no Ac"
    if found <= limit:
        return "accepted"
    if pd.isna(rejection):
        return OPEN_REJECTION
    return VERDICT_WORDS["not_accepted" if found >= rejection else "accepted_in_gap"]


def plan_check(
    row: pd.Series, lot_size: int, *, level: str, severity: str, standard: str, sampling: str
) -> str:
    """Whether the stated letter, n, Ac and Re are those of the standard for the stated AQL.

    Parameters
    ----------
    row
        One class result, in the columns of the records schema.
    lot_size
        Pieces in the lot judged.
    level, severity, sampling
        Of the visit.
    standard
        As the report names it. MIL-STD-105E tables are used where it names that standard or
        its successor ANSI Z1.4, ISO 2859-1:1999 otherwise.

    Returns
    -------
    "follows ...", "does not follow ..." with every number that differs, or
    "cannot tell: ..." with what is missing.
    """
    aql = row["aql_percent"]
    if pd.isna(aql):
        return f"{CANNOT_TELL}: no AQL stated"
    if float(aql) not in AQLS:
        return f"{DEVIATES} AQL {aql:g}, which is not tabulated"
    if sampling != "single":
        return f"{CANNOT_TELL}: {sampling} sampling, and one sample with its limits is stated"
    table = MIL_STD_105E if re.search(r"105|Z\s*1\.4", standard) else ISO_2859_1_1999
    expected = lookup_plan(
        lot_size, float(aql), inspection_level=level, severity=severity, standard=table
    )
    stated = {
        "letter": (row["code_letter"], expected.code_letter),
        "n": (row["sample_size"], min(expected.plan.sample_size, lot_size)),
        "Ac": (row["acceptance_number"], expected.plan.acceptance_number),
        "Re": (row["rejection_number"], expected.plan.rejection_number),
    }
    known = {name: pair for name, pair in stated.items() if pd.notna(pair[0])}
    if known.keys() <= {"letter", "Re"}:
        return f"{CANNOT_TELL}: no sample size and no Ac stated"
    faults = [f"{name} {given}, not {due}" for name, (given, due) in known.items() if given != due]
    where = f"letter {expected.code_letter}, AQL {printed_aql(aql)}, {severity}"
    where += f" ({table})" if table == MIL_STD_105E else ""
    return f"{DEVIATES} {where}: {'; '.join(faults)}" if faults else f"follows {where}"


def verdict_at(plan: SamplingPlan, row: pd.Series, lot_size: int) -> str:
    """Verdict of a stated count under another plan; none where another sample was inspected."""
    if pd.isna(row["found"]):
        return f"{CANNOT_TELL}: no count"
    due = min(plan.sample_size, lot_size)
    if pd.notna(row["sample_size"]) and int(row["sample_size"]) != due:
        return f"{CANNOT_TELL}: {int(row['sample_size'])} inspected, not {due}"
    return VERDICT_WORDS[plan.verdict(int(row["found"]))]

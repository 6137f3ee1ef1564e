"""The four confirmations of a final record (R81)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

import pandas as pd

Answer = Literal["confirmed", "not confirmed", "cannot tell"]
OF_PLANS = {
    "critical and major faults resolved": ("critical", "zero_defect", "major"),
    "workmanship": ("minor",),
    "packing and labels": ("pack_out",),
}
SAMPLE = "match to the approved sample"


@dataclass(frozen=True, eq=False)
class FinalConfirmations:
    """The four confirmations, and whether the record may say Pass.

    ``table`` has the columns ``confirmation, answer, basis``; ``is_pass`` needs all
    four and photos.
    """

    table: pd.DataFrame
    is_pass: bool
    missing: tuple[str, ...]


def final_confirmations(
    judged: pd.DataFrame,
    *,
    golden_sample_compared: bool | None,
    sample_deviations: Collection[str],
    photos: int,
) -> FinalConfirmations:
    """Answers to the four questions of the final record, each with its basis (R81).

    Parameters
    ----------
    judged
        What `judge_lots` returns, for the goods that the record is about.
    golden_sample_compared
        Whether the approved sample was at the table; None if not stated.
    sample_deviations
        Deviations from it that are judged on the lot, such as colour (R29).
    photos
        Photos with the record.

    Examples
    --------
    >>> judged = pd.DataFrame({"scope": ["critical", "zero_defect", "major", "minor", "pack_out"],
    ...     "verdict": "accepted", "found": [0, 0, 3, 1, 0]})
    >>> record = final_confirmations(judged, golden_sample_compared=True, sample_deviations=[],
    ...                              photos=12)
    >>> record.is_pass, record.table.loc[0, "basis"]
    (True, 'plans passed; zero found: no, 3')
    """
    rows = [(name, *_from_plans(judged, scopes)) for name, scopes in OF_PLANS.items()]
    if golden_sample_compared is None:
        rows.append((SAMPLE, "cannot tell", "state whether the approved sample was at the table"))
    elif golden_sample_compared and not sample_deviations:
        rows.append((SAMPLE, "confirmed", "compared, no deviation of the lot"))
    else:
        basis = "; ".join(sample_deviations) or "the approved sample was not at the table"
        rows.append((SAMPLE, "not confirmed", basis))
    missing = [name for name, answer, _ in rows if answer != "confirmed"]
    if photos < 1:
        missing.append("photos")
    table = pd.DataFrame(rows, columns=["confirmation", "answer", "basis"])
    return FinalConfirmations(table, not missing, tuple(missing))


def _from_plans(judged: pd.DataFrame, scopes: tuple[str, ...]) -> tuple[Answer, str]:
    """Answer from the plans, with "zero found" beside it: an AQL plan accepts with some found."""
    rows = judged[judged["scope"].isin(scopes)]
    absent = [scope for scope in scopes if scope not in set(rows["scope"])]
    if rows["verdict"].eq("not_accepted").any():
        failed = rows.loc[rows["verdict"].eq("not_accepted"), "scope"].unique()
        return "not confirmed", f"plan not passed: {', '.join(failed)}"
    if absent or rows["verdict"].eq("cannot tell").any():
        open_ = [*absent, *rows.loc[rows["verdict"].eq("cannot tell"), "scope"].unique()]
        return "cannot tell", f"no verdict yet: {', '.join(open_)}"
    found = int(rows["found"].sum())
    return "confirmed", "plans passed; zero found: " + (f"no, {found}" if found else "yes")

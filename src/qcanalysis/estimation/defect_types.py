"""Pareto table: which types of defect make up most of what was found."""

from __future__ import annotations

import pandas as pd


def pareto(findings: pd.DataFrame) -> pd.DataFrame:
    """Pareto table by defect type.

    Parameters
    ----------
    findings
        Rows with `defect_type`, and `count` (times found); without that column
        a row is one find.

    Returns
    -------
    Frame `defect_type, count, share, cumulative_share`, largest first; shares
    are fractions. A type with a line that states no count has no count; the
    total is then unknown and so are all shares.

    Examples
    --------
    >>> found = pd.DataFrame({"defect_type": ["ring opens", "scratch", "ring opens"],
    ...                       "count": [4, 2, 2]})
    >>> pareto(found).values.tolist()
    [['ring opens', 6, 0.75, 0.75], ['scratch', 2, 0.25, 1.0]]
    """
    counts = findings["count"] if "count" in findings else pd.Series(1, index=findings.index)
    counts = counts.astype("Int64")
    if (counts < 0).any():
        raise ValueError(f"count must not be negative, got {int(counts.min())}")
    of_type = counts.groupby(findings["defect_type"], sort=True)
    totals = of_type.sum().where(~of_type.apply(lambda lines: lines.isna().any()))
    table = totals.sort_values(ascending=False, kind="stable", na_position="last")
    total = pd.NA if table.isna().any() else table.sum()
    share = table / total if total is pd.NA or total > 0 else table * pd.NA
    return pd.DataFrame(
        {
            "defect_type": table.index.astype("string"),
            "count": table.array,
            "share": share.astype("Float64").array,
            "cumulative_share": share.astype("Float64").cumsum().array,
        }
    )

"""Which tabulated plans a report may have used, judged from the limits it states."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from qcanalysis.sampling.standard import (
    TabulatedPlan,
    lot_sizes,
    plans_with_acceptance_number,
    tabulated_plan,
)
from qcanalysis.sampling.tables import CODE_LETTERS, ISO_2859_1_1999, MIL_STD_105E

VERDICT_WORDS = {
    "accepted": "accepted",
    "accepted_in_gap": "accepted, back to normal",
    "not_accepted": "not accepted",
}
BOTH = "both standards"
IMPLIED_COLUMNS = (
    *("defect_class", "standard", "severity", "code_letter", "lot_sizes", "sample_size"),
    *("aql_percent", "acceptance_number", "rejection_number", "found", "verdict"),
)
SEVERITY_ORDER = ("normal", "tightened", "reduced")


def implied_plans(
    acceptance_numbers: Mapping[str, int],
    found: Mapping[str, int],
    *,
    inspection_level: str = "II",
) -> pd.DataFrame:
    """Every tabulated single plan with a stated acceptance number, and its verdict (T1, T14).

    Parameters
    ----------
    acceptance_numbers
        Ac stated for each defect class.
    found
        Count found in each defect class.
    inspection_level
        Level at which the lot sizes of each letter are given.

    Returns
    -------
    A row for each class, standard, severity and code letter: ``defect_class,
    standard, severity, code_letter, lot_sizes, sample_size, aql_percent,
    acceptance_number, rejection_number, found, verdict``. Cells on which both
    standards agree are listed once, with both named.

    Examples
    --------
    >>> plans = implied_plans({"major": 5}, {"major": 7})
    >>> normal = plans[plans["severity"] == "normal"].set_index("code_letter")
    >>> [float(normal.loc[letter, "aql_percent"]) for letter in "JKLM"]
    [2.5, 1.5, 1.0, 0.65]
    """
    rows = []
    for defect_class, limit in acceptance_numbers.items():
        cells: dict[tuple[object, ...], list[TabulatedPlan]] = {}
        for standard in (ISO_2859_1_1999, MIL_STD_105E):
            for cell in plans_with_acceptance_number(limit, standard=standard):
                key = (cell.severity, cell.code_letter, cell.aql_percent, cell.plan)
                cells.setdefault(key, []).append(cell)
        for same in cells.values():
            rows.append(
                {
                    "defect_class": defect_class,
                    "standard": BOTH if len(same) > 1 else same[0].standard,
                    **_plan_columns(same[0], inspection_level),
                    "found": found[defect_class],
                    "verdict": VERDICT_WORDS[same[0].plan.verdict(found[defect_class])],
                }
            )
    frame = pd.DataFrame(rows, columns=IMPLIED_COLUMNS)
    order = frame["severity"].map(SEVERITY_ORDER.index)
    return (
        frame.assign(_order=order)
        .sort_values(["_order", "sample_size", "defect_class"], kind="stable")
        .drop(columns="_order")
        .reset_index(drop=True)
    )


def _plan_columns(cell: TabulatedPlan, inspection_level: str) -> dict[str, object]:
    return {
        "severity": cell.severity,
        "code_letter": cell.code_letter,
        "lot_sizes": _range_in_words(lot_sizes(cell.code_letter, inspection_level)),
        "sample_size": cell.plan.sample_size,
        "aql_percent": cell.aql_percent,
        "acceptance_number": cell.plan.acceptance_number,
        "rejection_number": cell.plan.rejection_number,
    }


def _range_in_words(sizes: tuple[int, int | None] | None) -> str:
    if sizes is None:
        return "none at this level"
    least, most = sizes
    return f"{least:,}–{most:,}" if most is not None else f"from {least:,}"


def joint_plans(implied: pd.DataFrame) -> pd.DataFrame:
    """Plans that give the stated limits of all classes at once: one sample, one severity.

    Parameters
    ----------
    implied
        What `implied_plans` returns.

    Returns
    -------
    A row for each standard, severity and code letter that every class shares,
    with an AQL and a verdict column for each class and ``lot_verdict``.

    Examples
    --------
    >>> joint = joint_plans(implied_plans({"major": 5, "minor": 10}, {"major": 7, "minor": 11}))
    >>> row = joint[joint["code_letter"].eq("M") & joint["severity"].eq("normal")].iloc[0]
    >>> float(row["aql_major"]), float(row["aql_minor"]), row["lot_verdict"]
    (0.65, 1.5, 'not accepted')
    >>> sorted(set(joint["severity"]))                  # no tightened plan holds Ac 10
    ['normal', 'reduced']
    """
    shared = ["severity", "code_letter", "lot_sizes", "sample_size"]
    rows = []
    for standard in (ISO_2859_1_1999, MIL_STD_105E):
        cells = implied[implied["standard"].isin([standard, BOTH])]
        for key, group in cells.groupby(shared, sort=False):
            if group["defect_class"].nunique() < implied["defect_class"].nunique():
                continue
            by_class = group.set_index("defect_class")
            rows.append(
                dict(zip(shared, key, strict=True))
                | {f"aql_{name}": row["aql_percent"] for name, row in by_class.iterrows()}
                | {f"verdict_{name}": row["verdict"] for name, row in by_class.iterrows()}
                | {"lot_verdict": _lot_verdict(by_class["verdict"]), "standard": standard}
            )
    columns = [*shared, "lot_verdict", "standard"]
    frame = pd.DataFrame(rows, columns=None if rows else columns)
    if frame.empty:
        return frame
    same = [column for column in frame.columns if column != "standard"]
    return frame.groupby(same, sort=False)["standard"].agg(_named).reset_index()


def _named(standards: pd.Series[str]) -> str:
    return BOTH if len(standards) > 1 else str(standards.iloc[0])


def _lot_verdict(verdicts: pd.Series[str]) -> str:
    for word in ("not accepted", "accepted, back to normal"):
        if verdicts.eq(word).any():
            return word
    return "accepted"


def letters_with_limits(
    acceptance_numbers: Mapping[str, int], aql_percent: Mapping[str, float]
) -> list[str]:
    """Code letters at which the AQLs give all the stated limits together, at any severity.

    Looks through normal and tightened inspection and both standards' reduced
    tables, arrows followed.

    Examples
    --------
    >>> letters_with_limits({"major": 5, "minor": 10}, {"major": 2.5, "minor": 4.0})    # T1
    []
    >>> letters_with_limits({"major": 10, "minor": 14}, {"major": 2.5, "minor": 4.0})
    ['L normal']
    """
    matches = []
    for severity in SEVERITY_ORDER:
        for letter in CODE_LETTERS:
            for standard in (ISO_2859_1_1999, MIL_STD_105E):
                plans = [
                    tabulated_plan(
                        letter, aql_percent[name], severity=severity, standard=standard
                    ).plan.acceptance_number
                    == limit
                    for name, limit in acceptance_numbers.items()
                ]
                if all(plans):
                    matches.append(f"{letter} {severity}")
    return list(dict.fromkeys(matches))

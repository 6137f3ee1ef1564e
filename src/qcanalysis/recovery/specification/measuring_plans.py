"""Measured characteristics inspected by measuring instead of counting: what it would save."""

from __future__ import annotations

import pandas as pd

from qcanalysis.sampling.measuring_saves import MeasuringSaves, items_saved_by_measuring
from qcanalysis.sampling.plan import RiskPoint

COLUMNS = [
    *("characteristic", "sku", "values", "outside", "fraction_outside", "interval"),
    *("cpk", "shape", "counting", "measuring", "saved", "why_not"),
]


def measuring_plans(
    characteristics: pd.DataFrame, producer: RiskPoint, consumer: RiskPoint
) -> pd.DataFrame:
    """The plan that measures beside the one that counts, for each characteristic.

    Parameters
    ----------
    characteristics
        Rows of `qcanalysis.recovery.specification.measured.measured_characteristics`.
    producer, consumer
        The two wishes; the process standard deviation counts as not known.

    Returns
    -------
    Columns `COLUMNS`: ``interval`` of the share outside in words, ``counting`` and
    ``measuring`` the items of each plan, ``saved`` the share of items saved, and
    ``why_not`` where the values do not allow a plan that rests on a normal distribution.
    """
    saves: dict[int, MeasuringSaves] = {}
    rows = []
    for row in characteristics.to_dict("records"):
        limits = sum(pd.notna(row[name]) for name in ("lower_limit", "upper_limit"))
        told = {
            "characteristic": row["characteristic"],
            "sku": row["sku"],
            "values": row["values"],
            "outside": row["outside"],
            "fraction_outside": row["fraction_outside"],
            "interval": (
                f"{row['fraction_outside_lower']:.1%} to {row['fraction_outside_upper']:.1%}"
            ),
            "cpk": row["cpk"],
            "shape": row["shape"],
        }
        if row["shape"] != "no sign against":
            rows.append(told | {"why_not": row["note"].split(": ")[0]})
            continue
        if limits not in saves:
            saves[limits] = items_saved_by_measuring(producer, consumer, limits=limits)
        found = saves[limits]
        rows.append(
            told
            | {
                "counting": found.counting.sample_size,
                "measuring": found.measuring.sample_size,
                "saved": found.share_saved,
                "why_not": "",
            }
        )
    return pd.DataFrame(rows, columns=COLUMNS)


def measuring_in_words(plans: pd.DataFrame) -> str:
    """Sentence on how many characteristics could be measured, and what that saves."""
    if plans.empty:
        return "No measured values: whether measuring would save pieces cannot be told."
    able = plans[plans["measuring"].notna()]
    if able.empty:
        return (
            f"None of the {len(plans)} measured characteristics is known well enough for a plan "
            "that measures; count them."
        )
    least, most = int(able["measuring"].min()), int(able["measuring"].max())
    items = f"{least}" if least == most else f"{least} to {most}"
    return (
        f"{len(able)} of {len(plans)} measured characteristics could be judged by measuring "
        f"{items} pieces instead of counting {int(able['counting'].max())}, for the same two "
        "wishes; the others show a shape that such a plan does not allow, or too few values."
    )

"""Figures of the recovery decision: the ways out by their chance to make the vessel."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter

from qcanalysis.reporting.page_axes import key_above, name_places
from qcanalysis.reporting.plots import new_axes, styled


def open_paths(paths: pd.DataFrame) -> pd.DataFrame:
    """Paths that are not barred and whose days are known."""
    return paths[paths["state"].ne("barred") & paths["ready_in_time"].notna()]


@styled
def plot_paths(paths: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Axes with a row per open path: chance that the work is ready, and that it also passed.

    Parameters
    ----------
    paths
        ``paths`` of a `qcanalysis.recovery.ways_out.failed_inspection.RecoveryDecision`.
    ax
        Where to draw; a new figure when None.
    """
    shown = open_paths(paths)
    if ax is None:
        height = 1.1 + 0.3 * max(len(shown), 1)
        ax = new_axes(height)
        ax.figure.subplots_adjust(left=0.44, bottom=0.6 / height, top=1 - 0.35 / height)
    places = np.arange(len(shown))[::-1]
    ax.plot(shown["ready_in_time"], places, "o", fillstyle="none", label="work ready in time")
    ax.plot(shown["on_vessel"], places, "o", label="ready and passed")
    names = [f"{row['sku']}: {row['option']}" for _, row in shown.iterrows()]
    name_places(ax.yaxis, places, names)
    ax.set_ylim(-0.7, len(shown) - 0.3)
    ax.set_xlim(-0.03, 1.03)
    ax.xaxis.set_major_formatter(PercentFormatter(1.0))
    ax.set_xlabel("Chance by the vessel cut-off")
    key_above(ax)
    return ax


def describe_paths(paths: pd.DataFrame) -> str:
    """Sentence for the alt text of `plot_paths`."""
    parts = []
    for _, row in open_paths(paths).iterrows():
        passed = (
            "passing cannot be told" if pd.isna(row["on_vessel"]) else f"{row['on_vessel']:.0%}"
        )
        parts.append(
            f"{row['sku']}, {row['option']}: ready {row['ready_in_time']:.0%}, and passed {passed}"
        )
    return "Chance of each way out by the vessel cut-off. " + "; ".join(parts) + "."

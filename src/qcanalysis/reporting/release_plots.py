"""Figures of a partial release: how much can go under one limit or another."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import StrMethodFormatter

from qcanalysis.reporting.page_axes import name_places, no_mathematics
from qcanalysis.reporting.plots import new_axes, styled

HATCHES = ("", "///", "...", "xxx")


@styled
def plot_release(by_limit: pd.DataFrame, *, limit: float, ax: Axes | None = None) -> Axes:
    """Axes with a bar per limit: the pieces that could go under it, product by product.

    Parameters
    ----------
    by_limit
        What `qcanalysis.recovery.release.evidence.release_by_limit` returns; without rows the
        axes say that nothing can be told.
    limit
        Limit in force, marked where it is among them [fraction].
    ax
        Where to draw; a new figure when None.
    """
    if by_limit.empty:
        ax = ax or new_axes(1.0)
        ax.set_axis_off()
        ax.text(0.5, 0.5, "Cannot tell: carton list needed", ha="center", va="center")
        return ax
    if ax is None:
        ax = new_axes(3.4)
        ax.figure.subplots_adjust(left=0.2, bottom=0.15, top=0.88)
    limits = by_limit["limit"].drop_duplicates()
    places = np.arange(len(limits))[::-1]
    done = np.zeros(len(limits))
    for number, (sku, rows) in enumerate(by_limit.groupby("sku", sort=False)):
        pieces = rows["released_pieces"].to_numpy(float)
        hatch = HATCHES[number % len(HATCHES)]
        name = no_mathematics(str(sku))
        ax.barh(places, pieces, left=done, hatch=hatch, label=name, edgecolor="white")
        done += pieces
    for place, total in zip(places, done, strict=True):
        ax.annotate(
            f"{total:,.0f}", (total, place), (4, 0), textcoords="offset points", va="center"
        )
    name_places(ax.yaxis, places, [_limit_name(share, limit) for share in limits])
    ax.set_xlim(0, max(done.max(), 1) * 1.12)
    ax.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    ax.set_xlabel("Pieces that can go")
    ax.set_ylabel("Bad pieces, at most")
    ax.grid(axis="y", visible=False)
    ax.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=3, borderaxespad=0.2)
    return ax


def _limit_name(share: float, limit: float) -> str:
    return f"{share:.1%}" + (" (in force)" if np.isclose(share, limit) else "")


def describe_release(by_limit: pd.DataFrame, *, limit: float) -> str:
    """Sentence for the alt text of `plot_release`.

    Examples
    --------
    >>> rows = pd.DataFrame({"limit": [0.01, 0.025], "sku": "PIN", "released_pieces": [0, 2000]})
    >>> describe_release(rows, limit=0.025)
    'Pieces that can go by limit. 1.0%: none; 2.5% (in force): PIN 2,000.'
    """
    if by_limit.empty:
        return "Pieces that can go by limit: cannot tell, because the carton list is missing."
    parts = []
    for share, rows in by_limit.groupby("limit"):
        go = rows[rows["released_pieces"].gt(0).fillna(False)]
        words = [f"{row['sku']} {row['released_pieces']:,}" for _, row in go.iterrows()]
        parts.append(f"{_limit_name(float(str(share)), limit)}: {', '.join(words) or 'none'}")
    return f"Pieces that can go by limit. {'; '.join(parts)}."

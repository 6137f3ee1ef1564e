"""Figures of suppliers: funnel, control chart, rates beside their AQL, bands of the grade."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import NullFormatter, PercentFormatter, StrMethodFormatter

from qcanalysis.reporting.plots import new_axes, styled
from qcanalysis.suppliers.control_charts import RULES, ControlChart
from qcanalysis.suppliers.funnel import Funnel
from qcanalysis.suppliers.grading import Grading
from qcanalysis.suppliers.indicators import NOT_ENOUGH

MOST_POINTS = 300
MOST_NAMED = 6
OUTSIDE, WARNING, QUIET, DARK = "#D55E00", "#E69F00", "#0072B2", "#1f2328"
STATE_MARKS = {"out": ("D", OUTSIDE, 30), "alert": ("^", WARNING, 26), "inside": ("o", QUIET, 14)}
NO_CHART = "Cannot tell: a control chart needs two original lots at least"


def points_to_draw(
    distance: npt.ArrayLike, order: npt.ArrayLike, most: int = MOST_POINTS
) -> npt.NDArray[np.bool_]:
    """Which points to draw where there are too many: the farthest out, and some of the rest.

    Half of the places go to the largest absolute distances, the others to points evenly
    spaced in ``order``, so that the crowd keeps its shape. The same input gives the same choice.

    Examples
    --------
    >>> points_to_draw([0.1, 3.0, -4.0, 0.2, 0.3, 0.4], np.arange(6), most=4).tolist()
    [True, True, True, False, False, True]
    """
    far = np.nan_to_num(np.abs(np.asarray(distance, dtype=float)), nan=-1.0)
    if far.size <= most:
        return np.ones(far.size, dtype=bool)
    chosen = np.zeros(far.size, dtype=bool)
    chosen[np.argsort(-far, kind="stable")[: most // 2]] = True
    rest = np.flatnonzero(~chosen)
    rest = rest[np.argsort(np.asarray(order)[rest], kind="stable")]
    spaced = np.linspace(0, rest.size - 1, most - most // 2).round().astype(int)
    chosen[rest[spaced]] = True
    return chosen


@styled
def plot_funnel(funnel: Funnel, *, highlight: str | None = None, ax: Axes | None = None) -> Axes:
    """Axes with suppliers' rates against items inspected, and the limits of the funnel.

    Parameters
    ----------
    funnel
        What `qcanalysis.suppliers.funnel.supplier_funnel` returns.
    highlight
        Supplier to ring and name.
    ax
        Where to draw; a new figure when None. More than 300 suppliers are thinned.
    """
    known = funnel.table[funnel.table["state"] != "not enough data"]
    if known.empty:
        return _cannot_tell(ax, "Cannot tell: no supplier with enough items inspected")
    if ax is None:
        ax = new_axes(4.4)
        ax.figure.subplots_adjust(top=0.88)
    ax.set_xscale("log")
    curve = funnel.curve
    for level, style in (("95", "--"), ("998", "-")):
        label = f"{'99.8' if level == '998' else '95'}% limits"
        for side in ("lower", "upper"):
            ax.plot(
                curve["items_inspected"],
                curve[f"{side}_{level}"],
                style,
                color="#57606a",
                linewidth=1.0,
                label=label if side == "upper" else None,
            )
    ax.axhline(funnel.target, color=DARK, linewidth=0.9, label=f"all suppliers {funnel.target:.2%}")
    # limits are exact and skew, so a state can differ from the size of z
    urgency = known["z_adjusted"].abs() + 1e6 * known["state"].str.startswith("out")
    kept = known[points_to_draw(urgency, known["items_inspected"])]
    for state, (marker, colour, size) in STATE_MARKS.items():
        rows = kept[kept["state"].str.startswith(state)]
        if not rows.empty:
            ax.scatter(
                rows["items_inspected"],
                rows["rate"],
                s=size,
                marker=marker,
                color=colour,
                linewidths=0,
                alpha=0.85,
                label=f"{'beyond 99.8%' if state == 'out' else 'beyond 95%'}"
                if state != "inside"
                else "inside",
                zorder=3,
            )
    _ring(ax, known[known["supplier_id"] == highlight], highlight)
    ax.set_ylim(0, 1.08 * float(max(known["rate"].max(), curve["upper_998"].median())))
    ax.yaxis.set_major_formatter(PercentFormatter(1.0))
    whole = StrMethodFormatter("{x:,.0f}")
    ax.xaxis.set_major_formatter(whole)
    is_narrow = known["items_inspected"].max() < 10 * known["items_inspected"].min()
    ax.xaxis.set_minor_formatter(whole if is_narrow else NullFormatter())
    ax.set_xlabel("Items inspected")
    ax.set_ylabel("Nonconforming items found")
    ax.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=3, borderaxespad=0.2, fontsize=8)
    return ax


def _ring(ax: Axes, row: pd.DataFrame, name: str | None) -> None:
    if row.empty:
        return
    place = (float(row["items_inspected"].iloc[0]), float(row["rate"].iloc[0]))
    ax.scatter(*place, s=130, facecolors="none", edgecolors=DARK, linewidths=1.4, zorder=4)
    ax.annotate(
        _plain(str(name)), place, (9, 7), textcoords="offset points", weight="bold", zorder=5
    )


def _plain(name: str) -> str:
    """A name as it is written: no mathematics between dollar signs, and not too long."""
    short = name if len(name) <= 40 else f"{name[:39]}…"
    return short.replace("$", r"\$")


def _cannot_tell(ax: Axes | None, words: str) -> Axes:
    ax = ax or new_axes(1.0)
    ax.set_axis_off()
    ax.text(0.5, 0.5, words, ha="center", va="center", transform=ax.transAxes)
    return ax


def describe_funnel(funnel: Funnel, *, highlight: str | None = None) -> str:
    """Sentence for the alt text of `plot_funnel`."""
    known = funnel.table[funnel.table["state"] != "not enough data"]
    if known.empty:
        return "Funnel plot: cannot tell, no supplier has enough items inspected."
    counts = known["state"].value_counts()
    outside = [f"{counts[state]} {state}" for state in counts.index if state != "inside"]
    words = (
        f"Funnel plot of {len(known)} suppliers around {funnel.target:.2%}: "
        f"{counts.get('inside', 0)} inside the limits"
        + "".join(f", {part}" for part in sorted(outside))
        + "."
    )
    if len(known) > MOST_POINTS:
        words += f" {MOST_POINTS} of them are drawn, all farthest from the centre among them."
    row = known[known["supplier_id"] == highlight]
    if not row.empty:
        words += f" {highlight}: {row['rate'].iloc[0]:.2%}, {row['state'].iloc[0]}."
    return words


@styled
def plot_control_chart(chart: ControlChart | None, *, ax: Axes | None = None) -> Axes:
    """Axes with lots in order, centre, 3-sigma limits of each lot, and signals marked.

    Parameters
    ----------
    chart
        What `qcanalysis.suppliers.control_charts.control_chart` returns; None where there are
        too few lots for one.
    ax
        Where to draw; a new figure when None. More than 300 lots are thinned.
    """
    if chart is None:
        return _cannot_tell(ax, NO_CHART)
    if ax is None:
        ax = new_axes(3.6)
        ax.figure.subplots_adjust(bottom=0.17, top=0.9)
    points = chart.points
    place = np.arange(len(points))
    kept = points_to_draw(np.where(points["is_signal"], np.inf, points["z"].abs()), place)
    for name, label in (("upper", "3-sigma limits"), ("lower", None)):
        ax.step(
            place[kept], points[name][kept], where="mid", color="#57606a", linewidth=1, label=label
        )
    centre = f"centre {_value(chart, chart.centre)}"
    ax.axhline(chart.centre, color=DARK, linewidth=0.9, label=centre)
    ax.plot(place[kept], points["value"][kept], "-o", markersize=3.5, linewidth=1.0)
    signal = kept & points["is_signal"].to_numpy()
    if signal.any():
        ax.scatter(
            place[signal],
            points["value"][signal],
            s=42,
            marker="D",
            color=OUTSIDE,
            linewidths=0,
            zorder=3,
            label="a rule fired",
        )
    for number, row in enumerate(np.flatnonzero(signal)[-MOST_NAMED:]):
        rule = points["rules"].iloc[row].split(" ")[0]
        above = (0, 6 + 10 * (number % 2))
        spot = (row, points["value"].iloc[row])
        ax.annotate(rule, spot, above, textcoords="offset points", ha="center", fontsize=8)
    ticks = np.unique(np.linspace(0, len(points) - 1, min(len(points), 6)).round().astype(int))
    ax.set_xticks(ticks, [_plain(str(points["label"].iloc[tick])) for tick in ticks])
    ax.set_ylim(0, 1.12 * max(points["value"].max(), points["upper"].max(), 1e-9))
    if chart.kind.startswith("p"):
        ax.yaxis.set_major_formatter(PercentFormatter(1.0))
    ax.set_ylabel("Nonconforming" if chart.kind.startswith("p") else "Nonconformities per item")
    ax.set_xlabel("Lot, oldest first")
    ax.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=3, borderaxespad=0.2, fontsize=8)
    return ax


def _value(chart: ControlChart, value: float) -> str:
    return f"{value:.2%}" if chart.kind.startswith("p") else f"{value:.3g} per item"


def describe_control_chart(chart: ControlChart | None) -> str:
    """Sentence for the alt text of `plot_control_chart`: which lots signal, by which rule.

    Examples
    --------
    >>> from qcanalysis.suppliers.control_charts import control_chart
    >>> describe_control_chart(control_chart([6, 7, 5, 6, 30], [200] * 5))
    'p chart of 5 lots around 5.40%. Signals: lot 5 at 15.00% (WE1 high: one lot beyond 3 sigma).'
    """
    if chart is None:
        return NO_CHART
    points = chart.points
    words = f"{chart.kind} chart of {len(points)} lots around {_value(chart, chart.centre)}."
    signals = points[points["is_signal"]]
    if signals.empty:
        return f"{words} No rule fired."
    parts = []
    for _, row in signals.tail(MOST_NAMED).iterrows():
        rules = [f"{rule}: {RULES[rule.split(' ')[0]]}" for rule in row["rules"].split(", ")]
        parts.append(f"lot {row['label']} at {_value(chart, row['value'])} ({'; '.join(rules)})")
    earlier = len(signals) - len(parts)
    more = f", and {earlier} earlier" if earlier else ""
    return f"{words} Signals: {', '.join(parts)}{more}."


@styled
def plot_rate_comparison(rates: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Axes with a supplier's raw and shrunken rate, and its AQL, by defect class.

    Parameters
    ----------
    rates
        A row per class: ``defect_class``, ``raw``, ``raw_lower``, ``raw_upper``,
        ``shrunken``, ``lower``, ``upper`` [fractions] and ``aql_percent`` (NaN: not stated; 0:
        none accepted). Rows without a shrunken rate are left out.
    ax
        Where to draw; a new figure when None.
    """
    known = rates[rates["shrunken"].notna()]
    if known.empty:
        return _cannot_tell(ax, "Cannot tell: nothing inspected")
    if ax is None:
        height = 1.2 + 0.55 * len(known)
        ax = new_axes(height)
        ax.figure.subplots_adjust(left=0.14, bottom=0.55 / height, top=1 - 0.35 / height)
    place = np.arange(len(known))[::-1].astype(float)
    for shift, marker, label, names in (
        (0.14, "o", "own record alone", ("raw", "raw_lower", "raw_upper")),
        (-0.14, "s", "with what its peers show", ("shrunken", "lower", "upper")),
    ):
        rate, lower, upper = (known[name].to_numpy(float) for name in names)
        reach = np.maximum([rate - lower, upper - rate], 0)
        ax.errorbar(
            rate, place + shift, xerr=reach, fmt=marker, capsize=3, markersize=5, label=label
        )
    aql = known["aql_percent"].to_numpy(float) / 100
    ax.vlines(aql, place - 0.3, place + 0.3, color=DARK, linewidth=1.6, label="AQL")
    ax.set_yticks(place, known["defect_class"].tolist())
    ax.set_ylim(-0.6, len(known) - 0.4)
    ax.set_xlim(left=-0.02 * float(np.nanmax(known[["raw_upper", "upper"]])))
    ax.xaxis.set_major_formatter(PercentFormatter(1.0))
    ax.set_xlabel("Nonconforming items, with interval")
    ax.grid(axis="y", visible=False)
    ax.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=3, borderaxespad=0.2, fontsize=8)
    return ax


def describe_rate_comparison(rates: pd.DataFrame) -> str:
    """Sentence for the alt text of `plot_rate_comparison`."""
    known = rates[rates["shrunken"].notna()]
    if known.empty:
        return "Rates by defect class: cannot tell, nothing was inspected."
    parts = []
    for _, row in known.iterrows():
        aql = row["aql_percent"]
        stated = "AQL not stated" if pd.isna(aql) else f"AQL {aql:g}%"
        parts.append(
            f"{row['defect_class']}: own record {row['raw']:.2%}, with peers "
            f"{row['shrunken']:.2%} ({row['lower']:.2%} to {row['upper']:.2%}), {stated}"
        )
    return "Nonconforming items by defect class. " + "; ".join(parts) + "."


@styled
def plot_grade(grading: Grading, supplier_id: str, *, ax: Axes | None = None) -> Axes:
    """Axes with a bar per band: the probability that the supplier belongs there.

    Parameters
    ----------
    grading
        What `qcanalysis.suppliers.grading.grade_suppliers` returns.
    supplier_id
        Supplier shown.
    ax
        Where to draw; a new figure when None.
    """
    row = grading.table.set_index("supplier_id").loc[supplier_id]
    if row["state"] == NOT_ENOUGH:
        return _cannot_tell(ax, "No grade: not enough data")
    names = list(grading.bands)
    if ax is None:
        height = 0.75 + 0.3 * len(names)
        ax = new_axes(height)
        ax.figure.subplots_adjust(left=0.22, bottom=0.5 / height, top=1 - 0.08 / height)
    place = np.arange(len(names))[::-1]
    chance = np.asarray(row[[f"probability_{name}" for name in names]], dtype=float)
    colours = [QUIET if name == row["grade"] else "#c5ced6" for name in names]
    ax.barh(place, chance, color=colours, height=0.66)
    for spot, value in zip(place, chance, strict=True):
        ax.annotate(f"{value:.0%}", (value, spot), (4, 0), textcoords="offset points", va="center")
    highs = [100.0, *list(grading.bands.values())[:-1]]
    labels = [
        f"{_plain(name)} ({low:g} to {high:g})"
        for (name, low), high in zip(grading.bands.items(), highs, strict=True)
    ]
    ax.set_yticks(place, labels)
    ax.set_xlim(0, 1.1)
    ax.set_xticks(np.linspace(0, 1, 6))
    ax.xaxis.set_major_formatter(PercentFormatter(1.0))
    ax.set_xlabel("Probability of each band [points]")
    ax.grid(axis="y", visible=False)
    return ax


def describe_grade(grading: Grading, supplier_id: str) -> str:
    """Sentence for the alt text of `plot_grade`."""
    row = grading.table.set_index("supplier_id").loc[supplier_id]
    if row["state"] == NOT_ENOUGH:
        return "No grade: not enough data."
    parts = ", ".join(f"{name} {row[f'probability_{name}']:.0%}" for name in grading.bands)
    return (
        f"Probability of each band: {parts}. Score {row['score']:.1f} of 100, interval "
        f"{row['score_lower']:.1f} to {row['score_upper']:.1f}."
    )

"""Figures of suppliers: funnel, control chart, rates beside their AQL, bands of the grade."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, NullLocator, PercentFormatter, StrMethodFormatter

from qcanalysis.reporting.columns import as_printed
from qcanalysis.reporting.page_axes import apart, key_above, log_ticks, name_places, no_mathematics
from qcanalysis.reporting.plots import new_axes, styled
from qcanalysis.suppliers.control_charts import RULES, ControlChart
from qcanalysis.suppliers.funnel import Funnel
from qcanalysis.suppliers.grading import Grading
from qcanalysis.suppliers.indicators import NOT_ENOUGH
from qcanalysis.suppliers.population import LARGEST_AQL_OF_ITEMS

MOST_POINTS = 200
MOST_NAMED = 6
OUTSIDE, WARNING, QUIET, DARK, GREY = "#D55E00", "#E69F00", "#0072B2", "#1f2328", "#57606a"
STATE_MARKS = {
    "out": ("beyond 99.8%", ("D", 5.5, OUTSIDE)),
    "alert": ("beyond 95%", ("^", 5.1, WARNING)),
    "inside": ("inside", ("o", 3.7, QUIET)),
}
Values = npt.NDArray[np.float64] | npt.NDArray[np.int_]
Mark = tuple[str, float, str]
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
        Where to draw; a new figure when None. More than 200 suppliers are thinned.
    """
    known = funnel.table[funnel.table["state"] != "not enough data"]
    if known.empty:
        return _cannot_tell(ax, "Cannot tell: no supplier with enough items inspected")
    if ax is None:
        ax = new_axes(4.4)
        ax.figure.subplots_adjust(top=0.88)
    ax.set_xscale("log")
    limits = {name: values.to_numpy(float) for name, values in funnel.curve.items()}
    span = limits["items_inspected"]
    for level, style, label in (("95", "--", "95% limits"), ("998", "-", "99.8% limits")):
        upper, lower = limits[f"upper_{level}"], limits[f"lower_{level}"]
        ax.plot(span, upper, style, color=GREY, linewidth=1.0, label=label)
        ax.plot(span, lower, style, color=GREY, linewidth=1.0)
    centre = f"all suppliers {funnel.target:.2%}"
    ax.plot(span[[0, -1]], [funnel.target] * 2, color=DARK, linewidth=0.9, label=centre)
    items, rate = known["items_inspected"].to_numpy(float), known["rate"].to_numpy(float)
    state = known["state"].to_numpy(str)
    is_out = np.char.startswith(state, "out")
    # limits are exact and skew, so a state can differ from the size of z
    urgency = known["z_adjusted"].abs().to_numpy(float) + 1e6 * is_out
    kept = points_to_draw(urgency, items)
    for word, (label, mark) in STATE_MARKS.items():
        here = kept & np.char.startswith(state, word)
        if here.any():
            _mark(ax, items[here], rate[here], mark, label, alpha=0.85)
    ring = known["supplier_id"].to_numpy(object) == highlight
    if ring.any():
        _ring(ax, (float(items[ring][0]), float(rate[ring][0])), str(highlight))
    ax.set_ylim(0, 1.08 * max(np.nanmax(rate), np.nanmedian(limits["upper_998"])))
    ax.yaxis.set_major_formatter(PercentFormatter(1.0))
    ax.xaxis.set_major_locator(log_ticks(items.min(), items.max()))
    ax.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    ax.xaxis.set_minor_locator(NullLocator())
    thinned = "" if kept.all() else f" ({np.sum(kept)} of {len(known):,} suppliers drawn)"
    ax.set_xlabel(f"Items inspected{thinned}")
    ax.set_ylabel("Nonconforming items found")
    key_above(ax)
    return ax


def _mark(ax: Axes, across: Values, up: Values, mark: Mark, label: str, alpha: float = 1.0) -> None:
    """Points, whole even where they lie on the edge, as a rate of nothing does."""
    marker, size, colour = mark
    points = Line2D(across, up, linestyle="none", marker=marker, markersize=size, color=colour)
    points.set(markeredgewidth=0, alpha=alpha, label=label, zorder=3, clip_on=False)
    ax.add_line(points)


def _ring(ax: Axes, place: tuple[float, float], name: str) -> None:
    ring = Line2D(*([each] for each in place), linestyle="none", marker="o", markersize=11.4)
    ring.set(color=DARK, fillstyle="none", markeredgewidth=1.4, zorder=4, clip_on=False)
    ax.add_line(ring)
    plain = no_mathematics(_short(name))
    ax.annotate(plain, place, (9, 7), textcoords="offset points", weight="bold", zorder=5)


def _short(name: str) -> str:
    return name if len(name) <= 40 else f"{name[:39]}…"


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
        Where to draw; a new figure when None. More than 200 lots are thinned.
    """
    if chart is None:
        return _cannot_tell(ax, NO_CHART)
    if ax is None:
        ax = new_axes(3.6)
        ax.figure.subplots_adjust(bottom=0.17, top=0.9)
    points = chart.points
    value, place = points["value"].to_numpy(float), np.arange(len(points))
    is_signal = points["is_signal"].to_numpy(bool)
    kept = points_to_draw(np.where(is_signal, np.inf, points["z"].abs()), place)
    for name, label in (("upper", "3-sigma limits"), ("lower", None)):
        limit = points[name].to_numpy(float)[kept]
        ax.step(place[kept], limit, where="mid", color=GREY, linewidth=1, label=label)
    centre = f"centre {_value(chart, chart.centre)}"
    ax.plot(place[[0, -1]], [chart.centre] * 2, color=DARK, linewidth=0.9, label=centre)
    ax.plot(place[kept], value[kept], "-o", markersize=3.5, linewidth=1.0, clip_on=False)
    signal = kept & is_signal
    if signal.any():
        _mark(ax, place[signal], value[signal], ("D", 6.5, OUTSIDE), "a rule fired")
    for number, row in enumerate(np.flatnonzero(signal)[-MOST_NAMED:]):
        rule = points["rules"].iloc[row].split(" ")[0]
        above = (0, 6 + 10 * (number % 2))
        ax.annotate(
            rule, (row, value[row]), above, textcoords="offset points", ha="center", fontsize=8
        )
    ticks = np.unique(np.linspace(0, len(points) - 1, min(len(points), 6)).round().astype(int))
    name_places(ax.xaxis, ticks, [_short(str(name)) for name in points["label"].iloc[ticks]])
    ax.set_ylim(0, 1.12 * max(points["value"].max(), points["upper"].max(), 1e-9))
    if chart.kind.startswith("p"):
        ax.yaxis.set_major_formatter(PercentFormatter(1.0))
    ax.set_ylabel("Nonconforming" if chart.kind.startswith("p") else "Nonconformities per item")
    ax.set_xlabel("Lot, oldest first")
    key_above(ax)
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
        none accepted; above 10 it counts defects and is not drawn). Rows without a shrunken
        rate are left out.
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
        (points,) = ax.plot(rate, place + shift, marker, markersize=5, label=label)
        ends = apart(np.minimum(lower, rate), np.maximum(upper, rate))
        level = apart(place + shift, place + shift)
        ax.plot(ends, level, "-|", markersize=6, color=points.get_color())
    aql = known["aql_percent"].to_numpy(float) / 100
    aql[aql > LARGEST_AQL_OF_ITEMS / 100] = np.nan
    ax.plot(
        apart(aql, aql), apart(place - 0.3, place + 0.3), color=DARK, linewidth=1.6, label="AQL"
    )
    name_places(ax.yaxis, place, known["defect_class"].tolist())
    ax.set_ylim(-0.6, len(known) - 0.4)
    ax.set_xlim(left=-0.02 * float(np.nanmax(known[["raw_upper", "upper"]])))
    ax.xaxis.set_major_formatter(PercentFormatter(1.0))
    ax.set_xlabel("Nonconforming items, with interval")
    ax.grid(axis="y", visible=False)
    key_above(ax)
    return ax


def describe_rate_comparison(rates: pd.DataFrame) -> str:
    """Sentence for the alt text of `plot_rate_comparison`."""
    known = rates[rates["shrunken"].notna()]
    if known.empty:
        return "Rates by defect class: cannot tell, nothing was inspected."
    parts = []
    for _, row in known.iterrows():
        aql = row["aql_percent"]
        stated = "AQL not stated" if pd.isna(aql) else f"AQL {as_printed(float(aql))}"
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
        ax.text(value + 0.01, spot, f"{value:.0%}", va="center")
    highs = [100.0, *list(grading.bands.values())[:-1]]
    labels = [
        f"{_short(name)} ({low:g} to {high:g})"
        for (name, low), high in zip(grading.bands.items(), highs, strict=True)
    ]
    name_places(ax.yaxis, place, labels)
    ax.set_xlim(0, 1.1)
    ax.xaxis.set_major_locator(FixedLocator(np.linspace(0, 1, 6).tolist()))
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

"""Figures of result objects: they draw what was computed, and compute nothing.

Every function takes the result first and an optional ``ax``, returns the Axes
and never touches the current figure. Each has a twin that says the same in
words from the same data, for the figure's alt text.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from importlib.resources import files
from typing import Literal, ParamSpec

import numpy as np
import pandas as pd
from matplotlib import rc_context, rc_params_from_file
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from qcanalysis.recovery.reinspection.tightening import TighteningComparison
from qcanalysis.reporting.page_axes import PageAxes, name_places
from qcanalysis.sampling.curve import OperatingCharacteristic

STYLE = rc_params_from_file(
    str(files("qcanalysis.reporting").joinpath("qcanalysis.mplstyle")), use_default_template=False
)
LINE_STYLES = ("-", "--", ":", "-.")

Given = ParamSpec("Given")
CurveField = Literal[
    "average_outgoing_quality", "average_total_inspection", "average_sample_number"
]
AXIS_LABELS: dict[CurveField, str] = {
    "average_outgoing_quality": "Average outgoing quality",
    "average_total_inspection": "Pieces inspected per lot (ATI)",
    "average_sample_number": "Pieces drawn per lot (ASN)",
}


def styled(draw: Callable[Given, Axes]) -> Callable[Given, Axes]:
    """Apply the style file while drawing, and to nothing else."""

    @wraps(draw)
    def drawn(*args: Given.args, **kwargs: Given.kwargs) -> Axes:
        with rc_context(STYLE):
            return draw(*args, **kwargs)

    return drawn


def new_axes(height: float) -> Axes:
    """Axes alone on a new figure of the usual width and this height [inches]."""
    axes: Axes = Figure(figsize=(7.2, height)).add_subplot(axes_class=PageAxes)
    axes.patch.set_visible(False)  # white on the white of the figure
    return axes


def _percent_axis(ax: Axes, worst: float) -> None:
    ax.set_xlim(0, worst)
    ax.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=None))
    ax.set_xlabel("Quality of the lot [% nonconforming]")


def _name_lines(ax: Axes, names: Sequence[str]) -> None:
    """Legend in the order of the lines; one line alone needs none."""
    if len(names) > 1:
        ax.legend(loc="best")


@styled
def plot_oc_curve(
    curves: OperatingCharacteristic | Sequence[OperatingCharacteristic],
    *,
    ax: Axes | None = None,
    good_quality: float | None = None,
    poor_quality: float | None = None,
) -> Axes:
    """Axes with operating characteristic curves, one line per plan.

    Parameters
    ----------
    curves
        One curve or several over the same qualities.
    ax
        Where to draw; a new figure when None.
    good_quality, poor_quality
        Qualities at which the producer's and the consumer's risk are written
        [fraction]; left out when None.
    """
    shown = [curves] if isinstance(curves, OperatingCharacteristic) else list(curves)
    ax = ax or new_axes(4.0)
    for number, curve in enumerate(shown):
        ax.plot(
            curve.quality,
            curve.probability_of_acceptance,
            LINE_STYLES[number % len(LINE_STYLES)],
            label=curve.label,
        )
    for quality, risk, side in (
        (good_quality, "producer's risk", "right"),
        (poor_quality, "consumer's risk", "left"),
    ):
        if quality is not None and quality <= shown[0].quality[-1]:
            _mark_risk(ax, shown, quality, risk, side)
    _percent_axis(ax, shown[0].quality[-1])
    ax.set_ylim(0, 1.03)
    ax.set_ylabel("Probability of acceptance")
    _name_lines(ax, [curve.label for curve in shown])
    return ax


def _mark_risk(
    ax: Axes, curves: Sequence[OperatingCharacteristic], quality: float, risk: str, side: str
) -> None:
    ax.axvline(quality, color="#57606a", linewidth=0.8)
    for curve in curves:
        accepted = float(np.interp(quality, curve.quality, curve.probability_of_acceptance))
        ax.plot([quality], [accepted], "o", markersize=4, color="#1f2328")
    first = float(np.interp(quality, curves[0].quality, curves[0].probability_of_acceptance))
    value = 1 - first if risk.startswith("producer") else first
    text = f"{100 * quality:g}%: {risk}" + (f" {value:.1%}" if len(curves) == 1 else "s")
    ax.annotate(
        text,
        (quality, 0.5 if risk.startswith("producer") else 0.72),
        xytext=(-5 if side == "right" else 5, 0),
        textcoords="offset points",
        rotation=90,
        ha=side,
        va="center",
        fontsize=8.5,
    )


def describe_oc_curves(curves: Sequence[OperatingCharacteristic]) -> str:
    """Sentence for the alt text of `plot_oc_curve`.

    Examples
    --------
    >>> from qcanalysis.sampling import SamplingPlan
    >>> from qcanalysis.sampling.curve import operating_characteristic
    >>> curve = operating_characteristic(SamplingPlan.single(315, 5), lot_size=20_000,
    ...                                  worst_quality=0.08, label="315/5")
    >>> describe_oc_curves([curve])
    'Probability of acceptance against quality. 315/5: 95% at 0.8%, 50% at 1.8%, 10% at 2.9%.'
    """
    parts = []
    for curve in curves:
        falling = curve.probability_of_acceptance[::-1]
        points = [
            f"{100 * share:.0f}% at {100 * np.interp(share, falling, curve.quality[::-1]):.1f}%"
            for share in (0.95, 0.50, 0.10)
            if falling[0] <= share <= falling[-1]
        ]
        parts.append(f"{curve.label}: {', '.join(points) or 'accepted throughout'}.")
    return "Probability of acceptance against quality. " + " ".join(parts)


@styled
def plot_effort(
    curves: Sequence[OperatingCharacteristic], field: CurveField, *, ax: Axes | None = None
) -> Axes:
    """Axes with AOQ, ATI or ASN against incoming quality, one line per plan."""
    ax = ax or new_axes(3.4)
    for number, curve in enumerate(curves):
        style = LINE_STYLES[number % len(LINE_STYLES)]
        ax.plot(curve.quality, getattr(curve, field), style, label=curve.label)
    _percent_axis(ax, curves[0].quality[-1])
    ax.set_ylim(bottom=0)
    ax.set_ylabel(AXIS_LABELS[field])
    if field == "average_outgoing_quality":
        ax.yaxis.set_major_formatter(PercentFormatter(1.0))
    _name_lines(ax, [curve.label for curve in curves])
    return ax


def describe_effort(curves: Sequence[OperatingCharacteristic], field: CurveField) -> str:
    """Sentence for the alt text of `plot_effort`: where each line peaks."""
    parts = []
    for curve in curves:
        values = getattr(curve, field)
        top = int(np.argmax(values))
        peak = (
            f"{values[top]:.2%}" if field == "average_outgoing_quality" else f"{values[top]:,.0f}"
        )
        parts.append(f"{curve.label} at most {peak}, at quality {curve.quality[top]:.1%}.")
    return f"{AXIS_LABELS[field]} against quality: " + " ".join(parts)


@styled
def plot_defect_rates(estimates: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Axes with one estimated rate per row and its interval.

    ``estimates`` has the columns of `qcanalysis.estimation.lots.estimate_lots`;
    rows without an estimate are left out.
    """
    known = estimates[estimates["rate"].notna()]
    if ax is None:
        height = 0.9 + 0.38 * max(len(known), 1)
        ax = new_axes(height)
        ax.figure.subplots_adjust(left=0.37, bottom=0.05 + 0.55 / height)
    places = np.arange(len(known))[::-1]
    rate = known["rate"].to_numpy(float)
    reach = np.stack([rate - known["rate_lower"], known["rate_upper"] - rate]).astype(float)
    ax.errorbar(rate, places, xerr=reach, fmt="o", capsize=3, markersize=5)
    name_places(ax.yaxis, places, _row_names(known))
    ax.set_ylim(-0.7, len(known) - 0.3)
    ax.set_xlim(left=0)
    ax.xaxis.set_major_formatter(PercentFormatter(1.0))
    ax.set_xlabel("Defective pieces in the lot, with interval")
    ax.grid(axis="y", visible=False)
    return ax


def _row_names(rows: pd.DataFrame) -> list[str]:
    return [
        f"{row['product']}, {row['defect_class']} ({row['found']} of {row['sample_size']})"
        for _, row in rows.iterrows()
    ]


def describe_defect_rates(estimates: pd.DataFrame) -> str:
    """Sentence for the alt text of `plot_defect_rates`."""
    known = estimates[estimates["rate"].notna()]
    parts = [
        f"{name}: {row.rate:.1%}, interval {row.rate_lower:.1%} to {row.rate_upper:.1%}"
        for name, row in zip(_row_names(known), known.itertuples(), strict=True)
    ]
    return "Estimated defect rates. " + "; ".join(parts) + "."


@styled
def plot_tightening(comparison: TighteningComparison, *, ax: Sequence[Axes] | None = None) -> Axes:
    """Axes pair: OC curves of the scenarios, and the chance to pass against the share removed."""
    if ax is None:
        figure = Figure(figsize=(7.2, 5.6))
        figure.subplots_adjust(hspace=0.36, top=0.96, bottom=0.08)
        ax = figure.subplots(2, 1, subplot_kw={"axes_class": PageAxes})
    upper, lower = ax
    for number, (scenario, accepted, passing) in enumerate(
        zip(comparison.scenarios, comparison.acceptance, comparison.passing, strict=True)
    ):
        style = LINE_STYLES[number % len(LINE_STYLES)]
        plan = scenario.plan
        label = f"{scenario.label}: {plan.sample_size}/{plan.acceptance_number}"
        upper.plot(comparison.quality, accepted, style, label=label)
        lower.plot(comparison.share_removed, passing, style, label=label)
    _percent_axis(upper, comparison.quality[-1])
    upper.set_ylabel("Probability of acceptance")
    upper.legend(loc="upper right", fontsize=8)
    lower.xaxis.set_major_formatter(PercentFormatter(1.0))
    lower.set_xlim(0, 1)
    lower.set_xlabel("Share of the bad pieces that rework removes")
    lower.set_ylabel("Probability to pass")
    for axes in (upper, lower):
        axes.set_ylim(0, 1.03)
    return upper


def describe_tightening(comparison: TighteningComparison) -> str:
    """Sentence for the alt text of `plot_tightening`."""
    parts = [
        f"{row.scenario} passes {row.pass_without_rework:.0%} with no rework and needs "
        f"{row.removal_needed:.0%} removed for a 90% chance"
        for row in comparison.table.itertuples()
    ]
    return (
        "Two panels: probability of acceptance against quality, and probability to pass against "
        "the share of bad pieces removed. " + "; ".join(parts) + "."
    )

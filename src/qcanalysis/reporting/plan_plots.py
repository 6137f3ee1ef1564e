"""Figures of the choice of a plan: what each candidate costs, and two wishes on their curve."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import StrMethodFormatter

from qcanalysis.estimation.plan_choice.choice import PlanChoice
from qcanalysis.reporting.page_axes import name_places
from qcanalysis.reporting.plots import new_axes, styled
from qcanalysis.sampling.two_point_design import Design

CHOSEN, OTHER, WITHOUT = "#0b5cad", "#b8c4d0", "#ffffff"


@styled
def plot_plan_costs(choice: PlanChoice, costs: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Axes with a bar per candidate: its expected cost, the recommended one filled dark.

    Parameters
    ----------
    choice
        The choice.
    costs
        Its `qcanalysis.estimation.plan_choice.choice.cost_table`; ways without a sample have
        a white bar.
    ax
        Where to draw; a new figure when None.
    """
    if ax is None:
        height = 0.9 + 0.25 * len(costs)
        ax = new_axes(height)
        ax.figure.subplots_adjust(left=0.36, bottom=0.55 / height, top=1 - 0.12 / height)
    places = np.arange(len(costs))[::-1]
    for place, name, mark, cost in zip(
        places, costs["candidate"], costs["plan_mark"], costs["expected_cost"], strict=True
    ):
        fill = CHOSEN if name == choice.recommended.name else OTHER
        bar = ax.barh(place, cost, height=0.66, color=fill if pd.notna(mark) else WITHOUT)
        bar[0].set_edgecolor("#57606a")
        ax.bar_label(bar, fmt="{:,.0f}", padding=4, fontsize=8.5)
    _name_rows(ax, choice, costs["candidate"], places)
    ax.margins(x=0.1)
    ax.set_xlabel("Expected cost of a lot, with its inspection")
    ax.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    return ax


def _name_rows(
    ax: Axes, choice: PlanChoice, names: pd.Series[str], places: npt.NDArray[np.int_]
) -> None:
    notes = {choice.today.name: " (today)", choice.recommended.name: " (recommended)"}
    name_places(ax.yaxis, places, [f"{name}{notes.get(name, '')}" for name in names])
    ax.set_ylim(-0.6, len(names) - 0.4)
    ax.grid(axis="y", visible=False)


def describe_plan_costs(choice: PlanChoice, costs: pd.DataFrame) -> str:
    """Sentence for the alt text of `plot_plan_costs`."""
    parts = [
        f"{name} {cost:,.0f}"
        for name, cost in zip(costs["candidate"], costs["expected_cost"], strict=True)
    ]
    return (
        f"Expected cost of a lot by plan, cheapest first: {'; '.join(parts)}. Recommended: "
        f"{choice.recommended.name}."
    )


@styled
def plot_plan_effort(choice: PlanChoice, effort: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Axes with a row per candidate: pieces drawn from a good, an average and a poor lot.

    Parameters
    ----------
    choice
        The choice.
    effort
        Its `qcanalysis.estimation.plan_choice.choice.effort_table`.
    ax
        Where to draw; a new figure when None.
    """
    if ax is None:
        height = 1.1 + 0.25 * len(effort)
        ax = new_axes(height)
        ax.figure.subplots_adjust(left=0.36, bottom=0.55 / height, top=1 - 0.12 / height)
    places = np.arange(len(effort))[::-1]
    columns = ["items_good", "items_average", "items_poor"]
    ax.hlines(places, effort[columns].min(axis=1), effort[columns].max(axis=1), color=OTHER)
    for column, marker in zip(columns, "o^s", strict=True):
        label = f"{column.removeprefix('items_')} lot"
        ax.plot(effort[column], places, marker, markersize=5, label=label)
    _name_rows(ax, choice, effort["candidate"], places)
    ax.set_xlim(left=0)
    ax.set_xlabel("Pieces inspected on average")
    ax.legend(loc="lower right")
    return ax


def describe_plan_effort(effort: pd.DataFrame) -> str:
    """Sentence for the alt text of `plot_plan_effort`."""
    parts = [
        f"{row.candidate}: {row.items_good:,.0f}, {row.items_average:,.0f}, {row.items_poor:,.0f}"
        for row in effort.itertuples()
    ]
    return (
        "Pieces inspected on average in a good, an average and a poor lot. "
        + "; ".join(parts)
        + "."
    )


def mark_wishes(ax: Axes, design: Design) -> Axes:
    """Axes of OC curves with the two wishes as points: pass above the first, below the second.

    Parameters
    ----------
    ax
        Axes of `qcanalysis.reporting.plots.plot_oc_curve`.
    design
        What holds the two points.
    """
    for point, text, rise in (
        (design.producer, "accept at least", -3),
        (design.consumer, "accept at most", 6),
    ):
        wanted = point.probability_of_acceptance
        ax.plot([point.quality], [wanted], "D", markersize=7, color="#1f2328", zorder=5)
        ax.annotate(
            f"{text} {wanted:.0%} at {100 * point.quality:g}%",
            (point.quality, wanted),
            xytext=(9, rise),
            textcoords="offset points",
            fontsize=8.5,
        )
    if (legend := ax.get_legend()) is not None:
        legend.set_loc("center right")  # clear of both points
    return ax


def describe_wishes(design: Design) -> str:
    """Sentence for the alt text of `mark_wishes`."""
    producer, consumer = design.producer, design.consumer
    return (
        f"Diamonds mark the wishes: accept at least {producer.probability_of_acceptance:.0%} at "
        f"{100 * producer.quality:g}%, at most {consumer.probability_of_acceptance:.0%} at "
        f"{100 * consumer.quality:g}%."
    )

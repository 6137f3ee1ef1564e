"""Figures of suppliers: what is drawn equals what was computed, few points, words beside."""

import re

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes

from qcanalysis.reporting.figures import encoded_figure
from qcanalysis.reporting.supplier_plots import (
    describe_control_chart,
    describe_funnel,
    describe_grade,
    describe_rate_comparison,
    plot_control_chart,
    plot_funnel,
    plot_grade,
    plot_rate_comparison,
    points_to_draw,
)
from qcanalysis.suppliers.control_charts import control_chart
from qcanalysis.suppliers.funnel import Funnel, supplier_funnel
from qcanalysis.suppliers.grading import Grading, grade_suppliers


def many_suppliers(count: int) -> Funnel:
    generator = np.random.default_rng(4)
    items = generator.integers(200, 9000, count)
    found = generator.binomial(items, generator.beta(5, 195, count))
    found[0] = int(0.2 * items[0])
    return supplier_funnel([f"S{i:04d}" for i in range(count)], found, items)


def drawn_points(ax: Axes) -> np.ndarray:
    """Places of the marks without a line between them; the ring of the highlight is hollow."""
    marks = [line for line in ax.lines if line.get_linestyle() == "None"]
    return np.concatenate([line.get_xydata() for line in marks if line.get_fillstyle() == "full"])


def test_the_funnel_draws_every_supplier_and_the_limits_in_force() -> None:
    funnel = many_suppliers(80)
    ax = plot_funnel(funnel, highlight="S0000")
    drawn = drawn_points(ax)
    table = funnel.table[["items_inspected", "rate"]].to_numpy()
    np.testing.assert_allclose(np.sort(drawn, axis=0), np.sort(table, axis=0))
    lines = [line.get_ydata() for line in ax.lines]
    assert any(np.array_equal(line, funnel.curve["upper_998"]) for line in lines)
    assert "S0000" in [text.get_text() for text in ax.texts]
    words = describe_funnel(funnel, highlight="S0000")
    assert words.startswith("Funnel plot of 80 suppliers")
    assert words.endswith("out high.")


def test_a_funnel_of_thousands_is_a_small_drawing_whose_marks_share_their_style() -> None:
    kind, content = encoded_figure(plot_funnel(many_suppliers(3000)), salt="funnel")
    assert kind == "image/svg+xml"
    assert len(content) < 30_000
    marks = re.findall(r'<use xlink:href="#[^"]*" x="-?\d+\.\d\d" y="-?\d+\.\d\d"/>', content)
    assert len(marks) >= 200
    assert content.count("fill-opacity") <= 6


def test_thousands_of_suppliers_are_thinned_and_every_outlier_stays() -> None:
    funnel = many_suppliers(3000)
    ax = plot_funnel(funnel)
    drawn = drawn_points(ax)
    assert len(drawn) <= 200
    assert ax.get_xlabel() == "Items inspected (200 of 3,000 suppliers drawn)"
    out = funnel.table[funnel.table["state"].str.startswith("out")]
    assert 0 < len(out) <= 100
    assert set(out["rate"]) <= set(drawn[:, 1])
    assert "200 of them are drawn" in describe_funnel(funnel)
    again = drawn_points(plot_funnel(funnel))
    np.testing.assert_array_equal(drawn, again)


def test_points_to_draw_keeps_the_largest_and_never_more_than_asked() -> None:
    distance = np.random.default_rng(1).normal(size=5000)
    chosen = points_to_draw(distance, np.arange(5000), most=200)
    assert chosen.sum() == 200
    assert np.abs(distance[~chosen]).max() <= np.sort(np.abs(distance))[-100]
    gaps = np.diff(np.flatnonzero(chosen))
    assert gaps.max() < 200  # the rest is spread over the whole order
    assert points_to_draw([np.nan, 1.0], [0, 1]).all()


def test_the_control_chart_marks_each_signal() -> None:
    chart = control_chart([4, 5, 3, 4, 25, 4, 5], [200] * 7, labels=[f"L{i}" for i in range(7)])
    ax = plot_control_chart(chart)
    np.testing.assert_array_equal(drawn_points(ax)[:, 0], [4])
    assert "WE1" in [text.get_text() for text in ax.texts]
    assert "lot L4 at 12.50% (WE1 high" in describe_control_chart(chart)
    calm = control_chart([4, 5, 3], [200] * 3)
    assert describe_control_chart(calm).endswith("No rule fired.")
    assert all(line.get_linestyle() != "None" for line in plot_control_chart(calm).lines)


def test_a_long_record_is_thinned_with_its_signals() -> None:
    counts = np.random.default_rng(2).binomial(300, 0.03, 2000)
    counts[[17, 900]] = 60
    chart = control_chart(counts, [300] * 2000)
    ax = plot_control_chart(chart)
    assert all(len(line.get_xdata()) <= 300 for line in ax.lines)
    assert {17, 900} <= set(drawn_points(ax)[:, 0])
    assert "earlier" in describe_control_chart(chart)


def rates() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "defect_class": ["critical", "major", "minor"],
            "raw": [0.0, 0.03, np.nan], "raw_lower": [0.0, 0.01, np.nan],
            "raw_upper": [0.002, 0.06, np.nan], "shrunken": [0.0004, 0.025, np.nan],
            "lower": [0.0, 0.012, np.nan], "upper": [0.001, 0.045, np.nan],
            "aql_percent": [0.0, 2.5, np.nan],
        }
    )  # fmt: skip


def test_rates_are_drawn_with_their_intervals_and_aql() -> None:
    ax = plot_rate_comparison(rates())
    raw, raw_ends, shrunken, ends, aql = (list(line.get_xdata()) for line in ax.lines)
    assert (raw, shrunken) == ([0.0, 0.03], [0.0004, 0.025])
    assert raw_ends == pytest.approx([0, 0.002, np.nan, 0.01, 0.06, np.nan], nan_ok=True)
    assert ends == pytest.approx([0, 0.001, np.nan, 0.012, 0.045, np.nan], nan_ok=True)
    assert aql == pytest.approx([0, 0, np.nan, 0.025, 0.025, np.nan], nan_ok=True)
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["critical", "major"]
    assert "major: own record 3.00%, with peers 2.50% (1.20% to 4.50%), AQL 2.5." in (
        describe_rate_comparison(rates())
    )


def grading(state: str = "enough data") -> Grading:
    indicators = pd.DataFrame(
        [
            {
                "supplier_id": "S1", "state": state, "accepted_lots": 17, "judged_lots": 20,
                "deliveries": 10, "deliveries_on_time_in_full": 9, "corrective_action_days": 20.0,
            }
        ]
    )  # fmt: skip
    quality = pd.DataFrame(
        {
            "supplier_id": "S1", "defect_class": ["major"], "aql_percent": 2.5, "alpha": 40.0,
            "beta": 1800.0,
        }
    )  # fmt: skip
    return grade_suppliers(indicators, quality)


def test_the_bars_are_the_probabilities_of_the_bands() -> None:
    result = grading()
    ax = plot_grade(result, "S1")
    widths = [bar.get_width() for bar in ax.patches]
    row = result.table.iloc[0]
    assert widths == pytest.approx([row[f"probability_{name}"] for name in "ABCD"])
    assert ax.get_yticklabels()[0].get_text() == "A (90 to 100)"
    assert f"Score {row['score']:.1f} of 100" in describe_grade(result, "S1")


def test_too_little_data_is_written_instead_of_drawn() -> None:
    empty = grading("not enough data")
    assert plot_grade(empty, "S1").texts[0].get_text() == "No grade: not enough data"
    assert describe_grade(empty, "S1") == "No grade: not enough data."
    nothing = supplier_funnel(["A"], [0], [0])
    assert "Cannot tell" in plot_funnel(nothing).texts[0].get_text()
    assert "cannot tell" in describe_funnel(nothing)
    unknown = rates().assign(shrunken=np.nan)
    assert "Cannot tell" in plot_rate_comparison(unknown).texts[0].get_text()
    assert "cannot tell" in describe_rate_comparison(unknown)


def test_figures_are_small_reproducible_svg_and_leave_no_open_figure() -> None:
    chart = control_chart([4, 5, 3, 4, 25, 4, 5], [200] * 7)
    for draw in (
        lambda: plot_funnel(many_suppliers(60), highlight="S0003"),
        lambda: plot_control_chart(chart),
        lambda: plot_rate_comparison(rates()),
        lambda: plot_grade(grading(), "S1"),
    ):
        first, second = (encoded_figure(draw(), salt="a") for _ in range(2))
        assert first == second
        assert first[0] == "image/svg+xml"
        assert len(first[1]) < 40_000
    assert not plt.get_fignums()


def test_hostile_names_are_text() -> None:
    name = r"Acme $\frac{1$ <img onerror=x>"
    funnel = supplier_funnel([name, "B"], [30, 2], [1000, 1000])
    _, svg = encoded_figure(plot_funnel(funnel, highlight=name), salt="a")
    assert "<img" not in svg
    assert "Acme $" in svg
    long = supplier_funnel(["x" * 300, "B"], [30, 2], [1000, 1000])
    text = plot_funnel(long, highlight="x" * 300).texts[0].get_text()
    assert len(text) == 40

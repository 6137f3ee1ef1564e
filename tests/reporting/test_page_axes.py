"""Axes of pages: scales as Matplotlib would draw them, or by Matplotlib where they are styled."""

import re
from collections.abc import Iterator

import numpy as np
import pytest
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from qcanalysis.reporting.figures import encoded_figure
from qcanalysis.reporting.page_axes import PageAxes, key_above, log_ticks, name_places
from qcanalysis.reporting.plots import STYLE, new_axes

TEXT = re.compile(r'<text style="([^"]*)" x="([^"]*)" y="([^"]*)"[^>]*>([^<]*)</text>')


@pytest.fixture(autouse=True)
def _style() -> Iterator[None]:
    with rc_context(STYLE):
        yield


def drawn(ax: Axes | None = None) -> Axes:
    ax = ax or new_axes(3.0)
    ax.plot([0, 10], [0.2, 0.6], label="one")
    ax.set_xlabel("Lot size")
    ax.set_ylabel("Share")
    return ax


def ordinary_axes() -> Axes:
    return Figure(figsize=(7.2, 3.0)).add_subplot()


def texts(ax: Axes) -> list[tuple[str, float, float, str]]:
    kind, svg = encoded_figure(ax, salt="a")
    assert kind == "image/svg+xml"
    return [(style, float(x), float(y), text) for style, x, y, text in TEXT.findall(svg)]


@pytest.mark.parametrize("scale", ["linear", "log"])
def test_scales_are_where_matplotlib_puts_them(scale: str) -> None:
    """Every word in the same place, style and order as on ordinary axes, within half a point."""
    plain, ordinary = drawn(), drawn(ordinary_axes())
    for ax in (plain, ordinary):
        ax.set_xscale(scale)
        ax.set_xlim(1, 12)
        ax.xaxis.set_major_formatter("{x:,.0f}")
        ax.minorticks_off()
    ours, theirs = texts(plain), texts(ordinary)
    assert not vars(plain.xaxis).get("majorTicks")  # none was made
    assert [each[0] for each in ours] == [each[0] for each in theirs]
    assert [each[3] for each in ours] == [each[3] for each in theirs]
    places = [np.array([each[1:3] for each in side]) for side in (ours, theirs)]
    np.testing.assert_allclose(*places, atol=0.5)


def test_ticks_out_of_view_and_a_grid_switched_off_are_not_drawn() -> None:
    ax = drawn()
    name_places(ax.xaxis, [-5, 0, 5, 50], ["below", "first", "middle", "beyond"])
    ax.set_xlim(0, 10)
    words = [text for *_, text in texts(ax)]
    assert words[:3] == ["first", "middle", "Lot size"]
    with_grid = encoded_figure(ax, salt="a")[1]
    ax.grid(visible=False)
    without = encoded_figure(ax, salt="a")[1]
    assert with_grid.count("#e4e8ec") == 2  # a path for each direction
    assert "#e4e8ec" not in without


@pytest.mark.parametrize(
    "style",
    [
        lambda ax: ax.tick_params(axis="x", labelrotation=45),
        lambda ax: ax.tick_params(axis="x", labelsize=20, labelcolor="red"),
        lambda ax: ax.xaxis.tick_top(),
        lambda ax: ax.get_xticklabels()[0].set_color("red"),
        lambda ax: ax.minorticks_on(),
        lambda ax: ax.xaxis.set_major_formatter("a\nb"),
        lambda ax: ax.ticklabel_format(axis="x", useOffset=1e6),
    ],
)
def test_a_styled_axis_is_drawn_by_matplotlib(style) -> None:
    """The same picture as if there were no quick way."""
    ours, theirs = drawn(), drawn(ordinary_axes())
    theirs.patch.set_visible(False)
    pictures = []
    for ax in (ours, theirs):
        style(ax)
        ax.get_yticklabels()  # asked for, so drawn by Matplotlib too
        svg = encoded_figure(ax, salt="a")[1]
        pictures.append(re.sub(r' clip-path="[^"]*"', "", svg))  # grid lines need none
    assert vars(ours.xaxis).get("majorTicks")
    assert pictures[0] == pictures[1]


def test_names_are_text_whatever_they_hold() -> None:
    ax = drawn()
    name_places(ax.yaxis, [0.3, 0.5], ["$a_1$ & <b>", "5 $"])
    svg = encoded_figure(ax, salt="a")[1]
    assert "$a_1$ &amp; &lt;b&gt;</text>" in svg
    assert "5 $</text>" in svg


def test_a_figure_too_heavy_for_svg_has_its_labels_too() -> None:
    """On pixels, words lie where ordinary axes have them."""
    pictures = []
    for ax in (drawn(), drawn(ordinary_axes())):
        canvas = FigureCanvasAgg(ax.figure)
        canvas.draw()
        pictures.append(np.asarray(canvas.buffer_rgba())[..., :3].astype(int).min(axis=2) < 128)
    ours, theirs = pictures
    assert ours.sum() == pytest.approx(theirs.sum(), rel=0.05)
    for axis in (0, 1):
        np.testing.assert_allclose(np.cumsum(ours.sum(axis)), np.cumsum(theirs.sum(axis)), atol=100)


def test_the_key_names_labelled_lines_in_rows_from_the_right() -> None:
    ax = drawn()
    for label in ("two", "three", "a longer fourth", None):
        ax.plot([0, 1], [0.2, 0.3], label=label)
    key_above(ax)
    words = {text: (x, y) for _, x, y, text in texts(ax)}
    first, second, third, fourth = (words[n] for n in ("one", "two", "three", "a longer fourth"))
    assert first[1] == pytest.approx(second[1], abs=0.1) == pytest.approx(third[1], abs=0.1)
    assert fourth[1] - first[1] == pytest.approx(12, abs=0.1)  # points down the page
    assert first[0] == fourth[0] < second[0] < third[0]
    assert len(ax.figure.artists) == 4
    right = ax.bbox.x1 * 72 / ax.figure.dpi
    widest = 8.0 * 0.7 * len("three")
    assert right - widest < third[0] < right


@pytest.mark.parametrize(
    ("lowest", "highest"), [(900, 1_100), (200, 1_900), (30, 29_000), (1, 9e6)]
)
def test_a_logarithmic_axis_has_a_few_round_ticks(lowest: float, highest: float) -> None:
    places = np.asarray(log_ticks(lowest, highest).tick_values(lowest, highest))
    assert 3 <= np.sum((places >= lowest) & (places <= highest)) <= 9


def test_axes_can_be_cleared_and_zoomed() -> None:
    ax = drawn()
    ax.set_xlim(0, 1000)
    assert "800" in [text for *_, text in texts(ax)]
    ax.clear()
    assert isinstance(ax, PageAxes)
    assert [text for *_, text in texts(ax)][:2] == ["0.0", "0.2"]

"""Axes of the figures of a page: scales drawn in one go, a key of few parts above them.

Matplotlib makes five artists for each tick and lays out each label three times, which is most of
the time that a small figure takes. Here an axis draws its grid lines as one path and its ticks as
another, and measures its labels once. What somebody has styled is drawn by Matplotlib as ever.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.axis import Axis, XAxis, YAxis
from matplotlib.backend_bases import RendererBase
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.path import Path
from matplotlib.text import Text
from matplotlib.textpath import text_to_path
from matplotlib.ticker import (
    AutoLocator,
    FixedFormatter,
    FixedLocator,
    Locator,
    LogLocator,
    NullLocator,
)
from matplotlib.transforms import Affine2D, BboxTransformTo, IdentityTransform, ScaledTranslation

_TICKS = ("majorTicks", "minorTicks")
_TICK, _TICK_WIDTH, _PAD = 3.5, 0.8, 3.5
"""Length and width of a tick, and from there to its label [points]."""
_ASCENT, _HALF_FIGURE = 0.76, 0.38
"""Height of letters above their baseline, and half that of a figure [font sizes]."""
_KEY_SIZE, _KEY_COLUMNS = 8.0, 3

Points = npt.NDArray[np.float64]


class _PlainAxis(Axis):
    """Axis that makes no tick objects unless it is asked for them."""

    along: int
    """Which coordinate runs along the axis: 0 for x, 1 for y."""
    sides: tuple[str, str]
    axis_name: str

    def clear(self) -> None:
        super().clear()
        rc: Any = mpl.rcParams
        colour, label_colour, size = (
            rc[f"{self.axis_name}tick.{part}"] for part in ("color", "labelcolor", "labelsize")
        )
        self._style = {
            "color": colour,
            "labelcolor": colour if label_colour == "inherit" else label_colour,
            "labelsize": FontProperties(size=size).get_size_in_points(),  # of "medium" here
            "grid_color": rc["grid.color"],
            "grid_linewidth": rc["grid.linewidth"],
        }
        self.set_tick_params(**self._style)  # for ticks made later, under another style

    @contextmanager
    def _no_ticks_made(self) -> Iterator[None]:
        """Within it, ticks that nobody asked for yet are none, instead of made for the asking."""
        absent = [name for name in _TICKS if name not in vars(self)]
        vars(self).update((name, []) for name in absent)
        try:
            yield
        finally:
            for name in absent:
                vars(self).pop(name, None)

    def set_tick_params(self, *args: Any, **kwargs: Any) -> None:
        with self._no_ticks_made():
            super().set_tick_params(*args, **kwargs)

    def set_clip_path(self, *args: Any, **kwargs: Any) -> None:
        with self._no_ticks_made():
            super().set_clip_path(*args, **kwargs)

    def get_children(self) -> list[Any]:
        return [
            self.label,
            self.offsetText,
            *(tick for name in _TICKS for tick in vars(self).get(name, ())),
        ]

    def draw(self, renderer: RendererBase) -> None:
        places = np.asarray(self.get_majorticklocs(), dtype=float)
        names = self.get_major_formatter().format_ticks(places.tolist())
        if not (self.get_visible() and self._is_plain(names)):
            super().draw(renderer)
            return
        low, high = sorted(self.get_view_interval())
        room = 1e-9 * (high - low)
        shown = (places >= low - room) & (places <= high + room)
        self._draw_plain(
            renderer,
            places[shown],
            [name for name, is_shown in zip(names, shown, strict=True) if is_shown],
        )
        self.stale = False

    def _is_plain(self, names: Sequence[str]) -> bool:
        """Whether nothing was styled, and the labels are lines of mere text."""
        params = self.get_tick_params() | {"gridOn": True}
        near = self.sides[0]
        usual = {f"{part}{side}": side == near for part in ("", "label") for side in self.sides}
        return (
            not any(name in vars(self) for name in _TICKS)
            and params == self._style | usual | {"gridOn": True}
            and isinstance(self.get_minor_locator(), NullLocator)
            and self.get_label_position() == near
            and not self.get_major_formatter().get_offset()
            and not any("$" in name.replace(r"\$", "") or "\n" in name for name in names)
        )

    def _draw_plain(self, renderer: RendererBase, places: Points, names: Sequence[str]) -> None:
        point = self.axes.figure.dpi / 72
        across = 1 - self.along
        ends = np.empty((len(places), 2, 2))
        ends[..., self.along] = places[:, np.newaxis]
        ends[..., across] = (0.0, 1.0)
        transform = (self.axes.get_xaxis_transform, self.axes.get_yaxis_transform)[self.along]()
        ends = transform.transform(ends.reshape(-1, 2)).reshape(-1, 2, 2)
        if self.get_tick_params()["gridOn"]:
            _stroke(renderer, ends, self._style["grid_color"], self._style["grid_linewidth"])
        ends[:, 1, across] = ends[:, 0, across] - _TICK * point
        _stroke(renderer, ends, self._style["color"], _TICK_WIDTH)
        spots = ends[:, 1]
        spots[:, across] -= _PAD * point
        texts = [name.replace(r"\$", "$") for name in names]
        reach = self._draw_names(renderer, spots, texts, point)
        edge = self.axes.bbox.min[across] - (_TICK + _PAD + reach + self.labelpad) * point
        self.label.set(**{"xy"[across]: edge})
        self.label.draw(renderer)

    def _draw_names(
        self, renderer: RendererBase, spots: Points, names: Sequence[str], point: float
    ) -> float:
        """How far the names reach from the ticks, drawn [points]."""
        font = FontProperties(size=self._style["labelsize"])
        size = font.get_size_in_points()
        widths = [_width(name, size) for name in names]
        down, share, anchor = ((_ASCENT, 0.5, "center"), (_HALF_FIGURE, 1.0, "right"))[self.along]
        label = Text(ha=anchor, transform=IdentityTransform())  # where an SVG anchors the text
        gc = renderer.new_gc()
        gc.set_foreground(self._style["labelcolor"])
        for (x, y), name, width in zip(spots, names, widths, strict=True):
            label.set_position((x, y))
            y -= down * size * point
            y = renderer.get_canvas_width_height()[1] - y if renderer.flipy() else y
            renderer.draw_text(gc, x - share * width * point, y, name, font, 0.0, mtext=label)
        gc.restore()
        return max(widths, default=0.0) if self.along else size


class _PlainXAxis(_PlainAxis, XAxis):
    along, sides = 0, ("bottom", "top")


class _PlainYAxis(_PlainAxis, YAxis):
    along, sides = 1, ("left", "right")


def _stroke(renderer: RendererBase, ends: Points, colour: str, width: float) -> None:
    """Draw straight lines of a width [points] between ends (n, 2, 2) [pixels]."""
    gc = renderer.new_gc()
    gc.set_foreground(colour)
    gc.set_linewidth(width)
    gc.set_snap(True)
    codes = np.tile([Path.MOVETO, Path.LINETO], len(ends))
    renderer.draw_path(gc, Path(ends.reshape(-1, 2), codes), IdentityTransform())
    gc.restore()


class PageAxes(Axes):
    """Axes whose scales take little to draw; in all else those of Matplotlib."""

    def _init_axis(self) -> None:
        self.xaxis = _PlainXAxis(self, clear=False)
        self.yaxis = _PlainYAxis(self, clear=False)
        for axis in (self.xaxis, self.yaxis):
            for side in axis.sides:
                self.spines[side].register_axis(axis)

    def draw(self, renderer: RendererBase) -> None:
        """Draw the axes."""
        for spine in self.spines.values():
            if spine.get_visible():
                spine.get_position()  # puts it there, which making ticks does elsewhere
        super().draw(renderer)


def name_places(axis: Axis, places: npt.ArrayLike, names: Sequence[str]) -> None:
    """Put these names at these places of an axis, and no others; a dollar sign is just that."""
    axis.set_major_locator(FixedLocator(np.asarray(places, dtype=float).tolist()))
    axis.set_major_formatter(FixedFormatter([no_mathematics(name) for name in names]))


def no_mathematics(text: str) -> str:
    r"""Text whose dollar signs Matplotlib takes for just that.

    Examples
    --------
    >>> print(no_mathematics("pins at $2 to $3"))
    pins at \$2 to \$3
    """
    return text.replace("$", r"\$")


def log_ticks(lowest: float, highest: float) -> Locator:
    """Round places on a logarithmic axis: as many as have room for their names.

    Examples
    --------
    >>> log_ticks(200, 1_900).tick_values(200, 1_900).tolist()
    [100.0, 200.0, 500.0, 1000.0, 2000.0, 5000.0]
    """
    if highest < 4 * lowest:
        return AutoLocator()
    return LogLocator(subs=(1.0,) if highest > 1_000 * lowest else (1.0, 2.0, 5.0))


def apart(starts: npt.ArrayLike, ends: npt.ArrayLike) -> Points:
    """Coordinates of a line from each start to its end, broken in between.

    Examples
    --------
    >>> apart([1, 2], [3, 4]).tolist()
    [1.0, 3.0, nan, 2.0, 4.0, nan]
    """
    gaps = np.full(np.shape(starts), np.nan)
    return np.stack([starts, ends, gaps], axis=1, dtype=float).ravel()


def key_above(ax: Axes) -> None:
    """Name the lines of axes in rows of three above their upper right corner.

    Axes with all their lines; a line without a label is not named.
    """
    figure, columns = ax.figure, _KEY_COLUMNS
    points = Affine2D().scale(1 / 72) + figure.dpi_scale_trans
    from_corner = points + ScaledTranslation(1, 1, BboxTransformTo(ax.bbox))
    lines = [line for line in ax.lines if not str(line.get_label()).startswith("_")]
    names = [str(line.get_label()) for line in lines]
    right = 0.0
    for column in reversed(range(min(columns, len(lines)))):
        left = right - max(_width(name, _KEY_SIZE) for name in names[column::columns])
        for place in range(column, len(lines), columns):
            up = 8.0 + 12.0 * ((len(lines) - 1) // columns - place // columns)
            figure.text(left, up, names[place], size=_KEY_SIZE, va="center", transform=from_corner)
            sample = Line2D([], [])
            sample.update_from(lines[place])
            sample.set_data([left - 21, left - 13, left - 5], [up, up, up])
            sample.set(transform=from_corner, markevery=[1], clip_on=False)
            figure.add_artist(sample)
        right = left - 35


@lru_cache(maxsize=1024)
def _width(text: str, size: float) -> float:
    """Width of a text [points]."""
    font = FontProperties(size=size)
    return float(text_to_path.get_text_width_height_descent(text, font, ismath=False)[0])

"""A figure as one small image: SVG with its text as text, or a palette PNG where smaller."""

import base64
import io
import re

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.pyplot import close
from PIL import Image

SVG_COMFORTABLE_BYTES = 40_000
_PNG_DOTS_PER_INCH = 200
_PNG_COLOURS = 64
_USE = r'<use xlink:href="[^"]*" x="[^"]*" y="[^"]*" style='
_MARKS = re.compile(rf'{_USE}"([^"]*)"/>(?:{_USE}"\1"/>)+')


def encoded_figure(figure: Axes | Figure, *, salt: str) -> tuple[str, str]:
    """Mime type and content of a figure, the same bytes for the same drawing.

    Parameters
    ----------
    figure : Axes or Figure
        What was drawn.
    salt : str
        Keeps the ids of two figures of a page apart.

    Returns
    -------
    tuple of (str, str)
        "image/svg+xml" and markup, or "image/png" and base64 where that takes less room.
    """
    drawn = _root(figure)
    svg = _svg(drawn, salt)
    if len(svg) <= SVG_COMFORTABLE_BYTES:
        return "image/svg+xml", svg
    png = _png(drawn)
    return ("image/png", png) if len(png) < len(svg) else ("image/svg+xml", svg)


def close_figure(figure: Axes | Figure) -> None:
    """Close a figure, so that no front end shows it once more."""
    close(_root(figure))


def _root(figure: Axes | Figure) -> Figure:
    root = figure.get_figure(root=True)
    if not isinstance(root, Figure):
        raise ValueError("figure: these axes belong to no figure any more; draw them again.")
    return root


def _svg(figure: Figure, salt: str) -> str:
    buffer = io.StringIO()
    nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": salt}):
        figure.savefig(buffer, format="svg", metadata=nothing)
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<defs>\s*<style.*?</style>\s*</defs>|<!--.*?-->", "", svg, flags=re.DOTALL)
    svg = re.sub(r'<g id="[a-zA-Z0-9_]+">', "<g>", svg)  # names of artists, used by nothing
    svg = re.sub(r' transform="rotate\(-0 [^"]*"', "", svg)
    svg = re.sub(r"font-family: ('[^']*'), [^;\"]*(?=[;\"])", r"font-family: \1, sans-serif", svg)
    svg = re.sub(r">\s+<", "><", svg).strip()
    return _MARKS.sub(_styled_once, svg)


def _styled_once(marks: re.Match[str]) -> str:
    """Marks of one style in a group that has it, in hundredths of a point."""
    placed = marks[0].replace(f' style="{marks[1]}"', "")
    placed = re.sub(r'="(-?\d+\.\d\d)\d+"', r'="\1"', placed)
    return f'<g style="{marks[1]}">{placed}</g>'


def _png(figure: Figure) -> str:
    raw, small = io.BytesIO(), io.BytesIO()
    figure.savefig(raw, format="png", dpi=_PNG_DOTS_PER_INCH, metadata={"Software": None})
    picture = Image.open(raw).convert("RGB").quantize(_PNG_COLOURS, dither=Image.Dither.NONE)
    picture.save(small, format="png", optimize=True)
    return base64.b64encode(small.getvalue()).decode("ascii")

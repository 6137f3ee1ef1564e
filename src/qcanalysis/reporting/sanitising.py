"""What a cell may put into a page: an allow-list, so that data can never act.

Notebook cells show text that others wrote (supplier names, findings). Whatever reaches the
page as markup passes through here; scripts, styles, event handlers, frames and every address
outside the page fall away.
"""

import re
from collections.abc import Iterable
from html.parser import HTMLParser
from pathlib import Path

import nh3


def _names(text: str) -> set[str]:
    return set(text.split())


_HTML_TAGS = _names(
    "h1 h2 h3 h4 h5 h6 p div span section figure figcaption blockquote pre code br hr "
    "ul ol li dl dt dd strong em b i u s small sub sup abbr kbd mark time "
    "table caption colgroup col thead tbody tfoot tr th td a img"
)
_SVG_TAGS = _names(
    "svg g path defs use clipPath text tspan rect circle ellipse line polyline polygon image "
    "linearGradient stop"
)
_GEOMETRY = _names("x y x1 y1 x2 y2 cx cy r rx ry width height d points transform")
_ATTRIBUTES = {
    "*": {"id", "class", "style", "title", "lang", "dir", "role", "aria-label", "tabindex"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "col": {"span"},
    "th": {"scope", "colspan", "rowspan"},
    "td": {"colspan", "rowspan"},
    "svg": {"viewBox", "xmlns", "version", "preserveAspectRatio"} | _GEOMETRY,
    "use": {"href", "xlink:href"} | _GEOMETRY,
    "image": {"href", "xlink:href", "preserveAspectRatio"} | _GEOMETRY,
    "linearGradient": {"gradientUnits"} | _GEOMETRY,
    "stop": {"offset"},
} | {
    tag: {"clip-path", "fill", "stroke", "stroke-width", "text-anchor"} | _GEOMETRY
    for tag in ("g", "path", "text", "tspan", "rect", "circle", "ellipse", "line", "polyline")
}
_STYLES = _names(
    "text-align vertical-align font font-size font-family font-weight font-style text-anchor "
    "fill fill-opacity fill-rule stroke stroke-width stroke-opacity stroke-dasharray "
    "stroke-dashoffset stroke-linecap stroke-linejoin stroke-miterlimit opacity "
    "stop-color stop-opacity white-space color"
)


def sanitised(markup: str) -> str:
    """`markup` with nothing left in it that can act, ask the outside, or restyle the page.

    Examples
    --------
    >>> sanitised('<p onclick="x()">Acme <img src=x onerror=alert(1)><script>1</script></p>')
    '<p>Acme <img></p>'
    """
    return nh3.clean(
        markup,
        tags=_HTML_TAGS | _SVG_TAGS,
        attributes=_ATTRIBUTES,
        clean_content_tags={"script", "style", "title", "iframe", "object", "template"},
        attribute_filter=_attribute,
        url_schemes={"http", "https", "mailto", "data"},
        filter_style_properties=_STYLES,
        link_rel="noopener noreferrer",
    )


def _attribute(tag: str, name: str, value: str) -> str | None:
    if name == "src" or (tag == "image" and name in ("href", "xlink:href")):
        return value if re.match(r"data:image/(png|jpeg|gif|webp);base64,", value) else None
    if tag == "use" and name in ("href", "xlink:href"):
        return value if value.startswith("#") else None
    if name == "href":
        return value if re.match(r"(https?:|mailto:|#)", value, re.IGNORECASE) else None
    if name == "clip-path":
        return value if re.fullmatch(r"url\(#[\w-]+\)", value) else None
    if name in ("style", "fill", "stroke") and re.search(r"url\((?!['\"]?#)", value):
        return None
    return value


class _ImagesWithoutAlt(HTMLParser):
    """Counts images that have no source inside the page or no description."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "img" and not (given.get("src") and (given.get("alt") or "").strip()):
            self.count += 1


def images_without_alt(markup: str) -> int:
    """Number of ``img`` elements in `markup` without a description or a source in the page."""
    images = _ImagesWithoutAlt()
    if "<img" in markup.casefold():
        images.feed(markup)
    return images.count


def without_private_paths(text: str, folders: Iterable[Path]) -> str:
    """`text` with the names of `folders` replaced by "…": no machine or user shows.

    Examples
    --------
    >>> without_private_paths("read /home/ann/cases/a.csv", [Path("/home/ann")])
    'read …/cases/a.csv'
    """
    names = sorted({str(folder) for folder in folders}, key=len, reverse=True)
    for name in names:
        if len(name) > 1:
            text = re.sub(rf"(?<![\w.~-]){re.escape(name)}(?![\w-])", "…", text)
    return text

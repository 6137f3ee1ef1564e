import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.reporting.cells import HOSTILE_NAMES

from qcanalysis.reporting.sanitising import images_without_alt, sanitised, without_private_paths


class Acts(HTMLParser):
    """Collects whatever in a markup could act, frame or fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag, attrs):
        if tag in {"script", "style", "iframe", "object", "embed", "form", "link", "meta", "base"}:
            self.found.append(tag)
        for name, value in attrs:
            text = re.sub(r"\s", "", value or "").lower()
            if name.startswith("on") or ("javascript:" in text and name != "title"):
                self.found.append(f"{tag} {name}")
            if name in ("src", "srcset") and not text.startswith("data:image/"):
                self.found.append(f"{tag} {name}")
            if "href" in name and tag != "a" and not text.startswith(("#", "data:image/")):
                self.found.append(f"{tag} {name}")
            if "url(" in text and "url(#" not in text:
                self.found.append(f"{tag} {name}")


def acting(markup: str) -> list[str]:
    parser = Acts()
    parser.feed(markup)
    return parser.found


ATTACKS = [
    *HOSTILE_NAMES,
    "<a href='jAvascript:alert(1)'>x</a>",
    "<svg onload=alert(1)><use href='http://evil.example/#a'/></svg>",
    "<svg><animate onbegin=alert(1)></svg><svg><a xlink:href='javascript:alert(1)'>k</a></svg>",
    "<svg><foreignObject><iframe src=//evil.example></iframe></foreignObject></svg>",
    "<p style='background:url(http://evil.example/x)'>x</p>",
    "<g style='fill:url(http://evil.example)'>x</g><svg><g fill='url(http://evil.example)'/></svg>",
    "<style>@import 'http://evil.example'</style><link rel=stylesheet href=//evil.example>",
    "<img src=http://evil.example/a.png><img src='data:image/svg+xml,<svg onload=alert(1)>'>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--><img src=x onerror=alert(1)>'>",
    "<meta http-equiv=refresh content='0;url=http://evil.example'><base href=//evil.example>",
    "<form action=//evil.example><input></form><object data=x></object><embed src=x>",
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_could_act_falls_away(attack):
    assert acting(sanitised(attack)) == []


@given(st.lists(st.sampled_from([*ATTACKS, "<p>", "</p>", "<svg>", "<!--", "'", '"', ">"])))
def test_no_mixture_of_attacks_acts(parts):
    assert acting(sanitised("".join(parts))) == []


def test_the_detector_sees_an_attack():
    assert all(acting(attack) for attack in ATTACKS[7 + 1 :])


@pytest.mark.parametrize(
    "markup",
    [
        '<table><caption>c</caption><thead><tr><th scope="col" class="number">n</th></tr></thead>'
        '<tbody><tr><th scope="row">r</th><td colspan="2">1</td></tr></tbody></table>',
        "<h2>Evidence</h2>",
        '<svg viewBox="0 0 1 1"><defs><clipPath id="p1"><rect x="0" y="0" width="1" height="1">'
        '</rect></clipPath></defs><g transform="scale(2)"><path d="M 0 0" clip-path="url(#p1)">'
        '</path><use xlink:href="#p1"></use><text x="1" y="2">Pa</text></g></svg>',
    ],
)
def test_what_reports_need_stays(markup):
    assert sanitised(markup) == markup


def test_images_need_a_description_and_a_source_in_the_page():
    good = '<img src="data:image/png;base64,AA==" alt="a > b">'
    assert images_without_alt(sanitised(good)) == 0
    for bad in ('<img src="data:image/png;base64,AA==">', '<img src="a.png" alt="x">'):
        assert images_without_alt(sanitised(good + bad)) == 1


def test_private_folders_lose_their_names():
    folders = [Path("/home/ann"), Path("/home/ann/work"), Path("/root"), Path("/")]
    text = "/home/ann/work/a.csv, /home/ann/b, /root/c; kept: the/root, /rooted, /home/anna"
    assert without_private_paths(text, folders) == (
        "…/a.csv, …/b, …/c; kept: the/root, /rooted, /home/anna"
    )

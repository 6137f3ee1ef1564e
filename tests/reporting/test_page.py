import re
from pathlib import Path

import pytest
from nbformat.v4 import new_output
from tests.reporting.cells import ANSWER, HOSTILE_NAMES, TITLE, executed, notebook_of, shown

from qcanalysis.reporting.page import NO_ANSWER, PageError, render_page
from qcanalysis.reporting.provenance import RunFacts

FACTS = RunFacts("0.1.0", "abc", "2026-11-05 09:30:00 UTC", "not stated", "1" * 64, "none")
ANSWER_OUTPUT = shown(
    "text/html",
    '<p class="answer answer-bad"><strong class="answer-state">Problem</strong> No.</p>',
    qcanalysis={"answer": "No.", "state": "bad"},
)
SVG = '<svg viewBox="0 0 1 1"><text>Pa</text></svg>'


def page_of(notebook, audience="buyer", folders=()):
    return render_page(
        notebook, name="n", audience=audience, facts=FACTS, private_folders=map(Path, folders)
    )


def body(page) -> str:
    return page.html.partition("</style>")[2]


def test_page_is_one_html_file_that_forbids_every_request_and_script():
    html = page_of(executed(ANSWER_OUTPUT)).html
    assert html.startswith('<!doctype html>\n<html lang="en">')
    assert "default-src 'none'; img-src data:; style-src 'unsafe-inline'" in html
    assert '<meta name="viewport" content="width=device-width' in html
    assert html.count("<style") == 1
    assert "<script" not in html
    assert not re.search(r"(src|href)=\"(?!data:|#)", html)
    assert "@page { size: A4;" in html


def test_answer_stands_under_the_heading_and_only_there():
    table = shown("text/html", "<p>the table</p>")
    page = page_of(executed(table, ANSWER_OUTPUT))
    assert (page.title, page.verdict, page.state) == ("Is it so?", "No.", "bad")
    assert "<title>Is it so?</title>" in page.html
    html = body(page)
    assert html.count('class="answer ') == 1
    assert html.index("<h1") < html.index("answer-bad") < html.index("</header>")
    assert html.index("</header>") < html.index("the table")


def test_a_notebook_without_an_answer_says_so():
    page = page_of(executed())
    assert (page.verdict, page.state) == (NO_ANSWER, "unknown")
    assert NO_ANSWER in body(page)


def test_code_prompts_and_warnings_are_not_shown():
    notebook = executed(new_output("stream", name="stderr", text="UserWarning: odd"))
    notebook.cells[1].source = "secret_code()"
    page = page_of(notebook)
    assert not re.search(r"secret_code|In&nbsp;|UserWarning", page.html)
    assert page.warnings == ("a cell wrote to stderr: UserWarning: odd",)


@pytest.mark.parametrize("tag", ["internal", "remove-cell"])
def test_cells_for_others_leave_nothing_behind(tag):
    described = {"image/svg+xml": {"alt": "OURMARGIN"}, "qcanalysis": {"caption": "OURMARGIN"}}
    figure = shown("image/svg+xml", SVG.replace("Pa", "OURMARGIN"), **described)
    verdict = {"answer": "OURMARGIN", "state": "bad"}
    answer = shown("text/html", "<p>OURMARGIN</p>", qcanalysis=verdict)
    notebook = executed(answer, figure, tags=(tag,))
    notebook.cells[1].source = notebook.cells[1].metadata["note"] = "OURMARGIN"
    for audience in ("buyer", "factory"):
        assert "OURMARGIN" not in page_of(notebook, audience).html
    assert ("OURMARGIN" in page_of(notebook, "internal").html) == (tag == "internal")
    assert "OURMARGIN" in str(notebook.cells[1].outputs)


def test_figures_carry_their_description_and_caption():
    metadata = {"image/svg+xml": {"alt": 'A "curve" < 1'}, "qcanalysis": {"caption": "Fig. <1>"}}
    html = body(page_of(executed(shown("image/svg+xml", SVG, **metadata))))
    assert 'role="img" aria-label="A &#34;curve&#34; &lt; 1"><svg viewBox' in html
    assert "<figcaption>Fig. &lt;1&gt;</figcaption>" in html
    png = body(page_of(executed(shown("image/png", "AA==", **{"image/png": {"alt": "Dots"}}))))
    assert '<img class="image" src="data:image/png;base64,AA==" alt="Dots">' in png


@pytest.mark.parametrize(
    "output",
    [
        shown("image/png", "AA=="),
        shown("image/svg+xml", SVG, **{"image/svg+xml": {"alt": " "}}),
        shown("text/html", '<img src="data:image/png;base64,AA==">'),
        shown("text/html", "<img src=x onerror=alert(1)>"),
    ],
)
def test_an_image_without_a_description_is_refused(output):
    with pytest.raises(PageError, match="no description"):
        page_of(executed(output))


def test_an_image_in_prose_is_refused_unless_it_is_in_the_page():
    with pytest.raises(PageError, match="show figures by show_figure"):
        page_of(notebook_of(TITLE, "![curve](curve.png)"))


@pytest.mark.parametrize("name", HOSTILE_NAMES)
@pytest.mark.parametrize("kind", ["text/plain", "text/markdown", "text/latex"])
def test_hostile_data_shows_as_text_or_not_at_all(name, kind):
    page = page_of(executed(shown(kind, name), new_output("stream", text=name)))
    html = body(page)
    ours = {"body", "main", "header", "section", "footer", "div", "h1", "h2", "p", "pre", "code"}
    table = {"table", "caption", "tbody", "tr", "th", "td"}
    assert set(re.findall(r"<(\w+)", html)) <= ours | table
    assert "\u202e" not in html


def test_markup_that_a_cell_emits_is_sanitised_and_data_is_never_markdown():
    page = page_of(
        executed(
            shown("text/html", "<p onclick='x()'>kept</p><script>alert(1)</script>"),
            shown("application/javascript", "alert(2)"),
            shown("text/markdown", "**not rendered**"),
        )
    )
    assert "<p>kept</p>" in page.html
    assert not re.search(r"onclick|<script|alert|not rendered", page.html)


def test_no_name_of_this_machine_is_left():
    outputs = [
        shown("text/html", "<p>/home/ann/cases/demo</p>"),
        shown("text/plain", "PosixPath('/home/ann/cases/demo')"),
        new_output("stream", text="/srv/work/data.csv"),
    ]
    html = page_of(executed(*outputs), folders=["/home/ann", "/srv/work"]).html
    assert not re.search(r"/home|ann/|/srv", html)
    assert "…/cases/demo" in html


def test_facts_of_the_run_end_the_page_and_say_what_a_hash_is_worth():
    html = body(page_of(executed(ANSWER_OUTPUT)))
    for fact in (
        "2026-11-05 09:30:00 UTC",
        "not stated",
        "commit abc",
        "1" * 64,
        "not a signature",
    ):
        assert html.index(fact) > html.index("This run")


def test_notebook_without_a_title_is_named_after_its_file():
    notebook = notebook_of(ANSWER)
    notebook.cells[0].outputs = [ANSWER_OUTPUT]
    assert page_of(notebook).title == "n"


def test_a_heading_goes_when_all_under_it_is_hidden():
    notebook = notebook_of(
        "# Title\n\nQuestion.",
        "## Parameters",
        ("n: int = 1", "parameters"),
        "## Shown",
        ANSWER,
        "### Ours",
        ("pass", "internal"),
        "## Prose\n\nKept.",
        "## Last",
        ("pass", "remove-cell"),
    )
    for cell in notebook.cells:
        if cell.cell_type == "code" and cell.source != "n: int = 1":
            cell.outputs = [shown("text/plain", "shown")]
    assert re.findall(r"<h[23][^>]*>([^<]+)", page_of(notebook).html) == [
        "Shown",
        "Prose",
        "This run",
    ]
    assert "Ours" in page_of(notebook, "internal").html

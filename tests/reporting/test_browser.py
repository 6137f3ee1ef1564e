"""Reports as a browser shows them; the network is cut off."""

from pathlib import Path

import pytest
from tests.reporting.browser import DESKTOP, a4_pages
from tests.reporting.cells import HOSTILE_NAMES, TITLE

from qcanalysis.reporting.index import write_index
from qcanalysis.reporting.runner import run_notebook

pytestmark = [pytest.mark.browser, pytest.mark.slow]

IMPORTS = (
    "import matplotlib.pyplot as plt\nimport numpy as np\nimport pandas as pd\n"
    "from qcanalysis.reporting import display",
    "remove-cell",
)
NAMES = (f"names = {HOSTILE_NAMES!r}",)
ANSWER = (
    "sentence = 'At 2.5 / 4.0 the lot would have passed; ask for n. ' + names[0]\n"
    "display.show_answer(sentence, state='bad')",
)
TABLES = (
    "wide = {f'Column number {i} [items]': [123456 + i] * len(names) for i in range(14)}\n"
    "display.show_table(pd.DataFrame({'SKU': names, **wide}), caption='Wide')\n"
    "display.show_list(names, title='Names')\n"
    "print(names[-2])",
)
FIGURES = (
    "fig, ax = plt.subplots(figsize=(7, 4)); ax.plot([0, 1], label='<b>Pa</b>'); ax.legend()\n"
    "display.show_figure(ax, alt='A rising line.', caption='Fig.')\n"
    "fig, ax = plt.subplots(); ax.scatter(*np.random.rand(2, 4000))\n"
    "display.show_figure(fig, alt='A cloud.')",
)


@pytest.fixture(scope="module")
def report(tmp_path_factory) -> Path:
    import nbformat
    from tests.reporting.cells import notebook_of

    folder = tmp_path_factory.mktemp("run")
    notebook = folder / "hostile.ipynb"
    cells = (TITLE, IMPORTS, NAMES, "## Answer", ANSWER, TABLES, "## Evidence", FIGURES)
    nbformat.write(notebook_of(*cells), notebook)
    result = run_notebook(notebook, out_dir=folder)
    write_index(folder, [result], heading="Case " + HOSTILE_NAMES[0])
    return result.html


def test_a_report_with_hostile_names_passes_every_check(browser, report):
    assert browser.complaints(report) == []
    assert "<img src=x onerror=alert(1)>" in browser.open_page(report)["text"]
    assert report.stat().st_size < 250_000


def test_the_index_passes_every_check(browser, report):
    assert browser.complaints(report.with_name("index.html")) == []


def test_a_report_prints_to_a4_pages_only(browser, report):
    browser.open_page(report, DESKTOP)
    pdf = browser.printed()
    assert a4_pages(pdf) == pdf.count(b"/MediaBox") >= 2


def test_the_checks_see_what_is_wrong(browser, tmp_path):
    bad = tmp_path / "bad.html"
    bad.write_text(
        "<body><div style='width:2000px;height:900px'>x</div><img src='http://evil.example/a.png'>"
        "<p class=answer>late</p><script>nothing()</script>"
    )
    complaints = " ".join(browser.complaints(bad))
    for expected in (
        "asks for more than itself",
        "console says",
        "holds a script",
        "below the first screen",
        "without a description",
        "px wide",
        "overflows",
    ):
        assert expected in complaints

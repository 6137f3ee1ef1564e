"""The reports of the bundled cases, made by the command and looked at as their readers do."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock

from qcanalysis.reporting.kernels.warm import imported_modules, warm_kernels
from qcanalysis.reporting.notebook import find_notebook
from qcanalysis.reporting.runner import run_notebook
from tests.reporting.browser import browser  # noqa: F401 - a fixture

ROOT = Path(__file__).parents[1]
CASES = ("metal-promo", "metal-promo-illustrative")
AIM, MOST = 150_000, 250_000


def done(*words: str) -> None:
    command = [sys.executable, "-m", "qcanalysis", *words, "--json"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr


class Reports:
    """Folder of the reports of a case for a buyer, or of the complete one for an audience.

    Made once, when first asked for, whichever test process asks.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def __getitem__(self, name: str) -> Path:
        folder = self.root / name
        with FileLock(self.root / f"{name}.lock"):
            if not folder.exists():
                self._make(name, folder)
        return folder

    def _make(self, name: str, folder: Path) -> None:
        if name in CASES:
            done("case", f"data/cases/{name}", "--out", str(folder))
            return
        notebooks = [
            find_notebook(number, folder=ROOT / "notebooks") for number in ("03", "05", "06")
        ]
        modules = sorted({module for each in notebooks for module in imported_modules(each)})
        case = {"case_dir": str(ROOT / "data" / "cases" / "metal-promo-illustrative")}
        with warm_kernels(modules) as zygote:
            for each in notebooks:
                run_notebook(each, parameters=case, out_dir=folder, audience=name, zygote=zygote)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Reports:
    own = tmp_path_factory.getbasetemp()
    return Reports(own if worker_id == "master" else own.parent)


HOSTILE = "<img src=x onerror=alert(1)> =HYPERLINK(1) {{7*7}} \u202e\u05d0\u05d1 " + "x" * 300


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Reports of the complete case with hostile text as defect, supplier and title."""
    folder = tmp_path_factory.mktemp("hostile")
    shutil.copytree(ROOT / "data" / "cases" / "metal-promo-illustrative", folder / "case")
    for table in (folder / "case").glob("*.csv"):
        text = table.read_text("utf-8").replace("front plating scratch", HOSTILE)
        table.write_text(text, "utf-8")
    header = folder / "case" / "case.yaml"
    text = header.read_text("utf-8").replace('title: "Metal', 'title: "<b>Metal</b> {{7*7}}')
    header.write_text(
        text.replace("Illustrative Metalworks", '"<script>alert(1)</script>"'), "utf-8"
    )
    done("case", str(folder / "case"), "--out", str(folder / "reports"))
    return folder / "reports"


@pytest.mark.browser
@pytest.mark.slow
def test_hostile_text_shows_as_text_on_every_page(hostile, browser) -> None:  # noqa: F811
    pages = sorted(hostile.rglob("*.html"))
    assert len(pages) >= 20
    assert [line for page in pages for line in browser.complaints(page)] == []
    shown = browser.open_page(hostile / "05_failed_inspection.html")["text"]
    assert "<img src=x onerror=alert(1)>" in shown
    assert "{{7*7}}" in shown


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_every_page_passes_in_a_browser(case, folders, browser) -> None:  # noqa: F811
    pages = sorted(folders[case].rglob("*.html"))
    assert len(pages) >= 5
    complaints = [line for page in pages for line in browser.complaints(page)]
    assert complaints == []


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_pages_are_small_and_hold_no_script_code_path_or_name(case, folders) -> None:
    sizes = []
    for page in folders[case].rglob("*.html"):
        text = page.read_text("utf-8")
        sizes.append(len(text.encode()))
        assert "<script" not in text.lower()
        assert "import " not in re.sub(r"<[^>]*>", " ", text)
        for private in (str(ROOT), str(Path.home()), str(folders[case])):
            assert private not in text, f"{page.name} holds {private}"
    assert max(sizes) < MOST
    assert sum(size < AIM for size in sizes) >= 0.9 * len(sizes)


@pytest.mark.slow
def test_the_audit_of_the_demo_case_speaks_first(folders) -> None:
    for name in ("index.html", "04_report_audit.html"):
        text = (folders["metal-promo"] / name).read_text("utf-8")
        assert "Ac 5 / Ac 10 is not AQL 2.5/4.0 at any sample size" in text
    first = re.search(r'<p class="answer[^>]*>.*?</p>', text, re.DOTALL)
    assert first is not None
    assert "would have passed" in first.group()
    assert "ask the agency" in first.group()


INTERNAL = (
    *("Price of a visit", "price_per_day", "Expected loss", "expected loss", "buyers_loss"),
    *("Cost of the recommended ways", "Value of one more sample", "Every assumption"),
)


@pytest.mark.slow
def test_internal_costs_reach_the_team_alone(folders) -> None:
    inside = "".join(page.read_text("utf-8") for page in folders["internal"].glob("*.html"))
    for words in INTERNAL[:1] + INTERNAL[2:4] + INTERNAL[5:]:
        assert words in inside
    for folder in (folders["metal-promo-illustrative"], folders["factory"]):
        for page in folder.rglob("*"):
            if page.is_file():
                content = page.read_bytes()
                assert not [words for words in INTERNAL if words.encode() in content], page


@pytest.mark.slow
def test_a_factory_learns_nothing_of_the_carton_draw(folders) -> None:
    inside = (folders["internal"] / "06_reinspection.html").read_text("utf-8")
    outside = (folders["factory"] / "06_reinspection.html").read_text("utf-8")
    assert "kept by the team" in outside
    assert inside.count("<tr") > outside.count("<tr")


@pytest.mark.slow
def test_the_decision_opens_with_way_chance_money_and_payer(folders) -> None:
    page = (folders["metal-promo-illustrative"] / "05_failed_inspection.html").read_text("utf-8")
    first = re.search(r'<p class="answer[^>]*>.*?</p>', page, re.DOTALL)
    assert first is not None
    for words in ("on the vessel", "Money at risk", "pays"):
        assert words in first.group()
    index = (folders["metal-promo-illustrative"] / "index.html").read_text("utf-8")
    assert "Held:" in index
    assert index.count("documents/") >= 12

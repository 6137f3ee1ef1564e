import re
import zipfile
from dataclasses import replace
from datetime import date
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from tests.reporting.browser import Browser

from qcanalysis.records import read_case
from qcanalysis.recovery.control.control_file import read_control_file
from qcanalysis.recovery.documents import FORMS, Decisions, Party
from qcanalysis.recovery.documents.document import Document, FillIn, Missing, Part, Table
from qcanalysis.recovery.documents.evidence import EvidenceChange, EvidenceIndex
from qcanalysis.reporting import document_workbook
from qcanalysis.reporting.document_workbook import LONGEST_CELL, write_document_workbook
from qcanalysis.reporting.documents import evidence_index, render_document, write_documents

CASES = Path(__file__).parents[2] / "data" / "cases"
HOSTILE = {
    "markup": '<img src=x onerror="alert(1)"><script>alert(2)</script></style>',
    "formula": '=HYPERLINK("http://evil.example",A1)',
    "plus": "+1+cmd|'/c calc'!A0",
    "minus": "-2+3",
    "at": "@SUM(A1:A9)",
    "template": "{{7*7}}{% for x in y %}{{ config }}",
    "long": "x" * 10_000,
    "right-to-left": "\u202egnp.exe \u05e9\u05dc\u05d5\u05dd",
    "control": "a\x00b\x1b[31mc",
    "halves": "\ud800 \ufffe",
}
WHO = {"issuer": Party("Lin Wei", "buyer"), "approver": Party("Ada Obi", "client")}
SECRETS = ("98765", "45671.23")


def written(case, folder, **options):
    paths = write_documents(case, folder, on=date(2026, 10, 7), **(WHO | options))
    return {path.name: path for path in paths}


@pytest.fixture(scope="module", params=["metal-promo", "metal-promo-illustrative"])
def documents(request, tmp_path_factory):
    return written(read_case(CASES / request.param), tmp_path_factory.mktemp(request.param))


def everything_in(path: Path) -> str:
    """All text of a file, that of the members of a workbook included."""
    if path.suffix != ".xlsx":
        return path.read_text("utf-8")
    with zipfile.ZipFile(path) as archive:
        return "".join(archive.read(name).decode("utf-8", "replace") for name in archive.namelist())


def document_with(text: str) -> Document:
    """Document with one text in every place that a document has."""
    return Document(
        kind="rework_instruction",
        number=text,
        on=date(2026, 10, 7),
        case_title=text,
        is_illustrative=False,
        issuer=Party(text, text),
        approver=Party(text, "client"),
        parts=(
            Part(
                text,
                "R46",
                facts=((text, text), ("gap", Missing(text, "R46", text))),
                sentences=(text, Missing(text, "R46")),
                tables=(Table((text, "B"), ((text, FillIn(text)), (Missing(text, "R1"), text))),),
            ),
        ),
        signatories=("buyer",),
        refusals=(text,),
    )


def test_each_of_the_twelve_is_a_page_and_those_filled_in_outside_a_workbook(documents):
    for kind, form in FORMS.items():
        assert f"{kind}.html" in documents
        assert (f"{kind}.xlsx" in documents) is form.is_filled_in_outside
    assert sum(name.endswith(".html") for name in documents) == 12
    assert all(path.is_file() for path in documents.values())


def test_each_page_is_self_contained_light_and_holds_no_script(documents):
    for path in documents.values():
        if path.suffix == ".html":
            page = path.read_text("utf-8")
            assert "default-src 'none'" in page
            assert '<html lang="en">' in page
            assert not re.search(r"<script|javascript:|https?://|/home/|/root/", page)
            assert len(page.encode()) < 100_000


def test_each_page_shows_number_date_issuer_approver_and_what_is_missing(documents):
    page = documents["corrective_action_sheet.html"].read_text("utf-8")
    for words in ("Lin Wei (buyer)", "Ada Obi (client)", "2026-10-07", "CAS-metal-promo"):
        assert words in page
    assert "MISSING: payer of the sort - agreed before work starts (R67)" in page
    assert 'class="answer answer-caution"' in page


@pytest.mark.browser
def test_each_document_opens_on_a_phone_on_a_desktop_and_prints_to_a4(documents, browser: Browser):
    pages = [path for path in documents.values() if path.suffix == ".html"]
    assert [complaint for page in pages for complaint in browser.complaints(page)] == []


@pytest.mark.browser
@pytest.mark.parametrize("kind", HOSTILE)
def test_a_document_with_hostile_text_everywhere_opens_without_complaint(
    kind, tmp_path, browser: Browser
):
    path = tmp_path / "hostile.html"
    path.write_text(render_document(document_with(HOSTILE[kind])), "utf-8")
    found = browser.complaints(path)
    if kind == "long":  # ten thousand letters do not fit on the first screen
        found = [complaint for complaint in found if "first screen" not in complaint]
    assert found == []


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_text_shows_as_text_in_a_page(kind):
    page = render_document(document_with(HOSTILE[kind]))
    assert "<img" not in page
    assert "<script" not in page
    assert page.count("</style>") == 1
    assert "\u202e" not in page
    assert "\x00" not in page
    assert page.encode("utf-8")
    if kind == "template":
        assert "{{7*7}}" in page
    if kind == "long":
        assert "x" * 10_000 in page


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_text_is_inert_in_a_workbook(kind, tmp_path):
    path = tmp_path / "document.xlsx"
    write_document_workbook(document_with(HOSTILE[kind]), path)
    sheet = openpyxl.load_workbook(path).active
    cells = [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s"}
    assert all(cell.number_format == "@" for cell in cells)
    for cell in cells:
        if cell.value.startswith(("=", "+", "-", "@")):
            assert cell.quotePrefix
    assert not re.search(r"<f[ >]|<hyperlink", everything_in(path))
    if kind not in ("right-to-left", "control", "halves"):
        assert HOSTILE[kind] in {cell.value for cell in cells}


def test_a_text_too_long_for_a_cell_is_cut_and_says_so(tmp_path):
    write_document_workbook(document_with("y" * (LONGEST_CELL + 1)), tmp_path / "d.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "d.xlsx").active
    longest = max((cell.value or "" for row in sheet.iter_rows() for cell in row), key=len)
    assert len(longest) == LONGEST_CELL
    assert longest.endswith("the whole text is in the HTML document)")


def test_a_hostile_case_gives_all_documents(tmp_path):
    case = read_case(CASES / "metal-promo-illustrative")
    text = "=1+1 <b>x</b> {{7*7}} ../../x"
    order = case.order.model_copy(update={"supplier": text, "product": text, "order_id": text})
    skus = case.skus.assign(product_family=text, finish=text)
    findings = case.findings.assign(defect_type=text, photo=text, place=text)
    files = written(
        replace(case, case_id=text, title=text, order=order, skus=skus, findings=findings),
        tmp_path / "out",
    )
    assert all(path.parent == tmp_path / "out" for path in files.values())
    assert sum(name.endswith(".html") for name in files) == 12
    for path in files.values():
        if path.suffix == ".html":
            assert "<b>x</b>" not in path.read_text("utf-8")


def with_costs():
    case = read_case(CASES / "metal-promo-illustrative")
    row = dict.fromkeys(case.corrective_actions)
    row |= {"action_id": "A1", "action_kind": "sorting", "description": "sort", "cost": 45671.23}
    actions = pd.DataFrame([row], dtype=object).astype(case.corrective_actions.dtypes)
    costs = pd.DataFrame({"cost": ["air freight"], "low": [98765.0], "high": [98765.0]})
    return replace(case, corrective_actions=actions), Decisions(costs=costs)


@pytest.mark.parametrize("audience", ["buyer", "factory"])
def test_design_7_no_byte_of_an_internal_cost_leaves_the_house(audience, tmp_path):
    case, decisions = with_costs()
    files = written(case, tmp_path, audience=audience, decisions=decisions)
    for path in files.values():
        text = everything_in(path).replace(",", "")
        assert not any(secret in text for secret in SECRETS), path.name


def test_design_7_the_internal_documents_hold_the_costs(tmp_path):
    case, decisions = with_costs()
    files = written(case, tmp_path, audience="internal", decisions=decisions)
    for name in ("corrective_action_sheet.html", "corrective_action_sheet.xlsx"):
        text = everything_in(files[name]).replace(",", "")
        assert all(secret in text for secret in SECRETS)


def test_r74_evidence_is_indexed_and_a_tampered_file_is_detected(tmp_path):
    folder = tmp_path / "evidence"
    (folder / "photos").mkdir(parents=True)
    (folder / "report-1.pdf").write_bytes(b"as sent")
    (folder / "photos" / "photo-1.jpg").write_bytes(b"pixels")
    (folder / "link").symlink_to(folder / "report-1.pdf")
    case = read_case(CASES / "metal-promo")
    files = written(case, tmp_path / "out", evidence_dir=folder)
    index = EvidenceIndex.from_csv(files["evidence.csv"].read_text("utf-8"))
    names = [file.name for file in index.files]
    assert [name for name in names if name.startswith("evidence/")] == [
        "evidence/photos/photo-1.jpg",
        "evidence/report-1.pdf",
    ]
    assert "case/case.yaml" in names

    def now():
        return [(file.name, file.sha256) for file in evidence_index(case, folder).files]

    assert index.changes(now()) == ()
    (folder / "report-1.pdf").write_bytes(b"as changed")
    assert index.changes(now()) == (EvidenceChange("evidence/report-1.pdf", "changed"),)
    with pytest.raises(NotADirectoryError, match="evidence_dir"):
        evidence_index(case, tmp_path / "nowhere")


def test_r83_each_control_file_is_written_as_text_that_reads_back(documents):
    names = sorted(name for name in documents if name.endswith(".yaml"))
    assert names == [
        "control_file_soft-enamel-pin.yaml",
        "control_file_struck-coin.yaml",
        "control_file_zinc-keychain.yaml",
    ]
    file = read_control_file(documents[names[0]].read_text("utf-8"))
    assert file.product_family == "soft-enamel-pin"


def test_two_concessions_are_two_documents(tmp_path):
    haze = {"sku": "struck-coin", "quantity": 600, "defect_type": "backside haze"}
    files = written(
        read_case(CASES / "metal-promo-illustrative"),
        tmp_path,
        decisions=Decisions(concessions=(haze, haze | {"quantity": 10})),
    )
    assert {"concession.html", "concession-2.html", "concession-2.xlsx"} <= files.keys()


def test_a_write_that_fails_leaves_the_older_workbook_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "document.xlsx"
    write_document_workbook(document_with("first"), path)
    before = path.read_bytes()

    def full_disk(self, target):
        Path(target).write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(document_workbook.Workbook, "save", full_disk)
    with pytest.raises(OSError, match="No space"):
        write_document_workbook(document_with("second"), path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_the_same_case_gives_the_same_pages(tmp_path):
    case = read_case(CASES / "metal-promo-illustrative")
    one, two = written(case, tmp_path / "1"), written(case, tmp_path / "2")
    for name, path in one.items():
        if path.suffix != ".xlsx":
            assert path.read_bytes() == two[name].read_bytes()

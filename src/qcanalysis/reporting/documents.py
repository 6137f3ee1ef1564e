"""The documents of a case on disk: print-ready pages, workbooks to fill in, evidence index."""

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

import qcanalysis
from qcanalysis.recovery.control.control_file import control_file_text
from qcanalysis.recovery.documents import (
    Context,
    Decisions,
    Document,
    FillIn,
    Issue,
    Missing,
    Party,
    documents_of_case,
)
from qcanalysis.recovery.documents.context import Audience, CaseRecord
from qcanalysis.recovery.documents.control_file_version import control_files_of
from qcanalysis.recovery.documents.evidence import EvidenceIndex
from qcanalysis.reporting import TEMPLATES
from qcanalysis.reporting.atomic import write_atomically
from qcanalysis.reporting.document_workbook import write_document_workbook
from qcanalysis.reporting.provenance import file_sha256
from qcanalysis.reporting.wording import State, visible_text

_BANNER: dict[str, tuple[State, str]] = {
    "complete": ("good", "Complete"),
    "incomplete": ("caution", "Incomplete"),
    "refused": ("bad", "Refused"),
}


def write_documents(
    case: CaseRecord,
    out_dir: Path,
    *,
    on: date,
    issuer: Party,
    approver: Party,
    audience: Audience = "buyer",
    decisions: Decisions | None = None,
    evidence_dir: Path | None = None,
) -> list[Path]:
    """Paths of all documents of a case, written to `out_dir` whole or not at all.

    Each of the twelve is a page; those that a factory or an inspector fills in are a workbook
    too. With them: each control file as YAML, and the evidence index ``evidence.csv``.

    Parameters
    ----------
    case : Case
        Case as `qcanalysis.records.read_case` gives it.
    out_dir : Path
        Folder, made if need be.
    on : date
        Date of the documents.
    issuer, approver : Party
        Who issues and who approves them (R90).
    audience : {"buyer", "factory", "internal"}
        Amounts of cost are written for ``internal`` only.
    decisions : Decisions, optional
        What was decided or computed beside the records.
    evidence_dir : Path, optional
        Folder of reports, photos and messages; each file enters the evidence index (R74).

    Raises
    ------
    OSError
        If a file cannot be written or a file of the evidence not be read.

    Examples
    --------
    >>> import tempfile
    >>> from qcanalysis.records import read_case
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     paths = write_documents(read_case("data/cases/metal-promo"), Path(folder),
    ...                             on=date(2026, 10, 7), issuer=Party("Lin Wei", "buyer"),
    ...                             approver=Party("Ada Obi", "client"))
    >>> sum(path.suffix == ".html" for path in paths)
    12
    """
    decided = decisions or Decisions()
    if decided.evidence is None:
        decided = replace(decided, evidence=evidence_index(case, evidence_dir))
    context = Context(case, Issue(on, issuer, approver, audience), decided)
    documents = documents_of_case(context)
    out_dir.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, document in zip(_distinct(d.kind for d in documents), documents, strict=True):
        paths.append(out_dir / f"{name}.html")
        write_atomically(paths[-1], render_document(document))
        if document.form.is_filled_in_outside:
            paths.append(out_dir / f"{name}.xlsx")
            write_document_workbook(document, paths[-1])
    files = control_files_of(context)
    names = _distinct(f"control_file_{_file_name(file.product_family)}" for file in files)
    for name, file in zip(names, files, strict=True):
        paths.append(out_dir / f"{name}.yaml")
        write_atomically(paths[-1], control_file_text(file))
    if decided.evidence is not None:
        paths.append(out_dir / "evidence.csv")
        write_atomically(paths[-1], decided.evidence.to_csv())
    return paths


def evidence_index(case: CaseRecord, evidence_dir: Path | None = None) -> EvidenceIndex:
    """Index of the files of a case and of a folder of evidence, each with its SHA-256 (R74).

    Parameters
    ----------
    case : Case
        Its own files are named ``case/...``.
    evidence_dir : Path, optional
        Folder searched with all below it; links are left out.

    Raises
    ------
    NotADirectoryError
        If there is no such folder.
    """
    files = [(f"case/{name}", sha256) for name, sha256 in case.files]
    if evidence_dir is not None:
        if not evidence_dir.is_dir():
            raise NotADirectoryError(f"evidence_dir must be a folder, got {evidence_dir}")
        files += [
            (f"evidence/{path.relative_to(evidence_dir).as_posix()}", file_sha256(path))
            for path in evidence_dir.rglob("*")
            if path.is_file() and not path.is_symlink()
        ]
    return EvidenceIndex.of(files)


def render_document(document: Document) -> str:
    """Page of a document: one self-contained file without script, for screen and A4."""
    state, label = _BANNER[document.standing]
    return _template().render(
        document=document,
        state=state,
        label=label,
        title=_visible(f"{document.form.title} {document.number}"),
        version=qcanalysis.__version__,
        style="".join(
            (TEMPLATES / folder).read_text("utf-8")
            for folder in ("qcreport/report.css", "document/document.css")
        ),
    )


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader([TEMPLATES / "document", TEMPLATES / "qcreport"]),
        autoescape=True,
        undefined=StrictUndefined,
    )
    environment.filters["visible"] = _visible
    environment.tests["gap"] = lambda value: isinstance(value, Missing)
    environment.tests["blank"] = lambda value: isinstance(value, FillIn)
    return environment.get_template("document.html.j2")


def _visible(text: str) -> str:
    """Text without marks that hide or turn it, and without halves of characters."""
    return visible_text(text).encode("utf-8", "replace").decode("utf-8")


def _file_name(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]+", "-", text)[:80]


def _distinct(names: Iterable[str]) -> list[str]:
    """Names, the second and later of the same name with its number."""
    given: list[str] = []
    for name in names:
        earlier = sum(other == name or other.startswith(f"{name}-") for other in given)
        given.append(name if not earlier else f"{name}-{earlier + 1}")
    return given

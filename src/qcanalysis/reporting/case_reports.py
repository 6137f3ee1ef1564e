"""All reports and documents of one case, and the index that opens with the case's state."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from qcanalysis.records import Case
from qcanalysis.recovery.documents import Party
from qcanalysis.recovery.gates.case_facts import CaseFacts
from qcanalysis.recovery.gates.case_state import CaseState, case_state
from qcanalysis.reporting.choices import Choices
from qcanalysis.reporting.documents import write_documents
from qcanalysis.reporting.index import write_index
from qcanalysis.reporting.kernels.warm import imported_modules, warm_kernels
from qcanalysis.reporting.notebook import Audience, find_notebook, read_notebook
from qcanalysis.reporting.outcomes import NotebookFailed
from qcanalysis.reporting.parameters import declared_parameters
from qcanalysis.reporting.runner import Report, run_notebook
from qcanalysis.reporting.wording import State

# The decision first, the evidence after.
CASE_NOTEBOOKS = (
    *("05_failed_inspection", "04_report_audit", "02_lot_defect_rate"),
    *("03_tightened_inspection", "06_reinspection", "08_control_file", "01_oc_curves"),
)
DOCUMENTS = "documents"
_TONE: Mapping[str, State] = {"held": "caution", "partly_released": "caution", "released": "good"}


@dataclass(frozen=True)
class Signatures:
    """Date of the documents, and who issues and approves them; None is not known (R90)."""

    on: date
    issuer: Party
    approver: Party


@dataclass(frozen=True)
class CaseReports:
    """What a run made of a case: index, reports, notebooks that failed, documents."""

    index: Path
    state: CaseState
    reports: tuple[Report, ...]
    failures: tuple[NotebookFailed, ...]
    documents: tuple[Path, ...]


def report_case(
    case: Case,
    case_dir: Path,
    out_dir: Path,
    *,
    now: datetime,
    signatures: Signatures,
    choices: Choices | None = None,
    audience: Audience = "buyer",
    operator: str | None = None,
) -> CaseReports:
    """Reports, documents and index of a case; a notebook that fails leaves the others.

    Parameters
    ----------
    case, case_dir
        The case, and where it was read from.
    out_dir
        Folder of the reports; documents lie in a folder of it.
    now
        Moment the gates and clocks are judged at, with its zone.
    signatures
        For the documents.
    choices
        What the buyer has decided; documents list the rest as missing.
    audience
        For whom; cells and amounts that are internal are left out for others.
    operator
        Who runs it, for the provenance.

    Returns
    -------
    Notebooks run in a few processes at a time; the index keeps their order.
    """
    chosen = choices or Choices()
    facts: dict[str, object] = {
        "case_dir": str(case_dir),
        "lot_size": case.order.quantity,
        "as_of": now.isoformat(),
    }
    if chosen.products:
        facts["decisions"] = chosen.products
    if chosen.control_files:
        facts["control_files"] = list(chosen.control_files)
    notebooks = [find_notebook(name) for name in CASE_NOTEBOOKS]
    modules = sorted({module for each in notebooks for module in imported_modules(each)})
    workers = min((os.cpu_count() or 1) + 1, len(notebooks))  # a kernel waits a part of its time
    with warm_kernels(modules) as zygote, ProcessPoolExecutor(workers) as pool:
        pending = [
            pool.submit(_report, each, facts, out_dir, audience, operator, zygote)
            for each in notebooks
        ]
        documents = write_documents(
            case,
            out_dir / DOCUMENTS,
            on=signatures.on,
            issuer=signatures.issuer,
            approver=signatures.approver,
            audience=audience,
            decisions=chosen.decisions(),
        )
        results = [each.result() for each in pending]
    state = case_state(case.events, CaseFacts.of(case), now=now)
    index = write_index(
        out_dir,
        results,
        heading=case.title,
        summary=case.note or "",
        case_state=("good" if state.is_cancelled else _TONE[state.status], state.headline),
        documents=documents,
    )
    return CaseReports(
        index,
        state,
        tuple(result for result in results if isinstance(result, Report)),
        tuple(result for result in results if isinstance(result, NotebookFailed)),
        tuple(documents),
    )


def _report(
    notebook: Path,
    facts: Mapping[str, object],
    out_dir: Path,
    audience: Audience,
    operator: str | None,
    zygote: str | None,
) -> Report | NotebookFailed:
    names = {parameter.name for parameter in declared_parameters(read_notebook(notebook))}
    try:
        return run_notebook(
            notebook,
            parameters={name: value for name, value in facts.items() if name in names},
            out_dir=out_dir,
            audience=audience,
            operator=operator,
            progress=sys.stderr,
            zygote=zygote,
        )
    except NotebookFailed as failure:
        return failure

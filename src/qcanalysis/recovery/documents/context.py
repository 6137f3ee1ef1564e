"""What documents are made from: a case, who issues when, and what was decided or computed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any, Literal, Protocol

import pandas as pd

from qcanalysis.recovery.control.control_file import ControlFile
from qcanalysis.recovery.documents.document import FORMS, Cell, Document, Kind, Part, Party, stated
from qcanalysis.recovery.documents.evidence import EvidenceIndex
from qcanalysis.recovery.gates.carton_ranges import CartonSet
from qcanalysis.recovery.gates.case_facts import CaseFacts
from qcanalysis.recovery.reinspection.final_confirmations import FinalConfirmations
from qcanalysis.recovery.reinspection.reverse_check import ReverseCheckPlan
from qcanalysis.recovery.rows import rows_of

Audience = Literal["buyer", "factory", "internal"]
UNKNOWN_PARTY, NO_CARTONS = Party(), CartonSet()
USUAL_AQL_PERCENT: Mapping[str, float] = {"major": 2.5, "minor": 4.0}


class CaseRecord(Protocol):
    """Case as the records hand it out: header sections and frames."""

    @property
    def case_id(self) -> str: ...  # noqa: D102
    @property
    def title(self) -> str: ...  # noqa: D102
    @property
    def is_illustrative(self) -> bool: ...  # noqa: D102
    @property
    def order(self) -> Any: ...  # noqa: D102
    @property
    def schedule(self) -> Any: ...  # noqa: D102
    @property
    def contract(self) -> Any: ...  # noqa: D102
    @property
    def money(self) -> Any: ...  # noqa: D102
    @property
    def skus(self) -> pd.DataFrame: ...  # noqa: D102
    @property
    def lots(self) -> pd.DataFrame: ...  # noqa: D102
    @property
    def cartons(self) -> pd.DataFrame: ...  # noqa: D102
    @property
    def inspections(self) -> pd.DataFrame: ...  # noqa: D102
    @property
    def class_results(self) -> pd.DataFrame: ...  # noqa: D102
    @property
    def findings(self) -> pd.DataFrame: ...  # noqa: D102
    @property
    def specification(self) -> pd.DataFrame: ...  # noqa: D102
    @property
    def events(self) -> pd.DataFrame: ...  # noqa: D102
    @property
    def payments(self) -> pd.DataFrame: ...  # noqa: D102
    @property
    def corrective_actions(self) -> pd.DataFrame: ...  # noqa: D102
    @property
    def files(self) -> tuple[tuple[str, str], ...]: ...  # noqa: D102


@dataclass(frozen=True)
class Issue:
    """Under whose name, on which date and for whom documents are issued.

    Attributes
    ----------
    on
        Date of the documents; also the day on which due items are judged overdue.
    issuer, approver
        Who issues and who approves them (R90).
    audience
        Amounts of cost are in documents for ``internal`` only.
    """

    on: date
    issuer: Party = UNKNOWN_PARTY
    approver: Party = UNKNOWN_PARTY
    audience: Audience = "buyer"


@dataclass(frozen=True, eq=False)
class Decisions:
    """What the records do not hold: decisions taken, and results of other computations.

    Attributes
    ----------
    usual_aql_percent, reinspection_aql_percent
        AQL by defect class [percent]: of the order, and of the re-inspection.
    ways_out
        Way out chosen, in words, by product.
    conditions
        Conditions of the answer to the supplier.
    concessions
        Concessions to be signed, in the columns of the table ``events``.
    supervisor
        Who supervises the rework.
    monitoring
        How the work is followed: agent on site, photos, video, checklist (R61).
    confirmations
        The four confirmations of the final inspection (R81).
    accepted, blocked
        Cartons of a partial release; `blocked` None: all others.
    costs
        Result of `qcanalysis.recovery.ways_out.cost.cost_table`.
    evidence
        Index of the files kept for a dispute.
    seed
        Seed of the carton draw of the re-inspection; keep it from the factory.
    next_inspector
        Inspector of the re-inspection (R60).
    reverse_check
        Plan that checks a claimed sort (R76).
    control_files, earlier_control_files
        Control files by product family, and the versions before.
    """

    usual_aql_percent: Mapping[str, float] = field(default_factory=lambda: USUAL_AQL_PERCENT)
    reinspection_aql_percent: Mapping[str, float] = field(default_factory=dict)
    ways_out: Mapping[str, str] = field(default_factory=dict)
    conditions: tuple[str, ...] = ()
    concessions: tuple[Mapping[str, Any], ...] = ()
    supervisor: Party = UNKNOWN_PARTY
    monitoring: tuple[str, ...] = ()
    confirmations: FinalConfirmations | None = None
    accepted: CartonSet = NO_CARTONS
    blocked: CartonSet | None = None
    costs: pd.DataFrame | None = None
    evidence: EvidenceIndex | None = None
    seed: int | None = None
    next_inspector: str | None = None
    reverse_check: ReverseCheckPlan | None = None
    control_files: tuple[ControlFile, ...] = ()
    earlier_control_files: tuple[ControlFile, ...] = ()


@dataclass(frozen=True, eq=False)
class Context:
    """A case, the issue and the decisions: all that a document is made from."""

    case: CaseRecord
    issue: Issue
    decisions: Decisions = field(default_factory=Decisions)

    @cached_property
    def skus(self) -> list[dict[str, Any]]:
        """Order lines."""
        return rows_of(self.case.skus)

    @cached_property
    def events(self) -> list[dict[str, Any]]:
        """Event log in its order."""
        return rows_of(self.case.events)

    @cached_property
    def lines(self) -> list[dict[str, Any]]:
        """Specification lines."""
        return rows_of(self.case.specification)

    @cached_property
    def actions(self) -> list[dict[str, Any]]:
        """Lines of the corrective action table."""
        return rows_of(self.case.corrective_actions)

    @cached_property
    def failed_visit(self) -> dict[str, Any]:
        """First visit that was reported as not accepted, or else the first visit."""
        visits = rows_of(self.case.inspections)
        failed = [visit for visit in visits if visit["reported_result"] == "not_accepted"]
        return (failed or visits)[0]

    @cached_property
    def findings(self) -> list[dict[str, Any]]:
        """Findings of the failed visit."""
        visit = self.failed_visit["inspection_id"]
        return [row for row in rows_of(self.case.findings) if row["inspection_id"] == visit]

    @cached_property
    def facts(self) -> CaseFacts:
        """Facts of the case as the gates weigh them."""
        return CaseFacts.of(self.case)

    def last(self, *kinds: str) -> dict[str, Any]:
        """Last entry of these kinds in the log; an empty mapping if there is none."""
        return next((row for row in reversed(self.events) if row["event"] in kinds), {})

    def last_stated(self, column: str) -> Any:
        """Last value that the log states in a column; None if it states none."""
        values = (row[column] for row in reversed(self.events) if row.get(column) is not None)
        return next(values, None)

    def number(self, kind: Kind) -> str:
        """Number of the document: as the log has it, or else prefix, case and 1."""
        logged = [r["document"] for r in self.events if r.get("document_kind") == kind]
        known = [number for number in logged if number]
        return known[-1] if known else f"{FORMS[kind].prefix}-{self.case.case_id}-1"

    def quantity(self, sku: str) -> Cell:
        """Pieces ordered of a product, as text."""
        ordered = next((row["quantity"] for row in self.skus if row["sku"] == sku), None)
        return stated(ordered, f"pieces ordered of {sku}", "R01")

    def document(
        self,
        kind: Kind,
        *parts: Part,
        signatories: tuple[str, ...] = ("buyer",),
        refusals: tuple[str, ...] = (),
        number: str = "",
    ) -> Document:
        """Document of these parts under the names and the date of the issue."""
        return Document(
            kind=kind,
            number=number or self.number(kind),
            on=self.issue.on,
            case_title=self.case.title,
            is_illustrative=self.case.is_illustrative,
            issuer=self.issue.issuer,
            approver=self.issue.approver,
            parts=parts,
            signatories=signatories,
            refusals=refusals,
        )

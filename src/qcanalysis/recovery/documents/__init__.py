"""The twelve documents of a failed inspection, each with its mandatory parts (section 5)."""

from __future__ import annotations

from qcanalysis.recovery.documents.concession import concession_records
from qcanalysis.recovery.documents.context import (
    Context,
    Decisions,
    Issue,
)
from qcanalysis.recovery.documents.control_file_version import control_file_version
from qcanalysis.recovery.documents.corrective_action_request import corrective_action_request
from qcanalysis.recovery.documents.document import FORMS, Document, FillIn, Missing, Part, Party
from qcanalysis.recovery.documents.intake import hold_notice, report_audit_sheet
from qcanalysis.recovery.documents.reinspection_plan import reinspection_plan
from qcanalysis.recovery.documents.release import final_record, partial_release_note
from qcanalysis.recovery.documents.respecification import respecification_sheet
from qcanalysis.recovery.documents.supplier_letter import supplier_letter
from qcanalysis.recovery.documents.work_orders import corrective_action_sheet, rework_instruction

__all__ = [
    "FORMS",
    "Context",
    "Decisions",
    "Document",
    "FillIn",
    "Issue",
    "Missing",
    "Part",
    "Party",
    "documents_of_case",
]


def documents_of_case(context: Context) -> tuple[Document, ...]:
    """All twelve documents of a case, in the order in which they are needed.

    What the record does not hold is listed in each as missing; nothing is made up. A case with
    several concessions has a record of each.
    """
    return (
        hold_notice(context),
        report_audit_sheet(context),
        respecification_sheet(context),
        corrective_action_sheet(context),
        rework_instruction(context),
        corrective_action_request(context),
        *concession_records(context),
        reinspection_plan(context),
        partial_release_note(context),
        final_record(context),
        supplier_letter(context),
        control_file_version(context),
    )

"""Closed vocabularies of the records: the words a cell may hold where the schema names a choice."""

from typing import Literal

DefectClass = Literal["critical", "major", "minor"]
FaultKind = Literal["cosmetic", "functional", "measurement", "safety"]
AppearanceZone = Literal["zero_defect", "controlled_cosmetic", "non_appearance"]
Repairability = Literal["repairable", "irreparable"]
CountedPer = Literal["item", "lot", "carton"]
CountingBasis = Literal["defects", "defectives"]
UnitClassRule = Literal["worst_defect", "every_class"]

Severity = Literal["normal", "tightened", "reduced"]
InspectionLevel = Literal["I", "II", "III", "S-1", "S-2", "S-3", "S-4"]
CodeLetter = Literal[
    "A", "B", "C", "D", "E", "F", "G", "H", "J", "K", "L", "M", "N", "P", "Q", "R", "S"
]  # fmt: skip
SamplingType = Literal["single", "double", "multiple"]
InspectionResult = Literal["accepted", "not_accepted", "pending"]
InspectionKind = Literal[
    "pre_production", "during_production", "pre_shipment", "reinspection", "container_loading"
]
PerformedBy = Literal["third_party", "buyer", "factory"]

Treatment = Literal["untouched", "sorted", "reworked", "remade", "conceded"]
PackingMode = Literal["bulk", "one_piece_bag", "tissue", "tray"]
Transport = Literal["sea", "air", "rail", "road"]

Role = Literal[
    "buyer",
    "client",
    "factory",
    "line_supervisor",
    "inspector",
    "sourcing_agent",
    "forwarder",
    "warehouse",
]
Payer = Literal["buyer", "factory", "split"]
PaymentKind = Literal["deposit", "balance", "reinspection", "rework", "other"]
ActionKind = Literal[
    "acknowledgement",
    "root_cause",
    "corrective_plan",
    "process_change",
    "sorting",
    "parts",
    "rework",
    "remake",
    "repacking",
    "reinspection",
    "other",
]
DocumentKind = Literal[
    "inspection_report",
    "hold_notice",
    "report_audit",
    "respecification",
    "corrective_action_sheet",
    "rework_instruction",
    "corrective_action_request",
    "concession",
    "reinspection_plan",
    "partial_release_note",
    "final_record",
    "supplier_letter",
    "control_file",
]
EventKind = Literal[
    "report_received",
    "hold_placed",
    "report_audited",
    "respecification_issued",
    "answer_sent",
    "answer_received",
    "corrective_action_agreed",
    "rework_authorised",
    "rework_refused",
    "rework_started",
    "rework_finished",
    "remake_approved",
    "remake_finished",
    "sorting_finished",
    "concession_signed",
    "reinspection_booked",
    "reinspection_passed",
    "reinspection_failed",
    "partial_release_signed",
    "cartons_released",
    "final_record_signed",
    "booking_released",
    "balance_requested",
    "balance_paid",
    "order_cancelled",
]

from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pandas as pd
import pytest

from qcanalysis.records import read_case
from qcanalysis.recovery.control.control_file import (
    PastConcession,
    revised,
    sample_control_file,
)
from qcanalysis.recovery.documents import (
    FORMS,
    Context,
    Decisions,
    Issue,
    Missing,
    Party,
    documents_of_case,
)
from qcanalysis.recovery.documents.concession import concession_record, concession_records
from qcanalysis.recovery.documents.control_file_version import (
    control_file_version,
    draft_control_file,
)
from qcanalysis.recovery.documents.corrective_action_request import (
    corrective_action_request,
    item_state,
    process_changes,
)
from qcanalysis.recovery.documents.document import FillIn, Table
from qcanalysis.recovery.documents.evidence import EvidenceIndex
from qcanalysis.recovery.documents.intake import hold_notice, report_audit_sheet
from qcanalysis.recovery.documents.reinspection_plan import reinspection_plan
from qcanalysis.recovery.documents.release import CONFIRMATIONS, final_record, partial_release_note
from qcanalysis.recovery.documents.respecification import SEVEN_PARTS, respecification_sheet
from qcanalysis.recovery.documents.supplier_letter import (
    ReferencedClaim,
    judging_words_in,
    supplier_letter,
)
from qcanalysis.recovery.documents.work_orders import corrective_action_sheet, rework_instruction
from qcanalysis.recovery.gates.carton_ranges import CartonSet
from qcanalysis.recovery.reinspection.final_confirmations import FinalConfirmations

CASES = Path(__file__).parents[2] / "data" / "cases"
BARE, FULL = (read_case(CASES / name) for name in ("metal-promo", "metal-promo-illustrative"))
ISSUE = Issue(date(2026, 10, 7), Party("Lin Wei", "buyer"), Party("Ada Obi", "client"))
WAYS_OUT = {"soft-enamel-pin": "sort", "zinc-keychain": "rework", "struck-coin": "accept"}
COIN_HAZE = {
    "sku": "struck-coin",
    "quantity": 600,
    "first_carton_no": "111",
    "last_carton_no": "116",
    "defect_type": "backside haze",
    "remedy": "credit note of 5 % on these pieces",
    "photo": "IMG-0036",
    "standard_is_unchanged": True,
    "excludes_future_runs": True,
}


def context(case=FULL, *, issue=ISSUE, **decisions):
    return Context(case, issue, Decisions(**decisions))


def with_rows(case, table, *rows):
    """Case with rows added to a table, of the dtypes that the table has."""
    frame = getattr(case, table)
    added = pd.DataFrame([{name: row.get(name) for name in frame} for row in rows])
    grown = pd.concat([frame.astype(object), added.astype(object)], ignore_index=True)
    return replace(case, **{table: grown.astype(frame.dtypes)})


def changed(case, table, column, value, where=None):
    frame = getattr(case, table).copy()
    rows = slice(None) if where is None else frame[where[0]].eq(where[1]).fillna(False)
    frame.loc[rows, column] = value
    return replace(case, **{table: frame})


def section(case, name, **facts):
    return replace(case, **{name: getattr(case, name).model_copy(update=facts)})


def part(document, title):
    return next(part for part in document.parts if part.title == title)


def facts(document, title):
    return dict(part(document, title).facts)


def rows(document, title, table=0):
    shown: Table = part(document, title).tables[table]
    return [dict(zip(shown.columns, row, strict=True)) for row in shown.rows]


def missing(document):
    return {(gap.datum, gap.rule) for gap in document.missing}


PARTS = {
    "hold_notice": ["What is held", "Quarantine register"],
    "report_audit": ["Verdict recomputed", "Results as stated", "Questions to the agency"],
    "respecification": [*SEVEN_PARTS],
    "corrective_action_sheet": ["Six fields agreed before work", "Cost lines and payers"],
    "rework_instruction": ["Order", "Work, in this order", "How the work is followed"],
    "corrective_action_request": ["What is asked", "Process changes by product"],
    "concession": ["What is conceded", "Statements"],
    "reinspection_plan": [
        *("Lots by treatment", "Plan by lot and class", "Cartons to open", "Checklists"),
        *("Reverse check of the sort", "Pack-out, by carton"),
    ],
    "partial_release_note": ["Cartons"],
    "final_record": ["Four confirmations", "Results"],
    "supplier_letter": ["What was found", "Way out", "Conditions", "Answer"],
    "control_file": ["struck-coin, version 1"],
}


@pytest.mark.parametrize("case", [BARE, FULL], ids=["bare", "illustrative"])
def test_section_5_all_twelve_documents_with_their_parts_for_any_case(case):
    documents = documents_of_case(context(case))
    assert [document.kind for document in documents] == list(FORMS) == list(PARTS)
    for document in documents:
        titles = [part.title for part in document.parts]
        assert [title for title in titles if title in PARTS[document.kind]] == PARTS[document.kind]
        assert document.number
        assert all(any(True for _ in part.cells) or part.tables for part in document.parts)


def test_nothing_is_invented_for_the_bare_case():
    for document in documents_of_case(context(BARE)):
        assert document.standing == (
            "complete" if document.kind == "report_audit" else "incomplete"
        )
        assert all(str(gap).startswith("MISSING: ") for gap in document.missing)
        assert all(gap.rule for gap in document.missing)


def test_r90_each_document_names_issuer_and_approver_with_their_roles():
    for document in documents_of_case(context()):
        assert dict(document.heading)["Issuer"] == "Lin Wei (buyer)"
        assert dict(document.heading)["Approver"] == "Ada Obi (client)"
        assert dict(document.heading)["Date"] == "2026-10-07"
    nameless = context(issue=Issue(date(2026, 10, 7), Party("Lin Wei", None)))
    for document in documents_of_case(nameless):
        assert {("role of the issuer", "R90"), ("name and role of the approver", "R90")} <= missing(
            document
        )


def test_documents_carry_the_number_that_the_log_gives_them():
    assert hold_notice(context()).number == "H-001"
    assert supplier_letter(context()).number == "L-metal-promo-illustrative-1"


def test_r05_the_hold_notice_holds_the_five_keys_for_every_carton():
    notice = hold_notice(context())
    assert notice.standing == "complete"
    first = rows(notice, "Quarantine register")[0]
    assert first == {
        "Product": "soft-enamel-pin",
        "Production date": "2026-09-11",
        "Lot": "001",
        "Plating batch": "PB-0911",
        "Assembly line": "A1",
        "Cartons": "001 to 010",
        "Pieces": "2,000",
        "Place": "not stated",
    }
    assert facts(notice, "What is held")["Held since"].startswith("2026-10-06 10:10")


def test_r05_goods_in_no_registered_carton_are_listed_as_missing_their_keys():
    half = replace(FULL, cartons=FULL.cartons.iloc[1:].reset_index(drop=True))
    notice = hold_notice(context(half))
    assert ("carton ranges of soft-enamel-pin", "R05") in missing(notice)
    assert rows(notice, "Quarantine register")[-1]["Pieces"] == "2,000"
    no_batch = changed(FULL, "cartons", "plating_batch", pd.NA, ("first_carton_no", "019"))
    assert missing(hold_notice(context(no_batch))) == {
        ("plating batch of cartons 019 to 028", "R05")
    }


def test_t1_the_audit_sheet_says_that_the_stated_limits_are_not_those_of_the_usual_aqls():
    sheet = report_audit_sheet(context(BARE))
    sentence = part(sheet, "Verdict recomputed").sentences[0]
    assert "not AQL 2.5/4.0" in sentence
    assert rows(sheet, "The same counts at the usual AQLs")[0]["Ac"] == "14"
    assert any("sample" in row["Datum"] for row in rows(sheet, "What the report leaves out"))
    assert "How many pieces were inspected, for each product?" in (
        part(sheet, "Questions to the agency").sentences
    )


def test_r13_r19_the_audit_sheet_lists_findings_without_photo_sample_or_reference():
    gaps = rows(report_audit_sheet(context()), "Findings that would not stand in a dispute")
    assert {row["Rule"] for row in gaps} == {"R13", "R19"}
    assert len([row for row in gaps if row["Defect"] == "backside haze"]) == 11


def test_r21_the_respecification_is_due_24_h_after_the_report_in_the_reports_own_zone():
    clock = facts(respecification_sheet(context()), "Clock")
    assert clock["Report received"] == "2026-10-06 17:30+08:00"
    assert clock["Respecification due"] == "2026-10-07 17:30+08:00"
    assert clock["Hard alarm"] == "2026-10-08 17:30+08:00"
    assert ("time of the report", "R21") in missing(respecification_sheet(context(BARE)))


def complete_respecification():
    case = FULL
    for column, value in {
        "viewing_distance_cm": 30,
        "illuminance_min_lux": 800,
        "illuminance_max_lux": 1000,
    }.items():
        case = changed(case, "specification", column, value)
    for spec_id in ("PIN-09", "PIN-10"):
        case = changed(case, "specification", "max_count", 0, ("spec_id", spec_id))
    at = {"event_id": "E9", "at": datetime.fromisoformat("2026-10-07T09:00Z")}
    entry = at | {"event": "report_audited", "reinspection_on": datetime(2026, 10, 15)}
    case = with_rows(case, "events", entry | {"release_trigger": "re-inspection passed"})
    return context(case, ways_out=WAYS_OUT, reinspection_aql_percent={"major": 1.0, "minor": 2.5})


def test_r21_a_respecification_with_all_seven_parts_is_complete():
    sheet = respecification_sheet(complete_respecification())
    assert sheet.missing == ()
    assert sheet.standing == "complete"
    dispositions = rows(sheet, "Quantity disposition")
    assert dispositions[0]["Untouched"] == dispositions[0]["Ordered"] == "8,000"


@pytest.mark.parametrize(
    ("column", "field"),
    [
        ("place", "place"),
        ("upper_limit", "size"),
        ("illuminance_min_lux", "light"),
        ("method", "gauge"),
        ("defect_class", "class"),
    ],
)
def test_r22_a_line_without_one_of_the_five_fields_is_missing_it(column, field):
    base = complete_respecification()
    case = changed(base.case, "specification", column, pd.NA, ("spec_id", "COIN-01"))
    sheet = respecification_sheet(replace(base, case=case))
    assert (f"{field} of line COIN-01", "R22") in missing(sheet)
    assert sheet.standing == "incomplete"


def test_r22_a_line_looser_than_the_purchase_order_refuses_the_sheet():
    base = complete_respecification()
    case = changed(base.case, "specification", "upper_limit", 3.5, ("spec_id", "PIN-08"))
    sheet = respecification_sheet(replace(base, case=case))
    assert sheet.standing == "refused"
    assert sheet.refusals[0].startswith("line PIN-08: upper limit is 3.5 mm, looser than 3 mm")


def test_r31_wording_that_cannot_be_inspected_is_shown_with_the_measurable_form():
    case = changed(FULL, "specification", "characteristic", "no scratches", ("spec_id", "COIN-01"))
    wording = rows(respecification_sheet(context(case)), "Wording to mend")
    vague = next(row for row in wording if row["Found"] == "no scratches")
    assert "0.50 mm" in vague["Write instead"]


def test_r23_to_r30_the_bare_case_is_given_lines_to_start_from_as_a_proposal():
    sheet = respecification_sheet(context(BARE))
    proposed = rows(sheet, "Lines to start from")
    sizes = {row["Characteristic"]: row["Size"] for row in proposed}
    assert sizes["scratch length"] == "at most 0.5 mm"
    assert sizes["jump ring pull force"] == Missing("limit of jump ring pull force", "R28")
    assert "Nobody has agreed" in part(sheet, "Lines to start from").sentences[0]


def test_r27_only_lines_that_a_product_meets_are_proposed_for_it():
    case = replace(FULL, specification=FULL.specification.iloc[:0])
    proposed = rows(respecification_sheet(context(case)), "Lines to start from")
    cards = [row for row in proposed if row["Characteristic"] == "card placement"]
    assert [(row["Products"], row["Size"]) for row in cards] == [
        ("soft-enamel-pin", "from -2 to 2 mm"),
        ("zinc-keychain", "from -3 to 3 mm"),
    ]


def agreed_case(**without):
    """Case whose corrective action sheet is agreed in all its fields, but for `without`."""
    actions = {
        "sorting": {"payer": "factory", "cost": 431.17},
        "parts": {"payer": "factory"},
        "reinspection": {"payer": "factory"},
        "remake": {"quantity": 300, "runs_in_parallel": True},
    }
    for kind, column in without.items():
        actions[kind][column] = None
    lines = [
        {"action_id": f"A{n}", "action_kind": kind, "description": kind, **cells}
        for n, (kind, cells) in enumerate(actions.items(), start=1)
    ]
    entry = {"event_id": "E9", "at": datetime.fromisoformat("2026-10-07T09:00Z")}
    entry |= {"event": "report_audited", "release_trigger": "re-inspection passed"}
    entry |= {"reinspection_on": datetime(2026, 10, 15)}
    return with_rows(with_rows(FULL, "corrective_actions", *lines), "events", entry)


AQLS = {"major": 1.0, "minor": 2.5}


def test_r67_r15_a_corrective_action_sheet_with_its_fields_is_complete():
    sheet = corrective_action_sheet(context(agreed_case(), reinspection_aql_percent=AQLS))
    assert sheet.standing == "complete"
    assert facts(sheet, "Six fields agreed before work") == {
        "Payer of the sort": "factory",
        "Payer of the parts": "factory",
        "Payer of the re-inspection": "factory",
        "Pieces remade": "300",
        "Remake runs in parallel": "yes",
        "Trigger for partial shipment": "re-inspection passed",
    }


@pytest.mark.parametrize(
    ("without", "datum"),
    [
        ({"sorting": "payer"}, "payer of the sort"),
        ({"parts": "payer"}, "payer of the parts"),
        ({"reinspection": "payer"}, "payer of the re-inspection"),
        ({"remake": "quantity"}, "pieces remade"),
        ({"remake": "runs_in_parallel"}, "remake runs in parallel"),
    ],
)
def test_r67_one_field_left_out_keeps_the_work_unauthorised(without, datum):
    sheet = corrective_action_sheet(context(agreed_case(**without), reinspection_aql_percent=AQLS))
    assert missing(sheet) == {(datum, "R67")}
    assert sheet.standing == "incomplete"


def test_r15_the_tightened_aql_is_fixed_before_work():
    sheet = corrective_action_sheet(context(agreed_case()))
    assert {rule for _, rule in missing(sheet)} == {"R15, R33"}


@pytest.mark.parametrize(
    ("terms", "payer"),
    [
        ({"reinspection_payer": "factory"}, "factory"),
        ({"specification_changed_after_approval": False}, "factory, claimed"),
        ({"specification_changed_after_approval": True}, "split, claimed"),
        ({"specification_is_measurable": None}, None),
    ],
)
def test_r68_r69_the_payer_of_the_visit_follows_the_clause_then_the_breach(terms, payer):
    clear = {"reinspection_payer": None, "specification_is_measurable": True}
    case = section(FULL, "contract", **{**clear, **terms})
    lines = {
        row["Cost"]: row["Payer"]
        for row in rows(corrective_action_sheet(context(case)), "Cost lines and payers")
    }
    shown = lines["third-party visit"]
    assert shown == payer if payer else isinstance(shown, Missing)


def test_r66_eight_cost_lines_each_with_its_payer_and_amounts_for_the_inside_only():
    costs = pd.DataFrame({"cost": ["air freight"], "low": [7654.0], "high": [9876.0]})
    shown = {}
    for audience in ("buyer", "factory", "internal"):
        sheet = corrective_action_sheet(
            context(agreed_case(), issue=replace(ISSUE, audience=audience), costs=costs)
        )
        shown[audience] = rows(sheet, "Cost lines and payers")
        assert len(shown[audience]) == 8
        assert all(row["Payer"] for row in shown[audience])
    inside = {row["Cost"]: row["Amount (internal)"] for row in shown["internal"]}
    assert inside["sort and rework labour"] == "431.17 USD"
    assert inside["air freight"] == "7,654 to 9,876 USD"
    assert not any("Amount (internal)" in row for row in shown["buyer"] + shown["factory"])


def test_r46_the_rework_instruction_cites_type_count_product_and_tolerance():
    deadline = datetime.fromisoformat("2026-10-14T18:00+08:00")
    case = section(FULL, "schedule", rework_deadline=deadline)
    instruction = rework_instruction(
        context(
            case,
            supervisor=Party("Chen", "line_supervisor"),
            monitoring=("progress photos every day",),
        )
    )
    order = facts(instruction, "Order")
    assert order["Standard to reach"] == "SPEC-004711 revision B"
    assert order["Supervised by"] == "Chen (line supervisor)"
    assert order["Deadline"] == "2026-10-14 18:00+08:00"
    ring = next(
        row
        for row in rows(instruction, "Work, in this order")
        if row["Defect"] == "jump ring opening"
    )
    found = FULL.findings[FULL.findings["defect_type"].eq("jump ring opening")]
    assert ring["Found"] == str(found["count"].sum())
    assert ring["Product"] == "zinc-keychain"
    assert ring["Tolerance"] == "ring gap at most 0.2 mm"


def test_r12_loose_rings_are_worked_on_before_haze():
    work = [row["Defect"] for row in rows(rework_instruction(context()), "Work, in this order")]
    assert work.index("jump ring opening") < work.index("backside haze")


def test_r18_an_irreparable_defect_is_not_for_rework():
    instruction = rework_instruction(context())
    work = {row["Defect"] for row in rows(instruction, "Work, in this order")}
    barred = {row["Defect"] for row in rows(instruction, "Work, in this order", table=1)}
    assert "front plating scratch" in barred - work


def test_r57_r61_r63_deadline_monitoring_and_hardware_facts_come_before_rework():
    gaps = missing(rework_instruction(context()))
    assert ("deadline of the rework", "R57") in gaps
    assert ("wire diameter for zinc-keychain", "R63") in gaps
    assert ("way in which the work is followed", "R61") in gaps


def test_r59_items_of_the_request_are_open_closed_or_overdue():
    item = {"due_on": datetime(2026, 10, 8), "closed_on": None}
    assert item_state(item, date(2026, 10, 8)) == "open"
    assert item_state(item, date(2026, 10, 9)) == "overdue"
    assert item_state(item | {"closed_on": datetime(2026, 10, 9)}, date(2026, 11, 9)) == "closed"
    assert item_state(item | {"due_on": None}, date(2099, 1, 1)) == "open"


def test_r59_the_request_asks_for_four_things_and_guides_who_has_no_iso_9001():
    request = corrective_action_request(context())
    asked = [row["Item"] for row in rows(request, "What is asked")]
    assert asked == ["Acknowledgement", "Root cause", "Corrective plan", "Time line"]
    assert "no ISO 9001" in part(request, "How to answer").sentences[0]
    assert ("whether the supplier holds ISO 9001", "R59") in missing(
        corrective_action_request(context(BARE))
    )


@pytest.mark.parametrize(
    ("family", "steps"),
    [
        ("soft-enamel-pin", ["die review", "line depth", "polish order", "rack", "handling"]),
        ("zinc-keychain", ["gate trim", "edge grind", "assembly control", "by hand or by jig"]),
        ("struck-coin", ["light, medium or dark"]),
    ],
)
def test_r62_process_changes_follow_the_product_family(family, steps):
    changes = process_changes(family)
    assert all(any(step in change for change in changes) for step in steps)
    shown = rows(corrective_action_request(context()), "Process changes by product")
    assert [row["Process step"] for row in shown if row["Product"] == family] == list(changes)
    assert all(isinstance(row["Change made"], FillIn) for row in shown)


def test_r62_a_family_without_a_template_is_missing_its_process_changes():
    case = changed(FULL, "skus", "product_family", "lanyard", ("sku", "struck-coin"))
    gaps = missing(corrective_action_request(context(case)))
    assert ("process changes for struck-coin (family lanyard)", "R62") in gaps


def test_r50_r51_a_concession_with_all_its_fields_is_complete():
    (record,) = concession_records(context(concessions=(COIN_HAZE,)))
    assert record.standing == "complete", record.verdict
    assert record.signatories == ("buyer", "factory")
    assert (
        "600 of 5,000 struck-coin are 12% of the line"
        in (part(record, "What follows").sentences[0])
    )
    assert part(record, "Statements").sentences[1] == (
        "It holds for this order only and not for future runs."
    )


@pytest.mark.parametrize("field", [name for name in COIN_HAZE if name != "last_carton_no"])
def test_r50_r51_a_concession_without_one_of_its_fields_is_not_complete(field):
    record = concession_record(context(), COIN_HAZE | {field: None})
    assert record.missing
    assert record.standing == "incomplete"


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"remedy": "minor cosmetic issues accepted"}, "R51"),
        ({"detail": "good quality otherwise"}, "R51"),
        ({"quantity": 5001}, "R51"),
        ({"quantity": 0}, "R51"),
        ({"sku": "mug"}, "R51"),
        ({"standard_is_unchanged": False}, "R50"),
        ({"excludes_future_runs": False}, "R51"),
        ({"sku": "soft-enamel-pin", "defect_type": "front plating scratch"}, "R39"),
    ],
)
def test_r51_r39_a_concession_that_would_not_hold_is_refused(change, rule):
    record = concession_record(context(), COIN_HAZE | change)
    assert record.standing == "refused"
    assert f"({rule})" in record.verdict


def test_r16_a_critical_failure_is_not_conceded():
    case = changed(FULL, "findings", "defect_class", "critical", ("finding_id", "F041"))
    case = changed(case, "findings", "sku", "struck-coin", ("finding_id", "F041"))
    assert "R16" in concession_record(context(case), COIN_HAZE).verdict


def test_r47_the_draw_is_repeated_by_its_seed_and_kept_from_the_factory():
    plans = [reinspection_plan(context(seed=seed)) for seed in (7, 7, 8)]
    drawn = [rows(plan, "Cartons to open", table=1) for plan in plans]
    assert drawn[0] == drawn[1] != drawn[2]
    assert facts(plans[0], "Cartons to open")["Seed"] == "7"
    hidden = reinspection_plan(context(seed=7, issue=replace(ISSUE, audience="factory")))
    assert part(hidden, "Cartons to open").tables == ()
    assert part(hidden, "Cartons to open").facts == ()


def test_r75_the_quantities_by_treatment_sum_to_the_order_line():
    split = with_rows(
        changed(FULL, "lots", "lot_size", 7000, ("lot_id", "001")),
        "lots",
        {"lot_id": "004", "sku": "soft-enamel-pin", "lot_size": 1000, "treatment": "sorted"},
    )
    (pins, *_) = rows(reinspection_plan(context(split)), "Lots by treatment")
    assert (pins["Untouched"], pins["Sorted"], pins["Ordered"]) == ("7,000", "1,000", "8,000")
    short = changed(FULL, "lots", "lot_size", 7000, ("lot_id", "001"))
    assert ("pieces of soft-enamel-pin by treatment", "R75") in missing(
        reinspection_plan(context(short))
    )


def test_r60_the_same_inspector_is_a_warning_not_a_bar():
    plan = reinspection_plan(context(next_inspector="I-07"))
    assert any(
        "I-07 made the failed visit too" in w for w in part(plan, "Warnings and notes").sentences
    )
    assert plan.refusals == ()


def test_r33_decided_aqls_replace_those_of_the_guide():
    plan = reinspection_plan(context(reinspection_aql_percent={"major": 1.5, "minor": 4.0}))
    major = next(row for row in rows(plan, "Plan by lot and class") if row["Judged on"] == "major")
    assert (major["n"], major["Ac"], major["AQL or LQ [%]"]) == ("200", "7", "1.5")
    proposed = reinspection_plan(context())
    assert any("Proposed at AQL" in s for s in part(proposed, "Plan by lot and class").sentences)


def test_r76_a_claimed_sort_needs_its_reverse_check():
    case = changed(FULL, "lots", "treatment", "sorted", ("lot_id", "001"))
    assert ("sample sizes of passed and rejected stock", "R76") in missing(
        reinspection_plan(context(case))
    )


COINS = CartonSet.between("111", "160")


def test_r53_r80_accepted_and_blocked_cartons_sum_to_each_order_line():
    note = partial_release_note(context(accepted=COINS | CartonSet.between("011", "018")))
    table = part(note, "Cartons").tables[0]
    for product, _, accepted, _, blocked, ordered in table.rows:
        pieces = [int(text.replace(",", "")) for text in (accepted, blocked, ordered)]
        assert pieces[0] + pieces[1] == pieces[2], product
    assert table.rows[0][1:5] == ("011 to 018", "1,600", "001 to 010, 019 to 040", "6,400")
    assert note.signatories == ("buyer", "factory")
    assert note.refusals == ()
    assert ("the audit of the report: understand, then negotiate (report_audited)", "R88") in (
        missing(note)
    )


@pytest.mark.parametrize(
    ("accepted", "blocked", "rule"),
    [
        (COINS, CartonSet.between("001", "111"), "R80"),
        (COINS, CartonSet.between("001", "109"), "R80"),
        (COINS | CartonSet.between("200", "201"), None, "R05"),
    ],
)
def test_r80_overlapping_left_out_or_unknown_cartons_are_refused(accepted, blocked, rule):
    note = partial_release_note(context(accepted=accepted, blocked=blocked))
    assert note.standing == "refused"
    assert f"({rule})" in note.verdict


def test_r80_a_signed_partial_release_gives_its_cartons():
    entry = {"event_id": "E9", "at": datetime.fromisoformat("2026-10-09T09:00Z")}
    entry |= {"event": "partial_release_signed", "sku": "struck-coin"}
    case = with_rows(FULL, "events", entry | {"first_carton_no": "111", "last_carton_no": "160"})
    note = partial_release_note(context(case))
    assert rows(note, "Cartons")[2]["Accepted cartons"] == "111 to 160"


def test_r16_goods_with_a_critical_failure_are_not_released_in_part():
    case = changed(FULL, "findings", "defect_class", "critical", ("finding_id", "F041"))
    case = changed(case, "findings", "sku", "struck-coin", ("finding_id", "F041"))
    assert "R16" in partial_release_note(context(case, accepted=COINS)).verdict


def reinspected(major_found=3, result="accepted"):
    visit = {
        "inspection_id": "RI-1",
        "inspection_kind": "reinspection",
        "inspector_id": "I-12",
        "inspected_on": datetime(2026, 10, 15),
        "report_reference": "R-2",
        "reported_result": result,
    }
    row = {"inspection_id": "RI-1", "sku": "soft-enamel-pin", "acceptance_number": 5}
    case = with_rows(FULL, "inspections", visit)
    case = with_rows(case, "class_results", row | {"defect_class": "major", "found": major_found})
    entry = {"event_id": "E9", "at": datetime.fromisoformat("2026-10-16T09:00Z")}
    return with_rows(case, "events", entry | {"event": "final_record_signed", "photo": "FR-1.zip"})


def confirmed(**answers):
    rows = [(name, answers.get(name.split()[0], "confirmed"), "basis") for name in CONFIRMATIONS]
    table = pd.DataFrame(rows, columns=["confirmation", "answer", "basis"])
    return FinalConfirmations(table, not answers, ())


FILES = [f"{kind}.pdf" for kind in ("report", "photo", "message", "terms", "dates", "outcome")]
EVIDENCE = EvidenceIndex.of([(name, "0" * 64) for name in FILES])


def test_r81_a_final_record_needs_all_four_pass_and_photos():
    record = final_record(context(reinspected(), confirmations=confirmed(), evidence=EVIDENCE))
    assert record.standing == "complete", record.verdict
    assert facts(record, "Re-inspection")["Marked"] == "Pass"
    assert facts(record, "Re-inspection")["Photos"] == "FR-1.zip"
    assert len(part(record, "Four confirmations").facts) == 4


def test_section_2_both_readings_of_resolved_are_reported():
    (row,) = rows(final_record(context(reinspected())), "Results")
    assert (row["Zero found"], row["Plan passed"]) == ("no", "yes")


@pytest.mark.parametrize("name", [name.split()[0] for name in CONFIRMATIONS])
@pytest.mark.parametrize(
    ("answer", "standing"), [("not confirmed", "refused"), ("cannot tell", "incomplete")]
)
def test_r81_each_confirmation_counts(name, answer, standing):
    given = confirmed(**{name: answer})
    record = final_record(context(reinspected(), confirmations=given, evidence=EVIDENCE))
    assert record.standing == standing


def test_r81_r04_a_failed_reinspection_gives_no_final_record():
    record = final_record(
        context(reinspected(6, "not_accepted"), confirmations=confirmed(), evidence=EVIDENCE)
    )
    assert record.standing == "refused"
    assert "6 major against Ac 5" in record.verdict


def test_r74_the_final_record_lists_the_evidence_and_what_is_not_kept():
    without = EvidenceIndex.of([(name, "0" * 64) for name in FILES[1:]])
    record = final_record(context(reinspected(), confirmations=confirmed(), evidence=without))
    assert missing(record) == {("photographed third-party report", "R74")}
    assert rows(record, "Evidence kept")[0]["SHA-256"] == "0" * 64


def letter(case=FULL, issue=ISSUE, **decisions):
    given = {"ways_out": WAYS_OUT, "conditions": ("Rings are closed by jig.",)} | decisions
    return supplier_letter(context(case, issue=issue, **given))


def test_r89_every_claim_of_the_letter_has_a_reference():
    claims = rows(letter(), "What was found")
    assert all(row["Reference"].strip() for row in claims)
    said = {row["Statement"]: row["Reference"] for row in claims}
    assert (
        said["soft-enamel-pin: 7 major in 200 pieces, acceptance number 5."] == "report R-2026-1005"
    )
    assert said["The re-inspection is paid by: factory."].startswith("clause 7.3")
    assert not any("backside haze" in statement for statement in said)


def test_r89_what_cannot_be_referred_to_is_not_claimed():
    bare = letter(BARE)
    assert part(bare, "What was found").tables == ()
    assert ("anything that can be claimed", "R89") in missing(bare)
    with pytest.raises(ValueError, match="R89"):
        ReferencedClaim("The goods are bad.", " ")


def test_r89_a_count_that_is_not_stated_is_not_made_up():
    case = changed(FULL, "findings", "count", pd.NA, ("defect_type", "jump ring opening"))
    said = [row["Statement"] for row in rows(letter(case), "What was found")]
    ring = next(statement for statement in said if "jump ring opening" in statement)
    assert "count not stated; the line asks: ring gap at most 0.2 mm" in ring
    assert any("card off position, 7 found" in statement for statement in said)


@pytest.mark.parametrize("field", ["ways_out", "conditions"])
def test_r89_a_letter_with_a_judging_word_is_refused(field):
    given = {
        "ways_out": {"ways_out": WAYS_OUT | {"struck-coin": "redo this sloppy work"}},
        "conditions": {"conditions": ("Your sloppy work ends.",)},
    }[field]
    assert "'sloppy' judges" in letter(**given).verdict
    assert letter().refusals == ()
    assert judging_words_in("POORLY made, badminton") == ("poor",)


def test_r58_the_letter_states_path_conditions_and_deadline_and_its_own_clock():
    due = datetime.fromisoformat("2026-10-10T18:00+08:00")
    sent = letter(section(FULL, "schedule", answer_due_at=due))
    assert facts(sent, "Way out") == WAYS_OUT
    assert facts(sent, "Answer") == {
        "Answer due": "2026-10-10 18:00+08:00",
        "This letter due": "2026-10-08 17:30+08:00",
    }
    assert ("deadline for the answer", "R58") in missing(letter())
    late = letter(issue=replace(ISSUE, on=date(2026, 10, 10)))
    assert facts(late, "Answer")["Overdue"] == "2 days after the 48 h of R58"


def test_r83_the_control_file_of_a_case_holds_what_the_case_states_only():
    file = draft_control_file(context(), "soft-enamel-pin")
    assert (file.finish, file.thickness) == ("gold", "from 1.4 to 1.6 mm")
    assert file.pack_out == "one piece bag, 20 pieces an inner, 10 inners a carton"
    assert set(file.missing) == {"artwork_revision", "material", "size", "attachment"}
    assert file.from_failure == "PSI-1"
    gaps = missing(control_file_version(context()))
    assert ("material of soft-enamel-pin", "R83") in gaps


def with_concession(file, concession):
    return revised(
        file,
        changed_on=ISSUE.on,
        change="concession recorded",
        why="conceded once",
        concession_history=(concession,),
        non_repeat_concessions=(concession.defect_type,),
    )


def test_r82_the_document_shows_what_changed_between_versions():
    old = sample_control_file("struck-coin")
    haze = PastConcession(defect_type="dark spot", quantity=600, order_id="PO-1")
    new = with_concession(old, haze)
    document = control_file_version(context(control_files=(new,), earlier_control_files=(old,)))
    shown = rows(document, "struck-coin: changes against the version before")
    assert {row["Field"] for row in shown} == {"concession history", "non repeat concessions"}
    assert document.refusals == ()


def test_r83_a_defect_conceded_before_refuses_the_next_version_until_it_is_answered():
    haze = PastConcession(defect_type="backside haze", quantity=600, order_id="PO-1")
    old = with_concession(sample_control_file("struck-coin"), haze)
    document = control_file_version(context(earlier_control_files=(old,)))
    assert document.standing == "refused"
    assert "backside haze was conceded once" in document.verdict


def test_r85_the_document_raises_the_flags_of_the_artwork():
    shown = rows(control_file_version(context()), "soft-enamel-pin: flags at artwork approval")
    assert [row["Flag"] for row in shown if row["Raised"] == "yes"] == ["fine text"]


HOSTILE = "=cmd|'/c calc'!A1 <img src=x onerror=alert(1)> {{7*7}} \u202egnp.exe"


def test_hostile_text_is_carried_through_as_it_is():
    case = changed(FULL, "findings", "defect_type", HOSTILE)
    documents = documents_of_case(context(section(case, "order", supplier=HOSTILE)))
    cells = [cell for d in documents for part in d.parts for cell in part.cells]
    assert HOSTILE in cells
    assert not any("49" in cell for cell in cells if isinstance(cell, str) and "7*7" in cell)

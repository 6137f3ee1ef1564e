"""Triage of findings: bucket, class by the rules, what cannot be assessed, order of work.

The class a report gives and the class the rules give are kept apart, and fault kind and class
are two facts: the kind alone decides nothing, but for safety, which is critical (R08).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import get_args

import pandas as pd

from qcanalysis.recovery.rows import Row, rows_of
from qcanalysis.recovery.specification.conformity import Conformity, judge_value
from qcanalysis.recovery.triage.buckets import BucketDecision, decide_bucket
from qcanalysis.recovery.triage.claims import Claim, known, label
from qcanalysis.recovery.triage.triage_rules import (
    Bucket,
    DefectClass,
    TriageRules,
    names_defect,
    triage_rules,
)

_CLASSES: tuple[DefectClass, ...] = get_args(DefectClass)  # gravest first
_VIEWING = ("viewing_distance_cm", "illuminance_lux")
_NOT_APPLICABLE = Claim(False, "")


@dataclass(frozen=True)
class TriagedFinding:
    """A finding with what the rules say of it, beside what the report says.

    Attributes
    ----------
    finding_id, sku, defect_type, fault_kind, appearance_zone, count
        From the finding.
    bucket, rule_id
        Bucket of R09 and the rule that decided it.
    measured_mm, limit_mm
        The number that fired the rule and the number it passed [mm].
    reported_class, assessed_class
        Class of the report, and the gravest of it and the rules' classes. Rules never lower it.
    visual_major, functional_major
        Answers of R10 and R11: yes, no, not assessable or not applicable.
    conformity
        Verdict of the finding's size by the specification line it names.
    counted_per
        ``item``, ``lot`` or ``carton``; only items enter the unit count (R29).
    rework_is_offered
        False for an irreparable defect (R18); None where repairability is not recorded.
    missing
        Columns that would settle what is not assessable.
    reason
        A sentence for the reader.
    """

    finding_id: str | None
    sku: str | None
    defect_type: str | None
    bucket: Bucket
    rule_id: str
    measured_mm: float | None
    limit_mm: float | None
    fault_kind: str | None
    reported_class: DefectClass | None
    assessed_class: DefectClass | None
    visual_major: str
    functional_major: str
    conformity: str
    appearance_zone: str | None
    count: int | None
    counted_per: str | None
    rework_is_offered: bool | None
    missing: tuple[str, ...]
    reason: str


def triage(
    findings: pd.DataFrame,
    inspections: pd.DataFrame | None = None,
    specification: pd.DataFrame | None = None,
    skus: pd.DataFrame | None = None,
    *,
    rules: TriageRules | None = None,
) -> pd.DataFrame:
    """Triaged findings, a row a finding in the given order.

    Parameters
    ----------
    findings
        Table of the records.
    inspections
        Gives viewing distance and illuminance where the finding has none.
    specification, skus
        Judge the size of findings that name a line; `skus` is for lines with a condition.
    rules
        Rules to go by; the packaged ones unless given.

    Returns
    -------
    Frame with the columns of `TriagedFinding`; ``missing`` is a text, names joined by commas.

    Examples
    --------
    >>> found = pd.DataFrame({"finding_id": ["F1", "F2"], "size_mm": [0.05, 0.06],
    ...     "defect_type": "burr on rim", "defect_class": "minor", "fault_kind": "cosmetic"})
    >>> triage(found)[["bucket", "assessed_class"]].values.tolist()
    [['visual_brand', 'minor'], ['safety', 'critical']]
    """
    rules = rules or triage_rules()
    lines = {} if specification is None else _by_key(specification, "spec_id")
    products = {} if skus is None else _by_key(skus, "sku")
    visits = {} if inspections is None else _by_key(inspections, "inspection_id")
    triaged = [
        triage_finding(
            _under_conditions(finding, visits.get(known(finding, "inspection_id"), {})),
            line=lines.get(known(finding, "spec_reference")),
            product=products.get(known(finding, "sku")),
            rules=rules,
        )
        for finding in rows_of(findings)
    ]
    frame = pd.DataFrame(
        [asdict(row) | {"missing": ", ".join(row.missing)} for row in triaged],
        columns=[field.name for field in fields(TriagedFinding)],
    )
    return frame.astype(_DTYPES)


_DTYPES = {
    **{field.name: "string" for field in fields(TriagedFinding)},
    **{"measured_mm": "Float64", "limit_mm": "Float64", "count": "Int64"},
    "rework_is_offered": "boolean",
}


def triage_finding(
    finding: Row,
    *,
    line: Row | None = None,
    product: Row | None = None,
    rules: TriageRules | None = None,
) -> TriagedFinding:
    """What the rules say of one finding.

    Parameters
    ----------
    finding
        Row of ``findings``, viewing conditions included.
    line, product
        The specification line it names, and its row of ``skus``.
    rules
        Rules to go by; the packaged ones unless given.

    Examples
    --------
    >>> triage_finding({"defect_type": "post off centre", "size_mm": 1.01}).assessed_class
    'major'
    """
    rules = rules or triage_rules()
    facts = _assess(finding, line, product, rules)
    decision = facts.decision
    by_rule = _classes_by_rule(facts, line, rules)
    reported = known(finding, "defect_class")
    claims = (decision.claim, facts.visual, facts.functional)
    return TriagedFinding(
        finding_id=known(finding, "finding_id"),
        sku=known(finding, "sku"),
        defect_type=known(finding, "defect_type"),
        bucket=decision.bucket,
        rule_id=decision.rule_id,
        measured_mm=known(finding, "size_mm") if decision.limit_mm is not None else None,
        limit_mm=decision.limit_mm,
        fault_kind=known(finding, "fault_kind"),
        reported_class=reported,
        assessed_class=gravest_class(reported, *by_rule),
        visual_major=_answer(facts.visual),
        functional_major=_answer(facts.functional),
        conformity=facts.conformity.verdict,
        appearance_zone=known(finding, "appearance_zone"),
        count=known(finding, "count"),
        counted_per=facts.counted_per,
        rework_is_offered={"repairable": True, "irreparable": False}.get(
            str(known(finding, "repairability"))
        ),
        missing=tuple(dict.fromkeys(name for claim in claims for name in claim.missing)),
        reason=_reason(facts, reported, by_rule),
    )


@dataclass(frozen=True)
class _Assessment:
    """What each rule says of a finding, before a class is drawn from it."""

    decision: BucketDecision
    counted_per: str | None
    visual: Claim
    functional: Claim
    conformity: Conformity


def _assess(finding: Row, line: Row | None, product: Row | None, rules: TriageRules) -> _Assessment:
    decision = decide_bucket(finding, rules)
    kind = known(finding, "fault_kind")
    counted_per = known(finding, "counted_per") or decision.counted_per
    visual = _NOT_APPLICABLE
    if counted_per != "lot" and (decision.bucket == "visual_brand" or kind == "cosmetic"):
        visual = rules.visual_rule.claim(finding)  # colour goes by the signed standard only (R29)
    return _Assessment(
        decision=decision,
        counted_per=counted_per,
        visual=visual,
        functional=_functional(finding, decision, kind, rules),
        conformity=_conformity(finding, line, product),
    )


def _by_key(frame: pd.DataFrame, key: str) -> dict[object, Row]:
    return {known(row, key): row for row in rows_of(frame)}


def _under_conditions(finding: Row, visit: Row) -> Row:
    """Finding with the viewing conditions of its visit where it states none of its own."""
    conditions = {
        name: known(finding, name) if known(finding, name) is not None else known(visit, name)
        for name in _VIEWING
    }
    return {**finding, **conditions}


def _functional(
    finding: Row, decision: BucketDecision, kind: str | None, rules: TriageRules
) -> Claim:
    """Claim of R11: can fail within one event cycle, or is past a number that stands for it."""
    column = "fails_within_one_use"
    fails = known(finding, column)
    if fails is not None and bool(fails):
        return Claim(True, "can fail within one event cycle")
    numbered = [
        rule.claim(finding)
        for rule in rules.bucket_rules
        if rule.rule_id == rules.functional_rule.rule_id and names_defect(rule.defect_type, finding)
    ]
    if numbered and decision.bucket != "safety":
        return numbered[0]
    if fails is not None:
        return Claim(False, "does not fail within one event cycle")
    if decision.bucket == "function" or kind == "functional":
        return Claim(None, f"{label(column)} is not recorded", (column,))
    return _NOT_APPLICABLE


def _conformity(finding: Row, line: Row | None, product: Row | None) -> Conformity:
    size = known(finding, "size_mm")
    if line is None or size is None:
        return Conformity("cannot tell", "", None, "")
    return judge_value(float(size), "mm", line, facts=product)


def _classes_by_rule(
    facts: _Assessment, line: Row | None, rules: TriageRules
) -> dict[DefectClass, str]:
    """Classes that rules give a finding, with the rule that gives each."""
    decision, visual, functional = facts.decision, rules.visual_rule, rules.functional_rule
    is_breach = facts.conformity.verdict == "does not conform"
    given: list[tuple[bool, DefectClass | None, str]] = [
        (decision.claim.holds is True, decision.defect_class, decision.rule_id),
        (facts.visual.holds is True, visual.defect_class, visual.rule_id),
        (facts.functional.holds is True, functional.defect_class, functional.rule_id),
        (is_breach, known(line or {}, "defect_class"), "its specification line"),
    ]
    classes: dict[DefectClass, str] = {}
    for applies, defect_class, rule_id in given:
        if applies and defect_class is not None:
            classes.setdefault(defect_class, rule_id)
    return classes


def gravest_class(*classes: DefectClass | None) -> DefectClass | None:
    """Gravest of some defect classes; None where none is stated.

    Examples
    --------
    >>> gravest_class("minor", None, "major")
    'major'
    """
    stated = [name for name in classes if name is not None]
    return min(stated, key=_CLASSES.index, default=None)


def _answer(claim: Claim) -> str:
    return "not applicable" if claim is _NOT_APPLICABLE else claim.word


def _reason(
    facts: _Assessment, reported: DefectClass | None, by_rule: dict[DefectClass, str]
) -> str:
    decision = facts.decision
    rule = f" ({decision.rule_id})" if decision.rule_id else ""
    parts = [f"{decision.bucket.replace('_', ' ')}{rule}: {decision.claim.reason}"]
    if facts.visual is not _NOT_APPLICABLE:
        parts.append(f"visual major {facts.visual.word}: {facts.visual.reason}")
    is_functional = decision.bucket == "function" or facts.functional.holds
    if is_functional and facts.functional.reason != decision.claim.reason:
        parts.append(f"functional major {facts.functional.word}: {facts.functional.reason}")
    if facts.conformity.reason:
        parts.append(f"specification line: {facts.conformity.reason.rstrip('.')}")
    if facts.counted_per in ("lot", "carton"):
        parts.append(f"judged on the {facts.counted_per}, outside the unit count (R29)")
    gravest = gravest_class(*by_rule)
    if gravest not in (None, reported) and gravest_class(reported, gravest) == gravest:
        said = f"reported {reported}" if reported else "no class reported"
        parts.append(f"{said}, {gravest} by {by_rule[gravest]}")
    return ". ".join(part[:1].upper() + part[1:] for part in parts) + "."

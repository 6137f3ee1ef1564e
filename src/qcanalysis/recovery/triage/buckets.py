"""Which of the four buckets a finding belongs to: safety, function, visual brand, pack-out."""

from __future__ import annotations

from dataclasses import dataclass

from qcanalysis.recovery.rows import Row
from qcanalysis.recovery.triage.claims import Claim, known
from qcanalysis.recovery.triage.triage_rules import (
    Bucket,
    BucketRule,
    DefectClass,
    TriageRules,
    names_defect,
)

WORK_ORDER: tuple[Bucket, ...] = ("safety", "function", "unassigned", "visual_brand", "pack_out")
"""Order of labour (R12); what no rule names may be a matter of function until someone looks."""

_BUCKET_OF_KIND: dict[str, Bucket] = {"cosmetic": "visual_brand", "functional": "function"}


@dataclass(frozen=True)
class BucketDecision:
    """Bucket of a finding and what decided it.

    Attributes
    ----------
    bucket, rule_id
        The bucket; the rule behind it, empty where none decided.
    claim
        Why; not assessable where the finding is in the bucket until a datum clears it.
    defect_class
        Class that comes with the bucket, where the source gives one.
    limit_mm
        Number of the rule [mm], where it has one.
    counted_per
        What one count of the defect stands for, where the rule says so.
    """

    bucket: Bucket
    rule_id: str
    claim: Claim
    defect_class: DefectClass | None = None
    limit_mm: float | None = None
    counted_per: str | None = None


def decide_bucket(finding: Row, rules: TriageRules) -> BucketDecision:
    """Gravest bucket that a rule fires for, or may fire for once a datum is known (R09).

    Parameters
    ----------
    finding
        Row of ``findings``.
    rules
        Rules to go by.

    Examples
    --------
    >>> from qcanalysis.recovery.triage.triage_rules import triage_rules
    >>> decide_bucket({"defect_type": "inverted barcode"}, triage_rules()).bucket
    'pack_out'
    """
    named = [
        (rule, rule.claim(finding))
        for rule in rules.bucket_rules
        if names_defect(rule.defect_type, finding)
    ]
    decisions = [_by_rule(rule, claim) for rule, claim in named if claim.holds is not False]
    decisions += _by_report(finding)
    if decisions:
        return min(decisions, key=lambda d: (WORK_ORDER.index(d.bucket), d.claim.holds is not True))
    within = "; ".join(claim.reason for _, claim in named)
    return _by_kind(known(finding, "fault_kind"), f" ({within})" if within else "")


def _by_rule(rule: BucketRule, claim: Claim) -> BucketDecision:
    return BucketDecision(
        rule.bucket, rule.rule_id, claim, rule.defect_class, rule.above, rule.counted_per
    )


def _by_report(finding: Row) -> list[BucketDecision]:
    """Safety, where the report itself says safety or critical (R08)."""
    facts = []
    if known(finding, "fault_kind") == "safety":
        facts.append("fault kind is safety, which is critical")
    if known(finding, "defect_class") == "critical":
        facts.append("reported critical")
    return [BucketDecision("safety", "R08", Claim(True, fact), "critical") for fact in facts]


def _by_kind(kind: str | None, within: str) -> BucketDecision:
    """Bucket where no rule fires: the kind gives a bucket, never a class (R08)."""
    if kind in _BUCKET_OF_KIND:
        fact = Claim(True, f"no rule of R09 fires{within}; fault kind is {kind}")
        return BucketDecision(_BUCKET_OF_KIND[kind], "R08", fact)
    missing = () if kind else ("fault_kind",)
    why = f"no rule of R09 fires{within}: add a rule for this defect or state its fault kind"
    return BucketDecision("unassigned", "", Claim(None, why, missing))

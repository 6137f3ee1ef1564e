"""The rules of triage as data: what decides the bucket and the class of a finding.

Packaged defaults are those of ``rules/triage.yaml``; a buyer's own set is made by
``TriageRules.model_validate(mapping)``, for example from an edited copy of that file.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from qcanalysis.recovery.rows import Row
from qcanalysis.recovery.triage.claims import Claim, compare, conjunction, is_word, known, negation
from qcanalysis.recovery.triage.rules import packaged_rules

Bucket = Literal["safety", "function", "visual_brand", "pack_out", "unassigned"]
DefectClass = Literal["critical", "major", "minor"]
FaultKind = Literal["cosmetic", "functional", "measurement", "safety"]

_LONGEST_NAME_READ = 300  # a defect's name is short; a pattern must not run over a novel


class RuleModel(BaseModel):
    """Base of a rule read from data: immutable, refuses unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def valid_pattern(pattern: str) -> str:
    """Return a regular expression that compiles, as it is.

    Raises
    ------
    ValueError
        If it does not compile.

    Examples
    --------
    >>> valid_pattern("burrs?")
    'burrs?'
    """
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(
            f"{pattern!r} is not a regular expression ({error}); write it as Python's re wants it"
        ) from error
    return pattern


def names_defect(pattern: str, row: Row) -> bool:
    """Whether a finding's ``defect_type`` names the defect of a pattern, capitals ignored.

    Examples
    --------
    >>> names_defect("burrs?", {"defect_type": "Burr on rim"})
    True
    """
    name = str(known(row, "defect_type") or "")[:_LONGEST_NAME_READ]
    return re.search(pattern, name, re.IGNORECASE | re.DOTALL) is not None


class BucketRule(RuleModel):
    """One example of R09 with its number: which bucket a defect belongs to, from when on.

    Attributes
    ----------
    rule_id, name, source
        Rule, the defect in words, and the guide it is from.
    bucket
        Bucket of a finding that fires the rule.
    defect_type
        Regular expression that finds the defect's name.
    above, unit
        Size above which the rule fires [mm]; equal does not fire.
    when_fault_kind
        Fault kind without which the rule does not fire.
    defect_class
        Class of a finding that fires the rule, where the source gives one.
    counted_per
        What one count of it stands for: colour is judged on the lot (R29).

    Examples
    --------
    >>> rule = BucketRule(rule_id="R09", bucket="safety", name="burr", defect_type="burr",
    ...                   above=0.05, source="S0")
    >>> rule.claim({"size_mm": 0.05}).holds, rule.claim({"size_mm": 0.051}).holds
    (False, True)
    """

    rule_id: str
    bucket: Literal["safety", "function", "visual_brand", "pack_out"]
    name: str
    defect_type: str
    above: float | None = None
    unit: Literal["mm"] = "mm"
    when_fault_kind: FaultKind | None = None
    defect_class: DefectClass | None = None
    counted_per: Literal["item", "lot", "carton"] | None = None
    source: str

    _pattern = field_validator("defect_type")(valid_pattern)

    def claim(self, finding: Row) -> Claim:
        """Claim that a finding, named by the rule's pattern, fires the rule."""
        claims = [Claim(True, self.name)]
        if self.above is not None:
            claims.append(compare(finding, "size_mm", ">", self.above, self.unit))
        if self.when_fault_kind is not None:
            claims.append(is_word(finding, "fault_kind", (self.when_fault_kind,)))
        return conjunction(*claims)


class VisualRule(RuleModel):
    """R10: seen within 3 s at 30 cm under 800-1000 lux is a visual major, unless exempt.

    Attributes
    ----------
    visible_within_s
        Time within which it must be seen [s], equal included.
    viewing_distance_cm
        Viewing distance [cm].
    illuminance_min_lux, illuminance_max_lux
        Range of illuminance [lux], ends included.
    exempt_zones
        Appearance zones the rule does not reach.

    Examples
    --------
    >>> seen = {"visible_seconds": 3.0, "viewing_distance_cm": 30, "appearance_zone": "zero_defect"}
    >>> triage_rules().visual_rule.claim(seen | {"illuminance_lux": 800}).word
    'yes'
    >>> triage_rules().visual_rule.claim(seen | {"illuminance_lux": 799}).word
    'not assessable'
    """

    rule_id: str
    visible_within_s: float = Field(gt=0)
    viewing_distance_cm: float = Field(gt=0)
    illuminance_min_lux: float = Field(gt=0)
    illuminance_max_lux: float = Field(gt=0)
    exempt_zones: tuple[Literal["zero_defect", "controlled_cosmetic", "non_appearance"], ...]
    defect_class: DefectClass
    source: str

    def claim(self, finding: Row) -> Claim:
        """Claim that a finding is a visual defect of the rule's class.

        A look under other conditions proves nothing either way: not assessable.
        """
        return conjunction(
            negation(is_word(finding, "appearance_zone", self.exempt_zones)),
            self._within_time(finding),
        )

    def _within_time(self, finding: Row) -> Claim:
        seen = compare(finding, "visible_seconds", "<=", self.visible_within_s, "s")
        unmet = {
            column: claim
            for column, claim in self._conditions(finding).items()
            if claim.holds is not True
        }
        if not unmet:
            return seen
        reasons = [claim.reason for claim in unmet.values()]
        if seen.holds is None:
            reasons.append(seen.reason)
        return Claim(None, "; ".join(reasons), (*unmet, *seen.missing))

    def _conditions(self, finding: Row) -> dict[str, Claim]:
        cm, lux = "viewing_distance_cm", "illuminance_lux"
        return {
            cm: conjunction(
                compare(finding, cm, ">=", self.viewing_distance_cm, "cm"),
                compare(finding, cm, "<=", self.viewing_distance_cm, "cm"),
            ),
            lux: conjunction(
                compare(finding, lux, ">=", self.illuminance_min_lux, "lux"),
                compare(finding, lux, "<=", self.illuminance_max_lux, "lux"),
            ),
        }


class FunctionalRule(RuleModel):
    """R11: what can fail within one event cycle is a functional major."""

    rule_id: str
    defect_class: DefectClass
    source: str


class TriageRules(RuleModel):
    """All rules of triage: buckets in order of risk, the visual and the functional rule.

    Examples
    --------
    >>> triage_rules().bucket_rules[0].above
    0.05
    """

    bucket_rules: tuple[BucketRule, ...]
    visual_rule: VisualRule
    functional_rule: FunctionalRule


@cache
def triage_rules() -> TriageRules:
    """Packaged rules of triage, from the guide S0.

    Examples
    --------
    >>> triage_rules().visual_rule.illuminance_max_lux
    1000.0
    """
    return TriageRules.model_validate(packaged_rules("triage"))

"""What an order asks that the process cannot hold, and faults that the design may have caused."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Literal

import pandas as pd
from pydantic import field_validator

from qcanalysis.recovery.rows import Row, rows_of
from qcanalysis.recovery.triage.claims import Claim, Relation, compare, conjunction, is_word, known
from qcanalysis.recovery.triage.rules import packaged_rules
from qcanalysis.recovery.triage.triage_rules import RuleModel, names_defect, valid_pattern

_LINE_TEXTS = ("characteristic", "place", "condition", "method")


class PlatingWear(RuleModel):
    """R64: plating up to a thickness [µm] is for looks and takes no wear requirement."""

    rule_id: str
    appearance_grade_up_to_um: float
    wear_wording: str
    advice: str
    source: str

    _pattern = field_validator("wear_wording")(valid_pattern)


class EnamelFill(RuleModel):
    """R64: narrowest stroke and cell [mm] that enamel fills reliably, both included."""

    rule_id: str
    stroke_min_mm: float
    cell_min_mm: float
    advice: str
    source: str


class MirrorPacking(RuleModel):
    """R65: a mirror finish is not packed in this mode."""

    rule_id: str
    finish_wording: str
    packing_mode: Literal["bulk", "one_piece_bag", "tissue", "tray"]
    advice: str
    source: str

    _pattern = field_validator("finish_wording")(valid_pattern)


class CauseHint(RuleModel):
    """R32: a defect that may come from the design where an artwork figure is below a number."""

    rule_id: str
    defect_type: str
    column: Literal["smallest_stroke_mm", "smallest_cell_mm", "plating_thickness_um"]
    below: float
    hint: str
    source: str

    _pattern = field_validator("defect_type")(valid_pattern)


class FeasibilityRules(RuleModel):
    """Rules of what the process can hold, and hints at causes.

    Examples
    --------
    >>> feasibility_rules().enamel_fill.stroke_min_mm
    0.3
    """

    plating_wear: PlatingWear
    enamel_fill: EnamelFill
    mirror_packing: MirrorPacking
    cause_hints: tuple[CauseHint, ...]


@cache
def feasibility_rules() -> FeasibilityRules:
    """Packaged rules, from the guide S0.

    Examples
    --------
    >>> feasibility_rules().plating_wear.appearance_grade_up_to_um
    0.1
    """
    return FeasibilityRules.model_validate(packaged_rules("feasibility"))


def feasibility_flags(
    skus: pd.DataFrame, specification: pd.DataFrame, *, rules: FeasibilityRules | None = None
) -> pd.DataFrame:
    """What products ask that their process cannot hold, or may (R64, R65).

    Parameters
    ----------
    skus, specification
        Tables of the records.
    rules
        Rules to go by; the packaged ones unless given.

    Returns
    -------
    Frame: ``question``, ``products`` (those of which the row is true), ``is_flagged`` (yes or not
    assessable; what a product does not ask has no row), ``missing`` (columns that would settle
    it), ``reason``, ``advice``, ``rule_id``.

    Examples
    --------
    >>> pins = pd.DataFrame({"sku": ["PIN"], "smallest_stroke_mm": [0.28]})
    >>> flags = feasibility_flags(pins, pd.DataFrame({"characteristic": []}))
    >>> flags.loc[flags["is_flagged"] == "yes", "reason"].tolist()
    ['smallest stroke is 0.28 mm, below 0.3 mm']
    """
    rules = rules or feasibility_rules()
    lines = rows_of(specification)
    products: dict[tuple[str, ...], list[str]] = {}
    for sku in rows_of(skus):
        for question, rule_id, claim, advice in _questions(sku, lines, rules):
            if claim.holds is not False:
                told = (claim.word, ", ".join(claim.missing), claim.reason)
                row = (question, *told, advice if claim.holds else "", rule_id)
                products.setdefault(row, []).append(str(known(sku, "sku")))
    columns = ["question", "is_flagged", "missing", "reason", "advice", "rule_id"]
    flags = pd.DataFrame(list(products), columns=columns)
    flags.insert(1, "products", [", ".join(names) for names in products.values()])
    return flags


def _questions(
    sku: Row, lines: Sequence[Row], rules: FeasibilityRules
) -> list[tuple[str, str, Claim, str]]:
    wear, fill, mirror = rules.plating_wear, rules.enamel_fill, rules.mirror_packing
    too_narrow: Relation = "<"
    stroke = compare(sku, "smallest_stroke_mm", too_narrow, fill.stroke_min_mm, "mm")
    cell = compare(sku, "smallest_cell_mm", too_narrow, fill.cell_min_mm, "mm")
    polished = conjunction(
        _finish_is(sku, mirror.finish_wording),
        is_word(sku, "packing_mode", (mirror.packing_mode,)),
    )
    return [
        (
            "wear life asked of decorative plating",
            wear.rule_id,
            _wear(sku, lines, wear),
            wear.advice,
        ),
        ("stroke too narrow to fill", fill.rule_id, stroke, fill.advice),
        ("cell too narrow to fill", fill.rule_id, cell, fill.advice),
        ("mirror polish packed in bulk", mirror.rule_id, polished, mirror.advice),
    ]


def _wear(sku: Row, lines: Sequence[Row], rule: PlatingWear) -> Claim:
    """Claim that a line asks wear life of a plating that is for looks only."""
    asking = [
        line
        for line in lines
        if known(line, "sku") in (None, known(sku, "sku"))
        and any(
            re.search(rule.wear_wording, str(known(line, column) or ""), re.IGNORECASE)
            for column in _LINE_TEXTS
        )
    ]
    if not asking:
        return Claim(False, "no line asks for wear life")
    thin = compare(sku, "plating_thickness_um", "<=", rule.appearance_grade_up_to_um, "µm")
    asked = ", ".join(str(known(line, "spec_id")) for line in asking)
    return conjunction(thin, Claim(True, f"wear life is asked by {asked}"))


def _finish_is(sku: Row, wording: str) -> Claim:
    finish = known(sku, "finish")
    if finish is None:
        return Claim(None, "finish is not recorded", ("finish",))
    found = re.search(wording, str(finish), re.IGNORECASE) is not None
    return Claim(found, "finish is mirror" if found else "finish is not mirror")


def cause_hints(
    findings: pd.DataFrame, skus: pd.DataFrame, *, rules: FeasibilityRules | None = None
) -> pd.DataFrame:
    """Findings that the design may have caused rather than the work (R32).

    Parameters
    ----------
    findings, skus
        Tables of the records.
    rules
        Rules to go by; the packaged ones unless given.

    Returns
    -------
    Frame, a row a kind of fault and hint that is due or not assessable: ``sku``,
    ``defect_type``, ``finding_ids``, ``is_due`` (yes or not assessable), ``missing``, ``reason``,
    ``hint`` (empty unless due), ``rule_id``.

    Examples
    --------
    >>> found = pd.DataFrame({"defect_type": ["enamel underfill"], "sku": ["PIN"]})
    >>> pins = pd.DataFrame({"sku": ["PIN"], "smallest_stroke_mm": [0.28]})
    >>> cause_hints(found, pins)["reason"].item()
    'smallest stroke is 0.28 mm, below 0.3 mm'
    """
    rules = rules or feasibility_rules()
    products = {known(row, "sku"): row for row in rows_of(skus)}
    hints: dict[tuple[Any, ...], list[str]] = {}
    for finding in rows_of(findings):
        for hint in rules.cause_hints:
            claim = _design_claim(finding, products, hint)
            if not names_defect(hint.defect_type, finding) or claim.holds is False:
                continue
            told = (claim.word, ", ".join(claim.missing), claim.reason)
            row = (
                *(known(finding, "sku"), known(finding, "defect_type")),
                *(*told, hint.hint if claim.holds else "", hint.rule_id),
            )
            hints.setdefault(row, []).append(str(known(finding, "finding_id") or ""))
    columns = ["sku", "defect_type", "is_due", "missing", "reason", "hint", "rule_id"]
    frame = pd.DataFrame(list(hints), columns=columns)
    frame.insert(2, "finding_ids", [", ".join(filter(None, ids)) for ids in hints.values()])
    return frame


def _design_claim(finding: Row, products: Mapping[Any, Row], hint: CauseHint) -> Claim:
    sku = known(finding, "sku")
    if sku is None:
        return Claim(None, "product is not recorded, so its artwork is not known", ("sku",))
    unit = hint.column.rsplit("_", 1)[1].replace("um", "µm")
    return compare(products.get(sku, {}), hint.column, "<", hint.below, unit)

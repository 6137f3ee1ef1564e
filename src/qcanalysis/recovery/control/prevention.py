"""What to look at before production: flags at artwork approval, samples, earlier visits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd

from qcanalysis.estimation import defect_rate_interval
from qcanalysis.recovery.rows import Row, rows_of
from qcanalysis.recovery.triage.claims import Claim, compare, condition_claim, is_word, known
from qcanalysis.recovery.triage.feasibility import feasibility_rules
from qcanalysis.recovery.triage.triage_rules import names_defect

FEWEST_FAILURES, LAST_VISITS = 2, 5
USUAL_MAJOR_AQL = 0.025


def prevention_flags(
    product: Row,
    *,
    hardware: Sequence[str] | None = None,
    lines: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """The six flags to raise at artwork approval, before anything is made (R85).

    Parameters
    ----------
    product
        Row of the table ``skus``.
    hardware
        Kinds of attachment hardware, as ``("jump ring", "split ring")``; None is not known.
    lines
        Specification lines of the product; None is not known.

    Returns
    -------
    Frame, a row a flag: ``flag``, ``is_raised`` (yes, no, not assessable), ``reason``,
    ``advice``.

    Examples
    --------
    >>> flags = prevention_flags({"smallest_stroke_mm": 0.28, "packing_mode": "bulk"})
    >>> flags.loc[flags["is_raised"] == "yes", "flag"].tolist()
    ['fine text', 'bulk or single pack']
    """
    fill, mirror = feasibility_rules().enamel_fill, feasibility_rules().mirror_packing
    flags = (
        (
            "fine text",
            compare(product, "smallest_stroke_mm", "<", fill.stroke_min_mm, "mm"),
            "widen dams, deepen the recess or raise lines; else approve the stroke in writing",
        ),
        (
            "isolated cells",
            compare(product, "smallest_cell_mm", "<", fill.cell_min_mm, "mm"),
            "merge small cells or enlarge them",
        ),
        (
            "mirror polish",
            _is_mirror(product, mirror.finish_wording),
            "pack each piece apart: one-piece bag, tissue or tray",
        ),
        (
            "mixed hardware",
            _is_mixed(hardware),
            "state source, wire diameter and closing method of each part",
        ),
        (
            "card tolerance",
            _card_is_open(product, lines),
            "state the placement: within 2.0 mm for cards up to 90 mm wide, 3.0 mm above (R27)",
        ),
        (
            "bulk or single pack",
            is_word(product, "packing_mode", ("bulk",)),
            "approve the pack with the artwork: bulk packing rubs, and plating does not cure it",
        ),
    )
    rows = [
        (name, claim.word, claim.reason, advice if claim.holds else "")
        for name, claim, advice in flags
    ]
    return pd.DataFrame(rows, columns=["flag", "is_raised", "reason", "advice"])


def _is_mirror(product: Row, wording: str) -> Claim:
    finish = known(product, "finish")
    if finish is None:
        return Claim(None, "finish is not recorded", ("finish",))
    return Claim(names_defect(wording, {"defect_type": finish}), f"finish is {finish}")


def _is_mixed(hardware: Sequence[str] | None) -> Claim:
    if hardware is None:
        return Claim(None, "attachment is not recorded", ("attachment",))
    kinds = tuple(dict.fromkeys(hardware))
    return Claim(len(kinds) > 1, f"hardware: {', '.join(kinds) or 'none'}")


def _card_is_open(product: Row, lines: pd.DataFrame | None) -> Claim:
    """Claim that a card has no placement tolerance, or one tighter than its width allows."""
    width = known(product, "card_width_mm")
    if width is None:
        return Claim(None, "card width is not recorded", ("card_width_mm",))
    allowed = 2.0 if width <= 90 else 3.0
    stated = [
        line
        for line in rows_of(pd.DataFrame() if lines is None else lines)
        if names_defect(r"\bcard\b", {"defect_type": known(line, "characteristic")})
        and known(line, "upper_limit") is not None
        and _applies(line, product)
    ]
    if not stated:
        return Claim(True, f"no placement tolerance is stated for a card {width:g} mm wide")
    tightest = min(float(line["upper_limit"]) for line in stated)
    words = "tighter than" if tightest < allowed else "not tighter than"
    return Claim(tightest < allowed, f"card placement {tightest:g} mm, {words} {allowed:g} mm")


def _applies(line: Row, product: Row) -> bool:
    claim = condition_claim(str(known(line, "condition") or ""), product)
    return claim is None or claim.holds is not False


def pre_production_note(
    sample_size: int, *, tolerable_fraction: float = USUAL_MAJOR_AQL
) -> str | None:
    """Note that a faultless pre-production sample is too small to reassure; else None (R86).

    Parameters
    ----------
    sample_size
        Pieces of the pre-production sample.
    tolerable_fraction
        Fraction nonconforming that would be tolerable in production [0-1]; the usual AQL for
        major defects unless given.

    Raises
    ------
    ValueError
        If `sample_size` is below 1.

    Examples
    --------
    >>> pre_production_note(5)[:76]
    'A pre-production sample of 5 pieces, none bad, still allows 45% bad pieces: '
    >>> pre_production_note(200) is None
    True
    """
    if sample_size < 1:
        raise ValueError(f"sample_size must be at least 1 piece, got {sample_size!r}")
    upper = float(defect_rate_interval(0, sample_size, alternative="upper").upper)
    if upper <= tolerable_fraction:
        return None
    return (
        f"A pre-production sample of {sample_size} pieces, none bad, still allows {upper:.0%} "
        "bad pieces: it cannot show what handling, assembly and packing do at scale. Check "
        "during production, on the line."
    )


def during_production_advice(
    visits_passed: Iterable[bool],
    *,
    fewest_failures: int = FEWEST_FAILURES,
    last_visits: int = LAST_VISITS,
) -> Claim:
    """Whether the next order needs an inspection during production (R87).

    Parameters
    ----------
    visits_passed
        Results of original inspections, oldest first; re-inspections do not count.
    fewest_failures, last_visits
        It is asked for after that many failures among the last visits.

    Examples
    --------
    >>> during_production_advice([True, False, True, True, False]).holds
    True
    >>> during_production_advice([False]).word
    'not assessable'
    """
    recent = list(visits_passed)[-last_visits:]
    failures = recent.count(False)
    reason = f"{failures} of the last {len(recent)} visits failed"
    if failures >= fewest_failures:
        advice = "inspect the next order during production; a repeated failure is weak control"
        return Claim(True, f"{reason}: {advice}")
    if len(recent) < last_visits:
        return Claim(None, f"{reason}; {last_visits} are needed to tell", ("inspections",))
    return Claim(False, reason)

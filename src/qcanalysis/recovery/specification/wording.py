"""Wording that two inspectors would judge differently, and what to write instead (R31, R51)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from pydantic import field_validator

from qcanalysis.recovery.triage.rules import packaged_rules
from qcanalysis.recovery.triage.triage_rules import RuleModel, valid_pattern


class VagueWording(RuleModel):
    """A phrase that cannot be inspected and its measurable form.

    Attributes
    ----------
    phrase, pattern
        The phrase as quoted by the guide, and the regular expression that finds it.
    measurable_form
        What to write instead.
    rule_id, source
        Rule, and the guide it is from.
    """

    phrase: str
    pattern: str
    measurable_form: str
    rule_id: str
    source: str

    _pattern = field_validator("pattern")(valid_pattern)


@dataclass(frozen=True)
class VagueMatch:
    """A vague phrase found in a text: the words as written, and the wording rule."""

    words: str
    wording: VagueWording


@cache
def vague_wordings() -> tuple[VagueWording, ...]:
    """Packaged phrases that cannot be inspected.

    Examples
    --------
    >>> [wording.phrase for wording in vague_wordings()][:2]
    ['good quality', 'no scratches']
    """
    listed = packaged_rules("wording")["vague_wording"]
    return tuple(VagueWording.model_validate(entry) for entry in listed)


def find_vague_wording(
    text: str, wordings: tuple[VagueWording, ...] | None = None
) -> tuple[VagueMatch, ...]:
    """Phrases of a text that cannot be inspected: whole words, capitals ignored.

    Parameters
    ----------
    text
        A specification line, a remedy, a concession.
    wordings
        Phrases to look for; the packaged ones unless given.

    Examples
    --------
    >>> [match.words for match in find_vague_wording("Good quality, strong ring")]
    ['Good quality', 'strong']
    >>> find_vague_wording("No scratches over 0.50 mm; strength 8 kgf")
    ()
    """
    wordings = vague_wordings() if wordings is None else wordings
    return tuple(
        VagueMatch(found.group(), wording)
        for wording in wordings
        if (found := re.search(wording.pattern, text, re.IGNORECASE | re.DOTALL))
    )

"""Words and marks that every output shares: states of an answer, absent values, visible text."""

import re
from collections.abc import Mapping
from typing import Literal

BEGINS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What a spreadsheet may take for a formula, at the beginning of a cell."""

State = Literal["good", "bad", "caution", "unknown"]
STATE_LABELS: Mapping[str, str] = {
    "good": "Good",
    "bad": "Problem",
    "caution": "Caution",
    "unknown": "Cannot tell",
}
NOT_STATED = "not stated"

# Control characters, and the marks that turn the direction of the text after them.
_INVISIBLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]")


def visible_text(text: str) -> str:
    """`text` with invisible control and direction marks replaced by "�".

    Examples
    --------
    >>> visible_text("Acme\u202egpj.exe")
    'Acme�gpj.exe'
    """
    return _INVISIBLE.sub("�", text)

"""What a document is: numbered, dated, issued and approved, in parts that are filled or missing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from numbers import Integral
from typing import Any, Literal

import pandas as pd

from qcanalysis.recovery.triage.claims import number_text

Kind = Literal[
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
Standing = Literal["complete", "incomplete", "refused"]


@dataclass(frozen=True)
class Form:
    """What is fixed for a kind of document (requirements, section 5).

    Attributes
    ----------
    title, prefix
        Heading, and the beginning of its number.
    opens
        Gate that the document opens once it is complete and signed.
    is_filled_in_outside
        Whether a factory or an inspector writes into it.
    holds_at_once
        Whether it is in force even while data are missing.
    """

    title: str
    prefix: str
    opens: str
    is_filled_in_outside: bool = False
    holds_at_once: bool = False


FORMS: Mapping[Kind, Form] = {
    "hold_notice": Form("Hold notice", "HN", "stops booking and balance", holds_at_once=True),
    "report_audit": Form("Report audit sheet", "RA", "the decision may start"),
    "respecification": Form("Respecification sheet", "RS", "rework may be quoted"),
    "corrective_action_sheet": Form(
        "Corrective action sheet", "CAS", "sort, rework or remake may be authorised", True
    ),
    "rework_instruction": Form("Rework instruction", "RW", "work at the factory may start", True),
    "corrective_action_request": Form(
        "Corrective action request (CAPA)", "CAPA", "the next purchase order", True
    ),
    "concession": Form("Concession record", "CON", "the conceded cartons only", True),
    "reinspection_plan": Form("Re-inspection plan", "RI", "the visit may be booked", True),
    "partial_release_note": Form("Partial-release note", "PR", "the accepted cartons only"),
    "final_record": Form(
        "Final inspection record", "FR", "booking and the request for the balance", True
    ),
    "supplier_letter": Form("Letter to the supplier", "L", "stops the clock of R58"),
    "control_file": Form("Control file version", "CF", "next order and artwork approval"),
}


@dataclass(frozen=True)
class Missing:
    """Datum that a part needs and the record does not hold.

    Examples
    --------
    >>> print(Missing("re-inspection date", "R15", "fixed before work is authorised"))
    MISSING: re-inspection date - fixed before work is authorised (R15)
    """

    datum: str
    rule: str
    why: str = ""

    def __str__(self) -> str:
        reason = f"{self.why} ({self.rule})" if self.why else self.rule
        return f"MISSING: {self.datum} - {reason}"

    @property
    def short(self) -> str:
        """Text for a cell of a table; the list of what is missing has the reason."""
        return f"MISSING: {self.datum} - {self.rule}"


@dataclass(frozen=True)
class FillIn:
    """Blank that somebody else writes into."""

    by: str


Cell = str | Missing | FillIn


@dataclass(frozen=True)
class Table:
    """Rows under headings.

    Raises
    ------
    ValueError
        If a row has more or fewer cells than there are headings.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.columns):
                raise ValueError(f"row {row} must have {len(self.columns)} cells, as the headings")


@dataclass(frozen=True)
class Part:
    """Mandatory part of a document: facts, sentences and tables under a title.

    Attributes
    ----------
    title, rule
        What the part is, and the rule that asks for it.
    facts
        Pairs of name and value.
    sentences
        Statements, or what is missing for them.
    tables
        Tables, in order.
    """

    title: str
    rule: str
    facts: tuple[tuple[str, Cell], ...] = ()
    sentences: tuple[Cell, ...] = ()
    tables: tuple[Table, ...] = ()

    @property
    def cells(self) -> Iterable[Cell]:
        """Every cell of the part."""
        yield from (value for _, value in self.facts)
        yield from self.sentences
        yield from (cell for table in self.tables for row in table.rows for cell in row)


@dataclass(frozen=True)
class Party:
    """Who issues, approves or supervises, with the role (R90); None is not known.

    Examples
    --------
    >>> str(Party("Lin Wei", "buyer"))
    'Lin Wei (buyer)'
    """

    name: str | None = None
    role: str | None = None

    def __str__(self) -> str:
        return f"{self.name} ({(self.role or '').replace('_', ' ')})"


@dataclass(frozen=True)
class Document:
    """One document of a case, ready to be drawn; made by the functions of this package.

    Attributes
    ----------
    kind, number, on
        Kind, number and date.
    case_title, is_illustrative
        Case it belongs to, and whether figures of the case were made up.
    issuer, approver
        Who issues and who approves it (R90).
    parts
        Mandatory parts of the kind.
    signatories
        Roles that must sign.
    refusals
        Reasons why it must not be issued even if nothing were missing.
    """

    kind: Kind
    number: str
    on: date
    case_title: str
    is_illustrative: bool
    issuer: Party
    approver: Party
    parts: tuple[Part, ...]
    signatories: tuple[str, ...]
    refusals: tuple[str, ...] = ()

    @property
    def form(self) -> Form:
        """What is fixed for this kind of document."""
        return FORMS[self.kind]

    @property
    def missing(self) -> tuple[Missing, ...]:
        """Data that are missing, each once, in the order of the parts."""
        cells = [
            *(_party(what, party) for what, party in self._parties),
            *(cell for part in self.parts for cell in part.cells),
        ]
        return tuple(dict.fromkeys(cell for cell in cells if isinstance(cell, Missing)))

    @property
    def heading(self) -> tuple[tuple[str, Cell], ...]:
        """Number, date, case, issuer and approver, as pairs of name and value."""
        return (
            ("Number", self.number),
            ("Date", self.on.isoformat()),
            ("Case", self.case_title),
            *((what.capitalize(), _party(what, party)) for what, party in self._parties),
            ("Effect", self.form.opens),
        )

    @property
    def standing(self) -> Standing:
        """Whether the document is complete, incomplete, or must not be issued."""
        if self.refusals:
            return "refused"
        return "incomplete" if self.missing else "complete"

    @property
    def verdict(self) -> str:
        """Sentence on whether the document may be issued.

        Examples
        --------
        >>> Document("final_record", "FR-1", date(2026, 10, 6), "Order", False,
        ...          Party("A", "buyer"), Party(), (), ("buyer",)).verdict
        'Draft: 1 datum is missing, so it opens no gate yet.'
        """
        if self.refusals:
            return f"Must not be issued: {'; '.join(self.refusals)}."
        count = len(self.missing)
        if count:
            data = "1 datum is" if count == 1 else f"{count} data are"
            if self.form.holds_at_once:
                return f"In force at once ({self.form.opens}), although {data} missing."
            return f"Draft: {data} missing, so it opens no gate yet."
        return f"Complete: in force once signed ({self.form.opens})."

    @property
    def _parties(self) -> tuple[tuple[str, Party], ...]:
        return ("issuer", self.issuer), ("approver", self.approver)


def _party(what: str, party: Party) -> Cell:
    lacking = [w for w, value in (("name", party.name), ("role", party.role)) if not value]
    if lacking:
        why = "each document names who issues and who approves it, with their roles"
        return Missing(f"{' and '.join(lacking)} of the {what}", "R90", why)
    return str(party)


def stated(value: Any, datum: str, rule: str, why: str = "") -> Cell:
    """Text of a value, or what is missing where there is none.

    Examples
    --------
    >>> stated(True, "parallel", "R67"), stated(8000, "pieces", "R05")
    ('yes', '8,000')
    >>> stated(None, "pieces", "R05")
    Missing(datum='pieces', rule='R05', why='')
    """
    is_blank = isinstance(value, str) and not value.strip()
    return Missing(datum, rule, why) if value is None or is_blank or pd.isna(value) else text(value)


def text(value: Any) -> str:
    """Text of a value that is known: yes and no, thousands marked, times with their zone.

    Examples
    --------
    >>> text(datetime.fromisoformat("2026-10-06T17:30+08:00")), text(0.50)
    ('2026-10-06 17:30+08:00', '0.5')
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        is_day = value.tzinfo is None and value == value.replace(hour=0, minute=0, second=0)
        return value.date().isoformat() if is_day else value.isoformat(" ", "minutes")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Integral):
        return f"{int(value):,}"
    return number_text(value) if isinstance(value, float) else str(value)


def frame_table(frame: pd.DataFrame, headings: Mapping[str, str]) -> Table:
    """Table of the columns of a frame that `headings` names; an empty cell is "not stated".

    Examples
    --------
    >>> frame_table(pd.DataFrame({"sku": ["PIN"], "found": [7]}), {"sku": "Product"}).rows
    (('PIN',),)
    """
    known = {name: heading for name, heading in headings.items() if name in frame}
    rows = frame[list(known)].astype(object).itertuples(index=False)
    return Table(
        tuple(known.values()),
        tuple(tuple("not stated" if pd.isna(x) else text(x) for x in row) for row in rows),
    )


def with_blank(table: Table, heading: str, by: str) -> Table:
    """Table with one more column, left blank for somebody to fill in."""
    rows = tuple((*row, FillIn(by)) for row in table.rows)
    return Table((*table.columns, heading), rows)


def whole_table(frame: pd.DataFrame) -> Table:
    """Table of all columns of a frame, headed by their names in words.

    Examples
    --------
    >>> whole_table(pd.DataFrame({"sample_size": [200]})).columns
    ('Sample size',)
    """
    words = {str(name): str(name).replace("_", " ") for name in frame}
    return frame_table(frame, {name: word[:1].upper() + word[1:] for name, word in words.items()})

"""The kinds of cell a record may hold, and how each is read.

A cell arrives as text (CSV, YAML) or as what a spreadsheet stored (number, date, truth value).
Each reader returns the value or rejects it with a message and advice; none of them repairs.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, time
from math import isfinite
from typing import Annotated, Any

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from qcanalysis.records.problems import shown

Cell = str | int | float | bool | datetime | date | time | None

_COUNT = re.compile(r"0|[1-9][0-9]{0,11}")
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}.*")
_CURRENCY = re.compile(r"[A-Z]{3}")
_SCIENTIFIC_FORM = re.compile(r"[0-9](\.[0-9]+)?[eE]\+[0-9]+")
_DECIMAL_FORM = re.compile(r"[0-9]+\.0+")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff]")
_FIRST_YEAR, _LAST_YEAR = 1990, 2100


class Unquoted(str):
    """Text of a YAML scalar that YAML takes for a number, truth value or date unless quoted.

    Examples
    --------
    >>> Unquoted("00123") == "00123"
    True
    """

    __slots__ = ()


@dataclass(frozen=True)
class Kind:
    """One kind of cell: its name, the dtype of its frame column, its spreadsheet format.

    Examples
    --------
    >>> COUNT.dtype
    'Int64'
    """

    name: str
    dtype: str
    number_format: str


IDENTIFIER = Kind("identifier", "string", "@")
TEXT = Kind("text", "string", "@")
CHOICE = Kind("choice", "string", "@")
COUNT = Kind("count", "Int64", "0")
NUMBER = Kind("number", "Float64", "General")
DATE = Kind("date", "datetime64[us]", "yyyy-mm-dd")
MOMENT = Kind("date and time", "datetime64[us, UTC]", "@")
FLAG = Kind("yes/no", "boolean", "@")


def _rejected(message: str, advice: str) -> PydanticCustomError:
    return PydanticCustomError("cell", "{message}", {"message": message, "advice": advice})


def _plain_text(value: Any, what: str) -> str:
    if isinstance(value, Unquoted):
        raise _rejected(
            f"{shown(value)} without quotes is not text in YAML", f'Put it in quotes: "{value}".'
        )
    if isinstance(value, datetime | date | time):
        raise _rejected(
            f"the cell holds the date {value}, not text: the spreadsheet changed what was typed",
            f"Format the column as Text and type the {what} again.",
        )
    if not isinstance(value, str):
        raise _rejected(
            f"the cell holds the number {shown(value)}, not text, so leading zeros may be lost",
            f"Format the column as Text and type the {what} again, zeros included.",
        )
    if _CONTROL.search(value):
        raise _rejected(f"{shown(value)} holds a control character", "Delete it and type it again.")
    return value


def _identifier(value: Any) -> str:
    text = _plain_text(value, "identifier")
    if text != text.strip() or "\n" in text or "\t" in text:
        raise _rejected(
            f"{shown(text)} has a space, tab or line break that does not belong to an identifier",
            f"Write {shown(' '.join(text.split()))}.",
        )
    if _SCIENTIFIC_FORM.fullmatch(text) or _DECIMAL_FORM.fullmatch(text):
        raise _rejected(
            f"{shown(text)} is an identifier that a spreadsheet turned into a number",
            "Format the column as Text, type the identifier as it is on the goods, save again.",
        )
    return text


def _text(value: Any) -> str:
    return _plain_text(value, "text")


def _count(value: Any) -> int:
    number = value
    if isinstance(value, float) and value.is_integer():
        number = int(value)
    if isinstance(number, int) and not isinstance(number, bool) and 0 <= number < 10**12:
        return number
    if isinstance(value, str) and _COUNT.fullmatch(value.strip()):
        return int(value)
    raise _rejected(
        f"{shown(value)} is not a whole number of 0 or more",
        "Write digits only: no thousands sign, decimals, unit or leading zero; "
        "leave the cell empty if it is not known.",
    )


def _positive_count(value: Any) -> int:
    count = _count(value)
    if count == 0:
        raise _rejected("0 is not possible here, the count is 1 or more", "Write the real count.")
    return count


def _number(value: Any) -> float:
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        value = float(value)
    if isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value):
        return float(value)
    raise _rejected(
        f"{shown(value)} is not a number",
        "Write digits with a decimal point and no unit, comma or percent sign; "
        "leave the cell empty if it is not known.",
    )


def _positive_number(value: Any) -> float:
    number = _number(value)
    if number <= 0:
        raise _rejected(f"{shown(number)} is not above zero", "Write the real value, above 0.")
    return number


def _non_negative_number(value: Any) -> float:
    number = _number(value)
    if number < 0:
        raise _rejected(f"{shown(number)} is below zero", "Write the real value, 0 or more.")
    return number


def _year_is_plausible(day: date) -> bool:
    return _FIRST_YEAR <= day.year <= _LAST_YEAR


def _date(value: Any) -> date:
    day = value
    if isinstance(value, datetime) and value.time() == time():
        day = value.date()
    elif isinstance(value, str) and _DATE.fullmatch(value.strip()):
        try:
            day = date.fromisoformat(value.strip())
        except ValueError:
            day = None
    if isinstance(day, date) and not isinstance(day, datetime) and _year_is_plausible(day):
        return day
    raise _rejected(
        f"{shown(str(value))} is not a date between {_FIRST_YEAR} and {_LAST_YEAR}",
        "Write year-month-day, for example 2026-10-05.",
    )


def _moment(value: Any) -> datetime:
    advice = "Write it as text with its zone, for example 2026-10-06T17:30+08:00."
    if isinstance(value, str) and _MOMENT.fullmatch(value.strip()):
        try:
            moment = datetime.fromisoformat(value.strip())
        except ValueError:
            moment = None
        if moment is not None and _year_is_plausible(moment):
            if moment.tzinfo is None:
                raise _rejected(f"{shown(str(value))} has no time zone", advice)
            return moment
    raise _rejected(f"{shown(str(value))} is not a date and time with its zone", advice)


def _flag(value: Any) -> bool:
    word = str(value).strip().lower()
    if word in ("yes", "true"):
        return True
    if word in ("no", "false"):
        return False
    raise _rejected(
        f"{shown(value)} is neither yes nor no", "Write yes or no; leave it empty if not known."
    )


def _currency(value: Any) -> str:
    text = _plain_text(value, "currency")
    if not _CURRENCY.fullmatch(text):
        raise _rejected(
            f"{shown(text)} is not a currency code", "Write three capitals, for example USD."
        )
    return text


Identifier = Annotated[str, BeforeValidator(_identifier), IDENTIFIER]
Text = Annotated[str, BeforeValidator(_text), TEXT]
Currency = Annotated[str, BeforeValidator(_currency), TEXT]
Count = Annotated[int, BeforeValidator(_count), COUNT]
PositiveCount = Annotated[int, BeforeValidator(_positive_count), COUNT]
Number = Annotated[float, BeforeValidator(_number), NUMBER]
PositiveNumber = Annotated[float, BeforeValidator(_positive_number), NUMBER]
NonNegativeNumber = Annotated[float, BeforeValidator(_non_negative_number), NUMBER]
Date = Annotated[date, BeforeValidator(_date), DATE]
Moment = Annotated[datetime, BeforeValidator(_moment), MOMENT]
Flag = Annotated[bool, BeforeValidator(_flag), FLAG]


def required(description: str, *, unit: str = "", refers_to: str = "") -> Any:
    """Schema entry of a cell that must be filled.

    Parameters
    ----------
    description
        What the cell holds, one line.
    unit
        Unit of a number, such as ``"mm"``.
    refers_to
        ``table.column`` that must hold the same identifier.

    Examples
    --------
    >>> required("pieces ordered", unit="pieces").is_required()
    True
    """
    extra = {"unit": unit, "refers_to": refers_to}
    return Field(description=description, json_schema_extra=extra)  # type: ignore[arg-type]


def optional(description: str, *, unit: str = "", refers_to: str = "") -> Any:
    """Schema entry of a cell that may be empty; empty means not known, never a default.

    Parameters are those of `required`.

    Examples
    --------
    >>> optional("illuminance at the table", unit="lux").default is None
    True
    """
    extra = {"unit": unit, "refers_to": refers_to}
    return Field(default=None, description=description, json_schema_extra=extra)  # type: ignore[arg-type]

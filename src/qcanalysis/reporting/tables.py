"""Tables as a reader sees them: headings, cell texts and escaped markup; everything is text."""

from __future__ import annotations

import html
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from qcanalysis.reporting.columns import column
from qcanalysis.reporting.wording import visible_text

_LONGEST_WORD = 24  # longer ones may break anywhere in a cell


@dataclass(frozen=True)
class WrittenTable:
    """A table in words: headings, which columns hold numbers, and the text of each cell."""

    headings: list[str]
    numeric: list[bool]
    rows: list[list[str]]

    def plain(self) -> str:
        """The table as plain text."""
        return pd.DataFrame(self.rows, columns=self.headings).to_string(index=False)


def written_table(
    frame: pd.DataFrame, *, formats: Mapping[str, str] | None = None, missing: str
) -> WrittenTable:
    """`frame` in words, headed and formatted as :mod:`~qcanalysis.reporting.columns` says.

    Parameters
    ----------
    frame : DataFrame
        One header row; the index is left out.
    formats : mapping, optional
        Column to format; it goes before the usual one.
    missing : str
        Text of a cell without a value.
    """
    known = [column(str(name)) for name in frame.columns]
    specs = [
        (formats or {}).get(name, entry.spec)
        for name, entry in zip(frame.columns, known, strict=True)
    ]
    return WrittenTable(
        [entry.heading for entry in known],
        [_is_numeric(frame.iloc[:, position]) for position in range(len(known))],
        [
            [cell_text(value, spec, missing) for value, spec in zip(row, specs, strict=True)]
            for row in frame.itertuples(index=False, name=None)
        ],
    )


def _is_numeric(column: pd.Series[Any]) -> bool:
    return pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)


def cell_text(value: Any, spec: str | Callable[[Any], str], missing: str) -> str:
    """Text of a value; a missing one is `missing`."""
    if isinstance(value, Mapping):
        pairs = [f"{key}: {cell_text(item, spec, missing)}" for key, item in value.items()]
        return ", ".join(pairs) or missing
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(cell_text(item, spec, missing) for item in value) or missing
    if value is None or value is pd.NaT or value is pd.NA or value == "":
        return missing
    if isinstance(value, float) and math.isnan(value):
        return missing
    if callable(spec):
        return spec(value)
    if spec and not isinstance(value, str):
        return spec.format(value) if "{" in spec else format(value, spec)
    if isinstance(value, pd.Timestamp):
        return value.isoformat(sep=" ").removesuffix(" 00:00:00")
    if isinstance(value, bool) or type(value).__name__ == "bool":
        return "yes" if value else "no"
    if pd.api.types.is_integer(value):
        return format(value, ",d")
    return format(value, ",.4g") if isinstance(value, float) else str(value)


def escaped(text: str) -> str:
    """`text` that shows as itself in a page, whatever it holds."""
    return html.escape(visible_text(text))


def table_markup(
    headings: Sequence[str],
    rows: Sequence[Sequence[str]],
    caption: str,
    numeric: Sequence[bool],
    missing: str,
) -> str:
    """Markup of a table; its first column names the rows."""
    body = "".join(_row(row, numeric, missing) for row in rows)
    if not rows:
        body = f'<tr><td colspan="{len(headings)}" class="missing">no rows</td></tr>'
    return framed_table(caption, headings, numeric, body)


def framed_table(caption: str, headings: Sequence[str], numeric: Sequence[bool], body: str) -> str:
    """Markup of a table around the markup of its rows; it scrolls sideways where it must."""
    header = "".join(
        cell_markup('th scope="col"', heading, {"number": is_number})
        for heading, is_number in zip(headings, numeric, strict=True)
    )
    return (
        '<div class="table-scroll" role="group" tabindex="0" aria-label="Table">'
        f"<table><caption>{escaped(caption)}</caption>"
        f"<thead><tr>{header}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _row(row: Sequence[str], numeric: Sequence[bool], missing: str) -> str:
    cells = []
    for position, (text, is_number) in enumerate(zip(row, numeric, strict=True)):
        kinds = {
            "number": is_number,
            "missing": text == missing,
            "long": any(len(word) > _LONGEST_WORD for word in text.split()),
        }
        cells.append(cell_markup("td" if position else 'th scope="row"', text, kinds))
    return f"<tr>{''.join(cells)}</tr>"


def cell_markup(tag: str, text: str, kinds: Mapping[str, bool]) -> str:
    """Markup of one cell with the classes that apply; `tag` may carry attributes."""
    classes = " ".join(kind for kind, applies in kinds.items() if applies)
    attribute = f' class="{classes}"' if classes else ""
    return f"<{tag}{attribute}>{escaped(text)}</{tag[:2]}>"

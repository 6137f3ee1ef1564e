"""Tables of a period as files, and what changed since the previous one."""

import io
import json

import pandas as pd

from qcanalysis.reporting.wording import BEGINS_FORMULA, visible_text

COMPARED = ("grade", "severity", "lot_acceptance_rate", "fraction_nonconforming")
CHANGE_COLUMNS = ["supplier_id", "supplier", "page_name", "what", "before", "after"]


def parquet_bytes(table: pd.DataFrame) -> bytes:
    """A table as Parquet."""
    stream = io.BytesIO()
    table.to_parquet(stream, index=False)
    return stream.getvalue()


def csv_bytes(table: pd.DataFrame) -> bytes:
    r"""A table as CSV that a spreadsheet program may open: no cell of text is run as a formula.

    Examples
    --------
    >>> csv_bytes(pd.DataFrame({"supplier": ["=1+1", "Acme"], "score": [-1.5, 2.0]}))
    b"supplier,score\n'=1+1,-1.5\nAcme,2.0\n"
    """
    return table.map(_defused).to_csv(index=False, lineterminator="\n").encode()


def _defused(value: object) -> object:
    if not isinstance(value, str):
        return value
    text = visible_text(value)
    return f"'{text}" if text.startswith(BEGINS_FORMULA) else text


def changes_since(now: pd.DataFrame, before: pd.DataFrame) -> pd.DataFrame:
    """One row per change of a supplier's grade, severity or rate since the previous period.

    Parameters
    ----------
    now, before : DataFrame
        Tables of the two periods.

    Returns
    -------
    DataFrame
        Columns ``supplier_id, supplier, page_name, what, before, after``; `what` is a compared
        column, "new supplier" or "supplier gone"; rates as text with four digits.
    """
    columns = [name for name in COMPARED if name in now and name in before]
    earlier = {row["supplier_id"]: row for row in before.to_dict("records")}
    rows: list[list[str]] = []
    for row in now.to_dict("records"):
        who = [row["supplier_id"], row["supplier"], row["page_name"]]
        old = earlier.pop(row["supplier_id"], None)
        if old is None:
            rows.append([*who, "new supplier", "", ""])
            continue
        texts = [(name, _text(old[name]), _text(row[name])) for name in columns]
        rows += [[*who, name, then, today] for name, then, today in texts if then != today]
    for row in earlier.values():
        rows.append([row["supplier_id"], row["supplier"], "", "supplier gone", "", ""])
    return pd.DataFrame(rows, columns=CHANGE_COLUMNS)


def _text(value: object) -> str:
    if pd.isna(value):  # type: ignore[call-overload]
        return ""
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def json_bytes(table: pd.DataFrame) -> bytes:
    """A table as a JSON list of objects."""
    return json.dumps(table.to_dict("records"), ensure_ascii=False, indent=1).encode()

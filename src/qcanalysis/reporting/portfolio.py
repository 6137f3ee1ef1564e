"""The page of all suppliers: sorted, filtered and printed without a network.

It alone among the pages holds a script, a few lines of its own that sort and filter the
table, allowed by their hash; without the script the table stands as it was written.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from matplotlib.axes import Axes

import qcanalysis
from qcanalysis.reporting import TEMPLATES
from qcanalysis.reporting.figures import close_figure, encoded_figure
from qcanalysis.reporting.provenance import run_time
from qcanalysis.reporting.tables import WrittenTable, table_markup, written_table
from qcanalysis.reporting.wording import STATE_LABELS, State, visible_text
from qcanalysis.suppliers.phrases import count

MISSING = "–"


@dataclass(frozen=True)
class Figure:
    """A figure with its description and the line under it."""

    drawn: Axes
    alt: str
    caption: str


@dataclass(frozen=True)
class PortfolioPage:
    """What the page of all suppliers shows.

    Parameters
    ----------
    heading, summary
        Title, and lines under it: period, origin of the data.
    state, sentence
        The answer on top.
    suppliers
        One row per supplier in the order of the page, with columns ``supplier_id``,
        ``supplier`` (the name shown), ``grade`` and others as headed by ``columns``.
    caption
        What that table shows, besides the number of suppliers.
    orders
        Words of a column in the order that it sorts by; any other word is last.
    links
        File of each supplier's page by ``supplier_id``; one without a page has none.
    failures
        Reason why a supplier has no page of this run, by name.
    tables
        Titled tables under the first one.
    figures
        Figures under the tables.
    notes
        How to read the page.
    """

    heading: str
    summary: Sequence[str]
    state: State
    sentence: str
    suppliers: pd.DataFrame
    caption: str
    links: Mapping[str, str]
    orders: Mapping[str, Sequence[str]] = field(default_factory=dict)
    failures: Mapping[str, str] = field(default_factory=dict)
    tables: Sequence[tuple[str, pd.DataFrame]] = ()
    figures: Sequence[Figure] = ()
    notes: Sequence[str] = ()


def render_portfolio(page: PortfolioPage) -> str:
    """Markup of the page of all suppliers."""
    shown = page.suppliers.drop(columns="supplier_id")
    written = written_table(shown, missing=MISSING)
    script = (TEMPLATES / "qcreport" / "portfolio.js").read_text("utf-8")
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES / "qcreport"), autoescape=True, undefined=StrictUndefined
    )
    return environment.get_template("portfolio.html.j2").render(
        heading=visible_text(page.heading),
        summary=[visible_text(line) for line in page.summary],
        state=page.state,
        sentence=visible_text(page.sentence),
        labels=STATE_LABELS,
        failures=[
            {"supplier": visible_text(name), "reason": visible_text(reason)}
            for name, reason in page.failures.items()
        ],
        grades=sorted(set(shown["grade"].dropna())),
        caption=visible_text(page.caption),
        count=count(len(shown), "supplier"),
        columns=list(zip(written.headings, written.numeric, strict=True)),
        rows=_rows(page, shown, written),
        tables=[(title, _markup(table)) for title, table in page.tables],
        figures=[_encoded(figure) for figure in page.figures],
        notes=[visible_text(note) for note in page.notes],
        run_at=run_time().strftime("%Y-%m-%d %H:%M:%S UTC"),
        version=qcanalysis.__version__,
        style=(TEMPLATES / "qcreport" / "report.css").read_text("utf-8"),
        script=script,
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    )


def _rows(page: PortfolioPage, shown: pd.DataFrame, written: WrittenTable) -> list[dict[str, Any]]:
    values = _sort_values(page, shown, written)
    return [
        {
            "supplier": visible_text(texts[0]),
            "grade": grade,
            "link": quote(page.links[supplier_id]) if supplier_id in page.links else "",
            "cells": [
                (visible_text(text), is_number, value)
                for text, is_number, value in zip(
                    texts[1:], written.numeric[1:], sort_values[1:], strict=True
                )
            ],
        }
        for supplier_id, grade, texts, sort_values in zip(
            page.suppliers["supplier_id"], shown["grade"], written.rows, values, strict=True
        )
    ]


def _sort_values(
    page: PortfolioPage, shown: pd.DataFrame, written: WrittenTable
) -> list[tuple[str | None, ...]]:
    """What each cell sorts by, row by row: a number, "" where there is none, None for its text."""
    columns: list[list[str | None]] = []
    for name, is_number in zip(shown, written.numeric, strict=True):
        values, order = shown[name], page.orders.get(str(name))
        if order:
            values = values.map({word: place for place, word in enumerate(order)})
        elif not is_number:
            columns.append([None] * len(shown))
            continue
        columns.append(["" if pd.isna(value) else repr(float(value)) for value in values])
    return list(zip(*columns, strict=True))


def _markup(table: pd.DataFrame) -> str:
    written = written_table(table, missing=MISSING)
    return table_markup(written.headings, written.rows, "", written.numeric, MISSING)


def _encoded(figure: Figure) -> dict[str, str]:
    kind, content = encoded_figure(figure.drawn, salt=figure.alt)
    close_figure(figure.drawn)
    is_svg = kind == "image/svg+xml"
    return {
        "svg": content if is_svg else "",
        "png": "" if is_svg else content,
        "alt": visible_text(figure.alt),
        "caption": visible_text(figure.caption),
    }

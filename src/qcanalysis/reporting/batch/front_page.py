"""The page of all suppliers of a period, and the list of the periods."""

import json
from collections.abc import Sequence
from typing import Any

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from qcanalysis.records.history import History
from qcanalysis.reporting.batch.run_record import RUN_FILE, moment
from qcanalysis.reporting.batch.storage import Storage
from qcanalysis.reporting.page import TEMPLATES
from qcanalysis.reporting.portfolio import Figure, PortfolioPage, render_portfolio
from qcanalysis.reporting.scorecards import PreparedBatch
from qcanalysis.reporting.supplier_plots import describe_funnel, plot_funnel
from qcanalysis.reporting.wording import STATE_LABELS, State, visible_text
from qcanalysis.suppliers.period import Period
from qcanalysis.suppliers.scorecard_tables import worst_movers
from qcanalysis.suppliers.verdict import portfolio_in_words

MOST_CHANGES = 50
NOTES = (
    "A grade is the most probable band of the score; its probability stands beside it.",
    "The rate of major defects is drawn towards that of the other suppliers, the more so the "
    "fewer items were inspected.",
    "A supplier with too few judged lots has no grade: not enough data.",
)


def front_page(
    prepared: PreparedBatch,
    *,
    history: History,
    period: Period,
    changes: pd.DataFrame | None,
    failed: Sequence[dict[str, Any]],
) -> str:
    """Page of all suppliers, the gravest first, with links to their pages.

    Parameters
    ----------
    prepared : PreparedBatch
        Table and populations.
    history : History
        Where the data come from.
    period : Period
        Which it is of.
    changes : DataFrame or None
        Since the previous period, see :func:`~qcanalysis.reporting.batch.tables.changes_since`.
    failed : sequence of dict
        Pages that were not made, with ``page, supplier_id, supplier, reason``.
    """
    suppliers = prepared.table.sort_values(["score", "supplier_id"], na_position="last")
    state, sentence = _answer(suppliers, failed)
    simulated = "Simulated data. " if history.is_simulated else ""
    without_page = {each["supplier_id"] for each in failed}
    links = zip(suppliers["supplier_id"], suppliers["page_name"], strict=True)
    funnel = prepared.now.funnel
    return render_portfolio(
        PortfolioPage(
            heading=f"Suppliers, {period.title}",
            summary=[
                f"{simulated}{history.title}. {period.start} to {period.end}, local dates in "
                f"{history.time_zone}. {history.note}",
                f"{history.rows_unused} rows of the history are not used; problems.csv beside "
                "this page lists them.",
            ],
            state=state,
            sentence=sentence,
            suppliers=suppliers.drop(columns="page_name"),
            caption=f"{len(suppliers)} suppliers",
            links={
                supplier_id: f"{name}.html"
                for supplier_id, name in links
                if supplier_id not in without_page
            },
            failures={each["supplier"]: each["reason"] for each in failed},
            tables=_tables(prepared, changes),
            figures=[
                Figure(
                    plot_funnel(funnel),
                    describe_funnel(funnel),
                    "Rate of major defects of each supplier against the items inspected.",
                )
            ],
            notes=NOTES,
        )
    )


def _answer(suppliers: pd.DataFrame, failed: Sequence[dict[str, Any]]) -> tuple[State, str]:
    sentence, state = portfolio_in_words(suppliers)
    if failed:
        return "bad", f"{len(failed)} of {len(suppliers)} pages failed. {sentence}"
    return state, sentence


def _tables(
    prepared: PreparedBatch, changes: pd.DataFrame | None
) -> list[tuple[str, pd.DataFrame]]:
    tables = []
    movers = worst_movers(prepared.now, prepared.before)
    if not movers.empty:
        tables.append(("Whose score fell most", movers))
    if changes is not None and not changes.empty:
        told = changes[changes["what"].isin(["grade", "severity", "new supplier", "supplier gone"])]
        title = "Changes since the last period; changes.csv has all"
        tables.append((title, told.head(MOST_CHANGES)[["supplier", "what", "before", "after"]]))
    return [(title, table) for title, table in tables if not table.empty]


def periods_page(out: Storage) -> str:
    """Page that lists the periods in `out`, the latest first."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES / "qcreport"), autoescape=True, undefined=StrictUndefined
    )
    return environment.get_template("periods.html.j2").render(
        periods=[_period(label, out) for label in reversed(out.folders()) if _is_period(label)],
        labels=STATE_LABELS,
        style=(TEMPLATES / "qcreport" / "report.css").read_text("utf-8"),
        made_at=moment(),
    )


def _is_period(label: str) -> bool:
    try:
        return Period.parse(label).label == label
    except ValueError:
        return False


def _period(label: str, out: Storage) -> dict[str, str]:
    record = json.loads(out.folder(label).read(RUN_FILE) or b"{}")
    if not record:
        return {"label": label, "state": "unknown", "sentence": "A run has not come to its end."}
    counts, title = record["counts"], record["history"]["title"]
    state = "bad" if counts["failed"] else "good"
    simulated = "Simulated data. " if record["history"]["is_simulated"] else ""
    failed = f", {counts['failed']} pages failed" if counts["failed"] else ""
    sentence = (
        f"{simulated}{title}: {counts['suppliers']} suppliers{failed}; {record['finished_at']}."
    )
    return {"label": label, "state": state, "sentence": visible_text(sentence)}

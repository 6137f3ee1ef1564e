"""The page of all suppliers of a period, and the list of the periods."""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from qcanalysis.records.history import History
from qcanalysis.reporting import TEMPLATES
from qcanalysis.reporting.batch.run_record import RUN_FILE, moment
from qcanalysis.reporting.batch.storage import Storage
from qcanalysis.reporting.portfolio import Figure, PortfolioPage, render_portfolio
from qcanalysis.reporting.scorecards import PreparedBatch
from qcanalysis.reporting.supplier_plots import describe_funnel, plot_funnel
from qcanalysis.reporting.wording import STATE_LABELS, State, visible_text
from qcanalysis.suppliers.period import Period, whole_months
from qcanalysis.suppliers.phrases import count
from qcanalysis.suppliers.population import Population
from qcanalysis.suppliers.portfolio_words import portfolio_in_words
from qcanalysis.suppliers.scorecard_tables import worst_movers
from qcanalysis.suppliers.severity import STRICTEST_FIRST

MOST_CHANGES = 50
COLUMNS = [
    *("supplier_id", "supplier", "grade", "severity", "during_production_inspection"),
    *("probability_of_grade", "score", "grade_before", "lots", "lot_acceptance_rate"),
    *("fraction_nonconforming", "fraction_lower", "fraction_upper", "probability_above_aql"),
    *("probability_worst_tenth", "rank_lower", "rank_upper", "funnel"),
]
"""What the page shows of `portfolio_table`: what asks for an action beside the grade."""
ORDERS = {
    "severity": STRICTEST_FIRST,
    "during_production_inspection": ("yes", "not assessable", "no"),
    "funnel": ("out high", "alert high", "inside", "alert low", "out low"),
}
NOTES = (
    "A grade is the most probable band of the score; its probability stands beside it.",
    "The rate of major defects is drawn towards that of the other suppliers, the more so the "
    "fewer items were inspected.",
    "A supplier with too few judged lots has no grade: not enough data.",
    "Severity is the strictest of a supplier's products and classes, by the switching rules over "
    "every original lot up to the end of the period.",
)


def front_page(
    prepared: PreparedBatch,
    *,
    history: History,
    period: Period,
    changes: pd.DataFrame | None,
    failed: Sequence[dict[str, Any]],
    answer: tuple[State, str],
    today: date,
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
    answer : tuple of str
        State and sentence on top, see `answer_on_all`.
    today : date
        By which a period is over or not.
    """
    suppliers = _gravest_first(prepared)
    state, sentence = answer
    without_page = {each["supplier_id"] for each in failed}
    links = zip(suppliers["supplier_id"], suppliers["page_name"], strict=True)
    funnel = prepared.now.funnel
    return render_portfolio(
        PortfolioPage(
            heading=f"Suppliers, {period.title}",
            summary=[
                _origin(history),
                *_coverage(history, prepared.now, period, today),
                *_unused(history),
            ],
            state=state,
            sentence=sentence,
            suppliers=suppliers[COLUMNS],
            caption=f"{_months(prepared.now)} to {prepared.now.end}",
            orders=ORDERS,
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


def _origin(history: History) -> str:
    simulated = "Simulated data. " if history.is_simulated else ""
    return (
        f"{simulated}{history.title}. Dates are local dates in {history.time_zone}. {history.note}"
    )


def _coverage(history: History, now: Population, period: Period, today: date) -> list[str]:
    """Which months the figures are of, and where the record or the period ends within them."""
    words = f"The figures are of {_months(now)}, {now.start} to {now.end}"
    first, last = history.first_date, history.last_date
    if first is None or last is None:
        return [f"{words}; the history has no inspection."]
    if last < now.start or first > now.end:
        return [f"{words}: no inspection is of these months, the record is of {first} to {last}."]
    is_over = today > period.end
    within = [f"begins on {first}"] if first > now.start else []
    within += [f"ends on {last}"] if is_over and last < period.start else []
    said = [f"{words}; the record {' and '.join(within)}." if within else f"{words}."]
    return said if is_over else [*said, f"The period is not over: the record ends on {last}."]


def _months(now: Population) -> str:
    return count(whole_months(now.start, now.end), "month")


def _unused(history: History) -> list[str]:
    """Sentences on rows that are not used and on files of which nothing was read, if any."""
    rows, found = history.rows_unused, []
    if rows:
        found.append(
            f"Not used: {count(rows, 'row')} of the history; problems.csv beside this page says "
            "which and why."
        )
    files = [problem.file for problem in history.problems if problem.rule == "damaged file"]
    if files:
        found.append(f"Damaged, so that nothing in it was read: {', '.join(files)}.")
    return found


def _gravest_first(prepared: PreparedBatch) -> pd.DataFrame:
    return prepared.table.sort_values(["score", "supplier_id"], na_position="last")


def answer_on_all(
    prepared: PreparedBatch, failed: Sequence[dict[str, Any]], states: Mapping[str, State]
) -> tuple[State, str]:
    """State and sentence of the page of all suppliers.

    Parameters
    ----------
    prepared : PreparedBatch
        Table and populations.
    failed : sequence of dict
        Pages that were not made.
    states : mapping
        State of each page by its name; the page of all has the worst of them.
    """
    suppliers = _gravest_first(prepared)
    of_pages = [states.get(name, "unknown") for name in suppliers["page_name"]]
    sentence, state = portfolio_in_words(suppliers, of_pages)
    if failed:
        pages = count(len(suppliers), "page")
        return "bad", f"{len(failed)} of {pages} failed. {sentence}"
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
    state = record.get("state", "unknown")
    simulated = "Simulated data. " if record["history"]["is_simulated"] else ""
    suppliers = count(counts["suppliers"], "supplier")
    failed = f", {count(counts['failed'], 'page')} failed" if counts["failed"] else ""
    sentence = f"{simulated}{title}: {suppliers}{failed}; {record['finished_at']}."
    return {"label": label, "state": state, "sentence": visible_text(sentence)}

"""From a history to scorecards: what one page reads, and all pages of a batch prepared at once.

A batch assesses all suppliers once and keeps the result beside the rows; each page then reads
its own supplier's part, so that a page costs the same whatever the number of suppliers.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from qcanalysis.records.history import History, open_history, write_store
from qcanalysis.suppliers.funnel import Funnel
from qcanalysis.suppliers.period import Period
from qcanalysis.suppliers.phrases import record_in_words
from qcanalysis.suppliers.population import Population, ScorecardSettings, assess_population
from qcanalysis.suppliers.scorecard import SupplierRecord
from qcanalysis.suppliers.scorecard_tables import portfolio_table
from qcanalysis.suppliers.severity_of_all import strictest_severities

_LONGEST_SLUG = 60


@dataclass(frozen=True)
class ScorecardInputs:
    """What the page of one supplier is made from.

    Parameters
    ----------
    title, note, is_simulated, time_zone, assumptions, source_files
        Of the history.
    now, before
        The supplier's rows of the population, for the period and the previous one.
    record
        Its own rows.
    """

    title: str
    note: str
    is_simulated: bool
    time_zone: str
    assumptions: Sequence[str]
    source_files: Sequence[tuple[str, str]]
    now: Population
    before: Population
    record: SupplierRecord

    @property
    def origin(self) -> str:
        """Where the data come from, in a sentence; simulated data say so."""
        simulated = "Simulated data. " if self.is_simulated else ""
        return f"{simulated}{self.title}. Dates are local dates in {self.time_zone}. {self.note}"


def read_scorecard(
    history_dir: str,
    supplier_id: str,
    period: Period,
    settings: ScorecardSettings,
    *,
    prepared_dir: str = "",
) -> ScorecardInputs:
    """Rows and figures for the page of one supplier.

    Parameters
    ----------
    history_dir
        A history or a store of one.
    supplier_id
        Whose page.
    period
        Month, quarter or year.
    settings
        What the figures rest on; ignored where `prepared_dir` holds them already.
    prepared_dir
        Folder in which a batch has kept its assessment of all suppliers; "" assesses them here.

    Raises
    ------
    HistoryError, ValueError
        If the history cannot be read, or does not know the supplier.
    """
    with open_history(history_dir) as history:
        if prepared_dir:
            now, before = (
                _kept(Path(prepared_dir) / each.label, supplier_id)
                for each in (period, period.previous)
            )
        else:
            now, before = (
                _assessed(history, each, settings).of(supplier_id)
                for each in (period, period.previous)
            )
        return ScorecardInputs(
            history.title,
            history.note,
            history.is_simulated,
            history.time_zone,
            history.assumptions,
            history.source_files,
            now,
            before,
            _record(history, supplier_id, now.start, period.end),
        )


def _record(history: History, supplier_id: str, start: date, end: date) -> SupplierRecord:
    unused = history.unused_rows
    return SupplierRecord(
        history.inspected_lots(supplier_id, end),
        history.class_results(supplier_id, end),
        history.findings(supplier_id, start, end),
        unused.loc[unused["supplier_id"] == supplier_id, ["table", "rule", "rows"]],
        history.accepted_actions(end, supplier_id).get(supplier_id, ()),
        record_in_words(start, end, history.first_date, history.last_date),
    )


def _assessed(history: History, period: Period, settings: ScorecardSettings) -> Population:
    window = period.window(settings.window_months)
    return assess_population(
        period,
        history.class_counts(*window),
        history.lot_results(*window),
        history.lot_counts(*window),
        history.agency_counts(*window),
        settings,
    )


def _keep(population: Population, folder: Path) -> None:
    folder.mkdir(parents=True)
    for name, frame in _frames(population).items():
        frame.to_parquet(folder / f"{name}.parquet", index=False)
    funnel = population.funnel
    facts = {
        "label": population.period_label,
        "start": population.start,
        "end": population.end,
        "funnel": [funnel.target, funnel.dispersion, funnel.between_suppliers],
    }
    (folder / "facts.json").write_text(json.dumps(facts, default=str), "utf-8")


def _frames(population: Population) -> dict[str, pd.DataFrame]:
    return {
        "cards": population.cards,
        "rates": population.rates,
        "priors": population.priors,
        "funnel": population.funnel.table,
        "funnel_curve": population.funnel.curve,
    }


def _kept(folder: Path, supplier_id: str) -> Population:
    facts = json.loads((folder / "facts.json").read_text("utf-8"))
    own: list[tuple[str, str, Any]] = [("supplier_id", "==", supplier_id)]
    return Population(
        facts["label"],
        date.fromisoformat(facts["start"]),
        date.fromisoformat(facts["end"]),
        pd.read_parquet(folder / "cards.parquet", filters=own),
        pd.read_parquet(folder / "rates.parquet", filters=own),
        pd.read_parquet(folder / "priors.parquet"),
        Funnel(
            pd.read_parquet(folder / "funnel.parquet"),
            pd.read_parquet(folder / "funnel_curve.parquet"),
            *facts["funnel"],
        ),
    ).of(supplier_id)


@dataclass(frozen=True)
class PreparedPage:
    """One page of a batch: whose, under which name, and what it depends on."""

    supplier_id: str
    supplier_name: str
    page_name: str
    data_key: str
    parameters: Mapping[str, object]


@dataclass(frozen=True, eq=False)
class PreparedBatch:
    """All pages of a batch and the table of all suppliers, with the populations behind it."""

    pages: tuple[PreparedPage, ...]
    table: pd.DataFrame
    now: Population
    before: Population


def prepare(
    history: History, period: Period, settings: Mapping[str, Any], folder: Path
) -> PreparedBatch:
    """Pages of all suppliers of a history, assessed once.

    Parameters
    ----------
    history
        Checked history.
    period
        Month, quarter or year.
    settings
        Checked parameters of the scorecard notebook.
    folder
        Empty folder that the pages will read from.
    """
    chosen = settings_of(settings)
    store = write_store(history, folder / "history")
    with open_history(store) as stored:
        populations = [_assessed(stored, each, chosen) for each in (period, period.previous)]
        for population in populations:
            _keep(population, folder / "prepared" / population.period_label)
        severities = _severities(stored, period, bool(settings.get("reduced_is_permitted")))
        keys = _data_keys(stored, populations, period)
    now, before = populations
    table = portfolio_table(now, before, severities).sort_values("supplier_id", ignore_index=True)
    names = [page_name(supplier_id) for supplier_id in table["supplier_id"]]
    table.insert(1, "page_name", names)
    places = {"history_dir": str(store), "prepared_dir": str(folder / "prepared")}
    pages = tuple(
        PreparedPage(
            supplier_id,
            supplier,
            name,
            keys[supplier_id],
            {**settings, **places, "supplier_id": supplier_id, "period": period.label},
        )
        for supplier_id, supplier, name in zip(
            table["supplier_id"], table["supplier"], names, strict=True
        )
    )
    return PreparedBatch(pages, table, now, before)


def settings_of(parameters: Mapping[str, Any]) -> ScorecardSettings:
    """Settings among the parameters of the scorecard notebook; the rest are left alone."""
    names = ScorecardSettings.__dataclass_fields__
    return ScorecardSettings(**{name: parameters[name] for name in names if name in parameters})


def page_name(supplier_id: str) -> str:
    """File name of a supplier's page: safe, and different whatever the case of the letters.

    Examples
    --------
    >>> page_name("S 01/a"), page_name("s 01/A")
    ('s-01-a-3d8cd678', 's-01-a-c7db4001')
    """
    slug = re.sub(r"[^a-z0-9]+", "-", supplier_id.lower()).strip("-")[:_LONGEST_SLUG] or "supplier"
    return f"{slug}-{hashlib.sha256(supplier_id.encode()).hexdigest()[:8]}"


def _severities(history: History, period: Period, reduced_is_permitted: bool) -> pd.Series:
    """Strictest severity in force by supplier; none where no rule applies."""
    found: dict[str, str] = {}
    accepted_on = history.accepted_actions(period.end)
    for results in history.original_results(period.end):
        found |= strictest_severities(
            results, reduced_is_permitted=reduced_is_permitted, action_accepted_on=accepted_on
        )
    return pd.Series(found, dtype="object")


def _data_keys(
    history: History, populations: Sequence[Population], period: Period
) -> dict[str, str]:
    """SHA-256 of what each supplier's page shows: its rows, its figures, those of all."""
    shared = [history.title, history.note, history.is_simulated, history.time_zone]
    shared += [history.assumptions]
    window = populations[0].start, populations[0].end
    shared += [record_in_words(*window, history.first_date, history.last_date)]
    shared += [
        _frames(population)[name].to_json()
        for population in populations
        for name in ("priors", "funnel", "funnel_curve")
    ]
    common = hashlib.sha256(json.dumps(shared, default=str).encode()).hexdigest()
    rows = history.record_keys(period.end)
    parts: dict[str, list[str]] = {s: [common, k] for s, k in rows.items()}
    for population in populations:
        for frame in (population.cards, population.rates):
            hashes = pd.util.hash_pandas_object(frame, index=False)
            for supplier_id, value in zip(frame["supplier_id"], hashes, strict=True):
                parts.setdefault(supplier_id, [common]).append(str(value))
    return {
        supplier_id: hashlib.sha256("|".join(part).encode()).hexdigest()
        for supplier_id, part in parts.items()
    }

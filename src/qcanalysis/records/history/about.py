"""What a checked history says about itself: where it comes from, and what was wrong with it."""

from datetime import date
from functools import cached_property
from pathlib import Path

import pandas as pd

from qcanalysis.records.history.frames import typed
from qcanalysis.records.history.problems import HistoryProblem
from qcanalysis.records.history.store import Meta, read_meta, read_problems


class About:
    """Facts of a history, read from the version of a store.

    Parameters
    ----------
    folder
        Version of a store.
    """

    def __init__(self, folder: Path) -> None:
        self._meta: Meta = read_meta(folder)
        self._folder = folder

    @property
    def title(self) -> str:
        """Name of the history."""
        return self._meta.title

    @property
    def is_simulated(self) -> bool:
        """Whether a simulator made it; every page made from it must say so."""
        return self._meta.is_simulated

    @property
    def time_zone(self) -> str:
        """IANA time zone that its dates are of."""
        return self._meta.time_zone

    @property
    def note(self) -> str:
        """What its keeper wants said; empty where nothing."""
        return self._meta.note

    @property
    def assumptions(self) -> list[str]:
        """Sentences on what was taken where the source does not say."""
        return list(self._meta.assumptions)

    @property
    def source_files(self) -> list[tuple[str, str]]:
        """Name and SHA-256 of each file read; for a server, each table and its number of rows."""
        return list(self._meta.source_files)

    @property
    def first_date(self) -> date | None:
        """Date of the first inspection; None where there is none."""
        return date.fromisoformat(self._meta.first_date) if self._meta.first_date else None

    @property
    def last_date(self) -> date | None:
        """Date of the last inspection; None where there is none."""
        return date.fromisoformat(self._meta.last_date) if self._meta.last_date else None

    @property
    def rows(self) -> int:
        """Rows of inspections (inspection x defect class) that are used."""
        return self._meta.rows

    @property
    def rows_unused(self) -> int:
        """Rows of inspections that are not used; `unused_rows` says why."""
        return self._meta.rows_unused

    @property
    def problem_totals(self) -> dict[str, int]:
        """Number of problems by rule, of those too that the list was too long for."""
        return dict(self._meta.totals)

    @cached_property
    def problems(self) -> list[HistoryProblem]:
        """Problems found by the check, errors first; the first 200 of each rule and column."""
        return read_problems(self._folder)

    @cached_property
    def unused_rows(self) -> pd.DataFrame:
        """Rows not used: table, rule, supplier_id, rows; a row that breaks two rules is in both."""
        return typed(pd.read_parquet(self._folder / "unused.parquet"))

    def suppliers(self) -> pd.DataFrame:
        """Every known supplier: supplier_id, supplier_name, country; in order of the id."""
        return pd.read_parquet(self._folder / "suppliers.parquet")

"""One supplier's scorecard of a period: its place among all, its lots in order, its severity."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
import pandas as pd

from qcanalysis.estimation import BetaPrior
from qcanalysis.suppliers.bands import checked_bands, checked_weights
from qcanalysis.suppliers.control_charts import ControlChart, control_chart
from qcanalysis.suppliers.deterioration import DeteriorationCusum, deterioration_cusum
from qcanalysis.suppliers.grading import Grading
from qcanalysis.suppliers.indicators import LAST_LOTS, NOT_ENOUGH
from qcanalysis.suppliers.period import Period
from qcanalysis.suppliers.population import RANKED_CLASS, Population, ScorecardSettings
from qcanalysis.suppliers.severity import ClassSeverity, class_severities, severity_table

FEWEST_CHARTED = 2
CHARTED_LOTS = 60
"""Lots of a supplier that a control chart shows at most: the last ones."""


@dataclass(frozen=True, eq=False)
class SupplierRecord:
    """Rows of one supplier up to the end of the period, oldest first.

    Parameters
    ----------
    lots, results
        A row per inspection, and per inspection and defect class.
    defects
        Defect types found on original lots in the window.
    unused
        Rows of the source left out: table, rule, rows.
    action_accepted_on
        Days on which a corrective action was closed that was found effective.
    coverage
        In words, which days of the window the record of all suppliers covers; "" for all.
    """

    lots: pd.DataFrame
    results: pd.DataFrame
    defects: pd.DataFrame
    unused: pd.DataFrame
    action_accepted_on: tuple[date, ...] = ()
    coverage: str = ""

    @cached_property
    def original_lots(self) -> pd.DataFrame:
        """Original pre-shipment inspections, oldest first."""
        is_original = (self.lots["kind"] == "pre_shipment") & self.lots["is_original_submission"]
        return self.lots[is_original]

    @cached_property
    def original_results(self) -> pd.DataFrame:
        """Results of original pre-shipment lots, oldest first."""
        return self.results[self.results["inspection_id"].isin(self.original_lots["inspection_id"])]


@dataclass(frozen=True, eq=False)
class Scorecard:
    """What the page of one supplier shows.

    Parameters
    ----------
    period
        Month, quarter or year.
    now, before
        The supplier's rows of the population, for this period and the previous one.
    record
        Its lots.
    settings
        What the figures rest on.
    severities
        The switching rules walked over each SKU family and defect class.
    majors
        Results of major defects on original pre-shipment lots, oldest first.
    chart
        Control chart of the last of them; None below two.
    watch
        Whether their rate has become worse than it was; None where there are none.
    """

    period: Period
    now: Population
    before: Population
    record: SupplierRecord
    settings: ScorecardSettings
    severities: tuple[ClassSeverity, ...]
    majors: pd.DataFrame
    chart: ControlChart | None
    watch: DeteriorationCusum | None

    @property
    def card(self) -> pd.Series:
        """Indicators, score and grade of this period."""
        return self.now.cards.iloc[0]

    @property
    def card_before(self) -> pd.Series:
        """The same of the previous period."""
        return self.before.cards.iloc[0]

    @property
    def major(self) -> pd.Series | None:
        """Rates of major defects of this period; None where no lot was judged on them."""
        rows = self.now.rates[self.now.rates["defect_class"] == RANKED_CLASS]
        return rows.iloc[0] if len(rows) else None

    @property
    def is_graded(self) -> bool:
        """Whether there is enough data for a grade."""
        return bool(self.card["grade"] != NOT_ENOUGH)

    @property
    def grading(self) -> Grading:
        """Score and grade with the bands and weights they rest on."""
        return Grading(
            self.now.cards,
            checked_bands(self.settings.bands),
            checked_weights(self.settings.weights),
            self.settings.confidence_level,
        )

    @property
    def worse_since(self) -> pd.Timestamp | None:
        """Day of the last signal of a worsening rate within the window, while it holds."""
        if self.watch is None or not len(self.watch.signals) or self.watch.recovery is not None:
            return None
        day = pd.Timestamp(self.majors["inspected_on"].iloc[self.watch.signals[-1]])
        return day if day.date() >= self.now.start else None

    @property
    def recovered_on(self) -> pd.Timestamp | None:
        """Day by which a rate that had grown was back at its level; None where none was."""
        if self.watch is None or self.watch.recovery is None:
            return None
        return pd.Timestamp(self.majors["inspected_on"].iloc[self.watch.recovery])

    def originals_of_window(self, defect_class: str) -> pd.DataFrame:
        """Rows of a class on original pre-shipment lots of the window, oldest first."""
        rows = _originals(self.record, defect_class)
        return rows[rows["inspected_on"] >= pd.Timestamp(self.now.start)]

    @cached_property
    def critical_lots(self) -> pd.DataFrame:
        """Rows of original lots of the window on which a critical defect was found."""
        rows = self.originals_of_window("critical")
        return rows[rows["nonconforming_count"] > 0]

    @property
    def last_original_lots(self) -> pd.Series:
        """Inspections of the last five original pre-shipment lots, whenever they were."""
        return self.record.original_lots["inspection_id"].tail(LAST_LOTS)

    @cached_property
    def severity_table(self) -> pd.DataFrame:
        """`qcanalysis.suppliers.severity.severity_table` of its severities."""
        return severity_table(self.severities)

    @property
    def lots_of_period(self) -> pd.DataFrame:
        """Inspections dated in the period itself, not in the window before it."""
        on = self.record.lots["inspected_on"].dt.date
        lots: pd.DataFrame = self.record.lots[(on >= self.period.start) & (on <= self.period.end)]
        return lots


def scorecard(
    period: Period,
    now: Population,
    before: Population,
    record: SupplierRecord,
    settings: ScorecardSettings,
    *,
    reduced_is_permitted: bool = False,
) -> Scorecard:
    """Scorecard of one supplier from its rows of the population and its own record.

    Parameters
    ----------
    period
        Month, quarter or year.
    now, before
        ``population.of(supplier_id)`` of this period and the previous one.
    record
        Rows up to the end of the period.
    settings
        As used for the population.
    reduced_is_permitted
        Whether the responsible authority agrees to reduced inspection.
    """
    majors = _originals(record, RANKED_CLASS)
    chart = watch = None
    if len(majors) >= FEWEST_CHARTED:
        shown = majors.tail(CHARTED_LOTS)
        chart = control_chart(
            shown["nonconforming_count"],
            shown["sample_size"],
            labels=shown["inspected_on"].dt.strftime("%Y-%m-%d").tolist(),
        )
    if len(majors):
        known = now.priors[now.priors["defect_class"] == RANKED_CLASS].iloc[0]
        watch = deterioration_cusum(
            majors["nonconforming_count"],
            majors["sample_size"],
            BetaPrior(float(known["prior_alpha"]), float(known["prior_beta"])),
            intraclass_correlation=float(np.nan_to_num(known["intraclass_correlation"])),
        )
    return Scorecard(
        period,
        now,
        before,
        record,
        settings,
        class_severities(
            record.lots,
            record.results,
            reduced_is_permitted=reduced_is_permitted,
            action_accepted_on=record.action_accepted_on,
        ),
        majors,
        chart,
        watch,
    )


def _originals(record: SupplierRecord, defect_class: str) -> pd.DataFrame:
    """Rows of a defect class on original pre-shipment lots, oldest first."""
    rows = record.original_results
    return rows[rows["defect_class"] == defect_class]

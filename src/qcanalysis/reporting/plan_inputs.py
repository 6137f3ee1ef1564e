"""What the choice of a plan starts from: the next lot's quality, and where it is taken from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from qcanalysis.estimation import BetaPrior
from qcanalysis.estimation.plan_choice.candidates import PlanQuestion
from qcanalysis.estimation.plan_choice.next_lot import stated_prior
from qcanalysis.estimation.plan_choice.words import prior_in_words
from qcanalysis.records import read_case
from qcanalysis.records.history import open_history
from qcanalysis.recovery.specification.measured import COLUMNS, measured_characteristics
from qcanalysis.recovery.specification.measuring_plans import measuring_plans
from qcanalysis.sampling import RiskPoint
from qcanalysis.suppliers.next_lot import next_lot
from qcanalysis.suppliers.period import Period


@dataclass(frozen=True)
class PlanInputs:
    """Prior of the next lot with its origin.

    Parameters
    ----------
    prior
        Of the fraction nonconforming.
    sentence, remarks
        What is expected and why; what to know of it.
    source_files
        Name and SHA-256 of every file read.
    """

    prior: BetaPrior
    sentence: str
    remarks: tuple[str, ...]
    source_files: tuple[tuple[str, str], ...]


def read_next_lot(
    history_dir: str,
    supplier_id: str,
    period: str,
    window_months: int,
    defect_class: str,
    *,
    stated_percent: Mapping[str, float],
) -> PlanInputs:
    """Quality expected of the next lot: stated, or from the supplier's record.

    Parameters
    ----------
    history_dir, supplier_id
        History, and whose lots; an empty ``supplier_id`` takes the stated figures.
    period, window_months
        Last period of the record, and the months that end with it.
    defect_class
        Class of defects in question.
    stated_percent
        ``mean`` and ``spread`` (standard deviation) of the lots' quality, used without a
        supplier [%].

    Examples
    --------
    >>> read_next_lot("", "", "", 0, "", stated_percent={"mean": 2.0, "spread": 1.0}).sentence
    'Expected in the next lot: 2.0% defective, 9 lots in 10 between 0.7% and 3.9% (as stated).'
    """
    if not supplier_id:
        prior = stated_prior(stated_percent["mean"] / 100, stated_percent["spread"] / 100)
        return PlanInputs(prior, prior_in_words(prior, "as stated"), (), ())
    window = Period.parse(period).window(window_months)
    with open_history(history_dir) as history:
        lot = next_lot(history.lot_results(*window), supplier_id, defect_class)
        simulated = ("Simulated data.",) if history.is_simulated else ()
        origin = f"{history.title}, inspections from {window[0]} to {window[1]}."
        return PlanInputs(
            lot.prior,
            prior_in_words(lot.prior, lot.source),
            (*simulated, origin, *(f"{text[:1].upper()}{text[1:]}." for text in lot.remarks)),
            tuple(history.source_files),
        )


def plan_question(
    lot_size: int, aql_percent: float, wishes: Mapping[str, float], inspection: Mapping[str, str]
) -> PlanQuestion:
    """Question to the candidates, from the parameters of the notebook.

    Parameters
    ----------
    lot_size, aql_percent
        Items in the lot, and the AQL of the class in question [%].
    wishes
        ``good_percent`` and ``poor_percent`` [%], ``refuse_good`` and ``accept_poor``
        [fraction].
    inspection
        ``level`` and ``severity`` of today's plan.

    Raises
    ------
    ValueError
        If a wish is not there, or the two contradict each other.
    """
    missing = {"good_percent", "refuse_good", "poor_percent", "accept_poor"} - set(wishes)
    if missing:
        raise ValueError(f"wishes must also name {', '.join(sorted(missing))}; got {dict(wishes)}")
    producer = RiskPoint(wishes["good_percent"] / 100, 1 - wishes["refuse_good"])
    consumer = RiskPoint(wishes["poor_percent"] / 100, wishes["accept_poor"])
    level, severity = inspection.get("level", "II"), inspection.get("severity", "normal")
    return PlanQuestion(lot_size, aql_percent, producer, consumer, level, severity)


@dataclass(frozen=True, eq=False)
class Measured:
    """Measured characteristics of a case with the plans that measure, and the files read."""

    plans: pd.DataFrame
    source_files: tuple[tuple[str, str], ...]


def read_measured(case_dir: str, question: PlanQuestion) -> Measured:
    """Measured characteristics of a case beside the plans for the two wishes; none without one."""
    if not case_dir:
        nothing = pd.DataFrame(columns=COLUMNS)
        return Measured(measuring_plans(nothing, question.producer, question.consumer), ())
    case = read_case(case_dir)
    found = measured_characteristics(case.measurements, case.specification, case.skus)
    plans = measuring_plans(found, question.producer, question.consumer)
    return Measured(plans, tuple(case.files))

"""What the choice of a plan starts from: the next lot's quality, and where it is taken from."""

from __future__ import annotations

from dataclasses import dataclass

from qcanalysis.estimation import BetaPrior
from qcanalysis.estimation.plan_choice.next_lot import stated_prior
from qcanalysis.estimation.plan_choice.words import prior_in_words
from qcanalysis.records.history import open_history
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
    mean_percent: float,
    spread_percent: float,
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
    mean_percent, spread_percent
        Mean and standard deviation of the lots' quality, used without a supplier [%].

    Examples
    --------
    >>> read_next_lot("", "", "", 0, "", mean_percent=2.0, spread_percent=1.0).sentence
    'Expected in the next lot: 2.0% defective, 9 lots in 10 between 0.7% and 3.9% (as stated).'
    """
    if not supplier_id:
        prior = stated_prior(mean_percent / 100, spread_percent / 100)
        return PlanInputs(prior, prior_in_words(prior, "as stated"), (), ())
    window = Period.parse(period).window(window_months)
    with open_history(history_dir) as history:
        lot = next_lot(history.class_counts(*window), supplier_id, defect_class)
        simulated = ("Simulated data.",) if history.is_simulated else ()
        origin = f"{history.title}, inspections from {window[0]} to {window[1]}."
        return PlanInputs(
            lot.prior,
            prior_in_words(lot.prior, lot.source),
            (*simulated, origin, *(f"{text[:1].upper()}{text[1:]}." for text in lot.remarks)),
            tuple(history.source_files),
        )

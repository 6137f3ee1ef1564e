"""Several plans side by side: asked for in plain terms, compared by their risks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from qcanalysis.sampling.oc import probability_of_acceptance, producers_risk, quality_at_acceptance
from qcanalysis.sampling.plan import SamplingPlan
from qcanalysis.sampling.rectification import average_outgoing_quality_limit
from qcanalysis.sampling.sample_number import average_sample_number
from qcanalysis.sampling.standard import lookup_plan
from qcanalysis.sampling.tables import printed_aql


def requested_plans(
    requests: Sequence[Mapping[str, Any]], *, lot_size: int
) -> dict[str, SamplingPlan]:
    """Plans by label, looked up or taken as given.

    Parameters
    ----------
    requests
        Each either names a cell of a standard (``aql_percent`` and any of
        ``inspection_level, severity, standard, sampling``) or a plan of one's
        own (``sample_sizes, acceptance_numbers, rejection_numbers``). A
        ``label`` is optional in both.
    lot_size
        Items in the lot.

    Raises
    ------
    ValueError
        If a request is neither; the message gives its place in the list.

    Examples
    --------
    >>> requested_plans([{"aql_percent": 2.5}, {"sample_sizes": [80], "acceptance_numbers": [0],
    ...                   "rejection_numbers": [1], "label": "own"}], lot_size=20_000)
    {'AQL 2.5': SamplingPlan(315 14/15), 'own': SamplingPlan(80 0/1)}
    """
    plans: dict[str, SamplingPlan] = {}
    for place, request in enumerate(requests, start=1):
        terms = dict(request)
        label = terms.pop("label", None)
        try:
            if "aql_percent" in terms:
                plan = lookup_plan(lot_size, **terms).plan
                label = label or _label(terms)
            else:
                plan = SamplingPlan(**{name: tuple(values) for name, values in terms.items()})
                label = label or repr(plan).removeprefix("SamplingPlan").strip("()")
        except TypeError as error:
            raise ValueError(
                f"plans, entry {place}: name aql_percent (with inspection_level, severity, "
                "standard, sampling) or sample_sizes, acceptance_numbers and rejection_numbers; "
                f"got {sorted(request)} ({error})"
            ) from error
        if label in plans:
            raise ValueError(f"plans, entry {place}: the label {label!r} is used twice")
        plans[label] = plan
    return plans


def _label(terms: Mapping[str, Any]) -> str:
    words = [f"AQL {printed_aql(terms['aql_percent'])}"]
    if "inspection_level" in terms:
        words.append(f"level {terms['inspection_level']}")
    words += [str(terms[name]) for name in ("severity", "sampling", "standard") if name in terms]
    return ", ".join(words)


def risk_table(
    plans: Mapping[str, SamplingPlan],
    *,
    lot_size: int,
    good_quality_percent: float,
    poor_quality_percent: float,
) -> pd.DataFrame:
    """Table of the risks of several plans, one row each.

    Parameters
    ----------
    plans
        Plans by label.
    lot_size
        Items in the lot, for the AOQL.
    good_quality_percent, poor_quality_percent
        Where the producer's and the consumer's risk are read [percent nonconforming].

    Returns
    -------
    Columns ``plan, sample_size, acceptance_number, producers_risk, consumers_risk,
    quality_95, quality_50, quality_10`` (qualities accepted with that
    probability), ``average_outgoing_quality_limit`` and
    ``average_sample_number`` at the good quality; all rates are fractions.

    Examples
    --------
    >>> table = risk_table({"L, AQL 2.5": SamplingPlan.single(200, 10)}, lot_size=8000,
    ...                    good_quality_percent=2.5, poor_quality_percent=8.0)
    >>> table.loc[0, ["producers_risk", "consumers_risk"]].astype(float).round(3).to_list()
    [0.013, 0.069]
    """
    good, poor = good_quality_percent / 100, poor_quality_percent / 100
    rows = []
    for label, plan in plans.items():
        q95, q50, q10 = np.asarray(quality_at_acceptance(plan, [0.95, 0.50, 0.10]))
        limit, _ = average_outgoing_quality_limit(plan, lot_size=lot_size)
        rows.append(
            {
                "plan": label,
                "sample_size": plan.sample_size,
                "acceptance_number": plan.acceptance_number,
                "producers_risk": producers_risk(plan, good),
                "consumers_risk": probability_of_acceptance(plan, poor),
                "quality_95": q95,
                "quality_50": q50,
                "quality_10": q10,
                "average_outgoing_quality_limit": limit,
                "average_sample_number": average_sample_number(plan, good),
            }
        )
    return pd.DataFrame(rows)


def risks_in_words(
    table: pd.DataFrame, *, good_quality_percent: float, poor_quality_percent: float
) -> str:
    """Sentence on the first plan of a risk table, and on the plan that protects best.

    Examples
    --------
    >>> table = risk_table({"L, AQL 2.5": SamplingPlan.single(200, 10)}, lot_size=8000,
    ...                    good_quality_percent=2.5, poor_quality_percent=8.0)
    >>> print(risks_in_words(table, good_quality_percent=2.5, poor_quality_percent=8.0))
    L, AQL 2.5 (200/10) refuses a lot at 2.5% in 1.3% of cases and lets one at 8% pass
    in 6.9%; half the lots pass at 5.33%.
    """
    first = table.iloc[0]
    words = (
        f"{first['plan']} ({first['sample_size']}/{first['acceptance_number']}) refuses a lot at "
        f"{good_quality_percent:g}% in {100 * first['producers_risk']:.1f}% of cases and lets "
        f"one at {poor_quality_percent:g}% pass in {100 * first['consumers_risk']:.1f}%; half "
        f"the lots pass at {100 * first['quality_50']:.2f}%."
    )
    best = table.sort_values("consumers_risk", kind="stable").iloc[0]
    if best["plan"] == first["plan"]:
        return words
    return (
        f"{words} {best['plan']} lets through least: {100 * best['consumers_risk']:.1f}%, with "
        f"{100 * best['producers_risk']:.1f}% of the good lots refused."
    )

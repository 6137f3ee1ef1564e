"""Estimates per lot and class from an inspection, and their total over the order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import pandas as pd

from qcanalysis.estimation.defect_rate import defect_rate_interval
from qcanalysis.estimation.remainder import (
    JEFFREYS,
    BetaPrior,
    CountDistribution,
    nonconforming_remainder,
    total_remainder,
)

ALL_PRODUCTS = "all products"
CLASSES = ("critical", "major", "minor")


def inspected_samples(
    class_results: pd.DataFrame,
    units: pd.DataFrame,
    skus: pd.DataFrame,
    *,
    order_quantity: int,
    inspection_id: str,
    worst_defect_only: bool = False,
) -> pd.DataFrame:
    """What one visit found in each lot and class, on a stated basis (T3).

    Parameters
    ----------
    class_results, units, skus
        Tables of a case, in the columns of the records schema. Where the visit
        has unit rows, defective pieces are counted from them.
    order_quantity
        Pieces ordered: the lot size where the report pools all products.
    inspection_id
        Visit.
    worst_defect_only
        Count a piece once, in the class of its worst defect, rather than once
        in every class that it offends.

    Returns
    -------
    Columns ``product, defect_class, lot_size, sample_size, found, basis``, a
    row per lot and class; what the report does not state is missing.
    """
    quantities = dict(zip(skus["sku"], skus["quantity"], strict=True))
    pieces = units[units["inspection_id"].eq(inspection_id)]
    if not pieces.empty:
        return _from_units(pieces, quantities, worst_defect_only)
    stated = class_results[class_results["inspection_id"].eq(inspection_id)]
    rows = []
    for _, row in stated.iterrows():
        lot_size = row["lot_size"]
        if pd.isna(lot_size):
            lot_size = quantities.get(row["sku"], order_quantity)
        rows.append(
            {
                "product": ALL_PRODUCTS if pd.isna(row["sku"]) else row["sku"],
                "defect_class": row["defect_class"],
                "lot_size": int(lot_size),
                "sample_size": row["sample_size"],
                "found": row["found"],
                "basis": "not stated"
                if pd.isna(row["counting_basis"])
                else f"{row['counting_basis']} counted",
            }
        )
    return pd.DataFrame(rows)


def _from_units(
    pieces: pd.DataFrame, quantities: Mapping[str, int], worst_defect_only: bool
) -> pd.DataFrame:
    offends = {name: pieces[f"{name}_defects"].gt(0) for name in CLASSES}
    if worst_defect_only:
        offends["major"] &= ~offends["critical"]
        offends["minor"] &= ~(offends["critical"] | offends["major"])
    basis = "pieces, by their worst defect" if worst_defect_only else "pieces, in every class"
    rows = []
    for product, group in pieces.groupby("sku", sort=False):
        rows += [
            {
                "product": product,
                "defect_class": name,
                "lot_size": int(quantities[str(product)]),
                "sample_size": len(group),
                "found": int(flag.loc[group.index].sum()),
                "basis": basis,
            }
            for name, flag in offends.items()
        ]
    return pd.DataFrame(rows)


def estimate_lots(
    samples: pd.DataFrame,
    *,
    confidence_level: float = 0.95,
    tolerable_fraction: Mapping[str, float],
    prior: BetaPrior = JEFFREYS,
) -> pd.DataFrame:
    """Defect rate of each lot, and the bad units in the part nobody inspected.

    Parameters
    ----------
    samples
        What `inspected_samples` returns.
    confidence_level
        Level of both intervals.
    tolerable_fraction
        Share of bad units that each class may have; ``probability_above`` is
        the chance that the uninspected rest holds more.
    prior
        Prior of the fraction nonconforming.

    Returns
    -------
    The samples with ``rate, rate_lower, rate_upper`` (exact, whole items of the
    lot), ``bad_mean, bad_lower, bad_upper`` (beta-binomial), ``probability_above``
    and ``reason``, which says what is missing where there is no estimate. Where
    a class has several lots, a row "all products" adds them up.

    Examples
    --------
    >>> samples = pd.DataFrame({"product": ["PIN"], "defect_class": ["major"],
    ...     "lot_size": [8000], "sample_size": [200], "found": [7], "basis": ["pieces"]})
    >>> row = estimate_lots(samples, confidence_level=0.90,
    ...                     tolerable_fraction={"major": 0.025}).iloc[0]
    >>> round(row["bad_mean"]), int(row["bad_lower"]), int(row["bad_upper"])            # T10
    (291, 141, 483)
    """
    rows, rests = [], {}
    for index, sample in samples.iterrows():
        tolerable = tolerable_fraction.get(sample["defect_class"])
        missing = [name for name in ("sample_size", "found") if pd.isna(sample[name])]
        if missing:
            words = " and ".join(name.replace("_", " ") for name in missing)
            rows.append({**sample, "reason": f"cannot tell: the report states no {words}"})
            continue
        found, size, lot = (int(sample[name]) for name in ("found", "sample_size", "lot_size"))
        if found > size:
            rows.append({**sample, "reason": "cannot tell: more defects than pieces inspected"})
            continue
        rests[index] = nonconforming_remainder(found, size, lot_size=lot, prior=prior)
        limits = defect_rate_interval(found, size, lot_size=lot, confidence_level=confidence_level)
        rows.append(
            {
                **sample,
                "rate": limits.estimate,
                "rate_lower": limits.lower,
                "rate_upper": limits.upper,
                **_bad_units(rests[index], confidence_level, tolerable),
                "reason": "",
            }
        )
    columns = [*samples.columns, "rate", "rate_lower", "rate_upper", "bad_mean", "bad_lower",
               "bad_upper", "probability_above", "reason"]  # fmt: skip
    estimates = pd.DataFrame(rows).reindex(columns=columns)
    totals = [
        _total(group, [rests[index] for index in group.index], confidence_level)
        for _, group in samples.groupby("defect_class", sort=False)
        if len(group) > 1 and all(index in rests for index in group.index)
    ]
    return pd.concat([estimates, *(pd.DataFrame([total]) for total in totals)], ignore_index=True)


def _bad_units(
    rest: CountDistribution, level: float, tolerable: float | None
) -> dict[str, float | int | None]:
    lower, upper = rest.interval(level)
    units = rest.probabilities.size - 1
    return {
        "bad_mean": rest.mean,
        "bad_lower": lower,
        "bad_upper": upper,
        "probability_above": None
        if tolerable is None
        else rest.probability_of_more_than(int(tolerable * units)),
    }


def _total(
    group: pd.DataFrame, rests: Sequence[CountDistribution], level: float
) -> dict[str, object]:
    return {
        "product": ALL_PRODUCTS,
        "defect_class": group["defect_class"].iloc[0],
        "lot_size": int(group["lot_size"].sum()),
        "sample_size": int(group["sample_size"].sum()),
        "found": int(group["found"].sum()),
        "basis": group["basis"].iloc[0],
        **_bad_units(total_remainder(rests), level, None),
        "reason": "",
    }


def estimates_by_sample_size(
    samples: pd.DataFrame,
    sample_sizes: Sequence[int],
    *,
    confidence_level: float = 0.95,
    tolerable_fraction: Mapping[str, float],
) -> pd.DataFrame:
    """What the counts would mean if the sample had been of this or that size.

    For reports that state no sample size: as `estimate_lots`, a row per size.

    Examples
    --------
    >>> samples = pd.DataFrame({"product": ["all products"], "defect_class": ["major"],
    ...     "lot_size": [20000], "sample_size": [None], "found": [7], "basis": ["not stated"]})
    >>> table = estimates_by_sample_size(samples, [80, 315], tolerable_fraction={"major": 0.025})
    >>> [round(rate, 4) for rate in table["rate"]]
    [0.0875, 0.0222]
    """
    unknown = samples[samples["sample_size"].isna()]
    assumed = pd.concat(
        [unknown.assign(sample_size=size) for size in sample_sizes], ignore_index=True
    )
    estimates = estimate_lots(
        assumed, confidence_level=confidence_level, tolerable_fraction=tolerable_fraction
    )
    return estimates.iloc[: len(assumed)].drop(columns="reason")


def estimates_in_words(
    estimates: pd.DataFrame, by_sample_size: pd.DataFrame
) -> tuple[str, Literal["bad", "caution", "unknown"]]:
    """Sentence on what would ship, and its state.

    Parameters
    ----------
    estimates
        What `estimate_lots` returns.
    by_sample_size
        What `estimates_by_sample_size` returns; may be empty.

    Returns
    -------
    The sentence names the lot and class with most bad units; "unknown" when no
    row has an estimate, "bad" when one has more bad units than tolerable more
    likely than not, "caution" otherwise.
    """
    lots = estimates[estimates["rate"].notna()]
    if lots.empty:
        reasons = "; ".join(estimates["reason"].unique())
        if by_sample_size.empty:
            return f"The defect rate cannot be estimated: {reasons}.", "unknown"
        least, most = by_sample_size["rate"].min(), by_sample_size["rate"].max()
        return (
            f"The defect rate cannot be told ({reasons.removeprefix('cannot tell: ')}): it would "
            f"be anything from {100 * least:.1f} % to {100 * most:.1f} % for samples of "
            f"{by_sample_size['sample_size'].max()} to {by_sample_size['sample_size'].min()} "
            "pieces. Ask for the sample size."
        ), "unknown"
    worst = lots.sort_values("bad_mean", kind="stable").iloc[-1]
    words = (
        f"About {worst['bad_mean']:,.0f} of the pieces of {worst['product']} that nobody inspected "
        f"have a {worst['defect_class']} defect ({worst['bad_lower']:,.0f} to "
        f"{worst['bad_upper']:,.0f}): {100 * worst['rate']:.1f} % of the sample, "
        f"{100 * worst['rate_lower']:.1f} to {100 * worst['rate_upper']:.1f} % in the lot."
    )
    exceeds = lots["probability_above"].gt(0.5).any()
    return words, "bad" if exceeds else "caution"

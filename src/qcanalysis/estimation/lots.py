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
ESTIMATED = "estimated"
ESTIMATE_COLUMNS = (
    *("rate", "rate_lower", "rate_upper"),
    *("bad_mean", "bad_lower", "bad_upper"),
    *("probability_above", "status"),
)
CLASSES = ("critical", "major", "minor")
COUNTED = {
    "worst_defect": "pieces, by their worst defect",
    "every_class": "pieces, in every class they offend",
}


def inspected_samples(
    class_results: pd.DataFrame,
    units: pd.DataFrame,
    skus: pd.DataFrame,
    *,
    order_quantity: int,
    inspection_id: str,
    unit_class_rule: str,
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
    unit_class_rule
        "worst_defect": a piece counts once, in the class of its worst defect;
        "every_class": once in every class that it offends.

    Returns
    -------
    Columns ``product, defect_class, lot_size, sample_size, found, basis``, a
    row per lot and class; what the report does not state is missing.
    """
    if unit_class_rule not in COUNTED:
        raise ValueError(f"unit_class_rule must be one of {list(COUNTED)}, got {unit_class_rule!r}")
    quantities = dict(zip(skus["sku"], skus["quantity"], strict=True))
    stated = class_results[class_results["inspection_id"].eq(inspection_id)]
    pieces = units[units["inspection_id"].eq(inspection_id)]
    listed = _from_units(pieces, quantities | _stated_lot_sizes(stated), unit_class_rule)
    others = stated[~stated["sku"].isin(pieces["sku"])]
    if listed:  # a total of the whole order holds the listed pieces too: it says nothing more
        others = others[others["sku"].notna()]
        covered = {*pieces["sku"], *others["sku"]}
        for sku in (name for name in quantities if name not in covered):
            listed += _unlisted(sku, quantities[sku])
    rows = [
        {
            "product": ALL_PRODUCTS if pd.isna(row["sku"]) else row["sku"],
            "defect_class": row["defect_class"],
            "lot_size": int(
                quantities.get(row["sku"], order_quantity)
                if pd.isna(row["lot_size"])
                else row["lot_size"]
            ),
            "sample_size": row["sample_size"],
            "found": row["found"],
            "basis": "not stated"
            if pd.isna(row["counting_basis"])
            else f"{row['counting_basis']} counted",
        }
        for _, row in others.iterrows()
    ]
    return pd.DataFrame([*listed, *rows])


def _stated_lot_sizes(stated: pd.DataFrame) -> dict[str, int]:
    """Pieces of each product in the lots judged, where the report states every one of them."""
    lots = stated[stated["sku"].notna()].drop_duplicates(["sku", "lot_id"])
    return {
        str(sku): int(sizes.sum())
        for sku, sizes in lots.groupby("sku")["lot_size"]
        if sizes.notna().all()
    }


def _unlisted(product: str, lot_size: int) -> list[dict[str, object]]:
    """Rows of a product of which nothing is known while others are listed piece by piece."""
    nothing = {"sample_size": pd.NA, "found": pd.NA, "basis": "no pieces listed"}
    known = {"product": product, "lot_size": int(lot_size)}
    return [known | {"defect_class": name} | nothing for name in CLASSES]


def _from_units(
    pieces: pd.DataFrame, lot_sizes: Mapping[str, int], unit_class_rule: str
) -> list[dict[str, object]]:
    offends = {name: pieces[f"{name}_defects"].gt(0) for name in CLASSES}
    if unit_class_rule == "worst_defect":
        offends["major"] &= ~offends["critical"]
        offends["minor"] &= ~(offends["critical"] | offends["major"])
    return [
        {
            "product": product,
            "defect_class": name,
            "lot_size": int(lot_sizes[str(product)]),
            "sample_size": len(group),
            "found": int(flag.loc[group.index].sum()),
            "basis": COUNTED[unit_class_rule],
        }
        for product, group in pieces.groupby("sku", sort=False)
        for name, flag in offends.items()
    ]


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
    and ``status``: "estimated", or what is missing.

    Examples
    --------
    >>> samples = pd.DataFrame({"product": ["PIN"], "defect_class": ["major"],
    ...     "lot_size": [8000], "sample_size": [200], "found": [7], "basis": ["pieces"]})
    >>> row = estimate_lots(samples, confidence_level=0.90,
    ...                     tolerable_fraction={"major": 0.025}).iloc[0]
    >>> round(row["bad_mean"]), int(row["bad_lower"]), int(row["bad_upper"])            # T10
    (291, 141, 483)
    """
    rows = []
    for _, sample in samples.iterrows():
        status = _status(sample)
        row = {**sample, "status": status}
        if status == ESTIMATED:
            found, size, lot = _counts(sample)
            limits = defect_rate_interval(
                found, size, lot_size=lot, confidence_level=confidence_level
            )
            row |= {
                "rate": limits.estimate,
                "rate_lower": limits.lower,
                "rate_upper": limits.upper,
            }
            rest = nonconforming_remainder(found, size, lot_size=lot, prior=prior)
            row |= _bad_units(rest, confidence_level)
            if sample["defect_class"] in tolerable_fraction:
                most = int(tolerable_fraction[sample["defect_class"]] * (lot - size))
                row["probability_above"] = rest.probability_of_more_than(most)
        rows.append(row)
    return pd.DataFrame(rows).reindex(columns=[*samples.columns, *ESTIMATE_COLUMNS])


def _status(sample: pd.Series) -> str:
    words = {"sample_size": "sample size", "found": "count"}
    missing = [word for name, word in words.items() if pd.isna(sample[name])]
    if missing:
        return f"cannot tell: the report states no {' and no '.join(missing)}"
    if sample["sample_size"] > sample["lot_size"]:
        return "cannot tell: more pieces inspected than the lot holds"
    if sample["found"] > sample["sample_size"]:
        return "cannot tell: more defects than pieces inspected"
    return ESTIMATED


def _counts(sample: pd.Series) -> tuple[int, int, int]:
    return int(sample["found"]), int(sample["sample_size"]), int(sample["lot_size"])


def order_totals(
    samples: pd.DataFrame, *, confidence_level: float = 0.95, prior: BetaPrior = JEFFREYS
) -> pd.DataFrame:
    """Bad units among all that nobody inspected, per class, over the whole order.

    Parameters
    ----------
    samples, confidence_level, prior
        As in `estimate_lots`.

    Returns
    -------
    Columns ``defect_class, lot_size, sample_size, found, bad_mean, bad_lower,
    bad_upper``; a class is left out where one of its lots cannot be estimated.
    Lots are independent, and the limits are those of their sum.

    Examples
    --------
    >>> samples = pd.DataFrame({"product": ["PIN", "KEY"], "defect_class": ["major", "major"],
    ...     "lot_size": [8000, 8000], "sample_size": [200, 200], "found": [7, 7]})
    >>> round(order_totals(samples)["bad_mean"].iloc[0])
    582
    """
    rows = []
    for name, lots in samples.groupby("defect_class", sort=False):
        if any(_status(sample) != ESTIMATED for _, sample in lots.iterrows()):
            continue
        counts = [_counts(sample) for _, sample in lots.iterrows()]
        rests = [
            nonconforming_remainder(found, size, lot_size=lot, prior=prior)
            for found, size, lot in counts
        ]
        found, size, lot = (sum(column) for column in zip(*counts, strict=True))
        rows.append(
            {"defect_class": name, "lot_size": lot, "sample_size": size, "found": found}
            | _bad_units(total_remainder(rests), confidence_level)
        )
    columns = ["defect_class", "lot_size", "sample_size", "found", "bad_mean", "bad_lower"]
    return pd.DataFrame(rows, columns=[*columns, "bad_upper"])


def _bad_units(rest: CountDistribution, level: float) -> dict[str, object]:
    lower, upper = rest.interval(level)
    return {"bad_mean": rest.mean, "bad_lower": lower, "bad_upper": upper}


def estimates_by_sample_size(
    samples: pd.DataFrame,
    sample_sizes: Sequence[int],
    *,
    confidence_level: float = 0.95,
    tolerable_fraction: Mapping[str, float],
) -> pd.DataFrame:
    """What the counts would mean if the sample had been of this or that size.

    For reports that state no sample size: as `estimate_lots`, a row per size that the
    count and the lot allow.

    Examples
    --------
    >>> samples = pd.DataFrame({"product": ["all products"], "defect_class": ["major"],
    ...     "lot_size": [20000], "sample_size": [None], "found": [7], "basis": ["not stated"]})
    >>> table = estimates_by_sample_size(samples, [80, 315], tolerable_fraction={"major": 0.025})
    >>> [round(rate, 4) for rate in table["rate"]]
    [0.0875, 0.0222]
    """
    unknown = samples[samples["sample_size"].isna() & samples["found"].notna()]
    sized = [
        unknown[unknown["found"].le(size) & unknown["lot_size"].ge(size)].assign(sample_size=size)
        for size in sample_sizes
    ]
    assumed = pd.concat(sized, ignore_index=True)
    estimates = estimate_lots(
        assumed, confidence_level=confidence_level, tolerable_fraction=tolerable_fraction
    )
    return estimates.drop(columns="status")


def estimates_in_words(
    estimates: pd.DataFrame, totals: pd.DataFrame, by_sample_size: pd.DataFrame
) -> tuple[str, Literal["bad", "caution", "unknown"]]:
    """Sentence on what would ship, and its state.

    Parameters
    ----------
    estimates, totals, by_sample_size
        What `estimate_lots`, `order_totals` and `estimates_by_sample_size` return.

    Returns
    -------
    The sentence is about the gravest class of which anything was found;
    "unknown" when no lot has an estimate, "bad" when one more likely than not
    holds more bad units than tolerable, "caution" otherwise.
    """
    known = estimates[estimates["rate"].notna()]
    if known.empty:
        return _nothing_known(estimates, by_sample_size), "unknown"
    found = known[known["found"].gt(0)]
    gravest = next((name for name in CLASSES if name in set(found["defect_class"])), "major")
    is_bad = gravest == "critical" or known["probability_above"].gt(0.5).any()
    state: Literal["bad", "caution"] = "bad" if is_bad else "caution"
    unknown = estimates[estimates["rate"].isna() & estimates["defect_class"].eq(gravest)]
    rest = f" It cannot be told for {', '.join(unknown['product'])}." if len(unknown) else ""
    lots = known[known["defect_class"].eq(gravest)].sort_values("bad_mean", ascending=False)
    if found.empty:
        return f"No defect was found; the limits say what may still be there.{rest}", state
    shares = ", ".join(f"{row['product']} {row['bad_mean']:,.0f}" for _, row in lots.iterrows())
    total = totals[totals["defect_class"].eq(gravest)]
    if total.empty:
        return f"Bad pieces ({gravest}) among those nobody inspected: {shares}.{rest}", state
    whole = total.iloc[0]
    unseen = whole["lot_size"] - whole["sample_size"]
    if not unseen:
        return f"Every piece was inspected: {whole['found']:,} with a {gravest} defect.", state
    sentence = (
        f"If nothing is done, about {whole['bad_mean']:,.0f} pieces with a {gravest} defect ship "
        f"({whole['bad_lower']:,.0f} to {whole['bad_upper']:,.0f}) among the {unseen:,} "
        "that nobody inspected"
    )
    return sentence + (f": {shares}." if len(lots) > 1 else "."), state


def _nothing_known(estimates: pd.DataFrame, by_sample_size: pd.DataFrame) -> str:
    reasons = "; ".join(estimates["status"].str.removeprefix("cannot tell: ").unique())
    if by_sample_size.empty:
        return f"The defect rate cannot be told: {reasons}."
    ranges = "; ".join(
        f"{name} {_rates_in_words(rows)}"
        for name, rows in by_sample_size.groupby("defect_class", sort=False)
    )
    sizes = by_sample_size["sample_size"]
    tried = f"samples of {sizes.max()} down to {sizes.min()}"
    if sizes.min() == sizes.max():
        tried = f"a sample of {sizes.max()}"
    head = f"The defect rate cannot be told, as {reasons}"
    return f"{head}: for {tried} pieces it would be {ranges}. Ask for the sample size."


def _rates_in_words(rows: pd.DataFrame) -> str:
    """Range of the rates over the sizes; where nothing was found only the limit tells."""
    if rows["found"].eq(0).all():
        return f"none found, upper limit {100 * rows['rate_upper'].max():.1f}%"
    lowest, highest = (f"{100 * rate:.1f}%" for rate in (rows["rate"].min(), rows["rate"].max()))
    return lowest if lowest == highest else f"{lowest} to {highest}"

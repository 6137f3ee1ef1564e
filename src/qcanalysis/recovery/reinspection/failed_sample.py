"""The sample that failed: one lot and class of a visit, with what had to be assumed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from qcanalysis.estimation.lots import ALL_PRODUCTS
from qcanalysis.sampling import SamplingPlan


@dataclass(frozen=True)
class FailedSample:
    """One lot and class whose count exceeded its acceptance number.

    ``assumed`` says what the report does not state and was taken from a
    parameter instead; empty when nothing was.
    """

    product: str
    defect_class: str
    lot_size: int
    sample_size: int
    nonconforming_count: int
    acceptance_number: int
    assumed: str

    @property
    def lot_in_words(self) -> str:
        """Product and size of the lot."""
        return f"{self.product}, {self.lot_size:,} pieces"

    @property
    def result_in_words(self) -> str:
        """Count, sample and limit."""
        return (
            f"{self.nonconforming_count} {self.defect_class} in {self.sample_size} pieces, "
            f"Ac {self.acceptance_number}"
        )

    @property
    def caveat(self) -> str:
        """Sentence on what was assumed, to follow an answer; empty where nothing was."""
        return f" Assumed: {self.assumed}." if self.assumed else ""

    @property
    def plan(self) -> SamplingPlan:
        """Plan that the sample failed."""
        return SamplingPlan.single(self.sample_size, self.acceptance_number)


def failed_sample(
    class_results: pd.DataFrame,
    skus: pd.DataFrame,
    *,
    order_quantity: int,
    inspection_id: str,
    defect_classes: Sequence[str],
    product: str = "",
    assumed_sample_size: int,
) -> FailedSample:
    """Lot and class of a visit that failed worst: most found beyond Ac.

    Parameters
    ----------
    class_results, skus
        Tables of a case, in the columns of the records schema.
    order_quantity
        Pieces ordered: the lot size where the report pools all products.
    inspection_id
        Visit.
    defect_classes
        Classes to look at, the gravest first: the first that exceeded its Ac is taken,
        or the first with a result where none did.
    product
        Product; when empty the one that failed worst, or the pooled order.
    assumed_sample_size
        Sample size taken where the report states none; the lot where that is smaller.

    Raises
    ------
    ValueError
        If the visit states no count and Ac for that class and product, or a count
        above the sample.
    """
    stated = class_results[
        class_results["inspection_id"].eq(inspection_id)
        & class_results["found"].notna()
        & class_results["acceptance_number"].notna()
    ]
    if product:
        stated = stated[stated["sku"].eq(product)]
    rows = _gravest(stated, defect_classes)
    if rows.empty:
        raise ValueError(
            f"visit {inspection_id!r} states no count with an acceptance number for "
            f"{' or '.join(map(repr, defect_classes))}"
            + (f" and product {product!r}" if product else "")
            + ": there is no failed plan to compare with; it does for "
            f"{', '.join(stated['defect_class'].unique()) or 'no class'}"
        )
    beyond = rows["found"] - rows["acceptance_number"]
    row = rows.loc[beyond.sort_values(kind="stable").index[-1]]
    defect_class = str(row["defect_class"])
    quantities = dict(zip(skus["sku"], skus["quantity"], strict=True))
    lot_size = row["lot_size"]
    if pd.isna(lot_size):
        lot_size = quantities.get(row["sku"], order_quantity)
    unstated = bool(pd.isna(row["sample_size"]))
    sample_size = min(assumed_sample_size, int(lot_size)) if unstated else int(row["sample_size"])
    if row["found"] > sample_size:
        raise ValueError(
            f"{int(row['found'])} {defect_class} found in {sample_size} pieces are defects, and "
            "a plan counts pieces (T3): ask how many pieces were defective"
            + (", or give another assumed_sample_size" if unstated else "")
        )
    return FailedSample(
        product=ALL_PRODUCTS if pd.isna(row["sku"]) else str(row["sku"]),
        defect_class=defect_class,
        lot_size=int(lot_size),
        sample_size=sample_size,
        nonconforming_count=int(row["found"]),
        acceptance_number=int(row["acceptance_number"]),
        assumed=f"sample size of {sample_size}: the report states none" if unstated else "",
    )


def _gravest(stated: pd.DataFrame, defect_classes: Sequence[str]) -> pd.DataFrame:
    """Rows of the first class that failed, or else of the first that has any."""
    by_class = [stated[stated["defect_class"].eq(name)] for name in defect_classes]
    failed = [rows for rows in by_class if rows["found"].gt(rows["acceptance_number"]).any()]
    found = [rows for rows in by_class if not rows.empty]
    return (*failed, *found, stated.iloc[:0])[0]

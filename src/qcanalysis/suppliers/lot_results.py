"""Results of the lots of one defect class, with sums over the lots of each supplier."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from qcanalysis.sampling.distributions import Array


class LotResults:
    """Samples and counts of suppliers' lots; lots of a supplier with one result share a row.

    Parameters
    ----------
    rows
        supplier_id, sample_size and nonconforming_count [items], and lots: how many had them.
    supplier_ids
        Suppliers in the order of every sum, each once; one without rows has sums of 0.

    Raises
    ------
    ValueError
        If a count exceeds its sample, or a supplier of a row is not named.

    Examples
    --------
    >>> rows = pd.DataFrame({"supplier_id": ["S1", "S1"], "sample_size": [200, 200],
    ...     "nonconforming_count": [0, 3], "lots": [5, 2]})
    >>> results = LotResults(rows, ["S0", "S1"])
    >>> results.total(results.nonconforming), results.total(results.sample_size)
    (array([0., 6.]), array([   0., 1400.]))
    """

    def __init__(self, rows: pd.DataFrame, supplier_ids: npt.ArrayLike) -> None:
        self.sample_size, self.nonconforming, self.lots = (
            rows[name].to_numpy(dtype=float)
            for name in ("sample_size", "nonconforming_count", "lots")
        )
        index = pd.Index(np.asarray(supplier_ids))
        self.suppliers = index.size
        self.supplier = index.get_indexer(pd.Index(rows["supplier_id"]))
        if np.any(self.supplier < 0):
            missing = rows["supplier_id"].iloc[int(np.argmin(self.supplier))]
            raise ValueError(f"supplier_ids must name every supplier of rows, {missing!r} is not")
        is_sound = (self.nonconforming >= 0) & (self.nonconforming <= self.sample_size)
        is_sound &= (self.sample_size > 0) & np.isfinite(self.sample_size)
        if not np.all(is_sound):
            place = int(np.argmin(is_sound))
            raise ValueError(
                "need 0 <= nonconforming_count <= sample_size and an item in every sample, got "
                f"{self.nonconforming[place]:g} of {self.sample_size[place]:g}"
            )

    def total(self, values: Array | float) -> Array:
        """Sum over the lots of each supplier of what each row says of one lot."""
        sums = np.bincount(self.supplier, self.lots * values, self.suppliers)
        return sums.astype(float)

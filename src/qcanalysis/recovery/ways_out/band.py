"""A quantity known only between two ends."""

from __future__ import annotations

from typing import Self

import numpy as np
from pydantic import BaseModel, ConfigDict, model_validator

from qcanalysis.sampling.distributions import Array

GAUSS_POINTS, GAUSS_WEIGHTS = np.polynomial.legendre.leggauss(6)


class Band(BaseModel):
    """A quantity between two ends: uniform, or triangular where a mode is given.

    Attributes
    ----------
    low, high
        Ends, both possible; equal for a value that is known.
    mode
        Likeliest value, if one is known.
    unit, source, note
        What the numbers count, who says so ("assumption": nobody), and a remark.

    Raises
    ------
    pydantic.ValidationError
        If the ends are not in order or the mode lies outside them.

    Examples
    --------
    >>> Band(low=5, high=8, unit="days").mean
    6.5
    >>> Band(low=250, mode=300, high=350).times(2).high
    700.0
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
    low: float
    high: float
    mode: float | None = None
    unit: str = ""
    source: str = ""
    note: str = ""

    @model_validator(mode="after")
    def _ends_in_order(self) -> Self:
        middle = self.low if self.mode is None else self.mode
        if not self.low <= middle <= self.high:
            raise ValueError(
                f"need low <= mode <= high, got {self.low}, {self.mode}, {self.high}; "
                "give the ends in order"
            )
        return self

    @classmethod
    def exactly(cls, value: float, *, unit: str = "", source: str = "") -> Band:
        """Band of a value that is known.

        Examples
        --------
        >>> Band.exactly(0.31).mean
        0.31
        """
        return cls(low=value, high=value, unit=unit, source=source)

    @property
    def mean(self) -> float:
        """Mean of the quantity.

        Examples
        --------
        >>> Band(low=0, mode=3, high=3).mean
        2.0
        """
        if self.mode is None:
            return (self.low + self.high) / 2
        return (self.low + self.mode + self.high) / 3

    def times(self, factor: Band | float) -> Band:
        """Product with a number that is not negative, or with another band.

        Two bands give a triangle between the products of the ends, its mode set
        so that the mean is that of the product of the two, where that fits.

        Examples
        --------
        >>> Band(low=4, high=10).times(Band(low=4, high=8)).mean
        42.0
        """
        if not isinstance(factor, Band):
            mode = None if self.mode is None else self.mode * factor
            return Band(low=self.low * factor, high=self.high * factor, mode=mode)
        low, high = self.low * factor.low, self.high * factor.high
        if self.low == self.high:
            return factor.times(self.low)
        if factor.low == factor.high:
            return self.times(factor.low)
        mode = 3 * self.mean * factor.mean - low - high
        return Band(low=low, high=high, mode=min(max(mode, low), high))

    def nodes(self) -> tuple[Array, Array]:
        """Values and weights that average a smooth function over the band; weights sum to 1.

        Examples
        --------
        >>> values, weights = Band(low=0, high=1).nodes()
        >>> round(float(weights @ values**2), 12)
        0.333333333333
        """
        if self.low == self.high:
            return np.array([self.low]), np.ones(1)
        points, weights = GAUSS_POINTS, GAUSS_WEIGHTS
        if self.mode is None:
            return self.low + (self.high - self.low) * (points + 1) / 2, weights / 2
        parts = []
        for far, width in ((self.low, self.mode - self.low), (self.high, self.high - self.mode)):
            share = (points + 1) / 2  # 0 at the end, 1 at the mode
            value = far + (self.mode - far) * share
            parts.append((value, weights * share * width / (self.high - self.low)))
        return np.concatenate([v for v, _ in parts]), np.concatenate([w for _, w in parts])

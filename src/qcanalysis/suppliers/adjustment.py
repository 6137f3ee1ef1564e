"""Rates of suppliers adjusted for who inspected: a severe agency finds more in the same goods."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from qcanalysis.sampling.distributions import Array

Inspected = Literal["agency", "inspector"]
PLURAL = {"agency": "agencies", "inspector": "inspectors"}
NOT_RECORDED = "not recorded"
MOST_ROUNDS = 5000
CLOSE_ENOUGH = 1e-10
TINY = float(np.finfo(float).tiny)

SUPPLIER_COLUMNS = [
    *("supplier_id", "items_inspected", "nonconforming", "rate"),
    *("adjusted_items", "adjusted_nonconforming"),
    *("adjusted_rate", "adjusted_lower", "adjusted_upper", "state", "reason"),
]
AGENCY_COLUMNS = [
    *("agency", "lots", "items_inspected", "nonconforming", "factor"),
    *("factor_lower", "factor_upper", "state"),
]


@dataclass(frozen=True, eq=False)
class InspectorAdjustment:
    """Suppliers' rates as an average inspector would have found them, beside the unadjusted.

    ``suppliers`` has a row per supplier: ``supplier_id``, ``items_inspected``,
    ``nonconforming``, ``rate`` (unadjusted), ``adjusted_items`` (items that an average agency
    would have inspected to find the same count), ``adjusted_nonconforming`` (that count: less
    than the whole where lots of an agency that cannot be compared are left out),
    ``adjusted_rate``, one over the other and at most 1, with ``adjusted_lower`` and
    ``adjusted_upper``, ``state`` ("adjusted", "nothing to adjust", "cannot tell") and ``reason``.
    ``agencies`` has a row per agency or inspector: ``agency``, ``lots``, ``items_inspected``,
    ``nonconforming``, ``factor`` (share it finds, 1 = the average of all items) with limits,
    and ``state`` ("told" or why not). ``dispersion`` is Pearson's chi-square per degree of
    freedom: above 1, lots vary more than the model says and the limits are widened by it.
    """

    suppliers: pd.DataFrame
    agencies: pd.DataFrame
    dispersion: float
    confidence_level: float


def inspector_adjustment(
    agency_counts: pd.DataFrame,
    defect_class: str,
    *,
    by: Inspected = "agency",
    confidence_level: float = 0.95,
) -> InspectorAdjustment:
    """Rates of one defect class adjusted for the severity of agencies or inspectors.

    Parameters
    ----------
    agency_counts
        A row per supplier, agency, inspector and class: ``supplier_id``, ``agency``,
        ``inspector_id``, ``defect_class``, ``lots``, ``items_inspected``, ``nonconforming``.
    defect_class
        critical, major or minor.
    by
        Whether agencies differ, or each inspector of an agency.
    confidence_level
        Of the limits, between 0 and 1.

    Raises
    ------
    ValueError
        If ``by`` is unknown, or a count exceeds its items.

    Notes
    -----
    Model: the count of supplier s found by agency a is Poisson with mean
    items · rate_s · factor_a. Iterative proportional fitting of both margins gives its maximum
    likelihood. The adjusted rate is rate_s times the mean factor over all items: direct
    standardisation to the common mix of agencies. Only agencies that found something are
    linked, through suppliers in which two of them found something; lots of agencies outside
    the largest linked group cannot be compared and are left out, which for an agency that
    found nothing leaves out good lots: see its row in ``agencies``. With fewer than two linked
    agencies nothing is compared, and nothing adjusted. Limits: Garwood's for
    the count, joined with the uncertainty of the factors on the log scale (MOVER).

    References
    ----------
    Deming and Stephan, Annals of Mathematical Statistics 11, 1940. Breslow and Day,
    Statistical Methods in Cancer Research II, 1987, 4.4. Zou and Donner, Statistics in
    Medicine 27, 2008.

    Examples
    --------
    Two suppliers alike; agency B finds twice as much and visits one of them more.

    >>> counts = pd.DataFrame({"supplier_id": ["S1", "S1", "S2", "S2"], "agency": [*"ABAB"],
    ...     "items_inspected": [900, 100, 100, 900], "nonconforming": [18, 4, 2, 36]})
    >>> counts = counts.assign(inspector_id=None, defect_class="major", lots=1)
    >>> told = inspector_adjustment(counts, "major")
    >>> told.suppliers["rate"].round(4).tolist(), told.suppliers["adjusted_rate"].round(4).tolist()
    ([0.022, 0.038], [0.03, 0.03])
    """
    if by not in get_args(Inspected):
        raise ValueError(f"by must be one of {get_args(Inspected)}, got {by!r}")
    cells = _cells(agency_counts[agency_counts["defect_class"] == defect_class], by)
    if cells.empty:
        return InspectorAdjustment(
            pd.DataFrame(columns=SUPPLIER_COLUMNS),
            pd.DataFrame(columns=AGENCY_COLUMNS),
            np.nan,
            confidence_level,
        )
    supplier, supplier_ids = pd.factorize(cells["supplier_id"], sort=True)
    agency, agencies = pd.factorize(cells["agency"], sort=True)
    names = [str(name) for name in agencies]
    shape = (len(supplier_ids), len(names))
    items, found = np.zeros(shape), np.zeros(shape)
    items[supplier, agency] = cells["items_inspected"]
    found[supplier, agency] = cells["nonconforming"]
    if np.any(found > items) or np.any(found < 0):
        raise ValueError("need 0 <= nonconforming <= items_inspected in every row")

    told = _linked_agencies(found, items)
    usable = np.where(told, items, 0.0)
    factor = _fitted_factors(np.where(told, found, 0.0), usable)
    z = float(special.ndtri((1 + confidence_level) / 2))
    fit = _Fit(found, items, usable, told, factor)
    suppliers = _suppliers(fit, supplier_ids, names, z, by)
    lots = np.bincount(agency, weights=cells["lots"], minlength=len(names)).astype(float)
    return InspectorAdjustment(
        suppliers, _agencies(fit, names, lots, z), fit.dispersion, confidence_level
    )


def _cells(rows: pd.DataFrame, by: Inspected) -> pd.DataFrame:
    """One row per supplier and agency (or inspector) with items inspected."""
    who = rows["agency"].astype(object).where(rows["agency"].notna(), NOT_RECORDED)
    if by == "inspector":
        inspector = rows["inspector_id"].astype(object)
        who = who + " / " + inspector.where(inspector.notna(), NOT_RECORDED)
    keyed = rows.assign(agency=who)
    sums = keyed.groupby(["supplier_id", "agency"], as_index=False, observed=True)[
        ["lots", "items_inspected", "nonconforming"]
    ].sum()
    return sums[sums["items_inspected"] > 0]


def _linked_agencies(found: Array, items: Array) -> npt.NDArray[np.bool_]:
    """Agencies of the linked group with the most items; links are counts above 0.

    Such links make the maximum likelihood exist: any zero cell between linked margins can be
    raised and the others lowered around a cycle of positive ones.
    """
    from scipy.sparse import csgraph, csr_matrix  # slow to import

    row, column = np.nonzero(found)
    size = sum(found.shape)
    links = csr_matrix((np.ones(row.size), (row, column + found.shape[0])), shape=(size, size))
    group = csgraph.connected_components(links, directed=False)[1][found.shape[0] :]
    has_found = found.sum(axis=0) > 0
    weight = np.bincount(group, weights=np.where(has_found, items.sum(axis=0), 0.0))
    told: npt.NDArray[np.bool_] = has_found & (group == np.argmax(weight))
    return told


def _fitted_factors(found: Array, items: Array) -> Array:
    """Factors by iterative proportional fitting, 1 on average over the items; 0 where unused.

    Rounds are limited: where a chain of thin links makes it slow, the limits are wide anyway.
    """
    from scipy.sparse import csr_matrix  # slow to import

    cells, weight = csr_matrix(items), items.sum(axis=0) / max(items.sum(), 1.0)
    by_supplier, by_agency = found.sum(axis=1), found.sum(axis=0)
    factor: Array = (by_agency > 0).astype(float)
    for _ in range(MOST_ROUNDS):
        exposure = np.asarray(cells @ factor)
        rate = np.divide(by_supplier, exposure, out=np.zeros_like(exposure), where=exposure > 0)
        expected = np.asarray(cells.T @ rate)
        new = np.divide(by_agency, expected, out=np.zeros_like(factor), where=expected > 0)
        new /= max(float(weight @ new), TINY)
        change = np.abs(new - factor).max()
        factor = new
        if change < CLOSE_ENOUGH:
            break
    return factor


class _Fit:
    """What both tables read from the fitted model."""

    def __init__(
        self,
        found: Array,
        items: Array,
        usable: Array,
        told: npt.NDArray[np.bool_],
        factor: Array,
    ) -> None:
        self.found, self.items, self.told, self.factor = found, items, told, factor
        self.used_found = np.where(told, found, 0.0).sum(axis=1)
        self.adjusted_items = usable @ factor
        rate = np.divide(
            self.used_found,
            self.adjusted_items,
            out=np.zeros(len(items)),
            where=self.adjusted_items > 0,
        )
        mean = rate[:, None] * usable * factor
        self.dispersion = self._pearson(mean, usable)
        total = mean.sum(axis=1)
        share = np.divide(mean, total[:, None], out=np.zeros_like(mean), where=total[:, None] > 0)
        information = np.diag(mean.sum(axis=0)) - share.T @ mean
        self._covariance = np.linalg.pinv(information, hermitian=True) * self.widening
        mix = usable.sum(axis=0) * factor
        self._mix = mix / max(mix.sum(), TINY)
        by_items = usable * factor
        self._share = by_items / np.maximum(by_items.sum(axis=1), TINY)[:, None]

    def _pearson(self, mean: Array, usable: Array) -> float:
        cells = mean > 0
        free = cells.sum() - cells.any(axis=1).sum() - cells.any(axis=0).sum() + 1
        if free <= 0:
            return np.nan
        excess = np.where(cells, self.found - mean, 0.0) ** 2
        return float(np.divide(excess, mean, out=np.zeros_like(mean), where=cells).sum() / free)

    @property
    def widening(self) -> float:
        """Factor of the variance: the dispersion where it is above 1."""
        return 1.0 if np.isnan(self.dispersion) else max(1.0, self.dispersion)

    def supplier_error(self) -> Array:
        """Standard error of the log of each supplier's adjustment."""
        return self._error(self._mix - self._share)

    def agency_error(self) -> Array:
        """Standard error of the log of each agency's factor."""
        return self._error(np.eye(self.told.size) - self._mix)

    def _error(self, contrast: Array) -> Array:
        variance = ((contrast @ self._covariance) * contrast).sum(axis=1)
        return np.asarray(np.sqrt(np.maximum(variance, 0.0)))


def _suppliers(
    fit: _Fit, ids: npt.ArrayLike, names: list[str], z: float, by: Inspected
) -> pd.DataFrame:
    items, found = fit.items.sum(axis=1), fit.found.sum(axis=1)
    single = len(names) == 1
    # One factor alone is 1 by definition: the rate would be the unadjusted one by another name.
    cannot = (fit.adjusted_items <= 0) | (not single and fit.told.sum() < 2)
    exposure = np.where(cannot, np.nan, fit.adjusted_items)
    lower, upper = _rate_limits(fit.used_found, exposure, fit.supplier_error(), z, fit.widening)
    reasons = [_reason(fit, row, names, by) for row in range(items.size)]
    state = "nothing to adjust" if single else "adjusted"
    return pd.DataFrame(
        {
            "supplier_id": pd.Series(np.asarray(ids), dtype="str"),
            "items_inspected": items,
            "nonconforming": found,
            "rate": found / items,
            "adjusted_items": exposure,
            "adjusted_nonconforming": np.where(cannot, np.nan, fit.used_found),
            "adjusted_rate": np.minimum(fit.used_found / exposure, 1.0),
            "adjusted_lower": lower,
            "adjusted_upper": upper,
            "state": np.where(cannot, "cannot tell", state),
            "reason": reasons,
        }
    )[SUPPLIER_COLUMNS]


def _reason(fit: _Fit, row: int, names: list[str], by: Inspected) -> str:
    if len(names) == 1:
        return f"one {by} only"
    if not fit.told.any():
        return f"no {by} has found anything yet: one lot with a finding would start to tell"
    strangers = [names[i] for i in np.flatnonzero((fit.items[row] > 0) & ~fit.told)]
    listed = ", ".join(strangers[:3]) + (f" and {len(strangers) - 3} more" if strangers[3:] else "")
    if fit.adjusted_items[row] > 0 and fit.told.sum() == 1:
        alone = names[int(np.argmax(fit.told))]
        return (
            f"no adjustment could be made: besides {alone} no {by} has found anything at a "
            f"supplier where {alone} has; lots of one supplier inspected by both, with findings, "
            "would tell"
        )
    if fit.adjusted_items[row] > 0:
        left_out = f"; lots of {listed} left out" if strangers else ""
        return f"to the common mix of {fit.told.sum()} {PLURAL[by]}{left_out}"
    known = names[int(np.argmax(np.where(fit.told, fit.items.sum(axis=0), 0.0)))]
    return (
        f"no supplier links {listed} to the other {PLURAL[by]}: lots of one supplier inspected "
        f"both by {strangers[0]} and by {known}, with findings, would tell"
    )


def _rate_limits(
    count: Array, exposure: Array, error: Array, z: float, widening: float
) -> tuple[Array, Array]:
    """Garwood's limits of a rate, joined on the log scale with the error of its exposure.

    A Poisson rate may exceed 1, a share of items may not: the limits end there.
    Overdispersion divides the count and its exposure alike (effective count).
    """
    tail = float(special.ndtr(-z))
    effective, base = count / widening, exposure / widening
    rate = count / exposure
    low = np.where(count > 0, special.gammaincinv(np.maximum(effective, 1e-12), tail), 0.0) / base
    high = special.gammainccinv(effective + 1, tail) / base
    some = count > 0
    with np.errstate(divide="ignore", invalid="ignore"):
        down = np.sqrt(np.log(rate / low) ** 2 + (z * error) ** 2)
        up = np.sqrt(np.log(high / rate) ** 2 + (z * error) ** 2)
        lower = np.where(some, rate * np.exp(-down), np.where(np.isnan(exposure), np.nan, 0.0))
        upper = np.where(some, rate * np.exp(up), high * np.exp(z * error))
        return np.minimum(lower, 1.0), np.minimum(upper, 1.0)


def _agencies(fit: _Fit, names: list[str], lots: Array, z: float) -> pd.DataFrame:
    found = fit.found.sum(axis=0)
    factor = np.where(fit.told, fit.factor, np.nan)
    reach = np.exp(z * fit.agency_error())
    apart = np.where(found > 0, "cannot tell: not linked", "cannot tell: has found nothing")
    return pd.DataFrame(
        {
            "agency": pd.Series(names, dtype="str"),
            "lots": lots,
            "items_inspected": fit.items.sum(axis=0),
            "nonconforming": found,
            "factor": factor,
            "factor_lower": factor / reach,
            "factor_upper": factor * reach,
            "state": np.where(fit.told, "told", apart),
        }
    )[AGENCY_COLUMNS]

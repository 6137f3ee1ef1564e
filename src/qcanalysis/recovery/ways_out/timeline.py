"""Days that a way out adds: remake lots, lead times, parallel branches, a second round."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from qcanalysis.estimation import CountDistribution
from qcanalysis.recovery.ways_out.band import Band
from qcanalysis.recovery.ways_out.catalogue import Catalogue, Product
from qcanalysis.recovery.ways_out.grid_distribution import GridDistribution, latest_of
from qcanalysis.recovery.ways_out.options import SHIPS_AS_IT_IS, RecoveryOption

STEP = 0.02  # days; whole days lie on the grid
REMAKE_QUANTILE = 0.95


@dataclass(frozen=True)
class RemakeLot:
    """Pieces to remake: how many are needed, and the lot a factory will run (R70)."""

    needed: int
    quantity: int

    @property
    def surplus(self) -> int:
        """Pieces beyond the need: service, replacement or buffer stock."""
        return self.quantity - self.needed

    def surplus_value(self, price: Band) -> Band:
        """Value of the surplus at a price a piece, in the currency of the price.

        Examples
        --------
        >>> lot = RemakeLot(needed=180, quantity=300)
        >>> round(lot.surplus_value(Band(low=0.24, high=0.48)).low, 2)
        28.8
        """
        return price.times(self.surplus)


def remake_lot(
    needed: int | CountDistribution, product: Product, *, probability: float = REMAKE_QUANTILE
) -> RemakeLot:
    """Lot to remake for a number of bad pieces (R70).

    Parameters
    ----------
    needed
        Bad pieces, or their distribution: then enough with ``probability`` (T10).
    product
        Product family with its efficient remake lot (R43).
    probability
        Confidence that the remade pieces suffice, between 0 and 1.

    Returns
    -------
    The need, and a lot not smaller than the smallest efficient one.

    Examples
    --------
    >>> from qcanalysis.recovery.ways_out.catalogue import default_catalogue
    >>> remake_lot(180, default_catalogue().products["pin"])
    RemakeLot(needed=180, quantity=300)
    """
    pieces = needed.quantile(probability) if isinstance(needed, CountDistribution) else needed
    return RemakeLot(pieces, max(pieces, ceil(product.remake_lot.low)))


def lead_time(
    product: Product, quantity: int, *, line_quantity: int, full_remake: Band
) -> tuple[Band, str]:
    """Days from approval to finished remade goods, and a remark where no guide quotes them.

    Parameters
    ----------
    product
        Product family with its quoted lot and lead time (R43).
    quantity
        Pieces to remake.
    line_quantity
        Pieces of the whole order line.
    full_remake
        Days of a full remake (R38).

    Returns
    -------
    The quoted band up to the largest quoted lot; beyond it a band that grows in
    proportion up to the full remake's at the whole line, with a remark.

    Examples
    --------
    >>> from qcanalysis.recovery.ways_out.catalogue import default_catalogue
    >>> pin = default_catalogue().products["pin"]
    >>> band, remark = lead_time(pin, 300, line_quantity=8000, full_remake=Band(low=10, high=20))
    >>> band.low, band.high, remark
    (5.0, 8.0, '')
    """
    quoted, largest = product.lead_time, product.remake_lot.high
    if quantity <= largest:
        return quoted, ""
    share = min((quantity - largest) / max(line_quantity - largest, 1.0), 1.0)
    low = quoted.low + share * (full_remake.low - quoted.low)
    high = quoted.high + share * (full_remake.high - quoted.high)
    remark = (
        f"lead time for {quantity:,} pieces is not quoted (lots of up to {largest:,.0f} are): "
        "interpolated towards a full remake (R43, R38)"
    )
    return Band(low=low, high=high, unit="days", source="interpolated"), remark


@dataclass(frozen=True)
class Timeline:
    """Calendar days from the failed report to goods that are free to go.

    ``first`` ends with the first re-inspection, ``second`` with the one after a
    failed first; None where there is no second round. ``remarks`` name what was
    not quoted by any guide.
    """

    first: GridDistribution
    second: GridDistribution | None
    remarks: tuple[str, ...] = ()


def timeline(
    option: RecoveryOption,
    catalogue: Catalogue,
    *,
    product: Product | None = None,
    remade_pieces: int | None = None,
    line_quantity: int = 0,
    has_passed: bool = False,
) -> Timeline | None:
    """Days of one way out, before and after a failed first re-inspection.

    Parameters
    ----------
    option
        The way out.
    catalogue
        Days of the work and around it.
    product, remade_pieces, line_quantity
        For a partial remake: the family, the pieces to remake (None: a quoted
        lot) and the pieces of the order line.
    has_passed
        Partial acceptance of goods that passed: no work, no visit.

    Returns
    -------
    The timeline; None for a partial remake of a family without a lead time.

    Notes
    -----
    Work branches run in parallel, so the slowest counts (R44). Lead times start
    after the respecification and end before the visit (T9).

    Examples
    --------
    >>> from qcanalysis.recovery.ways_out.catalogue import default_catalogue
    >>> defaults = default_catalogue()
    >>> coins = timeline(RecoveryOption.PARTIAL_REMAKE, defaults, product=defaults.products["coin"])
    >>> round(coins.first.probability_of_at_most(12), 9)
    0.4
    """
    if option in SHIPS_AS_IT_IS or option is RecoveryOption.REJECT or has_passed:
        return Timeline(_days(catalogue.options[option].days), None)
    branches = [catalogue.options[option].days]
    remarks: tuple[str, ...] = ()
    if option is RecoveryOption.PARTIAL_REMAKE:
        if product is None:
            return None
        full_remake = catalogue.options[RecoveryOption.FULL_REMAKE].days
        pieces = ceil(product.remake_lot.low) if remade_pieces is None else remade_pieces
        remade, remark = lead_time(
            product, pieces, line_quantity=line_quantity, full_remake=full_remake
        )
        branches = [remade, catalogue.options[RecoveryOption.SORT].days]
        remarks = (remark,) if remark else ()
    around = catalogue.overhead_days
    first = latest_of([_days(branch) for branch in branches])
    for part in (around.respecification, around.visit, around.report):
        first = first.plus(_days(part))
    if option is RecoveryOption.PARTIAL_ACCEPTANCE:
        return Timeline(first, None, remarks)
    again = RecoveryOption.REWORK if option is RecoveryOption.REWORK else RecoveryOption.SORT
    second = first
    for part in (catalogue.options[again].days, around.visit, around.report):
        second = second.plus(_days(part))
    return Timeline(first, second, remarks)


def _days(band: Band) -> GridDistribution:
    return GridDistribution.of_band(band, step=STEP)

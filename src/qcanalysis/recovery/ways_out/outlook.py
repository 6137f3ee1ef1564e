"""Outlook of every way out: days, chance to make the vessel, money, bad pieces that ship."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from qcanalysis.recovery.ways_out.band import Band
from qcanalysis.recovery.ways_out.catalogue import Catalogue, Product
from qcanalysis.recovery.ways_out.estimate import PathEstimate, PathEstimator
from qcanalysis.recovery.ways_out.options import OptionStatus, RecoveryOption, option_status
from qcanalysis.recovery.ways_out.passing import bad_pieces, fraction_posterior
from qcanalysis.recovery.ways_out.prices import PriceQuote, line_price
from qcanalysis.recovery.ways_out.situation import ClassCount, OrderSituation, SkuSituation
from qcanalysis.recovery.ways_out.timeline import RemakeLot, Timeline, remake_lot, timeline
from qcanalysis.recovery.ways_out.work import RecoveryPath, is_high_risk, paths

COLUMNS = [
    *("sku", "option", "state", "days_median", "days_90", "ready_in_time", "on_vessel", "cost"),
    *("cost_90", "buyers_loss", "surplus_value", "bad_pieces", "money_at_risk", "brand_risk"),
    *("why", "remarks"),
]


@dataclass(frozen=True, eq=False)
class PathOutlook:
    """One path for one product: whether it is open, its days, and its numbers if they can be told.

    ``missing`` says what the numbers lack; ``remarks`` how much is remade, and what in the numbers
    no guide quotes; ``surplus_value`` is that of the pieces remade beyond the need (R70).
    """

    sku: str
    path: RecoveryPath
    label: str
    status: OptionStatus
    timeline: Timeline | None
    ready_in_time: float | None
    estimate: PathEstimate | None
    missing: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    is_high_risk: bool = False
    surplus_value: Band | None = None

    @property
    def can_be_ranked(self) -> bool:
        """Whether the path is feasible and has numbers."""
        return self.status.state == "feasible" and self.estimate is not None


def order_outlook(order: OrderSituation, catalogue: Catalogue) -> list[PathOutlook]:
    """Outlook of every path for every product of the order.

    Parameters
    ----------
    order
        The failed order.
    catalogue
        Days, rates and risks in force.

    Returns
    -------
    Ten paths a product (rework counts twice: bad pieces, every piece). What
    cannot be told is said in ``status`` and ``missing``.

    Notes
    -----
    Everything is averaged or convolved, nothing simulated: days on a grid of
    0.02, fraction nonconforming over its posterior, shares by Gauss quadrature.

    Examples
    --------
    >>> from qcanalysis.recovery.ways_out.catalogue import default_catalogue
    >>> order = OrderSituation((SkuSituation("COIN", 5000, "coin"),), days_to_cut_off=12)
    >>> remake = order_outlook(order, default_catalogue())[3]
    >>> remake.label, round(remake.ready_in_time, 9)                       # T9
    ('partial remake', 0.4)
    """
    return [path_outlook(path, line, order, catalogue) for line in order.skus for path in paths()]


def path_outlook(
    path: RecoveryPath, line: SkuSituation, order: OrderSituation, catalogue: Catalogue
) -> PathOutlook:
    """Outlook of one path for one product; see `order_outlook`.

    Examples
    --------
    >>> from qcanalysis.recovery.ways_out.catalogue import default_catalogue
    >>> pin = SkuSituation("PIN", 8000, "pin")
    >>> outlook = path_outlook(RecoveryPath(RecoveryOption.FULL_REMAKE), pin,
    ...                        OrderSituation((pin,), days_to_cut_off=12), default_catalogue())
    >>> outlook.ready_in_time, outlook.missing[0]
    (0.0, 'a count of PIN alone with its sample size: ask the agency for results by product')
    """
    status = option_status(path.option, line, order, catalogue)
    quote = line_price(line, catalogue)
    product = catalogue.product(line.product_family)
    count = _leading_count(line)
    missing = _missing(line, order, quote, count)
    posterior = fraction_posterior(count, line.quantity) if count and not missing else None
    remade = None
    if path.option is RecoveryOption.PARTIAL_REMAKE and posterior and count and product:
        remade = remake_lot(bad_pieces(count, line.quantity), product)
    days = timeline(
        path.option,
        catalogue,
        product=product,
        remade_pieces=remade.quantity if remade else None,
        line_quantity=line.quantity,
        has_passed=line.has_passed and path.option is RecoveryOption.PARTIAL_ACCEPTANCE,
    )
    if days is None:
        missing.append(f"a lead time for product family {line.product_family!r}")
    estimate: PathEstimate | None = None
    if posterior and count and quote and days and status.state != "barred":
        result = PathEstimator(
            path, line, order, catalogue, posterior, count, quote, days, remade
        ).run()
        if isinstance(result, str):
            missing.append(result)
        else:
            estimate = result
    cut_off = order.days_to_cut_off
    label = catalogue.options[path.option].label
    return PathOutlook(
        sku=line.sku,
        path=path,
        label=f"{label}, {path.variant}" if path.variant else label,
        status=status,
        timeline=days,
        ready_in_time=_ready(path, days, cut_off),
        estimate=estimate,
        missing=tuple(missing),
        remarks=(
            *([_in_words(remade)] if remade and status.state != "barred" else []),
            *(days.remarks if days else ()),
            *_remarks(quote, product),
        ),
        is_high_risk=is_high_risk(path, line, catalogue),
        surplus_value=remade.surplus_value(quote.price) if remade and quote else None,
    )


def outlook_table(outlooks: Sequence[PathOutlook]) -> pd.DataFrame:
    """Table of outlooks, a row each; what cannot be told is empty and says why.

    Returns
    -------
    ``sku, option, state, days_median, days_90, ready_in_time, on_vessel, cost,
    cost_90, buyers_loss, surplus_value, bad_pieces, money_at_risk, brand_risk, why, remarks``:
    days from the failed report to goods that are free after one round, chances
    as fractions, money in the order's currency.

    Examples
    --------
    >>> from qcanalysis.recovery.ways_out.catalogue import default_catalogue
    >>> order = OrderSituation((SkuSituation("PIN", 8000, "pin"),), days_to_cut_off=12)
    >>> table = outlook_table(order_outlook(order, default_catalogue())).set_index("option")
    >>> float(table.loc["full remake", "ready_in_time"])
    0.0
    """
    return pd.DataFrame([_row(outlook) for outlook in outlooks], columns=COLUMNS)


def _row(outlook: PathOutlook) -> dict[str, object]:
    row: dict[str, object] = {"sku": outlook.sku, "option": outlook.label}
    row |= {"state": outlook.status.state, "ready_in_time": outlook.ready_in_time}
    if outlook.timeline:
        first = outlook.timeline.first
        row |= {"days_median": first.quantile(0.5), "days_90": first.quantile(0.9)}
    found = outlook.estimate
    if found:
        costs = found.cost_distribution
        row |= {"on_vessel": found.mean(found.on_vessel), "cost": costs.mean}
        row |= {"cost_90": costs.quantile(0.9), "buyers_loss": found.expected_loss}
        row |= {"bad_pieces": found.bad_pieces, "money_at_risk": found.money_at_risk}
        row |= {"brand_risk": f"{found.brand_risk}: {found.brand_risk_reason}"}
    row["surplus_value"] = outlook.surplus_value.mean if outlook.surplus_value else None
    if outlook.path.option is not RecoveryOption.PARTIAL_REMAKE:
        row["surplus_value"] = 0.0
    needed = [] if outlook.status.state == "barred" else list(outlook.missing)
    row["why"] = "; ".join(filter(None, [outlook.status.explanation, *needed]))
    row["remarks"] = "; ".join(outlook.remarks)
    return row


def _ready(path: RecoveryPath, days: Timeline | None, cut_off: float | None) -> float | None:
    if path.option is RecoveryOption.REJECT:
        return 0.0
    if days is None or cut_off is None:
        return None
    return days.first.probability_of_at_most(cut_off)


def _in_words(remade: RemakeLot) -> str:
    """How much is remade (R70); `remake_lot` asks for enough with 95 % certainty."""
    spare = f", {remade.surplus:,} more are service or replacement stock" if remade.surplus else ""
    return f"remake {remade.quantity:,}: {remade.needed:,} are enough 19 times in 20{spare} (R70)"


def _remarks(quote: PriceQuote | None, product: Product | None) -> tuple[str, ...]:
    """What in the money no guide quotes."""
    remarks = []
    if quote is not None and quote.remark:
        remarks.append(f"unit price {quote.basis}: {quote.remark} (R42)")
    if product is None:
        remarks.append("weight a piece not known: goods that come late count as missing, not flown")
    return tuple(remarks)


def _leading_count(line: SkuSituation) -> ClassCount | None:
    """The count that carries the outlook: the worst class that did not pass, else the majors."""
    known = [c for c in line.class_counts if c.sample_size is not None]
    known = [c for c in known if c.defect_class != "critical" or c.found > 0]
    order = {"critical": 0, "major": 1, "minor": 2}
    ranked = sorted(known, key=lambda c: (bool(c.is_accepted), order[c.defect_class]))
    return ranked[0] if ranked else None


def _missing(
    line: SkuSituation, order: OrderSituation, quote: PriceQuote | None, count: ClassCount | None
) -> list[str]:
    missing = []
    if count is None:
        missing.append(
            f"a count of {line.sku} alone with its sample size: "
            "ask the agency for results by product"
        )
    for c in line.class_counts:
        if c.sample_size is None:
            missing.append(f"sample size of class {c.defect_class}")
        elif not c.found <= c.sample_size <= line.quantity:
            missing.append(
                f"bad pieces of class {c.defect_class}, not defects (T3): {c.found} found in a "
                f"sample of {c.sample_size} from {line.quantity} cannot be pieces"
            )
    if line.quantity < 2:
        missing.append("a lot of at least two pieces: no plan inspects one")
    if quote is None:
        missing.append(f"unit price of {line.sku}, or a product family with price tiers")
    if order.days_to_cut_off is None:
        missing.append("days to the vessel cut-off")
    return missing

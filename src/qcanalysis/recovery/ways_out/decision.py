"""Which way out: ranking, recommendation, and combinations over the products of an order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from math import prod

import pandas as pd

from qcanalysis.recovery.ways_out.catalogue import Catalogue
from qcanalysis.recovery.ways_out.grid_distribution import GridDistribution, latest_of
from qcanalysis.recovery.ways_out.options import RecoveryOption, RemakeRuling, rework_or_remake
from qcanalysis.recovery.ways_out.outlook import PathOutlook


def ranked(outlooks: Sequence[PathOutlook]) -> list[PathOutlook]:
    """Feasible paths of one product with numbers, best first.

    Parameters
    ----------
    outlooks
        Outlooks of one product.

    Returns
    -------
    By the buyer's expected loss; high-risk rework such as replating comes after
    everything else, so it leads only where it is the one path left (R45).

    Examples
    --------
    >>> from qcanalysis.recovery.ways_out.catalogue import default_catalogue
    >>> from qcanalysis.recovery.ways_out.outlook import order_outlook
    >>> from qcanalysis.recovery.ways_out.situation import ClassCount, OrderSituation, SkuSituation
    >>> coin = SkuSituation("COIN", 5000, "coin", class_counts=(ClassCount("major", 1, 200, True),))
    >>> order = OrderSituation((coin,), days_to_cut_off=12)
    >>> [outlook.label for outlook in ranked(order_outlook(order, default_catalogue()))]
    ['partial acceptance']
    """
    usable = [outlook for outlook in outlooks if outlook.can_be_ranked]
    return sorted(usable, key=lambda outlook: (outlook.is_high_risk, loss_of(outlook)))


def loss_of(outlook: PathOutlook) -> float:
    """Buyer's expected loss of a path [order currency]; infinite where it cannot be told.

    Examples
    --------
    >>> from qcanalysis.recovery.ways_out.catalogue import default_catalogue
    >>> from qcanalysis.recovery.ways_out.outlook import order_outlook
    >>> from qcanalysis.recovery.ways_out.situation import OrderSituation, SkuSituation
    >>> loss_of(order_outlook(OrderSituation((SkuSituation("PIN", 8000),)), default_catalogue())[0])
    inf
    """
    return outlook.estimate.expected_loss if outlook.estimate else float("inf")


@dataclass(frozen=True, eq=False)
class Recommendation:
    """Path to take for one product, with its reason in one sentence.

    ``best`` is None where nothing can be told; ``question`` names a cheaper path
    that one missing fact keeps closed; ``remake_ruling`` is that of R40.
    """

    sku: str
    best: PathOutlook | None
    runner_up: PathOutlook | None
    sentence: str
    question: str = ""
    remake_ruling: RemakeRuling | None = None
    remake_sentence: str = ""


def recommendation(outlooks: Sequence[PathOutlook], catalogue: Catalogue) -> Recommendation:
    """Recommended path of one product.

    Parameters
    ----------
    outlooks
        Outlooks of one product; see `qcanalysis.recovery.ways_out.outlook.order_outlook`.
    catalogue
        Holds the bands of the rework-or-remake rule.

    Raises
    ------
    ValueError
        If the outlooks are of no product or of several.

    Examples
    --------
    >>> from qcanalysis.recovery.ways_out.catalogue import default_catalogue
    >>> from qcanalysis.recovery.ways_out.outlook import order_outlook
    >>> from qcanalysis.recovery.ways_out.situation import OrderSituation, SkuSituation
    >>> order = OrderSituation((SkuSituation("PIN", 8000, "pin"),), days_to_cut_off=12)
    >>> advice = recommendation(order_outlook(order, default_catalogue()), default_catalogue())
    >>> advice.best is None, advice.sentence[:24]
    (True, 'PIN: cannot tell, for it')
    """
    skus = {outlook.sku for outlook in outlooks}
    if len(skus) != 1:
        raise ValueError(f"outlooks must be of one product, got {sorted(skus)}; call once for each")
    sku, order = skus.pop(), ranked(outlooks)
    if not order:
        lacking = dict.fromkeys(text for outlook in outlooks for text in outlook.missing)
        return Recommendation(
            sku, None, None, f"{sku}: cannot tell, for it lacks " + "; ".join(lacking)
        )
    best, runner_up = order[0], order[1] if len(order) > 1 else None
    ruling, words = _remake_ruling(outlooks, catalogue)
    return Recommendation(
        sku, best, runner_up, _reason(best, runner_up), _question(outlooks, best), ruling, words
    )


def _reason(best: PathOutlook, runner_up: PathOutlook | None) -> str:
    assert best.estimate is not None
    chance = best.estimate.mean(best.estimate.on_vessel)
    text = (
        f"{best.sku}: {best.label}, free by the cut-off with probability {chance:.0%} at an "
        f"expected loss of {best.estimate.expected_loss:,.0f}"
    )
    if runner_up is None:
        return f"{text}; no other path is open with numbers."
    assert runner_up.estimate is not None
    other = runner_up.estimate.mean(runner_up.estimate.on_vessel)
    return (
        f"{text}, against {runner_up.estimate.expected_loss:,.0f} and {other:.0%} for the next "
        f"best ({runner_up.label})."
    )


def _question(outlooks: Sequence[PathOutlook], best: PathOutlook) -> str:
    """The cheapest path that only a missing fact keeps from being recommended."""
    doubtful = [o for o in outlooks if o.status.state == "cannot tell" and o.estimate]
    doubtful = [o for o in doubtful if loss_of(o) < loss_of(best) and not o.is_high_risk]
    if not doubtful:
        return ""
    cheapest = min(doubtful, key=loss_of)
    return (
        f"{cheapest.label} would lose {loss_of(cheapest):,.0f} instead, but cannot be judged: "
        f"{cheapest.status.explanation}"
    )


def _remake_ruling(
    outlooks: Sequence[PathOutlook], catalogue: Catalogue
) -> tuple[RemakeRuling | None, str]:
    """Ruling of R40: the cheapest rework against the cheapest remake, by cost of the work."""

    def cheapest(*options: RecoveryOption) -> PathOutlook | None:
        found = [o for o in outlooks if o.path.option in options and o.estimate]
        return min(found, key=_work_cost) if found else None

    rework = cheapest(RecoveryOption.REWORK)
    remake = cheapest(RecoveryOption.PARTIAL_REMAKE, RecoveryOption.FULL_REMAKE)
    if rework is None or remake is None:
        return None, "rework or remake: cannot tell, for one of the two has no numbers (R40)"
    share = _work_cost(rework) / _work_cost(remake)
    days = catalogue.options[RecoveryOption.REWORK].days.mean
    ruling = rework_or_remake(share, days, catalogue.rework_or_remake)
    assert remake.estimate is not None
    chance = remake.estimate.mean(remake.estimate.on_vessel)
    words = (
        f"rework costs {share:.0%} of the {remake.label} and adds {days:.0f} days: {ruling} (R40)"
    )
    if ruling == "remake":
        words += f"; the remake is free by the cut-off with probability {chance:.0%}"
    return ruling, words


def _work_cost(outlook: PathOutlook) -> float:
    assert outlook.estimate is not None
    return outlook.estimate.events[0][1].mean


@dataclass(frozen=True, eq=False)
class Combination:
    """One path for each product, worked in parallel (R44)."""

    chosen: tuple[PathOutlook, ...]

    @property
    def all_on_vessel(self) -> float:
        """Chance that every product is free by the cut-off; products taken as independent."""
        found = [o.estimate for o in self.chosen if o.estimate]
        return prod(estimate.mean(estimate.on_vessel) for estimate in found)

    @property
    def expected_loss(self) -> float:
        """Buyer's expected loss over the order [order currency]."""
        return sum(loss_of(outlook) for outlook in self.chosen)

    @property
    def money_at_risk(self) -> float:
        """Money paid, or due at release, before the goods have passed [order currency]."""
        return sum(o.estimate.money_at_risk for o in self.chosen if o.estimate)

    def cost_table(self) -> pd.DataFrame:
        """Table of the eight cost lines of all products with their payers (R66, R67)."""
        tables = [o.estimate.cost_table() for o in self.chosen if o.estimate]
        total = tables[0].copy()
        for table in tables[1:]:
            total[["low", "expected", "high"]] += table[["low", "expected", "high"]]
            unpaid = total["payer"] == ""
            total.loc[unpaid, ["payer", "is_agreed", "reason"]] = table.loc[
                unpaid, ["payer", "is_agreed", "reason"]
            ]
        return total

    @property
    def days(self) -> GridDistribution | None:
        """Days until the slowest product has had its first re-inspection."""
        timelines = [outlook.timeline for outlook in self.chosen]
        known = [timeline.first for timeline in timelines if timeline]
        return latest_of(known) if len(known) == len(timelines) else None


def combinations(
    outlooks: Sequence[PathOutlook], *, paths_per_sku: int = 3, most: int = 10
) -> list[Combination]:
    """Combinations of the best paths of each product, least expected loss first (R44).

    Parameters
    ----------
    outlooks
        Outlooks of all products of the order.
    paths_per_sku
        How many of each product's ranked paths to combine.
    most
        How many combinations to return.

    Returns
    -------
    Empty where any product has no path with numbers.

    Examples
    --------
    >>> from qcanalysis.recovery.ways_out.catalogue import default_catalogue
    >>> from qcanalysis.recovery.ways_out.outlook import order_outlook
    >>> from qcanalysis.recovery.ways_out.situation import OrderSituation, SkuSituation
    >>> order = OrderSituation((SkuSituation("PIN", 8000),), days_to_cut_off=12)
    >>> combinations(order_outlook(order, default_catalogue()))
    []
    """
    skus = dict.fromkeys(outlook.sku for outlook in outlooks)
    choices = [ranked([o for o in outlooks if o.sku == sku])[:paths_per_sku] for sku in skus]
    found = [Combination(chosen) for chosen in product(*choices)]
    risky = {id(c): sum(o.is_high_risk for o in c.chosen) for c in found}
    return sorted(found, key=lambda c: (risky[id(c)], c.expected_loss))[:most]


def combination_table(found: Sequence[Combination]) -> pd.DataFrame:
    """Table of combinations: a column a product, days, chance for all, buyer's loss.

    Examples
    --------
    >>> combination_table([]).columns.tolist()
    ['days_90', 'all_on_vessel', 'buyers_loss']
    """
    rows = []
    for combination in found:
        row: dict[str, object] = {o.sku: o.label for o in combination.chosen}
        days = combination.days
        row["days_90"] = days.quantile(0.9) if days else None
        row["all_on_vessel"] = combination.all_on_vessel
        row["buyers_loss"] = combination.expected_loss
        rows.append(row)
    columns = [o.sku for o in found[0].chosen] if found else []
    return pd.DataFrame(rows, columns=[*columns, "days_90", "all_on_vessel", "buyers_loss"])


def break_even_credit(outlooks: Sequence[PathOutlook], *, goods_value: float) -> float | None:
    """Price cut at which a discount is as good as the best path with work (R54).

    Parameters
    ----------
    outlooks
        Outlooks of one product.
    goods_value
        Value of its order line [order currency].

    Returns
    -------
    Fraction of the value on top of any credit already counted, 0 if none is
    needed; None where the discount or every other path lacks numbers, or is barred.

    Examples
    --------
    >>> break_even_credit([], goods_value=2400.0) is None
    True
    """
    discount = [o for o in outlooks if o.path.option is RecoveryOption.DISCOUNT and o.estimate]
    others = [o for o in ranked(outlooks) if o.path.option is not RecoveryOption.DISCOUNT]
    if not discount or not others:
        return None
    return max(loss_of(discount[0]) - min(loss_of(o) for o in others), 0.0) / goods_value

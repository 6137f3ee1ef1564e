"""The decision on a failed inspection: which way out per product, what it risks, who pays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import pandas as pd

from qcanalysis.recovery.ways_out.catalogue import Catalogue
from qcanalysis.recovery.ways_out.decision import (
    Combination,
    Recommendation,
    break_even_credit,
    combination_table,
    combinations,
    recommendation,
)
from qcanalysis.recovery.ways_out.options import option_table
from qcanalysis.recovery.ways_out.outlook import PathOutlook, order_outlook, outlook_table
from qcanalysis.recovery.ways_out.payers import payer_of_failure, payer_of_reinspection
from qcanalysis.recovery.ways_out.prices import order_values
from qcanalysis.recovery.ways_out.sample_value import (
    sample_value_table,
    value_of_perfect_information,
)
from qcanalysis.recovery.ways_out.sensitivity import tornado
from qcanalysis.recovery.ways_out.situation import OrderSituation

# Loss, cost and margin stay with the team; days, chances and who pays do not.
INTERNAL_COLUMNS = ["cost", "cost_90", "buyers_loss", "surplus_value"]
State = Literal["good", "bad", "caution", "unknown"]


@dataclass(frozen=True, eq=False)
class RecoveryDecision:
    """What to do about a failed order, with its evidence.

    Attributes
    ----------
    sentence, state
        The decision for the first screen.
    lines
        A row per product: the way out, its chance and its risk, or what is missing.
    options
        The nine ways out for each product: feasible or barred, and by which rule.
    paths
        Every path with its days and chances; without costs, which are in ``costed_paths``.
    payers
        Who pays what, and whether that is agreed.
    combined
        Paths combined over the products, worked in parallel, without their losses.
    questions
        Facts that would open a better way.
    costed_paths, combined_costs, cost_lines, reasons
        The same with the team's own costs and losses.
    """

    sentence: str
    state: State
    lines: pd.DataFrame
    options: pd.DataFrame
    paths: pd.DataFrame
    payers: pd.DataFrame
    combined: pd.DataFrame
    questions: tuple[str, ...]
    costed_paths: pd.DataFrame
    combined_costs: pd.DataFrame
    cost_lines: pd.DataFrame
    reasons: tuple[str, ...]


def decide(order: OrderSituation, catalogue: Catalogue, *, currency: str = "") -> RecoveryDecision:
    """Decision on a failed order.

    Parameters
    ----------
    order
        The failed order, from `qcanalysis.recovery.ways_out.situation.order_situation`.
    catalogue
        Days, prices, rates and risks in force.
    currency
        Currency of the order, for the sentence.

    Returns
    -------
    Where a product lacks the data, its row says "cannot tell" and what would settle it.
    """
    outlooks = order_outlook(order, catalogue)
    advice = [
        recommendation([o for o in outlooks if o.sku == line.sku], catalogue) for line in order.skus
    ]
    together = combinations(outlooks)
    paths = outlook_table(outlooks)
    lines = pd.DataFrame([_line(item) for item in advice])
    sentence, state = _in_words(lines, together, order, currency)
    return RecoveryDecision(
        sentence=sentence,
        state=state,
        lines=lines,
        options=option_table(order, catalogue),
        paths=paths.drop(columns=INTERNAL_COLUMNS),
        payers=_payers(order),
        combined=combination_table(together).drop(columns="buyers_loss"),
        questions=tuple(_without_loss(item.question, item.sku) for item in advice if item.question),
        costed_paths=paths[["sku", "option", *INTERNAL_COLUMNS, "money_at_risk"]],
        combined_costs=combination_table(together),
        cost_lines=together[0].cost_table() if together else pd.DataFrame(),
        reasons=tuple(item.sentence for item in advice),
    )


def _line(advice: Recommendation) -> dict[str, object]:
    best = advice.best
    if best is None or best.estimate is None:
        missing = advice.sentence.removeprefix(f"{advice.sku}: cannot tell, for it lacks ")
        return {"sku": advice.sku, "way_out": "cannot tell", "reason": f"lacks {missing}"}
    estimate = best.estimate
    return {
        "sku": advice.sku,
        "way_out": best.label,
        "on_vessel": estimate.mean(estimate.on_vessel),
        "days_90": None if best.timeline is None else best.timeline.first.quantile(0.9),
        "bad_pieces": estimate.bad_pieces,
        "money_at_risk": estimate.money_at_risk,
        "brand_risk": estimate.brand_risk,
        "reason": _next_best(advice),
    }


def _next_best(advice: Recommendation) -> str:
    other = advice.runner_up
    if other is None or other.estimate is None:
        return "no other way is open with numbers"
    chance = other.estimate.mean(other.estimate.on_vessel)
    return f"next best is {other.label}: {chance:.0%} on the vessel"


def _without_loss(question: str, sku: str) -> str:
    """A question as a reader outside the team may see it: what to find out, not what it saves."""
    option, _, wanted = question.partition(" would lose ")
    return f"{sku}: {option} may be better; {wanted.partition('cannot be judged: ')[2]}"


def _payers(order: OrderSituation) -> pd.DataFrame:
    rulings = {
        "sorting, parts, remaking": payer_of_failure(order.contract),
        "re-inspection visit": payer_of_reinspection(order.contract),
    }
    return pd.DataFrame(
        [
            {
                "what": what,
                "payer": ruling.payer,
                "agreed": "yes" if ruling.is_agreed else "no: to be agreed in writing",
                "reason": f"{ruling.sentence} ({ruling.rule})",
            }
            for what, ruling in rulings.items()
        ]
    )


def _in_words(
    lines: pd.DataFrame, together: Sequence[Combination], order: OrderSituation, currency: str
) -> tuple[str, State]:
    if not together:
        unknown = lines[lines["way_out"].eq("cannot tell")]
        return (
            "Hold the order: no way out can be chosen yet, because the report gives no results "
            f"for {', '.join(unknown['sku'])} alone. Ask the agency for counts and sample sizes "
            "by product.",
            "unknown",
        )
    ways = "; ".join(
        f"{row['sku']}: {row['way_out']} ({row['on_vessel']:.0%} on the vessel)"
        for _, row in lines.iterrows()
    )
    best = together[0]
    payer = payer_of_failure(order.contract)
    pays = {
        "factory": "the factory pays",
        "buyer": "the buyer pays",
        "split": "the cost is split",
    }.get(payer.payer, "who pays is to be negotiated")
    if not payer.is_agreed and payer.payer in ("factory", "buyer", "split"):
        pays += " by the facts, not yet in writing"
    chance = best.all_on_vessel
    return (
        f"{ways}. All on the vessel: {chance:.0%}. Money at risk: {best.money_at_risk:,.0f} "
        f"{currency}".rstrip()
        + f"; {pays}.",
        "good" if chance >= 0.9 else "caution" if chance >= 0.5 else "bad",
    )


def what_would_flip(
    order: OrderSituation, catalogue: Catalogue, *, sample_sizes: Sequence[int], delay_days: float
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What would change the decision, and what one more sample is worth before it.

    Parameters
    ----------
    order, catalogue
        As in `decide`.
    sample_sizes
        Sizes of one more sample [pieces].
    delay_days
        Days that the sample costs.

    Returns
    -------
    Drivers with their break-even values, and the value of samples; a ``sku`` column in both.
    Empty for products that cannot be judged.
    """
    days = order.days_to_cut_off
    later_order = replace(
        order, days_to_cut_off=None if days is None else max(days - delay_days, 0.0)
    )
    now, later = order_outlook(order, catalogue), order_outlook(later_order, catalogue)
    flips, values = [], []
    for line in order.skus:
        mine, delayed = (_of(line.sku, outlooks) for outlooks in (now, later))
        if not any(outlook.can_be_ranked for outlook in mine):
            continue
        drivers = tornado(mine, order, catalogue)
        flips.append(drivers.assign(sku=line.sku))
        table = sample_value_table(
            mine, delayed, sample_sizes, visit_cost=catalogue.rates.visit.mean
        )
        values.append(table.assign(sku=line.sku))
    return _stacked(flips), _stacked(values)


def worth_of_goods(order: OrderSituation, catalogue: Catalogue) -> pd.DataFrame:
    """What each order line is worth, and two amounts to hold an offer or a delay against.

    Parameters
    ----------
    order, catalogue
        As in `decide`.

    Returns
    -------
    The columns of `qcanalysis.recovery.ways_out.prices.order_values` (T7), ``break_even_credit``
    (fraction of the value, of the middle of its band, that a price cut has to reach to be as good
    as the best other way, R54) and ``perfect_information`` (most that any further sample could be
    worth); empty where they cannot be told.
    """
    table = order_values(order, catalogue)
    outlooks = order_outlook(order, catalogue)
    credits, limits = [], []
    for _, row in table.iterrows():
        mine = _of(str(row["sku"]), outlooks)
        value = (row["value_low"] + row["value_high"]) / 2
        credits.append(break_even_credit(mine, goods_value=value) if value > 0 else None)
        limits.append(value_of_perfect_information(mine))
    return table.assign(
        break_even_credit=pd.array(credits, "Float64"),
        perfect_information=pd.array(limits, "Float64"),
    )


def _of(sku: str, outlooks: Sequence[PathOutlook]) -> list[PathOutlook]:
    return [outlook for outlook in outlooks if outlook.sku == sku]


def _stacked(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    if not tables:
        return pd.DataFrame(columns=["sku"])
    table = pd.concat(tables, ignore_index=True)
    return table[["sku", *[name for name in table if name != "sku"]]]


DOCUMENTS_IN_ORDER = {
    "hold_placed": "hold notice",
    "report_audited": "report audit sheet with the questions to the agency",
    "respecification_issued": "respecification sheet",
    "answer_sent": "supplier letter",
    "corrective_action_agreed": "corrective action sheet",
    "rework_authorised": "rework instruction",
    "reinspection_booked": "re-inspection plan",
    "final_record_signed": "final record",
}


def documents_to_sign(events: pd.DataFrame, *, most: int = 3) -> tuple[str, ...]:
    """Documents to sign next, in the order the gates ask for them.

    Parameters
    ----------
    events
        Event log of the case; may be empty.
    most
        How many to name.

    Examples
    --------
    >>> documents_to_sign(pd.DataFrame({"event": ["report_received", "hold_placed"]}), most=2)
    ('report audit sheet with the questions to the agency', 'respecification sheet')
    """
    done = set(events["event"]) if "event" in events else set()
    return tuple(name for event, name in DOCUMENTS_IN_ORDER.items() if event not in done)[:most]

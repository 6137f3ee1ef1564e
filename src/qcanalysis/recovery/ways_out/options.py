"""The nine ways out of a failed inspection: which are open, which are barred, and by which rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

import pandas as pd

from qcanalysis.recovery.ways_out.catalogue import Catalogue, RemakeRule
from qcanalysis.recovery.ways_out.situation import (
    HARDWARE_FACTS,
    Fault,
    OrderSituation,
    SkuSituation,
)

State = Literal["feasible", "barred", "cannot tell"]


class RecoveryOption(StrEnum):
    """Way out of a failed inspection: the union of the guides' lists (requirements, section 2).

    A repair after shipment is not among them (R57).
    """

    SORT = "sort"
    REWORK = "rework"
    PARTIAL_REMAKE = "partial_remake"
    FULL_REMAKE = "full_remake"
    PARTIAL_ACCEPTANCE = "partial_acceptance"
    CONCESSION = "concession"
    DISCOUNT = "discount"
    REPLACE_IN_NEXT_RUN = "replace_in_next_run"
    REJECT = "reject"


SHIPS_AS_IT_IS = frozenset(
    {RecoveryOption.CONCESSION, RecoveryOption.DISCOUNT, RecoveryOption.REPLACE_IN_NEXT_RUN}
)


@dataclass(frozen=True)
class Reason:
    """Rule that speaks on an option, and what it says here."""

    rule: str
    state: State
    sentence: str


@dataclass(frozen=True)
class OptionStatus:
    """Whether one way out is open for one product, and why.

    ``reasons`` holds what bars it or leaves it open to doubt; ``conditions``
    what must be met or watched where it is taken.
    """

    sku: str
    option: RecoveryOption
    reasons: tuple[Reason, ...]
    conditions: tuple[Reason, ...] = ()

    @property
    def state(self) -> State:
        """The hardest of the reasons: barred before cannot tell before feasible."""
        states = {reason.state for reason in self.reasons}
        if "barred" in states:
            return "barred"
        return "cannot tell" if "cannot tell" in states else "feasible"

    @property
    def explanation(self) -> str:
        """The reasons behind the state in words, each with its rule; empty if feasible."""
        return "; ".join(f"{r.sentence} ({r.rule})" for r in self.reasons if r.state == self.state)


def option_status(
    option: RecoveryOption, line: SkuSituation, order: OrderSituation, catalogue: Catalogue
) -> OptionStatus:
    """State of one way out for one product.

    Parameters
    ----------
    option
        The way out.
    line, order
        The product and the order it belongs to.
    catalogue
        Kinds of rework and their risk.

    Examples
    --------
    >>> from qcanalysis.recovery.ways_out.catalogue import default_catalogue
    >>> scratch = Fault("front scratch", "major", "cosmetic", "zero_defect", "repairable")
    >>> pin = SkuSituation("PIN", 8000, faults=(scratch,))
    >>> status = option_status(RecoveryOption.CONCESSION, pin, OrderSituation((pin,)),
    ...                        default_catalogue())
    >>> status.state, status.reasons[0].rule
    ('barred', 'R39')
    """
    reasons: list[Reason] = []
    if option in SHIPS_AS_IT_IS:
        reasons += _critical(line)
    needs_faults = option not in (
        RecoveryOption.FULL_REMAKE,
        RecoveryOption.PARTIAL_ACCEPTANCE,
        RecoveryOption.REJECT,
    )
    if needs_faults and not line.faults:
        sentence = f"no finding names {line.sku}; ask the agency for findings by product"
        reasons.append(Reason("R06", "cannot tell", sentence))
    if line.has_passed and option is not RecoveryOption.PARTIAL_ACCEPTANCE:
        sentence = f"{line.sku} passed in every class by its own sample: there is nothing to cure"
        reasons.append(Reason("R20", "barred", sentence))
    reasons += _REASONS[option](line, catalogue)
    return OptionStatus(line.sku, option, tuple(reasons), tuple(_conditions(option, line, order)))


def option_table(order: OrderSituation, catalogue: Catalogue) -> pd.DataFrame:
    """Table of all ways out for all products: sku, option, state, why, conditions.

    Examples
    --------
    >>> from qcanalysis.recovery.ways_out.catalogue import default_catalogue
    >>> order = OrderSituation((SkuSituation("PIN", 8000), SkuSituation("COIN", 5000)))
    >>> len(option_table(order, default_catalogue()))
    18
    """
    rows = []
    for line in order.skus:
        for option in RecoveryOption:
            status = option_status(option, line, order, catalogue)
            conditions = "; ".join(f"{c.sentence} ({c.rule})" for c in status.conditions)
            label = catalogue.options[option].label
            rows.append([line.sku, label, status.state, status.explanation, conditions])
    return pd.DataFrame(rows, columns=["sku", "option", "state", "why", "conditions"])


RemakeRuling = Literal["rework", "remake", "judgement"]


def rework_or_remake(cost_share: float, added_days: float, rule: RemakeRule) -> RemakeRuling:
    """Ruling of the 35-45 % and 5-7 days rule (R40, T8).

    Parameters
    ----------
    cost_share
        Cost of the rework as a fraction of the cost of a clean remake.
    added_days
        Days the rework adds to the schedule [days].
    rule
        The two grey bands; their ends count as grey.

    Returns
    -------
    "remake" above both bands, "rework" below both, else "judgement". The rule
    does not look at the vessel: "remake" may come too late for it.

    Examples
    --------
    >>> from qcanalysis.recovery.ways_out.catalogue import default_catalogue
    >>> rule = default_catalogue().rework_or_remake
    >>> rework_or_remake(0.50, 8, rule), rework_or_remake(0.50, 4, rule)
    ('remake', 'judgement')
    """
    if cost_share > rule.cost_share.high and added_days > rule.days.high:
        return "remake"
    if cost_share < rule.cost_share.low and added_days < rule.days.low:
        return "rework"
    return "judgement"


def _named(faults: list[Fault]) -> str:
    return ", ".join(sorted({fault.defect_type for fault in faults}))


def _critical(line: SkuSituation) -> list[Reason]:
    found = any(c.defect_class == "critical" and c.found > 0 for c in line.class_counts)
    if found or any(fault.defect_class == "critical" for fault in line.faults):
        sentence = "a critical fault was found, and good pieces cannot offset it"
        return [Reason("R16", "barred", sentence)]
    return []


def _sort(line: SkuSituation, catalogue: Catalogue) -> list[Reason]:
    unseen = [f for f in line.open_faults if f.fault_kind not in (None, "cosmetic")]
    if unseen:
        rule = "R48" if len(unseen) == len(line.open_faults) else "R35"
        sentence = f"a sort finds only what the eye finds, and not: {_named(unseen)}"
        return [Reason(rule, "barred", sentence)]
    unknown = [f for f in line.open_faults if f.fault_kind is None]
    if unknown:
        sentence = f"state the fault kind (cosmetic, functional, ...) of: {_named(unknown)}"
        return [Reason("R48", "cannot tell", sentence)]
    return []


def _rework(line: SkuSituation, catalogue: Catalogue) -> list[Reason]:
    faults = line.open_faults
    irreparable = [f for f in faults if f.repairability == "irreparable"]
    unknown = [f for f in faults if f.repairability is None]
    reasons = []
    if faults and len(irreparable) == len(faults):
        reasons.append(Reason("R18", "barred", f"cannot be repaired: {_named(irreparable)}"))
    elif unknown:
        sentence = f"state whether it can be repaired: {_named(unknown)}"
        reasons.append(Reason("R18", "cannot tell", sentence))
    attachments = [
        f
        for f in faults
        if catalogue.rework_kinds[catalogue.rework_kind(f.defect_type)].is_attachment
    ]
    missing = [fact for fact in HARDWARE_FACTS if fact not in line.hardware_facts]
    if attachments and missing:
        sentence = f"{_named(attachments)}: get in writing first: {', '.join(missing)}"
        reasons.append(Reason("R63", "barred", sentence))
    return reasons


def _partial_remake(line: SkuSituation, catalogue: Catalogue) -> list[Reason]:
    if line.class_counts and all(c.sample_size is not None for c in line.class_counts):
        return []
    sentence = f"how many pieces of {line.sku} to remake needs its own sample size and count"
    return [Reason("R70", "cannot tell", sentence)]


def _partial_acceptance(line: SkuSituation, catalogue: Catalogue) -> list[Reason]:
    if line.has_passed:
        return []
    if line.good_part is not None:
        return (
            []
            if line.good_part.quantity <= line.quantity
            else [Reason("R53", "barred", "the part set apart is larger than the order line")]
        )
    sentence = f"carton and batch of each bad piece of {line.sku} would show which part is good"
    return [Reason("R53", "cannot tell", sentence)]


def _concession(line: SkuSituation, catalogue: Catalogue) -> list[Reason]:
    faults = line.open_faults
    visible = [f for f in faults if f.appearance_zone in ("zero_defect", "controlled_cosmetic")]
    other = [f for f in faults if f.fault_kind in ("functional", "safety")]
    if visible or other:
        sentence = f"a concession is for hidden areas, and not for: {_named(visible + other)}"
        return [Reason("R39", "barred", sentence)]
    unknown = [f for f in faults if f.appearance_zone is None]
    if unknown:
        sentence = f"state the appearance zone of: {_named(unknown)}"
        return [Reason("R39", "cannot tell", sentence)]
    return []


def _discount(line: SkuSituation, catalogue: Catalogue) -> list[Reason]:
    unsafe = [f for f in line.open_faults if f.fault_kind == "safety"]
    if unsafe:
        return [Reason("R54", "barred", f"safety is touched by: {_named(unsafe)}")]
    if line.is_sellable is False:
        return [Reason("R54", "barred", "the buyer says the goods do not sell as they are")]
    if line.is_sellable is None:
        sentence = "the buyer must say whether the goods still sell as they are"
        return [Reason("R54", "cannot tell", sentence)]
    return []


def _next_run(line: SkuSituation, catalogue: Catalogue) -> list[Reason]:
    reasons = _discount(line, catalogue)
    if line.next_order_planned is False:
        reasons.append(Reason("R56", "barred", "there is no next run to carry replacements"))
    elif line.next_order_planned is None:
        sentence = "the buyer must say whether a next order is planned"
        reasons.append(Reason("R56", "cannot tell", sentence))
    return reasons


def _always_open(line: SkuSituation, catalogue: Catalogue) -> list[Reason]:
    return []


_REASONS = {
    RecoveryOption.SORT: _sort,
    RecoveryOption.REWORK: _rework,
    RecoveryOption.PARTIAL_REMAKE: _partial_remake,
    RecoveryOption.FULL_REMAKE: _always_open,
    RecoveryOption.PARTIAL_ACCEPTANCE: _partial_acceptance,
    RecoveryOption.CONCESSION: _concession,
    RecoveryOption.DISCOUNT: _discount,
    RecoveryOption.REPLACE_IN_NEXT_RUN: _next_run,
    RecoveryOption.REJECT: _always_open,
}


def _conditions(option: RecoveryOption, line: SkuSituation, order: OrderSituation) -> list[Reason]:
    conditions = []
    if option in SHIPS_AS_IT_IS:
        text = "signed concession record with remedy, quantity cap, carton marks and photos"
        conditions.append(Reason("R50", "feasible", text))
    if option in (RecoveryOption.SORT, RecoveryOption.REWORK):
        text = "set a deadline; nothing is repaired after shipment"
        conditions.append(Reason("R57", "feasible", text))
    if option is RecoveryOption.PARTIAL_ACCEPTANCE:
        text = "goods set apart at source, quantities listed, both sides sign"
        conditions.append(Reason("R53", "feasible", text))
    if option is RecoveryOption.REJECT:
        conditions += _standing(order.contract)
    return conditions


def _standing(contract: Mapping[str, Any]) -> list[Reason]:
    """How strong a rejection stands (R52, R55)."""
    clauses = {
        "inspection_rights_clause": "inspection rights",
        "failure_consequences_clause": "agreed consequences",
        "cancellation_clause": "exit clause",
    }
    missing = [words for name, words in clauses.items() if not contract.get(name)]
    found = []
    if missing:
        found.append(Reason("R52", "feasible", f"weak: the contract shows no {', '.join(missing)}"))
    if contract.get("earlier_failures"):
        text = f"repeat failure: {contract['earlier_failures']} before this one"
        found.append(Reason("R55", "feasible", text))
    return found

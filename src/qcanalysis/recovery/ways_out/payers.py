"""Who pays for a failure: the contract first, then how clear the breach is (R67-R69)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Payer = Literal["buyer", "factory", "split", "negotiate"]
BUYERS_SHARE: dict[Payer, float] = {"buyer": 1.0, "factory": 0.0, "split": 0.5, "negotiate": 1.0}


@dataclass(frozen=True)
class PayerRuling:
    """Who pays, whether that is agreed or only to be claimed, and the reason."""

    payer: Payer
    is_agreed: bool
    rule: str
    sentence: str

    @property
    def buyers_share(self) -> float:
        """Fraction the buyer carries; all of it until somebody agrees to pay.

        Examples
        --------
        >>> payer_of_failure({}).buyers_share
        1.0
        """
        return BUYERS_SHARE[self.payer]


def payer_of_reinspection(contract: Mapping[str, Any]) -> PayerRuling:
    """Who pays the next visit: the PO clause if there is one (R69), else as for the failure.

    Parameters
    ----------
    contract
        Terms by the records' names: ``reinspection_payer`` and those of `payer_of_failure`.

    Examples
    --------
    >>> payer_of_reinspection({"reinspection_payer": "factory"}).is_agreed
    True
    """
    payer = contract.get("reinspection_payer")
    if payer is not None:
        clause = contract.get("reinspection_payer_clause") or "a clause not quoted"
        return PayerRuling(payer, True, "R69", f"the purchase order says so: {clause}")
    return payer_of_failure(contract)


def payer_of_failure(contract: Mapping[str, Any]) -> PayerRuling:
    """Who pays sorting, parts and what follows, by how clear the breach is (R68).

    Parameters
    ----------
    contract
        ``specification_is_measurable`` and ``specification_changed_after_approval``:
        True, False, or absent.

    Returns
    -------
    A claim, not an agreement, until the corrective action sheet is signed (R67).

    Examples
    --------
    >>> payer_of_failure({"specification_is_measurable": True,
    ...                   "specification_changed_after_approval": False}).payer
    'factory'
    """
    measurable = contract.get("specification_is_measurable")
    changed = contract.get("specification_changed_after_approval")
    if measurable is False or changed is True:
        sentence = "the specification was vague, or changed after the sample was approved"
        return PayerRuling("split", False, "R68", sentence)
    if measurable is True and changed is False:
        sentence = "clear breach of an approved, measurable specification; to be agreed in writing"
        return PayerRuling("factory", False, "R68", sentence)
    sentence = (
        "negotiate: state whether the breached specification was measurable and unchanged since "
        "the sample was approved; counted as the buyer's until agreed"
    )
    return PayerRuling("negotiate", False, "R69", sentence)

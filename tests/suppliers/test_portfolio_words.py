"""The verdict on all suppliers: the worst of their pages, and whom to act on."""

from __future__ import annotations

import pandas as pd
import pytest

from qcanalysis.suppliers.phrases import VerdictState
from qcanalysis.suppliers.portfolio_words import portfolio_in_words


def suppliers(**columns: list[object]) -> pd.DataFrame:
    quiet = {"grade": "A", "critical_nonconforming": 0, "severity": "normal"}
    names = [f"S{number} Inc." for number in range(3)]
    table = pd.DataFrame({"supplier": names, **columns})
    return pd.DataFrame(quiet | {"during_production_inspection": "no"}, table.index).assign(**table)


@pytest.mark.parametrize(
    ("states", "state"),
    [
        (["good", "good", "good"], "good"),
        (["good", "unknown", "good"], "good"),
        (["good", "caution", "unknown"], "caution"),
        (["caution", "bad", "good"], "bad"),
        (["unknown"] * 3, "unknown"),
    ],
)
def test_the_state_is_the_worst_of_the_pages(
    states: list[VerdictState], state: VerdictState
) -> None:
    assert portfolio_in_words(suppliers(), states)[1] == state


def test_nobody_is_named_where_nothing_is_asked() -> None:
    assert portfolio_in_words(suppliers(), ["good"] * 3) == ("3 suppliers: 3 A.", "good")


def test_problems_criticals_and_discontinuations_are_named_with_one_full_stop() -> None:
    table = suppliers(
        critical_nonconforming=[0, 2, 0], severity=["normal", "tightened", "discontinued"]
    )
    sentence, _ = portfolio_in_words(table, ["good", "bad", "bad"])
    assert sentence == (
        "3 suppliers: 3 A. Problems at S1 Inc. and S2 Inc. Critical defects at S1 Inc. "
        "Discontinued for some products: S2 Inc. Tightened inspection at S1 Inc."
    )

"""What the page of all suppliers says: the verdict on them, and whom to act on."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from qcanalysis.suppliers.phrases import VerdictState, count, named, worst


def portfolio_in_words(
    suppliers: pd.DataFrame, states: Sequence[VerdictState]
) -> tuple[str, VerdictState]:
    r"""Verdict on all suppliers, those to act on named, and its state: the worst of their pages.

    Parameters
    ----------
    suppliers
        Frame of `qcanalysis.suppliers.scorecard_tables.portfolio_table`.
    states
        State of the page of each, in the same order; "unknown" for one without a page.

    Examples
    --------
    >>> two = pd.DataFrame({"supplier": ["Aki", "Beta Inc."], "grade": ["B", "D"],
    ...                     "critical_nonconforming": [0, 1],
    ...                     "severity": ["normal", "discontinued"],
    ...                     "during_production_inspection": ["no", "no"]})
    >>> sentence, state = portfolio_in_words(two, ["good", "bad"])
    >>> print(*sentence.replace(". ", ".|").split("|"), state, sep="\n")
    2 suppliers: 1 B, 1 D.
    Problems at Beta Inc.
    Critical defects at Beta Inc.
    Discontinued for some products: Beta Inc.
    bad
    """
    grades = suppliers["grade"].value_counts().sort_index()
    counts = ", ".join(f"{number} {grade}" for grade, number in grades.items())
    sentences = [f"{count(len(suppliers), 'supplier')}: {counts}."]
    to_act_on = {
        "Problems at": pd.Series(list(states), index=suppliers.index) == "bad",
        "Critical defects at": suppliers["critical_nonconforming"] > 0,
        "Discontinued for some products:": suppliers["severity"] == "discontinued",
        "Tightened inspection at": suppliers["severity"] == "tightened",
        "Inspect during production at": suppliers["during_production_inspection"] == "yes",
    }
    for words, applies in to_act_on.items():
        if applies.any():
            who = named(suppliers.loc[applies, "supplier"].tolist())
            sentences.append(f"{words} {who.removesuffix('.')}.")
    return " ".join(sentences), worst(list(states))

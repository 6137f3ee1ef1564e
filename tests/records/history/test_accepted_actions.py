"""Corrective actions that end a discontinuation: closed and found effective."""

from datetime import date
from pathlib import Path

import pandas as pd
from tests.suppliers.scorecard_history import tables, written

from qcanalysis.records.history import open_history

ACTIONS = pd.DataFrame(
    [
        ("C1", "tight", "2025-01-01", "2025-01-20", "yes"),
        ("C2", "tight", "2025-01-05", "2025-01-10", "yes"),
        ("C3", "tight", "2025-02-01", "2025-02-20", "no"),
        ("C4", "good", "2025-02-01", "2025-02-20", ""),
        ("C5", "good", "2025-03-01", "", ""),
        ("C6", "worse", "2025-03-01", "2025-06-30", "yes"),
    ],
    columns=["action_id", "supplier_id", "opened_on", "closed_on", "is_effective"],
)


def test_only_actions_closed_by_the_day_and_found_effective_are_accepted(tmp_path: Path) -> None:
    folder = written(tmp_path / "history", tables() | {"corrective_actions": ACTIONS})
    with open_history(folder) as history:
        tight = (date(2025, 1, 10), date(2025, 1, 20))
        assert history.accepted_actions(date(2025, 6, 29)) == {"tight": tight}
        assert history.accepted_actions(date(2025, 1, 19)) == {"tight": tight[:1]}
        everybody = history.accepted_actions(date(2025, 6, 30))
        assert everybody == {"tight": tight, "worse": (date(2025, 6, 30),)}
        assert history.accepted_actions(date(2025, 6, 30), "worse") == {"worse": everybody["worse"]}
        assert history.accepted_actions(date(2025, 6, 30), "good") == {}


def test_a_history_without_the_table_or_the_column_has_none(tmp_path: Path) -> None:
    no_table = {name: table for name, table in tables().items() if name != "corrective_actions"}
    for name, frames in {"no table": no_table, "no column": tables()}.items():
        with open_history(written(tmp_path / name, frames)) as history:
            assert history.accepted_actions(date(2025, 6, 30)) == {}


def test_an_action_found_effective_makes_that_supplier_s_page_anew(tmp_path: Path) -> None:
    before, after = (
        ACTIONS,
        ACTIONS.assign(
            is_effective=ACTIONS["is_effective"].mask(ACTIONS["action_id"] == "C4", "yes")
        ),
    )
    keys = []
    for name, actions in {"before": before, "after": after}.items():
        frames = tables() | {"corrective_actions": actions}
        with open_history(written(tmp_path / name, frames)) as history:
            keys.append(history.record_keys(date(2025, 6, 30)))
    assert {one for one in keys[0] if keys[0][one] != keys[1][one]} == {"good"}

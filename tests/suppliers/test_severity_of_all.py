"""The severity of all suppliers at once is that of each one by itself."""

from datetime import date
from pathlib import Path

import pytest

from qcanalysis.records.history import open_history
from qcanalysis.suppliers.severity import class_severities, severity_table, strictest
from qcanalysis.suppliers.severity_of_all import strictest_severities

HISTORY = Path(__file__).parents[2] / "data" / "history"


@pytest.mark.parametrize("end", [date(2024, 6, 30), date(2026, 10, 31)])
def test_one_pass_agrees_with_the_walk_that_remembers_every_step(end: date) -> None:
    found: dict[bool, dict[str, str]] = {False: {}, True: {}}
    with open_history(HISTORY) as history:
        accepted_on = history.accepted_actions(end)
        assert accepted_on
        for results in history.original_results(end):
            for is_permitted, severities in found.items():
                severities |= strictest_severities(
                    results, reduced_is_permitted=is_permitted, action_accepted_on=accepted_on
                )
        for supplier_id in history.suppliers()["supplier_id"]:
            lots = history.inspected_lots(supplier_id, end)
            results = history.class_results(supplier_id, end)
            for is_permitted, severities in found.items():
                table = severity_table(
                    class_severities(
                        lots,
                        results,
                        reduced_is_permitted=is_permitted,
                        action_accepted_on=accepted_on.get(supplier_id, ()),
                    )
                )
                alone = strictest(table["severity"]) if len(table) else None
                assert severities.get(supplier_id) == alone, (supplier_id, is_permitted)
    for severities in found.values():
        assert len(set(severities.values())) > 1  # the history does hold more than one severity

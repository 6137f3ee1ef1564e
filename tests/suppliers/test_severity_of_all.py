"""The severity of all suppliers at once is that of each one by itself."""

from datetime import date
from pathlib import Path

import pytest

from qcanalysis.records.history import open_history
from qcanalysis.suppliers.severity import class_severities, severity_table, strictest
from qcanalysis.suppliers.severity_of_all import strictest_severities

HISTORY = Path(__file__).parents[2] / "data" / "history"


@pytest.mark.parametrize("end", [date(2024, 6, 30), date(2026, 10, 31)])
@pytest.mark.parametrize("is_permitted", [False, True])
def test_one_pass_agrees_with_the_walk_that_remembers_every_step(
    end: date, is_permitted: bool
) -> None:
    with open_history(HISTORY) as history:
        found: dict[str, str] = {}
        for results in history.original_results(end):
            found |= strictest_severities(results, reduced_is_permitted=is_permitted)
        for supplier_id in history.suppliers()["supplier_id"]:
            table = severity_table(
                class_severities(
                    history.inspected_lots(supplier_id, end),
                    history.class_results(supplier_id, end),
                    reduced_is_permitted=is_permitted,
                )
            )
            alone = strictest(table["severity"]) if len(table) else None
            assert found.get(supplier_id) == alone, supplier_id
    assert len(set(found.values())) > 1  # the history does hold more than one severity

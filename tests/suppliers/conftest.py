import pytest
from tests.suppliers.scorecard_history import all_cards, tables, written

from qcanalysis.suppliers.scorecard import Scorecard


@pytest.fixture(scope="session")
def cards(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Scorecard]:
    """Every supplier's scorecard of the small history; nobody writes into it."""
    return all_cards(written(tmp_path_factory.mktemp("small") / "history", tables()))

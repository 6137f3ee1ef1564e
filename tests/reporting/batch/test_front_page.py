"""Words of the page of all suppliers: months, record, what is not used, columns to act on."""

import json
import re
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from selenium.webdriver.common.by import By
from tests.reporting.browser import Browser, browser  # noqa: F401
from tests.suppliers.scorecard_history import tables, written

from qcanalysis.records.history import open_history
from qcanalysis.reporting.batch.front_page import front_page, periods_page
from qcanalysis.reporting.batch.storage import Storage
from qcanalysis.reporting.scorecards import prepare
from qcanalysis.suppliers.period import Period

LATER = date(2027, 1, 1)
A4 = (718, 1000)  # the width between the margins of the page [px]


def front(folder: Path, frames: dict[str, pd.DataFrame], label: str, today: date = LATER) -> str:
    period = Period.parse(label)
    (folder / label).mkdir(parents=True)
    with open_history(written(folder / "history", frames)) as history:
        return front_page(
            prepare(history, period, {}, folder / label),
            history=history,
            period=period,
            changes=None,
            failed=[],
            answer=("caution", "Tightened inspection at tight."),
            today=today,
        )


def head(markup: str) -> str:
    return re.sub(r"<[^>]+>", " ", markup[markup.index("<header") : markup.index("</header>")])


def test_the_months_of_the_figures_are_said_and_what_asks_to_act_is_beside_the_grade(tmp_path):
    markup = front(tmp_path, tables(), "2025-06")
    assert "The figures are of 12 months, 2024-07-01 to 2025-06-30" in head(markup)
    assert "12 months to 2025-06-30</caption>" in markup
    assert "not over" not in markup
    assert "0 rows" not in markup
    headings = re.findall(r'<th scope="col"[^>]*>([^<]*)', markup)
    assert headings[:4] == ["Supplier", "Grade", "Severity", "During-production inspection"]


def test_a_period_that_is_not_over_and_one_without_inspections_are_said(tmp_path):
    frames = tables()
    first, last = (str(pick(frames["inspections"]["inspected_on"]))[:10] for pick in (min, max))
    said = head(front(tmp_path / "a", frames, "2025-06", date(2025, 6, 30)))
    assert f"The period is not over: the record ends on {last}." in said
    none = f"no inspection is of these months, the record is of {first} to {last}."
    assert none in head(front(tmp_path / "b", frames, "2031-03"))
    assert f"the record ends on {last}." in head(front(tmp_path / "c", frames, "2025-12"))
    assert f"the record begins on {first}." in head(front(tmp_path / "d", frames, "2023"))


def test_the_list_of_periods_has_the_state_of_each_periods_page(tmp_path):
    history = {"title": "Inspections", "is_simulated": False}
    record = {"history": history, "counts": {"suppliers": 1, "failed": 0}, "finished_at": "now"}
    for label, state in (("2026-09", "caution"), ("2026-10", "good")):
        (tmp_path / label).mkdir()
        (tmp_path / label / "run.json").write_text(json.dumps({**record, "state": state}))
    markup = periods_page(Storage.at(str(tmp_path)))
    assert re.findall(r'"state state-(\w+)"', markup) == ["good", "caution"]
    assert "Inspections: 1 supplier; now." in markup


@pytest.mark.browser
def test_every_column_is_on_the_screen_and_on_paper_and_so_is_the_filter(
    tmp_path,
    browser: Browser,  # noqa: F811
):
    path = tmp_path / "index.html"
    path.write_text(front(tmp_path, tables(), "2025-06"), "utf-8")
    assert browser.complaints(path, scripts=1) == []
    driver = browser.driver
    frame = driver.find_element(By.CSS_SELECTOR, ".table-scroll")
    assert frame.get_property("scrollWidth") <= frame.get_property("clientWidth")
    browser.resized(A4)
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        assert frame.get_property("scrollWidth") <= A4[0]
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
        driver.find_element(By.ID, "words").send_keys("tight")
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
        caption = driver.find_element(By.CSS_SELECTOR, "#suppliers caption")
        assert caption.text.startswith("1 of 8 suppliers: with “tight”;")
        assert not driver.find_element(By.ID, "controls").is_displayed()
    finally:
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})

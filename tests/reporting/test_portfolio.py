"""The page of all suppliers: complete without its script, sorted and filtered with it."""

import re
from pathlib import Path

import pandas as pd
import pytest
from selenium.webdriver.common.by import By
from tests.reporting.browser import Browser, browser  # noqa: F401

from qcanalysis.reporting.portfolio import PortfolioPage, render_portfolio

HOSTILE = "Acme <img src=x onerror=document.title='owned'> & \"Sons\""


def page(**changes: object) -> PortfolioPage:
    suppliers = pd.DataFrame(
        {
            "supplier_id": ["a", "b", "c"],
            "supplier": [HOSTILE, "Beta", "Gamma"],
            "grade": ["C", "A", "not enough data"],
            "lots": [12, 30, 2],
            "acceptance_rate": [0.5, 0.9667, float("nan")],
        }
    )
    given = {
        "heading": "Suppliers, October 2026",
        "summary": ["Simulated data."],
        "state": "caution",
        "sentence": "One of three suppliers is graded C.",
        "suppliers": suppliers,
        "caption": "Trailing twelve months",
        "links": {"a": "a.html", "b": "b.html"},
        "failures": {"Gamma": "ValueError in cell 3: no lots."},
        "tables": [("Movers", pd.DataFrame({"supplier": ["Beta"], "change": ["B to A"]}))],
        "notes": ["A grade is a probability."],
    }
    return PortfolioPage(**given | changes)  # type: ignore[arg-type]


def test_everything_is_in_the_page_without_its_script() -> None:
    markup = re.sub(r"<script>.*?</script>", "", render_portfolio(page()), flags=re.DOTALL)
    for said in ("Beta", "96.7%", "Simulated data.", "ValueError in cell 3", "B to A"):
        assert said in markup
    assert 'href="a.html"' in markup
    assert "<img" not in markup


def test_suppliers_stay_in_the_given_order_and_one_without_a_page_has_no_link() -> None:
    markup = render_portfolio(page())
    rows = re.findall(r"<tr data-grade.*?</tr>", markup, re.DOTALL)
    assert ["Acme" in rows[0], "Beta" in rows[1], "Gamma" in rows[2]] == [True] * 3
    assert "<a " not in rows[2]


@pytest.mark.browser
@pytest.mark.xdist_group("reports")
def test_the_page_sorts_and_filters_with_the_network_cut_off(
    tmp_path: Path,
    browser: Browser,  # noqa: F811
) -> None:
    path = tmp_path / "index.html"
    path.write_text(render_portfolio(page()), "utf-8")
    assert browser.complaints(path, scripts=1) == []
    driver = browser.driver

    def shown() -> list[str]:
        rows = driver.find_elements(By.CSS_SELECTOR, "#suppliers tbody tr")
        return [row.text.split()[0] for row in rows if row.is_displayed()]

    lots = driver.find_elements(By.CSS_SELECTOR, "#suppliers thead button")[2]
    lots.click()
    assert shown() == ["Gamma", "Acme", "Beta"]
    lots.click()
    assert shown() == ["Beta", "Acme", "Gamma"]
    rate = driver.find_elements(By.CSS_SELECTOR, "#suppliers thead button")[3]
    rate.click()
    assert shown() == ["Acme", "Beta", "Gamma"]  # what is not known comes last, either way
    rate.click()
    assert shown() == ["Beta", "Acme", "Gamma"]
    driver.find_element(By.ID, "words").send_keys("beta")
    assert shown() == ["Beta"]
    assert driver.find_element(By.ID, "shown").text == "1 of 3 suppliers"
    assert driver.title == "Suppliers, October 2026"

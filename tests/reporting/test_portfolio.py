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
            "severity": ["normal", "tightened", None],
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
        "caption": "12 months to 2026-10-31",
        "orders": {"severity": ("discontinued", "tightened", "normal", "reduced")},
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


def test_one_supplier_is_counted_as_one() -> None:
    markup = render_portfolio(page(suppliers=page().suppliers[:1]))
    assert '<span id="shown" role="status">1 supplier</span>; 12 months to' in markup
    assert "1 supplier, made" in markup


@pytest.mark.browser
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

    caption = driver.find_element(By.CSS_SELECTOR, "#suppliers caption")
    assert caption.text == "3 suppliers; 12 months to 2026-10-31"
    severity = driver.find_elements(By.CSS_SELECTOR, "#suppliers thead button")[2]
    severity.click()
    assert shown() == ["Beta", "Acme", "Gamma"]  # by strictness, not by letter; unknown last
    severity.click()
    assert shown() == ["Acme", "Beta", "Gamma"]
    lots = driver.find_elements(By.CSS_SELECTOR, "#suppliers thead button")[3]
    lots.click()
    assert shown() == ["Gamma", "Acme", "Beta"]
    lots.click()
    assert shown() == ["Beta", "Acme", "Gamma"]
    rate = driver.find_elements(By.CSS_SELECTOR, "#suppliers thead button")[4]
    rate.click()
    assert shown() == ["Acme", "Beta", "Gamma"]  # what is not known comes last, either way
    rate.click()
    assert shown() == ["Beta", "Acme", "Gamma"]
    driver.find_element(By.ID, "words").send_keys("beta")
    assert shown() == ["Beta"]
    assert caption.text == "1 of 3 suppliers: with “beta”; 12 months to 2026-10-31"
    driver.find_element(By.CSS_SELECTOR, "#grade option:nth-child(2)").click()
    assert caption.text.startswith("1 of 3 suppliers: with “beta”, grade A;")
    assert driver.title == "Suppliers, October 2026"

"""A headless Chromium with the network cut off, and what a report must pass in it."""

import base64
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.support.wait import WebDriverWait

PHONE, DESKTOP = (360, 640), (1280, 800)

_LOOK = """
const wide = document.documentElement.clientWidth;
const scrolled = node => node.closest('.table-scroll, .figure-scroll');
const answer = document.querySelector('.answer');
return {
  answerBottom: answer ? answer.getBoundingClientRect().bottom : Infinity,
  scripts: document.scripts.length,
  undescribed: [...document.querySelectorAll('img, svg')].filter(image =>
    !(image.getAttribute('alt') || image.closest('[role=img]')?.getAttribute('aria-label'))).length,
  pageWidth: document.documentElement.scrollWidth,
  overflowing: [...document.body.querySelectorAll('*')].filter(node =>
    !scrolled(node) && node.getBoundingClientRect().right > wide + 1).map(node => node.tagName),
  clipped: [...document.querySelectorAll('.table-scroll, .figure-scroll')].filter(node =>
    node.scrollWidth > node.clientWidth + 1 && getComputedStyle(node).overflowX !== 'auto').length,
  text: document.body.innerText,
};
"""


class Browser:
    """One Chromium; a page opened in it is judged by `complaints`."""

    def __init__(self, driver: webdriver.Chrome) -> None:
        self.driver = driver

    def open_page(self, path: Path, size: tuple[int, int] = DESKTOP) -> dict:
        """Facts of a page at a window of (width, height) [px]."""
        self.driver.get_log("performance"), self.driver.get_log("browser")
        self._resize(size)
        self.driver.get(path.resolve().as_uri())
        return self._facts()

    def resized(self, size: tuple[int, int]) -> dict:
        """Facts of the open page at another window; requests and messages are those since."""
        self._resize(size)
        return self._facts()

    def _resize(self, size: tuple[int, int]) -> None:
        width, height = size
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        is_so = "return innerWidth === arguments[0] && innerHeight === arguments[1]"
        WebDriverWait(self.driver, 10).until(lambda it: it.execute_script(is_so, width, height))

    def _facts(self) -> dict:
        facts = self.driver.execute_script(_LOOK)
        facts["requests"] = [url for url in self._requested() if not url.startswith("data:")]
        facts["console"] = [entry["message"] for entry in self.driver.get_log("browser")]
        return facts

    def _requested(self) -> list[str]:
        events = [json.loads(row["message"]) for row in self.driver.get_log("performance")]
        return [
            event["message"]["params"]["request"]["url"]
            for event in events
            if event["message"]["method"] == "Network.requestWillBeSent"
        ]

    def screenshot(self, path: Path) -> None:
        """The whole page as it is open, to a PNG file."""
        options = {"captureBeyondViewport": True}
        shot = self.driver.execute_cdp_cmd("Page.captureScreenshot", options)
        path.write_bytes(base64.b64decode(shot["data"]))

    def printed(self) -> bytes:
        """The open page printed as its own style asks, a PDF."""
        options = {"preferCSSPageSize": True, "printBackground": True}
        pdf = self.driver.execute_cdp_cmd("Page.printToPDF", options)
        return base64.b64decode(pdf["data"])

    def complaints(self, path: Path, *, scripts: int = 0) -> list[str]:
        """What is wrong with a report, at a phone, on a desktop and on A4; empty if nothing.

        A report holds no script; the page of all suppliers may hold one of its own.
        The page is loaded once, on the phone.
        """
        found = []
        seen = {PHONE: self.open_page(path, PHONE), DESKTOP: self.resized(DESKTOP)}
        for size, facts in seen.items():
            own = [path.resolve().as_uri()] if size == PHONE else []
            at = f"{path.name} at {size[0]} px: "
            checks = {
                "asks for more than itself": facts["requests"] != own,
                f"console says {facts['console']}": bool(facts["console"]),
                "holds a script": facts["scripts"] > scripts,
                "has its verdict below the first screen": facts["answerBottom"] > size[1],
                "has an image without a description": facts["undescribed"] > 0,
                f"is {facts['pageWidth']} px wide": facts["pageWidth"] > size[0],
                f"overflows by {facts['overflowing']}": bool(facts["overflowing"]),
                "clips what cannot be scrolled": facts["clipped"] > 0,
            }
            found += [at + complaint for complaint, is_true in checks.items() if is_true]
        if not a4_pages(self.printed()):
            found.append(f"{path.name}: does not print to A4")
        return found


def a4_pages(pdf: bytes) -> int:
    """Number of A4 pages (595 × 842 points) of a PDF."""
    boxes = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", pdf)
    return sum(abs(float(w) - 595) < 2 and abs(float(h) - 842) < 2 for w, h in boxes)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The browser; tests are skipped where Debian's chromium and its driver are missing."""
    chromium, chromedriver = shutil.which("chromium"), shutil.which("chromedriver")
    if not (chromium and chromedriver):
        pytest.skip("NO BROWSER CHECKS: install chromium and chromium-driver (apt) to run them")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for switch in (
        "--headless=new",
        "--no-sandbox",
        "--disable-dev-shm-usage",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-extensions",
        "--disable-sync",
        "--no-first-run",
        "--host-resolver-rules=MAP * ~NOTFOUND",
    ):
        options.add_argument(switch)
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(chromedriver))
    try:
        yield Browser(driver)
    finally:
        driver.quit()

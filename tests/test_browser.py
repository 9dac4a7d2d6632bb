"""Does a browser show the page whole, at a phone's width and a desk's, in light and dark, asking for nothing?

Runs in headless Chromium (Debian packages chromium and chromium-driver). OUTCOMES_REPORTS may name pages of
real runs, with os.pathsep between them; they are held to the same as the pages of the examples.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from release_example import STUDIES, VERSIONS, example
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

from outcomes.figure import draw
from outcomes.report import render

pytestmark = pytest.mark.browser

FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
WIDTHS = (390, 1280)
REAL = [path for path in os.environ.get("OUTCOMES_REPORTS", "").split(os.pathsep) if path]

WIDER = """
const most = document.documentElement.clientWidth;
return [...document.body.querySelectorAll('*')]
  .filter(one => !one.parentElement.closest('.scroll'))
  .filter(one => one.getBoundingClientRect().right > most + 0.5 || one.getBoundingClientRect().left < -0.5)
  .filter(one => !one.classList.contains('skip'))
  .map(one => one.tagName + '.' + one.className);
"""
CLIPPED = """
return [...document.querySelectorAll('h1, h2, h3, p, li, caption, td, th, figcaption, summary, a')]
  .filter(one => one.getClientRects().length && one.scrollWidth > one.clientWidth + 1)
  .filter(one => getComputedStyle(one).display !== 'inline' && !one.classList.contains('unseen'))
  .map(one => one.tagName + ': ' + one.textContent.slice(0, 60));
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[webdriver.Chrome]:
    with tempfile.TemporaryDirectory() as profile:
        options = webdriver.ChromeOptions()
        options.binary_location = "/usr/bin/chromium"
        for flag in (*FLAGS, f"--user-data-dir={profile}"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        driver = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))
        yield driver
        driver.quit()


@pytest.fixture(scope="module", params=[*STUDIES, *REAL])
def report(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the path of a page: of an example, or of a run that OUTCOMES_REPORTS names."""
    if request.param not in STUDIES:
        return Path(request.param).resolve(strict=True)
    case = example(request.param)
    pictures, index = draw(case.tables, case.drawing)
    path = tmp_path_factory.mktemp("report") / f"{request.param}.html"
    path.write_text(render(case.tables, pictures, index, case.reporting, VERSIONS), encoding="utf-8")
    return path


def opened(browser: webdriver.Chrome, report: Path, width: int, scheme: str) -> None:
    screen = {"width": width, "height": 844, "deviceScaleFactor": 1, "mobile": width < 600}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
    for kind in ("browser", "performance"):
        browser.get_log(kind)  # what an earlier page left
    browser.get(report.as_uri())
    browser.execute_script("document.querySelectorAll('details').forEach(one => one.open = true)")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_is_wider_than_the_screen(
    browser: webdriver.Chrome, report: Path, width: int, scheme: str
) -> None:
    opened(browser, report, width, scheme)
    assert browser.execute_script("return window.innerWidth") == width
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    assert browser.execute_script(WIDER) == []
    assert browser.execute_script(CLIPPED) == []


def test_the_page_asks_for_nothing_and_reports_no_error(browser: webdriver.Chrome, report: Path) -> None:
    opened(browser, report, 1280, "light")
    assert browser.get_log("browser") == []
    events = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    asked = [
        event["params"]["request"]["url"]
        for event in events
        if event["method"] == "Network.requestWillBeSent"
    ]
    assert asked[0] == report.as_uri()
    assert [url for url in asked[1:] if not url.startswith("data:image/png;base64,")] == []


def test_every_picture_is_drawn_and_tables_scroll_by_themselves(
    browser: webdriver.Chrome, report: Path
) -> None:
    opened(browser, report, 390, "light")
    widths = browser.execute_script(
        "return [...document.images].map(one => [one.complete, one.naturalWidth])"
    )
    assert widths == [[True, 960]] * len(widths) != []
    wide = "[...document.querySelectorAll('.scroll')].filter(one => one.scrollWidth > one.clientWidth)"
    assert browser.execute_script(f"return {wide}.length") > 0


def test_dark_is_dark_and_light_is_light(browser: webdriver.Chrome, report: Path) -> None:
    colour = "return getComputedStyle(document.body).backgroundColor"
    opened(browser, report, 390, "light")
    assert browser.execute_script(colour) == "rgb(255, 255, 255)"
    opened(browser, report, 390, "dark")
    assert browser.execute_script(colour) == "rgb(21, 24, 28)"


def test_a_printed_page_of_synthetic_data_says_so(browser: webdriver.Chrome, report: Path) -> None:
    opened(browser, report, 1280, "light")
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    page = browser.execute_script("return getComputedStyle(document.body).page")
    synthetic = browser.execute_script("return document.documentElement.classList.contains('synthetic')")
    assert page == ("synthetic" if synthetic else "auto")

"""Does a browser show the page of problems whole, at a phone's width and a desk's, in light and dark?

Runs in headless Chromium, as test_browser does.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from selenium import webdriver
from test_browser import CLIPPED, WIDER, WIDTHS, browser, opened

from outcomes.errors import Problem, in_file
from outcomes.validation import HEADINGS, as_html

pytestmark = pytest.mark.browser

__all__ = ["browser"]

LONG = "data/raw/mentoring_2026/" + "a_very_long_name_of_an_export" * 3 + ".csv"
PROBLEMS = [
    *(in_file("not-allowed", LONG, "'6'", "1 to 5", "correct it", rows=[n], column="q1") for n in range(60)),
    in_file(
        "x", LONG, "x" * 90, ", ".join(map(str, range(99))), "add it", rows=range(2, 400, 3), column="y" * 60
    ),
    in_file("careless", "start.csv", "12 responses", "others", "look", rows=[3], severity="warning"),
    Problem("config/studies/x.yaml: hypotheses: H2: margin", "no value", "a required key", "add it"),
    Problem("this project", "another run at work", "one run at a time", "wait until it ends"),
]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("check") / "validation.html"
    path.write_text(as_html(PROBLEMS, "mentoring_2026", [f"{LONG}: CSV, UTF-8, 400 rows"]), encoding="utf-8")
    return path


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_is_wider_than_the_screen(
    browser: webdriver.Chrome,
    page: Path,
    width: int,
    scheme: str,
) -> None:
    opened(browser, page, width, scheme)
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    assert browser.execute_script(WIDER) == []
    assert browser.execute_script(CLIPPED) == []
    assert browser.get_log("browser") == []


def test_on_a_phone_each_part_of_a_line_is_named(browser: webdriver.Chrome, page: Path) -> None:
    opened(browser, page, 390, "light")
    shown = "[...document.querySelectorAll('.problems td')].filter(one => one.getClientRects().length)"
    names = f"return [...new Set({shown}.map(one => getComputedStyle(one, '::before').content))]"
    assert set(browser.execute_script(names)) == {f'"{heading}"' for heading in HEADINGS}

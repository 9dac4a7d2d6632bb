"""Does docs/how-to/errors.md explain every problem that the code can name, and no other?"""

from __future__ import annotations

import re

import pytest
from problem_codes import ROOT, all_given, said

from outcomes.errors import Problem

PAGE = (ROOT / "docs" / "how-to" / "errors.md").read_text(encoding="utf-8")
GIVEN = all_given()
CODES = {code for one in GIVEN for code in said(one.code, one.inside)} | {Problem.code}
EXPLAINED = re.findall(r"^\| `([^`]+)` \|", PAGE, re.MULTILINE)


def test_the_codes_are_found():
    assert {"not-allowed", "person-twice", "no-column", "row-width", "study"} <= CODES
    assert len(CODES) > 60


@pytest.mark.parametrize("place", [one.place for one in GIVEN if not said(one.code, one.inside)] or [None])
def test_a_code_can_be_looked_up_where_it_is_used(place):
    assert place is None, "write the code as a text, or draw it from a table"


def test_a_code_is_a_short_lower_case_word_with_hyphens():
    assert not [code for code in CODES if not re.fullmatch(r"[a-z][a-z0-9-]{1,23}", code)]


def test_every_code_is_explained():
    assert sorted(CODES - set(EXPLAINED)) == []


def test_no_code_is_explained_that_nothing_says():
    assert sorted(set(EXPLAINED) - CODES) == []


def test_every_code_is_explained_once_and_in_full():
    assert len(EXPLAINED) == len(set(EXPLAINED))
    lines = [line for line in PAGE.splitlines() if line.startswith("| `")]
    assert len(lines) == len(EXPLAINED)
    for line in lines:
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        assert len(cells) == 4, line
        assert all(cells), line

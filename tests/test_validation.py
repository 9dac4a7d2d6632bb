"""How problems are said: nothing hidden, nothing too wide, nothing that steers a terminal or a browser."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outcomes.errors import Problem, in_file
from outcomes.validation import EXPLAINED, MOST_ROWS, as_html, as_json, escaped, groups, spans, table, totals

SCALE = "whole numbers from 1 to 5"
SIX = in_file("not-allowed", "start.csv", "'6'", SCALE, "correct the cell", rows=[3], column="q1")
NINE = in_file("not-allowed", "start.csv", "'9'", SCALE, "correct the cell", rows=[7, 5, 6, 12], column="q2")
NO_ID = in_file("id-blank", "end.csv", "no id", "an id in each row", "add it", rows=[2], column="id")
FAST = in_file("careless", "end.csv", "2 fast responses", "honest ones", "look", severity="warning")
KEY = Problem("config/studies/x.yaml: hypotheses: H2", "no value", "a required key", "add it")
LOCK = Problem("this project", "another run at work", "one run at a time", "wait until it ends")


def many(n: int, file: str = "start.csv", code: str = "not-allowed") -> list[Problem]:
    return [in_file(code, file, f"'{k}'", SCALE, "mend", rows=[k], column="q1") for k in range(2, n + 2)]


def test_the_table_is_grouped_by_file_and_code_errors_first():
    drawn = """\
ERRORS, to be mended

config/studies/x.yaml

E-study: 1 problem
  place           found     allowed         what to do
  hypotheses: H2  no value  a required key  add it

end.csv

E-id-blank: 1 problem
  row  place  found  allowed            what to do
  2    id     no id  an id in each row  add it

start.csv

E-not-allowed: 2 problems
  allowed: whole numbers from 1 to 5
  what to do: correct the cell
  row      place  found
  3        q1     '6'
  5-7, 12  q2     '9'

WARNINGS, to be looked at

end.csv

W-careless: 1 problem
  found             allowed      what to do
  2 fast responses  honest ones  look

docs/how-to/errors.md explains each code.
4 errors, 1 warning; nothing was computed."""
    assert table([SIX, FAST, NINE, NO_ID, KEY]) == drawn


def test_a_file_is_called_as_the_problem_says():
    odd = in_file("x", "export: final, part 2", "a", "b", "c", rows=[2], column="q1")
    assert [group.file for group in groups([odd])] == ["export: final, part 2"]
    assert "2    q1     a" in table([odd])


def test_a_problem_that_lies_in_no_file_is_its_sentence():
    assert f"\n{LOCK}\n" in table([LOCK])


def test_no_problem_is_said_as_such():
    assert table([]) == "No problems."


@pytest.mark.parametrize(
    ("problems", "said"),
    [
        ([SIX], "1 error; nothing was computed."),
        ([SIX, NINE, FAST], "2 errors, 1 warning; nothing was computed."),
        ([FAST, FAST], "2 warnings; nothing is stopped by that."),
        (many(1200), "1,200 errors; nothing was computed."),
    ],
)
def test_the_totals_count_errors_and_warnings(problems, said):
    assert totals(problems) == said
    assert table(problems).endswith(f"{EXPLAINED}\n{said}")


def test_at_most_fifty_of_a_code_are_shown_and_the_rest_is_counted():
    said = table([*many(53), *many(50, code="id-blank")])
    assert "E-not-allowed: 53 problems" in said
    assert said.count("... and") == 1
    assert "  ... and 3 more of this kind" in said
    assert len(re.findall(r"^  \d+ ", said, re.M)) == 100


def test_no_file_hides_behind_another_that_has_more():
    found = groups([*many(500, "a.csv"), *many(2, "b.csv"), *many(100, "c.csv")])
    assert [(group.file, group.total, len(group.shown)) for group in found] == [
        ("a.csv", 500, 24), ("b.csv", 2, 2), ("c.csv", 100, 24),
    ]  # fmt: skip


@pytest.mark.parametrize("width", [60, 80, 100, 120])
def test_no_line_is_wider_than_the_terminal_and_no_word_is_lost(width):
    long = in_file(
        "personal-data", "data/raw/study/" + "a" * 100 + ".csv", "a column of places " + "x" * 90,
        ", ".join(f"Q{n}_1" for n in range(60)), "add `drop: [LocationLatitude, LocationLongitude]`",
        rows=range(2, 400, 3), column="To what extent do you agree that you can always manage?",
    )  # fmt: skip
    said = table([long, SIX], width=width)
    assert max(map(len, said.splitlines())) <= width
    for word in ("Q0_1", "Q59_1", "manage", "places", *(["[LocationLatitude,"] if width > 60 else [])):
        assert word in said


def test_a_table_holds_its_columns_when_cells_wrap():
    drawn = """\
E-x: 1 problem
  row  place  found           allowed         what to do
  2    q1     one two three   seven eight     ten eleven
              four five six   nine            twelve
                                              thirteen
"""
    problem = in_file(
        "x", "a.csv", "one two three four five six", "seven eight nine", "ten eleven twelve thirteen",
        rows=[2], column="q1",
    )  # fmt: skip
    assert drawn in table([problem], width=60)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([], ""),
        ([5], "5"),
        ([9, 2, 3, 4], "2-4, 9"),
        (range(2, 2_000), "2-1999"),
        ([4, 4, 5], "4-5"),
        (range(2, 40, 2), "2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24 and 7 more"),
        ([*range(2, 26, 2), 40, 41, 42], "2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24 and 3 more"),
    ],
)
def test_rows_are_said_as_a_reader_says_them(rows, said):
    assert spans(rows) == said


@given(st.sets(st.integers(2, 60), max_size=14))
def test_spans_name_every_row_and_no_other(rows):
    named = set()
    for part in filter(None, spans(rows).partition(" and ")[0].split(", ")):
        first, _, last = part.partition("-")
        named |= set(range(int(first), int(last or first) + 1))
    hidden = re.search(r"and (\d+) more", spans(rows))
    assert named <= rows
    assert len(named) + int(hidden[1] if hidden else 0) == len(rows)


@pytest.mark.parametrize("form", ["table", "html", "json"])
@pytest.mark.parametrize(
    "sign", ["\x1b[31m", "\x07", "\r", "\x9b", "\u202e", "\u200b", "\udcff", "\x00", "\u2028", "\xa0"]
)
def test_signs_that_can_not_be_seen_are_shown_escaped(form, sign):
    hostile = Problem(
        f"config/studies/x.yaml: a{sign}", f"b{sign}", f"c{sign}", f"d{sign}", file="", column=""
    )
    raw = in_file("x", f"e{sign}.csv", f"f{sign}", f"g{sign}", f"h{sign}", column="i")
    lock = Problem(f"k{sign}", "x", "y", "z")
    make = {
        "table": lambda problems: table(problems),
        "html": lambda problems: as_html(problems, "x", [f"start.csv{sign}: plain CSV"]),
        "json": lambda problems: as_json(problems, "x", [f"start.csv{sign}: plain CSV"]),
    }[form]
    said = make([hostile, raw, lock])
    assert sign[0] not in said
    said.encode("utf-8")
    for letter in "abcdefghk":
        assert re.search(rf"{letter}\\+[xu0rnt]", said), letter


@given(st.text())
def test_what_is_escaped_can_be_printed_on_one_line(text):
    assert escaped(text).isprintable()
    assert text.isprintable() <= (escaped(text) == text)


PROBLEMS = st.builds(
    in_file,
    st.sampled_from(["not-allowed", "id-blank", "row-width"]),
    st.sampled_from(["a.csv", "b.csv", "c c.xlsx"]),
    st.text(max_size=30), st.text(max_size=30), st.text(max_size=30),
    rows=st.lists(st.integers(1, 99), max_size=5), column=st.text(max_size=9),
    severity=st.sampled_from(["error", "warning"]),
)  # fmt: skip


@given(st.lists(PROBLEMS, max_size=12), st.randoms())
def test_the_order_of_the_input_makes_no_difference(problems, random):
    shuffled = random.sample(problems, len(problems))
    assert table(problems) == table(shuffled)
    assert as_json(problems, "x") == as_json(shuffled, "x")
    assert as_html(problems, "x") == as_html(shuffled, "x")
    assert sum(group.total for group in groups(problems)) == len(problems)
    assert max(map(len, table(problems, width=80).splitlines())) <= 80


def test_the_json_says_it_all():
    said = json.loads(as_json([FAST, NINE, SIX, KEY], "x", ["start.csv: plain CSV, UTF-8, 20 rows"]))
    assert said["study"] == "x"
    assert said["read"] == ["start.csv: plain CSV, UTF-8, 20 rows"]
    assert (said["errors"], said["warnings"]) == (3, 1)
    assert said["codes"] == {"careless": 1, "not-allowed": 2, "study": 1}
    assert [one["code"] for one in said["problems"]] == ["study", "not-allowed", "not-allowed", "careless"]
    assert said["problems"][2] == {
        "code": "not-allowed", "severity": "error", "file": "start.csv", "rows": [7, 5, 6, 12], "n_rows": 4,
        "column": "q2", "found": "'9'", "allowed": SCALE, "mend": "correct the cell",
        "where": "start.csv, column q2, rows 7, 5, 6, 12",
    }  # fmt: skip
    assert said["problems"][0]["file"] == "config/studies/x.yaml"


def test_the_json_is_capped_and_says_the_total():
    wide = in_file("id-blank", "a.csv", "no id", "an id", "add it", rows=range(2, 50_002), column="id")
    said = json.loads(as_json([*many(60), wide], "x"))
    assert said["codes"] == {"id-blank": 1, "not-allowed": 60}
    assert sum(one["code"] == "not-allowed" for one in said["problems"]) == 50
    [cut] = [one for one in said["problems"] if one["code"] == "id-blank"]
    assert (len(cut["rows"]), cut["n_rows"]) == (MOST_ROWS, 50_000)


class Page(HTMLParser):
    """What a page is made of: its tags with their attributes, and the words that are read."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.words.append(" ".join(data.split()))


INJECTED = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><b>',
    "javascript:alert(1)",
    "{{ 7*7 }}",
)


@pytest.mark.parametrize("text", INJECTED)
def test_what_a_file_holds_stays_text_on_the_page(text):
    problem = in_file(f"c{text}", f"a{text}.csv", text, text, text, rows=[2], column=text)
    page = Page(as_html([problem, SIX], f"study {text}", [f"{text}: plain CSV"]))
    assert page.words.count(text) == 4
    assert {tag for tag, _ in page.tags}.isdisjoint({"script", "img", "b", "iframe", "object", "form"})
    assert not [name for _, attributes in page.tags for name in attributes if name.startswith("on")]


def test_the_page_runs_nothing_and_asks_for_nothing():
    said = as_html([SIX, FAST, KEY, LOCK], "x")
    page = Page(said)
    policy = [a["content"] for tag, a in page.tags if a.get("http-equiv") == "Content-Security-Policy"]
    assert policy == ["default-src 'none'; style-src 'unsafe-inline'"]
    assert said.startswith("<!DOCTYPE html>\n")
    assert not re.search(r"url\(|@import|https?:|<link|src=", said)
    targets = {a["id"] for _, a in page.tags if "id" in a}
    links = [a["href"] for tag, a in page.tags if tag == "a"]
    assert len(links) == 5
    assert {link.removeprefix("#") for link in links} <= targets


def test_the_page_says_the_words_of_the_table():
    problems = [SIX, NINE, NO_ID, FAST, KEY, LOCK]
    words = Page(as_html(problems, "x", ["start.csv: plain CSV"])).words
    for problem in problems:
        assert {problem.found, problem.allowed, problem.mend} <= set(words)
    assert {
        "5-7, 12",
        totals(problems),
        "start.csv: plain CSV",
        "hypotheses: H2",
        "Errors",
        "Warnings",
    } <= set(words)


def test_the_tables_of_the_page_can_be_read_aloud():
    page = Page(as_html([SIX, NINE, FAST, *many(53, "b.csv", "id-blank")], "x"))
    tags = [tag for tag, _ in page.tags]
    assert tags.count("table") == tags.count("caption") == 4
    assert all(a.get("scope") in ("col", "row") for tag, a in page.tags if tag == "th")
    assert [a.get("lang") for tag, a in page.tags if tag == "html"] == ["en-GB"]
    assert "... and 3 more of this kind" in page.words


def test_a_page_without_problems_says_so():
    words = Page(as_html([], "x", ["start.csv: plain CSV"])).words
    assert "No problems." in words
    assert not {"Errors", "Warnings"} & set(words)

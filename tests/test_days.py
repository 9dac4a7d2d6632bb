"""Days and times: read by the declared forms only; what can be read in two ways is refused and counted."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outcomes.clean.days import times
from outcomes.clean.reading import Place, Reading
from outcomes.clean.text import tidy

PLACE = Place("start.csv", "date")
TODAY = date(2026, 11, 22)


def read(*given: str | None, forms=("iso",), **said) -> Reading:
    """The reading of a column whose first row is the spreadsheet's row 2, the empty cell being no answer."""
    cells = pd.Series(given, index=range(2, 2 + len(given)), dtype="string").astype("category")
    options = {"missing": [""], "are_iso": False, "today": TODAY} | said
    return times(cells, forms, place=PLACE, **options)


def changes(reading: Reading) -> list[tuple[int, str, str, str]]:
    return [tuple(line) for line in reading.changes.itertuples(index=False)]


def codes_of(reading: Reading) -> list[str]:
    return [problem.label for problem in reading.problems]


@pytest.mark.parametrize(
    ("form", "cell", "meant"),
    [
        ("iso", "2026-11-22", "2026-11-22"),
        ("iso", "2024-02-29", "2024-02-29"),
        ("iso", "2021-10-04 16:49", "2021-10-04T16:49:00"),
        ("iso", "2021-10-04 16:49:07", "2021-10-04T16:49:07"),
        ("iso", "2021-10-04T16:49:07.123456", "2021-10-04T16:49:07"),
        ("iso", "2021-10-04T16:49:00Z", "2021-10-04T16:49:00"),
        ("iso", "2021-10-04T16:49:00+01:00", "2021-10-04T16:49:00"),
        ("iso", "2021-10-04 16:49:00 UTC", "2021-10-04T16:49:00"),
        ("day_first", "4/10/2021", "2021-10-04"),
        ("day_first", "04.10.2021", "2021-10-04"),
        ("day_first", "04-10-2021 06:41", "2021-10-04T06:41:00"),
        ("day_first", "14/03/2022 20:38:31", "2022-03-14T20:38:31"),
        ("month_first", "10/4/2021 4:49:12 PM", "2021-10-04T16:49:12"),
        ("month_first", "10/4/2021 12:05 am", "2021-10-04T00:05:00"),
        ("month_first", "10/4/2021 12:05 PM", "2021-10-04T12:05:00"),
        ("month_name", "Oct 06, 2021 12:33 PM", "2021-10-06T12:33:00"),
        ("month_name", "Mar 08, 2022 01:00 PM", "2022-03-08T13:00:00"),
        ("month_name", "6 October 2021", "2021-10-06"),
        ("month_name", "06-Oct-2021", "2021-10-06"),
        ("month_name", "Sept 6, 2021", "2021-09-06"),
        ("excel_1900", "44473.70069", "2021-10-04T16:49:00"),
        ("excel_1900", "44475.02292", "2021-10-06T00:33:00"),
        ("excel_1900", "44473", "2021-10-04"),
        ("excel_1900", "44473,5", "2021-10-04T12:00:00"),
        ("excel_1904", "43011", "2021-10-04"),
    ],
)
def test_a_day_is_read_in_its_declared_form(form, cell, meant):
    reading = read(cell, "", forms=(form,))
    assert reading.values.dtype == "string"
    assert reading.values.iloc[0] == meant
    assert pd.isna(reading.values.iloc[1])
    assert not reading.problems


def test_the_epochs_are_those_that_microsoft_publishes():
    # "Differences between the 1900 and the 1904 date system in Excel": 5 July 1998 is 35981 and 34519.
    assert read("35981", forms=("excel_1900",)).values.tolist() == ["1998-07-05"]
    assert read("34519", forms=("excel_1904",)).values.tolist() == ["1998-07-05"]


def test_every_cell_that_was_not_iso_is_in_the_ledger():
    reading = read(
        "2021-10-04 16:49:00", "44473.70069", "08/10/2021 06:41", "2021-10-07T11:22:00Z",
        "Oct 06, 2021 12:33 PM", " 2021-10-04", "",
        forms=("iso", "day_first", "month_name", "excel_1900"),
    )  # fmt: skip
    assert changes(reading) == [
        (3, "44473.70069", "2021-10-04T16:49:00", "day written otherwise"),
        (4, "08/10/2021 06:41", "2021-10-08T06:41:00", "day written otherwise"),
        (5, "2021-10-07T11:22:00Z", "2021-10-07T11:22:00", "time zone left out"),
        (6, "Oct 06, 2021 12:33 PM", "2021-10-06T12:33:00", "day written otherwise"),
        (7, " 2021-10-04", "2021-10-04", "blanks trimmed"),
    ]
    assert codes_of(reading) == ["W-time-zone"]


def test_times_of_one_zone_need_no_warning():
    assert not read("2021-10-04T16:49:00Z", "2021-10-05T16:49:00Z", "2021-10-05").problems
    (problem,) = read("2021-10-04T16:49:00Z", "2021-10-05T16:49:00+01:00").problems
    assert problem.found == "times with the zone +01:00, Z beside others"


@pytest.mark.parametrize(
    ("cells", "counted", "mend"),
    [
        (["02/03/2026"], "1 could be day or month first", "day_first]` (or month_first)"),
        (["02/03/2026", "22/11/2025"], "1 only day first", "[iso, day_first]"),
        (["02/03/2026", "11/22/2025"], "1 only month first", "[iso, month_first]"),
        (["11/22/2025", "22/11/2025"], "0 could be day or month first", "ISO dates"),
    ],
)
def test_an_order_that_is_not_declared_is_refused_and_counted(cells, counted, mend):
    reading = read("2026-01-01", *cells)
    (problem,) = reading.problems
    assert (problem.label, problem.rows) == ("E-day-order", tuple(range(3, 3 + len(cells))))
    assert counted in problem.found
    assert mend in problem.mend
    assert reading.values.notna().tolist() == [True] + [False] * len(cells)


def test_a_day_that_contradicts_the_declared_order_is_refused():
    (problem,) = read("22/11/2025", "11/22/2025", forms=("day_first",)).problems
    assert (problem.label, problem.rows) == ("E-day-order", (3,))
    assert "only month first" in problem.found


@pytest.mark.parametrize("cell", ["45000", "45000.25", "1"])
def test_a_serial_number_is_refused_where_it_is_not_declared(cell):
    (problem,) = read(cell).problems
    assert problem.code == "serial-date"
    assert "excel_1900" in problem.mend


@pytest.mark.parametrize(
    ("cell", "form"),
    [
        ("1989-12-31", "iso"), ("2026-11-24", "iso"), ("0001-01-01", "iso"), ("60", "excel_1900"),
        ("999999", "excel_1900"), ("45000", "excel_1904"),
    ],
)  # fmt: skip
def test_a_day_that_can_not_be_is_refused(cell, form):
    assert codes_of(read(cell, forms=(form,))) == ["E-day-range"]


def test_today_and_tomorrow_are_no_future_and_a_planned_day_may_be():
    assert not read("2026-11-22", "2026-11-23", "1990-01-01").problems
    assert not read("2031-01-01", planned=True).problems
    assert read("1989-12-31", planned=True).problems


@pytest.mark.parametrize(
    "cell",
    [
        "2026-11", "20261122", "26-11-22", "22/11/26", "2026-02-30", "2026-13-01", "2025-02-29", "0000-01-01",
        "2026-11-22x", "2026-11-22 noon", "2026-1-2", "2026/11/22", "\u0662\u0660\u0662\u0666-11-22", "today",
        "2026-11-22 25:00", "2026-11-22 13:00 PM", "2026-11-22 10:61", "22 Novembro 2026", "31/11/2026",
        "Jo Bloggs", "22/11-2026",
    ],
)  # fmt: skip
@pytest.mark.parametrize("forms", [("iso",), ("iso", "day_first", "month_name")])
def test_what_is_no_day_is_refused_and_not_shown(cell, forms):
    (problem,) = read("2026-11-22", cell, forms=forms).problems
    assert (problem.label, problem.rows) == ("E-no-day", (3,))
    assert problem.found == "cells that are no day"


def test_errors_of_excel_and_words_for_no_answer_have_their_own_names():
    reading = read("#N/A", "NA", "", "refused", missing=["refused"])
    assert [(problem.code, problem.rows) for problem in reading.problems] == [
        ("excel-error", (2,)), ("missing-code", (3,)), ("empty-cell", (4,)),
    ]  # fmt: skip


def test_cells_of_a_typed_file_are_iso_whatever_is_declared():
    assert read("2021-10-04T00:00:00", forms=("day_first",), are_iso=True).values.tolist() == [
        "2021-10-04T00:00:00"
    ]


@given(st.datetimes(datetime(1990, 1, 1), datetime(2026, 11, 22)).map(lambda at: at.replace(microsecond=0)))
def test_a_time_in_any_form_comes_back_as_it_was(at):
    serial = (at - datetime(1899, 12, 30)) / timedelta(days=1)
    written = {
        "iso": f"{at:%Y-%m-%d %H:%M:%S}", "day_first": f"{at:%d/%m/%Y %H:%M:%S}",
        "month_first": f"{at:%m/%d/%Y %I:%M:%S %p}", "month_name": f"{at:%b %d, %Y %I:%M:%S %p}",
    }  # fmt: skip
    for form, cell in {**written, "excel_1900": f"{serial:.6f}"}.items():
        assert read(cell, forms=(form,)).values.tolist() == [at.isoformat()]


@given(st.lists(st.none() | st.text(max_size=20) | st.dates().map(str), max_size=8))
def test_every_cell_is_a_day_or_named_by_its_row(cells):
    reading = read(*cells, forms=("iso", "day_first", "month_name", "excel_1904"))
    wrong = {row for problem in reading.problems if problem.is_error for row in problem.rows}
    blank = {row for row, cell in enumerate(cells, 2) if not tidy(cell or "")}
    assert set(reading.values.index[reading.values.isna()]) == wrong | blank

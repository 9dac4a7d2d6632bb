"""When was it: which day, and which time, does a cell say?

In: a column of raw text cells and the forms that its days may have. Out: a `Reading` of ISO 8601 text: the
day alone (2021-10-04) where no time is given, else day and time to the second (2021-10-04T16:49:00; fractions
are dropped). A zone behind the time is accepted and left out: it stays as the clock on the wall showed it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial

import pandas as pd

from outcomes.clean.reading import Column, Meant, Missing, Place, Reading
from outcomes.clean.text import by_fold, damage, tidied_by, tidy
from outcomes.errors import Problem, listed
from outcomes.study.sources import DateForm

WRITTEN = "day written otherwise"
ZONE = "time zone left out"
EARLIEST = date(1990, 1, 1)
"""No cohort of mentees answered or was matched before."""

_CLOCK = (
    r"(?:(?:T|,? +)(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:[.,][0-9]{1,9})?)?"
    r"(?: ?(?P<half>[AaPp])\.?[Mm]\.?)?(?: ?(?P<zone>Z|UTC|GMT|BST|(?:UTC|GMT)?[+-][0-9]{2}:?[0-9]{2}))?)?"
)
_ZONED = re.compile(r"(Z|UTC|GMT|BST|[+-][0-9]{2}:?[0-9]{2})$")
_NAMED = r"(?P<name>[A-Za-z]{3,9})\.?"
_PATTERNS: Mapping[DateForm, tuple[str, ...]] = {
    "iso": (r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})",),
    "day_first": (r"(?P<day>[0-9]{1,2})(?P<mark>[/.-])(?P<month>[0-9]{1,2})(?P=mark)(?P<year>[0-9]{4})",),
    "month_first": (r"(?P<month>[0-9]{1,2})(?P<mark>[/.-])(?P<day>[0-9]{1,2})(?P=mark)(?P<year>[0-9]{4})",),
    "month_name": (
        rf"{_NAMED} (?P<day>[0-9]{{1,2}}),? (?P<year>[0-9]{{4}})",
        rf"(?P<day>[0-9]{{1,2}})[ -]{_NAMED}[ -](?P<year>[0-9]{{4}})",
    ),
}
_WRITTEN: Mapping[DateForm, tuple[re.Pattern[str], ...]] = {
    form: tuple(re.compile(pattern + _CLOCK) for pattern in patterns) for form, patterns in _PATTERNS.items()
}
_SERIAL = re.compile(r"[0-9]{1,6}(?:[.,][0-9]+)?")
_EPOCHS: Mapping[DateForm, datetime] = {
    "excel_1900": datetime(1899, 12, 30),
    "excel_1904": datetime(1904, 1, 1),
}
"""Day 0 of Excel's serial numbers (from day 61 on, as 1900 was no leap year)."""

_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
    "november", "december",
)  # fmt: skip
_SHOWS: Mapping[DateForm, str] = {
    "iso": "2026-11-22", "day_first": "22/11/2026", "month_first": "11/22/2026",
    "month_name": "Nov 22, 2026", "excel_1900": "serial numbers such as 46348",
    "excel_1904": "serial numbers such as 44886",
}  # fmt: skip


@dataclass(frozen=True)
class _Read:
    """A day, its time if there is one, and whether a zone stood behind it."""

    at: datetime
    timed: bool
    zone: str = ""

    @property
    def text(self) -> str:
        return self.at.isoformat(timespec="seconds") if self.timed else self.at.date().isoformat()


def times(
    cells: pd.Series, forms: Sequence[DateForm], *, missing: Collection[str], place: Place, are_iso: bool,
    today: date | None = None, planned: bool = False,
) -> Reading:  # fmt: skip
    """Return days and times as ISO 8601 text (string), each cell read by the first of ``forms`` that fits.

    ``are_iso``: the file itself holds days, so that its cells are ISO already. A day before 1990 or after the
    day after ``today`` (the clock's day where None) is an error; ``planned`` allows later ones.
    """
    forms = ("iso",) if are_iso else forms
    column, none = Column.of(cells), Missing.of(missing)
    folded = by_fold(none.words)
    latest = date.max if planned else (today or date.today()) + timedelta(days=1)  # zones differ by a day
    judge = partial(_judge, forms=tuple(forms), none=none, folded=folded, latest=latest)
    meant = column.judged(judge)
    problems = [
        *column.common(meant, _allowed(forms), place),
        *_orders(column, meant, forms, place),
        *_others(column, meant, forms, place),
        *_zones(column, meant, place),
    ]
    return Reading(column.values(meant, "string"), problems, column.changes(meant))


def _judge(
    cell: str, forms: tuple[DateForm, ...], none: Missing, folded: Mapping[str, str], latest: date
) -> Meant:
    if (absent := none.meant(cell, folded)) is not None:
        return absent
    text = tidy(cell)
    for form in forms:
        if (read := _READERS[form](text)) is not None:
            if not EARLIEST <= read.at.date() <= latest:
                return Meant(problem="day-range")
            rule = WRITTEN if form != "iso" else ZONE if read.zone else tidied_by(cell)
            return Meant(said := read.text, said, rule)
    if _by_pattern("day_first", text) or _by_pattern("month_first", text):
        return Meant(problem="day-order")
    if _SERIAL.fullmatch(text):
        return Meant(problem="serial-date")
    seen = damage(text)
    return Meant(problem=seen if seen in ("excel-error", "missing-code") else "no-day")


def _by_pattern(form: DateForm, text: str) -> _Read | None:
    """Return what ``text`` says if it is a day that exists, written in ``form``."""
    matched = next((found for one in _WRITTEN[form] if (found := one.fullmatch(text))), None)
    if matched is None:
        return None
    said = matched.groupdict()
    month = _month(said["name"]) if "name" in said else int(said["month"])
    hour = _hour(said["hour"], said["half"])
    if hour is None:
        return None
    try:
        at = datetime(
            int(said["year"]),
            month,
            int(said["day"]),
            hour,
            int(said["minute"] or 0),
            int(said["second"] or 0),
        )
    except ValueError:
        return None
    return _Read(at, said["hour"] is not None, said["zone"] or "")


def _month(name: str) -> int:
    """Return the number of an English month by its name or the first three letters (or Sept); 0 if none."""
    small = name.casefold()
    short = small[:3] if small in ("sept", small[:3]) else small
    return next((n for n, month in enumerate(_MONTHS, 1) if short in (month, month[:3])), 0)


def _hour(hour: str | None, half: str | None) -> int | None:
    """Return the hour of the day; None for an hour that no twelve-hour clock shows."""
    number = int(hour or 0)
    if not half:
        return number
    return number % 12 + 12 * (half in "Pp") if 1 <= number <= 12 else None


def _by_serial(form: DateForm, text: str) -> _Read | None:
    """Return the day of one of Excel's serial numbers, its fraction the time to the nearest second."""
    if not _SERIAL.fullmatch(text):
        return None
    days = float(text.replace(",", "."))
    whole, fraction = divmod(days, 1)
    at = _EPOCHS[form] + timedelta(days=whole, seconds=round(fraction * 86_400))
    return _Read(at, not text.isdigit())


_READERS: Mapping[DateForm, Callable[[str], _Read | None]] = {
    **{form: partial(_by_pattern, form) for form in _PATTERNS},
    **{form: partial(_by_serial, form) for form in _EPOCHS},
}


def _allowed(forms: Sequence[DateForm]) -> list[str]:
    return ["days as " + _SHOWS[form] for form in forms]


def _chosen(meant: Sequence[Meant], problem: str) -> list[int]:
    return [n for n, one in enumerate(meant) if one.problem == problem]


def _orders(column: Column, meant: Sequence[Meant], forms: Sequence[DateForm], place: Place) -> list[Problem]:
    """Return the problem of days in numbers whose order is not declared, or not the declared one."""
    chosen = _chosen(meant, "day-order")
    if not chosen:
        return []
    count = {"either": 0, "day_first": 0, "month_first": 0}
    for n in chosen:
        text = tidy(column.distinct[n])
        day, month = (_by_pattern(form, text) is not None for form in ("day_first", "month_first"))
        count["either" if day and month else "day_first" if day else "month_first"] += int(column.counts[n])
    declared = [form for form in forms if form in ("day_first", "month_first")]
    found = (
        f"{sum(count.values())} days in numbers: {count['either']} could be day or month first, "
        f"{count['day_first']} only day first, {count['month_first']} only month first"
    )
    if declared:
        mend = f"`{declared[0]}` is declared, so look which of the two the file means, and correct the others"
    elif count["day_first"] and count["month_first"]:
        mend = "the file mixes both orders, so export it again with ISO dates"
    else:
        likely = "month_first" if count["month_first"] else "day_first"
        also = " (or month_first)" if count["either"] == sum(count.values()) else ""
        mend = f"export it with ISO dates, or declare `dates: [{', '.join([*forms, likely])}]`{also}"
    return [place.problem("day-order", found, listed(_allowed(forms)), mend, column.rows(chosen))]


def _others(column: Column, meant: Sequence[Meant], forms: Sequence[DateForm], place: Place) -> list[Problem]:
    """Return the problems of serial numbers, of days that can't be, and of cells that are no day."""
    said = {
        "serial-date": (
            "numbers, as Excel counts days",
            f"export it with ISO dates, or declare `dates: [{', '.join([*forms, 'excel_1900'])}]` "
            "(excel_1904 if the workbook counts from 1904)",
        ),
        "day-range": (
            f"days before {EARLIEST} or in the future",
            "correct the day, or the form that `dates` declares for the file (excel_1900 and excel_1904 are "
            "four years and a day apart)",
        ),
        "no-day": (
            "cells that are no day",
            "write days as 2026-11-22, or declare their form under `dates` for the file",
        ),
    }
    return [
        place.problem(code, found, listed(_allowed(forms)), mend, column.rows(chosen))
        for code, (found, mend) in said.items()
        if (chosen := _chosen(meant, code))
    ]


def _zones(column: Column, meant: Sequence[Meant], place: Place) -> list[Problem]:
    """Return a warning where some times have a zone and others have none, or another one."""
    timed = [n for n, one in enumerate(meant) if isinstance(one.value, str) and "T" in one.value]
    zones: dict[str, list[int]] = {}
    for n in timed:
        matched = _ZONED.search(tidy(column.distinct[n]))
        zones.setdefault(matched[1] if matched else "", []).append(n)
    if len(zones) < 2:
        return []
    rows = column.rows(n for zone, chosen in zones.items() if zone for n in chosen)
    found = f"times with the zone {listed(sorted(zone for zone in zones if zone))} beside others"
    mend = "nothing to do if all show the same clock; each was read as written"
    return [place.problem("time-zone", found, "times of one zone", mend, rows, "warning")]

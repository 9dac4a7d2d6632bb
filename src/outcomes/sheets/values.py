"""Typed values as text: shortest numbers, days and times in ISO 8601, truth values in capitals."""

from __future__ import annotations

import math
from datetime import date, datetime, time, timedelta
from decimal import Decimal

import numpy as np

from outcomes.errors import Problem, in_file

LONG = 1e15
"""Numbers from here on have 16 digits or more; programs that keep numbers as doubles have changed them."""


def text(value: object) -> str:
    """Return ``value`` as the text of a cell; None, NaN and NaT are an empty cell.

    A moment at midnight is written as its day; a length of time as hours, minutes and seconds.
    """
    if isinstance(value, str):
        return value
    if value is None or value != value:
        return ""
    if isinstance(value, bool | np.bool_):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float | np.integer | np.floating):
        return number(value)
    if isinstance(value, datetime):
        midnight = value.time() == time.min and value.tzinfo is None
        exact = "auto" if value.microsecond % 1000 else "milliseconds" if value.microsecond else "seconds"
        return value.date().isoformat() if midnight else value.isoformat(timespec=exact)
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return _length(value)
    return _decimal(value) if isinstance(value, Decimal) else str(value)


def number(value: float | np.integer | np.floating) -> str:
    """Return the shortest decimal text that stands for the number, without an exponent: `3`, `2.5`."""
    if isinstance(value, int | np.integer):
        return str(int(value))
    double = float(value)
    if math.isinf(double):
        return "inf" if double > 0 else "-inf"
    if double.is_integer():
        return str(int(double))
    exact = value if isinstance(value, np.floating) else np.float64(value)
    return np.format_float_positional(exact, trim="-")


def is_long(value: object) -> bool:
    """Return whether a double has 16 or more digits before the point."""
    return isinstance(value, int | float | np.floating) and not -LONG < value < LONG


def long_numbers(file: str, column: str, rows: list[int]) -> Problem:
    """Return the warning of numbers that have lost digits before they came here."""
    said = "numbers of 16 or more digits, of which 15 are kept"
    mend = "export it again as CSV, or with the column as text, if the last digits count"
    return in_file("long-number", file, said, "text", mend, rows=rows, column=column, severity="warning")


def _length(value: timedelta) -> str:
    seconds = value.total_seconds()
    sign, whole = "-" if seconds < 0 else "", round(abs(seconds))
    return f"{sign}{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"


def _decimal(value: Decimal) -> str:
    plain = f"{value:f}"
    return plain.rstrip("0").rstrip(".") if "." in plain else plain

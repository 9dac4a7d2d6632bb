"""What is a cell made of: tidy text, wording without its accidents, a number, or the mark of some damage?

In: the text of one cell. Out: text, a number, or the code of the problem that its form betrays. Knows neither
studies nor columns.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from math import isfinite

INVISIBLE = (
    "\u00ad\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
)
"""Signs without width: soft hyphen, joiners, marks of direction, byte order mark."""

BLANKS = (
    "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007"
    "\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)
"""What `str.isspace` calls white space."""

_ENDS = BLANKS + INVISIBLE
_STRAIGHT = str.maketrans(
    {**dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u00b4`", "'"),
     **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb", '"'),
     **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"),
     **dict.fromkeys(INVISIBLE, ""), "\u2026": "..."}
)  # fmt: skip
_PLAIN = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")
_COMMA = re.compile(r"[+-]?[0-9]+,[0-9]+")
_THOUSANDS = re.compile(r"[+-]?[0-9]{1,3}(?:([,.' ])[0-9]{3})(?:\1[0-9]{3})*(?:[.,][0-9]+)?")
_EXCEL = re.compile(
    r"#(?:REF!|N/A|DIV/0!|VALUE!|NAME\?|NUM!|NULL!|SPILL!|CALC!|FIELD!|BLOCKED!|GETTING_DATA|#+)"
)
_NO_ANSWER = frozenset(("na", "n/a", "n.a.", "n.a", "none", "null", "nil", "-", "--", "nan"))
_NO_ANSWER_STARTS = (
    "prefer not", "rather not", "don't know", "do not know", "not applicable", "no answer", "refused",
    "missing",
)  # fmt: skip
_NOT_FINITE = re.compile(r"[+-]?(?:inf(?:inity)?|nan|\u221e)", re.IGNORECASE)
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_CLOCK = r"(?:[T ]+[0-9]{1,2}:[0-9]{2}.{0,20})?"
_DATE = re.compile(
    rf"(?:[0-9]{{1,4}}\.?[-/. ]{_MONTH}(?:[-/. ,]+[0-9]{{2,4}})?"
    rf"|{_MONTH}[-/. ][0-9]{{1,4}}(?:[-/. ,]+[0-9]{{2,4}})?"
    rf"|[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}|[0-9]{{1,2}}[/.-][0-9]{{1,2}}[/.-][0-9]{{2,4}}){_CLOCK}",
    re.IGNORECASE,
)
_MISSING_LOOKING = frozenset((66, 77, 88, 97, 98, 99, 888, 997, 998, 999, 9999,
                              -8, -9, -66, -77, -88, -97, -98, -99, -999, -9999))  # fmt: skip
_SERIALS = range(36526, 54789)
"""Excel's serial numbers of the days from 2000 to 2049."""


def tidy(cell: str) -> str:
    """Return ``cell`` in Unicode form NFC, without blanks and invisible signs at its ends."""
    return unicodedata.normalize("NFC", cell).strip(_ENDS)


def tidied_by(cell: str) -> str:
    """Return the rule by which `tidy` changes ``cell``; empty where it does not."""
    if cell == (tidied := tidy(cell)):
        return ""
    return "Unicode form" if unicodedata.normalize("NFC", cell) == tidied else "blanks trimmed"


def fold(wording: str) -> str:
    """Return ``wording`` without what varies by accident: case, runs of blanks, curly quotes, long dashes."""
    return " ".join(tidy(wording).translate(_STRAIGHT).casefold().split())


def number(text: str, decimal: str = ".") -> float | None:
    """Return the number that tidy ``text`` is (ASCII digits, no exponent), or None.

    With the ``decimal`` mark `,` a point is read as well where it can't separate thousands: `2.0`, but
    not `1.234`.
    """
    if decimal == "," and _THOUSANDS.fullmatch(text):
        text = text.replace(",", ".") if _COMMA.fullmatch(text) else ""
    elif decimal == "," and _COMMA.fullmatch(text):
        text = text.replace(",", ".")
    value = float(text) if _PLAIN.fullmatch(text) else None
    return value if value is not None and isfinite(value) else None


def canonical(value: float) -> str:
    """Return a number as text in its shortest form: `3`, `2.5`."""
    return str(int(value)) if value.is_integer() else repr(value)


def damage(text: str, decimal: str = ".") -> str:
    """Return the code of the problem that the form of refused, tidy ``text`` betrays; else empty.

    Excel's errors and dates, words for no answer, digits of other scripts, numbers that are not finite, a
    comma or separators of thousands in a number.
    """
    if _EXCEL.fullmatch(text.upper()):
        return "excel-error"
    if _NOT_FINITE.fullmatch(text) or _overflows(text):
        return "not-finite"
    if fold(text) in _NO_ANSWER:
        return "missing-code"
    if _DATE.fullmatch(text):
        return "date-in-scale"
    if _THOUSANDS.fullmatch(text) and (decimal == "," or not _PLAIN.fullmatch(text)):
        return "thousands"
    if _COMMA.fullmatch(text):
        return "decimal-comma" if decimal == "." else ""
    return "other-digits" if _is_number_in_disguise(text) else ""


def refused(value: float) -> str:
    """Return the code of the problem that a number betrays, where it was refused; empty for any other.

    `missing-code` for what survey tools write for no answer (99, -9 ...), `date-in-scale` for Excel's number
    of a day from 2000 to 2049.
    """
    if value in _MISSING_LOOKING:
        return "missing-code"
    return "date-in-scale" if value.is_integer() and int(value) in _SERIALS else ""


def is_no_answer(wording: str) -> bool:
    """Return whether ``wording`` is a usual way to say that there is no answer."""
    folded = fold(wording)
    return folded in _NO_ANSWER or folded.startswith(_NO_ANSWER_STARTS)


def by_fold(wordings: Iterable[str]) -> dict[str, str]:
    """Return folded wording to the one wording that it fits; what fits several is left out."""
    fits: dict[str, set[str]] = {}
    for wording in wordings:
        fits.setdefault(fold(wording), set()).add(wording)
    return {folded: one for folded, (one, *more) in fits.items() if folded and not more}


def _overflows(text: str) -> bool:
    """Return whether ``text`` is a number too large for a float, written with or without an exponent."""
    if not re.fullmatch(r"[+-]?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,9})?", text):
        return False
    return not isfinite(float(text))


def _is_number_in_disguise(text: str) -> bool:
    """Return whether ``text`` is a number but for other scripts' digits, odd blanks or invisible signs."""
    plain = unicodedata.normalize("NFKC", text).translate(_STRAIGHT)
    digits = "".join(str(unicodedata.decimal(sign)) if sign.isdecimal() else sign for sign in plain)
    return not text.isascii() and bool(re.fullmatch(r"[+-]?[0-9][0-9 ]*(?:[.,][0-9 ]+)?", digits))

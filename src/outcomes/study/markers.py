"""What is known of the usual SES markers: whom they describe, which way they run, how they mislead.

Two kinds of knowledge. What contradicts a marker's own definition is a problem of the study file; what no
study file can settle is a caution, a sentence for the report.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

from outcomes.errors import Problem

MarkerKind = Literal[
    "polar4",
    "tundra",
    "imd",
    "fsm",
    "nssec",
    "first_generation",
    "acorn",
    "abcs",
    "care",
    "income",
    "ladder",
    "other",
]
Basis = Literal["person", "area"]
Cut = Literal["low_up_to", "low_from"]

BASIS: Mapping[str, Basis] = {
    "polar4": "area", "tundra": "area", "imd": "area", "acorn": "area",
    "fsm": "person", "nssec": "person", "first_generation": "person", "abcs": "person", "care": "person",
    "income": "person", "ladder": "person",
}  # fmt: skip
"""Kind to what it describes; `other` may describe either."""

CUTS: Mapping[str, tuple[Cut, ...]] = {
    "polar4": ("low_up_to",), "tundra": ("low_up_to",), "imd": ("low_up_to",), "abcs": ("low_up_to",),
    "income": ("low_up_to",), "ladder": ("low_up_to",),
    "fsm": ("low_from",), "acorn": ("low_from",),
    "nssec": (), "first_generation": (), "care": (),
    "other": ("low_up_to", "low_from"),
}  # fmt: skip
"""Kind to the cuts that make sense where the marker is a number (of `fsm`: the years of eligibility)."""

MOST_RANKS = {"polar4": 5, "tundra": 5, "abcs": 5, "imd": 10}
"""Kind to its highest quintile or decile; 1 is the most disadvantaged in all of them."""

LOWEST_FIRST = (*MOST_RANKS, "ladder")
HIGHEST_FIRST = {"nssec": (1, 2), "acorn": (1,)}
"""Kind in which a higher number is lower SES, to the classes that are never low."""

NO_CLASS = 9
"""The NS-SEC code of who is not classified."""

NOT_KNOWN = frozenset({
    "unknown", "not known", "dont know", "not sure", "prefer not to say", "rather not say", "refused",
    "information refused", "not classified", "not available", "not applicable", "not stated", "not given",
    "no answer", "missing", "na", "n/a",
})  # fmt: skip
"""Wordings that say that nothing is known, in small letters and without apostrophes."""

_YES, _NO = frozenset({"yes", "y", "true"}), frozenset({"no", "n", "false", "0"})
_RANK = re.compile(
    r"(?:(?:polar ?4|tundra|imd|abcs|acorn|ns-?sec|category|class|quintile|decile|rung|q|d)[ :._-]*)*"
    r"([0-9]{1,2})(?![0-9]| ?%| ?per ?cent)",
    re.IGNORECASE,
)


def traps(kind: str, low: tuple[str, ...], high: tuple[str, ...], unknown: str) -> Iterator[Problem]:
    """Yield what contradicts the definition of a marker in the values that count as low and as high.

    ``unknown`` is the key that should hold the cells that mean nothing. A value counts as a rank where it
    starts with a small number (`1`, `Q1`, `Quintile 1 (most deprived)`); wordings are left to the reader.
    """
    for key, values in (("low", low), ("high", high)):
        for value in values:
            if _plain(value) in NOT_KNOWN or (kind == "nssec" and rank(value) == NO_CLASS):
                mend = f"move it to `{unknown}`, as unknown SES is a group of its own"
                yield Problem(key, f"'{value}', which says nothing of SES", "values that say it", mend)
    if kind in ("fsm", "care"):
        yield from _turned_answers(low, high)
    elif kind in LOWEST_FIRST:
        yield from _lowest_first(kind, low, high)
    elif kind in HIGHEST_FIRST:
        yield from _highest_first(kind, low, high)


def rank(value: str) -> int | None:
    """Return the number with which a cell of a ranked marker starts: 1 of `Q1`, or nothing."""
    found = _RANK.match(value.strip())
    return int(found[1]) if found else None


def _ranks(values: Iterable[str]) -> dict[int, str]:
    """Return rank to value, for the values that have one."""
    return {number: value for value in values if (number := rank(value)) is not None}


def _turned_answers(low: tuple[str, ...], high: tuple[str, ...]) -> Iterator[Problem]:
    """Yield answers the wrong way round: who is eligible or care-experienced is low."""
    for key, values, wrong in (("low", low, _NO), ("high", high, _YES)):
        for value in values:
            if _plain(value) in wrong:
                allowed = "yes as low and no as high, as the marker is one of disadvantage"
                yield Problem(key, f"'{value}'", allowed, f"turn `low` and `high`, {_OTHERWISE}")


def _lowest_first(kind: str, low: tuple[str, ...], high: tuple[str, ...]) -> Iterator[Problem]:
    """Yield ranks that run the other way: 1 is the most disadvantaged, all low ones come before the rest."""
    lows, highs, most = _ranks(low), _ranks(high), MOST_RANKS.get(kind)
    for key, ranks in (("low", lows), ("high", highs)):
        for number, value in ranks.items():
            if most is not None and not 1 <= number <= most:
                said = "quintiles from 1 to 5" if most == 5 else f"quintiles or deciles from 1 to {most}"
                yield Problem(key, f"'{value}'", said, "correct it, or move it to `unknown`")
    said = "rungs counted from the bottom" if kind == "ladder" else "1 as the most disadvantaged"
    if lows and highs and max(lows) > min(highs):
        found = f"'{lows[max(lows)]}', with '{highs[min(highs)]}' in `high`"
        yield Problem("low", found, said, f"turn `low` and `high`, {_OTHERWISE}")
    elif most is not None and (lows or highs) and 1 not in lows:
        yield Problem("low", "no 1", said, f"add it to `low`, {_OTHERWISE}")


def _highest_first(kind: str, low: tuple[str, ...], high: tuple[str, ...]) -> Iterator[Problem]:
    """Yield classes that run the other way: 1 is the most advantaged."""
    lows = {number: value for number, value in _ranks(low).items() if (kind, number) != ("nssec", NO_CLASS)}
    highs = {number: value for number, value in _ranks(high).items() if (kind, number) != ("nssec", NO_CLASS)}
    never = [value for number, value in lows.items() if number in HIGHEST_FIRST[kind]]
    said = {
        "nssec": "classes 3 to 8, as 1 and 2 are the managerial and professional ones",
        "acorn": "later categories than those in `high`, as category 1 is the most affluent",
    }[kind]
    mend = f"take it out or turn `low` and `high`, {_OTHERWISE}"
    for value in never:
        yield Problem("low", f"'{value}'", said, mend)
    if not never and lows and highs and min(lows) < max(highs):
        found = f"'{lows[min(lows)]}', with '{highs[max(highs)]}' in `high`"
        yield Problem("low", found, "low classes all after the high ones, as 1 is the most advantaged", mend)


def cut_traps(kind: str, key: Cut) -> Iterator[Problem]:
    """Yield a cut at ``key`` that a marker of ``kind`` can't have or that runs the other way."""
    allowed = CUTS[kind]
    if key not in allowed:
        said = f"`{allowed[0]}` with `kind: {kind}`" if allowed else f"values with `kind: {kind}`"
        yield Problem(key, "a cut", said, f"correct one of them, {_OTHERWISE}")


_OTHERWISE = "or declare `kind: other` if the column is no such marker"

_AREA = (
    "It describes the home area, not the person: many people in a disadvantaged area are not disadvantaged.",
    "It holds for the home postcode at entry; a term-time address gives another answer.",
)
_CAUTIONS: Mapping[str, tuple[str, ...]] = {
    "polar4": (
        "It is participation in higher education, not income: 48 % of the children whom POLAR calls "
        "disadvantaged are not from low-income families.",
        "It is not defined for people domiciled outside the UK, and some postcodes are unclassified; both "
        "are unknown.",
        "It rests on young people who entered between 2009-10 and 2014-15.",
    ),
    "tundra": (
        "It is defined for England only; people from elsewhere are unknown.",
        "Its versions by MSOA and by LSOA disagree, and small LSOAs have no quintile: say which one it is.",
        "It hardly goes with family income (r = .17).",
    ),
    "imd": (
        "Each nation of the UK has an index of its own; quintiles of two nations can't be compared.",
    ),
    "acorn": (
        "Its categories start with the most affluent, its method is not public and differs between versions.",
    ),
    "fsm": (
        "It is mostly self-reported: universities hold no verified data of it.",
        "Being eligible rests on an income threshold; families just above it count as high.",
    ),
    "nssec": (
        "It is the occupation of the highest-earning parent of people under 21 and their own at 21 or over.",
        "The coding frame changed in 2022/23 and older codes can't be translated: a study should hold "
        "one frame only.",
        "It is unknown for many, more often for people from deprived areas.",
    ),
    "first_generation": (
        "It differs by whether one parent or both are meant and whether qualifications below a degree count.",
        "It is self-reported.",
    ),
    "abcs": (
        "It is made of many traits, ethnicity and sex among them; no model may adjust for these as well.",
    ),
    "care": (
        "Few people are care-experienced: most of their figures will be too small to be shown.",
        "Having been in care (UCAS) is wider than being a care leaver (13 weeks or more, ended after 16).",
    ),
    "income": ("It is known only for people who applied for support, who are not like the others.",),
    "ladder": ("It is where people see themselves, not what they have.",),
    "other": (),
}  # fmt: skip


def cautions(kind: str, about: Basis) -> tuple[str, ...]:
    """Return what a reader should know of a marker and no study file can settle, as sentences.

    Sources: areas and POLAR4, HEFCE 2017/29 and Jerrim 2021 for the Sutton Trust (Millennium Cohort Study;
    POLAR 48 %, TUNDRA r .17, ACORN r .56); TUNDRA, OfS; IMD, the four nations' statistical offices; NS-SEC,
    HESA c20054 (whose occupation) and 22056 (coding frames), Harrison & Hatt 2009 (who does not answer);
    FSM, Gorard et al. 2017; first generation, HESA 138796; ABCS, OfS 2019.34; care, OfS and UCAS.
    """
    return (*(_AREA if about == "area" else ()), *_CAUTIONS[kind])


def _plain(value: str) -> str:
    return " ".join(value.casefold().replace("\u2019", "").replace("'", "").split())

"""Which responses look careless, and in what way?

In: the answers of one wave, indexed by spreadsheet row: `person`, and one float64 column an item (NaN where
there is no answer). Out: one line a response and flag, and one warning a flag. A flag never changes anything
by itself; what is left out is declared in the study file, under `responses`.

The signs are those of Meade & Craig (2012, doi 10.1037/a0028085): long strings of one answer, the time taken,
and beside them whole vectors that come twice. Each has honest explanations, so that it is named, not judged.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping

import numpy as np
import pandas as pd

from outcomes.clean.directions import directions
from outcomes.clean.scales import Survey, gaps, ranges
from outcomes.errors import Problem, in_file
from outcomes.study.stages import Asked, Cleaning

STRAIGHT = "straight line"
FAST = "fast"
BACKWARDS = "ended before it began"
SAME = "same answers as another"
PARTIAL = "partial"

FEWEST_ITEMS = 3
"""Items that a scale must have before one answer throughout says anything."""
MANY_ITEMS = 8
"""Items after which one answer throughout is a long string even where no item is reversed."""
LONG, SEVERAL = 10, 3
"""Items that two people must answer alike before it is noteworthy, and different answers among them."""
PRECISE = 19
"""Characters of an ISO time with seconds; 16 have minutes, 10 the day alone."""
GAP = 5
"""Last items without an answer that make a response partial where the export does not say so itself."""
CHUNK = 20_000
"""Rows that are taken at a time, so that no copy of a large file is made."""

Files = Mapping[str, tuple[str, Mapping[str, str]]]
"""Wave to the name of its file and to its columns by item."""


def flags(
    answers: pd.DataFrame,
    part: Cleaning,
    wave: str,
    *,
    seconds: pd.Series | None = None,
    started: pd.Series | None = None,
    ended: pd.Series | None = None,
    finished: pd.Series | None = None,
) -> pd.DataFrame:
    """Return one line a response and flag: `row` (int64) and `flag` (text), by row.

    ``answers`` holds its items in the order of the questionnaire. ``seconds`` is float64, ``started`` and
    ``ended`` ISO 8601 text (wall time; a day alone will do), ``finished`` boolean; each is indexed by row,
    missing where it is not known, None where the wave has no such column. The flags are

    - `straight line`: one answer throughout, see `_straight`;
    - `fast`: fewer seconds than `responses: least_seconds`, by ``seconds`` or else from start to end;
    - `ended before it began`: by the days, or where both are known the minutes or seconds;
    - `same answers as another`: a full vector of 10 or more items with 3 or more different answers that
      another person gave as well. Where a million people answer few items, chance makes some of these;
    - `partial`: some answers, but not finished by the export's own word (``finished``, else an empty
      ``ended``); where it has neither, without an answer to the last 5 items or more.
    """
    start, end = _text(started, answers.index), _text(ended, answers.index)
    items = [item for item in part.items[wave] if item in answers.columns]
    marked = {
        STRAIGHT: _straight(answers, part, wave),
        FAST: _fast(_numbers(seconds, answers.index), start, end, part.responses.least_seconds),
        BACKWARDS: _backwards(start, end),
        SAME: _same(answers, items),
        PARTIAL: _partial(answers, items, finished, end),
    }
    rows = [answers.index.to_numpy()[mark] for mark in marked.values()]
    names = np.repeat(list(marked), [len(found) for found in rows])
    found = pd.DataFrame({"row": np.concatenate(rows).astype("int64"), "flag": names})
    return found.astype({"flag": "string"}).sort_values("row", kind="stable", ignore_index=True)


def careless(flagged: Mapping[str, pd.DataFrame], part: Cleaning, files: Files) -> list[Problem]:
    """Return one warning a wave and flag, with the number of responses and their rows, from `flags`."""
    rules = part.responses
    remedies = {
        STRAIGHT: ("careless", "one and the same answer throughout", "answers that differ",
                   _declared("straight_lines", rules.straight_lines)),
        FAST: ("careless", f"less than {rules.least_seconds or 0:g} seconds", "the declared seconds or more",
               _declared("fast", rules.fast)),
        SAME: ("careless", "the same answers as another person throughout", "answers of one's own",
               "look whether somebody answered under two ids or rows were copied"),
        BACKWARDS: ("wrong-times", "an end before the start", "an end after the start",
                    "look whether the study file names the right columns and forms of dates"),
        PARTIAL: ("partial", "an end part-way through", "finished responses",
                  _declared("partial", rules.partial)),
    }  # fmt: skip
    return [
        in_file(code, files[wave][0], f"{_responses(len(rows))} with {said}", allowed, mend,
                rows=rows.tolist(), severity="warning")
        for wave, found in flagged.items()
        for flag, (code, said, allowed, mend) in remedies.items()
        if len(rows := found["row"][found["flag"] == flag])
    ]  # fmt: skip


def warnings(
    answers: Mapping[str, pd.DataFrame],
    part: Cleaning,
    files: Files,
    flagged: Mapping[str, pd.DataFrame] | None = None,
) -> list[Problem]:
    """Return what is odd about responses (``flagged`` by `flags`), items and scales, as warnings."""
    surveys = {
        wave: Survey(wave, answers[wave], part.items[wave], *files[wave])
        for wave in part.waves
        if wave in answers and len(answers[wave])
    }
    found = careless(flagged or {}, part, files)
    found += [problem for survey in surveys.values() for problem in gaps(survey, part)]
    named: set[tuple[str, str]] = set()
    for name, scale in part.scales.items():
        asking = [surveys[wave] for wave in scale.waves if wave in surveys]
        found += [*directions(name, scale, asking, named), *ranges(name, scale, asking)]
    return found


def _declared(key: str, rule: str) -> str:
    if rule == "leave_out":
        return "nothing: they are left out, as the study file says"
    return f"look at them; `responses: {key}: leave_out` in the study file would leave them out"


def _responses(number: int) -> str:
    return f"{number:,} response{'' if number == 1 else 's'}"


def _straight(answers: pd.DataFrame, part: Cleaning, wave: str) -> np.ndarray:
    """Return which rows hold one answer throughout.

    Looked at are the scales of the wave with 3 items or more. A row is a straight line when its answers to
    all their items are one and the same (among items of one range; answers from 1 to 4 and from 0 to 10 can't
    be compared), and when the scales that it answered in full either include one with reversed items, which
    one answer contradicts, or have 8 items or more together, counting those with 3 answers or more. One
    answer throughout a short scale without reversed items may well be meant.
    """
    scales = [
        scale
        for scale in part.scales.values()
        if wave in scale.waves
        and len(scale.items) >= FEWEST_ITEMS
        and all(item in answers.columns for item in scale.items)
    ]
    full = [_full(answers, scale.items) for scale in scales]
    telling = _items_in(scales, full, part, wave, len(answers)) >= MANY_ITEMS
    for scale, whole in zip(scales, full, strict=True):
        telling |= whole & bool(scale.reversed)
    ranges: dict[tuple[float, float], list[str]] = {}
    for item in dict.fromkeys(item for scale in scales for item in scale.items):
        allowed = part.items[wave][item]
        ranges.setdefault((allowed.low, allowed.high), []).append(item)
    for items in ranges.values():
        least = np.full(len(answers), np.nan)
        most = least.copy()
        for item in items:
            given = answers[item].to_numpy()
            np.fmin(least, given, out=least)
            np.fmax(most, given, out=most)
        telling &= ~(least < most)
    return telling


def _full(answers: pd.DataFrame, items: Collection[str]) -> np.ndarray:
    """Return which rows answer all of ``items``."""
    whole = np.ones(len(answers), dtype=bool)
    for item in items:
        whole &= answers[item].notna().to_numpy()
    return whole


def _items_in(
    scales: list[Asked], full: list[np.ndarray], part: Cleaning, wave: str, rows: int
) -> np.ndarray:
    """Return for each row how many different items the scales have that it answered in full.

    Items with two answers don't count: one answer throughout a list of yes or no may well be meant.
    """
    number = np.zeros(rows, dtype=np.int16)
    for item in dict.fromkeys(item for scale in scales for item in scale.items):
        if (allowed := part.items[wave][item]).high - allowed.low >= SEVERAL - 1:
            held = [whole for scale, whole in zip(scales, full, strict=True) if item in scale.items]
            number += np.logical_or.reduce(held)
    return number


def _fast(seconds: pd.Series, start: pd.Series, end: pd.Series, least: float | None) -> np.ndarray:
    """Return which rows took less than ``least`` seconds; times to the minute say nothing about it."""
    if least is None:
        return np.zeros(len(seconds), dtype=bool)
    took = seconds.to_numpy(copy=True)
    timed = np.isnan(took) & (_length(start, end) >= PRECISE)
    first, last = (_instants(times[timed]) for times in (start, end))
    if (last.astype("int64") % 60).any() or (first.astype("int64") % 60).any():
        took[timed] = (last - first) / np.timedelta64(1, "s")
    return (took >= 0) & (took < least)


def _backwards(start: pd.Series, end: pd.Series) -> np.ndarray:
    """Return which rows ended before they began, as precisely as both times are given: ISO sorts as text."""
    found = np.zeros(len(start), dtype=bool)
    for length in (10, 16, PRECISE):
        same = _length(start, end) == length
        first, last = (times[same].str[:length].to_numpy(dtype="object") for times in (start, end))
        found[same] = last < first
    return found


def _same(answers: pd.DataFrame, items: list[str]) -> np.ndarray:
    """Return which rows hold a full vector, with enough different answers, that another person gave as well.

    Vectors are compared by their 64-bit hash first, and then as they are, when a gap is like nothing.
    """
    found = np.zeros(len(answers), dtype=bool)
    if len(items) < LONG or answers.empty:
        return found
    hashed = np.concatenate([
        pd.util.hash_pandas_object(answers.iloc[some][items], index=False).to_numpy()
        for some in _split(np.arange(len(answers)))
    ])  # fmt: skip
    places = np.flatnonzero(pd.Series(hashed).duplicated(keep=False))
    places = places[_each(places, lambda some: _varied(answers.iloc[some][items].to_numpy()))]
    vector, _ = pd.factorize(hashed[places])
    first = places[np.unique(vector, return_index=True)[1]][vector]
    pairs = np.arange(len(places))
    alike = _each(pairs, lambda some: (
        answers.iloc[places[some]][items].to_numpy() == answers.iloc[first[some]][items].to_numpy()
    ).all(axis=1))  # fmt: skip
    person, _ = pd.factorize(answers["person"].iloc[places])
    person = np.where(person < 0, -1 - pairs, person)  # who has no id is a person of their own
    people = pd.Series(person[alike]).groupby(vector[alike]).transform("nunique")
    found[places[alike]] = (people > 1).to_numpy()
    return found


def _varied(given: np.ndarray) -> np.ndarray:
    """Return which rows hold at least three different answers."""
    return 1 + (np.diff(np.sort(given, axis=1), axis=1) > 0).sum(axis=1) >= SEVERAL


def _each(places: np.ndarray, judged: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """Return what ``judged`` says of each place, some of them at a time."""
    return np.concatenate([np.empty(0, dtype=bool), *map(judged, _split(places))])


def _partial(
    answers: pd.DataFrame, items: list[str], finished: pd.Series | None, end: pd.Series
) -> np.ndarray:
    """Return which rows hold some answers but were not finished; see `flags` for who says so."""
    some = np.zeros(len(answers), dtype=bool)
    for item in items:
        some |= answers[item].notna().to_numpy()
    said = pd.Series(pd.NA, index=answers.index, dtype="boolean")
    if finished is not None:
        said = finished.reindex(answers.index).astype("boolean")
    if end.notna().any():
        said = said.fillna(end.notna().astype("boolean"))
    if said.notna().any():
        return some & (~said.fillna(value=True)).to_numpy(dtype=bool)
    return some & answers[items[-GAP:]].isna().to_numpy().all(axis=1)


def _split(places: np.ndarray) -> Iterator[np.ndarray]:
    for start in range(0, len(places), CHUNK):
        yield places[start : start + CHUNK]


def _length(start: pd.Series, end: pd.Series) -> np.ndarray:
    """Return how many characters both times have, 0 where one is missing."""
    sizes = [times.str.len().fillna(0).to_numpy(dtype="int64") for times in (start, end)]
    return np.minimum(*sizes).clip(max=PRECISE)


def _instants(times: pd.Series) -> np.ndarray:
    return times.str[:PRECISE].to_numpy(dtype="datetime64[s]")


def _text(times: pd.Series | None, rows: pd.Index) -> pd.Series:
    if times is None:
        return pd.Series(pd.NA, index=rows, dtype="string")
    text = times.reindex(rows).astype("string")
    return text.mask(text == "")


def _numbers(seconds: pd.Series | None, rows: pd.Index) -> pd.Series:
    return pd.Series(np.nan, index=rows) if seconds is None else seconds.reindex(rows).astype("float64")

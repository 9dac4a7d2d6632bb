"""Is every item of a wave answered, and in the range that it has in other waves?

In: the answers of each wave, indexed by spreadsheet row: `person`, and one float64 column an item (NaN where
there is no answer). Out: warnings. An export can hold nothing but allowed codes and yet mean something else:
a column without answers, or a scale that starts to count at 0.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from outcomes.errors import Problem, in_file
from outcomes.study import Answers
from outcomes.study.stages import Asked, Cleaning

FEWEST = 30
"""People that a correlation needs, and answers that the range of an item needs."""
ALIKE = 3
"""Answers from which on it is noteworthy that all are the same."""
EXPECTED = 10
"""How often an answer that a wave never gives must have been expected in it, by another wave."""
MOST_CODES = 101
"""Answers of an item up to which its range is looked at."""
_MAPPING = "the codebook names the right column and the export holds its answers"


@dataclass
class Survey:
    """The answers of one wave, and where they stand."""

    wave: str
    answers: pd.DataFrame
    allowed: Mapping[str, Answers]
    file: str
    columns: Mapping[str, str]
    linked: dict[str, np.ndarray] = field(default_factory=dict, repr=False)

    def warning(self, code: str, item: str | None, found: str, allowed: str, mend: str) -> Problem:
        """Return a warning about the column of an item, or about the file."""
        column = self.columns.get(item, "") if item else ""
        return in_file(code, self.file, found, allowed, mend, column=column, severity="warning")

    @cached_property
    def spans(self) -> dict[str, tuple[int, float, float]]:
        """Item to the number of its answers, the lowest and the highest; none without answers."""
        found = {}
        for item in self.allowed:
            if item in self.answers.columns and (number := int(self.answers[item].count())):
                given = self.answers[item].to_numpy()
                found[item] = (number, float(np.nanmin(given)), float(np.nanmax(given)))
        return found

    @cached_property
    def people(self) -> pd.Index:
        """The person of each row, by position; who has no id or stands here twice has an empty one."""
        person = self.answers["person"]
        return pd.Index(person.mask(person.duplicated(keep=False)))

    def places_in(self, other: Survey) -> np.ndarray:
        """Return for each row the position of its person in ``other``, -1 where there is none."""
        if other.wave not in self.linked:
            there = np.flatnonzero(other.people.notna())
            found = other.people[there].get_indexer(self.people)
            self.linked[other.wave] = np.where(found >= 0, there[found], -1) if len(there) else found
        return self.linked[other.wave]

    @cached_property
    def shares(self) -> dict[str, np.ndarray]:
        """Item of whole answers to the share of each, from the lowest that is allowed to the highest."""
        found = {}
        for item in self.spans:
            allowed = self.allowed[item]
            codes = round(allowed.high - allowed.low) + 1
            if allowed.whole and codes <= MOST_CODES:
                given = self.answers[item].to_numpy()
                given = (given[~np.isnan(given)] - allowed.low).round().astype("int64")
                found[item] = np.bincount(given.clip(0, codes - 1), minlength=codes) / len(given)
        return found

    def telling(self, items: tuple[str, ...]) -> list[str]:
        """Return which of ``items`` are answered, and not by everybody alike."""
        return [item for item in items if item in self.spans and self.spans[item][1] < self.spans[item][2]]


def gaps(survey: Survey, part: Cleaning) -> Iterator[Problem]:
    """Yield the scales and items that nobody answers, and the items that everybody answers alike."""
    rows = len(survey.answers)
    silent: set[str] = set()
    for name, scale in part.scales.items():
        if survey.wave in scale.waves and not any(item in survey.spans for item in scale.items):
            silent |= set(scale.items)
            found = f"no answer to any item of {name} in {rows:,} rows, so that it has no score"
            mend = f"look whether {_MAPPING}; take the wave out of the outcome's `waves` if it did not ask it"
            yield survey.warning("empty-scale", None, found, "answers, as the study says", mend)
    for item in survey.allowed:
        number, least, most = survey.spans.get(item, (0, 0.0, 0.0))
        if number == 0 and item not in silent:
            found = f"no answer to item {item} in {rows:,} rows"
            mend = f"look whether {_MAPPING}; a scale that needs the item has no score here"
            yield survey.warning("empty-item", item, found, "answers, as the study says", mend)
        elif number >= ALIKE and least == most:
            found = f"one and the same answer to item {item} in all {number:,} responses"
            mend = f"look whether {_MAPPING}"
            yield survey.warning("constant-item", item, found, "answers that differ", mend)


def ranges(name: str, scale: Asked, surveys: list[Survey]) -> Iterator[Problem]:
    """Yield the waves in which all items of a scale lack answers that are common in another wave.

    Either they lack what was to be expected 10 times or more, or (with three items or more) their lowest and
    highest answers all lie one higher, or all one lower, than in the other wave. Where two waves each lack
    what the other has, the later one is named.
    """
    for place, survey in enumerate(surveys):
        for other_place, other in enumerate(surveys):
            if place == other_place or not _lacks(survey, other, scale.items):
                continue
            if other_place > place and _lacks(other, survey, scale.items):
                continue
            found = f"answers from {_range(survey, scale)} only to all items of {name}"
            allowed = f"the range that {other.wave} has, {_range(other, scale)}"
            mend = "look whether this export starts to count at another number, or offered fewer answers"
            yield survey.warning("scale-shifted", None, found, allowed, mend)
            break


def _lacks(survey: Survey, other: Survey, items: tuple[str, ...]) -> bool:
    """Return whether no item of ``survey`` has answers that ``other`` lets expect; see `ranges`."""
    if len(items) < 2 or not all(_is_counted(one, item) for item in items for one in (survey, other)):
        return False
    expected = []
    for item in items:
        number, least, most = survey.spans[item]
        codes = np.arange(len(other.shares[item])) + other.allowed[item].low
        expected.append(number * other.shares[item][(codes < least) | (codes > most)].sum())
    moves = {(survey.spans[item][end] - other.spans[item][end]) for item in items for end in (1, 2)}
    return min(expected) >= EXPECTED or (len(items) > 2 and moves in ({1.0}, {-1.0}))


def _is_counted(survey: Survey, item: str) -> bool:
    return item in survey.shares and survey.spans[item][0] >= FEWEST


def _range(survey: Survey, scale: Asked) -> str:
    spans = [survey.spans[item] for item in scale.items]
    return f"{min(span[1] for span in spans):g} to {max(span[2] for span in spans):g}"

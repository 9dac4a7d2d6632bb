"""What goes into a fit: scores, a design, whose score it is and when it was given.

In: arrays with a row a score. Out: `Rows`, checked and sorted by person.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from outcomes.mixed.structures import Structure, pairs

LARGEST = 1e100
"""Largest score, so that no sum of squares overflows."""


@dataclass(frozen=True)
class Rows:
    """Scores and all that explains them, a row a score, sorted by person and wave (or time).

    A row without a score is no row: leave it out. Wave and time are needed by the structures that use them.
    """

    design: np.ndarray
    """Rows x terms."""
    terms: tuple[str, ...]
    response: np.ndarray
    """Rows x responses: several outcomes, or simulated ones, of the same rows."""
    person: np.ndarray
    """Whose row it is, coded 0, 1, ... (rows,)."""
    n_people: int
    wave: np.ndarray | None = None
    """Which wave, coded 0, 1, ... (rows,)."""
    time: np.ndarray | None = None
    """When, in any unit (rows,)."""
    order: np.ndarray | None = None
    """Where each row stood in what was given."""

    @classmethod
    def of(
        cls,
        response: np.ndarray,
        design: np.ndarray,
        person: np.ndarray,
        *,
        terms: Sequence[str] | None = None,
        wave: np.ndarray | None = None,
        time: np.ndarray | None = None,
    ) -> Rows:
        """Return the rows of a model.

        ``response`` is (rows,) or (rows, responses), ``design`` (rows, terms), ``person`` any labels (rows,).
        ``terms`` names the columns. Raises ValueError where shapes disagree, a number is not finite, a wave
        is not whole or a person has no label.
        """
        design = np.asarray(design, dtype=float)
        response, person = np.asarray(response, dtype=float), np.asarray(person)
        times = None if time is None else np.asarray(time, dtype=float)
        given = [response, person, *(np.asarray(part) for part in (wave, time) if part is not None)]
        if design.ndim != 2 or any(not part.ndim or len(part) != len(design) for part in given):
            raise ValueError("response, design, person, wave and time must have the same number of rows")
        if not design.size:
            raise ValueError("there are no scores, or no columns in the design")
        names = tuple(terms) if terms is not None else tuple(f"x{place}" for place in range(design.shape[1]))
        if len(names) != design.shape[1] or len(set(names)) != len(names):
            raise ValueError("terms must name each column of the design once")
        if not all(_finite(part) for part in (response, design, times) if part is not None):
            raise ValueError("scores, design and times must be finite: leave rows without a score out")
        if np.abs(response).max() > LARGEST:
            raise ValueError(f"scores must not be larger than {LARGEST:g}: take another unit")
        codes, labels = _codes(person)
        waves = None if wave is None else _whole(np.asarray(wave))
        rows = cls(design, names, response.reshape(len(design), -1), codes, labels, waves, times)
        later = [part for part in (waves, times) if part is not None][:1]
        return rows._sorted(_order(codes, *later))

    def _sorted(self, order: np.ndarray) -> Rows:
        if np.array_equal(order, np.arange(len(order))):
            return replace(self, order=order)
        return replace(
            self, design=self.design[order], response=self.response[order], person=self.person[order],
            wave=None if self.wave is None else self.wave[order],
            time=None if self.time is None else self.time[order], order=order,
        )  # fmt: skip

    def by_response(self, together: int) -> Iterator[Rows]:
        """Yield the rows with ``together`` of the responses at a time."""
        for start in range(0, self.response.shape[1], together):
            yield replace(self, response=self.response[:, start : start + together])

    @property
    def starts(self) -> np.ndarray:
        """The first row of each person."""
        return self._bounds[:-1]

    @property
    def _bounds(self) -> np.ndarray:
        """The first row of each person, and the number of rows."""
        return np.concatenate([[0], np.cumsum(np.bincount(self.person, minlength=self.n_people))])

    def carried(self, columns: np.ndarray, structure: Structure) -> np.ndarray:
        """Return Z_i' ``columns`` of each person (people x q x columns) for ``columns`` (rows x columns)."""
        width = structure.width
        if structure.by_wave:
            carried = np.zeros((self.n_people * width, columns.shape[1]))
            carried[self.person * width + self._waves(width)] = columns
            return carried.reshape(self.n_people, width, columns.shape[1])
        return np.stack([effect @ columns for effect in self.effects(structure)], axis=1)

    def effects(self, structure: Structure) -> list[csr_array]:
        """Return Z' of all people (people x rows) for each column of Z of a structure that is not by wave.

        Sparse, as it sums over rows many times as fast as np.add.reduceat.
        """
        n_rows, bounds = len(self.person), self._bounds
        columns, places = [np.ones(n_rows), *structure.slopes(self.time)], np.arange(n_rows)
        return [csr_array((each, places, bounds), (len(bounds) - 1, n_rows)) for each in columns]

    def stacked(self, columns: np.ndarray, people: np.ndarray) -> np.ndarray:
        """Return ``columns`` of ``people`` who have equally many rows (people x rows of each x columns)."""
        bounds = self._bounds
        places = bounds[people, None] + np.arange(bounds[people[0] + 1] - bounds[people[0]])
        return columns.take(places.reshape(-1), axis=0).reshape(*places.shape, columns.shape[1])

    def grams(self, structure: Structure) -> np.ndarray:
        """Return Z_i'Z_i of each person (people x q x q)."""
        return _grams(self._marks(structure), structure)

    def patterns(self, structure: Structure) -> tuple[np.ndarray, np.ndarray]:
        """Return the distinct Z_i'Z_i (G x q x q) and which of them each person has."""
        marks = self._marks(structure)
        if marks.shape[1] == 1 and not structure.by_wave:
            rows = marks[:, 0].astype(int)
            held = np.flatnonzero(np.bincount(rows))
            return held.astype(float)[:, None, None], np.searchsorted(held, rows)
        # a sum weighted by irrational numbers tells patterns apart; should it not, the slow way does
        code, keys = pd.factorize(marks @ np.sqrt(np.arange(2.0, 2.0 + marks.shape[1])))
        first = np.empty(len(keys), dtype=int)
        first[code[::-1]] = np.arange(len(code))[::-1]
        if not np.array_equal(marks[first].take(code, axis=0), marks):
            _, first, code = np.unique(marks, axis=0, return_index=True, return_inverse=True)
        return _grams(marks[first], structure), code.reshape(-1)

    def _marks(self, structure: Structure) -> np.ndarray:
        """Return what makes up Z_i'Z_i: over waves its diagonal (people x q), else its upper triangle."""
        if structure.by_wave:
            there = np.zeros((self.n_people, structure.width))
            there[self.person, self._waves(structure.width)] = 1.0
            return there
        columns = [np.ones(len(self.person)), *structure.slopes(self.time)]
        products = (columns[a] * columns[b] for a, b in zip(*pairs(structure.width), strict=True))
        return np.column_stack([np.bincount(self.person, each, self.n_people) for each in products])

    def _waves(self, width: int) -> np.ndarray:
        if self.wave is None:
            raise ValueError("this structure needs the wave of each row")
        if len(self.wave) and not 0 <= self.wave.min() <= self.wave.max() < width:
            raise ValueError("waves must be coded from 0 to one less than their number")
        again = (np.diff(self.person) == 0) & (np.diff(self.wave) <= 0)
        if again.any():
            raise ValueError("a person has two scores at one wave, or rows are not sorted by wave")
        return self.wave


def _grams(marks: np.ndarray, structure: Structure) -> np.ndarray:
    """Return Z'Z (n x q x q) from its `Rows._marks`."""
    width = structure.width
    if structure.by_wave:
        return marks[:, :, None] * np.eye(width)
    first, second = pairs(width)
    found = np.empty((len(marks), width, width))
    found[:, first, second] = found[:, second, first] = marks
    return found


def _finite(numbers: np.ndarray) -> bool:
    """Say whether all are finite; their sum is, but for overflow, if and only if they are."""
    with np.errstate(over="ignore", invalid="ignore"):
        return bool(np.isfinite(numbers.sum()) or np.isfinite(numbers).all())


def _order(codes: np.ndarray, *later: np.ndarray) -> np.ndarray:
    """Return the order by person, then by wave or time where there is one; cheap where it is so already."""
    step = np.diff(codes)
    unsorted = step < 0
    for each in later:
        unsorted |= (step == 0) & (np.diff(each) < 0)
    if not unsorted.any():
        return np.arange(len(codes))
    return np.lexsort([*later, codes])


def _codes(person: np.ndarray) -> tuple[np.ndarray, int]:
    """Return codes 0, 1, ... in the order of the labels, and how many people there are."""
    if person.dtype.kind in "iu" and len(person) and person.min() >= 0 and person.max() < 4 * len(person):
        present = np.zeros(int(person.max()) + 1, dtype=bool)
        present[person] = True
        return (np.cumsum(present) - 1)[person], int(present.sum())
    if person.dtype.kind in "Of" and pd.isna(person).any():
        raise ValueError("a row has no person")
    try:
        labels, codes = np.unique(person, return_inverse=True)
    except TypeError as error:
        raise ValueError("people must be labelled by numbers or by text, not by both") from error
    return codes.reshape(-1), len(labels)


def _whole(wave: np.ndarray) -> np.ndarray:
    if wave.dtype.kind not in "iu":
        wave = wave.astype(float)
        if not (wave == np.round(wave)).all() or not np.isfinite(wave).all():
            raise ValueError("waves must be whole numbers")
    return wave.astype(int)

"""How may the scores of a person hang together?

With V the covariance of a person's scores, V = s2 (c I + Z Psi Z'): Z holds a row a score. `Intercept` and
`Slope` have c = 1 and Z = 1 or (1, time); over waves c = 0 and a row of Z says which wave it is, so that
Psi is the covariance of all waves up to the scale s2. A structure says how Psi follows from free
parameters, with first and second derivatives; s2 is profiled out elsewhere.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import lru_cache

import numpy as np


class Structure(ABC):
    """A covariance structure. Parameters are (fits x k); Psi is (fits x q x q)."""

    name: str
    by_wave: bool
    """Whether Z marks waves (c = 0) rather than carrying random effects beside a residual (c = 1)."""
    width: int
    """q, the columns of Z."""

    @property
    @abstractmethod
    def n_free(self) -> int:
        """How many parameters there are besides the scale."""

    @abstractmethod
    def psi(self, free: np.ndarray) -> np.ndarray:
        """Return Psi (fits x q x q)."""

    @abstractmethod
    def first(self, free: np.ndarray) -> np.ndarray:
        """Return the derivatives of Psi (fits x k x q x q)."""

    @abstractmethod
    def second(self, free: np.ndarray) -> np.ndarray:
        """Return the second derivatives of Psi (fits x k x k x q x q)."""

    @abstractmethod
    def starts(self, moments: np.ndarray) -> np.ndarray:
        """Return where to begin (starts x fits x k), from residual ``moments`` over waves (fits x q x q)."""

    @property
    def linear(self) -> np.ndarray | None:
        """Directions in which Psi is linear and that span all it can be (m x q x q); None if there are
        none.
        """
        return symmetric_units(self.width)

    def slopes(self, time: np.ndarray | None) -> list[np.ndarray]:
        """Return the columns of Z beyond the constant."""
        return []


@lru_cache
def pairs(width: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the pairs a <= b of columns of Z, in the order of the sums of `Products`."""
    return np.triu_indices(width)


@lru_cache
def symmetric_units(width: int) -> np.ndarray:
    """Return the matrices E with Psi = sum of psi_r E_r over its upper triangle (m x q x q)."""
    rows, columns = pairs(width)
    units = np.zeros((len(rows), width, width))
    units[np.arange(len(rows)), rows, columns] = 1.0
    units[np.arange(len(rows)), columns, rows] = 1.0
    return units


@lru_cache
def _cholesky_places(width: int, fixed: int) -> tuple[np.ndarray, np.ndarray]:
    rows, columns = np.tril_indices(width)
    return rows[fixed:], columns[fixed:]


@lru_cache
def _cholesky_units(width: int, fixed: int) -> np.ndarray:
    rows, columns = _cholesky_places(width, fixed)
    units = np.zeros((len(rows), width, width))
    units[np.arange(len(rows)), rows, columns] = 1.0
    return units


@lru_cache
def _cholesky_bend(width: int, fixed: int) -> np.ndarray:
    units = _cholesky_units(width, fixed)
    half = np.einsum("kab,lcb->klac", units, units)
    return half + half.swapaxes(2, 3)


class _Cholesky(Structure):
    """Psi = L L' with the entries of L free, but for the first where the scale is in Psi itself."""

    @property
    def _places(self) -> tuple[np.ndarray, np.ndarray]:
        return _cholesky_places(self.width, int(self.by_wave))

    @property
    def n_free(self) -> int:
        """How many parameters there are besides the scale."""
        return len(self._places[0])

    def lower(self, free: np.ndarray) -> np.ndarray:
        """Return L (fits x q x q)."""
        lower = np.zeros((len(free), self.width, self.width))
        lower[:, 0, 0] = 1.0
        lower[:, *self._places] = free
        return lower

    def psi(self, free: np.ndarray) -> np.ndarray:
        """Return Psi (fits x q x q)."""
        lower = self.lower(free)
        return lower @ lower.swapaxes(1, 2)

    def _units(self) -> np.ndarray:
        return _cholesky_units(self.width, int(self.by_wave))

    def first(self, free: np.ndarray) -> np.ndarray:
        """Return the derivatives of Psi (fits x k x q x q)."""
        half = self._units() @ self.lower(free).swapaxes(1, 2)[:, None]
        return half + half.swapaxes(2, 3)

    def second(self, free: np.ndarray) -> np.ndarray:
        """Return the second derivatives of Psi (fits x k x k x q x q)."""
        bend = _cholesky_bend(self.width, int(self.by_wave))
        return np.broadcast_to(bend, (len(free), *bend.shape))


@dataclass(frozen=True)
class Intercept(_Cholesky):
    """One random intercept a person: all scores of a person correlate alike."""

    name = "person intercept"
    by_wave = False
    width = 1

    def starts(self, moments: np.ndarray) -> np.ndarray:
        """Return where to begin (starts x fits x k)."""
        return np.array([1.0, 0.25])[:, None, None] * np.ones((1, len(moments), 1))


@dataclass(frozen=True)
class Slope(_Cholesky):
    """A random intercept and a random slope of time; time is taken as (time - centre) / scale."""

    centre: float
    scale: float
    name = "intercept and slope"
    by_wave = False
    width = 2

    @classmethod
    def of(cls, time: np.ndarray) -> Slope:
        """Return the structure whose time has mean 0 and standard deviation 1 over all rows."""
        spread = float(np.std(time))
        return cls(float(np.mean(time)), spread if spread > 0 else 1.0)

    def slopes(self, time: np.ndarray | None) -> list[np.ndarray]:
        """Return the columns of Z beyond the constant."""
        if time is None:
            raise ValueError("a random slope needs the time of each row")
        return [(time - self.centre) / self.scale]

    def in_time(self, psi: np.ndarray) -> np.ndarray:
        """Return Psi (..., 2, 2) as the covariance of intercept and slope in the time that was given."""
        back = np.array([[1.0, -self.centre / self.scale], [0.0, 1.0 / self.scale]])
        return back @ psi @ back.T

    def starts(self, moments: np.ndarray) -> np.ndarray:
        """Return where to begin (starts x fits x k)."""
        begin = np.array([[1.0, 0.0, 0.7], [0.5, 0.05, 0.1]])
        return np.repeat(begin[:, None, :], len(moments), axis=1)


@dataclass(frozen=True)
class Unstructured(_Cholesky):
    """A variance a wave and a covariance a pair of waves (MMRM)."""

    width: int
    name = "unstructured over waves"
    by_wave = True

    def starts(self, moments: np.ndarray) -> np.ndarray:
        """Return where to begin (starts x fits x k)."""
        alike = 0.5 * (np.eye(self.width) + 1.0)
        found = [self._free(near_definite(moments)), self._free(np.repeat(alike[None], len(moments), axis=0))]
        return np.stack(found)

    def _free(self, psi: np.ndarray) -> np.ndarray:
        return np.linalg.cholesky(psi / psi[:, :1, :1])[:, *self._places]


@dataclass(frozen=True)
class HeterogeneousSymmetry(Structure):
    """A variance a wave and one correlation between any two waves (heterogeneous compound symmetry).

    Parameters: log standard deviations of the later waves against the first, then the logit of where the
    correlation lies between -1 / (waves - 1) and 1.
    """

    width: int
    name = "heterogeneous compound symmetry"
    by_wave = True

    @property
    def n_free(self) -> int:
        """How many parameters there are besides the scale."""
        return self.width

    @property
    def linear(self) -> None:
        """Nothing: Psi is not linear in any parameters."""
        return None

    @property
    def _least(self) -> float:
        return -1.0 / (self.width - 1)

    def _outer(self, free: np.ndarray) -> np.ndarray:
        sizes = np.exp(np.column_stack([np.zeros(len(free)), free[:, :-1]]))
        return sizes[:, :, None] * sizes[:, None, :]

    def _correlation(self, free: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the correlation with its first and second derivative (each fits x 1 x 1)."""
        share = (1 / (1 + np.exp(-free[:, -1])))[:, None, None]
        span = 1 - self._least
        slope = span * share * (1 - share)
        return self._least + span * share, slope, slope * (1 - 2 * share)

    def psi(self, free: np.ndarray) -> np.ndarray:
        """Return Psi (fits x q x q)."""
        return self._outer(free) * (self._off() * self._correlation(free)[0] + np.eye(self.width))

    def _off(self) -> np.ndarray:
        return 1 - np.eye(self.width)

    def _touched(self) -> np.ndarray:
        """How often log standard deviation k enters each entry (k x q x q)."""
        unit = np.eye(self.width)[1:]
        return unit[:, :, None] + unit[:, None, :]

    def first(self, free: np.ndarray) -> np.ndarray:
        """Return the derivatives of Psi (fits x k x q x q)."""
        of_sizes = self._touched() * self.psi(free)[:, None]
        of_correlation = self._outer(free) * self._off() * self._correlation(free)[1]
        return np.concatenate([of_sizes, of_correlation[:, None]], axis=1)

    def second(self, free: np.ndarray) -> np.ndarray:
        """Return the second derivatives of Psi (fits x k x k x q x q)."""
        touched = self._touched()
        found = np.empty((len(free), self.width, self.width, self.width, self.width))
        found[:, :-1, :-1] = touched[:, None] * touched[None] * self.psi(free)[:, None, None]
        _, slope, bend = self._correlation(free)
        off = self._outer(free) * self._off()
        found[:, :-1, -1] = found[:, -1, :-1] = touched * (off * slope)[:, None]
        found[:, -1, -1] = off * bend
        return found

    def starts(self, moments: np.ndarray) -> np.ndarray:
        """Return where to begin (starts x fits x k)."""
        spread = np.sqrt(np.einsum("faa->fa", near_definite(moments)))
        sizes = np.log(spread[:, 1:] / spread[:, :1])
        found = np.stack([sizes, np.zeros_like(sizes)])
        return np.concatenate([found, np.full((2, len(moments), 1), 0.5)], axis=2)


def near_definite(moments: np.ndarray) -> np.ndarray:
    """Return ``moments`` (fits x q x q) shrunk towards their diagonal until positive definite.

    A wave without a variance gets that of the others.
    """
    diagonal = np.einsum("faa->fa", moments)
    mean = np.maximum(diagonal.mean(axis=1, keepdims=True), 1e-12)
    diagonal = np.where(diagonal > 1e-6 * mean, diagonal, mean)
    size = np.sqrt(diagonal)
    eye = np.eye(moments.shape[1])
    correlation = moments / size[:, :, None] / size[:, None, :] * (1 - eye) + eye
    least = np.linalg.eigvalsh(correlation)[:, 0]
    kept = np.where(least < 0.05, 0.95 / np.maximum(1 - least, 0.95), 1.0)[:, None, None]
    shrunk = kept * correlation + (1 - kept) * eye
    return shrunk * size[:, :, None] * size[:, None, :]

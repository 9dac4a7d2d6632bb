"""How do the scores of an invented cohort come about?

In: a `Population` and a seed. Out: one `Rows` an outcome: scores over three waves of two groups of equal
size, with dropout that depends on the last score seen (missing at random: Rubin 1976, doi
10.1093/biomet/63.3.581).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import expit

from outcomes.mixed import Grid, Rows

WAVES = ("start", "middle", "end")
PAIR = ("low", "high")
"""The focal and the reference group."""
GRID = Grid(WAVES, PAIR[::-1])
GROWTH = (0.0, 0.2, 0.4)
"""Gain of the reference group by wave, in baseline SDs."""
OPENING = (0.0, 0.5, 1.0)
"""Share of the gap in gains that is there by each wave."""
ALONG = 0.5
"""Correlation of the scores of a person on two outcomes at the same wave."""
LEAVING, PULL = -2.0, -0.7
"""Log-odds of leaving before the next wave at the reference group's mean, and what a score 1 SD higher adds:
a quarter has left by the last wave, low scorers first."""


def alike(icc: float) -> np.ndarray:
    """Return the covariance over waves of a person intercept: variance 1, any two waves correlate ``icc``."""
    return icc + (1 - icc) * np.eye(len(WAVES))


def decaying(icc: float) -> np.ndarray:
    """Return a covariance of SDs 1, 1.15 and 1.3 whose correlations decay with the lag.

    They are r, r and r^2, whose mean is ``icc`` at r = sqrt(1 + 3 icc) - 1.
    """
    lags = np.abs(np.subtract.outer(np.arange(len(WAVES)), np.arange(len(WAVES))))
    sizes = np.array([1.0, 1.15, 1.3])
    return np.outer(sizes, sizes) * (np.sqrt(1 + 3 * icc) - 1) ** lags


def sloping(slope_sd: float) -> np.ndarray:
    """Return the covariance of intercept (SD 1) and slope a wave (uncorrelated), with residual SD 1."""
    time = np.arange(len(WAVES))
    return 1.0 + slope_sd**2 * np.outer(time, time) + np.eye(len(WAVES))


STRUCTURES: dict[str, Callable[[float], np.ndarray]] = {
    "person intercept": alike, "unequal and decaying": decaying, "random slope": sloping
}  # fmt: skip
"""What generates the scores: word to covariance over waves, of the ICC or the SD of the slope."""


@dataclass(frozen=True)
class Population:
    """Two groups of mentees whose truth is known."""

    people: int
    """In each group."""
    structure: str
    level: float
    """The ICC, or the SD of the slope."""
    gaps: tuple[float, ...] = (0.0,)
    """The gap in gains at the last wave of each outcome, in baseline SDs."""

    @cached_property
    def covariance(self) -> np.ndarray:
        """The covariance of a person's scores over the waves."""
        return STRUCTURES[self.structure](self.level)

    @property
    def unit(self) -> float:
        """The baseline SD, in points."""
        return float(np.sqrt(self.covariance[0, 0]))

    def cohort(self, seed: np.random.SeedSequence) -> list[Rows]:
        """Return the scores seen of one cohort, an entry an outcome."""
        random = np.random.default_rng(seed)
        group = np.repeat([0, 1], self.people)
        noise = random.standard_normal((len(group), len(self.gaps), len(WAVES)))
        between = ALONG + (1 - ALONG) * np.eye(len(self.gaps))
        noise = np.linalg.cholesky(between) @ noise @ np.linalg.cholesky(self.covariance).T
        luck = random.random((len(group), len(WAVES) - 1))
        return [self._seen(noise[:, place], group, luck, gap) for place, gap in enumerate(self.gaps)]

    def _seen(self, noise: np.ndarray, group: np.ndarray, luck: np.ndarray, gap: float) -> Rows:
        """Return the scores of one outcome before people leave, each on their own luck and last score."""
        growth = self.unit * np.array(GROWTH)
        scores = noise + growth + self.unit * gap * np.outer(group, OPENING)
        standing = (scores - growth) / np.sqrt(np.diag(self.covariance))
        stays = luck >= expit(LEAVING + PULL * standing[:, :-1])
        there = np.column_stack([np.ones(len(group), dtype=bool), np.logical_and.accumulate(stays, axis=1)])
        person, wave = np.nonzero(there)
        design = GRID.columns(wave, group[person])
        return Rows.of(scores[there], design, person, terms=GRID.terms, wave=wave)


def left(rows: Rows) -> float:
    """Return the share of people without a score at the last wave."""
    return 1 - float(np.count_nonzero(rows.wave == len(WAVES) - 1)) / rows.n_people

"""Which coefficients make a gain, a gap in gains or a difference of groups?

In: the waves and groups of a model of wave x group in treatment coding. Out: design columns and the weights
of contrasts, all by hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np


@dataclass(frozen=True)
class Grid:
    """Wave x group; the first wave is the baseline and the first group the reference."""

    waves: tuple[str, ...]
    groups: tuple[str, ...]
    word: str = "group"
    """What the names of terms call a group."""

    @cached_property
    def terms(self) -> tuple[str, ...]:
        """The terms in order: intercept, waves, groups, waves x groups."""
        waves = tuple(f"wave={wave}" for wave in self.waves[1:])
        groups = tuple(f"{self.word}={group}" for group in self.groups[1:])
        return ("intercept", *waves, *groups, *(f"{wave}:{group}" for wave in waves for group in groups))

    def columns(self, wave: np.ndarray, group: np.ndarray) -> np.ndarray:
        """Return the design (rows x terms) for the codes of wave and group of each row."""
        of_wave = wave[:, None] == np.arange(1, len(self.waves))
        of_group = group[:, None] == np.arange(1, len(self.groups))
        both = (of_wave[:, :, None] & of_group[:, None, :]).reshape(
            len(wave), of_wave.shape[1] * of_group.shape[1]
        )
        return np.column_stack([np.ones(len(wave)), of_wave, of_group, both])

    def cell(self, group: str, wave: str) -> np.ndarray:
        """Return the weights of the terms that make the mean of a cell, all else at 0."""
        codes = np.array([self.waves.index(wave)]), np.array([self.groups.index(group)])
        return self.columns(*codes)[0]

    def gain(self, group: str, wave: str) -> np.ndarray:
        """Return the weights of the gain of ``group`` from the baseline to ``wave``."""
        return self.cell(group, wave) - self.cell(group, self.waves[0])

    def gap(self, focal: str, reference: str, wave: str) -> np.ndarray:
        """Return the weights of the gap in gains: that of ``focal`` minus that of ``reference``."""
        return self.gain(focal, wave) - self.gain(reference, wave)

    def difference(self, focal: str, reference: str, wave: str) -> np.ndarray:
        """Return the weights of the difference of the groups at ``wave``."""
        return self.cell(focal, wave) - self.cell(reference, wave)

"""Is a share that was counted over simulated cohorts where it must be?

In: hits and the interval that the true share must lie in. Out: `Rate`, with its Monte-Carlo error and whether
it holds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

ERRORS = 3.0
"""Monte-Carlo errors by which a counted share may lie outside its interval (or must lie beyond it)."""


@dataclass(frozen=True)
class Gate:
    """Where a true share must lie."""

    least: float = 0.0
    most: float = 1.0
    beyond: bool = False
    """Whether the count itself must show it: errors then narrow the interval and do not widen it."""

    def limits(self, cohorts: int) -> tuple[float, float]:
        """Return between which counted shares the gate holds.

        The error is that at the limit, sqrt(p (1 - p) / cohorts): a test of the limit as the truth.
        """
        sign = -1 if self.beyond else 1
        return (
            self.least - sign * ERRORS * monte_carlo_error(self.least, cohorts),
            self.most + sign * ERRORS * monte_carlo_error(self.most, cohorts),
        )

    @property
    def words(self) -> str:
        """The interval in per cent, as a reader would say it."""
        if self.beyond:
            return f"above {100 * self.least:g}, by {ERRORS:g} errors"
        if self.least == 0:
            return f"at most {100 * self.most:g}"
        return f"{100 * self.least:g} to {100 * self.most:g}"


@dataclass(frozen=True)
class Rate:
    """A share counted over cohorts."""

    hits: int
    cohorts: int
    """Those that have an estimate."""
    gate: Gate

    @property
    def share(self) -> float:
        """Hits over cohorts; NaN where there are none."""
        return self.hits / self.cohorts if self.cohorts else float("nan")

    @property
    def error(self) -> float:
        """Its Monte-Carlo standard error."""
        return monte_carlo_error(self.share, self.cohorts)

    @property
    def holds(self) -> bool:
        """Whether the share lies within its gate; not where no cohort could be counted."""
        least, most = self.gate.limits(max(self.cohorts, 1))
        return bool(least <= self.share <= most)


def monte_carlo_error(share: float, cohorts: int) -> float:
    """Return the standard error of a share of ``cohorts``."""
    return float(np.sqrt(share * (1 - share) / cohorts)) if cohorts else float("nan")

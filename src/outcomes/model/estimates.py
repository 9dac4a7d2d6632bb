"""What is an estimate, and what interval and p value go with it?

In: an estimate in scale points, its standard error and degrees of freedom. Out: t intervals and p values.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import t

Row = dict[str, Any]
"""Column to cell; a column that is not there is an empty cell."""


def degrees(df: float | None) -> float:
    """Return ``df``, infinity where there is none: t is the normal distribution there."""
    return np.inf if df is None else float(df)


def limits(
    estimate: float, std_error: float, confidence: float, df: float | None = None
) -> tuple[float, float]:
    """Return the two-sided interval at ``confidence`` by t with ``df`` (None: by the normal distribution)."""
    half = float(t.ppf(0.5 + confidence / 2, degrees(df))) * std_error
    return estimate - half, estimate + half


def welch(*parts: tuple[float, float]) -> float:
    """Return the degrees of freedom of a sum of independent variances, each with its own.

    (sum v)^2 / sum(v^2 / df) (Satterthwaite 1946, doi 10.2307/3002019; Welch 1947, doi 10.2307/2332510).
    """
    spent = sum(variance**2 / df for variance, df in parts)
    return float(sum(variance for variance, _ in parts) ** 2 / spent) if spent > 0 else np.inf


@dataclass(frozen=True)
class Estimate:
    """An estimate in scale points with its standard error; both None where the status says why."""

    estimate: float | None
    std_error: float | None
    status: str
    df: float | None
    """Degrees of freedom of t; None or infinity where the statistic is referred to the normal."""
    df_method: str

    def inference(self, confidence: float) -> Row:
        """Return the columns of an estimate: its t interval, two-sided p; nothing without one."""
        if self.estimate is None or self.std_error is None:
            return {}
        low, high = limits(self.estimate, self.std_error, confidence, self.df)
        statistic = self.estimate / self.std_error
        df = degrees(self.df)
        return {
            "estimate": self.estimate, "std_error": self.std_error, "statistic": statistic,
            "df": df if np.isfinite(df) else None, "low": low, "high": high,
            "p_value": 2 * float(t.sf(abs(statistic), df)),
        }  # fmt: skip

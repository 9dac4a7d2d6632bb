"""How far must intervals reach so that all of them hold together?

In: the correlation of contrasts and their degrees of freedom. Out: the critical value of the largest |t|.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.polynomial import chebyshev
from scipy.optimize import brentq
from scipy.stats import chi2, f, norm, qmc, t

POINTS = 12
"""Binary logarithm of the number of quasi-random directions; the critical value is right to about 1e-4."""
SEED = 20260101
NODES = 48
"""Points at which the radius is integrated: the mean over all directions follows from them to about 1e-9."""


def critical(correlation: np.ndarray, df: float, confidence: float) -> float:
    """Return c with P(all |T_j| <= c) = ``confidence`` for T multivariate t.

    Single step (Hothorn, Bretz & Westfall 2008, doi 10.1002/bimj.200810425). ``correlation`` is L x L and may
    be singular; ``df`` may be infinite. T is a radius times a direction, independent of each other (Genz &
    Bretz 2009, Computation of Multivariate Normal and t Probabilities, 4.1): the radius is integrated
    exactly, the direction by a fixed scrambled Sobol sequence, so that the same input gives the same value.
    """
    values, vectors = np.linalg.eigh((correlation + correlation.T) / 2)
    held = values > 1e-10 * values[-1]
    rank = int(held.sum())
    if rank == 1:
        return float(t.ppf(0.5 + confidence / 2, df))
    root = vectors[:, held] * np.sqrt(values[held])
    longest, share = _condensed(np.abs(_directions(rank) @ root.T).max(axis=1))

    def miss(bound: float) -> float:
        reach = (bound / longest) ** 2
        inside = chi2.cdf(reach, rank) if np.isinf(df) else f.cdf(reach / rank, rank, df)
        return float(share @ inside) - confidence

    least = float(t.ppf(0.5 + confidence / 2, df))
    most = float(t.ppf(1 - (1 - confidence) / 2 / len(correlation), df))
    return float(brentq(miss, 0.98 * least, 1.02 * most, xtol=1e-8))


def _condensed(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return nodes and weights with which a smooth function has its mean over ``values`` (Chebyshev)."""
    low, high = values.min(), values.max()
    half = max((high - low) / 2, 1e-12)
    nodes = chebyshev.chebpts1(NODES)
    basis = chebyshev.chebvander(nodes, NODES - 1)
    mean = chebyshev.chebvander((values - low) / half - 1, NODES - 1).mean(axis=0)
    mean[0] /= 2
    return low + half * (1 + nodes), 2 / NODES * (basis @ mean)


@lru_cache
def _directions(width: int) -> np.ndarray:
    """Return points spread evenly over the unit sphere (points x width)."""
    uniform = qmc.Sobol(width, scramble=True, rng=SEED).random_base2(POINTS)
    normal = norm.ppf(np.clip(uniform, 1e-12, 1 - 1e-12))
    return normal / np.sqrt((normal**2).sum(axis=1, keepdims=True))

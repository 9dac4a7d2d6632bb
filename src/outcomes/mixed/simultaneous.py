"""How far must intervals reach so that all of them hold together?

In: the correlation of contrasts and their degrees of freedom. Out: the critical value of the largest |t|.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import brentq
from scipy.stats import chi2, norm, qmc, t

POINTS = 15
"""Binary logarithm of the number of quasi-random points; the critical value is right to about 1e-3."""
SEED = 20260101


def critical(correlation: np.ndarray, df: float, confidence: float) -> float:
    """Return c with P(all |T_j| <= c) = ``confidence`` for T multivariate t (Hothorn, Bretz & Westfall 2008,
    doi 10.1002/bimj.200810425, single step).

    ``correlation`` is L x L and may be singular; ``df`` may be infinite. The normal part is integrated by a
    fixed scrambled Sobol sequence, so that the same input gives the same value; the chi part exactly.
    """
    width = len(correlation)
    if width == 1 or np.allclose(np.abs(correlation), 1.0):
        return float(t.ppf(0.5 + confidence / 2, df))
    values, vectors = np.linalg.eigh((correlation + correlation.T) / 2)
    root = vectors * np.sqrt(np.maximum(values, 0))
    uniform = qmc.Sobol(width, scramble=True, rng=SEED).random_base2(POINTS)
    largest = np.abs(norm.ppf(np.clip(uniform, 1e-12, 1 - 1e-12)) @ root.T).max(axis=1)
    if np.isinf(df):
        return float(np.quantile(largest, confidence))

    def miss(bound: float) -> float:
        return float(chi2.sf(df * (largest / bound) ** 2, df).mean()) - confidence

    least, most = float(t.ppf(0.5 + confidence / 2, df)), float(t.ppf(1 - (1 - confidence) / 2 / width, df))
    return float(brentq(miss, 0.98 * least, 1.02 * most, xtol=1e-10))

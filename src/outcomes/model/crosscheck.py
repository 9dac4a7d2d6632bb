"""Does a second criterion agree with the engine, on this run and these data?

In: a fit of the engine with its rows. Out: what was found, in words for the table `fits`; a fit that another
criterion beats stops the run.
"""

from __future__ import annotations

import warnings

import numpy as np
from statsmodels.regression.mixed_linear_model import MixedLM

from outcomes.errors import DataError, Problem
from outcomes.mixed import Fit
from outcomes.model.dense import Dense

HIGHER = 1e-5
"""How much higher another criterion must be for the run to fail."""
SAME = 1e-6
"""Difference of log-likelihoods, relative where they are large, that is rounding."""
STARTS = 5
"""Perturbed starts of the search that checks an unstructured fit."""
SPREAD = 0.3
"""Standard deviation by which each start's Cholesky factor is perturbed, relative to it."""
SEED = 2026


def cross_check(fit: Fit, over_waves: np.ndarray, label: str) -> str:
    """Return what a second criterion says of ``fit``; ``over_waves`` is its covariance over its waves (T x
    T).

    The dense criterion must give the engine's log-likelihood at the engine's solution. Then intercept and
    slope are fitted by statsmodels MixedLM (bfgs, gtol 1e-8) and an unstructured covariance is searched from
    5 perturbed starts; the dense criterion judges where they end. Raises DataError, naming ``label``, where
    one of them is higher by more than 1e-5; where MixedLM ends lower, the words say so.
    """
    if not fit.solved:
        return "not checked: no solution"
    basis, rows = fit.solution.products.basis, fit.rows
    columns = basis.orthonormal(rows.design) * np.sqrt(len(rows.person))
    wave = rows.wave if rows.wave is not None else np.zeros(0, dtype=int)
    score = rows.response[:, 0]
    dense = Dense.of(score, columns, rows.person, wave)
    # the dense criterion is of the columns in another basis: log|X'X| differs by a constant
    moved = 0.5 * (np.log(len(rows.person)) * columns.shape[1] - basis.log_det)
    ours, again = fit.log_likelihood, dense.log_likelihood(over_waves) + moved
    if abs(ours - again) > max(SAME, 1e-10 * abs(ours)):
        raise _beaten(label, "the dense criterion", again - ours)
    if fit.structure == "unstructured over waves":
        return _searched(dense, over_waves, ours - moved, label)
    if fit.structure in ("person intercept", "intercept and slope"):
        return _against_mixedlm(fit, dense, columns, ours - moved, label)
    return "the dense criterion has the same value"


def _beaten(label: str, other: str, by: float) -> DataError:
    found = f"a restricted log-likelihood by {other} that differs from the engine's by {by:+.2g}"
    mend = "report this with the data's shape: the fit can't be trusted"
    return DataError([Problem(f"model of {label}", found, f"a difference below {HIGHER:g}", mend)])


def _searched(dense: Dense, over_waves: np.ndarray, ours: float, label: str) -> str:
    random = np.random.default_rng(SEED)
    lower = np.linalg.cholesky(over_waves)
    ends = []
    for _ in range(STARTS):
        start = lower * (1 + SPREAD * random.standard_normal(lower.shape))
        ends.append(dense.search(start @ start.T))
    if max(ends) > ours + HIGHER:
        raise _beaten(label, "a search from another start", max(ends) - ours)
    same = sum(end > ours - HIGHER for end in ends)
    return f"the dense criterion has the same value; {same} of {STARTS} other starts end there, none higher"


def _against_mixedlm(fit: Fit, dense: Dense, columns: np.ndarray, ours: float, label: str) -> str:
    """Fit MixedLM on the same rows and judge its end by the dense criterion."""
    rows = fit.rows
    has_slope = fit.structure == "intercept and slope"
    effects = np.ones((len(rows.person), 1))
    times = np.zeros(len(dense.there[0]))
    if has_slope and rows.time is not None and rows.wave is not None:
        centred = (rows.time - rows.time.mean()) / rows.time.std()
        effects = np.column_stack([effects, centred])
        times[rows.wave] = centred
    size = rows.response[:, 0].std()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the dense criterion judges the result, not MixedLM's warnings
        try:
            model = MixedLM(rows.response[:, 0] / size, columns, groups=rows.person, exog_re=effects)
            found = model.fit(reml=True, method=["bfgs"], gtol=1e-8)
        except (np.linalg.LinAlgError, ValueError):
            return "the dense criterion has the same value; MixedLM ended in no solution"
    loadings = np.column_stack([np.ones_like(times), times])[:, : effects.shape[1]]
    held = np.asarray(found.cov_re)
    covariance = (loadings @ held @ loadings.T + found.scale * np.eye(len(times))) * size**2
    theirs = dense.log_likelihood(covariance)
    if theirs > ours + HIGHER:
        raise _beaten(label, "statsmodels MixedLM", theirs - ours)
    if not theirs >= ours - HIGHER:
        lower = f"{ours - theirs:.2g} lower" if np.isfinite(theirs) else "without a likelihood"
        return f"the dense criterion has the same value; MixedLM ended {lower}"
    return f"the dense criterion has the same value; MixedLM too{_distance(fit, found, held, effects, size)}"


def _distance(fit: Fit, found: object, held: np.ndarray, effects: np.ndarray, size: float) -> str:
    """Return how far MixedLM's coefficients and GLS standard errors lie from the engine's, in words."""
    solution, rows = fit.solution, fit.rows
    columns = solution.products.basis.orthonormal(rows.design)
    root = np.sqrt(len(rows.person))
    theirs = np.asarray(found.fe_params) * root * size  # type: ignore[attr-defined]
    errors = np.sqrt(np.diag(solution.covariance[0]))
    miss = float(np.abs((theirs - solution.coefficients[0]) / errors).max())
    information = _information(columns, effects, rows.starts, held / float(found.scale))  # type: ignore[attr-defined]
    gls = np.sqrt(np.diag(np.linalg.inv(information)) * float(found.scale)) * size  # type: ignore[attr-defined]
    ratio = float(np.abs(gls / errors - 1).max())
    return f" (coefficients within {_bound(miss)} SE, GLS standard errors within {_bound(ratio)})"


def _information(columns: np.ndarray, effects: np.ndarray, starts: np.ndarray, psi: np.ndarray) -> np.ndarray:
    """Return X'V^-1 X with V = I + Z psi Z', person by person."""
    ends = [*starts[1:], len(columns)]
    total = columns.T @ columns
    for start, end in zip(starts, ends, strict=True):
        of_x, of_z = columns[start:end], effects[start:end]
        inner = of_z.T @ of_z
        carried = of_z.T @ of_x
        total = total - carried.T @ psi @ np.linalg.solve(np.eye(len(psi)) + inner @ psi, carried)
    return total


def _bound(value: float) -> str:
    """Return the next power of ten above ``value``, at least 1e-8."""
    return f"1e{max(int(np.ceil(np.log10(max(value, 1e-300)))), -8)}"

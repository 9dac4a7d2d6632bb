"""What does the regression of the published study say: gain on SES and covariates, and the R2 that SES adds?

In: scores, people. Out: rows of ols. The gain is the last asked wave minus the baseline, complete pairs; SES
is 1 for low and 0 for high, people of unknown SES and of a comparison arm are left out. This is the method of
Lyden (2026), not the primary model.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from statsmodels.regression.linear_model import OLS

from outcomes.mixed.basis import independent
from outcomes.model.design import FOCAL, REFERENCE, dummies, mentored, scored
from outcomes.model.estimates import Row
from outcomes.study import Reproduction
from outcomes.study.stages import Modelling

CHUNK = 1_000
"""Replicates whose weights are held in memory at a time."""


def ols(scores: pd.DataFrame, people: pd.DataFrame, part: Modelling) -> Iterator[Row]:
    """Yield the regression of each outcome that is asked at the baseline and later and is no share."""
    if part.reproduction is None:
        return
    for name, outcome in part.outcomes.items():
        if outcome.is_share or len(outcome.waves) < 2 or outcome.waves[0] != part.waves[0]:
            continue
        rows = mentored(scored(name, scores, people, part))
        pairs = complete_pairs(
            rows[rows["ses"].isin([FOCAL, REFERENCE])], outcome.waves[0], outcome.waves[-1]
        )
        yield {
            "outcome": name, "domain": outcome.domain, "wave": outcome.waves[-1], "n": len(pairs),
            **_regression(pairs, part.reproduction, part),
        }  # fmt: skip


def complete_pairs(rows: pd.DataFrame, first: str, last: str) -> pd.DataFrame:
    """Return a row a person scored at both waves, with `gain` = last - first, in the order of the rows."""
    start = rows.loc[rows["wave"] == first].set_index("person")
    end = rows.loc[rows["wave"] == last].set_index("person")["score"]
    return start.assign(gain=(end - start["score"]).astype(float)).dropna(subset="gain")


def _regression(pairs: pd.DataFrame, reproduction: Reproduction, part: Modelling) -> Row:
    """Return estimate, t interval, p, R2 and the R2 that SES adds, or the status that says why not."""
    levels = {name: part.covariates[name] for name in reproduction.covariates}
    controls = np.column_stack([np.ones(len(pairs)), *dummies(pairs, levels).values()])
    controls = controls[:, independent(controls)]
    ses = (pairs["ses"] == FOCAL).to_numpy(dtype=float)
    full = np.column_stack([controls, ses])
    gain = pairs["gain"].to_numpy()
    if problem := _hopeless(full, gain):
        return {"status": problem}
    fit, reduced = OLS(gain, full).fit(), OLS(gain, controls).fit()
    low, high = fit.conf_int(alpha=1 - part.model.confidence)[-1]
    tails = [(1 - part.model.confidence) / 2, (1 + part.model.confidence) / 2]
    replicates = bootstrap_added(controls, ses, gain, reproduction.replicates, reproduction.seed)
    added_low, added_high = np.quantile(replicates, tails)
    return {
        "estimate": fit.params[-1], "std_error": fit.bse[-1], "df": fit.df_resid, "low": low, "high": high,
        "p_value": fit.pvalues[-1], "r2": fit.rsquared, "r2_adjusted": fit.rsquared_adj,
        "r2_added": fit.rsquared - reduced.rsquared, "r2_added_low": added_low, "r2_added_high": added_high,
        "status": "ok",
    }  # fmt: skip


def _hopeless(full: np.ndarray, gain: np.ndarray) -> str | None:
    if len(gain) <= full.shape[1]:
        return "not estimable: no more people than coefficients"
    if not independent(full)[-1]:
        return "not estimable: SES does not vary beyond the covariates"
    if np.ptp(gain) <= 1e-10 * np.abs(gain).max():
        return "not estimable: gains do not vary"
    return None


def bootstrap_added(
    controls: np.ndarray, ses: np.ndarray, gain: np.ndarray, replicates: int, seed: int
) -> np.ndarray:
    """Return the R2 that SES adds to ``controls`` (people x columns, constant first), a number a replicate.

    People are drawn with replacement (Efron & Tibshirani 1993, An Introduction to the Bootstrap, 13.3): a
    replicate is a multinomial weight a person times the person's cross-products, one matrix product for all
    replicates. A level that a replicate lacks is left out by the pseudo-inverse. Reproducible for a seed:
    people stand in the order of their values, whatever their names and the order of the rows.
    """
    columns = np.column_stack([controls, ses, gain - gain.mean()])
    columns = columns[np.lexsort(columns.T)]
    width = columns.shape[1]
    products = np.einsum("ni,nj->nij", columns, columns).reshape(len(gain), -1)
    random = np.random.default_rng(seed)
    added = []
    for start in range(0, replicates, CHUNK):
        weights = random.multinomial(
            len(gain), np.full(len(gain), 1 / len(gain)), min(CHUNK, replicates - start)
        )
        moments = (weights @ products).reshape(-1, width, width)
        total = moments[:, -1, -1] - moments[:, 0, -1] ** 2 / moments[:, 0, 0]
        difference = _left_over(moments, width - 2) - _left_over(moments, width - 1)
        added.append(np.divide(difference, total, out=np.zeros_like(total), where=total > 0))
    return np.concatenate(added)


def _left_over(moments: np.ndarray, width: int) -> np.ndarray:
    """Return the residual sum of squares of the last column on the first ``width``, a number a matrix."""
    inner, outer = moments[:, :width, :width], moments[:, :width, -1]
    inverse = np.linalg.pinv(inner, rcond=1e-10, hermitian=True)
    return moments[:, -1, -1] - np.einsum("bi,bij,bj->b", outer, inverse, outer)

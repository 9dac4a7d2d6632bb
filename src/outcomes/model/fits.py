"""What came of each fit, and how do scores of a person vary together over the waves?

In: the fitted model of an outcome. Out: its row of fits and its rows of components.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from outcomes.mixed import Fit
from outcomes.model.crosscheck import cross_check
from outcomes.model.estimates import Row
from outcomes.model.fitted import Fitted


def fit_row(model: Fitted) -> Row:
    """Return what came of a fit; the terms that the data can't tell from others are named in its status."""
    row: Row = {
        "outcome": model.name, "adjusted": model.adjusted, "structure": model.structure, "method": "REML",
        "df_method": model.df_method, "n": model.rows["person"].nunique(), "n_rows": len(model.rows),
        "status": model.status,
    }  # fmt: skip
    if model.baseline_spread is not None:
        row["baseline_sd"], row["baseline_df"] = model.baseline_spread
    if model.fit is not None and model.fit.fall_back:
        row["fall_back"] = f"declared {model.fit.declared}: {model.fit.fall_back}"
    if model.fit is not None and model.fit.solved:
        row |= _summary(model.fit, model.name)
        if model.fit.dropped:
            row["status"] += f", without {', '.join(model.fit.dropped)}"
    return row


def _summary(fit: Fit, name: str) -> Row:
    """Return likelihood, variances, shares of variance and the cross-check of a solved fit."""
    explained = fit.explained
    row: Row = {
        "log_likelihood": fit.log_likelihood, "icc": explained.icc, "r2_marginal": explained.marginal,
        "r2_conditional": explained.conditional, "cross_check": cross_check(fit, fit.over_waves, name),
    }  # fmt: skip
    if not fit.solution.products.structure.by_wave:
        row["person_variance"] = float(fit.random_covariance[0, 0])
        if len(fit.random_covariance) > 1:
            row["slope_variance"] = float(fit.random_covariance[1, 1])
        row["residual_variance"] = fit.residual_variance
    return {column: cell for column, cell in row.items() if not isinstance(cell, float) or np.isfinite(cell)}


def components(model: Fitted) -> Iterator[Row]:
    """Yield variances, covariances and correlations of a person's scores over the waves that have a score.

    They are those that the fit implies, all sources of variance together, in squared scale points.
    """
    if model.fit is None or not model.fit.solved:
        return
    waves = [model.outcome.waves[place] for place in model.fit.waves]
    covariance = model.fit.over_waves
    people = model.rows["person"].nunique()
    deviations = np.sqrt(np.diag(covariance))
    correlation = covariance / np.outer(deviations, deviations)
    for kind, matrix in (("variance", covariance), ("covariance", covariance), ("correlation", correlation)):
        for place, wave in enumerate(waves):
            for other in range(place, place + 1) if kind == "variance" else range(place):
                yield {
                    "outcome": model.name, "adjusted": model.adjusted, "component": kind, "wave": wave,
                    "other_wave": waves[other], "n": people, "estimate": float(matrix[place, other]),
                }  # fmt: skip

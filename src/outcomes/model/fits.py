"""What came of each fit, and how do scores of a person vary together over the waves?

In: the fitted model of an outcome. Out: its row of fits and its rows of components.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from outcomes.model.estimates import Row
from outcomes.model.fitted import Fitted


def fit_row(model: Fitted) -> Row:
    """Return what came of a fit; the terms that the data can't tell from others are named in its status."""
    fit = model.fit
    row: Row = {
        "outcome": model.name, "adjusted": model.adjusted, "structure": fit.structure, "method": "REML",
        "df_method": fit.df_method, "n": model.rows["person"].nunique(), "n_rows": len(model.rows),
        "status": fit.status,
    }  # fmt: skip
    if model.baseline_spread is not None:
        row["baseline_sd"], row["baseline_df"] = model.baseline_spread
    if fit.solved:
        row |= fit.summary()
        if model.design.dropped:
            row["status"] += f", without {', '.join(model.design.dropped)}"
    return row


def components(model: Fitted) -> Iterator[Row]:
    """Yield variances, covariances and correlations of a person's scores over the outcome's waves.

    They are those that the fit implies, all sources of variance together, in squared scale points.
    """
    waves = model.outcome.waves
    covariance = model.fit.over_waves(len(waves))
    if covariance is None:
        return
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

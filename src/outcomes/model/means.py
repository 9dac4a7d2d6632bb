"""Where did each group stand at each wave, and what came of each fit?

In: the fitted (unadjusted) model of an outcome, or the 0/1 scores of a share. Out: rows of means and of fits.
"""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
from statsmodels.stats.proportion import proportion_confint

from outcomes.columns import GROUPS
from outcomes.model.contrasts import Row
from outcomes.model.fitted import STRUCTURE, Fitted
from outcomes.study.stages import Modelled


def means(model: Fitted, confidence: float) -> Iterator[Row]:
    """Yield observed mean and SD (n - 1) and the model's marginal mean of each group and wave, in scale points."""
    for group in (group for group in GROUPS if group in model.groups):
        for wave in model.outcome.waves:
            n = model.people(group, wave)
            wald = model.estimate(model.design.cell(group, wave), n).wald(confidence)
            marginal = {name: wald[name] for name in ("estimate", "std_error", "low", "high")}
            yield _observed(model.name, model.outcome, group, wave, model.rows) | marginal


def shares(name: str, outcome: Modelled, rows: pd.DataFrame, groups: tuple[str, ...], confidence: float) -> Iterator[Row]:
    """Yield the share of each group at each wave with its Wilson interval; estimate is the share itself."""
    for group in (group for group in GROUPS if group in groups):
        for wave in outcome.waves:
            observed = _observed(name, outcome, group, wave, rows)
            share = {"estimate": observed["mean"], "std_error": None, "low": None, "high": None}
            if observed["n"]:
                of_cell = rows.loc[(rows["ses"] == group) & (rows["wave"] == wave), "score"]
                share["low"], share["high"] = wilson(int(of_cell.sum()), len(of_cell), confidence)
            yield observed | share


def wilson(count: int, n: int, confidence: float) -> tuple[float, float]:
    """Return Wilson's interval for a share (Wilson 1927, doi 10.1080/01621459.1927.10502953; statsmodels)."""
    low, high = proportion_confint(count, n, alpha=1 - confidence, method="wilson")
    return float(low), float(high)


def fit_row(model: Fitted) -> Row:
    """Return what came of a fit; terms that the data can't tell from others are named in its status."""
    fit, spread = model.fit, model.baseline_spread()
    left_out = f", without {', '.join(model.design.dropped)}" if fit.solved and model.design.dropped else ""
    found: Row = dict.fromkeys(("log_likelihood", "person_variance", "residual_variance", "icc"))
    if fit.solved:
        total = fit.person_variance + fit.residual_variance
        found = {
            "log_likelihood": fit.log_likelihood, "person_variance": fit.person_variance,
            "residual_variance": fit.residual_variance, "icc": fit.person_variance / total,
        }  # fmt: skip
    return {
        "outcome": model.name, "adjusted": model.adjusted, "structure": STRUCTURE, "method": "REML",
        "n": model.rows["person"].nunique(), "n_rows": len(model.rows), **found,
        "baseline_sd": spread[0] if spread else None, "status": fit.status + left_out,
    }  # fmt: skip


def _observed(name: str, outcome: Modelled, group: str, wave: str, rows: pd.DataFrame) -> Row:
    of_cell = rows.loc[(rows["ses"] == group) & (rows["wave"] == wave), "score"].astype(float)
    return {
        "outcome": name, "domain": outcome.domain, "group": group, "wave": wave, "n": len(of_cell),
        "mean": of_cell.mean() if len(of_cell) else None, "sd": of_cell.std() if len(of_cell) > 1 else None,
    }  # fmt: skip

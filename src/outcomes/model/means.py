"""Where did each group stand at each wave?

In: the fitted (unadjusted) model of an outcome, or the 0/1 scores of a share. Out: rows of means.
"""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
from statsmodels.stats.proportion import proportion_confint

from outcomes.columns import GROUPS
from outcomes.model.design import Cell
from outcomes.model.estimates import Row
from outcomes.model.fitted import Fitted
from outcomes.study.stages import Modelled


def means(model: Fitted, confidence: float) -> Iterator[Row]:
    """Yield observed mean and SD (n - 1) and marginal mean of each group and wave, in scale points."""
    for cell, wave, scores in _cells(model.rows, model.cells, model.outcome):
        told = model.estimate(model.design.cell(cell.name, wave), len(scores)).inference(confidence)
        marginal = {name: told.get(name) for name in ("estimate", "std_error", "low", "high")}
        yield _observed(model.name, model.outcome, cell, wave, scores) | marginal


def shares(
    name: str, outcome: Modelled, rows: pd.DataFrame, cells: tuple[Cell, ...], confidence: float
) -> Iterator[Row]:
    """Yield the share of each group at each wave with its Wilson interval; the estimate is the share."""
    for cell, wave, scores in _cells(rows, cells, outcome):
        row = _observed(name, outcome, cell, wave, scores)
        if len(scores):
            low, high = wilson(int(scores.sum()), len(scores), confidence)
            row |= {"estimate": row["mean"], "low": low, "high": high}
        yield row


def wilson(count: int, n: int, confidence: float) -> tuple[float, float]:
    """Return the interval for ``count`` / ``n`` (Wilson 1927, doi 10.1080/01621459.1927.10502953)."""
    low, high = proportion_confint(count, n, alpha=1 - confidence, method="wilson")
    return float(low), float(high)


def _cells(
    rows: pd.DataFrame, cells: tuple[Cell, ...], outcome: Modelled
) -> Iterator[tuple[Cell, str, pd.Series]]:
    arms = list(dict.fromkeys(cell.arm for cell in cells))
    for cell in sorted(cells, key=lambda cell: (arms.index(cell.arm), GROUPS.index(cell.group))):
        for wave in outcome.waves:
            there = (rows["cell"] == cell.name) & (rows["wave"] == wave)
            yield cell, wave, rows.loc[there, "score"].astype(float)


def _observed(name: str, outcome: Modelled, cell: Cell, wave: str, scores: pd.Series) -> Row:
    return {
        "outcome": name, "domain": outcome.domain, "group": cell.group, "arm": cell.arm or None, "wave": wave,
        "n": len(scores), "mean": scores.mean(), "sd": scores.std(),
    }  # fmt: skip

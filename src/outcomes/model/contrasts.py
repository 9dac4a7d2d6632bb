"""How much did each group gain, and how large is the gap?

In: the fitted model of an outcome. Out: rows of gains (a group and later wave) and of contrasts, low minus
high SES (the gap in gains at each later wave, the difference of the groups at each wave).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from outcomes.model.design import FOCAL, REFERENCE
from outcomes.model.fitted import DF_METHOD, STRUCTURE, Estimate, Fitted, limits

Row = dict[str, Any]
"""Column to cell; a column that is not there is an empty cell."""


def gains(model: Fitted, confidence: float) -> Iterator[Row]:
    """Yield the gain of each group since the baseline, at each later wave."""
    for wave in model.later_waves:
        for group in model.groups:
            n = model.people(group, model.baseline, wave)
            estimate = model.estimate(_gain(model, group, wave), n)
            yield _row(model, "gain", group, wave, n, estimate, confidence)


def contrasts(model: Fitted, confidence: float) -> Iterator[Row]:
    """Yield the gap in gains at each later wave, then the difference of the groups at each wave."""
    both = f"{FOCAL} - {REFERENCE}"
    for wave in model.later_waves:
        weights = _gain(model, FOCAL, wave) - _gain(model, REFERENCE, wave)
        n = [model.people(group, model.baseline, wave) for group in (FOCAL, REFERENCE)]
        yield _row(model, "gap", both, wave, sum(n), model.estimate(weights, min(n)), confidence)
    for wave in model.outcome.waves:
        weights = model.design.cell(FOCAL, wave) - model.design.cell(REFERENCE, wave)
        n = [model.people(group, wave) for group in (FOCAL, REFERENCE)]
        yield _row(model, "difference", both, wave, sum(n), model.estimate(weights, min(n)), confidence)


def standardised(estimate: Estimate, spread: tuple[float, int] | None, confidence: float) -> Row:
    """Return estimate / SD with its interval; ``spread`` is the SD and its degrees of freedom.

    The SD is that within low and high SES at the baseline, pooled (Morris 2008, doi 10.1177/1094428106291059,
    without the small-sample factor). Delta method with the SD's own error, taken as independent of the
    estimate: var(d) = se^2 / SD^2 + d^2 / (2 df) (Hedges 1981, doi 10.3102/10769986006002107).
    """
    if estimate.estimate is None or estimate.std_error is None or spread is None:
        return {}
    sd, df = spread
    d = estimate.estimate / sd
    low, high = limits(d, float(np.hypot(estimate.std_error / sd, d / np.sqrt(2 * df))), confidence)
    return {"standardised": d, "standardised_low": low, "standardised_high": high}


def _gain(model: Fitted, group: str, wave: str) -> np.ndarray:
    return model.design.cell(group, wave) - model.design.cell(group, model.baseline)


def _row(
    model: Fitted, contrast: str, group: str, wave: str, n: int, estimate: Estimate, confidence: float
) -> Row:
    spread, status = model.baseline_spread, estimate.status
    if estimate.estimate is not None and model.later_waves and spread is None:
        status += ", not standardised: scores do not vary at the baseline"
    return {
        "outcome": model.name, "domain": model.outcome.domain, "contrast": contrast, "group": group,
        "wave": wave, "adjusted": model.adjusted, "n": n, **estimate.wald(confidence),
        "df_method": DF_METHOD, **standardised(estimate, spread, confidence), "structure": STRUCTURE,
        "status": status,
    }  # fmt: skip

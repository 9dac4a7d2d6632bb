"""How much did each group gain, and how large is the gap?

In: the fitted model of an outcome. Out: rows of gains (a group and later wave) and of contrasts (low minus high SES:
the gap in gains at each later wave, the difference of the groups at each wave).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy.stats import norm

from outcomes.model.design import FOCAL, REFERENCE
from outcomes.model.fitted import DF_METHOD, STRUCTURE, Estimate, Fitted

Row = dict[str, Any]


def gains(model: Fitted, confidence: float) -> Iterator[Row]:
    """Yield the gain of each group since the baseline, at each later wave."""
    for wave in model.later_waves:
        for group in model.groups:
            n = model.people(group, str(model.baseline), wave)
            yield _row(model, "gain", group, wave, n, model.estimate(_gain(model, group, wave), n), confidence)


def contrasts(model: Fitted, confidence: float) -> Iterator[Row]:
    """Yield the gap in gains at each later wave, then the difference of the groups at each wave (focal - reference)."""
    both = f"{FOCAL} - {REFERENCE}"
    for wave in model.later_waves:
        gap = _gain(model, FOCAL, wave) - _gain(model, REFERENCE, wave)
        n = [model.people(group, str(model.baseline), wave) for group in (FOCAL, REFERENCE)]
        yield _row(model, "gap", both, wave, sum(n), model.estimate(gap, min(n)), confidence)
    for wave in model.outcome.waves:
        difference = model.design.cell(FOCAL, wave) - model.design.cell(REFERENCE, wave)
        n = [model.people(group, wave) for group in (FOCAL, REFERENCE)]
        yield _row(model, "difference", both, wave, sum(n), model.estimate(difference, min(n)), confidence)


def standardised(estimate: Estimate, spread: tuple[float, int] | None, confidence: float) -> Row:
    """Return estimate / SD with its interval; ``spread`` is the SD and its degrees of freedom.

    The SD is that within low and high SES at the baseline, pooled (Morris 2008, doi 10.1177/1094428106291059, without
    the small-sample factor). Delta method with the SD's own error, taken as independent of the estimate:
    var(d) = se^2 / SD^2 + d^2 / (2 df) (Hedges 1981, doi 10.3102/10769986006002107).
    """
    if estimate.estimate is None or estimate.std_error is None or spread is None:
        return dict.fromkeys(("standardised", "standardised_low", "standardised_high"))
    sd, df = spread
    d = estimate.estimate / sd
    half = norm.ppf(0.5 + confidence / 2) * np.sqrt((estimate.std_error / sd) ** 2 + d**2 / (2 * df))
    return {"standardised": d, "standardised_low": d - half, "standardised_high": d + half}


def _gain(model: Fitted, group: str, wave: str) -> np.ndarray:
    return model.design.cell(group, wave) - model.design.cell(group, str(model.baseline))


def _row(
    model: Fitted, contrast: str, group: str, wave: str, n: int, estimate: Estimate, confidence: float
) -> Row:
    spread = model.baseline_spread()
    bare = estimate.estimate is not None and model.baseline is not None and spread is None
    return {
        "outcome": model.name, "domain": model.outcome.domain, "contrast": contrast, "group": group, "wave": wave,
        "adjusted": model.adjusted, "n": n, **estimate.wald(confidence), "df_method": DF_METHOD, "p_adjusted": None,
        **standardised(estimate, spread, confidence), "structure": STRUCTURE,
        "status": f"{estimate.status}, not standardised: scores do not vary at the baseline" if bare else estimate.status,
    }  # fmt: skip

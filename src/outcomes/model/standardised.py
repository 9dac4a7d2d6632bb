"""How large is an estimate in standard deviations of the baseline?

In: an estimate and the pooled SD with its degrees of freedom. Out: standardised estimates with intervals that
carry the error of that SD.
"""

from __future__ import annotations

import numpy as np

from outcomes.model.estimates import Estimate, Row, degrees, limits, welch

Spread = tuple[float, int]
"""The SD at the baseline within low and high SES (in each arm, if there are two), pooled, and its df."""


def standardised(estimate: Estimate, spread: Spread | None, confidence: float) -> Row:
    """Return estimate / SD with its interval; nothing where one of them is lacking.

    Delta method with the SD's own error, taken as independent of the estimate: var(d) = se^2 / SD^2 +
    d^2 / (2 df) (Hedges 1981, doi 10.3102/10769986006002107), referred to t with the Welch-Satterthwaite
    degrees of freedom of the two parts.
    """
    if estimate.estimate is None or estimate.std_error is None or spread is None:
        return {}
    sd, df = spread
    d = estimate.estimate / sd
    of_estimate, of_sd = (estimate.std_error / sd) ** 2, d**2 / (2 * df)
    joint = welch((of_estimate, degrees(estimate.df)), (of_sd, df))
    low, high = limits(d, float(np.sqrt(of_estimate + of_sd)), confidence, joint)
    return {"standardised": d, "standardised_low": low, "standardised_high": high}


def d_ppc2(estimate: Estimate, spread: Spread | None, confidence: float) -> Row:
    """Return Morris's d_ppc2 of a contrast of gains: the standardised contrast and its limits, times c.

    c = 1 - 3 / (4 df - 1) takes out the small-sample bias (Morris 2008, doi 10.1177/1094428106291059); df is
    that of the SD, the people scored at the baseline less their groups: n_low + n_high - 2, or the people of
    four cells - 4 with a comparison arm.
    """
    plain = standardised(estimate, spread, confidence)
    if not plain or spread is None:
        return {}
    factor = 1 - 3 / (4 * spread[1] - 1)
    return {f"d_ppc2{name.removeprefix('standardised')}": factor * cell for name, cell in plain.items()}

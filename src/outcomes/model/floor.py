"""Does the share of the focal group's people with an attribute stay above a floor?

In: the 0/1 scores of a share at the deciding wave. Out: what a verdict says of them.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import norm

from outcomes.model.design import mentored, scored
from outcomes.model.estimates import Row
from outcomes.model.means import wilson
from outcomes.study import Floor
from outcomes.study.stages import Modelling


def floor_test(
    claim: Floor, outcome: str, scores: pd.DataFrame, people: pd.DataFrame, part: Modelling, tests: int = 1
) -> Row:
    """Return n, share, Wilson's interval at 1 - 2 alpha, one-sided p and verdict for the focal group.

    A comparison arm is left out. p is the score test's, (share - floor) / sqrt(floor (1 - floor) / n)
    referred to the normal, of which Wilson's interval is the inversion: the lower limit lies above the floor
    exactly where p < alpha (Agresti & Coull 1998, doi 10.1080/00031305.1998.10480550). Simultaneous limits
    are Wilson's at Bonferroni's level over ``tests``. An outcome that is no share, or nobody scored, is not
    estimable.
    """
    rows = mentored(scored(outcome, scores, people, part))
    at_wave = rows.loc[(rows["ses"] == claim.focal) & (rows["wave"] == claim.wave), "score"].astype(float)
    n = len(at_wave)
    if n == 0 or not part.outcomes[outcome].is_share:
        return {"n": n}
    share = float(at_wave.mean())
    low, high = wilson(int(at_wave.sum()), n, claim.confidence)
    least, most = wilson(int(at_wave.sum()), n, 1 - (1 - claim.confidence) / tests)
    p_value = float(norm.sf((share - claim.floor) / np.sqrt(claim.floor * (1 - claim.floor) / n)))
    verdict = "floor met" if low > claim.floor else "floor not met" if high < claim.floor else "inconclusive"
    return {
        "n": n, "estimate": share, "low": low, "high": high,
        "simultaneous_low": least, "simultaneous_high": most, "p_value": p_value, "verdict": verdict,
    }  # fmt: skip

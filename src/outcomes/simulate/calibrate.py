"""Which planted numbers give the shares and the R2 that the cohort is to have?

Each target is hit by root finding (Brent's method) on one fixed set of random streams, so that the searched
function does not jitter. The rule for SES and the scoring are handed in: the simulation knows neither.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy.optimize import brentq

from outcomes.simulate.cohort import Population, population
from outcomes.simulate.design import Design
from outcomes.simulate.streams import Seed, stream
from outcomes.simulate.students import draw_students
from outcomes.study import Loaded

LOW_SHARE = 1 / 3
"""Low-SES mentees among all mentees, by the study's rule."""
UNKNOWN_SHARE = 0.08
"""Mentees of unknown SES."""
R2_ADDED = 0.115
"""R2 that SES adds in the regression of the gain in `CALIBRATED` (Lyden, thesis: 11.5 % for self-belief)."""
CALIBRATED = "self_belief"

Groups = Callable[[pd.DataFrame], pd.Series]
Added = Callable[[Population], float]


def calibrate(
    loaded: Loaded, design: Design, seed: Seed, people: int, groups: Groups, added: Added
) -> Design:
    """Return ``design`` with `no_record`, `mentee_disadvantage` and self-belief's slope set to the targets.

    ``groups`` gives the SES group of students by the study's rule; ``added`` the R2 that SES adds to the
    regression of the gain in `CALIBRATED`, in a population that holds that outcome alone. Numbers are rounded
    to four decimals.
    """
    sizes = sizes_of(people, design)

    def share(changed: Design, group: str) -> float:
        drawn = draw_students(changed, sizes, changed.mentee_disadvantage, stream(seed, "students"))
        return float((groups(drawn) == group).mean())

    def missed(slope: float) -> float:
        return added(population(loaded, with_slope(design, slope), seed, sizes, [CALIBRATED])) - R2_ADDED

    design = replace(
        design,
        no_record=_root(
            lambda chance: share(replace(design, no_record=chance), "unknown") - UNKNOWN_SHARE, 0.01, 0.3
        ),
    )
    design = replace(
        design,
        mentee_disadvantage=_root(
            lambda mean: share(replace(design, mentee_disadvantage=mean), "low") - LOW_SHARE, -1.0, 1.0
        ),
    )
    return with_slope(design, _root(missed, 0.0, 2.0))


def with_slope(design: Design, slope: float) -> Design:
    """Return ``design`` with another effect of disadvantage on the gain in `CALIBRATED`."""
    traits = dict(design.traits)
    traits[CALIBRATED] = replace(traits[CALIBRATED], slope=slope)
    return replace(design, traits=traits)


def sizes_of(people: int, design: Design) -> dict[str, int]:
    """Return ``people`` mentees spread over the intakes as the design spreads its own."""
    intakes = np.array(list(design.intakes.values()))
    ends = np.rint(people * np.cumsum(intakes) / intakes.sum()).astype(int)
    return dict(zip(design.intakes, np.diff(ends, prepend=0).tolist(), strict=True))


def _root(miss: Callable[[float], float], low: float, high: float) -> float:
    return round(float(brentq(miss, low, high, xtol=1e-5)), 4)

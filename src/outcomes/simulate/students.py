"""Who the invented students are: their disadvantage, the indicators that it drives, and their covariates.

Out: a frame with one row a student: intake, disadvantage (latent), one column an indicator (missing where
unknown) and one a covariate, values as a register holds them.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy.special import expit, logit
from scipy.stats import norm

from outcomes.simulate.design import Design, Marker


def draw_students(
    design: Design, sizes: Mapping[str, int], mean: float, rng: np.random.Generator
) -> pd.DataFrame:
    """Return students by intake (``sizes``: intake to number) whose disadvantage is normal (``mean``, 1)."""
    n = sum(sizes.values())
    disadvantage = mean + rng.standard_normal(n)
    own = np.sqrt(1 - design.area_correlation**2)
    area = design.area_correlation * disadvantage + own * rng.standard_normal(n)
    recorded = rng.random(n) >= expit(logit(design.no_record) + design.no_record_tilt * (disadvantage - mean))
    columns: dict[str, object] = {
        "intake": pd.Categorical(np.repeat(list(sizes), list(sizes.values())), categories=list(sizes)),
        "disadvantage": disadvantage,
    }
    for name, marker in design.markers.items():
        columns[name] = _marked(marker, area if marker.area else disadvantage, recorded, rng)
    for name, shares in design.covariates.items():
        tilt = design.ethnicity_tilt * disadvantage if name == "ethnicity" else np.zeros(n)
        columns[name] = _one_of(shares, tilt, rng)
    return pd.DataFrame(columns)


def _marked(
    marker: Marker, driver: np.ndarray, recorded: np.ndarray, rng: np.random.Generator
) -> pd.Categorical[str]:
    noise = np.sqrt(1 - marker.loading**2) * rng.standard_normal(len(driver))
    known = recorded & (rng.random(len(driver)) >= marker.unknown)
    cuts = norm.ppf(np.cumsum(marker.shares)[:-1])
    code = np.searchsorted(cuts, marker.loading * driver + noise)
    return pd.Categorical.from_codes(np.where(known, code, -1).tolist(), categories=pd.Index(marker.values))


def _one_of(shares: Mapping[str, float], tilt: np.ndarray, rng: np.random.Generator) -> pd.Categorical[str]:
    """Return levels drawn by ``shares``; ``tilt`` is added to the log odds of all levels but the first."""
    odds = np.log(list(shares.values())) + tilt[:, None] * (np.arange(len(shares)) > 0)
    chosen = (odds + rng.gumbel(size=odds.shape)).argmax(axis=1)
    return pd.Categorical.from_codes(chosen.tolist(), categories=pd.Index(list(shares)))

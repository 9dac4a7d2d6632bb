"""What is planted in the invented cohort: every number of it, in one frozen place.

Traits are on the latent scale of the graded-response model: within a wave, a trait has residual standard
deviation 1. Disadvantage is a standard normal variable among all students of the invented university.
Everything here is invented; where a number imitates something known, its source stands beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np


@dataclass(frozen=True)
class Marker:
    """One SES indicator: its values from the least to the most disadvantaged, and what drives it."""

    values: tuple[str, ...]
    shares: tuple[float, ...]
    """Share of each value among all students."""
    loading: float
    """Correlation of the variable behind the indicator with its driver."""
    unknown: float
    """Share of missing values among students who have a record."""
    area: bool = False
    """Driven by the disadvantage of the home area, not of the person."""


@dataclass(frozen=True)
class Trait:
    """One outcome's trait among mentees of average disadvantage, and what disadvantage adds (per SD)."""

    start: float = 0.0
    """Mean at the first wave."""
    gain: float = 0.0
    """Mean gain by the last wave; earlier waves have reached the design's `pace` of it."""
    level: float = 0.0
    """Effect of disadvantage on the level at every wave."""
    slope: float = 0.0
    """Effect of disadvantage on the gain by the last wave."""


@dataclass(frozen=True)
class Path:
    """One arrow between traits: a SD of `source` at `wave` adds its effect to `target` at each named wave."""

    source: str
    wave: str
    target: str
    effects: Mapping[str, float]
    """Wave of the target to the effect."""


@dataclass(frozen=True)
class Retention:
    """Who answers a later wave: a logistic model of what was observed before (missing at random)."""

    intercept: float
    score: float
    """Per quarter of the answer range of the last observed score of `Design.retained_by`, from its middle."""
    focal: float
    """For students whose first indicator counts as low."""
    missed: float = 0.0
    """For students who missed the wave before."""


def _markers() -> Mapping[str, Marker]:
    """Return the indicators; agreement is as poor as in Jerrim (2021), area markers the poorest."""
    return {
        "fsm": Marker(("no", "yes"), (0.75, 0.25), 0.85, 0.35),
        "nssec": Marker(
            ("1", "2", "3", "4", "5", "6", "7", "8"),
            (0.24, 0.27, 0.11, 0.07, 0.06, 0.12, 0.09, 0.04),
            0.80,
            0.25,
        ),
        "first_generation": Marker(("no", "yes"), (0.58, 0.42), 0.70, 0.15),
        "imd": Marker(("5", "4", "3", "2", "1"), (0.25, 0.22, 0.20, 0.18, 0.15), 0.75, 0.03, area=True),
        "polar4": Marker(("5", "4", "3", "2", "1"), (0.29, 0.24, 0.20, 0.16, 0.11), 0.60, 0.04, area=True),
    }


def _traits() -> Mapping[str, Trait]:
    return {
        "self_belief": Trait(start=-0.40, gain=0.65, level=-0.25, slope=0.7482),
        "career_clarity": Trait(start=-0.35, gain=0.60, level=-0.10, slope=0.24),
        "self_efficacy": Trait(start=0.05, gain=0.25, level=-0.15, slope=0.18),
        "labour_market_knowledge": Trait(start=-0.35, gain=0.70, level=-0.10),
        "professional_confidence": Trait(start=-0.25, gain=0.50, level=-0.15),
        "networks": Trait(start=-0.40, gain=0.60, level=-0.15),
        "work_exposure": Trait(start=-0.35, gain=0.55, level=-0.10),
        "identification": Trait(start=0.20, gain=0.10, level=-0.40),
        "deep_similarity": Trait(start=0.10, gain=0.10, level=-0.20),
        "relationship_quality": Trait(start=0.45, gain=0.10),
        "positive_affect": Trait(start=0.10, gain=0.10, level=-0.05),
        "negative_affect": Trait(start=-0.40, level=0.10),
        "aspiration": Trait(start=0.20, gain=0.10, level=-0.05),
        "professional_aspiration": Trait(start=-0.08, gain=0.15, level=-0.15),
    }


@dataclass(frozen=True)
class Design:
    """The whole design of an invented cohort. The three numbers marked *calibrated* come from `calibrate`."""

    intakes: Mapping[str, int] = field(default_factory=lambda: {"2022": 208, "2023": 221, "2024": 233})
    """Mentees by intake."""
    eligible_per_mentee: int = 7
    """All eligible students over mentees."""
    mentee_disadvantage: float = 0.2485
    """Mean disadvantage of mentees; *calibrated* to one third low SES by the study's rule."""
    no_record: float = 0.0778
    """Share of mentees without any indicator; *calibrated* to 8 % of unknown SES."""
    no_record_tilt: float = 0.30
    """Effect of disadvantage on the log odds of having no record (Harrison & Hatt 2009 on its sign)."""
    area_correlation: float = 0.45
    """Correlation of the disadvantage of the home area with that of the person."""
    markers: Mapping[str, Marker] = field(default_factory=_markers)

    covariates: Mapping[str, Mapping[str, float]] = field(
        default_factory=lambda: {
            "gender": {"woman": 0.58, "man": 0.40, "other": 0.02},
            "ethnicity": {"White": 0.62, "Asian": 0.18, "Black": 0.10, "Mixed": 0.06, "Other": 0.04},
            "discipline": {
                "Business": 0.34, "Arts and humanities": 0.20,
                "Science and engineering": 0.24, "Social sciences": 0.22,
            },
        }
    )  # fmt: skip
    """Covariate to the share of each level."""
    ethnicity_tilt: float = 0.25
    """Effect of disadvantage on the log odds of every ethnicity but the first."""
    shifts: Mapping[str, Mapping[str, float]] = field(
        default_factory=lambda: {
            "gender": {"man": 0.15, "other": -0.20},
            "ethnicity": {"Asian": -0.10, "Black": 0.10},
            "discipline": {"Business": 0.10, "Arts and humanities": -0.15},
            "intake": {"2023": -0.05, "2024": 0.05},
        }
    )
    """What covariates add to the level of every benefit (and take from every harm), never to a gain."""

    traits: Mapping[str, Trait] = field(default_factory=_traits)
    """Outcome to its trait; the slope of self-belief is *calibrated* to an R2 added by SES of .115."""
    pace: tuple[float, ...] = (0.0, 0.6, 1.0)
    """Share of the final gain that each wave has reached."""
    paths: tuple[Path, ...] = (
        Path("identification", "middle", "negative_affect", {"middle": -0.40, "end": -0.25}),
        Path("negative_affect", "middle", "aspiration", {"end": -0.35}),
    )
    """Low SES, lower identification in the middle, more negative affect, lower aspiration at the end."""
    structure: Literal["compound_symmetric", "autoregressive", "slope"] = "compound_symmetric"
    """Covariance of a trait's residuals over waves."""
    stability: float = 0.60
    """Correlation of a trait's residuals between waves (`autoregressive`: between the first and the last)."""
    slope_variance: float = 0.25
    """For `slope`: variance of the person's own change from the first to the last wave."""
    shared: float = 0.30
    """Correlation of the residuals of two outcomes at a wave."""

    discrimination: float = 2.0
    """Slope of the graded-response model (Samejima 1969), logistic metric."""
    spread: float = 2.0
    """An item's thresholds lie evenly from -spread to +spread; no scale leans on its floor or ceiling."""
    item_offset: float = 0.30
    """Items of a scale are harder or easier by up to this, centred on none."""
    occupations: tuple[float, ...] = (0.10, 0.36, 0.25, 0.11, 0.04, 0.05, 0.05, 0.02, 0.02)
    """Shares of the SOC 2020 major groups at a trait of 0; a higher trait means a lower group."""

    start_answered: float = 0.97
    """Share of mentees who answer the first wave (completely at random)."""
    retained_by: str = "self_belief"
    """The outcome whose last observed score decides, with chance, who answers the next wave."""
    retention: tuple[Retention, ...] = (
        Retention(1.30, 0.25, 0.10),
        Retention(0.90, 0.25, 0.10, missed=-0.80),
    )
    """One for each later wave."""
    item_gap: float = 0.012
    """Share of questions passed over."""
    unfinished: float = 0.04
    """Share of responses broken off at a random question."""
    late: float = 0.04
    """Share of responses after the window."""
    window_days: int = 28
    """Days for which a wave is open."""
    identical_copies: float = 0.012
    """Share of responses sent twice."""
    earlier_versions: float = 0.012
    """Share of responses that replace an earlier, different one."""

    capacities: tuple[float, ...] = (0.60, 0.28, 0.12)
    """Shares of mentors who take one, two, three mentees a year."""
    mentor_returns: float = 0.40
    """Share of a year's mentors who mentor in the next year too."""
    rematched: float = 0.03
    """Share of mentees whose first match ended early and who got a second mentor."""

    def covariance(self, months: np.ndarray) -> np.ndarray:
        """Return the covariance of a trait's residuals at ``months`` since the first wave (waves x waves)."""
        passed = months / months.max()
        if self.structure == "autoregressive":
            return self.stability ** np.abs(passed[:, None] - passed[None, :])
        even = np.full((len(months), len(months)), self.stability) + np.eye(len(months)) * (
            1 - self.stability
        )
        if self.structure == "slope":
            return even + self.slope_variance * np.outer(passed, passed)
        return even

"""A study says, code does: the frozen, self-checking models of everything that an evaluation declares."""

from outcomes.study.instrument import Answers, Instrument, Scale
from outcomes.study.load import load_study, study_names
from outcomes.study.loaded import Loaded, Profile
from outcomes.study.people import Comparison, Covariate, Indicator, SesRule
from outcomes.study.questions import (
    Disclosure,
    Equivalence,
    Family,
    Floor,
    Hypothesis,
    Model,
    NonInferiority,
    Outcome,
    Reproduction,
    SdMargin,
    Superiority,
    Wording,
)
from outcomes.study.sources import Engagement, Matches, Register, Responses, Wave
from outcomes.study.study import Study

__all__ = [
    "Answers",
    "Comparison",
    "Covariate",
    "Disclosure",
    "Engagement",
    "Equivalence",
    "Family",
    "Floor",
    "Hypothesis",
    "Indicator",
    "Instrument",
    "Loaded",
    "Matches",
    "Model",
    "NonInferiority",
    "Outcome",
    "Profile",
    "Register",
    "Reproduction",
    "Responses",
    "Scale",
    "SdMargin",
    "SesRule",
    "Study",
    "Superiority",
    "Wave",
    "Wording",
    "load_study",
    "study_names",
]

"""A cohort with a known truth: everything latent and everything observed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from outcomes.errors import Problem, StudyError, listed
from outcomes.simulate.design import Design
from outcomes.simulate.responses import draw_responses
from outcomes.simulate.scheme import draw_engagement, draw_ids, draw_matches
from outcomes.simulate.streams import Seed, stream
from outcomes.simulate.students import draw_students
from outcomes.simulate.traits import draw_answers, draw_traits
from outcomes.study import Loaded


@dataclass(frozen=True)
class Population:
    """Mentees without dropout and gaps: students, traits (students x waves) by outcome, answers by wave."""

    students: pd.DataFrame
    traits: dict[str, np.ndarray]
    answers: dict[str, pd.DataFrame]


@dataclass(frozen=True)
class Cohort:
    """An invented cohort: its complete truth, and what the scheme and its surveys observed of it."""

    complete: Population
    """All mentees, in the order of `people`, with latent disadvantage, traits and complete answers."""
    people: pd.DataFrame
    """The register of mentees: student_id, intake, indicators and covariates; missing where unknown."""
    eligible: pd.DataFrame
    """All eligible students, with the register's columns and whether each is a mentee."""
    matches: pd.DataFrame
    engagement: pd.DataFrame
    responses: dict[str, pd.DataFrame]
    """Wave to the responses as received, copies and all; see `outcomes.simulate.responses`."""

    def observed(self, wave: str) -> pd.DataFrame:
        """Return the response of each person that stands at ``wave``: student_id, then the items."""
        received = self.responses[wave]
        return received.loc[received["copy"] == "only", ["student_id", *self.complete.answers[wave]]]


def simulate(loaded: Loaded, seed: Seed, design: Design | None = None) -> Cohort:
    """Return the cohort of ``seed``: the same seed, study and design give the same cohort.

    Raises StudyError when the study asks outcomes, waves, indicators or covariates that the design does not
    plant.
    """
    design = design or Design()
    check(loaded, design)
    drawn = population(loaded, design, seed, design.intakes)
    others = draw_students(
        design,
        {intake: n * (design.eligible_per_mentee - 1) for intake, n in design.intakes.items()},
        0.0,
        stream(seed, "other eligible students"),
    )
    mentees, others = draw_ids(drawn.students, others, stream(seed, "student ids"))
    everyone = pd.concat([mentees.assign(mentee="yes"), others.assign(mentee="no")])
    return Cohort(
        complete=Population(mentees, drawn.traits, drawn.answers),
        people=mentees.drop(columns="disadvantage").sort_values("student_id", ignore_index=True),
        eligible=everyone.drop(columns="disadvantage").sort_values("student_id", ignore_index=True),
        matches=draw_matches(mentees, design, stream(seed, "matches")),
        engagement=draw_engagement(mentees, stream(seed, "engagement")),
        responses=draw_responses(mentees, drawn.answers, loaded, design, seed),
    )


def population(
    loaded: Loaded,
    design: Design,
    seed: Seed,
    sizes: Mapping[str, int],
    outcomes: Iterable[str] | None = None,
) -> Population:
    """Return complete mentees by intake (``sizes``): all outcomes, or those named, each as in the whole."""
    students = draw_students(design, sizes, design.mentee_disadvantage, stream(seed, "students"))
    traits = draw_traits(students, loaded, design, seed, outcomes or design.traits)
    return Population(students, traits, draw_answers(traits, loaded, design, seed))


def check(loaded: Loaded, design: Design) -> None:
    """Raise StudyError where the study and the design do not speak of the same things."""
    study = loaded.study
    pairs = {
        "outcomes": (set(study.outcomes), set(design.traits)),
        "ses: indicators": (set(study.ses.indicators), set(design.markers)),
        "covariates": (set(study.covariates), {*design.covariates, "intake"}),
        "waves": ({str(len(study.waves))}, {str(len(design.pace))}),
    }
    problems = [
        Problem(f"{study.study}: {where}", listed(sorted(said)), listed(sorted(planted), 20),
                "only the study that the design was made for can be simulated")
        for where, (said, planted) in pairs.items() if said != planted
    ]  # fmt: skip
    if problems:
        raise StudyError(problems)

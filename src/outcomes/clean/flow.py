"""How many people, by SES group, came how far?

In: people, answers, matches and engagement. Out: participation, one row a step and group, in the order of the
flow.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from outcomes.columns import GROUPS
from outcomes.study.stages import Cleaning


def participation(made: Mapping[str, pd.DataFrame], part: Cleaning) -> pd.DataFrame:
    """Return the number of people by step and SES group; ``made`` holds the tables named above.

    After the step `outside`, only the study's population counts.
    """
    ses = made["people"].set_index("person")["ses"]
    rows = [
        {"step": step, "label": label, "group": group, "n": n}
        for step, label, people in _steps(made, part)
        for group, n in ses[people].value_counts().reindex(GROUPS, fill_value=0).items()
    ]
    return pd.DataFrame(rows)


def _steps(made: Mapping[str, pd.DataFrame], part: Cleaning) -> Iterator[tuple[str, str, pd.Series]]:
    """Yield each step's name, its words, and the people who came so far."""
    person, inside = made["people"]["person"], made["people"]["in_population"].astype(bool)
    yield "registered", "In the register" if part.register_ is not None else "In any wave", person
    if part.population == "ses_known":
        yield "outside", "Outside: SES not known at the baseline", person[~inside]
        yield "population", "Baseline cohort", person[inside]
    population = person[inside]
    if part.matches is not None:
        yield "matched", "Matched with a mentor", population[population.isin(made["matches"]["person"])]
    if part.engagement is not None:
        yield "active", "Took part in an activity", population[population.isin(made["engagement"]["person"])]
    answers = made["answers"]
    answered = {wave: population.isin(answers.loc[answers["wave"] == wave, "person"]) for wave in part.waves}
    for name, wave in part.waves.items():
        yield f"answered_{name}", f"Answered: {wave.label}", population[answered[name]]
    baseline, *later = answered.values()
    linked = baseline & np.logical_or.reduce(later)
    yield "linked", "Answered the first wave and a later one", population[linked]

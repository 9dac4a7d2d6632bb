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

    From the step `population` on, only the study's population counts, and of its arms the mentored; the
    comparison arm has steps of its own, beside them.
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
    people, person = made["people"], made["people"]["person"]
    yield "registered", "In the register" if part.register_ is not None else "In any wave", person
    asked = (people["ses"] != "unknown") | (part.population != "ses_known")
    if part.population == "ses_known":
        yield "outside", "Outside: SES not known at the baseline", person[~asked]
    if part.comparison is not None:
        yield "arm_unknown", "Outside: mentored or not is not known", person[asked & people["arm"].isna()]
    inside = people["in_population"].astype(bool)
    compared = (inside & (people["arm"] == "comparison")).fillna(False).astype(bool)
    population = person[inside & ~compared]
    if part.comparison is not None:
        yield "comparison", "Comparison group: not mentored", person[compared]
        yield "population", "Mentored", population
    elif part.population == "ses_known":
        yield "population", "Baseline cohort", population
    if part.matches is not None:
        yield "matched", "Matched with a mentor", population[population.isin(made["matches"]["person"])]
    if part.engagement is not None:
        yield "active", "Took part in an activity", population[population.isin(made["engagement"]["person"])]
    answered = _answered(population, made["answers"], part)
    for name, wave in part.waves.items():
        yield f"answered_{name}", f"Answered: {wave.label}", population[answered[name]]
    yield "linked", "Answered the first wave and a later one", _linked(population, answered)
    if part.comparison is not None:
        others = person[compared]
        linked = _linked(others, _answered(others, made["answers"], part))
        yield "comparison_linked", "Comparison group: first wave and a later one", linked


def _answered(people: pd.Series, answers: pd.DataFrame, part: Cleaning) -> dict[str, pd.Series]:
    """Return by wave which of ``people`` answered it."""
    return {wave: people.isin(answers.loc[answers["wave"] == wave, "person"]) for wave in part.waves}


def _linked(people: pd.Series, answered: Mapping[str, pd.Series]) -> pd.Series:
    """Return those of ``people`` who answered the first wave and a later one."""
    baseline, *later = answered.values()
    return people[baseline & np.logical_or.reduce(later)]

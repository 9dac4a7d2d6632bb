"""How many people, by SES group, came how far?

In: people, answers, matches and engagement. Out: participation, one row a step and group, in the order of the flow.
"""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from outcomes.columns import GROUPS
from outcomes.study.stages import Cleaning


def participation(
    people: pd.DataFrame,
    answers: pd.DataFrame,
    matches: pd.DataFrame,
    engagement: pd.DataFrame,
    part: Cleaning,
) -> pd.DataFrame:
    """Return the number of people by step and SES group; after the step `outside`, only the study's population counts."""
    rows = [
        {"step": step, "label": label, "group": group, "n": int((among["ses"] == group).sum())}
        for step, label, among in _steps(people, answers, matches, engagement, part)
        for group in GROUPS
    ]
    return pd.DataFrame(rows)


def _steps(
    people: pd.DataFrame,
    answers: pd.DataFrame,
    matches: pd.DataFrame,
    engagement: pd.DataFrame,
    part: Cleaning,
) -> Iterator[tuple[str, str, pd.DataFrame]]:
    yield "registered", "In the register" if part.register_ is not None else "In any wave", people
    inside = people[people["in_population"].astype(bool)]
    if part.population == "ses_known":
        yield (
            "outside",
            "Outside: SES not known at the baseline",
            people[~people["in_population"].astype(bool)],
        )
        yield "population", "Baseline cohort", inside
    if part.matches is not None:
        yield "matched", "Matched with a mentor", inside[inside["person"].isin(matches["person"])]
    if part.engagement is not None:
        yield "active", "Took part in an activity", inside[inside["person"].isin(engagement["person"])]
    by_wave = {wave: set(rows["person"]) for wave, rows in answers.groupby("wave", sort=False)}
    for name, wave in part.waves.items():
        yield (
            f"answered_{name}",
            f"Answered: {wave.label}",
            inside[inside["person"].isin(by_wave.get(name, set()))],
        )
    baseline, *later = part.waves
    linked = by_wave.get(baseline, set()) & set().union(*(by_wave.get(wave, set()) for wave in later))
    yield "linked", "Answered the first wave and a later one", inside[inside["person"].isin(linked)]

"""How many people of each SES group are left at each step, down to those analysed?

In: participation, people, scores. Out: flow, which is participation with a last step.
"""

from __future__ import annotations

import pandas as pd

from outcomes.columns import GROUPS
from outcomes.model.design import COMPARISON


def flow(participation: pd.DataFrame, people: pd.DataFrame, scores: pd.DataFrame) -> pd.DataFrame:
    """Return ``participation`` and the step `analysed`: people of the population with at least one score.

    With a comparison arm these are the mentored, and its people have the step `comparison_analysed`.
    """
    with_score = people["person"].isin(scores.loc[scores["score"].notna(), "person"])
    analysed = people[people["in_population"].astype(bool) & with_score]
    steps = [("analysed", "In the models: a score at any wave", analysed)]
    if "comparison" in set(participation["step"]):
        others = (analysed["arm"] == COMPARISON).fillna(False).astype(bool)
        steps = [
            ("analysed", "In the models: a score at any wave", analysed[~others]),
            ("comparison_analysed", "Comparison group: in the models", analysed[others]),
        ]
    last = pd.DataFrame(
        {"step": step, "label": label, "group": group, "n": int((who["ses"] == group).sum())}
        for step, label, who in steps
        for group in GROUPS
    )
    return pd.concat([participation, last], ignore_index=True)

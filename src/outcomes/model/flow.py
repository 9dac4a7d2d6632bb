"""How many people of each SES group are left at each step, down to those analysed?

In: participation, people, scores. Out: flow, which is participation with a last step.
"""

from __future__ import annotations

import pandas as pd

from outcomes.columns import GROUPS


def flow(participation: pd.DataFrame, people: pd.DataFrame, scores: pd.DataFrame) -> pd.DataFrame:
    """Return ``participation`` and the step `analysed`: people of the population with at least one score."""
    with_score = people["person"].isin(scores.loc[scores["score"].notna(), "person"])
    analysed = people.loc[people["in_population"].astype(bool) & with_score, "ses"].value_counts()
    last = pd.DataFrame(
        {
            "step": "analysed",
            "label": "In the models: a score at any wave",
            "group": group,
            "n": int(analysed.get(group, 0)),
        }
        for group in GROUPS
    )
    return pd.concat([participation, last], ignore_index=True)

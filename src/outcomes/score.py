"""Is each scale measured well, and what is each person's score?

In: answers (a row a person and wave, a column an item) and the scales of the outcomes. Out: scores (a row a
person, wave and outcome) and reliability (coefficient alpha by outcome, wave and SES group).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pingouin as pg
from scipy import stats

from outcomes.columns import GROUPS
from outcomes.study.stages import Measured, Scoring

FEWEST = 3
"""Fewest complete answers for an alpha; with fewer its interval says nothing."""


def keyed(items: np.ndarray, measured: Measured) -> np.ndarray:
    """Return ``items`` (n x k, in the order of the scale) with reversed items turned: low + high - answer."""
    turned = np.array([item in measured.scale.reversed for item in measured.scale.items])
    return np.where(turned, measured.answers.low + measured.answers.high - items, items)


def score_items(items: np.ndarray, measured: Measured) -> np.ndarray:
    """Return the score of each row of ``items`` (n x k, in the order of the scale, NaN where not answered).

    `mean` and `sum` need the scale's fewest answered items; a sum with gaps is prorated (mean of the
    answered times number of items). `share` is 1 where the answer is a member, else 0. The result is NaN
    where too few answered.
    """
    scale = measured.scale
    answered = (~np.isnan(items)).sum(axis=1)
    if scale.scoring == "as_given":
        return items[:, 0]
    if scale.scoring == "share":
        return np.where(answered == 1, np.isin(items[:, 0], scale.members).astype(float), np.nan)
    total = np.nansum(keyed(items, measured), axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(answered >= scale.needed, total / answered, np.nan)
    return mean if scale.scoring == "mean" else mean * len(scale.items)


def score(answers: pd.DataFrame, part: Scoring) -> pd.DataFrame:
    """Return the scores table: one row for each person, wave and outcome that the wave asks."""
    return pd.concat(
        [_scored(answers, name, measured) for name, measured in part.outcomes.items()], ignore_index=True
    )


def _scored(answers: pd.DataFrame, name: str, measured: Measured) -> pd.DataFrame:
    asked = answers[answers["wave"].isin(measured.waves)]
    items = _items(asked, measured)
    return pd.DataFrame(
        {
            "person": asked["person"].array,
            "wave": asked["wave"].array,
            "outcome": name,
            "score": score_items(items, measured),
            "n_answered": (~np.isnan(items)).sum(axis=1),
            "n_items": len(measured.scale.items),
        }
    )


def reliability(answers: pd.DataFrame, people: pd.DataFrame, part: Scoring) -> pd.DataFrame:
    """Return coefficient alpha with Feldt's 95 % interval by outcome, wave and SES group, and over groups.

    Alpha is taken over complete answers (pingouin.cronbach_alpha, listwise), among the study's population. A
    scale of one item, an item without variance, or fewer than three complete answers gives no alpha, and the
    status says which.
    """
    members = people.loc[people["in_population"].astype(bool), ["person", "ses"]]
    rows = answers.merge(members, on="person", how="inner")
    return pd.DataFrame(
        {"outcome": name, "wave": wave, "group": group, **_alpha(items, measured)}
        for name, measured in part.outcomes.items()
        for wave in measured.waves
        for group, items in _by_group(rows[rows["wave"] == wave], measured)
    )


def _by_group(rows: pd.DataFrame, measured: Measured) -> Iterator[tuple[str, np.ndarray]]:
    items = _items(rows, measured)
    for group in GROUPS:
        of_group = items[(rows["ses"] == group).to_numpy(dtype=bool)]
        if len(of_group):
            yield group, of_group
    yield "all", items


def _alpha(items: np.ndarray, measured: Measured) -> dict[str, object]:
    complete = items[~np.isnan(items).any(axis=1)]
    found: dict[str, object] = {
        "n": len(complete),
        "n_items": items.shape[1],
        "alpha": None,
        "low": None,
        "high": None,
    }
    if not measured.scale.has_alpha:
        return found | {"status": "not applicable: one item or a given score"}
    if len(complete) < FEWEST:
        return found | {"status": f"not estimable: fewer than {FEWEST} complete answers"}
    if (complete.std(axis=0) == 0).any():
        return found | {"status": "not estimable: an item does not vary"}
    alpha, _ = pg.cronbach_alpha(data=pd.DataFrame(keyed(complete, measured)), nan_policy="listwise")
    low, high = feldt(float(alpha), *complete.shape)
    return found | {"alpha": alpha, "low": low, "high": high, "status": "ok"}


def feldt(alpha: float, n: int, k: int, confidence: float = 0.95) -> tuple[float, float]:
    """Return Feldt's interval of coefficient alpha for ``n`` people and ``k`` items.

    Source: Feldt, Woodruff & Salih (1987), Applied Psychological Measurement 11:93-103, doi
    10.1177/014662168701100107. (pingouin gives the same limits, rounded to three decimals.)
    """
    tail = (1 - confidence) / 2
    quantiles = stats.f.ppf([1 - tail, tail], n - 1, (n - 1) * (k - 1))
    return float(1 - (1 - alpha) * quantiles[0]), float(1 - (1 - alpha) * quantiles[1])


def _items(answers: pd.DataFrame, measured: Measured) -> np.ndarray:
    return answers[list(measured.scale.items)].to_numpy(dtype=float, na_value=np.nan)

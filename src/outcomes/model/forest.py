"""Which gap in gains does each outcome show at the wave that decides?

In: contrasts, fits, verdicts. Out: rows of forest, one an outcome that is asked at the baseline and later.
"""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from outcomes.model.design import FOCAL, REFERENCE, own_arm
from outcomes.model.estimates import Row
from outcomes.model.families import arm_of, primary_rows
from outcomes.study import Floor
from outcomes.study.stages import Modelling

SHOWN = ("outcome", "domain", "wave", "n", "estimate", "low", "high",
         "standardised", "standardised_low", "standardised_high")  # fmt: skip


def forest(
    contrasts: pd.DataFrame, fits: pd.DataFrame, verdicts: pd.DataFrame, part: Modelling
) -> Iterator[Row]:
    """Yield the primary gap of low and high SES by outcome: where the first claim on it decides, else last.

    A claim about other groups, or the other way round, does not show here. With a comparison arm the gap is
    that of the mentored, or the gap in effects where the claim is about it.
    """
    both = f"{FOCAL} - {REFERENCE}"
    gaps = primary_rows(contrasts, part)
    primary = fits[fits["adjusted"] == bool(part.model.covariates)].set_index("outcome")
    decided = {
        (row["hypothesis"], row["outcome"]): {"margin": row["margin"], "verdict": row["verdict"]}
        for row in verdicts.to_dict("records")
    }
    for name, outcome in part.outcomes.items():
        claims = {
            key: claim for key, claim in part.hypotheses.items()
            if name in claim.outcomes and not isinstance(claim, Floor) and claim.pair == both
        }  # fmt: skip
        key, claim = next(iter(claims.items()), (None, None))
        wave = claim.wave if claim is not None else outcome.waves[-1]
        arm = arm_of(claim, part) if claim is not None else own_arm(part)
        if gap := gaps.get((name, str(wave), both, arm)):
            yield {
                "arm": arm or None,
                **{column: gap[column] for column in SHOWN},
                "baseline_sd": primary.loc[name, "baseline_sd"],
                "hypothesis": key,
                **(decided[key, name] if key is not None else {}),
            }

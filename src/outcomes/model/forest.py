"""Which gap in gains does each outcome show at the wave that decides?

In: contrasts, fits, verdicts. Out: rows of forest, one an outcome that is asked at the baseline and later.
"""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from outcomes.model.contrasts import Row
from outcomes.model.families import primary_rows
from outcomes.study import Floor, NonInferiority
from outcomes.study.stages import Modelling

SHOWN = ("outcome", "domain", "wave", "n", "estimate", "low", "high",
         "standardised", "standardised_low", "standardised_high")  # fmt: skip


def forest(
    contrasts: pd.DataFrame, fits: pd.DataFrame, verdicts: pd.DataFrame, part: Modelling
) -> Iterator[Row]:
    """Yield the primary gap of each outcome: at the wave of the first hypothesis on it, else its last."""
    gaps = primary_rows(contrasts, part)
    primary = fits[fits["adjusted"] == bool(part.model.covariates)].set_index("outcome")
    decided = verdicts.set_index(["hypothesis", "outcome"])["verdict"]
    for name, outcome in part.outcomes.items():
        claims = {
            key: claim for key, claim in part.hypotheses.items()
            if name in claim.outcomes and not isinstance(claim, Floor)
        }  # fmt: skip
        key, claim = next(iter(claims.items()), (None, None))
        wave = claim.wave if claim is not None else outcome.waves[-1]
        if gap := gaps.get((name, str(wave))):
            yield {
                **{column: gap[column] for column in SHOWN},
                "baseline_sd": primary.loc[name, "baseline_sd"],
                "hypothesis": key,
                "margin": claim.margin if isinstance(claim, NonInferiority) else None,
                "verdict": decided[key, name] if key is not None else None,
            }

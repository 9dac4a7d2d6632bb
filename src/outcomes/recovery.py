"""Does the pipeline find what was planted?

`truth_table` takes the truth: the estimand on the score scale, by the study's own SES rule, in one complete population
of invented mentees that is scored through the study's own instruments. `main` simulates many cohorts with dropout and
gaps, estimates each planted effect as the pipeline does, and compares the mean estimate with the truth.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from outcomes.clean.ses import ses_group
from outcomes.score import score_items
from outcomes.simulate import Design, Population, population
from outcomes.simulate.calibrate import sizes_of
from outcomes.study import Loaded
from outcomes.study.stages import Measured, Scoring

CHUNK = 20_000
"""Mentees of the complete population held in memory at a time."""


def truth_table(loaded: Loaded, design: Design, people: int, seed: int) -> pd.DataFrame:
    """Return the truth of ``design`` by one complete population of ``people`` mentees, with its Monte-Carlo error.

    A row a quantity: `share` (of a group among mentees), `mean`, `gain` (since the baseline), `gap` (gain of low minus
    gain of high), all in score points, and `r2_added` (by SES, low against high, in the regression of the gain by the
    last wave on SES and the reproduction's covariates). `value` is the mean over chunks of 20,000 mentees, `mc_error`
    its standard error over the chunks.
    """
    seeds = np.random.SeedSequence(seed).spawn(-(-people // CHUNK))
    chunks = [
        _quantities(population(loaded, design, each, sizes_of(CHUNK, design)), loaded) for each in seeds
    ]
    table = pd.concat(chunks, axis=1)
    found = pd.DataFrame({"value": table.mean(axis=1), "mc_error": table.sem(axis=1)})
    return found.reset_index().assign(people=CHUNK * len(chunks))


def _quantities(drawn: Population, loaded: Loaded) -> pd.Series:
    """Return every quantity of the truth in ``drawn``, keyed by quantity, outcome, group and wave."""
    group = ses_of(drawn.students, loaded).to_numpy()
    low, high = group == "low", group == "high"
    found = {("share", "", name, ""): (group == name).mean() for name in ("low", "high", "unknown")}
    covariates = dummies(drawn.students, loaded)
    baseline, last = loaded.study.baseline, loaded.study.wave_names[-1]
    for outcome, measured in Scoring.of(loaded).outcomes.items():
        scores = scored(drawn.answers, measured)
        for wave, score in scores.items():
            found |= {("mean", outcome, name, wave): score[group == name].mean() for name in ("low", "high", "unknown")}
            if baseline in scores and wave != baseline:
                gain = score - scores[baseline]
                found |= {("gain", outcome, name, wave): gain[group == name].mean() for name in ("low", "high", "unknown")}
                found["gap", outcome, "low - high", wave] = gain[low].mean() - gain[high].mean()
                if wave == last:
                    found["r2_added", outcome, "low - high", wave] = added_r2(gain, low, high, covariates)
    names = ["quantity", "outcome", "group", "wave"]
    return pd.Series(found.values(), index=pd.MultiIndex.from_tuples(found, names=names))


def ses_of(students: pd.DataFrame, loaded: Loaded) -> pd.Series:
    """Return the SES group of each student by the study's rule."""
    rule = loaded.study.ses
    sides = {
        name: students[name].astype("object").map(
            dict.fromkeys(indicator.low, "low") | dict.fromkeys(indicator.high, "high")
        )
        for name, indicator in rule.indicators.items()
    }  # fmt: skip
    return ses_group(pd.DataFrame(sides), rule)


def scored(answers: dict[str, pd.DataFrame], measured: Measured) -> dict[str, np.ndarray]:
    """Return the score of each row of ``answers`` at each wave that asks the outcome."""
    return {
        wave: score_items(answers[wave][list(measured.scale.items)].to_numpy(dtype=float), measured)
        for wave in measured.waves
    }


def dummies(students: pd.DataFrame, loaded: Loaded) -> np.ndarray:
    """Return the dummies of the reproduction's covariates (students x levels but the first of each)."""
    names = loaded.study.reproduction.covariates if loaded.study.reproduction else ()
    return pd.get_dummies(students[list(names)].astype("object"), drop_first=True).to_numpy(dtype=float)


def added_r2(gain: np.ndarray, low: np.ndarray, high: np.ndarray, covariates: np.ndarray) -> float:
    """Return the R2 that SES (low against high) adds to a least-squares regression of ``gain`` on ``covariates``."""
    used = (low | high) & ~np.isnan(gain)
    outcome = gain[used] - gain[used].mean()
    full = np.column_stack([np.ones(used.sum()), covariates[used], low[used]])
    return (_explained(outcome, full) - _explained(outcome, full[:, :-1])) / (outcome @ outcome)


def _explained(outcome: np.ndarray, predictors: np.ndarray) -> float:
    moments = predictors.T @ outcome
    return float(moments @ np.linalg.lstsq(predictors.T @ predictors, moments, rcond=None)[0])

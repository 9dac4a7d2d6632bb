"""Does the pipeline find what was planted?

`truth_table` takes the truth: the estimand on the score scale, by the study's own SES rule, in one complete
population of invented mentees that is scored through the study's own instruments. `main` simulates many
cohorts with dropout and gaps, estimates each planted effect as the pipeline does, and compares the mean
estimate with the truth.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd

from outcomes import files
from outcomes.clean.ses import ses_group
from outcomes.model import gaps, ols
from outcomes.score import score, score_items
from outcomes.simulate import SEED, Design, Population, Seed, population, raw_files, simulate
from outcomes.simulate.calibrate import CALIBRATED, calibrate, sizes_of
from outcomes.study import Loaded, load_study
from outcomes.study.stages import Measured, Modelling, Scoring

STUDY = "career_mentoring"
GROUPS = ("low", "high", "unknown")
PAIR = "low - high"
KEYS = ["quantity", "outcome", "group", "wave"]
GATE = 3.0
"""Monte-Carlo errors by which a mean estimate may miss the truth."""
COHORTS = 1
"""Spawn key of the cohorts' random streams, apart from those of the truth."""
PEOPLE = 1_000_000
"""Mentees of the complete population that the truth is taken from."""
CHUNK = 20_000
"""Mentees of the complete population held in memory at a time."""


def truth_table(loaded: Loaded, design: Design, people: int = PEOPLE, seed: int = SEED) -> pd.DataFrame:
    """Return the truth of ``design`` by one complete population of ``people``, with its Monte-Carlo error.

    A row a quantity: `share` (of a group among mentees), `mean`, `gain` (since the baseline), `gap` (gain of
    low minus gain of high), all in score points, and `r2_added` (by SES, low against high, in the regression
    of the gain by the last wave on SES and the reproduction's covariates). `value` is the mean over chunks of
    20,000 mentees, `mc_error` its standard error over the chunks.
    """
    seeds = np.random.SeedSequence(seed).spawn(-(-people // CHUNK))
    chunks = [
        _quantities(population(loaded, design, each, sizes_of(CHUNK, design)), loaded) for each in seeds
    ]
    table = pd.concat(chunks, axis=1)
    found = pd.DataFrame({"value": table.mean(axis=1), "mc_error": table.sem(axis=1)})
    return found.reset_index().assign(people=CHUNK * len(chunks))


def invented_files(loaded: Loaded, seed: int = SEED, people: int = PEOPLE) -> dict[str, bytes]:
    """Return the raw files of the cohort of ``seed`` by name, and `truth.csv`, which no stage reads."""
    truth = truth_table(loaded, Design(), people, seed)
    text = truth.to_csv(index=False, lineterminator="\n", float_format="%.6f")
    return raw_files(simulate(loaded, seed), loaded) | {"truth.csv": text.encode()}


def _quantities(drawn: Population, loaded: Loaded) -> pd.Series:
    """Return every quantity of the truth in ``drawn``, keyed by quantity, outcome, group and wave."""
    group = ses_of(drawn.students, loaded).to_numpy()
    low, high = group == "low", group == "high"
    found = {("share", "", name, ""): (group == name).mean() for name in GROUPS}
    covariates = dummies(drawn.students, loaded)
    baseline, last = loaded.study.baseline, loaded.study.wave_names[-1]
    for outcome, measured in Scoring.of(loaded).outcomes.items():
        scores = scored(drawn.answers, measured)
        for wave, points in scores.items():
            found |= {("mean", outcome, name, wave): points[group == name].mean() for name in GROUPS}
            if wave == baseline or baseline not in scores:
                continue
            gain = points - scores[baseline]
            found |= {("gain", outcome, name, wave): gain[group == name].mean() for name in GROUPS}
            found["gap", outcome, PAIR, wave] = gain[low].mean() - gain[high].mean()
            if wave == last:
                found["r2_added", outcome, PAIR, wave] = added_r2(gain, low, high, covariates)
    return _keyed(found)


def _keyed(found: dict[tuple[str, str, str, str], float]) -> pd.Series:
    return pd.Series(list(found.values()), index=pd.MultiIndex.from_tuples(found, names=KEYS), dtype=float)


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
    """Return the R2 that SES (low against high) adds to the regression of ``gain`` on ``covariates``."""
    used = (low | high) & ~np.isnan(gain)
    outcome = gain[used] - gain[used].mean()
    full = np.column_stack([np.ones(used.sum()), covariates[used], low[used]])
    return (_explained(outcome, full) - _explained(outcome, full[:, :-1])) / (outcome @ outcome)


def _explained(outcome: np.ndarray, predictors: np.ndarray) -> float:
    moments = predictors.T @ outcome
    return float(moments @ np.linalg.lstsq(predictors.T @ predictors, moments, rcond=None)[0])


def calibrated(loaded: Loaded, design: Design, people: int = PEOPLE, seed: int = SEED) -> Design:
    """Return ``design`` with its three calibrated numbers set anew; see `outcomes.simulate.calibrate`."""
    measured = Scoring.of(loaded).outcomes[CALIBRATED]
    first, last = measured.waves[0], measured.waves[-1]

    def added(drawn: Population) -> float:
        scores, group = scored(drawn.answers, measured), ses_of(drawn.students, loaded).to_numpy()
        gain = scores[last] - scores[first]
        return added_r2(gain, group == "low", group == "high", dummies(drawn.students, loaded))

    return calibrate(loaded, design, seed, people, partial(ses_of, loaded=loaded), added)


def estimates(seed: Seed, loaded: Loaded, design: Design, outcomes: tuple[str, ...]) -> pd.Series:
    """Return what the pipeline estimates in one cohort, keyed as the truth.

    The gaps in gains of ``outcomes`` by the primary model, and the R2 that SES adds to the gain in
    self-belief.
    """
    cohort = simulate(loaded, seed, design)
    people = cohort.people.rename(columns={"student_id": "person"})
    people = people.assign(ses=ses_of(people, loaded), in_population=True)
    waves = [cohort.observed(wave).assign(wave=wave) for wave in loaded.study.wave_names]
    answers = pd.concat(waves, ignore_index=True).rename(columns={"student_id": "person"})
    scores = score(answers, Scoring.of(loaded))
    contrasts = gaps(scores, people, _narrow(loaded, outcomes))
    found = contrasts[(contrasts["contrast"] == "gap") & (contrasts["status"] == "ok")]
    values = {
        ("gap", str(outcome), str(group), str(wave)): float(estimate)
        for outcome, group, wave, estimate in found[["outcome", "group", "wave", "estimate"]].to_numpy()
    }
    regression = next(iter(ols(scores, people, _narrow(loaded, (CALIBRATED,)))))
    values["r2_added", CALIBRATED, PAIR, str(regression["wave"])] = float(regression["r2_added"])
    return _keyed(values)


def _narrow(loaded: Loaded, outcomes: tuple[str, ...]) -> Modelling:
    """Return what `model` reads, for some outcomes, without verdicts and with few bootstrap replicates."""
    part = Modelling.of(loaded)
    few = part.reproduction and part.reproduction.model_copy(update={"replicates": 200})
    return part.model_copy(
        update={
            "outcomes": {name: part.outcomes[name] for name in outcomes},
            "hypotheses": {},
            "reproduction": few,
        }
    )


def compare(found: pd.DataFrame, truth: pd.DataFrame) -> pd.DataFrame:
    """Return one row an effect: truth, mean estimate over cohorts, both errors, the miss, the verdict.

    ``found`` has one column a cohort and the truth's keys as index. `miss` is mean minus truth in units of
    the error of their difference, which is the root of the sum of both squared Monte-Carlo errors. An effect
    that a cohort could not estimate is a failed line.
    """
    mean, error = found.mean(axis=1), found.sem(axis=1)
    known = truth.set_index(KEYS).loc[found.index]
    miss: pd.Series = (mean - known["value"]) / np.hypot(error, known["mc_error"])
    every = found.notna().all(axis=1)
    return pd.DataFrame(
        {
            "truth": known["value"], "truth_mc_error": known["mc_error"], "mean": mean, "mc_error": error,
            "miss": miss, "cohorts": found.notna().sum(axis=1), "recovered": every & (miss.abs() <= GATE),
        }
    ).reset_index()  # fmt: skip


def battery(
    loaded: Loaded, design: Design, cohorts: int, seed: int, outcomes: tuple[str, ...]
) -> pd.DataFrame:
    """Return the estimates of ``cohorts`` cohorts (a column each), two at a time on two processes."""
    seeds = np.random.SeedSequence(seed, spawn_key=(COHORTS,)).spawn(cohorts)
    one = partial(estimates, loaded=loaded, design=design, outcomes=outcomes)
    os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1")  # read as the new processes import numpy
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        return pd.concat(pool.map(one, seeds, chunksize=4), axis=1)


def page(table: pd.DataFrame, asked: argparse.Namespace, seconds: float) -> str:
    """Return docs/recovery.md: the result, the command, what it ran on, the table of `compare`."""
    held = int(table["recovered"].sum())
    libraries = [f"{name} {version(name)}" for name in ("numpy", "pandas", "scipy", "statsmodels")]
    head = "| effect | outcome | wave | truth | its error | mean estimate | its error | miss | holds |"
    rows = [
        f"| {_EFFECTS[str(row.quantity)]} | {row.outcome} | {row.wave} | {row.truth:.4f} "
        f"| {row.truth_mc_error:.4f} | {row.mean:.4f} | {row.mc_error:.4f} | {row.miss:+.2f} "
        f"| {'yes' if row.recovered else 'NO'} |"
        for row in table.itertuples()
    ]
    return _PAGE.format(
        held=held, lines=len(table), cohorts=asked.cohorts, people=f"{asked.people:,}",
        people_plain=asked.people, gate=GATE, seed=asked.seed, out=asked.out.as_posix(),
        today=datetime.now(UTC).date(), minutes=seconds / 60,
        versions=", ".join([f"Python {platform.python_version()}", *libraries]),
        table="\n".join([head, "|---" * 9 + "|", *rows]),
    )  # fmt: skip


_EFFECTS = {"gap": "gap in gains, low - high", "r2_added": "R2 that SES adds to the gain"}

_PAGE = """# Are planted effects found again?

{held} of {lines} are: over {cohorts} invented cohorts with dropout and gaps, their mean estimate lies within
{gate:g} Monte-Carlo errors of the truth. The truth is the same quantity in {people} complete invented
mentees, scored through the same instruments and grouped by the same SES rule
([how](explanation/simulation.md)).

```
python -m outcomes.recovery --cohorts {cohorts} --people {people_plain} --seed {seed} --out {out}
```

`make recovery` runs this and fails if a line does not hold. Made on {today} in {minutes:.1f} minutes (two
processes), with {versions}.

*Miss* is the mean estimate minus the truth, in units of the error of that difference: the root of both
squared errors. Gaps are in scale points, by the primary model, adjusted for covariates; the R2 is that of the
regression of the published study, on complete pairs.

{table}

The R2 that SES adds is checked where it was planted. Elsewhere it is near 0 in truth, and a sample's R2,
which is never negative, lies above that by about one over the number of people.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the battery, print and write its page; return 1 if an effect is not recovered."""
    parser = argparse.ArgumentParser(prog="python -m outcomes.recovery", description=__doc__)
    parser.add_argument("--cohorts", type=int, default=200)
    parser.add_argument("--people", type=int, default=PEOPLE, help="mentees of the complete population")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--out", type=Path, default=Path("docs/recovery.md"))
    asked = parser.parse_args(arguments)
    began = time.monotonic()
    loaded, design = load_study(STUDY, Path("config"), files.read_text), Design()
    truth = truth_table(loaded, design, asked.people, asked.seed)
    outcomes = tuple(dict.fromkeys(truth.loc[truth["quantity"] == "gap", "outcome"]))
    found = battery(loaded, design, asked.cohorts, asked.seed, outcomes)
    table = compare(found, truth)
    text = page(table, asked, time.monotonic() - began)
    files.write_text(text, asked.out)
    print(text)
    return 0 if table["recovered"].all() else 1


if __name__ == "__main__":
    sys.exit(main())

"""The engine against lme4, lmerTest and pbkrtest as they run, on sets made from a fixed seed (oracle/live.R).

Nothing is frozen: 200 longitudinal sets, whole, and 300 near-singular ones, of which the criterion counts.
"""

from __future__ import annotations

import json
import subprocess
import warnings
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from mixed_example import (
    ORACLE,
    by_group,
    dense_covariance,
    dense_deviance,
    invented,
    loadings,
    solved,
    structure_of,
)
from statsmodels.regression.mixed_linear_model import MixedLM

from outcomes.mixed.criterion import Point
from outcomes.mixed.fit import Fit
from outcomes.mixed.newton import minimise
from outcomes.mixed.rows import Rows
from outcomes.mixed.solve import Solution

pytestmark = pytest.mark.r
SEED = 20260223
SETS, NEAR = 200, 300
BY_STATSMODELS = 40
"""Near-singular sets that statsmodels tries, too: it takes half a second each."""


@dataclass
class Worst:
    """The largest of each kind of figure, and in which set it was seen."""

    seen: dict[str, tuple[float, str]] = field(default_factory=dict)

    def note(self, kind: str, value: float, where: str) -> None:
        self.seen[kind] = max(self.seen.get(kind, (0.0, "")), (float(value), where))

    def told(self) -> str:
        return "\n".join(f"{kind}: {value:.2g} ({where})" for kind, (value, where) in self.seen.items())


def longitudinal(seed: np.random.SeedSequence) -> pd.DataFrame:
    """Two to six waves, 12 to 400 people, up to 40 % missing, unequal groups; every cell has a score."""
    random = np.random.default_rng(seed)
    waves, n = int(random.integers(2, 7)), round(float(np.exp(random.uniform(np.log(12), np.log(400)))))
    chosen = (random.uniform(0, 0.4), random.choice([0, 0, 0.2, 0.6]), random.choice([0, 0, 0.3, 1, 3]))
    for _ in range(100):
        data = invented(int(random.integers(2**32)), n, waves, *chosen)
        if len(data.groupby(["wave", "group"], observed=True)) == 2 * waves:
            return data
    raise AssertionError("no set with a score in each cell")


def near_singular(seed: np.random.SeedSequence) -> pd.DataFrame:
    """Sixty people, four waves; hardly a variance of slopes, and often none of intercepts."""
    random = np.random.default_rng(seed)
    return invented(
        int(random.integers(2**32)), 60, 4, random.uniform(0, 0.3), random.choice([0, 0.1, 0.25]),
        random.choice([0, 0.3, 0.6]),
    )  # fmt: skip


@pytest.fixture(scope="module")
def data() -> dict[str, pd.DataFrame]:
    seeds = np.random.SeedSequence(SEED).spawn(SETS + NEAR)
    sets = {f"set_{place:03d}.csv": longitudinal(seed) for place, seed in enumerate(seeds[:SETS])}
    return sets | {f"near_{place:03d}.csv": near_singular(seed) for place, seed in enumerate(seeds[SETS:])}


@pytest.fixture(scope="module")
def by_r(data: dict[str, pd.DataFrame], tmp_path_factory: pytest.TempPathFactory) -> dict:
    folder: Path = tmp_path_factory.mktemp("live")
    for name, each in data.items():
        each.to_csv(folder / name, index=False, columns=["person", "wave", "time", "group", "y"])
    run = subprocess.run(
        ["Rscript", "live.R", str(folder)],
        cwd=ORACLE,
        capture_output=True,
        text=True,
        check=True,
        timeout=1500,
    )
    return json.loads(run.stdout)


def test_sets_are_what_they_should_be(data):
    sets = [data[name] for name in data if name.startswith("set_")]
    sizes = [each["person"].nunique() for each in sets]
    assert min(sizes) < 20
    assert max(sizes) > 350
    assert {each["wave"].nunique() for each in sets} == {2, 3, 4, 5, 6}


@pytest.mark.parametrize("name", ["intercept", "slope"])
def test_two_hundred_sets(data, by_r, name):
    worst, statuses, poorer = Worst(), [], 0
    for key, both in by_r["set"].items():
        if name not in both:
            continue
        wanted, rows = both[name], by_group(data[key], covariate=False)
        solution = solved(rows, name)
        found = Fit(rows, solution, name)
        statuses.append(found.status)
        assert found.solved, key
        short = wanted["log_likelihood"] - found.log_likelihood
        worst.note("criterion below lme4's", short, key)
        worst.note(
            "ML criterion below lme4's", wanted["ml"] - solved(rows, name, "ML").log_likelihood[0], key
        )
        poorer += short < -1e-6
        # where lme4 stopped short of ours, its other numbers are no measure
        if short > -1e-6:
            compare(found, wanted, key, worst)
    at_boundary = statuses.count("boundary")
    print(f"\n{name}: {len(statuses)} sets, {at_boundary} at the boundary; lme4 lower in {poorer}")
    print(worst.told())
    assert worst.seen["criterion below lme4's"][0] < 1e-6
    assert worst.seen["ML criterion below lme4's"][0] < 1e-6
    assert worst.seen["estimate in standard errors"][0] < 1e-4
    assert worst.seen["Satterthwaite df"][0] < 1e-2
    assert worst.seen["Kenward-Roger df"][0] < 1e-2
    assert min(at_boundary, statuses.count("ok")) >= 10


def compare(found: Fit, wanted: dict, key: str, worst: Worst) -> None:
    std_error = np.array(wanted["std_error"])
    estimate = np.array([found.coefficients[term] for term in wanted["terms"]])
    worst.note("estimate in standard errors", np.abs((estimate - wanted["estimate"]) / std_error).max(), key)
    order = [found.rows.terms.index(term) for term in wanted["terms"]]
    by_model = np.sqrt(np.diag(found.covariance))[order]
    worst.note("standard error", np.abs(by_model / std_error - 1).max(), key)
    if found.status == "boundary" or min(map(abs, _diagonal(wanted["theta"]))) < 1e-3:
        return
    units = np.eye(len(order))[order]
    for kind, method, known in (
        ("Satterthwaite df", "satterthwaite", wanted["df"]),
        ("Kenward-Roger df", "kenward-roger", wanted["kenward_roger"]),
    ):
        if known:
            df = np.array([found.test(unit, method).df for unit in units])
            worst.note(kind, np.abs(df / known - 1).max(), key)


def _diagonal(theta: list[float]) -> list[float]:
    return theta if len(theta) == 1 else [theta[0], theta[2]]


def test_three_hundred_near_singular_sets(data, by_r):
    """None below the best that any of six judges finds: REML, a random slope."""
    worst, misses, statuses = Worst(), {"lme4 default": 0, "lme4 tight": 0, "statsmodels": 0, "ours": 0}, []
    for place, (key, from_r) in enumerate(by_r["near"].items()):
        rows = by_group(data[key], covariate=False)
        solution = solved(rows, "slope")
        statuses.append(str(solution.status[0]))
        assert solution.solved[0], key
        ends = {
            "ours": float(solution.log_likelihood[0]),
            "lme4 default": from_r["default"],
            "lme4 tight": from_r["tight"],
            "ours from ten random starts": random_starts(solution, place),
        }
        if place < BY_STATSMODELS:
            ends["statsmodels"] = by_statsmodels(rows)
        best = max(ends.values())
        for judge, end in ends.items():
            worst.note(f"{judge} below the best", best - end, key)
            misses[judge] = misses.get(judge, 0) + (best - end > 1e-6)
    print(f"\n{len(statuses)} sets, {statuses.count('boundary')} at the boundary; short by 1e-6: {misses}")
    print(worst.told())
    assert misses["ours"] == 0
    assert statuses.count("boundary") > 50


def random_starts(solution: Solution, seed: int) -> float:
    """The highest log-likelihood that Newton's method reaches from ten random starts."""
    random = np.random.default_rng([SEED, seed])
    products = solution.products.take(np.zeros(10, dtype=int))
    free = random.normal(size=(10, 3)) * random.choice([0.1, 0.5, 2], size=(10, 1))
    ended = minimise(Point(products, free, True)).point
    return float(Solution(ended, np.full(10, "ok")).log_likelihood.max())


def by_statsmodels(rows: Rows) -> float:
    """The log-likelihood, by the dense criterion, of where MixedLM ends; minus infinity where it fails."""
    structure = structure_of("slope", rows)
    effects = loadings(rows, structure)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            model = MixedLM(rows.response[:, 0], rows.design, groups=rows.person, exog_re=effects)
            result = model.fit(reml=True, method=["bfgs"], gtol=1e-8)
            v = dense_covariance(rows, structure, np.asarray(result.cov_re) / result.scale, result.scale)
            found = -dense_deviance(rows, v, True) / 2
        except (np.linalg.LinAlgError, ValueError):
            return -np.inf
    return found if np.isfinite(found) else -np.inf

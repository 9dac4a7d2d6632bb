"""Time our engine, one job a line from standard input; benchmarks/run.py starts it.

In: `job people times` a line. Out: the CPU seconds of one run (the mean over ``times``), then what was found:
log-likelihood and standard errors, smallest first. Tables are read, and their categories made, before.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from time import process_time

import numpy as np
import pandas as pd

from outcomes.mixed import gains
from outcomes.mixed.inference import Inference
from outcomes.mixed.products import Products
from outcomes.mixed.rows import Rows
from outcomes.mixed.solve import Solution, solve
from outcomes.mixed.structures import Intercept, Slope, Structure, Unstructured

LEVELS = {
    "ses": ["high", "low"],
    "gender": ["woman", "man", "other"],
    "eth": ["white", "asian", "black", "mixed", "other"],
}
WAVES = 4
FOLDER = Path(sys.argv[1])


@cache
def table(people: int) -> pd.DataFrame:
    frame = pd.read_csv(FOLDER / f"{people}.csv")
    for name, levels in LEVELS.items():
        frame[name] = pd.Categorical(frame[name], levels)
    return frame


@cache
def design(people: int) -> np.ndarray:
    """Return the columns of wave * ses + gender + eth + age + grade in treatment coding (rows x 16)."""
    frame = table(people)
    held = {name: frame[name].to_numpy() for name in frame.columns}
    waves = [held["wave"] == wave for wave in range(1, WAVES)]
    low = held["ses"] == "low"
    dummies = [held[name] == level for name in ("gender", "eth") for level in LEVELS[name][1:]]
    columns = [np.ones(len(frame)), *waves, low, *(low & wave for wave in waves), *dummies]
    return np.column_stack([*columns, held["age"], held["grade"]]).astype(float)


@cache
def arrays(people: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    frame = table(people)
    wave = frame["wave"].to_numpy()
    return frame["y"].to_numpy(), frame["mentee"].to_numpy(), wave, wave.astype(float)


def products(structure: Structure, people: int) -> Products:
    columns, (response, person, wave, time) = design(people), arrays(people)
    return Products.of(Rows.of(response, columns, person, wave=wave, time=time), structure)


kept = cache(products)


def with_errors(solution: Solution) -> list[float]:
    inverse = solution.products.basis.inverse
    coefficients = inverse @ solution.coefficients[0]
    errors = np.sqrt(np.diag(inverse @ solution.covariance[0] @ inverse.T))
    return [float(solution.log_likelihood[0]), *np.sort(np.where(np.isfinite(coefficients), errors, np.nan))]


def fitted(structure: Structure, people: int) -> list[float]:
    return with_errors(solve(products(structure, people)))


def after_pass(people: int) -> list[float]:
    """Solve, and find standard errors and Satterthwaite's df of every coefficient."""
    solution = solve(kept(Intercept(), people))
    inference, contrasts = Inference(solution), solution.products.basis.inverse
    return [*with_errors(solution), *(float(inference.satterthwaite(row[None]).df[0]) for row in contrasts)]


def from_table(people: int) -> list[float]:
    """From a long table to gains and gaps with Satterthwaite's df and simultaneous intervals."""
    answer = gains(
        table(people), outcome="y", person="mentee", wave="wave", group="ses",
        covariates=["gender", "eth", "age", "grade"], structure="intercept", df="satterthwaite",
    )  # fmt: skip
    errors = answer.table["std_error"]
    return [answer.fit.log_likelihood, *(float(each) for each in errors.sort_values())]


JOBS: dict[str, Callable[[int], list[float]]] = {
    "intercept": lambda people: fitted(Intercept(), people),
    "slope": lambda people: fitted(Slope((WAVES - 1) / 2, 1.0), people),
    "unstructured": lambda people: fitted(Unstructured(WAVES), people),
    "after": after_pass,
    "table": from_table,
}


def main() -> None:
    print(f"Python {sys.version.split()[0]}, numpy {np.__version__}, pandas {pd.__version__}", flush=True)
    for line in sys.stdin:
        job, people, times = line.split()
        run, size = JOBS[job], int(people)
        design(size), arrays(size), kept(Intercept(), size)
        started = process_time()
        for _ in range(int(times)):
            found = run(size)
        seconds = (process_time() - started) / int(times)
        print(seconds, *found, flush=True)


if __name__ == "__main__":
    main()

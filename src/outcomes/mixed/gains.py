"""How much did each group gain, and how large is the gap? For a notebook: one call on a long table.

In: a table with a row a person and wave. Out: `Gains`: gains, gaps in gains and differences of groups with
t, df and intervals, marginal means, joint tests, and the fit behind them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import get_args

import numpy as np
import pandas as pd

from outcomes.mixed.fit import DfMethod, Fit, StructureName, Test, fit
from outcomes.mixed.grid import Grid
from outcomes.mixed.rows import Rows
from outcomes.mixed.solve import Method

COLUMNS = [
    "contrast", "group", "wave", "estimate", "std_error", "df", "statistic", "low", "high", "p_value",
    "standardised", "simultaneous_low", "simultaneous_high", "df_method", "status",
]  # fmt: skip


@dataclass(frozen=True)
class Gains:
    """The answer of `gains`."""

    fit: Fit
    """Coefficients, variance components, log-likelihood, status."""
    grid: Grid
    averages: np.ndarray
    """Mean of each covariate column over the rows: where marginal means are taken."""
    baseline_sd: float
    """Pooled within-group SD of the scores at the baseline; NaN where there is none."""
    confidence: float

    @cached_property
    def table(self) -> pd.DataFrame:
        """Gains, gaps and differences: one row each, in the order of groups and waves.

        ``contrast``: `gain` of a group since the baseline, `gap` in gains (focal minus reference),
        `difference` of the groups at a wave. ``standardised`` is the estimate over the pooled SD at the
        baseline. Simultaneous limits hold together over the waves of the same contrast and group.
        """
        grid, later, (reference, *others) = self.grid, self.grid.waves[1:], self.grid.groups
        rows: list[dict[str, object]] = []
        for group in grid.groups:
            rows += self._block("gain", group, {wave: grid.gain(group, wave) for wave in later})
        for focal in others:
            gaps = {wave: grid.gap(focal, reference, wave) for wave in later}
            rows += self._block("gap", f"{focal} - {reference}", gaps)
        for focal in others:
            differences = {wave: grid.difference(focal, reference, wave) for wave in grid.waves}
            rows += self._block("difference", f"{focal} - {reference}", differences)
        return pd.DataFrame(rows, columns=COLUMNS)

    @cached_property
    def means(self) -> pd.DataFrame:
        """Marginal means by group and wave, covariates at their average over the rows."""
        rows = []
        for group in self.grid.groups:
            for wave in self.grid.waves:
                weights = np.concatenate([self.grid.cell(group, wave), self.averages])
                test = self.fit.test(weights)
                low, high = test.interval(self.confidence)
                rows.append(
                    (group, wave, float(test.estimate[0]), float(test.std_error[0]), test.df, low, high)
                )
        return pd.DataFrame(rows, columns=["group", "wave", "estimate", "std_error", "df", "low", "high"])

    def joint(self, contrast: str = "gap") -> Test:
        """Return the F test of all gaps (or all gains, or all differences) together.

        Raises ValueError for another word, where there is nothing to test (one group, or one wave), and for
        a cluster-robust fit, which has single tests only.
        """
        later, (reference, *others) = self.grid.waves[1:], self.grid.groups
        weights = {
            "gap": [self.grid.gap(focal, reference, wave) for focal in others for wave in later],
            "gain": [self.grid.gain(group, wave) for group in self.grid.groups for wave in later],
            "difference": [
                self.grid.difference(focal, reference, wave) for focal in others for wave in self.grid.waves
            ],
        }
        if contrast not in weights:
            raise ValueError(f"no contrast is called {contrast!r}: gap, gain or difference")
        if not weights[contrast]:
            raise ValueError(f"there is no {contrast}: a gain needs two waves, a difference two groups")
        test = self.fit.test(np.stack([self._padded(each) for each in weights[contrast]]))
        return replace(test, statistic=test.statistic**2) if test.parts == 1 else test

    def _padded(self, weights: np.ndarray) -> np.ndarray:
        return np.concatenate([weights, np.zeros(len(self.averages))])

    def _block(self, kind: str, group: str, weights: Mapping[str, np.ndarray]) -> Iterator[dict[str, object]]:
        """Yield the rows of one contrast and group over its waves."""
        padded = {wave: self._padded(each) for wave, each in weights.items()}
        tests = {wave: self.fit.test(each) for wave, each in padded.items()}
        there = [wave for wave, test in tests.items() if test.estimable]
        factor = np.nan
        if there:
            least = min(tests[wave].df for wave in there)
            factor = self.fit.critical(np.stack([padded[wave] for wave in there]), least, self.confidence)
        for wave, test in tests.items():
            yield self._row(kind, group, wave, test, factor)

    def _row(self, kind: str, group: str, wave: str, test: Test, factor: float) -> dict[str, object]:
        estimate, std_error = float(test.estimate[0]), float(test.std_error[0])
        low, high = test.interval(self.confidence)
        return {
            "contrast": kind, "group": group, "wave": wave, "estimate": estimate, "std_error": std_error,
            "df": test.df, "statistic": test.statistic, "low": low, "high": high, "p_value": test.p_value,
            "standardised": estimate / self.baseline_sd, "simultaneous_low": estimate - factor * std_error,
            "simultaneous_high": estimate + factor * std_error, "df_method": test.df_method,
            "status": test.status,
        }  # fmt: skip


def gains(
    frame: pd.DataFrame, *, outcome: str, person: str, wave: str, group: str, covariates: Sequence[str] = (),
    structure: StructureName = "unstructured", method: Method = "REML", df: DfMethod = "auto",
    confidence: float = 0.95,
) -> Gains:  # fmt: skip
    """Return gains and gaps in gains from a long table: a row a person and wave.

    The model is outcome ~ wave x group + covariates with the covariance ``structure`` within people. ``wave``
    and ``group`` are categories (or numbers), of which the first is the baseline or the reference; numbers
    count from the smallest. Covariates are numbers (centred) or categories. ``slope`` takes the waves as
    times where they are numbers, else 0, 1, 2, ... Rows without a score are left out. Raises ValueError for
    a missing column, missing wave, group, person or covariate, scores that are no numbers, text that is no
    category, a person in two groups, two scores of a person at one wave, and a word or confidence that is
    not known.
    """
    _known(structure, method, df, confidence)
    if isinstance(covariates, str) or len({outcome, person, wave, group, *covariates}) < 4 + len(covariates):
        raise ValueError("covariates is a list of columns, each named once and nothing else here")
    used = _complete(frame, outcome, person, wave, group, *covariates)
    wave_codes, waves = _levels(used[wave])
    group_codes, groups = _levels(used[group])
    people = pd.factorize(used[person])[0]
    smallest = _smallest(people, wave_codes, group_codes, group)
    grid = Grid(tuple(map(str, waves)), tuple(map(str, groups)))
    extra, names = _covariates(used, covariates)
    design = np.column_stack([grid.columns(wave_codes, group_codes), extra])
    times = np.asarray(waves, dtype=float)[wave_codes] if _numeric(waves) else wave_codes.astype(float)
    scores = used[outcome].to_numpy(dtype=float)
    rows = Rows.of(scores, design, people, terms=(*grid.terms, *names), wave=wave_codes, time=times)
    fitted = fit(rows, structure, method, df, smallest)
    return Gains(fitted, grid, extra.mean(axis=0), _pooled(scores, wave_codes, group_codes), confidence)


def _known(structure: str, method: str, df: str, confidence: float) -> None:
    """Raise ValueError for a word that means nothing here, or limits that nothing can have."""
    words = {"structure": (structure, StructureName), "method": (method, Method), "df": (df, DfMethod)}
    for name, (word, known) in words.items():
        if word not in get_args(known):
            raise ValueError(f"no {name} is called {word!r}: {', '.join(get_args(known))}")
    if method == "ML" and df == "kenward-roger":
        raise ValueError("Kenward-Roger needs a REML fit")
    if not 0 < confidence < 1:
        raise ValueError(f"confidence lies between 0 and 1, and is {confidence}")


def _complete(frame: pd.DataFrame, outcome: str, *named: str) -> pd.DataFrame:
    """Return the rows with a score and their columns ``named``, none of which may be missing there."""
    columns = list(dict.fromkeys([outcome, *named]))
    if absent := [name for name in columns if name not in frame.columns]:
        raise ValueError(f"the table has no column {', '.join(map(repr, absent))}")
    if not pd.api.types.is_numeric_dtype(frame[outcome]):
        raise ValueError(f"{outcome!r} is not a column of numbers")
    used = frame.loc[frame[outcome].notna(), columns]
    if used.empty:
        raise ValueError(f"no row has a score in {outcome!r}")
    for name in named:
        if used[name].isna().any():
            raise ValueError(f"{name!r} is missing in {int(used[name].isna().sum())} rows that have a score")
    return used


def _smallest(people: np.ndarray, wave: np.ndarray, group: np.ndarray, name: str) -> int:
    """Return how many people the smallest group has; each must be in one, with one score a wave."""
    of_person = pd.Series(group).groupby(people).agg(["min", "max"])
    if astray := int((of_person["min"] != of_person["max"]).sum()):
        raise ValueError(f"{astray} people are in two groups of {name!r}")
    if pd.DataFrame({"person": people, "wave": wave}).duplicated().any():
        raise ValueError("a person has two scores at one wave")
    return int(of_person.groupby("min").size().min())


def _levels(values: pd.Series) -> tuple[np.ndarray, list[object]]:
    """Return codes and levels in their order, those that nobody has left out."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        held = values.cat.remove_unused_categories()
        if len(set(map(str, held.cat.categories))) < len(held.cat.categories):
            raise ValueError(f"two levels of {values.name!r} read alike")
        return held.cat.codes.to_numpy(dtype=int), list(held.cat.categories)
    if not pd.api.types.is_numeric_dtype(values):
        raise ValueError(
            f"{values.name!r} is text: make it a category whose first level is the "
            "baseline or the reference, as the alphabet would choose it otherwise"
        )
    levels, codes = np.unique(values.to_numpy(), return_inverse=True)
    return codes.reshape(-1), list(levels)


def _numeric(levels: Sequence[object]) -> bool:
    return all(isinstance(level, (int, float, np.number)) for level in levels)


def _covariates(used: pd.DataFrame, covariates: Sequence[str]) -> tuple[np.ndarray, list[str]]:
    """Return the columns of the covariates and their names: numbers centred, categories as dummies."""
    columns, names = [np.empty((len(used), 0))], []
    for name in covariates:
        values = used[name]
        if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
            numbers = values.to_numpy(dtype=float)
            columns.append((numbers - numbers.mean())[:, None])
            names.append(name)
            continue
        categories = values if isinstance(values.dtype, pd.CategoricalDtype) else values.astype("category")
        codes, levels = _levels(categories)
        columns.append(codes[:, None] == np.arange(1, len(levels)))
        names += [f"{name}={level}" for level in levels[1:]]
    return np.column_stack(columns).astype(float), names


def _pooled(scores: np.ndarray, wave: np.ndarray, group: np.ndarray) -> float:
    """Return the SD within groups at the first wave, pooled with n - 1 each; NaN where there is none."""
    squares, df = 0.0, 0
    for each in np.unique(group):
        of_group = scores[(wave == 0) & (group == each)]
        if len(of_group) > 1:
            squares += float(((of_group - of_group.mean()) ** 2).sum())
            df += len(of_group) - 1
    return float(np.sqrt(squares / df)) if df and squares > 0 else float("nan")

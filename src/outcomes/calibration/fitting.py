"""What does the model say of the gap in gains in each of many cohorts?

In: `Rows` of cohorts and a structure. Out: a table of estimates, standard errors and degrees of freedom by
both methods. All cohorts are fitted as one batch; those that it gives up take the engine's fall-backs.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from outcomes.calibration.cohorts import GRID, PAIR, WAVES, left
from outcomes.mixed import Rows, StructureName, fit
from outcomes.mixed.inference import Inference
from outcomes.mixed.merging import stack
from outcomes.mixed.products import Products
from outcomes.mixed.solve import Solution, solve
from outcomes.mixed.structures import Intercept, Structure, Unstructured

GAP = GRID.gap(*PAIR, WAVES[-1])
"""Weights of the gap in gains at the last wave."""
BATCHED: dict[StructureName, Structure] = {"intercept": Intercept(), "unstructured": Unstructured(len(WAVES))}
METHODS = {"satterthwaite": "Satterthwaite", "kenward-roger": "Kenward-Roger"}
"""Df method to its name on tables, as the engine has it."""


def fitted(cohorts: Sequence[Rows], structure: StructureName) -> pd.DataFrame:
    """Return the gap in gains at the last wave in each of ``cohorts``, a row a cohort and df method.

    `fit` numbers the cohorts; `estimate` and `std_error` are in points (NaN where there is none);
    `asked` is the df method asked for and `df_method` the one used, which differs after a fall-back to robust
    standard errors; `fall_back` says why another structure was taken; `left` is the share of people without
    a last score.
    """
    products = stack([Products.of(rows, BATCHED[structure]) for rows in cohorts])
    solution = solve(products)
    weights, estimable = _in_bases(products)
    solved = solution.solved & estimable
    tables = [_batch(solution, weights, np.flatnonzero(solved))] if solved.any() else []
    tables += [_alone(cohorts[place], structure, place) for place in np.flatnonzero(~solved).tolist()]
    table = pd.concat(tables, ignore_index=True).sort_values(["asked", "fit"], ignore_index=True)
    return table.assign(left=np.array([left(rows) for rows in cohorts])[table["fit"]])


def _in_bases(products: Products) -> tuple[np.ndarray, np.ndarray]:
    """Return the weights of the gap in each fit's basis (F x 1 x p), and where it can be estimated (F,)."""
    weights = np.zeros((products.n_fits, 1, products.rank))
    estimable = np.zeros(products.n_fits, dtype=bool)
    for place, basis in enumerate(products.bases):
        held = basis.estimable(GAP)
        if held is not None:
            weights[place, 0, : len(held)], estimable[place] = held, True
    return weights, estimable


def _batch(solution: Solution, weights: np.ndarray, chosen: np.ndarray) -> pd.DataFrame:
    """Return the tests of the ``chosen`` fits."""
    inference = Inference(Solution(solution.point.take(chosen), solution.status[chosen]))
    tests = inference.satterthwaite(weights[chosen]), inference.kenward_roger(weights[chosen])
    tables = [
        pd.DataFrame({
            "fit": chosen, "estimate": test.estimate[:, 0], "std_error": test.std_error[:, 0], "df": test.df,
            "asked": method, "df_method": METHODS[method], "status": solution.status[chosen], "fall_back": "",
        })
        for method, test in zip(METHODS, tests, strict=True)
    ]  # fmt: skip
    return pd.concat(tables, ignore_index=True)


def _alone(rows: Rows, structure: StructureName, place: int) -> pd.DataFrame:
    """Return what the tool reports of one cohort that the batch could not fit."""
    found = fit(rows, structure)
    tests = [found.test(GAP, "satterthwaite"), found.test(GAP, "kenward-roger")]
    return pd.DataFrame({
        "fit": place, "estimate": [float(test.estimate[0]) for test in tests],
        "std_error": [float(test.std_error[0]) for test in tests], "df": [test.df for test in tests],
        "asked": list(METHODS), "df_method": [test.df_method for test in tests],
        "status": [test.status for test in tests], "fall_back": found.fall_back,
    })  # fmt: skip

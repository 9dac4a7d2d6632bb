"""Which model is fitted, and what if it can't be?

In: `Rows` and the name of a structure. Out: a `Fit`, by that structure or by a declared fall-back.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np

from outcomes.mixed.answers import NAMES, DfMethod, Fit, Test
from outcomes.mixed.products import Products, WeightKind
from outcomes.mixed.rows import Rows
from outcomes.mixed.solve import BOUNDARY, UNCONVERGED, UNKNOWN, Method, solve
from outcomes.mixed.structures import HeterogeneousSymmetry, Intercept, Slope, Structure, Unstructured

__all__ = ["NAMES", "DfMethod", "Fit", "StructureName", "Test", "fit"]

StructureName = Literal["intercept", "slope", "unstructured"]

SMALL = 30
"""People in a group below which `auto` means Kenward-Roger (as it does at the boundary)."""
LEFT = {UNCONVERGED: "did not converge", UNKNOWN: "is not identified"}
"""Status of a fit that is given up for a fall-back, in words."""


def fit(
    rows: Rows, structure: StructureName = "unstructured", method: Method = "REML", df: DfMethod = "auto",
    smallest_group: int | None = None, weights: np.ndarray | None = None, kind: WeightKind | None = None,
) -> Fit:  # fmt: skip
    """Return the fit of one response.

    ``structure``: intercept, slope (needs times) or unstructured (needs waves). One that does not converge or
    is not identified is left for the next of unstructured, heterogeneous compound symmetry and person
    intercept, with CR2 standard errors, and `fall_back` says so. ``df`` auto is Kenward-Roger at the boundary
    or where ``smallest_group`` (people) is below 30, else Satterthwaite; ML has Satterthwaite only.
    ``weights`` (people, in the order of their codes) of a ``kind``: frequency, or sampling, where standard
    errors are CR2. Raises ValueError for a word that is none, or where the structure lacks waves or times.
    """
    if df not in ("auto", "satterthwaite", "kenward-roger"):
        raise ValueError(f"no degrees of freedom are called {df!r}: auto, satterthwaite or kenward-roger")
    rows, waves = _seen(rows)
    first, *others = _chain(structure, rows, len(waves))
    declared, reasons = first.name, []
    solution = solve(Products.of(rows, first, weights, kind), method)
    used = first
    for other in others:
        if str(solution.status[0]) not in LEFT:
            break
        reasons.append(f"{used.name} {LEFT[str(solution.status[0])]}")
        solution, used = solve(Products.of(rows, other, weights, kind), method), other
    is_robust = kind == "sampling" or bool(reasons)
    found = Fit(rows, solution, declared, "; ".join(reasons), is_robust, waves=waves, weights=weights)
    return replace(found, df_method=_method(found, df, smallest_group, method))


def _method(found: Fit, df: DfMethod, smallest_group: int | None, method: Method) -> str:
    if found.robust:
        return "cr2"
    if df != "auto":
        return df
    small = found.status == BOUNDARY or (smallest_group is not None and smallest_group < SMALL)
    return "kenward-roger" if small and method == "REML" else "satterthwaite"


def _seen(rows: Rows) -> tuple[Rows, tuple[int, ...]]:
    """Return the rows with waves coded among those that have a score, and these waves."""
    if rows.wave is None:
        return rows, ()
    waves, codes = np.unique(rows.wave, return_inverse=True)
    return replace(rows, wave=codes.reshape(-1)), tuple(int(wave) for wave in waves)


def _chain(structure: StructureName, rows: Rows, n_waves: int) -> tuple[Structure, ...]:
    """Return the structure asked for and those to fall back on."""
    if structure == "intercept":
        return (Intercept(),)
    if structure == "slope":
        if rows.time is None:
            raise ValueError("a random slope needs the time of each row")
        return (Slope.of(rows.time), Intercept())
    if structure != "unstructured":
        raise ValueError(f"no structure is called {structure!r}: intercept, slope or unstructured")
    if rows.wave is None:
        raise ValueError("an unstructured covariance needs the wave of each row")
    if n_waves < 2:
        return (Intercept(),)
    return (Unstructured(n_waves), HeterogeneousSymmetry(n_waves), Intercept())

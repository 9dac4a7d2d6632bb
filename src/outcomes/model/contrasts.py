"""How much did each group gain, and how large is the gap?

In: the fitted model of an outcome. Out: rows of gains (a group and later wave) and of contrasts, focal minus
reference group (the gap in gains at each later wave, the difference of the groups at each wave). With a
comparison arm gains and gaps stand by arm, and beside them the effect of a group (gain of the mentored minus
gain of the comparison arm, the difference in differences) and the gap in effects (the triple difference).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from outcomes.columns import ARMS, BETWEEN_ARMS
from outcomes.model.design import FOCAL, REFERENCE, Cell
from outcomes.model.estimates import Estimate, Row, degrees
from outcomes.model.fitted import Fitted
from outcomes.model.standardised import d_ppc2, standardised
from outcomes.study import Floor
from outcomes.study.stages import Modelling

OF_GAINS = ("gap", "effect", "effect_gap")
"""The contrasts that compare gains; `difference` compares means at a wave."""

Pair = tuple[str, str]
"""Focal and reference group."""


def pairs_of(part: Modelling) -> list[Pair]:
    """Return the pairs of groups that are compared: low with high SES, and each that a claim names."""
    claimed = [
        (claim.focal, claim.reference) for claim in part.hypotheses.values() if not isinstance(claim, Floor)
    ]
    return list(dict.fromkeys([(FOCAL, REFERENCE), *claimed]))


@dataclass(frozen=True)
class Asked:
    """A combination of cells that a row tells: its name, weights of all terms, and the people behind it."""

    contrast: str
    group: str
    arm: str
    wave: str
    weights: np.ndarray
    n: tuple[int, ...]
    """People by cell."""


@dataclass(frozen=True)
class Compared:
    """Cells that are compared: what that is called, and the sign of each cell."""

    contrast: str
    group: str
    arm: str
    signs: tuple[tuple[Cell, int], ...]


def gains(model: Fitted, confidence: float) -> Iterator[Row]:
    """Yield the gain of each group since the baseline, at each later wave."""
    asked = []
    for wave in model.later_waves:
        for cell in model.cells:
            n = model.people(cell, model.baseline, wave)
            weights = model.design.gain(cell.name, wave)
            asked.append(Asked("gain", cell.group, cell.arm, wave, weights, (n,)))
    yield from _rows(model, asked, confidence)


def contrasts(model: Fitted, confidence: float, pairs: Iterable[Pair]) -> Iterator[Row]:
    """Yield by pair the gap in gains at each later wave, then the difference of the groups at each wave.

    With a comparison arm: by arm, then the gap in effects; then by SES group the effect, and the difference
    of the arms at each wave, the baseline among them. What compares a cell that nobody is in (unknown SES)
    has no rows.
    """
    for each in _compared(model.cells, pairs):
        if {cell for cell, _ in each.signs} <= set(model.cells):
            yield from _rows(model, list(_asked(model, each)), confidence)


def _compared(cells: tuple[Cell, ...], pairs: Iterable[Pair]) -> Iterator[Compared]:
    arms = tuple(dict.fromkeys(cell.arm for cell in cells))
    groups = tuple(dict.fromkeys(cell.group for cell in cells))
    of_arm = dict(zip(ARMS, (1, -1), strict=True))
    for focal, reference in pairs:
        both = f"{focal} - {reference}"
        for arm in arms:
            yield Compared("gap", both, arm, ((Cell(focal, arm), 1), (Cell(reference, arm), -1)))
        if arms == ARMS:
            signs = [(Cell(group, arm), side * sign) for arm, sign in of_arm.items()
                     for group, side in ((focal, 1), (reference, -1))]  # fmt: skip
            yield Compared("effect_gap", both, BETWEEN_ARMS, tuple(signs))
    for group in groups if arms == ARMS else ():
        signs = [(Cell(group, arm), sign) for arm, sign in of_arm.items()]
        yield Compared("effect", group, BETWEEN_ARMS, tuple(signs))


def _asked(model: Fitted, each: Compared) -> Iterator[Asked]:
    """Yield a comparison of gains at each later wave and, of two cells, that of their means at each wave."""
    for wave in model.later_waves:
        weights = sum(sign * model.design.gain(cell.name, wave) for cell, sign in each.signs)
        n = tuple(model.people(cell, model.baseline, wave) for cell, _ in each.signs)
        yield Asked(each.contrast, each.group, each.arm, wave, np.asarray(weights), n)
    for wave in model.outcome.waves if len(each.signs) == 2 else ():
        weights = sum(sign * model.design.cell(cell.name, wave) for cell, sign in each.signs)
        n = tuple(model.people(cell, wave) for cell, _ in each.signs)
        yield Asked("difference", each.group, each.arm, wave, np.asarray(weights), n)


def simultaneous(
    model: Fitted, asked: list[Asked], estimates: list[Estimate], confidence: float
) -> dict[int, Row]:
    """Return the place of each of ``asked`` to its limits that hold at all waves together.

    Single-step max-t over the waves of a contrast, group and arm (Hothorn, Bretz & Westfall 2008, doi
    10.1002/bimj.200810425), with the smallest of their degrees of freedom.
    """
    blocks: dict[tuple[str, str, str], list[int]] = {}
    for place, one in enumerate(asked):
        if estimates[place].estimate is not None:
            blocks.setdefault((one.contrast, one.group, one.arm), []).append(place)
    found = {}
    for places in blocks.values():
        weights = np.stack([asked[place].weights for place in places])
        df = min(degrees(estimates[place].df) for place in places)
        times = model.critical(weights, df, confidence)
        for place in places:
            middle, error = estimates[place].estimate or 0.0, estimates[place].std_error or 0.0
            found[place] = {
                "simultaneous_low": middle - times * error, "simultaneous_high": middle + times * error
            }  # fmt: skip
    return found


def _rows(model: Fitted, asked: list[Asked], confidence: float) -> Iterator[Row]:
    estimates = [model.estimate(one.weights, min(one.n)) for one in asked]
    bands = simultaneous(model, asked, estimates, confidence)
    for place, (one, estimate) in enumerate(zip(asked, estimates, strict=True)):
        spread, status = model.baseline_spread, estimate.status
        if estimate.estimate is not None and model.later_waves and spread is None:
            status += ", not standardised: scores do not vary at the baseline"
        yield {
            "outcome": model.name, "domain": model.outcome.domain, "contrast": one.contrast,
            "group": one.group, "arm": one.arm or None, "wave": one.wave, "adjusted": model.adjusted,
            "n": sum(one.n),
            **estimate.inference(confidence), "df_method": estimate.df_method, **bands.get(place, {}),
            **standardised(estimate, spread, confidence),
            **(d_ppc2(estimate, spread, confidence) if one.contrast in OF_GAINS else {}),
            "structure": model.structure, "status": status,
        }  # fmt: skip

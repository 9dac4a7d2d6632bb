"""How much did each group gain, and how large is the gap?

In: the fitted model of an outcome. Out: rows of gains (a group and later wave) and of contrasts, focal minus
reference group (the gap in gains at each later wave, the difference of the groups at each wave).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from outcomes.model.design import FOCAL, REFERENCE
from outcomes.model.estimates import Estimate, Row, degrees
from outcomes.model.fitted import Fitted
from outcomes.model.standardised import d_ppc2, standardised
from outcomes.study import Floor
from outcomes.study.stages import Modelling

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
    wave: str
    weights: np.ndarray
    n: tuple[int, ...]
    """People by group."""


def gains(model: Fitted, confidence: float) -> Iterator[Row]:
    """Yield the gain of each group since the baseline, at each later wave."""
    asked = []
    for wave in model.later_waves:
        for group in model.groups:
            n = model.people(group, model.baseline, wave)
            asked.append(Asked("gain", group, wave, model.design.gain(group, wave), (n,)))
    yield from _rows(model, asked, confidence)


def contrasts(model: Fitted, confidence: float, pairs: Iterable[Pair]) -> Iterator[Row]:
    """Yield by pair the gap in gains at each later wave, then the difference of the groups at each wave.

    A pair with a group that nobody is in (unknown SES) has no rows.
    """
    for pair in (pair for pair in pairs if set(pair) <= set(model.groups)):
        both = " - ".join(pair)
        asked = []
        for wave in model.later_waves:
            weights = model.design.gap(*pair, wave)
            n = tuple(model.people(group, model.baseline, wave) for group in pair)
            asked.append(Asked("gap", both, wave, weights, n))
        for wave in model.outcome.waves:
            weights = model.design.difference(*pair, wave)
            n = tuple(model.people(group, wave) for group in pair)
            asked.append(Asked("difference", both, wave, weights, n))
        yield from _rows(model, asked, confidence)


def simultaneous(
    model: Fitted, asked: list[Asked], estimates: list[Estimate], confidence: float
) -> dict[int, Row]:
    """Return the place of each of ``asked`` to its limits that hold at all waves together.

    Single-step max-t over the waves of a contrast and group (Hothorn, Bretz & Westfall 2008, doi
    10.1002/bimj.200810425), with the smallest of their degrees of freedom.
    """
    blocks: dict[tuple[str, str], list[int]] = {}
    for place, one in enumerate(asked):
        if estimates[place].estimate is not None:
            blocks.setdefault((one.contrast, one.group), []).append(place)
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
            "group": one.group, "wave": one.wave, "adjusted": model.adjusted, "n": sum(one.n),
            **estimate.inference(confidence), "df_method": estimate.df_method, **bands.get(place, {}),
            **standardised(estimate, spread, confidence),
            **(d_ppc2(estimate, spread, confidence) if one.contrast == "gap" else {}),
            "structure": model.structure, "status": status,
        }  # fmt: skip

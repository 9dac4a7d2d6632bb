"""What is behind the answers: a latent trait for each outcome and wave, and the answers that it gives.

A trait is its planted mean, plus what disadvantage and covariates add, plus a residual that is correlated
over waves and outcomes. Items answer by the graded-response model (Samejima 1969): answer k or more with
probability logistic(a (trait - b_k)).
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
from scipy.stats import norm

from outcomes.simulate.design import Design
from outcomes.simulate.streams import Seed, stream
from outcomes.study import Answers, Loaded, Scale

LOGISTIC_VARIANCE = np.pi**2 / 3


def draw_traits(
    students: pd.DataFrame, loaded: Loaded, design: Design, seed: Seed, outcomes: Iterable[str]
) -> dict[str, np.ndarray]:
    """Return each outcome's trait (students x waves); a path's target needs its source among ``outcomes``."""
    waves = loaded.study.wave_names
    months = np.array([wave.months for wave in loaded.study.waves.values()])
    root = np.linalg.cholesky(design.covariance(months)).T
    shape = (len(students), len(waves))
    common = stream(seed, "common residual").standard_normal(shape)
    more = (students["disadvantage"].to_numpy() - design.mentee_disadvantage)[:, None]
    traits = {}
    for name in outcomes:
        planted, sign = design.traits[name], _benefit(loaded, name)
        own = stream(seed, f"residual of {name}").standard_normal(shape)
        residual = (sign * np.sqrt(design.shared) * common + np.sqrt(1 - design.shared) * own) @ root
        added = more * (planted.level + planted.slope * np.array(design.pace))
        traits[name] = _average(design, name) + added + residual
    _follow_paths(traits, design, waves)
    levels = _levels(students, design)[:, None]
    return {name: trait + _benefit(loaded, name) * levels for name, trait in traits.items()}


def _average(design: Design, outcome: str) -> np.ndarray:
    return design.traits[outcome].start + design.traits[outcome].gain * np.array(design.pace)


def _benefit(loaded: Loaded, outcome: str) -> int:
    return 1 if loaded.scales[outcome][1].higher_is == "better" else -1


def _levels(students: pd.DataFrame, design: Design) -> np.ndarray:
    levels = np.zeros(len(students))
    for name, by_level in design.shifts.items():
        levels += students[name].astype("object").map(by_level).fillna(0.0).to_numpy(dtype=float)
    return levels


def _follow_paths(traits: dict[str, np.ndarray], design: Design, waves: tuple[str, ...]) -> None:
    """Add to each target what its source's distance from the source's average gives, path after path.

    Covariates are not in the traits yet: they shift levels, and must not reach a gain by way of a path.
    """
    for path in design.paths:
        if path.target in traits:
            at = waves.index(path.wave)
            distance = traits[path.source][:, at] - _average(design, path.source)[at]
            for wave, effect in path.effects.items():
                traits[path.target][:, waves.index(wave)] += effect * distance


def draw_answers(
    traits: dict[str, np.ndarray], loaded: Loaded, design: Design, seed: Seed
) -> dict[str, pd.DataFrame]:
    """Return the complete answers: wave to a frame, one row a student, one column an item that the wave asks.

    Items stand in the order of the questionnaire: instrument after instrument, each in its published order.
    """
    answers: dict[str, dict[str, np.ndarray]] = {wave: {} for wave in loaded.study.wave_names}
    for name, trait in traits.items():
        instrument, scale = loaded.scales[name]
        for at, wave in enumerate(loaded.study.wave_names):
            if wave in loaded.study.asked(name):
                rng = stream(seed, f"answers to {name} at {wave}")
                codes = answer(trait[:, at], scale, instrument.answers, design, rng)
                answers[wave] |= dict(zip(scale.items, codes.T, strict=True))
    order = [item for instrument in loaded.instruments.values() for item in instrument.items]
    return {
        wave: pd.DataFrame({item: columns[item] for item in order if item in columns})
        for wave, columns in answers.items()
    }


def answer(
    trait: np.ndarray, scale: Scale, answers: Answers, design: Design, rng: np.random.Generator
) -> np.ndarray:
    """Return the codes that students of ``trait`` give to the items of ``scale`` (students x items)."""
    items = len(scale.items)
    easier = np.linspace(-design.item_offset, design.item_offset, items) if items > 1 else np.zeros(1)
    heard = design.discrimination * (trait[:, None] + easier) + rng.logistic(size=(len(trait), items))
    if scale.scoring == "share":
        total_sd = np.sqrt(design.discrimination**2 + LOGISTIC_VARIANCE)
        cuts = norm.ppf(np.cumsum(design.occupations)[:-1]) * total_sd
        return answers.low + np.searchsorted(cuts, -heard)
    steps = round(answers.high - answers.low)
    cuts = design.discrimination * np.linspace(-design.spread, design.spread, steps)
    codes = answers.low + np.searchsorted(cuts, heard)
    turned = np.array([item in scale.reversed for item in scale.items])
    return np.where(turned, answers.low + answers.high - codes, codes)

"""Who answers which wave, when, and what of it: dropout, gaps, break-offs, late and repeated responses.

In: the complete answers. Out: one frame a wave with one row a response as the survey tool received it:
person, started, recorded, finished, progress (percent), late, copy (`only`, `identical` or `earlier`), then
the items.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import expit

from outcomes.simulate.design import Design, Retention
from outcomes.simulate.streams import Seed, stream
from outcomes.study import Loaded


def draw_responses(
    students: pd.DataFrame, complete: dict[str, pd.DataFrame], loaded: Loaded, design: Design, seed: Seed
) -> dict[str, pd.DataFrame]:
    """Return the responses by wave, in the order in which they arrived. ``students`` has a `student_id`."""
    focal = _first_indicator_low(students, loaded)
    last_score = np.zeros(len(students))
    answered = np.ones(len(students), dtype=bool)
    responses = {}
    for at, (wave, answers) in enumerate(complete.items()):
        rng = stream(seed, f"responses at {wave}")
        chance = (
            np.full(len(students), design.start_answered)
            if at == 0
            else retained(design.retention[at - 1], last_score, focal, ~answered)
        )
        answered = rng.random(len(students)) < chance
        given, progress = _with_gaps(answers, design, rng)
        dated = _dated(students, loaded.study.waves[wave].months, design, rng)
        rows = pd.concat([students[["student_id"]], dated, progress, given], axis=1)[answered]
        responses[wave] = _with_copies(rows, list(answers.columns), design, rng)
        scored = _retaining_score(given, loaded, design)
        last_score = np.where(answered & ~np.isnan(scored), scored, last_score)
    return responses


def retained(rule: Retention, score: np.ndarray, focal: np.ndarray, missed: np.ndarray) -> np.ndarray:
    """Return each student's chance to answer, given only what was observed before."""
    return expit(rule.intercept + rule.score * score + rule.focal * focal + rule.missed * missed)


def _first_indicator_low(students: pd.DataFrame, loaded: Loaded) -> np.ndarray:
    name, indicator = next(iter(loaded.study.ses.indicators.items()))
    return students[name].isin(indicator.low).to_numpy()


def _retaining_score(given: pd.DataFrame, loaded: Loaded, design: Design) -> np.ndarray:
    """Return the mean of the answered items, in quarters of the answer range from its middle."""
    instrument, scale = loaded.scales[design.retained_by]
    low, high = instrument.answers.low, instrument.answers.high
    items, turned = given[list(scale.items)].copy(), list(scale.reversed)
    items[turned] = low + high - items[turned]
    return ((items.mean(axis=1) - (low + high) / 2) / ((high - low) / 4)).to_numpy()


def _with_gaps(
    answers: pd.DataFrame, design: Design, rng: np.random.Generator
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the answers, empty where passed over or after a break-off, and how far each response got."""
    n, items = answers.shape
    broken = rng.random(n) < design.unfinished
    reached = np.where(broken, rng.integers(1, items, size=n), items)
    passed_over = rng.random((n, items)) < design.item_gap
    empty = passed_over | (np.arange(items) >= reached[:, None])
    progress = pd.DataFrame({"finished": ~broken, "progress": (100 * reached) // items}, index=answers.index)
    return answers.astype(float).mask(empty), progress


def _dated(students: pd.DataFrame, months: float, design: Design, rng: np.random.Generator) -> pd.DataFrame:
    """Return when each student would answer, in the window that opens on 3 October plus ``months``."""
    n = len(students)
    opens = pd.to_datetime(students["intake"].astype(str) + "-10-03") + pd.DateOffset(months=int(months))
    late = rng.random(n) < design.late
    in_time = np.minimum(rng.exponential(8.0, size=n), design.window_days - 1)
    day = np.where(late, design.window_days + rng.integers(1, 21, size=n), in_time.astype(int))
    second = rng.integers(8 * 3600, 22 * 3600, size=n)
    started = opens + pd.to_timedelta(day, unit="D") + pd.to_timedelta(second, unit="s")
    recorded = started + pd.to_timedelta(rng.integers(240, 1500, size=n), unit="s")
    return pd.DataFrame({"started": started, "recorded": recorded, "late": late}, index=students.index)


def _with_copies(
    rows: pd.DataFrame, items: list[str], design: Design, rng: np.random.Generator
) -> pd.DataFrame:
    """Add identical copies, minutes later, and different versions, a day earlier; sort by arrival."""
    extra = [design.identical_copies, design.earlier_versions]
    kind = rng.choice(["only", "identical", "earlier"], p=[1 - sum(extra), *extra], size=len(rows))
    again, before = rows[kind == "identical"].copy(), rows[kind == "earlier"].copy()
    again[["started", "recorded"]] += pd.Timedelta(minutes=7)
    before[["started", "recorded"]] -= pd.Timedelta(days=1)
    before["late"] = False
    before[items] = rng.permuted(before[items].to_numpy(), axis=0)  # each answer is one of theirs
    every = pd.concat(
        [rows.assign(copy="only"), again.assign(copy="identical"), before.assign(copy="earlier")]
    )
    return every.sort_values(["recorded", "student_id"], kind="stable").reset_index(drop=True)

"""All cohorts of all cells and rules, on two processes, each cohort from a random stream of its own.

In: jobs, the number of cohorts and a seed. Out: the table of each job. Results depend on neither the number
of processes nor the size of a batch.
"""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from typing import Protocol

import numpy as np
import pandas as pd

STREAM = 2
"""Spawn key of these random streams, apart from those of `outcomes.recovery`."""
PROCESSES = 2
BATCH = 250
"""Cohorts fitted together."""


class Job(Protocol):
    """A cell or a rule."""

    @property
    def label(self) -> str:
        """What it is, in words."""

    @property
    def times(self) -> int:
        """How many times the asked number of cohorts it takes."""

    def run(self, seeds: Sequence[np.random.SeedSequence], first: int = 0) -> pd.DataFrame:
        """Return the table of the cohorts of ``seeds``, numbered from ``first``."""


def battery(
    jobs: Sequence[Job], cohorts: int, seed: int, tell: Callable[[str], object] = print
) -> list[pd.DataFrame]:
    """Return the table of each job, in their order; ``tell`` hears of progress.

    A job takes ``cohorts`` cohorts, or as many times more as it says.
    """
    streams = np.random.SeedSequence(seed, spawn_key=(STREAM,)).spawn(len(jobs))
    os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1")  # read as the new processes import numpy
    began, done = time.monotonic(), 0
    found: list[list[pd.DataFrame]] = []
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool:
        waiting: dict[Future[pd.DataFrame], tuple[int, int]] = {}
        for place, (job, stream) in enumerate(zip(jobs, streams, strict=True)):
            seeds = stream.spawn(cohorts * job.times)
            starts = range(0, len(seeds), BATCH)
            found.append([pd.DataFrame()] * len(starts))
            for part, start in enumerate(starts):
                waiting[pool.submit(_run, job, seeds[start : start + BATCH], start)] = place, part
        left = [len(parts) for parts in found]
        for future in as_completed(waiting):
            place, part = waiting[future]
            found[place][part] = future.result()
            left[place] -= 1
            if not left[place]:
                done += 1
                tell(f"{done} of {len(jobs)}, {time.monotonic() - began:.0f} s: {jobs[place].label}")
    return [pd.concat(parts, ignore_index=True) for parts in found]


def _run(job: Job, seeds: Sequence[np.random.SeedSequence], first: int) -> pd.DataFrame:
    # statsmodels' multipletests collects garbage at each call: slow, unless what is loaded is left out of it
    gc.freeze()
    return job.run(seeds, first)

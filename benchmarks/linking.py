"""How long does linking two waves take, and how much memory? Prints a table in Markdown.

Run it by `python run.py python benchmarks/linking.py`. Exit status 0: each job kept to its limits; 1: one did
not. Each job runs in a process of its own, which says its CPU seconds and the most memory that it held.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from statistics import median

import numpy as np
from rapidfuzz.distance import OSA

HERE = Path(__file__).resolve().parent
SEED = 20261
LETTERS = np.array(list("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"))
DIGITS = LETTERS[26:]
KINDS = np.array([26, 26, 12, 28, 26, 10, 10, 26, 12, 2, 8, 26])
"""Values that each of twelve elements takes."""
SLIPS = (0.6, 0.25, 0.15)
"""Shares of people whose second code has no, one and two errors."""
STEPS = ("exact", "near", "review_left")
MOST_SECONDS, MOST_MEGABYTES = 300, 1_500


@dataclass(frozen=True)
class Job:
    """One measurement: ``blocks`` of ``people`` each, who all answer twice."""

    title: str
    kind: str
    blocks: int
    people: int


JOBS = {
    "cohorts": Job("codes of 8 signs", "signs", 40, 5_000),
    "digits": Job("codes of 6 digits, which lie close", "digits", 40, 5_000),
    "elements": Job("codes of 12 elements", "elements", 40, 5_000),
    "one": Job("codes of 8 signs", "signs", 1, 20_000),
    "one-elements": Job("codes of 12 elements", "elements", 1, 20_000),
    "whole": Job("codes of 8 signs, no cohorts", "signs", 1, 200_000),
    "small": Job("codes of 8 signs, near pairs only", "signs", 1, 5_000),
    "index": Job("the same by an index of deletions", "index", 1, 5_000),
    "index-20000": Job("codes of 8 signs, near pairs by an index of deletions", "index", 1, 20_000),
}


def waves(job: Job) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the signs or elements of both waves (rows x places), and the block of each row."""
    random = np.random.default_rng([SEED, job.people])
    rows = job.blocks * job.people
    kinds = {"elements": KINDS, "digits": np.full(6, 10)}.get(job.kind, np.full(8, 36))
    before = random.integers(0, kinds, (rows, len(kinds)))
    after = before.copy()
    slips = random.choice(len(SLIPS), rows, p=SLIPS)
    for most in range(1, len(SLIPS)):
        place = random.integers(0, len(kinds), rows)
        hit = np.flatnonzero(slips >= most)
        after[hit, place[hit]] = random.integers(0, kinds[place[hit]])
    return before, after, np.repeat(np.arange(job.blocks), job.people)


def texts(places: np.ndarray, letters: np.ndarray) -> list[str]:
    return ["".join(row) for row in letters[places]]


def shortened(code: str, most: int) -> Iterator[str]:
    """Yield the code and all that is left of it when up to ``most`` signs are dropped."""
    for number in range(most + 1):
        for gone in combinations(range(len(code)), number):
            yield "".join(sign for place, sign in enumerate(code) if place not in gone)


def by_index(left: list[str], right: list[str], most: int = 2) -> int:
    """Return the number of near pairs, found among codes that become equal by dropping signs."""
    index: dict[str, list[int]] = {}
    for at, code in enumerate(right):
        for short in set(shortened(code, most)):
            index.setdefault(short, []).append(at)
    pairs = {
        (at, to)
        for at, code in enumerate(left)
        for short in shortened(code, most)
        for to in index.get(short, ())
    }
    return sum(OSA.distance(left[at], right[to]) <= most for at, to in pairs)


def work(job: Job) -> Callable[[], dict[str, int]]:
    """Return the job, ready to run; it answers with counts."""
    from outcomes.linking import link_codes, link_elements

    before, after, block = waves(job)
    if job.kind == "elements":
        left, right = before.astype(str).astype(object), after.astype(str).astype(object)
        return lambda: link_elements(left, right, left_block=block, right_block=block).counts
    letters = DIGITS if job.kind == "digits" else LETTERS
    ours, theirs = texts(before, letters), texts(after, letters)
    if job.kind == "index":
        return lambda: {"pairs": by_index(ours, theirs)}
    return lambda: link_codes(ours, theirs, left_block=block, right_block=block).counts


def run(name: str) -> None:
    """Run one job in this process and print what it took."""
    ready = work(JOBS[name])
    start, held = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    counts = ready()
    seconds = time.process_time() - start
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"seconds": seconds, "megabytes": most / 1024, "before": held / 1024, "counts": counts}))


def measured(name: str, times: int) -> dict[str, float]:
    """Return CPU seconds (median) and megabytes (most) of a job, and the shares that were linked."""
    given = os.environ | {"PYTHONPATH": str(HERE.parent / "src"), "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, str(Path(__file__).resolve()), "--job", name]
    answers = []
    for _ in range(times):
        told = subprocess.run(command, check=True, capture_output=True, text=True, env=given)  # noqa: S603
        answers.append(json.loads(told.stdout))
    rows = JOBS[name].blocks * JOBS[name].people
    shares = {step: answers[0]["counts"].get(step, 0) / rows for step in STEPS}
    return {
        "seconds": median(answer["seconds"] for answer in answers),
        "megabytes": max(answer["megabytes"] for answer in answers),
        "before": max(answer["before"] for answer in answers),
        **shares,
    }


def line(name: str, found: dict[str, float]) -> str:
    job = JOBS[name]
    shares = ["", "", ""] if job.kind == "index" else [f"{found[step]:.1%}" for step in STEPS]
    cells = [
        job.title, f"{job.blocks} x {job.people:,}", f"{found['seconds']:.1f}", f"{found['megabytes']:,.0f}",
        f"{found['before']:,.0f}", *shares,
    ]  # fmt: skip
    return "| " + " | ".join(cells) + " |"


def main() -> int:
    parser = argparse.ArgumentParser(description="Time the linking of two waves.")
    parser.add_argument("--times", type=int, default=3, help="measurements of each job")
    parser.add_argument("--job", choices=JOBS, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.job:
        run(asked.job)
        return 0
    print("| job | blocks x rows of a side | CPU s | most MB | MB before | exact | near | in review |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|")
    missed = []
    for name in JOBS:
        found = measured(name, asked.times)
        print(line(name, found), flush=True)
        if found["seconds"] > MOST_SECONDS or found["megabytes"] > MOST_MEGABYTES:
            missed.append(name)
    for name in missed:
        print(f"Missed: {JOBS[name].title}, {JOBS[name].blocks} x {JOBS[name].people:,}.", file=sys.stderr)
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())

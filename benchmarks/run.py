"""How fast is the engine beside lme4? Measures both in one run and writes docs/benchmarks.md.

Run it by `make bench`. Exit status 0: every ratio that is required was reached; 1: one was not; 2: Rscript or
lme4 is missing, so that nothing could be compared.
"""

from __future__ import annotations

import argparse
import datetime
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import cohort
import numpy as np

HERE = Path(__file__).resolve().parent
PAGE = HERE.parent / "docs" / "benchmarks.md"
ONE_THREAD = dict.fromkeys(
    ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS"), "1"
)
ABOUT = 0.3
"""CPU seconds that one measurement of a job should take at least: it is repeated until then, and averaged."""
MOST = 200
"""Most repetitions of a job in one measurement."""
AGREE = 1e-4
"""Largest difference of log-likelihoods, or share of a standard error, at which both fitted the same model.

Loose, as the reference's optimiser stops early: lme4's by default leaves up to 1e-5 in a random slope.
"""
FLAT = 2.0
"""Largest ratio of the slowest to the fastest size at which solving counts as independent of people."""


@dataclass(frozen=True)
class Job:
    """One comparison. ``ratio``: how many times as fast as the reference we must be; None: reported only."""

    name: str
    people: int
    peer: str = "lme4"
    ratio: float | None = None


JOBS = (
    Job("intercept", 2_000, ratio=30), Job("intercept", 20_000, ratio=40),
    *(Job("table", people, ratio=1) for people in (200, 2_000, 20_000, 100_000)),
    *(Job("slope", people) for people in (200, 2_000, 20_000)),
    Job("unstructured", 200, "nlme::gls"), Job("unstructured", 2_000, ""), Job("unstructured", 20_000, ""),
    *(Job("after", people, "") for people in (200, 2_000, 20_000, 100_000)),
)  # fmt: skip


@dataclass(frozen=True)
class Measured:
    """CPU seconds of each pair; ``theirs`` is empty where there is no reference."""

    job: Job
    rows: int
    ours: list[float]
    theirs: list[float]

    @property
    def ratios(self) -> list[float]:
        return [theirs / ours for ours, theirs in zip(self.ours, self.theirs, strict=True)]

    @property
    def missed(self) -> bool:
        return self.job.ratio is not None and median(self.ratios) < self.job.ratio


class Worker:
    """A process that times its own CPU: one job asked for, one line of numbers answered."""

    def __init__(self, command: list[str]):
        self.name = command[0]
        given = os.environ | ONE_THREAD | {"PYTHONPATH": str(HERE.parent / "src")}
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=given
        )
        self.versions = self._line()

    def _line(self) -> str:
        line = self.process.stdout.readline() if self.process.stdout else ""
        if not line:
            raise RuntimeError(f"{self.name} stopped before it answered")
        return line.strip()

    def run(self, job: Job, times: int) -> tuple[float, np.ndarray]:
        """Return the CPU seconds of one run, and what it found: log-likelihood, then standard errors."""
        assert self.process.stdin is not None  # noqa: S101
        self.process.stdin.write(f"{job.name} {job.people} {times}\n")
        self.process.stdin.flush()
        seconds, *found = map(float, self._line().split())
        return seconds, np.array(found)

    def close(self) -> None:
        if self.process.stdin:
            self.process.stdin.close()
        self.process.wait()


def disagreement(ours: np.ndarray, theirs: np.ndarray) -> float:
    """Return the larger of the difference of log-likelihoods and the relative one of standard errors.

    A reference that answers with a log-likelihood alone is compared by that; another number of standard
    errors is another model.
    """
    apart = float(abs(ours[0] - theirs[0]))
    if len(theirs) == 1:
        return apart
    if len(ours) != len(theirs):
        return float("inf")
    return max(apart, float(np.abs(ours[1:] / theirs[1:] - 1).max()))


def measure(job: Job, rows: int, workers: Sequence[Worker], pairs: int) -> Measured:
    """Return ``pairs`` measurements of each worker, in turn; the first run of each is for warming up."""
    first = [worker.run(job, 1) for worker in workers]
    if len(first) > 1 and (apart := disagreement(first[0][1], first[1][1])) > AGREE:
        raise RuntimeError(f"{job.name}, {job.people} people: the answers are {apart:.1e} apart")
    times = [int(min(MOST, max(1, ABOUT / max(seconds, 1e-6)))) for seconds, _ in first]
    taken: list[list[float]] = [[] for _ in workers]
    for pair in range(pairs):
        places = range(len(workers)) if pair % 2 == 0 else reversed(range(len(workers)))
        for place in places:
            taken[place].append(workers[place].run(job, times[place])[0])
    return Measured(job, rows, taken[0], taken[1] if len(taken) > 1 else [])


def spread(values: Sequence[float], unit: float = 1.0) -> str:
    """Return the median and the range, in ``unit``, to three digits."""
    middle, low, high = (
        f"{each:,.0f}" if each >= 100 else f"{each:#.3g}"
        for each in (value / unit for value in (median(values), min(values), max(values)))
    )
    return f"{middle} ({low} to {high})"


def milliseconds(values: Sequence[float]) -> str:
    return spread(values, 1e-3)


TITLES = {
    "intercept": "Person intercept, design given",
    "table": "Person intercept, from a long table",
    "slope": "Intercept and slope, design given",
    "unstructured": "Unstructured over waves, design given",
    "after": "Person intercept, after the pass over the data",
}


def lines(found: Sequence[Measured]) -> list[str]:
    """Return the table in Markdown."""
    table = [
        "| job | mentees | rows | ours, ms | reference, ms | times as fast | required |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for each in found:
        job = each.job
        theirs = f"{job.peer} {milliseconds(each.theirs)}" if each.theirs else "none"
        ratio = spread(each.ratios) if each.theirs else ""
        wanted = "" if job.ratio is None else f"{job.ratio:g}" + (", **missed**" if each.missed else "")
        sizes = f"{job.people:,} | {each.rows:,}"
        cells = (TITLES[job.name], sizes, milliseconds(each.ours), theirs, ratio, wanted)
        table.append("| " + " | ".join(cells) + " |")
    return table


def steepness(found: Sequence[Measured]) -> float:
    """Return the slowest over the fastest size of the part that should not depend on people."""
    medians = [median(each.ours) for each in found if each.job.name == "after"]
    return max(medians) / min(medians) if medians else 1.0


def machine() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
        model = next(line for line in text.splitlines() if line.startswith("model name")).partition(":")[2]
    except (OSError, StopIteration):
        model = platform.machine()
    return f"{model.strip()}, {os.cpu_count()} processors, {platform.system()}"


def page(found: Sequence[Measured], versions: Sequence[str], pairs: int) -> str:
    return (HERE / "page.md").read_text(encoding="utf-8").format(
        pairs=pairs, date=datetime.datetime.now(datetime.UTC).date(), machine=machine(),
        versions="; ".join(versions), table="\n".join(lines(found)), steepness=steepness(found), flat=FLAT,
        about=ABOUT, agree=AGREE,
    )  # fmt: skip


def lacking() -> str:
    """Return what is missing to compare with, in a sentence; empty if nothing is."""
    program = shutil.which("Rscript")
    if program is None:
        return "Rscript is missing: install R with lme4 and nlme to compare with them."
    for package in ("lme4", "nlme"):
        asked = f"quit(status = !requireNamespace('{package}', quietly = TRUE))"
        if subprocess.run([program, "-e", asked], check=False, capture_output=True).returncode:
            return f"R lacks {package}: install it to compare with it."
    return ""


def everything(jobs: Sequence[Job], pairs: int) -> tuple[list[Measured], list[str]]:
    """Return all measurements and the versions of both sides."""
    with tempfile.TemporaryDirectory() as folder:
        sizes = {job.people for job in jobs}
        rows = {people: cohort.write(Path(folder) / f"{people}.csv", people) for people in sizes}
        ours = Worker([sys.executable, str(HERE / "engine.py"), folder])
        theirs = Worker(["Rscript", "--vanilla", str(HERE / "engine.R"), folder])
        found = []
        for job in jobs:
            workers = [ours, theirs] if job.peer else [ours]
            found.append(measure(job, rows[job.people], workers, pairs))
            print(lines(found)[-1], flush=True)
        ours.close()
        theirs.close()
    return found, [ours.versions, theirs.versions]


def main() -> int:
    parser = argparse.ArgumentParser(description="Time the engine beside lme4 and write docs/benchmarks.md.")
    parser.add_argument("--pairs", type=int, default=5, help="measurements of each side")
    parser.add_argument("--largest", type=int, default=100_000, help="most mentees")
    parser.add_argument("--dry", action="store_true", help="print only, write no page")
    asked = parser.parse_args()
    if missing := lacking():
        print(missing, file=sys.stderr)
        return 2
    found, versions = everything([job for job in JOBS if job.people <= asked.largest], asked.pairs)
    if not asked.dry:
        PAGE.write_text(page(found, versions, asked.pairs), encoding="utf-8")
    for each in (missed := [each for each in found if each.missed]):
        print(f"Missed: {TITLES[each.job.name]}, {each.job.people:,} mentees.", file=sys.stderr)
    if steep := steepness(found) > FLAT:
        print("Missed: solving takes longer the more people there are.", file=sys.stderr)
    return int(bool(missed or steep))


if __name__ == "__main__":
    sys.exit(main())

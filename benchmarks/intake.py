"""How long does it take, and how much memory, to read, check and clean a large wave? Writes docs/intake.md.

Run it by `make intake`. Each size is a process of its own, measured whole: Python's start, imports, reading,
checking, cleaning, and the tables written. Exit status 0: time and memory grow at most in step with the rows;
1: they grow faster.
"""

from __future__ import annotations

import argparse
import datetime
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
PAGE = HERE.parent / "docs" / "intake.md"
SIZES = (10_000, 100_000, 1_000_000)
ITEMS = 120
STEEPEST = 1.25
"""Most times that seconds (or memory) for each further row may grow from one step of sizes to the next."""
SEED = 20261124
LABELS = ("Strongly disagree", "Disagree", "Neither", "Agree", "Strongly agree")


def study(rows: int) -> str:
    """The study file of the benchmark: one scale of 120 items at two waves, the second of 1,000 people."""
    return f"""\
study: large
title: A large wave
origin: synthetic
ids: public
source: invented for the benchmark
missing: ["", "-99"]
waves:
  start: {{label: Start, months: 0, file: start.csv, person: id, answered_on: day, finished: done}}
  end: {{label: End, months: 8, file: end.csv, person: id, answered_on: day, finished: done}}
responses: {{duplicates: last}}
ses:
  rule: single
  indicators:
    fsm: {{label: Free school meals, column: fsm, source: start, about: person, low: ["yes"], high: ["no"]}}
outcomes:
  large: {{label: Large, instrument: large, scale: total, domain: psychosocial}}
hypotheses: {{}}
disclosure: {{profile: hesa}}
wording: {{people: {rows} mentees}}
"""


def instrument() -> str:
    """The instrument of the benchmark."""
    items = ", ".join(f"q{number}" for number in range(1, ITEMS + 1))
    labels = ", ".join(f"{code}: {label}" for code, label in enumerate(LABELS, start=1))
    return f"""\
instrument: large
title: Large
citation: invented
licence: CC0
key: invented
answers: {{low: 1, high: 5, labels: {{{labels}}}}}
items: [{items}]
scales:
  total: {{label: Large, items: [{items}], scoring: mean, at_least: 100, higher_is: better}}
"""


def write_wave(path: Path, rows: int, start: int, seed: int) -> None:
    """Write a wave of ``rows`` people: id, day, done, fsm, 120 items of 1 to 5, some empty, and a comment."""
    generator = np.random.default_rng(seed)
    header = ["id", "day", "done", "fsm", *(f"q{number}" for number in range(1, ITEMS + 1)), "comment"]
    cells = np.array(["1", "2", "3", "4", "5", "", "-99"])
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(",".join(header) + "\n")
        for first in range(0, rows, 10_000):
            number = min(10_000, rows - first)
            trait = generator.normal(3, 0.7, (number, 1))
            answers = np.clip(np.rint(trait + generator.normal(0, 1, (number, ITEMS))), 1, 5).astype(int) - 1
            answers = np.where(generator.random((number, ITEMS)) < 0.02, 5, answers)
            answers = np.where(generator.random((number, ITEMS)) < 0.001, 6, answers)
            for offset, row in enumerate(cells[answers]):
                who = f"S{start + first + offset:08d}"
                fsm = ("yes", "no", "")[(first + offset) % 3]
                file.write(f'{who},2025-10-{1 + offset % 28:02d},Yes,{fsm},{",".join(row)},"said, {who}"\n')


def clean_once(folder: Path) -> None:
    """Read, check and clean the wave, and write the tables; print seconds by step and the peak memory."""
    from outcomes import files, tables
    from outcomes.clean import clean
    from outcomes.study import Instrument, Loaded, Profile, Study
    from outcomes.study.stages import Cleaning
    from outcomes.study.yamltext import parse

    loaded = Loaded.model_construct(
        study=Study.model_validate(parse(study(0), "large.yaml")),
        instruments={"large": Instrument.model_validate(parse(instrument(), "large.yaml"))},
        profile=Profile.model_construct(),
    )
    began = time.monotonic()
    made = clean(files.Folder(folder), Cleaning.of(loaded))
    cleaned = time.monotonic()
    for name, frame in made.tables.items():
        files.write_table(frame, folder / "restricted" / f"{name}.csv", tables.RESTRICTED[name])
    written = time.monotonic()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    used = len(made.tables["answers"])
    print(f"{cleaned - began:.3f} {written - cleaned:.3f} {peak:.3f} {used}")


def measured(rows: int) -> tuple[float, float, float, float]:
    """Return megabytes of the file, seconds to clean, seconds to write, and gigabytes at the peak."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_wave(folder / "start.csv", rows, 0, SEED)
        write_wave(folder / "end.csv", 1_000, 0, SEED + 1)
        size = (folder / "start.csv").stat().st_size / 1e6
        given = os.environ | {"PYTHONPATH": str(HERE.parent / "src"), "OPENBLAS_NUM_THREADS": "1"}
        command = [sys.executable, __file__, "--folder", name]
        done = subprocess.run(command, capture_output=True, text=True, env=given, check=False)  # noqa: S603
        if done.returncode:
            raise SystemExit(done.stderr)
        seconds, writing, peak, used = map(float, done.stdout.split())
        if used != rows + 1_000:
            raise SystemExit(f"{used:.0f} rows used of {rows + 1_000}")
        return size, seconds, writing, peak


def main() -> int:
    """Measure every size, write the page, return 1 if time or memory grow faster than the rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, help="clean the waves in this folder, once (used by itself)")
    parser.add_argument("--rows", type=int, nargs="*", default=SIZES)
    asked = parser.parse_args()
    if asked.folder:
        clean_once(asked.folder)
        return 0
    found = [(rows, *measured(rows)) for rows in asked.rows]
    lines = [
        f"| {rows:,} | {size:,.0f} | {seconds:.1f} | {writing:.1f} | {peak:.2f} | "
        f"{1e6 * seconds / rows:.0f} |"
        for rows, size, seconds, writing, peak in found
    ]
    steep = max(
        (after[2] + after[3]) / after[0] / ((before[2] + before[3]) / before[0])
        for before, after in pairwise(found)
    ) if len(found) > 1 else 1.0  # fmt: skip
    page = (HERE / "intake.md").read_text(encoding="utf-8")
    text = page.format(
        date=datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
        machine=f"{platform.machine()}, {os.cpu_count()} processors, {platform.system()}",
        python=platform.python_version(), table="\n".join(lines), items=ITEMS, steep=steep, limit=STEEPEST,
    )  # fmt: skip
    print(text)
    if tuple(asked.rows) == SIZES:
        PAGE.write_text(text, encoding="utf-8")
    return int(steep > STEEPEST)


if __name__ == "__main__":
    sys.exit(main())

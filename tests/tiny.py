"""A tiny study in a project folder of its own: 24 invented mentees, two waves, one scale of three items."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]

STUDY = """\
study: tiny
title: A tiny study
origin: synthetic
ids: public
source: invented for the tests
register: {file: register.csv, person: id, cohort: intake}
waves:
  start: {label: Start, months: 0, file: start.csv, person: id}
  end: {label: End, months: 8, file: end.csv, person: id}
ses:
  rule: single
  indicators:
    fsm: {label: Free school meals, column: fsm, about: person, low: ["yes"], high: ["no"]}
covariates:
  gender: {label: Gender, column: gender, levels: [woman, man]}
outcomes:
  calm: {label: Calm, instrument: calm, scale: total, domain: psychosocial}
hypotheses:
  H1: {claim: Low-SES mentees gain more calm., kind: superiority, outcomes: [calm], family: psychosocial}
  H2: {claim: Low-SES mentees gain hardly less calm., kind: non_inferiority, outcomes: [calm], family:
  career, margin: 0.5}
model: {covariates: [gender]}
reproduction: {covariates: [gender], replicates: 200}
disclosure: {profile: hesa}
"""

INSTRUMENT = """\
instrument: calm
title: Calm
citation: invented
licence: CC0
key: invented
answers: {low: 1, high: 5}
items: [q1, q2, q3]
scales:
  total: {label: Calm, items: [q1, q2, q3], reversed: [q2], scoring: mean, at_least: 2, higher_is: better}
"""


def register() -> list[list[str]]:
    """Rows of the register: 24 mentees, alternately low and high, two of them unknown."""
    rows = [["id", "intake", "fsm", "gender"]]
    for n in range(24):
        ses = "" if n in (5, 12) else ("yes", "no")[n % 2]
        rows.append([f"M{n:03d}", "2024", ses, ("woman", "man")[n // 2 % 2]])
    return rows


def wave(later: int) -> list[list[str]]:
    """Rows of a wave's export; at the end four mentees are missing and the low-SES ones gained a point."""
    rows = [["id", "q1", "q2", "q3"]]
    for n in range(24 - 4 * later):
        level = 2 + n % 3 % 2 + (later if n % 2 == 0 else 0)
        answers = [level, 6 - level, min(5, level + n // 4 % 2)]
        rows.append([f"M{n:03d}", *(str(answer) for answer in answers)])
    return rows


def csv(rows: Sequence[Sequence[str]]) -> str:
    """The rows as CSV text."""
    return "".join(",".join(row) + "\n" for row in rows)


def project(folder: Path) -> Path:
    """Make a project with the tiny study in ``folder``: the real workflow and code, its own config."""
    for name in ("Snakefile", "environment.yml"):
        shutil.copy(ROOT / name, folder / name)
    for name in ("workflow", "profiles", "src/outcomes", "config/disclosure"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    written = {
        "config/config.yaml": "study: tiny\n",
        "config/studies/tiny.yaml": STUDY,
        "config/instruments/calm.yaml": INSTRUMENT,
        "data/raw/tiny/register.csv": csv(register()),
        "data/raw/tiny/start.csv": csv(wave(0)),
        "data/raw/tiny/end.csv": csv(wave(1)),
    }
    for name, text in written.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def outcomes(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command line in ``folder`` on the code that lies there."""
    return _run(folder, "outcomes.cli", *arguments)


def snakemake(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run plain Snakemake in ``folder``."""
    return _run(folder, "snakemake", "--cores", "2", *arguments)


def _run(folder: Path, module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(folder / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )

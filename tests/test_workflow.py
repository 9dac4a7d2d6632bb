"""The whole workflow on the tiny study: from raw files to a page, and what makes which stage run again."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pytest
import tiny

from outcomes import files
from outcomes.project import PARTS

STAGES = tuple(PARTS)


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    """A project in which the tiny study has run once; tests that change it leave it up to date."""
    folder = tiny.project(tmp_path_factory.mktemp("project"))
    done = tiny.outcomes(folder, "run", "tiny")
    assert done.returncode == 0, done.stderr
    return folder


def jobs(folder: Path) -> set[str]:
    """The stages that a run would run now."""
    said = tiny.snakemake(folder, "--dry-run")
    assert said.returncode == 0, said.stdout + said.stderr
    words = {line.split()[0] for line in said.stdout.splitlines() if line.split()}
    return words & set(STAGES)


def after(stage: str) -> set[str]:
    """A stage and all that follow it."""
    return set(STAGES[STAGES.index(stage) :])


def test_the_files_of_a_study_are_a_reviewed_list(project):
    results = project / "results" / "tiny"
    found = sorted(path.relative_to(results).as_posix() for path in results.rglob("*") if path.is_file())
    expected = (Path(__file__).parent / "expected_results.txt").read_text(encoding="utf-8").split()
    assert found == expected


def test_person_level_tables_are_closed(project):
    restricted = project / "results" / "tiny" / "restricted"
    assert stat.S_IMODE(restricted.stat().st_mode) == 0o700


def test_every_released_table_says_synthetic(project):
    for path in (project / "results/tiny/release/tables").glob("*.csv"):
        assert set(pd.read_csv(path)["origin"]) <= {"synthetic"}, path.name
    assert "SYNTHETIC" in (project / "results/tiny/release/report.html").read_text(encoding="utf-8")


def test_no_id_is_in_the_release_the_logs_or_the_records_of_snakemake(project):
    places = [project / "results/tiny/release", project / "results/tiny/logs", project / ".snakemake"]
    for path in (path for place in places for path in place.rglob("*") if path.is_file()):
        content = path.read_bytes()
        assert not [n for n in range(24) if f"M{n:03d}".encode() in content], path


def test_a_second_run_does_nothing_and_says_so(project):
    said = tiny.outcomes(project, "run", "tiny")
    assert said.returncode == 0
    assert "Nothing to be done: results/tiny/release/report.html is up to date." in said.stdout


@contextmanager
def changed(path: Path, old: str, new: str) -> Iterator[None]:
    """Let ``path`` read ``new`` for ``old`` for a while."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    try:
        yield
    finally:
        path.write_text(text, encoding="utf-8")


def test_touching_every_module_and_raw_file_runs_nothing(project):
    for path in (*project.glob("src/outcomes/**/*.py"), *project.glob("data/raw/**/*.csv")):
        os.utime(path)
    assert jobs(project) == set()


@pytest.mark.parametrize("stage", STAGES)
def test_editing_a_stage_runs_it_and_what_follows(project, stage):
    package = project / "src" / "outcomes"
    module = package / f"{stage}.py"
    source = module if module.is_file() else package / stage / "__init__.py"
    with changed(source, '"""', '"""Edited. '):
        assert jobs(project) == after(stage)


@pytest.mark.parametrize(
    ("old", "new", "stages"),
    [
        ("title: A tiny study", "title: Another title", {"report"}),
        ("label: Calm,", "label: Calmness,", {"figure", "report"}),
        ("replicates: 200", "replicates: 201", {"model", "disclose", "figure", "report"}),
        ("label: Start,", "label: Beginning,", {"clean", "score", "model", "disclose", "figure", "report"}),
    ],
)
def test_a_changed_word_runs_just_the_stages_that_read_it(project, old, new, stages):
    with changed(project / "config/studies/tiny.yaml", old, new):
        assert jobs(project) == stages


def test_touching_a_wave_of_3_mb_runs_nothing(tmp_path):
    folder = tiny.project(tmp_path)
    wave = folder / "data/raw/tiny/start.csv"
    lines = tiny.wave(0)
    wave.write_text(tiny.csv([[*lines[0], "comment"], *([*line, "x" * 130_000] for line in lines[1:])]))
    assert wave.stat().st_size > 3_000_000
    assert tiny.snakemake(folder, "clean").returncode == 0
    time.sleep(1.1)
    os.utime(wave)
    said = tiny.snakemake(folder, "clean")
    assert "Nothing to be done" in said.stdout + said.stderr
    wave.write_text(wave.read_text().replace("xx", "xy", 1))
    assert "Nothing to be done" not in tiny.snakemake(folder, "--dry-run", "clean").stdout


def test_plain_snakemake_says_the_same_sentence_when_it_reads_the_study(project):
    with changed(project / "config/studies/tiny.yaml", "\nmodel:", "\nmodle:"):
        refused = tiny.snakemake(project)
    assert refused.returncode == 1
    said = refused.stdout + refused.stderr
    assert "found the key 'modle'" in said
    assert "did you mean 'model'?" in said
    assert "Traceback" not in said


def test_plain_snakemake_says_the_same_sentence_when_a_job_refuses(tmp_path):
    folder = tiny.project(tmp_path)
    with changed(folder / "data/raw/tiny/start.csv", "M001,3", "M001,9"):
        refused = tiny.snakemake(folder)
    assert refused.returncode == 1
    said = refused.stdout + refused.stderr
    assert "data/raw/tiny/start.csv, column q1, row 3: found '9'; allowed: whole numbers from 1 to 5" in said
    assert "Traceback" not in said
    assert not list((folder / "results/tiny").rglob("*.csv"))


def test_a_fault_of_ours_is_named_without_values_and_exits_1(tmp_path):
    folder = tiny.project(tmp_path)
    source = folder / "src/outcomes/score.py"
    text = source.read_text(encoding="utf-8")
    source.write_text(
        text.replace("def score(", "def score(answers, part):\n    raise ValueError('M001')\n\n\ndef _score(")
    )
    said = tiny.outcomes(folder, "run", "tiny")
    assert said.returncode == 1
    assert "score     failed: ValueError" in said.stderr
    assert "M001" not in said.stdout + said.stderr
    assert "results/tiny/logs/snakemake.log" in said.stderr


def test_two_studies_lie_side_by_side(project):
    second = project / "config/studies/other.yaml"
    text = (project / "config/studies/tiny.yaml").read_text(encoding="utf-8")
    second.write_text(text.replace("study: tiny", "study: other"), encoding="utf-8")
    tiny.shutil.copytree(project / "data/raw/tiny", project / "data/raw/other")
    done = tiny.outcomes(project, "run", "other")
    assert done.returncode == 0, done.stderr
    assert (project / "results/other/release/report.html").is_file()
    assert jobs(project) == set()


def test_a_run_killed_in_the_middle_is_finished_by_running_again(tmp_path):
    folder = tiny.project(tmp_path)
    environment = {**os.environ, "PYTHONPATH": str(folder / "src")}
    command = [sys.executable, "-m", "outcomes.cli", "run", "tiny"]
    begun = subprocess.Popen(command, cwd=folder, env=environment, start_new_session=True)
    answers = folder / "results/tiny/restricted/clean/answers.csv"
    while not answers.is_file() and begun.poll() is None:
        time.sleep(0.05)
    os.killpg(begun.pid, signal.SIGKILL)
    begun.wait()
    assert list((folder / ".snakemake" / "locks").iterdir())
    done = tiny.outcomes(folder, "run", "tiny")
    assert done.returncode == 0, done.stderr
    assert (folder / "results/tiny/release/report.html").is_file()


def test_a_second_run_at_the_same_time_is_refused(project):
    with files.sole(project / ".snakemake" / "outcomes.lock"):
        refused = tiny.outcomes(project, "run", "tiny")
    assert refused.returncode == 2
    assert "found another run at work" in refused.stderr

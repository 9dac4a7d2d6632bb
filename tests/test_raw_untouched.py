"""Raw files are never written: conftest.py compares them before and after all tests; that it would see it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from raw_digests import RAW, changed, digests

CONFTEST = Path(__file__).parent / "conftest.py"


def test_the_raw_files_of_the_project_are_watched():
    watched = digests()
    assert len(watched) >= 5
    assert {name.split("/")[0] for name in watched} >= {path.name for path in RAW.iterdir() if path.is_dir()}


@pytest.mark.parametrize(
    ("deed", "said"),
    [
        (lambda folder: (folder / "study/a.csv").write_text("id\nM2\n"), ["study/a.csv"]),
        (lambda folder: (folder / "study/a.csv").unlink(), ["study/a.csv"]),
        (lambda folder: (folder / "b.csv").write_text(""), ["b.csv"]),
        (lambda folder: (folder / "study/a.csv").touch(), []),
    ],
)
def test_what_is_written_new_or_gone_is_seen(tmp_path, deed, said):
    (tmp_path / "study").mkdir()
    (tmp_path / "study/a.csv").write_text("id\nM1\n")
    before = digests(tmp_path)
    deed(tmp_path)
    assert changed(before, digests(tmp_path)) == said


@pytest.mark.parametrize("workers", [[], ["-n", "2"]])
def test_a_suite_that_writes_to_a_raw_file_fails(tmp_path, workers):
    tests, raw = tmp_path / "tests", tmp_path / "data" / "raw"
    tests.mkdir()
    raw.mkdir(parents=True)
    (raw / "a.csv").write_text("id\n")
    for name in ("conftest.py", "raw_digests.py"):
        (tests / name).write_text((CONFTEST.parent / name).read_text(encoding="utf-8"), encoding="utf-8")
    (tests / "test_good.py").write_text("def test_good(): pass\n")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *workers, "tests"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    good = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert good.returncode == 0, good.stdout
    (tests / "test_bad.py").write_text(f"def test_bad(): open({str(raw / 'a.csv')!r}, 'a').write('x')\n")
    bad = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert bad.returncode == 1
    assert "tests changed raw files: a.csv" in bad.stdout

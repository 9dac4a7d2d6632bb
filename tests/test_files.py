"""Files appear whole or not at all, keep every digit, and person-level ones are closed to others."""

from __future__ import annotations

import os
import stat
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from outcomes import files
from outcomes.errors import DataError, StudyError
from outcomes.tables import PARTICIPATION, SCORES

NOBODY = 65534


@contextmanager
def unprivileged():
    """Be an unprivileged user for a while, so that permissions mean something when the tests run as root."""
    if os.geteuid():
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def open_the_way_to(folder: Path) -> None:
    """Let everybody reach ``folder``: pytest keeps its temporary folders closed."""
    for parent in (folder, *folder.parents):
        if parent.stat().st_uid == os.geteuid() and parent != Path(parent.anchor):
            parent.chmod(parent.stat().st_mode | 0o055)


def scores(value: float = 1.25) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "person": ["007", "M2"],
            "wave": "start",
            "outcome": "calm",
            "score": [value, np.nan],
            "n_answered": [3, 0],
            "n_items": 3,
        }
    )


@pytest.mark.parametrize("number", [0.1 + 0.2, 1 / 3, 2.2250738585072014e-308, 123456789.12345679, -1e-17])
def test_a_table_comes_back_as_it_went_digit_for_digit(tmp_path, number):
    files.write_table(scores(number), tmp_path / "scores.csv", SCORES)
    back = files.read_table(tmp_path / "scores.csv", SCORES)
    assert back["person"].tolist() == ["007", "M2"]
    assert back["score"].iloc[0] == number
    assert pd.isna(back["score"].iloc[1])
    assert str(back["n_items"].dtype) == "Int64"


@pytest.mark.parametrize("word", ["NA", "None", "null", "nan", "N/A", "TRUE"])
def test_words_that_look_like_gaps_stay_words(tmp_path, word):
    files.write_table(scores().assign(person=[word, "M2"]), tmp_path / "scores.csv", SCORES)
    assert files.read_table(tmp_path / "scores.csv", SCORES)["person"].iloc[0] == word


def test_a_failed_write_leaves_the_former_file_and_no_rest(tmp_path, monkeypatch):
    path = tmp_path / "page.html"
    files.write_text("old", path)
    monkeypatch.setattr(
        os, "fsync", lambda handle: (_ for _ in ()).throw(OSError(28, "No space left on device"))
    )
    with pytest.raises(OSError, match="No space"):
        files.write_text("new", path)
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["page.html"]


def test_the_restricted_tree_is_closed_and_the_release_tree_is_open(tmp_path):
    person_level = tmp_path / "results" / "restricted" / "score" / "scores.csv"
    files.write_table(scores(), person_level, SCORES)
    files.write_text("page", tmp_path / "results" / "release" / "report.html")
    assert stat.S_IMODE((tmp_path / "results" / "restricted").stat().st_mode) == 0o700
    assert stat.S_IMODE(person_level.stat().st_mode) == 0o600
    open_the_way_to(tmp_path)
    if os.geteuid() == 0:
        with unprivileged(), pytest.raises(PermissionError):
            person_level.read_text()
        with unprivileged():
            assert (tmp_path / "results" / "release" / "report.html").read_text() == "page"


def test_a_read_only_folder_is_refused_and_nothing_is_left(tmp_path):
    folder = tmp_path / "closed"
    folder.mkdir()
    open_the_way_to(folder)
    folder.chmod(0o555)
    with unprivileged():
        assert os.access(folder, os.R_OK | os.X_OK, effective_ids=True)
        with pytest.raises(PermissionError):
            files.write_text("page", folder / "report.html")
    assert not list(folder.iterdir())


def test_text_that_is_not_utf8_is_refused_by_name(tmp_path):
    (tmp_path / "study.yaml").write_bytes("title: Café".encode("cp1252"))
    with pytest.raises(StudyError, match=r"study\.yaml: found bytes that are not UTF-8"):
        files.read_text(tmp_path / "study.yaml")


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (scores().drop(columns="score"), "without score"),
        (scores().assign(extra=1), "with the unknown extra"),
        (scores().assign(person=["M1", "M1"]), "break the rule"),
        (scores().assign(wave=[None, "start"]), "break the rule"),
    ],
)
def test_a_table_that_breaks_its_declaration_is_refused(tmp_path, frame, words):
    with pytest.raises(DataError, match=words):
        files.write_table(frame, tmp_path / "scores.csv", SCORES)
    assert not list(tmp_path.iterdir())


def test_a_value_that_is_not_allowed_is_refused_without_naming_it(tmp_path):
    frame = pd.DataFrame({"step": ["a"], "label": "A", "group": ["secret"], "n": [1]})
    with pytest.raises(DataError) as refused:
        files.write_table(frame, tmp_path / "participation.csv", PARTICIPATION)
    assert "column group" in str(refused.value)
    assert "secret" not in str(refused.value)

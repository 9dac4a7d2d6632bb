"""`outcomes run` and `check` as an officer meets them: what bad input gets; nothing is computed with it."""

from __future__ import annotations

import io
import json
import stat
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import tiny

from outcomes import cli
from outcomes.errors import DataError, Problem, Refused, in_file

STUDY = "config/studies/tiny.yaml"
START = "data/raw/tiny/start.csv"
END = "data/raw/tiny/end.csv"
REGISTER = "data/raw/tiny/register.csv"


@pytest.fixture(scope="module")
def template(tmp_path_factory) -> Path:
    return tiny.project(tmp_path_factory.mktemp("template"))


@pytest.fixture
def project(template, tmp_path, monkeypatch) -> Path:
    """A project of its own for each test, with an earlier report that must stay as it is."""
    for name in ("Snakefile", "config", "data"):
        source, target = template / name, tmp_path / name
        tiny.shutil.copytree(source, target) if source.is_dir() else tiny.shutil.copy(source, target)
    earlier = tmp_path / "results" / "tiny" / "release" / "report.html"
    earlier.parent.mkdir(parents=True)
    earlier.write_text("last year's report")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def replace(project: Path, file: str, old: str, new: str) -> None:
    path = project / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


BAD = {
    "a column that the file lacks": (
        lambda p: replace(p, START, "id,q1,q2,q3", "id,q1,q2,q_3"),
        START,
        ["no column 'q3'", "did you mean 'q_3'?"],
    ),
    "a wave file that is missing": (
        lambda p: (p / END).rename(p / "data/raw/tiny/ende.csv"),
        END,
        ["no such file", "did you mean 'ende.csv'?"],
    ),
    "an answer out of range": (
        lambda p: replace(p, START, "M001,3,3", "M001,6,3"),
        START,
        ["E-not-allowed", "3 q1 '6' whole numbers from 1 to 5"],
    ),
    "a duplicate id with different answers": (
        lambda p: replace(p, START, "M001,", "M000,"),
        START,
        ["2-3 id", "the same person with different answers", "responses: duplicates"],
    ),
    "an unknown SES label": (
        lambda p: replace(p, REGISTER, "2024,yes,", "2024,yess,"),
        REGISTER,
        ["2 fsm 'yess' yes, no did you mean 'yes'?"],
    ),
    "a misspelt study key": (
        lambda p: replace(p, STUDY, "\nmodel:", "\nmodle:"),
        STUDY,
        ["the key 'modle'", "did you mean 'model'?"],
    ),
    "an empty file": (
        lambda p: (p / END).write_text(""),
        END,
        ["an empty file"],
    ),
}


@pytest.fixture
def wide(monkeypatch) -> None:
    """A terminal so wide that no cell is wrapped, so that a line of the table is a line of text."""
    monkeypatch.setenv("COLUMNS", "300")
    monkeypatch.setattr(cli, "MOST_WIDE", 300)


def spoken(said: str) -> str:
    """What a table says, with one blank where it has several."""
    return " ".join(said.split())


@pytest.mark.parametrize("case", BAD)
@pytest.mark.parametrize("command", ["run", "check"])
@pytest.mark.usefixtures("wide")
def test_bad_input_gets_a_sentence_and_exit_2(project, capsys, case, command):
    damage, file, words = BAD[case]
    damage(project)
    assert cli.main([command, "tiny"]) == 2
    said = capsys.readouterr().err
    assert f"\n{file}\n" in said
    assert not [word for word in words if word not in spoken(said)], said
    assert "Traceback" not in said
    assert "1 error; nothing was computed." in said
    results = project / "results/tiny"
    assert (results / "release/report.html").read_text() == "last year's report"
    made = {path.relative_to(results).as_posix() for path in results.rglob("*") if path.is_file()}
    pages = {f"restricted/clean/validation.{kind}" for kind in ("json", "html")}
    assert made - {"release/report.html"} == (set() if file == STUDY else pages)


@pytest.mark.parametrize(
    "name", ["../tiny", "../../escaped", "/etc/passwd", "tiny/../tiny", "Tiny", "a" * 300, "x;y", "$(x)"]
)
def test_a_study_name_that_is_not_a_name_is_refused(project, capsys, name):
    assert cli.main(["run", name]) == 2
    said = capsys.readouterr().err
    assert "study name: found" in said
    assert "Traceback" not in said
    assert not (project.parent / "escaped").exists()
    assert [path.name for path in (project / "results").rglob("*") if path.is_file()] == ["report.html"]


@pytest.mark.usefixtures("wide")
def test_all_problems_come_in_one_pass(project, capsys):
    for damage in ("an answer out of range", "an unknown SES label", "an empty file"):
        BAD[damage][0](project)
    assert cli.main(["check", "tiny"]) == 2
    said = capsys.readouterr().err
    for damage in ("an answer out of range", "an unknown SES label", "an empty file"):
        assert f"\n{BAD[damage][1]}\n" in said
        assert BAD[damage][2][0] in spoken(said)
    assert "3 errors; nothing was computed." in said


def test_ids_never_stand_in_a_message(project, capsys):
    BAD["an answer out of range"][0](project)
    replace(project, END, "M009,", "M008,")
    replace(project, REGISTER, "M023,", "M022,")
    assert cli.main(["check", "tiny"]) == 2
    said = capsys.readouterr().err
    assert "3 errors" in said
    pages = [path.read_text() for path in (project / "results/tiny/restricted/clean").iterdir()]
    assert len(pages) == 2
    assert not [text for text in (said, *pages) if "M0" in text]


def test_a_study_without_problems_says_so_and_what_each_file_is(project, capsys):
    assert cli.main(["check"]) == 0
    said = capsys.readouterr()
    assert "W-careless: 1 problem" in said.err
    assert "E-" not in said.err
    assert said.out.count("\n") == 4
    for file in (REGISTER, START, END):
        assert f"{file}: " in said.out
    assert "24 rows" in said.out
    assert said.out.endswith("tiny: no errors in the study and its 3 raw files.\n")
    page = project / "results/tiny/restricted/clean/validation.html"
    assert "W-careless" in page.read_text()
    assert json.loads(page.with_suffix(".json").read_text())["errors"] == 0
    assert stat.S_IMODE((project / "results/tiny/restricted").stat().st_mode) == 0o700


FAST = in_file("careless", START, "2 fast responses", "honest ones", "look at them", severity="warning")
SIX = in_file("not-allowed", START, "'6'", "1 to 5", "correct it", rows=[3], column="q1")


def answering(monkeypatch, *problems: Problem) -> None:
    """Let the raw files have just these problems."""

    def clean(raw, part, secret):
        assert secret is None
        if any(problem.is_error for problem in problems):
            raise DataError(problems)
        return SimpleNamespace(tables={}, warnings=problems, files=("start.csv: CSV, UTF-8, 24 rows",))

    monkeypatch.setattr(cli, "clean", clean)


def test_check_lists_warnings_and_ends_well(project, capsys, monkeypatch):
    answering(monkeypatch, FAST, FAST)
    assert cli.main(["check"]) == 0
    said = capsys.readouterr()
    assert "W-careless: 2 problems" in said.err
    assert "2 warnings; nothing is stopped by that." in said.err
    assert "As a page: results/tiny/restricted/clean/validation.html" in said.err
    assert said.out.startswith("start.csv: CSV, UTF-8, 24 rows\n")
    assert said.out.endswith("tiny: no errors in the study and its 3 raw files.\n")
    page = project / "results/tiny/restricted/clean/validation.html"
    assert "2 warnings; nothing is stopped by that." in page.read_text()
    assert "start.csv: CSV, UTF-8, 24 rows" in page.read_text()


def test_check_lists_errors_and_warnings(project, capsys, monkeypatch):
    answering(monkeypatch, SIX, FAST)
    assert cli.main(["check"]) == 2
    said = capsys.readouterr().err
    assert "E-not-allowed" in said
    assert "W-careless" in said
    assert "1 error, 1 warning; nothing was computed." in said


def test_run_lists_errors_in_full_and_warnings_in_one_line(project, capsys, monkeypatch):
    answering(monkeypatch, SIX, *[FAST] * 7)
    monkeypatch.setattr(cli, "_snakemake", lambda *_: pytest.fail("Snakemake was started"))
    assert cli.main(["run"]) == 2
    said = capsys.readouterr().err
    assert "E-not-allowed" in said
    assert "careless" not in said
    assert said.endswith("7 warnings: results/tiny/restricted/clean/validation.html\n")
    listed = json.loads((project / "results/tiny/restricted/clean/validation.json").read_text())
    assert (listed["errors"], listed["warnings"]) == (1, 7)


def test_run_goes_on_with_warnings(project, capsys, monkeypatch):
    answering(monkeypatch, FAST)
    monkeypatch.setattr(cli, "_snakemake", lambda *_: (0, ["Nothing to be done\n"]))
    assert cli.main(["run"]) == 0
    said = capsys.readouterr()
    assert said.err == "1 warning: results/tiny/restricted/clean/validation.html\n"
    assert "Nothing to be done: results/tiny/release/report.html is up to date." in said.out


def test_an_earlier_list_does_not_outlive_its_problems(project, monkeypatch, capsys):
    answering(monkeypatch, SIX)
    assert cli.main(["check"]) == 2
    answering(monkeypatch)
    assert cli.main(["check"]) == 0
    page = project / "results/tiny/restricted/clean/validation.html"
    assert "not-allowed" not in page.read_text() + page.with_suffix(".json").read_text()


@pytest.mark.parametrize("encoding", ["cp1252", "cp437", "ascii"])
def test_a_console_that_lacks_a_sign_shows_it_escaped(project, monkeypatch, encoding):
    odd = in_file("x", "start.csv", "'\u0152\u4e2d\u00e9'", "y", "z", rows=[3], column="\u4e2d\x1b[31m")
    answering(monkeypatch, odd)
    console = io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors="strict")
    monkeypatch.setattr(sys, "stderr", console)
    assert cli.main(["check"]) == 2
    console.flush()
    said = console.buffer.getvalue()
    assert b"\\u4e2d" in said
    assert b"\\x1b[31m" in said
    assert b"\x1b" not in said
    assert ("\u00e9".encode(encoding) if encoding != "ascii" else b"\\xe9") in said


def test_a_key_that_is_not_there_is_a_sentence(project, monkeypatch, capsys):
    def refuse(*_):
        raise Refused([Problem("the key of tiny", "none", "a key", "make one with `outcomes key tiny`")])

    monkeypatch.setattr(cli.keys, "secret_for", refuse)
    assert cli.main(["check"]) == 2
    assert "the key of tiny: found none" in capsys.readouterr().err


def test_a_key_is_made_outside_the_project_and_never_shown(project, monkeypatch, capsys, tmp_path_factory):
    kept = tmp_path_factory.mktemp("kept") / "keys" / "tiny.key"
    monkeypatch.setenv("OUTCOMES_KEY_FILE", str(kept))
    before = sorted(project.rglob("*"))
    assert cli.main(["key", "tiny"]) == 0
    secret = kept.read_text().strip()
    assert len(secret) == 64
    said = capsys.readouterr()
    assert str(kept) in said.out
    assert secret not in said.out + said.err
    assert sorted(project.rglob("*")) == before
    assert cli.main(["key", "tiny"]) == 0
    assert kept.read_text().strip() == secret


def test_outside_a_project_there_is_a_sentence(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert cli.main(["check"]) == 2
    assert "this folder: found no project" in capsys.readouterr().err


def test_a_config_with_content_is_refused(project, capsys):
    (project / "config/config.yaml").write_text("study: tiny\nwaves: {}\n")
    assert cli.main(["check"]) == 2
    said = capsys.readouterr().err
    assert "\nconfig/config.yaml\n" in said
    assert "the keys study, waves" in spoken(said)


def test_a_fault_of_ours_is_one_sentence_without_values(project, capsys, monkeypatch):
    def fail(*_):
        raise ValueError("M001")

    monkeypatch.setattr(cli, "clean", fail)
    assert cli.main(["check"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("outcomes failed with ValueError at cli.py, line ")
    assert "M001" not in said
    assert said.count("\n") == 1


def test_simulate_makes_the_raw_files_that_are_in_the_project(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tiny.ROOT)
    assert cli.main(["simulate", "career_mentoring", "--people", "40000", "--out", str(tmp_path)]) == 0
    kept = tiny.ROOT / "data" / "raw" / "career_mentoring"
    made = {path.name for path in tmp_path.iterdir()}
    assert made == {path.name for path in kept.iterdir()} - {"README.md"}
    for name in made - {"truth.csv"}:
        assert (tmp_path / name).read_bytes() == (kept / name).read_bytes(), name


def test_a_real_study_can_not_be_simulated(monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tiny.ROOT)
    assert cli.main(["simulate", "star", "--out", str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert "\nconfig/studies/star.yaml\n" in said
    assert "origin 'open' 'synthetic'" in spoken(said)
    assert not list(tmp_path.iterdir())

"""`outcomes run` and `check` as an officer meets them: what bad input gets; nothing is computed with it."""

from __future__ import annotations

from pathlib import Path

import pytest
import tiny

from outcomes import cli

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
        [f"{START}, header: found no column 'q3'", "did you mean 'q_3'?"],
    ),
    "a wave file that is missing": (
        lambda p: (p / END).rename(p / "data/raw/tiny/ende.csv"),
        [f"{END}: found no such file", "ende.csv", "did you mean 'ende.csv'?"],
    ),
    "an answer out of range": (
        lambda p: replace(p, START, "M001,3,3", "M001,6,3"),
        [f"{START}, column q1, row 3: found '6'; allowed: whole numbers from 1 to 5"],
    ),
    "a duplicate id with different answers": (
        lambda p: replace(p, START, "M001,", "M000,"),
        [
            f"{START}, column id, rows 2, 3: found the same person with different answers",
            "responses: duplicates",
        ],
    ),
    "an unknown SES label": (
        lambda p: replace(p, REGISTER, "2024,yes,", "2024,yess,"),
        [f"{REGISTER}, column fsm, row 2: found 'yess'; allowed: yes, no; did you mean 'yes'?"],
    ),
    "a misspelt study key": (
        lambda p: replace(p, STUDY, "\nmodel:", "\nmodle:"),
        [f"{STUDY}: found the key 'modle'", "did you mean 'model'?"],
    ),
    "an empty file": (
        lambda p: (p / END).write_text(""),
        [f"{END}: found an empty file", "export it again"],
    ),
}


@pytest.mark.parametrize("case", BAD)
@pytest.mark.parametrize("command", ["run", "check"])
def test_bad_input_gets_a_sentence_and_exit_2(project, capsys, case, command):
    damage, words = BAD[case]
    damage(project)
    assert cli.main([command, "tiny"]) == 2
    said = capsys.readouterr().err
    assert not [word for word in words if word not in said], said
    assert "Traceback" not in said
    assert "nothing was computed" in said
    assert (project / "results/tiny/release/report.html").read_text() == "last year's report"
    assert [path.name for path in (project / "results/tiny").iterdir()] == ["release"]


@pytest.mark.parametrize(
    "name", ["../tiny", "../../escaped", "/etc/passwd", "tiny/../tiny", "Tiny", "a" * 300, "x;y", "$(x)"]
)
def test_a_study_name_that_is_not_a_name_is_refused(project, capsys, name):
    assert cli.main(["run", name]) == 2
    said = capsys.readouterr().err
    assert "study name: found" in said
    assert "Traceback" not in said
    assert not (project.parent / "escaped").exists()


def test_all_problems_come_in_one_pass(project, capsys):
    for damage in ("an answer out of range", "an unknown SES label", "an empty file"):
        BAD[damage][0](project)
    assert cli.main(["check", "tiny"]) == 2
    said = capsys.readouterr().err
    for damage in ("an answer out of range", "an unknown SES label", "an empty file"):
        assert BAD[damage][1][0] in said
    assert "3 problems; nothing was computed." in said


def test_ids_never_stand_in_a_message(project, capsys):
    BAD["an answer out of range"][0](project)
    replace(project, END, "M009,", "M008,")
    replace(project, REGISTER, "M023,", "M022,")
    assert cli.main(["check", "tiny"]) == 2
    said = capsys.readouterr().err
    assert "3 problems" in said
    assert "M0" not in said


def test_a_study_without_problems_says_so(project, capsys):
    assert cli.main(["check"]) == 0
    assert "tiny: no problems in the study and its 3 raw files." in capsys.readouterr().out


def test_outside_a_project_there_is_a_sentence(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert cli.main(["check"]) == 2
    assert "found no project" in capsys.readouterr().err


def test_a_config_with_content_is_refused(project, capsys):
    (project / "config/config.yaml").write_text("study: tiny\nwaves: {}\n")
    assert cli.main(["check"]) == 2
    assert "config/config.yaml: found the keys study, waves" in capsys.readouterr().err


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
    assert "config/studies/star.yaml: origin: found 'open'" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())

"""The secret key is random, outside the project, closed to others, and never said."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import stat
import subprocess
from pathlib import Path

import clean_example
import pandas as pd
import pytest
from unprivileged import AS_ROOT, close, needs_permissions, open_the_way_to, unprivileged

from outcomes import files, keys
from outcomes.clean import clean
from outcomes.errors import DataError, Refused, StudyError
from outcomes.tables import SCORES

KEY = hashlib.sha256(b"a key for the tests").hexdigest()


@pytest.fixture
def home(tmp_path):
    """An empty home folder."""
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


def settings(home: Path, **more: str) -> dict[str, str]:
    """The environment of somebody who lives at ``home``."""
    return {"HOME": str(home), "APPDATA": str(home / ".config"), **more}


def kept(home: Path, content: str = KEY, mode: int = 0o600, name: str = ".config/outcomes/six.key") -> Path:
    """A key file that somebody made by hand."""
    path = home / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    path.chmod(mode)
    return path


def refused(environment: dict[str, str], root: Path | None = None) -> str:
    """The one sentence with which the key is refused; never with the key in it."""
    with pytest.raises(StudyError) as caught:
        keys.secret_for("six", "pseudonyms", root, environment)
    (problem,) = caught.value.problems
    assert problem.code == "key"
    assert KEY not in str(problem)
    return str(problem)


def test_public_ids_need_no_key(home):
    assert keys.secret_for("six", "public", None, settings(home)) is None


def test_the_key_comes_from_the_environment_else_the_file_named_there_else_the_default_file(home):
    first, second, third = (secrets.token_hex(32) for _ in range(3))
    kept(home, third)
    other = kept(home, second, name="elsewhere.key")
    environment = settings(home)
    assert keys.secret_for("six", "pseudonyms", None, environment) == bytes.fromhex(third)
    environment[keys.FILE_VARIABLE] = str(other)
    assert keys.secret_for("six", "pseudonyms", None, environment) == bytes.fromhex(second)
    environment[keys.VARIABLE] = first.upper()
    assert keys.secret_for("six", "pseudonyms", None, environment) == bytes.fromhex(first)


def test_a_missing_key_is_refused_with_the_command_that_makes_one(home):
    said = refused(settings(home))
    assert "found no key" in said
    assert "`outcomes key six`" in said
    assert "no key" in refused(settings(home, OUTCOMES_KEY_FILE=str(home / "nowhere.key")))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "0 hexadecimal digits"),
        (KEY[:-1], "63 hexadecimal digits"),
        (KEY + "0", "65 hexadecimal digits"),
        ("x" + KEY[1:], "64 characters that are no key"),
        ("0" * 64, "not random"),
        ("abc123" * 10 + "abcd", "not random"),
        ("a passphrase that somebody thought of", "37 characters"),
    ],
)
def test_what_is_no_key_is_refused_by_its_length_wherever_it_stands(home, text, words):
    assert words in refused(settings(home, OUTCOMES_KEY=text))
    kept(home, text)
    assert words in refused(settings(home))


@needs_permissions
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620, 0o602, 0o610, 0o660, 0o777])
def test_a_key_that_others_may_use_is_refused(home, mode):
    kept(home, mode=mode)
    said = refused(settings(home))
    assert f"mode {mode:04o}" in said
    assert "chmod 600" in said


@needs_permissions
def test_a_link_a_folder_and_a_pipe_are_no_key(home):
    real = kept(home, name="real.key")
    path = home / ".config" / "outcomes" / "six.key"
    path.parent.mkdir(parents=True)
    path.symlink_to(real)
    assert "found a link" in refused(settings(home))
    path.unlink()
    path.mkdir()
    assert "no plain file" in refused(settings(home))
    path.rmdir()
    os.mkfifo(path, 0o600)
    assert "no plain file" in refused(settings(home))


def project(folder: Path) -> Path:
    """A project folder, as far as one can tell."""
    (folder / "config").mkdir(parents=True)
    (folder / "Snakefile").touch()
    return folder


def test_a_key_inside_the_project_or_any_project_is_refused(home):
    inside = kept(project(home / "here"), name="data/raw/six/six.key")
    named = settings(home, OUTCOMES_KEY_FILE=str(inside))
    assert "inside the project folder" in refused(named)
    other = kept(home / "there", name="deep/six.key")
    named = settings(home, OUTCOMES_KEY_FILE=str(other))
    assert keys.secret_for("six", "pseudonyms", home / "here", named) == bytes.fromhex(KEY)
    assert "inside the project folder" in refused(named, root=home / "there")


def test_a_key_that_is_in_the_project_by_a_linked_folder_is_refused(home):
    inside = kept(project(home / "here"), name="keys/six.key")
    (home / "there").symlink_to(inside.parent)
    named = settings(home, OUTCOMES_KEY_FILE=str(home / "there" / "six.key"))
    assert "inside the project folder" in refused(named)


def test_a_key_in_a_git_work_tree_is_refused_and_so_is_making_one_there(home):
    subprocess.run(["git", "init", "-q", str(home / "repository")], check=True)
    path = kept(home / "repository", name="notes/six.key")
    named = settings(home, OUTCOMES_KEY_FILE=str(path))
    assert "inside a git work tree" in refused(named)
    path.unlink()
    with pytest.raises(StudyError, match="inside a git work tree"):
        keys.make_key("six", None, named)
    assert not path.exists()


def test_the_file_is_named_by_its_whole_path(home):
    assert "relative path" in refused(settings(home, OUTCOMES_KEY_FILE="six.key"))


def test_git_never_sees_a_key_file(tmp_path):
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    (tmp_path / ".gitignore").write_bytes((Path(__file__).parents[1] / ".gitignore").read_bytes())
    kept(tmp_path, name="six.key")
    kept(tmp_path, name="data/raw/six/.key")
    kept(tmp_path, name="results/six/restricted/clean/people.csv")
    seen = ["git", "status", "--porcelain", "--untracked-files=all"]
    assert subprocess.run(seen, cwd=tmp_path, capture_output=True, text=True).stdout == "?? .gitignore\n"


def test_making_a_key_says_where_it_is_and_its_id_and_that_it_needs_a_copy_but_not_the_key(home):
    said = keys.make_key("six", None, settings(home))
    path = home / ".config" / "outcomes" / "six.key"
    text = path.read_text()
    secret = bytes.fromhex(text)
    assert re.fullmatch(r"[0-9a-f]{64}\n", text)
    assert keys.secret_for("six", "pseudonyms", None, settings(home)) == secret
    assert keys.key_id(secret) in said
    assert "six.key" in said
    assert "copy" in said
    assert text.strip() not in said
    assert not keys.looks_like_key(said)


@needs_permissions
@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
def test_a_new_key_and_its_folder_are_closed_whatever_the_mask(home, mask):
    before = os.umask(mask)
    try:
        keys.make_key("six", None, settings(home))
    finally:
        os.umask(before)
    path = home / ".config" / "outcomes" / "six.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_key_is_never_written_over(home):
    path = kept(home)
    said = keys.make_key("six", None, settings(home))
    assert "already" in said
    assert keys.key_id(bytes.fromhex(KEY)) in said
    assert path.read_text() == KEY
    path.write_text("spoilt")
    with pytest.raises(StudyError, match="6 characters that are no key"):
        keys.make_key("six", None, settings(home))
    assert path.read_text() == "spoilt"


def test_two_new_keys_differ_and_so_do_their_ids(home):
    keys.make_key("six", None, settings(home))
    keys.make_key("seven", None, settings(home))
    one, other = (keys.secret_for(study, "pseudonyms", None, settings(home)) for study in ("six", "seven"))
    assert one != other
    assert keys.key_id(one) != keys.key_id(other)


def test_no_key_is_made_beside_one_in_the_environment_that_would_hide_it(home):
    with pytest.raises(StudyError, match="goes before any file"):
        keys.make_key("six", None, settings(home, OUTCOMES_KEY=KEY))
    assert not list(home.iterdir())


@pytest.mark.parametrize("study", ["../six", "a/b", "", "Six", "x" * 65])
def test_a_name_that_is_no_study_names_no_key_file(home, study):
    with pytest.raises(StudyError, match="study name"):
        keys.make_key(study, None, settings(home))


def test_a_key_that_could_not_be_written_leaves_nothing(home, monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda handle: (_ for _ in ()).throw(OSError(28, "No space left")))
    with pytest.raises(StudyError, match="can't be written"):
        keys.make_key("six", None, settings(home))
    assert not list((home / ".config" / "outcomes").iterdir())


def test_the_id_of_a_key_is_eight_digits_that_stay_and_are_not_of_the_key():
    # hmac.new(bytes(range(32)), b"outcomes key id", sha256), worked with `openssl dgst -sha256 -mac HMAC`.
    assert keys.key_id(bytes(range(32))) == "108fe48a"
    assert keys.key_id(bytes.fromhex(KEY)) not in KEY


@pytest.mark.parametrize(
    "text",
    [
        KEY,
        KEY.upper(),
        f"source: {KEY}",
        f"secret: '{KEY}'\n",
        f"a,{KEY},b",
        f"0x {KEY}",
        f"key={KEY};",
        f"({KEY})",
    ],
)
def test_a_key_in_a_file_of_the_project_is_found_and_not_repeated(text):
    assert keys.looks_like_key(text)
    with pytest.raises(StudyError) as caught:
        keys.keep_out(text, "config/studies/six.yaml")
    assert KEY.lower() not in str(caught.value).lower()
    assert "config/studies/six.yaml" in str(caught.value)


@pytest.mark.parametrize("text", ["", KEY[:-1], KEY + "0", f"z{KEY}", "g" * 64, f"{KEY[:32]} {KEY[32:]}"])
def test_other_text_is_let_through_as_it_is(text):
    assert keys.keep_out(text, "config/studies/six.yaml") == text


def test_no_study_or_instrument_of_the_project_holds_a_key():
    config = Path(__file__).parents[1] / "config"
    for path in config.rglob("*.yaml"):
        keys.keep_out(path.read_text(encoding="utf-8"), path.name)


@needs_permissions
def test_another_user_can_not_read_a_key_and_is_told_so_in_a_sentence(home):
    path = kept(home)
    open_the_way_to(path.parent)
    close(path)

    def ask() -> str:
        try:
            keys.secret_for("six", "pseudonyms", None, settings(home))
        except Refused as caught:
            return str(caught)
        return "let through"

    said = unprivileged(ask)
    assert "a file that you can't open" in said
    assert "a copy there that belongs to you" in said


@needs_permissions
def test_another_user_can_not_read_or_list_what_is_restricted(tmp_path):
    table = tmp_path / "results" / "six" / "restricted" / "score" / "scores.csv"
    files.write_text("person,score\n", table)
    files.write_text("page", tmp_path / "results" / "six" / "release" / "report.html")
    tree = tmp_path / "results" / "six" / "restricted"
    assert stat.S_IMODE(tree.stat().st_mode) == 0o700
    open_the_way_to(tree.parent)
    if not AS_ROOT:
        close(tree)

    def look() -> str:
        assert (tree.parent / "release" / "report.html").read_text() == "page"
        for attempt in (table.read_text, lambda: os.listdir(tree), lambda: files.read_table(table, SCORES)):
            with pytest.raises(PermissionError):
                attempt()
        return "closed"

    try:
        assert unprivileged(look) == "closed"
    finally:
        tree.chmod(0o700)


@needs_permissions
def test_a_raw_folder_that_is_read_only_is_read_and_stays_as_it_is(tmp_path):
    raw = tmp_path / "raw"
    raw.mkdir()
    (raw / "start.csv").write_bytes(b"id,q1\nM1,3\n")
    (raw / "start.csv").chmod(0o444)
    open_the_way_to(raw)
    raw.chmod(0o555)

    def look() -> str:
        folder = files.Folder(raw)
        assert not os.access(raw, os.W_OK)
        assert list(folder) == ["start.csv"]
        assert "start.csv" in folder
        assert folder.size("start.csv") == 11
        return folder["start.csv"].decode()

    try:
        assert unprivileged(look) == "id,q1\nM1,3\n"
        assert os.listdir(raw) == ["start.csv"]
    finally:
        raw.chmod(0o755)


def raw_folder(tmp_path: Path, **changed: str) -> Path:
    """The raw files of the small example, in a folder that everybody can reach."""
    raw = tmp_path / "raw"
    raw.mkdir()
    for name, content in clean_example.raw(changed).items():
        (raw / name).write_bytes(content)
    open_the_way_to(raw)
    return raw


@needs_permissions
def test_a_study_is_cleaned_from_a_folder_that_is_read_only(tmp_path):
    raw, study = raw_folder(tmp_path), clean_example.part()
    expected = clean(files.Folder(raw), study).tables  # imports what the other user could not
    raw.chmod(0o555)

    def run() -> str:
        pd.testing.assert_frame_equal(clean(files.Folder(raw), study).tables["answers"], expected["answers"])
        return str(len(expected["answers"]))

    try:
        assert int(unprivileged(run)) > 0
    finally:
        raw.chmod(0o755)


@needs_permissions
def test_a_file_that_may_not_be_read_is_one_problem_of_all(tmp_path):
    raw, study = raw_folder(tmp_path, **{"start.csv": "id | id"}), clean_example.part()
    close(raw / "end.csv")

    def run() -> str:
        with pytest.raises(DataError) as caught:
            clean(files.Folder(raw), study)
        return "\n".join(problem.code for problem in caught.value.problems if problem.is_error)

    with pytest.raises(DataError):
        clean({}, study)  # imports what the other user could not
    codes = unprivileged(run).split()
    assert "unreadable" in codes
    assert len(codes) > 1


@needs_permissions
@pytest.mark.parametrize("closed", ["file", "folder"])
def test_a_raw_file_that_may_not_be_read_is_a_sentence_with_its_name(tmp_path, closed):
    raw = tmp_path / "raw"
    raw.mkdir()
    path = raw / "start.csv"
    path.write_bytes(b"id,q1\n")
    open_the_way_to(raw)
    close(path if closed == "file" else raw)

    def read() -> str:
        try:
            files.Folder(raw, "data/raw/six")["start.csv"]
        except DataError as caught:
            (problem,) = caught.problems
            return f"{problem.code}\n{problem}"
        return "let through"

    try:
        code, _, said = unprivileged(read).partition("\n")
    finally:
        raw.chmod(0o755)
    assert code == "unreadable"
    assert said.startswith("data/raw/six/start.csv: found a file that can't be read (permission denied)")


def test_a_file_that_is_not_there_or_is_a_link_out_is_no_file_of_the_folder(tmp_path):
    raw = tmp_path / "raw"
    raw.mkdir()
    (tmp_path / "other.csv").write_bytes(b"x")
    (raw / "link.csv").symlink_to(tmp_path / "other.csv")
    folder = files.Folder(raw)
    for name in ("start.csv", "link.csv", "../other.csv", "."):
        assert name not in folder
        with pytest.raises(KeyError):
            folder.size(name)
        with pytest.raises(KeyError):
            folder[name]


def test_a_failure_of_the_unprivileged_process_is_a_failure_of_the_test():
    if os.name != "posix":
        pytest.skip("no fork here")
    with pytest.raises(AssertionError, match="ZeroDivisionError"):
        unprivileged(lambda: str(1 // 0))
    assert unprivileged(lambda: str(os.geteuid())) != "0"

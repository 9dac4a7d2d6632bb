"""500 planted names, ids, e-mails and free texts: after a run and a check they are in the raw files only.

Every planted word begins with one mark, so that one search finds all of them, in whatever form they were
written; hashes without the key are searched one by one.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import os
import random
import re
import subprocess
import sys
import urllib.parse
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
import tiny

from outcomes.keys import looks_like_key
from outcomes.project import PARTS

ROOT = Path(__file__).parents[1]
PEOPLE = 125
MARK = "Qzvxkw"
"""What every planted word begins with; it stands nowhere else."""

_rng = random.Random("canaries")  # noqa: S311
_NUMBERS = _rng.sample(range(100_000_000, 1_000_000_000), 2 * PEOPLE)
_LETTERS = "abcdefghijklmnoprstuw"
IDS = [f"{MARK}{number}" for number in _NUMBERS[:PEOPLE]]
NAMES = [
    f"{MARK}{''.join(_rng.choices(_LETTERS, k=6))} {MARK}{''.join(_rng.choices(_LETTERS, k=7))}" for _ in IDS
]
EMAILS = [f"{MARK}{number}@example.org" for number in _NUMBERS[PEOPLE:]]
TEXTS = [f"{MARK}{''.join(_rng.choices(_LETTERS, k=8))} was kind, {n} times" for n in range(PEOPLE)]
PLANTED = [*IDS, *NAMES, *EMAILS, *TEXTS]

KEYS = [hashlib.sha256(f"key {n}".encode()).digest() for n in (1, 2)]


def study() -> str:
    """The tiny study with real people, whose e-mails and names are dropped at the door."""
    text = tiny.STUDY
    for old, new in (
        ("origin: synthetic", "origin: real"),
        ("ids: public", "ids: pseudonyms\ndrop: [Name, E-mail]"),
        ("file: start.csv, person: id", "file: start.csv, person: id, comment: Comment"),
    ):
        assert old in text
        text = text.replace(old, new)
    return text


def register() -> list[list[str]]:
    """The register: 125 people with their names and e-mails, two of three low."""
    lines = [["id", "intake", "fsm", "gender", "Name", "E-mail"]]
    for n, person in enumerate(IDS):
        lines.append(
            [person, "2024", ("yes", "no", "no")[n % 3], ("woman", "man")[n // 2 % 2], NAMES[n], EMAILS[n]]
        )
    return lines


def wave(later: int) -> list[list[str]]:
    """A wave's export with a comment each; every fifth person is not in the later one."""
    lines = [["id", "q1", "q2", "q3", "Comment", "Name"]]
    for n, person in enumerate(IDS):
        if not later or n % 5:
            level = 2 + n % 3 % 2 + (later if n % 3 == 0 else 0)
            answers = [level, 6 - level, min(5, level + n // 4 % 2)]
            lines.append([person, *map(str, answers), f'"{TEXTS[n]}"', NAMES[n]])
    return lines


@dataclass
class Ran:
    """A project after its run, and all that its programs said."""

    folder: Path
    environment: dict[str, str]
    said: list[str]

    def outcomes(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the command line; what it says is kept."""
        return self._program("outcomes.cli", *arguments)

    def jobs(self) -> set[str]:
        """The stages that a run would run now."""
        done = self._program("snakemake", "--cores", "1", "--dry-run")
        assert done.returncode == 0, done.stdout + done.stderr
        return {line.split()[0] for line in done.stdout.splitlines() if line.split()} & set(PARTS)

    def key(self, n: int) -> None:
        """Take another key."""
        path = self.folder.parent / f"key{n}"
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(KEYS[n].hex())
        self.environment["OUTCOMES_KEY_FILE"] = str(path)

    def tables(self) -> dict[str, bytes]:
        """The release tables."""
        return {
            path.name: path.read_bytes() for path in self.folder.glob("results/tiny/release/tables/*.csv")
        }

    def _program(self, module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", module, *arguments], cwd=self.folder, env=self.environment,
            capture_output=True, text=True, timeout=300,
        )  # fmt: skip
        self.said += [done.stdout, done.stderr]
        return done


@pytest.fixture(scope="module")
def ran(tmp_path_factory) -> Ran:
    """A study of real people that ran once; then its raw files got mistakes, were checked and mended."""
    home = tmp_path_factory.mktemp("canaries")
    (home / "project").mkdir()
    folder = tiny.project(home / "project")
    for name in ("home", "temporary"):
        (home / name).mkdir()
    places = {
        "HOME": str(home / "home"),
        "TMPDIR": str(home / "temporary"),
        "XDG_CACHE_HOME": str(home / "home/cache"),
    }
    environment = {**os.environ, **places, "PYTHONPATH": str(folder / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
    environment.pop("OUTCOMES_KEY", None)
    project = Ran(folder, environment, [])
    project.key(0)
    (folder / "config/studies/tiny.yaml").write_text(study(), encoding="utf-8")
    for name, lines in (("register", register()), ("start", wave(0)), ("end", wave(1))):
        (folder / f"data/raw/tiny/{name}.csv").write_text(tiny.csv(lines), encoding="utf-8")
    done = project.outcomes("run", "tiny")
    assert done.returncode == 0, done.stderr
    assert project.outcomes("check", "tiny").returncode == 0
    for damage in MISTAKES:
        path = folder / "data/raw/tiny/start.csv"
        before = path.read_text(encoding="utf-8")
        path.write_text(damage(before), encoding="utf-8")
        assert project.outcomes("check", "tiny").returncode == 2, damage
        project.said += [
            (folder / f"results/tiny/restricted/clean/validation.{form}").read_text()
            for form in ("html", "json")
        ]
        path.write_text(before, encoding="utf-8")
    return project


def _cells(text: str, row: int, change: dict[int, str]) -> str:
    lines = text.split("\n")
    cells = lines[row].split(",")
    for place, word in change.items():
        cells[place] = word
    lines[row] = ",".join(cells)
    return "\n".join(lines)


MISTAKES = (
    lambda text: _cells(text, 3, {1: "9"}),
    lambda text: _cells(text, 3, {0: IDS[7]}),
    lambda text: _cells(text, 3, {1: IDS[2]}),
    lambda text: _cells(text, 3, {1: EMAILS[2]}),
    lambda text: _cells(text, 3, {1: NAMES[2]}),
    lambda text: _cells(text, 3, {1: NAMES[2].split()[0]}),
    lambda text: _cells(text, 3, {1: f'"{TEXTS[2]}"'}),
    lambda text: _cells(text, 3, {0: ""}),
    lambda text: _cells(text, 3, {0: IDS[2].lower(), 1: "6"}),
    lambda text: _cells(text, 3, {0: f"{IDS[2]}\u200b", 1: "x"}),
    lambda text: text.split("\n", 1)[1],
    lambda text: text.replace(",", ";"),
    lambda text: text[: len(text) // 2],
    lambda text: _cells(text, 3, {0: f"{IDS[2]},{IDS[3]}"}),
)
"""What goes wrong with an export, each in a way that brings a planted word near a message."""


def forms(word: str) -> Iterator[bytes]:
    """What a word may look like in a file: plain, in capitals, UTF-16, hexadecimal, base64, URL, escaped."""
    for said in (word, word.lower(), word.upper()):
        content = said.encode()
        yield content
        yield said.encode("utf-16-le")
        yield said.encode("utf-16-be")
        yield content.hex().encode()
        yield content.hex().upper().encode()
        yield "".join(f"%{byte:02X}" for byte in content).encode()
        yield "".join(f"\\u{ord(sign):04x}" for sign in said).encode()
        yield urllib.parse.quote(said).encode()
        for before in range(3):
            whole = slice((8 * before + 5) // 6, 8 * (before + len(content)) // 6)
            yield base64.b64encode(b"\0" * before + content)[whole]
            yield base64.urlsafe_b64encode(b"\0" * before + content)[whole]


ANY_MARK = re.compile(b"|".join(re.escape(form) for form in sorted(set(forms(MARK)))))
HASHES = {
    algorithm(word.encode()).hexdigest().encode()
    for algorithm in (hashlib.md5, hashlib.sha1, hashlib.sha256)
    for word in (*PLANTED, *map(str.lower, IDS), *map(str.upper, IDS))
}
SECRETS = [
    form
    for key in KEYS
    for form in (key, key.hex().encode(), key.hex().upper().encode(), base64.b64encode(key)[:-4])
]


def contents(content: bytes) -> Iterator[bytes]:
    """A file's bytes, and what is packed in it: gzip, zip members, zlib streams (those of a PNG too)."""
    yield content
    if content[:2] == b"\x1f\x8b":
        yield gzip.decompress(content)
    if content[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            yield from (archive.read(name) for name in archive.namelist())
    for found in re.finditer(rb"\x78[\x01\x5e\x9c\xda]", content):
        try:
            yield zlib.decompressobj().decompress(content[found.start() :], 10_000_000)
        except zlib.error:
            continue


def found(content: bytes) -> bytes | None:
    """The first trace of a planted word or of a key in a file."""
    for held in contents(content):
        if match := ANY_MARK.search(held):
            return held[max(0, match.start() - 10) : match.end() + 20]
        for run in re.findall(rb"[0-9a-f]{32,64}", held):
            if run in HASHES:
                return run
        for secret in SECRETS:
            if secret in held:
                return b"the key"
    return None


def written(ran: Ran) -> list[Path]:
    """Every file that the programs wrote, wherever."""
    places = [
        ran.folder / "results",
        ran.folder / ".snakemake",
        ran.folder.parent / "home",
        ran.folder.parent / "temporary",
    ]
    return [path for place in places for path in place.rglob("*") if path.is_file()]


def test_500_words_were_planted():
    assert len(set(PLANTED)) == len(PLANTED) == 500
    assert all(word.startswith(MARK) for word in PLANTED)


def test_no_planted_word_and_no_key_is_in_any_file_that_a_run_or_a_check_writes(ran):
    paths = written(ran)
    assert len(paths) > 60
    assert {"people.csv", "report.html", "validation.json", "snakemake.log"} <= {path.name for path in paths}
    assert {path.name: found(path.read_bytes()) for path in paths if found(path.read_bytes())} == {}
    assert [path.name for path in paths if MARK in path.name] == []


def test_no_planted_word_and_no_key_is_said(ran):
    said = [words for words in ran.said if words]
    assert len(said) > 40
    assert [match for words in said if (match := found(words.encode()))] == []


def test_people_are_pseudonyms_alike_in_all_tables(ran):
    clean = ran.folder / "results/tiny/restricted/clean"
    people = pd.read_csv(clean / "people.csv", dtype="string")["person"]
    answers = pd.read_csv(clean / "answers.csv", dtype="string")["person"]
    assert len(people) == people.nunique() == PEOPLE
    assert set(answers) == set(people)


@pytest.mark.parametrize(
    "pack",
    [
        bytes, gzip.compress, lambda c: b"\x89PNG zTXt" + zlib.compress(c), base64.b64encode,
        base64.urlsafe_b64encode, bytes.upper, lambda c: base64.b64encode(b"a" + c),
        lambda c: base64.b64encode(b"ab" + c), lambda c: c.hex().encode(),
        lambda c: c.decode().encode("utf-16"), lambda c: urllib.parse.quote(c.decode()).encode(),
        lambda c: hashlib.sha256(c).hexdigest().encode(),
    ],
)  # fmt: skip
@pytest.mark.parametrize("word", [IDS[3], NAMES[4], EMAILS[5], TEXTS[6]])
def test_the_search_finds_a_word_in_every_form(pack, word):
    assert found(
        b"before " + pack(word.encode()) + b" after" if pack is not gzip.compress else pack(word.encode())
    )


def test_the_search_finds_a_key_and_nothing_where_nothing_is():
    assert all(found(b"x" + form + b"y") for form in SECRETS)
    assert found(os.urandom(5) + b"person,wave\nab12,start\n") is None


def test_another_key_runs_everything_again_and_changes_no_released_number(ran):
    assert ran.jobs() == set()
    before = ran.tables()
    people = (ran.folder / "results/tiny/restricted/clean/people.csv").read_bytes()
    ran.key(1)
    assert ran.jobs() == set(PARTS)
    done = ran.outcomes("run", "tiny")
    assert done.returncode == 0, done.stderr
    assert ran.jobs() == set()
    assert ran.tables() == before
    assert (ran.folder / "results/tiny/restricted/clean/people.csv").read_bytes() != people


def test_the_project_holds_no_key():
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode:
        pytest.skip("no git work tree")
    # Hashes of packages, and the digests of RFC 4231, have the length of a key.
    known = ("locks/", "tests/test_private.py")
    names = [name for name in listed.stdout.decode().split("\0") if name and not name.startswith(known)]
    texts = {name: path.read_text(errors="replace") for name in names if (path := ROOT / name).is_file()}
    assert [name for name in names if name.endswith(".key")] == []
    assert [name for name, text in texts.items() if looks_like_key(text)] == []

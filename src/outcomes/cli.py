"""The command line: `outcomes run`, `check`, `simulate` and `key`. Exit codes: 0 done, 1 failed, 2 to mend.

The only module that knows Snakemake, which it calls as a program; with `project` and `recovery` it composes
stages.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from outcomes import files, keys, validation
from outcomes.clean import clean
from outcomes.errors import DataError, Problem, Refused, StudyError
from outcomes.joblog import MARK
from outcomes.project import Project
from outcomes.study.stages import Cleaning

DONE, FAILED, PROBLEMS = 0, 1, 2
MOST_WIDE = 140
"""Most columns of a terminal that a table fills."""

_NOTHING = "Nothing to be done"
_TAIL = 15
_PAGE = "restricted/clean/validation.html"
_LIST = "restricted/clean/validation.json"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code."""
    asked = _parser().parse_args(arguments)
    try:
        return int(asked.command(asked))
    except Refused as refused:
        _list(refused.problems)
        return PROBLEMS
    except Exception as error:
        print(_fault(error), file=sys.stderr)
        return FAILED


def _fault(error: Exception) -> str:
    """Return where a fault of ours arose; its message is left out, as it may hold a cell of the data."""
    frames = traceback.extract_tb(error.__traceback__)
    last = [frame for frame in frames if Path(__file__).parent in Path(frame.filename).parents][-1]
    place = f"{Path(last.filename).name}, line {last.lineno}"
    kind = type(error).__name__
    return f"outcomes failed with {kind} at {place}; this is a fault of the program, please report it."


@dataclass(frozen=True)
class Checked:
    """A study and what is wrong with its raw files; ``read`` says of each what it was taken for."""

    project: Project
    problems: tuple[Problem, ...]
    read: tuple[str, ...] = ()

    @property
    def errors(self) -> list[Problem]:
        """The problems that stop the run."""
        return [problem for problem in self.problems if problem.is_error]

    @property
    def page(self) -> str:
        """Where the page with all problems lies."""
        return self.project.results(_PAGE)


def run(asked: argparse.Namespace) -> int:
    """Check the study and its raw files, then let Snakemake do what is to be done."""
    began, checked = time.monotonic(), _checked(asked.study)
    if checked.errors:
        _list(checked.errors)
    if number := len(checked.problems) - len(checked.errors):
        _say(f"{number:,} warning{'s' if number > 1 else ''}: {checked.page}", sys.stderr)
    return PROBLEMS if checked.errors else _made(checked.project, asked.cores, began)


def _made(project: Project, cores: int, began: float) -> int:
    """Let Snakemake make the report of ``project``; say how that went and return the exit code."""
    report = project.results("release/report.html")
    log = project.root / project.results("logs/snakemake.log")
    with files.sole(project.root / ".snakemake" / "outcomes.lock"):
        code, said = _snakemake(project, "--cores", str(cores))
        if code != DONE and any("LockException" in line for line in said):
            # No other run of ours is alive, so the lock is one that a killed run left behind.
            _snakemake(project, "--unlock")
            code, said = _snakemake(project, "--cores", str(cores))
    files.write_text("".join(said), log)
    if code != DONE:
        if not any(line.startswith(f"{MARK}ERROR") for line in said):
            print("".join(said[-_TAIL:]), end="", file=sys.stderr)
        print(
            f"The run stopped; all that Snakemake said is in {project.results('logs/snakemake.log')}.",
            file=sys.stderr,
        )
        return FAILED
    if any(line.startswith(_NOTHING) for line in said):
        print(f"{_NOTHING}: {report} is up to date.")
    else:
        print(f"Report: {report} ({time.monotonic() - began:.0f} s)")
    return DONE


def check(asked: argparse.Namespace) -> int:
    """Check the study and its raw files, and compute nothing."""
    checked = _checked(asked.study)
    for sentence in checked.read:
        _say(sentence, sys.stdout)
    if checked.problems:
        _list(checked.problems)
        _say(f"As a page: {checked.page}", sys.stderr)
    if checked.errors:
        return PROBLEMS
    raw = len(Cleaning.of(checked.project.loaded).files)
    kind = "errors" if checked.problems else "problems"
    _say(f"{checked.project.name}: no {kind} in the study and its {raw} raw files.", sys.stdout)
    return DONE


def simulate(asked: argparse.Namespace) -> int:
    """Invent a cohort with a known truth and write the raw files that it would leave, and the truth."""
    from outcomes import recovery  # a second of imports that the other commands do without

    project = Project.open(_root(), asked.study)
    if project.loaded.study.origin != "synthetic":
        where = f"config/studies/{project.name}.yaml: origin"
        raise StudyError(
            [Problem(where, "'open'", "'synthetic'", "simulate a study that says that it is invented")]
        )
    folder = asked.out or project.root / Cleaning.of(project.loaded).folder
    print("Inventing a cohort, and its truth from many complete mentees (about a minute) ...", flush=True)
    chosen = {name: value for name in ("seed", "people") if (value := getattr(asked, name)) is not None}
    for name, content in recovery.invented_files(project.loaded, **chosen).items():
        files.write_bytes(content, folder / name)
    print(f"Raw files and truth.csv: {folder}")
    return DONE


def key(asked: argparse.Namespace) -> int:
    """Make the secret key by which the ids of a study become pseudonyms, outside the project."""
    project = Project.open(_root(), asked.study)
    _say(keys.make_key(project.name, project.root), sys.stdout)
    return DONE


def _checked(study: str | None) -> Checked:
    """Read the study and its raw files, and write what is wrong with them, if anything, as page and JSON.

    Raises StudyError when the study itself can't be followed, and Refused when its key is not there.
    """
    project = Project.open(_root(), study)
    part = Cleaning.of(project.loaded)
    secret = keys.secret_for(project.name, part.ids, project.root)
    try:
        made = clean(project.raw, part, secret)
    except DataError as refused:
        checked = Checked(project, refused.problems)
    else:
        checked = Checked(project, made.warnings, made.files)
    for form, path in ((validation.as_html, _PAGE), (validation.as_json, _LIST)):
        text = form(checked.problems, project.name, checked.read)
        files.write_text(text, project.root / project.results(path))
    return checked


def _list(problems: Sequence[Problem]) -> None:
    """Print problems as a table, as wide as the terminal."""
    width = min(shutil.get_terminal_size((100, 24)).columns, MOST_WIDE)
    _say(validation.table(problems, width=width), sys.stderr)


def _say(text: str, stream: TextIO) -> None:
    """Print ``text``; a sign that the terminal's encoding lacks is shown escaped."""
    encoding = stream.encoding or "utf-8"
    print(text.encode(encoding, "backslashreplace").decode(encoding), file=stream)


def _snakemake(project: Project, *flags: str) -> tuple[int, list[str]]:
    """Run Snakemake on the project; print the lines that our jobs say; return its exit code and all lines."""
    command = [
        sys.executable, "-m", "snakemake", "--snakefile", str(project.root / "Snakefile"),
        "--directory", str(project.root), *flags, "--config", f"study={project.name}",
        "--quiet", "rules", "progress", "host", "reason",
    ]  # fmt: skip
    said = []
    with subprocess.Popen(  # noqa: S603 - a fixed program with fixed flags; the study's name is checked
        command,
        close_fds=False,  # the run's lock is held as long as any program of it lives
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
    ) as process:
        for line in process.stdout or ():
            said.append(line)
            if line.startswith(MARK):
                print(line.removeprefix(MARK), end="", file=sys.stderr, flush=True)
    return process.returncode, said


def _root() -> Path:
    """Return the project folder: the first one upwards from here with a Snakefile and a config folder."""
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "Snakefile").is_file() and (folder / "config").is_dir():
            return folder
    raise StudyError(
        [
            Problem(
                "this folder",
                "no project",
                "a folder with a Snakefile and config/",
                "change into the project folder",
            )
        ]
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="outcomes", description="From raw survey waves to a report.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command, words in (
        (run, "make a study's report"),
        (check, "check a study and its raw files"),
        (simulate, "invent a cohort with a known truth"),
        (key, "make the secret key of a study"),
    ):
        added = commands.add_parser(command.__name__, help=words, description=command.__doc__)
        added.add_argument("study", nargs="?", help="the study's name; config/config.yaml names the default")
        added.set_defaults(command=command)
        if command is run:
            added.add_argument(
                "--cores", type=int, default=os.cpu_count() or 1, help="how many jobs run at once"
            )
        if command is simulate:
            added.add_argument("--seed", type=int, help="another seed gives another cohort")
            added.add_argument("--people", type=int, help="complete mentees that the truth is taken of")
            added.add_argument("--out", type=Path, help="where to write; the study's raw folder if left out")
    return parser


if __name__ == "__main__":
    sys.exit(main())

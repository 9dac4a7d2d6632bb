"""Where a project keeps what: its studies, raw files, results and logs. Known to the command line and the
workflow.

Stages never see a path; they get bytes and frames.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from outcomes import files, keys
from outcomes.errors import DataError, Problem, StudyError, no_such_file
from outcomes.study import Loaded, load_study
from outcomes.study.part import Part
from outcomes.study.stages import Cleaning, Disclosing, Drawing, Modelling, Reporting, Scoring
from outcomes.study.yamltext import parse
from outcomes.tables import RELEASE, RESTRICTED

PARTS: dict[str, type[Cleaning | Scoring | Modelling | Disclosing | Drawing | Reporting]] = {
    "clean": Cleaning, "score": Scoring, "model": Modelling, "disclose": Disclosing, "figure": Drawing,
    "report": Reporting,
}  # fmt: skip
"""Stage to the part of the study that it reads."""

SHARED = ("columns", "errors", "files", "joblog", "study", "tables")
"""Modules that every stage's job uses."""

ENGINES = {"clean": ("sheets", "linking", "keys"), "model": ("mixed",)}
"""Modules that the job of one stage uses besides."""


@dataclass(frozen=True)
class Project:
    """One study in its project folder; paths are relative to ``root`` unless said otherwise."""

    root: Path
    loaded: Loaded

    @classmethod
    def open(cls, root: Path, name: str | None = None) -> Self:
        """Return the project at ``root`` with the study ``name`` (default: the one that config/config.yaml
        names).

        Raises StudyError with every problem of the study, its instruments and its disclosure profile.
        """
        return cls(root, load_study(name or default_study(root), root / "config", _read))

    @property
    def name(self) -> str:
        """The study's name."""
        return self.loaded.study.study

    def part(self, stage: str) -> Part:
        """Return the part of the study that ``stage`` reads."""
        return PARTS[stage].of(self.loaded)

    @property
    def secret(self) -> bytes | None:
        """The key behind the study's pseudonyms, None where ids are public; raises Refused where it lacks."""
        return keys.secret_for(self.name, self.loaded.study.ids, self.root)

    @property
    def key_id(self) -> str:
        """What tells one key from another without telling the key; empty where ids are public."""
        secret = self.secret
        return "" if secret is None else keys.key_id(secret)

    @property
    def raw(self) -> files.Folder:
        """The study's raw folder, as received."""
        folder = Cleaning.of(self.loaded).folder
        return files.Folder(self.root / folder, folder)

    def raw_paths(self) -> list[str]:
        """Return the raw files' paths; raises DataError naming each one that is not there."""
        part, raw = Cleaning.of(self.loaded), self.raw
        if absent := [file for file in part.files if file not in raw]:
            raise DataError(no_such_file(f"{part.folder}/{file}", file, raw) for file in absent)
        return [f"{part.folder}/{file}" for file in part.files]

    def results(self, path: str) -> str:
        """Return a path below the study's results."""
        return f"results/{self.name}/{path}"

    def tables(self, stage: str) -> dict[str, str]:
        """Return the paths of the tables that ``stage`` writes, by name."""
        if stage == "disclose":
            return {name: self.results(f"release/tables/{name}.csv") for name in RELEASE}
        return {
            name: self.results(f"restricted/{stage}/{name}.csv")
            for name, table in RESTRICTED.items()
            if table.stage == stage
        }

    def log(self, stage: str) -> str:
        """Return the path of a stage's log."""
        return self.results(f"logs/{stage}.log")

    def failures(self) -> list[str]:
        """Return what the last failed job said: the lines of its log that begin with ERROR or FAULT."""
        logs = [self.root / self.log(stage) for stage in PARTS]
        failed = [
            (log.stat().st_mtime_ns, lines)
            for log in logs
            if log.is_file()
            and (lines := [x for x in files.read_text(log).splitlines() if x[:6] in ("ERROR ", "FAULT ")])
        ]
        return max(failed, default=(0, []))[1]


def _read(path: Path) -> str:
    """Return the text of a config file; raises StudyError where a secret key stands in it."""
    return keys.keep_out(files.read_text(path), f"config/{path.parent.name}/{path.name}")


def default_study(root: Path) -> str:
    """Return the study that config/config.yaml names."""
    content = parse(files.read_text(root / "config" / "config.yaml"), "config/config.yaml")
    if set(content) != {"study"} or not isinstance(content["study"], str):
        found = ", ".join(sorted(content))
        raise StudyError(
            [
                Problem(
                    "config/config.yaml",
                    f"the keys {found}",
                    "the one key `study`",
                    "name the study and nothing else",
                )
            ]
        )
    return content["study"]


def modules(root: Path, stage: str) -> list[str]:
    """Return the source files that ``stage`` consists of: its own, those of its engines, the shared ones."""
    package = Path("src/outcomes")
    found = [package / "__init__.py"]
    for name in (stage, *ENGINES.get(stage, ()), *SHARED):
        folder = root / package / name
        inside = sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc")
        found += [path.relative_to(root) for path in inside] or [package / f"{name}.py"]
    return [path.as_posix() for path in found]

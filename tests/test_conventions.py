"""The rules of the house, read off the code: imports, one stage one word, short rooms, no text that runs."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel

from outcomes.project import ENGINES, PARTS, SHARED, modules
from outcomes.study import Instrument, Profile, Study
from outcomes.tables import RELEASE, RESTRICTED

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "outcomes"
STAGES = tuple(PARTS)
COMPOSERS = ("calibration", "cli", "project", "recovery", "reference")
MAY_IMPORT = {
    "errors": set(),
    "columns": {"errors"},
    "tables": {"columns"},
    "study": {"errors"},
    "files": {"columns", "errors"},
    "joblog": {"errors", "files"},
    "keys": {"errors", "files"},
    "simulate": {"errors", "study"},
    "mixed": set(),
    "sheets": {"errors"},
    "linking": set(),
    "validation": {"errors"},
    **{stage: {"columns", "errors", "study", "tables", *ENGINES.get(stage, ())} for stage in STAGES},
}
ONLY_IN = {
    "statsmodels": {"score", "model", "sensitivity"},
    "pingouin": {"score", "model", "sensitivity"},
    "matplotlib": {"figure"},
    "snakemake": set(),
}
SOURCES = sorted([*PACKAGE.rglob("*.py"), ROOT / "run.py", *(ROOT / "workflow" / "scripts").glob("*.py")])


def top(path: Path) -> str:
    """The module of the package that a file belongs to: `clean` for clean/sheet.py, `score` for score.py."""
    first = path.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


def imported(path: Path) -> Iterator[str]:
    """The dotted names that a file imports, `from a import b` as `a.b`."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{name.name}" for name in node.names)


def own(path: Path) -> set[str]:
    """The modules of the package that a file imports."""
    return {name.split(".")[1] for name in imported(path) if name.startswith("outcomes.")}


@pytest.mark.parametrize(
    "path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE))
)
def test_imports_are_a_star(path):
    module = top(path)
    if module in (*COMPOSERS, "__init__"):
        return
    assert own(path) - {module} <= MAY_IMPORT[module]


def test_every_module_has_a_place_in_the_star():
    found = {top(path) for path in PACKAGE.rglob("*.py")} - {"__init__"}
    assert found == set(MAY_IMPORT) | set(COMPOSERS)


@pytest.mark.parametrize("library", ONLY_IN)
def test_libraries_stay_where_they_belong(library):
    users = {
        top(path)
        for path in PACKAGE.rglob("*.py")
        if any(name.split(".")[0] == library for name in imported(path))
    }
    assert users <= ONLY_IN[library]


def test_only_files_touches_disk():
    calls = re.compile(
        r"\b(open\(|read_csv\(|to_csv\([^)]*path|write_text\(|write_bytes\(|read_text\(|savefig\(\s*[\"'f])"
    )
    offenders = {
        top(path)
        for path in PACKAGE.rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if calls.search(line) and "files." not in line and not line.lstrip().startswith(("def ", '"""'))
    }
    assert offenders <= {"files", "joblog", "cli", "project"}, offenders


@pytest.mark.parametrize("stage", STAGES)
def test_one_stage_one_word(stage):
    assert (ROOT / "workflow" / "rules" / f"{stage}.smk").is_file()
    assert (ROOT / "workflow" / "scripts" / f"{stage}.py").is_file()
    assert (PACKAGE / f"{stage}.py").is_file() or (PACKAGE / stage / "__init__.py").is_file()
    assert list((ROOT / "tests").glob(f"test_{stage}*.py"))
    rule = (ROOT / "workflow" / "rules" / f"{stage}.smk").read_text(encoding="utf-8")
    assert f"rule {stage}:" in rule
    assert f'code("{stage}")' in rule
    assert f'part("{stage}")' in rule
    assert f'"../scripts/{stage}.py"' in rule
    assert rule.count("rule ") == 1


def test_the_entry_file_names_the_stages_in_order():
    entry = (ROOT / "Snakefile").read_text(encoding="utf-8")
    named = re.findall(r"rules/(\w+)\.smk", entry)
    assert named == ["common", *STAGES]
    assert {table.stage for table in RESTRICTED.values()} <= set(STAGES)
    assert {table.stage for table in RELEASE.values()} == {"disclose"}


@pytest.mark.parametrize("stage", STAGES)
def test_a_rule_lists_every_module_that_its_job_imports(stage):
    listed = {Path(name) for name in modules(ROOT, stage)}
    pending, seen = [ROOT / "workflow" / "scripts" / f"{stage}.py"], set()
    while pending:
        for name in imported(pending.pop()):
            for path in _files(name):
                if path not in seen:
                    seen.add(path)
                    pending.append(path)
    assert {path.relative_to(ROOT) for path in seen} <= listed
    assert all((ROOT / path).is_file() for path in listed)


def _files(name: str) -> list[Path]:
    """The file or files that a dotted name of the package stands for."""
    if not name.startswith("outcomes"):
        return []
    parts = name.split(".")[1:]
    found = []
    for end in range(len(parts) + 1):
        base = PACKAGE.joinpath(*parts[:end])
        found += [path for path in (base.with_suffix(".py"), base / "__init__.py") if path.is_file()]
    return found


def test_the_shared_modules_are_the_ones_that_scripts_share():
    engines = {name for named in ENGINES.values() for name in named}
    assert set(SHARED) == set(MAY_IMPORT) - set(STAGES) - engines - {"simulate", "validation"}


@pytest.mark.parametrize(
    "path", sorted((ROOT / "workflow" / "scripts").glob("*.py")), ids=lambda path: path.stem
)
def test_scripts_are_thin(path):
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= 25
    assert own(path) <= {path.stem, "files", "joblog", "keys", "study", "tables"}
    assert not [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_rooms_are_small(path):
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= 300
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            assert node.end_lineno - node.lineno < 40, f"{node.name} is long"


@pytest.mark.parametrize(
    "path", sorted((ROOT / "workflow" / "rules").glob("*.smk")), ids=lambda path: path.stem
)
def test_rule_files_are_short_and_hold_no_lambda(path):
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= 40
    assert "lambda" not in text
    assert "run:" not in text
    assert "shell:" not in text


FORBIDDEN = {"eval", "exec", "compile", "__import__"}
FORBIDDEN_METHODS = {"query", "eval", "to_pickle", "read_pickle", "from_formula", "system"}
FORBIDDEN_MODULES = {"pickle", "patsy", "formulaic", "marshal", "shelve", "statsmodels.formula"}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_runs_text(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func
            if isinstance(called, ast.Name):
                assert called.id not in FORBIDDEN, f"{called.id} in line {node.lineno}"
            if isinstance(called, ast.Attribute):
                assert called.attr not in FORBIDDEN_METHODS, f".{called.attr} in line {node.lineno}"
            assert not [
                key for key in node.keywords if key.arg == "shell" and getattr(key.value, "value", None)
            ]
    assert not [name for name in imported(path) if any(name.startswith(bad) for bad in FORBIDDEN_MODULES)]


def parts_of(model: type[BaseModel]) -> set[type[BaseModel]]:
    """A model and every model that it holds."""
    found, pending = set(), [model]
    while pending:
        here = pending.pop()
        if here in found:
            continue
        found.add(here)
        pending += [inner for field in here.model_fields.values() for inner in _models(field.annotation)]
    return found


def _models(annotation: object) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [inner for argument in getattr(annotation, "__args__", ()) for inner in _models(argument)]


def test_every_key_of_a_study_is_read():
    read = {
        node.attr
        for path in [*PACKAGE.rglob("*.py")]
        if top(path) not in ("study", "reference")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
    } | {
        node.attr
        for path in (PACKAGE / "study").glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load)
    }
    dead = {
        f"{model.__name__}.{key}"
        for root in (Study, Instrument, Profile)
        for model in parts_of(root)
        for key in model.model_fields
        if key not in read
    }
    assert not dead


def test_no_file_names_the_place_where_it_was_made():
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    if listed.returncode:
        return
    places = re.compile(
        "|".join(
            ("/wor" + "k/", "/roo" + "t/", "pypi" + r"\.org", "file" + "s.pythonhosted", "/tm" + "p/dev")
        )
    )
    suffixes = {
        ".py",
        ".md",
        ".toml",
        ".yaml",
        ".yml",
        ".txt",
        ".smk",
        ".csv",
        ".sh",
        ".R",
        ".j2",
        ".css",
        "",
    }
    found = [
        name
        for name in listed.stdout.splitlines()
        if (path := ROOT / name).is_file()
        and path.suffix in suffixes
        and places.search(path.read_text(errors="replace"))
    ]
    assert not found

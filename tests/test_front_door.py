"""Do the two front doors open on any machine, and say in one sentence why where they cannot?

A small checkout stands in for the project: run.py itself, locks that pin wheels of a few lines, and a project
whose `outcomes` shows what reached it. Python, venv and pip are real; there is no network.
"""

import ast
import base64
import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

PROJECT = Path(__file__).parents[1]
UNREACHABLE = {
    "PIP_NO_INDEX": "0",
    "PIP_FIND_LINKS": "",
    "PIP_INDEX_URL": "http://127.0.0.1:9/",
    "PIP_RETRIES": "0",
}
SHOW = """
import json, os, sys
def main():
    print(json.dumps({"arguments": sys.argv[1:], "settings": dict(os.environ), "path": sys.path}))
    return 2 if "wrong" in sys.argv else 0
if __name__ == "__main__":
    main()
"""
PYPROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
[project]
name = "outcomes"
version = "1"
[tool.ruff]
line-length = 110
"""
BACKEND = """
import shutil
def build_editable(folder, config_settings=None, metadata_directory=None):
    shutil.copy("outcomes-1-py3-none-any.whl", folder)
    return "outcomes-1-py3-none-any.whl"
"""


def write_wheel(folder: Path, name: str, module: str, scripts: str = "") -> str:
    """Write a wheel of one module and return the line of a lock that pins it."""
    files = {
        f"{name}.py": module,
        f"{name}-1.dist-info/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n",
        f"{name}-1.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{name}-1.dist-info/entry_points.txt": scripts,
    }
    record = f"{name}-1.dist-info/RECORD"
    rows = [f"{file},sha256={_digest(text)},{len(text)}" for file, text in files.items()]
    wheel = folder / f"{name}-1-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for file, text in {**files, record: "\n".join([*rows, f"{record},,", ""])}.items():
            archive.writestr(file, text)
    return f"{name}==1 --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n"


def _digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


def make_checkout(folder: Path) -> Path:
    """Lay out a checkout that run.py can install without a network."""
    for name in ("locks", "wheels", "home"):
        (folder / name).mkdir(parents=True)
    shutil.copy(PROJECT / "run.py", folder)
    (folder / "pyproject.toml").write_text(PYPROJECT)
    (folder / "backend.py").write_text(BACKEND)
    write_wheel(folder, "outcomes", SHOW, "[console_scripts]\noutcomes = outcomes:main\n")
    backend, library, runner = (
        write_wheel(folder / "wheels", name, SHOW) for name in ("backend", "library", "pytest")
    )
    (folder / "locks/build.txt").write_text(backend)
    (folder / "locks/runtime.txt").write_text(library)
    (folder / "locks/test.txt").write_text(library + runner)
    return folder


def begin(checkout: Path, *arguments: str, **settings: str) -> subprocess.Popen[str]:
    """Start run.py in the checkout with nothing of the surrounding settings but the path."""
    base = {"PATH": os.environ["PATH"], "HOME": str(checkout / "home")}
    offline = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": (checkout / "wheels").as_uri()}
    return subprocess.Popen(
        [sys.executable, str(checkout / "run.py"), *arguments],
        env=base | offline | settings,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def run(checkout: Path, *arguments: str, **settings: str) -> tuple[int, str, str]:
    """Run run.py to its end and return its exit code, what it printed, and what it complained of."""
    process = begin(checkout, *arguments, **settings)
    printed, complaint = process.communicate(timeout=600)
    return process.returncode, printed, complaint


def assert_one_sentence(text: str, *words: str) -> None:
    """Hold a complaint to one line and one sentence without a trace, which has the words in it."""
    assert re.fullmatch(r"[^\n]+\.\)?\.?\n", text), text
    assert not re.search(r"[.!?]\s+[A-Z]", text), text
    assert "Traceback" not in text
    for word in words:
        assert word in text


def load(checkout: Path) -> ModuleType:
    """Import the run.py of a checkout."""
    spec = importlib.util.spec_from_file_location("front_door", checkout / "run.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a checkout whose environment is set up, tests included."""
    checkout = make_checkout(tmp_path_factory.mktemp("ready") / "a project")
    code, printed, complaint = run(
        checkout, "report", PIP_USER="1", PIP_TARGET="x", PIP_REQUIRE_VIRTUALENV="1"
    )
    assert (code, complaint) == (0, "")
    assert printed.startswith("Setting up the environment")
    code, printed, complaint = run(checkout, "test")
    assert (code, complaint) == (0, "")
    assert "installing what locks/test.txt pins" in printed
    return checkout


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return a checkout without an environment."""
    return make_checkout(tmp_path / "project")


@pytest.mark.parametrize(("study", "passed"), [([], ["run"]), ([""], ["run"]), (["star"], ["run", "star"])])
def test_report_runs_the_study_at_once_when_all_is_set_up(
    ready: Path, study: list[str], passed: list[str]
) -> None:
    code, printed, complaint = run(ready, "report", *study)
    assert (code, complaint) == (0, "")
    assert json.loads(printed)["arguments"] == passed


def test_the_exit_code_of_outcomes_is_kept(ready: Path) -> None:
    assert run(ready, "report", "wrong")[0] == 2


def test_arguments_of_test_reach_pytest(ready: Path) -> None:
    shown = json.loads(run(ready, "test", "-k", "flow")[1])
    assert shown["arguments"][-2:] == ["-k", "flow"]


def test_the_users_python_settings_stay_outside(ready: Path) -> None:
    shown = json.loads(run(ready, "report", PYTHONPATH="/elsewhere", OMP_NUM_THREADS="8")[1])
    assert "/elsewhere" not in shown["path"]
    assert "PYTHONPATH" not in shown["settings"]
    assert shown["settings"]["OMP_NUM_THREADS"] == shown["settings"]["OPENBLAS_NUM_THREADS"] == "1"
    assert shown["settings"]["PATH"].startswith(str(ready / ".venv"))


def test_bytecode_is_compiled_at_set_up(ready: Path) -> None:
    assert list(ready.glob(".venv/lib/python*/site-packages/__pycache__/library.*.pyc"))


def test_an_interrupted_setup_is_redone_by_one_of_two_runs(checkout: Path) -> None:
    (checkout / ".venv").write_text("not an environment")
    first = begin(checkout, "report")
    while not (checkout / ".venv/pyvenv.cfg").exists():
        assert first.poll() is None
    first.kill()
    first.communicate()
    both = [begin(checkout, "report"), begin(checkout, "report")]
    printed = [process.communicate(timeout=600) for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert [complaint for _, complaint in printed] == ["", ""]
    assert sum("Setting up the environment" in text for text, _ in printed) == 1
    assert all("waiting for it" in text for text, _ in printed)


def test_an_unreachable_index_is_said_and_leaves_no_stamp(checkout: Path) -> None:
    code, _, complaint = run(checkout, "report", **UNREACHABLE)
    assert code == 1
    assert_one_sentence(complaint, "index", "locks/build.txt", ".venv/setup.log")
    assert "127.0.0.1" in (checkout / ".venv/setup.log").read_text()
    assert not (checkout / ".venv/installed").exists()


@pytest.mark.parametrize("module", ["venv", "ensurepip"])
def test_a_missing_module_is_named_with_its_debian_package(
    checkout: Path, tmp_path: Path, module: str
) -> None:
    (tmp_path / f"{module}.py").write_text("raise ImportError")
    code, _, complaint = run(checkout, "report", PYTHONPATH=str(tmp_path))
    assert code == 1
    assert_one_sentence(complaint, module, "apt install python3-venv")
    assert not (checkout / ".venv").exists()


@pytest.mark.parametrize("verb", ["report", "test"])
def test_an_older_python_is_refused(checkout: Path, tmp_path: Path, verb: str) -> None:
    older = "import sys\nsys.version_info = (3, 9, 2, 'final', 0)\nsys.version = '3.9.2 (default)'\n"
    (tmp_path / "sitecustomize.py").write_text(older)
    code, printed, complaint = run(checkout, verb, PYTHONPATH=str(tmp_path))
    assert (code, printed) == (1, "")
    assert_one_sentence(complaint, "3.11", "3.9.2", "PYTHON=")


def test_a_venv_that_cannot_be_locked_is_said(checkout: Path) -> None:
    (checkout / ".venv.lock").mkdir()
    code, _, complaint = run(checkout, "report")
    assert code == 1
    assert_one_sentence(complaint, ".venv.lock", "Is a directory")


def test_a_checkout_without_its_lock_is_said(checkout: Path) -> None:
    (checkout / "locks/runtime.txt").unlink()
    code, _, complaint = run(checkout, "report")
    assert code == 1
    assert_one_sentence(complaint, "locks/runtime.txt", "No such file")


@pytest.mark.parametrize("arguments", [[], ["reprot"], ["report", "star", "two"], ["python"]])
def test_an_unknown_command_is_answered_by_the_known_ones(checkout: Path, arguments: list[str]) -> None:
    code, _, complaint = run(checkout, *arguments)
    assert code == 1
    assert_one_sentence(complaint, "report [STUDY]", "test")


@pytest.mark.parametrize(
    ("log", "free", "word"),
    [
        (
            "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device",
            9e9,
            "disk",
        ),
        ("", 1e6, "disk"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.", 9e9, "another file"),
        ("ERROR: No matching distribution found for numpy==2.4.6", 9e9, "index"),
        ("pip._vendor.urllib3.exceptions.ReadTimeoutError: Read timed out.", 9e9, "index"),
        ("error: subprocess-exited-with-error", 9e9, "log"),
    ],
)
def test_a_failed_step_is_told_by_its_cause(checkout: Path, log: str, free: int, word: str) -> None:
    sentence = load(checkout).diagnose(log, free, "locks/runtime.txt")
    assert_one_sentence(sentence + "\n", word, ".venv/setup.log")


def test_the_environment_is_outdated_by_what_it_depends_on_alone(checkout: Path, tmp_path: Path) -> None:
    before = load(checkout).fingerprint("runtime")
    pyproject = checkout / "pyproject.toml"
    pyproject.write_text(PYPROJECT.replace("110", "100"))
    assert load(checkout).fingerprint("runtime") == before
    pyproject.write_text(PYPROJECT.replace('version = "1"', 'version = "2"'))
    assert load(checkout).fingerprint("runtime") != before
    pyproject.write_text(PYPROJECT)
    moved = shutil.copytree(checkout, tmp_path / "elsewhere")
    assert load(moved).fingerprint("runtime") != before
    (checkout / "locks/runtime.txt").write_text("library==2\n")
    assert load(checkout).fingerprint("runtime") != before


def test_python_2_can_read_the_front_door() -> None:
    text = (PROJECT / "run.py").read_text(encoding="ascii")
    newer = (ast.JoinedStr, ast.AnnAssign, ast.NamedExpr, ast.Nonlocal, ast.YieldFrom, ast.AsyncFunctionDef)
    for node in ast.walk(ast.parse(text, feature_version=(3, 4))):
        assert not isinstance(node, newer)
        assert not (isinstance(node, ast.FunctionDef) and node.returns)
        assert not (isinstance(node, ast.arg) and node.annotation)
        assert not (isinstance(node, ast.arguments) and node.kwonlyargs)
        assert not (isinstance(node, ast.Raise) and node.cause)
        assert not (
            isinstance(node, ast.List | ast.Tuple) and any(isinstance(e, ast.Starred) for e in node.elts)
        )


def test_make_goes_through_run_py() -> None:
    text = (PROJECT / "Makefile").read_text()
    recipes = dict(re.findall(r"^(report|test|lint|recovery):.*\n((?:\t.*\n)+)", text, flags=re.MULTILINE))
    assert set(recipes) == {"report", "test", "lint", "recovery"}
    for recipe in recipes.values():
        assert all(re.match(r"\t@?\$\(PYTHON\) run\.py ", line) for line in recipe.splitlines())
    assert "PYTHON ?= python3\n" in text

"""Do pyproject.toml, the locks and environment.yml name one and the same environment?

In: those files. A lock is read as the pins it makes (name, marker, version) with their hashes.
"""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = Path(__file__).parents[1]
LOCKS = ["build", "runtime", "test", "slurm"]
PYTHONS = ["3.11.2", "3.12.1", "3.13.0"]


def pyproject() -> dict[str, Any]:
    """Return pyproject.toml."""
    return tomllib.loads((PROJECT / "pyproject.toml").read_text())


def lock_lines(name: str) -> list[str]:
    """Return the logical lines of a lock, comments left out."""
    text = re.sub(r"^\s*#.*\n", "", (PROJECT / f"locks/{name}.txt").read_text(), flags=re.MULTILINE)
    return text.replace("\\\n", " ").splitlines()


def pins(name: str) -> set[str]:
    """Return the requirements of a lock, markers included, hashes left out."""
    return {line.split("--hash")[0].strip() for line in lock_lines(name)}


def versions(name: str, python: str) -> dict[str, str]:
    """Return the version of each package that a lock pins for one version of Python on Linux."""
    machine = {"python_full_version": python, "python_version": python.rpartition(".")[0]}
    machine |= {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix"}
    chosen: dict[str, str] = {}
    for requirement in map(Requirement, pins(name)):
        if requirement.marker is None or requirement.marker.evaluate(machine):
            assert canonicalize_name(requirement.name) not in chosen
            chosen[canonicalize_name(requirement.name)] = str(requirement.specifier).removeprefix("==")
    return chosen


def declared(name: str) -> list[Requirement]:
    """Return what pyproject.toml asks for directly in one lock."""
    groups = pyproject()["dependency-groups"]
    runtime = [] if name == "build" else pyproject()["project"]["dependencies"]
    return [Requirement(text) for text in runtime + groups.get(name, [])]


@pytest.mark.parametrize("name", LOCKS)
def test_every_pin_is_exact_and_hashed(name: str) -> None:
    for line in lock_lines(name):
        requirement, *hashes = line.split("--hash=")
        assert re.search(r"^[a-z0-9.-]+==[^ *]+( ;.*)?$", requirement.strip()), line[:80]
        assert hashes
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", text.strip()) for text in hashes)


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_names_no_index_and_no_machine(name: str) -> None:
    text = (PROJECT / f"locks/{name}.txt").read_text()
    assert not re.search(r"://|--(extra-)?index|--find-links|(^|\s)/\w", text)


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_pins_all_that_pyproject_asks_for(name: str, python: str) -> None:
    chosen = versions(name, python)
    for requirement in declared(name):
        assert requirement.specifier.contains(chosen[canonicalize_name(requirement.name)]), requirement


@pytest.mark.parametrize("name", ["test", "slurm"])
def test_the_other_locks_add_to_the_runtime_and_change_nothing(name: str) -> None:
    assert pins("runtime") < pins(name)


def test_the_build_lock_is_the_build_backend() -> None:
    assert pyproject()["build-system"]["requires"] == pyproject()["dependency-groups"]["build"]
    assert set(versions("build", "3.12.1")) == {"setuptools"}


def test_the_slurm_plugin_stays_out_of_the_environment() -> None:
    assert not any("slurm" in package for package in versions("test", "3.12.1"))


def test_environment_yml_has_the_pins_of_the_locks() -> None:
    environment = yaml.safe_load((PROJECT / "environment.yml").read_text())
    assert environment["channels"] == ["conda-forge"]
    python, pip, listed = environment["dependencies"]
    assert (python, pip) == ("python=3.12", "pip")
    chosen = versions("test", "3.12.1")
    asked = {canonicalize_name(requirement.name) for requirement in declared("test")}
    assert listed["pip"] == sorted(f"{name}=={chosen[name]}" for name in asked)

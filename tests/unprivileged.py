"""Do a piece of work as a user who is not root, so that permissions mean something wherever the tests run."""

from __future__ import annotations

import os
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest

NOBODY = 65534
AS_ROOT = os.name == "posix" and os.geteuid() == 0

needs_permissions = pytest.mark.skipif(os.name != "posix", reason="files have no permission bits here")


def unprivileged(work: Callable[[], str]) -> str:
    """What ``work`` returns when a process without privileges does it: `nobody` where the tests run as root.

    The process is a fork, so that it needs no right to the interpreter or the source, which may lie in a
    closed home folder. An exception in it fails the test with its traceback.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _report(work, writing)
    os.close(writing)
    with os.fdopen(reading, encoding="utf-8") as said:
        verdict, _, text = said.read().partition("\n")
    os.waitpid(child, 0)
    assert verdict == "done", text or "the process died"
    return text


def _report(work: Callable[[], str], writing: int) -> None:
    try:
        if AS_ROOT:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
        assert os.geteuid() != 0
        said = f"done\n{work()}"
    except BaseException:
        said = f"failed\n{traceback.format_exc()}"
    with os.fdopen(writing, "w", encoding="utf-8") as pipe:
        pipe.write(said)
    os._exit(0)


def open_the_way_to(folder: Path) -> None:
    """Let everybody reach ``folder``, where the tests run as root: pytest keeps its own folders closed."""
    shared = Path(tempfile.gettempdir())
    for parent in (folder, *folder.parents) if AS_ROOT else ():
        if parent in (shared, Path(parent.anchor)):
            return
        parent.chmod(parent.stat().st_mode | 0o055)


def close(path: Path) -> None:
    """Take the right to ``path`` from the unprivileged user: it is another's, or has no permissions left."""
    private = 0o700 if path.is_dir() else 0o600
    path.chmod(private if AS_ROOT else 0)

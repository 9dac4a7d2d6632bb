"""What the raw files of the project hold, as digests, to tell whether anything wrote to them."""

from __future__ import annotations

import hashlib
from pathlib import Path

RAW = Path(__file__).parents[1] / "data" / "raw"


def digests(folder: Path = RAW) -> dict[str, str]:
    """File to its sha256, for every file below ``folder``."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def changed(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """The files that are new, gone or other than before."""
    return sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))

"""The only module that touches disk: text, tables and pictures, each written whole or not at all."""

from __future__ import annotations

import hashlib
import os
import stat
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pandas as pd

from outcomes.columns import DTYPES, Table, expect
from outcomes.errors import DataError, Problem, StudyError, in_file

_PRIVATE = "restricted"


def read_bytes(path: Path | str) -> bytes:
    """Return the bytes of a file."""
    return Path(path).read_bytes()


class Folder(Mapping[str, bytes]):
    """The files of a folder by name, each read when it is asked for; a link out of the folder is not one.

    A folder that is not there is empty. Asking for a file that may not be opened raises DataError; in it the
    file is called by its name and the folder ``called``.
    """

    def __init__(self, path: Path | str, called: str = "") -> None:
        self.path = Path(path)
        self.called = called

    def __getitem__(self, name: str) -> bytes:
        try:
            return read_bytes(self._held(name))
        except OSError as error:
            raise self._closed(name, error) from None

    def __contains__(self, name: object) -> bool:
        try:
            return self._held(str(name)).name == name
        except KeyError:
            return False

    def __iter__(self) -> Iterator[str]:
        return (path.name for path in sorted(self.path.glob("*")) if path.is_file())

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def size(self, name: str) -> int:
        """Return how many bytes a file has, without reading it; raises KeyError as reading it does."""
        return self._held(name).stat().st_size

    def _held(self, name: str) -> Path:
        path = self.path / name
        try:
            if path.resolve().parent == self.path.resolve() and path.is_file():
                return path
        except OSError as error:
            raise self._closed(name, error) from None
        raise KeyError(name)

    def _closed(self, name: str, error: OSError) -> DataError:
        found = f"a file that can't be read ({(error.strerror or 'unknown reason').lower()})"
        mend = "ask its owner for the right to read it, or copy it anew"
        file = f"{self.called}/{name}" if self.called else name
        return DataError([in_file("unreadable", file, found, "a file that you may open", mend)])


class NotPrivate(OSError):
    """A secret that lies open; the text says what was found, ``mend`` how to close it."""

    def __init__(self, found: str, mend: str) -> None:
        super().__init__(found)
        self.mend = mend


def read_private(path: Path | str, most: int = 4096) -> bytes:
    """Return the bytes of a small file of one's own, at most ``most`` of them.

    Raises NotPrivate for a link, for what is no plain file and, where files have permissions, for a file that
    others may use; OSError where it is not there or may not be opened.
    """
    path = Path(path)
    if path.is_symlink():
        raise NotPrivate("a link", "put the file itself there")
    wary = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    handle = os.open(path, os.O_RDONLY | wary)
    try:
        mode = os.fstat(handle).st_mode
        if not stat.S_ISREG(mode):
            raise NotPrivate("no plain file", "put a plain file there")
        if os.name == "posix" and mode & 0o077:
            found = f"a file that others than its owner may use (mode {stat.S_IMODE(mode):04o})"
            raise NotPrivate(found, "close it with `chmod 600`")
        return os.read(handle, most)
    finally:
        os.close(handle)


def write_new_private(content: bytes, path: Path | str) -> None:
    """Write ``content`` to a new file that only its owner may use, in a folder closed alike if it is new.

    Raises FileExistsError where there is one already, even a dead link, and OSError where none can be made.
    """
    path = Path(path)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    wary = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | wary, 0o600)
    try:
        with os.fdopen(handle, "wb") as opened:
            opened.write(content)
            opened.flush()
            os.fsync(opened.fileno())
    except BaseException:
        path.unlink()
        raise


def read_text(path: Path | str) -> str:
    """Return the text of a UTF-8 file; raises StudyError naming the file when it is not UTF-8."""
    try:
        return Path(path).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        name = Path(path).name
        raise StudyError(
            [Problem(name, "bytes that are not UTF-8", "UTF-8 text", "save it as UTF-8")]
        ) from None


def digest(path: Path | str) -> str:
    """Return the sha256 of a file, in hexadecimal."""
    return hashlib.sha256(read_bytes(path)).hexdigest()


def write_bytes(content: bytes, path: Path | str) -> None:
    """Write ``content`` to ``path``: the file appears whole, under its name, or not at all."""
    with _atomically(Path(path)) as temporary:
        temporary.write_bytes(content)


def write_text(text: str, path: Path | str) -> None:
    """Write UTF-8 ``text`` to ``path``, whole or not at all."""
    write_bytes(text.encode(), path)


def read_table(path: Path | str, table: Table) -> pd.DataFrame:
    """Return a table that `write_table` wrote, by its declared dtypes."""
    header = pd.read_csv(path, nrows=0).columns
    dtypes = {name: DTYPES[table.kind(name)] for name in header}
    frame = pd.read_csv(path, dtype=dtypes, keep_default_na=False, na_values=[""], encoding="utf-8")
    return expect(frame, table)


def write_table(frame: pd.DataFrame, path: Path | str, table: Table) -> None:
    """Check ``frame`` against its declaration and write it as CSV (UTF-8, full precision, line feeds)."""
    checked = expect(frame, table)
    write_text(checked.to_csv(index=False, lineterminator="\n"), path)


@contextmanager
def sole(path: Path | str) -> Iterator[None]:
    """Hold the lock file ``path`` for a while; the programs that are started meanwhile hold it too.

    The end of all of them, however it comes, frees it. Raises DataError while another run holds it.
    """
    if sys.platform == "win32":
        yield
        return
    import fcntl

    Path(path).parent.mkdir(parents=True, exist_ok=True)
    with Path(path).open("w") as lock:
        os.set_inheritable(lock.fileno(), True)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            mend = "wait until it ends, then run again"
            raise DataError(
                [Problem("this project", "another run at work", "one run at a time", mend)]
            ) from None
        yield


@contextmanager
def _atomically(path: Path) -> Iterator[Path]:
    """Give a temporary file beside ``path``; move it there when the block ends well, remove it otherwise."""
    path.parent.mkdir(parents=True, exist_ok=True)
    private = _close(path)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(0o600 if private else 0o644)
        with temporary.open("rb") as written:
            os.fsync(written.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _close(path: Path) -> bool:
    """Close the restricted tree that ``path`` lies in to all but its owner; return whether there is one."""
    for folder in path.parents:
        if folder.name == _PRIVATE:
            folder.chmod(0o700)
            return True
    return False

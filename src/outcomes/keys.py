"""Where is the secret key behind a study's pseudonyms, and is it kept as a secret must be?

In: the environment and the key file, which lies outside the project. Out: the key as bytes for those who need
it, and an id that tells one key from another. The key itself never stands in a message, a log or a project.
"""

from __future__ import annotations

import hmac
import os
import re
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path

from outcomes import files
from outcomes.errors import Problem, StudyError

VARIABLE, FILE_VARIABLE = "OUTCOMES_KEY", "OUTCOMES_KEY_FILE"
"""Environment variables: the key itself as 64 hexadecimal digits, or the path of the file that holds it."""

KEY_BYTES = 32
_HEX = re.compile(rf"[0-9A-Fa-f]{{{2 * KEY_BYTES}}}")
_ANY_HEX = re.compile(rf"(?<![0-9A-Za-z]){_HEX.pattern}(?![0-9A-Za-z])")
_FEWEST_DIGITS = 8
"""Different digits that a random key has but for one in 10^14; a key typed by hand has fewer."""

_ALLOWED = f"a key of {KEY_BYTES} random bytes, outside the project, that only you can read"


def secret_for(
    study: str, ids: str, root: Path | None = None, environment: Mapping[str, str] = os.environ
) -> bytes | None:
    """Return the key (32 bytes) behind the pseudonyms of ``study``, or None where its ids are public.

    It comes from OUTCOMES_KEY, else from the file OUTCOMES_KEY_FILE, else from `key_path`. Raises StudyError
    where it is missing, no key, readable by others, a link, or inside ``root``, a project or a git work tree.
    """
    if ids == "public":
        return None
    if (said := environment.get(VARIABLE)) is not None:
        return _key(said, f"the environment variable {VARIABLE}", study)
    path = key_path(study, environment)
    where = f"key file {_shown(path)}"
    if faults := [*_misplaced(path, root, where)]:
        raise StudyError(faults)
    try:
        content = files.read_private(path)
    except FileNotFoundError:
        mend = f"run `outcomes key {study}` once, or bring the key that the study's earlier reports had"
        raise _refused(where, "no key", mend) from None
    except files.NotPrivate as error:
        raise _refused(
            where, str(error), f"{error.mend}, or make another with `outcomes key {study}`"
        ) from None
    except OSError:
        mend = "put a copy there that belongs to you"
        raise _refused(where, "a file that you can't open", mend) from None
    return _key(content.decode("ascii", "replace"), where, study)


def make_key(study: str, root: Path | None = None, environment: Mapping[str, str] = os.environ) -> str:
    """Make the key of ``study`` where `secret_for` looks for it, and return what to say: where it is, its id.

    A key that is there is never written over. Raises StudyError where a key can't be kept safely.
    """
    path = key_path(study, environment)
    where = f"key file {_shown(path)}"
    if VARIABLE in environment:
        found, mend = f"a key in {VARIABLE}, which goes before any file", "unset it to use a key file"
        raise _refused(where, found, mend)
    if faults := [*_misplaced(path, root, where)]:
        raise StudyError(faults)
    secret = secrets.token_bytes(KEY_BYTES)
    try:
        files.write_new_private(f"{secret.hex()}\n".encode(), path)
    except FileExistsError:
        old = secret_for(study, "pseudonyms", root, environment) or b""
        return f"There is a key already, {key_id(old)} in {_shown(path)}; nothing was changed."
    except OSError:
        mend = f"name another place in {FILE_VARIABLE}"
        raise _refused(where, "a folder that can't be written", mend) from None
    return (
        f"Made the key {key_id(secret)} in {_shown(path)}.\n"
        "Keep a copy of that file in a second safe place, such as the university's password store, apart "
        "from the data: without it, next year's answers can't be linked to this year's.\n"
        "Never send it, and never put it into the project folder."
    )


def key_path(study: str, environment: Mapping[str, str] = os.environ) -> Path:
    """Return where the key of ``study`` lies: OUTCOMES_KEY_FILE, else a folder of the user's own settings.

    That is ~/.config/outcomes, and %APPDATA%\\outcomes in Windows.
    """
    if (named := environment.get(FILE_VARIABLE)) is not None:
        if not Path(named).expanduser().is_absolute():
            found, mend = "a relative path", "write the whole path, from the root on"
            raise _refused(f"the environment variable {FILE_VARIABLE}", found, mend)
        return Path(named).expanduser()
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,63}", study):
        raise _refused("study name", "a name that is none", "use the name of a study file")
    home = Path(environment.get("HOME") or Path.home())
    roaming = environment.get("APPDATA") or home / "AppData" / "Roaming"
    settings = Path(roaming) if os.name == "nt" else home / ".config"
    return settings / "outcomes" / f"{study}.key"


def key_id(secret: bytes) -> str:
    """Return 8 hexadecimal digits that tell one key from another and say nothing of it."""
    return hmac.digest(secret, b"outcomes key id", "sha256").hex()[:8]


def looks_like_key(text: str) -> bool:
    """Return whether 64 hexadecimal digits stand together anywhere in ``text``."""
    return bool(_ANY_HEX.search(text))


def keep_out(text: str, where: str) -> str:
    """Return ``text``, a file of the project; raises StudyError naming ``where`` if a key stands in it."""
    if looks_like_key(text):
        found = f"{2 * KEY_BYTES} hexadecimal digits, as a secret key has"
        mend = (
            "take it out, make a new key with `outcomes key`, as this one may be known, and tell who sent it"
        )
        raise StudyError([Problem(where, found, "no key in a file of the project", mend, code="key")])
    return text


def _key(text: str, where: str, study: str) -> bytes:
    digits = text.strip()
    if _HEX.fullmatch(digits) and len(set(digits.lower())) >= _FEWEST_DIGITS:
        return bytes.fromhex(digits)
    found = f"{len(digits)} characters that are no key"
    if re.fullmatch("[0-9A-Fa-f]*", digits):
        found = f"{len(digits)} hexadecimal digits"
        if len(digits) == 2 * KEY_BYTES:
            found += " that are not random"
    mend = f"bring the key that earlier reports were made with, or make one with `outcomes key {study}`"
    raise _refused(where, found, mend, f"{2 * KEY_BYTES} random hexadecimal digits")


def _misplaced(path: Path, root: Path | None, where: str) -> Iterator[Problem]:
    """Yield the problem of a key inside ``root``, a project folder or a git work tree, links followed."""
    above = {*path.parents, *path.resolve().parents}
    mend = f"move it to another folder and name that in {FILE_VARIABLE}, or use the default place"
    if (root is not None and root.resolve() in above) or any(map(_is_project, above)):
        yield Problem(where, "a key inside the project folder", _ALLOWED, mend, code="key")
    elif any(os.path.lexists(folder / ".git") for folder in above):
        yield Problem(where, "a key inside a git work tree", _ALLOWED, mend, code="key")


def _is_project(folder: Path) -> bool:
    return os.path.isfile(folder / "Snakefile") and os.path.isdir(folder / "config")


def _shown(path: Path) -> str:
    """Return a path as a message may show it: without the user's name where it lies in the home folder."""
    try:
        return f"~/{path.relative_to(Path.home()).as_posix()}"
    except (ValueError, RuntimeError):
        return str(path)


def _refused(where: str, found: str, mend: str, allowed: str = _ALLOWED) -> StudyError:
    return StudyError([Problem(where, found, allowed, mend, code="key")])

"""The bytes of a text file as text: in UTF-8 or as declared, never guessed; what does not fit is told."""

from __future__ import annotations

import codecs
import io
from dataclasses import dataclass

from outcomes.errors import Problem, in_file
from outcomes.sheets.sheet import Encoding

NAMES: dict[str, str] = {
    "utf-8": "UTF-8", "utf-16": "UTF-16", "utf-32": "UTF-32", "cp1252": "Windows-1252", "latin-1": "Latin-1",
    "mac-roman": "Mac Roman",
}  # fmt: skip
_CHUNK = 1 << 20
_START = 1 << 16
_MARKS: tuple[tuple[bytes, Encoding], ...] = (
    (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"), (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"), (codecs.BOM_UTF8, "utf-8"),
)  # fmt: skip
_AS_UTF_8 = "in Excel save it as `CSV UTF-8`"


@dataclass(frozen=True)
class Text:
    """The text of a file, with its line ends as they are; a byte that can't be decoded is a surrogate."""

    stream: io.TextIOWrapper
    encoding: Encoding
    start: str
    """Its first rows, to tell the delimiter by."""
    problems: list[Problem]


def text_of(content: bytes, file: str, declared: Encoding | None) -> Text:
    """Return the text of ``content`` with what is wrong with, or to be noticed about, its encoding."""
    problems: list[Problem] = []
    encoding = declared or "utf-8"
    found = _marked(content) or _unmarked(content)
    if found in ("utf-16", "utf-32"):
        if declared != found:
            mend = f"{_AS_UTF_8}, or declare `encoding: {found}`"
            problems.append(in_file("encoding", file, f"{NAMES[found]} text", NAMES[encoding], mend))
        encoding = found
    elif encoding in ("utf-16", "utf-32") or (encoding != "utf-8" and (found or _is_utf_8(content))):
        mend = "take `encoding` out of the study file"
        problems.append(in_file("encoding", file, "UTF-8 text", f"{NAMES[encoding]}, as declared", mend))
        encoding = "utf-8"
    if found == "utf-8":
        said, mend = "a byte order mark, which was left out", "nothing needs to be done"
        problems.append(
            in_file("byte-order-mark", file, said, "text with or without it", mend, severity="warning")
        )
    if encoding in ("utf-16", "utf-32"):
        content, faults = _as_utf_8(content, file, encoding)
        problems += faults
    content, faults = _without_nul(content, file)
    problems += faults
    read_as = "utf-8-sig" if encoding not in ("cp1252", "latin-1", "mac-roman") else encoding
    stream = io.TextIOWrapper(io.BytesIO(content), encoding=read_as, errors="surrogateescape", newline="")
    return Text(stream, encoding, _start(content, read_as), problems)


def not_decoded(file: str, encoding: str, column: str, character: str, rows: list[int]) -> Problem:
    """Return the problem of rows that are not in ``encoding``; ``column`` holds the first."""
    byte = character.encode("utf-8", "surrogateescape")
    guesses = [
        f"{char!r} in {NAMES[other]}"
        for other in ("cp1252", "mac-roman")
        if other != encoding and (char := byte.decode(other, "ignore")).isprintable() and char
    ]
    found = f"{len(rows)} row{'s' if len(rows) > 1 else ''} with bytes that are not {NAMES[encoding]}"
    found += f"; the first, {byte.hex().upper()}, would be {' and '.join(guesses)}" if guesses else ""
    mend = f"{_AS_UTF_8}; if you know how it was saved, declare `encoding: cp1252` or `encoding: mac-roman`"
    code = "not-utf8" if encoding == "utf-8" else "encoding"
    return in_file(code, file, found, f"{NAMES[encoding]} text", mend, rows=rows, column=column)


def _start(content: bytes, encoding: str) -> str:
    """Return the first lines, whole ones where the text is longer than what is looked at."""
    start = content[:_START].decode(encoding, "replace")
    end = max(start.rfind("\n"), start.rfind("\r")) if len(content) > _START else -1
    return start[: end + 1] or start


def _marked(content: bytes) -> Encoding | None:
    return next((encoding for mark, encoding in _MARKS if content.startswith(mark)), None)


def _unmarked(content: bytes) -> Encoding | None:
    """Tell UTF-16 and UTF-32 without a byte order mark: every second byte (or three of four) is NUL."""
    start = content[: 4096 - len(content) % 4] if len(content) < 4096 else content[:4096]
    nul = [start[at::4].count(0) * 4 / max(1, len(start)) > 0.8 for at in range(4)]
    if nul in ([False, True, True, True], [True, True, True, False]):
        return "utf-32"
    return "utf-16" if nul in ([False, True, False, True], [True, False, True, False]) else None


def _is_utf_8(content: bytes) -> bool:
    """Return whether there are signs beyond ASCII, all in UTF-8; no other encoding gives that by chance."""
    if content.isascii():
        return False
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for at in range(0, len(content), _CHUNK):
            decoder.decode(content[at : at + _CHUNK], final=at + _CHUNK >= len(content))
    except UnicodeDecodeError:
        return False
    return True


def _as_utf_8(content: bytes, file: str, encoding: Encoding) -> tuple[bytes, list[Problem]]:
    """Return UTF-16 or UTF-32 text as UTF-8; without a byte order mark the end that comes first is told."""
    width = 2 if encoding == "utf-16" else 4
    name: str = encoding
    if _marked(content) is None:
        name += "-be" if content[:1] == b"\x00" else "-le"
    try:
        return content.decode(name).encode(), []
    except UnicodeDecodeError as error:
        found = f"bytes that are not {NAMES[encoding]} from offset {error.start:,} on"
        rest = content[: len(content) // width * width].decode(name, "replace").encode()
        return rest, [
            in_file("encoding", file, found, f"{NAMES[encoding]} text", f"export it again, {_AS_UTF_8}")
        ]


def _without_nul(content: bytes, file: str) -> tuple[bytes, list[Problem]]:
    """Return ``content`` without the NUL bytes that pad its end, and where there are any."""
    at = content.find(0)
    if at < 0:
        return content, []
    body = content.rstrip(b"\x00")
    tail, inside = len(content) - len(body), body.count(0)
    parts = [f"{_bytes(inside)} within it, the first at offset {at:,}"] if inside else []
    parts += [f"{_bytes(tail)} at its end, from offset {len(body):,} on"] if tail else []
    mend = "the file was damaged on its way; export it again"
    return body, [in_file("nul-bytes", file, " and ".join(parts), "text without NUL bytes", mend)]


def _bytes(number: int) -> str:
    return "1 NUL byte" if number == 1 else f"{number:,} NUL bytes"

"""How a file is packed: told by its first bytes, held against its name and what is declared."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import PurePath
from typing import cast, get_args

from outcomes.errors import Problem, in_file
from outcomes.sheets.sheet import Declared, Format

_ENDINGS: dict[str, Format] = {
    ".csv": "csv", ".tsv": "tsv", ".tab": "tsv", ".xlsx": "xlsx", ".xlsm": "xlsx", ".xls": "xls",
    ".sav": "sav", ".zsav": "sav", ".dta": "dta", ".parquet": "parquet",
}  # fmt: skip
_WORDS: dict[Format, str] = {
    "csv": "a CSV file", "tsv": "a tab-separated file", "xlsx": "an Excel workbook (.xlsx)",
    "xls": "an old Excel workbook (.xls)", "sav": "an SPSS file (.sav)", "dta": "a Stata file (.dta)",
    "parquet": "a Parquet file",
}  # fmt: skip
_FOREIGN_ENDINGS = {".pkl": "a pickle", ".pickle": "a pickle", ".joblib": "a pickle"}
"""What can't be told by its first bytes; a pickle runs code when it is opened, so it never is."""

_FOREIGN: tuple[tuple[bytes, str], ...] = (
    (b"%PDF", "a PDF"), (b"\x1f\x8b", "a gzip archive"), (b"BZh", "a bzip2 archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"), (b"\xfd7zXZ\x00", "an xz archive"),
    (b"Rar!", "a RAR archive"), (b"(\xb5\x2f\xfd", "a Zstandard archive"),
    (b"{\\rtf", "a Rich Text document"), (b"RDX", "an R data file"),
    (b"\x89HDF", "an HDF5 file"), (b"SQLite format 3", "an SQLite database"), (b"ARROW1", "an Arrow file"),
    (b"FEA1", "a Feather file"), (b"\x89PNG", "a picture"), (b"\xff\xd8\xff", "a picture"),
    (b"HEADER RECORD*******", "a SAS transport file"), (b"\x00" * 12 + b"\xc2\xea\x81\x60", "a SAS file"),
    *((bytes([0x80, version]), "a pickle") for version in range(2, 6)),
)  # fmt: skip
_PAGE = re.compile(rb"<(?:!doctype\s+html|html|head|body|table|script|meta|div)\b", re.IGNORECASE)
_JSON = re.compile(rb"\s*(?:\[\s*\{|\{)\s*\"")
_STATA = re.compile(rb"[\x69-\x76][\x01\x02]\x01\x00|<stata_dta>", re.DOTALL)
_SHORT = 200
_EXPORT = "export it again as CSV or as an Excel workbook (.xlsx)"
ALLOWED = "CSV, TSV, Excel (.xlsx, .xls), SPSS (.sav), Stata (.dta) or Parquet"
TEXT = ("csv", "tsv")


def format_of(content: bytes, file: str, declared: Declared) -> tuple[Format | None, list[Problem]]:
    """Return how ``content`` is packed, None where it can't be read at all, and what speaks against it.

    A declared format counts, else the ending of the name; an ending that says nothing leaves it to the bytes.
    """
    ending = PurePath(file).suffix.lower()
    packed = _FOREIGN_ENDINGS.get(ending) or _packed(content)
    said = declared.format or _ENDINGS.get(ending)
    if packed not in get_args(Format) and packed != "text":
        return None, [in_file("format", file, packed, ALLOWED, _mend(packed))]
    if packed == "text":
        found: Format = said if said in TEXT else "tsv" if declared.delimiter == "tab" else "csv"
    else:
        found = cast(Format, packed)
    if said is None or said == found:
        return found, []
    what = "text" if packed == "text" else _WORDS[found]
    if declared.format:
        mend = f"declare `format: {found}`, or name the right file"
    else:
        mend = f"rename it so that it ends in .{found}, and correct its name in the study file"
    if packed == "text" and said == "xls":
        mend = f"{mend}, or save it as .xlsx"
    return found, [in_file("format", file, what, _WORDS[said], mend)]


def _packed(content: bytes) -> str:
    """Return the format that the first bytes tell, `text`, or the words for a format that is not read."""
    if content.startswith(b"PK\x03\x04") or content.startswith(b"PK\x05\x06"):
        return _zipped(content)
    if content.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return _compound(content)
    if content.startswith(b"PAR1"):
        return "parquet"
    if content.startswith((b"$FL2", b"$FL3")):
        return "sav"
    if _STATA.match(content):
        return "dta"
    for start, words in _FOREIGN:
        if content.startswith(start):
            return words
    return _marked(content)


def _marked(content: bytes) -> str:
    """Return whether text is the text of a table, a web page, XML or JSON."""
    start = content[:4096].removeprefix(b"\xef\xbb\xbf").replace(b"\x00", b"").lstrip(b"\xff\xfe \t\r\n")
    if start.startswith(b"<"):
        return "a web page" if _PAGE.search(start) else "XML text"
    return "JSON text" if _JSON.match(start) else "text"


def _zipped(content: bytes) -> str:
    """Return what kind of package a zip archive is."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = archive.namelist()
            if "mimetype" in names and archive.getinfo("mimetype").file_size < _SHORT:
                kind = archive.read("mimetype")
                return "an OpenDocument file (.ods)" if b"opendocument" in kind else "a zip archive"
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError, EOFError):
        return "a damaged workbook or zip archive"
    for start, words in (
        ("xl/workbook.bin", "a binary Excel workbook (.xlsb)"), ("xl/workbook", "xlsx"),
        ("word/", "a Word document"), ("ppt/", "a presentation"), ("Index/", "an Apple Numbers file"),
        ("Index.zip", "an Apple Numbers file"),
    ):  # fmt: skip
        if any(name.startswith(start) for name in names):
            return words
    return "xlsx" if any(name.startswith("xl/") for name in names) else "a zip archive"


def _compound(content: bytes) -> str:
    """Return what kind of OLE compound file it is: the names of its streams stand in it as UTF-16."""
    for stream, words in (
        ("EncryptedPackage", "a workbook with a password"), ("WordDocument", "a Word document"),
        ("PowerPoint Document", "a presentation"), ("Workbook", "xls"), ("Book", "xls"),
    ):  # fmt: skip
        if stream.encode("utf-16-le") in content:
            return words
    return "an Office file that is no workbook"


def _mend(packed: str) -> str:
    if packed == "a web page":
        return "download the export again while you are logged in"
    if "password" in packed:
        return "open it, take the password off and save it again as .xlsx"
    if "archive" in packed and "damaged" not in packed:
        return "unpack it and put the export itself into the folder"
    return "download it again" if "damaged" in packed else _EXPORT

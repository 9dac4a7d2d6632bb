"""Files of typed records (SPSS, Stata, Parquet) as columns of text, with what they declare about these."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pyreadstat

from outcomes.errors import DataError, Problem, in_file, listed
from outcomes.sheets import values
from outcomes.sheets.grid import small
from outcomes.sheets.names import plain
from outcomes.sheets.sheet import Encoding, Format

MOST_CELLS = 2_000_000_000
"""Most cells that a compressed file may unpack to."""

_MOST_DEFLATED = 1032
"""Most that one byte of a zlib stream unpacks to."""

_SAYS_UTF_8 = b"\x07\x00\x00\x00\x14\x00\x00\x00\x01\x00\x00\x00\x05\x00\x00\x00UTF-8"
"""The record of an SPSS file that names its code page: type 7, subtype 20, five bytes of text."""

_CODE_PAGES: dict[Encoding, str] = {
    "utf-8": "UTF-8", "cp1252": "WINDOWS-1252", "latin-1": "ISO-8859-1", "mac-roman": "MACINTOSH",
}  # fmt: skip


@dataclass
class Records:
    """The columns of a file without header rows, all of one length, and what it declares about them."""

    columns: dict[str, pd.Categorical] = field(default_factory=dict)
    questions: dict[str, str] = field(default_factory=dict)
    value_labels: dict[str, dict[str, str]] = field(default_factory=dict)
    user_missing: dict[str, frozenset[str]] = field(default_factory=dict)
    dates: set[str] = field(default_factory=set)
    encoding: str = ""
    problems: list[Problem] = field(default_factory=list)


def labelled(content: bytes, file: str, packed: Format, encoding: Encoding | None) -> Records:
    """Return the records of an SPSS or Stata file; a code that means no answer stays a cell.

    Stata's missing values .a to .z are cells of that name. Raises DataError for a damaged file or one whose
    text is not in the code page that it names (or that is declared).
    """
    read = pyreadstat.read_sav if packed == "sav" else pyreadstat.read_dta
    if encoding is not None and encoding not in _CODE_PAGES:
        said, mend = f"`encoding: {encoding}`", "take it out: the file says itself how its text is written"
        raise DataError([in_file("encoding", file, said, listed(_CODE_PAGES), mend)])
    page = _CODE_PAGES[encoding] if encoding else None
    bytewise = None
    try:
        _refuse_beyond(content, read(io.BytesIO(content), metadataonly=True, encoding="ISO-8859-1")[1])
        bytewise = _read_bytewise(content) if packed == "sav" else None
        frame, meta = read(io.BytesIO(content), user_missing=True, encoding=page)
    except Exception as error:  # the library names what it met by words only
        says_utf_8 = _is_utf_8(page) if page else _SAYS_UTF_8 in content
        cut = _cut(*bytewise, file) if bytewise and says_utf_8 else ()
        raise DataError([*cut] or [_unreadable(file, str(error))]) from None
    names = list(frame.columns)
    if not all(isinstance(name, str) and name for name in names) or len(set(names)) < len(names):
        raise DataError([_unreadable(file, "names")])
    found = Records(encoding=page or meta.file_encoding or "")
    for name in names:
        letters = frozenset(map(str, meta.missing_user_values.get(name, ())))
        places, distinct = pd.factorize(frame[name])
        single = meta.readstat_variable_types.get(name) == "float"
        _add(found, name, places, [_value(one, letters, single) for one in distinct], file)
        _declare(found, name, meta, packed, letters)
    if bytewise is not None and _is_utf_8(page or meta.file_encoding):
        found.problems += _cut(*bytewise, file)
    return found


def _declare(found: Records, name: str, meta: Any, packed: Format, letters: frozenset[str]) -> None:
    """Take into ``found`` what the file declares of the column ``name``: labels, missing codes, wording."""
    labels = meta.variable_value_labels.get(name) or {}
    if labels:
        found.value_labels[name] = {_code(code, packed): str(label) for code, label in labels.items()}
    missing = _declared_missing(found.columns[name], meta.missing_ranges.get(name, ()))
    missing |= {f".{one}" for one in letters}
    if missing:
        found.user_missing[name] = frozenset(missing)
    wording = plain(meta.column_names_to_labels.get(name) or "")
    if wording:
        found.questions[name] = wording


def _is_utf_8(page: str | None) -> bool:
    return (page or "UTF-8").upper().replace("-", "") == "UTF8"


def _read_bytewise(content: bytes) -> tuple[pd.DataFrame, Any]:
    """Return an SPSS file with each byte of its text as one character."""
    frame, meta = pyreadstat.read_sav(io.BytesIO(content), user_missing=True, encoding="ISO-8859-1")
    return frame, meta


def _refuse_beyond(content: bytes, meta: Any) -> None:
    """Raise ValueError where a file says that it holds more cells than its bytes can."""
    most = len(content) * (_MOST_DEFLATED if content.startswith(b"$FL3") else 1)
    if (meta.number_rows or 0) * meta.number_columns > min(most, MOST_CELLS):
        raise ValueError("more rows than bytes")


def _cut(frame: pd.DataFrame, meta: Any, file: str) -> Iterator[Problem]:
    """Yield where text that should be UTF-8 is not; at the end of a text pyreadstat drops it without a word.

    ``frame`` and ``meta`` are of the file read byte by byte.
    """
    mend = "declare `encoding: cp1252` (of Windows) or `encoding: mac-roman`, or export it again"
    for at, column in enumerate(frame.columns):
        places, distinct = pd.factorize(frame.iloc[:, at])
        name = column.encode("latin-1", "replace").decode("utf-8", "replace")
        bad = [place for place, text in enumerate(distinct) if isinstance(text, str) and not _fits(text)]
        if bad:
            rows = (np.flatnonzero(np.isin(places, bad)) + 2).tolist()
            said = "text with bytes that are not UTF-8"
            yield in_file("not-utf8", file, said, "UTF-8 text", mend, rows=rows, column=name)
    labels = [label for each in meta.variable_value_labels.values() for label in each.values()]
    above = [*frame.columns, *meta.column_labels, *labels]
    if not all(_fits(text) for text in above if isinstance(text, str)):
        said = "names or labels with bytes that are not UTF-8"
        yield in_file("not-utf8", file, said, "UTF-8 text", mend)


def _fits(text: str) -> bool:
    """Return whether characters that stand for bytes are UTF-8."""
    if text.isascii():
        return True
    try:
        text.encode("latin-1").decode()
    except UnicodeError:
        return False
    return True


def parquet(content: bytes, file: str) -> Records:
    """Return the records of a Parquet file; nested and binary columns are refused.

    Raises DataError for a damaged file, or one that unpacks to too much.
    """
    try:
        packed = pq.ParquetFile(pa.BufferReader(content))
        faults = _unfit(packed.metadata.num_rows, packed.schema_arrow, file)
        if faults:
            raise DataError(faults)
        found = Records()
        for name, column in zip(packed.schema_arrow.names, packed.read().columns, strict=True):
            _add(found, name, *_encoded(column), "" if pa.types.is_integer(column.type) else file)
    except (pa.ArrowException, OSError, ValueError, OverflowError, MemoryError) as error:
        raise DataError([_unreadable(file, type(error).__name__)]) from None
    return found


def _unfit(rows: int, schema: pa.Schema, file: str) -> list[Problem]:
    """Return why the columns of a Parquet file can't be read as a table of text."""
    problems = []
    if rows * len(schema) > MOST_CELLS:
        said, mend = f"{rows:,} rows of {len(schema):,} columns", "export fewer columns or rows"
        problems.append(in_file("zip-bomb", file, said, f"{MOST_CELLS:,} cells at most", mend))
    bad = [one.name for one in schema if not _is_flat(one.type)]
    if bad:
        said, mend = f"nested or binary columns: {listed(bad)}", "export plain columns, one value a cell"
        problems.append(in_file("nested", file, said, "text, numbers, days, truth values", mend))
    twice = len(schema.names) - len(set(schema.names))
    if twice:
        said = f"{twice} columns with the name of another"
        problems.append(in_file("header-twice", file, said, "each name once", "rename them"))
    return problems


def _encoded(column: pa.ChunkedArray) -> tuple[np.ndarray, list[object]]:
    """Return the place of each cell among the distinct values (-1: empty), and these."""
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    whole = column.combine_chunks().dictionary_encode()
    if isinstance(whole, pa.ChunkedArray):
        whole = whole.unify_dictionaries().combine_chunks()
    floats = pa.types.is_floating(column.type)
    distinct = whole.dictionary.to_numpy(zero_copy_only=False) if floats else whole.dictionary.to_pylist()
    return whole.indices.fill_null(-1).to_numpy(zero_copy_only=False), list(distinct)


def _is_flat(kind: pa.DataType) -> bool:
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return not (
        pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind)
        or pa.types.is_fixed_size_binary(kind) or pa.types.is_binary_view(kind)
    )  # fmt: skip


def _add(found: Records, name: str, places: np.ndarray, typed: list[object], file: str) -> None:
    """Take the column ``name`` into ``found``: ``typed`` are its values by place; -1 is an empty cell."""
    found.columns[name] = _categorical(places, [values.text(one) for one in typed])
    filled = [one for one in typed if values.text(one)]
    if filled and all(isinstance(one, date) for one in filled):
        found.dates.add(name)
    long = [at for at, one in enumerate(typed) if values.is_long(one)]
    if long and file:
        rows = (np.flatnonzero(np.isin(places, long)) + 2).tolist()
        found.problems.append(values.long_numbers(file, name, rows))


def _value(value: object, letters: frozenset[str], single: bool) -> object:
    """Return a value as its program shows it: Stata's missing letters with a point, times in milliseconds.

    Single precision is kept as such, so that 0.1 is not 0.10000000149.
    """
    if isinstance(value, str):
        return f".{value}" if value in letters else value
    if isinstance(value, datetime):
        return pd.Timestamp(value).round("ms").to_pydatetime()
    return np.float32(value) if single and isinstance(value, float) else value


def _categorical(places: np.ndarray, texts: list[str]) -> pd.Categorical:
    """Return the column whose cells are ``texts`` by place, empty where the place is -1."""
    whole = [*texts, ""] if (places < 0).any() else texts
    meaning, distinct = pd.factorize(np.array(whole, dtype=object))
    codes = meaning[places] if len(whole) else places  # the place -1 is the last, the empty text
    wording = pd.Index(distinct, dtype="str")
    return pd.Categorical.from_codes(small(codes, len(distinct)), wording, validate=False)


def _code(code: object, packed: Format) -> str:
    """Return a labelled code as its cells are written."""
    return f".{code}" if packed == "dta" and isinstance(code, str) else values.text(code)


def _declared_missing(cells: pd.Categorical, ranges: Iterable[Any]) -> set[str]:
    """Return the declared codes, and the cells within the declared ranges, that mean no answer."""
    found: set[str] = set()
    numbers = pd.to_numeric(pd.Series(cells.categories, dtype=object), errors="coerce")
    for span in ranges:
        low, high = span["lo"], span["hi"]
        if isinstance(low, str) or isinstance(high, str):
            found |= {str(low), str(high)}
            continue
        if low == high:
            found.add(values.text(low))
        found |= set(cells.categories[numbers.between(low, high).to_numpy()])
    return found


def _unreadable(file: str, words: str) -> Problem:
    if "convert" in words or "decode" in words or "encod" in words.lower():
        said, mend = "text that is not in the code page that it names", "declare `encoding: cp1252`"
        return in_file("encoding", file, said, "its own code page", f"{mend}, or export it again")
    mend = "export it again, and copy it whole"
    return in_file("damaged", file, "a damaged file", "a file that can be read to its end", mend)

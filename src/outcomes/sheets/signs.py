"""Text that was damaged before it came here: read in the wrong encoding once, or with characters replaced."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import numpy as np
import pandas as pd
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from outcomes.errors import Problem, in_file

_AFTER = "[\x80-\xbf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2013-\u203a\u20ac\u2122]"
"""What the second and third bytes of UTF-8 look like in Latin-1 and Windows-1252."""

_MOJIBAKE = re.compile(
    f"\u00c3{_AFTER}|\u00c2[\x80-\xbf]|\u00e2(?:\u20ac|\x80){_AFTER}|\u00ef\u00bb\u00bf|\u00f0\u0178{_AFTER}"
    "|\u201a\u00c4[\u00f4\u00fa\u00f9\u00ec\u00ee\u00f2\u00b6]|\u221a[\u00a9\u00ae\u00b4\u2020\u00b0\u00a2\u00a3\u00df]"
)
"""UTF-8 read as Windows-1252 (an accented letter gives a capital A with tilde first) or as Mac Roman."""

_REPLACED = "\ufffd"


def faults(columns: Iterable[tuple[str, pd.Categorical]], index: pd.Index, file: str) -> Iterator[Problem]:
    """Yield the columns whose text was read in a wrong encoding once (error) or lost characters (warning).

    Each distinct text is looked at once; ``index`` holds the rows.
    """
    for name, cells in columns:
        texts = pa.array(cells.categories, pa.large_string())
        beyond = np.flatnonzero(~pc.string_is_ascii(texts).to_numpy(zero_copy_only=False))
        odd = {int(at): texts[int(at)].as_py() for at in beyond}
        for code, bad in (
            ("mojibake", [at for at, text in odd.items() if _MOJIBAKE.search(text)]),
            ("replaced-character", [at for at, text in odd.items() if _REPLACED in text]),
        ):
            if bad:
                yield _problem(code, file, index[np.isin(cells.codes, bad)].tolist(), name)


def header_faults(names: list[str], file: str) -> Iterator[Problem]:
    """Yield the same of the header."""
    for code, bad in (
        ("mojibake", any(map(_MOJIBAKE.search, names))),
        ("replaced-character", any(_REPLACED in name for name in names)),
    ):
        if bad:
            yield _problem(code, file, [1], "")


def _problem(code: str, file: str, rows: list[int], column: str) -> Problem:
    if code == "mojibake":
        said = "letters such as '\u00c3\u00a9' for '\u00e9': UTF-8 text that was read in another encoding"
        mend = "export it again and save it as `CSV UTF-8`, without opening it in between"
        return in_file(code, file, said, "text as it was typed", mend, rows=rows, column=column)
    said = "characters that were replaced by '\ufffd' before the file came here"
    mend = "export it again if the text matters"
    return in_file(
        code, file, said, "text as it was typed", mend, rows=rows, column=column, severity="warning"
    )  # fmt: skip

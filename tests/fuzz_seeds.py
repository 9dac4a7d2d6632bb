"""Small sound exports to damage: one survey wave of twelve invented people in each format, and its study."""

from __future__ import annotations

import csv
import functools
import io
import json
import random
import re
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import openpyxl
import pandas as pd
import pyreadstat
import tiny

from outcomes.study import Instrument, Loaded, Profile, Study
from outcomes.study.stages import Cleaning
from outcomes.study.yamltext import parse

Rows = Sequence[Sequence[str]]

ITEMS = ("q1", "q2", "q3")
LABELS = ("Never", "Rarely", "Sometimes", "Often", "Always \u2013 or so")
MISSING = ("", "-99", "Prefer not to say")
PEOPLE = 12

STUDY = """\
study: fuzz
title: Files to damage
origin: synthetic
ids: public
source: invented for the tests
missing: ["", "-99", Prefer not to say]
register: {{file: register.csv, person: id}}
waves:
  start: {{label: Start, months: 0, file: start.{suffix}, {wave}}}
  end: {{label: End, months: 8, file: end.csv, person: id}}
{codebook}responses: {{duplicates: last}}
ses:
  rule: single
  indicators:
    fsm: {{label: Free school meals, column: fsm, about: person, low: ["yes"], high: ["no"]}}
outcomes:
  calm: {{label: Calm, instrument: calm, scale: total, domain: psychosocial}}
hypotheses: {{}}
disclosure: {{profile: hesa}}
"""


@dataclass(frozen=True)
class Seed:
    """An export and what the study says about it; ``suffix`` is its format too."""

    name: str
    suffix: str
    header: tuple[Sequence[str], ...]
    """Its header rows; the first one names the columns."""
    wave: str
    """What the study says about the wave."""
    id: str
    day: str
    items: tuple[str, ...]
    codes: tuple[str, ...]
    """What stands in a cell for the instrument's 1 to 5."""
    target: str = ""
    """The file that is damaged, where it is not the export."""

    @property
    def file(self) -> str:
        """The raw file that is damaged."""
        return self.target or f"start.{self.suffix}"

    @property
    def form(self) -> str:
        """The format of the file that is damaged."""
        return self.file.rsplit(".", 1)[1]

    @property
    def labelled(self) -> bool:
        """Whether cells hold the wording of the answers."""
        return self.codes == LABELS


def people() -> list[str]:
    """Ids that stand nowhere else: ten letters and digits each."""
    rng = random.Random("people")  # noqa: S311
    return [
        "".join(rng.choices("abcdefghkmnpqrstwxyz", k=4) + rng.choices("2345679", k=6)) for _ in range(PEOPLE)
    ]


def comments() -> list[str]:
    """Free texts of words that stand nowhere else, with a comma, quotes and a line break."""
    rng = random.Random("comments")  # noqa: S311
    words = [
        "".join(rng.choices("bdfgklmnprstvz", k=4) + rng.choices("aeiou", k=5)) for _ in range(3 * PEOPLE)
    ]
    return [
        f'{words[3 * n]}, "{words[3 * n + 1]}"\n{words[3 * n + 2]}' if n % 4 else words[3 * n]
        for n in range(PEOPLE)
    ]


@functools.cache
def planted() -> frozenset[str]:
    """Words that must stand in no message: ids and words of free text."""
    kept = str.maketrans('",\n', "   ")
    return frozenset(people()) | {word for text in comments() for word in text.translate(kept).split()}


def records(seed: Seed) -> list[list[str]]:
    """The rows of an export below its header."""
    rng = random.Random("answers")  # noqa: S311
    texts, found = comments(), []
    for n, person in enumerate(people()):
        cells = {seed.id: person, seed.day: f"2025-10-{n + 1:02d}", "Comment": texts[n]}
        for item in seed.items:
            code = rng.randrange(6)
            absent = "Prefer not to say" if seed.labelled else rng.choice(["", "-99"])
            cells[item] = seed.codes[code] if code < 5 else absent
        cells |= {
            "Status": "0",
            "Progress": "100",
            "Finished": "1",
            "EndDate": f"2025-10-{n + 1:02d} 10:01:00",
        }
        cells |= {"Duration (in seconds)": "90", "RecordedDate": cells["EndDate"], "ResponseId": f"R_{n:03d}"}
        cells |= {"Unique Response Number": f"{n + 1}", "Completion date": cells["EndDate"]}
        found.append([cells[name] for name in seed.header[0]])
    return found


_QUALTRICS = (
    "StartDate", "EndDate", "Status", "Progress", "Duration (in seconds)", "Finished", "RecordedDate",
    "ResponseId", "Q2", "Q3_1", "Q3_2", "Q3_3", "Comment",
)  # fmt: skip
_JISC = (
    "Unique Response Number", "Start date", "Completion date", "1. Your code", "2.1. I feel calm",
    "2.2. I rush", "2.3. I rest well", "Comment",
)  # fmt: skip
_PLAIN = ("id", "day", *ITEMS, "Comment")

_QUESTIONS = ("What is asked,\nand how", *(f"Question {n}" for n in range(2, 14)))
_IMPORTS = tuple(json.dumps({"ImportId": f"QID{n}"}) for n in range(13))
_CODES = tuple("12345")

SEEDS = {
    seed.name: seed
    for seed in (
        Seed(
            "qualtrics", "csv", (_QUALTRICS, _QUESTIONS, _IMPORTS),
            "layout: qualtrics, person: Q2, answered_on: StartDate", "Q2", "StartDate", _QUALTRICS[9:12],
            ("11", "12", "13", "14", "15"),
        ),
        Seed(
            "jisc", "csv", (_JISC,),
            "layout: jisc, person: 1. Your code, answered_on: Start date, answers_as: labels",
            "1. Your code", "Start date", _JISC[4:7], LABELS,
        ),
        *(
            Seed(suffix, suffix, (_PLAIN,), "person: id, answered_on: day", "id", "day", ITEMS, _CODES)
            for suffix in ("csv", "xlsx", "sav", "dta", "parquet")
        ),
        *(
            Seed(
                target, "csv", (_PLAIN,), "person: id, answered_on: day", "id", "day", ITEMS,
                ("11", "12", "13", "14", "15"), f"{target}.csv",
            )
            for target in ("register", "codebook")
        ),
    )
}  # fmt: skip
"""The exports by name: damage of the last two is damage of the register and of the codebook."""


def part(seed: Seed) -> Cleaning:
    """What `clean` reads of the study that an export belongs to."""
    codebook = "" if seed.items == ITEMS and seed.codes == _CODES else "codebook: codebook.csv\n"
    text = STUDY.format(suffix=seed.suffix, wave=seed.wave, codebook=codebook)
    answers = ", ".join(f"{n}: {label}" for n, label in enumerate(LABELS, 1))
    scale = tiny.INSTRUMENT.replace("high: 5}", f"high: 5, labels: {{{answers}}}}}")
    loaded = Loaded.model_construct(
        study=Study.model_validate(parse(text, "fuzz.yaml")),
        instruments={"calm": Instrument.model_validate(parse(scale, "calm.yaml"))},
        profile=Profile.model_construct(),
    )
    return Cleaning.of(loaded)


def grid(seed: Seed) -> list[list[str]]:
    """The file that is damaged, as rows of text; the header rows come first."""
    if seed.target == "register.csv":
        return [["id", "fsm"], *([person, ("yes", "no")[n % 2]] for n, person in enumerate(people()))]
    if seed.target == "codebook.csv":
        return codebook(seed)
    return [*map(list, seed.header), *records(seed)]


def codebook(seed: Seed) -> list[list[str]]:
    """The codebook of an export."""
    lines = [["wave", "column", "item", "code", "label", "meaning"]]
    for column, item in zip(seed.items, ITEMS, strict=True):
        for n, (code, label) in enumerate(zip(seed.codes, LABELS, strict=True), 1):
            lines.append(["start", column, item, "" if code == label else code, label, str(n)])
    return lines


def raw(seed: Seed) -> dict[str, bytes]:
    """The sound raw files of the study that an export belongs to."""
    end = [["id", *ITEMS], *([person, "3", "4", "5"] for person in people()[2:])]
    register = [["id", "fsm"], *([person, ("yes", "no")[n % 2]] for n, person in enumerate(people()))]
    files = {"register.csv": as_csv(register), "end.csv": as_csv(end), "codebook.csv": as_csv(codebook(seed))}
    export = [*map(list, seed.header), *records(seed)]
    files[f"start.{seed.suffix}"] = write(export, seed.suffix)
    used = part(seed).files
    return {name: content for name, content in files.items() if name in used}


def write(rows: Rows, form: str) -> bytes:
    """A grid as a file of the format ``form``; what has no header rows takes the first row as names."""
    if form == "csv":
        return as_csv(rows)
    if form == "xlsx":
        book = openpyxl.Workbook()
        for row in rows:
            book.active.append([_typed(cell) for cell in row])
        book.save(held := io.BytesIO())
        return _undated_book(held.getvalue())
    frame = pd.DataFrame(list(map(list, rows[1:])), columns=list(rows[0]), dtype=object)
    for name in frame.columns:
        if all(_is_number(cell) or not cell for cell in frame[name]):
            frame[name] = pd.to_numeric(frame[name].replace("", None)).astype("float64")
    return _statistical(frame, form)


def _statistical(frame: pd.DataFrame, form: str) -> bytes:
    if form == "parquet":
        return frame.to_parquet(index=False)
    numbers = [name for name in ITEMS if name in frame and frame[name].dtype == "float64"]
    labels = {name: dict(enumerate(LABELS, 1)) for name in numbers}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "export"
        if form == "sav":
            pyreadstat.write_sav(frame, path, variable_value_labels=labels)
            content = path.read_bytes()
            return content[:92] + b"01 Jan 2500:00:00" + content[109:]
        pyreadstat.write_dta(frame, path, variable_value_labels=labels)
        return re.sub(
            rb"\d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d", b"01 Jan 2025 00:00", path.read_bytes(), count=1
        )


def packed(members: Mapping[str, bytes]) -> bytes:
    """Members as an archive, always the same bytes."""
    with zipfile.ZipFile(held := io.BytesIO(), "w") as book:
        for name, content in members.items():
            book.writestr(zipfile.ZipInfo(name, (2025, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return held.getvalue()


def _undated_book(content: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        members = {name: book.read(name) for name in book.namelist()}
    members["docProps/core.xml"] = re.sub(
        rb">\d{4}-[^<]*Z<", b">2025-01-01T00:00:00Z<", members["docProps/core.xml"]
    )
    return packed(members)


def _typed(cell: str) -> object:
    return int(cell) if _is_number(cell) else cell or None


def _is_number(cell: str) -> bool:
    return cell.removeprefix("-").isdigit() and cell.isascii() and len(cell) < 10 and not cell.startswith("0")


def as_csv(rows: Rows) -> bytes:
    """Rows as CSV (UTF-8, line feeds, quotes where they are needed)."""
    csv.writer(held := io.StringIO(), lineterminator="\n").writerows(rows)
    return held.getvalue().encode("utf-8", "surrogatepass")

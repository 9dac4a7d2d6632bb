"""Two messy exports of real answers with a known clean truth (tests/oracle/messy_sai), as a study."""

from __future__ import annotations

import csv
import functools
import io
import json
from pathlib import Path
from typing import Any

import pandas as pd

from outcomes.clean import Cleaned, clean
from outcomes.study import Instrument, Loaded, Profile, Study
from outcomes.study.stages import Cleaning
from outcomes.study.yamltext import parse

FOLDER = Path(__file__).parent / "oracle" / "messy_sai"
FILES = {"wave1": "wave1_qualtrics_numeric.csv", "wave2": "wave2_jisc_labels.csv"}
ENCODINGS = {"wave1": "utf-8-sig", "wave2": "cp1252"}
RESPONSE = {"wave1": "ResponseId", "wave2": "Unique Response Number"}
HEADER_ROWS = {"wave1": 3, "wave2": 1}

STUDY = """\
study: messy_sai
title: State anxiety, in messy exports
origin: open
ids: public
source: psych and psychTools in R, GPL-2 or later; the mess is made
identity: {shape: AA-9999, lookalikes: yes}
linking: {constants: [fsm, age]}
drop: [IPAddress]
missing: ["", Prefer not to say, Prefer not to answer]
waves:
  wave1:
    {label: Before, months: 0, file: wave1_qualtrics_numeric.csv, answers_as: either, decimal: ",",
     dates: [iso, day_first, month_name, excel_1900], person: Q2, response: ResponseId,
     answered_on: StartDate, ended: EndDate, seconds: Duration (in seconds), finished: Finished,
     comment: Q30_4_TEXT, consent: {column: Q1, given: ["1"]}}
  wave2:
    {label: After, months: 5, file: wave2_jisc_labels.csv, encoding: cp1252, answers_as: either,
     dates: [iso, day_first, month_name, excel_1900], person: 2. Participant code,
     response: Unique Response Number, answered_on: Start date, ended: Completion date,
     comment: "6. Any other comments?",
     consent: {column: 1. I consent to take part in this survey, given: ["Yes"]}}
codebook: codebook.csv
responses:
  {duplicates: most_complete, tests: leave_out, blank_ids: keep, out_of_range: missing, least_seconds: 40}
ses:
  rule: single
  indicators:
    fsm: {label: Free school meals, column: Q20, source: wave1, about: person, kind: fsm,
          low: ["1", "Yes", "Y"], high: ["2", "No", "N"], unknown: ["3", "4", prefer not to say]}
covariates:
  age: {label: Age, column: Q21, source: wave1, bands: {under 21: [16, 20], 21 and over: [21, 100]},
        unit_words: [years, yrs], unknown: [prefer not to say]}
outcomes:
  anxiety: {label: State anxiety, instrument: sai, scale: state_anxiety, domain: psychosocial}
hypotheses: {}
disclosure: {profile: hesa}
"""

ITEMS = [
    "calm", "secure", "tense", "regretful", "at_ease", "upset", "worrying", "rested", "anxious",
    "comfortable", "confident", "nervous", "jittery", "high_strung", "relaxed", "content", "worried",
    "rattled", "joyful", "pleasant",
]  # fmt: skip
REVERSED = [
    "calm", "secure", "at_ease", "rested", "comfortable", "confident", "relaxed", "content", "joyful",
    "pleasant",
]  # fmt: skip
LABELS = "{1: Not at all, 2: Somewhat, 3: Moderately so, 4: Very much so}"

INSTRUMENT = f"""\
instrument: sai
title: State Anxiety Inventory
citation: Spielberger, Gorsuch & Lushene 1970
licence: ids and key only
key: psychTools, sai.keys
answers: {{low: 1, high: 4, labels: {LABELS}}}
items: [{", ".join(ITEMS)}]
scales:
  state_anxiety: {{label: State anxiety, items: [{", ".join(ITEMS)}], reversed: [{", ".join(REVERSED)}],
                  scoring: mean, at_least: 16, higher_is: worse}}
"""


def key() -> dict[str, Any]:
    """The answer key."""
    return json.loads((FOLDER / "answer_key.json").read_text(encoding="utf-8"))


def part() -> Cleaning:
    """What `clean` reads of the study."""
    loaded = Loaded.model_construct(
        study=Study.model_validate(parse(STUDY, "messy_sai.yaml")),
        instruments={"sai": Instrument.model_validate(parse(INSTRUMENT, "sai.yaml"))},
        profile=Profile.model_construct(),
    )
    return Cleaning.of(loaded)


def codebook() -> bytes:
    """The codebooks of both waves as the one that a study has."""
    books = []
    for wave, file in FILES.items():
        book = pd.read_csv(
            FOLDER / file.replace(".csv", "_codebook.csv"), dtype="string", keep_default_na=False
        )
        books.append(book[book["scale"] == "state_anxiety"].assign(wave=wave))
    columns = ["wave", "column", "item", "code", "label", "meaning"]
    lines = pd.concat(books)[columns]
    lines["label"] = lines["label"].str.strip()
    return lines.drop_duplicates().to_csv(index=False).encode()


@functools.cache
def cleaned() -> Cleaned:
    """What `clean` makes of the two exports."""
    raw = {file: (FOLDER / file).read_bytes() for file in FILES.values()}
    return clean({**raw, "codebook.csv": codebook()}, part())


@functools.cache
def records(wave: str) -> pd.DataFrame:
    """The export as the csv module reads it: one column a header, by spreadsheet row."""
    text = (FOLDER / FILES[wave]).read_bytes().decode(ENCODINGS[wave])
    header, *rows = list(csv.reader(io.StringIO(text, newline="")))
    rows = rows[HEADER_ROWS[wave] - 1 :]
    index = range(HEADER_ROWS[wave] + 1, HEADER_ROWS[wave] + 1 + len(rows))
    return pd.DataFrame(rows, columns=header, index=index, dtype="string")


def response(wave: str, rows: pd.Series) -> list[str]:
    """The response numbers that stand in some rows of a wave."""
    return records(wave).loc[[int(row) for row in rows], RESPONSE[wave]].tolist()

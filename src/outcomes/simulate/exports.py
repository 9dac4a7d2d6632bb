"""The raw files of an invented cohort, in the forms that survey tools and offices export, as bytes by name.

A question that was passed over is written as the tool writes it (`-99`, `Prefer not to say` or an empty
cell); what comes after a break-off is empty. An indicator is empty where a student has no record at all, and
`Prefer not to say` where only that one is missing. Every file says SYNTHETIC where its format has a place for
it.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pandas as pd

from outcomes.simulate.cohort import Cohort
from outcomes.simulate.workbook import workbook
from outcomes.study import Loaded, Wave

SYNTHETIC = "SYNTHETIC"
SEEN_UNANSWERED = "-99"
DECLINED = "Prefer not to say"
DASH = " \u2013 "
"""An en dash, which UTF-8 and Windows-1252 write differently."""


@dataclass(frozen=True)
class Question:
    """One closed question: its item, its block and number, its text, and the labels of its answers."""

    item: str
    block: int
    number: int
    text: str
    labels: dict[str, str]


def raw_files(cohort: Cohort, loaded: Loaded) -> dict[str, bytes]:
    """Return every raw file that the study names, by its name; the same cohort gives the same bytes."""
    study = loaded.study
    files: dict[str, bytes] = {}
    codebook = [["wave", "column", "item"]]
    for name, wave in study.waves.items():
        asked = questions(loaded, list(cohort.complete.answers[name].columns))
        received = cohort.responses[name]
        if wave.layout == "qualtrics":
            files[wave.file] = _qualtrics(received, asked, wave)
            codebook += [[name, _tag(question), question.item] for question in asked]
        elif wave.file.endswith(".xlsx"):
            files[wave.file] = _sheet(received, asked, wave)
        else:
            files[wave.file] = _labelled(received, asked, wave)
            codebook += [[name, _heading(question), question.item] for question in asked]
    if study.codebook is not None:
        files[study.codebook] = _csv(codebook)
    return files | _registers(cohort, loaded)


def questions(loaded: Loaded, items: list[str]) -> list[Question]:
    """Return the questions of ``items`` in the order of the questionnaire, a block an instrument."""
    asked = []
    for block, instrument in enumerate(loaded.instruments.values(), start=2):
        scales = {item: scale.label for scale in instrument.scales.values() for item in scale.items}
        block_items = [item for item in instrument.items if item in items]
        for number, item in enumerate(block_items, start=1):
            text = f"{instrument.title}{DASH}{scales[item]}, question {number}"
            asked.append(Question(item, block, number, text, instrument.answers.labels))
    return asked


def _qualtrics(received: pd.DataFrame, asked: list[Question], wave: Wave) -> bytes:
    """Return a Qualtrics CSV: UTF-8 with BOM; rows of ids, question texts and ImportId JSON; responses."""
    finished, recorded = wave.finished or "Finished", wave.answered_on or "RecordedDate"
    texts = {
        "StartDate": "Start Date", "EndDate": "End Date", "Status": "Response Type", "Progress": "Progress",
        "Duration (in seconds)": "Duration (in seconds)", finished: "Finished",
        recorded: "Recorded Date", "ResponseId": "Response ID", wave.person or "": "External Data Reference",
        "DistributionChannel": "Distribution Channel", "UserLanguage": "User Language",
    }  # fmt: skip
    imports = [{"ImportId": name[:1].lower() + name[1:]} for name in texts]
    rows: list[list[object]] = [
        [*texts, *map(_tag, asked)],
        [*texts.values(), *(question.text.replace(DASH, f"\n{DASH}") for question in asked)],
        [json.dumps(each) for each in (*imports, *({"ImportId": f"QID{q.block}_{q.number}"} for q in asked))],
    ]
    for place, row in enumerate(received.to_dict("records"), start=1):
        seconds = int((row["recorded"] - row["started"]).total_seconds())
        meta = [
            row["started"], row["recorded"], 0, row["progress"], seconds, int(row["finished"]),
            row["recorded"], f"R_{SYNTHETIC}{place:05d}", row["student_id"], SYNTHETIC.lower(), "EN-GB",
        ]  # fmt: skip
        codes = [_code(row[question.item]) for question in asked]
        rows.append([*meta, *_without(codes, bool(row["finished"]), SEEN_UNANSWERED)])
    return b"\xef\xbb\xbf" + _csv(rows)


def _labelled(received: pd.DataFrame, asked: list[Question], wave: Wave) -> bytes:
    """Return a CSV with one header row of question texts and the wording of each answer."""
    rows: list[list[object]] = [
        ["Unique response number", wave.person, wave.answered_on, wave.finished, *map(_heading, asked)]
    ]
    for place, row in enumerate(received.to_dict("records"), start=1):
        meta = [
            f"{SYNTHETIC}-{place:06d}",
            row["student_id"],
            row["recorded"],
            "Yes" if row["finished"] else "No",
        ]
        labels = [question.labels.get(_code(row[question.item]), "") for question in asked]
        rows.append([*meta, *_without(labels, bool(row["finished"]), DECLINED)])
    return _csv(rows)


def _sheet(received: pd.DataFrame, asked: list[Question], wave: Wave) -> bytes:
    """Return a workbook: ids as text, dates as dates, item ids as headings, numeric codes."""
    items = [question.item for question in asked]
    rows: list[list[object]] = [[wave.person, wave.answered_on, wave.finished, *items]]
    for row in received.to_dict("records"):
        codes = [None if pd.isna(row[item]) else int(row[item]) for item in items]
        rows.append([row["student_id"], row["recorded"].to_pydatetime(), bool(row["finished"]), *codes])
    return workbook(rows, title=SYNTHETIC)


def _registers(cohort: Cohort, loaded: Loaded) -> dict[str, bytes]:
    study = loaded.study
    eligible = _register(cohort.eligible, loaded)
    eligible.insert(1, "mentee", cohort.eligible["mentee"])
    files = {"eligible.csv": eligible}
    if study.register_ is not None:
        files[study.register_.file] = _register(cohort.people, loaded)
    if study.matches is not None:
        files[study.matches.file] = cohort.matches
    if study.engagement is not None:
        files[study.engagement.file] = cohort.engagement
    return {
        name: frame.assign(source=SYNTHETIC).to_csv(index=False, lineterminator="\n").encode()
        for name, frame in files.items()
    }


def _register(people: pd.DataFrame, loaded: Loaded) -> pd.DataFrame:
    """Return the register's columns: id, covariates, indicators as a student records office keeps them."""
    indicators = loaded.study.ses.indicators
    columns = {"student_id": people["student_id"]}
    columns |= {
        covariate.column: people[name].astype("string") for name, covariate in loaded.study.covariates.items()
    }
    recorded = people[list(indicators)].notna().any(axis=1)
    for name, indicator in indicators.items():
        values = people[name].astype("string")
        declined = values.isna() & recorded & (indicator.about == "person")
        columns[indicator.column] = values.mask(declined, DECLINED).fillna("")
    return pd.DataFrame(columns)


def _tag(question: Question) -> str:
    return f"Q{question.block}_{question.number}"


def _heading(question: Question) -> str:
    return f"{question.block}.{question.number}. {question.text}"


def _code(value: float) -> str:
    return "" if pd.isna(value) else str(int(value))


def _without(cells: list[str], finished: bool, seen: str) -> Iterator[str]:
    """Return the cells; an empty one becomes ``seen`` where the response was finished, not broken off."""
    return (cell or (seen if finished else "") for cell in cells)


def _csv(rows: Iterable[Iterable[object]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()

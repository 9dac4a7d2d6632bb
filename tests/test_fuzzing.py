"""A few damaged exports in every run of the tests; and the proof that the fuzzer and its parser can fail."""

from __future__ import annotations

import csv
import io
import os
import time

import numpy as np
import pytest
from fuzz_mutations import made, sound
from fuzz_reference import meant
from fuzz_seeds import SEEDS, people
from fuzzing import ACCEPTED, DIED, DIFFERENT, FAULTS, HANG, LEAK, REFUSED, TRACE, judge, leaks, main, results
from hypothesis import given
from hypothesis import strategies as st
from strict_parser import NotStrict, csv_rows, parse

from outcomes.clean import Cleaned, clean
from outcomes.errors import DataError, in_file

NUMBER, SEED = 150, 20_261_124


def test_damaged_exports_are_refused_in_sentences_or_read_alike():
    judged = list(results(NUMBER, SEED))
    assert sorted(number for number, _, _ in judged) == list(range(NUMBER))
    assert [found for found in judged if found[2].word in FAULTS] == []
    assert {verdict.word for _, _, verdict in judged} >= {ACCEPTED, REFUSED}


@pytest.mark.parametrize("name", SEEDS)
def test_a_sound_export_is_accepted_and_read_as_the_strict_parser_reads_it(name):
    case = sound(name)
    verdict = judge(case.seed, case.content)
    assert (verdict.word, verdict.detail) == ("accepted", "")


def test_a_case_is_the_same_bytes_whenever_it_is_made():
    before = [made(number, SEED) for number in range(60)]
    time.sleep(1.1)
    assert [made(number, SEED) for number in range(60)] == before
    assert {case.seed.form for case in before} == {"csv", "xlsx", "sav", "dta", "parquet"}


# Readers with a fault.


def changed(change) -> object:
    """A reader whose tables are changed after the work."""

    def reader(files, part):
        found = clean(files, part)
        tables = {name: frame.copy() for name, frame in found.tables.items()}
        change(tables)
        return Cleaned(tables, found.warnings, found.files)

    return reader


def swap_two_answers(tables):
    answers = tables["answers"]
    answers.loc[[0, 1], "q1"] = answers.loc[[1, 0], "q1"].to_numpy()


def swap_two_people(tables):
    answers = tables["answers"]
    answers.loc[[0, 1], "person"] = answers.loc[[1, 0], "person"].to_numpy()


def another_day(tables):
    tables["answers"].loc[3, "answered_on"] = "2025-10-05"


def an_answer_from_nowhere(tables):
    answers = tables["answers"]
    answers.loc[answers.index[answers["q2"].isna()][0], "q2"] = 3.0


def lose_a_row(tables):
    tables["answers"] = tables["answers"].drop(index=0)
    tables["links"] = tables["links"].drop(index=0)


def leave_out_a_row_for_no_reason(tables):
    lose_a_row(tables)
    line = {"file": "data/raw/fuzz/start.csv", "row": 2, "rule": "no answers"}
    tables["ledger"] = tables["ledger"].reindex(range(len(tables["ledger"]) + 1))
    tables["ledger"].loc[len(tables["ledger"]) - 1, list(line)] = list(line.values())


@pytest.mark.parametrize(
    "change",
    [
        swap_two_answers,
        swap_two_people,
        another_day,
        an_answer_from_nowhere,
        lose_a_row,
        leave_out_a_row_for_no_reason,
    ],
)
def test_a_reader_that_reads_otherwise_is_caught(change):
    case = sound("csv")
    assert judge(case.seed, case.content, changed(change)).word == DIFFERENT


def unforeseen(files, part):
    raise KeyError("q1")


def talkative(files, part):
    raise DataError([in_file("x", "start.csv", f"'{people()[3][1:8].upper()}'", "y", "z")])


def sleepy(files, part):
    time.sleep(60)


def hungry(files, part):
    return np.ones(3 * 2**27).sum()


def fatal(files, part):
    os._exit(3)


def test_a_reader_that_fails_is_caught():
    case = sound("csv")
    assert judge(case.seed, case.content, unforeseen).word == TRACE
    assert "KeyError at test_fuzzing.py" in judge(case.seed, case.content, unforeseen).detail


def test_a_reader_that_tells_a_part_of_an_id_is_caught():
    case = sound("csv")
    assert judge(case.seed, case.content, talkative).word == LEAK
    assert not leaks(("start.csv: 12 rows",))


@pytest.mark.parametrize(("reader", "word"), [(sleepy, HANG), (hungry, TRACE), (fatal, DIED)])
def test_a_reader_that_never_ends_or_takes_all_memory_or_dies_is_caught(reader, word):
    judged = list(results(3, SEED, reader, workers=2, seconds=1.5))
    assert sorted(number for number, _, _ in judged) == [0, 1, 2]
    assert {verdict.word for _, _, verdict in judged} == {word}


def test_a_kept_file_is_judged_again(tmp_path, capsys):
    kept = tmp_path / "csv-000001.csv"
    kept.write_bytes(sound("csv").content)
    assert main(["--replay", str(kept)]) == 0
    assert capsys.readouterr().out.startswith("accepted")


def test_the_table_counts_each_file_and_a_fault_ends_with_1(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("fuzzing.judge", lambda *_: judge(sound("csv").seed, b"", unforeseen))
    assert main(["--number", "5", "--seed", "1", "--workers", "1", "--out", str(tmp_path)]) == 1
    said = capsys.readouterr()
    assert "| all | 5 | 0 | 0 | 0 | 5 |" in said.out
    assert said.err.count("KeyError") == 5
    assert len(list(tmp_path.iterdir())) == 5


# The strict parser.


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        (b"a,b\n1,2\n", [["a", "b"], ["1", "2"]]),
        (b"\xef\xbb\xbfa,b\r\n1,2", [["a", "b"], ["1", "2"]]),
        (b"a,b\r1,2\r", [["a", "b"], ["1", "2"]]),
        (b"a\n\n1\n", [["a"], [], ["1"]]),
        (b'"a,\r\nb""",\n', [['a,\r\nb"', ""]]),
        (b'"",""', [["", ""]]),
        (b'a\n""\n', [["a"], [""]]),
        (b",\n", [["", ""]]),
        (b" a , b", [[" a ", " b"]]),
    ],
)
def test_csv_is_read_by_the_rules(content, rows):
    assert csv_rows(content) == rows


@pytest.mark.parametrize(
    "content", [b'a"b\n', b'"a"b\n', b'"a', b"a\0b", b"\xff\xfea\0", b"caf\xe9", b'a,"b\n1,2\n']
)
def test_what_is_not_strictly_csv_is_refused(content):
    with pytest.raises(NotStrict):
        csv_rows(content)


@pytest.mark.parametrize("content", [b"", b"a,b\n1\n", b"a,b\n1,2,3\n"])
def test_rows_of_another_width_and_no_header_are_refused(content):
    with pytest.raises(NotStrict):
        parse(content, "csv")


CELLS = st.text(st.sampled_from('a1 ,;"\r\n\t\u00e9\u201d'), max_size=6)


ROWS = st.lists(st.lists(CELLS, min_size=2, max_size=4), min_size=1, max_size=5)


@given(ROWS, st.sampled_from(["\n", "\r\n", "\r"]))
def test_what_the_csv_module_writes_is_read_back(rows, end):
    csv.writer(held := io.StringIO(), lineterminator=end, quoting=csv.QUOTE_ALL).writerows(rows)
    assert csv_rows(held.getvalue().encode()) == rows


@pytest.mark.parametrize("form", ["xlsx", "dta", "sav", "parquet"])
def test_each_format_holds_what_was_written(form):
    seed = SEEDS[form]
    table = parse(sound(form).content, form)
    assert list(table.column(seed.id).values()) == people()
    assert table.column(seed.day)[2] == "2025-10-01"


def test_what_nothing_declares_means_nothing():
    seed = SEEDS["qualtrics"]
    assert meant("11", seed) == meant(" 11.0", seed) == 1
    assert np.isnan(meant("-99", seed))
    for cell in ("1", "16", "1e1", "eleven", "1,1", "\u0661\u0661"):
        with pytest.raises(NotStrict):
            meant(cell, seed)

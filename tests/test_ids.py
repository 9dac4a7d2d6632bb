"""Ids are text in one spelling; what can't be an id is named by its rows, and alike ids are told as pairs."""

from __future__ import annotations

import re
import unicodedata

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from table import table

from outcomes.clean.cells import Place
from outcomes.clean.ids import IdReading, is_test_comment, lost_zeros, read_ids, twins
from outcomes.clean.twins import _ALIKE
from outcomes.study.sources import Identity

PLACE = Place("data/raw/six/start.csv", "code")
FREE, SHAPED = Identity(), Identity(shape="AA-9999")
GUESSING = Identity(shape="AA-9999", lookalikes=True)


def read(*cells: str | None, identity: Identity = FREE, missing: tuple[str, ...] = ()) -> IdReading:
    """The reading of a column whose first cell stands in row 2."""
    column = pd.Series(pd.Categorical(cells), index=pd.RangeIndex(2, 2 + len(cells)))
    return read_ids(column, identity, PLACE, missing=missing)


def value(cell: str, identity: Identity = FREE) -> str:
    return read(cell, identity=identity).values.iloc[0]


def codes(*cells: str | None, identity: Identity = FREE) -> dict[str, tuple[int, ...]]:
    """Code of each problem to its rows."""
    return {problem.code: problem.rows for problem in read(*cells, identity=identity).problems}


SPELLINGS = """
    typed       | read    | rule                    | of the shape
    KL-5770     | KL-5770 |                         | yes
    KL 5770     | KL-5770 | id written in its shape | yes
    KL_5770     | KL-5770 | id written in its shape | yes
    KL5770      | KL-5770 | id written in its shape | yes
    k l-57 70   | KL-5770 | id written in its shape | yes
    kl-5770     | KL-5770 | id written in its shape | yes
    KL{EN}5770  | KL-5770 | id written in its shape | yes
    KL{EM}5770  | KL-5770 | id written in its shape | yes
    KL{MINUS}5770 | KL-5770 | id written in its shape | yes
    KL-577      | KL-577  |                         | no
    kl-577      | KL-577  | id in capitals          | no
    KL-57700    | KL-57700 |                        | no
    K1-5770     | K1-5770 |                         | no
    HA-O579     | HA-O579 |                         | no
"""


def test_a_shape_sets_case_and_separators_right_and_leaves_what_does_not_fit():
    drawn = table(SPELLINGS.format(EN="\u2013", EM="\u2014", MINUS="\u2212"))
    reading = read(*drawn["typed"], identity=SHAPED)
    assert reading.values.tolist() == drawn["read"].tolist()
    assert reading.changed.fillna("").tolist() == drawn["rule"].tolist()
    assert reading.fits.tolist() == (drawn["of the shape"] == "yes").tolist()


@pytest.mark.parametrize(
    ("typed", "code"),
    [("HA-O579", "HA-0579"), ("ha-l5i9", "HA-1519"), ("HA-0L1O", "HA-0110"), ("io-1234", "IO-1234")],
)
def test_letters_are_read_as_digits_only_where_a_digit_belongs_and_only_if_declared(typed, code):
    assert value(typed, GUESSING) == code
    assert read(typed, identity=GUESSING).fits.all()
    assert bool(read(typed, identity=SHAPED).fits.iloc[0]) == (typed.upper() == code)


@pytest.mark.parametrize(
    "typed",
    ["KL-577\u0660", "\u039aL-5770", "\u041aL-5770", "\uff2bL-5770", "KL-577\uff10", "KL-57\u200b70",
     "K\u017f-5770", "K\u0131-5770", "\ufb01-5770"],
)  # fmt: skip
def test_no_other_alphabet_and_no_unseen_sign_has_the_shape(typed):
    reading = read(typed, identity=GUESSING)
    assert not reading.fits.iloc[0]
    assert reading.problems


@given(st.from_regex(r"[A-Z]{2}[0-9]{4}", fullmatch=True), st.data())
def test_every_spelling_of_a_shaped_id_is_the_same_id_and_reading_it_again_changes_nothing(bare, data):
    between = st.text("- _–\u00a0", max_size=2)  # noqa: RUF001
    typed = "".join(data.draw(between) + data.draw(st.sampled_from([x, x.lower()])) for x in bare)
    assert value(typed, SHAPED) == f"{bare[:2]}-{bare[2:]}"
    assert value(value(typed, SHAPED), SHAPED) == value(typed, SHAPED)


def test_without_a_shape_ids_are_text_trimmed_in_nfc_and_as_typed():
    cells = ("007", " 7 ", "\ufeffS7\u00a0", "e\u0301va", "ab", "AB")
    reading = read(*cells)
    assert reading.values.tolist() == ["007", "7", "S7", "\u00e9va", "ab", "AB"]
    assert reading.changed.fillna("").tolist() == [
        "", "blanks trimmed", "blanks trimmed", "Unicode form", "", "",
    ]  # fmt: skip
    assert reading.fits.all()
    assert str(reading.values.dtype) == "string"


@given(st.lists(st.text(max_size=6) | st.none(), min_size=1, max_size=8))
def test_any_text_is_read_row_by_row(cells):
    together = read(*cells)
    alone = [read(cell) for cell in cells]
    assert together.values.index.tolist() == list(range(2, 2 + len(cells)))
    for row, one in zip(together.values.index, alone, strict=True):
        assert together.values.fillna("?")[row] == one.values.fillna("?").iloc[0]
        assert together.changed.fillna("?")[row] == one.changed.fillna("?").iloc[0]


def test_values_that_no_row_has_are_not_read():
    column = pd.Series(
        pd.Categorical(["M1", "1234567890123450", "NA", "1234567890123456"]), index=[2, 3, 4, 5]
    )
    assert not read_ids(column.iloc[:1], FREE, PLACE).problems
    assert [problem.rows for problem in read_ids(column.iloc[:2], FREE, PLACE).problems] == [(3,)]


BAD = [
    ("id-blank", ["", "  ", None, "\u200b"]),
    ("id-number-word", ["NA", "None", "null", "nan", "NaN", "n/a", "#N/A", "-", "?", "inf"]),
    ("id-excel", ["1.2E+07", "1,2e+07", "1E5", "1e+05", "100000.0", "7,0", "01-Feb", "2-Mar", "Feb-01",
                  "1-February-2026", "Mar-99", "2026-02-01", "2026-02-01 00:00:00", "01/02/2026", "1.2.26",
                  "#REF!", "#VALUE!", "1234567890123450", "12345678901234500000"]),
    ("id-invisible", ["M\u200b1", "M\u202e1", "M\u00a01", "M\u00011", "M\ufe0f1", "M\u00ad1", "M\u31641",
                      "M\t1"]),
]  # fmt: skip


@pytest.mark.parametrize(("code", "cell"), [(code, cell) for code, cells in BAD for cell in cells])
def test_what_can_not_be_an_id_is_named_by_its_row(code, cell):
    assert codes("M7", cell, "M8") == {code: (3,)}


@pytest.mark.parametrize(
    "cell",
    ["007", "12345678", "S220007", "E5", "12E", "A1E5", "NAN1", "Nona", "3-Marks", "M-1", "99-99-99", "1.25",
     "maria", "R_3xGpJZShvm4nz8q", "731204-735469-13885415", "O'Neil-7"],
)  # fmt: skip
def test_what_may_be_an_id_is_left_alone(cell):
    assert codes("M7", cell) == {}


def test_a_declared_shape_says_that_ids_do_look_like_numbers_words_or_days():
    assert codes("1E5", "2E9", identity=Identity(shape="9A9")) == {}
    assert codes("NA", "MK", identity=Identity(shape="AA")) == {}
    assert codes("01-Feb", identity=Identity(shape="99-AAA")) == {}


def test_long_numbers_are_damaged_only_if_all_of_them_end_in_the_zeros_that_excel_writes():
    assert codes("1234567890123450", "1234567890123456") == {}
    assert codes("1234567890123450", "9234567890123450", "77") == {"id-excel": (2, 3)}
    assert codes("1234567890123450", identity=Identity(shape="9" * 16)) == {"id-excel": (2,)}


def test_what_is_not_of_the_shape_is_a_warning_with_its_rows():
    (problem,) = read("KL-5770", "ZP-744", "asdf", identity=SHAPED).problems
    assert (problem.code, problem.rows, problem.severity) == ("id-shape", (3, 4), "warning")


def test_ids_of_those_who_tried_the_survey_are_marked_and_left_to_the_study():
    cells = ("TEST", "test123", "Preview", "demo-1", " dummy ", "testament", "contest", "TE-5700")
    reading = read(*cells)
    assert reading.is_test.tolist() == [True] * 5 + [False] * 3
    assert not reading.problems
    (refused,) = reading.problems_among(reading.values.index[1:3])
    assert (refused.code, refused.rows) == ("id-test", (3, 4))


def test_only_problems_of_the_rows_asked_for_are_told():
    reading = read("", "M1", "", "NA")
    assert [problem.rows for problem in reading.problems_among(pd.Index([3, 4]))] == [(4,)]
    assert not reading.problems_among(pd.Index([2, 3]), but=("id-blank",))


def test_a_word_that_the_study_lists_as_missing_is_no_id():
    reading = read("NA", "M1", missing=("NA",))
    assert reading.values.isna().tolist() == [True, False]
    assert [problem.code for problem in reading.problems] == ["id-blank"]


def test_no_id_stands_in_a_problem():
    cells = ("SECRET\u200b1", "ZQX-9E", "41E7", "WXYZ", "")
    for identity in (FREE, SHAPED):
        text = "\n".join(map(str, read(*cells, identity=identity).problems))
        assert text
        assert not re.search("SECRET|ZQX|41E7|WXYZ", text, re.IGNORECASE)


@pytest.mark.parametrize(
    ("text", "says"),
    [("This is a test", True), ("TESTING!", True), ("preview only", True), ("(test)", True),
     ("the fastest", False), ("attested", False), ("testament", False), ("contest", False), ("", False)],
)  # fmt: skip
def test_a_comment_says_test_only_as_a_word_of_its_own(text, says):
    column = pd.Series(pd.Categorical([text, None]), index=[5, 9])
    assert is_test_comment(column).to_dict() == {5: says, 9: False}


def ids(**files: list[str | None]) -> dict[str, tuple[str, pd.Series]]:
    """The ids of files as `twins` takes them; the first stands in row 2."""
    return {
        f"{name}.csv": ("id", pd.Series(cells, dtype="string", index=range(2, 2 + len(cells))))
        for name, cells in files.items()
    }


@pytest.mark.parametrize(
    ("one", "other", "by"),
    [
        ("ab12", "AB12", "capital and small"),
        ("straße", "STRASSE", "capital and small"),
        ("\u00e9va", "e\u0301va", "Unicode form"),
        ("M1", "\uff2d1", "Unicode form"),
        ("M 1", "M\u00a01", "Unicode form"),
        ("M1", "M\u200b1", "can't be seen"),
        ("M1", "\u041c1", "alphabets that look alike"),
        ("M1", "\u039c1", "alphabets that look alike"),
        ("xpo", "\u0445\u0440\u043e", "alphabets that look alike"),
        ("\u041211", "\u043211", "capital and small"),
        ("m1", "\u041c1", "several of"),
    ],
)
def test_ids_that_differ_by_what_nobody_sees_are_twins(one, other, by):
    for files in (ids(start=["Q1", one, other]), ids(start=[None, one], end=["Q2", "Q3", other])):
        (problem,) = twins(files)
        assert problem.code == "id-twins"
        assert problem.is_error
        assert by in problem.found
        assert one not in str(problem)
        assert other not in str(problem)


def test_twins_are_told_as_pairs_of_rows_over_all_files():
    (problem,) = twins(ids(start=["ab1", "M2"], end=["M2", None, "AB1"], later=["Ab1"]))
    assert (problem.file, problem.rows) == ("start.csv", (2,))
    assert "end.csv row 4, later.csv row 2" in problem.found


@pytest.mark.parametrize("other", ["AO1", "A0l", "A-01", "A1O", "B01", "A010"])
def test_ids_that_may_be_two_people_are_no_twins(other):
    assert not twins(ids(start=["A01"], end=[other, "A01"]))


def test_many_twins_of_the_same_kind_are_one_problem():
    few, many = [f"a{n}" for n in range(10)], [f"a{n}" for n in range(11)]
    assert len(twins(ids(start=few, end=[one.upper() for one in few]))) == 10
    (problem,) = twins(ids(start=many, end=[one.upper() for one in many]))
    assert "11 groups" in problem.found
    assert len(problem.rows) == 11


def test_a_chain_of_alike_ids_is_one_group():
    # Greek small nu looks like v, its capital like N; all are told together.
    assert len(twins(ids(start=["\u03bd7", "\u039d7", "v7", "N7"]))) == 1


def test_every_look_alike_is_a_greek_or_cyrillic_letter_of_the_same_case_or_form():
    for point, letter in _ALIKE.items():
        name = unicodedata.name(chr(point))
        assert name.split()[0] in ("GREEK", "CYRILLIC")
        assert str(letter).isascii()
        assert chr(point).isupper() == str(letter).isupper() or letter == "b"


def test_numbers_that_meet_without_their_leading_zeros_are_a_warning_in_the_file_that_lost_them():
    (problem,) = lost_zeros(ids(start=["0012345", "0200000", "M1"], end=["12345", "200000", "777", "0"]))
    assert (problem.code, problem.severity, problem.file) == ("id-zeros", "warning", "end.csv")
    assert problem.rows == (2, 3)
    assert not lost_zeros(ids(start=["00"], end=["0"]))
    assert not lost_zeros(ids(start=["0012345", "00A1"], end=["0012345", "12346", "A1", "00"]))

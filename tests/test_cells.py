"""What cells mean: exactly what was declared; each change has its rule, the rest is named by row."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outcomes.clean import cells
from outcomes.clean.cells import Place, Reading
from outcomes.clean.codebook import ItemColumn, read_codebook
from outcomes.clean.text import fold, tidy
from outcomes.study import Answers

PLACE = Place("start.csv", "q1")
WHOLE = Answers(low=1, high=5)
POINTS = Answers(low=200, high=900, whole=False)
CALM = Answers(
    low=1,
    high=4,
    labels={"1": "Not at all", "2": "Don\u2019t know, really", "3": "Tr\u00e8s bien", "4": "Very much so"},
)


def entry(answers: Answers) -> ItemColumn:
    """The column of an item without a codebook."""
    return read_codebook(None, "", {"start": {"q1": answers}})[0]["start"]["q1"]


def column(*given: str | None) -> pd.Series:
    """Cells of a column whose first row is the spreadsheet's row 2."""
    index = pd.RangeIndex(2, 2 + len(given), name="row").astype("int64")
    return pd.Series(given, index=index, dtype="string").astype("category")


def read(*given: str | None, of: Answers | ItemColumn = WHOLE, **said) -> Reading:
    """The reading of a column, the empty cell being no answer."""
    options = {"answers_as": "codes", "decimal": ".", "missing": [""], "out_of_range": "refuse"} | said
    item = entry(of) if isinstance(of, Answers) else of
    return cells.codes(column(*given), item, place=PLACE, **options)


def codes_of(reading: Reading) -> list[str]:
    """The problems of a reading: E- or W- and the code."""
    return [problem.label for problem in reading.problems]


def changes(reading: Reading) -> list[tuple[int, str, str, str]]:
    """Row, before, after and rule of each changed cell."""
    return [tuple(line) for line in reading.changes.itertuples(index=False)]


@pytest.mark.parametrize("cell", ["1", "5"])
def test_a_code_in_its_plain_form_is_read_and_nothing_is_said(cell):
    reading = read(cell, "", None)
    assert reading.values.dtype == "float64"
    assert reading.values.iloc[0] == float(cell)
    assert reading.values.iloc[1:].isna().all()
    assert not reading.problems
    assert reading.changes.empty


@pytest.mark.parametrize(
    ("cell", "decimal", "rule"),
    [
        ("+3", ".", "number written otherwise"),
        ("3.0", ".", "number written otherwise"),
        ("03", ".", "number written otherwise"),
        ("3,0", ",", "number written otherwise"),
        ("3.0", ",", "number written otherwise"),
        (" 3 ", ".", "blanks trimmed"),
        ("3\u00a0", ".", "blanks trimmed"),
        ("3\u200b", ".", "blanks trimmed"),
    ],
)
def test_a_code_in_another_form_is_read_and_in_the_ledger(cell, decimal, rule):
    reading = read("1", cell, decimal=decimal)
    assert reading.values.tolist() == [1.0, 3.0]
    assert not reading.problems
    assert changes(reading) == [(3, cell, "3", rule)]


@pytest.mark.parametrize(
    ("code", "given"),
    [
        ("not-allowed", ["0", "6", "-1", "3.5", "1 2", "1e0", "1E0", "0x1", "1_0", "=3", ".5", "5."]),
        ("not-allowed", ["½", "Agree", "TRUE", "true", "Yes", "n", "7", "44"]),
        ("date-in-scale", ["01-Feb", "2-Mar", "Feb-01", "1. Feb", "2026-02-01", "45000"]),
        ("date-in-scale", ["2026-02-01 00:00:00", "01/02/2026", "2026-02-01T00:00:00", "01-Feb-26"]),
        ("excel-error", ["#REF!", "#N/A", "#DIV/0!", "#NAME?", "#VALUE!", "#NUM!", "#NULL!", "####"]),
        ("missing-code", ["99", "-99", "-9", "999", "77", "88", "66", "97", "98", "99.0"]),
        ("missing-code", ["NA", "N/A", "n/a", "None", "null", "-"]),
        ("other-digits", ["\u0663", "\uff13", "1\u00a02", "\u00b3", "\u22121", "1\u200b2"]),
        ("not-finite", ["inf", "-inf", "Infinity", "nan", "NaN", "1e309", "9" * 400]),
        ("decimal-comma", ["2,5", "3,0"]),
        ("thousands", ["1,234", "1 234", "1'234.5"]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("answers_as", ["codes", "labels", "either"])
@pytest.mark.parametrize("out_of_range", ["refuse", "missing"])
def test_what_is_no_answer_is_refused_under_its_own_name(code, given, answers_as, out_of_range):
    for cell in given:
        reading = read("3", cell, answers_as=answers_as, out_of_range=out_of_range)
        assert reading.values.isna().tolist() == [False, True]
        if out_of_range == "missing" and cell in ("0", "6", "-1", "7", "44"):
            assert codes_of(reading) == ["W-outside-scale"]
            assert changes(reading) == [(3, cell, "", "outside the scale, taken as no answer")]
            continue
        (problem,) = reading.problems
        assert (problem.label, problem.rows) == (f"E-{code}", (3,)), cell
        assert problem.allowed == "whole numbers from 1 to 5"
        assert problem.where == "start.csv, column q1, row 3"
        assert reading.changes.empty


@pytest.mark.parametrize("cell", ["447", "447.25", "200"])
def test_an_answer_in_points_may_have_decimals(cell):
    reading = read(cell, of=POINTS)
    assert reading.values.tolist() == [float(cell)]
    assert not reading.problems


def test_a_decimal_comma_is_read_where_it_is_declared_and_no_change():
    reading = read("447,25", "1.234", "447.5", of=POINTS, decimal=",")
    assert reading.values.tolist()[::2] == [447.25, 447.5]
    assert [(p.code, p.rows) for p in reading.problems] == [("thousands", (3,))]
    assert changes(reading) == [(4, "447.5", "447.5", "number written otherwise")] or reading.changes.empty


@pytest.mark.parametrize("cell", ["199.9", "900.1", "4e2", "inf", "4,5", "4 50", "٤٥٠"])
def test_an_answer_in_points_is_a_plain_number_within_its_range(cell):
    assert read(cell, of=POINTS).problems


def test_an_empty_cell_is_no_answer_only_where_the_study_says_so():
    (problem,) = read("1", "", " ", None, missing=[]).problems
    assert (problem.code, problem.rows) == ("empty-cell", (3, 4, 5))
    reading = read("1", " ")
    assert not reading.problems
    assert changes(reading) == [(3, " ", "", "blanks trimmed")]


def test_declared_cells_are_no_answer_in_whichever_form_and_each_is_in_the_ledger():
    reading = read("-99", "-99.0", " refused", "REFUSED", "", "2", missing=["", "-99", "refused"])
    assert reading.values.tolist()[5:] == [2.0]
    assert reading.values[:5].isna().all()
    assert [(row, after, rule) for row, _, after, rule in changes(reading)] == [
        (row, "", "declared as no answer") for row in (2, 3, 4, 5)
    ]
    assert codes_of(reading) == ["W-label-variant"]
    assert "'REFUSED' (1)" in reading.problems[0].found


def test_labels_are_read_as_codes():
    reading = read("Not at all", "Tr\u00e8s bien", "", of=CALM, answers_as="labels")
    assert reading.values.tolist()[:2] == [1.0, 3.0]
    assert not reading.problems
    assert reading.changes.empty


@pytest.mark.parametrize(
    ("cell", "code", "rule"),
    [
        ("not at all", 1, "wording variant"),
        ("Not  at\u00a0all", 1, "wording variant"),
        ("  Not at all", 1, "blanks trimmed"),
        ("Don't know, really", 2, "wording variant"),
        ("Tre\u0300s bien", 3, "Unicode form"),
    ],
)
@pytest.mark.parametrize("answers_as", ["labels", "either"])
def test_a_label_written_otherwise_is_read_with_a_warning(cell, code, rule, answers_as):
    reading = read("Very much so", cell, cell, of=CALM, answers_as=answers_as)
    assert reading.values.tolist() == [4.0, code, code]
    (problem,) = reading.problems
    assert (problem.label, problem.rows) == ("W-label-variant", (3, 4))
    assert "(2)" in problem.found
    assert changes(reading) == [(row, cell, str(code), rule) for row in (3, 4)]


@pytest.mark.parametrize("cell", ["Not at all.", "Tres bien", "Notat all", "Not at al"])
def test_a_misspelt_label_is_refused_with_the_nearest(cell):
    (problem,) = read("Very much so", cell, of=CALM, answers_as="labels").problems
    assert (problem.label, problem.rows) == ("E-not-allowed", (3,))
    assert problem.mend.startswith("did you mean '")
    assert f"'{cell}'" in problem.found


def test_a_label_that_fits_two_when_folded_is_refused():
    two = Answers(low=1, high=2, labels={"1": "Yes!", "2": "YES!"})
    assert read("yes!", of=two, answers_as="labels").values.isna().all()
    assert read("YES!", of=two, answers_as="labels").values.tolist() == [2.0]


def test_a_column_in_both_forms_is_read_where_that_is_declared():
    reading = read(
        "1", "2", "3", "4", "Not at all", "2 - don't know, really", "Very much so (4)", "VERY MUCH SO",
        of=CALM, answers_as="either",
    )  # fmt: skip
    assert reading.values.tolist() == [1, 2, 3, 4, 1, 2, 4, 4]
    assert [line[3] for line in changes(reading)] == [
        "wording read as a code", "code with wording", "code with wording", "wording read as a code",
    ]  # fmt: skip
    reading = read("Not at all", "Very much so", "2", of=CALM, answers_as="either")
    assert changes(reading) == [(4, "2", "2", "code read in a column of wording")]


@pytest.mark.parametrize("cell", ["2 - Very much so", "Not at all (4)", "7 - Not at all", "99 - Not at all"])
def test_a_code_beside_the_wording_of_another_is_refused(cell):
    (problem,) = read("1", cell, of=CALM, answers_as="either").problems
    assert (problem.code, problem.rows) == ("code-not-wording", (3,))


def test_a_code_beside_a_wording_that_both_mean_no_answer_is_none():
    reading = read(
        "1", "99 - prefer not to say", of=CALM, answers_as="either", missing=["99", "Prefer not to say"]
    )
    assert changes(reading) == [(3, "99 - prefer not to say", "", "declared as no answer")]


@pytest.mark.parametrize(
    ("answers_as", "given", "said", "mend"),
    [
        ("codes", ["Not at all", None, "Very much so"], "the wording of answers", "`answers_as: labels`"),
        ("labels", ["1", "3", None], "codes", "`answers_as: codes`"),
        ("codes", ["1", "Not at all", "2 - Very much so", "3"], "code beside", "which of the two"),
        ("codes", ["1", "Not at all", "2"], "the wording of answers", "`answers_as: either`"),
        ("labels", ["Not at all", "2"], "codes", "`answers_as: either`"),
        ("codes", ["1 - Not at all", "4 - Very much so"], "the wording of answers", "`answers_as: either`"),
    ],
)
def test_answers_in_the_other_form_are_one_problem_that_says_what_to_declare(answers_as, given, said, mend):
    problem = read(*given, of=CALM, answers_as=answers_as).problems[0]
    assert said in problem.found
    assert mend in problem.mend


def test_a_truth_value_says_that_answers_as_or_the_codebook_must_name_it():
    for cell in ("TRUE", "false", "Yes"):
        (problem,) = read("1", cell).problems
        assert "answers_as" in problem.mend
        assert "codebook" in problem.mend


def test_codes_outside_the_scale_are_counted_and_listed_where_they_are_declared_missing():
    reading = read(*"12341234", "7", "33", of=CALM, out_of_range="missing")
    assert reading.values.tolist()[:8] == [1, 2, 3, 4] * 2
    (problem,) = reading.problems
    assert (problem.label, problem.rows) == ("W-outside-scale", (10, 11))
    assert "'7' (1)" in problem.found
    assert [line[2:] for line in changes(reading)] == [("", "outside the scale, taken as no answer")] * 2


def test_missing_looking_codes_fractions_dates_and_text_are_never_just_outside_the_scale():
    for cell in ("99", "-99", "3.5", "01-Feb", "45000", "what?"):
        assert [p.severity for p in read("1", cell, of=CALM, out_of_range="missing").problems] == ["error"]


@pytest.mark.parametrize(("out_of_range", "code"), [("missing", "recode-history"), ("refuse", "not-allowed")])
def test_codes_of_the_editing_history_are_an_error_that_says_so(out_of_range, code):
    reading = read(*["1", "2", "4", "7"] * 5, of=CALM, out_of_range=out_of_range)
    (problem,) = reading.problems
    assert (problem.label, len(problem.rows)) == (f"E-{code}", 5)
    assert "history of editing" in problem.mend
    assert reading.changes.empty


def test_a_codebook_recodes_and_the_ledger_says_so():
    recoded = replace(entry(CALM), codes={"1": 1.0, "2": 2.0, "4": 3.0, "7": 4.0}, missing=frozenset(["8"]))
    reading = read("1", "4", "7", "8", of=recoded)
    assert reading.values.tolist()[:3] == [1, 3, 4]
    assert changes(reading) == [
        (3, "4", "3", "recoded by the codebook"),
        (4, "7", "4", "recoded by the codebook"),
        (5, "8", "", "declared as no answer"),
    ]
    (problem,) = read("1", "3", of=recoded).problems
    assert problem.allowed == "1, 2, 4, 7"


@pytest.mark.parametrize(
    "cell",
    [
        "S240017",
        "240017",
        "jo.bloggs",
        "Jo Bloggs",
        "I was ill, sorry",
        "jo@uni.example",
        "07700 900123",
        "x" * 60,
        "12/03/2004",
    ],
)
def test_an_id_or_free_text_in_a_closed_question_is_not_repeated(cell):
    for reading in (
        read(cell),
        read(cell, out_of_range="missing"),
        read(cell, of=CALM, answers_as="labels"),
        cells.categories(column(cell), {"yes": "low", "no": "high"}, missing=[], place=PLACE),
        cells.numbers(column(cell), decimal=".", missing=[], place=PLACE, most=5),
    ):
        assert reading.problems
        for problem in reading.problems:
            assert "row 2" in str(problem)
            assert cell not in str(problem)


def test_words_that_several_people_gave_are_shown():
    assert read(*["Not applicable"] * 3).problems[0].found == "'Not applicable'"
    assert read(*["Not applicable"] * 2).problems[0].found == "text of 14 characters"
    assert read(*["S240017 x"] * 3).problems[0].found == "text of 9 characters"


def test_a_wrong_column_is_one_problem_and_repeats_nothing():
    (problem,) = [
        one for one in read(*(f"Q{n}" for n in range(100, 160))).problems if one.code == "not-allowed"
    ]
    assert problem.found == "60 different values that are not allowed"
    assert problem.where.endswith("rows 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13 and 48 more")
    assert len(problem.rows) == 60
    assert "right column" in problem.mend


def test_all_problems_of_a_column_are_found_in_one_pass():
    reading = read("1", "6", "#REF!", "NA", "01-Feb", "2,5", "inf", "٣", "1,234", "")
    assert {problem.code for problem in reading.problems} == {
        "not-allowed", "excel-error", "missing-code", "date-in-scale", "decimal-comma", "not-finite",
        "other-digits", "thousands",
    }  # fmt: skip


SES = {"yes": "low", "no": "high", "1": "low", "2": "high"}


def test_categories_are_read_with_the_same_care():
    given = column("yes", "no", "YES", " no", "2.0", "refused", "", "1")
    reading = cells.categories(given, SES, missing=["", "refused"], place=PLACE)
    assert reading.values.dtype == "string"
    assert reading.values.tolist()[:5] == ["low", "high", "low", "high", "high"]
    assert reading.values.isna().tolist() == [False] * 5 + [True, True, False]
    assert codes_of(reading) == ["W-label-variant"]
    assert changes(reading) == [
        (4, "YES", "yes", "wording variant"),
        (5, " no", "no", "blanks trimmed"),
        (6, "2.0", "2", "number written otherwise"),
        (7, "refused", "", "declared as no answer"),
    ]


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("lo", "unknown-label"), ("yess", "unknown-label"), ("3", "unknown-label"), ("NA", "missing-code"),
        ("None", "missing-code"), ("nan", "missing-code"), ("-99", "missing-code"), ("#N/A", "excel-error"),
        ("01-Feb", "date-in-scale"), ("", "empty-cell"), ("\uff11", "other-digits"),
    ],
)  # fmt: skip
def test_a_category_that_is_not_declared_is_refused(cell, code):
    reading = cells.categories(column("yes", cell), SES, missing=[], place=PLACE)
    assert [(problem.label, problem.rows) for problem in reading.problems] == [(f"E-{code}", (3,))]


def test_an_unknown_category_comes_with_the_nearest():
    (problem,) = cells.categories(
        column("lo"), {"low": "low", "high": "high"}, missing=[], place=PLACE
    ).problems
    assert problem.mend == "did you mean 'low'?"


def test_a_number_as_a_category_is_its_text_however_the_export_writes_it():
    for cell in ("0", "0.0", "00"):
        values = cells.categories(column(cell), {"0": "no", "1": "yes"}, missing=[], place=PLACE).values
        assert values.tolist() == ["no"]


@pytest.mark.parametrize("cell", ["0", "1.5", "007", "1234"])
def test_hours_are_numbers(cell):
    reading = cells.numbers(column(cell), decimal=".", missing=[""], place=PLACE)
    assert reading.values.tolist() == [float(cell)]
    assert not reading.problems


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("-1", "not-allowed"), ("1,5", "decimal-comma"), ("1h", "not-allowed"), ("inf", "not-finite"),
        ("nan", "not-finite"), ("9" * 400, "not-finite"), ("\u0661", "other-digits"), ("", "empty-cell"),
        ("-99", "missing-code"), ("1,234", "thousands"), ("#VALUE!", "excel-error"), ("NA", "missing-code"),
        ("23.", "not-allowed"), ("18 years", "not-allowed"),
    ],
)  # fmt: skip
def test_what_is_no_number_of_hours_is_refused(cell, code):
    reading = cells.numbers(column(cell), decimal=".", missing=[], place=PLACE)
    assert codes_of(reading) == [f"E-{code}"]
    assert reading.values.isna().all()


def test_unit_words_may_stand_behind_a_number():
    given = column("18 years", "23yrs", "23.", " 23", "19", "7 Years.", "years", "8 months", "3 4 years")
    reading = cells.numbers(given, decimal=".", missing=[], place=PLACE, unit_words=["years", "yrs"])
    assert reading.values.tolist()[:6] == [18, 23, 23, 23, 19, 7]
    assert [problem.rows for problem in reading.problems] == [(8,), (9,), (10,)]
    assert [line[0] for line in changes(reading)] == [2, 3, 4, 5, 7]


def test_numbers_keep_to_their_bounds():
    reading = cells.numbers(
        column("16", "15.9", "100.1", "999"), decimal=".", missing=[], place=PLACE, least=16, most=100
    )
    assert reading.values.isna().tolist() == [False, True, True, True]
    assert sorted(codes_of(reading)) == ["E-missing-code", "E-not-allowed", "E-not-allowed"]
    assert reading.problems[0].allowed.endswith("16 to 100")


def test_words_are_tidied_and_free_text_is_never_shown():
    reading = cells.words(
        column(" Bank ", "Cafe\u0301", "refused", None), missing=["", "refused"], place=PLACE
    )
    assert reading.values.tolist()[:2] == ["Bank", "Caf\u00e9"]
    assert reading.values.isna().tolist() == [False, False, True, True]
    assert [line[3] for line in changes(reading)] == [
        "blanks trimmed",
        "Unicode form",
        "declared as no answer",
    ]


def test_each_asks_once_for_a_distinct_value():
    asked = []
    found = cells.each(
        pd.Series([1.0, 2.0, np.nan, 1.0], index=[5, 6, 7, 8]), lambda n: asked.append(n) or f"{n}", "string"
    )
    assert asked == [1.0, 2.0]
    assert found.index.tolist() == [5, 6, 7, 8]
    assert found.isna().tolist() == [False, False, True, False]


def test_plain_cells_are_trimmed_and_of_one_unicode_form():
    given = column(" a", "a", "e\u0301\u200b", "\ufeff\u00e9\u00a0", "x y", "")
    assert cells.plain(given).tolist() == ["a", "a", "\u00e9", "\u00e9", "x y", ""]
    assert isinstance(cells.plain(given).dtype, pd.CategoricalDtype)
    assert cells.plain(given).index.equals(given.index)


def test_rows_that_were_left_out_have_no_problems():
    assert not read("1", "2").problems
    item = entry(WHOLE)
    held = column("1", "nonsense").loc[[2]]
    options = {"answers_as": "codes", "decimal": ".", "missing": [], "out_of_range": "refuse"}
    assert not cells.codes(held, item, place=PLACE, **options).problems


def test_a_million_rows_cost_what_their_distinct_cells_cost():
    many = pd.Series(pd.Categorical.from_codes(np.arange(1_000_000) % 4, ["1", "2", "3.0", "6"]))
    options = {"answers_as": "codes", "decimal": ".", "missing": [], "out_of_range": "refuse"}
    reading = cells.codes(many, entry(WHOLE), place=PLACE, **options)
    assert reading.values.notna().sum() == 750_000
    assert len(reading.changes) == 250_000
    assert len(reading.problems) == 1


@pytest.mark.parametrize("text", ["", " ", "a b", "\u00a0x\u200b", "x\u00a0y", "A\u2019s \u2013 B"])
def test_tidy_and_fold_settle(text):
    assert tidy(tidy(text)) == tidy(text)
    assert fold(fold(text)) == fold(text)


@given(
    st.lists(st.none() | st.text(max_size=12), max_size=8),
    st.sampled_from([WHOLE, POINTS, CALM]),
    st.sampled_from(["codes", "labels", "either"]),
    st.sampled_from(["refuse", "missing"]),
    st.sampled_from([".", ","]),
)
def test_every_cell_is_read_or_changed_or_named_by_its_row(
    given_cells, answers, answers_as, out_of_range, decimal
):
    reading = read(
        *given_cells, of=answers, answers_as=answers_as, out_of_range=out_of_range, decimal=decimal
    )
    assert reading.values.dropna().between(answers.low, answers.high).all()
    assert reading.values.index.tolist() == list(range(2, 2 + len(given_cells)))
    wrong = {row for problem in reading.problems if problem.is_error for row in problem.rows}
    emptied = set(reading.changes.loc[reading.changes["after"] == "", "row"])
    blank = {row for row, cell in enumerate(given_cells, 2) if not tidy(cell or "")}
    assert set(reading.values.index[reading.values.isna()]) == wrong | emptied | blank
    assert not wrong & set(reading.changes["row"])


def test_a_cell_with_an_error_is_not_among_the_changes():
    reading = read("1", " Not at all", of=CALM)
    assert codes_of(reading)[0] == "E-wrong-form"
    assert reading.changes.empty


def test_a_few_codes_outside_the_scale_among_many_answers_are_slips():
    reading = read(*["1", "2", "3", "4"] * 30, *["7"] * 5, of=CALM, out_of_range="missing")
    assert codes_of(reading) == ["W-outside-scale"]


def test_a_recoded_cell_stays_recoded_in_a_column_of_wording():
    recoded = replace(entry(CALM), codes={"1": 1.0, "7": 4.0})
    reading = read("Not at all", "Not at all", "7", of=recoded, answers_as="either")
    assert changes(reading) == [(4, "7", "4", "recoded by the codebook")]


def test_a_wording_that_is_a_number_is_a_wording_where_labels_are_declared():
    turned = Answers(low=1, high=2, labels={"1": "10", "2": "1"})
    assert read("1", "10", of=turned, answers_as="labels").values.tolist() == [2, 1]
    assert read("1", "2", of=turned).values.tolist() == [1, 2]

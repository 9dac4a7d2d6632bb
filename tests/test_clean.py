"""Who answered what, when; nothing lost, nothing silent: by hand on six mentees and on random cohorts."""

from __future__ import annotations

import pandas as pd
import pytest
import tiny
from clean_example import FILES, LAST, NO_REGISTER, START, cleaned, part, problems
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from table import table

from outcomes.tables import RESTRICTED

LABELS = "answers: {low: 1, high: 5, labels: {1: Never, 2: Rarely, 3: Sometimes, 4: Often, 5: Always}}"


def drawn(frame: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """A table's columns as text, empty where a cell is missing, to compare with a drawn one."""
    shown = frame[list(columns)].astype("object")
    shown = shown.where(shown.notna(), "")
    return shown.map(lambda cell: f"{cell:g}" if isinstance(cell, float) else str(cell)).astype("string")


def same(frame: pd.DataFrame, text: str) -> None:
    expected = table(text)
    pd.testing.assert_frame_equal(drawn(frame, *expected.columns).reset_index(drop=True), expected)


def test_the_tables_are_the_declared_ones():
    made = cleaned()
    assert list(made) == [name for name, declared in RESTRICTED.items() if declared.stage == "clean"]


def test_people_by_hand():
    same(
        cleaned()["people"],
        """
        person | cohort | ses     | in_population | fsm  | gender
        M1     | 2024   | low     | True          | low  | woman
        M2     | 2024   | high    | True          | high | man
        M3     | 2024   | low     | True          | low  | man
        M4     | 2024   | unknown | True          |      | woman
        M5     | 2023   | high    | True          | high | woman
        M6     | 2023   | high    | True          | high |
        """,
    )


def test_answers_by_hand():
    same(
        cleaned()["answers"],
        """
        person | wave  | answered_on | q1 | q2 | q3
        M1     | start | 2025-10-01  | 1  | 5  | 2
        M2     | start | 2025-10-01  | 2  | 4  |
        M3     | start | 2025-10-02  | 3  |    |
        M4     | start | 2025-10-03  | 4  | 2  | 4
        M1     | end   | 2026-05-01  | 3  | 3  | 4
        M3     | end   | 2026-05-04  | 5  | 1  | 5
        M4     | end   | 2026-05-03  | 4  | 2  | 4
        M6     | end   | 2026-07-01  | 1  | 1  | 1
        """,
    )


def test_matches_and_engagement_by_hand():
    made = cleaned()
    same(
        made["matches"],
        """
        person | mentor | from       | to         | age
        M1     | A      | 2025-11-01 | 2026-05-01 | 40
        M2     | A      | 2025-11-01 |            | 40
        M4     | B      | 2025-11-02 |            |
        """,
    )
    same(
        made["engagement"],
        """
        person | kind     | on         | hours
        M1     | workshop | 2025-12-01 | 1.5
        M1     | bursary  | 2025-12-02 |
        M6     | meeting  | 2026-01-10 | 2
        """,
    )


def test_the_ledger_by_hand_holds_each_row_left_out_and_each_cell_changed():
    same(
        cleaned()["ledger"],
        """
        file                      | wave  | row | column     | before  | after | rule
        data/raw/six/register.csv |       | 5   | fsm        | refused |       | declared as no answer
        data/raw/six/register.csv |       | 7   | gender     | refused |       | declared as no answer
        data/raw/six/start.csv    | start | 6   |            |         |       | no answers
        data/raw/six/start.csv    | start | 7   |            |         |       | not in the register
        data/raw/six/start.csv    | start | 6   | q2         | -99     |       | declared as no answer
        data/raw/six/start.csv    | start | 3   | q3         | -99     |       | declared as no answer
        data/raw/six/end.csv      | end   | 3   |            |         |       | duplicate, last kept
        data/raw/six/end.csv      | end   | 5   |            |         |       | identical duplicate
        data/raw/six/matches.csv  |       | 5   |            |         |       | not in the register
        data/raw/six/matches.csv  |       | 4   | mentor age | refused |       | declared as no answer
        """,
    )


def test_rows_by_hand_are_all_rows_of_each_file():
    same(
        cleaned()["rows"],
        """
        file                      | wave  | reason               | n
        data/raw/six/register.csv |       | used                 | 6
        data/raw/six/start.csv    | start | used                 | 4
        data/raw/six/start.csv    | start | no answers           | 1
        data/raw/six/start.csv    | start | not in the register  | 1
        data/raw/six/end.csv      | end   | used                 | 4
        data/raw/six/end.csv      | end   | duplicate, last kept | 1
        data/raw/six/end.csv      | end   | identical duplicate  | 1
        data/raw/six/matches.csv  |       | used                 | 3
        data/raw/six/matches.csv  |       | not in the register  | 1
        data/raw/six/log.csv      |       | used                 | 3
        """,
    )


def test_participation_by_hand():
    same(
        cleaned()["participation"],
        """
        step           | label                                | group   | n
        registered     | In the register                      | low     | 2
        registered     | In the register                      | high    | 3
        registered     | In the register                      | unknown | 1
        matched        | Matched with a mentor                | low     | 1
        matched        | Matched with a mentor                | high    | 1
        matched        | Matched with a mentor                | unknown | 1
        active         | Took part in an activity             | low     | 1
        active         | Took part in an activity             | high    | 1
        active         | Took part in an activity             | unknown | 0
        answered_start | Answered: Start                      | low     | 2
        answered_start | Answered: Start                      | high    | 1
        answered_start | Answered: Start                      | unknown | 1
        answered_end   | Answered: End                        | low     | 2
        answered_end   | Answered: End                        | high    | 1
        answered_end   | Answered: End                        | unknown | 1
        linked         | Answered the first wave and a later one | low     | 2
        linked         | Answered the first wave and a later one | high    | 0
        linked         | Answered the first wave and a later one | unknown | 1
        """,
    )


def test_where_ses_must_be_known_the_others_are_counted_and_go_no_further():
    made = cleaned(study=part({**LAST, "outcomes:\n": "population: ses_known\noutcomes:\n"}))
    assert made["people"].loc[~made["people"]["in_population"], "person"].tolist() == ["M4"]
    steps = made["participation"].pivot_table(index="step", columns="group", values="n", sort=False)
    assert steps.loc["outside"].to_dict() == {"low": 0, "high": 0, "unknown": 1}
    assert steps.loc["population"].to_dict() == {"low": 2, "high": 3, "unknown": 0}
    assert steps.loc["answered_start"].to_dict() == {"low": 2, "high": 1, "unknown": 0}


def kept(rule: str, end: str) -> dict[str, str]:
    """The rows of the last wave that a rule leaves out, with the reason."""
    study = part({"waves:\n": f"responses: {{duplicates: {rule}}}\nwaves:\n"})
    ledger = cleaned({"end.csv": end}, study)["ledger"]
    out = ledger[ledger["column"].isna() & (ledger["wave"] == "end")]
    return dict(zip(out["row"], out["rule"], strict=True))


TWICE = """
    id | day        | done | q1 | q2 | q3
    M1 | 2026-05-03 | Yes  | 1  | 1  | 1
    M1 | 2026-05-01 | Yes  | 2  | 2  |
    M1 |            | Yes  | 3  | 3  | 3
    M1 | 2026-05-03 | Yes  | 4  |    |
    M2 | 2026-05-01 | Yes  | 2  | 2  | 2
"""


@pytest.mark.parametrize(("rule", "stays"), [("first", 4), ("last", 5), ("most_complete", 2)])
def test_of_different_responses_the_rule_keeps_one(rule, stays):
    """Row 4 has no day and counts as the earliest; of rows 2 and 5, of one day, row 5 is the later."""
    assert kept(rule, TWICE) == {
        row: f"duplicate, {rule.replace('_', ' ')} kept" for row in {2, 3, 4, 5} - {stays}
    }


def test_an_earlier_response_that_is_repeated_later_is_the_last_one():
    again = """
        id | day        | done | q1 | q2 | q3
        M1 | 2026-05-01 | Yes  | 1  | 1  | 1
        M1 | 2026-05-02 | Yes  | 2  | 2  | 2
        M1 | 2026-05-03 | Yes  | 1  | 1  | 1
    """
    assert kept("last", again) == {2: "identical duplicate", 3: "duplicate, last kept"}


@pytest.mark.parametrize("rule", ["refuse", "first", "last", "most_complete"])
def test_identical_responses_need_no_rule(rule):
    same_twice = "\n".join(line for line in FILES["end.csv"].splitlines() if "M3" not in line)
    assert list(kept(rule, same_twice).values()) == ["identical duplicate"]


def test_different_responses_are_refused_where_no_rule_is_declared():
    (sentence,) = problems(study=part({}))
    assert sentence.startswith(
        "data/raw/six/end.csv, column id, rows 3, 4: found the same person with different"
    )
    assert "M3" not in sentence


def test_partial_and_late_responses_go_where_the_study_says_so():
    strict = part(
        {"waves:\n": "responses: {duplicates: last, partial: leave_out, late: leave_out}\nwaves:\n"}
    )
    rows = cleaned(study=strict)["rows"].set_index(["wave", "reason"])["n"]
    assert rows["start"].to_dict() == {
        "used": 3,
        "not finished": 1,
        "no answers": 1,
        "not in the register": 1,
    }
    late = {"not finished": 1, "identical duplicate": 1, "after the wave closed": 1}
    assert rows["end"].to_dict() == {"used": 3, **late}


def test_the_day_on_which_a_wave_closes_is_in_time():
    strict = part(
        {"waves:\n": "responses: {duplicates: last, late: leave_out}\nwaves:\n", "2026-06-30": "2026-07-01"}
    )
    assert "after the wave closed" not in cleaned(study=strict)["rows"]["reason"].tolist()


def test_without_a_register_the_people_are_those_of_any_wave_and_the_baseline_says_who_they_are():
    """M1 is taken from the response that is used, M2 from one that is not, M4 and M6 are not there."""
    made = cleaned({"start.csv": START}, part(NO_REGISTER))
    same(
        made["people"],
        """
        person | cohort | ses     | fsm  | gender
        M1     |        | high    | high | woman
        M2     |        | low     | low  | man
        M3     |        | unknown |      | man
        M4     |        | unknown |      |
        M6     |        | unknown |      |
        """,
    )
    assert made["participation"]["label"].iloc[0] == "In any wave"
    ledger = made["ledger"]
    assert ledger.loc[ledger["file"] == "data/raw/six/matches.csv", "rule"].tolist()[0] == "in no wave"


def test_the_codebook_maps_labels_and_columns_wave_by_wave():
    changes = {
        "waves:\n": "codebook: codebook.csv\nwaves:\n",
        "file: end.csv": "file: end.csv, answers_as: labels",
    }
    labelled = part(changes, tiny.INSTRUMENT.replace("answers: {low: 1, high: 5}", LABELS))
    files = {
        "codebook.csv": "wave | column          | item\nend | How calm are you? | q1\nend | q1 | q2",
        "end.csv": """
            id | day        | done | How calm are you? | q1    | q3
            M1 | 2026-05-01 | Yes  | Often             | Never | Always
        """,
    }
    answers = cleaned(files, labelled)["answers"]
    same(answers[answers["wave"] == "end"], "person | q1 | q2 | q3\nM1 | 4 | 1 | 5")
    assert answers.loc[answers["wave"] == "start", "q1"].tolist() == [1, 2, 3, 4]


PERSON = st.sampled_from(["M1", "M2", "M3", "X9", "M 4"])
CELL = st.sampled_from(["1", "5", "", "-99", "refused"])
DAY = st.sampled_from(["2025-10-01", "2025-12-01", "2026-08-01", ""])
RESPONSE = st.tuples(PERSON, DAY, st.sampled_from(["Yes", "No", ""]), CELL, CELL, CELL)
WAVE = st.lists(RESPONSE, max_size=12).map(lambda rows: [("M1", "2025-10-01", "Yes", "1", "1", "1"), *rows])
RULES = st.tuples(
    st.sampled_from(["first", "last", "most_complete"]), *[st.sampled_from(["keep", "leave_out"])] * 2
)


def written(rows: list[tuple[str, ...]]) -> bytes:
    return pd.DataFrame(rows, columns=["id", "day", "done", "q1", "q2", "q3"]).to_csv(index=False).encode()


@settings(deadline=None, max_examples=40)
@given(start=WAVE, end=WAVE, rules=RULES)
def test_rows_in_are_rows_used_plus_rows_left_out_by_reason(start, end, rules):
    duplicates, partial, late = rules
    declared = f"responses: {{duplicates: {duplicates}, partial: {partial}, late: {late}}}\nwaves:\n"
    assume(start != end)
    made = cleaned({"start.csv": written(start), "end.csv": written(end)}, part({"waves:\n": declared}))
    ledger, answers = made["ledger"], made["answers"]
    out = ledger[ledger["column"].isna()]
    for name, given_rows in (("start", start), ("end", end)):
        by_reason = made["rows"][made["rows"]["wave"] == name].set_index("reason")["n"]
        assert by_reason.sum() == len(given_rows)
        assert by_reason.get("used", 0) == (answers["wave"] == name).sum()
        left = out[out["wave"] == name]
        assert left["rule"].value_counts().to_dict() == by_reason.drop("used", errors="ignore").to_dict()
        assert left["row"].is_unique
        assert left["row"].between(2, len(given_rows) + 1).all()
        used = [row for n, row in enumerate(given_rows, start=2) if n not in set(left["row"])]
        expected = [[float(cell) if cell in ("1", "5") else None for cell in row[3:]] for row in used]
        found = answers[answers["wave"] == name]
        assert found["person"].tolist() == [row[0] for row in used]
        assert (
            found[["q1", "q2", "q3"]]
            .astype("object")
            .where(found[["q1", "q2", "q3"]].notna(), None)
            .to_numpy()
            .tolist()
            == expected
        )
        changed = ledger[ledger["column"].notna() & (ledger["wave"] == name)]
        assert len(changed) == sum(cell in ("-99", "refused") for row in given_rows for cell in row[3:])
    assert not answers.duplicated(["person", "wave"]).any()
    assert set(answers["person"]) <= {"M1", "M2", "M3"}


def test_the_order_of_rows_changes_no_answer():
    def turned(name: str) -> bytes:
        return table(FILES[name]).iloc[::-1].to_csv(index=False).encode()

    made, other = cleaned(), cleaned({name: turned(name) for name in FILES})
    for name in ("people", "answers", "matches", "engagement"):
        key = list(made[name].columns)
        ordered = [frame[name].sort_values(key, ignore_index=True) for frame in (made, other)]
        pd.testing.assert_frame_equal(*ordered)
    pd.testing.assert_frame_equal(made["participation"], other["participation"])

"""Two messy exports equal their answer key: every row left out, cell changed, id, date, group and link."""

from __future__ import annotations

from collections import Counter

import messy_sai
import numpy as np
import pandas as pd
import pytest
from messy_sai import FILES, FOLDER, ITEMS, cleaned, key, records, response

WAVES = list(FILES)
REASONS = {
    "survey_preview": "survey preview",
    "test_response": "test response",
    "no_consent": "no consent",
    "no_item_answered": "no answers",
    "exact_duplicate_row": "identical duplicate",
}
REPEATED = ("repeat_less_complete", "repeat_earlier")
RULES = {
    "out_of_range": {"outside the scale, taken as no answer"},
    "prefer_not_to_say": {"declared as no answer"},
    "label_in_number_column": {"wording read as a code", "code with wording", "wording variant"},
    "decimal_text": {"number written otherwise", "blanks trimmed"},
    "label_variant": {"wording variant", "blanks trimmed"},
    "number_in_label_column": {"code read in a column of wording"},
}
EXACT = ("Somewhat",)
"""The key lists one cell as a variant that the corruption left as it was: nothing was changed there."""
FLAGS = {
    "partial_kept": "partial",
    "straight_line": "straight line",
    "speeder_under_40s": "fast",
    "end_before_start": "ended before it began",
}


def lines(wave: str) -> pd.DataFrame:
    """The ledger of a wave."""
    ledger = cleaned().tables["ledger"]
    return ledger[ledger["wave"] == wave]


def used(wave: str) -> pd.DataFrame:
    """The links of a wave: one row a response that is used, with its response number."""
    links = cleaned().tables["links"]
    links = links[links["wave"] == wave]
    return links.assign(response=response(wave, links["row"]))


@pytest.mark.parametrize("wave", WAVES)
def test_the_rows_left_out_are_those_of_the_key_and_for_its_reasons(wave):
    truth, out = key()["waves"][wave], lines(wave)
    out = out[out["column"].isna()]
    for name, rule in REASONS.items():
        rows = out.loc[out["rule"] == rule, "row"]
        assert Counter(response(wave, rows)) == Counter(
            entry["response_id"] for entry in truth["dropped"].get(name, [])
        ), name
    repeated = [entry["response_id"] for name in REPEATED for entry in truth["dropped"][name]]
    rows = out.loc[out["rule"] == "duplicate, most complete kept", "row"]
    assert Counter(response(wave, rows)) == Counter(repeated)
    assert len(out) == truth["n_dropped"]
    assert len(used(wave)) == truth["rows_after_cleaning"]
    rows = cleaned().tables["rows"]
    assert rows.loc[rows["wave"] == wave, "n"].sum() == truth["raw_rows"]
    kept = set(used(wave)["response"])
    assert {entry["kept"] for name in REPEATED for entry in truth["dropped"][name]} <= kept


@pytest.mark.parametrize("wave", WAVES)
def test_every_cell_changed_is_in_the_key_and_the_other_way_round(wave):
    truth, changed = key()["waves"][wave]["cells"], lines(wave)
    columns = {entry["column"]: entry["item"] for entry in codes_book(wave)}
    changed = changed[changed["column"].isin(list(columns)) & changed["row"].isin(used(wave)["row"])]
    found = {
        (number, columns[column], before, "" if pd.isna(after) else after): rule
        for number, (column, before, after, rule) in zip(
            response(wave, changed["row"]),
            changed[["column", "before", "after", "rule"]].itertuples(index=False, name=None),
            strict=True,
        )
    }
    expected = {
        (entry["response_id"], entry["item"], entry["as_entered"], shown(entry["clean"])): name
        for name in truth
        if name != "age"
        for entry in truth[name]
        if name != "label_variant" or entry["as_entered"] not in EXACT
    }
    assert set(found) == set(expected)
    assert not [cell for cell, name in expected.items() if found[cell] not in RULES[name]]


@pytest.mark.parametrize("wave", WAVES)
def test_every_answer_equals_the_truth(wave):
    truth = pd.read_csv(FOLDER / "truth" / f"{wave}_clean.csv", dtype={"response_id": "string"})
    answers = cleaned().tables["answers"]
    answers = answers[answers["wave"] == wave]
    expected = truth.set_index("response_id").loc[used(wave)["response"].tolist()]
    np.testing.assert_array_equal(answers[ITEMS].to_numpy(), expected[ITEMS].to_numpy(dtype="float64"))
    assert answers["answered_on"].tolist() == expected["start"].str[:10].tolist()


@pytest.mark.parametrize("wave", WAVES)
def test_ids_are_the_clean_ones(wave):
    truth = pd.read_csv(FOLDER / "truth" / f"{wave}_clean.csv", dtype="string", keep_default_na=False)
    clean_ids = truth.set_index("response_id")["id_clean"]
    mine = used(wave)
    blank = mine["how"] == "no id"
    assert set(mine.loc[blank, "response"]) == {
        entry["response_id"] for entry in key()["waves"][wave]["ids"]["blank"]
    }
    named = mine[~blank]
    assert named["person"].tolist() == clean_ids.loc[named["response"]].tolist()
    changed = lines(wave)
    changed = changed[changed["rule"].isin(["id written in its shape", "blanks trimmed"])]
    changed = changed[(changed["column"] == id_column(wave)) & changed["row"].isin(mine["row"])]
    assert set(zip(response(wave, changed["row"]), changed["before"], changed["after"], strict=True)) == {
        (entry["response_id"], entry["as_entered"], entry["code"])
        for entry in key()["waves"][wave]["ids"]["normalisable"]
    }


@pytest.mark.parametrize("wave", WAVES)
def test_dates_in_four_forms_are_read_to_the_minute(wave):
    changed = lines(wave)
    column = "StartDate" if wave == "wave1" else "Start date"
    changed = changed[(changed["column"] == column) & changed["row"].isin(used(wave)["row"])]
    found = {
        number: (before, after[:16])
        for number, before, after in zip(
            response(wave, changed["row"]), changed["before"], changed["after"], strict=True
        )
    }
    truth = {
        entry["response_id"]: (entry["as_entered"], entry["start_iso_minute"])
        for entry in key()["waves"][wave]["dates"]
    }
    written = records(wave).set_index(messy_sai.RESPONSE[wave])[column]
    assert {number: found.get(number, (written[number], written[number][:16].replace(" ", "T")))
            for number in truth} == truth  # fmt: skip


def test_groups_and_ages_equal_the_truth():
    truth = pd.read_csv(FOLDER / "truth" / "wave1_clean.csv", dtype="string", keep_default_na=False)
    truth = truth.set_index("response_id")
    mine = used("wave1")
    people = cleaned().tables["people"].set_index("person").loc[mine["person"]]
    group = {"yes": "low", "no": "high", "": "unknown"}
    assert people["ses"].tolist() == truth.loc[mine["response"], "group"].map(group).tolist()
    age = pd.to_numeric(truth.loc[mine["response"], "age"].replace("", None)).astype("Float64")
    expected = age.map(lambda years: "under 21" if years < 21 else "21 and over", na_action="ignore")
    assert people["age"].fillna("").tolist() == expected.astype("string").fillna("").tolist()
    changed = lines("wave1")
    changed = changed[(changed["column"] == "Q21") & changed["row"].isin(mine["row"])]
    found = {
        (number, before, "" if pd.isna(after) else after)
        for number, before, after in zip(
            response("wave1", changed["row"]), changed["before"], changed["after"], strict=True
        )
    }
    assert found == {
        (entry["response_id"], entry["as_entered"], shown(entry["clean"]))
        for entry in key()["waves"]["wave1"]["cells"]["age"]
    }


def test_links_are_those_of_the_key_and_near_matches_wait_for_review():
    truth, links = key()["linking"]["wave1->wave2"], used("wave2")
    assert (links["how"] == "exact").sum() == truth["linked_after_normalisation"]
    assert (links["how"] == "no id").sum() == truth["blank_in_wave2"]
    assert (links["how"] == "alone").sum() == truth["in_wave2_not_in_wave1"]
    assert not (links["how"] == "near").any()
    review = cleaned().tables["review"]
    person = used("wave1").set_index("row")["person"]
    found = {
        (number, person[row])
        for number, row in zip(response("wave2", review["row"]), review["other_row"], strict=True)
    }
    assert found == {
        (entry["response_id"], entry["candidate"]) for entry in truth["unique_fuzzy_candidates_distance_1"]
    }
    assert set(review["other_wave"]) == {"wave1"}
    raw = {wave: records(wave)[id_column(wave)] for wave in WAVES}
    both = set(raw["wave1"].loc[used("wave1")["row"].astype(int)]) & set(
        raw["wave2"].loc[used("wave2")["row"].astype(int)]
    )
    assert len(both - {""}) == truth["linked_by_raw_exact_match_only"]


@pytest.mark.parametrize("wave", WAVES)
def test_flags_are_those_of_the_key(wave):
    flags = cleaned().tables["flags"]
    flags = flags[flags["wave"] == wave]
    for name, flag in FLAGS.items():
        rows = flags.loc[flags["flag"] == flag, "row"]
        assert set(response(wave, rows)) == {
            entry["response_id"] for entry in key()["waves"][wave]["flags"][name]
        }, name


def codes_book(wave: str) -> list[dict[str, str]]:
    book = pd.read_csv(
        FOLDER / FILES[wave].replace(".csv", "_codebook.csv"), dtype="string", keep_default_na=False
    )
    book = book[book["scale"] == "state_anxiety"].drop_duplicates(["column", "item"])
    return book[["column", "item"]].to_dict("records")


def id_column(wave: str) -> str:
    return "Q2" if wave == "wave1" else "2. Participant code"


def shown(value: object) -> str:
    return "" if value is None else f"{value:g}"

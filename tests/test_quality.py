"""Which responses look careless, and which items and scales don't behave: known answers, drawn as tables."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest
from table import table

from outcomes.clean import directions
from outcomes.clean.quality import careless, flags, warnings
from outcomes.study import Answers
from outcomes.study.sources import Responses
from outcomes.study.stages import Asked, Cleaning

FIVE = Answers(low=1, high=5)
FEW = {"calm": "q1 -q2 q3"}
LONG = {"mood": " ".join(f"m{n}" for n in range(1, 13))}


def study(
    scales: Mapping[str, str],
    waves: tuple[str, ...] = ("start",),
    answers: Mapping[str, Answers] | None = None,
    **responses: object,
) -> Cleaning:
    """A study with scales by name, each drawn as its items, a minus before the reversed ones."""
    asked = {
        name: Asked(
            items=tuple(item.lstrip("-") for item in items.split()),
            reversed=tuple(item[1:] for item in items.split() if item[0] == "-"),
            waves=waves,
        )
        for name, items in scales.items()
    }
    items = {item: (answers or {}).get(item, FIVE) for scale in asked.values() for item in scale.items}
    return Cleaning.model_construct(
        waves=dict.fromkeys(waves), scales=asked, items=dict.fromkeys(waves, items),
        responses=Responses.model_validate(responses),
    )  # fmt: skip


def drawn(text: str) -> pd.DataFrame:
    """The answers of a drawn table, its first row being row 2 of the spreadsheet; a blank is no answer."""
    cells = table(text)
    cells.index = pd.RangeIndex(2, 2 + len(cells))
    person = cells.pop("id")
    answers = cells.apply(lambda column: pd.to_numeric(column.mask(column == "")).astype("float64"))
    return answers.assign(person=person.mask(person == ""))


def vectors(*rows: str, scale: str = LONG["mood"]) -> pd.DataFrame:
    """Responses of different people, each the answers to the items as one word, a dot being none."""
    given = [[np.nan if cell == "." else float(cell) for cell in row] for row in rows]
    frame = pd.DataFrame(given, columns=scale.replace("-", "").split(), index=range(2, 2 + len(rows)))
    return frame.assign(person=pd.Series([f"p{n}" for n in range(len(rows))], frame.index, dtype="string"))


def times(*given: str, first: int = 2) -> pd.Series:
    found = pd.Series(given, index=range(first, first + len(given)), dtype="string")
    return found.mask(found == "")


def rows_of(found: pd.DataFrame, flag: str) -> list[int]:
    return found["row"][found["flag"] == flag].tolist()


def test_one_answer_throughout_a_scale_with_a_reversed_item_is_a_straight_line():
    answers = drawn("""
        id | q1 | q2 | q3
        a  | 4  | 4  | 4
        b  | 4  | 2  | 4
        c  | 4  | 4  |
        d  |    |    |
    """)
    found = flags(answers, study(FEW), "start")
    assert rows_of(found, "straight line") == [2]
    assert found.dtypes.astype(str).to_dict() == {"row": "int64", "flag": "string"}


def test_one_answer_throughout_a_short_scale_without_reversed_items_may_be_meant():
    answers = drawn("""
        id | q1 | q2 | q3
        a  | 5  | 5  | 5
    """)
    assert flags(answers, study({"calm": "q1 q2 q3"}), "start").empty


def test_one_answer_to_eight_items_is_a_straight_line_even_where_none_is_reversed():
    scale = "m1 m2 m3 m4 m5 m6 m7 m8"
    part = study({"mood": scale})
    assert rows_of(flags(vectors("33333333", "33333334", scale=scale), part, "start"), "straight line") == [2]
    seven = scale.removesuffix(" m8")
    assert flags(vectors("3333333", scale=seven), study({"mood": seven}), "start").empty


def test_items_that_two_scales_share_count_once_among_the_eight():
    part = study({"whole": "m1 m2 m3 m4 m5", "half": "m1 m2 m3 m4"})
    assert flags(vectors("33333", scale="m1 m2 m3 m4 m5"), part, "start").empty


def test_yes_throughout_a_list_of_yes_or_no_may_be_meant():
    scale = LONG["mood"]
    yes = dict.fromkeys(scale.split(), Answers(low=0, high=1))
    assert flags(vectors("1" * 12), study({"mood": scale}, answers=yes), "start").empty


def test_another_answer_in_another_scale_breaks_the_line_but_single_items_do_not():
    scales = {"calm": "q1 -q2 q3", "hope": "h1 h2 h3", "job": "j1"}
    answers = drawn("""
        id | q1 | q2 | q3 | h1 | h2 | h3 | j1
        a  | 4  | 4  | 4  | 4  | 4  | 4  | 1
        b  | 4  | 4  | 4  | 4  | 4  | 5  | 4
        c  | 4  | 4  | 4  | 4  |    |    | 1
        d  | 4  | 4  | 4  | 2  |    |    | 4
        e  | 4  | 4  | 4  | 5  | 5  | 5  | 4
    """)
    assert rows_of(flags(answers, study(scales), "start"), "straight line") == [2, 4]


def test_answers_of_different_ranges_are_not_compared():
    ten = dict.fromkeys(("h1", "h2", "h3"), Answers(low=0, high=10))
    scales = {"calm": "q1 -q2 q3", "hope": "h1 h2 h3"}
    answers = drawn("""
        id | q1 | q2 | q3 | h1 | h2 | h3
        a  | 5  | 5  | 5  | 10 | 10 | 10
        b  | 5  | 5  | 5  | 10 | 10 | 9
    """)
    assert rows_of(flags(answers, study(scales, answers=ten), "start"), "straight line") == [2]


def test_who_took_less_than_the_declared_seconds_is_fast():
    answers = vectors("...1........", "...1........", "...1........", "...1........", "...1........")
    part = study(LONG, least_seconds=40)
    seconds = pd.Series([39.9, 40.0, np.nan, np.nan, np.nan], index=range(2, 7))
    start = times("2026-01-01T10:00:00", "2026-01-01T10:00:00", "2026-01-01T23:59:50", "2026-01-01T10:00", "")
    end = times("2026-01-01T11:00:00", "2026-01-01T10:00:01", "2026-01-02T00:00:29", "2026-01-01T10:00", "")
    assert rows_of(flags(answers, part, "start", seconds=seconds, started=start, ended=end), "fast") == [2, 4]
    assert rows_of(flags(answers, part, "start", started=start, ended=end), "fast") == [3, 4]
    assert not rows_of(flags(answers, study(LONG), "start", seconds=seconds), "fast")


def test_times_that_are_all_to_the_minute_do_not_tell_who_was_fast():
    answers, part = vectors(*["...1........"] * 2), study(LONG, least_seconds=40)
    start = times("2026-01-01T10:00:00", "2026-01-01T10:00:00")
    end = times("2026-01-01T10:00:00", "2026-01-01T10:05:00")
    assert not rows_of(flags(answers, part, "start", started=start, ended=end), "fast")
    end = times("2026-01-01T10:00:00", "2026-01-01T10:05:01")
    assert rows_of(flags(answers, part, "start", started=start, ended=end), "fast") == [2]


def test_who_ended_before_the_start_is_flagged_and_not_called_fast():
    starts = ["2026-01-01T10:00:05", "2026-01-01T10:00:05", "2026-01-02", "2026-01-01", "2026-01-01T10:05"]
    ends = ["2026-01-01T10:00:04", "2026-01-01T10:00", "2026-01-01T23:00:00", "2026-01-01T09:00", ""]
    answers = vectors(*["...1........"] * 5)
    found = flags(answers, study(LONG, least_seconds=40), "start", started=times(*starts), ended=times(*ends))
    assert rows_of(found, "ended before it began") == [2, 4]
    assert not rows_of(found, "fast")


def test_two_people_with_the_same_answers_to_ten_items_are_flagged():
    alike, straight, two = "121343123215", "3" * 12, "121212121212"
    answers = vectors(alike, straight, two, alike, straight, two, "12134312321.", "12134312321.")
    assert rows_of(flags(answers, study(LONG), "start"), "same answers as another") == [2, 5]


def test_the_same_person_twice_is_no_copy_but_two_without_an_id_may_be():
    answers = vectors("121343123215", "121343123215", "221343123215", "221343123215")
    answers["person"] = pd.Series(["a", "a", pd.NA, pd.NA], index=answers.index, dtype="string")
    assert rows_of(flags(answers, study(LONG), "start"), "same answers as another") == [4, 5]


def test_nine_items_are_too_few_to_speak_of_a_copy():
    scale = "m1 m2 m3 m4 m5 m6 m7 m8 m9"
    answers = vectors("121343123", "121343123", scale=scale)
    assert flags(answers, study({"mood": scale}), "start").empty


def test_copies_are_found_across_chunks(monkeypatch):
    monkeypatch.setattr("outcomes.clean.quality.CHUNK", 3)
    rows = ["121343123215", "221343123215", "321343123215", "421343123215", "521343123215"]
    found = flags(vectors(*rows, "121343123214", *rows[:4]), study(LONG), "start")
    assert rows_of(found, "same answers as another") == [2, 3, 4, 5, 8, 9, 10, 11]


def test_partial_is_who_did_not_finish_by_the_exports_own_word():
    answers = vectors("1234........", "12341234123.", "............", "123412341234", "1...........")
    finished = pd.Series([False, True, False, False, pd.NA], index=answers.index, dtype="boolean")
    assert rows_of(flags(answers, study(LONG), "start", finished=finished), "partial") == [2, 5]
    end = times("2026-01-01", "", "", "2026-01-01", "")
    assert rows_of(flags(answers, study(LONG), "start", ended=end), "partial") == [3, 6]
    both = flags(answers, study(LONG), "start", finished=finished, ended=end)
    assert rows_of(both, "partial") == [2, 5, 6]


def test_where_the_export_says_nothing_partial_is_who_left_out_the_last_five():
    answers = vectors("1234123.....", "12341234....", "............", "......12....", ".......1.1..")
    assert rows_of(flags(answers, study(LONG), "start"), "partial") == [2]
    nobody = times("", "", "", "", "")
    assert rows_of(flags(answers, study(LONG), "start", ended=nobody), "partial") == [2]


def test_flags_are_named_by_row_and_never_by_person():
    answers = vectors("3" * 12, "121343123215", "121343123215", "1234123.....")
    part = study(LONG, straight_lines="leave_out")
    found = {"start": flags(answers, part, "start")}
    said = careless(found, part, {"start": ("start.csv", {})})
    assert [(one.code, one.rows, one.severity) for one in said] == [
        ("careless", (2,), "warning"), ("careless", (3, 4), "warning"), ("partial", (5,), "warning"),
    ]  # fmt: skip
    assert str(said[0]) == (
        "start.csv, row 2: found 1 response with one and the same answer throughout; allowed: answers that "
        "differ; nothing: they are left out, as the study file says."
    )
    assert "`responses: partial: leave_out`" in str(said[2])
    assert not any(person in " ".join(map(str, said)) for person in answers["person"])
    everything = warnings({"start": answers}, part, {"start": ("start.csv", {})}, found)
    assert everything[: len(said)] == said


def test_no_rows_have_no_flags():
    answers = vectors("1" * 12).head(0)
    assert flags(answers, study(LONG), "start").empty
    assert not warnings({"start": answers}, study(LONG), {"start": ("start.csv", {})})


# Items and scales.

FILES = {wave: (f"{wave}.csv", {"q1": "Q1 calm", "q2": "Q2 tense"}) for wave in ("start", "middle", "end")}
FOUR = {"calm": "q1 -q2 q3 q4"}


def sound(seed: int, n: int = 200, *, trait: np.ndarray | None = None, mean: float = 3.0) -> pd.DataFrame:
    """Answers from 1 to 5 of one trait, whose second item is worded the other way round."""
    random = np.random.default_rng(seed)
    trait = random.normal(size=n) if trait is None else trait
    scores = mean + 0.8 * trait[:, None] + random.normal(scale=0.7, size=(len(trait), 4))
    given = scores.round().clip(1, 5)
    given[:, 1] = 6 - given[:, 1]
    frame = pd.DataFrame(given, columns=["q1", "q2", "q3", "q4"], index=range(2, 2 + len(trait)))
    return frame.assign(person=pd.Series([f"p{n}" for n in range(len(trait))], frame.index, dtype="string"))


def said_of(
    answers: Mapping[str, pd.DataFrame], scales: Mapping[str, str] = FOUR
) -> list[tuple[str, str, str]]:
    """Code, file and column of the warnings."""
    found = warnings(answers, study(scales, tuple(answers)), FILES)
    assert all(problem.severity == "warning" for problem in found)
    return [(problem.code, problem.file, problem.column) for problem in found]


def test_sound_scales_are_passed_over():
    trait = np.random.default_rng(1).normal(size=300)
    for seed in range(20):
        assert not said_of(
            {"start": sound(seed, trait=trait), "end": sound(100 + seed, trait=trait, mean=3.4)}
        )


def test_an_item_that_all_answer_alike_is_named():
    answers = sound(1)
    assert said_of({"start": answers.assign(q1=4.0)}) == [("constant-item", "start.csv", "Q1 calm")]
    two = answers.head(2).assign(q1=4.0, q2=[1.0, 2.0], q3=[1.0, 2.0], q4=[1.0, 2.0])
    assert not said_of({"start": two})


def test_an_item_without_answers_is_named_and_a_scale_without_answers_once():
    answers = sound(1)
    assert said_of({"start": answers.assign(q2=np.nan)}) == [("empty-item", "start.csv", "Q2 tense")]
    assert said_of({"start": answers.drop(columns="q2")}) == [("empty-item", "start.csv", "Q2 tense")]
    empty = answers.assign(q1=np.nan, q2=np.nan, q3=np.nan, q4=np.nan)
    assert said_of({"start": answers, "end": empty}) == [("empty-scale", "end.csv", "")]


def test_an_undeclared_reversal_is_named_with_the_correlation_with_the_rest():
    answers = sound(3)
    scales = {"calm": "q1 q2 q3 q4"}
    (problem,) = warnings({"start": answers}, study(scales), FILES)
    rest = answers[["q1", "q3", "q4"]].sum(axis=1)
    r = np.corrcoef(answers["q2"], rest)[0, 1]
    assert (problem.code, problem.column) == ("reversed-item", "Q2 tense")
    assert f"item q2 against the rest of calm (correlation {r:.2f}, 200 people)" in problem.found
    assert r < -0.5


def test_the_correlation_is_of_the_people_who_answer_all_items():
    answers = sound(3)
    answers.loc[2:60, "q4"] = np.nan
    (problem,) = warnings({"start": answers}, study({"calm": "q1 q2 q3 q4"}), FILES)
    full = answers.dropna()
    r = np.corrcoef(full["q2"], full[["q1", "q3", "q4"]].sum(axis=1))[0, 1]
    assert f"(correlation {r:.2f}, {len(full)} people)" in problem.found
    answers.loc[2:173, "q4"] = np.nan
    assert answers.dropna().shape[0] == 28
    assert not said_of({"start": answers}, {"calm": "q1 q2 q3 q4"})


def test_chunks_do_not_change_a_correlation(monkeypatch):
    whole = warnings({"start": sound(3)}, study({"calm": "q1 q2 q3 q4"}), FILES)
    monkeypatch.setattr("outcomes.clean.directions.CHUNK", 7)
    assert warnings({"start": sound(3)}, study({"calm": "q1 q2 q3 q4"}), FILES) == whole


HALF = [f"i{n}" for n in range(20)]


def half_undeclared(seed: int) -> pd.DataFrame:
    """Answers to 20 items, every second of them worded the other way round."""
    random = np.random.default_rng(seed)
    trait = random.normal(size=300)[:, None]
    given = (3 + trait * np.tile([1, -1], 10) + random.normal(size=(300, 20))).round().clip(1, 5)
    return pd.DataFrame(given, columns=HALF, index=range(2, 302)).assign(person=None)


def test_half_a_scale_undeclared_is_found_though_its_items_cancel_each_other():
    answers = half_undeclared(5)
    plain = [answers[item].corr(answers[HALF].sum(axis=1) - answers[item]) for item in HALF]
    assert min(plain) > -0.3
    found = warnings({"start": answers}, study({"mood": " ".join(HALF)}), FILES)
    named = {problem.found.split()[1] for problem in found}
    assert named in ({*HALF[::2]}, {*HALF[1::2]})
    assert {problem.code for problem in found} == {"reversed-item"}


@pytest.mark.parametrize("seed", range(5))
def test_which_half_is_named_is_the_same_in_all_waves(seed):
    waves = {"start": half_undeclared(seed), "end": half_undeclared(10 + seed)}
    found = warnings(waves, study({"mood": " ".join(HALF)}, ("start", "end")), FILES)
    assert [(problem.code, problem.file) for problem in found] == [("reversed-item", "start.csv")] * 10


@pytest.mark.parametrize(("r", "is_below"), [(-0.361, True), (-0.360, False), (-1.0, True), (0.9, False)])
def test_the_upper_limit_is_fishers(r, is_below):
    """R 4.2: with n = 30, cor.test gives -0.3610 an upper limit of -0.0008, and -0.3600 one of 0.0003."""
    assert directions._below(r, 30, -0.2) is is_below


def test_a_weak_correlation_needs_no_word_however_many_there_are():
    assert not directions._below(-0.19, 1_000_000, -0.2)
    assert directions._below(-0.21, 1_000_000, -0.2)


def test_items_without_any_correlation_are_hardly_ever_named():
    random = np.random.default_rng(9)
    named = 0
    for _ in range(200):
        given = random.integers(1, 6, size=(40, 4)).astype(float)
        answers = pd.DataFrame(given, columns=["q1", "q2", "q3", "q4"]).assign(person=None)
        named += bool(said_of({"start": answers}))
    assert named < 20


def test_an_undeclared_reversal_is_said_once_for_all_waves_and_scales():
    trait = np.random.default_rng(1).normal(size=300)
    waves = {"start": sound(1, trait=trait), "middle": sound(2, trait=trait), "end": sound(3, trait=trait)}
    (problem,) = warnings(waves, study({"calm": "q1 q2 q3 q4", "part": "q1 q2 q3"}, tuple(waves)), FILES)
    assert (problem.code, problem.file) == ("reversed-item", "start.csv")
    assert problem.found.endswith("people), as in middle, end")


@pytest.mark.parametrize("turned", ["start", "middle", "end"])
def test_an_item_that_one_wave_exports_the_other_way_round_is_named_there(turned):
    trait = np.random.default_rng(1).normal(size=300)
    waves = {"start": sound(1, trait=trait), "middle": sound(2, trait=trait), "end": sound(3, trait=trait)}
    waves[turned] = waves[turned].assign(q1=6 - waves[turned]["q1"])
    assert said_of(waves) == [("scale-turned", f"{turned}.csv", "Q1 calm")]


def test_a_scale_that_a_later_wave_exports_the_other_way_round_is_named_there():
    trait = np.random.default_rng(1).normal(size=300)
    waves = {"start": sound(1, trait=trait), "middle": sound(2, trait=trait), "end": sound(3, trait=trait)}
    items = ["q1", "q2", "q3", "q4"]
    waves["middle"][items] = 6 - waves["middle"][items]
    waves["middle"] = waves["middle"].sample(frac=0.7, random_state=1)
    assert said_of(waves) == [("scale-turned", "middle.csv", "")]
    (problem,) = warnings(waves, study(FOUR, tuple(waves)), FILES)
    start, middle = (waves[wave].set_index("person") for wave in ("start", "middle"))
    first, later = (wave["q1"] - wave["q2"] + wave["q3"] + wave["q4"] for wave in (start, middle))
    r = np.corrcoef(first[later.index], later)[0, 1]
    assert f"calm against start (correlation {r:.2f}, 210 people)" in problem.found


def test_waves_of_other_people_are_not_compared():
    trait = np.random.default_rng(1).normal(size=300)
    start, end = sound(1, trait=trait), sound(2, trait=-trait)
    assert said_of({"start": start, "end": end}) == [("scale-turned", "end.csv", "")]
    end["person"] = end["person"] + "x"
    assert not said_of({"start": start, "end": end})
    end["person"] = pd.NA
    assert not said_of({"start": start, "end": end})


def test_who_stands_in_a_wave_twice_is_not_linked():
    trait = np.random.default_rng(1).normal(size=300)
    start, end = sound(1, trait=trait), sound(2, trait=-trait)
    twice = pd.concat([start, start.head(40).set_axis(range(400, 440))])
    (problem,) = warnings({"start": twice, "end": end}, study(FOUR, ("start", "end")), FILES)
    assert "260 people" in problem.found
    (problem,) = warnings({"start": end, "end": twice}, study(FOUR, ("start", "end")), FILES)
    assert "260 people" in problem.found


def ranged(seed: int, low: int, high: int, n: int = 200) -> pd.DataFrame:
    given = np.random.default_rng(seed).integers(low, high + 1, size=(n, 3)).astype(float)
    return pd.DataFrame(given, columns=["h1", "h2", "h3"], index=range(2, 2 + n)).assign(person=None)


@pytest.mark.parametrize(
    ("start", "end", "named"),
    [
        ((1, 5), (0, 4), "end.csv"),
        ((0, 4), (1, 5), "end.csv"),
        ((1, 5), (1, 4), "end.csv"),
        ((1, 4), (1, 5), "start.csv"),
        ((1, 7), (1, 4), "end.csv"),
        ((1, 5), (1, 5), None),
    ],
)
def test_a_scale_with_another_range_than_in_other_waves_is_named(start, end, named):
    part = study(
        {"hope": "h1 h2 h3"}, ("start", "end"), dict.fromkeys(("h1", "h2", "h3"), Answers(low=0, high=7))
    )
    found = warnings({"start": ranged(1, *start), "end": ranged(2, *end)}, part, FILES)
    found = [problem for problem in found if problem.code != "reversed-item"]
    assert [problem.file for problem in found] == ([named] if named else [])
    assert all(problem.code == "scale-shifted" for problem in found)
    for problem in found:
        this, other = (start, end) if named == "start.csv" else (end, start)
        assert f"answers from {this[0]} to {this[1]} only" in problem.found
        assert problem.allowed.endswith(f"{other[0]} to {other[1]}")


def test_a_rare_answer_that_a_wave_lacks_is_no_shift():
    start = ranged(1, 1, 4)
    start.iloc[:8, :3] = 5.0
    assert not said_of({"start": start, "end": ranged(2, 1, 4)}, {"hope": "h1 h2 h3"})
    start.iloc[:14, :3] = 5.0
    assert said_of({"start": start, "end": ranged(2, 1, 4)}, {"hope": "h1 h2 h3"}) == [
        ("scale-shifted", "end.csv", "")
    ]


def test_one_item_that_keeps_its_range_speaks_against_a_shift():
    part = study(
        {"hope": "h1 h2 h3"}, ("start", "end"), dict.fromkeys(("h1", "h2", "h3"), Answers(low=0, high=7))
    )
    end = ranged(2, 0, 4)
    end["h3"] = ranged(3, 1, 5)["h3"]
    assert not warnings({"start": ranged(1, 1, 5), "end": end}, part, FILES)

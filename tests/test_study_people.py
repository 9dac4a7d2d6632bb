"""What a study says of its people: SES markers and their traps, rules, covariates in codes and bands."""

from __future__ import annotations

import itertools

import pytest
from pydantic import ValidationError

from outcomes.errors import Problem
from outcomes.study import Comparison, Covariate, Indicator, SesRule
from outcomes.study.markers import BASIS, CUTS, rank
from outcomes.study.people import ses_contradictions

AREAS = ("polar4", "tundra", "imd", "acorn")
PEOPLE = ("fsm", "nssec", "first_generation", "abcs", "care", "income", "ladder")
VALUES = {
    "polar4": (["1", "2"], ["3", "4", "5"]),
    "tundra": (["Q1", "Q2"], ["Q3", "Q4", "Q5"]),
    "imd": (["1", "2", "3", "4"], ["5", "6", "7", "8", "9", "10"]),
    "fsm": (["yes"], ["no"]),
    "nssec": (["4", "5", "6", "7", "8"], ["1", "2", "3"]),
    "first_generation": (["yes"], ["no"]),
    "acorn": (["4", "5"], ["1", "2", "3"]),
    "abcs": (["Quintile 1"], ["Quintile 2", "Quintile 3", "Quintile 4", "Quintile 5"]),
    "care": (["1"], ["2"]),
    "income": (["under 25k"], ["25k or more"]),
    "ladder": (["1", "2", "3", "4"], ["5", "6", "7", "8", "9", "10"]),
    "other": (["a"], ["b"]),
}
"""Kind to low and high as its publisher counts them."""


def said(kind: str, low: list[str] | None = None, high: list[str] | None = None, **more: object) -> dict:
    about = {"about": BASIS.get(kind, "person")}
    held = {} if low is None else {"low": low, "high": high}
    return {"label": "L", "column": "c", "kind": kind, **about, **held, **more}


def faults(model: type, words: dict) -> list[Problem]:
    with pytest.raises(ValidationError) as refused:
        model.model_validate(words)
    return [fault for error in refused.value.errors() for fault in error["ctx"]["error"].args]


def fault(model: type, words: dict) -> Problem:
    (one,) = faults(model, words)
    return one


@pytest.mark.parametrize("kind", VALUES)
def test_each_marker_counted_as_its_publisher_does_is_taken(kind):
    low, high = VALUES[kind]
    indicator = Indicator.model_validate(said(kind, low, high))
    assert indicator.meaning == dict.fromkeys(low, "low") | dict.fromkeys(high, "high")
    assert indicator.values == (*low, *high)
    assert (indicator.is_numeric, indicator.cut, indicator.number_meaning(1.0)) == (False, None, None)


@pytest.mark.parametrize("kind", ["polar4", "tundra", "imd", "abcs", "acorn", "nssec", "fsm", "ladder"])
def test_low_and_high_turned_are_refused(kind):
    low, high = VALUES[kind]
    found = faults(Indicator, said(kind, high, low))
    assert found
    assert all(problem.where in ("low", "high") and "`kind: other`" in problem.mend for problem in found)


TURNED = {
    "POLAR4 as if 5 were low": ("polar4", ["5"], ["1", "2", "3", "4"], "'5', with '1'", "1 as the most"),
    "POLAR4 with both ends": ("polar4", ["1", "5"], ["2", "3", "4"], "'5', with '2'", "1 as the most"),
    "TUNDRA without 1": ("tundra", ["Q2"], ["Q3", "Q4", "Q5"], "no 1", "1 as the most"),
    "IMD deciles without 1": ("imd", ["2"], ["3", "10"], "no 1", "1 as the most"),
    "IMD decile 10": ("imd", ["Decile 10"], ["Decile 1"], "'Decile 10', with", "1 as the most"),
    "POLAR4 in deciles": ("polar4", ["1"], ["2", "10"], "'10'", "quintiles from 1 to 5"),
    "POLAR4 unclassified as low": ("polar4", ["0", "1"], ["2", "3"], "'0'", "quintiles from 1 to 5"),
    "ABCS from the top": ("abcs", ["5"], ["1"], "'5', with '1'", "1 as the most"),
    "ACORN from the top": ("acorn", ["1", "2"], ["3", "4", "5"], "'1'", "category 1 is the most affluent"),
    "ACORN mixed": ("acorn", ["3", "5"], ["1", "4"], "'3', with '4'", "after the high ones"),
    "a manager as low": ("nssec", ["2", "7"], ["1", "3"], "'2'", "1 and 2 are the managerial"),
    "a large employer as low": ("nssec", ["1.1", "7"], ["3"], "'1.1'", "1 and 2 are the managerial"),
    "routine work as high": ("nssec", ["4", "5"], ["1", "2", "7"], "'4', with '7'", "after the high ones"),
    "not classified as low": ("nssec", ["4", "9"], ["1"], "'9', which says nothing", "values that say it"),
    "not classified as high": ("nssec", ["4"], ["1", "9"], "'9', which says nothing", "values that say it"),
    "not classified in words": ("nssec", ["4"], ["1", "Not classified"], "'Not classified'", "that say it"),
    "unknown as high": ("fsm", ["yes"], ["no", "Don\u2019t know"], "'Don\u2019t know'", "values that say it"),
    "refused as high": ("other", ["a"], ["b", "Information refused"], "'Information refused'", "say it"),
    "not eligible as low": ("fsm", ["No"], ["1"], "'No'", "yes as low"),
    "eligible as high": ("fsm", ["1"], ["Yes"], "'Yes'", "yes as low"),
    "care as high": ("care", ["1"], ["yes"], "'yes'", "yes as low"),
    "the top rungs as low": ("ladder", ["9", "10"], ["1", "2"], "'10', with '1'", "rungs counted from"),
}  # fmt: skip


@pytest.mark.parametrize("name", TURNED)
def test_a_trap_is_told_with_the_value(name):
    kind, low, high, found, allowed = TURNED[name]
    problem = fault(Indicator, said(kind, low, high))
    assert found in problem.found
    assert allowed in problem.allowed


@pytest.mark.parametrize(
    "kind", [kind for kind in VALUES if kind not in ("nssec", "acorn", "fsm", "care", "other")]
)
def test_the_same_values_of_another_kind_are_the_studys_own(kind):
    low, high = VALUES[kind]
    assert Indicator.model_validate(said("other", high, low)).kind == "other"


@pytest.mark.parametrize(("cell", "wanted"), [
    ("1", 1), ("Q1", 1), ("q5", 5), ("Quintile 3 (middle)", 3), ("POLAR4 quintile 2", 2), ("10", 10),
    ("1 - most deprived", 1), ("Category 4", 4), ("1.2", 1), ("Decile: 7", 7), ("5th quintile", 5),
    ("10% most deprived", None), ("25000", None), ("most deprived", None), ("", None), ("L3.1", None),
])  # fmt: skip
def test_a_rank_is_the_number_that_a_cell_starts_with(cell, wanted):
    assert rank(cell) == wanted


@pytest.mark.parametrize(("kind", "about"), [
    *itertools.product(AREAS, ["person"]), *itertools.product(PEOPLE, ["area"]),
])  # fmt: skip
def test_whom_a_marker_describes_is_known(kind, about):
    problem = fault(Indicator, {**said(kind, *VALUES[kind]), "about": about})
    assert (problem.where, problem.found) == ("about", f"'{about}'")


def test_a_marker_of_no_known_kind_may_be_about_either():
    for about in ("person", "area"):
        assert Indicator.model_validate({**said("other", ["a"], ["b"]), "about": about}).about == about


def test_a_number_up_to_the_cut_is_low():
    income = Indicator.model_validate(said("income", low_up_to=25000))
    assert [income.number_meaning(number) for number in (0, 25000, 25000.01)] == ["low", "low", "high"]
    assert income.number_meaning(float("nan")) is None
    assert (income.is_numeric, income.cut, income.meaning, income.values) == (
        True, ("low_up_to", 25000.0), {}, (),
    )  # fmt: skip
    assert income.said == {"low": "25000 or less", "high": "more than 25000"}


def test_a_number_from_the_cut_on_is_low():
    years = Indicator.model_validate(said("fsm", low_from=1, unit_words=["years", "yrs"]))
    assert [years.number_meaning(number) for number in (0, 0.5, 1, 7)] == ["high", "high", "low", "low"]
    assert years.number_meaning(float("nan")) is None
    assert years.said == {"low": "1 or more", "high": "less than 1"}


CUT = {
    "rank from the top": ("imd", {"low_from": 30000}, "low_from", "`low_up_to` with `kind: imd`"),
    "income from the top": ("income", {"low_from": 60000}, "low_from", "`low_up_to` with `kind: income`"),
    "ladder from the top": ("ladder", {"low_from": 7}, "low_from", "`low_up_to` with `kind: ladder`"),
    "ACORN from the affluent end": ("acorn", {"low_up_to": 2}, "low_up_to", "`low_from` with `kind: acorn`"),
    "few years of free meals": ("fsm", {"low_up_to": 1}, "low_up_to", "`low_from` with `kind: fsm`"),
    "NS-SEC as a number": ("nssec", {"low_from": 4}, "low_from", "values with `kind: nssec`"),
    "two cuts": ("other", {"low_from": 4, "low_up_to": 2}, "low_up_to", "one of `low_up_to` and"),
    "cut and values": ("other", {"low": ["a"], "high": ["b"], "low_up_to": 2}, "low_up_to", "one of `low_up"),
}  # fmt: skip


@pytest.mark.parametrize("name", CUT)
def test_a_cut_that_makes_no_sense_is_refused(name):
    kind, words, where, allowed = CUT[name]
    problem = fault(Indicator, said(kind, **words))
    assert problem.where == where
    assert allowed in problem.allowed


def test_every_kind_has_a_word_on_cuts_and_values():
    assert set(CUTS) == set(VALUES) == {*BASIS, "other"} == {*AREAS, *PEOPLE, "other"}


def test_values_or_a_cut_must_be_there():
    assert [problem.where for problem in faults(Indicator, said("other"))] == ["low", "high"]
    assert fault(Indicator, said("other", ["a"], [])).where == "high"


def test_an_infinite_cut_is_refused():
    with pytest.raises(ValidationError, match="finite"):
        Indicator.model_validate(said("income", low_up_to=float("inf")))


def test_cells_that_mean_not_known_mean_nothing_else():
    nssec = Indicator.model_validate(said("nssec", *VALUES["nssec"], unknown=["9", "Not classified"]))
    assert nssec.unknown == ("9", "Not classified")
    assert "9" not in nssec.meaning
    problem = fault(Indicator, said("other", ["a"], ["b"], unknown=["b", "c"]))
    assert (problem.where, problem.found) == ("unknown", "'b', which also means something")
    problem = fault(
        Comparison, {"label": "L", "column": "c", "mentored": ["a"], "comparison": ["b"], "unknown": ["a"]}
    )
    assert problem.where == "unknown"


def test_unit_words_belong_to_numbers():
    assert fault(Indicator, said("other", ["a"], ["b"], unit_words=["years"])).where == "unit_words"


CAUTION = {
    "polar4": ("home area, not the person", "48 %", "domiciled outside the UK", "postcode at entry"),
    "tundra": ("home area, not the person", "England only", "r = .17", "MSOA and by LSOA"),
    "imd": ("home area, not the person", "Each nation of the UK has an index of its own"),
    "acorn": ("home area, not the person", "most affluent"),
    "fsm": ("self-reported", "income threshold"),
    "nssec": ("their own at 21 or over", "2022/23", "more often for people from deprived areas"),
    "first_generation": ("one parent or both", "self-reported"),
    "abcs": ("ethnicity and sex among them",),
    "care": ("too small to be shown", "wider than being a care leaver"),
    "income": ("only for people who applied",),
    "ladder": ("where people see themselves",),
    "other": (),
}  # fmt: skip


@pytest.mark.parametrize("kind", CAUTION)
def test_what_no_study_file_can_settle_is_a_caution(kind):
    cautions = Indicator.model_validate(said(kind, *VALUES[kind])).cautions
    text = " ".join(cautions)
    assert all(words in text for words in CAUTION[kind])
    assert all(sentence[0].isupper() and sentence.endswith(".") for sentence in cautions)
    assert ("home area" in text) == (kind in AREAS)


def test_an_area_of_no_known_kind_is_called_an_area():
    other = Indicator.model_validate({**said("other", ["a"], ["b"]), "about": "area"})
    assert "home area, not the person" in " ".join(other.cautions)


def test_first_generation_answers_that_run_the_other_way_are_cautioned_about():
    plain = Indicator.model_validate(said("first_generation", ["yes"], ["no"]))
    pared = Indicator.model_validate(said("first_generation", ["No"], ["Yes"]))
    assert "PARED" not in " ".join(plain.cautions)
    assert "PARED" in " ".join(pared.cautions)


def rule(kind: str, names: str = "ab", **more: object) -> dict:
    return {"rule": kind, "indicators": dict.fromkeys(names, said("other", ["1"], ["2"])), **more}


RULES = {
    "a number without need": ("any", {"at_least": 1}, "at_least", "`rule: count` or `index`"),
    "no number of low indicators": ("count", {}, "at_least", "a number with `rule: count`"),
    "more known than there are": ("index", {"low_share": 0.3, "at_least": 3}, "at_least", "at most the 2"),
    "no share": ("index", {}, "low_share", "a share with `rule: index`"),
    "a share without need": ("all", {"low_share": 0.3}, "low_share", "a share with `rule: index`"),
    "an index of one": ("index", {"names": "a", "low_share": 0.3}, "indicators", "at least 2"),
    "single of two": ("single", {}, "indicators", "one with `rule: single`"),
}  # fmt: skip


@pytest.mark.parametrize("name", RULES)
def test_a_rule_that_contradicts_itself_is_refused(name):
    kind, words, where, allowed = RULES[name]
    problem = fault(SesRule, rule(kind, **words))
    assert problem.where == where
    assert allowed in problem.allowed


@pytest.mark.parametrize("share", [0, 1, -0.1, 1.5, float("nan")])
def test_a_share_of_nobody_or_everybody_is_refused(share):
    with pytest.raises(ValidationError):
        SesRule.model_validate(rule("index", low_share=share))


def test_a_change_after_the_baseline_is_refused_unless_the_study_says_otherwise():
    assert SesRule.model_validate(rule("any")).changes == "refuse"
    assert SesRule.model_validate(rule("any", changes="baseline")).changes == "baseline"
    with pytest.raises(ValidationError):
        SesRule.model_validate(rule("any", changes="later"))


@pytest.mark.parametrize(("about", "wanted"), [
    (("person", "person"), "individual"), (("area", "area"), "area"), (("person", "area"), "mixed"),
])  # fmt: skip
def test_a_rule_says_whether_it_rests_on_people_or_areas(about, wanted):
    both = {
        name: {**said("other", ["1"], ["2"]), "about": one} for name, one in zip("ab", about, strict=True)
    }
    assert SesRule.model_validate({"rule": "any", "indicators": both}).basis == wanted


def covariate(**more: object) -> dict:
    return {"label": "Age", "column": "age", **more}


def test_levels_mean_themselves():
    gender = Covariate.model_validate(covariate(levels=["woman", "man"]))
    assert gender.meaning == {"woman": "woman", "man": "man"}
    assert (gender.is_numeric, gender.number_meaning(1.0)) == (False, None)


def test_codes_mean_levels():
    gender = Covariate.model_validate(covariate(levels=["woman", "man"], values={"1": "man", "2": "woman"}))
    assert gender.meaning == {"woman": "woman", "man": "man", "1": "man", "2": "woman"}
    assert set(gender.values) == {"woman", "man", "1", "2"}


AGES = {"young": [0, 20], "21 to 24": [21, 24], "25 or more": [25, 120]}


@pytest.mark.parametrize(("number", "wanted"), [
    (0, "young"), (18, "young"), (20, "young"), (21, "21 to 24"), (24.0, "21 to 24"), (120, "25 or more"),
    (20.5, None), (-1, None), (121, None), (float("nan"), None), (float("inf"), None),
])  # fmt: skip
def test_numbers_fall_into_bands_with_both_ends(number, wanted):
    age = Covariate.model_validate(covariate(bands=AGES, unit_words=["years", "yrs"]))
    assert age.number_meaning(number) == wanted
    assert (age.is_numeric, age.meaning, age.values) == (True, {}, ())


def test_the_bands_are_the_levels_in_the_order_given():
    age = Covariate.model_validate(covariate(bands=AGES))
    assert age.levels == tuple(AGES)
    other = Covariate.model_validate(covariate(bands=AGES, levels=["21 to 24", "young", "25 or more"]))
    assert other.levels[0] == "21 to 24"


@pytest.mark.parametrize("words", [
    {"bands": AGES, "unit_words": ["years"]}, {"levels": ["a", "b"], "values": {"1": "a"}, "unknown": ["9"]},
])  # fmt: skip
def test_a_covariate_survives_being_handed_to_a_job(words):
    given = Covariate.model_validate(covariate(**words))
    assert Covariate.model_validate(given.model_dump(mode="json", by_alias=True)) == given


COVARIATES = {
    "one level": ({"levels": ["a"]}, "levels", "1"),
    "no level": ({}, "levels", "0"),
    "a level twice": ({"levels": ["a", "b", "a"]}, "levels", "'a' 2 times"),
    "a code of no level": ({"levels": ["a", "b"], "values": {"1": "c"}}, "values", "'c'"),
    "a level that is another": ({"levels": ["a", "b"], "values": {"a": "b"}}, "values", "the level 'a' as"),
    "codes and bands": ({"bands": AGES, "values": {"1": "young"}}, "values", "values and bands"),
    "bands that share an end": ({"bands": {"a": [0, 20], "b": [20, 30]}}, "bands", "`a` and `b`, which"),
    "a band within another": ({"bands": {"a": [0, 50], "b": [20, 30]}}, "bands", "`a` and `b`, which"),
    "a band turned": ({"bands": {"a": [20, 0], "b": [30, 40]}}, "bands: a", "from 20 to 0"),
    "other levels than bands": ({"bands": AGES, "levels": ["a", "b"]}, "levels", "a, b"),
    "a level as not known": ({"levels": ["a", "b"], "unknown": ["b"]}, "unknown", "'b', which also"),
    "unit words without numbers": ({"levels": ["a", "b"], "unit_words": ["yrs"]}, "unit_words", "yrs"),
}  # fmt: skip


@pytest.mark.parametrize("name", COVARIATES)
def test_a_covariate_that_contradicts_itself_is_refused(name):
    words, where, found = COVARIATES[name]
    problem = fault(Covariate, covariate(**words))
    assert (problem.where, problem.found[: len(found)]) == (where, found)


@pytest.mark.parametrize("bands", [{"a": [0]}, {"a": [0, 1, 2]}, {"a": 3}, {"a": [0, float("inf")]}, ["a"]])
def test_a_band_is_two_finite_numbers(bands):
    with pytest.raises(ValidationError):
        Covariate.model_validate(covariate(bands=bands))


def test_arms_are_a_meaning():
    arm = Comparison.model_validate(
        {"label": "L", "column": "c", "mentored": ["yes"], "comparison": ["no", "waiting"]}
    )
    assert arm.meaning == {"yes": "mentored", "no": "comparison", "waiting": "comparison"}
    assert arm.values == ("yes", "no", "waiting")
    assert (arm.is_numeric, arm.number_meaning(1.0)) == (False, None)


def contradictions(kind: str, held: dict[str, dict], adjusted: list[str]) -> list[Problem]:
    ses = SesRule.model_validate({"rule": "single", "indicators": {"marker": said(kind, *VALUES[kind])}})
    covariates = {name: Covariate.model_validate(words) for name, words in held.items()}
    return list(ses_contradictions(ses, covariates, adjusted))


@pytest.mark.parametrize(("name", "label", "column"), [
    ("ethnicity", "Background", "x"), ("background", "Ethnic group", "x"), ("who", "Who", "SEX_ID"),
    ("gender", "Gender", "x"), ("r", "Race", "x"), ("e", "E", "ethnicity_5"),
])  # fmt: skip
def test_abcs_is_not_adjusted_for_what_it_is_made_of(name, label, column):
    held = {name: {"label": label, "column": column, "levels": ["a", "b"]}}
    (problem,) = contradictions("abcs", held, [name])
    assert problem.where == "model: covariates"
    assert problem.found == f"'{name}', with the ABCS indicator `marker`"
    assert contradictions("abcs", held, []) == []
    assert contradictions("polar4", held, [name]) == []


@pytest.mark.parametrize(
    ("name", "label"), [("sussex", "Campus in Sussex"), ("grace", "Grace period"), ("hall", "Sexton Hall")]
)
def test_words_that_only_hold_a_trait_are_no_trait(name, label):
    held = {name: {"label": label, "column": "x", "levels": ["a", "b"]}}
    assert contradictions("abcs", held, [name]) == []


def test_the_column_of_an_indicator_is_not_adjusted_for():
    held = {"meals": {"label": "Meals", "column": "c", "levels": ["yes", "no"]}}
    (problem,) = contradictions("fsm", held, ["meals"])
    assert problem.found == "'meals', the column of the SES indicator `marker`"
    assert contradictions("fsm", {"meals": {**held["meals"], "source": "start"}}, ["meals"]) == []


def test_covariates_that_are_not_declared_are_left_to_the_study():
    assert contradictions("abcs", {}, ["gender"]) == []

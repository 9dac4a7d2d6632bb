"""A study with a comparison arm: what it may say, who is counted, what is shown, and in which words."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest
import tiny
from study_example import config_folder, load, refusal, replace

from outcomes import tables
from outcomes.clean import clean
from outcomes.columns import expect
from outcomes.disclose import disclose
from outcomes.errors import DataError
from outcomes.figure import draw
from outcomes.model import model
from outcomes.report import render
from outcomes.report.evidence import evidence
from outcomes.report.facts import Facts
from outcomes.score import reliability, score
from outcomes.study import Loaded
from outcomes.study.stages import Cleaning, Disclosing, Drawing, Modelling, Reporting, Scoring

ARM = "comparison: {label: Mentored or not, column: arm, mentored: [m, pm], comparison: [c]}\n"
AFTER = "covariates:\n"
MISSING = 'missing: [""]\nregister:'
PEOPLE = 96
BETWEEN = "mentored - comparison"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return config_folder(tmp_path)


def with_arm(config: Path, arm: str = ARM, **changed: str) -> Loaded:
    replace(config, "studies/tiny", AFTER, arm + AFTER)
    replace(config, "studies/tiny", "register:", MISSING)
    for old, new in changed.items():
        replace(config, "studies/tiny", old, new)
    return load(config)


def raw(arm_of: dict[int, str] | None = None) -> dict[str, bytes]:
    """Return the raw files of 96 people, a third of them not mentored, three of them not known to be."""
    arms = {n: ("c", "m", "pm")[n // 2 % 3] for n in range(PEOPLE)} | {7: "", 8: "", 20: ""} | (arm_of or {})
    register = [["id", "intake", "fsm", "gender", "arm"]]
    waves = {"start": [["id", "q1", "q2", "q3"]], "end": [["id", "q1", "q2", "q3"]]}
    for n in range(PEOPLE):
        ses = "" if n in (5, 12) else ("yes", "no")[n % 2]
        register.append([f"M{n:03d}", "2024", ses, ("woman", "man")[n // 5 % 2], arms[n]])
        for later, name in enumerate(waves):
            if later and n % 11 == 3:
                continue
            gained = later and (ses == "yes") + (arms[n] != "c" and n % 7 < 4)
            level = min(5, 2 + n % 3 % 2 + gained)
            answers = [level, 6 - level, min(5, level + n // 4 % 2)]
            waves[name].append([f"M{n:03d}", *map(str, answers)])
    made = {"register.csv": register} | {f"{name}.csv": rows for name, rows in waves.items()}
    return {name: tiny.csv(rows).encode() for name, rows in made.items()}


def analysed(loaded: Loaded, files: dict[str, bytes]) -> dict[str, pd.DataFrame]:
    """Return the restricted tables from clean to model."""
    found = dict(clean(files, Cleaning.of(loaded)).tables)
    scoring = Scoring.of(loaded)
    found["scores"] = expect(score(found["answers"], scoring), tables.SCORES)
    alphas = reliability(found["answers"], found["people"], scoring)
    found["reliability"] = expect(alphas, tables.RELIABILITY)
    return found | model(found["scores"], found["people"], found["participation"], Modelling.of(loaded))


REFUSED = {
    "a value of both arms": (
        {"comparison: [c]": "comparison: [c, pm]"},
        "comparison: mentored: found 'pm', which is also `comparison`; allowed: each value once",
    ),
    "a value that means no answer": (
        {"comparison: [c]": 'comparison: [c, ""]'},
        "comparison: found '', which `missing` lists; allowed: values that are answers",
    ),
    "a later wave": (
        {"column: arm": "column: arm, source: end"},
        "comparison: source: found 'end'; allowed: register, start",
    ),
    "an arm without people": ({"comparison: [c]": "comparison: []"}, "comparison: comparison: found"),
    "no values": ({", comparison: [c]": ""}, "comparison: comparison: found no value"),
    "an unknown design": (
        {"comparison: [c]": "comparison: [c], design: randomized"},
        "comparison: design: found 'randomized'; allowed: randomised, matched",
    ),
    "an unknown key": ({"mentored:": "treated:"}, "found the key 'treated'"),
    "a covariate of that name": ({"  gender: {": "  arm: {"}, "covariates: found the name 'arm'"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_a_comparison_that_contradicts_itself_is_refused(config, case):
    changed, said = REFUSED[case]
    replace(config, "studies/tiny", AFTER, ARM + AFTER)
    replace(config, "studies/tiny", "register:", MISSING)
    for old, new in changed.items():
        replace(config, "studies/tiny", old, new)
    sentences = refusal(config)
    assert any(said in sentence for sentence in sentences), sentences


def test_an_effect_without_a_comparison_is_refused(config):
    replace(config, "studies/tiny", "margin: 0.5", "margin: 0.5, estimand: effect_gap")
    (sentence,) = refusal(config)
    assert "hypotheses: H2: estimand: found 'effect_gap' without a comparison group" in sentence
    assert "add `comparison`" in sentence


def test_a_study_without_a_comparison_is_as_before(config):
    loaded = load(config)
    assert loaded.study.comparison is None
    assert not Modelling.of(loaded).has_comparison
    assert {claim.estimand for claim in loaded.study.hypotheses.values()} == {"gap"}
    people = analysed(loaded, raw())["people"]
    assert people["arm"].isna().all()
    assert people["in_population"].all()


def test_an_unknown_value_of_the_arm_is_a_problem(config):
    with pytest.raises(DataError) as refused:
        clean(raw({4: "maybe"}), Cleaning.of(with_arm(config)))
    (problem,) = refused.value.problems
    assert "register.csv" in str(problem)
    assert "arm" in str(problem)
    assert "text of 5 characters" in str(problem)  # a lone word may be a name


@pytest.mark.parametrize("population", ["everyone", "ses_known"])
def test_everyone_is_counted_once_in_an_arm_or_outside(config, population):
    loaded = with_arm(config, **{"outcomes:\n": f"population: {population}\noutcomes:\n"})
    found = analysed(loaded, raw())
    people, flow = found["people"], found["flow"]
    assert people["arm"].value_counts(dropna=False).to_dict() == {"mentored": 62, "comparison": 31, pd.NA: 3}
    assert not people.loc[people["arm"].isna(), "in_population"].any()
    by_step = flow.pivot_table(index="group", columns="step", values="n", aggfunc="sum")
    parts = ["arm_unknown", "comparison", "population", *(["outside"] if population == "ses_known" else [])]
    assert (by_step["registered"] == by_step[parts].sum(axis=1)).all()
    assert by_step["arm_unknown"].sum() == 3
    mentored = people[people["in_population"] & (people["arm"] == "mentored").fillna(False)]
    counted = mentored["ses"].value_counts().reindex(["low", "high", "unknown"], fill_value=0)
    assert by_step["population"].reindex(counted.index).tolist() == counted.tolist()
    assert by_step["analysed"].tolist() == by_step["population"].tolist()
    assert by_step["comparison_analysed"].tolist() == by_step["comparison"].tolist()
    assert (by_step["comparison_linked"] <= by_step["comparison"]).all()
    used = found["fits"].loc[~found["fits"]["adjusted"], "n"].iloc[0]
    assert used == by_step[["analysed", "comparison_analysed"]].sum().sum()


def test_the_arm_may_come_from_the_first_wave(config):
    files = raw()
    lines = [line.split(",") for line in files["register.csv"].decode().splitlines()]
    arms = {line[0]: line.pop() for line in lines}
    start = [line.split(",") for line in files["start.csv"].decode().splitlines()]
    files |= {
        "register.csv": tiny.csv(lines).encode(),
        "start.csv": tiny.csv([[*line, arms[line[0]]] for line in start]).encode(),
    }
    loaded = with_arm(config, **{"column: arm": "column: arm, source: start"})
    people = clean(files, Cleaning.of(loaded)).tables["people"].set_index("person")["arm"]
    known = {"m": "mentored", "pm": "mentored", "c": "comparison"}
    assert {who: arm for who, arm in people.items() if pd.notna(arm)} == {
        who: known[arm] for who, arm in arms.items() if arm in known
    }


def test_a_study_with_an_arm_runs_from_raw_files_to_the_page(config):
    effects = {"family: psychosocial}": "family: psychosocial, estimand: effect_gap}"}
    loaded = with_arm(config, ARM.replace("[c]", "[c], design: randomised"), **effects)
    found = analysed(loaded, raw())
    released = disclose({name: found[name] for name in tables.RELEASED_FROM.values()}, Disclosing.of(loaded))
    contrasts = released["contrasts"]
    effect = contrasts[contrasts["contrast"].isin(["effect", "effect_gap"]) & (contrasts["arm"] == BETWEEN)]
    shown = effect[effect["group"] != "unknown"]
    assert (shown["disclosure"] == "shown").all()
    assert shown["estimate"].notna().all()
    assert set(released["trajectories"]["arm"]) == {"mentored", "comparison"}
    assert released["verdicts"].set_index("hypothesis")["arm"].to_dict() == {"H1": BETWEEN, "H2": "mentored"}
    pictures, index = draw(released, Drawing.of(loaded))
    page = render(released, pictures, index, Reporting.of(loaded), {"Python": "3.11"})
    assert "type 3" in page
    assert "There is no comparison group" not in page
    assert "Only the mentored are drawn" in page
    assert not re.findall(r">(effect_gap|effect|arm)<", page)


def test_a_small_comparison_cell_hides_its_rows_and_no_others(config):
    loaded = with_arm(config)
    files = raw({n: "m" for n in range(0, PEOPLE, 2) if n > 24} | {7: "c"})
    found = analysed(loaded, files)
    gains = found["gains"][~found["gains"]["adjusted"]].set_index(["group", "arm"])["n"]
    assert 2 <= gains["low", "comparison"] < loaded.profile.mean_least <= gains["high", "comparison"]
    contrasts = disclose(
        {name: found[name] for name in tables.RELEASED_FROM.values()}, Disclosing.of(loaded)
    )["contrasts"]
    at_end = contrasts[(contrasts["wave"] == "end") & (contrasts["contrast"] != "difference")]
    hidden = at_end["disclosure"] != "shown"
    rests_on_it = (at_end["arm"] != "mentored") & at_end["group"].str.contains("low")
    known = ~at_end["group"].str.contains("unknown")
    assert (hidden[known] == rests_on_it[known]).all()
    assert at_end.loc[hidden, ["estimate", "low", "high", "p_value"]].isna().all(axis=None)
    assert rests_on_it.any()


WORDS = {
    None: ("type 2", "association"),
    "observational": ("type 2", "association"),
    "matched": ("type 2", "association"),
    "randomised": ("type 3", "causality"),
}


@pytest.mark.parametrize("design", WORDS)
def test_the_wording_follows_the_declared_design(config, design):
    declared = ARM if design is None else ARM.replace("[c]", f"[c], design: {design}")
    facts = Facts({}, {}, pd.DataFrame(), Reporting.of(with_arm(config, declared)), {})
    allowed = evidence(facts)
    kind, word = WORDS[design]
    assert kind in allowed.standard
    assert word in allowed.standard
    assert ("effect of the scheme" in allowed.limit) == (design == "randomised")
    assert ("other causes" in allowed.limit) == (design != "randomised")
    assert ("with similar " in allowed.limit) == (design == "matched")
    assert ("type 3" in allowed.standard) == (design == "randomised")
    assert "Mentored or not: mentored is m, pm, comparison is c" in allowed.standard


def test_without_a_comparison_it_is_association(config):
    facts = Facts({}, {}, pd.DataFrame(), Reporting.of(load(config)), {})
    assert "association, type 2" in evidence(facts).standard
    assert evidence(facts).limit.startswith("There is no comparison group.")
    assert "effect" not in evidence(facts).standard + evidence(facts).limit

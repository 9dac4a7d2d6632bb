"""A study is frozen, closed to unknown keys and strange names, and loaded or refused whatever it says."""

from __future__ import annotations

import pytest
import tiny
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from study_example import FILE, JOB, ROOT, config_folder, load, refusal, replace

from outcomes import files, tables
from outcomes.errors import StudyError
from outcomes.study import load_study
from outcomes.study import part as words
from outcomes.study.load import study_names
from outcomes.study.stages import Cleaning, Modelling


@pytest.fixture
def config(tmp_path):
    return config_folder(tmp_path)


def test_a_study_is_frozen(config):
    study = load(config).study
    with pytest.raises(ValidationError, match="frozen"):
        study.title = "another"
    with pytest.raises(ValidationError, match="frozen"):
        study.waves["start"].file = "other.csv"


@pytest.mark.parametrize("name", study_names(ROOT / "config"))
def test_the_studies_of_the_project_are_sound(name):
    assert load_study(name, ROOT / "config", files.read_text).study.study == name


MISSPELT = {
    "study": ("title: A", "tilte: A", f"{FILE}: found the key 'tilte'", "'title'"),
    "register": ("cohort: intake", "cohrot: intake", f"{FILE}: register: found the key 'cohrot'", "'cohort'"),
    "waves": ("months: 0", "month: 0", f"{FILE}: waves: start: found the key 'month'", "'months'"),
    "ses": ("rule: single", "rules: single", f"{FILE}: ses: found the key 'rules'", "'rule'"),
    "ses.indicators": ("low: [", "lo: [", f"{FILE}: ses: indicators: fsm: found the key 'lo'", "'low'"),
    "covariates": ("levels:", "level:", f"{FILE}: covariates: gender: found the key 'level'", "'levels'"),
    "outcomes": ("domain: psy", "domian: psy", f"{FILE}: outcomes: calm: found the key 'domian'", "'domain'"),
    "hypotheses": ("claim: Low", "clam: Low", f"{FILE}: hypotheses: H1: found the key 'clam'", "'claim'"),
    "margin": ("margin: 0.5", "margn: 0.5", f"{FILE}: hypotheses: H2: found the key 'margn'", "'margin'"),
    "model": ("model: {cov", "model: {cor", f"{FILE}: model: found the key 'corariates'", "'covariates'"),
    "reproduction": (
        "replicates:",
        "replicate:",
        f"{FILE}: reproduction: found the key 'replicate'",
        "'replicates'",
    ),
    "disclosure": (
        "profile: hesa",
        "profil: hesa",
        f"{FILE}: disclosure: found the key 'profil'",
        "'profile'",
    ),
}


@pytest.mark.parametrize("level", MISSPELT)
def test_a_misspelt_key_is_refused_at_every_level_with_the_nearest(config, level):
    old, new, place, meant = MISSPELT[level]
    replace(config, "studies/tiny", old, new)
    (sentence,) = [sentence for sentence in refusal(config) if "found the key" in sentence]
    assert sentence.startswith(place)
    assert sentence.endswith(f"did you mean {meant}?")


def test_all_contradictions_come_at_once(config):
    replace(config, "studies/tiny", "outcomes: [calm], family: psy", "outcomes: [clam], family: psy")
    replace(config, "studies/tiny", "margin: 0.5", "margin: 0.5, wave: ende")
    replace(config, "studies/tiny", "file: end.csv", "file: start.csv")
    replace(config, "studies/tiny", 'high: ["no"]', 'high: ["no", "-"]')
    replace(config, "studies/tiny", "ids: public", 'ids: public\nmissing: ["-"]')
    assert len(refusal(config)) == 4


def test_all_instruments_are_looked_at(config):
    replace(config, "studies/tiny", "hypotheses:", f"{JOB}hypotheses:")
    replace(config, "studies/tiny", "profile: hesa", "profile: hess")
    replace(config, "instruments/job", "title:", "titel:")
    replace(config, "instruments/calm", "at_least: 2", "at_least: 7")
    found = "".join(refusal(config))
    assert all(word in found for word in ("titel", "at_least: found 7", "profile 'hess'"))


def test_waves_of_an_outcome_are_in_order_of_time_however_they_are_named(config):
    replace(config, "studies/tiny", "domain: psychosocial}", "domain: psychosocial, waves: [end, start]}")
    assert Modelling.of(load(config)).outcomes["calm"].waves == ("start", "end")


NAMES = [
    "../tiny", "..", ".", "/etc/passwd", "tiny/", "./tiny", "a/../tiny", "~", "tiny\x00", "tiny\n", " tiny",
    "TINY", "CON:", "a" * 300, "", "-tiny", "_tiny", "tiny.yaml", "tiny*", "${HOME}", "ti ny", "tïny",
    "..\\tiny", "\u202etiny",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_could_leave_the_project_is_refused(config, name):
    (sentence,) = refusal(config, name)
    assert sentence.startswith("study name: found ")
    assert "allowed: a name of small letters, digits, _ and -, at most 64" in sentence


@pytest.mark.parametrize(
    "file", [name for name in NAMES if name not in ("TINY", "tiny.yaml", "ti ny")] + [".hidden", "a/b.csv"]
)
@pytest.mark.parametrize("key", ["waves: start: file", "codebook"])
def test_a_file_name_that_could_leave_the_project_is_refused(config, key, file):
    path = config / "studies" / "tiny.yaml"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    if key == "codebook":
        content["codebook"] = file
    else:
        content["waves"]["start"]["file"] = file
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    assert [sentence for sentence in refusal(config) if f"{key}: found" in sentence]


@pytest.mark.parametrize("kind", ["studies", "instruments", "disclosure"])
def test_a_link_that_leaves_the_folder_is_refused(config, tmp_path, kind):
    name = {"studies": "tiny", "instruments": "calm", "disclosure": "hesa"}[kind]
    inside, outside = config / kind / f"{name}.yaml", tmp_path / "outside.yaml"
    inside.rename(outside)
    inside.symlink_to(outside)
    assert f"found no file config/{kind}/{name}.yaml" in refusal(config)[0]


@pytest.mark.parametrize(
    "text",
    ["np.log(score)", "I(__import__('os').system('true'))", "{{7*7}}", "$(touch x)", "=1+1", "calm ~ ses"],
)
def test_code_in_a_name_is_refused_and_in_a_label_it_is_text(config, text):
    path = config / "studies" / "tiny.yaml"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    content["title"] = content["waves"]["start"]["person"] = text
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    study = load(config).study
    assert (study.title, study.waves["start"].person) == (text, text)
    content["outcomes"][text] = content["outcomes"].pop("calm")
    content["model"]["covariates"] = [text]
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    assert len(refusal(config)) == 2


def test_names_that_our_tables_have_are_those_that_a_study_must_leave():
    assert list(words.PEOPLE) == tables.PEOPLE.names
    assert list(words.ANSWERS) == tables.ANSWERS.names
    assert list(words.MATCHES) == tables.MATCHES.names


def test_what_a_stage_gets_survives_the_way_to_its_job(config):
    replace(config, "studies/tiny", "file: end.csv,", "file: end.csv, answered_on: day, closes: 2026-05-31,")
    part = Cleaning.of(load(config))
    assert Cleaning.model_validate(part.model_dump(mode="json", by_alias=True)) == part


WORD = st.sampled_from(["start", "end", "calm", "gender", "floor", "nan", "-1", "\x00", "\ud800"])
VALUE = st.recursive(
    st.text(max_size=20) | WORD,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=8), inner, max_size=2),
    max_leaves=4,
)


def places(content: object) -> list[tuple[dict | list, str | int]]:
    """Every place of a nested content where a value could be exchanged."""
    if isinstance(content, dict | list):
        keys = list(content) if isinstance(content, dict) else range(len(content))
        return [place for key in keys for place in [(content, key), *places(content[key])]]
    return []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(data=st.data())
def test_any_study_is_loaded_or_refused(config, data):
    content = yaml.safe_load(tiny.STUDY)
    for _ in range(data.draw(st.integers(1, 3))):
        holder, key = data.draw(st.sampled_from(places(content)))
        change = data.draw(st.sampled_from(["set", "drop", "rename"]))
        if change == "set":
            holder[key] = data.draw(VALUE)
        elif isinstance(holder, dict) and change == "rename":
            holder[data.draw(st.text(max_size=8))] = holder.pop(key)
        else:
            del holder[key]
    text = yaml.safe_dump(content, sort_keys=False)
    problems = []
    try:
        load_study("tiny", config, lambda path: text if path.stem == "tiny" else files.read_text(path))
    except StudyError as refused:
        problems = [str(problem) for problem in refused.problems]
    assert not [problem for problem in problems if "\n" in problem]


@given(st.text())
def test_any_name_is_a_study_or_refused(name):
    if name not in study_names(ROOT / "config"):
        with pytest.raises(StudyError):
            load_study(name, ROOT / "config", files.read_text)

"""The invented cohort: the same for a seed, made and observed as designed, exported as survey tools do."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
from scipy.special import expit
from statsmodels.discrete.discrete_model import Logit

from outcomes import files
from outcomes.clean import clean
from outcomes.errors import StudyError
from outcomes.recovery import ses_of
from outcomes.score import score_items
from outcomes.simulate import SEED, Design, population, raw_files, simulate
from outcomes.simulate.calibrate import LOW_SHARE, UNKNOWN_SHARE, sizes_of
from outcomes.simulate.responses import retained
from outcomes.simulate.traits import answer
from outcomes.study import load_study
from outcomes.study.stages import Cleaning, Scoring

ROOT = Path(__file__).parents[1]
RAW = ROOT / "data" / "raw" / "career_mentoring"


@pytest.fixture(scope="module")
def loaded():
    return load_study("career_mentoring", ROOT / "config", files.read_text)


@pytest.fixture(scope="module")
def cohort(loaded):
    return simulate(loaded, SEED)


@pytest.fixture(scope="module")
def raw(cohort, loaded):
    return raw_files(cohort, loaded)


@pytest.fixture(scope="module")
def crowd(loaded):
    """Fifteen cohorts in one, without the eligible students who did not take part."""
    intakes = {intake: 15 * n for intake, n in Design().intakes.items()}
    return simulate(loaded, 5, replace(Design(), intakes=intakes, eligible_per_mentee=1))


def rows_of(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


# --- one seed, one cohort


def test_the_same_seed_gives_the_same_bytes(loaded, raw):
    assert raw_files(simulate(loaded, SEED), loaded) == raw


def test_another_seed_gives_other_people(loaded, raw):
    other = raw_files(simulate(loaded, SEED + 1), loaded)
    assert [name for name in raw if other[name] == raw[name]] == ["codebook.csv"]


def test_the_raw_files_in_the_project_are_those_of_the_seed(raw):
    for name, content in raw.items():
        stored = (RAW / name).read_bytes()
        if name.endswith(".xlsx"):  # another zlib may pack the same members differently
            members = [zipfile.ZipFile(io.BytesIO(each)) for each in (stored, content)]
            assert members[0].namelist() == members[1].namelist()
            assert all(members[0].read(part) == members[1].read(part) for part in members[0].namelist())
        else:
            assert stored == content


def test_the_readme_counts_the_rows(cohort, raw, loaded):
    told = dict(
        re.findall(r"^\| `([\w.]+)` \| ([\d,]+) \|", (RAW / "README.md").read_text(encoding="utf-8"), re.M)
    )
    counted = {wave.file: len(cohort.responses[name]) for name, wave in loaded.study.waves.items()}
    registers = ("codebook.csv", "register.csv", "eligible.csv", "matches.csv", "engagement.csv")
    counted |= {name: len(rows_of(raw[name])) - 1 for name in registers}
    assert {name: int(told[name].replace(",", "")) for name in counted} == counted


def test_one_outcome_alone_is_the_same_as_in_the_whole(loaded):
    sizes = sizes_of(300, Design())
    whole, alone = (population(loaded, Design(), 3, sizes, names) for names in (None, ["self_belief"]))
    pd.testing.assert_frame_equal(whole.answers["end"][list(alone.answers["end"])], alone.answers["end"])


def test_a_study_that_the_design_does_not_plant_is_refused(loaded):
    star = load_study("star", ROOT / "config", files.read_text)
    with pytest.raises(StudyError, match="outcomes: found mathematics, reading") as refused:
        simulate(star, 1)
    assert {problem.where for problem in refused.value.problems} >= {"star: outcomes", "star: covariates"}


# --- who they are


def test_intakes_and_mentees_are_as_designed(cohort):
    assert cohort.people["intake"].value_counts().to_dict() == dict(Design().intakes)
    assert cohort.people["student_id"].is_unique
    assert len(cohort.eligible) == 7 * len(cohort.people)
    mentees = cohort.eligible.loc[cohort.eligible["mentee"] == "yes", "student_id"]
    assert set(mentees) == set(cohort.people["student_id"])


def test_shares_of_low_and_unknown_ses_are_as_calibrated(loaded):
    drawn = population(loaded, Design(), 99, sizes_of(100_000, Design()), ["self_belief"])
    shares = ses_of(drawn.students, loaded).value_counts(normalize=True)
    assert shares["low"] == pytest.approx(LOW_SHARE, abs=0.006)  # four standard errors
    assert shares["unknown"] == pytest.approx(UNKNOWN_SHARE, abs=0.0035)


def test_indicators_agree_as_poorly_as_they_do_in_life(crowd, loaded):
    sides = {
        name: crowd.people[name].isin(indicator.low).where(crowd.people[name].notna())
        for name, indicator in loaded.study.ses.indicators.items()
    }
    kappas = {
        (one, other): kappa(pd.concat([sides[one], sides[other]], axis=1).dropna().astype(bool))
        for at, one in enumerate(sides)
        for other in list(sides)[at + 1 :]
    }
    assert all(0.05 < value < 0.60 for value in kappas.values()), kappas
    assert kappas["fsm", "nssec"] > kappas["fsm", "polar4"]


def kappa(pairs: pd.DataFrame) -> float:
    """Cohen's kappa of two columns of booleans."""
    one, other = pairs.to_numpy().T
    expected = one.mean() * other.mean() + (1 - one.mean()) * (1 - other.mean())
    return float(((one == other).mean() - expected) / (1 - expected))


def test_mentors_take_several_mentees_and_return(cohort):
    matches = cohort.matches.assign(year=cohort.matches["matched_on"].dt.year)
    for other, share in (("student_id", 0.3), ("year", 0.1)):
        times = matches.drop_duplicates(["mentor_id", other])["mentor_id"].value_counts()
        assert (times > 1).mean() > share
    assert set(matches["mentor_type"]) == {"employer", "alumnus"}
    mentors = matches[["mentor_id", "mentor_class_origin"]].drop_duplicates()
    assert mentors["mentor_id"].is_unique
    assert (mentors["mentor_class_origin"] == "").mean() == pytest.approx(0.18, abs=0.08)
    assert set(matches["student_id"]) == set(cohort.people["student_id"])


def test_the_engagement_log_holds_all_four_activities(cohort):
    assert set(cohort.engagement["activity"]) == {"bursary", "networking", "workshop", "meeting"}
    assert (cohort.engagement["hours"].isna() == (cohort.engagement["activity"] == "bursary")).all()


# --- what they answer


def test_answers_follow_the_graded_response_model(loaded):
    instrument, scale = loaded.scales["self_belief"]
    design, trait, n = Design(), 0.4, 200_000
    codes = answer(np.full(n, trait), scale, instrument.answers, design, np.random.default_rng(1))
    thresholds = np.linspace(-design.spread, design.spread, 4)
    for item, easier in enumerate(np.linspace(-design.item_offset, design.item_offset, 4)):
        turned = scale.items[item] in scale.reversed
        of_item = 6 - codes[:, item] if turned else codes[:, item]
        wanted = expit(design.discrimination * (trait + easier - thresholds))
        reached = [(of_item > code).mean() for code in (1, 2, 3, 4)]
        assert reached == pytest.approx(wanted, abs=4.5 * 0.5 / np.sqrt(n))


def test_answers_stay_in_the_range_of_the_instrument(crowd, loaded):
    for wave, allowed in Cleaning.of(loaded).items.items():
        codes = crowd.complete.answers[wave]
        assert set(codes) == set(allowed)
        for item, answers in allowed.items():
            assert set(codes[item]) == set(range(int(answers.low), int(answers.high) + 1))


def test_mentors_are_asked_about_from_the_middle_on(cohort):
    asked = {wave: "identify_1" in frame for wave, frame in cohort.complete.answers.items()}
    assert asked == {"start": False, "middle": True, "end": True}


@pytest.mark.parametrize("structure", ["compound_symmetric", "autoregressive", "slope"])
def test_traits_have_the_declared_covariance_over_waves(loaded, structure):
    plain = {name: replace(trait, level=0.0, slope=0.0) for name, trait in Design().traits.items()}
    design = replace(Design(), structure=structure, traits=plain, shifts={})
    drawn = population(loaded, design, 8, sizes_of(60_000, design), ["networks"])
    wanted = design.covariance(np.array([0.0, 4.0, 8.0]))
    assert np.cov(drawn.traits["networks"].T) == pytest.approx(wanted, abs=0.025)
    middle = {"compound_symmetric": 0.6, "autoregressive": np.sqrt(0.6), "slope": 0.6}[structure]
    assert wanted[0] == pytest.approx([1.0, middle, 0.6])
    assert wanted[2, 2] == pytest.approx(1.25 if structure == "slope" else 1.0)


def test_covariates_shift_levels_and_never_gains(loaded):
    design = replace(Design(), shifts={"gender": {"man": 0.5}})
    path = ["identification", "negative_affect", "networks"]
    drawn = population(loaded, design, 8, sizes_of(60_000, design), path)
    man = (drawn.students["gender"] == "man").to_numpy()
    for outcome, shift in (("networks", 0.5), ("negative_affect", -0.5)):
        trait = drawn.traits[outcome]
        apart = trait[man].mean(axis=0) - trait[~man].mean(axis=0)
        assert apart == pytest.approx([shift] * 3, abs=0.05)


def test_the_path_of_the_third_hypothesis_is_there(crowd):
    traits = crowd.complete.traits
    more = crowd.complete.students["disadvantage"].to_numpy()
    identified, upset, aspires = (
        traits["identification"][:, 1],
        traits["negative_affect"],
        traits["aspiration"],
    )
    assert np.corrcoef(more, identified)[0, 1] < -0.2
    assert np.corrcoef(identified, upset[:, 1] - upset[:, 0])[0, 1] < -0.2
    assert np.corrcoef(upset[:, 1], aspires[:, 2] - aspires[:, 1])[0, 1] < -0.1


# --- what is observed of it


def test_as_many_answer_as_designed(crowd):
    answered = {wave: len(crowd.observed(wave)) / len(crowd.people) for wave in crowd.responses}
    assert answered["start"] == pytest.approx(0.97, abs=0.01)
    assert 0.75 < answered["middle"] < 0.80
    assert 0.60 < answered["end"] < 0.70


def test_dropout_depends_on_the_observed_score_and_not_on_what_nobody_saw(crowd, loaded):
    measured = Scoring.of(loaded).outcomes["self_belief"]
    start = crowd.observed("start").set_index("student_id")
    seen = pd.Series(
        score_items(start[list(measured.scale.items)].to_numpy(), measured), index=start.index
    ).dropna()
    everyone = crowd.complete.students.set_index("student_id")
    trait = pd.DataFrame(crowd.complete.traits["self_belief"], index=everyone.index).loc[seen.index]
    focal = everyone.loc[seen.index, "fsm"].eq("yes")
    stayed = seen.index.isin(crowd.observed("middle")["student_id"])
    known = np.column_stack([np.ones(len(seen)), seen, focal, trait[0], trait[1]])
    fit = Logit(stayed.astype(float), known).fit(disp=False)
    assert fit.params[1] / fit.bse[1] > 4
    assert np.abs(fit.params[3:] / fit.bse[3:]).max() < 3


def test_the_chance_to_stay_is_the_declared_logistic():
    rule = Design().retention[1]
    chance = retained(rule, np.array([0.0, 1.0]), np.array([False, True]), np.array([True, False]))
    wanted = expit([rule.intercept + rule.missed, rule.intercept + rule.score + rule.focal])
    assert chance == pytest.approx(wanted)


def test_responses_are_late_broken_off_and_repeated_as_designed(crowd):
    design, received = Design(), pd.concat(crowd.responses.values())
    only = received[received["copy"] == "only"]
    assert (~only["finished"]).mean() == pytest.approx(design.unfinished, abs=0.006)
    assert only["late"].mean() == pytest.approx(design.late, abs=0.006)
    for kind, share in (("identical", design.identical_copies), ("earlier", design.earlier_versions)):
        assert (received["copy"] == kind).sum() / len(only) == pytest.approx(share, abs=0.004)


# --- what is exported


def test_clean_finds_just_what_was_observed(cohort, loaded, raw):
    made = clean(raw, Cleaning.of(loaded)).tables
    people = made["people"].set_index("person")
    wanted = ses_of(cohort.people, loaded).set_axis(cohort.people["student_id"])
    assert people["ses"].to_dict() == wanted.to_dict()
    for wave in loaded.study.waves:
        found = made["answers"][made["answers"]["wave"] == wave].set_index("person").sort_index()
        there = cohort.observed(wave).set_index("student_id").sort_index()
        there = there[there.notna().any(axis=1)]
        assert found.index.tolist() == there.index.tolist()
        assert np.array_equal(
            found[list(there)].to_numpy(dtype=float, na_value=np.nan), there, equal_nan=True
        )


def test_the_first_wave_is_a_qualtrics_export(raw, cohort):
    content = raw["wave_1_start.csv"]
    assert content.startswith(b"\xef\xbb\xbf")
    ids, texts, imports, *rows = rows_of(content)
    assert ids[:11] == [
        "StartDate", "EndDate", "Status", "Progress", "Duration (in seconds)", "Finished", "RecordedDate",
        "ResponseId", "ExternalReference", "DistributionChannel", "UserLanguage",
    ]  # fmt: skip
    assert len(texts) == len(ids) == len(set(ids))
    assert any("\n" in text for text in texts)
    assert all("ImportId" in json.loads(cell) for cell in imports)
    assert all(re.fullmatch(r"Q\d+_\d+", name) for name in ids[11:])
    assert len(rows) == len(cohort.responses["start"])
    assert {cell for row in rows for cell in row[11:]} <= {"", "-99", *map(str, range(10))}


def test_the_second_wave_holds_nothing_but_labels(raw, loaded):
    header, *rows = rows_of(raw["wave_2_middle.csv"])
    assert header[:4] == ["Unique response number", "Student number", "Completion date", "Completed"]
    raw["wave_2_middle.csv"].decode("utf-8").encode("cp1252")
    labels = {
        label for instrument in loaded.instruments.values() for label in instrument.answers.labels.values()
    }
    assert {cell for row in rows for cell in row[4:]} - {"", "Prefer not to say"} <= labels
    assert {row[3] for row in rows} == {"Yes", "No"}


def test_the_third_wave_is_a_workbook_with_text_ids_and_codes(raw):
    book = openpyxl.load_workbook(io.BytesIO(raw["wave_3_end.xlsx"]))
    assert book.sheetnames == ["SYNTHETIC"]
    header, *rows = book.worksheets[0].iter_rows(values_only=True)
    assert header[:4] == ("student_id", "completed", "finished", "clarity_1")
    assert all(isinstance(row[0], str) and re.fullmatch(r"S2[234]\d{4}", row[0]) for row in rows)
    assert {type(cell) for row in rows for cell in row[3:]} == {int, type(None)}


def test_every_file_that_the_study_names_is_there_and_no_column_names_a_person(raw, loaded):
    assert set(Cleaning.of(loaded).files) | {"eligible.csv"} == set(raw)
    for name, content in raw.items():
        headings = rows_of(content)[0] if name.endswith(".csv") else []
        assert not [
            heading for heading in headings if re.search(r"mail|ip.?address|name|latitude", heading.lower())
        ]


@pytest.mark.parametrize("name", ["register.csv", "matches.csv", "engagement.csv", "eligible.csv"])
def test_registers_say_synthetic_in_each_row(raw, name):
    assert set(pd.read_csv(io.BytesIO(raw[name]))["source"]) == {"SYNTHETIC"}


def test_waves_say_synthetic_in_each_response(raw):
    assert all(
        "SYNTHETIC" in row[7] and row[9] == "synthetic" for row in rows_of(raw["wave_1_start.csv"])[3:]
    )
    assert all("SYNTHETIC" in row[0] for row in rows_of(raw["wave_2_middle.csv"])[1:])


def test_what_is_written_for_no_answer_is_declared(loaded):
    assert {"-99", "Prefer not to say", ""} <= set(loaded.study.missing)

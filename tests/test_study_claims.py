"""What a study may say of its claims and its model, and what is refused."""

from __future__ import annotations

import pytest
import tiny
from study_example import FILE, JOB, config_folder, load, refusal, replace

from outcomes.study import Equivalence, Family, SdMargin
from outcomes.study.stages import Modelling, Reporting

H2 = "family:\n  career, margin: 0.5"
MODEL = "model: {covariates: [gender]}"
THIRD = "  end: {label: End"
LATER = "".join(
    f"  w{n}: {{label: W{n}, months: {n}, file: w{n}.csv, person: id}}\n" for n in range(2, 4)
)  # fmt: skip


@pytest.fixture
def config(tmp_path):
    return config_folder(tmp_path)


def test_what_is_left_out_is_the_usual(config):
    part = Modelling.of(load(config))
    first, second = part.hypotheses.values()
    assert (first.focal, first.reference, first.pair, first.sides, first.alpha, first.confidence) == (
        "low", "high", "low - high", 2, 0.05, 0.95,
    )  # fmt: skip
    assert (second.alpha, second.confidence, second.margin) == (0.025, 0.95, 0.5)
    assert part.families == {"psychosocial": Family(), "career": Family()}
    assert part.families["career"].purpose == "confirmatory"
    assert part.months == (0.0, 8.0)
    assert (part.model.structure, part.model.time, part.model.df) == (None, None, "auto")


@pytest.mark.parametrize(
    ("waves", "declared", "structure"),
    [(2, "", "intercept"), (4, "", "unstructured"), (4, "structure: intercept, ", "intercept"),
     (2, "structure: unstructured, ", "unstructured"), (4, "structure: slope, time: months, ", "slope")],
)  # fmt: skip
def test_structure_follows_the_waves_unless_it_is_declared(config, waves, declared, structure):
    if waves == 4:
        replace(config, "studies/tiny", THIRD, LATER + THIRD)
    replace(config, "studies/tiny", "model: {", f"model: {{{declared}")
    part = Modelling.of(load(config))
    assert part.outcomes["calm"].structure == structure
    assert part.months == ((0.0, 2.0, 3.0, 8.0) if waves == 4 else (0.0, 8.0))


def test_structure_is_chosen_by_outcome(config):
    replace(config, "studies/tiny", THIRD, LATER + THIRD)
    second = "  still: {label: Still, instrument: calm, scale: total, domain: other, waves: [start, end]}\n"
    replace(config, "studies/tiny", "hypotheses:", f"{second}hypotheses:")
    outcomes = Modelling.of(load(config)).outcomes
    assert {name: one.structure for name, one in outcomes.items()} == {
        "calm": "unstructured",
        "still": "intercept",
    }


@pytest.mark.parametrize(
    ("said", "margin"),
    [
        ("0.25", 0.25),
        ("{sd: 0.3}", SdMargin(sd=0.3)),
        ("{sd: 0.3, reference: {calm: 0.8}, source: A norm sample}",
         SdMargin(sd=0.3, reference={"calm": 0.8}, source="A norm sample")),
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["non_inferiority", "equivalence"])
def test_a_margin_is_in_points_or_in_sd(config, kind, said, margin):
    replace(config, "studies/tiny", "margin: 0.5", f"margin: {said}")
    replace(config, "studies/tiny", "kind: non_inferiority", f"kind: {kind}")
    loaded = load(config)
    claim = Modelling.of(loaded).hypotheses["H2"]
    assert claim.margin == margin
    assert claim.alpha == (0.05 if isinstance(claim, Equivalence) else 0.025)
    for part in (Modelling.of(loaded), Reporting.of(loaded)):
        assert type(part).model_validate(part.model_dump(mode="json", by_alias=True)) == part


def test_families_say_their_purpose(config):
    replace(config, "studies/tiny", MODEL, f"families: {{career: {{purpose: exploratory}}}}\n{MODEL}")
    families = Modelling.of(load(config)).families
    assert {name: family.purpose for name, family in families.items()} == {
        "psychosocial": "confirmatory",
        "career": "exploratory",
    }


REFUSED = {
    "no margin in points": ("margin: 0.5", "margin: wide", "H2: margin: found 'wide'; allowed: a number"),
    "a margin of nothing": ("margin: 0.5", "margin: 0", "H2: margin: found '0'; allowed: greater than 0"),
    "a margin as wide as the scale": ("margin: 0.5", "margin: 4", "H2: margin: found 4 points on 'calm'"),
    "a misspelt key of a margin": (
        "margin: 0.5",
        "margin: {sd: 0.3, refrence: {calm: 1}}",
        "H2: margin: found the key 'refrence'; allowed: sd, reference, source; did you mean 'reference'?",
    ),
    "a margin of no sd": ("margin: 0.5", "margin: {}", "H2: margin: sd: found no value"),
    "reference SDs from nowhere": (
        "margin: 0.5",
        "margin: {sd: 0.3, reference: {calm: 1}}",
        "H2: margin: source: found no value",
    ),
    "a source of nothing": ("margin: 0.5", "margin: {sd: 0.3, source: Lore}", "H2: margin: source: found a"),
    "reference SDs of others": (
        "margin: 0.5",
        "margin: {sd: 0.3, reference: {clam: 1, calm: 1}, source: Lore}",
        "H2: margin: reference: found 'clam'; allowed: calm; did you mean 'calm'?",
    ),
    "a fixed margin in SD as wide as the scale": (
        "margin: 0.5",
        "margin: {sd: 4, reference: {calm: 1}, source: Lore}",
        "H2: margin: found 4 SD (4 points) on 'calm', which runs from 1 to 5; allowed: less than 4 points",
    ),
    "an estimated margin as wide as the scale": (
        "margin: 0.5",
        "margin: {sd: 2}",
        "H2: margin: found 2 SD (up to 4 points) on 'calm'",
    ),
    "a group with itself": (
        "margin: 0.5",
        "margin: 0.5, focal: high",
        "H2: reference: found 'high', as `focal`",
    ),
    "a group of no name": (
        "margin: 0.5",
        "margin: 0.5, focal: lo",
        "H2: focal: found 'lo'; allowed: low, hi",
    ),
    "unknown SES that is left out": (
        MODEL,
        "model: {ses_unknown: leave_out}",
        "H2: focal: found 'unknown'; allowed: low or high",
    ),
    "unknown SES outside the population": (
        MODEL,
        f"population: ses_known\n{MODEL}",
        "H2: focal: found 'unknown'; allowed: low or high",
    ),
    "a benefit against the instrument": (
        "margin: 0.5",
        "margin: 0.5, benefit: lower",
        "H2: benefit: found 'lower' on 'calm', where higher is better",
    ),
    "three sides": ("kind: superiority", "kind: superiority, sides: 3", "H1: sides: found '3'"),
    "sides of a floor": (
        "kind: non_inferiority",
        "kind: non_inferiority, sides: 1",
        "H2: found the key 'sides'",
    ),
    "a claim made twice": (
        "kind: non_inferiority, outcomes: [calm], family:\n  career, margin: 0.5",
        "kind: superiority, outcomes: [calm], family: psychosocial",
        "H2: outcomes: found 'calm', which `H1` claims too (superiority, family psychosocial)",
    ),
    "a family of no claim": (
        MODEL,
        f"families: {{carer: {{}}}}\n{MODEL}",
        "families: found 'carer'; allowed: psychosocial, career; did you mean 'career'?",
    ),
    "a purpose of no name": (
        MODEL,
        f"families: {{career: {{purpose: explore}}}}\n{MODEL}",
        "families: career: purpose: found 'explore'; allowed: confirmatory, exploratory",
    ),
    "a slope without a time": (
        "model: {",
        "model: {structure: slope, ",
        "model: time: found no value; allowed: months or wave",
    ),
    "a time without a slope": ("model: {", "model: {time: months, ", "model: time: found 'months'"),
    "a slope over two waves": (
        "model: {",
        "model: {structure: slope, time: wave, ",
        "model: structure: found slope, with 'calm' asked at 2 waves",
    ),
    "a structure of no name": ("model: {", "model: {structure: ar1, ", "model: structure: found 'ar1'"),
    "degrees of freedom of no name": ("model: {", "model: {df: kr, ", "model: df: found 'kr'"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_contradicts_a_claim_or_the_model_is_refused(config, case):
    old, new, found = REFUSED[case]
    replace(config, "studies/tiny", old, new)
    if "unknown SES" in case:
        replace(config, "studies/tiny", "margin: 0.5", "margin: 0.5, focal: unknown")
    sentences = refusal(config)
    assert [sentence for sentence in sentences if sentence.startswith(FILE) and found in sentence], sentences
    assert len(sentences) == 1


def test_reference_sds_are_of_every_outcome(config):
    second = "  still: {label: Still, instrument: calm, scale: total, domain: other}\n"
    replace(config, "studies/tiny", "hypotheses:", f"{second}hypotheses:")
    replace(config, "studies/tiny", "margin: 0.5", "margin: {sd: 1, reference: {calm: 1}, source: Lore}")
    replace(
        config,
        "studies/tiny",
        "non_inferiority, outcomes: [calm]",
        "non_inferiority, outcomes: [calm, still]",
    )
    (sentence,) = refusal(config)
    assert "H2: margin: reference: found no SD of 'still'" in sentence


def test_a_slope_asks_nothing_of_shares(config):
    replace(config, "studies/tiny", THIRD, LATER + THIRD)
    replace(config, "studies/tiny", "hypotheses:", f"{JOB[:-2]}, waves: [end]}}\nhypotheses:")
    replace(config, "studies/tiny", "model: {", "model: {structure: slope, time: wave, ")
    assert Modelling.of(load(config)).outcomes["job"].is_share


def test_unknown_ses_can_be_claimed_where_it_is_a_third_level(config):
    assert "ses_unknown" not in tiny.STUDY
    replace(config, "studies/tiny", "margin: 0.5", "margin: 0.5, focal: unknown")
    assert Modelling.of(load(config)).hypotheses["H2"].pair == "unknown - high"

"""A value of the wrong kind or a contradiction gets a sentence: where, what was found, what is allowed."""

from __future__ import annotations

import pytest
from study_example import FILE, JOB, config_folder, refusal, replace


@pytest.fixture
def config(tmp_path):
    return config_folder(tmp_path)


VALUES = {
    "a word for a number": (
        "months: 0,",
        "months: soon,",
        "waves: start: months: found 'soon'; allowed: a number",
    ),
    "a number that is none": (
        "months: 8,",
        "months: nan,",
        "waves: end: months: found 'nan'; allowed: a finite number",
    ),
    "a fraction for a count": (
        "replicates: 200",
        "replicates: 2.5",
        "replicates: found '2.5'; allowed: a whole number",
    ),
    "too few": (
        "replicates: 200",
        "replicates: 5",
        "replicates: found '5'; allowed: greater than or equal to 200",
    ),
    "a word not in the list": (
        "rule: single",
        "rule: singel",
        "ses: rule: found 'singel'; allowed: single, hierarchy",
    ),
    "text for a list": ('low: ["yes"]', "low: yes", "fsm: low: found 'yes'; allowed: a list"),
    "a list for text": (
        "column: fsm",
        "column: [fsm]",
        "fsm: column: found a list or a mapping; allowed: text",
    ),
    "text for keys": (
        "disclosure: {profile: hesa}",
        "disclosure: hesa",
        "disclosure: found 'hesa'; allowed: keys",
    ),
    "an empty value": ("title: A tiny study", "title:", "title: found ''; allowed:"),
    "a line break in a label": (
        "title: A tiny study",
        'title: "A\\nB"',
        r"title: found 'A\nB'; allowed: words on one",
    ),
    "a NUL in a label": (
        "title: A tiny study",
        'title: "A\\0B"',
        r"title: found 'A\x00B'; allowed: words on one",
    ),
    "a name with capitals": (
        "\n  calm: {label",
        "\n  Calm: {label",
        "outcomes: Calm: found 'Calm'; allowed: a name of",
    ),
    "a hypothesis without a kind": ("kind: superiority, ", "", "hypotheses: H1: kind: found no value"),
    "a hypothesis of no kind": (
        "kind: superiority",
        "kind: superior",
        "hypotheses: H1: found 'superior'; allowed: sup",
    ),
    "a hypothesis key with a tag": (
        "  H1:",
        "  <b>:",
        "hypotheses: <b>: found '<b>'; allowed: a short name such as H1",
    ),
    "a hypothesis key with a path": (
        "  H1:",
        "  ../H1:",
        "hypotheses: ../H1: found '../H1'; allowed: a short name",
    ),
    "a missing key": (
        "source: invented for the tests\n",
        "",
        "source: found no value; allowed: a required key",
    ),
    "ids that identify": ("ids: public", "ids: plain", "ids: found 'plain'; allowed: public, pseudonyms"),
    "seconds since 1970": (
        "person: id}\n  end",
        "person: id, answered_on: d, closes: 20261122}\n  end",
        "a day such as",
    ),
    "no such day": (
        "person: id}\n  end",
        "person: id, answered_on: d, closes: 2026-02-30}\n  end",
        "closes: found '2026",
    ),
    "another study's name": (
        "study: tiny",
        "study: tine",
        "study: found 'tine'; allowed: tiny; call it like its file",
    ),
    "a lone surrogate": ("title: A tiny study", 'title: "\\ud800"', r"title: found '\ud800'"),
}


@pytest.mark.parametrize("case", VALUES)
def test_a_value_of_the_wrong_kind_is_refused(config, case):
    old, new, found = VALUES[case]
    replace(config, "studies/tiny", old, new)
    (sentence,) = refusal(config)
    assert found in sentence
    assert sentence.startswith(FILE)


CONTRADICTIONS = {
    "unknown outcome": (
        "outcomes: [calm], family: psy",
        "outcomes: [clam], family: psy",
        "H1: outcomes: found 'clam'",
        "'calm'?",
    ),
    "outcome twice": (
        "[calm], family: psy",
        "[calm, calm], family: psy",
        "H1: outcomes: found 'calm' 2 times",
        "others.",
    ),
    "unknown deciding wave": ("margin: 0.5", "margin: 0.5, wave: ende", "H2: wave: found 'ende'", "'end'?"),
    "decided at the baseline": (
        "margin: 0.5",
        "margin: 0.5, wave: start",
        "H2: wave: found 'start'",
        "later wave.",
    ),
    "not asked then": (
        "domain: psychosocial}",
        "domain: psychosocial, waves: [start]}",
        "'calm', which `end` does not",
        ".",
    ),
    "never at the baseline": (
        "domain: psychosocial}",
        "domain: psychosocial, waves: [end]}",
        "which `start` does not",
        ".",
    ),
    "unknown wave of an outcome": (
        "domain: psychosocial}",
        "domain: psychosocial, waves: [start, end, ende]}",
        "'ende'",
        "?",
    ),
    "floor on a mean": (
        "kind: superiority",
        "kind: floor, floor: 0.5",
        "`floor` on 'calm', which is scored as `mean`",
        ".",
    ),
    "superiority on a share": (
        "instrument: calm, scale: total",
        "instrument: job, scale: top",
        "`superiority` on 'calm'",
        ".",
    ),
    "unknown scale": (
        "scale: total",
        "scale: totl",
        "outcomes: calm: scale: found 'totl'; allowed: total",
        "'total'?",
    ),
    "unknown instrument": (
        "instrument: calm",
        "instrument: clam",
        "instrument 'clam': found no file config/inst",
        "'calm'?",
    ),
    "unknown profile": (
        "profile: hesa",
        "profile: hes",
        "profile 'hes': found no file config/disclosure/hes.yaml",
        "'hesa'?",
    ),
    "unknown covariate": (
        "model: {covariates: [gender]}",
        "model: {covariates: [gendre]}",
        "model: covariates: found 'g",
        "?",
    ),
    "unknown in reproduction": (
        "reproduction: {covariates: [gender]",
        "reproduction: {covariates: [sex]",
        "found 'sex'",
        ".",
    ),
    "a file of two waves": (
        "file: end.csv",
        "file: start.csv",
        "file names: found 'start.csv' 2 times",
        "others.",
    ),
    "a wave in the register": (
        "file: end.csv",
        "file: register.csv",
        "file names: found 'register.csv' 2 times",
        "others.",
    ),
    "waves out of order": (
        "months: 8",
        "months: 0",
        "waves: end: months: found 0, not later than `start`",
        "order.",
    ),
    "a wave called register": (
        "  end: {label: End",
        "  register: {label: End",
        "waves: found the name 'register'",
        ".",
    ),
    "indicator and covariate": ("  gender: {label", "  fsm: {label", "covariates: found the name 'fsm'", "."),
    "a covariate called ses": (
        "  gender: {label",
        "  ses: {label",
        "covariates: found the name 'ses'; allowed: any but",
        ".",
    ),
    "low and high": (
        'high: ["no"]',
        'high: ["yes"]',
        "indicators: fsm: low: found 'yes', which is also `high`",
        "them.",
    ),
    "a level twice": (
        "levels: [woman, man]",
        "levels: [woman, woman]",
        "gender: levels: found 'woman' 2 times",
        "others.",
    ),
    "a level that is missing": (
        "ids: public",
        'ids: public\nmissing: ["", man]',
        "gender: found 'man', which `missing`",
        ".",
    ),
    "an answer that is missing": (
        "ids: public",
        'ids: public\nmissing: ["", "5"]',
        "'5', which `calm` allows",
        ".",
    ),
    "source that is no baseline": (
        "column: gender",
        "column: gender, source: end",
        "gender: source: found 'end'",
        ".",
    ),
    "no register": (
        "register: {file: register.csv, person: id, cohort: intake}\n",
        "",
        "source: found 'register'",
        ".",
    ),
    "count without a number": ("rule: single", "rule: count", "ses: at_least: found no number", "them."),
    "more than there are": (
        "rule: single",
        "rule: count\n  at_least: 2",
        "ses: at_least: found 2; allowed: at most the 1",
        ".",
    ),
    "a label of SES lacking": (
        "rule: single",
        "rule: single\n  labels: {low: poor, high: rich}",
        "ses: labels: found low, h",
        ".",
    ),
    "partial without finished": (
        "waves:\n",
        "responses: {partial: leave_out}\nwaves:\n",
        "responses: partial: found leave_out",
        ".",
    ),
    "late without closes": (
        "waves:\n",
        "responses: {late: leave_out}\nwaves:\n",
        "responses: late: found leave_out",
        ".",
    ),
    "closes without a date": (
        "file: end.csv,",
        "file: end.csv, closes: 2026-01-01,",
        "waves: end: closes: found a day",
        ".",
    ),
}


@pytest.mark.parametrize("case", CONTRADICTIONS)
def test_a_contradiction_is_refused(config, case):
    old, new, found, end = CONTRADICTIONS[case]
    replace(config, "studies/tiny", old, new)
    sentences = refusal(config)
    assert [sentence for sentence in sentences if found in sentence and sentence.endswith(end)], sentences


INSTRUMENTS = {
    "low above high": (
        "answers: {low: 1, high: 5}",
        "answers: {low: 5, high: 1}",
        "answers: low: found 5, with `high` 1",
    ),
    "a label too few": (
        "high: 5}",
        "high: 5, labels: {1: No, 5: Yes}}",
        "answers: labels: found other codes",
    ),
    "one label for two": (
        "high: 5}",
        "high: 2, labels: {1: 'Yes', 2: 'Yes '}}",
        "answers: labels: found 'Yes' 2 times",
    ),
    "labels of fractions": (
        "high: 5}",
        "high: 2, whole: no, labels: {1: A, 2: B}}",
        "answers: labels: found labels",
    ),
    "an item twice": (
        "items: [q1, q2, q3]\nscales",
        "items: [q1, q2, q3, q1]\nscales",
        "items: found 'q1' 2 times",
    ),
    "an item of our own": (
        "items: [q1, q2, q3]\nscales",
        "items: [q1, q2, q3, wave]\nscales",
        "the name 'wave'",
    ),
    "an unknown item": (
        "items: [q1, q2, q3], rev",
        "items: [q1, q2, q4], rev",
        "scales: total: items: found 'q4'",
    ),
    "a reversed stranger": ("reversed: [q2]", "reversed: [q9]", "scales: total: reversed: found 'q9'"),
    "more than all": (
        "at_least: 2",
        "at_least: 4",
        "scales: total: at_least: found 4; allowed: at most the 3 items",
    ),
    "a share of three": (
        "scoring: mean",
        "scoring: share",
        "scales: total: items: found 3 items; allowed: one item",
    ),
    "members of a mean": (
        "scoring: mean",
        "scoring: mean, members: [1]",
        "scales: total: members: found codes",
    ),
    "given and reversed": (
        "scoring: mean",
        "scoring: as_given",
        "scales: total: reversed: found an item; allowed: none",
    ),
}


@pytest.mark.parametrize("case", INSTRUMENTS)
def test_an_instrument_that_contradicts_itself_is_refused(config, case):
    old, new, found = INSTRUMENTS[case]
    replace(config, "instruments/calm", old, new)
    sentences = refusal(config)
    assert [s for s in sentences if found in s and s.startswith("config/instruments/calm.yaml")], sentences


def test_members_beyond_the_answers_are_refused(config):
    replace(config, "studies/tiny", "instrument: calm, scale: total", "instrument: job, scale: top")
    replace(config, "instruments/job", "members: [1]", "members: [1, 4]")
    assert "scales: top: members: found '4'; allowed: codes from 1 to 3" in refusal(config)[0]


def test_two_instruments_must_not_share_an_item(config):
    replace(config, "studies/tiny", "hypotheses:", f"{JOB}hypotheses:")
    replace(config, "instruments/job", "items: [job]\n", "items: [q1]\n")
    replace(config, "instruments/job", "items: [job], scoring", "items: [q1], scoring")
    assert refusal(config) == [
        f"{FILE}: outcomes: found the item 'q1' in calm, job; allowed: each item id in one instrument; "
        "rename it in one of them."
    ]

"""The restricted tables, in the order of the stages: person-level or unrounded, never shared."""

from __future__ import annotations

from dataclasses import replace

from outcomes.columns import ARMS, GROUPS, Column, Table
from outcomes.tables.modelled import (
    COMPONENTS,
    CONTRASTS,
    FITS,
    FOREST,
    GAINS,
    GROUP,
    MARGINS,
    MEANS,
    OLS,
    OUTCOME,
    VERDICTS,
    WAVE,
    N,
)

_WHO = (Column("person", "text", "The person's id."),)

PEOPLE = Table(
    "people", "restricted", "clean", "a person", key=("person",),
    columns=(
        *_WHO,
        Column("cohort", "text", "The intake.", empty=True),
        Column("ses", "text", "The SES group by the study's rule, fixed at the baseline.", among=GROUPS),
        Column("ses_index", "number", "The place on the index of the SES indicators, lower for lower SES; "
               "empty with another rule, or where too few indicators are known.", empty=True),
        Column("in_population", "flag", "Whether the question is about this person."),
        Column("arm", "text", "The arm, fixed at the baseline; empty without a comparison group or where it "
               "is not known.", empty=True, among=ARMS),
    ),
    more="text", more_means="one column an SES indicator (low, high or empty) and one a covariate",
)  # fmt: skip

ANSWERS = Table(
    "answers", "restricted", "clean", "a person and wave", key=("person", "wave"),
    columns=(*_WHO, WAVE, Column("answered_on", "day", "The day of the answer.", empty=True)),
    more="number", more_means="one column an item id, holding the code of the answer",
)  # fmt: skip

MATCHES = Table(
    "matches", "restricted", "clean", "a match",
    columns=(
        *_WHO,
        Column("mentor", "text", "The mentor's id."),
        Column("from", "day", "The day of the match."),
        Column("to", "day", "The day on which the match ended.", empty=True),
        Column("sector", "text", "The mentor's sector.", empty=True),
        Column("mentor_type", "text", "Employer or alumnus.", empty=True),
    ),
    more="text", more_means="one column an attribute of the mentor",
)  # fmt: skip

ENGAGEMENT = Table(
    "engagement", "restricted", "clean", "an event",
    columns=(
        *_WHO,
        Column("kind", "text", "The kind of activity."),
        Column("on", "day", "The day."),
        Column("hours", "number", "The hours spent.", empty=True),
    ),
)  # fmt: skip

LINKS = Table(
    "links", "restricted", "clean", "a response that is used", key=("person", "wave"),
    columns=(
        *_WHO, WAVE,
        Column("row", "count", "The row of the wave's file as a spreadsheet shows it."),
        Column("how", "text", "How it is linked to the earlier waves: `baseline` (the first wave), `exact` "
               "(the same id), `near` (nearly the same code, and no other comes near), `alone` (nobody "
               "earlier), `no id`, `apart` (two people use the code).",
               among=("baseline", "exact", "near", "alone", "no id", "apart")),
        Column("errors", "count", "In how many places the codes differ; 0 unless `near`."),
    ),
)  # fmt: skip

REVIEW = Table(
    "review", "restricted", "clean", "a pair of responses that may be one person's and is not linked",
    columns=(
        WAVE,
        Column("row", "count", "The row of the wave's file."),
        Column("other_wave", "text", "The earlier wave, or `register`."),
        Column("other_row", "count", "The row of its file."),
        Column("errors", "count", "In how many places the codes differ."),
        Column("reason", "text", "Why the pair is not linked."),
    ),
)  # fmt: skip

LINKAGE = Table(
    "linkage", "restricted", "clean", "a wave, an SES group and a way of being linked",
    key=("wave", "group", "how"),
    columns=(
        WAVE, GROUP,
        Column("how", "text", "`answered`: all responses that are used; `found`: those of people who "
               "answered the first wave; the others as in `links`."),
        Column("n", "count", "Responses."),
    ),
)  # fmt: skip

FLAGS = Table(
    "flags", "restricted", "clean", "a response and what is odd about it", key=("file", "row", "flag"),
    columns=(
        Column("file", "text", "The raw file."),
        WAVE,
        Column("row", "count", "The row as a spreadsheet shows it."),
        Column("flag", "text", "What is odd: one answer throughout, fast, ended before it began ..."),
    ),
)  # fmt: skip

CHECKS = Table(
    "checks", "restricted", "clean", "a kind of warning in a file", key=("code", "file"),
    columns=(
        Column("code", "text", "The kind of warning; docs/how-to/errors.md explains each."),
        Column("file", "text", "The raw file, or the folder where it is about several."),
        Column("n", "count", "Rows that it is about; 1 where it is about the file as a whole."),
    ),
)  # fmt: skip

LEDGER = Table(
    "ledger", "restricted", "clean", "a row left out or a cell changed",
    columns=(
        Column("file", "text", "The raw file."),
        Column("wave", "text", "The wave, where the file is one.", empty=True),
        Column("row", "count", "The row as a spreadsheet shows it."),
        Column("column", "text", "The column; empty where the whole row is left out.", empty=True),
        Column("before", "text", "The cell as it was (closed questions, days; ids only where they are "
               "public).", empty=True),
        Column("after", "text", "The cell as it is now; empty for no answer.", empty=True),
        Column("rule", "text", "Why."),
    ),
)  # fmt: skip

ROWS = Table(
    "rows", "restricted", "clean", "a file and what became of its rows", key=("file", "reason"),
    columns=(
        Column("file", "text", "The raw file."),
        Column("wave", "text", "The wave, where the file is one.", empty=True),
        Column("reason", "text", "`used`, or why rows were left out."),
        Column("n", "count", "Rows; over all reasons they are the rows of the file."),
    ),
)  # fmt: skip

PARTICIPATION = Table(
    "participation", "restricted", "clean", "a step of the participant flow and an SES group",
    key=("step", "group"),
    columns=(
        Column("step", "text", "The step, in the order of the flow."),
        Column("label", "text", "The step in words."),
        GROUP,
        Column("n", "count", "People."),
    ),
)  # fmt: skip

AGREEMENT = Table(
    "agreement", "restricted", "clean", "a pair of SES indicators", key=("indicator", "other"),
    columns=(
        Column("indicator", "text", "The first indicator."),
        Column("other", "text", "The second one."),
        Column("basis", "text", "Whom the first describes.", among=("person", "area")),
        Column("other_basis", "text", "Whom the second describes.", among=("person", "area")),
        Column("n", "count", "People with both known."),
        Column("low_low", "count", "Of these, low on both."),
        Column("low_high", "count", "Low on the first, high on the second."),
        Column("high_low", "count", "High on the first, low on the second."),
        Column("high_high", "count", "High on both."),
        Column("agree", "number", "The share of them on whom both agree.", empty=True),
        Column("kappa", "number", "Cohen's kappa: agreement beyond chance.", empty=True),
        Column("status", "text", "`ok`, or why there is no kappa."),
    ),
)  # fmt: skip

SES_RULES = Table(
    "ses_rules", "restricted", "clean", "a rule that makes SES groups of the indicators", key=("rule",),
    columns=(
        Column("rule", "text", "The rule; `single` and `count` with their indicator or number."),
        Column("declared", "flag", "Whether it is the study's rule; the others are what it might have been."),
        Column("basis", "text", "Whether its indicators describe the person (`individual`), the home "
               "area, or some this and some that.", among=("individual", "area", "mixed")),
        *(Column(group, "count", f"People whose SES is {group} by it.") for group in GROUPS),
        Column("low_to_high", "count", "People who are low by the study's rule and high by this one."),
        Column("high_to_low", "count", "The other way."),
        Column("to_unknown", "count", "People whom the study's rule places and this one does not."),
        Column("from_unknown", "count", "People whom this rule places and the study's does not."),
    ),
)  # fmt: skip

SCORES = Table(
    "scores", "restricted", "score", "a person, wave and outcome", key=("person", "wave", "outcome"),
    columns=(
        *_WHO, WAVE, OUTCOME,
        Column("score", "number", "The score; empty where too few items were answered.", empty=True),
        Column("n_answered", "count", "Items answered."),
        Column("n_items", "count", "Items of the scale."),
    ),
)  # fmt: skip

RELIABILITY = Table(
    "reliability", "restricted", "score", "an outcome, wave and group", key=("outcome", "wave", "group"),
    columns=(
        OUTCOME, WAVE,
        Column("group", "text", "The SES group, or `all`.", among=(*GROUPS, "all")),
        N,
        Column("n_items", "count", "Items of the scale."),
        Column("alpha", "number", "Coefficient alpha, complete answers only.", empty=True),
        Column("low", "number", "Lower limit of its 95 % interval (Feldt).", empty=True),
        Column("high", "number", "Upper limit.", empty=True),
        Column("status", "text", "`ok`, or why there is no alpha."),
    ),
)  # fmt: skip

FLOW = replace(PARTICIPATION, name="flow", stage="model", columns=(*PARTICIPATION.columns[:-1], N))

RESTRICTED = {
    table.name: table
    for table in (
        PEOPLE, ANSWERS, MATCHES, ENGAGEMENT, LINKS, REVIEW, LINKAGE, LEDGER, ROWS,
        FLAGS, CHECKS, PARTICIPATION, AGREEMENT, SES_RULES, SCORES, RELIABILITY, GAINS,
        CONTRASTS, MEANS, FITS, COMPONENTS, VERDICTS, MARGINS, FOREST, OLS, FLOW,
    )
}  # fmt: skip
"""The restricted tables by name: restricted/<stage>/<name>.csv."""

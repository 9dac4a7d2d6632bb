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

LEDGER = Table(
    "ledger", "restricted", "clean", "a row left out or a cell changed",
    columns=(
        Column("file", "text", "The raw file."),
        Column("wave", "text", "The wave, where the file is one.", empty=True),
        Column("row", "count", "The row as a spreadsheet shows it."),
        Column("column", "text", "The column; empty where the whole row is left out.", empty=True),
        Column("before", "text", "The cell as it was (closed questions only).", empty=True),
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
        PEOPLE, ANSWERS, MATCHES, ENGAGEMENT, LEDGER, ROWS, PARTICIPATION, SCORES, RELIABILITY, GAINS,
        CONTRASTS, MEANS, FITS, COMPONENTS, VERDICTS, MARGINS, FOREST, OLS, FLOW,
    )
}  # fmt: skip
"""The restricted tables by name: restricted/<stage>/<name>.csv."""

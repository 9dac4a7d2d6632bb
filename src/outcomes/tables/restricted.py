"""The restricted tables, in the order of the stages: person-level or unrounded, never shared."""

from __future__ import annotations

from dataclasses import replace

from outcomes.columns import GROUPS, Column, Table

_WHO = (Column("person", "text", "The person's id."),)
_GROUP = Column("group", "text", "The SES group.", among=GROUPS)
_OUTCOME = Column("outcome", "text", "The outcome's name in the study.")
_WAVE = Column("wave", "text", "The wave's name in the study.")
_N = Column("n", "count", "People behind the numbers of the row.", empty=True)

PEOPLE = Table(
    "people", "restricted", "clean", "a person", key=("person",),
    columns=(
        *_WHO,
        Column("cohort", "text", "The intake.", empty=True),
        Column("ses", "text", "The SES group by the study's rule, fixed at the baseline.", among=GROUPS),
        Column("in_population", "flag", "Whether the question is about this person."),
    ),
    more="text", more_means="one column an SES indicator (low, high or empty) and one a covariate",
)  # fmt: skip

ANSWERS = Table(
    "answers", "restricted", "clean", "a person and wave", key=("person", "wave"),
    columns=(*_WHO, _WAVE, Column("answered_on", "day", "The day of the answer.", empty=True)),
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
        _GROUP,
        Column("n", "count", "People."),
    ),
)  # fmt: skip

SCORES = Table(
    "scores", "restricted", "score", "a person, wave and outcome", key=("person", "wave", "outcome"),
    columns=(
        *_WHO, _WAVE, _OUTCOME,
        Column("score", "number", "The score; empty where too few items were answered.", empty=True),
        Column("n_answered", "count", "Items answered."),
        Column("n_items", "count", "Items of the scale."),
    ),
)  # fmt: skip

RELIABILITY = Table(
    "reliability", "restricted", "score", "an outcome, wave and group", key=("outcome", "wave", "group"),
    columns=(
        _OUTCOME, _WAVE,
        Column("group", "text", "The SES group, or `all`.", among=(*GROUPS, "all")),
        _N,
        Column("n_items", "count", "Items of the scale."),
        Column("alpha", "number", "Coefficient alpha, complete answers only.", empty=True),
        Column("low", "number", "Lower limit of its 95 % interval (Feldt).", empty=True),
        Column("high", "number", "Upper limit.", empty=True),
        Column("status", "text", "`ok`, or why there is no alpha."),
    ),
)  # fmt: skip

_ESTIMATE = (
    _N,
    Column("estimate", "number", "The estimate in scale points.", empty=True),
    Column("std_error", "number", "Its standard error.", empty=True),
    Column("statistic", "number", "Estimate over standard error.", empty=True),
    Column(
        "df", "number", "Degrees of freedom; empty where the statistic is referred to the normal.", empty=True
    ),
    Column("df_method", "text", "How degrees of freedom were found."),
    Column("low", "number", "Lower limit of the interval, not adjusted for multiplicity.", empty=True),
    Column("high", "number", "Upper limit.", empty=True),
    Column(
        "p_value",
        "number",
        "Two-sided p for no effect; 0 in a release is below its last decimal.",
        empty=True,
    ),
    Column("p_adjusted", "number", "p after Holm within the family; empty outside a family.", empty=True),
    Column("standardised", "number", "Estimate over the within-group pooled SD at the baseline.", empty=True),
    Column("standardised_low", "number", "Lower limit, with the error of that SD.", empty=True),
    Column("standardised_high", "number", "Upper limit.", empty=True),
    Column("structure", "text", "The covariance within a person."),
    Column("status", "text", "`ok`, `boundary`, or what failed."),
)
_DOMAIN = Column("domain", "text", "The outcome's domain.")
_ADJUSTED = Column("adjusted", "flag", "Whether the covariates are in the model.")

GAINS = Table(
    "gains", "restricted", "model", "an outcome, group and later wave",
    key=("outcome", "contrast", "group", "wave", "adjusted"),
    columns=(
        _OUTCOME, _DOMAIN,
        Column("contrast", "text", "`gain`: the wave minus the baseline.", among=("gain",)),
        _GROUP, _WAVE, _ADJUSTED, *_ESTIMATE,
    ),
)  # fmt: skip

CONTRASTS = Table(
    "contrasts", "restricted", "model", "an outcome and wave, focal minus reference group",
    key=("outcome", "contrast", "group", "wave", "adjusted"),
    columns=(
        _OUTCOME, _DOMAIN,
        Column(
            "contrast", "text", "`gap`: in gains since the baseline; `difference`: of groups at the wave.",
            among=("gap", "difference"),
        ),
        Column("group", "text", "Focal minus reference group.", among=("low - high",)),
        _WAVE, _ADJUSTED, *_ESTIMATE,
    ),
)  # fmt: skip

MEANS = Table(
    "means", "restricted", "model", "an outcome, group and wave", key=("outcome", "group", "wave"),
    columns=(
        _OUTCOME, _DOMAIN, _GROUP, _WAVE, _N,
        Column("mean", "number", "Mean of the observed scores.", empty=True),
        Column("sd", "number", "Their standard deviation.", empty=True),
        Column("estimate", "number", "Marginal mean by the unadjusted model.", empty=True),
        Column("std_error", "number", "Its standard error.", empty=True),
        Column("low", "number", "Lower limit of its interval.", empty=True),
        Column("high", "number", "Upper limit.", empty=True),
    ),
)  # fmt: skip

FITS = Table(
    "fits", "restricted", "model", "an outcome's model", key=("outcome", "adjusted"),
    columns=(
        _OUTCOME, _ADJUSTED,
        Column("structure", "text", "The covariance within a person."),
        Column("method", "text", "The criterion."),
        Column("n", "count", "People in the model.", empty=True),
        Column("n_rows", "count", "Scores in the model.", empty=True),
        Column("log_likelihood", "number", "The restricted log-likelihood at the solution.", empty=True),
        Column("person_variance", "number", "Variance between persons.", empty=True),
        Column("residual_variance", "number", "Variance within persons.", empty=True),
        Column("icc", "number", "Share of the variance that lies between persons.", empty=True),
        Column("baseline_sd", "number", "Within-group pooled SD at the baseline.", empty=True),
        Column("status", "text", "`ok`, `boundary`, or what failed."),
    ),
)  # fmt: skip

VERDICTS = Table(
    "verdicts", "restricted", "model", "a hypothesis and outcome; `all` is the hypothesis as a whole",
    key=("hypothesis", "outcome"),
    columns=(
        Column("hypothesis", "text", "The hypothesis's key in the study."),
        Column("outcome", "text", "The outcome, or `all`."),
        Column("kind", "text", "Superiority, non-inferiority or floor.",
               among=("superiority", "non_inferiority", "floor")),
        Column("family", "text", "The family within which p values are adjusted."),
        Column("wave", "text", "The deciding wave."),
        _N,
        Column("margin", "number", "The margin in scale points, or the floor as a share.", empty=True),
        Column("estimate", "number", "Gap in gains in scale points, or the share.", empty=True),
        Column("low", "number", "Lower limit of the interval, not adjusted for multiplicity.", empty=True),
        Column("high", "number", "Upper limit.", empty=True),
        Column("p_value", "number", "p of the hypothesis's own test.", empty=True),
        Column("p_adjusted", "number", "p that decides.", empty=True),
        Column("verdict", "text", "The verdict.",
               among=("superior", "non-inferior", "inconclusive", "inferior", "floor met", "floor not met",
                      "not estimable")),
        Column("plan", "text", "Whether it was fixed beforehand.", among=("confirmatory", "exploratory")),
        Column("basis", "text", "What the verdict rests on."),
    ),
)  # fmt: skip

FOREST = Table(
    "forest", "restricted", "model", "an outcome's adjusted gap in gains at the wave that decides",
    key=("outcome",),
    columns=(
        _OUTCOME, _DOMAIN, _WAVE, _N,
        Column("estimate", "number", "Gap in gains, focal minus reference group, in points.", empty=True),
        Column("low", "number", "Lower limit of its interval.", empty=True),
        Column("high", "number", "Upper limit.", empty=True),
        Column("standardised", "number", "The gap over the pooled SD at the baseline.", empty=True),
        Column("standardised_low", "number", "Lower limit.", empty=True),
        Column("standardised_high", "number", "Upper limit.", empty=True),
        Column("baseline_sd", "number", "That SD, in scale points.", empty=True),
        Column("hypothesis", "text", "The hypothesis that decides on it.", empty=True),
        Column("margin", "number", "Its margin in scale points.", empty=True),
        Column("verdict", "text", "Its verdict.", empty=True),
    ),
)  # fmt: skip

OLS = Table(
    "ols", "restricted", "model", "an outcome's regression of gain on SES and covariates", key=("outcome",),
    columns=(
        _OUTCOME, _DOMAIN, _WAVE, _N,
        Column("estimate", "number", "Low minus high SES, in scale points of gain.", empty=True),
        Column("std_error", "number", "Its standard error.", empty=True),
        Column("df", "number", "Residual degrees of freedom.", empty=True),
        Column("low", "number", "Lower limit of its interval.", empty=True),
        Column("high", "number", "Upper limit.", empty=True),
        Column("p_value", "number", "Two-sided p.", empty=True),
        Column("r2", "number", "R2 of the whole model.", empty=True),
        Column("r2_adjusted", "number", "Adjusted R2 of the whole model.", empty=True),
        Column("r2_added", "number", "R2 that SES adds to the covariates.", empty=True),
        Column("r2_added_low", "number", "Lower limit, bootstrap percentile.", empty=True),
        Column("r2_added_high", "number", "Upper limit.", empty=True),
        Column("status", "text", "`ok`, or why there is no estimate."),
    ),
)  # fmt: skip

FLOW = replace(PARTICIPATION, name="flow", stage="model", columns=(*PARTICIPATION.columns[:-1], _N))

RESTRICTED = {
    table.name: table
    for table in (
        PEOPLE, ANSWERS, MATCHES, ENGAGEMENT, LEDGER, ROWS, PARTICIPATION, SCORES, RELIABILITY, GAINS,
        CONTRASTS,
        MEANS, FITS, VERDICTS, FOREST, OLS, FLOW,
    )
}  # fmt: skip
"""The restricted tables by name: restricted/<stage>/<name>.csv."""

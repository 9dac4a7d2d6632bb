"""The restricted tables of the stage `model`: unrounded estimates, never shared."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

from outcomes.columns import ARMS, BETWEEN_ARMS, GROUPS, Column, Table

GROUP = Column("group", "text", "The SES group.", among=GROUPS)
OUTCOME = Column("outcome", "text", "The outcome's name in the study.")
WAVE = Column("wave", "text", "The wave's name in the study.")
ARM = Column(
    "arm", "text", "The arm, where the study has a comparison group.", empty=True, among=(*ARMS, BETWEEN_ARMS)
)
N = Column("n", "count", "People behind the numbers of the row.", empty=True)
"""Columns that many tables have."""

_PAIRS = tuple(" - ".join(pair) for pair in permutations(GROUPS, 2))

_ESTIMATE = (
    N,
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
        "simultaneous_low",
        "number",
        "Lower limit of the interval that holds at all later waves together (single-step max-t); empty where "
        "the engine does not tell it.",
        empty=True,
    ),
    Column("simultaneous_high", "number", "Upper limit.", empty=True),
    Column(
        "p_value",
        "number",
        "Two-sided p for no effect; 0 in a release is below its last decimal.",
        empty=True,
    ),
    Column(
        "p_adjusted",
        "number",
        "p after the adjustment within the family; empty outside a family.",
        empty=True,
    ),
    Column("standardised", "number", "Estimate over the within-group pooled SD at the baseline.", empty=True),
    Column("standardised_low", "number", "Lower limit, with the error of that SD.", empty=True),
    Column("standardised_high", "number", "Upper limit.", empty=True),
)
_FIT = (
    Column("structure", "text", "The covariance within a person."),
    Column("status", "text", "`ok`, `boundary`, or what failed."),
)
_DOMAIN = Column("domain", "text", "The outcome's domain.")
_ADJUSTED = Column("adjusted", "flag", "Whether the covariates are in the model.")

GAINS = Table(
    "gains", "restricted", "model", "an outcome, group and later wave",
    key=("outcome", "contrast", "group", "arm", "wave", "adjusted"),
    columns=(
        OUTCOME, _DOMAIN,
        Column("contrast", "text", "`gain`: the wave minus the baseline.", among=("gain",)),
        GROUP, replace(ARM, among=ARMS), WAVE, _ADJUSTED, *_ESTIMATE, *_FIT,
    ),
)  # fmt: skip

CONTRASTS = Table(
    "contrasts", "restricted", "model", "an outcome and wave, focal minus reference group",
    key=("outcome", "contrast", "group", "arm", "wave", "adjusted"),
    columns=(
        OUTCOME, _DOMAIN,
        Column(
            "contrast", "text", "`gap`: in gains since the baseline; `difference`: of groups, or of arms, at "
            "the wave; `effect`: gain of the mentored minus gain of the comparison arm; `effect_gap`: gap in "
            "effects.",
            among=("gap", "difference", "effect", "effect_gap"),
        ),
        Column("group", "text", "Focal minus reference group; of an effect, the group.",
               among=(*_PAIRS, *GROUPS)),
        ARM, WAVE, _ADJUSTED, *_ESTIMATE,
        Column("d_ppc2", "number", "Standardised gap with Morris's small-sample factor.", empty=True),
        Column("d_ppc2_low", "number", "Lower limit, with the error of the SD.", empty=True),
        Column("d_ppc2_high", "number", "Upper limit.", empty=True),
        *_FIT,
    ),
)  # fmt: skip

MEANS = Table(
    "means", "restricted", "model", "an outcome, group and wave", key=("outcome", "group", "arm", "wave"),
    columns=(
        OUTCOME, _DOMAIN, GROUP, replace(ARM, among=ARMS), WAVE, N,
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
        OUTCOME, _ADJUSTED,
        Column("structure", "text", "The covariance within a person."),
        Column("method", "text", "The criterion."),
        Column("df_method", "text", "How degrees of freedom are found."),
        Column("n", "count", "People in the model.", empty=True),
        Column("n_rows", "count", "Scores in the model.", empty=True),
        Column("log_likelihood", "number", "The restricted log-likelihood at the solution.", empty=True),
        Column("person_variance", "number", "Variance between persons.", empty=True),
        Column("slope_variance", "number", "Variance of the slopes over time between persons.", empty=True),
        Column("mentor_variance", "number", "Variance between mentors.", empty=True),
        Column("residual_variance", "number", "Variance within persons.", empty=True),
        Column("icc", "number", "Share of the variance that lies between persons.", empty=True),
        Column("r2_marginal", "number", "Share of the variance that the fixed effects explain.", empty=True),
        Column("r2_conditional", "number", "Share that fixed and random effects explain.", empty=True),
        Column("baseline_sd", "number", "Within-group pooled SD at the baseline.", empty=True),
        Column("baseline_df", "number", "Degrees of freedom of that SD.", empty=True),
        Column("status", "text", "`ok`, `boundary`, or what failed."),
        Column("fall_back", "text", "Which structure was declared and why it was left, if it was.",
               empty=True),
        Column("cross_check", "text", "What a second criterion said of the solution.", empty=True),
    ),
)  # fmt: skip

COMPONENTS = Table(
    "components", "restricted", "model", "an entry of the covariance of an outcome's scores over its waves",
    key=("outcome", "adjusted", "component", "wave", "other_wave"),
    columns=(
        OUTCOME, _ADJUSTED,
        Column("component", "text", "What the entry is.", among=("variance", "covariance", "correlation")),
        WAVE,
        Column("other_wave", "text", "The other wave; of a variance, the same."),
        Column("n", "count", "People in the model.", empty=True),
        Column("estimate", "number", "The entry as the model has it, all sources of variance together.",
               empty=True),
    ),
)  # fmt: skip

_VERDICTS = (
    "superior", "non-inferior", "equivalent", "inconclusive", "inferior", "floor met", "floor not met",
    "not estimable",
)  # fmt: skip

VERDICTS = Table(
    "verdicts", "restricted", "model", "a hypothesis and outcome; `all` is the hypothesis as a whole",
    key=("hypothesis", "outcome"),
    columns=(
        Column("hypothesis", "text", "The hypothesis's key in the study."),
        Column("outcome", "text", "The outcome, or `all`."),
        Column("kind", "text", "Superiority, non-inferiority, equivalence or floor.",
               among=("superiority", "non_inferiority", "equivalence", "floor")),
        Column("group", "text", "Focal minus reference group; of a floor, the focal group."),
        ARM,
        Column("family", "text", "The family within which p values are adjusted."),
        WAVE, N,
        Column("margin", "number", "The margin in scale points, or the floor as a share.", empty=True),
        Column("margin_kind", "text", "How the margin was declared: in `points`, in a `reference SD` fixed "
               "beforehand, or in this study's own SD (`estimated`).",
               empty=True, among=("points", "reference SD", "estimated")),
        Column("margin_passing", "number", "The smallest margin in points that would pass.", empty=True),
        Column("estimate", "number", "Gap in gains in scale points, or the share.", empty=True),
        Column("low", "number", "Lower limit of the interval, not adjusted for multiplicity.", empty=True),
        Column("high", "number", "Upper limit.", empty=True),
        Column("simultaneous_low", "number", "Lower limit of the interval that holds for all outcomes of the "
               "family together (Bonferroni: whatever their dependence).", empty=True),
        Column("simultaneous_high", "number", "Upper limit.", empty=True),
        Column("p_value", "number", "p of the hypothesis's own test.", empty=True),
        Column("p_adjusted", "number", "p that decides.", empty=True),
        Column("p_superiority", "number", "Two-sided p of a gap, after Holm over the outcomes of a passed "
               "non-inferiority claim.", empty=True),
        Column("verdict", "text", "The verdict.", among=_VERDICTS),
        Column("plan", "text", "Whether it was fixed beforehand.", among=("confirmatory", "exploratory")),
        Column("basis", "text", "What the verdict rests on."),
    ),
)  # fmt: skip

MARGINS = Table(
    "margins", "restricted", "model", "an outcome of a claim with a margin, and one of the margins tried",
    key=("hypothesis", "outcome", "of_declared"),
    columns=(
        Column("hypothesis", "text", "The hypothesis's key in the study."),
        OUTCOME,
        Column("group", "text", "Focal minus reference group.", among=_PAIRS),
        ARM, WAVE, N,
        Column("of_declared", "text", "The margin as a multiple of the declared one, 0.00 to 2.00."),
        Column("margin", "number", "The margin in scale points.", empty=True),
        Column("p_value", "number", "p of the hypothesis's own test at that margin.", empty=True),
        Column("verdict", "text", "The verdict at that margin, the outcome by itself.", among=_VERDICTS),
    ),
)  # fmt: skip

FOREST = Table(
    "forest", "restricted", "model", "an outcome's adjusted gap in gains at the wave that decides",
    key=("outcome",),
    columns=(
        OUTCOME, _DOMAIN, ARM, WAVE, N,
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
        OUTCOME, _DOMAIN, WAVE, N,
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

"""How were gains and gaps estimated? The paragraphs on the model, its inference and its sizes.

They say what the release tables `fits`, `gains` and `contrasts` say was done, not what a study could declare.
"""

from __future__ import annotations

from collections.abc import Iterable

from outcomes.report.evidence import evidence
from outcomes.report.facts import Facts, Row, listed, opened, rows, within
from outcomes.report.works import Paragraph

COVARIANCES = {
    "unstructured over waves": (
        "unstructured over the waves (a variance of its own at each wave and a covariance of its own for "
        "each two waves)",
        ("mmrm",),
    ),
    "heterogeneous compound symmetry": (
        "heterogeneous compound symmetry (a variance of its own at each wave, one correlation)",
        ("heterogeneous",),
    ),
    "intercept and slope": ("that of a random intercept and slope a person", ("mixed",)),
    "person intercept": ("that of a random intercept a person (any two waves correlate alike)", ("mixed",)),
}
"""Structure to its words and works."""

INFERENCES = {
    "Satterthwaite": ("Satterthwaite's", ("satterthwaite", "lmertest")),
    "Kenward-Roger": ("Kenward and Roger's (with their standard errors)", ("kenward-roger",)),
    "CR2, Satterthwaite": ("Satterthwaite's with cluster-robust (CR2) standard errors", ("cr2",)),
}
"""Method of degrees of freedom to its words and works."""

BOUNDARY = "boundary"


def model(facts: Facts) -> Paragraph:
    """Return what the model is, by its covariance in each outcome, and how its fits ended."""
    part = facts.part
    covariates = listed([within(part.covariates[name]) for name in part.model.covariates])
    adjusted = (
        f"Models are fitted with and without covariates ({covariates}); those with covariates decide. A "
        "covariate that is not known is a level of its own."
        if covariates
        else "There are no covariates."
    )
    fits = rows(facts.tables["fits"]) if facts.has("fits") else []
    over_waves, cites = _covariances(fits, facts)
    allowed = evidence(facts)
    text = (
        "One linear mixed model an outcome: score on wave, group and their product, wave as a category, the "
        f"averages at the first wave free, fitted by restricted maximum likelihood (REML). {over_waves}"
        f"{adjusted}{_third_group(facts)} A gain is a wave minus the first; the gap in gains is the gain of "
        f"the {facts.group('low')} group minus that of the {facts.group('high')} group, unless a claim names "
        f"other groups. {_boundary(fits)}{_cross_check(fits)}{allowed.standard}"
    )
    return Paragraph("Model", text, _ends(fits, facts), ("reml", *cites, *allowed.cites))


def inference(facts: Facts) -> Paragraph | None:
    """Return how degrees of freedom were found, and what the two kinds of intervals hold."""
    told = [row for name in ("gains", "contrasts") if facts.has(name) for row in rows(facts.tables[name])]
    known = [row for row in told if row["estimate"] is not None]
    if not known:
        return None
    model_ = facts.part.model
    used: list[str] = []
    cites: list[str] = []
    by_method = _outcomes_by(known, "df_method")
    for method, outcomes in by_method.items():
        words, works = INFERENCES.get(method, (method, ()))
        where = f" in {_named(outcomes, facts)}" if len(by_method) > 1 else ""
        used.append(f"{words}{where}")
        cites += works
    why = (
        " (chosen by rule: Kenward and Roger's where a compared group has under 30 people or a variance is "
        "at its boundary, else Satterthwaite's)"
        if model_.df == "auto"
        else ""
    )
    text = f"Tests and intervals refer to t; degrees of freedom are {listed(used)}{why}. Intervals are at " \
        f"{100 * model_.confidence:g}% each by itself."  # fmt: skip
    if any(row["simultaneous_low"] is not None for row in known):
        text += (
            " Simultaneous intervals of gains and gaps hold at all later waves of an outcome together "
            "(single-step max-t, with the smallest of the degrees of freedom)."
        )
        cites.append("simultaneous")
    return Paragraph("Intervals and degrees of freedom", text, cites=tuple(dict.fromkeys(cites)))


def sizes(facts: Facts) -> Paragraph | None:
    """Return how estimates were standardised, and what R2 and shares of variance are."""
    gaps = rows(facts.tables["contrasts"])
    if not any(row["standardised"] is not None for row in gaps):
        return None
    text = (
        "Standardised values are divided by the pooled standard deviation within the two groups at the first "
        "wave; their intervals carry the error of that standard deviation."
    )
    cites = ["hedges"]
    if any(row["d_ppc2"] is not None for row in gaps):
        text += (
            " Of gaps in gains that is Morris's d for pretest-posttest-control designs (d-ppc2) once his "
            "small-sample factor is taken in; both stand in the table of gaps."
        )
        cites.append("morris")
    if facts.has("fits") and any(row["r2_marginal"] is not None for row in rows(facts.tables["fits"])):
        text += (
            " R\u00b2 is the share of variance that group, wave and covariates explain (marginal), and that "
            "with differences between people (conditional)."
        )
        cites.append("explained")
    return Paragraph("Sizes", text, cites=tuple(cites))


def _outcomes_by(told: Iterable[Row], column: str) -> dict[str, list[str]]:
    """Return the values of a column, each with the outcomes that have it, in order."""
    found: dict[str, dict[str, None]] = {}
    for row in told:
        found.setdefault(str(row[column]), {})[str(row["outcome"])] = None
    return {value: list(outcomes) for value, outcomes in found.items()}


def _named(outcomes: Iterable[str], facts: Facts) -> str:
    return listed([within(facts.outcome(name)) for name in outcomes])


def _covariances(fits: list[Row], facts: Facts) -> tuple[str, list[str]]:
    """Return the covariance within a person in words, by outcome where they differ, and its works."""
    known = _outcomes_by((row for row in fits if row["structure"] in COVARIANCES), "structure")
    if not known:
        return "", []
    cites = [work for structure in known for work in COVARIANCES[structure][1]]
    said = [
        COVARIANCES[structure][0] + (f" in {_named(outcomes, facts)}" if len(known) > 1 else "")
        for structure, outcomes in known.items()
    ]
    return f"The covariance of a person's scores is {'; '.join(said)}. ", cites


def _third_group(facts: Facts) -> str:
    """Return what becomes of people of unknown group, where the population has any."""
    if facts.part.population == "ses_known":
        return ""
    return {
        "third_level": f" {opened(facts.group('unknown'))} enters as a group of its own.",
        "leave_out": f" {opened(facts.people)} of unknown group are left out of the model.",
    }[facts.part.model.ses_unknown]


def _boundary(fits: list[Row]) -> str:
    if not any(str(row["status"]).startswith(BOUNDARY) for row in fits):
        return ""
    return (
        "Where a fit ends at its boundary, a variance or a combination of random effects is zero: that is a "
        "solution, and named below. "
    )


def _cross_check(fits: list[Row]) -> str:
    """Return in one sentence what the second criterion said of the fits."""
    checks = [str(row["cross_check"]) for row in fits if row["cross_check"] is not None]
    agreed = [check for check in checks if check.startswith("the dense criterion has the same value")]
    if not agreed:
        return ""
    others = []
    if any("other starts" in check for check in agreed):
        others.append("no search from another start ended higher")
    if any("MixedLM" in check for check in agreed):
        others.append("no fit by statsmodels MixedLM ended higher")
    rest = f"; {' and '.join(others)}" if others else ""
    return (
        f"Cross-check: at the solution of {len(agreed)} of {len(fits)} fits a second, dense criterion has "
        f"the same likelihood{rest}. "
    )


def _ends(fits: list[Row], facts: Facts) -> tuple[str, ...]:
    """Return the fits that are not plainly ok and the fall-backs that were taken, each once."""
    said = []
    for row in fits:
        name = within(facts.outcome(row["outcome"]))
        if row["status"] != "ok":
            said.append(f"Status of the fit, {name}: {row['status']}.")
        if row["fall_back"] is not None:
            said.append(f"Fall-back, {name}: {row['fall_back']}; fitted as {row['structure']}.")
    return tuple(dict.fromkeys(said))

"""By which rule does each claim get its verdict? For the methods, and for each claim by itself."""

from __future__ import annotations

from outcomes.report.evidence import evidence
from outcomes.report.facts import Facts, listed, rows, within
from outcomes.report.works import Paragraph
from outcomes.study import Equivalence, Floor, Hypothesis, NonInferiority, SdMargin, Superiority

ADJUSTMENTS = {"confirmatory": "Holm's adjustment", "exploratory": "Benjamini and Hochberg's adjustment"}
"""Purpose of a family to what its p values are adjusted by."""
_WORKS = {"confirmatory": "holm", "exploratory": "bh"}

KINDS = {
    "superiority": ("superiority by the adjusted p", ()),
    "non_inferiority": (
        "non-inferiority by a one-sided test against the margin, in every outcome (intersection-union, so "
        "that the outcomes need no adjustment)",
        ("union",),
    ),
    "equivalence": (
        "equivalence by two one-sided tests against the margin, in every outcome (intersection-union)",
        ("equivalence", "union"),
    ),
    "floor": ("a floor by the lower limit of Wilson's interval", ("wilson",)),
}
"""Kind to its rule and works."""


def tests_in(family: str, facts: Facts) -> int:
    """Return how many tests a family has: outcomes of superiority and floors, claims with a margin."""
    claims = [one for one in facts.part.hypotheses.values() if one.family == family]
    return sum(1 if isinstance(one, NonInferiority | Equivalence) else len(one.outcomes) for one in claims)


def verdicts(facts: Facts) -> Paragraph:
    """Return by which rules the claims that have a verdict were decided."""
    told = rows(facts.tables["verdicts"])
    claims = {row["hypothesis"]: facts.part.hypotheses[str(row["hypothesis"])] for row in told
              if row["hypothesis"] in facts.part.hypotheses}  # fmt: skip
    kinds = {claim.kind for claim in claims.values()}
    used = [rule for kind, rule in KINDS.items() if kind in kinds]
    cites = [work for _, works in used for work in works]
    text = [f"Decisions: {'; '.join(words for words, _ in used)}."]
    if any(row["p_superiority"] is not None for row in told):
        text.append(
            "Where non-inferiority has passed in every outcome, superiority is tested in each (two-sided at "
            "twice the level, Holm over the outcomes); the fixed sequence spends nothing on it."
        )
        cites += ["sequence", "holm"]
    if any(row["simultaneous_low"] is not None for row in told):
        text.append(
            "Intervals of verdicts are each by itself; simultaneous ones hold for all outcomes of the family "
            "together (Bonferroni, whatever their dependence)."
        )
        cites.append("bonferroni")
    if any(row["margin_kind"] == "estimated" for row in told):
        text.append(
            "A margin in this study's own standard deviation is tested with the error of that standard "
            "deviation (t with Welch-Satterthwaite degrees of freedom)."
        )
        cites.append("welch")
    text.append("A result that is not clear is called inconclusive.")
    families = list(dict.fromkeys(claim.family for claim in claims.values()))
    cites += [_WORKS[facts.part.families[name].purpose] for name in families if tests_in(name, facts) > 1]
    items = tuple(f"{_family(name, facts)}." for name in families)
    return Paragraph("Verdicts", " ".join(text), items, tuple(dict.fromkeys(cites)))


def _family(name: str, facts: Facts) -> str:
    """Return a family's name, purpose, adjustment and number of tests, in words."""
    purpose, n = facts.part.families[name].purpose, tests_in(name, facts)
    how = ADJUSTMENTS[purpose] if n > 1 else f"{ADJUSTMENTS[purpose]}, which leaves a single test as it is"
    return f"Family {name} ({n} test{'s' if n > 1 else ''}, declared {purpose}): {how}"


def rule(key: str, facts: Facts) -> list[str]:
    """Return the rule of a claim: kind, groups, wave, level and sides, then benefit, margin and family."""
    claim = facts.part.hypotheses[key]
    said = [_kind(claim, facts)]
    if not isinstance(claim, Floor):
        said.append(_benefit(claim, facts))
    if isinstance(claim, NonInferiority | Equivalence):
        said.append(_margin(key, claim, facts))
    return [*said, f"{_family(claim.family, facts)}."]


def _kind(claim: Hypothesis, facts: Facts) -> str:
    wave, focal, alpha = facts.wave(claim.wave), facts.group(claim.focal), f"{100 * claim.alpha:g}%"
    if isinstance(claim, Floor):
        return (
            f"Floor: the share of the {focal} group at the deciding wave ({wave}) against the floor, "
            f"one-sided level {alpha}."
        )
    other = facts.group(claim.reference)
    if claim.estimand == "effect_gap":
        return _kind_of_effects(claim, facts)
    if isinstance(claim, NonInferiority):
        return (
            f"Non-inferiority at the deciding wave ({wave}): the {focal} group may gain at most the margin "
            f"less than the {other} group, one-sided level {alpha}; the claim as a whole holds only if every "
            "outcome passes. Then a gap either way is tested in each outcome (p of a gap, adjusted by Holm)."
        )
    if isinstance(claim, Equivalence):
        return (
            f"Equivalence at the deciding wave ({wave}): the gains of the {focal} and the {other} group may "
            f"differ by at most the margin, two one-sided tests at level {alpha}; the claim as a whole holds "
            "only if every outcome passes."
        )
    sides = (
        "two-sided"
        if claim.sides == 2
        else "one-sided (that it gains less is not looked for and can't be found)"
    )
    return (
        f"Superiority at the deciding wave ({wave}): the {focal} group gains more than the {other} group, "
        f"{sides}, level {alpha} after the adjustment within the family."
    )


def _kind_of_effects(claim: Superiority | NonInferiority | Equivalence, facts: Facts) -> str:
    """Return the rule of a claim on what two groups differ in from their comparison arms."""
    wave, alpha, added = facts.wave(claim.wave), f"{100 * claim.alpha:g}%", evidence(facts).added
    low, high = (f"the {facts.group(group)} group" for group in (claim.focal, claim.reference))
    if isinstance(claim, NonInferiority):
        return (
            f"Non-inferiority at the deciding wave ({wave}): {added} may be in {low} at most the margin less "
            f"than in {high}, one-sided level {alpha}; the claim as a whole holds only if every outcome "
            "passes. Then a gap in effects either way is tested in each outcome (p of a gap, adjusted by "
            "Holm)."
        )
    if isinstance(claim, Equivalence):
        return (
            f"Equivalence at the deciding wave ({wave}): {added} may differ between {low} and {high} by at "
            f"most the margin, two one-sided tests at level {alpha}; the claim as a whole holds only if "
            "every outcome passes."
        )
    sides = "two-sided" if claim.sides == 2 else "one-sided (the other way round is not looked for)"
    return (
        f"Superiority at the deciding wave ({wave}): {added} is larger in {low} than in {high}, {sides}, "
        f"level {alpha} after the adjustment within the family."
    )


def _benefit(claim: Hypothesis, facts: Facts) -> str:
    """Return what a gap is, and in which outcomes a lower score is the benefit."""
    pair = facts.group(getattr(claim, "pair", ""))
    worse = [name for name in claim.outcomes if facts.part.drawing.higher_is[name] == "worse"]
    which = (
        "a higher score is a benefit in each outcome"
        if not worse
        else f"a lower score is the benefit in {listed([within(facts.outcome(name)) for name in worse])}"
        + (", a higher one in the others" if len(worse) < len(claim.outcomes) else "")
        + "; such gaps are turned before they are judged"
    )
    both = getattr(claim, "estimand", "gap") == "effect_gap"
    beyond = ", each gain less that of the group's own comparison arm" if both else ""
    return f"{'Gaps in effects' if both else 'Gaps'} are {pair}{beyond}; {which}."


def _margin(key: str, claim: NonInferiority | Equivalence, facts: Facts) -> str:
    """Return how the margin was declared, and what it is in each outcome."""
    margin = claim.margin
    told = [row for row in rows(facts.tables["verdicts"]) if row["hypothesis"] == key]
    of_outcome = [row for row in told if row["outcome"] != "all" and row["margin"] is not None]
    if not isinstance(margin, SdMargin):
        return f"Margin: {margin:g} scale points."
    points = listed([f"{facts.written(row, 'margin')} in {within(facts.outcome(row['outcome']))}"
                     for row in of_outcome])  # fmt: skip
    points = f"; in scale points {points}" if points else ""
    if margin.reference:
        return f"Margin: {margin.sd:g} reference standard deviations (source: {margin.source}){points}."
    return (
        f"Margin: {margin.sd:g} of this study's own standard deviation within the groups at the first wave "
        f"(estimated, its error enters the test){points}."
    )

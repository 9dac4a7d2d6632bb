"""Which kind of evidence is this study, and in which words may it thus be spoken of?"""

from __future__ import annotations

from dataclasses import dataclass

from outcomes.report.facts import Facts, opened
from outcomes.study import Comparison

DESIGNS = {
    "matched": "was chosen to resemble the mentored, not by chance",
    "observational": "came about as it happened, not by chance",
    None: "came about in a way that the study does not say",
}
"""Design of a comparison that chance did not make, to its words."""


@dataclass(frozen=True)
class Evidence:
    """What the design of a study allows to be said."""

    standard: str
    """For the methods: the type of evidence and why."""
    limit: str
    """For the limits of the study: what the design leaves open."""
    cites: tuple[str, ...]
    added: str = "the difference from the comparison group"
    """What a gap in effects compares: by chance alone it is what the scheme added."""


def evidence(facts: Facts) -> Evidence:
    """Return the words that the study's design allows; every section asks here, and nothing else decides.

    Association, type 2, unless the study declares a comparison arm allotted by chance, which is type 3
    (Office for Students, Standards of evidence; TASO counts alike). Both know sound quasi-experiments as type
    3 too; whether a matching left no other cause can't be seen from a study file, so it stays type 2 here.
    """
    people, comparison = facts.people, facts.part.comparison
    if comparison is None:
        return Evidence(
            "A comparison of groups without a comparison arm is evidence of association, type 2 of the "
            "Office for Students' standards.",
            f"There is no comparison group. Scores also move with time, so a gain does not say what {people} "
            "would have reached otherwise, and a gap does not say why one group gained more.",
            ("ofs",),
        )
    if comparison.design == "randomised":
        return Evidence(
            "Chance decided who was mentored and who belongs to the comparison group: differences between "
            "these two are evidence of causality, type 3 of the Office for Students' standards; gaps between "
            f"the groups remain association.{_arms(comparison)}",
            "Chance decided who was mentored, so a difference from the comparison group is an effect of the "
            "scheme, as far as those who stopped answering do not differ between the two. Chance did not "
            f"decide which group {people} belong to: a gap between the groups does not say why one group "
            "gained more.",
            ("ofs3",),
            "what the scheme added (the difference from the comparison group)",
        )
    how = DESIGNS[comparison.design]
    similar = "similar " if comparison.design == "matched" else ""
    return Evidence(
        f"The comparison group {how}: differences from it are evidence of association, type 2 of the Office "
        f"for Students' standards.{_arms(comparison)}",
        f"{opened(people)} who were mentored are compared with {similar}{people} who were not, a comparison "
        f"group that {how}. The difference may still have other causes, such as who chose to take part.",
        ("ofs",),
    )


def _arms(comparison: Comparison) -> str:
    """Return who is in which arm, and how the arm enters the model."""
    mentored, others = (", ".join(values) for values in (comparison.mentored, comparison.comparison))
    return (
        f" {comparison.label}: mentored is {mentored}, comparison is {others}. The arm enters the model with "
        "wave and group and all their products. The effect in a group is the gain of its mentored minus that "
        "of its comparison group (difference in differences); the gap in effects is that of one group minus "
        "that of the other. Standard deviations at the first wave are pooled within groups and arms."
    )

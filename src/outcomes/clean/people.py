"""Who are the people, and what is fixed about them at the baseline?

In: the register (or, without one, everyone in any wave) and the baseline wave. Out: one row a person with
cohort, SES indicators as low or high, the SES group by the study's rule, the arm, and covariates.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import pandas as pd

from outcomes.clean.intake import Intake
from outcomes.clean.ses import ses_group
from outcomes.clean.source import Records, Source
from outcomes.errors import Problem
from outcomes.study import Comparison, Covariate, Indicator
from outcomes.study.stages import Cleaning

REGISTER = "register"


def attributes(source: Source, part: Cleaning, name: str) -> pd.DataFrame:
    """Return what ``source`` says about its people: a column an attribute that the study takes from ``name``.

    ``name`` is a wave or `register`. Problems go to ``source``.
    """
    wanted = {key: attribute for key, attribute in part.attributes.items() if attribute.source == name}
    read = {
        key: source.categories(attribute.column, _meaning(attribute)) for key, attribute in wanted.items()
    }
    return pd.DataFrame(read, index=source.sheet.index)


def read_register(intake: Intake) -> Records | None:
    """Return person, cohort and attributes from the register; None where it is not there or not sound."""
    part, register = intake.part, intake.part.register_
    if register is None:
        return None
    source = intake.read(register.file, [register.person, register.cohort, *part.columns_of(REGISTER)])
    if source is None:
        return None
    person, cohort = source.ids(register.person), source.text(register.cohort)
    twice = person[person.notna() & person.duplicated(keep=False)]
    for _, rows in twice.groupby(twice, sort=False):
        place = source.place(register.person).rows(rows.index)
        mend = "remove one of the rows"
        source.problems.append(Problem(place, "the same person more than once", "each person once", mend))
    return Records(source, attributes(source, part, REGISTER).assign(person=person, cohort=cohort))


def roll(
    part: Cleaning, register: Records | None, surveys: Collection[Records], baseline: pd.DataFrame
) -> pd.DataFrame:
    """Return the people table: everyone in the register or, without one, in any row of any wave.

    ``baseline`` holds the attributes that come from the first wave: one row a person, indexed by person.
    Whose SES (where the study asks for it) or arm is not known is outside the population.
    """
    if register is not None:
        people = register.rows.reset_index(drop=True)
    else:
        everyone = pd.concat([survey.rows["person"] for survey in surveys])
        people = pd.DataFrame({"person": everyone.drop_duplicates().array}).assign(cohort=None)
    people = people.join(baseline, on="person")
    people["ses"] = ses_group(people, part.ses)
    people["in_population"] = (people["ses"] != "unknown") if part.population == "ses_known" else True
    if part.comparison is None:
        people["arm"] = pd.NA
    else:
        people["in_population"] &= people["arm"].notna()
    return people[list(dict.fromkeys(["person", "cohort", "ses", "in_population", "arm", *part.attributes]))]


def _meaning(attribute: Indicator | Covariate | Comparison) -> Mapping[str, str]:
    if isinstance(attribute, Comparison):
        return attribute.arms
    if isinstance(attribute, Indicator):
        return dict.fromkeys(attribute.low, "low") | dict.fromkeys(attribute.high, "high")
    return {level: level for level in attribute.levels}

"""Who are the people, and what is fixed about them at the baseline?

In: the register (or, without one, everyone in any wave) and the baseline wave. Out: one row a person with
cohort, SES indicators as low or high, the SES group by the study's rule, the arm, and covariates.
"""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd

from outcomes.clean.identity import identified
from outcomes.clean.intake import WITHDREW, Intake
from outcomes.clean.ses import ses_group, ses_index
from outcomes.clean.source import Records, Source
from outcomes.study.stages import Cleaning

REGISTER = "register"


def attributes(source: Source, part: Cleaning, name: str) -> pd.DataFrame:
    """Return what ``source`` says about its people: a column an attribute that the study takes from ``name``.

    ``name`` is a wave or `register`. Problems go to ``source``.
    """
    wanted = {key: attribute for key, attribute in part.attributes.items() if attribute.source == name}
    read = {key: source.attribute(attribute) for key, attribute in wanted.items()}
    return pd.DataFrame(read, index=source.live)


def read_register(intake: Intake, gone: Collection[str]) -> Records | None:
    """Return person, cohort and attributes from the register; None where it is not there or not sound.

    ``gone`` are the ids of those who withdrew.
    """
    part, register = intake.part, intake.part.register_
    if register is None:
        return None
    needed = [register.person, register.cohort, *part.columns_of(REGISTER)]
    source = intake.read(register, needed, ids=[register.person])
    if source is None:
        return None
    person = identified(source, register.person, part).values
    source.leave_out(person.index[person.isin(list(gone))], WITHDREW)
    person, cohort = person.loc[source.live], source.text(register.cohort)
    twice = person[person.notna() & person.duplicated(keep=False)]
    for _, rows in twice.groupby(twice, sort=False):
        found, mend = "the same person more than once", "remove one of the rows"
        place = source.place(register.person)
        source.problems.append(
            place.problem("register-twice", found, "each person once", mend, rows=rows.index)
        )
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
    people["ses_index"] = ses_index(people, part.ses)
    people["in_population"] = (people["ses"] != "unknown") if part.population == "ses_known" else True
    if part.comparison is None:
        people["arm"] = pd.NA
    else:
        people["in_population"] &= people["arm"].notna()
    fixed = ["person", "cohort", "ses", "ses_index", "in_population", "arm"]
    return people[list(dict.fromkeys([*fixed, *part.attributes]))]

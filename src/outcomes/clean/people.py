"""Who are the people, and what is fixed about them at the baseline?

In: the register (or, without one, everyone in any wave) and the baseline's sheet. Out: one row a person with cohort,
SES indicators as low or high, the SES group by the study's rule, and covariates.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from outcomes.clean import cells
from outcomes.clean.cells import Place
from outcomes.clean.intake import Intake
from outcomes.clean.ses import ses_group
from outcomes.clean.survey import Survey
from outcomes.study import Covariate, Indicator
from outcomes.study.stages import Cleaning


def read_people(
    intake: Intake, part: Cleaning, register: pd.DataFrame | None, surveys: Mapping[str, Survey]
) -> pd.DataFrame:
    """Return the people table; problems go to ``intake``.

    An attribute that the baseline wave holds is taken from the response that is used, else from any row of the person.
    """
    if register is None:
        everyone = pd.concat([survey.sheet["person"] for survey in surveys.values()]).dropna()
        people = pd.DataFrame({"person": everyone.drop_duplicates().array})
    else:
        people = pd.DataFrame({"person": register["person"].array})
    cohort = part.register_.cohort if part.register_ is not None else None
    people["cohort"] = pd.NA if register is None or cohort is None else register[cohort].array
    for name, attribute in {**part.ses.indicators, **part.covariates}.items():
        people[name] = (
            people["person"].map(_by_person(intake, part, attribute, register, surveys)).astype("string")
        )
    people["ses"] = ses_group(people, part.ses)
    people["in_population"] = (people["ses"] != "unknown") if part.population == "ses_known" else True
    return people


def _by_person(
    intake: Intake,
    part: Cleaning,
    attribute: Indicator | Covariate,
    register: pd.DataFrame | None,
    surveys: Mapping[str, Survey],
) -> pd.Series:
    """Return the attribute's meaning, indexed by person; empty where its source could not be read."""
    source = register if attribute.source == "register" else _baseline(surveys.get(attribute.source))
    if source is None:
        return pd.Series(dtype="string")
    given = cells.answered(source[attribute.column], part.missing)
    place = Place(intake.where(_file(part, attribute.source)), attribute.column)
    values, found = cells.categories(given, _meaning(attribute), place)
    intake.problems += found
    by_person = pd.Series(values.array, index=source["person"].array, dtype="string")
    return by_person[~by_person.index.duplicated()]


def _baseline(survey: Survey | None) -> pd.DataFrame | None:
    if survey is None:
        return None
    rows = survey.sheet[survey.sheet["person"].notna()]
    return rows.loc[[*survey.kept.index, *rows.index.difference(survey.kept.index)]]


def _meaning(attribute: Indicator | Covariate) -> Mapping[str, str]:
    if isinstance(attribute, Indicator):
        return dict.fromkeys(attribute.low, "low") | dict.fromkeys(attribute.high, "high")
    return {level: level for level in attribute.levels}


def _file(part: Cleaning, source: str) -> str:
    if source != "register":
        return part.waves[source].file
    return part.register_.file if part.register_ is not None else ""

"""Did low-SES people gain more than high-SES people, on which outcomes, by how much, and how sure may we be?

In: scores, people, participation. Out: gains, contrasts, means, fits, verdicts, forest, ols, flow.
"""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from outcomes import tables
from outcomes.columns import Table, expect
from outcomes.model.contrasts import Row, contrasts, gains
from outcomes.model.design import groups_of, scored
from outcomes.model.families import with_holm
from outcomes.model.fitted import Fitted, models
from outcomes.model.flow import flow
from outcomes.model.forest import forest
from outcomes.model.means import fit_row, means, shares
from outcomes.model.ols import ols
from outcomes.model.verdicts import verdicts
from outcomes.study.stages import Modelling


def model(
    scores: pd.DataFrame, people: pd.DataFrame, participation: pd.DataFrame, part: Modelling
) -> dict[str, pd.DataFrame]:
    """Return the restricted tables of the stage by name, each as tables.py declares it.

    Estimates are in scale points, gaps are low minus high SES. Rows without an estimate say why in their
    status.
    """
    confidence = part.model.confidence
    plain = list(models(scores, people, part, adjusted=False))
    fitted = [*plain, *(models(scores, people, part, adjusted=True) if part.model.covariates else ())]
    found = {
        "gains": table(tables.GAINS, (row for one in fitted for row in gains(one, confidence))),
        "contrasts": _contrasts(fitted, part),
        "means": table(tables.MEANS, _means(plain, scores, people, part)),
        "fits": table(tables.FITS, map(fit_row, fitted)),
    }
    found["verdicts"] = table(tables.VERDICTS, verdicts(found["contrasts"], scores, people, part))
    found["forest"] = table(tables.FOREST, forest(found["contrasts"], found["fits"], found["verdicts"], part))
    found["ols"] = table(tables.OLS, ols(scores, people, part))
    found["flow"] = expect(flow(participation, people, scores), tables.FLOW)
    return found


def gaps(scores: pd.DataFrame, people: pd.DataFrame, part: Modelling) -> pd.DataFrame:
    """Return the contrasts table of the primary model alone: one fit an outcome."""
    return _contrasts(models(scores, people, part, adjusted=bool(part.model.covariates)), part)


def table(declared: Table, rows: Iterable[Row]) -> pd.DataFrame:
    """Return ``rows`` as the declared table; a key that a row lacks is an empty cell."""
    listed = list(rows)
    return expect(
        pd.DataFrame({name: [row.get(name) for row in listed] for name in declared.names}), declared
    )


def _contrasts(fitted: Iterable[Fitted], part: Modelling) -> pd.DataFrame:
    rows = (row for one in fitted for row in contrasts(one, part.model.confidence))
    return expect(with_holm(table(tables.CONTRASTS, rows), part), tables.CONTRASTS)


def _means(
    plain: Iterable[Fitted], scores: pd.DataFrame, people: pd.DataFrame, part: Modelling
) -> Iterable[Row]:
    by_name = {one.name: one for one in plain}
    for name, outcome in part.outcomes.items():
        if outcome.is_share:
            rows = scored(name, scores, people, part)
            yield from shares(name, outcome, rows, groups_of(people, part), part.model.confidence)
        else:
            yield from means(by_name[name], part.model.confidence)

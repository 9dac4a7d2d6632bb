"""Did low-SES people gain more than high-SES people, on which outcomes, by how much, and how sure may we be?

In: scores, people, participation. Out: gains, contrasts, means, fits, components, verdicts,
margins, forest, ols, flow.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pandas as pd

from outcomes import tables
from outcomes.columns import Table, expect
from outcomes.model.contrasts import contrasts, gains, pairs_of
from outcomes.model.design import cells_of, scored
from outcomes.model.estimates import Row
from outcomes.model.families import with_adjusted
from outcomes.model.fits import components, fit_row
from outcomes.model.fitted import Fitted, models
from outcomes.model.flow import flow
from outcomes.model.forest import forest
from outcomes.model.means import means, shares
from outcomes.model.ols import ols
from outcomes.model.verdicts import Judging
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
        "contrasts": table(tables.CONTRASTS, _contrasts(fitted, part)),
        "means": table(tables.MEANS, _means(plain, scores, people, part)),
        "fits": table(tables.FITS, map(fit_row, fitted)),
        "components": table(tables.COMPONENTS, (row for one in fitted for row in components(one))),
    }
    judging = _judging(found["contrasts"], fitted, scores, people, part)
    found["verdicts"] = table(tables.VERDICTS, decided := judging.verdicts())
    found["margins"] = table(tables.MARGINS, judging.margins())
    found["contrasts"] = expect(with_adjusted(found["contrasts"], decided, part), tables.CONTRASTS)
    found["forest"] = table(tables.FOREST, forest(found["contrasts"], found["fits"], found["verdicts"], part))
    found["ols"] = table(tables.OLS, ols(scores, people, part))
    found["flow"] = expect(flow(participation, people, scores), tables.FLOW)
    return found


def gaps(scores: pd.DataFrame, people: pd.DataFrame, part: Modelling) -> pd.DataFrame:
    """Return the contrasts table of the primary model alone: one fit an outcome."""
    fitted = list(models(scores, people, part, adjusted=bool(part.model.covariates)))
    found = table(tables.CONTRASTS, _contrasts(fitted, part))
    decided = _judging(found, fitted, scores, people, part).verdicts()
    return expect(with_adjusted(found, decided, part), tables.CONTRASTS)


def table(declared: Table, rows: Iterable[Row]) -> pd.DataFrame:
    """Return ``rows`` as the declared table; a key that a row lacks is an empty cell."""
    listed = list(rows)
    return expect(
        pd.DataFrame({name: [row.get(name) for row in listed] for name in declared.names}), declared
    )


def _contrasts(fitted: Iterable[Fitted], part: Modelling) -> Iterator[Row]:
    pairs = pairs_of(part)
    for one in fitted:
        yield from contrasts(one, part.model.confidence, pairs)


def _judging(
    found: pd.DataFrame,
    fitted: Iterable[Fitted],
    scores: pd.DataFrame,
    people: pd.DataFrame,
    part: Modelling,
) -> Judging:
    return Judging(found, {one.name: one.baseline_spread for one in fitted}, scores, people, part)


def _means(
    plain: Iterable[Fitted], scores: pd.DataFrame, people: pd.DataFrame, part: Modelling
) -> Iterable[Row]:
    by_name = {one.name: one for one in plain}
    for name, outcome in part.outcomes.items():
        if outcome.is_share:
            rows = scored(name, scores, people, part)
            yield from shares(name, outcome, rows, cells_of(people, part), part.model.confidence)
        else:
            yield from means(by_name[name], part.model.confidence)

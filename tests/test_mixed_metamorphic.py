"""What must not change, or must change in a known way, over 100 generated sets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product

import numpy as np
import pandas as pd
import pytest
from mixed_example import by_group, designed, invented, leveled, structure_of

from outcomes.mixed.fit import Fit, fit
from outcomes.mixed.merging import merge, select
from outcomes.mixed.products import Products
from outcomes.mixed.rows import Rows
from outcomes.mixed.solve import solve

NAMES = ("intercept", "slope", "unstructured")
EVERY = list(product(NAMES, ["REML", "ML"]))
SETS = 100
CLOSE = 1e-7


def sets(name: str, method: str = "REML") -> Iterator[pd.DataFrame]:
    """Two to five waves, 12 to 60 people; one in three without variance between people, or nearly so.

    Each structure and criterion takes a sixth of the sets, so that a property is held over all of them.
    """
    for seed in range(EVERY.index((name, method)), SETS, len(EVERY)):
        random = np.random.default_rng([31, seed])
        waves, n = int(random.integers(2, 6)), int(random.integers(12, 61))
        data = invented(
            [32, seed],
            n,
            waves,
            random.choice([0, 0.1, 0.25]),
            random.choice([0, 0.5]),
            random.choice([0, 0.4, 2]),
        )
        if len(data.groupby(["wave", "group"], observed=True)) == 2 * waves:
            yield data


def rows_of(data: pd.DataFrame, **parts: np.ndarray) -> Rows:
    """wave * group + x, with parts exchanged."""
    design = designed(data, ["wave", "group", "x", "wave:group"])
    held = {
        "response": data["y"].to_numpy(), "design": design.to_numpy(), "person": data["person"].to_numpy(),
        "wave": data["wave"].cat.codes.to_numpy(), "time": data["time"].to_numpy(),
    } | parts  # fmt: skip
    return Rows.of(
        held["response"],
        held["design"],
        held["person"],
        terms=list(design),
        wave=held["wave"],
        time=held["time"],
    )


def assert_alike(found: Fit, wanted: Fit, by: float = 1.0, turn: np.ndarray | None = None) -> None:
    """The coefficients of ``found`` are ``by`` x ``turn`` x those of ``wanted``, with df and p to match."""
    assert (found.status, found.structure, found.fall_back) == (
        wanted.status,
        wanted.structure,
        wanted.fall_back,
    )
    n_rows, rank = wanted.rows.design.shape
    free = n_rows - (rank if wanted.solution.point.reml else 0)
    if turn is None:
        moved = found.log_likelihood + free * np.log(abs(by))
        assert moved == pytest.approx(wanted.log_likelihood, rel=1e-9, abs=CLOSE)
    for place in range(rank):
        back = np.eye(rank)[place] if turn is None else turn[place]
        one, other = found.test(np.eye(rank)[place]), wanted.test(back)
        assert one.status == other.status
        if not one.estimable:
            continue
        error = abs(by) * other.std_error[0]
        assert one.std_error[0] == pytest.approx(error, rel=CLOSE)
        assert one.estimate[0] == pytest.approx(by * other.estimate[0], rel=0, abs=CLOSE * error)
        assert one.p_value == pytest.approx(other.p_value, rel=1e-5, abs=CLOSE)
        assert one.df == pytest.approx(other.df, rel=1e-5)


def assert_over_sets(
    change: Callable[[pd.DataFrame, np.random.Generator], Rows], name: str, method: str, by: float = 1.0
) -> None:
    statuses = set()
    for place, data in enumerate(sets(name, method)):
        wanted = fit(rows_of(data), name, method)
        found = fit(change(data, np.random.default_rng(place)), name, method)
        assert_alike(found, wanted, by)
        statuses.add(wanted.status)
    assert "ok" in statuses
    assert "boundary" in statuses or name != "slope"


@pytest.mark.parametrize(("name", "method"), EVERY)
def test_the_order_of_rows_does_not_matter(name, method):
    assert_over_sets(lambda data, random: rows_of(data.sample(frac=1, random_state=random)), name, method)


@pytest.mark.parametrize(("name", "method"), EVERY)
def test_the_labels_of_people_do_not_matter(name, method):
    def relabelled(data: pd.DataFrame, random: np.random.Generator) -> Rows:
        labels = random.permutation([f"p{each:04d}" for each in range(data["person"].max() + 1)])
        return rows_of(data, person=labels[data["person"]])

    assert_over_sets(relabelled, name, method)


@pytest.mark.parametrize(("name", "method"), EVERY)
@pytest.mark.parametrize("by", [-3.0, 1e-4, 250.0])
def test_the_unit_of_the_scores_does_not_matter(name, method, by):
    assert_over_sets(lambda data, _: rows_of(data.assign(y=by * data["y"])), name, method, by)


@pytest.mark.parametrize(("name", "method"), EVERY)
def test_a_shift_of_the_scores_moves_the_intercept_alone(name, method):
    for data in sets(name, method):
        wanted, found = (fit(rows_of(each), name, method) for each in (data, data.assign(y=data["y"] + 1000)))
        assert found.log_likelihood == pytest.approx(wanted.log_likelihood, rel=1e-9, abs=CLOSE)
        for place, unit in enumerate(np.eye(len(wanted.rows.terms))):
            one, other = found.test(unit), wanted.test(unit)
            moved = other.estimate[0] + (1000 if place == 0 else 0)
            assert one.estimate[0] == pytest.approx(moved, rel=1e-10, abs=CLOSE * other.std_error[0])
            assert (one.std_error[0], one.df) == pytest.approx((other.std_error[0], other.df), rel=1e-5)


@pytest.mark.parametrize(("name", "method"), EVERY)
def test_the_other_group_as_reference_turns_contrasts_round(name, method):
    """Signs of differences and gaps in gains flip, their standard errors, df and p stay."""
    for data in sets(name, method):
        wanted = fit(rows_of(data), name, method)
        found = fit(
            rows_of(leveled(data.assign(group=data["group"].astype(str)), group=("low", "high"))),
            name,
            method,
        )
        waves = data["wave"].nunique()
        rank = 2 * waves + 1
        turn = np.eye(rank)
        # columns: intercept, later waves, group, x, later waves x group
        turn[0, waves] = 1
        turn[waves, waves] = -1
        for at in range(1, waves):
            turn[at, waves + 1 + at] = 1
            turn[waves + 1 + at, waves + 1 + at] = -1
        assert found.log_likelihood == pytest.approx(wanted.log_likelihood, rel=1e-9, abs=CLOSE)
        assert_alike(found, wanted, turn=turn)


@pytest.mark.parametrize(("name", "method"), EVERY)
def test_where_time_begins_and_its_unit_do_not_matter(name, method):
    """Of a slope fit the gaps in gains stay, and the criterion; so do they where time is in days."""
    for data in sets(name, method):
        wanted = fit(rows_of(data), name, method)
        for moved in (data["time"] + 100, data["time"] * 30.4):
            assert_alike(fit(rows_of(data, time=moved.to_numpy()), name, method), wanted)


@pytest.mark.parametrize(("name", "method"), EVERY)
def test_the_parametrisation_of_the_design_does_not_matter(name, method):
    """Any regular mixture of the columns: old coefficients are contrasts of the new, REML moves by log|T|."""
    for data in sets(name, method):
        rows = rows_of(data)
        rank = rows.design.shape[1]
        mixing = np.random.default_rng(1).normal(size=(rank, rank)) + 3 * np.eye(rank)
        wanted, found = fit(rows, name, method), fit(rows_of(data, design=rows.design @ mixing), name, method)
        moved = -np.linalg.slogdet(mixing)[1] if method == "REML" else 0.0
        assert found.log_likelihood == pytest.approx(wanted.log_likelihood + moved, rel=1e-8)
        for unit in np.eye(rank):
            one, other = found.test(unit @ mixing), wanted.test(unit)
            assert one.estimate == pytest.approx(other.estimate, rel=0, abs=1e-6 * other.std_error[0])
            assert one.std_error == pytest.approx(other.std_error, rel=1e-6)


@pytest.mark.parametrize(("name", "method"), EVERY)
def test_merged_parts_are_the_whole(name, method):
    for place, data in enumerate(sets(name, method)):
        rows = by_group(data)
        structure = structure_of(name, rows)
        random = np.random.default_rng([33, place])
        side = random.integers(0, 3, size=rows.n_people)
        parts = [part(rows, side[rows.person] == each) for each in range(3) if (side == each).any()]
        found = solve(merge([Products.of(each, structure) for each in parts]), method)
        wanted = solve(Products.of(rows, structure), method)
        assert found.status[0] == wanted.status[0]
        if not wanted.solved[0]:
            continue
        assert found.log_likelihood == pytest.approx(wanted.log_likelihood, rel=1e-9, abs=CLOSE)
        mine, theirs = (one.products.basis.inverse @ one.coefficients[0] for one in (found, wanted))
        inverse = wanted.products.basis.inverse
        error = np.sqrt(np.diag(inverse @ wanted.covariance[0] @ inverse.T))
        assert (np.abs(mine - theirs) / error).max() < CLOSE


def part(rows: Rows, held: np.ndarray) -> Rows:
    return Rows.of(
        rows.response[held], rows.design[held], rows.person[held], terms=rows.terms, wave=rows.wave[held],
        time=rows.time[held],
    )  # fmt: skip


@pytest.mark.parametrize(("name", "method"), EVERY)
def test_selected_terms_are_a_smaller_fit(name, method):
    for data in sets(name, method):
        rows = rows_of(data)
        structure = structure_of(name, rows)
        kept = [term for term in rows.terms if ":" not in term]
        columns = [rows.terms.index(term) for term in kept]
        smaller = Rows.of(
            rows.response, rows.design[:, columns], rows.person, terms=kept, wave=rows.wave, time=rows.time
        )
        found = solve(select(Products.of(rows, structure), kept), method)
        wanted = solve(Products.of(smaller, structure), method)
        assert found.status[0] == wanted.status[0]
        if not wanted.solved[0]:
            continue
        assert found.log_likelihood == pytest.approx(wanted.log_likelihood, rel=1e-9, abs=CLOSE)


@pytest.mark.parametrize(("name", "method"), EVERY)
def test_a_person_without_a_score_changes_nothing(name, method):
    """Rows without a score are left out before: what remains is equal to the last bit."""
    for data in sets(name, method):
        added = data.iloc[:3].assign(person=-1, y=np.nan)
        left = pd.concat([added, data]).dropna(subset=["y"])
        wanted, found = fit(rows_of(data), name, method), fit(rows_of(left), name, method)
        assert found.log_likelihood == wanted.log_likelihood
        assert found.coefficients == wanted.coefficients


@pytest.mark.parametrize(("name", "method"), EVERY)
def test_structures_nest(name, method):
    """More freedom never lowers the criterion: intercept, then slope, then unstructured."""
    for data in sets(name, method):
        if data["wave"].nunique() >= 4:
            fits = [fit(rows_of(data), each, method) for each in NAMES]
            heights = [each.log_likelihood for each in fits if not each.fall_back]
            assert all(np.diff(heights) > -1e-7)


@pytest.mark.parametrize("name", NAMES)
def test_everybody_twice_doubles_the_information(name):
    """By ML the estimates stay and the standard errors shrink by the root of two."""
    for data in sets(name, "ML"):
        twice = pd.concat([data, data.assign(person=data["person"] + 10_000)])
        wanted, found = fit(rows_of(data), name, "ML"), fit(rows_of(twice), name, "ML")
        if wanted.fall_back:
            continue
        assert found.log_likelihood == pytest.approx(2 * wanted.log_likelihood, rel=1e-9)
        for unit in np.eye(len(wanted.rows.terms)):
            one, other = found.test(unit), wanted.test(unit)
            assert one.estimate[0] == pytest.approx(other.estimate[0], rel=0, abs=CLOSE * other.std_error[0])
            assert one.std_error[0] == pytest.approx(other.std_error[0] / np.sqrt(2), rel=CLOSE)

"""Cross-products add, shrink, weigh and stack: a fit of a batch is the one made alone."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from mixed_example import STRUCTURES, by_group, invented, modelled, orthodont, solved, structure_of

from outcomes.mixed.merging import merge, select, stack
from outcomes.mixed.products import Products
from outcomes.mixed.rows import Rows
from outcomes.mixed.solve import LACKING, TOO_FEW, Solution, solve
from outcomes.mixed.structures import Intercept, Slope, Unstructured

EVERY = list(product(STRUCTURES, ["REML", "ML"]))
DATA = invented(21, n=45)


def part(rows: Rows, people: np.ndarray) -> Rows:
    """The rows of some people."""
    held = np.isin(rows.person, people)
    return Rows.of(
        rows.response[held], rows.design[held], rows.person[held], terms=rows.terms, wave=rows.wave[held],
        time=rows.time[held],
    )  # fmt: skip


def assert_same(found: Solution, wanted: Solution, fit: int = 0, close: float = 1e-7) -> None:
    """``found``'s fit number ``fit`` is the single fit ``wanted``."""
    assert found.status[fit] == wanted.status[0]
    assert wanted.solved[0]
    assert found.log_likelihood[fit] == pytest.approx(wanted.log_likelihood[0], rel=close)
    bases = found.products.bases or (found.products.basis,) * len(found.status)
    mine, theirs = bases[fit], wanted.products.basis
    assert mine.terms == theirs.terms
    assert (mine.kept == theirs.kept).all()
    rank = len(theirs.inverse)
    covariance = theirs.inverse @ wanted.covariance[0] @ theirs.inverse.T
    size = np.sqrt(np.diag(covariance))
    estimate = mine.inverse @ found.coefficients[fit][:rank]
    assert (np.abs(estimate - theirs.inverse @ wanted.coefficients[0]) / size).max() < close
    spread = mine.inverse @ found.covariance[fit][:rank, :rank] @ mine.inverse.T
    assert (np.abs(spread - covariance) / np.outer(size, size)).max() < 10 * close
    inner = wanted.psi[0]
    whole = np.trace(inner) + wanted.residual_variance[0]
    assert found.psi[fit] == pytest.approx(inner, rel=0, abs=10 * close * whole)


@pytest.mark.parametrize(("name", "method"), EVERY)
def test_parts_merge_to_the_whole(name, method):
    """Three parts of uneven size; two of them lack a group, so that their designs are of lower rank."""
    rows = by_group(DATA)
    structure = structure_of(name, rows)
    people = np.arange(rows.n_people)
    pieces = [people[:7], people[7:40], people[40:]]
    parts = [Products.of(part(rows, each), structure) for each in pieces]
    assert min(each.rank for each in parts) < rows.design.shape[1]
    whole = solved(rows, structure, method)
    assert_same(solve(merge(parts), method), whole)
    assert_same(solve(merge([parts[2], merge(parts[:2])]), method), whole)


@pytest.mark.parametrize("name", STRUCTURES)
def test_one_part_a_person(name):
    rows = by_group(DATA)
    structure = structure_of(name, rows)
    parts = [Products.of(part(rows, np.array([each])), structure) for each in range(rows.n_people)]
    assert_same(solve(merge(parts)), solved(rows, structure))


def test_parts_of_many_responses_merge():
    rows = by_group(DATA)
    random = np.random.default_rng(3)
    wide = Rows.of(
        np.column_stack([rows.response, random.normal(size=(len(rows.person), 2)) * 50 + 1e4]), rows.design,
        rows.person, terms=rows.terms, wave=rows.wave, time=rows.time,
    )  # fmt: skip
    halves = [np.arange(20), np.arange(20, 45)]
    merged = solve(merge([Products.of(part(wide, each), Unstructured(4)) for each in halves]))
    for place in range(3):
        alone = Rows.of(
            wide.response[:, place],
            wide.design,
            wide.person,
            terms=wide.terms,
            wave=wide.wave,
            time=wide.time,
        )
        assert_same(merged, solved(alone, "unstructured"), place)


@pytest.mark.parametrize(("name", "method"), EVERY)
def test_a_smaller_design_is_a_block_of_the_larger(name, method):
    rows = by_group(DATA)
    structure = structure_of(name, rows)
    whole = Products.of(rows, structure)
    for terms in (rows.terms[:1], rows.terms[:5], rows.terms[:4] + rows.terms[6:], rows.terms[::-1]):
        columns = [rows.terms.index(term) for term in terms]
        smaller = Rows.of(
            rows.response, rows.design[:, columns], rows.person, terms=terms, wave=rows.wave, time=rows.time
        )
        assert_same(solve(select(whole, terms), method), solved(smaller, structure, method))


def test_a_smaller_design_of_one_that_lacks_rank():
    data = DATA.assign(twice=2 * DATA["x"])
    rows = modelled(data, "y", "person", ["wave", "x", "twice"], "time")
    found = select(Products.of(rows, Intercept()), ("(Intercept)", "twice"))
    assert found.basis.dropped == ()
    assert_same(solve(found), solved(modelled(data, "y", "person", ["twice"], "time"), "intercept"))


@pytest.mark.parametrize(("name", "method"), EVERY)
def test_a_frequency_is_a_repetition(name, method):
    rows = by_group(DATA)
    structure = structure_of(name, rows)
    random = np.random.default_rng(5)
    weights = random.poisson(1.2, size=(3, rows.n_people))
    found = solve(Products.of(rows, structure, weights, "frequency"), method)
    for place, each in enumerate(weights):
        copies = np.repeat(np.arange(rows.n_people), each)
        index = [np.flatnonzero(rows.person == person) for person in copies]
        person = np.repeat(np.arange(len(copies)), [len(one) for one in index])
        index = np.concatenate(index)
        repeated = Rows.of(
            rows.response[index], rows.design[index], person, terms=rows.terms, wave=rows.wave[index],
            time=rows.time[index],
        )  # fmt: skip
        assert_same(found, solved(repeated, structure, method), place)
        single = Products.of(rows, structure, each, "frequency")
        assert_same(found, solve(single, method), place)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", STRUCTURES)
def test_weights_that_leave_a_term_without_scores_say_so(name):
    """A bootstrap sample without a group, one of two people and one of nobody, beside a whole one."""
    rows = by_group(DATA)
    low = rows.design[np.searchsorted(rows.person, np.arange(rows.n_people)), 4]
    two = (np.arange(rows.n_people) < 2).astype(float)
    weights = np.stack([np.ones(rows.n_people), 1 - low, two, 0 * two])
    found = solve(Products.of(rows, structure_of(name, rows), weights, "frequency"))
    assert_same(found, solved(rows, name))
    assert list(found.status[1:]) == [LACKING, TOO_FEW, TOO_FEW]
    assert np.isinf(found.log_likelihood[3])


def test_weights_of_one_change_nothing():
    rows = by_group(DATA)
    for name in STRUCTURES:
        ones = np.ones((2, rows.n_people))
        assert_same(
            solve(Products.of(rows, structure_of(name, rows), ones, "frequency")), solved(rows, name), 1
        )


def test_weighted_parts_merge():
    rows = by_group(DATA)
    weights = np.random.default_rng(6).uniform(0.2, 3, size=(2, rows.n_people))
    halves = [np.arange(20), np.arange(20, 45)]
    merged = solve(
        merge([Products.of(part(rows, each), Intercept(), weights[:, each], "sampling") for each in halves])
    )
    for place in range(2):
        alone = solve(Products.of(rows, Intercept(), weights[place], "sampling"))
        assert_same(merged, alone, place)


@pytest.mark.parametrize(("name", "method"), EVERY)
def test_responses_together_are_responses_alone(name, method):
    """Among them one at the boundary, one that is flat and one on another scale."""
    rows = by_group(DATA)
    random = np.random.default_rng(7)
    y = np.column_stack([
        rows.response[:, 0], random.normal(size=len(rows.person)), np.ones(len(rows.person)),
        1e4 * rows.response[:, 0] ** 2,
    ])  # fmt: skip
    together = Rows.of(y, rows.design, rows.person, terms=rows.terms, wave=rows.wave, time=rows.time)
    found = solved(together, structure_of(name, rows), method)
    assert found.status[2].startswith("not estimable")
    for place in (0, 1, 3):
        alone = Rows.of(
            y[:, place], rows.design, rows.person, terms=rows.terms, wave=rows.wave, time=rows.time
        )
        assert_same(found, solved(alone, structure_of(name, rows), method), place)


@pytest.mark.parametrize(("name", "method"), EVERY)
def test_specifications_side_by_side_are_specifications_alone(name, method):
    """Other people, other terms, another outcome: as one batch each keeps its own basis."""
    every = [
        by_group(DATA), by_group(DATA, covariate=False), by_group(DATA[DATA["person"] % 3 > 0]),
        modelled(DATA, "y", "person", ["wave"], "time"),
        by_group(DATA.assign(y=DATA["y"] ** 2)),
    ]  # fmt: skip
    structure = structure_of(name, every[0])
    found = solve(stack([Products.of(rows, structure) for rows in every]), method)
    for place, rows in enumerate(every):
        assert_same(found, solved(rows, structure, method), place)


def test_waves_that_some_never_answered_merge():
    """A part in which the last wave was not held has other patterns."""
    rows = by_group(DATA, covariate=False)
    early = DATA[(DATA["time"] < 3) | (DATA["person"] >= 20)]
    whole = by_group(early, covariate=False)
    halves = [part(whole, np.arange(20)), part(whole, np.arange(20, whole.n_people))]
    assert_same(
        solve(merge([Products.of(each, Unstructured(4)) for each in halves])), solved(whole, Unstructured(4))
    )
    assert rows.n_people >= whole.n_people


def test_what_does_not_fit_together_is_refused():
    rows = by_group(DATA)
    other = modelled(orthodont(), "distance", "Subject", ["wave"], "age")
    one = Products.of(rows, Intercept())
    with pytest.raises(ValueError, match="same terms and structure"):
        merge([one, Products.of(other, Intercept())])
    with pytest.raises(ValueError, match="same terms and structure"):
        merge([one, Products.of(rows, Slope.of(rows.time))])
    with pytest.raises(ValueError, match="kind of weights"):
        merge([one, Products.of(rows, Intercept(), np.ones(rows.n_people), "sampling")])
    with pytest.raises(ValueError, match="same structure"):
        stack([one, Products.of(rows, Slope.of(rows.time))])
    with pytest.raises(ValueError, match="need a kind"):
        Products.of(rows, Intercept(), np.ones(rows.n_people))
    for weights in (-np.ones(rows.n_people), np.ones(3), np.full(rows.n_people, np.nan)):
        with pytest.raises(ValueError, match="at least 0 a person"):
            Products.of(rows, Intercept(), weights, "sampling")


@pytest.mark.parametrize("name", STRUCTURES)
def test_the_sums_do_not_grow_with_people(name):
    small, large = by_group(invented(1, n=20, missing=0)), by_group(invented(1, n=200, missing=0))
    sizes = [Products.of(rows, structure_of(name, rows)).xx.size for rows in (small, large)]
    assert sizes[0] == sizes[1]

"""The criterion, its derivatives, Satterthwaite and Kenward-Roger against matrices of rows by rows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np
import pytest
from mixed_example import (
    STRUCTURES,
    blocks,
    by_group,
    dense_covariance,
    dense_deviance,
    invented,
    solved,
    structure_of,
)
from scipy.stats import multivariate_t

from outcomes.mixed.criterion import Point
from outcomes.mixed.inference import Inference
from outcomes.mixed.products import Products
from outcomes.mixed.rows import Rows
from outcomes.mixed.simultaneous import critical
from outcomes.mixed.solve import Solution
from outcomes.mixed.structures import Structure

POINTS = 4
"""Random parameters at which criterion and derivatives are checked."""
EVERY = list(product(STRUCTURES, [True, False]))


def random_point(name: str, reml: bool, seed: int = 1) -> tuple[Rows, Point]:
    rows = by_group(invented(seed, n=30))
    structure = structure_of(name, rows)
    begin = Products.of(rows, structure)
    random = np.random.default_rng([seed, len(name)])
    start = structure.starts(np.broadcast_to(np.eye(structure.width), (1, structure.width, structure.width)))
    free = start[0] + 0.4 * random.normal(size=(POINTS, structure.n_free))
    return rows, Point(begin.take(np.zeros(POINTS, dtype=int)), free, reml)


def central(of, at: np.ndarray, step: float = 1e-4) -> np.ndarray:
    """Differences of fourth order of ``of`` (F x k to F x ...) along each parameter (k x F x ...)."""
    found = []
    for unit in np.eye(at.shape[1]) * step:
        near, far = of(at + unit) - of(at - unit), of(at + 2 * unit) - of(at - 2 * unit)
        found.append((8 * near - far) / (12 * step))
    return np.array(found)


@dataclass(frozen=True)
class Dense:
    """One fit with V written out; parameters are those of the structure, then the scale s2."""

    rows: Rows
    structure: Structure
    free: np.ndarray
    scale: float
    reml: bool = True
    linear: bool = False
    """Whether parameters are the entries of s2 Psi (and s2, where there is a residual) instead."""

    @classmethod
    def of(cls, rows: Rows, solution: Solution, linear: bool = False) -> Dense:
        point = solution.point
        scale = float(solution.residual_variance[0])
        return cls(rows, solution.products.structure, point.free[:1], scale, point.reml, linear)

    @cached_property
    def psi(self) -> np.ndarray:
        return self.structure.psi(self.free)[0]

    @cached_property
    def v(self) -> np.ndarray:
        return dense_covariance(self.rows, self.structure, self.psi, self.scale)

    @cached_property
    def w(self) -> np.ndarray:
        return np.linalg.inv(self.v)

    @cached_property
    def phi(self) -> np.ndarray:
        return np.linalg.inv(self.rows.design.T @ self.w @ self.rows.design)

    @cached_property
    def projection(self) -> np.ndarray:
        """V^-1 - V^-1 X Phi X'V^-1."""
        carried = self.w @ self.rows.design
        return self.w - carried @ self.phi @ carried.T

    @cached_property
    def firsts(self) -> list[np.ndarray]:
        """dV along each parameter."""
        if self.linear:
            units = [blocks(self.rows, unit, self.structure) for unit in self.structure.linear]
            return units if self.structure.by_wave else [*units, np.eye(len(self.v))]
        along = self.structure.first(self.free)[0]
        return [
            *(self.scale * blocks(self.rows, each, self.structure) for each in along),
            self.v / self.scale,
        ]

    def second(self, one: int, other: int) -> np.ndarray:
        """d2V along two parameters."""
        last = len(self.firsts) - 1
        if self.linear or (one == other == last):
            return np.zeros_like(self.v)
        if last in (one, other):
            return self.firsts[min(one, other)] / self.scale
        return self.scale * blocks(self.rows, self.structure.second(self.free)[0][one, other], self.structure)

    def each(self, of) -> np.ndarray:
        places = range(len(self.firsts))
        return np.array([[of(one, other) for other in places] for one in places])

    @cached_property
    def expected(self) -> np.ndarray:
        """tr(P dV P dV), or with V^-1 for ML."""
        inner = self.projection if self.reml else self.w
        turned = [inner @ each for each in self.firsts]
        return self.each(lambda one, other: (turned[one] * turned[other].T).sum())

    @cached_property
    def observed(self) -> np.ndarray:
        """The Hessian of -2 log-likelihood in all parameters."""
        y = self.rows.response[:, 0]
        inner = self.projection if self.reml else self.w
        left = self.projection @ y
        sides = [each @ left for each in self.firsts]
        quadratic = self.each(lambda one, other: 2 * sides[one] @ self.projection @ sides[other])
        bend = self.each(
            lambda one, other: (inner * self.second(one, other)).sum() - left @ self.second(one, other) @ left
        )
        return quadratic - self.expected + bend

    @cached_property
    def p(self) -> np.ndarray:
        """P of Kenward & Roger (1997, p. 985): -X'V^-1 dV V^-1 X of each parameter."""
        carried = self.w @ self.rows.design
        return np.array([-carried.T @ each @ carried for each in self.firsts])

    @cached_property
    def q(self) -> np.ndarray:
        """Q: X'V^-1 dV V^-1 dV V^-1 X of each pair."""
        sides = [each @ self.w @ self.rows.design for each in self.firsts]
        return self.each(lambda one, other: sides[one].T @ self.w @ sides[other])

    def adjusted(self, spread: np.ndarray) -> np.ndarray:
        """Phi + 2 Phi {sum W (Q - P Phi P)} Phi."""
        crossed = np.einsum("kab,bc,lcd->klad", self.p, self.phi, self.p)
        middle = np.einsum("kl,klab->ab", spread, self.q - crossed)
        return self.phi + self.phi @ (middle + middle.T) @ self.phi

    def df(self, contrasts: np.ndarray, spread: np.ndarray) -> tuple[float, float]:
        """m and lambda of Kenward & Roger (1997, p. 987), step by step as printed there."""
        size = len(contrasts)
        theta = contrasts.T @ np.linalg.inv(contrasts @ self.phi @ contrasts.T) @ contrasts
        sides = [theta @ self.phi @ each @ self.phi for each in self.p]
        traces = np.array([np.trace(each) for each in sides])
        a1 = traces @ spread @ traces
        a2 = (spread * self.each(lambda one, other: np.trace(sides[one] @ sides[other]))).sum()
        b = (a1 + 6 * a2) / (2 * size)
        g = ((size + 1) * a1 - (size + 4) * a2) / ((size + 2) * a2)
        below = 3 * size + 2 * (1 - g)
        c1, c2, c3 = g / below, (size - g) / below, (size + 2 - g) / below
        expected = 1 / (1 - a2 / size)
        variance = 2 / size * (1 + c1 * b) / ((1 - c2 * b) ** 2 * (1 - c3 * b))
        rho = variance / (2 * expected**2)
        m = 4 + (size + 2) / (size * rho - 1)
        return m, m / (expected * (m - 2))

    def satterthwaite(self, contrast: np.ndarray) -> float:
        value = contrast @ self.phi @ contrast
        turned = self.phi @ contrast
        gradient = np.array([-turned @ each @ turned for each in self.p])
        return 2 * value**2 / (gradient @ np.linalg.solve(self.observed / 2, gradient))


@pytest.mark.parametrize(("name", "reml"), EVERY)
def test_log_likelihood_is_the_dense_one(name, reml):
    rows, point = random_point(name, reml)
    solution = Solution(point, np.full(POINTS, "ok"))
    scale = solution.residual_variance
    for place in range(POINTS):
        v = dense_covariance(rows, point.products.structure, point.psi[place], scale[place])
        assert -2 * solution.log_likelihood[place] == pytest.approx(dense_deviance(rows, v, reml), rel=1e-11)


@pytest.mark.parametrize(("name", "reml"), EVERY)
def test_scale_is_profiled_out(name, reml):
    rows, point = random_point(name, reml)
    scale = float(Solution(point, np.full(POINTS, "ok")).residual_variance[0])
    at = [
        dense_deviance(rows, dense_covariance(rows, point.products.structure, point.psi[0], scale * by), reml)
        for by in (0.999, 1, 1.001)
    ]
    assert at[1] < min(at[0], at[2])


@pytest.mark.parametrize(("name", "reml"), EVERY)
def test_gradient_and_hessian_are_differences(name, reml):
    _, point = random_point(name, reml)
    products = point.products
    slope = central(lambda free: Point(products, free, reml).deviance, point.free)
    assert point.gradient == pytest.approx(slope.T, rel=1e-8, abs=1e-6)
    bend = central(lambda free: Point(products, free, reml).gradient, point.free)
    assert point.hessian == pytest.approx(np.moveaxis(bend, 0, 2), rel=1e-8, abs=1e-6)


@pytest.mark.parametrize("name", STRUCTURES)
def test_derivatives_of_the_structure_are_differences(name):
    _, point = random_point(name, True)
    structure = point.products.structure
    assert structure.first(point.free) == pytest.approx(
        np.moveaxis(central(structure.psi, point.free), 0, 1), rel=1e-8, abs=1e-9
    )
    assert structure.second(point.free) == pytest.approx(
        np.moveaxis(central(structure.first, point.free), 0, 1), rel=1e-8, abs=1e-9
    )


@pytest.mark.parametrize(("name", "reml"), EVERY)
def test_information_is_the_dense_one(name, reml):
    """Expected, and observed with the scale a parameter, away from the solution."""
    rows, point = random_point(name, reml)
    scale = Solution(point, np.full(POINTS, "ok")).residual_variance
    for place in range(POINTS):
        by_rows = Dense(rows, point.products.structure, point.free[place : place + 1], scale[place], reml)
        assert point.along.expected[place] == pytest.approx(by_rows.expected[:-1, :-1], rel=1e-8, abs=1e-8)
        found = (point.along.unprofiled + point.bend)[place]
        assert found == pytest.approx(by_rows.observed[:-1, :-1], rel=1e-8, abs=1e-7)


def test_expected_information_is_the_mean_of_the_observed():
    """Over 4,000 simulated responses at fixed parameters, by their own standard errors."""
    rows, point = random_point("slope", True)
    scale = float(Solution(point, np.full(POINTS, "ok")).residual_variance[0])
    by_rows = Dense(rows, point.products.structure, point.free[:1], scale, True, linear=True)
    root = np.linalg.cholesky(by_rows.v)
    y = root @ np.random.default_rng(2).normal(size=(len(root), 4000))
    sides = [each @ by_rows.projection @ y for each in by_rows.firsts]
    for one, other in product(range(4), repeat=2):
        drawn = 2 * np.einsum("nr,nr->r", sides[one], by_rows.projection @ sides[other])
        drawn = drawn - by_rows.expected[one, other]
        error = drawn.std() / np.sqrt(4000)
        assert drawn.mean() == pytest.approx(by_rows.expected[one, other], abs=4 * error)


@pytest.mark.parametrize("information", ["expected", "observed"])
@pytest.mark.parametrize("name", STRUCTURES)
def test_kenward_roger_is_the_paper_s(name, information):
    """P, Q and W in linear parameters; for heterogeneous symmetry in its own, R left out."""
    rows = by_group(invented(3, n=30))
    solution = solved(rows, name)
    inference, basis = Inference(solution, information), solution.products.basis
    by_rows = Dense.of(rows, solution, linear=name != "symmetry")
    spread = 2 * np.linalg.inv(by_rows.expected if information == "expected" else by_rows.observed)
    adjusted = basis.inverse @ inference.adjusted[0] @ basis.inverse.T
    assert adjusted == pytest.approx(by_rows.adjusted(spread), rel=1e-7, abs=1e-10)
    for contrasts in (np.eye(len(rows.terms))[[1]], np.eye(len(rows.terms))[-3:]):
        tested = inference.kenward_roger(basis.estimable(contrasts))
        assert (tested.df[0], tested.factor[0]) == pytest.approx(by_rows.df(contrasts, spread), rel=1e-6)


@pytest.mark.parametrize("name", STRUCTURES)
@pytest.mark.parametrize("method", ["REML", "ML"])
def test_satterthwaite_is_its_definition(name, method):
    rows = by_group(invented(4, n=30))
    solution = solved(rows, name, method)
    by_rows = Dense.of(rows, solution)
    held = solution.products.basis.estimable(np.eye(len(rows.terms)))
    found = [Inference(solution).satterthwaite(each[None]).df[0] for each in held]
    assert found == pytest.approx([by_rows.satterthwaite(each) for each in np.eye(len(held))], rel=1e-6)


@pytest.mark.parametrize("name", ["intercept", "slope", "unstructured"])
def test_degrees_of_freedom_do_not_depend_on_how_the_parameters_are_written(name):
    """Cholesky factor and log scale, or variances and covariances themselves: alike at a solution."""
    rows = by_group(invented(5, n=30))
    solution = solved(rows, name)
    held = solution.products.basis.estimable(np.eye(len(rows.terms)))
    found = [Inference(solution).satterthwaite(each[None]).df[0] for each in held]
    by_rows = Dense.of(rows, solution, linear=True)
    assert found == pytest.approx([by_rows.satterthwaite(each) for each in np.eye(len(held))], rel=1e-5)


def unbalanced(seed: int) -> Rows | None:
    """Few people with one to twenty scores each and heavy tails between them: criteria with two minima."""
    random = np.random.default_rng([77, seed])
    person = np.repeat(np.arange(n := int(random.integers(4, 15))), random.choice([1, 2, 3, 8, 20], size=n))
    size = len(person)
    columns = [random.normal(size=n)[person] for _ in range(int(random.integers(0, 3)))]
    columns += [random.normal(size=size) for _ in range(int(random.integers(0, 2)))]
    design = np.column_stack([np.ones(size), *columns])
    y = random.normal(size=size) * random.choice([1, 0.3])
    y = y + random.standard_t(2, size=n)[person] * random.choice([0, 0.3, 1])
    return Rows.of(y, design, person) if size > n + design.shape[1] else None


@pytest.mark.parametrize("method", ["REML", "ML"])
def test_one_random_effect_ends_at_the_lowest_of_a_grid(method):
    """Seeds 494, 1002, 1942 and 2378 fell into the wrong one of two minima from fewer starts."""
    grid = np.concatenate([[0], np.geomspace(1e-3, 300, 400)])[:, None]
    for seed in (494, 1002, 1942, 2378, *range(60)):
        rows = unbalanced(seed)
        if rows is None or not (solution := solved(rows, "intercept", method)).solved[0]:
            continue
        products = solution.products.take(np.zeros(len(grid), dtype=int))
        lowest = Point(products, grid, method == "REML").deviance.min()
        assert solution.point.deviance[0] < lowest + 1e-8, seed


def test_kenward_roger_of_a_fit_by_ml_is_refused():
    solution = solved(by_group(invented(3)), "intercept", "ML")
    with pytest.raises(ValueError, match="REML"):
        Inference(solution).kenward_roger(np.eye(solution.products.rank)[:1])


@pytest.mark.parametrize("df", [6.0, 40.0])
def test_simultaneous_limits_hold_all_contrasts(df):
    """P(all |T| <= c) = 0.95, by scipy's multivariate t over the cube."""
    correlation = np.array([[1, 0.5, 0.2], [0.5, 1, -0.4], [0.2, -0.4, 1]])
    bound = critical(correlation, df, 0.95)
    inside = multivariate_t(shape=correlation, df=df).cdf(
        np.full(3, bound), lower_limit=np.full(3, -bound), random_state=1
    )
    assert inside == pytest.approx(0.95, abs=1e-3)

"""Invented cohorts of known truth, what is counted over them, and that every gate can fail."""

from __future__ import annotations

import gc
from argparse import Namespace
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm, t

from outcomes.calibration import cells, fitting
from outcomes.calibration.__main__ import main
from outcomes.calibration.battery import battery
from outcomes.calibration.bounds import MARGIN, Judged, Rule, contrasts, judged, rules
from outcomes.calibration.cells import (
    GATES,
    GENERATED,
    HARM,
    ICCS,
    PEOPLE,
    WIDE_GATES,
    Cell,
    gate,
    given_up,
    lines,
    own_cells,
    wrong_cell,
)
from outcomes.calibration.cohorts import ALONG, GRID, WAVES, Population, alike, decaying, left, sloping
from outcomes.calibration.fitting import GAP, fitted
from outcomes.calibration.gates import Gate, Rate
from outcomes.calibration.page import Calibration, page
from outcomes.mixed import Rows, fit
from outcomes.mixed.inference import Inference

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module", autouse=True)
def frozen():
    """Leave what is loaded out of the garbage collections that statsmodels' multipletests asks for."""
    gc.freeze()
    yield
    gc.unfreeze()


def seeds(number: int, of: int = 11) -> list[np.random.SeedSequence]:
    return np.random.SeedSequence(of).spawn(number)


def cell(people: int, structure: str, gap: float = 0.0, icc: float = 0.5) -> Cell:
    return Cell(Population(people, structure, icc, (gap,)), (GENERATED[structure],))


# --- the cohorts


@pytest.mark.parametrize("icc", ICCS)
def test_correlations_have_the_icc_as_their_mean(icc):
    for covariance in (alike(icc), decaying(icc)):
        size = np.sqrt(np.diag(covariance))
        correlations = (covariance / np.outer(size, size))[np.triu_indices(3, 1)]
        assert correlations.mean() == pytest.approx(icc)
        assert np.linalg.eigvalsh(covariance).min() > 0
    assert alike(icc)[0, 1] == alike(icc)[0, 2] == pytest.approx(icc)
    assert np.diag(decaying(icc)) == pytest.approx([1, 1.15**2, 1.3**2])
    assert decaying(icc)[0, 2] / 1.3 == pytest.approx((decaying(icc)[0, 1] / 1.15) ** 2)


def test_slopes_spread_scores_over_time():
    assert sloping(0.5) == pytest.approx(np.array([[2, 1, 1], [1, 2.25, 1.5], [1, 1.5, 3]]))


def test_a_large_cohort_is_what_was_asked_for():
    population = Population(40_000, "unequal and decaying", 0.5, (0.3, -0.2))
    first, second = population.cohort(seeds(1)[0])
    baseline = [rows.response[rows.wave == 0, 0] for rows in (first, second)]
    assert np.corrcoef(*baseline)[0, 1] == pytest.approx(ALONG, abs=0.01)
    assert np.std(baseline[0]) == pytest.approx(1, abs=0.01)
    for rows, gap in ((first, 0.3), (second, -0.2)):
        found = fit(rows, "unstructured")
        assert found.test(GAP).estimate[0] == pytest.approx(gap, abs=0.05)
        assert found.random_covariance == pytest.approx(population.covariance, abs=0.05)


def test_dropout_is_monotone_and_follows_the_last_score_seen():
    rows = Population(20_000, "person intercept", 0.5, (0.3,)).cohort(seeds(1)[0])[0]
    there = np.zeros((rows.n_people, 3), dtype=bool)
    there[rows.person, rows.wave] = True
    scores = np.full(there.shape, np.nan)
    scores[rows.person, rows.wave] = rows.response[:, 0]
    assert there[:, 0].all()
    assert not (there[:, 2] & ~there[:, 1]).any()
    assert 0.2 < left(rows) < 0.3
    assert left(rows) == pytest.approx(1 - there[:, 2].mean())
    for wave in (0, 1):
        seen, stays = there[:, wave], there[:, wave + 1]
        ranks = (scores[seen, wave] - 0.2 * wave) > 0
        # odds of leaving differ by about exp(-0.7 x 1.6), as halves of a normal lie 1.6 SDs apart
        gone = 1 - stays[seen]
        assert gone[~ranks].mean() > 1.8 * gone[ranks].mean()
    # among equals in the last score, earlier ones and the group do not matter
    seen = there[:, 1]
    near = seen & (np.abs(scores[:, 1] - 0.2) < 0.1)
    gone = 1.0 - there[near, 2]
    assert abs(np.corrcoef(gone, scores[near, 0])[0, 1]) < 4 / np.sqrt(near.sum())


def test_means_grow_and_open_as_declared():
    rows = Population(60_000, "random slope", 0.5, (0.3,)).cohort(seeds(1)[0])[0]
    sums = [GRID.cell("high", wave) for wave in WAVES] + [GRID.gap("low", "high", wave) for wave in WAVES[1:]]
    found = fit(rows, "unstructured")
    unit = np.sqrt(2)
    wanted = [0, 0.2 * unit, 0.4 * unit, 0.15 * unit, 0.3 * unit]
    assert [found.test(each).estimate[0] for each in sums] == pytest.approx(wanted, abs=0.06)


# --- the fits


@pytest.mark.parametrize("structure", GENERATED)
def test_the_batch_is_the_single_fits(structure):
    cohorts = [Population(10, structure, 0.2).cohort(seed)[0] for seed in seeds(6)]
    table = fitted(cohorts, GENERATED[structure])
    for asked in ("satterthwaite", "kenward-roger"):
        rows = table[table["asked"] == asked]
        assert rows["fit"].tolist() == list(range(6))
        tests = [fit(each, GENERATED[structure]).test(GAP, asked) for each in cohorts]
        assert rows["estimate"].tolist() == pytest.approx([test.estimate[0] for test in tests], rel=1e-7)
        assert rows["std_error"].tolist() == pytest.approx([test.std_error[0] for test in tests], rel=1e-6)
        assert rows["df"].tolist() == pytest.approx([test.df for test in tests], rel=1e-5)
        assert rows["status"].tolist() == [test.status for test in tests]
        assert rows["df_method"].tolist() == [test.df_method for test in tests]


def with_last(rows: Rows, keep: int) -> Rows:
    """``rows`` in which only the first and the last ``keep`` people may have a last score."""
    used = (rows.wave < 2) | (rows.person < keep) | (rows.person >= rows.n_people - keep)
    return Rows.of(
        rows.response[used], rows.design[used], rows.person[used], terms=rows.terms, wave=rows.wave[used]
    )


def test_what_the_batch_gives_up_is_reported_as_the_tool_would():
    cohorts = [Population(10, "unequal and decaying", 0.5).cohort(seed)[0] for seed in seeds(3)]
    cohorts[1:] = [with_last(cohorts[1], 2), with_last(cohorts[2], 0)]
    table = fitted(cohorts, "unstructured")
    one = fit(cohorts[1], "unstructured")
    row = table[(table["fit"] == 1) & (table["asked"] == "kenward-roger")].iloc[0]
    test = one.test(GAP, "kenward-roger")
    assert "is not identified" in one.fall_back
    assert (row["fall_back"], row["df_method"]) == (one.fall_back, test.df_method)
    assert row[["estimate", "std_error", "df"]].tolist() == pytest.approx(
        [test.estimate[0], test.std_error[0], test.df]
    )
    gone = given_up([("a cell", table.assign(cohort=table["fit"]))])
    assert set(gone["cohort"]) == {1, 2}
    assert gone.loc[gone["cohort"] == 2, "why"].str.contains("not estimable").all()
    assert table.loc[table["fit"] == 2, "estimate"].isna().all()


def test_fits_that_gave_up_and_those_without_an_estimate_are_counted():
    small = cell(10, "unequal and decaying")
    table = small.run(seeds(8))
    table.loc[table["fit"] == 0, "fall_back"] = "unstructured over waves did not converge"
    table.loc[table["fit"] == 1, ["estimate", "std_error", "df", "miss"]] = np.nan
    table.loc[table["fit"] == 2, "status"] = "boundary"
    for line in lines(small, table):
        assert (line.fell_back, line.none, line.boundary, line.rate.cohorts) == (1, 1, 1, 7)


# --- what is counted


def test_events_are_those_of_the_t_interval():
    planted = cell(20, "person intercept", gap=0.3)
    table = planted.run(seeds(30), first=5)
    p_value = 2 * t.sf(np.abs(table["estimate"] / table["std_error"]), table["df"])
    of_truth = 2 * t.sf(np.abs((table["estimate"] - 0.3) / table["std_error"]), table["df"])
    assert table["significant"].tolist() == (p_value < 0.05).tolist()
    assert table["covered"].tolist() == (of_truth >= 0.05).tolist()
    assert sorted(table["cohort"].unique()) == list(range(5, 35))
    assert {line.event for line in lines(planted, table)} == {"coverage"}


def test_every_cell_that_is_asked_for_is_there():
    own = own_cells()
    found = {(each.population.people, each.population.level, each.fits, each.population.gaps) for each in own}
    assert len(found) == len(own) == len(PEOPLE) * len(ICCS) * 2 * 2
    assert {each.population.people for each in own} == {10, 20, 60, 250}
    assert {each.population.level for each in own} == {0.2, 0.5, 0.8}
    assert wrong_cell().fits == ("intercept", "unstructured")


def test_gates_go_by_the_number_of_people_and_the_model():
    assert gate(cell(10, "person intercept"), "intercept", "coverage") == WIDE_GATES["coverage"]
    assert (
        gate(cell(20, "person intercept"), "intercept", "coverage") == GATES["coverage"] == Gate(0.94, 0.96)
    )
    assert gate(cell(250, "person intercept"), "intercept", "type-I error") == Gate(0.04, 0.06)
    assert gate(wrong_cell(), "intercept", "type-I error") == HARM
    assert gate(wrong_cell(), "unstructured", "type-I error") == Gate(0.04, 0.06)


@pytest.mark.parametrize(
    ("interval", "hits", "cohorts", "holds"),
    [
        (Gate(0.04, 0.06), 100, 2000, True),
        # 6 % and 3 errors of sqrt(.06 x .94 / 2000) = .531 % end at 7.593 %; 4 % less 3 x .438 % at 2.685 %
        (Gate(0.04, 0.06), 151, 2000, True),
        (Gate(0.04, 0.06), 152, 2000, False),
        (Gate(0.04, 0.06), 54, 2000, True),
        (Gate(0.04, 0.06), 53, 2000, False),
        # 2.5 % and 3 x .349 % end at 3.547 %
        (Gate(most=0.025), 70, 2000, True),
        (Gate(most=0.025), 71, 2000, False),
        (Gate(most=0.025), 0, 2000, True),
        # 6.5 % and 3 x .174 % end at 7.023 %: beyond that the excess is seen
        (HARM, 1405, 20_000, True),
        (HARM, 1404, 20_000, False),
        (Gate(0.04, 0.06), 0, 0, False),
    ],
)  # fmt: skip
def test_a_gate_holds_within_three_errors_of_its_limits(interval, hits, cohorts, holds):
    assert Rate(hits, cohorts, interval).holds is holds


def test_the_error_of_a_rate_is_binomial():
    assert Rate(100, 2000, Gate()).error == pytest.approx(np.sqrt(0.05 * 0.95 / 2000))


# --- gates can fail


SMOKE = 250
"""Cohorts: enough for a rate of 0 to lie more than three errors below 4 %."""


@pytest.fixture(scope="module")
def sound():
    """The gap in gains of cohorts of twenty people a group, without and with a true gap."""
    asked = [cell(20, "unequal and decaying", gap) for gap in (0.0, 0.3)]
    return [(each, each.run(seeds(SMOKE, of=place))) for place, each in enumerate(asked)]


def test_the_gates_hold_for_the_engine(sound):
    assert all(line.rate.holds for each, table in sound for line in lines(each, table))


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("std_error", lambda values: 0.5 * values),
        ("std_error", lambda values: 2.5 * values),
        ("df", lambda values: 0 * values + 1.5),
        ("estimate", lambda values: values + 0.6),
    ],
    ids=["SE too small", "SE too large", "too few df", "bias"],
)
def test_a_planted_fault_fails_the_gates(name, wrong, sound, monkeypatch):
    for place, (asked, table) in enumerate(sound):
        faulty = table.assign(**{name: wrong(table[name])})
        monkeypatch.setattr(cells, "fitted", lambda cohorts, structure, given=faulty: given)
        found = list(lines(asked, asked.run(seeds(SMOKE, of=place))))
        assert not any(line.rate.holds for line in found), [line.rate.share for line in found]


def test_a_fault_in_the_engine_fails_the_gates_of_its_method_alone(monkeypatch):
    sound = Inference.satterthwaite

    def planted(self: Inference, contrasts: np.ndarray) -> object:
        return replace(sound(self, contrasts), df=np.full(len(self.solution.status), 1.5))

    monkeypatch.setattr(Inference, "satterthwaite", planted)
    asked = cell(20, "unequal and decaying")
    held = {line.asked: line.rate.holds for line in lines(asked, asked.run(seeds(SMOKE, of=1)))}
    assert held == {"satterthwaite": False, "kenward-roger": True}


# --- the rules


def expected_t(rule: Rule, quantile: float) -> pd.DataFrame:
    """Gaps of a cohort that lie ``quantile`` standard errors of .25 above their truth, with 100 df."""
    return pd.DataFrame({
        "outcome": ["first", "second", "third", "fourth"][: len(rule.gaps)],
        "estimate": np.array(rule.gaps) + 0.25 * quantile, "std_error": 0.25, "df": 100.0, "status": "ok",
        "df_method": "Satterthwaite",
    })  # fmt: skip


def test_the_contrasts_of_a_cohort_carry_t():
    found = contrasts(expected_t(rules()[0], 2.0))
    assert found["p_value"].tolist() == pytest.approx([2 * t.sf(2, 100)] * 3)
    none = expected_t(rules()[0], 2.0).assign(estimate=[np.nan, 0.1, 0.2])
    assert contrasts(none)["p_value"].isna().tolist() == [True, False, False]


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.label)
def test_a_rule_errs_where_its_critical_value_says(rule):
    level = {  # the tail beyond which the first outcome that the rule may err on is falsely judged
        ("superiority, Holm over 3 outcomes", "no gap on any"): 0.025 / 3,
        ("superiority, Holm over 3 outcomes", "a gap of 1.5 SD on one"): 0.025 / 2,
        ("superiority after it, Holm over 4 outcomes", "no gap on any"): 0.025 / 4,
    }.get((rule.name, rule.truth), 0.05 if rule.name == "equivalence" else 0.025)
    critical = float(t.isf(level, 100)) * (-1 if rule.truth == "gap at the margin" else 1)
    assert rule.errs(expected_t(rule, 1.001 * critical))
    assert not rule.errs(expected_t(rule, 0.999 * critical))


def test_the_rules_are_tried_where_they_err_most():
    margins = {rule.label: rule.claim.margin for rule in rules() if hasattr(rule.claim, "margin")}
    assert {rule.bound for rule in rules()} == {0.05, 0.025}
    assert len(margins) == 5
    far = next(rule for rule in rules() if "far above" in rule.truth)
    assert far.gaps[0] == -MARGIN == -far.claim.margin
    assert min(far.gaps[1:]) > far.claim.margin


def test_a_few_cohorts_run_through_the_rules_and_a_wrong_se_fails_them(monkeypatch):
    tried = [rules()[place] for place in (0, 2, 5)]
    found = [judged(rule, rule.run(seeds(12), first=3)) for rule in tried]
    assert all(each.rate.holds and each.rate.cohorts == 12 and not each.none for each in found)
    right = fitting._batch
    monkeypatch.setattr(
        fitting,
        "_batch",
        lambda *given: right(*given).assign(std_error=lambda table: table["std_error"] / 10),
    )
    assert not any(judged(rule, rule.run(seeds(12), first=3)).rate.holds for rule in tried)


def test_a_cohort_is_counted_once_whatever_its_outcomes():
    table = pd.DataFrame({
        "cohort": [0, 0, 0, 1, 1, 1], "error": [True] * 3 + [False] * 3, "fall_back": ["", "x", *[""] * 4],
        "std_error": [1.0, 1.0, np.nan, 1.0, 1.0, 1.0],
    })  # fmt: skip
    found = judged(rules()[0], table)
    assert (found.rate.hits, found.rate.cohorts, found.fell_back, found.none) == (1, 2, 1, 1)


# --- the whole


def test_results_depend_on_the_seed_alone():
    jobs = [cell(10, "person intercept"), cell(10, "unequal and decaying")]
    told: list[str] = []
    tables = battery(jobs, 3, 5, told.append)
    assert len(told) == 2
    streams = np.random.SeedSequence(5, spawn_key=(2,)).spawn(2)
    for job, stream, table in zip(jobs, streams, tables, strict=True):
        parts = stream.spawn(3)
        again = pd.concat([job.run(parts[:2]), job.run(parts[2:], first=2)], ignore_index=True)
        keys = ["asked", "cohort"]
        both = [each.sort_values(keys).reset_index(drop=True) for each in (table, again)]
        assert both[0]["estimate"].tolist() == pytest.approx(both[1]["estimate"].tolist(), rel=1e-9)
        assert both[0]["df"].tolist() == pytest.approx(both[1]["df"].tolist(), rel=1e-6)
        assert both[0]["cohort"].tolist() == both[1]["cohort"].tolist()


def calibration(hits: int, errors: int = 40) -> Calibration:
    """A calibration of one cell whose type-I error is ``hits`` in 2,000, and one rule."""
    found = []
    for each in own_cells()[:2]:
        table = each.run(seeds(2))
        for line in lines(each, table):
            right = 2000 - hits if line.event == "coverage" else hits
            found.append(line._replace(rate=Rate(right, 2000, GATES[line.event])))
    rule = rules()[0]
    gone = pd.DataFrame({"cell": ["here"], "cohort": [7], "why": ["did not converge"], "df_method": ["CR2"]})
    return Calibration(found, [Judged(rule, Rate(errors, 2000, rule.gate), 0, 0)], gone)


def test_the_page_tells_every_cell_and_what_failed():
    asked = Namespace(cohorts=2000, seed=4, out=Path("a.md"))
    text = page(calibration(100), asked, 300.0)
    assert "5 of 5 gates hold" in text
    assert "--cohorts 2000 --seed 4 --out a.md" in text
    assert "| person intercept | 0.2 | 10 | Satterthwaite | 5.00 | 0.49 | yes | 95.00 | 0.49 | yes |" in text
    assert "| here | did not converge | CR2 | 1 | 7 |" in text
    assert "These do not hold" not in text
    failed = page(calibration(200, errors=300), asked, 300.0)
    assert "0 of 5 gates hold" in failed
    assert "- superiority, Holm over 3 outcomes, no gap on any: 15.00 %, gate at most 5" in failed
    assert failed.count("\n- ") == 5


@pytest.mark.parametrize(("hits", "code"), [(100, 0), (200, 1)])
def test_the_command_fails_if_a_gate_does(hits, code, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr("outcomes.calibration.__main__.count", lambda cohorts, seed: calibration(hits))
    assert main(["--out", str(tmp_path / "calibration.md")]) == code
    assert (tmp_path / "calibration.md").read_text(encoding="utf-8").strip() in capsys.readouterr().out


def test_the_excess_of_the_wrong_model_is_what_theory_says():
    """With complete data the z of a person intercept has the variance 3 / 2.5: 7.4 % lie beyond 1.96."""
    covariance = sloping(0.5)
    of_gain = covariance[0, 0] + covariance[2, 2] - 2 * covariance[0, 2]
    within = np.trace(covariance) / 3 - covariance[np.triu_indices(3, 1)].mean()
    excess = 2 * norm.sf(1.96 / np.sqrt(of_gain / (2 * within)))
    assert excess == pytest.approx(0.0736, abs=0.0005)
    assert excess > HARM.limits(20_000)[0]


@pytest.mark.long
def test_the_whole_calibration_holds(tmp_path):
    assert main(["--out", str(tmp_path / "calibration.md")]) == 0

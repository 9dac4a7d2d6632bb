"""The notebook function gains against R, what it refuses, and its page (docs/how-to/notebook.md)."""

from __future__ import annotations

import contextlib
import io
import json
import re
import runpy
import shutil
import subprocess
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
import tiny
from mixed_example import ORACLE, frozen, generated, invented, orthodont, sai, star
from scipy import stats

from outcomes.mixed import gains

if TYPE_CHECKING:
    from outcomes.mixed import Gains

ENGINE, FREE, NOTEBOOK = frozen("engine"), frozen("unstructured"), frozen("notebook")
PAGE = (tiny.ROOT / "docs" / "how-to" / "notebook.md").read_text(encoding="utf-8")
DF = {"satterthwaite": "satterthwaite", "kenward_roger": "kenward-roger"}
CHILDREN = {"outcome": "distance", "person": "Subject", "wave": "wave", "group": "Sex"}
PUPILS = {"outcome": "score", "person": "id", "wave": "wave", "group": "group"}
INVENTED = {"outcome": "y", "person": "person", "wave": "wave", "group": "group"}
DATA = {
    "orthodont_uneven": (lambda: orthodont(True), CHILDREN, []),
    "orthodont": (orthodont, CHILDREN, []),
    "sai": (sai, {"outcome": "score", "person": "pid", "wave": "wave", "group": "drug"}, []),
    "star_reading_first_400": (lambda: star("read", 400), PUPILS, []),
    "star_reading": (lambda: star("read"), PUPILS, []),
    "star_mathematics": (lambda: star("math"), PUPILS, []),
} | {
    f"generated_{name}": (lambda name=name: generated(name), INVENTED, ["x"])
    for name in ("two_waves", "three_waves", "dropout", "near_singular", "boundary", "small")
}
"""By the beginning of the case's name: data, columns, covariates."""


@cache
def answered(case: str, structure: str, df: str) -> Gains:
    data, columns, covariates = next(each for name, each in DATA.items() if case.startswith(name))
    frame = data().sample(frac=1, random_state=3)
    if structure == "slope":
        columns = columns | {"wave": "time"}
    return gains(frame, **columns, covariates=covariates, structure=structure, df=DF[df])


CASES = [
    (oracle, case, "slope" if case.endswith("_slope") else structure, df)
    for oracle, structure in (("engine", "intercept"), ("unstructured", "unstructured"))
    for case, values in frozen(oracle).items()
    for df in DF
    if df in (values.get("contrasts", {}) if oracle == "engine" else values)
    if not case.endswith("heterogeneous")
]


def wanted_of(oracle: str, case: str, df: str) -> dict:
    return ENGINE[case]["contrasts"][df] if oracle == "engine" else FREE[case][df]


def keyed(table: pd.DataFrame, found: Gains, case: str) -> pd.DataFrame:
    """The rows by name of contrast; where times stand for waves, these are w1, w2, ..."""
    waves = {wave: f"w{place}" for place, wave in enumerate(found.grid.waves, 1)}
    renamed = table.assign(wave=table["wave"].map(waves)) if case.endswith("_slope") else table
    return renamed.set_index([name for name in ("contrast", "group", "wave") if name in table])


@pytest.mark.parametrize(("oracle", "case", "structure", "df"), CASES)
def test_contrasts_and_means_are_those_of_r(oracle, case, structure, df):
    found = answered(case, structure, df)
    wanted = wanted_of(oracle, case, df)
    table, means = keyed(found.table, found, case), keyed(found.means, found, case)
    assert len(table) == len(wanted["contrasts"])
    rows = [(table.loc[tuple(each["contrast"].split("/"))], each) for each in wanted["contrasts"]]
    for row, each in rows:
        assert abs(row["estimate"] - each["estimate"]) < 1e-6 * each["std_error"]
        assert row["std_error"] == pytest.approx(each["std_error"], rel=1e-5)
        assert row["df"] == pytest.approx(each["df"], rel=1e-3)
        assert row["statistic"] == pytest.approx(each["statistic"], rel=1e-4, abs=1e-5)
        assert row["p_value"] == pytest.approx(each["p_value"], rel=0, abs=1e-5)
        assert (
            abs(np.array([row["low"] - each["low"], row["high"] - each["high"]])).max()
            < 1e-3 * (each["std_error"])
        )
    for each in wanted["means"]:
        row = means.loc[(each["group"], each["wave"])]
        assert abs(row["estimate"] - each["estimate"]) < 1e-6 * each["std_error"]
        assert row["std_error"] == pytest.approx(each["std_error"], rel=1e-5)
        assert row["df"] == pytest.approx(each["df"], rel=1e-3)


@pytest.mark.parametrize(("oracle", "case", "structure", "df"), CASES)
def test_the_joint_test_of_gaps_is_that_of_the_interaction(oracle, case, structure, df):
    wanted = ENGINE[case] if oracle == "engine" else FREE[case][df]
    wanted = wanted["joint"]["interaction"]
    wanted = wanted[df] if oracle == "engine" else wanted
    found = answered(case, structure, df).joint()
    assert found.parts == wanted["df_numerator"]
    assert found.statistic == pytest.approx(wanted["statistic"], rel=2e-5)
    assert found.df == pytest.approx(wanted["df_denominator"], rel=1e-3)
    assert found.p_value == pytest.approx(wanted["p_value"], rel=0, abs=1e-5)


def test_a_joint_test_that_kenward_roger_cannot_scale_is_none():
    """Six people at four waves: its F would be negative, with p = 1."""
    random = np.random.default_rng(3)
    frame = pd.DataFrame({"id": np.repeat(np.arange(6), 4), "wave": np.tile(np.arange(4), 6)})
    frame["group"] = (frame["id"] > 2).astype(int)
    frame["y"] = random.normal(size=24) + 20 * frame["group"] * (frame["wave"] == 3)
    found = gains(frame, outcome="y", person="id", wave="wave", group="group").joint()
    assert np.isnan(found.p_value)
    assert found.status == "not estimable: too few people for so many contrasts together"


@pytest.mark.parametrize("covariates", ["x", ["x", "x"], ["group"]])
def test_covariates_are_a_list_of_other_columns(covariates):
    frame = pd.DataFrame(
        {"id": [1, 1, 2, 2], "wave": [0, 1, 0, 1], "group": [0, 0, 1, 1], "y": 1.0, "x": 1.0}
    )
    with pytest.raises(ValueError, match="covariates is a list"):
        gains(frame, outcome="y", person="id", wave="wave", group="group", covariates=covariates)


def test_levels_that_read_alike_are_refused():
    frame = pd.DataFrame({"id": [1, 1, 2, 2], "wave": [0, 1, 0, 1], "y": 1.0})
    frame["group"] = pd.Categorical(["1", "1", 1, 1])
    with pytest.raises(ValueError, match="read alike"):
        gains(frame, outcome="y", person="id", wave="wave", group="group")


def test_a_table_has_every_gain_gap_and_difference_once_in_order():
    found = gains(orthodont(), **CHILDREN).table
    later, every = ["10", "12", "14"], ["8", "10", "12", "14"]
    assert found["contrast"].tolist() == ["gain"] * 6 + ["gap"] * 3 + ["difference"] * 4
    assert found["group"].tolist() == ["Male"] * 3 + ["Female"] * 3 + ["Female - Male"] * 7
    assert found["wave"].tolist() == later * 3 + every
    assert set(found["status"]) == {"ok"}
    assert set(found["df_method"]) == {"Kenward-Roger"}


def test_standardised_is_over_the_pooled_sd_at_the_baseline():
    data = orthodont(True)
    first = data[data["wave"] == 8].groupby("Sex", observed=True)["distance"]
    pooled = np.sqrt((first.var() * (first.count() - 1)).sum() / (first.count() - 1).sum())
    found = gains(data, **CHILDREN)
    assert found.baseline_sd == pytest.approx(pooled, rel=1e-12)
    assert found.table["standardised"].to_numpy() == pytest.approx(found.table["estimate"] / pooled)


def test_simultaneous_limits_lie_between_plain_and_bonferroni_ones():
    found = gains(orthodont(), **CHILDREN, df="satterthwaite")
    gaps = found.table[found.table["contrast"] == "gap"]
    factor = (gaps["simultaneous_high"] - gaps["estimate"]) / gaps["std_error"]
    assert factor.to_numpy() == pytest.approx(factor.iloc[0], rel=1e-12)
    bonferroni = stats.t.ppf(1 - 0.025 / 3, 25.0)
    plain = ((gaps["high"] - gaps["estimate"]) / gaps["std_error"]).max()
    assert plain < factor.iloc[0] < bonferroni


def test_confidence_widens_all_limits_by_the_quantiles_of_t():
    wide, narrow = (gains(orthodont(), **CHILDREN, confidence=level).table for level in (0.99, 0.9))
    assert (wide["low"] < narrow["low"]).all()
    assert (wide["simultaneous_high"] > narrow["simultaneous_high"]).all()
    assert wide["estimate"].tolist() == narrow["estimate"].tolist()


@pytest.mark.parametrize("kind", [int, float, "Int64", "category"])
def test_waves_may_be_numbers_or_categories(kind):
    data = orthodont().sample(frac=1, random_state=1)
    wave = pd.Categorical(data["age"], [8, 10, 12, 14]) if kind == "category" else data["age"].astype(kind)
    found = gains(data.assign(age=wave), **CHILDREN | {"wave": "age"}).table
    wanted = gains(orthodont(), **CHILDREN).table
    for name in ("estimate", "std_error", "df", "low"):
        assert found[name].to_numpy() == pytest.approx(wanted[name].to_numpy(), rel=1e-7)


def test_a_slope_takes_numbers_as_times_and_categories_as_steps():
    data = invented(8).assign(months=lambda frame: frame["time"].map({0: 0.0, 1: 1.0, 2: 6.0, 3: 12.0}))
    apart = gains(data, **INVENTED | {"wave": "months"}, structure="slope").fit
    alike = gains(data, **INVENTED, structure="slope").fit
    named = gains(
        data.assign(wave=data["wave"].cat.rename_categories(list("abcd"))), **INVENTED, structure="slope"
    ).fit
    assert apart.structure == alike.structure == "intercept and slope"
    assert abs(apart.log_likelihood - alike.log_likelihood) > 1e-3
    assert named.log_likelihood == pytest.approx(alike.log_likelihood, abs=1e-9)
    assert sorted(set(apart.rows.time)) == [0, 1, 6, 12]


def test_the_first_category_is_the_reference_whatever_the_alphabet_says():
    data = orthodont()
    turned = data.assign(Sex=data["Sex"].cat.reorder_categories(["Female", "Male"]))
    one, other = gains(data, **CHILDREN).table, gains(turned, **CHILDREN).table
    gaps = [each[each["contrast"] != "gain"]["estimate"].to_numpy() for each in (one, other)]
    assert gaps[0] == pytest.approx(-gaps[1], rel=1e-9)
    assert "Male - Female" in set(other["group"])


def test_a_category_that_nobody_has_is_no_level():
    data = orthodont()
    more = data.assign(Sex=data["Sex"].cat.add_categories(["Other"]))
    assert gains(more, **CHILDREN).grid.groups == ("Male", "Female")


def test_three_groups_are_each_compared_with_the_first():
    data = invented(4, n=60)
    third = data["person"] % 5 == 0
    names = np.where(third, "unknown", data["group"].astype(str))
    data = data.assign(ses=pd.Categorical(names, ["high", "low", "unknown"]))
    found = gains(data, **INVENTED | {"group": "ses"}, structure="intercept")
    assert found.table["contrast"].value_counts().to_dict() == {"gain": 9, "gap": 6, "difference": 8}
    table = found.table.set_index(["contrast", "group", "wave"])["estimate"]
    for group in ("low", "unknown"):
        gap = table["gain", group, "3"] - table["gain", "high", "3"]
        assert table["gap", f"{group} - high", "3"] == pytest.approx(gap, rel=1e-9)
    assert (found.joint().parts, found.joint("gain").parts, found.joint("difference").parts) == (6, 9, 8)


def test_one_group_has_gains_and_no_gap():
    data = orthodont()
    found = gains(data[data["Sex"] == "Male"], **CHILDREN)
    assert set(found.table["contrast"]) == {"gain"}
    assert found.joint("gain").parts == 3
    with pytest.raises(ValueError, match="there is no gap"):
        found.joint()


def test_covariates_enter_as_numbers_categories_truths_and_text():
    data = invented(6, n=60)
    random = np.random.default_rng(2)
    kinds = random.choice(["b", "a", "c"], size=60)[data["person"]]
    yes = (random.uniform(size=60) < 0.4)[data["person"]]
    data = data.assign(kind=pd.Categorical(kinds, ["c", "a", "b"]), text=kinds, yes=yes, mark=yes.astype(int))
    found = gains(data, **INVENTED, covariates=["x", "kind", "yes"])
    assert found.fit.rows.terms[-4:] == ("x", "kind=a", "kind=b", "yes=True")
    as_text = gains(data, **INVENTED, covariates=["x", "text", "mark"])
    assert as_text.fit.rows.terms[-4:] == ("x", "text=b", "text=c", "mark")
    for name in ("estimate", "std_error", "df"):
        assert as_text.table[name].to_numpy() == pytest.approx(found.table[name].to_numpy(), rel=1e-6)
        assert as_text.means[name].to_numpy() == pytest.approx(found.means[name].to_numpy(), rel=1e-6)


def test_means_are_taken_at_the_average_of_the_covariates():
    """So that the weighted mean of cells is the mean of scores in a model without people: boundary, r = 0."""
    data = generated("boundary")
    found = gains(data, **INVENTED, covariates=["x"], structure="intercept")
    assert found.fit.status == "boundary"
    cells = data.groupby(["group", "wave"], observed=True)["y"].agg(["mean", "count"])
    fitted = found.means.set_index(["group", "wave"])["estimate"]
    weighted = (cells["count"] * fitted.reindex(cells.index)).sum() / cells["count"].sum()
    assert weighted == pytest.approx(data["y"].mean(), rel=1e-10)


def test_a_covariate_that_is_the_group_in_disguise_spoils_differences_only():
    data = orthodont().assign(twin=lambda frame: (frame["Sex"] == "Female").astype(float))
    found = gains(data, **CHILDREN, covariates=["twin"])
    assert found.fit.dropped == ("twin",)
    status = found.table.groupby("contrast")["status"].unique().map(list).to_dict()
    assert status["gap"] == status["gain"] == ["ok"]
    assert status["difference"] == ["not estimable: confounded with another term"]
    wanted = gains(orthodont(), **CHILDREN).table
    told = found.table["contrast"] != "difference"
    assert found.table.loc[told, "estimate"].to_numpy() == pytest.approx(wanted.loc[told, "estimate"])


def test_what_cannot_be_estimated_is_nan_with_its_reason():
    data = orthodont().assign(distance=3.0)
    found = gains(data, **CHILDREN)
    assert found.table["estimate"].isna().all()
    assert set(found.table["status"]) == {"not estimable: the scores do not vary"}
    assert found.means["estimate"].isna().all()
    data = orthodont()
    single = gains(data[data["wave"] == 8], **CHILDREN)
    assert set(single.table["status"]) == {"not estimable: nobody has two scores"}
    assert single.table["contrast"].tolist() == ["difference"]


def test_ml_and_methods_of_df_are_those_asked_for():
    small, large = orthodont(), star("read", 400)
    assert gains(small, **CHILDREN).fit.df_name == "Kenward-Roger"
    assert gains(small, **CHILDREN, df="satterthwaite").fit.df_name == "Satterthwaite"
    assert gains(small, **CHILDREN, method="ML").fit.df_name == "Satterthwaite"
    assert gains(large, **PUPILS).fit.df_name == "Satterthwaite"
    assert gains(large, **PUPILS, df="kenward-roger").fit.df_name == "Kenward-Roger"
    by_ml = gains(small, **CHILDREN, structure="intercept", method="ML").fit
    assert by_ml.log_likelihood == pytest.approx(
        ENGINE["orthodont_intercept"]["ml"]["log_likelihood"], abs=1e-7
    )


def test_a_structure_that_cannot_be_told_is_left_with_robust_errors_and_said_so():
    data = invented(1, waves=3)
    two = data[data["wave"].cat.codes < 2]
    found = gains(two, **INVENTED, structure="slope")
    assert found.fit.fall_back == "intercept and slope is not identified"
    assert (found.fit.declared, found.fit.structure) == ("intercept and slope", "person intercept")
    assert set(found.table["df_method"]) == {"CR2, Satterthwaite"}
    by_model = gains(two, **INVENTED, structure="intercept").table
    assert found.table["estimate"].to_numpy() == pytest.approx(by_model["estimate"].to_numpy(), rel=1e-9)
    assert (found.table["std_error"] - by_model["std_error"]).abs().min() > 1e-6
    with pytest.raises(ValueError, match="single contrasts only"):
        found.joint("difference")


def test_rows_without_a_score_are_left_out_even_if_all_else_is_missing():
    data = orthodont()
    gone = data.assign(distance=data["distance"].where(data["age"] < 14))
    gone.loc[gone["distance"].isna(), "Subject"] = None
    found = gains(gone, **CHILDREN)
    assert found.grid.waves == ("8", "10", "12")
    wanted = gains(data[data["age"] < 14], **CHILDREN)
    assert found.table["estimate"].tolist() == wanted.table["estimate"].tolist()


def spoilt(**columns: object) -> pd.DataFrame:
    return orthodont().assign(**columns)


def with_hole(name: str) -> pd.DataFrame:
    data = orthodont()
    values = data[name].astype(object if name == "Subject" else data[name].dtype)
    return data.assign(**{name: values.mask(np.arange(len(data)) == 5)})


def astray() -> pd.DataFrame:
    data = orthodont()
    return data.assign(Sex=data["Sex"].where(data.index != 0, "Female"))


@pytest.mark.parametrize(
    ("frame", "asked", "says"),
    [
        (orthodont, {"outcome": "lenght"}, r"no column 'lenght'$"),
        (orthodont, {"covariates": ["one", "two"]}, "no column 'one', 'two'"),
        (lambda: spoilt(distance=np.nan), {}, "no row has a score in 'distance'"),
        (lambda: spoilt(distance="long"), {}, "'distance' is not a column of numbers"),
        (lambda: spoilt(distance=np.inf), {}, "must be finite"),
        (lambda: with_hole("wave"), {}, "'wave' is missing in 1 rows"),
        (lambda: with_hole("Sex"), {}, "'Sex' is missing in 1 rows"),
        (lambda: with_hole("Subject"), {}, "'Subject' is missing in 1 rows"),
        (lambda: with_hole("age"), {"covariates": ["age"]}, "'age' is missing in 1 rows"),
        (lambda: spoilt(Sex=orthodont()["Sex"].astype(str)), {}, "'Sex' is text: make it a category"),
        (lambda: spoilt(wave="w" + orthodont()["age"].astype(str)), {}, "'wave' is text"),
        (astray, {}, "1 people are in two groups of 'Sex'"),
        (lambda: pd.concat([orthodont(), orthodont().iloc[:1]]), {}, "two scores at one wave"),
        (
            lambda: pd.concat([orthodont(), orthodont().iloc[:1]]),
            {"structure": "intercept"},
            "two scores at one wave",
        ),
        (orthodont, {"structure": "ar1"}, "no structure is called 'ar1': intercept, slope, unstructured"),
        (orthodont, {"method": "reml"}, "no method is called 'reml': REML, ML"),
        (orthodont, {"df": "residual"}, "no df is called 'residual': auto, satterthwaite, kenward-roger"),
        (orthodont, {"df": "kenward-roger", "method": "ML"}, "Kenward-Roger needs a REML fit"),
        (orthodont, {"confidence": 95}, "confidence lies between 0 and 1, and is 95"),
        (orthodont, {"confidence": 1.0}, "confidence lies between 0 and 1"),
    ],
)
def test_what_it_refuses(frame, asked, says):
    with pytest.raises(ValueError, match=says):
        gains(frame(), **CHILDREN | asked)


def test_an_unknown_joint_test_is_refused():
    with pytest.raises(ValueError, match="no contrast is called 'gaps'"):
        gains(orthodont(), **CHILDREN).joint("gaps")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)


def words(text: str) -> list[tuple[str, float, float]]:
    """Each word with its value and what one unit of its last digit is worth (0 for words)."""
    found = []
    for word in text.split():
        number = re.fullmatch(r"-?\d+(\.(\d+))?(e([+-]\d+))?", word)
        if not number:
            found.append((word, 0.0, 0.0))
            continue
        unit = 10.0 ** (int(number[4] or 0) - len(number[2] or ""))
        found.append(("", float(word), unit))
    return found


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> tuple[dict, str]:
    """The names and the output that the page's Python leaves, run in the project's folder."""
    path = tmp_path_factory.mktemp("page") / "page.py"
    path.write_text("".join(blocks("python")), encoding="utf-8")
    said = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(said):
        patch.chdir(tiny.ROOT)
        names = runpy.run_path(str(path))
    return names, said.getvalue()


def test_the_page_shows_what_its_python_prints(run):
    shown, printed = words("\n".join(blocks("text"))), words(run[1])
    assert [word for word, _, _ in shown] == [word for word, _, _ in printed]
    for (_, ours, unit), (_, theirs, _) in zip(shown, printed, strict=True):
        assert ours == pytest.approx(theirs, rel=0, abs=1.01 * unit)


def test_the_page_s_r_is_that_of_the_script_and_shows_what_r_printed():
    script = (ORACLE / "notebook.R").read_text(encoding="utf-8")
    assert len(blocks("r")) >= 2
    assert [line for block in blocks("r") for line in block.splitlines() if line not in script] == []
    shown = "\n".join(blocks("console"))
    for name, lines in NOTEBOOK["printed"].items():
        assert "\n".join(lines).strip("\n") in shown, name
    assert all(f"{name} {NOTEBOOK['versions'][name]}" in PAGE for name in ("lme4", "lmerTest", "emmeans"))


@pytest.mark.parametrize(("name", "values"), [("alike", "intercept"), ("free", "unstructured")])
def test_the_page_s_numbers_are_those_of_r(run, name, values):
    """nlme's gls stops within 1e-4 standard errors of the optimum; its df (rows less coefficients) are not
    ours, which unstructured.json holds.
    """
    found, wanted = run[0][name], NOTEBOOK[values]
    within = 1e-6 if values == "intercept" else 2e-4
    assert found.fit.log_likelihood == pytest.approx(wanted["log_likelihood"], rel=0, abs=1e-6)
    table = found.table.set_index(["contrast", "group", "wave"])
    for kind in ("gains", "gaps", "differences"):
        for each in wanted[kind]:
            group = each["lunch"] if kind == "gains" else "free - non-free"
            wave = each["wave"] if kind == "differences" else (each.get("contrast") or each["wave"])[:2]
            row = table.loc[(kind.removesuffix("s"), group, wave)]
            assert abs(row["estimate"] - each["estimate"]) < within * each["std_error"]
            assert row["std_error"] == pytest.approx(each["std_error"], rel=within)
            if values == "intercept":
                assert row["df"] == pytest.approx(each["df"], rel=1e-5)
                assert row["low"] == pytest.approx(each["low"], rel=1e-5)
                assert row["p_value"] == pytest.approx(each["p_value"], rel=1e-3, abs=1e-290)
    means = found.means.set_index(["group", "wave"])
    for each in wanted["means"]:
        row = means.loc[(each["lunch"], each["wave"])]
        assert abs(row["estimate"] - each["emmean"]) < within * each["SE"]


def test_the_joint_test_on_the_page_is_that_of_lmertest(run):
    found, wanted = run[0]["alike"].joint(), NOTEBOOK["intercept"]["joint"]
    assert (found.statistic, found.df) == pytest.approx((wanted["statistic"], wanted["df"]), rel=1e-6)
    assert found.parts == wanted["df_numerator"]


def test_the_sds_of_waves_are_those_of_gls(run):
    spread = np.sqrt(np.diag(run[0]["free"].fit.random_covariance))
    assert spread == pytest.approx(NOTEBOOK["unstructured"]["spread"], rel=1e-4)


def test_a_group_that_is_a_number_needs_no_category():
    data = orthodont().assign(girl=lambda frame: (frame["Sex"] == "Female").astype(int))
    found = gains(data, **CHILDREN | {"group": "girl"}).table
    wanted = gains(orthodont(), **CHILDREN).table
    assert found["estimate"].to_numpy() == pytest.approx(wanted["estimate"].to_numpy(), rel=1e-9)
    assert set(found["group"]) == {"0", "1", "1 - 0"}


@pytest.mark.r
def test_r_still_gives_the_values_of_the_page():
    if shutil.which("Rscript") is None:
        pytest.skip("R is not installed")
    made = subprocess.run(["Rscript", "notebook.R"], cwd=ORACLE, capture_output=True, text=True, check=True)
    now = json.loads(made.stdout)
    for part, within in (("intercept", 1e-6), ("unstructured", 1e-4)):
        for kind in ("gains", "gaps", "differences"):
            for ours, theirs in zip(now[part][kind], NOTEBOOK[part][kind], strict=True):
                assert ours["estimate"] == pytest.approx(theirs["estimate"], rel=within)
                assert ours["std_error"] == pytest.approx(theirs["std_error"], rel=within)
                assert ours["df"] == pytest.approx(theirs["df"], rel=1e-5)

"""Data sets, designs and dense formulas that the tests of the mixed-model engine share."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache

import numpy as np
import pandas as pd
import tiny

from outcomes.mixed.products import Products
from outcomes.mixed.rows import Rows
from outcomes.mixed.solve import Solution, solve
from outcomes.mixed.structures import HeterogeneousSymmetry, Intercept, Slope, Structure, Unstructured

ORACLE = tiny.ROOT / "tests" / "oracle"
STAR = tiny.ROOT / "data" / "raw" / "star"
STRUCTURES = ("intercept", "slope", "unstructured", "symmetry")

DYESTUFF = (
    (1545, 1440, 1440, 1520, 1580), (1540, 1555, 1490, 1560, 1495), (1595, 1550, 1605, 1510, 1560),
    (1445, 1440, 1595, 1465, 1545), (1595, 1630, 1515, 1635, 1625), (1520, 1455, 1450, 1480, 1445),
)  # fmt: skip
"""Yield of six batches, five preparations each (Davies & Goldsmith 1972; Dyestuff in R's lme4)."""
DYESTUFF2 = (
    (7.298, 3.846, 2.434, 9.566, 7.99), (5.22, 6.556, 0.608, 11.788, -0.892),
    (0.11, 10.386, 13.434, 5.51, 8.166), (2.212, 4.852, 7.092, 9.288, 4.98),
    (0.282, 9.014, 4.458, 9.446, 7.198), (1.722, 4.782, 8.106, 0.758, 3.758),
)  # fmt: skip
"""Invented yields without variance between batches (Box & Tiao 1973; Dyestuff2 in R's lme4)."""
CAKE = {
    "A": "424647395342 472935475745 323237434545 263235243926 283031374147 242222293526 262325273335 "
    "243323323134 242728333423 243327313033 333933283330 283127393543 292831293733 244029404031 262832253733",
    "B": "394651495542 354647395261 343042354235 252628463737 313029354036 242929292435 222526262936 "
    "262324312737 272632283233 212424273730 202733312833 232831343129 323530273530 232522192135 212128262720",
    "C": "464445464863 434343464758 332440374138 384138303635 212531353323 243330303735 202131243033 "
    "242321242135 241821262828 262827273535 282526253828 243028353328 282943283337 192227252535 212825253125",
}
"""Breakage angle of cakes by recipe: 15 replicates x six temperatures, two digits (Cook 1938; lme4)."""


def designed(data: pd.DataFrame, effects: Sequence[str]) -> pd.DataFrame:
    """The columns of R's model matrix with treatment contrasts; ``a:b`` is an interaction, levels of a run
    fastest.
    """
    columns = pd.DataFrame({"(Intercept)": np.ones(len(data))}, index=data.index)
    for effect in effects:
        parts = [_coded(data, name) for name in effect.split(":")]
        found = parts[0]
        for later in parts[1:]:
            found = {f"{one}:{two}": found[one] * later[two] for two in later for one in found}
        columns = columns.assign(**found)
    return columns


def _coded(data: pd.DataFrame, name: str) -> dict[str, pd.Series]:
    if not isinstance(data[name].dtype, pd.CategoricalDtype):
        return {name: data[name].astype(float)}
    return {f"{name}{level}": (data[name] == level).astype(float) for level in data[name].cat.categories[1:]}


def modelled(
    data: pd.DataFrame, response: str, person: str, effects: Sequence[str], time: str | None = None
) -> Rows:
    """The rows of a model; wave is `wave` where there is one, time is ``time`` or the number of the wave."""
    design = designed(data, effects)
    wave = data["wave"].cat.codes.to_numpy() if "wave" in data else None
    times = data[time].to_numpy(dtype=float) if time else wave
    return Rows.of(
        data[response].to_numpy(dtype=float), design.to_numpy(), data[person].to_numpy(), terms=list(design),
        wave=wave, time=times,
    )  # fmt: skip


def leveled(data: pd.DataFrame, **levels: Sequence[object]) -> pd.DataFrame:
    """``data`` with columns made categorical in the order of ``levels``."""
    return data.assign(**{name: pd.Categorical(data[name], list(of)) for name, of in levels.items()})


def sleepstudy(uneven: bool = False) -> pd.DataFrame:
    data = pd.read_csv(ORACLE / "sleepstudy.csv", dtype={"Subject": str})
    first = data["Subject"].unique()[:6]
    gone = ((np.arange(len(data)) + 1) % 7 == 0) | ((data["Days"] >= 8) & data["Subject"].isin(first))
    data = leveled(data.assign(wave=data["Days"]), wave=range(10))
    return data[~gone] if uneven else data


def orthodont(uneven: bool = False) -> pd.DataFrame:
    data = pd.read_csv(ORACLE / "orthodont.csv")
    gone = (data["age"] == 14) & data["Subject"].isin(data["Subject"].unique()[:7])
    data = leveled(data.assign(wave=data["age"]), wave=(8, 10, 12, 14), Sex=("Male", "Female"))
    return data[~gone] if uneven else data


def batches(yields: Sequence[Sequence[float]]) -> pd.DataFrame:
    return pd.DataFrame(
        {"Yield": np.ravel(yields), "Batch": np.repeat(np.arange(len(yields)), len(yields[0]))}
    )


def cake() -> pd.DataFrame:
    temperatures = (175, 185, 195, 205, 215, 225)
    found = [
        (recipe, f"{recipe}{replicate}", temperature, float(angles[2 * place : 2 * place + 2]))
        for recipe, each in CAKE.items()
        for replicate, angles in enumerate(each.split())
        for place, temperature in enumerate(temperatures)
    ]
    data = pd.DataFrame(found, columns=["recipe", "replicate", "temperature", "angle"])
    return leveled(data, recipe="ABC", temperature=temperatures)


def wages(people: int | None = None) -> pd.DataFrame:
    data = pd.read_csv(ORACLE / "wages.csv")
    return data if people is None else data[data["id"].isin(data["id"].unique()[:people])]


def sai() -> pd.DataFrame:
    data = pd.read_csv(ORACLE / "sai_scores.csv")
    return leveled(
        data.assign(wave=data["time"]), wave=sorted(data["time"].unique()), drug=("placebo", "caffeine")
    )


def generated(name: str) -> pd.DataFrame:
    data = pd.read_csv(ORACLE / "generated.csv")
    data = data[data["set"] == name]
    return leveled(data, wave=sorted(data["wave"].unique()), group=("high", "low"))


@cache
def star(column: str, people: int | None = None) -> pd.DataFrame:
    """Project STAR in waves k to g3; `low` had free lunch in kindergarten, `high` had none."""
    waves = {"k": "wave_k.csv", "g1": "wave_1.csv", "g2": "wave_2.csv", "g3": "wave_3.csv"}
    files = {wave: pd.read_csv(STAR / name) for wave, name in waves.items()}
    data = pd.concat([file[["id", column]].assign(wave=wave) for wave, file in files.items()])
    lunch = files["k"].set_index("id")["lunch"].map({"non-free": "high", "free": "low"})
    data = data.assign(group=data["id"].map(lunch)).rename(columns={column: "score"}).dropna()
    if people is not None:
        pupils = files["k"]["id"]
        data = data[data["id"].isin(pupils[pupils.isin(data["id"])].iloc[:people])]
    return leveled(data.reset_index(drop=True), wave=tuple(waves), group=("high", "low"))


def frozen(name: str) -> dict:
    return json.loads((ORACLE / f"{name}.json").read_text(encoding="utf-8"))


def structure_of(name: str, rows: Rows) -> Structure:
    n_waves = 0 if rows.wave is None else int(rows.wave.max()) + 1
    return {
        "intercept": lambda: Intercept(),
        "slope": lambda: Slope.of(rows.time),
        "unstructured": lambda: Unstructured(n_waves),
        "symmetry": lambda: HeterogeneousSymmetry(n_waves),
    }[name]()


def solved(rows: Rows, structure: str | Structure, method: str = "REML", **weights: object) -> Solution:
    made = structure_of(structure, rows) if isinstance(structure, str) else structure
    return solve(Products.of(rows, made, **weights), method)  # type: ignore[arg-type]


def invented(
    seed: object,
    n: int = 40,
    waves: int = 4,
    missing: float = 0.15,
    slope: float = 0.5,
    intercept: float = 1.0,
) -> pd.DataFrame:
    """Scores of ``n`` people in two unequal groups with a covariate x; each wave is missing at random."""
    random = np.random.default_rng(seed)
    person = np.repeat(np.arange(n), waves)
    time = np.tile(np.arange(waves, dtype=float), n)
    low = (np.arange(n) < max(2, round(0.4 * n)))[person]
    data = pd.DataFrame(
        {"person": person, "wave": time.astype(int), "time": time, "group": np.where(low, "low", "high")}
    )
    data["x"] = random.normal(size=n)[person]
    data["y"] = (
        20 + 0.5 * time - 0.3 * low + 0.2 * low * time + 0.3 * data["x"]
        + intercept * random.normal(size=n)[person] + slope * random.normal(size=n)[person] * time
        + random.normal(size=len(data))
    )  # fmt: skip
    data = leveled(data, wave=range(waves), group=("high", "low"))
    return data[random.uniform(size=len(data)) >= missing]


def by_group(data: pd.DataFrame, covariate: bool = True) -> Rows:
    """score ~ wave * group (+ x), with R's order of columns."""
    effects = ["wave", "group", *(["x"] if covariate else []), "wave:group"]
    return modelled(data, "y", "person", effects, "time")


def loadings(rows: Rows, structure: Structure) -> np.ndarray:
    """Z as (rows x q)."""
    if structure.by_wave:
        return np.eye(structure.width)[rows.wave]
    return np.column_stack([np.ones(len(rows.person)), *structure.slopes(rows.time)])


def blocks(rows: Rows, inner: np.ndarray, structure: Structure) -> np.ndarray:
    """Z inner Z' within people, 0 between them (rows x rows)."""
    z = loadings(rows, structure)
    return (rows.person[:, None] == rows.person) * (z @ inner @ z.T)


def dense_covariance(rows: Rows, structure: Structure, psi: np.ndarray, scale: float) -> np.ndarray:
    """V (rows x rows)."""
    constant = 0.0 if structure.by_wave else 1.0
    return scale * (blocks(rows, psi, structure) + constant * np.eye(len(rows.person)))


def dense_deviance(rows: Rows, v: np.ndarray, reml: bool) -> float:
    """-2 log-likelihood at V with the coefficients profiled out, all constants included."""
    x, y = rows.design, rows.response[:, 0]
    w = np.linalg.inv(v)
    information = x.T @ w @ x
    left = y - x @ np.linalg.solve(information, x.T @ w @ y)
    found = np.linalg.slogdet(v)[1] + left @ w @ left
    n = len(y) - (x.shape[1] if reml else 0)
    return float(found + n * np.log(2 * np.pi) + (np.linalg.slogdet(information)[1] if reml else 0.0))

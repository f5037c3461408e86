"""Random boosters of every kind that LightGBM grows, and the values on which a table could go wrong."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import lightgbm as lgb
import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

QUIET = {"objective": "binary", "verbose": -1, "num_threads": 1, "deterministic": True}


@dataclass(frozen=True)
class Made:
    booster: lgb.Booster
    X: pd.DataFrame
    reference: npt.NDArray[np.float64]
    """``pred_contrib`` of ``X``"""


def numbers(rng: np.random.Generator, rows: int) -> npt.NDArray[np.float64]:
    """A column of one of the kinds that a company has, with or without gaps."""
    kinds = (rng.normal(size=rows), np.floor(rng.exponential(3, rows)), np.exp(rng.normal(0, 3, rows)) * rng.choice([-1, 1], rows))
    x = np.where(rng.random(rows) < rng.choice([0, 0.5]), 0.0, kinds[rng.integers(3)])
    return np.where(rng.random(rows) < rng.choice([0, 0.2]), np.nan, x)


def texts(rng: np.random.Generator, rows: int) -> pd.Categorical:
    levels = int(rng.integers(2, 45))
    codes = np.where(rng.random(rows) < 0.1, -1, np.floor(levels * rng.random(rows) ** 2).astype(int))
    return pd.Categorical.from_codes(codes, categories=[f"level {i}" for i in range(levels)])


def thresholds(booster: lgb.Booster, feature: int) -> list[float]:
    frame = booster.trees_to_dataframe()
    of = frame[(frame["split_feature"] == booster.feature_name()[feature]) & (frame["decision_type"] == "<=")]
    return of["threshold"].astype(float).tolist()


def adversarial(booster: lgb.Booster, X: pd.DataFrame, rng: np.random.Generator, rows: int) -> pd.DataFrame:
    """Rows on thresholds and beside them, with zeros of all kinds, infinities, gaps, and texts in another order, some unseen."""
    out: dict[str, Any] = {}
    for j, name in enumerate(X.columns):
        if isinstance(X[name].dtype, pd.CategoricalDtype):
            levels = [*rng.permutation(X[name].cat.categories.to_numpy())[1:], "unseen", "unseen too"]
            codes = rng.integers(-1, len(levels), rows)
            codes[0] = -1
            out[name] = pd.Categorical.from_codes(codes, categories=levels)
            continue
        own = np.array([0.0, *thresholds(booster, j)])
        near = np.r_[own, np.nextafter(own, np.inf), np.nextafter(own, -np.inf)]
        edge = [np.nan, np.inf, -np.inf, 0.0, -0.0, 1e-36, -1e-36, float(np.float32(1e-35)), 1.1e-35, -1.1e-35, 1e300, -1e300]
        column = np.r_[rng.choice(near, rows), edge, X[name].to_numpy(np.float64)]
        out[name] = rng.choice(column, rows)
        out[name][0] = np.nan
    return pd.DataFrame(out)


@cache
def random_model(seed: int) -> Made:
    rng = np.random.default_rng(seed)
    rows, features = int(rng.integers(150, 500)), int(rng.integers(2, 9))
    made = [texts(rng, rows) if rng.random() < 0.3 else numbers(rng, rows) for _ in range(features)]
    X = pd.DataFrame({f"f{j}": column for j, column in enumerate(made)})
    known = [X[c].cat.codes.to_numpy() % 3 if isinstance(X[c].dtype, pd.CategoricalDtype) else np.nan_to_num(X[c]) for c in X]
    ranks = [pd.Series(x).rank(pct=True).to_numpy() for x in known]
    log_odds = 3 * (ranks[0] - 0.5) + 4 * (ranks[0] > 0.4) * (ranks[-1] - 0.5) + rng.normal(size=rows)
    depth = 1 + seed % 8
    settings = QUIET | {
        "max_depth": depth,
        "num_leaves": min(2**depth, int(rng.integers(2, 40))),
        "min_data_in_leaf": int(rng.integers(1, 20)),
        "min_data_per_group": 5,
        "cat_smooth": 1.0,
        "max_cat_to_onehot": int(rng.choice([1, 4, 50])),
        "max_bin": int(rng.choice([15, 255])),
        "learning_rate": float(rng.choice([0.05, 0.5])),
        "zero_as_missing": bool(rng.random() < 0.3),
        "use_missing": bool(rng.random() < 0.8),
        "boost_from_average": bool(rng.random() < 0.7),
        "feature_fraction": float(rng.choice([0.6, 1.0])),
        "bagging_fraction": float(rng.choice([0.7, 1.0])),
        "bagging_freq": 1,
        "boosting": str(rng.choice(["gbdt", "gbdt", "dart"])),
        "seed": seed,
    }
    if rng.random() < 0.4:
        is_number = [not isinstance(X[c].dtype, pd.CategoricalDtype) for c in X]
        settings["monotone_constraints"] = [int(rng.integers(-1, 2)) if number else 0 for number in is_number]
    trees = int(rng.choice([1, 2, 10, 60]))
    booster = lgb.train(settings, lgb.Dataset(X, (log_odds > np.median(log_odds)).astype(int)), trees)
    tried = adversarial(booster, X, rng, 160)
    return Made(booster, tried, np.asarray(booster.predict(tried, pred_contrib=True, num_threads=1)))


@pytest.fixture(scope="session")
def trained() -> Made:
    """A booster of icpfit's usual size, and 9,000 rows: more than two blocks of them."""
    rng = np.random.default_rng(0)
    n = 9_000
    a, b, c = rng.normal(size=n), np.where(rng.random(n) < 0.2, np.nan, rng.exponential(size=n)), rng.integers(-1, 5, n)
    X = pd.DataFrame({"a": a, "b": b, "c": pd.Categorical.from_codes(c, categories=range(5)), "idle": 1.0, "d": np.round(a + 1, 1)})
    y = (rng.random(n) < 1 / (1 + np.exp(-(a * (np.nan_to_num(b, nan=2) > 1) + (c == 2))))).astype(int)
    booster = lgb.train(QUIET | {"num_leaves": 8, "min_data_in_leaf": 10, "seed": 3}, lgb.Dataset(X, y), 30)
    return Made(booster, X, np.asarray(booster.predict(X, pred_contrib=True, num_threads=1)))

"""Interaction values against three oracles: shap's own on numbers, the definition by brute force, and the model's own contributions."""

from __future__ import annotations

import itertools
import math
import warnings
from typing import Any

import lightgbm as lgb
import numpy as np
import pandas as pd
import pytest

from icpfit.attribution import contributions
from icpfit.shap_interactions import _goes_left, _leaves, _nodes, _trees, interactions, is_additive

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import shap


def made_up(n: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "a": rng.normal(size=n),
            "b": np.where(rng.random(n) < 0.2, np.nan, rng.poisson(2, n).astype(np.float64)),
            "c": pd.Categorical.from_codes(rng.integers(-1, 6, n), categories=pd.RangeIndex(6)),
            "d": rng.integers(0, 2, n).astype(np.float64),
        }
    )


def trained(X: pd.DataFrame, seed: int, rounds: int = 6, **changes: Any) -> lgb.Booster:
    rng = np.random.default_rng(seed + 1)
    kind = X["c"].cat.codes.to_numpy() if "c" in X else np.zeros(len(X))
    lift = X["a"] * (X["b"].fillna(0) > 2) + (kind == 2) * X["a"] - X["d"] * (kind > 3) + rng.normal(size=len(X))
    parameters = {
        "objective": "binary",
        "num_leaves": 12,
        "learning_rate": 0.3,
        "verbosity": -1,
        "min_data_in_leaf": 5,
        "min_data_per_group": 5,
        "cat_smooth": 1,
        "num_threads": 1,
        "seed": seed,
        "deterministic": True,
    }
    return lgb.train({**parameters, **changes}, lgb.Dataset(X, (lift > 0).astype(np.float64)), rounds)


@pytest.mark.parametrize("changes", [{}, {"max_depth": 2}, {"num_leaves": 40}])
def test_as_shap_has_them_where_there_are_numbers_only(changes: dict[str, Any]) -> None:
    X = made_up(400, 3).drop(columns="c")
    booster = trained(X, 3, **changes)
    found = interactions(booster, X.iloc[:60])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = shap.TreeExplainer(booster).shap_interaction_values(X.iloc[:60])
    for (i, j), mine in zip(found.pairs, found.values.T, strict=True):
        np.testing.assert_allclose(mine, theirs[:, i, j] + theirs[:, j, i], atol=1e-6)
    assert all((i, j) in found.pairs or np.abs(theirs[:, i, j]).max() < 1e-9 for i, j in itertools.combinations(range(3), 2))


def worth(booster: lgb.Booster, columns: list[Any], row: int, known: frozenset[int]) -> float:
    """The tree's expectation when only ``known`` features are known, by walking it: the definition of the path-dependent game."""

    def walk(node: dict[str, Any]) -> float:
        if "split_index" not in node:
            return float(node["leaf_value"])
        sides = node["left_child"], node["right_child"]
        if node["split_feature"] in known:
            return walk(sides[0] if _goes_left(node, [c[row : row + 1] for c in columns])[0] else sides[1])
        counts = [s.get("internal_count", s.get("leaf_count")) for s in sides]
        return sum(c * walk(s) for c, s in zip(counts, sides, strict=True)) / sum(counts)

    return sum(walk(t) for t in _trees(booster))


def test_as_the_definition_says_with_texts_and_missing_values() -> None:
    X = made_up(300, 8)
    booster = trained(X, 8, rounds=4)
    assert any(n["decision_type"] == "==" for t in _trees(booster) for n in _nodes(t)), "a text is asked for"
    found = interactions(booster, X)
    columns = [X["a"].to_numpy(), X["b"].to_numpy(), X["c"].cat.codes.replace(-1, np.nan).to_numpy(float), X["d"].to_numpy()]
    for row in (0, 1, int(np.flatnonzero(X["b"].isna())[0]), int(np.flatnonzero(X["c"].isna())[0])):
        for i, j in itertools.combinations(range(4), 2):
            others = [k for k in range(4) if k not in (i, j)]
            index = 0.0
            for size in range(3):
                for S in itertools.combinations(others, size):
                    s = frozenset(S)
                    change = [worth(booster, columns, row, s | frozenset(more)) for more in ((i, j), (i,), (j,), ())]
                    share = math.factorial(size) * math.factorial(4 - size - 2) / math.factorial(3)
                    index += share * (change[0] - change[1] - change[2] + change[3])
            mine = found.values[row, found.pairs.index((i, j))] if (i, j) in found.pairs else 0.0
            assert mine == pytest.approx(index, abs=1e-12)


@pytest.mark.parametrize("changes", [{}, {"zero_as_missing": True}, {"use_missing": False}])
def test_the_leaves_that_a_row_reaches_give_its_margin(changes: dict[str, Any]) -> None:
    """What shap does not read right (a zero that counts as missing) is read as LightGBM does."""
    X = made_up(300, 5)
    X.loc[3, "a"] = np.inf
    booster = trained(X, 5, **changes)
    columns = [X["a"].to_numpy(), X["b"].to_numpy(), X["c"].cat.codes.replace(-1, np.nan).to_numpy(float), X["d"].to_numpy()]
    total = np.zeros(len(X))
    for tree in _trees(booster):
        left = {n["split_index"]: _goes_left(n, columns) for n in _nodes(tree)}
        for leaf in _leaves(tree, []):
            reached = np.ones(len(X), dtype=bool)
            for splits, _ in leaf.path.values():
                reached &= np.logical_and.reduce([left[node] == goes for node, goes in splits])
            total += leaf.value * reached
    np.testing.assert_allclose(total, booster.predict(X, raw_score=True), atol=1e-9)


def test_pairs_and_what_each_does_alone_are_all_there_is() -> None:
    """Two attributes: the contribution of one, less half the pair, is the same for all rows with the same value of it."""
    X = made_up(400, 2)[["a", "d"]]
    y = ((X["a"] > 0) == (X["d"] > 0)).astype(np.float64)
    booster = lgb.train({"objective": "binary", "num_leaves": 4, "verbosity": -1, "num_threads": 1, "seed": 1}, lgb.Dataset(X, y), 5)
    found = interactions(booster, X)
    assert found.pairs == ((0, 1),)
    alone = contributions(booster, X)[:, 1] - found.values[:, 0] / 2
    for flag in (0.0, 1.0):
        inside = alone[X["d"] == flag]
        assert np.ptp(inside) < 1e-9
    assert np.abs(found.values).mean() > 0.3, "an either-or is found"


def test_an_additive_model_has_no_pairs() -> None:
    X = made_up(300, 4)
    stumps, trees = trained(X, 4, max_depth=1), trained(X, 4)
    assert is_additive(stumps)
    assert interactions(stumps, X).pairs == ()
    assert interactions(stumps, X).values.shape == (300, 0)
    assert not is_additive(trees)


def test_no_rows_are_no_values() -> None:
    X = made_up(300, 4)
    booster = trained(X, 4)
    assert interactions(booster, X.iloc[:0]).values.shape[0] == 0

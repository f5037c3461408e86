"""The same numbers as LightGBM's ``pred_contrib``, and as the definition, whatever the model and the rows."""

from __future__ import annotations

import sys
from itertools import combinations
from math import comb
from typing import Any

import lightgbm as lgb
import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from icpfit.attribution import Tables, contributions, tables_of, top_reasons, why_not
from icpfit.attribution import tables as tables_module
from icpfit.attribution.frame import Column, columns_of

from .conftest import QUIET, Made, random_model

Floats = npt.NDArray[np.float64]


def tables_and_columns(made: Made) -> tuple[Tables, list[Column]]:
    tables = tables_of(made.booster)
    columns = columns_of(made.X, made.booster.num_feature(), made.booster.pandas_categorical)
    assert tables is not None
    assert columns is not None
    return tables, columns


def assert_equal(found: Floats, expected: Floats) -> None:
    scale = np.maximum(1.0, np.abs(expected))
    assert (np.abs(found - expected) / scale).max(initial=0.0) <= 1e-12


@pytest.mark.parametrize("seed", range(50))
def test_it_is_what_lightgbm_computes(seed: int) -> None:
    made = random_model(seed)
    assert why_not(made.booster) == ""
    assert_equal(contributions(made.booster, made.X), made.reference)


@pytest.mark.parametrize("seed", range(0, 50, 7))
def test_numpy_and_numba_agree_to_the_last_bit(seed: int) -> None:
    made = random_model(seed)
    tables, columns = tables_and_columns(made)
    plain, compiled = (tables.contributions(columns, engine=engine) for engine in ("numpy", "numba"))
    assert plain.tobytes() == compiled.tobytes()
    both = (tables.top_reasons(columns, 3, engine=engine) for engine in ("numpy", "numba"))
    for one, other in zip(*both, strict=True):
        assert one.tobytes() == other.tobytes()


def test_each_row_sums_to_the_raw_score(trained: Made) -> None:
    phi = contributions(trained.booster, trained.X)
    assert phi.shape == (len(trained.X), 6)
    assert_equal(phi.sum(axis=1), trained.booster.predict(trained.X, raw_score=True))
    assert (phi[:, 3] == 0).all()


def by_definition(tree: dict[str, Any], row: Floats, n_features: int) -> Floats:
    """Shapley's own formula over all coalitions; what a coalition expects goes both ways, by the training rows, at other features."""

    def expects(node: dict[str, Any], known: tuple[int, ...]) -> float:
        if "leaf_value" in node:
            return float(node["leaf_value"])
        left, right = node["left_child"], node["right_child"]
        if node["split_feature"] in known:
            x = row[node["split_feature"]]
            goes_left = node["default_left"] if np.isnan(x) else x <= node["threshold"]
            return expects(left if goes_left else right, known)
        n, m = (child.get("internal_count", child.get("leaf_count")) for child in (left, right))
        return (n * expects(left, known) + m * expects(right, known)) / (n + m)

    out = np.zeros(n_features + 1)
    out[-1] = expects(tree, ())
    for i in range(n_features):
        others = [f for f in range(n_features) if f != i]
        for size in range(n_features):
            for known in combinations(others, size):
                out[i] += (expects(tree, (*known, i)) - expects(tree, known)) / (n_features * comb(n_features - 1, size))
    return out


def test_it_is_what_shapley_defines() -> None:
    """So that the truth is not LightGBM's alone."""
    rng = np.random.default_rng(5)
    X = pd.DataFrame(rng.normal(size=(300, 4)), columns=list("abcd"))
    X = X.mask(rng.random(X.shape) < 0.15)
    y = (X.fillna(0).prod(axis=1) + X["a"].fillna(1) > 0).astype(int)
    booster = lgb.train(QUIET | {"num_leaves": 12, "min_data_in_leaf": 5, "seed": 1}, lgb.Dataset(X, y), 3)
    trees = [tree["tree_structure"] for tree in booster.dump_model()["tree_info"]]
    rows = X.iloc[:12]
    expected = np.array([sum(by_definition(tree, row, 4) for tree in trees) for row in rows.to_numpy()])
    np.testing.assert_allclose(contributions(booster, rows), expected, rtol=0, atol=1e-12)


@pytest.mark.filterwarnings(
    "ignore:The set_.* function will be deprecated:PendingDeprecationWarning"
)  # shap's colours, when it is imported
@pytest.mark.filterwarnings("ignore:LightGBM binary classifier with TreeExplainer:UserWarning")  # of the form of its answer
def test_it_is_what_shap_computes(trained: Made) -> None:
    import shap

    X = trained.X.iloc[:500]
    explained = shap.TreeExplainer(trained.booster).shap_values(X)
    explained = explained[-1] if isinstance(explained, list) else explained
    np.testing.assert_allclose(contributions(trained.booster, X)[:, :-1], explained, atol=1e-9)


@pytest.mark.parametrize("engine", ["numpy", "numba"])
def test_a_rows_answer_hangs_on_no_thread_no_block_and_no_neighbour(trained: Made, engine: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    tables, columns = tables_and_columns(trained)
    whole = tables.contributions(columns, threads=1, engine=engine)
    reasons = tables.top_reasons(columns, 2, threads=1, engine=engine)
    assert tables.contributions(columns, threads=3, engine=engine).tobytes() == whole.tobytes()
    monkeypatch.setattr(tables_module, "BLOCK", 1000)
    assert tables.contributions(columns, threads=2, engine=engine).tobytes() == whole.tobytes()
    for one, other in zip(tables.top_reasons(columns, 2, threads=2, engine=engine), reasons, strict=True):
        assert one.tobytes() == other.tobytes()
    for rows in ([17], [8191, 8192, 0], range(4095, 4098)):
        assert contributions(trained.booster, trained.X.iloc[list(rows)]).tobytes() == whole[list(rows)].tobytes()


@pytest.mark.parametrize("k", [0, 1, 3, 5, 9])
@pytest.mark.parametrize("seed", range(0, 50, 9))
def test_reasons_are_the_largest_either_way_and_ties_go_to_the_earlier(seed: int, k: int) -> None:
    made = random_model(seed)
    phi = contributions(made.booster, made.X)[:, :-1]
    order = np.argsort(-np.abs(phi), axis=1, kind="stable")[:, :k]
    tables, columns = tables_and_columns(made)
    for found in (top_reasons(made.booster, made.X, k), tables.top_reasons(columns, k, engine="numba")):
        index, values, margin = found
        assert index.dtype == np.int64
        np.testing.assert_array_equal(index, order)
        np.testing.assert_array_equal(values, np.take_along_axis(phi, order, axis=1))
        assert_equal(margin, made.reference.sum(axis=1))


def test_no_rows_give_no_attributions(trained: Made) -> None:
    none = trained.X.iloc[:0]
    assert contributions(trained.booster, none).shape == (0, 6)
    index, values, margin = top_reasons(trained.booster, none, 2)
    assert (index.shape, values.shape, margin.shape) == ((0, 2), (0, 2), (0,))


@pytest.mark.parametrize("dtype", ["float32", "int64", "bool", "Int64", "Float64", "boolean"])
def test_numbers_of_every_type_are_read_as_lightgbm_reads_them(dtype: str) -> None:
    rng = np.random.default_rng(1)
    X = pd.DataFrame({"x": rng.integers(0, 2 if dtype.startswith("bool") else 9, 400).astype(float), "y": rng.normal(size=400)})
    booster = lgb.train(QUIET | {"num_leaves": 6}, lgb.Dataset(X, (X["x"] + X["y"] > X["x"].median()).astype(int)), 5)
    typed = X.astype({"x": dtype})
    if dtype[0].isupper():
        typed.loc[::3, "x"] = pd.NA
    assert_equal(contributions(booster, typed), booster.predict(typed, pred_contrib=True))


def test_categories_that_are_numbers_in_a_frame_without_categories() -> None:
    rng = np.random.default_rng(2)
    X = pd.DataFrame({"c": rng.integers(0, 40, 500).astype(float), "x": rng.normal(size=500)})
    data = lgb.Dataset(X, (X["c"] % 3 == 0).astype(int), categorical_feature=["c"])
    booster = lgb.train(QUIET | {"num_leaves": 6, "min_data_per_group": 5}, data, 5)
    edges = [-1.0, -0.5, -1e-36, 0.0, 0.7, 2.999, 38.0, 39.0, 40.0, 64.0, 1e9, 1e30, np.inf, -np.inf, np.nan]
    tried = pd.DataFrame({"c": edges, "x": 0.1})
    assert_equal(contributions(booster, tried), booster.predict(tried, pred_contrib=True))


def test_a_booster_that_grows_and_one_with_a_best_iteration_are_read_as_they_are_now() -> None:
    rng = np.random.default_rng(3)
    X = pd.DataFrame(rng.normal(size=(300, 3)), columns=list("abc"))
    data = lgb.Dataset(X, (X["a"] > X["b"]).astype(int), free_raw_data=False)
    booster = lgb.train(QUIET, data, 3, keep_training_booster=True)
    first = contributions(booster, X)
    assert tables_of(booster) is tables_of(booster)
    booster.update()
    assert_equal(contributions(booster, X), booster.predict(X, pred_contrib=True))
    assert np.abs(contributions(booster, X) - first).max() > 1e-3
    booster.best_iteration = 2
    assert_equal(contributions(booster, X), booster.predict(X, pred_contrib=True))


def left_to_lightgbm() -> dict[str, tuple[dict[str, Any], str]]:
    forest = {"boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.5}
    return {
        "classes": ({"objective": "multiclass", "num_class": 3}, "several classes"),
        "forest": (forest, "averages its trees"),
    }


@pytest.mark.parametrize("kind", left_to_lightgbm())
def test_what_cannot_be_tabled_is_left_to_lightgbm_and_says_so(kind: str) -> None:
    settings, words = left_to_lightgbm()[kind]
    rng = np.random.default_rng(4)
    X = pd.DataFrame(rng.normal(size=(300, 3)), columns=list("abc"))
    y = (X["a"] > X["b"]).astype(int) + (kind == "classes") * (X["c"] > 0)
    booster = lgb.train(QUIET | settings, lgb.Dataset(X, y), 4)
    assert words in why_not(booster)
    assert tables_of(booster) is None
    assert contributions(booster, X).tobytes() == np.asarray(booster.predict(X, pred_contrib=True)).tobytes()


def test_linear_leaves_have_no_attributions_at_all() -> None:
    rng = np.random.default_rng(4)
    X = pd.DataFrame(rng.normal(size=(300, 2)), columns=list("ab"))
    booster = lgb.train(QUIET | {"linear_tree": True}, lgb.Dataset(X, (X["a"] > X["b"]).astype(int)), 3)
    assert "has linear leaves" in why_not(booster)
    with pytest.raises(lgb.basic.LightGBMError, match="not implemented for linear trees"):
        contributions(booster, X)


def test_a_frame_that_lightgbm_refuses_is_refused_in_its_words(trained: Made) -> None:
    with pytest.raises(lgb.basic.LightGBMError, match="number of features"):
        contributions(trained.booster, trained.X[["a", "b", "c"]])
    with pytest.raises(ValueError, match="do not match"):
        contributions(trained.booster, trained.X.assign(c=1.0))
    with pytest.raises(ValueError, match="int, float or bool"):
        contributions(trained.booster, trained.X.assign(a="text"))


def test_trees_without_splits_leave_the_base_value_alone() -> None:
    X = pd.DataFrame({"x": np.zeros(50)})
    booster = lgb.train(QUIET, lgb.Dataset(X, np.repeat([0, 1, 1, 1, 1], 10)), 3)
    assert_equal(contributions(booster, X), booster.predict(X, pred_contrib=True))
    index, values, margin = top_reasons(booster, X, 5)
    assert (index.tolist()[0], values.tolist()[0]) == ([0], [0.0])
    assert margin[0] == pytest.approx(np.log(4), abs=1e-9)


def test_where_numba_is_missing_numpy_does_it(trained: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables_module, "FEW", 0)
    with_numba = contributions(trained.booster, trained.X)
    monkeypatch.delitem(sys.modules, "icpfit.attribution.compiled")
    monkeypatch.setitem(sys.modules, "numba", None)
    assert contributions(trained.booster, trained.X).tobytes() == with_numba.tobytes()
    assert "icpfit.attribution.compiled" not in sys.modules

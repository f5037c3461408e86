import lightgbm as lgb
import numpy as np
import pandas as pd
import pytest

from icpfit.attribution import contributions, top_reasons


@pytest.fixture(scope="module")
def trained() -> tuple[lgb.Booster, pd.DataFrame]:
    rng = np.random.default_rng(0)
    n = 600
    X = pd.DataFrame(
        {"a": rng.normal(size=n), "b": rng.exponential(size=n), "c": pd.Categorical.from_codes(rng.integers(0, 5, n), categories=range(5))}
    )
    X.loc[rng.random(n) < 0.2, "b"] = np.nan
    X.loc[rng.random(n) < 0.1, "c"] = np.nan
    y = (rng.random(n) < 1 / (1 + np.exp(-(X["a"] * (X["b"].fillna(2) > 1) + (X["c"] == 2))))).astype(int)
    parameters = {
        "objective": "binary",
        "num_leaves": 8,
        "min_data_in_leaf": 10,
        "verbose": -1,
        "num_threads": 1,
        "deterministic": True,
        "seed": 3,
    }
    return lgb.train(parameters, lgb.Dataset(X, y), 30), X


def test_each_row_sums_to_the_raw_score(trained: tuple[lgb.Booster, pd.DataFrame]) -> None:
    booster, X = trained
    phi = contributions(booster, X)
    assert phi.shape == (len(X), 4)
    np.testing.assert_allclose(phi.sum(axis=1), booster.predict(X, raw_score=True), atol=1e-10)


@pytest.mark.filterwarnings(
    "ignore:The set_.* function will be deprecated:PendingDeprecationWarning"
)  # shap's colours, when it is imported
@pytest.mark.filterwarnings("ignore:LightGBM binary classifier with TreeExplainer:UserWarning")  # of the form of its answer
def test_it_is_what_shap_computes(trained: tuple[lgb.Booster, pd.DataFrame]) -> None:
    import shap

    booster, X = trained
    explained = shap.TreeExplainer(booster).shap_values(X)
    explained = explained[-1] if isinstance(explained, list) else explained
    np.testing.assert_allclose(contributions(booster, X)[:, :-1], explained, atol=1e-9)


def test_reasons_are_the_largest_either_way(trained: tuple[lgb.Booster, pd.DataFrame]) -> None:
    booster, X = trained
    phi = contributions(booster, X)
    index, values, margin = top_reasons(booster, X, 2)
    np.testing.assert_allclose(margin, phi.sum(axis=1))
    np.testing.assert_allclose(values, np.take_along_axis(phi[:, :-1], index, axis=1))
    smallest_kept = np.abs(values).min(axis=1)
    assert ((np.abs(phi[:, :-1]) > smallest_kept[:, None] + 1e-12).sum(axis=1) <= 1).all()


def test_no_rows_give_no_attributions(trained: tuple[lgb.Booster, pd.DataFrame]) -> None:
    booster, X = trained
    assert contributions(booster, X.iloc[:0]).shape == (0, 4)

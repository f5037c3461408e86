"""An additive booster as a table of questions: the same function, with and without weights, and read back from its text."""

from __future__ import annotations

import lightgbm as lgb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from icpfit.models.stumps import Stump, Weight, stumps_of, with_stumps, with_weights

CATEGORIES = 40
"""more than a word of 32 bits holds"""


def table(seed: int, n: int = 400) -> tuple[np.ndarray, np.ndarray]:
    """A number with holes, a number without, a text with holes, a region; and labels that hang on all of them."""
    rng = np.random.default_rng(seed)
    number = np.where(rng.random(n) < 0.2, np.nan, rng.normal(size=n))
    count = rng.poisson(1.0, n).astype(float)
    text = np.where(rng.random(n) < 0.1, np.nan, rng.integers(0, CATEGORIES, n).astype(float))
    region = rng.integers(0, 3, n).astype(float)
    X = np.column_stack([number, count, text, region])
    score = np.nan_to_num(number, nan=0.8) + 0.4 * count + 0.6 * np.nan_to_num(text > 33) + 0.3 * region
    return X, (rng.random(n) < 1 / (1 + np.exp(1.5 - score))).astype(float)


def boosted(X: np.ndarray, y: np.ndarray, *, depth: int = 1, rounds: int = 60) -> lgb.Booster:
    params = {"objective": "binary", "verbosity": -1, "num_threads": 1, "max_depth": depth, "num_leaves": 2**depth, "seed": 3}
    params |= {"min_data_in_leaf": 5, "max_cat_to_onehot": 8, "min_data_per_group": 5, "cat_smooth": 1.0, "deterministic": True}
    return lgb.train(params, lgb.Dataset(X, y, categorical_feature=[2, 3], params=params), rounds)


def raw(booster: lgb.Booster, X: np.ndarray) -> np.ndarray:
    return np.asarray(booster.predict(X, raw_score=True, num_threads=1))


def strange(X: np.ndarray) -> np.ndarray:
    """Rows that training did not hold: unknown everywhere, texts never seen, numbers beyond all others."""
    return np.vstack([X, np.full(4, np.nan), [1e300, -5, CATEGORIES + 7, 9], [-np.inf, np.inf, 0, 2], [0, np.nan, 33, 0]])


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_the_questions_of_a_booster_are_the_booster(seed: int) -> None:
    X, y = table(seed)
    booster, everywhere = boosted(X, y), strange(X)
    stumps, constant = stumps_of(booster)
    told = constant + sum(s.values(everywhere[:, s.column]) for s in stumps)
    np.testing.assert_allclose(told, raw(booster, everywhere), rtol=0, atol=1e-10)
    compact = with_weights(booster, X, ())
    assert compact.num_trees() < booster.num_trees()
    np.testing.assert_allclose(raw(compact, everywhere), raw(booster, everywhere), rtol=0, atol=1e-10)
    np.testing.assert_allclose(compact.feature_importance("gain"), booster.feature_importance("gain"), rtol=1e-6)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), more=st.floats(-0.9, 2.0), level=st.integers(0, 2), column=st.integers(0, 2))
def test_a_weight_moves_its_column_in_its_segment_alone(seed: int, more: float, level: int, column: int) -> None:
    """What it adds is the column's own part around its mean, times the weight; attributions still sum to the log-odds."""
    X, y = table(seed)
    booster, everywhere = boosted(X, y), strange(X)
    weighed = with_weights(booster, X, [Weight(gate=3, level=level, column=column, more=more)])
    own = [s for s in stumps_of(booster)[0] if s.column == column]
    part = sum((s.values(everywhere[:, column]) for s in own), np.zeros(len(everywhere)))
    part -= sum(s.values(X[:, column]).mean() for s in own)
    added = raw(weighed, everywhere) - raw(booster, everywhere)
    np.testing.assert_allclose(added, np.where(everywhere[:, 3] == level, more * part, 0.0), rtol=0, atol=1e-10)
    phi = np.asarray(weighed.predict(everywhere, pred_contrib=True, num_threads=1))
    assert np.isfinite(phi).all()
    np.testing.assert_allclose(phi.sum(axis=1), raw(weighed, everywhere), rtol=0, atol=1e-9)


def test_the_text_read_back_is_the_same_text() -> None:
    X, y = table(1)
    weighed = with_weights(boosted(X, y), X, [Weight(3, 1, c, 0.4) for c in range(3)])
    text = weighed.model_to_string()
    again = lgb.Booster(model_str=text)
    assert again.model_to_string() == text
    assert raw(again, X).tobytes() == raw(weighed, X).tobytes()


@pytest.mark.parametrize("depth", [1, 4])
def test_questions_can_stand_before_trees_of_any_depth(depth: int) -> None:
    X, y = table(2)
    booster = boosted(X, y, depth=depth, rounds=10)
    lent = [Stump(0, 0.25, None, True, False, 0.5, -0.5), Stump(2, 0.0, (1, 35), False, False, 1.0, 0.0)]
    whole = with_stumps(booster, X, lent, -0.75)
    everywhere = strange(X)
    expected = raw(booster, everywhere) - 0.75 + lent[0].values(everywhere[:, 0]) + lent[1].values(everywhere[:, 2])
    np.testing.assert_allclose(raw(whole, everywhere), expected, rtol=0, atol=1e-10)


def test_trees_of_two_splits_are_no_table_of_questions() -> None:
    X, y = table(3)
    with pytest.raises(ValueError, match="one split"):
        stumps_of(boosted(X, y, depth=2))

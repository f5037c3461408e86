"""Measures against scikit-learn, and against their own definitions."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score
from sklearn.metrics import log_loss as sklearn_log_loss

from icpfit.models.metrics import (
    account_weights,
    auc,
    auc_interval,
    average_precision,
    calibration_line,
    log_loss,
    measure,
    share_in_top,
    stratified_auc,
    weighted_aucs,
)


@st.composite
def scored(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    n = draw(st.integers(4, 60))
    # few distinct scores, so that ties are common
    score = np.array(draw(st.lists(st.integers(0, 12), min_size=n, max_size=n)), dtype=float) / 13 + 0.02
    label = np.array(draw(st.lists(st.integers(0, 1), min_size=n, max_size=n)), dtype=float)
    label[0], label[1] = 0.0, 1.0
    return label, score


@given(scored())
@settings(max_examples=50, deadline=None)
def test_ranking_and_probability_measures_agree_with_scikit_learn(case: tuple[np.ndarray, np.ndarray]) -> None:
    label, score = case
    assert auc(label, score) == pytest.approx(roc_auc_score(label, score))
    assert average_precision(label, score) == pytest.approx(average_precision_score(label, score))
    assert log_loss(label, score) == pytest.approx(sklearn_log_loss(label, score))
    whole = measure(label, score, np.arange(len(label)), np.full(len(label), np.nan), draws=50, seed=0)
    assert whole.brier == pytest.approx(brier_score_loss(label, score))
    assert whole.value_in_top_20 is None


@given(scored(), st.integers(0, 2**32 - 1))
@settings(max_examples=30, deadline=None)
def test_weighted_auc_is_the_auc_of_repeated_rows(case: tuple[np.ndarray, np.ndarray], seed: int) -> None:
    label, score = case
    weights = np.random.default_rng(seed).integers(0, 4, (5, len(label))).astype(float)
    fast = weighted_aucs(label, score, weights)
    for w, value in zip(weights, fast, strict=True):
        repeated = np.repeat(np.arange(len(label)), w.astype(int))
        slow = auc(label[repeated], score[repeated])
        assert value == pytest.approx(slow, nan_ok=True)


def test_a_draw_takes_whole_accounts_and_as_many_as_there_are() -> None:
    account = np.array([5, 5, 5, 9, 2, 2])
    weights = account_weights(account, 40, np.random.default_rng(0))
    assert (weights[:, 0] == weights[:, 1]).all()
    assert (weights[:, 0] == weights[:, 2]).all()
    assert (weights[:, 4] == weights[:, 5]).all()
    assert (weights[:, 0] + weights[:, 3] + weights[:, 4] == 3).all()


def test_the_interval_is_as_wide_as_theory_says_and_wider_when_rows_repeat() -> None:
    rng = np.random.default_rng(1)
    label = (rng.random(600) < 0.3).astype(float)
    score = rng.normal(size=600) + label
    low, high = auc_interval(label, score, np.arange(600), np.zeros(600, dtype=np.int64), draws=400, seed=3)
    value, positives, negatives = auc(label, score), label.sum(), 600 - label.sum()
    q1, q2 = value / (2 - value), 2 * value**2 / (1 + value)
    # Hanley and McNeil, 1982
    se = np.sqrt((value * (1 - value) + (positives - 1) * (q1 - value**2) + (negatives - 1) * (q2 - value**2)) / (positives * negatives))
    assert high - low == pytest.approx(2 * 1.645 * se, rel=0.15)
    four = np.tile(label, 4), np.tile(score, 4), np.tile(np.arange(600), 4)
    low4, high4 = auc_interval(*four, np.zeros(2400, dtype=np.int64), draws=400, seed=3)
    assert high4 - low4 == pytest.approx(high - low, rel=1e-9)


def test_a_base_rate_that_moves_earns_nothing_within_strata() -> None:
    label = np.array([1, 1, 1, 0, 0, 0, 0, 1], dtype=float)
    score = np.array([0.8] * 4 + [0.2] * 4)
    stratum = np.repeat([0, 1], 4)
    assert auc(label, score) > 0.7
    assert stratified_auc(label, score, stratum) == 0.5


@given(scored())
@settings(max_examples=50, deadline=None)
def test_top_shares_do_not_depend_on_the_order_of_rows(case: tuple[np.ndarray, np.ndarray]) -> None:
    label, score = case
    turned = np.random.default_rng(0).permutation(len(label))
    for share in (0.1, 0.2, 0.5, 1.0):
        assert share_in_top(label, score, share) == pytest.approx(share_in_top(label[turned], score[turned], share))
    assert share_in_top(label, score, 1.0) == pytest.approx(1.0)


def test_the_best_fifth_holds_the_money_it_holds() -> None:
    label = np.array([1, 1, 0, 0, 1, 0, 0, 0, 0, 0], dtype=float)
    score = np.linspace(1, 0.1, 10)
    amount = np.array([30, 10, 99, 99, 60, 99, np.nan, 1, 1, 1], dtype=float)
    found = measure(label, score, np.arange(10), amount, draws=50, seed=0)
    assert found.value_in_top_20 == pytest.approx(40 / 100)
    assert found.wins_in_top_20 == pytest.approx(2 / 3)
    assert found.lift_20 == pytest.approx(found.wins_in_top_20 / 0.2)


def test_the_calibration_line_is_an_unpenalised_logistic_regression() -> None:
    rng = np.random.default_rng(5)
    x = rng.normal(size=800)
    label = (rng.random(800) < 1 / (1 + np.exp(-(0.3 + 0.6 * x)))).astype(float)
    probability = 1 / (1 + np.exp(-x))
    oracle = LogisticRegression(C=np.inf, tol=1e-10).fit(x[:, None], label)
    found = calibration_line(label, probability)
    assert found is not None
    assert found == pytest.approx((oracle.intercept_[0], oracle.coef_[0, 0]), abs=1e-4)
    assert calibration_line(label, np.full(800, 0.3)) is None


def test_the_best_tenth_is_that_of_each_period_and_agrees_with_the_lift() -> None:
    """Two periods ranked alike, the second with lower predictions and a higher rate, as after a change of the market."""
    rng = np.random.default_rng(4)
    stratum = np.repeat([0, 1], 200)
    probability = rng.permutation(400) / 400 * 0.1 + np.where(stratum == 0, 0.6, 0.2)
    label = (rng.random(400) < np.where(stratum == 0, 0.1, 0.5) + 4 * (probability % 0.1)).astype(float)
    found = measure(label, probability, np.arange(400), np.full(400, np.nan), draws=20, seed=1, stratum=stratum)
    assert [rows for _, _, rows in found.tenths] == [40] * 10
    assert found.tenths[-1][1] / label.mean() == pytest.approx(found.lift_10)
    assert found.reliability[-1][1] / label.mean() != pytest.approx(found.lift_10, abs=0.2)
    assert sum(seen * rows for _, seen, rows in found.tenths) == pytest.approx(label.sum())
    alone = measure(label, probability, np.arange(400), np.full(400, np.nan), draws=20, seed=1)
    assert alone.tenths == alone.reliability

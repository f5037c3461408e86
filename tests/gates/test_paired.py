"""Measured against scikit-learn, and against what is known of the bootstrap."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from icpfit.gates.paired import auc_difference, calibration_slope, weighted_auc


@settings(max_examples=60, deadline=None)
@given(data=st.data(), n=st.integers(2, 40))
def test_weighted_auc_is_scikit_learns(data, n):
    label = np.array(data.draw(st.lists(st.integers(0, 1), min_size=n, max_size=n).filter(lambda v: 0 < sum(v) < len(v))), dtype=float)
    score = np.array(data.draw(st.lists(st.integers(0, 5), min_size=n, max_size=n)), dtype=float)
    weight = np.array(data.draw(st.lists(st.integers(1, 4), min_size=n, max_size=n)), dtype=float)
    assert weighted_auc(label, score, weight) == pytest.approx(roc_auc_score(label, score, sample_weight=weight))


def test_a_weight_is_a_copy():
    label, score = np.array([1.0, 0, 1, 0]), np.array([0.4, 0.3, 0.2, 0.1])
    copies = np.array([0, 0, 0, 1, 2, 3, 3])
    assert weighted_auc(label, score, np.bincount(copies).astype(float)) == weighted_auc(label[copies], score[copies], np.ones(7))


def test_a_model_does_not_differ_from_itself():
    rng = np.random.default_rng(0)
    label, score = (rng.random(200) < 0.3).astype(float), rng.random(200)
    account = np.arange(200).astype(str).astype(object)
    found = auc_difference(label, score, 2 * score, account, seed=1, resamples=50)
    assert (found.difference, found.low, found.high) == (0.0, 0.0, 0.0)


def test_deals_of_one_account_are_no_independent_evidence():
    rng = np.random.default_rng(4)
    label, first, second = (rng.random(100) < 0.4).astype(float), rng.random(100), rng.random(100)
    own = np.arange(100).astype(str).astype(object)
    one = auc_difference(label, first, second, own, seed=1, resamples=400)
    four = auc_difference(np.tile(label, 4), np.tile(first, 4), np.tile(second, 4), np.tile(own, 4), seed=1, resamples=400)
    assert four.difference == pytest.approx(one.difference)
    assert (four.low, four.high) == pytest.approx((one.low, one.high))
    apart = auc_difference(
        np.tile(label, 4), np.tile(first, 4), np.tile(second, 4), np.arange(400).astype(str).astype(object), seed=1, resamples=400
    )
    assert apart.high - apart.low < 0.65 * (one.high - one.low)


def test_the_slope_is_scikit_learns_and_its_error_that_of_repeated_samples():
    slopes, errors = [], []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        log_odds = rng.normal(-1, 1, 400)
        label = (rng.random(400) < 1 / (1 + np.exp(-0.8 * log_odds))).astype(float)
        found = calibration_slope(label, 1 / (1 + np.exp(-log_odds)), np.arange(400).astype(object))
        slopes.append(found[0])
        errors.append(found[1])
        if seed < 3:
            reference = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(log_odds[:, None], label)
            assert found[0] == pytest.approx(reference.coef_[0, 0], rel=1e-4)
    assert np.mean(slopes) == pytest.approx(0.8, abs=4 * np.std(slopes) / np.sqrt(60))
    assert np.mean(errors) == pytest.approx(np.std(slopes), rel=0.3)


def test_no_slope_can_be_fitted_to_predictions_all_alike_or_that_separate():
    label = np.array([0.0] * 10 + [1.0] * 10)
    account = np.arange(20).astype(object)
    assert calibration_slope(label, np.full(20, 0.3), account) is None
    assert calibration_slope(label, np.linspace(0.1, 0.9, 20), account) is None

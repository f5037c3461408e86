"""Lines on log-odds against scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from icpfit.drift.recalibration import level_of, line_of, log_odds, sigmoid


@settings(max_examples=15)
@given(st.integers(0, 10_000), st.floats(-1.5, 1.5), st.floats(0.2, 2.0))
def test_the_line_is_that_of_another_engine(seed, level, slope):
    rng = np.random.default_rng(seed)
    score = rng.normal(size=400) - 1
    good = rng.random(400) < sigmoid(level + slope * score)
    if min(good.sum(), (~good).sum()) < 5:
        return
    theirs = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1_000).fit(score[:, None], good)
    ours = line_of(score, good)
    assert ours.level == pytest.approx(float(theirs.intercept_[0]), abs=1e-4)
    assert ours.slope == pytest.approx(float(theirs.coef_[0, 0]), abs=1e-4)


@given(st.integers(0, 10_000))
def test_the_level_expects_as_many_as_there_are(seed):
    rng = np.random.default_rng(seed)
    score, good = rng.normal(size=50), rng.random(50) < 0.5
    if 0 < good.sum() < 50:
        assert level_of(score, good).chance(score).sum() == pytest.approx(good.sum())


def test_where_all_ends_are_alike_there_is_still_a_line():
    for ends in (True, False):
        line = line_of(np.linspace(-2, 2, 30), np.full(30, ends))
        assert np.isfinite([line.level, line.slope]).all()


def test_log_odds_and_back():
    p = np.array([1e-9, 0.2, 0.5, 1 - 1e-9])
    np.testing.assert_allclose(sigmoid(log_odds(p)), p)

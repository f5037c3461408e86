"""The map is strictly rising, recovers what was planted, and owns its doubt."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from icpfit.models.calibrate import fit_calibration, stray_between
from icpfit.models.shapes import fit_sigmoid


def planted(n: int, seed: int, intercept: float, slope: float) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    margin = rng.normal(-1, 1, n)
    return margin, (rng.random(n) < 1 / (1 + np.exp(-(intercept + slope * margin)))).astype(float)


@pytest.mark.parametrize(("intercept", "slope"), [(0.0, 1.0), (0.5, 0.5), (-0.7, 1.8)])
def test_a_planted_line_comes_back(intercept: float, slope: float) -> None:
    margin, label = planted(40_000, 3, intercept, slope)
    assert fit_sigmoid(margin, label) == pytest.approx((intercept, slope), abs=0.08)


@given(
    margin=st.lists(st.floats(-8, 8), min_size=4, max_size=60),
    seed=st.integers(0, 1000),
)
@settings(max_examples=40, deadline=None)
def test_the_order_of_scores_is_kept_and_no_probability_is_0_or_1(margin: list[float], seed: int) -> None:
    x = np.array(margin)
    label = np.random.default_rng(seed).integers(0, 2, len(x)).astype(float)
    fitted = fit_calibration(x, label, np.arange(len(x)), np.zeros(len(x), dtype=np.int64), draws=20, seed=1)
    grid = np.linspace(-12, 12, 50)
    p = fitted.probability(grid)
    low, high = fitted.interval(grid)
    assert fitted.slope > 0
    assert (np.diff(p) >= 0).all()
    assert ((p > 0) & (p < 1)).all()
    assert ((low <= p) & (p <= high)).all()
    assert ((low > 0) & (high < 1)).all()
    assert sum(fitted.similar) == len(x)


def test_even_scores_that_point_the_wrong_way_keep_a_positive_slope() -> None:
    margin, label = planted(300, 1, 0.0, -1.0)
    assert 0 < fit_sigmoid(margin, label)[1] < 0.5


def test_the_interval_holds_the_true_rate_about_nine_times_in_ten() -> None:
    inside = []
    at = np.array([-2.0, -1.0, 0.0, 1.0])
    truth = 1 / (1 + np.exp(-(0.2 + 0.8 * at)))
    for seed in range(60):
        margin, label = planted(500, seed, 0.2, 0.8)
        low, high = fit_calibration(margin, label, np.arange(500), np.arange(500) % 5, draws=100, seed=seed).interval(at)
        inside.append((low <= truth) & (truth <= high))
    assert 0.84 <= float(np.mean(inside)) <= 0.99


def test_repeated_rows_of_an_account_do_not_narrow_the_interval() -> None:
    margin, label = planted(200, 2, 0.0, 1.0)
    single = fit_calibration(margin, label, np.arange(200), np.zeros(200, dtype=np.int64), draws=200, seed=0)
    thrice = fit_calibration(
        np.tile(margin, 3), np.tile(label, 3), np.tile(np.arange(200), 3), np.zeros(600, dtype=np.int64), draws=200, seed=0
    )
    width = [np.mean(np.subtract(c.high, c.low)) for c in (single, thrice)]
    assert width[1] > 0.85 * width[0]


def test_quarters_that_stray_widen_the_interval_and_are_measured() -> None:
    rng = np.random.default_rng(4)
    period = np.repeat(np.arange(12), 400)
    margin = rng.normal(size=len(period))
    offset = rng.normal(0, 0.5, 12)
    label = (rng.random(len(period)) < 1 / (1 + np.exp(-(margin + offset[period])))).astype(float)
    assert stray_between(margin, label, period) == pytest.approx(offset.std(), rel=0.35)
    account = np.arange(len(period))
    calm = fit_calibration(margin, label, account, np.zeros(len(period), dtype=np.int64), draws=50, seed=0)
    wild = fit_calibration(margin, label, account, period, draws=50, seed=0)
    assert np.mean(np.subtract(wild.high, wild.low)) > 2 * np.mean(np.subtract(calm.high, calm.low))

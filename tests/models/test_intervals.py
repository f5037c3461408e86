"""Intervals of the measures: resampling by weights is resampling rows, and they are as wide as theory says."""

from __future__ import annotations

import numpy as np
import pytest

from icpfit.models.intervals import _precisions, _slopes, interval, measure_intervals, weighted_shares
from icpfit.models.metrics import average_precision, calibration_line, log_loss, measure, share_in_top


def company(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Labels, and probabilities in few distinct values, so that ties are common."""
    rng = np.random.default_rng(seed)
    probability = np.round(rng.uniform(0.05, 0.7, n), 2)
    return (rng.random(n) < probability).astype(float), probability


@pytest.mark.parametrize("seed", range(5))
def test_a_weight_is_that_many_rows(seed: int) -> None:
    label, probability = company(60, seed)
    weights = np.random.default_rng(seed + 50).integers(0, 4, (6, 60)).astype(float)
    value = label * np.arange(1, 61)
    for w, shares, precision in zip(
        weights, weighted_shares(value, probability, 0.2, weights), _precisions(label, probability, weights), strict=True
    ):
        repeated = np.repeat(np.arange(60), w.astype(int))
        assert shares == pytest.approx(share_in_top(value[repeated], probability[repeated], 0.2))
        assert precision == pytest.approx(average_precision(label[repeated], probability[repeated]))


def test_one_step_gives_the_slope_of_a_whole_fit_nearly() -> None:
    label, probability = company(2_000, 1)
    weights = np.random.default_rng(2).multinomial(2_000, np.full(2_000, 1 / 2_000), size=20).astype(float)
    fast = _slopes(label, probability, weights)
    assert fast is not None
    for w, slope in zip(weights, fast, strict=True):
        repeated = np.repeat(np.arange(2_000), w.astype(int))
        line = calibration_line(label[repeated], probability[repeated])
        assert line is not None
        assert slope == pytest.approx(line[1], abs=0.02)
    assert _slopes(label, np.full(2_000, 0.3), weights) is None, "one prediction for all has no slope"


def test_the_interval_of_a_mean_is_as_wide_as_theory_says_and_follows_the_accounts() -> None:
    label, probability = company(900, 3)
    rows, one = np.arange(900), np.zeros(900, dtype=np.int64)
    money = np.full(900, np.nan)
    found = measure_intervals(label, probability, rows, money, one, draws=400, seed=1)
    loss = -(label * np.log(probability) + (1 - label) * np.log(1 - probability))
    low, high = found["log_loss"]
    assert low < log_loss(label, probability) < high
    assert high - low == pytest.approx(2 * 1.645 * loss.std() / 30, rel=0.15)
    four = [np.tile(a, 4) for a in (label, probability, rows, money, one)]
    again = measure_intervals(*four, draws=400, seed=1)
    assert again["log_loss"] == pytest.approx(found["log_loss"]), "four equal deals of an account say what one says"
    assert set(found) == {"average_precision", "brier", "calibration_slope", "lift_10", "lift_20", "log_loss", "wins_in_top_20"}


def test_every_interval_holds_its_measure() -> None:
    label, probability = company(500, 4)
    stratum, amount = np.repeat([0, 1], 250), np.random.default_rng(1).lognormal(9, 1, 500)
    found = measure_intervals(label, probability, np.arange(500), amount, stratum, draws=200, seed=1)
    whole = measure(label, probability, np.arange(500), amount, draws=50, seed=1, stratum=stratum)
    assert "value_in_top_20" in found
    for name, (low, high) in found.items():
        assert low < getattr(whole, name) < high, name


def test_a_measure_that_most_draws_cannot_tell_has_no_interval() -> None:
    assert interval(np.array([1.0] * 8 + [np.nan] * 2)) is None
    assert interval(np.array([2.0] * 95 + [np.nan] * 5)) == (2.0, 2.0)

"""The pooled figures by hand, and between what they lie."""

from __future__ import annotations

import numpy as np
import pytest

from icpfit.segments.pooling import LEAST_SPREAD, MOST_STRENGTH, pooled_mean, pooled_rate, spread_between, strength_between


def test_the_pooled_rate_by_hand() -> None:
    """Of 30 deals 12 won; around it a quarter is won, worth 20 deals: (12 + 5) of 50."""
    rate, low, high = pooled_rate(np.array([12.0]), np.array([30.0]), np.array([0.25]), 20.0)
    assert rate.tolist() == [17 / 50]
    assert low[0] < 17 / 50 < high[0]


def test_the_strength_is_that_of_the_law_the_rates_were_drawn_from() -> None:
    rng = np.random.default_rng(0)
    rows = rng.integers(40, 400, 400).astype(np.float64)
    hits = rng.binomial(rows.astype(int), rng.beta(0.25 * 30, 0.75 * 30, 400)).astype(np.float64)
    around = np.full(400, hits.sum() / rows.sum())
    assert strength_between(hits, rows, around) == pytest.approx(30, rel=0.2)
    chance = rng.binomial(rows.astype(int), 0.25).astype(np.float64)
    assert strength_between(chance, rows, np.full(400, 0.25)) > 150


def test_segments_all_alike_are_drawn_in_no_farther_than_the_most() -> None:
    assert strength_between(np.array([0.0, 0.0]), np.array([5.0, 9.0]), np.array([1e-6, 1e-6])) == MOST_STRENGTH
    assert spread_between(np.zeros(3), np.full(3, 50.0), 1.0) == LEAST_SPREAD**2


def test_the_spread_is_that_of_the_means() -> None:
    rng = np.random.default_rng(1)
    rows = rng.integers(10, 100, 500).astype(np.float64)
    off = rng.normal(0, 0.4, 500) + rng.normal(0, 0.8, 500) / np.sqrt(rows)
    assert spread_between(off, rows, 0.64) == pytest.approx(0.16, rel=0.2)


def test_the_more_rows_the_more_of_its_own() -> None:
    value, error = pooled_mean(np.ones(3), np.array([1.0, 10.0, 1_000.0]), 1.0, np.zeros(3), 0.1)
    assert value.tolist() == pytest.approx([1 / 11, 0.5, 1_000 / 1_010])
    assert (np.diff(error) < 0).all()


def test_intervals_hold_what_they_say() -> None:
    """Rates drawn around a quarter, and thin segments: nine in ten intervals hold the truth."""
    rng = np.random.default_rng(2)
    truth = rng.beta(0.25 * 40, 0.75 * 40, 2_000)
    rows = rng.integers(3, 60, 2_000).astype(np.float64)
    hits = rng.binomial(rows.astype(int), truth).astype(np.float64)
    around = np.full(2_000, 0.25)
    _, low, high = pooled_rate(hits, rows, around, strength_between(hits, rows, around))
    assert ((low <= truth) & (truth <= high)).mean() == pytest.approx(0.9, abs=0.03)

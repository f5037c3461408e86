"""Figures then and now: known answers, an exact test, and no more false alarms than are asked for."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from icpfit.drift.between import Figure, Side, compare_sides


def mean(values: np.ndarray, spread: float = 0.25) -> Side:
    return Side(values.astype(np.float64), np.ones(len(values)), np.full(len(values), spread))


def names(n: int, letter: str = "a") -> np.ndarray:
    return np.array([f"{letter}{i}" for i in range(n)], dtype=object)


def test_the_p_value_of_a_mean_is_that_of_all_ways_to_deal():
    """An oracle: every one of the 462 ways in which eleven accounts can be of then and now."""
    rng = np.random.default_rng(0)
    then, now = rng.normal(size=6), rng.normal(size=5) + 1.0
    both = np.concatenate([then, now])
    gaps = [
        abs(both[list(some)].mean() - np.delete(both, list(some)).mean()) for some in itertools.combinations(range(11), 5)
    ]  # sides of the same sizes have the same standard error
    exact = np.mean(np.array(gaps) >= abs(now.mean() - then.mean()) - 1e-12)
    (found,) = compare_sides([Figure(mean(then), mean(now))], names(6), names(5, "b"), 0.001, 3)
    assert found.p_value == pytest.approx(exact, abs=0.02)
    assert found.now - found.then == pytest.approx(now.mean() - then.mean())


def test_with_many_rows_it_is_the_z_test_and_the_power_that_of_the_normal_law():
    rng = np.random.default_rng(1)
    then, now = rng.random(1_000) < 0.3, rng.random(800) < 0.3
    (found,) = compare_sides([Figure(mean(then), mean(now))], names(1_000), names(800, "b"), 0.01, 0)
    pooled = np.sqrt((then.var() * 1_000 + now.var() * 800) / 1_800)
    z = (now.mean() - then.mean()) / (pooled * np.sqrt(1 / 1_000 + 1 / 800))
    assert found.z == pytest.approx(z, rel=0.01)
    assert found.p_value == pytest.approx(2 * stats.norm.sf(abs(z)), abs=0.05)
    assert found.critical == pytest.approx(stats.norm.isf(0.005), abs=0.35)
    assert found.power(0.1) == pytest.approx(stats.norm.cdf(0.1 / pooled / np.sqrt(1 / 1_000 + 1 / 800) - found.critical), abs=0.01)


def test_more_deals_are_asked_for_until_the_power_is_there():
    rng = np.random.default_rng(2)
    then, now = rng.random(1_000) < 0.3, rng.random(60) < 0.3
    (found,) = compare_sides([Figure(mean(then), mean(now))], names(1_000), names(60, "b"), 0.01, 0)
    assert found.power(0.1) < 0.8
    more = found.needed(0.1, 60)
    enough = found.variance_now * 60 / (60 + more)
    assert 0.1 / np.sqrt(found.variance_then + enough) - found.critical == pytest.approx(stats.norm.ppf(0.8), abs=0.01)
    assert found.needed(0.01, 60) is None


def test_the_rows_of_an_account_count_once():
    """Each row ten times over, under the same account, is no more evidence."""
    rng = np.random.default_rng(3)
    then, now = rng.normal(size=200), rng.normal(size=50) + 0.4
    once = compare_sides([Figure(mean(then), mean(now))], names(200), names(50, "b"), 0.01, 5)
    tenfold = [np.repeat(x, 10) for x in (then, now)]
    accounts = [np.repeat(x, 10) for x in (names(200), names(50, "b"))]
    again = compare_sides([Figure(mean(tenfold[0]), mean(tenfold[1]))], accounts[0], accounts[1], 0.01, 5)
    assert again[0].p_value == pytest.approx(once[0].p_value)
    assert again[0].z == pytest.approx(once[0].z)


def test_inflation_makes_a_difference_less_sure_and_never_surer():
    rng = np.random.default_rng(4)
    then, now = rng.normal(size=300), rng.normal(size=5_000) + 0.15
    found = [
        compare_sides([Figure(mean(then), mean(now), inflation=k)], names(300), names(5_000, "b"), 0.01, 0)[0] for k in (1.0, 2.0, 4.0)
    ]
    assert found[0].p_value < found[1].p_value < found[2].p_value
    assert found[2].variance_then == pytest.approx(4 * found[0].variance_then)


@given(st.integers(0, 2**32 - 1))
def test_a_family_is_asked_together(seed):
    """No q-value lies below its own p-value, and the order of figures is kept."""
    rng = np.random.default_rng(seed)
    sides = [(rng.normal(size=60), rng.normal(size=25) + shift) for shift in (0.0, 1.5, -0.3)]
    figures = [Figure(mean(a), mean(b), tail) for (a, b), tail in zip(sides, (0, -1, 1), strict=True)]
    found = compare_sides(figures, names(60), names(25, "b"), 0.05, seed)
    assert all(d.q_value >= d.p_value for d in found)
    assert [d.now for d in found] == pytest.approx([b.mean() for _, b in sides])
    assert found[1].p_value > 0.9, "a rise is no fall"


def test_sides_of_unlike_spread_raise_no_more_alarms():
    """Of 60 wide rows and 1,000 narrow ones a plain permutation would find a difference far too often."""
    alarms = 0
    for seed in range(120):
        rng = np.random.default_rng(seed)
        then, now = rng.normal(size=600) * 0.5, rng.normal(size=60) * 1.5
        figure = Figure(mean(then, 0.25), mean(now, 2.25))
        alarms += compare_sides([figure], names(600), names(60, "b"), 0.05, seed)[0].q_value <= 0.05
    assert stats.binomtest(alarms, 120, 0.05, alternative="greater").pvalue >= 0.01

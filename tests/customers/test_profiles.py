"""One profile or two: silent where there is one, whatever its shape, and a planted second one found."""

from __future__ import annotations

import numpy as np
import pytest

from icpfit.customers.dip import dip, dip_p_value, spread
from icpfit.customers.profiles import describe, find_profiles

NAN = np.full(300, np.nan)


def one_kind(rng: np.random.Generator, n: int, shape: str) -> tuple[np.ndarray, np.ndarray]:
    """Value and cycle that go together, of one population: even, lopsided on the scale of its logarithm, in three prices, or flat."""
    both = rng.normal(size=n)
    if shape == "prices":
        return rng.choice([5_000.0, 12_000.0, 30_000.0], n, p=[0.5, 0.3, 0.2]), np.round(np.exp(3.5 + 0.6 * rng.normal(size=n)))
    if shape == "flat":
        return np.exp(rng.uniform(8, 11, n)), np.exp(rng.uniform(2, 5, n))
    value = {"even": both, "lopsided": rng.gamma(1.2, 1.0, n)}[shape]
    return np.round(np.exp(9 + value), -2), np.round(np.exp(3.5 + 0.3 * both + 0.5 * rng.normal(size=n)))


@pytest.mark.parametrize("shape", ["even", "lopsided", "prices", "flat"])
def test_one_profile_stays_one(shape: str) -> None:
    """At most one company in twenty, by chance."""
    found = 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        found += find_profiles(*one_kind(rng, 300, shape), seed).slow is not None
    assert found <= 5, found


def two_kinds(rng: np.random.Generator, n: int, apart: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    slow = rng.random(n) < 0.4
    value = np.exp(9 + apart * slow * 0.8 + 0.8 * rng.normal(size=n))
    return value, np.exp(3 + apart * slow * 0.5 + 0.5 * rng.normal(size=n)), slow


def test_a_planted_second_profile_is_found() -> None:
    found, right = 0, []
    for seed in range(8):
        rng = np.random.default_rng(seed)
        value, cycle, slow = two_kinds(rng, 300, 3.0)
        got = find_profiles(value, cycle, seed)
        if got.slow is not None:
            found += 1
            right.append((got.slow == slow).mean())
    assert found >= 7, found
    assert np.mean(right) > 0.93


def test_two_price_points_with_one_cycle_are_not_two_profiles() -> None:
    rng = np.random.default_rng(1)
    value = np.where(rng.random(400) < 0.5, 1_000.0, 100_000.0)
    cycle = np.exp(3.5 - 0.4 * (value > 5_000) + 0.2 * rng.normal(size=400))
    got = find_profiles(value, cycle, 1)
    assert got.slow is None, "the large ones are the fast ones here"


def test_rows_and_currency_change_nothing_and_few_deals_cannot_tell() -> None:
    rng = np.random.default_rng(2)
    value, cycle, _ = two_kinds(rng, 300, 3.0)
    plain = find_profiles(value, cycle, 1)
    mixed = rng.permutation(300)
    again = find_profiles(value[mixed] * 1.1, cycle[mixed], 1)
    assert plain.slow is not None
    assert again.slow is not None
    assert (again.slow == plain.slow[mixed]).mean() > 0.99
    few = find_profiles(value[:60], cycle[:60], 1)
    assert (few.slow, few.p_value, few.words) == (
        None,
        None,
        "cannot tell: 60 won deals have a known value and cycle, and 100 are needed",
    )


def test_the_economics_by_hand() -> None:
    inside = np.array([True, True, True, False])
    got = describe(
        inside,
        np.array([100.0, 200.0, 300.0, 9.0]),
        np.array([10.0, 20.0, 30.0, 9.0]),
        np.array([1.0, 0.0, np.nan, 1.0]),
        np.array([100.0, 200.0, np.nan, 9.0]),
        np.array([150.0, 0.0, np.nan, 9.0]),
    )
    assert (got["deals"], got["value_per_day"], got["customers_told"], got["retained"], got["nrr"]) == (3, 10.0, 2, 0.5, 0.5)


def test_the_dip_of_known_samples() -> None:
    assert dip(np.arange(50.0)) == pytest.approx(1 / 100), "evenly spaced: half a step, the least there is"
    assert dip(np.r_[np.linspace(0, 1, 50), np.linspace(100, 101, 50)]) == pytest.approx(0.25, abs=0.01), "two heaps: a quarter, the most"
    x = np.random.default_rng(1).normal(size=80)
    assert dip(x) == pytest.approx(dip(3 - 2 * x)), "moved, scaled and turned around it is the same"
    assert dip_p_value(x) == 1.0


def test_the_dip_is_at_its_right_size_where_it_is_hardest() -> None:
    """A flat sample dips most of all that have one peak."""
    rng = np.random.default_rng(5)
    p = np.array([dip_p_value(rng.random(200)) for _ in range(300)])
    assert (p <= 0.05).mean() <= 0.08
    assert (p <= 0.2).mean() == pytest.approx(0.17, abs=0.07)


def test_rounded_figures_are_spread_and_keep_their_order() -> None:
    x = np.sort(np.random.default_rng(3).integers(0, 9, 100).astype(float))
    out = spread(x)
    assert (np.diff(out) > 0).all()
    assert np.abs(out - x).max() <= 0.5

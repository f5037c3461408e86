"""When a watch looks, and that looking often does not add up."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from icpfit.drift.looks import Boundary, look_at, looks_until, spent


def paths(draws: int, looks: int, seed: int, *, integers: bool = False) -> np.ndarray:
    """looks x draws: largest statistics of watches, each look much like the one before."""
    rng = np.random.default_rng(seed)
    walk = np.cumsum(rng.integers(-2, 3, (looks, draws)) if integers else rng.normal(size=(looks, draws)), axis=0)
    return walk / np.sqrt(np.arange(1, looks + 1))[:, None]


def crosses(observed: np.ndarray, null: np.ndarray, alpha: float) -> bool:
    boundary = Boundary(alpha, null.shape[1])
    return sum([value > boundary.advance(row) for value, row in zip(observed, null, strict=True)]) > 0


def test_looks_depend_on_the_number_of_outcomes_alone_and_grow_few():
    assert looks_until(71) == [30, 40, 53, 71]
    assert looks_until(70) == [30, 40, 53]
    assert len(looks_until(1_000_000)) == 37
    assert all(look_at(k + 1) > look_at(k) for k in range(40))


def test_what_all_looks_spend_together_stays_below_the_whole():
    shares = [spent(k) for k in range(200)]
    assert shares[0] == 0
    assert all(a < b < 1 for a, b in itertools.pairwise(shares))


@pytest.mark.parametrize("integers", [False, True])
def test_of_watches_that_are_alike_no_more_than_alpha_ever_cross(integers):
    """Exactly, and not by luck: each of 120 watches in turn is the one that is kept, the others are those without change."""
    alpha, looks = 0.3, 6
    all_paths = paths(120, looks, 1, integers=integers)
    crossed = [crosses(all_paths[:, i], np.delete(all_paths, i, axis=1), alpha) for i in range(120)]
    assert sum(crossed) <= math.floor(alpha * spent(looks) * 120)
    if not integers:
        assert sum(crossed) == math.floor(alpha * spent(looks) * 120)


def test_a_boundary_does_not_know_what_comes_later():
    null = paths(999, 8, 2)
    short, long = Boundary(0.05, 999), Boundary(0.05, 999)
    first = [short.advance(row) for row in null[:5]]
    assert first == [long.advance(row) for row in null][:5]


def test_one_look_is_the_usual_permutation_test():
    null = np.arange(1.0, 1_000.0)[np.random.default_rng(0).permutation(999)]
    boundary = Boundary(0.25, 999)
    assert spent(1) == 0.2
    p_values = boundary.adjusted(np.array([951.0, 950.0]), null)
    assert p_values.tolist() == [0.05, 0.051]
    assert boundary.advance(null) == 950.0  # 951 is the smallest of 999 values that exceeds it: p = 50 / 1,000


def test_an_adjusted_p_value_says_whether_the_boundary_is_crossed():
    null, alpha = paths(999, 7, 3), 0.2
    boundary = Boundary(alpha, 999)
    statistics = np.linspace(-1, 5, 400)
    for k, row in enumerate(null, start=1):
        p_values = boundary.adjusted(statistics, row)
        crossed = statistics > boundary.advance(row)
        assert (p_values[crossed] <= alpha * spent(k) + 1e-12).all()
        assert (p_values[~crossed] > alpha * spent(k) - 2 / 1_000).all()

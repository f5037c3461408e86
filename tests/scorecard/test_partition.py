from itertools import combinations, pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from icpfit.scorecard.partition import best_cuts


def error_of(cells: list[list[float]], cuts: tuple[int, ...]) -> float:
    runs = [np.concatenate(cells[a:b]) for a, b in pairwise([0, *cuts, len(cells)])]
    return float(sum(((r - r.mean()) ** 2).sum() for r in runs))


def allowed(cells: list[list[float]], cuts: tuple[int, ...], min_rows: int, direction: str | None) -> bool:
    runs = [np.concatenate(cells[a:b]) for a, b in pairwise([0, *cuts, len(cells)])]
    means = [r.mean() for r in runs]
    ordered = direction is None or means == sorted(means, reverse=direction == "decreasing")
    return ordered and all(len(r) >= min_rows for r in runs)


numbers = st.integers(-20, 20).map(float)
rows = st.lists(st.lists(numbers, min_size=1, max_size=4), min_size=1, max_size=8)


@settings(max_examples=150, deadline=None)
@given(rows, st.integers(1, 5), st.integers(1, 4), st.sampled_from([None, "increasing", "decreasing"]))
def test_no_other_cut_has_less_error(cells: list[list[float]], most: int, min_rows: int, direction: str | None) -> None:
    n, s, q = (np.array([sum(x**k for x in c) for c in cells], dtype=float) for k in range(3))
    cuts = best_cuts(n, s, q, most=most, min_rows=min_rows, min_gain=0.0, direction=direction)
    every = [c for k in range(most) for c in combinations(range(1, len(cells)), k)]
    possible = [error_of(cells, c) for c in every if allowed(cells, c, min_rows, direction)]
    if not possible:
        assert cuts == ()
        return
    assert cuts == () or allowed(cells, cuts, min_rows, direction)
    assert error_of(cells, cuts) <= min(possible) + 1e-6


def test_a_cut_that_brings_less_than_asked_is_not_made() -> None:
    rng = np.random.default_rng(0)
    values = np.repeat([0.0, 0.0, 1.0, 1.0], 50) + rng.normal(0, 0.05, 200)
    n, s, q = (np.add.reduceat(values**k, np.arange(0, 200, 10)) for k in range(3))
    assert best_cuts(n, s, q, most=5, min_rows=1, min_gain=0.01) == (10,)


def test_a_bump_is_found_though_one_cut_alone_brings_little() -> None:
    values = np.repeat([0.0, 1.0, 0.0], [495, 10, 495])
    n, s, q = (np.add.reduceat(values**k, np.arange(0, 1000, 5)) for k in range(3))
    assert best_cuts(n, s, q, most=2, min_rows=10, min_gain=0.05) == ()
    assert best_cuts(n, s, q, most=3, min_rows=10, min_gain=0.05) == (99, 101)

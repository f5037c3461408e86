"""Where nothing is true little is told; where much is true most of what is told is."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from icpfit.segments.multiplicity import select, simes, step_up


def test_where_nothing_is_true_anything_is_told_in_one_table_of_twenty() -> None:
    rng = np.random.default_rng(0)
    tables = [select(rng.random((40, 4)).tolist(), 0.05)[1] for _ in range(1_000)]
    assert sum(any(any(row) for row in told) for told in tables) <= 50 + 14


def test_a_row_is_chosen_when_and_only_when_a_figure_of_it_is_told() -> None:
    rng = np.random.default_rng(1)
    for _ in range(50):
        q, told = select((rng.random((30, 3)) ** 3).tolist(), 0.05)
        assert [any(row) for row in told] == (q <= 0.05).tolist()


def test_false_ones_are_few_among_what_is_told() -> None:
    rng = np.random.default_rng(2)
    shares = []
    for _ in range(200):
        p = rng.random((60, 4))
        p[:12, :2] = rng.random((12, 2)) * 1e-4
        _, told = select(p.tolist(), 0.05)
        chosen = np.array(told)
        assert chosen[:12, :2].mean() > 0.9
        shares.append((chosen.sum() - chosen[:12, :2].sum()) / max(chosen.sum(), 1))
    assert np.mean(shares) <= 0.05


def test_simes_of_one_is_itself_and_of_equal_ones_too() -> None:
    assert simes([0.2]) == 0.2
    assert simes([0.2, 0.2, 0.2]) == pytest.approx(0.2)
    assert step_up(np.array([0.04, 0.01])).tolist() == [0.04, 0.02]


def test_q_values_are_those_of_scipy() -> None:
    p = np.array([0.2, 0.01, 0.03, 0.9, 0.0004, 0.03])
    np.testing.assert_allclose(step_up(p), stats.false_discovery_control(p))

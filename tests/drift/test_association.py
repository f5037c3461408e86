"""What a signal tells, and how far chance moves it: identities, and sums over every way that deals can end."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest

from icpfit.drift.answered import Answered
from icpfit.drift.association import Scores, draw_sums, gap, likeness, scores_of, weights


def scores(n: int = 60, seed: int = 0, signals: int = 3) -> Scores:
    rng = np.random.default_rng(seed)
    points = rng.integers(0, 4, (n, signals)).astype(np.float64)
    expected = 1 / (1 + np.exp(-(points.sum(axis=1) / 2 - 3)))
    ids = np.arange(n).astype(str).astype(object)
    return Scores(ids, np.arange(n), (rng.random(n) < expected).astype(float), expected, points, np.ones(points.shape, dtype=bool))


def test_of_two_values_the_gap_is_the_difference_of_two_win_rates():
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"points": rng.choice([3.0, 17.0], 80), "won": rng.random(80) < 0.3})
    rates = frame.groupby("points")["won"].mean()
    assert gap(frame[["points"]].to_numpy(), frame["won"].to_numpy(float))[0] == pytest.approx(rates[17.0] - rates[3.0])


def test_the_scale_of_the_points_does_not_matter():
    rows = scores()
    np.testing.assert_allclose(gap(7 * rows.points + 5, rows.good), gap(rows.points, rows.good))
    again = Scores(rows.deal_id, rows.account, rows.good, rows.expected, 7 * rows.points + 5, rows.asked)
    np.testing.assert_allclose(weights(again), weights(rows), atol=1e-12)


def test_a_level_that_moves_for_all_alike_moves_no_signal():
    """On log-odds, to first order: each deal's chance moves by p (1 - p)."""
    rows = scores()
    np.testing.assert_allclose(weights(rows)[:, 1:].T @ rows.variance, 0, atol=1e-12)


def test_a_signal_that_does_not_vary_tells_nothing():
    rows = scores()
    flat = Scores(rows.deal_id, rows.account, rows.good, rows.expected, np.ones_like(rows.points), rows.asked)
    assert (weights(flat)[:, 1:] == 0).all()
    assert (gap(flat.points, flat.good) == 0).all()


def test_simulated_sums_are_those_of_every_way_that_deals_can_end():
    expected, columns = np.array([0.2, 0.5, 0.7, 0.1]), np.array([[1.0], [3.0], [-2.0], [5.0]])
    exact: dict[float, float] = {}
    for ends in itertools.product([0, 1], repeat=4):
        chance = float(np.prod(np.where(ends, expected, 1 - expected)))
        value = round(float((np.array(ends) - expected) @ columns[:, 0]), 6)
        exact[value] = exact.get(value, 0.0) + chance
    drawn = draw_sums(columns, expected, 40_000, np.random.default_rng(0))[:, 0].round(6)
    seen = pd.Series(drawn.round(3)).value_counts(normalize=True)
    for value, chance in exact.items():
        assert seen.get(round(value, 3), 0.0) == pytest.approx(chance, abs=4 * np.sqrt(chance / 40_000))


def test_many_rows_are_drawn_with_the_same_spread():
    rows = scores(3_000)
    table = weights(rows)
    expected = (table * rows.variance[:, None]).T @ table
    for part in (slice(0, 900), slice(0, 3_000)):
        drawn = np.cov(draw_sums(table[part], rows.expected[part], 20_000, np.random.default_rng(1)).T)
        exact = (table[part] * rows.variance[part, None]).T @ table[part]
        np.testing.assert_allclose(drawn, exact, atol=0.05 * np.abs(expected).max())


def test_deals_of_one_account_that_end_alike_count_as_fewer():
    one = np.array([[0.5], [-0.3], [-0.2]])
    assert likeness(np.array([0, 1, 2, 0, 1, 2]), np.vstack([one, one])) == pytest.approx(2)
    assert likeness(np.arange(3), one) == pytest.approx(1)
    assert likeness(np.array([0, 1, 2, 0, 1, 2]), np.vstack([one, -one])) == pytest.approx(1)


def test_rows_of_a_card_that_did_not_ask_are_none_of_a_signal():
    text, n = np.array(list("abcdef"), dtype=object), np.arange(6)
    parts = {"old": np.array([1, 0, 2, 0, 0, 0]), "new": np.array([0, 0, 0, 4, 0, 5]), "newest": np.zeros(6, dtype=np.int64)}
    deals = Answered(text, text, n, n > 2, np.full(6, 0.5), n, text, parts)
    rows = scores_of(deals, list(parts), n, one_card=False)
    assert rows.asked.sum(axis=0).tolist() == [3, 3, 0]
    assert scores_of(deals, list(parts), n, one_card=True).asked.all()

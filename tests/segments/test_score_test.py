"""Known answers: Fisher's exact tail, Student's t, and what an additive model expects."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from icpfit.segments.score_test import cells_of, design_effects, expected_rate, likeness, mean_scores, rate_scores


def tail_of(rows: int, wins: int, inside: int, won: int) -> tuple[float, float]:
    """(ours, Fisher's) one-sided chance of at least as much on the side that is seen, of ``won`` wins among ``inside`` deals."""
    segment = np.arange(rows) < inside
    y = np.concatenate([np.arange(inside) < won, np.arange(rows - inside) < wins - won]).astype(np.float64)
    cells = cells_of([np.zeros(rows, dtype=np.int64)], segment.astype(np.int64))
    hits = np.bincount(cells.place, weights=y)
    p = expected_rate(cells.design, cells.rows, hits)
    (z,) = rate_scores(cells.design, cells.rows, hits, p, (cells.segment == 1).astype(np.float64)[:, None])
    law = stats.hypergeom(rows, wins, inside)
    return float(stats.norm.sf(abs(z))), float(law.sf(won - 1) if z > 0 else law.cdf(won))


@pytest.mark.parametrize(
    ("rows", "wins", "inside", "won"),
    [
        (500, 100, 10, 7),
        (500, 100, 10, 9),
        (500, 25, 20, 5),
        (500, 25, 20, 7),
        (2_000, 500, 15, 12),
        (300, 60, 150, 12),
        (400, 300, 40, 18),
    ],
)
def test_the_tail_is_fishers_nearly_and_never_much_smaller(rows: int, wins: int, inside: int, won: int) -> None:
    """The plain normal tail of the first is 12 times too small there."""
    ours, exact = tail_of(rows, wins, inside, won)
    assert 0.9 * exact <= ours <= 2.5 * exact


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_the_tail_is_never_far_below_fishers(data: st.DataObject) -> None:
    rows = data.draw(st.integers(60, 400))
    wins = data.draw(st.integers(10, rows - 10))
    inside = data.draw(st.integers(10, rows // 2))
    won = data.draw(st.integers(max(0, inside - (rows - wins)), min(inside, wins)))
    ours, exact = tail_of(rows, wins, inside, won)
    if exact < 0.02:
        assert ours >= 0.75 * exact


def test_an_amount_is_judged_by_students_t() -> None:
    rng = np.random.default_rng(0)
    y = rng.normal(size=80) + np.repeat([0.6, 0.0], [25, 55])
    segment = np.repeat([1, 0], [25, 55])
    cells = cells_of([np.zeros(80, dtype=np.int64)], segment)
    sums = np.bincount(cells.place, weights=y)
    (z,) = mean_scores(cells.design, cells.rows, sums, float((y**2).sum()), (cells.segment == 1).astype(np.float64)[:, None])
    assert 2 * stats.norm.sf(abs(z)) == pytest.approx(stats.ttest_ind(y[:25], y[25:]).pvalue, rel=1e-6)


def test_a_segment_that_its_parts_say_already_is_not_asked() -> None:
    """A country in its region, and a segment that holds every row."""
    region = np.repeat([0, 1], 50)
    cells = cells_of([region, region], region)
    hits = np.bincount(cells.place, weights=np.tile([1.0, 0.0], 50))
    p = expected_rate(cells.design, cells.rows, hits)
    z = rate_scores(cells.design, cells.rows, hits, p, (cells.segment[:, None] == np.array([0, 1])).astype(np.float64))
    assert np.isnan(z).all()


def test_an_additive_model_gives_back_odds_that_are_additive() -> None:
    first, second = np.repeat([0, 0, 1, 1], 4_000), np.tile(np.repeat([0, 1], 4_000), 2)
    truth = 1 / (1 + np.exp(-(-1.0 + 0.8 * first + 0.5 * second)))
    cells = cells_of([first, second], first * 2 + second)
    found = expected_rate(cells.design, cells.rows, np.bincount(cells.place, weights=truth))
    assert found[cells.place] == pytest.approx(truth, abs=1e-4)


def test_rows_of_one_account_that_are_all_alike_count_once() -> None:
    account = np.repeat(np.arange(20), 5)
    segment = (account < 10).astype(np.int64)
    residual = np.where(np.arange(20) % 2, 1.0, -1.0)[account]
    alike = likeness(residual, account)
    assert alike == pytest.approx(1.0)
    own, apart = design_effects(segment, 2, account, alike)
    assert own.tolist() == apart.tolist() == [5.0, 5.0]
    assert likeness(np.tile([1.0, -1.0], 50), np.repeat(np.arange(50), 2)) == 0.0

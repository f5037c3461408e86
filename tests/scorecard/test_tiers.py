import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from icpfit.config import ScorecardSettings
from icpfit.scorecard.tiers import empty_tier_words, make_tiers, tier_edges

SHARES = (0.1, 0.2, 0.3, 0.4)


@given(st.lists(st.integers(0, 100), min_size=1, max_size=300))
def test_edges_fall_and_no_edge_comes_nearer_to_its_share(points: list[int]) -> None:
    totals = np.array(points)
    edges = tier_edges(totals, SHARES)
    assert list(edges) == sorted(edges, reverse=True)
    assert edges[3] == 0
    nearest = min(abs((totals >= e).mean() - 0.1) for e in totals)
    assert abs((totals >= edges[0]).mean() - 0.1) <= nearest + 1e-9


def test_shares_are_met_where_points_are_many() -> None:
    points = np.random.default_rng(0).integers(0, 101, 5000)
    a, b, c, _ = tier_edges(points, SHARES)
    for edge, share in ((a, 0.1), (b, 0.3), (c, 0.6)):
        assert abs((points >= edge).mean() - share) < 0.01
    assert empty_tier_words((a, b, c, 0), points, SHARES) is None


def test_too_few_totals_leave_a_tier_empty_and_say_so() -> None:
    points = np.array([20] * 50 + [80] * 50)
    edges = tier_edges(points, SHARES)
    words = empty_tier_words(edges, points, SHARES)
    assert words is not None
    assert "tier B" in words


def test_a_share_of_none_is_out_of_reach() -> None:
    points = np.arange(100)
    assert tier_edges(points, (0.0, 0.3, 0.3, 0.4))[:2] == (101, 70)
    assert empty_tier_words(tier_edges(points, (0.0, 0.3, 0.3, 0.4)), points, (0.0, 0.3, 0.3, 0.4)) is None


def test_rates_are_of_the_rows_in_the_tier() -> None:
    points = np.array([90, 90, 60, 40, 10, 10])
    label = np.array([1.0, 0.0, 1.0, np.nan, 0.0, 0.0])
    tiers = make_tiers(ScorecardSettings().tiers, (80, 50, 30, 0), points, points / 100, label, np.arange(101) / 100)
    assert [t.rows for t in tiers] == [2, 1, 1, 2]
    assert [t.observed_rate for t in tiers] == [0.5, 1.0, None, 0.0]
    assert [t.expected_rate for t in tiers] == [0.9, 0.6, 0.4, 0.1]

"""Whole accounts exchange when they came, and only with those that came as often."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from icpfit.drift.reshuffle import draws_for, reshuffler, some_accounts


@given(st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=1, max_size=40))
def test_each_number_of_deals_keeps_its_accounts_patterns(rows):
    account, now = (np.array(v) for v in zip(*rows, strict=True))

    def patterns(flags):
        found = [tuple(flags[account == a].tolist()) for a in np.unique(account)]
        return sorted((len(p), p) for p in found)

    draw = reshuffler(account, now, np.random.default_rng(1))
    for _ in range(5):
        assert patterns(draw()) == patterns(now)


def test_every_order_is_as_likely_as_the_one_that_was_seen():
    """Three accounts of one deal and two of two: six ways for the first, two for the second."""
    account = np.array([0, 1, 2, 3, 3, 4, 4])
    now = np.array([False, False, True, False, True, True, True])
    draw = reshuffler(account, now, np.random.default_rng(3))
    seen, counts = np.unique([draw().tolist() for _ in range(3_000)], axis=0, return_counts=True)
    assert len(seen) == 6
    assert counts.min() > 400


def test_some_accounts_are_whole_accounts_and_no_more_rows_than_asked():
    account = np.random.default_rng(0).integers(0, 300, 1_000)
    rows = some_accounts(account, np.zeros(1_000, dtype=bool), 200, np.random.default_rng(1))
    assert 150 < len(rows) <= 200
    assert np.isin(account, account[rows]).sum() == len(rows)


def test_the_least_p_value_lies_well_below_the_level():
    for level in (0.05, 0.003, 1e-4):
        assert 1 / (draws_for(level) + 1) <= level / 4


def test_a_short_period_beside_a_long_one_keeps_its_rows():
    now = np.arange(50_000) >= 49_600
    rows = some_accounts(np.arange(50_000), now, 2_000, np.random.default_rng(1))
    assert (len(rows), now[rows].sum()) == (2_000, 400)

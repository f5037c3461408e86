"""Wins outside the profile, and powers and intervals of shares."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import beta, binom, fisher_exact

from icpfit.drift.trade_power import power_of_shares, rows_needed, share_interval
from icpfit.drift.trade_tiers import TierShare, tier_finding


def share(before, now):
    return TierShare("TRADE-OUTSIDE", "Wins outside the profile", "wins", "in tiers C and D", before, now, "", ("D1",), "read them")


def test_a_rise_is_told_by_fishers_test_and_a_fall_is_none():
    risen, fallen = (tier_finding(share((20, 100), now), level=0.01) for now in ((30, 60), (2, 60)))
    assert risen.p_value == pytest.approx(fisher_exact([[30, 30], [20, 80]], alternative="greater").pvalue)
    assert (risen.alarm, risen.rows, risen.action) == (True, ("D1",), "read them")
    assert (fallen.alarm, fallen.rows, fallen.action) == (False, (), "")


def test_a_sure_rise_that_is_small_is_no_alarm():
    found = tier_finding(share((20_000, 100_000), (26_000, 100_000)), level=0.01)
    assert found.p_value < 1e-9
    assert not found.alarm


def test_few_wins_cannot_tell():
    found = tier_finding(share((20, 100), (4, 9)), level=0.01)
    assert (found.p_value, found.needed, found.power) == (None, 6, 0.0)


def test_without_a_change_alarms_are_no_more_often_than_the_level():
    rng = np.random.default_rng(1)
    alarms = sum(tier_finding(share((rng.binomial(80, 0.4), 80), (rng.binomial(40, 0.4), 40)), level=0.05).alarm for _ in range(400))
    assert alarms <= binom.ppf(0.99, 400, 0.05)


def test_with_the_rows_that_are_needed_the_power_is_four_in_five():
    needed = rows_needed(0.3, 0.1, 2_000, 60, 2.5)
    assert needed is not None
    assert power_of_shares(0.3, 0.1, 2_000, 60 + needed, 2.5) == pytest.approx(0.8, abs=0.003)
    assert power_of_shares(0.3, 0.1, 2_000, 60 + needed - 3, 2.5) < 0.8


def test_the_interval_of_a_share_is_that_of_jeffreys():
    assert share_interval(7, 30) == pytest.approx(tuple(beta.ppf([0.05, 0.95], 7.5, 23.5)))

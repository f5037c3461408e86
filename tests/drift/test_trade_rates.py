"""Win rates by segment: a region that departs from the others is named; what happens to all alike is not."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from icpfit.drift.reshuffle import MOST_ROWS, some_accounts
from icpfit.drift.trade_rates import departures, rate_findings
from icpfit.drift.trade_rows import TraitCodes, TwoPeriods


def deals(n, seed, *, region_falls=0.0, all_fall=0.0):
    rng = np.random.default_rng(seed)
    k = max(20, 2 * n // 3)
    account = np.sort(rng.permutation(np.concatenate([np.arange(k), rng.integers(0, k, max(n - k, 0))])))[:n]
    account = rng.permutation(account)
    now = np.arange(n) >= 0.7 * n
    region, industry = rng.integers(0, 3, k)[account], rng.integers(0, 6, k)[account]
    likes = rng.normal(0, 0.6, k)[account]
    odds = -0.8 + 0.5 * region + likes - now * (all_fall + np.where(region == 1, region_falls, 0.0))
    good = rng.random(n) < 1 / (1 + np.exp(-odds))
    traits = [
        TraitCodes("region", "Region", region, ("NA", "EMEA", "APAC")),
        TraitCodes("industry", "Industry", industry, tuple(f"industry {i}" for i in range(6))),
    ]
    return TwoPeriods(np.array([f"D{i}" for i in range(n)], dtype=object), account, now, "deals", "known since"), good, traits


def test_a_region_that_falls_is_named_with_then_now_and_what_was_to_be_expected():
    rows, good, traits = deals(1_500, 1, region_falls=1.6)
    found = rate_findings(rows, good, traits, level=0.01, seed=1)
    told = [f for f in found if f.alarm]
    assert [f.subject for f in told] == ["Win rate by Region"]
    assert "Win rate by Region: it fell in one segment, unlike in the others; EMEA: win rate" in told[0].words
    assert told[0].words.endswith("had it moved like the others")
    lost_there = set(rows.row_id[rows.now & (traits[0].code == 1) & ~good])
    assert told[0].rows
    assert set(told[0].rows) <= lost_there


def test_a_market_that_falls_everywhere_is_not_said_of_a_segment():
    alarms = 0
    for seed in range(12):
        rows, good, traits = deals(900, [2, seed], all_fall=1.0)
        alarms += any(f.alarm for f in rate_findings(rows, good, traits, level=0.02, seed=seed))
    assert alarms <= 1


def test_departures_of_equal_changes_are_none_and_turn_their_sign_with_the_periods():
    first = tuple(np.array([v]) for v in (30.0, 100.0, 20.0, 100.0))
    others = tuple(np.array([v]) for v in (45.0, 300.0, 45.0, 300.0))
    z = departures(*first, others)[0]
    swapped = departures(first[2], first[3], first[0], first[1], (others[2], others[3], others[0], others[1]))[0]
    assert z == pytest.approx(-swapped)
    halves = [(h + 0.5) / (n - h + 0.5) for h, n in ((30, 100), (20, 100))]
    error = np.sqrt(sum(1 / (h + 0.5) + 1 / (n - h + 0.5) for h, n in ((30, 100), (20, 100), (45, 300), (45, 300))))
    assert z == pytest.approx(np.log(halves[0] / halves[1]) / error)


def test_few_deals_cannot_tell():
    rows, good, traits = deals(40, 3)
    found = rate_findings(rows, good, traits, level=0.01, seed=1)
    assert [f.p_value for f in found] == [None]
    assert "cannot tell; 12 deals" in found[0].words
    assert found[0].needed == 8


@pytest.mark.parametrize(
    ("n", "calls"),
    [(150, 40), (500, 25), *(pytest.param(n, c, marks=pytest.mark.verify) for n, c in ((100, 1_000), (1_000, 300), (100_000, 30)))],
)
def test_without_a_change_alarms_are_no_more_often_than_the_level(n, calls, monkeypatch):
    monkeypatch.setattr("icpfit.drift.trade_rates.FLOOR", 0.0)
    monkeypatch.setattr("icpfit.drift.reshuffle.FEWEST_DRAWS", 199)
    alarms = 0
    for seed in range(calls):
        rows, good, traits = deals(n, [4, seed])
        alarms += any(f.alarm for f in rate_findings(rows, good, traits, level=0.1, seed=seed))
    assert alarms <= binom.ppf(0.99, calls, 0.1)


def test_a_value_that_no_drawn_row_has_is_no_fault():
    """Of very many rows some are drawn, and the rarest value of the last trait may not be among them."""
    n = 60_000
    now, account = np.arange(n) >= n // 2, np.arange(n)
    drawn = some_accounts(account, now, MOST_ROWS, np.random.default_rng([0, 21]))
    left = np.setdiff1d(np.arange(n), drawn)
    rng = np.random.default_rng(0)
    code = rng.integers(0, 2, n)
    code[np.r_[left[:40], left[-40:]]] = 2
    rows = TwoPeriods(np.arange(n).astype(str).astype(object), account, now, "deals", "created since January")
    (found,) = rate_findings(rows, rng.random(n) < 0.3, [TraitCodes("r", "Region", code, ("EU", "US", "ANZ"))], level=0.01, seed=0)
    assert not found.alarm

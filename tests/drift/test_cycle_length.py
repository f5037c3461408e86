"""Sales cycles: longer ones are told with both medians; young deals do not look quick."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom, mannwhitneyu

from icpfit.drift.cycle_length import cycle_finding
from icpfit.drift.trade_rows import TwoPeriods


def won(n, seed, longer=1.0):
    rng = np.random.default_rng(seed)
    now = np.arange(n) >= 0.7 * n
    days = np.exp(rng.normal(np.log(40), 0.6, n)) * np.where(now, longer, 1.0)
    return TwoPeriods(np.array([f"D{i}" for i in range(n)], dtype=object), np.arange(n), now, "won deals", "known since 2026-01-01"), days


def test_longer_cycles_are_told_with_both_medians_and_the_slowest_deals():
    rows, days = won(400, 1, longer=1.5)
    told = cycle_finding(rows, days, 200, level=0.01, seed=1)
    inside = days <= 200
    assert told.alarm
    assert f"took {np.median(days[inside & ~rows.now]):,.0f} days (" in told.words
    assert f"{np.median(days[inside & rows.now]):,.0f} days (" in told.words
    slowest = rows.row_id[np.flatnonzero(rows.now & inside)[np.argmax(days[rows.now & inside])]]
    assert told.rows[0] == slowest


def test_shorter_cycles_are_no_alarm():
    rows, days = won(400, 2, longer=0.5)
    told = cycle_finding(rows, days, 200, level=0.05, seed=1)
    assert not told.alarm
    assert told.p_value > 0.9


def test_of_accounts_with_one_deal_it_is_the_test_of_mann_and_whitney():
    rows, days = won(200, 3, longer=1.15)
    told = cycle_finding(rows, days, 1e9, level=0.001, seed=1)
    asked = mannwhitneyu(days[rows.now], days[~rows.now], alternative="greater")
    assert told.p_value == pytest.approx(asked.pvalue, abs=0.02)
    assert told.effect == pytest.approx(abs(2 * asked.statistic / (rows.now.sum() * (~rows.now).sum()) - 1))


def test_what_took_longer_than_all_were_followed_counts_in_neither_period():
    rows, days = won(200, 4)
    told = cycle_finding(rows, np.where(rows.now & (days > 60), np.nan, days), 60, level=0.05, seed=1)
    assert (told.n_reference, told.n_current) == ((~rows.now & (days <= 60)).sum(), (rows.now & (days <= 60)).sum())
    assert not told.alarm


def test_few_wins_cannot_tell():
    rows, days = won(40, 5)
    told = cycle_finding(rows, days, 1e9, level=0.05, seed=1)
    assert (told.p_value, told.needed) == (None, 3)
    assert "cannot tell" in told.words


@pytest.mark.parametrize(("n", "calls"), [(60, 60), (300, 40), pytest.param(100_000, 40, marks=pytest.mark.verify)])
def test_without_a_change_alarms_are_no_more_often_than_the_level(n, calls, monkeypatch):
    monkeypatch.setattr("icpfit.drift.cycle_length.FLOOR", -1.0)
    monkeypatch.setattr("icpfit.drift.reshuffle.FEWEST_DRAWS", 199)
    alarms = sum(cycle_finding(*won(n, [6, s]), 120, level=0.1, seed=s).alarm for s in range(calls))
    assert alarms <= binom.ppf(0.99, calls, 0.1)

"""The log-rank test against scipy's, against a plain one of our own, and against Fisher's exact test."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from icpfit.drift.log_rank import Spells, log_rank, spells_of


def spells(rows):
    customer, entry, exit_, left, now = (np.array(v) for v in zip(*rows, strict=True))
    return Spells(customer, entry, exit_, left, now)


def some(n, seed):
    rng = np.random.default_rng(seed)
    entry = rng.integers(0, 100, n)
    return Spells(np.arange(n), entry, entry + rng.integers(1, 60, n), rng.random(n) < 0.4, rng.random(n) < 0.4)


def test_without_delayed_entry_it_is_scipys_log_rank():
    some_spells = some(200, 1)
    whole = Spells(some_spells.customer, np.zeros(200, dtype=np.int64), some_spells.exit, some_spells.left, some_spells.now)
    sides = [stats.CensoredData.right_censored(whole.exit[s], ~whole.left[s]) for s in (whole.now, ~whole.now)]
    assert log_rank(whole).z == pytest.approx(stats.logrank(*sides).statistic)


@pytest.mark.parametrize("seed", range(4))
def test_with_delayed_entry_it_is_the_sum_over_ages_written_out(seed):
    s = some(80, seed)
    expected = variance = former = 0.0
    for age in np.unique(s.exit[s.left]):
        risk = (s.entry < age) & (age <= s.exit)
        n, m = risk.sum(), (risk & s.now).sum()
        d = (risk & s.left & (s.exit == age)).sum()
        expected += d * m / n
        variance += d * m / n * (1 - m / n) * (n - d) / max(n - 1, 1)
        if n > m:
            former += m * (risk & s.left & ~s.now & (s.exit == age)).sum() / (n - m)
    found = log_rank(s)
    assert (found.expected, found.variance, found.former) == pytest.approx((expected, variance, former))
    assert (found.left, found.left_before) == ((s.left & s.now).sum(), (s.left & ~s.now).sum())


def test_at_a_single_age_it_is_fishers_exact_test():
    rows = [(i, 0, 365, i < 9, True) for i in range(30)] + [(i, 0, 365, i < 36, False) for i in range(30, 90)]
    table = [[9, 21], [6, 54]]
    assert log_rank(spells(rows)).p_value == pytest.approx(stats.fisher_exact(table, alternative="greater").pvalue)


def test_the_exact_tail_is_what_dealing_out_the_events_gives():
    s = some(60, 7)
    rng, ages = np.random.default_rng(0), np.unique(s.exit[s.left])
    total = np.zeros(20_000)
    for age in ages:
        risk = (s.entry < age) & (age <= s.exit)
        m, d = int((risk & s.now).sum()), int((risk & s.left & (s.exit == age)).sum())
        total += rng.hypergeometric(m, int(risk.sum()) - m, d, 20_000)
    found = log_rank(s)
    assert found.p_value == pytest.approx((total >= found.left).mean(), abs=0.01)
    assert found.least == pytest.approx((total >= total.max()).mean(), abs=0.01)


def test_the_exact_and_the_normal_tail_agree_on_many_events(monkeypatch):
    s = some(900, 3)
    normal = log_rank(s)
    monkeypatch.setattr("icpfit.drift.log_rank.MOST_EXACT", 10_000)
    assert normal.p_value == pytest.approx(log_rank(s).p_value, abs=0.003)


def test_a_life_is_split_at_the_cut_and_an_end_counts_in_the_period_in_which_it_falls():
    start, end = np.array([0, 0, 100, 300]), np.array([50, 150, 0, 0])
    s = spells_of(start, end, np.array([True, True, False, False]), 20, 120, 200, 1)
    told = sorted(zip(s.customer.tolist(), s.entry.tolist(), s.exit.tolist(), s.left.tolist(), s.now.tolist(), strict=True))
    assert told == [
        (0, 20, 50, True, False),
        (1, 20, 120, False, False),
        (1, 120, 150, True, True),
        (2, 0, 20, False, False),
        (2, 20, 100, False, True),
    ]


def test_the_order_of_the_customers_changes_nothing():
    s = some(120, 5)
    mixed = np.random.default_rng(1).permutation(120)
    assert log_rank(Spells(*(getattr(s, f)[mixed] for f in ("customer", "entry", "exit", "left", "now")))) == log_rank(s)

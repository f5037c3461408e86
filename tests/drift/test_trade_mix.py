"""Who comes and who buys: planted moves are named, and nothing is named where nothing moved."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom, fisher_exact

from icpfit.drift.trade_mix import deviance_roots, mix_findings
from icpfit.drift.trade_rows import TraitCodes, TwoPeriods

BANDS = ("1 to 10", "11 to 50", "51 to 200", "201 to 500", "501 to 1,000")
INDUSTRIES = tuple(f"industry {i}" for i in range(15))


def deals(n, seed, *, up=False, new=False):
    """Accounts that come once or several times, the larger the more often; a quarter of their deals is new."""
    rng = np.random.default_rng(seed)
    k = max(30, 2 * n // 3)
    size = rng.choice(5, k, p=[0.15, 0.3, 0.3, 0.15, 0.1])
    account = np.repeat(np.arange(k), 1 + rng.poisson(0.2 * size))
    while len(account) < n:
        account = np.concatenate([account, rng.integers(0, k, n - len(account))])
    account = rng.permutation(account)[:n]
    now = np.arange(len(account)) >= 0.75 * len(account)
    industry = rng.integers(0, 14, k)
    size_of, industry_of = size[account], industry[account]
    if up:
        moved = now & (size_of == 1) & (rng.random(len(account)) < 0.6)
        size_of = np.where(moved, 3, size_of)
    if new:
        industry_of = np.where(now & (rng.random(len(account)) < 0.2), 14, industry_of)
    traits = [
        TraitCodes("size", "Employees", size_of, BANDS, ordered=True, one="accounts of {} employees"),
        TraitCodes("industry", "Industry", industry_of, INDUSTRIES),
    ]
    ids = np.array([f"D{i:05}" for i in range(len(account))], dtype=object)
    _, account = np.unique(account, return_inverse=True)
    return TwoPeriods(ids, account, now, "new deals", "created since 2026-01-01"), traits


def test_a_move_up_market_is_named_by_its_bands_with_then_and_now():
    rows, traits = deals(800, 1, up=True)
    size, industry = mix_findings(rows, traits, level=0.01, seed=3)
    share = [np.mean(traits[0].code[side] >= 3) for side in (~rows.now, rows.now)]
    assert (size.code, size.alarm) == ("TRADE-UPMARKET", True)
    assert size.words.startswith(
        f"Employees: new deals come from larger accounts than before, moving up-market; accounts of 201 or more employees: {share[0]:.0%} ("
    )
    assert "accounts of 201 to 500 employees: " in size.words
    assert "accounts of 11 to 50 employees: " in size.words
    assert f"{share[1]:.0%} (" in size.words
    assert "noticed" not in size.words, "how surely a change is seen is no news once it was seen"
    assert size.power > 0
    assert f"would be noticed {100 * industry.power:.0f} times in 100" in industry.words
    assert size.rows
    assert "larger accounts" in size.action
    assert not industry.alarm


def test_a_new_industry_among_the_wins_is_named_as_new():
    rows, traits = deals(400, 2, new=True)
    found = mix_findings(rows, traits, level=0.01, seed=3, wins=True)
    alarms = [f for f in found if f.alarm]
    assert [f.code for f in alarms] == ["TRADE-NEW-SEGMENT"]
    told = int((traits[1].code[rows.now] == 14).sum())
    assert f"Industry: industry 14: 0 wins of 300 before, {told} of 100 now" in alarms[0].words
    place = [rows.row_id.tolist().index(r) for r in alarms[0].rows]
    assert (traits[1].code[place] == 14).all()


def test_few_deals_cannot_tell_and_say_how_many_more_are_needed():
    rows, traits = deals(60, 4)
    found = mix_findings(rows, traits, level=0.01, seed=1)
    assert [(f.p_value, f.needed) for f in found] == [(None, 5)]
    assert "cannot tell; 15 new deals created since 2026-01-01 and 45 before" in found[0].words


def test_ids_and_the_seed_do_not_matter_and_the_same_call_says_the_same():
    rows, traits = deals(300, 5, up=True)
    renamed = TwoPeriods(rows.row_id[::-1].copy(), rows.account, rows.now, rows.what, rows.when)
    first, again, other, seeded = (mix_findings(r, traits, level=0.05, seed=s) for r, s in ((rows, 1), (rows, 1), (renamed, 1), (rows, 2)))
    assert first == again
    assert [(f.p_value, f.alarm) for f in first] == [(f.p_value, f.alarm) for f in other]
    for a, b in zip(first, seeded, strict=True):
        assert a.p_value == pytest.approx(b.p_value, abs=0.05)


def test_of_accounts_with_one_deal_each_two_values_are_fishers_test():
    rng = np.random.default_rng(6)
    now, code = np.arange(300) >= 200, rng.integers(0, 2, 300)
    rows = TwoPeriods(np.arange(300).astype(object), np.arange(300), now, "new deals", "created since")
    found = mix_findings(rows, [TraitCodes("a", "A", code, ("x", "y"))], level=0.001, seed=0)
    table = [[(now & (code == v)).sum(), (~now & (code == v)).sum()] for v in (0, 1)]
    assert found[0].p_value == pytest.approx(fisher_exact(table).pvalue, abs=0.03)


def test_the_root_of_the_deviance_is_near_normal_where_all_few_fall_in_one_period():
    """Six of six in the newer fifth: a chance of 0.2 to the sixth."""
    from scipy.stats import norm

    root = deviance_roots(np.array([6.0]), np.array([200.0]), np.array([6.0]), np.array([1_000.0]))[0]
    assert np.log(norm.sf(root)) == pytest.approx(6 * np.log(0.2), abs=1.5)


@pytest.mark.parametrize(
    ("n", "calls"),
    [(90, 40), (300, 30), *(pytest.param(n, c, marks=pytest.mark.verify) for n, c in ((80, 1_000), (1_000, 400), (100_000, 40)))],
)
def test_without_a_change_alarms_are_no_more_often_than_the_level(n, calls, monkeypatch):
    """Though large accounts come back more often, so that the deals of the newer period are not of new accounts alone."""
    monkeypatch.setattr("icpfit.drift.trade_mix.FLOOR", 0.0)
    monkeypatch.setattr("icpfit.drift.reshuffle.FEWEST_DRAWS", 199)
    alarms = 0
    for seed in range(calls):
        rows, traits = deals(n, [7, seed])
        alarms += any(f.alarm for f in mix_findings(rows, traits, level=0.1, seed=seed, wins=seed % 2 == 0))
    assert alarms <= binom.ppf(0.99, calls, 0.1)

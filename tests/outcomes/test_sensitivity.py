"""What the win rate would be under other settings of maturity, on companies whose rate is planted."""

from __future__ import annotations

from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest

from icpfit.config import OutcomeSettings
from icpfit.moments import DAY
from icpfit.outcomes import DealBook, win_labels
from icpfit.outcomes.sensitivity import SHARES, STALE_TRIED, maturity_sensitivity

CUTOFF = 365 * DAY
RATE = 0.4


def company(worlds: SimpleNamespace, *, fast_wins: bool, dead: float = 0.0, **settings: object) -> DealBook:
    """6,000 deals of a year, 40 % won, in 5 to 40 days; the others take 60 to 200, or end in nothing. Or all take alike."""
    rng = np.random.default_rng(4)
    n = 6_000
    created = np.sort(rng.uniform(0, 365, n))
    wins = rng.random(n) < RATE
    slow = rng.uniform(60, 200, n)
    took = np.where(wins & fast_wins, rng.uniform(5, 40, n), slow)
    forgotten = ~wins & (rng.random(n) < dead)
    rows = [
        {"created_at": c} if f else {"created_at": c, "closed_at": c + t, "stage": "won" if w else "lost"}
        for c, t, w, f in zip(created, took, wins, forgotten, strict=True)
    ]
    return DealBook.from_frames(worlds.deals(rows), OutcomeSettings(**settings))


def test_where_wins_are_known_first_a_low_share_inflates_the_rate(worlds: SimpleNamespace) -> None:
    found = {a.maturity_share: a for a in maturity_sensitivity(company(worlds, fast_wins=True), CUTOFF) if a.stale_after_days is None}
    assert tuple(found) == SHARES
    rates = {share: a.wins / a.rows for share, a in found.items()}
    assert rates[0.5] > RATE + 0.03, "of the young cohorts half is known, and most of it are the wins"
    assert rates[0.9] == pytest.approx(RATE, abs=0.02)
    assert rates[1.0] == pytest.approx(RATE, abs=0.02)
    assert all(found[a].rows >= found[b].rows for a, b in pairwise(SHARES)), "who asks more has fewer deals"
    assert rates[0.5] > rates[0.7] > rates[0.9], "a rate that falls as the share rises is the sign of it"


def test_where_wins_and_losses_take_alike_the_share_does_not_matter(worlds: SimpleNamespace) -> None:
    book = company(worlds, fast_wins=False)
    rates = [a.wins / a.rows for a in maturity_sensitivity(book, CUTOFF) if a.stale_after_days is None]
    assert max(rates) - min(rates) < 0.02


def test_deals_that_nobody_closes_matter_once_they_are_called_lost(worlds: SimpleNamespace) -> None:
    """Of the lost, 25 of 100 are never closed: without a rule for them no month is 90 % closed, and with it the rate is right."""
    found = maturity_sensitivity(company(worlds, fast_wins=True, dead=0.25), CUTOFF)
    without = [a for a in found if a.stale_after_days is None and a.maturity_share >= 0.9]
    assert [a.rows for a in without] == [0, 0, 0]
    called = {a.maturity_share: a for a in found if a.stale_after_days == STALE_TRIED}
    assert called[0.9].wins / called[0.9].rows == pytest.approx(RATE, abs=0.02)
    assert called[0.9].rows > 1_000


def test_the_companys_own_settings_are_marked_and_are_what_teaches(worlds: SimpleNamespace) -> None:
    for settings in ({}, {"maturity_share": 0.85}, {"stale_after_days": 120}, {"stale_after_days": 120, "maturity_share": 0.6}):
        book = company(worlds, fast_wins=True, dead=0.05, **settings)
        found = maturity_sensitivity(book, CUTOFF)
        (own,) = [a for a in found if a.in_force]
        assert (own.maturity_share, own.stale_after_days) == (book.settings.maturity_share, book.settings.stale_after_days)
        label = win_labels(book, CUTOFF).label
        assert (own.rows, own.wins) == ((~np.isnan(label)).sum(), np.nansum(label))
        assert {a.stale_after_days for a in found} == {None, book.settings.stale_after_days or STALE_TRIED}


def test_a_company_without_a_deal_has_nothing_to_show(worlds: SimpleNamespace) -> None:
    book = DealBook.from_frames(worlds.deals([{"created_at": 0}]).iloc[:0], OutcomeSettings())
    assert {a.rows for a in maturity_sensitivity(book, CUTOFF)} == {0}

"""Kaplan-Meier against a calculation by hand, and the rule that keeps young cohorts from biasing the win rate."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from icpfit.config import OutcomeSettings
from icpfit.moments import DAY, month_index, month_start
from icpfit.outcomes import NEVER, DealBook, kaplan_meier, mature_months, share_closed_by, win_labels


def test_kaplan_meier_by_hand() -> None:
    # 6 deals: closed at 3, 5, 5, 8; last seen open at 4 and 9.
    # S(3) = 5/6; one leaves at 4; S(5) = 5/6 * 2/4; S(8) = 5/6 * 2/4 * 1/2
    durations = np.array([5, 3, 9, 5, 4, 8])
    closed = np.array([True, True, False, True, False, True])
    times, share = kaplan_meier(durations, closed)
    assert times.tolist() == [3, 5, 8]
    np.testing.assert_allclose(1 - share, [5 / 6, 5 / 12, 5 / 24])
    assert share_closed_by(durations, closed, 2) == 0.0
    assert share_closed_by(durations, closed, 3) == pytest.approx(1 / 6)
    assert share_closed_by(durations, closed, 7) == pytest.approx(7 / 12)
    assert share_closed_by(durations, closed, 10_000) == pytest.approx(19 / 24)


def test_a_deal_last_seen_open_as_another_closes_was_at_risk() -> None:
    times, share = kaplan_meier(np.array([5, 5]), np.array([True, False]))
    assert (times.tolist(), share.tolist()) == ([5], [0.5])


@given(st.lists(st.integers(1, 40), min_size=1, max_size=60), st.integers(1, 40))
def test_without_censoring_before_the_age_it_is_the_plain_share(days: list[int], age: int) -> None:
    durations = np.array(days)
    watched = np.minimum(durations, age)  # everybody is watched until the age
    assert share_closed_by(watched, durations <= age, age) == pytest.approx((durations <= age).mean())


@given(st.lists(st.tuples(st.integers(1, 40), st.booleans()), min_size=1, max_size=60))
def test_kaplan_meier_equals_the_product_over_days(rows: list[tuple[int, bool]]) -> None:
    durations, closed = np.array([d for d, _ in rows]), np.array([c for _, c in rows])
    survival = 1.0
    for day in range(1, 41):
        at_risk, events = int((durations >= day).sum()), int(((durations == day) & closed).sum())
        survival *= 1 - events / at_risk if at_risk else 1.0
        assert share_closed_by(durations, closed, day) == pytest.approx(1 - survival)


def test_a_month_enters_when_older_months_say_that_deals_of_its_age_are_closed() -> None:
    # 40 deals in January: 36 take 10 days, 4 take 70. Of its age, 90 % had closed by day 10, all by day 70.
    january = month_start(600)
    created = np.repeat(january, 40)
    resolved = created + np.array([10] * 36 + [70] * 4) * DAY
    march = month_start(602)
    created = np.append(created, [march] * 5)
    resolved = np.append(resolved, [NEVER] * 5)  # none of March's own has closed: its own are not asked
    april = month_start(603)
    for share, age, enters in ((0.9, 9, False), (0.9, 10, True), (0.95, 10, False), (0.95, 69, False), (0.95, 70, True)):
        moment = april + age * DAY
        months = mature_months(created, np.where(resolved < moment, resolved, NEVER), moment, share)
        assert (602 in months) == enters, (share, age)


def test_the_newest_months_would_bias_the_win_rate_and_do_not(worlds: SimpleNamespace) -> None:
    """Losses close in 20 days, wins take 120: a company that wins 30 % looks as if it won next to nothing of late."""
    rng = np.random.default_rng(5)
    n = 6_000
    created = np.sort(rng.integers(0, 900, n))
    wins = rng.random(n) < 0.3
    took = np.where(wins, rng.integers(60, 150, n), rng.integers(5, 40, n))
    rows = [
        {"created_at": int(c), "closed_at": int(c + t), "stage": "won" if w else "lost"}
        for c, t, w in zip(created, took, wins, strict=True)
    ]
    book = DealBook.from_frames(worlds.deals(rows), OutcomeSettings())
    cutoff = 900 * DAY
    labels = win_labels(book, cutoff)
    closed = book.closed < cutoff
    last_quarter = closed & (book.created >= 810 * DAY)
    assert book.stage_won[last_quarter].mean() < 0.10, "the naive rate of the newest deals"
    assert abs(book.stage_won[closed].mean() - 0.3) > abs(np.nanmean(labels.label) - 0.3)
    assert np.nanmean(labels.label) == pytest.approx(0.3, abs=0.02)
    by_month = [np.nanmean(labels.label[month_index(book.created) == m]) for m in np.unique(month_index(book.created[labels.reason == ""]))]
    assert min(by_month) > 0.2, "no month that teaches is half told"
    assert set(labels.reason) == {"", "still open", "creation month not mature"}


def test_deals_that_never_close_keep_every_month_out_until_the_company_calls_them_lost(worlds: SimpleNamespace) -> None:
    rows = [{"created_at": d, "closed_at": d + 30, "stage": "lost"} if d % 5 else {"created_at": d} for d in range(600)]
    frame = worlds.deals(rows)
    never = win_labels(DealBook.from_frames(frame, OutcomeSettings()), 700 * DAY)
    assert np.isnan(never.label).all()
    stale = win_labels(DealBook.from_frames(frame, OutcomeSettings(stale_after_days=90)), 700 * DAY)
    assert (stale.label == 0).sum() > 400
    assert (stale.reason == "still open").sum() == 0, "each is older than 90 days"


def test_stale_means_longer_than(worlds: SimpleNamespace) -> None:
    quick = [{"created_at": 0, "closed_at": 7, "stage": "lost"}] * 60
    book = DealBook.from_frames(worlds.deals([{"created_at": 40}, *quick]), OutcomeSettings(stale_after_days=90))
    assert win_labels(book, 130 * DAY).reason[0] == "still open"
    assert win_labels(book, 130 * DAY + 1).label[0] == 0


def test_a_stale_deal_that_is_won_after_all_was_lost_before_and_is_won_then(worlds: SimpleNamespace) -> None:
    quick = [{"created_at": 0, "closed_at": 7, "stage": "lost"}] * 60
    frame = worlds.deals([{"created_at": 40, "closed_at": 240, "stage": "won"}, *quick])
    book = DealBook.from_frames(frame, OutcomeSettings(stale_after_days=90))
    assert np.isnan(win_labels(book, 130 * DAY).label[0])
    assert win_labels(book, 150 * DAY).label[0] == 0
    assert win_labels(book, 240 * DAY).label[0] == 0, "a close at the moment is not known yet"
    assert win_labels(book, 240 * DAY + 1).label[0] == 1

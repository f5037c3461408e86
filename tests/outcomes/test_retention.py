"""Who counts as kept: known answers, and the two ways of getting the rate wrong."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from icpfit.config import OutcomeSettings
from icpfit.models.evidence import shrunken_rate
from icpfit.moments import DAY
from icpfit.outcomes import Customers, DealBook, joint_labels, retention_labels

CUTOFF = 1000
START = 100
RENEWAL = START + 365
MOMENT = START + 395
"""horizon and grace over"""


def kept(
    worlds: SimpleNamespace,
    subs: list[dict[str, Any]],
    changes: list[dict[str, Any]] | None = None,
    *,
    deal: dict[str, Any] | None = None,
    others: list[dict[str, Any]] | None = None,
    cutoff: float = CUTOFF,
    **settings: Any,
) -> float | str:
    """The label of one won deal ``D0`` of account ``A0``, closed on day 95, or why it has none."""
    one = {"deal_id": "D0", "account_id": "A0", "created_at": 50, "closed_at": 95, "stage": "won", **(deal or {})}
    table = worlds.subscriptions([{"account_id": "A0", **s} for s in subs]) if subs else None
    book = DealBook.from_frames(worlds.deals([one, *(others or [])]), OutcomeSettings(**settings), subscriptions=table)
    customers = Customers.from_frames(book, table, worlds.changes(changes) if changes else None)
    labels = retention_labels(customers, round(cutoff * DAY))
    return str(labels.reason[0]) if labels.reason[0] else float(labels.label[0])


@pytest.mark.parametrize(
    ("subs", "expected"),
    [
        ([{"started_at": START}], 1),
        ([{"started_at": START, "ended_at": 200}], 0),
        ([{"started_at": START, "ended_at": RENEWAL}], 0),  # did not renew on day 365
        ([{"started_at": START, "ended_at": MOMENT}], 0),  # over as the grace ends
        ([{"started_at": START, "ended_at": MOMENT + 1}], 1),
        ([{"started_at": START, "ended_at": RENEWAL}, {"started_at": RENEWAL}], 1),  # renewed on the day
        ([{"started_at": START, "ended_at": RENEWAL}, {"started_at": MOMENT}], 1),  # on the last day of grace
        ([{"started_at": START, "ended_at": RENEWAL}, {"started_at": MOMENT + 1}], 0),  # came back too late
        ([{"started_at": START, "ended_at": RENEWAL}, {"started_at": RENEWAL, "arr": 99.0}], 0),  # contracted
        ([{"started_at": START, "ended_at": RENEWAL}, {"started_at": RENEWAL, "arr": 101.0}], 1),
        # two products from the start: dropping one is a contraction, replacing it is not
        ([{"started_at": START}, {"started_at": START, "arr": 50.0, "ended_at": 200}], 0),
        ([{"started_at": START}, {"started_at": START, "arr": 50.0, "ended_at": 200}, {"started_at": 300, "arr": 50.0}], 1),
        # a second one bought later and dropped leaves the first figure
        ([{"started_at": START}, {"started_at": 200, "arr": 50.0, "ended_at": 300}], 1),
        ([{"started_at": START, "arr": 0.0}], 0),
        ([], "no subscription"),
        ([{"started_at": 95 + 91}], "no subscription"),
        ([{"started_at": 95 + 90}], 1),
        ([{"started_at": 95 + 91, "deal_id": "D0"}], 1),  # the deal's own, however late
        ([{"started_at": 90}], 1),  # booked a little late
        ([{"started_at": START, "deal_id": "another"}], "no subscription"),
        ([{"account_id": "B", "started_at": START, "deal_id": "D0"}], "no subscription"),
        # the deal's own starts the clock, not an earlier one of the account
        ([{"started_at": 96, "ended_at": 490}, {"started_at": START, "deal_id": "D0", "arr": 10.0}], 0),
    ],
)
def test_known_answers(worlds: SimpleNamespace, subs: list[dict[str, Any]], expected: float | str) -> None:
    assert kept(worlds, subs) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ([{"changed_at": 200, "arr": 99.0}], 0),
        ([{"changed_at": 200, "arr": 50.0}, {"changed_at": 300, "arr": 100.0}], 1),  # the latest counts
        ([{"changed_at": 300, "arr": 100.0}, {"changed_at": 200, "arr": 50.0}], 1),  # whatever the order of rows
        ([{"changed_at": MOMENT, "arr": 50.0}], 0),  # at the moment itself
        ([{"changed_at": MOMENT + 1, "arr": 50.0}], 1),  # after it
        ([{"changed_at": START, "arr": 200.0}, {"changed_at": 200, "arr": 150.0}], 0),  # the first figure is the corrected one
        ([{"changed_at": 200, "arr": 50.0, "visible_at": CUTOFF}], 1),  # recorded too late to be known
        ([{"changed_at": 200, "arr": 50.0, "visible_at": CUTOFF - 1}], 0),
        ([{"changed_at": 200, "arr": 50.0, "subscription_id": "other"}], 1),
    ],
)
def test_the_latest_change_up_to_the_moment_counts(worlds: SimpleNamespace, changes: list[dict[str, Any]], expected: float) -> None:
    assert kept(worlds, [{"started_at": START}], changes) == expected


def test_no_label_before_horizon_and_grace_have_passed_even_for_those_who_left(worlds: SimpleNamespace) -> None:
    for subs in ([{"started_at": START}], [{"started_at": START, "ended_at": 200}]):
        assert kept(worlds, subs, cutoff=MOMENT) == "horizon not passed", "the moment itself is not known yet"
        assert kept(worlds, subs, cutoff=MOMENT + 1 / DAY) in (0.0, 1.0)


def test_reasons_other_than_time(worlds: SimpleNamespace) -> None:
    subs = [{"started_at": START}]
    assert kept(worlds, subs, deal={"stage": "lost"}) == "lost"
    assert kept(worlds, subs, deal={"closed_at": None, "stage": "open"}) == "still open"
    assert kept(worlds, subs, deal={"amount": 50.0}) == "bought by discount"
    assert kept(worlds, subs, deal={"deal_type": "renewal"}) == "another deal type"


def test_expanded_or_referred_asks_for_more(worlds: SimpleNamespace) -> None:
    rule = {"retention_rule": "expanded_or_referred"}
    subs = [{"started_at": START}]
    assert kept(worlds, subs, **rule) == 0
    assert kept(worlds, subs, [{"changed_at": 300, "arr": 120.0}], **rule) == 1
    sent = {"account_id": "friend", "created_at": 400.0, "referred_by_account_id": "A0"}
    assert kept(worlds, subs, others=[sent], **rule) == 1
    assert kept(worlds, subs, others=[{**sent, "created_at": MOMENT + 1}], **rule) == 0, "too late"
    assert kept(worlds, subs, others=[{**sent, "visible_at": CUTOFF}], **rule) == 0, "not known yet"
    assert kept(worlds, subs, others=[{**sent, "account_id": "A0"}], **rule) == 0, "nobody refers themselves"


def company(worlds: SimpleNamespace, seed: int, yearly_stay: float = 0.7, count: int = 3_000) -> tuple[DealBook, Customers]:
    """Deals over three years, 30 % won, most in 5 to 70 days; each customer leaves within a year with one chance, at any time."""
    rng = np.random.default_rng(seed)
    created = np.sort(rng.uniform(0, 1100, count))
    won = rng.random(count) < 0.3
    took = np.where(rng.random(count) < 0.93, rng.uniform(5, 70, count), rng.uniform(70, 250, count))
    leaves = rng.random(count) > yearly_stay
    deals = [{"created_at": c, "closed_at": c + t, "stage": "won" if w else "lost"} for c, t, w in zip(created, took, won, strict=True)]
    subs = [
        {
            "account_id": f"A{i}",
            "deal_id": f"D{i}",
            "started_at": created[i] + took[i] + rng.uniform(0, 10),
            "ended_at": created[i] + took[i] + rng.uniform(20, 380) if leaves[i] else None,
        }
        for i in np.flatnonzero(won)
    ]
    table = worlds.subscriptions(subs)
    book = DealBook.from_frames(worlds.deals(deals), OutcomeSettings(), subscriptions=table)
    return book, Customers.from_frames(book, table, None)


def test_counting_early_leavers_without_the_early_stayers_would_bias_the_rate(worlds: SimpleNamespace) -> None:
    """Planted: 70 of 100 stay. whoever counts all that is known gets less than 60; the rule gets 70, in every company."""
    moment, truth, ours, naive = 650 * DAY, 0.7, [], []
    for seed in range(4):
        _, customers = company(worlds, seed, yearly_stay=truth, count=9_000)
        labels = retention_labels(customers, moment)
        ours.append(np.nanmean(labels.label))
        held = customers.held.drop_duplicates("row")
        known = held[held["started"] < moment]
        old = known["started"] + 395 * DAY < moment
        left = known["ended"] < moment
        naive.append((old & ~left).sum() / (old | left).sum())
        early = known[left & ~old]["row"]
        assert len(early) > 100, "they left, and it is known"
        assert set(labels.reason[early]) == {"horizon not passed"}
        _, low, high = shrunken_rate(int(np.nansum(labels.label)), int((~np.isnan(labels.label)).sum()))
        assert high - low < 0.08
        assert low - 0.01 < truth < high + 0.01, "the rate that icpfit gives holds the truth"
        assert naive[-1] < high - 0.10
    np.testing.assert_allclose(ours, truth, atol=0.04)
    assert np.mean(ours) == pytest.approx(truth, abs=0.02)
    assert max(naive) < truth - 0.10, "the leavers of young cohorts are in, the stayers are not"


def test_joint_labels_come_from_cohorts_that_know_both_halves(worlds: SimpleNamespace) -> None:
    truth, ours, naive = 0.3 * 0.7, [], []
    for seed in range(4):
        book, customers = company(worlds, seed)
        moment = 1015 * DAY
        labels = joint_labels(customers, moment)
        ours.append(np.nanmean(labels.label))
        kept_ = retention_labels(customers, moment)
        lost = ~book.stage_won & (book.closed < moment)
        naive.append(np.nansum(kept_.label) / (lost.sum() + (~np.isnan(kept_.label)).sum()))
        labelled = ~np.isnan(labels.label)
        assert labelled.sum() > 1_000
        assert (book.closed[labelled] < moment - 395 * DAY).all()
        assert {"horizon not passed", "creation month not mature"} <= set(labels.reason)
    assert np.mean(ours) == pytest.approx(truth, abs=0.012)
    assert np.mean(naive) < truth - 0.04, "the lost deals of younger cohorts pull it down"


def test_labels_only_ripen(worlds: SimpleNamespace) -> None:
    """What was known as kept or left stays known, in a company that records nothing late."""
    _, customers = company(worlds, 1)
    before = retention_labels(customers, 700 * DAY).label
    after = retention_labels(customers, 1000 * DAY).label
    had = ~np.isnan(before)
    np.testing.assert_array_equal(before[had], after[had])
    assert np.isnan(after).sum() < np.isnan(before).sum()

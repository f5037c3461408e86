"""Which deals may teach who buys, and why the others may not."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from icpfit.config import OutcomeSettings
from icpfit.moments import DAY
from icpfit.outcomes import Customers, DealBook, joint_labels, retention_labels, win_labels

CUTOFF = 1000


def history(count: int = 60) -> list[dict[str, Any]]:
    """Old deals that close in a week, so that months are mature."""
    return [{"deal_id": f"H{i}", "account_id": f"AH{i}", "created_at": i, "closed_at": i + 7, "stage": "lost"} for i in range(count)]


def outcome_of(
    worlds: SimpleNamespace, deal: dict[str, Any], subs: list[dict[str, Any]] | None = None, **settings: Any
) -> tuple[float, str]:
    """Label and reason of one deal, ``D``, of account ``A``, in front of a quiet history."""
    frame = worlds.deals([{"deal_id": "D", "account_id": "A", "created_at": 500.0, **deal}, *history()])
    subscriptions = worlds.subscriptions([{"account_id": "A", **s} for s in subs]) if subs else None
    book = DealBook.from_frames(frame, OutcomeSettings(**settings), subscriptions=subscriptions)
    labels = win_labels(book, CUTOFF * DAY)
    return float(labels.label[0]), str(labels.reason[0])


@pytest.mark.parametrize(
    ("deal", "label", "reason"),
    [
        ({"closed_at": 600, "stage": "won"}, 1, ""),
        ({"closed_at": 600, "stage": "lost"}, 0, ""),
        ({"closed_at": 600, "stage": "lost", "deal_type": None}, 0, ""),
        ({"closed_at": 600, "stage": "won", "deal_type": "expansion"}, None, "another deal type"),
        ({"closed_at": 600, "stage": "won", "deal_type": "renewal"}, None, "another deal type"),
        ({"closed_at": None, "stage": "open"}, None, "still open"),
        ({"closed_at": None, "stage": "won"}, None, "still open"),
        ({"closed_at": 600, "stage": "open"}, None, "still open"),
        ({"closed_at": CUTOFF, "stage": "won"}, None, "still open"),
        ({"closed_at": CUTOFF - 1 / DAY, "stage": "won"}, 1, ""),
        ({"created_at": 985, "closed_at": 990, "stage": "won"}, None, "creation month not mature"),
        ({"closed_at": 600, "stage": "won", "amount": 69.0}, None, "bought by discount"),
        ({"closed_at": 600, "stage": "won", "amount": 70.0}, 1, ""),
        ({"closed_at": 600, "stage": "lost", "amount": 10.0}, 0, ""),
        ({"closed_at": 600, "stage": "won", "amount": 10.0, "list_amount": None}, 1, ""),
        ({"closed_at": 600, "stage": "won", "amount": None}, 1, ""),
        ({"closed_at": 600, "stage": "won", "amount": 0.0, "list_amount": 0.0}, 1, ""),
    ],
)
def test_each_deal_has_a_label_or_its_reason(worlds: SimpleNamespace, deal: dict[str, Any], label: int | None, reason: str) -> None:
    got, why = outcome_of(worlds, deal)
    assert why == reason
    assert np.isnan(got) if label is None else got == label


@pytest.mark.parametrize(
    ("subscription", "customer"),
    [
        ({"started_at": 100}, True),
        ({"started_at": 100, "ended_at": 501}, True),
        ({"started_at": 100, "ended_at": 500}, False),  # over as the deal was created
        ({"started_at": 500}, False),  # the same day's: this deal's own, more likely than not
        ({"started_at": 700}, False),
        ({"started_at": 100, "deal_id": "D"}, False),  # its own
        ({"started_at": 100, "deal_id": "H1"}, True),
        ({"started_at": 100, "visible_at": 999}, True),  # recorded late, known now
        ({"started_at": 100, "visible_at": CUTOFF}, False),  # not known yet
        ({"started_at": 100, "account_id": "B"}, False),
    ],
)
def test_a_new_logo_of_a_customer_is_no_new_logo(worlds: SimpleNamespace, subscription: dict[str, Any], customer: bool) -> None:
    label, reason = outcome_of(worlds, {"closed_at": 600, "stage": "won"}, [subscription])
    assert reason == ("already a customer" if customer else "")
    assert np.isnan(label) == customer


def test_a_scoring_delay_leaves_out_what_closed_before_it_or_has_not_reached_it(worlds: SimpleNamespace) -> None:
    delay = {"scoring_delay_days": 14}
    assert outcome_of(worlds, {"closed_at": 513, "stage": "won"}, **delay)[1] == "closed before it could be scored"
    assert outcome_of(worlds, {"closed_at": 514, "stage": "won"}, **delay) == (1.0, "")
    assert outcome_of(worlds, {"created_at": 990}, **delay)[1] == "not yet at its scoring moment"
    assert outcome_of(worlds, {"created_at": 985}, **delay)[1] == "still open"


def test_deals_not_known_yet_are_not_considered(worlds: SimpleNamespace) -> None:
    frame = worlds.deals(
        [
            {"created_at": CUTOFF},
            {"created_at": 500, "closed_at": 600, "stage": "won", "visible_at": CUTOFF},
            {"account_id": "late", "created_at": 500, "closed_at": 600, "stage": "won"},
            *history(),
        ]
    )
    accounts = worlds.table([{"account_id": "late", "visible_at": CUTOFF}, {"account_id": "AH0", "visible_at": None}])
    labels = win_labels(DealBook.from_frames(frame, OutcomeSettings(), accounts=accounts), CUTOFF * DAY)
    assert labels.exists.tolist() == [False] * 3 + [True] * 60
    assert labels.reason[:3].tolist() == ["", "", ""]
    assert np.isnan(labels.label[:3]).all()


def test_each_of_an_accounts_repeated_deals_is_a_row(worlds: SimpleNamespace) -> None:
    frame = worlds.deals(
        [
            {"account_id": "A", "created_at": 300, "closed_at": 350, "stage": "lost"},
            {"account_id": "A", "created_at": 400, "closed_at": 450, "stage": "won"},
            {"account_id": "A", "created_at": 500, "closed_at": 550, "stage": "won", "deal_type": "new_logo"},
            *history(),
        ]
    )
    subs = worlds.subscriptions([{"account_id": "A", "started_at": 451, "deal_id": "D1"}])
    labels = win_labels(DealBook.from_frames(frame, OutcomeSettings(), subscriptions=subs), CUTOFF * DAY)
    assert labels.label[:2].tolist() == [0, 1]
    assert labels.reason[2] == "already a customer"


DEALS = st.lists(
    st.fixed_dictionaries(
        {
            "account_id": st.sampled_from(["A", "B", "C"]),
            "created_at": st.integers(0, 900),
            "took": st.one_of(st.none(), st.integers(0, 500)),
            "late": st.integers(0, 400),
            "stage": st.sampled_from(["won", "lost", "open"]),
            "deal_type": st.sampled_from([None, "new_logo", "new_logo", "expansion"]),
            "amount": st.sampled_from([None, 50.0, 100.0]),
        }
    ),
    min_size=1,
    max_size=25,
)
SUBSCRIPTIONS = st.lists(
    st.fixed_dictionaries(
        {
            "account_id": st.sampled_from(["A", "B", "C"]),
            "started_at": st.integers(0, 900),
            "lasts": st.one_of(st.none(), st.integers(1, 600)),
        }
    ),
    max_size=6,
)


@settings(max_examples=40, deadline=None)
@given(DEALS, SUBSCRIPTIONS, st.integers(1, 1500), st.sampled_from([0, 10]), st.sampled_from([None, 120]))
def test_every_known_deal_is_labelled_or_left_out_by_one_reason(
    worlds: SimpleNamespace, rows: list[dict[str, Any]], subs: list[dict[str, Any]], day: int, delay: int, stale: int | None
) -> None:
    full = [
        {**r, "closed_at": None if r["took"] is None else r["created_at"] + r["took"], "visible_at": r["created_at"] + r["late"]}
        for r in rows
    ]
    held = [{**s, "ended_at": None if s["lasts"] is None else s["started_at"] + s["lasts"]} for s in subs]
    subscriptions = worlds.subscriptions(held) if held else None
    rules = OutcomeSettings(scoring_delay_days=delay, stale_after_days=stale)
    book = DealBook.from_frames(worlds.deals(full), rules, subscriptions=subscriptions)
    customers = Customers.from_frames(book, subscriptions, None)
    for labels in (win_labels(book, day * DAY), retention_labels(customers, day * DAY), joint_labels(customers, day * DAY)):
        assert (book.visible[labels.exists] < day * DAY).all()
        labelled = ~np.isnan(labels.label)
        assert labels.exists.sum() == labelled.sum() + (labels.reason != "").sum()
        assert (book.as_of[labelled] < day * DAY).all(), "nothing is labelled before its own moment"
    joint, win = joint_labels(customers, day * DAY), win_labels(book, day * DAY)
    both = ~np.isnan(joint.label) & ~np.isnan(win.label)
    assert (joint.label[both] <= win.label[both]).all(), "only what was won can be kept"

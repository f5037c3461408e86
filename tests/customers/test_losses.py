"""Types of loss by reason and fit together, and the list to go back to."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from icpfit.config import OutcomeSettings
from icpfit.customers.fit import Fit
from icpfit.customers.losses import NO_DECISION, RE_ENGAGE, RIGHT_OTHER, TO_COMPETITOR, UNKNOWN, WRONG, Losses, sort_losses
from icpfit.moments import DAY
from icpfit.outcomes import DealBook

TODAY = 1_000


def losses(
    small: SimpleNamespace,
    rows: list[dict[str, Any]],
    fits: list[float] | None,
    subs: list[dict[str, Any]] | None = None,
    day: float = TODAY,
) -> Losses:
    """Lost deals, created on day 100 and closed on day 900 unless said otherwise; the line of good fit is 0.5."""
    own = [{"created_at": 100, "closed_at": 900, "stage": "lost", "loss_reason": None, "competitor": None, **r} for r in rows]
    table = small.deals(own)
    held = small.subscriptions(subs) if subs else None
    book = DealBook.from_frames(table, OutcomeSettings(), subscriptions=held)
    fit = None
    if fits is not None:
        known = [i for i, f in enumerate(fits) if not np.isnan(f)]
        told = {"deal_id": table["deal_id"][known], "account_id": table["account_id"][known], "model": "m"}
        fit = Fit(pd.DataFrame({**told, "p_win": np.array(fits)[known] / 2, "fit": np.array(fits)[known]}), True, 0.5, 0.4)
    names = pd.DataFrame({"account_id": table["account_id"], "name": [f"Firm {a}" for a in table["account_id"]]}, dtype=object)
    return sort_losses(book, table, round(day * DAY), fit, subscriptions=held, accounts=names.drop_duplicates())


NAN = float("nan")


@pytest.mark.parametrize(
    ("reason", "rival", "fit", "kind"),
    [
        ("price", None, 0.4, WRONG),
        (None, None, 0.4, WRONG),
        ("wrong fit", None, 0.9, WRONG),
        ("wrong fit", None, NAN, WRONG),
        ("competitor", None, 0.5, TO_COMPETITOR),
        ("price", "Acme", 0.9, TO_COMPETITOR),
        ("competitor", "Acme", 0.4, WRONG),
        ("no decision", None, 0.9, NO_DECISION),
        ("no decision", "none", 0.9, NO_DECISION),
        ("price", None, 0.9, RIGHT_OTHER),
        ("missing feature", None, 0.9, RIGHT_OTHER),
        (None, None, 0.9, UNKNOWN),
        ("xyz", None, 0.9, UNKNOWN),
        ("competitor", "Acme", NAN, UNKNOWN),
    ],
)
def test_the_type_is_of_reason_and_fit_together(
    small: SimpleNamespace, reason: str | None, rival: str | None, fit: float, kind: str
) -> None:
    got = losses(small, [{"loss_reason": reason, "competitor": rival}], [fit])
    assert got.table["type"].tolist() == [kind]
    assert sum(got.report["types"].values()) == got.report["lost"] == 1


def test_every_loss_has_one_type_and_everything_is_counted(small: SimpleNamespace) -> None:
    reasons = ["competitor", "no decision", "price", None, "wrong fit", "xyz"] * 10
    rng = np.random.default_rng(1)
    got = losses(small, [{"loss_reason": r, "competitor": "Acme" if r == "competitor" else None} for r in reasons], rng.random(60).tolist())
    report = got.report
    assert sum(report["types"].values()) == 60
    assert sum(report["kinds"].values()) + report["no_reason"] + report["not_understood"] == 60
    assert report["reason_not_understood"] == {"xyz": 10}
    assert report["rivals"][0]["lost"] == 10
    assert report["rivals"][0]["right_fit"] == report["types"][TO_COMPETITOR]
    assert len(got.of(competitor=True)) == 10
    assert len(got.of(competitor=False)) == 30, "what has no reason that is understood is neither"


def test_without_a_model_only_the_reason_speaks(small: SimpleNamespace) -> None:
    got = losses(small, [{"loss_reason": "wrong fit"}, {"loss_reason": "competitor"}], None)
    assert got.report["types"] == {WRONG: 1, TO_COMPETITOR: 0, NO_DECISION: 0, RIGHT_OTHER: 0, UNKNOWN: 1}
    assert got.report["line"] is None
    assert got.re_engage.empty


def test_only_lost_new_logos_known_by_then_count(small: SimpleNamespace) -> None:
    rows = [
        {},
        {"closed_at": TODAY},
        {"stage": "won"},
        {"deal_type": "renewal"},
        {"visible_at": TODAY},
        {"closed_at": None, "stage": "open"},
    ]
    assert losses(small, rows, None).table["deal_id"].tolist() == ["D0"]


def test_whom_to_go_back_to(small: SimpleNamespace) -> None:
    nothing = {"loss_reason": "no decision"}
    rows = [
        {**nothing},  # 0: yes
        {**nothing, "closed_at": 400},  # 1: too long ago
        {**nothing, "account_id": "A0", "closed_at": 800},  # 2: the account's older one
        {**nothing},  # 3: has an open deal
        {"account_id": "A3", "closed_at": None, "stage": "open", "deal_type": "renewal"},
        {**nothing},  # 5: a customer now
        {**nothing},  # 6: was a customer once
        {**nothing},  # 7: lost again since, to a competitor
        {"account_id": "A7", "loss_reason": "competitor", "closed_at": 950},
        {**nothing},  # 9: does not fit
        {"loss_reason": "price"},
    ]
    subs = [{"account_id": "A5", "started_at": 950}, {"account_id": "A6", "started_at": 910, "ended_at": 960}]
    fits = [0.8, 0.9, 0.9, 0.9, 0.9, 0.9, 0.95, 0.9, 0.9, 0.1, 0.9]
    got = losses(small, rows, fits, subs).re_engage
    assert list(got.columns) == list(RE_ENGAGE)
    assert got["account_id"].tolist() == ["A6", "A0"], "the best fit first"
    first = got.iloc[0]
    assert (first["name"], first["closed_at"], first["loss_reason"], first["p_win"]) == ("Firm A6", "1972-06-19", "no decision", 0.475)


def test_the_order_of_rows_changes_nothing(small: SimpleNamespace) -> None:
    rng = np.random.default_rng(4)
    rows = [{"deal_id": f"D{i}", "account_id": f"A{i}", "loss_reason": rng.choice(["no decision", "price"])} for i in range(40)]
    fits = np.round(rng.random(40), 3)
    mixed = rng.permutation(40)
    plain, other = losses(small, rows, fits.tolist()), losses(small, [rows[i] for i in mixed], fits[mixed].tolist())
    assert plain.report == other.report
    pd.testing.assert_frame_equal(plain.re_engage, other.re_engage)

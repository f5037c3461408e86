"""A customer's life as known at a moment: when it ended, what it pays, what is left out, and that the future does not count."""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from icpfit.customers import lives as module
from icpfit.customers.lives import PAYS_NOTHING, SAME_CUSTOMER
from icpfit.moments import DAY
from icpfit.outcomes import known

START, MOMENT = 100, 1000


def one(lives: Any) -> pd.Series:
    assert len(lives) == 1, lives.left_out
    return lives.table.iloc[0]


@pytest.mark.parametrize(
    ("subs", "end"),
    [
        ([{"started_at": START}], None),
        ([{"started_at": START, "ended_at": 465}], 465),
        ([{"started_at": START, "ended_at": 465}, {"started_at": 495}], None),  # renewed on the last day of grace
        ([{"started_at": START, "ended_at": 465}, {"started_at": 496}], 465),  # came back too late
        ([{"started_at": START, "ended_at": 465}, {"started_at": 300, "ended_at": 700}], 700),  # a second product
        ([{"started_at": START, "ended_at": 700}, {"started_at": 300, "ended_at": 465}], 700),
        ([{"started_at": START, "ended_at": 969}], 969),
        ([{"started_at": START, "ended_at": 970}], None),  # may still renew
        ([{"started_at": START, "ended_at": 1200}], None),
        ([{"started_at": 60, "ended_at": 99, "deal_id": "D0"}], 99),
    ],
)
def test_when_a_life_ended(small: SimpleNamespace, subs: list[dict[str, Any]], end: float | None) -> None:
    life = one(small.lives(subs, MOMENT))
    assert life["left"] == (end is not None)
    start = subs[0]["started_at"]
    assert life["months"] * 365 / 12 == pytest.approx((970 if end is None else end) - start, abs=1e-6)
    assert life["watched"] * 365 / 12 == pytest.approx(970 - start, abs=1e-6), "everyone is watched until the grace before the moment"
    assert (life["arr_now"] > 0) == (end is None and subs[0].get("ended_at") != 970)


def test_an_arr_of_nothing_is_an_end_that_nobody_wrote_down(small: SimpleNamespace) -> None:
    life = one(small.lives([{"started_at": START}], MOMENT, moved=[{"changed_at": 300, "arr": 150.0}, {"changed_at": 400, "arr": 0.0}]))
    assert life["left"]
    assert (life["end"] / DAY, life["last_arr"], life["arr_now"]) == (400, 150.0, 0.0)


def test_what_it_pays(small: SimpleNamespace) -> None:
    subs = [{"started_at": START}, {"started_at": 600, "arr": 50.0}]
    life = one(small.lives(subs, MOMENT, moved=[{"changed_at": 300, "arr": 120.0}]))
    assert (life["first_arr"], life["horizon_arr"], life["last_arr"], life["arr_now"]) == (100.0, 120.0, 170.0, 170.0)
    assert life["passed"]
    young = one(small.lives(subs, START + 395))
    assert not young["passed"]
    assert np.isnan(young["horizon_arr"]), "the moment itself is not known yet"


def test_who_is_left_out_and_why(small: SimpleNamespace) -> None:
    won = {"created_at": 50, "closed_at": 95, "stage": "won"}
    rows = [won, {**won, "amount": 50.0}, won, won, {**won, "account_id": "A0", "deal_id": "again"}, {**won, "stage": "lost"}]
    subs = [{"started_at": START}, {"account_id": "A1", "started_at": START}, {"account_id": "A3", "started_at": START, "arr": 0.0}]
    lives = small.lives(subs, MOMENT, won=rows)
    assert lives.table["deal_id"].tolist() == ["D0"]
    assert dict(lives.left_out) == {"bought by discount": 1, "no subscription": 1, PAYS_NOTHING: 1, SAME_CUSTOMER: 1}


def test_an_account_that_came_back_by_a_new_deal_has_two_lives(small: SimpleNamespace) -> None:
    rows = [{"created_at": 50, "closed_at": 95, "stage": "won"}, {"account_id": "A0", "created_at": 600, "closed_at": 650, "stage": "won"}]
    felt = [{"measured_at": 200, "nps": -10.0}, {"measured_at": 700, "nps": 40.0}]
    lives = small.lives([{"started_at": START, "ended_at": 465}, {"started_at": 655}], MOMENT, won=rows, felt=felt)
    assert lives.flags("left").tolist() == [True, False]
    assert lives.numbers("arr_now").tolist() == [0.0, 100.0]
    assert lives.numbers("nps").tolist() == [-10.0, 40.0], "each has its own measurements"


def test_the_newest_known_health_counts(small: SimpleNamespace) -> None:
    felt = [
        {"measured_at": 90, "nps": 99.0, "first_value_at": 95},  # before it was a customer
        {"measured_at": 200, "nps": 10.0, "csat": 4.0, "first_value_at": 120.0},
        {"measured_at": 300, "nps": 20.0, "escalations": 2.0, "first_value_at": 130.0},
        {"measured_at": 400, "nps": 30.0, "visible_at": MOMENT},  # recorded too late to be known
    ]
    life = one(small.lives([{"started_at": START}], MOMENT, felt=felt))
    assert (life["nps"], life["csat"], life["escalations"], life["days_to_value"]) == (20.0, 4.0, 2.0, 20.0)


def a_company(small: SimpleNamespace, seed: int, before: float | None) -> tuple[list[dict[str, Any]], ...]:
    """Random customers, with rows recorded late; with ``before``, as if that day were today."""
    rng = np.random.default_rng(seed)
    won, subs, moved, felt = [], [], [], []

    def late(day: float) -> float:
        return day + (rng.uniform(1, 400) if rng.random() < 0.3 else 0)

    for i in range(120):
        created = rng.uniform(0, 900)
        closed = created + rng.uniform(5, 80)
        start = closed + rng.uniform(0, 20)
        end = start + rng.choice([200, 365, 400, 730]) if rng.random() < 0.6 else None
        won.append({"deal_id": f"D{i}", "account_id": f"A{i}", "created_at": created, "closed_at": closed, "visible_at": late(created)})
        subs.append(
            {
                "subscription_id": f"S{i}",
                "account_id": f"A{i}",
                "started_at": start,
                "ended_at": end,
                "visible_at": late(start),
                "term_months": 12.0,
            }
        )
        # corrected later: the same contract, for longer
        subs.append({**subs[-1], "subscription_id": f"U{i}", "arr": 0.0, "visible_at": late(start) + 1, "term_months": 24.0})
        if rng.random() < 0.4:
            again = start + 365 + rng.uniform(0, 60)
            subs.append(
                {"subscription_id": f"T{i}", "account_id": f"A{i}", "started_at": again, "ended_at": None, "visible_at": late(again)}
            )
        at = start + rng.uniform(10, 500)
        moved.append(
            {"subscription_id": f"S{i}", "account_id": f"A{i}", "changed_at": at, "arr": rng.choice([0.0, 50, 150]), "visible_at": late(at)}
        )
        first = start + rng.uniform(5, 300)
        felt.append({"account_id": f"A{i}", "measured_at": at, "nps": rng.normal(), "first_value_at": first, "visible_at": late(at)})
    if before is None:
        return [{**w, "stage": "won"} for w in won], subs, moved, felt
    cut = [[r for r in rows if r["visible_at"] < before] for rows in (won, subs, moved, felt)]
    done = [{**w, "stage": "won" if w["closed_at"] < before else "open"} for w in cut[0]]
    done = [{**w, "closed_at": w["closed_at"] if w["closed_at"] < before else None} for w in done]
    ended = [{**s, "ended_at": None if s["ended_at"] is not None and s["ended_at"] >= before else s["ended_at"]} for s in cut[1]]
    reached = [{**f, "first_value_at": None if f["first_value_at"] >= before else f["first_value_at"]} for f in cut[3]]
    return done, ended, cut[2], reached


def as_of(small: SimpleNamespace, day: float, *, cut: bool) -> pd.DataFrame:
    won, subs, moved, felt = a_company(small, 3, day if cut else None)
    return small.lives(subs, day, won=won, moved=moved, felt=felt).table.drop(columns="row")


@pytest.mark.parametrize("day", [500.0, 800.0, 1100.0])
def test_deleting_the_future_changes_nothing(small: SimpleNamespace, day: float) -> None:
    whole = as_of(small, day, cut=False)
    assert len(whole) > 20
    pd.testing.assert_frame_equal(whole, as_of(small, day, cut=True), check_exact=True)


def sites() -> list[int]:
    """The lines of the module that ask what was known."""
    tree = ast.parse(Path(module.__file__).read_text(encoding="utf-8"))
    return sorted({n.lineno for n in ast.walk(tree) if isinstance(n, ast.Call) and ast.unparse(n.func) == "known.before"})


@pytest.mark.parametrize("line", sites())
def test_each_filter_of_time_matters(small: SimpleNamespace, line: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """With any one taken away the promise breaks, or who is there still counts as gone: the test above can fail."""
    filtered = known.before

    def before(times: Any, moment: int) -> Any:
        frame = sys._getframe(1)
        mine = Path(frame.f_code.co_filename).name == "lives.py" and frame.f_lineno == line
        return times < known.NEVER if mine else filtered(times, moment)

    monkeypatch.setattr(known, "before", before)
    broken = False
    for day in (500.0, 800.0, 1100.0):
        try:
            broken |= not as_of(small, day, cut=False).equals(as_of(small, day, cut=True))
        except ValueError:
            broken = True
    assert broken, f"without the filter in line {line} the promise still holds"


def test_the_order_of_rows_and_the_names_change_nothing(small: SimpleNamespace) -> None:
    won, subs, moved, felt = a_company(small, 3, None)
    plain = small.lives(subs, 1000, won=won, moved=moved, felt=felt).table
    rng = np.random.default_rng(1)
    mixed = [[rows[i] for i in rng.permutation(len(rows))] for rows in (won, subs, moved, felt)]
    other = small.lives(mixed[1], 1000, won=mixed[0], moved=mixed[2], felt=mixed[3]).table
    pd.testing.assert_frame_equal(plain.drop(columns="row"), other.drop(columns="row"), check_exact=True)

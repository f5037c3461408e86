"""What an account's history gives away: fields that are rewritten once a deal is closed, and fields that just change."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from icpfit.config import Config
from icpfit.models.leakage import bunched, find_leaks
from icpfit.moments import parse_moment
from icpfit.simulate import Company, simulate_company
from icpfit.sources.frames import warehouse_from_frames
from icpfit.sources.warehouse import Warehouse
from icpfit.training_set import TrainingSet, build_training_set

CUTOFF = parse_moment("2025-10-01")
FIELDS = ("employee_count", "annual_revenue", "industry", "country", "region", "funding_stage")


def feature(column: str, *, history: bool) -> dict[str, Any]:
    body = {"name": column, "label": column, "layer": "firmographic", "table": "accounts", "aggregate": "value", "column": column}
    return body | {"history": history, "kind": "number" if column in ("employee_count", "annual_revenue") else "category"}


def trained(warehouse: Warehouse, *features: dict[str, Any]) -> TrainingSet:
    body = {"source": {"kind": "folder", "path": "."}, "features": list(features)}
    return build_training_set(warehouse, Config.model_validate(body), "win", CUTOFF)


@pytest.fixture(scope="module")
def company() -> Company:
    return simulate_company(accounts=600, seed=5)


@pytest.fixture(scope="module")
def with_phase(company: Company) -> dict[str, pd.DataFrame]:
    """The company with a field of its own, ``phase``: ``lead`` from the start, ``onboarding`` within three weeks of a win."""
    tables = dict(company.tables)
    accounts = tables["accounts"]
    won = tables["deals"].query("stage == 'won'")[["account_id", "closed_at"]]
    rng = np.random.default_rng(1)
    begins = pd.DataFrame({"account_id": accounts["account_id"], "value": "lead", "valid_from": pd.Timestamp("2021-01-01")})
    moved = pd.to_datetime(won["closed_at"]) + pd.to_timedelta(rng.uniform(0, 21, len(won)), unit="D")
    moves = pd.DataFrame({"account_id": won["account_id"], "value": "onboarding", "valid_from": moved})
    told = pd.concat([begins, moves]).assign(field="phase").drop_duplicates(["account_id", "valid_from"])
    old = tables["account_history"].assign(valid_from=pd.to_datetime(tables["account_history"]["valid_from"]))
    tables["account_history"] = pd.concat([old, told[old.columns.intersection(told.columns)]], ignore_index=True)
    now = told.sort_values("valid_from").groupby("account_id")["value"].last()
    tables["accounts"] = accounts.assign(phase=accounts["account_id"].map(now))
    return tables


def test_a_field_that_follows_the_close_is_refused_as_it_stands_and_named_as_it_was(with_phase: dict[str, pd.DataFrame]) -> None:
    warehouse = warehouse_from_frames(with_phase)
    today = find_leaks(trained(warehouse, feature("phase", history=False), feature("industry", history=True)))
    assert [(r.attribute, r.code) for r in today.refused] == [("phase", "AFTER-OUTCOME")]
    assert "read as it stands today" in today.refused[0].reason
    then = trained(warehouse, feature("phase", history=True))
    leaks = find_leaks(then)
    assert leaks.refused == ()
    assert [(r.attribute, r.code) for r in leaks.suspects] == [("phase", "AFTER-OUTCOME")]
    around = then.histories["phase"].won
    assert around.after > 0.9 * around.deals > 50, "nearly every win is followed by it within the time watched"
    assert f"{around.after:,} of {around.deals:,} won deals" in leaks.suspects[0].reason
    assert not bunched(then.histories["phase"].lost)


def test_what_is_made_of_such_a_field_is_refused_too(with_phase: dict[str, pd.DataFrame]) -> None:
    made = {"name": "begun", "label": "x", "layer": "firmographic", "aggregate": "any_of", "of": ["phase = 'onboarding'"]}
    leaks = find_leaks(trained(warehouse_from_frames(with_phase), feature("phase", history=False) | {"hidden": True}, made))
    assert [r.attribute for r in leaks.refused] == ["begun"]
    assert leaks.refused[0].reason.startswith("made of phase: its history shows it rewritten after")


def test_no_honest_field_of_a_company_is_bunched_after_closes(company: Company) -> None:
    training = trained(warehouse_from_frames(company.tables), *(feature(f, history=True) for f in FIELDS))
    assert set(training.histories) == set(FIELDS)
    for field, rewritten in training.histories.items():
        assert rewritten.won.deals > 100, field
        assert not bunched(rewritten.won), field
        assert not bunched(rewritten.lost), field
    assert training.histories["employee_count"].won.before > 20, "headcounts do change, before the close as after it"
    assert find_leaks(training).suspects == ()


def test_without_the_history_a_field_is_judged_as_it_stands(company: Company) -> None:
    tables = {name: rows for name, rows in company.tables.items() if name != "account_history"}
    accounts = tables["accounts"]
    tables["accounts"] = accounts.assign(helper=accounts["csm_owner"])
    asked = feature("helper", history=True)
    training = trained(warehouse_from_frames(tables), asked)
    assert training.current_state == ("helper",)
    assert [(r.attribute, r.code) for r in find_leaks(training).refused] == [("helper", "FILL-RATE")]


DAYS = pd.Timestamp("2024-01-01")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ([(95, "b")], (1, 1, 0)),  # five days before the close
        ([(100, "b")], (1, 0, 1)),  # at the close itself
        ([(155, "b")], (1, 0, 1)),
        ([(156, "b")], (1, 0, 0)),  # eight weeks after it
        ([(43, "b")], (1, 0, 0)),  # more than eight weeks before it
        ([(95, "b"), (110, "c")], (1, 1, 1)),
        ([(110, "a")], (1, 0, 0)),  # the same value again is no change
        ([(60, "b", 110)], (1, 0, 1)),  # said to have been true, and written later
    ],
)
def test_what_counts_as_rewritten(worlds_of: SimpleNamespace, changes: list[tuple[Any, ...]], expected: tuple[int, int, int]) -> None:
    around = trained(worlds_of.one_deal(changes), feature("industry", history=False)).histories["industry"].won
    assert (around.deals, around.before, around.after) == expected


def test_a_deal_that_is_too_short_or_too_young_is_not_watched(worlds_of: SimpleNamespace) -> None:
    for created, closed in ((93, 100), (20, 610)):  # six days; the time after it has not passed at the cutoff
        histories = trained(worlds_of.one_deal([(110, "b")], created, closed), feature("industry", history=False)).histories
        assert histories["industry"].won.deals == 0


@pytest.fixture(scope="module")
def worlds_of() -> SimpleNamespace:
    """``one_deal(changes)``: an account whose industry is ``a`` from the start, with a deal won from day 10 to day 100."""

    def day(n: float) -> pd.Timestamp:
        return DAYS + pd.Timedelta(days=n)

    def one_deal(changes: list[tuple[Any, ...]], created: float = 10, closed: float = 100) -> Warehouse:
        history = [("a", day(0), day(0)), *((value, day(when), day(known[0] if known else when)) for when, value, *known in changes)]
        return warehouse_from_frames(
            {
                "accounts": pd.DataFrame({"account_id": ["A"], "domain": ["a.example"], "industry": ["a"]}),
                "deals": pd.DataFrame(
                    {"deal_id": ["D"], "account_id": ["A"], "created_at": [day(created)], "closed_at": [day(closed)], "stage": ["won"]}
                ),
                "account_history": pd.DataFrame(history, columns=["value", "valid_from", "recorded_at"]).assign(
                    account_id="A", field="industry"
                ),
            }
        )

    return SimpleNamespace(one_deal=one_deal)

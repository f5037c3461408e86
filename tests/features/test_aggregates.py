"""Each aggregate of dated rows on a few rows that can be counted by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from icpfit.config import FeatureSpec
from icpfit.features.build import build_features
from icpfit.moments import DAY, parse_moment
from icpfit.sources.frames import warehouse_from_frames
from icpfit.sources.warehouse import Warehouse

NOW = "2024-06-12"
"""A Wednesday."""

EVENTS = [
    ("2024-05-01T00:00", "trial", "u", 1.0, "a"),
    ("2024-05-02T12:00", "report", "v", 5.0, "b"),
    ("2024-05-30T09:00", "report", "u", -2.5, None),
    ("2024-06-03T08:00", "login", "u", None, "b"),  # Monday, at eight sharp
    ("2024-06-07T17:59", "login", "u", 4.0, "c"),  # Friday, a minute to six
    ("2024-06-07T18:00", "login", "v", 7.0, "b"),  # Friday, at six sharp
    ("2024-06-08T10:00", "login", "u", 0.5, ""),  # Saturday
    ("2024-06-12T00:00", "login", "u", 99.0, "z"),  # at the moment itself: not yet
]


def spec(aggregate: str, **more: Any) -> FeatureSpec:
    return FeatureSpec(name="x", label="x", layer="behavioral", aggregate=aggregate, **{"table": "events", **more})  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def house() -> Warehouse:
    times = pd.Series([pd.Timestamp(t) for t, *_ in EVENTS])
    other = {"account_id": ["B"], "occurred_at": [pd.Timestamp("2024-04-01")], "event": ["login"]}
    frames = {
        "accounts": pd.DataFrame(
            {"account_id": ["A", "B", "C"], "domain": ["x.mailinator.com", "eu.rival.com", "notrival.com"], "employee_count": 1}
        ),
        "deals": pd.DataFrame({"deal_id": ["d"], "account_id": ["A"], "created_at": [times[0]], "closed_at": [pd.NaT], "stage": ["open"]}),
        "events": pd.concat(
            [
                pd.DataFrame(
                    {
                        "account_id": "A",
                        "occurred_at": times,
                        "event": [e[1] for e in EVENTS],
                        "user_id": [e[2] for e in EVENTS],
                        "value": [e[3] for e in EVENTS],
                        "page": [e[4] for e in EVENTS],
                    }
                ),
                pd.DataFrame(other),
            ],
            ignore_index=True,
        ),
        "account_history": pd.DataFrame(
            {
                "account_id": ["A", "A", "A", "A", "B", "B", "C", "C"],
                "field": "employee_count",
                "value": ["50", "80", "100", "7", "0", "30", "many", "30"],
                "valid_from": pd.to_datetime(
                    ["2023-01-01", "2023-06-13", "2024-06-11", "2024-06-12", "2023-01-01", "2024-01-01", "2023-01-01", "2024-01-01"]
                ),
                # what A was a year ago was bought last month
                "recorded_at": pd.to_datetime([None, "2024-05-01", None, None, None, None, None, None]),
            }
        ),
    }
    return warehouse_from_frames(frames)


@pytest.mark.parametrize(
    ("one", "value"),
    [
        (spec("rate", window_days=10), 4 * 3),
        (spec("rate", window_days=60), 7 / 2),
        (spec("trend", window_days=7), 3 - 2),  # from the 5th; the one before from the 29th of May
        (spec("trend", window_days=7, where="event = 'report'"), -1),
        (spec("trend", window_days=7, column="value"), 4 + 7 + 0.5 - -2.5 - 0),
        (spec("trend", window_days=60), None),  # the window before the last one begins before the first row
        (spec("trend", window_days=3, where="event = 'trial'"), 0),
        (spec("min", column="value", window_days=30), -2.5),
        (spec("min", column="value", where="event = 'login'"), 0.5),
        (spec("last", column="value"), 0.5),
        (spec("last", column="value", where="event = 'trial'", window_days=30), None),
        (spec("last", column="page", kind="category"), "b"),  # the later ones have none
        (spec("last", column="page", kind="category", after="trial", window_days=2), "b"),
        (spec("last", column="user_id", kind="category", window_days=5), "u"),
        (spec("work_hours_share", window_days=10), 2 / 4),
        (spec("work_hours_share", window_days=10, utc_offset_hours=1), 1 / 4),  # Monday's alone
        (spec("work_hours_share", window_days=10, utc_offset_hours=-1), 2 / 4),  # Friday's two
        (spec("work_hours_share", where="event = 'none'"), None),
        (spec("days_to_first", after="trial", where="event = 'report'"), 1.5),
        (spec("days_to_first", after="trial"), 0),
        (spec("days_to_first", after="report", where="event = 'login'"), 31 + 20 / 24),
        (spec("days_to_first", after="trial", where="event = 'login'", window_days=7), None),
        (spec("days_to_first", after="nothing"), None),
        (spec("distinct", after="trial", window_days=7), 2),  # users activated
        (spec("distinct", column="event", window_days=30), 2),  # breadth
        (spec("change", table="accounts", column="employee_count", window_days=364), 100 / 80),
        (spec("change", table="accounts", column="employee_count", window_days=365), 100 / 50),
        (spec("change", table="accounts", column="employee_count", window_days=1), 100 / 80),
        (spec("change", table="accounts", column="employee_count", window_days=600), None),
        (spec("disposable_email_domain", table="accounts"), 1),
        (spec("free_email_domain", table="accounts"), 0),
        (spec("competitor_domain", table="accounts", domains=("rival.com",)), 0),
    ],
)
def test_known_answers(house: Warehouse, one: FeatureSpec, value: float | str | None) -> None:
    asked = pd.DataFrame({"account_id": pd.Series(["A"], dtype=object), "as_of": [parse_moment(NOW)]})
    (got,) = build_features(house, (one,), asked)["x"]
    if value is None:
        assert pd.isna(got)
    else:
        assert got == (value if isinstance(value, str) else pytest.approx(value, rel=1e-12))


def test_a_competitors_domain_is_its_own_and_its_parts(house: Warehouse) -> None:
    asked = pd.DataFrame({"account_id": pd.Series(["A", "B", "C"], dtype=object), "as_of": [parse_moment(NOW)] * 3})
    rival = spec("competitor_domain", table="accounts", domains=("https://www.Rival.com/about",))
    assert build_features(house, (rival,), asked)["x"].tolist() == [0, 1, 0]
    change = spec("change", table="accounts", column="employee_count", window_days=300)
    assert build_features(house, (change,), asked)["x"].isna().tolist() == [False, True, True]  # from 0, and from a text


def test_of_rows_of_one_time_the_last_is_the_one_learned_of_last_then_the_largest() -> None:
    at = pd.Timestamp("2024-01-10")
    events = pd.DataFrame({"account_id": "A", "occurred_at": at, "event": "e", "value": [10.0, 30.0, 20.0, 25.0, 99.0]})
    events["recorded_at"] = pd.to_datetime([None, None, "2024-01-12", "2024-01-12", "2024-01-20"])
    accounts = pd.DataFrame({"account_id": ["A"], "domain": ["a.io"]})
    deals = pd.DataFrame({"deal_id": ["d"], "account_id": ["A"], "created_at": [at], "closed_at": [pd.NaT], "stage": ["open"]})
    days = np.array([11, 13, 21])
    asked = pd.DataFrame({"account_id": pd.Series(["A"] * 3, dtype=object), "as_of": parse_moment("2024-01-01") + (days - 1) * DAY})
    for order in (1, -1):
        house = warehouse_from_frames({"accounts": accounts, "deals": deals, "events": events.iloc[::order]})
        assert build_features(house, (spec("last", column="value"),), asked)["x"].tolist() == [30, 25, 99]

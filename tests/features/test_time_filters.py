"""Each filter on time earns its place: with it, deleting the future changes nothing; without it, something changes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from icpfit.config import FeatureSpec
from icpfit.features.compile import compile_features
from icpfit.features.schema import read_schema
from icpfit.moments import DAY
from icpfit.sources.frames import warehouse_from_frames
from icpfit.sources.warehouse import Warehouse

CUTOFF = (19_723 + 55) * DAY
Frames = dict[str, pd.DataFrame]


def spec(name: str, table: str, aggregate: str, **more: Any) -> FeatureSpec:
    return FeatureSpec(name=name, label=name, layer="behavioral", table=table, aggregate=aggregate, **more)  # type: ignore[arg-type]


SPECS = (
    spec("logins", "events", "count", where="event = 'login'"),
    spec("users", "events", "distinct", window_days=30),
    spec("since", "events", "recency_days"),
    spec("early", "events", "count", after="trial_started", window_days=10),
    spec("later", "events", "count", after="it's"),
    spec("after_login", "technologies", "any", after="login", window_days=20),
    spec("lowest", "events", "min", column="value"),
    spec("newest", "events", "last", column="event", kind="category"),
    spec("newest_value", "events", "last", column="value", where="event = 'login'", window_days=20),
    spec("rising", "events", "trend", window_days=10),
    spec("monthly", "events", "rate", window_days=15),
    spec("at_work", "events", "work_hours_share", utc_offset_hours=1.5),
    spec("first_login", "events", "days_to_first", after="trial_started", where="event = 'login'"),
    spec("growth", "accounts", "change", column="employee_count", window_days=5),
    spec("dbt", "technologies", "present", where="technology = 'dbt'", kind="flag"),
    spec("employees", "accounts", "value", column="employee_count", history=True),
    spec("industry", "accounts", "value", column="industry", kind="category"),
)


def without_future(frames: Frames) -> Frames:
    edge = pd.Timestamp("1970-01-01") + pd.Timedelta(microseconds=CUTOFF)
    out = {}
    for table, frame in frames.items():
        frame = frame.copy()
        for end in frame.columns.intersection(["last_seen_at", "closed_at"]):
            frame[end] = frame[end].where(frame[end] < edge)
        for time in frame.columns.intersection(["occurred_at", "valid_from", "first_seen_at", "recorded_at"]):
            frame = frame[frame[time].isna() | (frame[time] < edge)]
        out[table] = frame
    return out


def answers(company: Warehouse, moments: pd.DataFrame, taken_away: tuple[str, str]) -> tuple[list[pd.DataFrame], int]:
    """The queries' answers with one piece of the text replaced, and how often it stood there."""
    company.connection.register("_moments", moments.assign(_moment=np.arange(len(moments))))
    found, frames = 0, []
    for query in compile_features(company.connection, read_schema(company), SPECS).queries:
        found += query.sql.count(taken_away[0])
        frames.append(company.connection.sql(query.sql.replace(*taken_away)).df().set_index("_moment").reindex(np.arange(len(moments))))
    company.connection.unregister("_moments")
    return frames, found


def same(one: list[pd.DataFrame], other: list[pd.DataFrame]) -> bool:
    return all(a.equals(b.astype(a.dtypes.to_dict())) for a, b in zip(one, other, strict=True))


@pytest.fixture(scope="module")
def both(frames: Frames) -> tuple[Warehouse, Warehouse]:
    return warehouse_from_frames(frames), warehouse_from_frames(without_future(frames))


@pytest.fixture(scope="module")
def early() -> pd.DataFrame:
    """Every account on every day until the cutoff."""
    days = np.arange(CUTOFF - 50 * DAY, CUTOFF + 1, DAY)
    return pd.DataFrame({"account_id": np.repeat([f"A{i}" for i in range(12)], len(days)), "as_of": np.tile(days, 12)})


def test_deleting_the_future_changes_no_answer(both: tuple[Warehouse, Warehouse], early: pd.DataFrame) -> None:
    (whole, _), (cut, _) = (answers(house, early, ("", "")) for house in both)
    assert same(whole, cut)
    assert sum(int(f.notna().to_numpy().sum()) for f in whole) > 2000


@pytest.mark.parametrize(
    "taken_away",
    [
        (" AND r._seen < k.as_of", ""),
        ("r._at < k.as_of AND r._seen < k.as_of", "TRUE"),
        (" AND h.visible_at < k.as_of", ""),
        ("h.valid_from < k.as_of AND h.visible_at < k.as_of", "TRUE"),
        (" AND e.visible_at < k.as_of", ""),
        ("e.occurred_at < k.as_of AND e.visible_at < k.as_of", "TRUE"),
        ("WHERE c.visible_at IS NULL OR c.visible_at < m.as_of", ""),
        ("r._end < k.as_of", "r._end IS NOT NULL"),
    ],
)
def test_without_a_filter_the_future_is_seen(both: tuple[Warehouse, Warehouse], early: pd.DataFrame, taken_away: tuple[str, str]) -> None:
    (whole, found), (cut, _) = (answers(house, early, taken_away) for house in both)
    assert found > 0
    assert not same(whole, cut)


ROWS = ["logins", "users", "since", "lowest", "rising", "monthly", "_sum8", "_values8", "first_login", "newest", "newest_value"]


@pytest.mark.parametrize(
    ("taken_away", "seeing"),
    [
        ((" AND r._seen < k.as_of", ""), ROWS),
        ((" AND h.visible_at < k.as_of", ""), ["_field0_1"]),
        ((" AND e.visible_at < k.as_of", ""), ["first_login", "later"]),
    ],
)
def test_each_aggregate_would_see_the_future(
    both: tuple[Warehouse, Warehouse], early: pd.DataFrame, taken_away: tuple[str, str], seeing: list[str]
) -> None:
    """Not only some column of a query: each of these has no other guard than the filter."""
    (whole, _), (cut, _) = (answers(house, early, taken_away) for house in both)
    pairs = [(a[c], b[c].astype(a[c].dtype)) for a, b in zip(whole, cut, strict=True) for c in a.columns if c in seeing]
    assert len(pairs) >= len(seeing)
    unmoved = [one.name for one, other in pairs if one.equals(other)]
    assert not unmoved

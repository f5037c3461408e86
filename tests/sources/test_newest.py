"""The default moment of knowing."""

from __future__ import annotations

import math

import duckdb
import numpy as np
import pandas as pd
import pytest

from icpfit.errors import SourceError
from icpfit.moments import parse_moment
from icpfit.sources.frames import warehouse_from_frames
from icpfit.sources.newest import _almost_all_before

Frames = dict[str, pd.DataFrame]


def many(company: Frames, last: str) -> Frames:
    """3,000 deals over 300 days of 2025, and one more created at ``last``."""
    days = pd.date_range("2025-01-01", periods=3_000, freq="144min").astype(str).tolist()
    deals = pd.DataFrame({"deal_id": [f"X{i}" for i in range(3_001)], "account_id": "A", "created_at": [*days, last], "stage": "open"})
    return {"accounts": company["accounts"], "deals": deals.assign(closed_at=None)}


def test_newest_is_the_first_midnight_after(company: Frames) -> None:
    frames = many(company, "2025-11-05T12:00:00")
    assert warehouse_from_frames(frames).newest == parse_moment("2025-11-06")
    frames["deals"].loc[3_000, "created_at"] = "2025-11-06"
    assert warehouse_from_frames(frames).newest == parse_moment("2025-11-07"), "a row at midnight must lie strictly before"


def test_each_clock_counts(company: Frames) -> None:
    base = warehouse_from_frames(company | {"events": company["events"].iloc[:1]})
    assert base.newest == parse_moment("2026-06-21")  # the last close
    for table, clock, more in (
        ("signals", "occurred_at", {"signal": "layoffs"}),
        ("interactions", "occurred_at", {}),
        ("arr_changes", "changed_at", {"subscription_id": "S1", "arr": 3}),
    ):
        row = pd.DataFrame([{"account_id": "A", clock: "2026-07-04T10:00:00", **more}])
        assert warehouse_from_frames(company | {table: row}).newest == parse_moment("2026-07-05")


def test_planned_starts_and_ends_do_not_count(company: Frames) -> None:
    plain = warehouse_from_frames(company).newest
    company["subscriptions"]["ended_at"] = pd.to_datetime(["2029-01-01", None])
    assert warehouse_from_frames(company).newest == plain


def test_a_slip_of_the_pen_is_refused_with_its_row(company: Frames) -> None:
    warehouse_from_frames(many(company, "2025-11-20"))
    sentence = r"deals: created_at in row 3,001 is 2205-11-20, more than 30 days after 99\.9 % of the 3,001 times in that column"
    with pytest.raises(SourceError, match=sentence):
        warehouse_from_frames(many(company, "2205-11-20"))


def test_a_slip_of_the_pen_in_a_small_table(company: Frames) -> None:
    company["deals"].loc[5, "created_at"] = pd.Timestamp("2206-06-03")
    with pytest.raises(SourceError, match="created_at in row 6 is 2206-06-03"):
        warehouse_from_frames(company)


def test_a_closing_date_that_stands_for_ever_is_refused_however_many_there_are(company: Frames) -> None:
    frames = many(company, "2025-11-05")
    frames["deals"].loc[::2, ["stage", "closed_at"]] = ["lost", "9999-12-31"]
    with pytest.raises(SourceError, match="closed_at in row 1 is 9999-12-31, which can be no time") as caught:
        warehouse_from_frames(frames)
    assert "leave that cell empty" in caught.value.hint


def test_a_row_that_is_left_out_does_not_set_the_clock(company: Frames) -> None:
    plain = warehouse_from_frames(company).newest
    company["deals"].loc[5, ["created_at", "account_id"]] = [pd.Timestamp("2206-06-03"), "nobody"]
    assert warehouse_from_frames(company).newest == plain


@pytest.mark.parametrize("count", [1, 2, 3, 1_000, 1_001, 1_002, 2_345])
def test_the_counted_percentile_is_the_true_one(count: int) -> None:
    """Against DuckDB's own, on each side of every time near it."""
    times = np.sort(np.random.default_rng(count).integers(0, 10**6, count))
    with duckdb.connect() as connection:
        connection.register("given", pd.DataFrame({"t": times}))
        connection.execute("CREATE TABLE s AS SELECT * FROM given")
        nearly = connection.execute("SELECT quantile_cont(t, 0.999) FROM s").fetchall()[0][0]
        near = {int(t) + d for t in times[-5:] for d in (-1, 0, 1)} | {math.floor(nearly), math.floor(nearly) + 1}
        for edge in sorted(e for e in near if e <= times[-1]):
            assert _almost_all_before(connection, "s WHERE true", "t", edge, count) == (nearly < edge), edge

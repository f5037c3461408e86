"""The same moment however a file writes it, and what the clocks of a place showed."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import worlds
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from icpfit.config import FolderSource
from icpfit.errors import ConfigError
from icpfit.features.build import build_features
from icpfit.moments import DAY, parse_moment
from icpfit.sources.folder import read_folder
from icpfit.sources.intake import Intake
from icpfit.sources.sql import micros_of
from icpfit.sources.warehouse import Warehouse

REPEATABLE = settings(deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck), phases=(Phase.generate,))
BERLIN = "Europe/Berlin"


def read(folder: Path, **more: object) -> Warehouse:
    source = FolderSource.model_validate({"kind": "folder", "path": folder, **more})
    return read_folder(source, Intake(1.0, accountless_rows_exempt=True))


def events_at(folder: Path, cells: list[str] | pa.Array, **more: object) -> list[int | None]:
    """When events happened whose times a CSV file, or a column of a Parquet file, holds so."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "accounts.csv").write_text("account_id,domain\nA,a.example\n")
    (folder / "deals.csv").write_text("deal_id,account_id,created_at,closed_at,stage\nd,A,2020-01-01T00:00:00Z,,open\n")
    names = pa.array([f"e{i:03}" for i in range(len(cells))])
    if isinstance(cells, list):
        rows = "".join(f'A,"{cell}",{name}\n' for cell, name in zip(cells, names.to_pylist(), strict=True))
        (folder / "events.csv").write_text(f"account_id,occurred_at,event\n{rows}")
    else:
        table = pa.table({"account_id": pa.array(["A"] * len(cells)), "occurred_at": cells, "event": names})
        pq.write_table(table, folder / "events.parquet")
    frame = read(folder, **more).frame("events").sort_values("event")
    return [None if pd.isna(v) else int(v) for v in frame["occurred_at"]]


def local(text: str, fold: int = 0, zone: str = BERLIN) -> int:
    moment = dt.datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold)
    return (moment - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(microseconds=1)


@settings(REPEATABLE, max_examples=3)
@given(st.randoms(use_true_random=False))
def test_offsets_and_the_order_of_rows_and_columns_change_nothing(tmp_path_factory: pytest.TempPathFactory, random: Random) -> None:
    """One world, written twice: every time in a zone of its own, rows and columns in an order of their own."""
    world = worlds.make_world(random)
    world["events"].append(worlds.plain_event("a0"))
    world["deals"] = [{**dict.fromkeys(worlds.COLUMNS["deals"]), "deal_id": "d", "account_id": "a0", "created_at": DAY, "stage": "open"}]
    moments = worlds.moments_frame(worlds.make_asked(random, world))
    folder = tmp_path_factory.mktemp("written")
    houses = []
    for name in ("one", "other"):
        worlds.write_csv(random, folder / name, world)
        houses.append(read(folder / name))
    assert houses[0].fingerprint == houses[1].fingerprint
    # A column that the contract does not know is text, in a file.
    specs = [s for s in worlds.SPECS if "Team size" not in (s.where or "")]
    here, there = (build_features(house, specs, moments) for house in houses)
    pd.testing.assert_frame_equal(here, there, check_exact=True)


@pytest.mark.parametrize("zone", [None, "UTC", "Asia/Kolkata", BERLIN])
@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_a_parquet_column_with_a_zone_says_when_it_was(tmp_path: Path, zone: str | None, unit: str) -> None:
    cells = pa.array([parse_moment("2024-10-27T00:30:00") // 10**6, parse_moment("2024-10-27T01:30:00") // 10**6], pa.int64())
    column = cells.cast(pa.timestamp("s")).cast(pa.timestamp(unit)).cast(pa.int64()).cast(pa.timestamp(unit, zone))
    expected = [parse_moment("2024-10-27T00:30:00"), parse_moment("2024-10-27T01:30:00")]
    assert events_at(tmp_path, column) == expected
    if zone is not None:
        assert events_at(tmp_path, column, time_zone="America/New_York") == expected


def test_the_doubled_hour_is_told_apart_by_its_offset(tmp_path: Path) -> None:
    summer, winter = events_at(tmp_path, ["2024-10-27T02:30:00+02:00", "2024-10-27T02:30:00+01:00"])
    assert winter is not None
    assert winter - (summer or 0) == DAY // 24


LOCAL = ["2024-03-31 01:59:59", "2024-03-31T03:00", "2024-07-01", "2024-10-27 01:59:59.999999", "2024-10-27 03:00:00", "2024-12-24 18:00"]


def test_times_without_an_offset_are_utc_or_what_the_clocks_of_the_zone_showed(tmp_path: Path) -> None:
    utc = [parse_moment(t) for t in LOCAL]
    there = [local(t) for t in LOCAL]
    assert events_at(tmp_path / "a", LOCAL) == utc == events_at(tmp_path / "a", LOCAL, time_zone="UTC")
    assert events_at(tmp_path / "b", LOCAL, time_zone=BERLIN) == there
    typed = pa.array(utc, pa.timestamp("us"))
    assert events_at(tmp_path / "c", typed) == utc
    assert events_at(tmp_path / "d", typed, time_zone=BERLIN) == there
    dates = pa.array([dt.date(2024, 7, 1), dt.date(2024, 1, 1)])
    assert events_at(tmp_path / "e", dates, time_zone=BERLIN) == [local("2024-07-01"), local("2024-01-01")]
    own = [f"{t[8:10]}.{t[5:7]}.{t[:4]}" for t in LOCAL]
    assert events_at(tmp_path / "f", own, time_zone=BERLIN, date_format="%d.%m.%Y") == [local(t[:10]) for t in LOCAL]
    with_offset = ["27.10.2024 02:30 +0200", "2024-07-01T10:00:00+05:30", "2024-07-01T10:00:00Z"]
    expected = [parse_moment(t) for t in ("2024-10-27T00:30:00", "2024-07-01T04:30:00", "2024-07-01T10:00:00")]
    assert events_at(tmp_path / "g", with_offset, time_zone=BERLIN, date_format="%d.%m.%Y %H:%M %z") == expected


def test_a_doubled_hour_is_the_second_and_a_missing_one_as_much_later(tmp_path: Path) -> None:
    """The later of the two: what was known then is not known sooner than it was."""
    doubled, missing = ["2024-10-27 02:00:00", "2024-10-27 02:59:59"], ["2024-03-31 02:00:00", "2024-03-31 02:30:00"]
    expected = [*(local(t, fold=1) for t in doubled), *(local(t.replace(" 02:", " 03:")) for t in missing)]
    assert events_at(tmp_path / "a", doubled + missing, time_zone=BERLIN) == expected
    typed = pa.array([parse_moment(t) for t in doubled + missing], pa.timestamp("us"))
    assert events_at(tmp_path / "b", typed, time_zone=BERLIN) == expected


@pytest.mark.parametrize("zone", ["America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia", "Africa/Casablanca"])
def test_every_hour_of_two_years_is_what_the_zone_database_says(zone: str) -> None:
    hours = [dt.datetime(2011, 6, 1) + dt.timedelta(minutes=30 * i) for i in range(2 * 365 * 48)]
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    connection.register("hours", pa.table({"naive": pa.array(hours, pa.timestamp("us")), "written": [str(h) for h in hours]}))
    columns = ", ".join(micros_of(c, kind, None, zone) for c, kind in (("naive", "TIMESTAMP"), ("written", "VARCHAR")))
    typed, text = zip(*connection.sql(f"SELECT {columns} FROM hours").fetchall(), strict=True)
    assert typed == text

    def moment(hour: dt.datetime) -> int:
        first, second = (local(hour.isoformat(), fold, zone) for fold in (0, 1))
        return max(first, second)  # doubled: the second is later; left out: fold=0 counts on with the clocks from before

    assert list(typed) == [moment(hour) for hour in hours]


def test_for_ever_and_long_ago_stay_what_they_are() -> None:
    """They stand for what no clock showed, and are looked for by their day."""
    cells = ["'9999-12-31'", "'1850-01-01'", "'0001-01-02 00:00:00'"]
    connection = duckdb.connect()
    for cell in cells:
        text, typed = (micros_of(c, kind, None, BERLIN) for c, kind in ((cell, "VARCHAR"), (f"TIMESTAMP {cell}", "TIMESTAMP")))
        assert connection.sql(f"SELECT {text}, {typed}").fetchall() == [(parse_moment(cell.strip("'")),) * 2]


def test_a_zone_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"source.time_zone: there is no time zone 'Europe/Berln'") as caught:
        events_at(tmp_path, ["2024-01-01"], time_zone="Europe/Berln")
    assert caught.value.hint == "did you mean 'Europe/Berlin'?"

"""The same company in files, in a DuckDB file and in a real PostgreSQL is the same warehouse, to the fingerprint."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from databases import Frames, postgres_do, write_duckdb, write_postgres

from icpfit.config import DuckDBSource, PostgresSource
from icpfit.errors import ConfigError, SourceError
from icpfit.sources.database import read_database
from icpfit.sources.duckdb_store import DuckDBStore
from icpfit.sources.frames import warehouse_from_frames
from icpfit.sources.intake import Intake
from icpfit.sources.postgres_store import PostgresStore
from icpfit.sources.sql import connect
from icpfit.sources.warehouse import Warehouse

Read = Callable[..., Warehouse]
VARIABLE = "ICPFIT_TEST_PG_URL"


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Read a DuckDB file, with settings of the source as keywords."""

    def opened(path: Path, *, max_left_out: float = 0.5, **settings: object) -> Warehouse:
        source = DuckDBSource.model_validate({"kind": "duckdb", "path": path, **settings})
        return read_database(source, Intake(max_left_out))

    return opened


@pytest.fixture
def read_pg(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> Read:
    """Read the test's own PostgreSQL database likewise."""
    monkeypatch.setenv(VARIABLE, postgres_url)

    def opened(*, max_left_out: float = 0.5, **settings: object) -> Warehouse:
        source = PostgresSource.model_validate({"kind": "postgres", "url_env": VARIABLE, **settings})
        return read_database(source, Intake(max_left_out))

    return opened


@pytest.fixture
def rich(company: Frames) -> Frames:
    """With columns of the company's own: whole numbers with a gap, fractions, flags, odd texts."""
    company["accounts"] = company["accounts"].assign(
        seats=[1.0, None, -3.0, 40.0],
        score=[1.5, 2.0, None, 0.25],
        is_partner=[True, False, True, True],
        note=['a "quote", and\r\na line', "Zürich 業種 😀", "\\.", r"back\slash\N"],
    )
    return company


TYPES = {
    "accounts": {"employee_count": "smallint", "seats": "bigint", "score": "numeric(12,4)", "industry": "character(12)"},
    "deals": {"amount": "numeric", "created_at": "date", "closed_at": "timestamp with time zone", "stage": "deal_stage"},
    "events": {"occurred_at": "timestamp with time zone"},
    "subscriptions": {"arr": "real", "started_at": "date"},
}


def test_files_duckdb_and_postgres_are_the_same_company(rich: Frames, read: Read, read_pg: Read, postgres_url: str, tmp_path: Path) -> None:
    in_memory = warehouse_from_frames(rich)
    write_duckdb(tmp_path / "acme.duckdb", rich)
    postgres_do(postgres_url, "CREATE TYPE deal_stage AS ENUM ('open', 'won', 'lost')")
    write_postgres(postgres_url, rich, types=TYPES)
    for warehouse in (read(tmp_path / "acme.duckdb"), read_pg()):
        for table in rich:
            pd.testing.assert_frame_equal(warehouse.frame(table), in_memory.frame(table))
        assert warehouse.fingerprint == in_memory.fingerprint
        assert warehouse.counts == in_memory.counts
        assert warehouse.newest == in_memory.newest
        assert warehouse.findings == ()
    assert in_memory.frame("accounts")["seats"].tolist()[2:] == ["-3", "40"]
    assert in_memory.frame("accounts")["note"].tolist() == rich["accounts"]["note"].tolist()


def test_text_typed_dates_are_read_by_their_form_and_typed_ones_by_their_type(company: Frames, read_pg: Read, postgres_url: str) -> None:
    as_text = {**company, "deals": company["deals"].assign(created_at=company["deals"]["created_at"].dt.strftime("%m/%d/%Y"))}
    write_postgres(postgres_url, as_text)
    assert read_pg(date_format="%m/%d/%Y").fingerprint == warehouse_from_frames(company).fingerprint
    with pytest.raises(SourceError, match=r"public\.deals: none of its 6 rows can be used, mostly 'bad date'") as caught:
        read_pg()
    assert "set source.date_format" in str(caught.value.hint)


def test_names_that_are_quoted_reserved_or_elsewhere(company: Frames, read_pg: Read, read: Read, postgres_url: str, tmp_path: Path) -> None:
    odd = {
        'Konten "neu"': company["accounts"].rename(columns={"account_id": "select", "industry": "From"}),
        "order": company["deals"].rename(columns={"account_id": "select", "stage": "Stage of deal"}),
        "events": company["events"],
    }
    settings = {
        "schema": "Sales Data",
        "tables": {"accounts": 'Konten "neu"', "deals": "order"},
        "columns": {
            "accounts": {"account_id": "select", "industry": "From"},
            "deals": {"account_id": "select", "stage": "Stage of deal"},
        },
    }
    write_postgres(postgres_url, odd, schema="Sales Data")
    write_duckdb(tmp_path / "it's [1].duckdb", odd, schema="Sales Data")
    plain = warehouse_from_frames({t: company[t] for t in ("accounts", "deals", "events")})
    assert read_pg(**settings).fingerprint == read(tmp_path / "it's [1].duckdb", **settings).fingerprint == plain.fingerprint


def test_views_are_tables_too(company: Frames, read_pg: Read, read: Read, postgres_url: str, tmp_path: Path) -> None:
    view = "CREATE VIEW deals AS SELECT *, amount * 2 AS doubled FROM raw_deals WHERE stage <> 'lost'"
    renamed = {("raw_deals" if name == "deals" else name): frame for name, frame in company.items()}
    write_postgres(postgres_url, renamed)
    of_one = "CREATE MATERIALIZED VIEW interviews AS SELECT 'I1' AS interview_id, 'A' AS account_id, now() AS held_at"
    postgres_do(postgres_url, view, of_one)
    write_duckdb(tmp_path / "acme.duckdb", renamed)
    with duckdb.connect(tmp_path / "acme.duckdb") as connection:
        connection.execute(view)
    for warehouse in (read_pg(), read(tmp_path / "acme.duckdb")):
        assert warehouse.frame("deals")["doubled"].tolist()[:1] == ["2001"]
        assert {c.table: c.used for c in warehouse.counts}["deals"] == 4
    assert read_pg().has("interviews")


def test_for_ever_is_the_last_day_and_a_year_that_is_none_is_one_bad_row(
    company: Frames, read_pg: Read, read: Read, postgres_url: str, tmp_path: Path
) -> None:
    ends = ("UPDATE subscriptions SET ended_at = 'infinity' WHERE subscription_id = 'S2'",)
    write_postgres(postgres_url, company)
    write_duckdb(tmp_path / "acme.duckdb", company)
    postgres_do(postgres_url, *ends)
    with duckdb.connect(tmp_path / "acme.duckdb") as connection:
        connection.execute(ends[0])
    written = {**company, "subscriptions": company["subscriptions"].assign(ended_at=["2026-06-02", "9999-12-31"])}
    wanted = warehouse_from_frames(written).frame("subscriptions")
    for warehouse in (read_pg(), read(tmp_path / "acme.duckdb")):
        pd.testing.assert_frame_equal(warehouse.frame("subscriptions"), wanted)
    postgres_do(
        postgres_url,
        "UPDATE deals SET created_at = '20226-01-03' WHERE deal_id = 'D-1'",
        "UPDATE deals SET created_at = '0044-03-15 BC' WHERE deal_id = 'D-2'",
    )
    warehouse = read_pg()
    assert next(c for c in warehouse.counts if c.table == "deals").left_out == {"bad date": 2}
    assert any("created_at '20226-01-03" in f.words or "created_at '0044-03-15" in f.words for f in warehouse.findings)


def test_ids_keep_every_digit_and_types_of_all_kinds_become_texts(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    postgres_do(
        postgres_url,
        "CREATE DOMAIN small AS integer CHECK (VALUE < 100)",
        """CREATE TABLE t AS SELECT 12345678901234567890::numeric AS a, 98765432109876543210.50::numeric(22,2) AS b,
            'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid AS c, '{"k": [1, "x,y"]}'::jsonb AS d, ARRAY['p', 'q r', NULL] AS e,
            'NaN'::float8 AS f, 'Infinity'::float8 AS g, ''::text AS h, NULL::text AS i, 7::small AS j, '25:00'::interval AS k,
            0.1::float8 + 0.2 AS l, 'NaN'::numeric AS m, '\\xDEADBEEF'::bytea AS n, '13:01:02'::time AS o, false AS p""",
        "CREATE TABLE one (x text)",
        "INSERT INTO one VALUES (NULL), (''), ('a'), (NULL)",
        "CREATE TABLE empty (x timestamptz, y integer)",
    )
    monkeypatch.setenv(VARIABLE, postgres_url)
    connection = connect()
    with PostgresStore(VARIABLE) as store:
        raw = store.open(connection, "t")
        row = connection.sql(f"SELECT * FROM {raw.relation}").fetchall()[0]
        one = connection.sql(f"SELECT * FROM {store.open(connection, 'one').relation}").fetchall()
        empty = store.open(connection, "empty")
        none = connection.sql(f"SELECT * FROM {empty.relation}").fetchall()
    assert row[:5] == (
        *("12345678901234567890", "98765432109876543210.5", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
        *('{"k": [1, "x,y"]}', '{p,"q r",NULL}'),
    )
    assert str(row[5]) == "nan"
    assert row[6:] == (float("inf"), "", None, 7, "PT25H", 0.1 + 0.2, "NaN", "\\xdeadbeef", "13:01:02", False)
    assert one == [(None,), ("",), ("a",), (None,)]
    assert none == []
    assert [c.duck_type for c in empty.columns] == ["TIMESTAMP WITH TIME ZONE", "BIGINT"]


def test_all_tables_are_read_as_they_stood_at_one_moment(company: Frames, postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    write_postgres(postgres_url, company)
    monkeypatch.setenv(VARIABLE, postgres_url)
    connection = connect()
    with PostgresStore(VARIABLE) as store:
        store.open(connection, "accounts")
        postgres_do(postgres_url, "DELETE FROM deals", "CREATE TABLE late (x integer)")
        raw = store.open(connection, "deals")
        assert connection.sql(f"SELECT count(*) FROM {raw.relation}").fetchall() == [(6,)]
        assert "late" not in store.names()


def test_a_long_copy_says_how_far_it_is_and_leaves_no_file_behind(
    company: Frames, postgres_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    write_postgres(postgres_url, company)
    monkeypatch.setenv(VARIABLE, postgres_url)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("icpfit.sources.postgres_copy.QUIET_SECONDS", 0.0)
    said: list[str] = []
    monkeypatch.setattr("icpfit.progress._listeners", [said.append])
    with PostgresStore(VARIABLE) as store:
        store.open(connect(), "deals")
        assert len(list(tmp_path.iterdir())) == 1
    assert said == ["public.deals: 6 rows read"]
    assert list(tmp_path.iterdir()) == []


def test_a_database_that_lacks_a_table_says_what_is_there_and_how_to_name_it(
    company: Frames, read_pg: Read, read: Read, postgres_url: str, tmp_path: Path
) -> None:
    renamed = {{"deals": "Deals", "events": "event"}.get(name, name): frame for name, frame in company.items()}
    write_postgres(postgres_url, renamed)
    write_duckdb(tmp_path / "acme.duckdb", renamed)
    of_file = partial(read, tmp_path / "acme.duckdb")
    for where, opened in (("PostgreSQL, schema public", read_pg), ("acme.duckdb, schema main", of_file)):
        with pytest.raises(SourceError, match=f"{where}: there is no table or view 'deals'; it holds Deals, accounts, event") as caught:
            opened()
        assert "source.tables: {deals: Deals}" in str(caught.value.hint)
        with pytest.raises(SourceError, match=r"there is no table or view 'deal', though source.tables.deals names it") as caught:
            opened(tables={"deals": "deal"})
        assert "did you mean 'Deals'?" in str(caught.value.hint)
        warehouse = opened(tables={"deals": "Deals"})
        assert [f.words for f in warehouse.findings] == [
            "event: is not read; if it is the table events, say source.tables: {events: event}"
        ]
        with pytest.raises(ConfigError, match=r"source.tables: there is no table 'deal'"):
            opened(tables={"deal": "Deals"})
        with pytest.raises(SourceError, match=r"there is no schema 'mian'|there is no schema 'publik'") as caught:
            opened(schema="publik" if where.startswith("P") else "mian")
        assert "source.schema" in str(caught.value.hint)


def test_a_needed_column_that_is_not_there_and_a_table_without_rows(company: Frames, read_pg: Read, postgres_url: str) -> None:
    write_postgres(postgres_url, {**company, "deals": company["deals"].drop(columns="closed_at")})
    with pytest.raises(SourceError, match=r"public\.deals: the needed column 'closed_at' is not there; it has the columns deal_id"):
        read_pg()
    postgres_do(postgres_url, "ALTER TABLE deals ADD COLUMN closed_at date", "DELETE FROM deals")
    with pytest.raises(SourceError, match=r"public\.deals: the table has no rows"):
        read_pg()


@pytest.fixture
def stored(company: Frames, tmp_path: Path) -> Path:
    write_duckdb(tmp_path / "acme.duckdb", company)
    return tmp_path / "acme.duckdb"


def test_a_duckdb_file_is_only_read_and_free_again_afterwards(stored: Path, read: Read) -> None:
    before = stored.read_bytes()
    read(stored)
    with duckdb.connect(stored) as connection:  # a writer finds no lock
        connection.execute("CREATE TABLE later (x integer)")
    assert before != stored.read_bytes()
    connection = connect()
    with DuckDBStore(stored) as store:
        raw = store.open(connection, "accounts")
        with pytest.raises(duckdb.Error, match="read-only"):
            connection.execute(f"DELETE FROM {raw.relation.split('FROM ')[-1].rstrip(')')}")


def test_what_is_no_duckdb_file(read: Read, tmp_path: Path, stored: Path) -> None:
    with pytest.raises(SourceError, match=r"gone\.duckdb: no such DuckDB file"):
        read(tmp_path / "gone.duckdb")
    with pytest.raises(SourceError, match="is a folder, not a file"):
        read(tmp_path)
    (tmp_path / "deals.duckdb").write_text("deal_id,account_id\n1,A\n")
    with pytest.raises(SourceError, match="is not a DuckDB file"):
        read(tmp_path / "deals.duckdb")
    (tmp_path / "cut.duckdb").write_bytes(stored.read_bytes()[:5000])
    with pytest.raises(SourceError, match=r"cut\.duckdb: cannot be opened"):
        read(tmp_path / "cut.duckdb")


def test_a_view_whose_file_is_gone_is_one_sentence(stored: Path, read: Read, tmp_path: Path) -> None:
    (tmp_path / "signals.csv").write_text("account_id,occurred_at,signal\nA,2026-01-01,funding\n")
    with duckdb.connect(stored) as connection:
        connection.execute(f"CREATE VIEW signals AS SELECT * FROM read_csv('{tmp_path / 'signals.csv'}')")
    assert read(stored).has("signals")
    (tmp_path / "signals.csv").unlink()
    with pytest.raises(SourceError, match=r"main\.signals: cannot be read \(IO Error"):
        read(stored)

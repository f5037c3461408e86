"""A company's events, made up from hashes of their numbers: the same every time, under one version of DuckDB."""

from __future__ import annotations

from pathlib import Path

import duckdb

from contestants.task import DAY, KINDS, OTHER_KINDS

START = 19_358 * DAY
"""2023-01-01 in microseconds"""
DAYS = 730
FIRST_MOMENT = 100
"""Days after the start: every window of every moment lies within the data."""


def make(folder: Path, events: int) -> None:
    """``accounts``, ``deals`` and ``events`` as a data folder, and ``moments``: four of each account, on different days.

    A third of the accounts have two thirds of the events, a few users most of an account's. An event is recorded within a
    minute, one in twenty up to five days late. The file is in the order of time, as logs are.
    """
    accounts = max(50, min(50_000, events // 40))
    folder.mkdir(parents=True, exist_ok=True)
    source = folder / "company"
    source.mkdir(exist_ok=True)
    kinds = ", ".join(f"'{k}'" for k in (*KINDS, *OTHER_KINDS))

    def share(salt: int) -> str:
        return f"(hash(i * 7 + {salt}) / 18446744073709551616.0)"

    def moment(micros: str) -> str:
        return f"make_timestamp(CAST({micros} AS BIGINT))"

    spread = (DAYS - FIRST_MOMENT) // 4
    with duckdb.connect() as connection:
        connection.execute("SET memory_limit = '1GB'")
        connection.execute(f"SET temp_directory = '{folder / 'aside'}'")
        connection.execute(f"""
            COPY (SELECT 'acc-' || (100000 + i) AS account_id, 'c' || i || '.example' AS domain FROM range({accounts}) r(i))
            TO '{source / "accounts.parquet"}'""")
        connection.execute(f"""
            COPY (SELECT 'd1' AS deal_id, 'acc-100000' AS account_id, {moment(str(START))} AS created_at,
                {moment(str(START + DAY))} AS closed_at, 'won' AS stage)
            TO '{source / "deals.parquet"}'""")
        connection.execute(f"""
            COPY (
                WITH drawn AS (
                    SELECT least(CAST(floor({accounts} * pow({share(1)}, 1.5)) AS BIGINT), {accounts} - 1) AS account,
                        {START} + (i * {DAYS * 86_400} // {events}) * 1000000 AS micros,
                        CAST(floor(40 * pow({share(2)}, 2)) AS BIGINT) AS person,
                        hash(i * 7 + 3) AS kind, hash(i * 7 + 4) AS late
                    FROM range({events}) r(i))
                SELECT 'acc-' || (100000 + account * 7919 % {accounts}) AS account_id, {moment("micros")} AS occurred_at,
                    ([{kinds}])[1 + CAST(kind % 8 AS INTEGER)] AS event, 'u' || (account * 40 + person) AS user_id,
                    {moment("micros + 1000000 * CASE WHEN late % 20 = 0 THEN late // 20 % 432000 ELSE late // 20 % 60 END")} AS recorded_at
                FROM drawn)
            TO '{source / "events.parquet"}'""")
        connection.execute(f"""
            COPY (SELECT 'acc-' || (100000 + i) AS account_id,
                {START} + ({FIRST_MOMENT} + {spread} * j + CAST(hash(i * 7 + j) % {spread} AS BIGINT)) * {DAY} AS as_of
                FROM range({accounts}) r(i), range(4) s(j) ORDER BY hash(i * 4 + j))
            TO '{folder / "moments.parquet"}'""")

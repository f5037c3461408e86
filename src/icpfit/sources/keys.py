"""Faults that only a whole table shows: accounts nobody knows, keys that come twice."""

from __future__ import annotations

import duckdb

from icpfit.sources.companies import MEMBERS
from icpfit.sources.moved import seen
from icpfit.sources.sql import quoted
from icpfit.sources.staging import CELL, COPY, REASON, REPEATED, ROW, SUBJECT, UNKNOWN_ACCOUNT, Staged

SEEN = '"icpfit seen"'


def mark_unknown_accounts(connection: duckdb.DuckDBPyConnection, staged: Staged) -> None:
    """Mark the rows whose ``account_id`` is neither in the clean ``accounts`` nor merged into one that is."""
    if "account_id" not in staged.names or staged.table.name in ("accounts", "account_merges"):
        return
    connection.execute(f"""
        INSERT INTO {staged.faults}
        SELECT s.rowid, '{UNKNOWN_ACCOUNT}', 'account_id', s.account_id FROM {staged.staged} s
        WHERE s.{REASON} IS NULL AND NOT EXISTS (SELECT 1 FROM accounts a WHERE a.account_id = s.account_id)
            AND NOT EXISTS (SELECT 1 FROM {MEMBERS} m WHERE m.account_id = s.account_id)""")


def mark_repeated_keys(connection: duckdb.DuckDBPyConnection, staged: Staged) -> None:
    """Of rows with one key keep the one that was known first, whatever the order in the file.

    So deleting what came later changes nothing. A row that does not say when it was recorded was known from its own time on,
    or always. Ties go by content: times first, empty last, so that what is not over yet comes after what is.
    A table without a key has no repeated rows: two equal events are two events.
    """
    table = staged.table
    if not table.key:
        return
    key = ", ".join(quoted(k) for k in table.key)
    everything = [quoted(n) for n in staged.names]
    times = [quoted(n) for n in (table.time, *table.times, "recorded_at") if n in staged.names]
    known_first = f"{SEEN} ASC NULLS FIRST"
    order = ", ".join([known_first, *(f"{n} ASC NULLS LAST" for n in dict.fromkeys([*times, *everything]))])
    good = f"FROM {staged.staged} s WHERE NOT EXISTS (SELECT 1 FROM {staged.faults} f WHERE f.{ROW} = s.rowid)"
    connection.execute(f"""
        INSERT INTO {staged.faults}
        WITH good AS (SELECT s.rowid AS {ROW}, {seen(table, staged.names)} AS {SEEN}, {", ".join("s." + n for n in everything)} {good}),
        twice AS (SELECT {key} FROM good GROUP BY {key} HAVING count(*) > 1),
        ranked AS (
            SELECT {ROW}, {quoted(table.key[0])} AS first_key,
                row_number() OVER (PARTITION BY {key} ORDER BY {order}, {ROW}) AS place,
                row_number() OVER (PARTITION BY {", ".join(everything)} ORDER BY {ROW}) AS copy
            FROM good SEMI JOIN twice USING ({key}))
        SELECT {ROW}, CASE WHEN copy > 1 THEN '{COPY}' ELSE '{REPEATED}' END AS {REASON},
            '{table.key[0]}' AS {SUBJECT}, CAST(first_key AS VARCHAR) AS {CELL}
        FROM ranked WHERE place > 1""")

"""Rows of merged accounts: they go to the account that is kept, and are seen no sooner than their own account was."""

from __future__ import annotations

import duckdb

from icpfit.sources.companies import MEMBERS
from icpfit.sources.contract import Table
from icpfit.sources.sql import quoted
from icpfit.sources.staging import CELL, OWN_HISTORY, OWN_ROW, REASON, ROW, SUBJECT, Staged

WHO = ("accounts", "account_merges")
"""The tables that say who is who: their ids stay as they are."""

REFERENCES = ("referred_by_account_id",)
"""Further columns that name an account."""


def seen(table: Table, names: tuple[str, ...], row: str = "s", member: str | None = None) -> str:
    """SQL for when a row was visible: the later of its own time, ``recorded_at`` and when its own account was known."""
    own = f"{row}.{quoted(table.time)}" if table.time else "CAST(NULL AS BIGINT)"
    recorded = f"{row}.recorded_at" if "recorded_at" in names else "CAST(NULL AS BIGINT)"
    # greatest() passes over NULL: what is known of the three decides.
    return f"greatest({own}, {recorded}{f', {member}.visible_at' if member is not None else ''})"


def moves(connection: duckdb.DuckDBPyConnection, staged: Staged) -> bool:
    """Whether a table has rows that may have to move."""
    if staged.table.name in WHO or "account_id" not in staged.names:
        return False
    return bool(connection.sql(f"SELECT 1 FROM {MEMBERS} LIMIT 1").fetchall())


def moved_columns(staged: Staged) -> tuple[list[str], str]:
    """The columns of the clean table and the joins that they need, where rows may move.

    A reference is followed only where its account was known when the row was seen; else it names nobody that was known.
    """
    when = seen(staged.table, staged.names, "s", "m")
    columns, joins = [], f"LEFT JOIN {MEMBERS} m ON m.account_id = s.account_id"
    for name in staged.names:
        if name == "account_id":
            columns.append("coalesce(m.kept_id, s.account_id) AS account_id")
        elif name in REFERENCES:
            known = f"r.visible_at IS NULL OR r.visible_at <= {when}"
            columns.append(f"CASE WHEN {known} THEN coalesce(r.kept_id, s.{quoted(name)}) ELSE s.{quoted(name)} END AS {quoted(name)}")
            joins += f" LEFT JOIN {MEMBERS} r ON r.account_id = s.{quoted(name)}"
        else:
            columns.append(f"s.{quoted(name)}")
    return [*columns, f"{when} AS visible_at"], joins


def mark_moved_twice(connection: duckdb.DuckDBPyConnection, staged: Staged) -> None:
    """Mark the rows of a merged account that the kept account, or one merged before it, has too.

    Of rows with one key the one that was seen first stays. A field's history is one of the kept account's own words:
    a merged account's row is left out where the kept account had a row of that field already, of a time no later.
    """
    table = staged.table
    if "account_id" not in table.key or not moves(connection, staged):
        return
    kept = "coalesce(m.kept_id, s.account_id)"
    rest = [quoted(k) for k in table.key if k != "account_id"]
    history = table.name == "account_history"
    same = [k for k in rest if not (history and k == quoted("valid_from"))]
    rows = f"""
        SELECT s.rowid AS {ROW}, s.account_id, {kept} AS kept, coalesce(m.rank, 0) AS rank, {", ".join(f"s.{k}" for k in rest)},
            {seen(table, staged.names, "s", "m")} AS seen
        FROM {staged.staged} s LEFT JOIN {MEMBERS} m ON m.account_id = s.account_id {staged.good}
            AND {kept} IN (SELECT kept_id FROM {MEMBERS})"""
    equal = " AND ".join(["a.kept = b.kept", *(f"a.{k} = b.{k}" for k in same)])
    if history:
        before = "a.rank < b.rank AND a.valid_from <= b.valid_from AND a.seen <= b.seen"
    else:
        before = "a.rank <> b.rank AND (a.seen < b.seen OR (a.seen IS NOT DISTINCT FROM b.seen AND a.rank < b.rank))"
    reason = OWN_HISTORY if history else OWN_ROW
    connection.execute(f"""
        INSERT INTO {staged.faults}
        WITH {quoted("icpfit rows")} AS ({rows})
        SELECT b.{ROW}, '{reason.replace("'", "''")}' AS {REASON}, 'account_id' AS {SUBJECT}, b.account_id AS {CELL}
        FROM {quoted("icpfit rows")} b
        WHERE EXISTS (SELECT 1 FROM {quoted("icpfit rows")} a WHERE {equal} AND {before})""")

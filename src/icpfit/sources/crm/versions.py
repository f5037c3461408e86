"""What the fields of accounts were: from whole versions of a record, as history modes keep them, or from a row for each change."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

from icpfit.sources.crm.fields import Fields
from icpfit.sources.crm.table import CrmTable, iso
from icpfit.sources.crm.view import REASON, of_query
from icpfit.sources.raw import RawTable
from icpfit.sources.set_aside import DELETED, NO_FIELD, OF_DELETED, UNCHANGED
from icpfit.sources.sql import literal, quoted, text_of

GONE = f"""(SELECT account_id, {literal(OF_DELETED)} AS reason_of_rows FROM "icpfit crm fate" WHERE reason = {literal(DELETED)})"""
"""Accounts that are deleted, with the reason for what belongs to them."""


def changed_fields(
    connection: duckdb.DuckDBPyConnection, table: CrmTable, account_id: str, start: str, fields: Mapping[str, str], reason: str
) -> RawTable:
    """The contract's account_history.

    ``fields``: column of accounts -> SQL over ``t`` in a version. A record's first version gives every field that is filled:
    it was so from then on at the latest, and what it was before nobody kept. A version in which nothing changed is
    counted as such.
    """
    cells = ", ".join(f"{_as_text(connection, table, sql)} AS f{i}" for i, sql in enumerate(fields.values()))
    pairs = ", ".join(
        f"CASE WHEN CASE WHEN number = 1 THEN f{i} IS NOT NULL ELSE f{i} IS DISTINCT FROM b{i} END"
        f" THEN {{'field': {literal(name)}, 'value': f{i}}} END"
        for i, name in enumerate(fields)
    )
    before = ", ".join(f"lag(f{i}) OVER one AS b{i}" for i in range(len(fields)))
    body = f"""
        WITH versions AS (
            SELECT t.rowid AS place, {account_id} AS account_id, {start} AS since, {reason} AS reason, {cells} FROM {table.relation} t),
        numbered AS (
            SELECT *, row_number() OVER one AS number, {before} FROM versions
            WINDOW one AS (PARTITION BY account_id ORDER BY since, place)),
        listed AS (SELECT *, list_filter([{pairs}], lambda x: x IS NOT NULL) AS pairs FROM numbered),
        spread AS (SELECT *, unnest(CASE WHEN len(pairs) = 0 OR reason IS NOT NULL THEN [NULL] ELSE pairs END) AS pair FROM listed)
        SELECT s.account_id, pair.field AS field, pair.value AS value, {iso("since")} AS valid_from,
            coalesce(s.reason, f.reason_of_rows, CASE WHEN pair IS NULL THEN {literal(UNCHANGED)} END) AS {quoted(REASON)}
        FROM spread s LEFT JOIN {GONE} f ON f.account_id = s.account_id ORDER BY s.place, field"""
    return of_query(connection, "account_history", body, (table,))


def keyed_history(
    connection: duckdb.DuckDBPyConnection,
    table: CrmTable,
    account_id: str,
    field: str,
    value: tuple[str, ...],
    when: tuple[str, ...],
    fields: Fields,
    reason: str,
) -> RawTable:
    """account_history from rows of a field's name, its new value and the moment."""
    known = ", ".join(f"({literal(crm)}, {literal(column)})" for crm, column in sorted(fields.names.items()))
    name = f"regexp_replace(lower({field}), '[^\\p{{L}}\\p{{N}}]', '', 'g')"
    body = f"""
        SELECT {account_id} AS account_id, k.field, {table.text(*value)} AS value, {table.moment(*when)} AS valid_from,
            coalesce({reason}, g.reason_of_rows, CASE WHEN k.field IS NULL THEN {literal(NO_FIELD)} END) AS {quoted(REASON)}
        FROM {table.relation} t LEFT JOIN (VALUES {known}) k(name, field) ON k.name = {name}
        LEFT JOIN {GONE} g ON g.account_id = {account_id} ORDER BY t.rowid"""
    return of_query(connection, "account_history", body, (table,))


def _as_text(connection: duckdb.DuckDBPyConnection, table: CrmTable, sql: str) -> str:
    """A field as history holds it: text, numbers as they are read out of it again."""
    kind = str(connection.execute(f"DESCRIBE SELECT {sql} AS x FROM {table.relation} t").fetchall()[0][1])
    return sql if kind == "VARCHAR" else text_of(f"({sql})", kind)

"""A table of the contract made of a table of the CRM: one row for each, in the same order, with the reader's reason."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import duckdb

from icpfit.sources.crm.table import CrmTable
from icpfit.sources.raw import RawColumn, RawTable
from icpfit.sources.sql import literal, quoted

REASON = "icpfit left out because"
OWN = "icpfit crm"
"""How the names of all tables begin that the reader makes on the way."""


def first_reason(*cases: tuple[str, str]) -> str:
    """The first of (condition, reason) that holds; NULL where none does."""
    if not cases:
        return "CAST(NULL AS VARCHAR)"
    return "CASE " + " ".join(f"WHEN {when} THEN {literal(then)}" for when, then in cases) + " END"


def view_of(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    table: CrmTable,
    columns: Mapping[str, str],
    reason: str,
    joins: str = "",
) -> RawTable:
    """``columns`` are SQL over the alias ``t`` and whatever ``joins`` brings, which may not multiply the rows."""
    listed = ", ".join(f"{sql} AS {quoted(column)}" for column, sql in columns.items())
    body = f"SELECT {listed}, {reason} AS {quoted(REASON)} FROM {table.relation} t {joins} ORDER BY t.rowid"
    return of_query(connection, name, body, (table,))


def of_query(connection: duckdb.DuckDBPyConnection, name: str, body: str, tables: Iterable[CrmTable]) -> RawTable:
    """A query in the order of the tables' rows; several tables are counted through, one after the other.

    Its rows are kept, not looked up again and again: the check asks each cell many questions.
    """
    view = quoted(f"{OWN} as {name}")
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {view} AS {body}")
    described = connection.execute(f"DESCRIBE {view}").fetchall()
    columns = tuple(RawColumn(str(r[0]), quoted(str(r[0])), str(r[1])) for r in described if r[0] != REASON)
    unreadable: list[int] = []
    rows = 0
    for table in tables:
        unreadable += [rows + number for number in table.unreadable]
        rows += rows_of(connection, table.relation) + len(table.unreadable)
    return RawTable(" and ".join(t.place for t in tables), view, columns, tuple(unreadable), reason=quoted(REASON))


def rows_of(connection: duckdb.DuckDBPyConnection, relation: str, where: str = "true") -> int:
    return int(connection.execute(f"SELECT count(*) FROM {relation} t WHERE {where}").fetchall()[0][0])


def define(connection: duckdb.DuckDBPyConnection, name: str, body: str) -> str:
    """A temporary table of the reader's own; its name for SQL."""
    relation = quoted(f"icpfit crm {name}")
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {relation} AS {body}")
    return relation


def forget(connection: duckdb.DuckDBPyConnection) -> None:
    """Drop everything that the reader made on the way."""
    rows = connection.execute(
        f"SELECT table_name FROM duckdb_tables() WHERE temporary AND starts_with(table_name, {literal(OWN)})"
    ).fetchall()
    for (name,) in sorted(rows):
        connection.execute(f"DROP TABLE {quoted(str(name))}")

"""Distinct names and counts of a data folder's tables: all that a proposal needs to know of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from icpfit.config import DuckDBSource, FolderSource
from icpfit.errors import SourceError
from icpfit.sources.contract import TABLES
from icpfit.sources.database import find_tables
from icpfit.sources.duckdb_store import DuckDBStore
from icpfit.sources.folder import find_tables as find_files
from icpfit.sources.mapping import map_table
from icpfit.sources.raw import RawTable
from icpfit.sources.sql import connect, text_of
from icpfit.sources.store import open_table


@dataclass(frozen=True, slots=True)
class Name:
    """A name in a column, how many accounts have a row with it, and how many of its rows name a user."""

    text: str
    accounts: int
    users: int = 0


@dataclass(frozen=True)
class Tables:
    """The tables that are there, as they were handed in."""

    connection: duckdb.DuckDBPyConnection
    raw: Mapping[str, RawTable]

    @classmethod
    def of_folder(cls, folder: Path) -> Tables:
        """Raises SourceError where a table cannot be read or lacks a needed column."""
        connection, (files, _) = connect(), find_files(FolderSource(kind="folder", path=folder))
        return cls._checked(connection, {table: open_table(connection, path, alias=table) for table, path in files.items()})

    @classmethod
    def of_duckdb(cls, file: Path) -> Tables:
        """The same of a DuckDB file's main schema."""
        connection, source = connect(), DuckDBSource(kind="duckdb", path=file)
        store = DuckDBStore(source.path, source.schema_name)  # not left: the tables are read as long as they are asked
        return cls._checked(connection, {table: store.open(connection, name) for table, name in find_tables(source, store)[0].items()})

    @classmethod
    def _checked(cls, connection: duckdb.DuckDBPyConnection, raw: Mapping[str, RawTable]) -> Tables:
        for table, found in raw.items():
            map_table(TABLES[table], found, None, None)
        return cls(connection, raw)

    def has(self, table: str, column: str | None = None) -> bool:
        return table in self.raw and (column is None or column in self.raw[table].names)

    def names(self, table: str, column: str, *, where: tuple[str, str] | None = None) -> list[Name]:
        """Names that a column holds, those of most accounts first; ``where`` is a column and its text."""
        if not self.has(table, column):
            return []
        name, users = self._text(table, column), "0"
        if self.has(table, "user_id"):
            users = f"count({self._text(table, 'user_id')})"
        condition, values = "", []
        if where is not None:
            condition, values = f" AND {self._text(table, where[0])} = ?", [where[1]]
        rows = self._ask(
            table,
            f"SELECT {name} AS n, count(DISTINCT {self._text(table, 'account_id')}), {users} FROM {{relation}}"
            f" WHERE {name} IS NOT NULL{condition} GROUP BY n ORDER BY 2 DESC, n",
            values,
        )
        return [Name(str(n), int(accounts), int(named)) for n, accounts, named in rows]

    def pairs(self, table: str, column: str, other: str) -> dict[str, str]:
        """For each text of ``column`` the text of ``other`` that stands beside it most often."""
        if not (self.has(table, column) and self.has(table, other)):
            return {}
        a, b = self._text(table, column), self._text(table, other)
        rows = self._ask(table, f"SELECT {a} AS a, {b} AS b, count(*) AS n FROM {{relation}} WHERE {a} IS NOT NULL AND {b} IS NOT NULL"
                         " GROUP BY a, b ORDER BY n DESC, a, b", [])  # fmt: skip
        found: dict[str, str] = {}
        for first, second, _ in rows:
            found.setdefault(str(first), str(second))
        return found

    def texts(self, table: str, column: str) -> pd.Series:
        """Every cell of a column as text, "" where empty."""
        cells = self._ask(table, f"SELECT coalesce(CAST({self._text(table, column)} AS VARCHAR), '') FROM {{relation}}", [])
        return pd.Series([c[0] for c in cells], dtype="str")

    def _text(self, table: str, column: str) -> str:
        found = self.raw[table].column(column)
        return text_of(found.sql, found.duck_type)

    def _ask(self, table: str, query: str, values: list[str]) -> list[tuple[Any, ...]]:
        raw = self.raw[table]
        try:
            return self.connection.execute(query.format(relation=raw.relation), values).fetchall()
        except duckdb.Error as error:
            if raw.row_by_row is None:
                raise SourceError(
                    f"{raw.place}: cannot be read to its end ({str(error).splitlines()[0]})", hint="export it again"
                ) from error
            slow = raw.row_by_row()
            return self.connection.execute(query.format(relation=slow.relation), values).fetchall()

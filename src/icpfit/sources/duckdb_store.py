"""A DuckDB file: its tables and views, read where they lie and never written to."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from icpfit.errors import SourceError
from icpfit.paths import configured
from icpfit.sources.csvfile import check_names, check_readable
from icpfit.sources.parquetfile import describe
from icpfit.sources.raw import RawTable
from icpfit.sources.sql import connect, is_time, literal, quoted
from icpfit.sources.store import no_schema, no_table

_MAGIC = b"DUCK"
_ALIAS = quoted("icpfit store")


def is_duckdb(path: Path) -> bool:
    """Whether a file is a DuckDB database, whatever it is called."""
    with suppress(OSError), path.open("rb") as file:
        return file.read(12)[8:] == _MAGIC
    return False


@dataclass
class DuckDBStore:
    """Tables and views of one schema. Leaving it as a context gives the file free for others."""

    path: Path
    schema: str = "main"
    _attached: list[duckdb.DuckDBPyConnection] = field(default_factory=list, repr=False)

    @property
    def place(self) -> str:
        return f"{self.path.name}, schema {self.schema}"

    def __enter__(self) -> DuckDBStore:
        return self

    def __exit__(self, *_: object) -> None:
        for connection in self._attached:
            with suppress(duckdb.Error):  # its owner has closed it
                connection.execute(f"DETACH {_ALIAS}")
        self._attached.clear()

    def names(self) -> tuple[str, ...]:
        with connect() as connection:
            _attach(connection, self.path)
            rows = connection.execute(
                """SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = 'icpfit store' AND NOT internal
                UNION ALL
                SELECT schema_name, view_name FROM duckdb_views() WHERE database_name = 'icpfit store' AND NOT internal"""
            ).fetchall()
        schemas = {str(schema) for schema, _ in rows}
        if self.schema not in schemas | {"main"}:
            raise no_schema(str(self.path), self.schema, schemas)
        return tuple(sorted(str(name) for schema, name in rows if schema == self.schema))

    def bring(self, names: Iterable[str]) -> tuple[Path, ...]:
        return (self.path,)

    def open(self, connection: duckdb.DuckDBPyConnection, name: str) -> RawTable:
        if all(known is not connection for known in self._attached):
            _attach(connection, self.path)
            self._attached.append(connection)
        names = self.names()
        if name not in names:
            raise no_table(self.place, name, names)
        place, table = f"{self.schema}.{name}", f"{_ALIAS}.{quoted(self.schema)}.{quoted(name)}"
        try:
            columns = connection.execute(f"DESCRIBE SELECT * FROM {table}").fetchall()
        except duckdb.Error as error:
            raise SourceError(f"{place}: cannot be read ({str(error).splitlines()[0]})", hint="look at it in DuckDB itself") from error
        check_names(tuple(str(c[0]).strip() for c in columns), place)
        cells = ", ".join(f"{_cell(quoted(str(c[0])), str(c[1]))} AS {quoted(str(c[0]))}" for c in columns)
        return describe(connection, place, f"(SELECT {cells} FROM {table})", tuple(str(c[0]) for c in columns), is_file=False)


def _attach(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    if not path.exists():
        raise SourceError(f"{path}: no such DuckDB file", hint=configured(path, "file"))
    check_readable(path, path.name)
    if not is_duckdb(path):
        hint = "for a folder of tables say source: {kind: folder, …}, for one flat file source: {kind: flat, …}"
        raise SourceError(f"{path}: is not a DuckDB file", hint=hint)
    try:
        connection.execute(f"ATTACH {literal(str(path))} AS {_ALIAS} (READ_ONLY)")
    except duckdb.IOException as error:
        first = str(error).splitlines()[0]
        if "lock" in first:
            raise SourceError(
                f"{path}: another program holds the file open for writing", hint="close it there, or read a copy of the file"
            ) from error
        raise SourceError(f"{path}: cannot be opened ({first})", hint="is it whole, and made by no newer DuckDB?") from error
    except duckdb.Error as error:
        first = str(error).splitlines()[0]
        raise SourceError(f"{path}: cannot be opened ({first})", hint="is it whole, and made by no newer DuckDB?") from error


def _cell(column: str, duck_type: str) -> str:
    """A column as it is; "for ever" and "since ever" as the last and the first day that the contract knows."""
    if not is_time(duck_type):
        return column
    if duck_type == "TIMESTAMP_NS":  # which ends in 2262
        column, duck_type = f"CAST({column} AS TIMESTAMP)", "TIMESTAMP"
    return (
        f"CASE {column} WHEN CAST('infinity' AS {duck_type}) THEN CAST('9999-12-31' AS {duck_type})"
        f" WHEN CAST('-infinity' AS {duck_type}) THEN CAST('0001-01-01' AS {duck_type}) ELSE {column} END"
    )

"""A PostgreSQL schema: its tables and views, all read as they stood at one moment."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import duckdb

from icpfit.errors import ConfigError, SourceError
from icpfit.sources.csvfile import check_names
from icpfit.sources.parquetfile import describe
from icpfit.sources.postgres_copy import columns_of, copy_table
from icpfit.sources.raw import RawTable
from icpfit.sources.sql import quoted
from icpfit.sources.store import no_schema, no_table

if TYPE_CHECKING:
    import psycopg

SECONDS_TO_CONNECT = 15
_SESSION = (
    b"SET TIME ZONE 'UTC'",
    b"SET DateStyle = 'ISO, YMD'",
    b"SET IntervalStyle = 'iso_8601'",
    b"SET extra_float_digits = 3",
    b"SET bytea_output = 'hex'",
    b"SET lock_timeout = '60s'",
)
_READ = "'r', 'p', 'v', 'm', 'f'"  # tables, partitioned ones, views, materialised ones, foreign ones


@dataclass(frozen=True)
class _Copied:
    """A table in a temporary file; ``relation`` reads it under its own names."""

    path: Path
    relation: str
    names: tuple[str, ...]


@dataclass
class PostgresStore:
    """Tables and views of one schema, read in one transaction that sees them all at the same moment and can write nothing.

    A table that is opened is copied to a temporary file, so that memory holds a part of it at a time. Use it as a
    context: leaving it ends the transaction and takes the copies away, so the tables must have been read by then.
    """

    variable: str
    schema: str = "public"
    _connection: psycopg.Connection[Any] | None = field(default=None, repr=False)
    _names: tuple[str, ...] = field(default=(), repr=False)
    _copies: dict[str, _Copied] = field(default_factory=dict, repr=False)
    _folder: tempfile.TemporaryDirectory[str] | None = field(default=None, repr=False)

    @property
    def place(self) -> str:
        return f"PostgreSQL, schema {self.schema}"

    def __enter__(self) -> PostgresStore:
        return self

    def __exit__(self, *_: object) -> None:
        if self._connection is not None:
            self._connection.close()
        if self._folder is not None:
            self._folder.cleanup()
        self._connection = self._folder = None
        self._copies.clear()

    def names(self) -> tuple[str, ...]:
        if self._names:  # the transaction sees no others later
            return self._names
        with self._cursor(self.place) as cursor:
            cursor.execute(
                f"SELECT c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
                f" WHERE n.nspname = %s AND c.relkind IN ({_READ}) AND NOT c.relispartition",
                (self.schema,),
            )
            self._names = tuple(sorted(str(row[0]) for row in cursor.fetchall()))
            if not self._names:
                cursor.execute(
                    "SELECT nspname FROM pg_catalog.pg_namespace WHERE nspname <> 'information_schema' AND left(nspname, 3) <> 'pg_'"
                )
                there = {str(row[0]) for row in cursor.fetchall()}
                if self.schema not in there:
                    raise no_schema("PostgreSQL", self.schema, there)
        return self._names

    def bring(self, names: Iterable[str]) -> tuple[Path, ...]:
        for name in names:
            self._copied(name)
        return tuple(copied.path for copied in self._copies.values())

    def open(self, connection: duckdb.DuckDBPyConnection, name: str) -> RawTable:
        copied = self._copied(name)
        return describe(connection, f"{self.schema}.{name}", copied.relation, copied.names, is_file=False)

    def _copied(self, name: str) -> _Copied:
        if name in self._copies:
            return self._copies[name]
        names = self.names()
        if name not in names:
            raise no_table(self.place, name, names)
        place, table = f"{self.schema}.{name}", f"{quoted(self.schema)}.{quoted(name)}"
        with self._cursor(place) as cursor:
            cursor.execute(f"SELECT * FROM {table} LIMIT 0".encode())
            columns = columns_of(cursor.description or ())
            check_names(tuple(c.name.strip() for c in columns), place)
            path = self._aside() / f"{len(self._copies)}.parquet"
            relation = copy_table(cursor, table, columns, path, place)
        self._copies[name] = _Copied(path, relation, tuple(c.name for c in columns))
        return self._copies[name]

    def _aside(self) -> Path:
        if self._folder is None:
            try:
                self._folder = tempfile.TemporaryDirectory(prefix="icpfit-")
            except OSError as error:
                raise SourceError(
                    f"no temporary file can be made ({error.strerror})", hint="name a folder for them: export TMPDIR=…"
                ) from error
        return Path(self._folder.name)

    @contextmanager
    def _cursor(self, place: str) -> Iterator[psycopg.Cursor[Any]]:
        """A cursor in the one transaction; what the server refuses is said in a sentence about ``place``."""
        if self._connection is None:
            self._connection = _connect(self.variable)
        import psycopg

        try:
            with self._connection.cursor() as cursor:
                yield cursor
        except psycopg.errors.InsufficientPrivilege as error:
            hint = "let the user of the address read it: GRANT USAGE ON SCHEMA …, GRANT SELECT ON ALL TABLES IN SCHEMA …"
            raise SourceError(f"{place}: PostgreSQL gives no permission to read it ({_first_line(error)})", hint=hint) from error
        except psycopg.errors.LockNotAvailable as error:
            raise SourceError(f"{place}: another program has locked it for over a minute", hint="try again when it is done") from error
        except psycopg.Error as error:
            raise SourceError(f"{place}: PostgreSQL cannot read it ({_first_line(error)})", hint="look at it in psql") from error


def _connect(variable: str) -> psycopg.Connection[Any]:
    """A read-only transaction that sees one moment. Nothing of the address is ever shown but what the server says of it."""
    url = os.environ.get(variable)
    if not url:
        hint = f"export {variable}=postgresql://USER:PASSWORD@HOST:5432/DATABASE"
        raise ConfigError(f"source.url_env names the variable {variable}, which is not set", hint=hint)
    try:
        import psycopg
        from psycopg.conninfo import conninfo_to_dict
    except ImportError as error:
        raise SourceError(
            "reading PostgreSQL needs the package psycopg, which is not there", hint="pip install 'icpfit[postgres]'"
        ) from error
    try:
        parts = conninfo_to_dict(url)
    except psycopg.Error:
        hint = "it looks like postgresql://USER:PASSWORD@HOST:5432/DATABASE; signs such as @ and / in a password are written %40 and %2F"
        raise ConfigError(
            f"what stands in {variable} is no address of a PostgreSQL database", hint=hint
        ) from None  # it may show the password
    parts = {"connect_timeout": SECONDS_TO_CONNECT, "application_name": "icpfit", **parts, "client_encoding": "UTF8"}
    try:
        connection = psycopg.connect(**parts, prepare_threshold=None)  # type: ignore[arg-type]
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        for setting in _SESSION:
            connection.execute(setting)
    except psycopg.Error as error:
        said = _without(_first_line(error), str(parts.get("password") or ""))
        hint = f"is the server there, and is what stands in {variable} right (host, port, database, user, password)?"
        raise SourceError(f"PostgreSQL cannot be reached at what {variable} names{said}", hint=hint) from None
    return connection


def _without(words: str, password: str) -> str:
    """What the server said, in brackets; nothing where the password could be in it."""
    return "" if password and (password in words or quote(password) in words) else f" ({words})"


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n", 1)[0] or error.__class__.__name__

"""The compiled queries in PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from icpfit.errors import FeatureError
from icpfit.features.engines import EngineError, missing, refuse_upper
from icpfit.sources.sql import literal, quoted
from icpfit.sources.warehouse import Warehouse

if TYPE_CHECKING:
    import psycopg

_BATCH = 50_000
_BYTE_ORDER = ("pg_c_utf8", "C.utf8", "C.UTF-8")
"""Collations that compare texts by their bytes and know the lower case of every letter: PostgreSQL's own from 17 on, or the system's."""


class PostgresEngine:
    """A session of its own; whatever it makes is temporary there, and the database stays as it was. Close it, or use ``with``.

    With ``warehouse`` its clean tables are copied into the session, with texts that are compared by their
    bytes, whatever the database's language. Without, the queries read the tables on the database's search
    path: clean tables as :class:`~icpfit.sources.warehouse.Warehouse` has them, in a database that
    compares by bytes itself.

    Raises:
        FeatureError: psycopg is not installed, the database cannot be reached, or compares texts in another way.
    """

    name = "PostgreSQL"

    def __init__(self, url: str, warehouse: Warehouse | None = None) -> None:
        try:
            import psycopg
        except ImportError:
            raise missing("postgres", "psycopg") from None
        self._error = psycopg.Error
        try:
            self._connection: psycopg.Connection[Any] = psycopg.connect(url, autocommit=True, client_encoding="utf8")
        except psycopg.Error as error:
            raise FeatureError(
                f"PostgreSQL cannot be reached ({_first_line(error)})", hint="look at the address, user and password"
            ) from None
        with ExitStack() as unless_ready:
            unless_ready.callback(self.close)
            self._collate = self._byte_order(own_tables=warehouse is not None)
            if warehouse is not None:
                self._copy_all(warehouse)
            unless_ready.pop_all()

    def __enter__(self) -> PostgresEngine:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End the session; its copies go with it."""
        self._connection.close()

    def load(self, relation: str, rows: pa.Table) -> None:
        self._copy(relation, rows.schema, rows.to_batches(_BATCH))

    def drop(self, relation: str) -> None:
        if not self._connection.closed:
            self._connection.execute(f"DROP TABLE IF EXISTS pg_temp.{quoted(relation)}".encode())

    def run(self, sql: str) -> pa.Table:
        refuse_upper(self.name, sql)
        try:
            cursor = self._connection.execute(sql.encode())
            columns = cursor.description or ()
            cells = zip(*cursor.fetchall(), strict=True) if cursor.rowcount else [()] * len(columns)
            return pa.table({c.name: _array(c.type_code, list(values)) for c, values in zip(columns, cells, strict=True)})
        except self._error as error:
            raise EngineError(_first_line(error)) from error

    def _byte_order(self, own_tables: bool) -> str:
        """What to write after a text column's type."""
        if not own_tables:
            choices = [""]
        else:
            names = ", ".join(literal(c) for c in _BYTE_ORDER)
            found = {r[0] for r in self._connection.execute(f"SELECT collname FROM pg_collation WHERE collname IN ({names})".encode())}
            choices = [f" COLLATE {quoted(c)}" for c in _BYTE_ORDER if c in found]
        for choice in choices:
            row = self._connection.execute(f"SELECT 'b' < 'C'{choice}, LOWER('Ä'{choice}) = 'ä'".encode()).fetchone()
            if row == (False, True):
                return choice
        raise FeatureError(
            "this PostgreSQL database orders or lower-cases texts in another way than by their bytes and by Unicode",
            hint="create it with ENCODING 'UTF8' and LOCALE 'C.UTF-8'",
        )

    def _copy_all(self, warehouse: Warehouse) -> None:
        try:
            for table in warehouse.columns:
                with warehouse.connection.sql(f"SELECT * FROM {quoted(table)}").to_arrow_reader(_BATCH) as rows:
                    self._copy(table, rows.schema, rows)
        except EngineError as error:
            raise FeatureError(f"the tables cannot be copied to PostgreSQL ({error})") from error

    def _copy(self, relation: str, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> None:
        table = f"pg_temp.{quoted(relation)}"
        columns = ", ".join(f"{quoted(f.name)} {self._type(f.type)}" for f in schema)
        try:
            self._connection.execute(f"CREATE TEMP TABLE {quoted(relation)} ({columns})".encode())
            with self._connection.cursor().copy(f"COPY {table} FROM STDIN".encode()) as copy:
                for batch in batches:
                    for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                        copy.write_row(row)
            self._connection.execute(f"ANALYZE {table}".encode())
        except self._error as error:
            raise EngineError(f"{relation}: {_first_line(error)}") from error

    def _type(self, kind: pa.DataType) -> str:
        if pa.types.is_integer(kind):
            return "BIGINT"
        return "DOUBLE PRECISION" if pa.types.is_floating(kind) else f"TEXT{self._collate}"


_TYPES = {16: pa.bool_(), 20: pa.int64(), 21: pa.int64(), 23: pa.int64(), 700: pa.float64(), 701: pa.float64(), 1700: pa.decimal128(38, 6)}
"""PostgreSQL's number of a type -> ours; all else is text."""


def _array(type_code: int, values: list[Any]) -> pa.Array:
    return pa.array(values, _TYPES.get(type_code, pa.string()))


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]

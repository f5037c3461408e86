"""PostgreSQL's own copy of a table, streamed into a Parquet file with the types that it has there."""

from __future__ import annotations

import selectors
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq

from icpfit.errors import SourceError
from icpfit.progress import say
from icpfit.sources.sql import exact_path, literal, quoted, without_zeros

if TYPE_CHECKING:
    import psycopg
    from psycopg.pq.abc import PGconn

BLOCK = 8 * 1024 * 1024
"""Bytes of text that are parsed at a time. A row must fit."""

QUIET_SECONDS = 5.0
"""A copy that takes longer says how far it is, and again each time it has taken as long."""

_DATE, _TIMESTAMP, _TIMESTAMPTZ, _NUMERIC = 1082, 1114, 1184, 1700
_TYPES: dict[int, pa.DataType] = {
    16: pa.bool_(),
    20: pa.int64(),
    21: pa.int64(),
    23: pa.int64(),
    700: pa.float32(),
    701: pa.float64(),
    _DATE: pa.date32(),
    _TIMESTAMP: pa.timestamp("us"),
    _TIMESTAMPTZ: pa.timestamp("us", "UTC"),
}
"""By the number of PostgreSQL's type. All others come as the text that PostgreSQL writes for them: numeric (which may be
an id of any length), uuid, json, arrays, enumerations."""

_MOMENTS = (_DATE, _TIMESTAMP, _TIMESTAMPTZ)


@dataclass(frozen=True, slots=True)
class PostgresColumn:
    """A column as PostgreSQL has it; ``oid`` is the number of its type, of a domain that of the type beneath."""

    name: str
    oid: int


def columns_of(description: Sequence[Any]) -> tuple[PostgresColumn, ...]:
    return tuple(PostgresColumn(str(d.name), int(d.type_code)) for d in description)


def copy_table(
    cursor: psycopg.Cursor[Any],
    table: str,
    columns: Sequence[PostgresColumn],
    path: Path,
    place: str,
) -> str:
    """Copy every row of ``table`` to ``path``, a block at a time; what stands after FROM to read it, under its own names.

    Raises:
        SourceError: a row is longer than 8 MiB, or is no UTF-8 text; or the disk is full.
        psycopg.Error: the server refuses, or goes away.
    """
    selected, types = _selected(columns)
    query = f"COPY (SELECT {', '.join(selected)} FROM {table}) TO STDOUT (FORMAT csv, HEADER)"
    convert = pc.ConvertOptions(
        column_types=types,
        strings_can_be_null=True,  # NULL is an empty cell, an empty text is a quoted one
        quoted_strings_can_be_null=False,
        null_values=[""],
        true_values=["t"],
        false_values=["f"],
    )
    parse = pc.ParseOptions(newlines_in_values=True, ignore_empty_lines=False)
    began, said, rows, odd = time.monotonic(), QUIET_SECONDS, 0, dict.fromkeys(_odd(columns), 0)
    stream = pa.PythonFile(_Stream(_lines(cursor.connection.pgconn, query.encode())), mode="r")
    try:
        reader = pc.open_csv(stream, pc.ReadOptions(block_size=BLOCK), convert_options=convert, parse_options=parse)
        with pq.ParquetWriter(path, reader.schema, compression="zstd", compression_level=1) as writer:
            for batch in reader:
                writer.write_batch(batch)
                rows += batch.num_rows
                for name in odd:
                    odd[name] += len(batch.column(name)) - batch.column(name).null_count
                if time.monotonic() - began > said:
                    said += max(said, QUIET_SECONDS)
                    say(f"{place}: {rows:,} rows read")
    except pa.ArrowInvalid as error:
        words = str(error).splitlines()[0]
        hint = "make a view without its long or odd columns, and name the view under source.tables"
        raise SourceError(f"{place}: cannot be read after row {rows:,} ({words})", hint=hint) from error
    except OSError as error:
        raise SourceError(f"{place}: cannot be copied to {path.parent} ({error.strerror or error})", hint="make room there") from error
    cells = ", ".join(f"{_cell(i, c, odd)} AS {quoted(c.name)}" for i, c in enumerate(columns))
    return f"(SELECT {cells} FROM read_parquet({literal(exact_path(path))}))"


def _lines(connection: PGconn, query: bytes) -> Iterator[bytes]:
    """What the server sends, a row at a time. psycopg's own ``copy`` spends three times as long on each."""
    from psycopg import errors
    from psycopg.pq import ExecStatus

    result = connection.exec_(query)
    if result.status == ExecStatus.COPY_OUT:
        with selectors.DefaultSelector() as selector:
            selector.register(connection.socket, selectors.EVENT_READ)
            while True:
                length, line = connection.get_copy_data(1)
                if length > 0:
                    yield bytes(line)
                elif length == 0:
                    selector.select()
                    connection.consume_input()
                else:
                    break
        end = connection.get_result()
        result = result if end is None else end
        while connection.get_result() is not None:
            pass
    if result.status == ExecStatus.FATAL_ERROR:
        raise errors.error_from_result(result)


class _Stream:
    """Lines as a file that is read once."""

    closed = False

    def __init__(self, lines: Iterator[bytes]) -> None:
        self._lines = lines
        self._left = b""

    def read(self, size: int) -> bytes:
        parts, length = [self._left], len(self._left)
        while length < size and (line := next(self._lines, None)) is not None:
            parts.append(line)
            length += len(line)
        everything = b"".join(parts)
        self._left = everything[size:]
        return everything[:size]

    def close(self) -> None:
        self.closed = True


def _odd(columns: Sequence[PostgresColumn]) -> list[str]:
    return [f"o{i}" for i, c in enumerate(columns) if c.oid in _MOMENTS]


def _selected(columns: Sequence[PostgresColumn]) -> tuple[list[str], dict[str, pa.DataType]]:
    """What is asked for, and its types.

    "For ever" and "since ever" become the last and the first day that the contract knows. A moment before or after
    those comes as text in a column of its own, so that its row can be shown and counted, and nothing else breaks.
    """
    selected, types = [], {}
    for i, column in enumerate(columns):
        name = quoted(column.name)
        types[f"c{i}"] = _TYPES.get(column.oid, pa.string())
        if column.oid not in _MOMENTS:
            selected.append(f"{name} AS c{i}")
            continue
        types[f"o{i}"] = pa.string()
        within = f"{name} >= '0001-01-01' AND {name} < '10000-01-01'"
        ever = f"WHEN {name} = 'infinity' THEN '9999-12-31' WHEN {name} = '-infinity' THEN '0001-01-01'"
        selected.append(f"CASE WHEN {within} THEN {name} {ever} END AS c{i}")
        selected.append(f"CASE WHEN NOT ({within}) AND pg_catalog.isfinite({name}) THEN CAST({name} AS text) END AS o{i}")
    return selected, types


def _cell(i: int, column: PostgresColumn, odd: dict[str, int]) -> str:
    if column.oid == _NUMERIC:
        return without_zeros(f"c{i}")
    if odd.get(f"o{i}"):
        return f"coalesce(o{i}, CAST(c{i} AS VARCHAR))"
    return f"c{i}"

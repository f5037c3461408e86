"""A company's frames as tables of a real PostgreSQL or of a DuckDB file, with the types that people use there."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path

import duckdb
import pandas as pd

Frames = Mapping[str, pd.DataFrame]
Types = Mapping[str, Mapping[str, str]]


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def postgres_type(column: pd.Series) -> str:
    """Whole numbers are integers there, though pandas made them floats where one is missing."""
    if pd.api.types.is_bool_dtype(column.dtype):
        return "boolean"
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        return "timestamp with time zone" if isinstance(column.dtype, pd.DatetimeTZDtype) else "timestamp"
    if pd.api.types.is_integer_dtype(column.dtype):
        return "bigint"
    if pd.api.types.is_float_dtype(column.dtype):
        known = column.dropna()
        return "integer" if len(known) and (known % 1 == 0).all() and known.abs().max() < 2**31 else "double precision"
    return "text"


def write_postgres(url: str, frames: Frames, *, schema: str = "public", types: Types | None = None) -> None:
    """One table per frame; ``types`` are those of single columns, as table -> column -> type."""
    import psycopg

    with psycopg.connect(url) as connection:
        connection.execute("SET TIME ZONE 'UTC'")  # the server's own is another
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {quoted(schema)}".encode())
        for table, frame in frames.items():
            own = {str(c): (types or {}).get(table, {}).get(str(c)) or postgres_type(frame[c]) for c in frame.columns}
            place = f"{quoted(schema)}.{quoted(table)}"
            connection.execute(f"CREATE TABLE {place} ({', '.join(f'{quoted(c)} {t}' for c, t in own.items())})".encode())
            whole = {c: frame[c].astype("Int64") for c, t in own.items() if t in ("smallint", "integer", "bigint")}
            text = io.StringIO()
            frame.assign(**whole).to_csv(text, index=False, header=False)
            # An empty cell is NULL, but an empty text would be too: no frame of these tests has one.
            with connection.cursor().copy(f"COPY {place} FROM STDIN (FORMAT csv)".encode()) as copy:
                copy.write(text.getvalue())


def write_duckdb(path: Path, frames: Frames, *, schema: str = "main") -> None:
    with duckdb.connect(path) as connection:
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {quoted(schema)}")
        for table, frame in frames.items():
            connection.register("frame of a test", frame)
            connection.execute(f'CREATE TABLE {quoted(schema)}.{quoted(table)} AS SELECT * FROM "frame of a test"')


def postgres_do(url: str, *statements: str) -> None:
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())

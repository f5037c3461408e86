"""Parquet files: is it one, and what are its columns."""

from __future__ import annotations

from pathlib import Path

import duckdb

from icpfit.errors import SourceError
from icpfit.sources.csvfile import check_names, check_readable
from icpfit.sources.raw import RawColumn, RawTable
from icpfit.sources.sql import exact_path, literal, quoted

_MAGIC = b"PAR1"


def open_parquet(connection: duckdb.DuckDBPyConnection, path: Path, *, place: str | None = None) -> RawTable:
    """A Parquet file, ready to be read.

    Raises:
        SourceError: it cannot be opened, is empty, is not Parquet or broken, or its names cannot be used.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    place = place or path.name
    check_readable(path, place)
    with path.open("rb") as file:
        start = file.read(4)
        file.seek(0, 2)
        file.seek(max(file.tell() - 4, 0))
        end = file.read(4)
    if start != _MAGIC:
        hint = "give it its true ending (.csv?), or export it again"
        raise SourceError(f"{place}: is not a Parquet file, though its name says so", hint=hint)
    if end != _MAGIC:
        raise SourceError(f"{place}: the Parquet file is cut off", hint="export or copy it again")
    try:
        names = tuple(str(n) for n in pq.read_schema(path).names)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise SourceError(f"{place}: the Parquet file cannot be read ({_first_line(error)})", hint="export or copy it again") from error
    check_names(tuple(n.strip() for n in names), place)
    source = f"read_parquet({literal(exact_path(path))}, binary_as_string = true)"
    return describe(connection, place, source, names)


def describe(connection: duckdb.DuckDBPyConnection, place: str, source: str, names: tuple[str, ...], *, is_file: bool = True) -> RawTable:
    """A relation with unique names as a raw table; names are stripped of the spaces around them."""
    names = tuple(n for n in names if n.strip() and not n.startswith("__index_level_"))  # pandas' row numbers are no content
    listed = ", ".join(f"{quoted(n)} AS c{i}" for i, n in enumerate(names))
    relation = f"(SELECT {listed} FROM {source})"
    try:
        types = [str(row[1]) for row in connection.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()]
    except duckdb.Error as error:
        hint = "export or copy it again" if is_file else "look at it where it lies"
        raise SourceError(f"{place}: cannot be read ({_first_line(error)})", hint=hint) from error
    columns = tuple(RawColumn(n.strip(), f"c{i}", t) for i, (n, t) in enumerate(zip(names, types, strict=True)))
    return RawTable(place, relation, columns, is_file=is_file)


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else error.__class__.__name__

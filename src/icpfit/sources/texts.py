"""One file, CSV or Parquet, as columns of text: what it says, before anybody decides what it means."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from icpfit.errors import SourceError
from icpfit.sources.csvfile import open_csv, read_head
from icpfit.sources.parquetfile import open_parquet
from icpfit.sources.raw import RawColumn, RawTable
from icpfit.sources.sql import connect, id_of, is_float, text_of


@dataclass(frozen=True)
class TextTable:
    """A file's readable rows, every cell as trimmed text; "" where it is empty.

    ``frame`` has one ``str`` column per column of the file, under its trimmed header; a column without
    a header is called ``column 7``, by its place. ``row`` is the file's own row number (1 = first data
    row, empty lines not counted) of each row of ``frame``; ``broken`` are the numbers of the rows whose
    cells do not match the header. ``separator`` is None for Parquet.
    """

    path: Path
    frame: pd.DataFrame
    row: npt.NDArray[np.int64]
    broken: tuple[int, ...]
    separator: str | None

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(self.frame.columns)

    @property
    def place(self) -> str:
        """The file's name, for messages."""
        return self.path.name


def is_parquet(path: Path) -> bool:
    return path.suffix.lower() in (".parquet", ".pq")


def read_texts(path: Path, separator: str | None = None) -> TextTable:
    """Read a CSV file (separator given or found out, a BOM is passed over) or a Parquet file.

    Raises:
        SourceError: the file is not there, may not be read, is empty, has a header and no rows, is not
            UTF-8 text or not Parquet, has more than 1,000 columns, or two columns of one name.
    """
    connection = connect()
    if is_parquet(path):
        raw, separator = open_parquet(connection, path), None
    else:
        raw = open_csv(connection, path, separator=separator, alias="flat")
    cells, raw = _cells(connection, raw)
    if cells.num_rows + len(raw.unreadable) == 0:
        raise SourceError(
            f"{raw.place}: the file has a header of {len(raw.names)} columns and no rows", hint="export it again, with its rows"
        )
    names = [n or f"column {i}" for i, n in enumerate(raw.names, start=1)]
    frame = pd.DataFrame({n: cells.column(i).to_pandas(types_mapper=_as_str) for i, n in enumerate(names)})
    if separator is None and not is_parquet(path):
        separator = read_head(path, raw.place, None).separator
    return TextTable(path, frame, raw.row_numbers(np.arange(len(frame))), raw.unreadable, separator)


def as_texts(values: pd.Series) -> pd.Series:
    """Any cells as trimmed text, "" where there is nothing; whole floats without their ``.0``.

    >>> as_texts(pd.Series([1.0, 2.5, None])).tolist()
    ['1', '2.5', '']
    >>> as_texts(pd.Series([" a ", None, True], dtype=object)).tolist()
    ['a', '', 'true']
    """
    if values.dtype == object:
        return pd.Series([_text_of(v) for v in values], index=values.index, dtype="str")
    if isinstance(values.dtype, pd.CategoricalDtype):
        return as_texts(values.astype(object))
    texts = pc.cast(pa.array(values, from_pandas=True), pa.string())
    return pd.Series(pc.utf8_trim_whitespace(pc.fill_null(texts, "")).to_pandas().to_numpy(), index=values.index, dtype="str")


def _text_of(value: object) -> str:
    if isinstance(value, str):
        return value.strip()
    if value is None or value is pd.NA or value is pd.NaT or value != value:  # only NaN differs from itself
        return ""
    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    if isinstance(value, (float, np.floating)) and float(value).is_integer() and abs(float(value)) < 1e15:
        return str(int(value))
    return str(value).strip()


def _as_str(kind: pa.DataType) -> pd.StringDtype | None:
    return pd.StringDtype(na_value=np.nan) if pa.types.is_string(kind) else None


def _cells(connection: duckdb.DuckDBPyConnection, raw: RawTable) -> tuple[pa.Table, RawTable]:
    """Every cell as text, past broken lines where there are any."""
    listed = ", ".join(f"coalesce({_shown(c)}, '') AS {c.sql}" for c in raw.columns)
    try:
        table = connection.sql(f"SELECT {listed} FROM {raw.relation}").to_arrow_table()
    except duckdb.Error as error:
        if raw.row_by_row is None:
            first = str(error).splitlines()[0]
            raise SourceError(f"{raw.place}: cannot be read to its end ({first})", hint="export it again") from error
        return _cells(connection, raw.row_by_row())
    return table, raw


def _shown(column: RawColumn) -> str:
    text = text_of(column.sql, column.duck_type)
    return id_of(f"({text})") if is_float(column.duck_type) else f"CAST({text} AS VARCHAR)"

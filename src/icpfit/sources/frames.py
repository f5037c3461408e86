"""A warehouse from tables in memory, through the same checks as a data folder."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb
import pandas as pd
import pyarrow as pa

from icpfit.config_identity import DEFAULT_IDENTITY, IdentitySettings
from icpfit.sources.build import build_warehouse
from icpfit.sources.contract import TABLES
from icpfit.sources.csvfile import check_names
from icpfit.sources.intake import Intake
from icpfit.sources.mapping import check_table_names, map_table
from icpfit.sources.parquetfile import describe
from icpfit.sources.raw import RawTable
from icpfit.sources.sql import connect, quoted
from icpfit.sources.warehouse import Warehouse


def warehouse_from_frames(
    frames: Mapping[str, pd.DataFrame],
    *,
    max_left_out: float = 1.0,
    accountless_rows_exempt: bool = False,
    columns: Mapping[str, Mapping[str, str | None]] | None = None,
    values: Mapping[str, Mapping[str, Mapping[str, str]]] | None = None,
    date_format: str | None = None,
    time_zone: str | None = None,
    identity: IdentitySettings = DEFAULT_IDENTITY,
) -> Warehouse:
    """Check tables in memory as :func:`icpfit.sources.folder.read_folder` checks files.

    Raises:
        SourceError, ConfigError: as there.
    """
    check_table_names(frames, "frames")
    connection = connect()
    mapped = {}
    for name in TABLES:
        if name in frames:
            raw = _raw(connection, name, frames[name])
            mapped[name] = map_table(TABLES[name], raw, (columns or {}).get(name), (values or {}).get(name))
    warehouse = build_warehouse(
        connection,
        mapped,
        Intake(max_left_out, accountless_rows_exempt, identity),
        date_format=date_format,
        time_zone=time_zone,
    )
    for name in mapped:
        connection.unregister(f"icpfit frame {name}")
    return warehouse


def _raw(connection: duckdb.DuckDBPyConnection, name: str, frame: pd.DataFrame) -> RawTable:
    names = tuple(str(c) for c in frame.columns)
    check_names(tuple(n.strip() for n in names), name)
    table = pa.table([_array(frame.iloc[:, i]) for i in range(len(names))], names=list(names))
    view = f"icpfit frame {name}"
    connection.register(view, table)
    return describe(connection, name, quoted(view), names, is_file=False)


def _array(column: pd.Series) -> pa.Array:
    """Arrow's own type where the cells agree on one; otherwise each cell as text."""
    try:
        array = pa.array(column, from_pandas=True)
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        array = pa.array([None if cell is None or cell is pd.NA or cell != cell else str(cell) for cell in column], pa.string())
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    return array.cast(pa.string()) if pa.types.is_null(array.type) or pa.types.is_dictionary(array.type) else array

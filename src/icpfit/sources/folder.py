"""The data folder: one CSV or Parquet file per table of the contract."""

from __future__ import annotations

from pathlib import Path

import duckdb

from icpfit.config import FolderSource
from icpfit.errors import SourceError
from icpfit.paths import absent, configured
from icpfit.progress import told
from icpfit.sources.build import build_warehouse
from icpfit.sources.contract import REQUIRED_TABLES, TABLES
from icpfit.sources.csvfile import open_csv
from icpfit.sources.mapping import MappedTable, check_table_names, closest, map_table
from icpfit.sources.parquetfile import open_parquet
from icpfit.sources.raw import RawTable
from icpfit.sources.rows import DataFinding
from icpfit.sources.scratch import connect_for
from icpfit.sources.warehouse import Warehouse

ENDINGS = (".parquet", ".csv")


def read_folder(source: FolderSource, *, max_left_out: float, accountless_rows_exempt: bool) -> Warehouse:
    """Read and check a data folder.

    Args:
        max_left_out: the share of a table's rows that may be left out before it counts as a file fault.
        accountless_rows_exempt: rows without an account do not count towards that share.

    Raises:
        SourceError: a file fault; one sentence with file, column, row, count and example.
        ConfigError: the configuration names a table or a column that is not there.
    """
    for setting in ("columns", "files", "values"):
        check_table_names(getattr(source, setting), f"source.{setting}")
    files, findings = find_tables(source)
    connection = connect_for(files.values())
    mapped: dict[str, MappedTable] = {}
    for name, path in files.items():
        raw = open_table(connection, path, alias=name)
        mapped[name] = map_table(TABLES[name], raw, source.columns.get(name), source.values.get(name))
    with told(connection, "reading the data"):
        return build_warehouse(
            connection,
            mapped,
            max_left_out=max_left_out,
            accountless_rows_exempt=accountless_rows_exempt,
            date_format=source.date_format,
            findings=findings,
        )


def open_table(connection: duckdb.DuckDBPyConnection, path: Path, *, alias: str) -> RawTable:
    """A CSV or Parquet file by its ending. Raises SourceError for a file fault."""
    if path.suffix.lower() == ".parquet":
        return open_parquet(connection, path)
    return open_csv(connection, path, alias=alias)


def find_tables(source: FolderSource) -> tuple[dict[str, Path], tuple[DataFinding, ...]]:
    """The file of each table that is there, and notes on what is called nearly as one that is not."""
    folder = source.path
    if absent(folder):
        raise SourceError(f"{folder}: no such data folder", hint=f"{configured(folder, 'folder')} (icpfit simulate makes one to try)")
    try:
        inside = sorted(folder.iterdir())
        present = [p.name for p in inside if p.is_file()]
    except NotADirectoryError:
        raise SourceError(f"{folder}: is a file, not a data folder", hint="for one flat file say source: {kind: flat, …}") from None
    except PermissionError:
        raise SourceError(f"{folder}: no permission to list the data folder") from None
    except OSError as error:
        raise SourceError(f"{folder}: cannot be opened ({error.strerror or error})") from error
    files: dict[str, Path] = {}
    for table in TABLES:
        if table in source.files:
            path = folder / source.files[table]
            if not path.is_file():
                hint = closest(source.files[table], present) or f"the folder holds {_listed(present)}"
                raise SourceError(f"{path}: no such file, though source.files.{table} names it", hint=hint)
            files[table] = path
            continue
        both = [table + ending for ending in ENDINGS if table + ending in present]
        if len(both) > 1:
            raise SourceError(f"{folder}: holds {' and '.join(both)}; which one is meant?", hint="keep one of the two")
        if both:
            files[table] = folder / both[0]
    read = {p.name for p in files.values()}
    near = tuple(
        DataFinding("FILE-IGNORED", "note", table, words)
        for path in inside
        if path.name not in read
        for table in TABLES
        if table not in files and (words := _nearly(path, table))
    )
    for table in REQUIRED_TABLES:
        if table not in files:
            where = f"{folder}: there is no {table}.csv or {table}.parquet; the folder holds {_listed(present)}"
            guess = "".join(f"; {f.words}" for f in near if f.table == table)
            raise SourceError(where, hint=f"if it has another name, say so: source.files: {{{table}: FILE}}{guess}")
    return files, near


def _nearly(path: Path, table: str) -> str:
    """What to do with a file or folder that is called nearly as the table is; nothing for others."""
    if not closest(path.stem, [table]) or path.suffix.lower() not in (ENDINGS if path.is_file() else (*ENDINGS, "")):
        return ""
    if not path.is_file():
        return f"{path.name}: is a folder and is not read; the table {table} is one file, {table}.csv or {table}.parquet"
    right = table + path.suffix.lower()
    return f"{path.name}: is not read; if it is the table {table}, call it {right} or say source.files: {{{table}: {path.name}}}"


def _listed(names: list[str]) -> str:
    shown = ", ".join(names[:10]) + (f" and {len(names) - 10} more" if len(names) > 10 else "")
    return shown or "no files"

"""The data folder: one CSV or Parquet file per table of the contract."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from icpfit.config import FolderSource
from icpfit.errors import SourceError
from icpfit.sources.build import build_warehouse
from icpfit.sources.contract import REQUIRED_TABLES, TABLES
from icpfit.sources.feed_formats import tables_of
from icpfit.sources.intake import Intake
from icpfit.sources.mapping import MappedTable, check_table_names, closest, map_table
from icpfit.sources.rows import DataFinding
from icpfit.sources.scratch import connect_for
from icpfit.sources.store import ENDINGS, FolderStore, listed, open_table
from icpfit.sources.warehouse import Warehouse


def read_folder(source: FolderSource, intake: Intake) -> Warehouse:
    """Read and check a data folder.

    Raises:
        SourceError: a file fault; one sentence with file, column, row, count and example.
        ConfigError: the configuration names a table or a column that is not there.
    """
    for setting in ("columns", "files", "values"):
        check_table_names(getattr(source, setting), f"source.{setting}")
    files, findings = find_tables(source, tables_of(intake.feeds))
    connection = connect_for((*files.values(), *(feed.path for feed in intake.feeds)))
    mapped: dict[str, MappedTable] = {}
    for name, path in files.items():
        raw = open_table(connection, path, alias=name)
        mapped[name] = map_table(TABLES[name], raw, source.columns.get(name), source.values.get(name))
    return build_warehouse(connection, mapped, intake, date_format=source.date_format, time_zone=source.time_zone, findings=findings)


def find_tables(source: FolderSource, fed: Collection[str] = ()) -> tuple[dict[str, Path], tuple[DataFinding, ...]]:
    """The file of each table that is there, and notes on what is called nearly as one that is not. ``fed``: tables that feeds fill."""
    store = FolderStore(source.path)
    folder, inside, present = store.path, store.inside, store.files
    files: dict[str, Path] = {}
    for table in TABLES:
        if table in source.files:
            path = folder / source.files[table]
            if not path.is_file():
                hint = closest(source.files[table], present) or f"the folder holds {listed(present, 'no files')}"
                raise SourceError(f"{path}: no such file, though source.files.{table} names it", hint=hint)
            files[table] = path
        elif (found := store.find(table)) is not None:
            files[table] = found
    read = {p.name for p in files.values()}
    near = tuple(
        DataFinding("FILE-IGNORED", "note", table, words)
        for path in inside
        if path.name not in read
        for table in TABLES
        if table not in files and (words := _nearly(path, table))
    )
    for table in REQUIRED_TABLES:
        if table not in files and table not in fed:
            where = f"{folder}: there is no {table}.csv or {table}.parquet; the folder holds {listed(present, 'no files')}"
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

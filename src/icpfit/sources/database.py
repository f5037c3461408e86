"""Tables of the contract in a database: a DuckDB file or a PostgreSQL schema."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import AbstractContextManager

from icpfit.config import DatabaseSource, DuckDBSource, PostgresSource
from icpfit.errors import SourceError
from icpfit.sources.build import build_warehouse
from icpfit.sources.contract import REQUIRED_TABLES, TABLES
from icpfit.sources.duckdb_store import DuckDBStore
from icpfit.sources.feed_formats import tables_of
from icpfit.sources.intake import Intake
from icpfit.sources.mapping import check_table_names, closest, map_table
from icpfit.sources.postgres_store import PostgresStore
from icpfit.sources.rows import DataFinding
from icpfit.sources.scratch import connect_for
from icpfit.sources.store import TableStore, listed
from icpfit.sources.warehouse import Warehouse


def open_database(source: DuckDBSource | PostgresSource) -> AbstractContextManager[DuckDBStore | PostgresStore]:
    """The store that a configuration names; what it opens must be read before the context is left."""
    if isinstance(source, DuckDBSource):
        return DuckDBStore(source.path, source.schema_name)
    return PostgresStore(source.url_env, source.schema_name)


def read_database(source: DuckDBSource | PostgresSource, intake: Intake) -> Warehouse:
    """Read and check the tables of a database, as :func:`icpfit.sources.folder.read_folder` does those of a folder.

    Raises:
        SourceError: the database cannot be reached, or a table in it cannot be used.
        ConfigError: the configuration names a table or a column that is not there.
    """
    for setting in ("columns", "tables", "values"):
        check_table_names(getattr(source, setting), f"source.{setting}")
    with open_database(source) as store:
        names, findings = find_tables(source, store, tables_of(intake.feeds))
        connection = connect_for((*store.bring(names.values()), *(feed.path for feed in intake.feeds)))
        mapped = {
            table: map_table(TABLES[table], store.open(connection, name), source.columns.get(table), source.values.get(table))
            for table, name in names.items()
        }
        return build_warehouse(connection, mapped, intake, date_format=source.date_format, time_zone=source.time_zone, findings=findings)


def find_tables(source: DatabaseSource, store: TableStore, fed: Collection[str] = ()) -> tuple[dict[str, str], tuple[DataFinding, ...]]:
    """The name there of each table of the contract, and notes on what is called nearly as one that is not there.

    ``fed``: tables that feeds fill.
    """
    present = store.names()
    found: dict[str, str] = {}
    for table in TABLES:
        if table not in source.tables and table in present:
            found[table] = table
        elif table in source.tables:
            found[table] = source.tables[table]
            if found[table] not in present:
                hint = closest(found[table], present) or f"it holds {listed(present, 'no tables')}"
                raise SourceError(
                    f"{store.place}: there is no table or view {found[table]!r}, though source.tables.{table} names it", hint=hint
                )
    used = set(found.values())
    near = tuple(
        DataFinding("TABLE-IGNORED", "note", table, words)
        for name in present
        if name not in used
        for table in TABLES
        if table not in found and closest(name, [table])
        for words in (f"{name}: is not read; if it is the table {table}, say source.tables: {{{table}: {name}}}",)
    )
    for table in REQUIRED_TABLES:
        if table not in found and table not in fed:
            guess = "".join(f"; {f.words}" for f in near if f.table == table)
            raise SourceError(
                f"{store.place}: there is no table or view {table!r}; it holds {listed(present, 'no tables')}",
                hint=f"if it has another name, say so: source.tables: {{{table}: NAME}}{guess}",
            )
    return found, near

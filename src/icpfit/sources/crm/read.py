"""A CRM's tables, wherever they lie, as a checked warehouse."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace

from icpfit.config import CrmSource, Feed, IdentitySettings
from icpfit.config_crm import DuckDBPlace, FolderPlace, Place
from icpfit.config_identity import DEFAULT_IDENTITY
from icpfit.sources.build import build_warehouse
from icpfit.sources.contract import TABLES
from icpfit.sources.crm.contract import CrmTables, contract_tables
from icpfit.sources.crm.layouts import find_crm_tables
from icpfit.sources.crm.promises import said_of_the_past
from icpfit.sources.crm.stages import Rules
from icpfit.sources.crm.view import forget
from icpfit.sources.duckdb_store import DuckDBStore
from icpfit.sources.mapping import check_table_names, map_table
from icpfit.sources.postgres_store import PostgresStore
from icpfit.sources.sql import connect
from icpfit.sources.store import FolderStore, TableStore
from icpfit.sources.warehouse import Warehouse


def read_crm(
    source: CrmSource,
    *,
    max_left_out: float,
    accountless_rows_exempt: bool,
    identity: IdentitySettings = DEFAULT_IDENTITY,
    feeds: Sequence[Feed] = (),
    tell: Callable[[str], None] = lambda _: None,
) -> Warehouse:
    """Read and check the tables of a CRM, as :func:`icpfit.sources.folder.read_folder` does those of a folder.

    Args:
        identity: which accounts are one company.
        feeds: files that add rows to the tables.
        tell: is told how far a long load is.

    Raises:
        SourceError: a table is missing, cannot be read, or lacks what nothing can be learned without.
        ConfigError: the configuration names a table, a column or a pipeline that is not there.
    """
    check_table_names(source.values, "source.values")
    rules = Rules(source.stages, source.deal_types, source.pipelines)
    connection = connect()
    with open_place(source.over, tell) as store:
        found = find_crm_tables(source.kind, source.layout, store.names(), source.tables, store.place)
        raws = {role: store.open(connection, name) for role, name in found.items()}
        given = CrmTables(source.kind, source.layout, raws, rules, source.columns, source.date_format)
        tables, findings = contract_tables(connection, given)
    mapped = {name: map_table(TABLES[name], raw, None, source.values.get(name)) for name, raw in tables.items() if name in TABLES}
    warehouse = build_warehouse(
        connection,
        mapped,
        max_left_out=max_left_out,
        accountless_rows_exempt=accountless_rows_exempt,
        identity=identity,
        feeds=feeds,
        findings=findings,
    )
    forget(connection)
    return replace(warehouse, findings=(*warehouse.findings, *said_of_the_past(warehouse)))


def open_place(place: Place, tell: Callable[[str], None]) -> AbstractContextManager[TableStore]:
    """The store that a configuration names; what it opens must be read before the context is left."""
    if isinstance(place, FolderPlace):
        return nullcontext(FolderStore(place.path))
    if isinstance(place, DuckDBPlace):
        return DuckDBStore(place.path, place.schema_name)
    return PostgresStore(place.url_env, place.schema_name, tell)

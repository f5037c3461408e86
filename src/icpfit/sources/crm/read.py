"""A CRM's tables, wherever they lie, as a checked warehouse."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace

from icpfit.config import CrmSource
from icpfit.config_crm import DuckDBPlace, FolderPlace, Place
from icpfit.sources.build import build_warehouse
from icpfit.sources.contract import TABLES
from icpfit.sources.crm.contract import CrmTables, contract_tables
from icpfit.sources.crm.layouts import find_crm_tables
from icpfit.sources.crm.promises import said_of_the_past
from icpfit.sources.crm.stages import Rules
from icpfit.sources.crm.view import forget
from icpfit.sources.duckdb_store import DuckDBStore
from icpfit.sources.intake import Intake
from icpfit.sources.mapping import check_table_names, map_table
from icpfit.sources.postgres_store import PostgresStore
from icpfit.sources.scratch import connect_for
from icpfit.sources.staging import check_date_format, check_time_zone
from icpfit.sources.store import FolderStore, TableStore
from icpfit.sources.warehouse import Warehouse


def read_crm(source: CrmSource, intake: Intake) -> Warehouse:
    """Read and check the tables of a CRM, as :func:`icpfit.sources.folder.read_folder` does those of a folder.

    Raises:
        SourceError: a table is missing, cannot be read, or lacks what nothing can be learned without.
        ConfigError: the configuration names a table, a column or a pipeline that is not there.
    """
    check_table_names(source.values, "source.values")
    rules = Rules(source.stages, source.deal_types, source.pipelines)
    with open_place(source.over) as store:
        found = find_crm_tables(source.kind, source.layout, store.names(), source.tables, store.place)
        connection = connect_for((*store.bring(found.values()), *(feed.path for feed in intake.feeds)))
        if source.date_format is not None:
            check_date_format(connection, source.date_format)
        if source.time_zone is not None:
            check_time_zone(connection, source.time_zone)
        raws = {role: store.open(connection, name) for role, name in found.items()}
        given = CrmTables(source.kind, source.layout, raws, rules, source.columns, source.date_format, source.time_zone)
        tables, findings = contract_tables(connection, given)
    mapped = {name: map_table(TABLES[name], raw, None, source.values.get(name)) for name, raw in tables.items() if name in TABLES}
    warehouse = build_warehouse(connection, mapped, intake, findings=findings)
    forget(connection)
    return replace(warehouse, findings=(*warehouse.findings, *said_of_the_past(warehouse)))


def open_place(place: Place) -> AbstractContextManager[TableStore]:
    """The store that a configuration names; what it opens must be read before the context is left."""
    if isinstance(place, FolderPlace):
        return nullcontext(FolderStore(place.path))
    if isinstance(place, DuckDBPlace):
        return DuckDBStore(place.path, place.schema_name)
    return PostgresStore(place.url_env, place.schema_name)

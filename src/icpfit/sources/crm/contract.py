"""The raw tables of a CRM to raw tables of the data contract: pure, over tables that DuckDB can read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import duckdb

from icpfit.errors import ConfigError
from icpfit.sources.contract import TABLES
from icpfit.sources.crm import hubspot, salesforce
from icpfit.sources.crm.ids import long_id
from icpfit.sources.crm.layouts import Crm, Layout
from icpfit.sources.crm.read_hubspot import read_hubspot
from icpfit.sources.crm.read_salesforce import read_salesforce
from icpfit.sources.crm.stages import Rules, said_of_unseen_closes
from icpfit.sources.crm.table import bare, load, squashed
from icpfit.sources.crm.wanted import is_date, wanted_columns
from icpfit.sources.mapping import closest
from icpfit.sources.raw import RawTable
from icpfit.sources.rows import DataFinding
from icpfit.sources.sql import id_of

FORECASTS = {"salesforce": salesforce.FORECASTS, "hubspot": hubspot.FORECASTS}
MAIN = {"salesforce": {"accounts": "account", "deals": "opportunity"}, "hubspot": {"accounts": "company", "deals": "deal"}}


@dataclass(frozen=True)
class CrmTables:
    """``raws``: the reader's name of a table -> the table; ``columns``: contract table -> its column -> the CRM's name for it."""

    crm: Crm
    layout: Layout
    raws: Mapping[str, RawTable]
    rules: Rules
    columns: Mapping[str, Mapping[str, str | None]] = field(default_factory=dict)
    date_format: str | None = None


def contract_tables(connection: duckdb.DuckDBPyConnection, given: CrmTables) -> tuple[dict[str, RawTable], tuple[DataFinding, ...]]:
    """Tables of the contract, and what is to be said of how they came about.

    Each row of accounts, deals and contacts is a row of the CRM, with the reason where the CRM says that it does not count.

    Raises:
        ConfigError: the configuration names a column or a pipeline that is not there.
        SourceError: a table cannot be read, or lacks a column that nothing can be learned without.
    """
    _check_columns(given)
    further = tuple(name for columns in given.columns.values() for name in columns.values() if name)
    long = given.crm == "salesforce" and given.layout == "export"
    tables = {}
    for role, raw in given.raws.items():
        table = load(connection, role, raw, wanted_columns(given.crm, role, further), is_date, given.date_format)
        tables[role] = replace(table, form=lambda text: long_id(f"({text})")) if long else replace(table, form=id_of)
    if given.crm == "hubspot":
        out, findings = read_hubspot(connection, tables, given.rules, given.columns)
    else:
        out, findings = read_salesforce(connection, tables, given.rules, given.columns), ()
    return out, (*findings, *said_of_unseen_closes(connection, out["deals"].place))


def _check_columns(given: CrmTables) -> None:
    for table, columns in given.columns.items():
        setting = f"source.columns.{table}"
        if table not in MAIN[given.crm]:
            raise ConfigError(
                f"{setting}: only the columns of accounts and deals can be named", hint="the other tables are read as they are"
            )
        raw = given.raws[MAIN[given.crm][table]]
        for column, name in columns.items():
            if column in TABLES[table].needed and column != "domain":
                raise ConfigError(f"{setting}.{column}: it is read from where the CRM itself keeps it", hint="name optional columns only")
            if column not in TABLES[table].columns:
                hint = closest(column, TABLES[table].optional) or f"the contract's columns are {', '.join(TABLES[table].optional)}"
                raise ConfigError(f"{setting}: the contract has no column {column!r}", hint=hint)
            if name is None:
                continue
            if squashed(name) in {squashed(f) for f in FORECASTS[given.crm]}:
                raise ConfigError(
                    f"{setting}.{column}: {name} is what the CRM expects of the deal, and no fact", hint="name another column"
                )
            if squashed(name) not in {squashed(n) for n in raw.names}:
                known = [bare(n) for n in raw.names]
                hint = closest(name, known) or f"it has the columns {', '.join(known[:12])}"
                raise ConfigError(f"{setting}.{column}: {raw.place} has no column {name!r}", hint=hint)

"""Declared features to as-of SQL. Everything that could go wrong with a declaration goes wrong here, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NoReturn

import duckdb

from icpfit.config import FeatureSpec
from icpfit.errors import FeatureError
from icpfit.features.account_query import account_queries, field_of
from icpfit.features.conditions import row_condition
from icpfit.features.plan import Plan, Query
from icpfit.features.row_query import END_OF, RowPass
from icpfit.features.schema import ColumnType, Schema, did_you_mean, instead_of, later_times
from icpfit.sources.contract import TABLES

ACCOUNT_FIELDS = ("value", "age_years", "free_email_domain")
OF_VALUES = ("sum", "mean", "max")
NOT_WINDOWED = ("present", *ACCOUNT_FIELDS)


def compile_features(connection: duckdb.DuckDBPyConnection, schema: Schema, specs: Sequence[FeatureSpec]) -> Plan:
    """Portable SQL for ``specs`` over tables as in a :class:`~icpfit.sources.warehouse.Warehouse`.

    ``connection`` lends its parser and is not asked for data. Every query reads a relation ``_moments``
    (``_moment``, ``account_id``, ``as_of`` in microseconds). The text depends on the declarations alone.

    Raises:
        FeatureError: a feature that cannot be computed as of a moment, or names a table, column or
            condition that is not there; with its name, the reason and what to write instead.
    """
    _check_tables(schema, specs)
    for spec in specs:
        _check(schema, spec)
    fields = [s for s in specs if s.aggregate in ACCOUNT_FIELDS]
    queries = list(account_queries(schema, fields))
    for table in sorted({s.table for s in specs if s.aggregate not in ACCOUNT_FIELDS}):
        queries += _passes(connection, schema, table, [s for s in specs if s.table == table and s.aggregate not in ACCOUNT_FIELDS])
    today = tuple(s.name for s in fields if not (s.history and schema.has("account_history")))
    return Plan(tuple(queries), today)


def _passes(connection: duckdb.DuckDBPyConnection, schema: Schema, table: str, specs: Sequence[FeatureSpec]) -> list[Query]:
    """One pass per table; a further one for each further column whose distinct values are counted."""
    asked = {s.where: s.name for s in reversed(specs) if s.where is not None}  # each text once, under the first feature that has it
    written = {w: row_condition(connection, name, table, schema.tables[table], w) for w, name in reversed(asked.items())}
    conditions = {s.name: written[s.where] for s in specs if s.where is not None}
    columns = sorted({_distinct(s) for s in specs if s.aggregate == "distinct"}, key=lambda c: (c != "user_id", c))
    if not columns:
        return [RowPass(schema, table, conditions, None).query(specs)]
    first = [s for s in specs if s.aggregate != "distinct" or _distinct(s) == columns[0]]
    further = [[s for s in specs if s.aggregate == "distinct" and _distinct(s) == c] for c in columns[1:]]
    return [RowPass(schema, table, conditions, column).query(part) for column, part in zip(columns, [first, *further], strict=True)]


def _distinct(spec: FeatureSpec) -> str:
    return spec.column or "user_id"


def _refuse(spec: FeatureSpec, words: str, hint: str | None = None) -> NoReturn:
    raise FeatureError(f"feature {spec.name!r} {words}", hint=hint)


def _check_tables(schema: Schema, specs: Sequence[FeatureSpec]) -> None:
    missing: dict[str, list[str]] = {}
    for spec in specs:
        if spec.table == "deals":
            _refuse(
                spec,
                "reads the table deals: a target account has no deal, and a deal's columns are written as it goes on",
                "source, product and use_case can be named under outcomes.deal_attributes",
            )
        if not schema.has(spec.table):
            missing.setdefault(spec.table, []).append(spec.name)
    if not missing:
        return
    table, names = sorted(missing.items())[0]
    listed = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
    plural = "s" if len(names) > 1 else ""
    hint = schema.near.get(table, f"add the table, or take the feature{plural} out of the configuration")
    if table not in TABLES:
        hint = did_you_mean(table, schema.tables) or hint
    raise FeatureError(f"the table {table} is not there, and {len(names)} feature{plural} read it: {listed}", hint=hint)


def _check(schema: Schema, spec: FeatureSpec) -> None:
    if spec.aggregate == "column":
        _refuse(spec, "is a column of a flat file, and the source has tables", "choose an aggregate such as count, or value for accounts")
    if spec.aggregate in NOT_WINDOWED and (spec.window_days is not None or spec.after is not None):
        _refuse(spec, f"has a window, which {spec.aggregate} does not take", "leave out window_days and after")
    if spec.kind == "category" and spec.aggregate != "value":
        _refuse(spec, f"is declared a category, and {spec.aggregate} gives a number", "kind: number")
    if spec.aggregate in ACCOUNT_FIELDS:
        _check_field(schema, spec)
    else:
        _check_rows(schema, spec)


def _check_field(schema: Schema, spec: FeatureSpec) -> None:
    if spec.table != "accounts":
        _refuse(spec, f"takes {spec.aggregate} of {spec.table}; only an account has fields", "table: accounts")
    if spec.where is not None:
        _refuse(spec, f"has a condition, which {spec.aggregate} does not take", "leave out where")
    if spec.aggregate != "value" and spec.kind == "category":
        _refuse(spec, f"is declared a category, and {spec.aggregate} gives a number", "kind: number")
    field = field_of(spec)
    if field is None:
        _refuse(spec, "does not say which column of accounts it reads", "column: industry, say")
    columns = schema.tables["accounts"]
    if field not in columns:
        _refuse(spec, f"reads accounts.{field}, which is not there", did_you_mean(field, set(columns) - {"visible_at"}))
    if columns[field] == "time" or field == "account_id":
        _refuse(spec, f"reads accounts.{field}, which says nothing of the company", "name a column that does")


def _check_rows(schema: Schema, spec: FeatureSpec) -> None:
    columns = schema.tables[spec.table]
    if "account_id" not in columns:
        _refuse(spec, f"reads {spec.table}, whose rows name no account", "choose a table with account_id")
    if spec.table == "accounts" or schema.own_time(spec.table) is None:
        _refuse(
            spec,
            f"takes {spec.aggregate} of {spec.table}, whose rows have no time, so that nobody can tell what was known when",
            "aggregate: value reads a field of accounts" if spec.table == "accounts" else "add recorded_at to the table",
        )
    if spec.history:
        _refuse(spec, f"asks for the history of {spec.table}; only fields of accounts have one", "leave out history")
    if spec.aggregate == "present" and spec.table not in END_OF:
        _refuse(spec, f"asks what is present in {spec.table}, whose rows have no end", "aggregate: any asks whether there was one")
    if spec.after is not None and not schema.has("events", "event"):
        _refuse(
            spec, f"counts from the first {spec.after!r}, and the table events is not there", schema.near.get("events", "leave out after")
        )
    if spec.aggregate in OF_VALUES:
        if spec.column is None:
            _refuse(spec, f"does not say which column to take the {spec.aggregate} of", "column: value, say")
        _check_column(columns, spec, spec.column)
    elif spec.aggregate == "distinct":
        _check_column(columns, spec, _distinct(spec))
    elif spec.column is not None:
        _refuse(spec, f"names the column {spec.column}, and {spec.aggregate} looks at rows", "leave out column, or say it in where")


def _check_column(columns: Mapping[str, ColumnType], spec: FeatureSpec, column: str) -> None:
    if column not in columns:
        _refuse(spec, f"reads {spec.table}.{column}, which is not there", did_you_mean(column, columns))
    if column in later_times(spec.table):
        _refuse(spec, f"reads {spec.table}.{column}, which is written after the row itself: it would see the future", instead_of(column))
    if columns[column] == "time":
        _refuse(spec, f"takes the {spec.aggregate} of a time, {spec.table}.{column}", "recency_days and days_since_first are made of times")

"""Declared features to as-of SQL. Everything that could go wrong with a declaration goes wrong here, in words."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from icpfit.config import FeatureSpec
from icpfit.features.account_query import account_queries, is_historic
from icpfit.features.checks import ACCOUNT_FIELDS, OF_TODAY, counted_column, problems, together
from icpfit.features.combine import COMBINATIONS, in_order, made_of
from icpfit.features.conditions import row_condition
from icpfit.features.plan import Plan, Query
from icpfit.features.row_query import RowPass
from icpfit.features.schema import Schema


def compile_features(connection: duckdb.DuckDBPyConnection, schema: Schema, specs: Sequence[FeatureSpec]) -> Plan:
    """Portable SQL for ``specs`` over tables as in a :class:`~icpfit.sources.warehouse.Warehouse`.

    ``connection`` lends its parser and is not asked for data. Every query reads a relation ``_moments``
    (``_moment``, ``account_id``, ``as_of`` in microseconds). The text depends on the declarations alone.

    Raises:
        FeatureError: a feature that cannot be computed as of a moment, or names a table, column or
            condition that is not there; with its name, the reason and what to write instead.
    """
    if found := problems(connection, schema, specs):
        raise together(found)
    read = [s for s in specs if s.aggregate not in COMBINATIONS]
    fields = [s for s in read if s.aggregate in ACCOUNT_FIELDS]
    queries = list(account_queries(schema, fields))
    for table in sorted({s.table for s in read if s not in fields}):
        queries += _passes(connection, schema, table, [s for s in read if s.table == table and s not in fields])
    return Plan(tuple(queries), in_order(specs), of_today(schema, specs))


def of_today(schema: Schema, specs: Sequence[FeatureSpec]) -> tuple[str, ...]:
    """Names of the columns that are read from today's values, or made of such a one: their past is not recorded anywhere."""

    def today(spec: FeatureSpec) -> bool:
        return spec.aggregate in OF_TODAY and not is_historic(schema, spec)

    return tuple(s.name for s in specs if not s.hidden and any(today(part) for part in made_of(s, specs)))


def _passes(connection: duckdb.DuckDBPyConnection, schema: Schema, table: str, specs: Sequence[FeatureSpec]) -> list[Query]:
    """One pass per table; a further one for each further column whose distinct values are counted, and one for last values."""
    asked = {s.where: s.name for s in reversed(specs) if s.where is not None}  # each text once, under the first feature that has it
    written = {w: row_condition(connection, name, table, schema.tables[table], w) for w, name in reversed(asked.items())}
    conditions = {s.name: written[s.where] for s in specs if s.where is not None}
    counted = [s for s in specs if s.aggregate == "distinct"]
    last = [s for s in specs if s.aggregate == "last"]
    columns = sorted({counted_column(s) for s in counted}, key=lambda c: (c != "user_id", c))
    who = columns[0] if columns else None
    first = [s for s in specs if s not in last and (s not in counted or counted_column(s) == who)]
    further = [(c, [s for s in counted if counted_column(s) == c]) for c in columns[1:]]
    parts = [(who, first), *further, (None, last)]
    return [RowPass(schema, table, conditions, column).query(part) for column, part in parts if part]

"""Feature values of accounts at moments: one path for training sets and for target lists."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from icpfit.config import FeatureSpec
from icpfit.errors import FeatureError
from icpfit.features.combine import combined
from icpfit.features.compile import compile_features, of_today
from icpfit.features.engines import DuckDBEngine, Engine, EngineError, holding
from icpfit.features.plan import Output, Query
from icpfit.features.schema import read_schema
from icpfit.features.sqltext import MOMENTS
from icpfit.features.values import as_frame, as_texts, finished, parse_numbers
from icpfit.progress import told
from icpfit.sources.sql import quoted
from icpfit.sources.warehouse import Warehouse

Column = npt.NDArray[np.float64] | npt.NDArray[np.object_]


def build_features(
    warehouse: Warehouse,
    specs: Sequence[FeatureSpec],
    moments: pd.DataFrame,
    overrides: pd.DataFrame | None = None,
    *,
    engine: Engine | None = None,
) -> pd.DataFrame:
    """What was known of each account at its moment.

    ``moments`` has ``account_id`` (text; None = unknown) and ``as_of`` (int64 microseconds).
    ``overrides``, one row per moment in the same order, has columns of accounts (texts) that a target
    list states: where not empty they stand in for the account's own field.
    ``engine`` runs the queries, and holds the warehouse's tables; without one it is the warehouse's DuckDB.
    The values are the same.

    Returns one row per moment, same order and index, one column per spec that is not hidden: float64 with NaN for
    unknown, or object with text and None for a category. Every feature of an account that is unknown, or was
    recorded only at or after the moment, is unknown, but for what ``overrides`` says.

    Raises:
        FeatureError: a feature cannot be computed as of a moment.
        ValueError: ``as_of`` is not whole microseconds, or ``overrides`` has another length.
    """
    as_of = _as_of(moments)
    if overrides is not None and len(overrides) != len(moments):
        raise ValueError(f"{len(moments)} moments, but {len(overrides)} rows of overrides")
    plan = compile_features(warehouse.connection, read_schema(warehouse), specs)
    asked, place = _distinct_moments(moments["account_id"], as_of)
    columns: dict[str, Column] = {}
    connection = warehouse.connection
    engine = engine or DuckDBEngine(connection)
    with holding(engine, {MOMENTS: asked}):
        for query in plan.queries:
            answer = _answer(connection, engine, query)
            moment = answer["_moment"].to_numpy(np.int64)
            row = _places(moment, asked.num_rows)[place]
            then = asked["as_of"].to_numpy()[moment]
            for output in query.outputs:
                once = finished(connection, output.finish, [answer[c] for c in output.columns], then, output.domains)
                values = _spread(once, row)
                columns[output.feature] = values if overrides is None else _stated(connection, output, values, overrides, as_of)
    for spec in plan.combinations:
        columns[spec.name] = combined(spec, columns)
    shown = [s for s in specs if not s.hidden]
    # The dtype is said, since pandas would guess one from the cells.
    series = {s.name: pd.Series(columns[s.name], index=moments.index, dtype=columns[s.name].dtype) for s in shown}
    return pd.DataFrame(series, index=moments.index, copy=False)


def current_state(warehouse: Warehouse, specs: Sequence[FeatureSpec]) -> tuple[str, ...]:
    """Names of the features that are read from today's values: their past is not recorded anywhere."""
    return of_today(read_schema(warehouse), specs)


def _as_of(moments: pd.DataFrame) -> npt.NDArray[np.int64]:
    if not pd.api.types.is_integer_dtype(moments["as_of"]) or moments["as_of"].isna().any():
        raise ValueError(f"as_of is whole microseconds since 1970, got {moments['as_of'].dtype}")
    return moments["as_of"].to_numpy(np.int64)


def _distinct_moments(account_id: pd.Series, as_of: npt.NDArray[np.int64]) -> tuple[pa.Table, npt.NDArray[np.int64]]:
    """Each (account, as_of) once, and for each row its number there, -1 without an account."""
    codes, accounts = pd.factorize(account_id, use_na_sentinel=True)
    order = np.lexsort((as_of, codes))
    order = order[codes[order] >= 0]
    new = np.ones(len(order), dtype=bool)
    new[1:] = (codes[order][1:] != codes[order][:-1]) | (as_of[order][1:] != as_of[order][:-1])
    place = np.full(len(as_of), -1, dtype=np.int64)
    place[order] = np.cumsum(new) - 1
    first = order[new]
    names = np.asarray(accounts, dtype=object)
    asked = pa.table(
        {
            "_moment": pa.array(np.arange(len(first), dtype=np.int64)),
            "account_id": pa.array(names[codes[first]], pa.string()),
            "as_of": pa.array(as_of[first]),
        }
    )
    return asked, place


def _answer(connection: duckdb.DuckDBPyConnection, engine: Engine, query: Query) -> pd.DataFrame:
    """The query's columns, one row per distinct moment whose account is known, in any order."""
    numbers = {relation: _numbers(connection, query.table, column) for relation, column in query.numbers.items()}
    try:
        with holding(engine, numbers), told(connection, f"features of {query.table}"):
            answer = engine.run(query.sql)
    except EngineError as error:
        named = ", ".join(o.feature for o in query.outputs[:5])
        raise FeatureError(f"the features of {query.table} cannot be computed ({error})", hint=f"look at {named}") from error
    return as_frame(answer)


def _places(moment: npt.NDArray[np.int64], moments: int) -> npt.NDArray[np.int64]:
    """For each of the distinct moments its row in an answer, -1 where there is none; then one more -1, for what has no moment.

    >>> _places(np.array([2, 0]), 3).tolist()
    [1, -1, 0, -1]
    """
    row = np.full(moments + 1, -1, dtype=np.int64)
    row[moment] = np.arange(len(moment))
    return row


def _numbers(connection: duckdb.DuckDBPyConnection, table: str, column: str) -> pa.Table:
    """Every text of a column with the number in it: engines disagree on what a text must look like to be one."""
    name = quoted(column)
    texts = as_texts(connection.sql(f"SELECT DISTINCT {name} AS _text FROM {quoted(table)} WHERE {name} IS NOT NULL").df()["_text"])
    numbers = pa.array(parse_numbers(connection, texts), from_pandas=True)
    return pa.table({"_text": pa.array(texts, pa.string()), "_number": numbers})


def _spread(once: Column, row: npt.NDArray[np.int64]) -> Column:
    """Values of an answer's rows to all rows that ask; row -1 is unknown."""
    unknown = np.array([None], dtype=object) if once.dtype == object else np.array([np.nan])
    return np.concatenate([once, unknown])[row]


def _stated(
    connection: duckdb.DuckDBPyConnection, output: Output, values: Column, overrides: pd.DataFrame, as_of: npt.NDArray[np.int64]
) -> Column:
    """The list's own word, where it has one, for a feature that reads a field of the account."""
    if output.field is None or output.field not in overrides:
        return values
    texts = as_texts(overrides[output.field])
    said = np.array([t is not None and str(t).strip() != "" for t in texts], dtype=bool)
    if not said.any():
        return values
    stated = pd.Series([str(t).strip() for t in texts[said]], dtype=object)
    values = values.copy()
    values[said] = finished(connection, output.finish, [stated], as_of[said], output.domains)
    return values

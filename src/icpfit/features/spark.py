"""The compiled queries in Spark."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pyarrow as pa

from icpfit.features.engines import EngineError, missing, refuse_upper
from icpfit.sources.sql import quoted
from icpfit.sources.warehouse import Warehouse

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

SETTINGS = {
    "spark.sql.ansi.enabled": "true",
    # a name in double quotes is a name, as the standard has it, not a text
    "spark.sql.ansi.doubleQuotedIdentifiers": "true",
    # '' inside a text is one quote; ${...} is what it looks like
    "spark.sql.parser.escapedStringLiterals": "false",
    "spark.sql.legacy.consecutiveStringLiterals.enabled": "false",
    "spark.sql.variable.substitute": "false",
}
"""What a session must be told for the text to mean what it says. All but the second and the last are Spark 4's defaults."""


class SparkEngine:
    """A Spark session.

    With ``warehouse`` its clean tables are given to a new session beside ``session``, as temporary views,
    and nothing that is in ``session`` changes. Without, the queries read the tables and views that ``session``
    knows: clean tables as :class:`~icpfit.sources.warehouse.Warehouse` has them.

    Raises:
        FeatureError: pyspark is not installed.
    """

    name = "Spark"

    def __init__(self, session: SparkSession, warehouse: Warehouse | None = None) -> None:
        try:
            from pyspark.errors import PySparkException
        except ImportError:
            raise missing("spark", "pyspark") from None
        self._error = PySparkException
        self._session = session
        if warehouse is not None:
            self._session = session.newSession()
            for table in warehouse.columns:
                self.load(table, warehouse.connection.sql(f"SELECT * FROM {quoted(table)}").to_arrow_table())

    def load(self, relation: str, rows: pa.Table) -> None:
        self._session.createDataFrame(rows).createOrReplaceTempView(relation)

    def drop(self, relation: str) -> None:
        self._session.catalog.dropTempView(relation)

    def run(self, sql: str) -> pa.Table:
        refuse_upper(self.name, sql)
        try:
            with self._as_standard():
                return self._session.sql(sql).toArrow()
        except self._error as error:
            raise EngineError((str(error).strip().splitlines() or [type(error).__name__])[0]) from error

    @contextmanager
    def _as_standard(self) -> Iterator[None]:
        conf = self._session.conf
        changed = {name: old for name, value in SETTINGS.items() if (old := str(conf.get(name))) != value}
        try:
            for name in changed:
                conf.set(name, SETTINGS[name])
            yield
        finally:
            for name, old in changed.items():
                conf.set(name, old)

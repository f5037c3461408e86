"""Where the compiled queries run: DuckDB, or the same text in PostgreSQL or Spark.

An engine holds the warehouse's clean tables under their own names. Each returns the same whole numbers,
decimals, doubles and texts, so that the values made of them are the same to the last bit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol

import duckdb
import pyarrow as pa

from icpfit.errors import FeatureError

_QUOTED = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"")


class EngineError(Exception):
    """An engine could not run a query; the words are its own."""


class Engine(Protocol):
    """A place where queries over the warehouse's clean tables run."""

    @property
    def name(self) -> str:
        """What people call it."""
        ...

    def load(self, relation: str, rows: pa.Table) -> None:
        """Make ``rows`` (whole numbers, doubles and texts) a relation that queries can name."""
        ...

    def drop(self, relation: str) -> None:
        """Forget a relation that was loaded."""
        ...

    def run(self, sql: str) -> pa.Table:
        """The answer to a query of :func:`~icpfit.features.compile.compile_features`.

        Raises:
            EngineError: it cannot be computed here.
        """
        ...


@contextmanager
def holding(engine: Engine, relations: Mapping[str, pa.Table]) -> Iterator[None]:
    """The relations are there inside the block, and gone after it."""
    loaded: list[str] = []
    try:
        for relation, rows in relations.items():
            engine.load(relation, rows)
            loaded.append(relation)
        yield
    finally:
        for relation in loaded:
            engine.drop(relation)


class DuckDBEngine:
    """The warehouse's own connection: nothing is copied."""

    name = "DuckDB"

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def load(self, relation: str, rows: pa.Table) -> None:
        self._connection.register(relation, rows)

    def drop(self, relation: str) -> None:
        self._connection.unregister(relation)

    def run(self, sql: str) -> pa.Table:
        try:
            return self._connection.sql(sql).to_arrow_table()
        except duckdb.Error as error:
            raise EngineError(str(error).splitlines()[0]) from error


def refuse_upper(engine: str, sql: str) -> None:
    """UPPER of ß and of ligatures is one letter here and two there.

    >>> refuse_upper("Spark", "SELECT LOWER(a) = 'UPPER('")
    """
    if re.search(r"\bUPPER\(", _QUOTED.sub("", sql)):
        raise FeatureError(
            f"a condition uses upper, which {engine} means differently: of ß, say, it makes other letters",
            hint="lower(column) = '...' means the same everywhere",
        )


def missing(extra: str, needed: str) -> FeatureError:
    """What to install, where an engine's package is not there."""
    return FeatureError(f"{needed} is not installed", hint=f"pip install 'icpfit[{extra}]'")

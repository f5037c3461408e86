"""The company's tables, read and checked, in one DuckDB connection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import duckdb
import pandas as pd

from icpfit.sources.merges import Merge
from icpfit.sources.rows import DataFinding, LeftOut, RowCount
from icpfit.sources.sql import quoted


@dataclass(frozen=True)
class Warehouse:
    """Clean tables under their contract names.

    In every table each time column is a BIGINT of microseconds since 1970 in UTC (NULL = empty), each
    number a DOUBLE, all else VARCHAR with empty text as NULL. A table with a time of its own also has
    ``visible_at``: the later of that time and ``recorded_at``. ``accounts`` has ``visible_at`` =
    ``recorded_at`` or NULL, and ``domain`` normalised. Optional tables that the company does not have
    are absent: ask ``has``.

    ``newest`` is the default moment of knowing in microseconds, already rounded up to the day.
    ``fingerprint`` is a sha256 over the clean content, the same for any order of rows.
    """

    connection: duckdb.DuckDBPyConnection
    columns: Mapping[str, tuple[str, ...]]
    counts: tuple[RowCount, ...]
    newest: int
    fingerprint: str
    findings: tuple[DataFinding, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    places: Mapping[str, str] = field(default_factory=dict)
    """table -> the file or files it was read from, for messages"""
    merges: tuple[Merge, ...] = ()
    """accounts that are another one: their rows stand under the account that is kept"""

    def has(self, table: str) -> bool:
        return table in self.columns

    def frame(self, table: str) -> pd.DataFrame:
        """The whole clean table, ordered by its key (or by all columns), as pandas."""
        order = ", ".join(quoted(c) for c in self.columns[table])
        frame: pd.DataFrame = self.connection.sql(f'SELECT * FROM "{table}" ORDER BY {order}').df()
        return frame

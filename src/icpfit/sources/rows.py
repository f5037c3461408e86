"""Row accounting: nothing is lost without a reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import pandas as pd


@dataclass(frozen=True, slots=True)
class RowCount:
    """Rows of one table: in = used + left out, by reason. Where several files make a table, ``parts`` are those, each with its ``place``.

    >>> RowCount("deals", 3, 2, {})
    Traceback (most recent call last):
    ...
    ValueError: deals: 3 rows in, but 2 used + 0 left out
    """

    table: str
    rows_in: int
    used: int
    left_out: Mapping[str, int] = field(default_factory=dict)
    place: str = ""
    parts: tuple[RowCount, ...] = ()

    def __post_init__(self) -> None:
        if self.rows_in != self.used + sum(self.left_out.values()):
            raise ValueError(f"{self.table}: {self.rows_in} rows in, but {self.used} used + {sum(self.left_out.values())} left out")
        if self.parts and self.rows_in != sum(p.rows_in for p in self.parts):
            raise ValueError(f"{self.table}: {self.rows_in} rows in, but {sum(p.rows_in for p in self.parts)} in its files")


@dataclass(frozen=True, slots=True)
class DataFinding:
    """Something about the data that a person should know. ``words`` names file, column, row, count and one example."""

    code: str
    severity: Literal["note", "warning", "error"]
    table: str
    words: str
    rows: int = 0


@dataclass(frozen=True, slots=True)
class LeftOut:
    """The rows of one file left out of a table: columns ``row`` (1 = first data row of the file), ``key`` and ``reason``.

    Rows of companies that nobody here knows, in a file about the whole market, are counted and not listed.
    """

    table: str
    rows: pd.DataFrame
    place: str = ""

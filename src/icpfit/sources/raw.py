"""A table as it was handed in, before the contract: where it lies, its columns, how DuckDB reads it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class RawColumn:
    """``name`` as in the file; ``sql`` as in the relation; ``duck_type`` as DuckDB sees it."""

    name: str
    sql: str
    duck_type: str


@dataclass(frozen=True, slots=True)
class RawTable:
    """``relation`` can stand after FROM and yields the readable rows in the file's order.

    ``unreadable`` are the row numbers (1 = first data row) that the relation leaves out, ascending.
    ``places`` are the relation's rows as the file has them, where one row of the file has become several: from 0, ascending.
    ``row_by_row`` reads the same file slower and past its broken rows, where the relation cannot.
    ``reason`` is a column of the relation that says why the reader leaves a row out, empty where it does not.
    ``is_file`` is false for a table that nobody exports: of a database, or in memory.
    """

    place: str
    relation: str
    columns: tuple[RawColumn, ...]
    unreadable: tuple[int, ...] = ()
    is_file: bool = True
    places: npt.NDArray[np.int64] | None = field(default=None, compare=False, repr=False)
    row_by_row: Callable[[], RawTable] | None = field(default=None, compare=False, repr=False)
    reason: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(c.name for c in self.columns)

    def column(self, name: str) -> RawColumn:
        return next(c for c in self.columns if c.name == name)

    def row_numbers(self, index: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """The file's row numbers of the relation's rows 0, 1, 2, …

        >>> raw = RawTable("deals.csv", "deals", (), unreadable=(2, 3))
        >>> raw.row_numbers(np.array([0, 1, 2])).tolist()
        [1, 4, 5]
        """
        if self.places is not None:
            index = self.places[index]
        readable_before = np.asarray(self.unreadable, dtype=np.int64) - np.arange(len(self.unreadable)) - 1
        shift = np.searchsorted(readable_before, index, side="right")
        return np.asarray(index + 1 + shift, dtype=np.int64)

"""The newest moment in the data, and the check that it is not a slip of the pen."""

from __future__ import annotations

import math

import duckdb
import numpy as np

from icpfit.errors import SourceError
from icpfit.moments import DAY, day_text, is_for_ever, round_up_to_day
from icpfit.sources.phrases import FOR_EVER_HINT, for_ever
from icpfit.sources.sql import quoted
from icpfit.sources.staging import ROW, Staged

CLOCKS: dict[str, tuple[str, ...]] = {
    "deals": ("created_at", "closed_at"),
    "events": ("occurred_at",),
    "signals": ("occurred_at",),
    "interactions": ("occurred_at",),
    "arr_changes": ("changed_at",),
}
"""The columns that tell how far the data reaches. ``closed_at`` is empty for open deals here."""

FAR = 30 * DAY
"""How far the newest time may lie behind the 99.9th percentile of its column."""


def newest_moment(connection: duckdb.DuckDBPyConnection, staged: Staged) -> list[int]:
    """The newest clean moment of each clock of a table, rounded up to the day.

    Raises:
        SourceError: it lies more than 30 days after the 99.9th percentile of its column, or stands for "for ever".
    """
    found = []
    good = f"{staged.staged} s WHERE NOT EXISTS (SELECT 1 FROM {staged.faults} f WHERE f.{ROW} = s.rowid)"
    for clock in CLOCKS.get(staged.table.name, ()):
        name = quoted(clock)
        figures = f"max({name}), arg_max(s.rowid, {name}), count({name})"
        newest, index, count = connection.execute(f"SELECT {figures} FROM {good}").fetchall()[0]
        if newest is None:
            continue
        number = int(staged.mapped.raw.row_numbers(np.array([index]))[0])
        if is_for_ever(int(newest)):
            raise SourceError(for_ever(staged.mapped.raw.place, clock, number, int(newest)), hint=FOR_EVER_HINT)
        if _almost_all_before(connection, good, name, int(newest) - FAR, int(count)):
            before = connection.execute(f"SELECT max({name}) FROM {good} AND {name} < {newest}").fetchall()[0][0]
            raise SourceError(
                f"{staged.mapped.raw.place}: {clock} in row {number:,} is {day_text(newest)}, more than 30 days after 99.9 % of"
                f" the {count:,} times in that column (the next is {day_text(before)})",
                hint="mend or remove that row: the newest time decides what counts as known",
            )
        found.append(round_up_to_day(int(newest)))
    return found


def _almost_all_before(connection: duckdb.DuckDBPyConnection, good: str, name: str, edge: int, count: int) -> bool:
    """Whether the 99.9th percentile lies before ``edge``. Counted, since a percentile itself would hold all times in memory."""
    place = 0.999 * (count - 1)
    below = math.floor(place)
    figures = f"count(*) FILTER ({name} < {edge}), max({name}) FILTER ({name} < {edge}), min({name}) FILTER ({name} >= {edge})"
    before, last, first = connection.execute(f"SELECT {figures} FROM {good}").fetchall()[0]
    if before != below + 1:
        return bool(before > below + 1)
    # It lies between the last time before the edge and the first one after it.
    return bool(last + (first - last) * (place - below) < edge)

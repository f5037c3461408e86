"""How often fields of accounts are rewritten just before and just after a deal closes: what their history gives away."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from icpfit.moments import DAY
from icpfit.outcomes import DealBook
from icpfit.outcomes.known import NEVER
from icpfit.sources.sql import literal
from icpfit.sources.warehouse import Warehouse

WEEKS = 8
"""at most, on either side of a close: what follows from an outcome is written soon"""
LEAST = 7 * DAY
"""a deal that lived a shorter time says nothing of what was usual before its close"""


@dataclass(frozen=True, slots=True)
class Around:
    """``deals`` watched for as long before their close as after it, and how many of them saw the field rewritten on either side."""

    deals: int
    before: int
    after: int

    def __post_init__(self) -> None:
        if not 0 <= max(self.before, self.after) <= self.deals:
            raise ValueError(f"{self.before} and {self.after} of {self.deals} deals")


NOT_WATCHED = Around(0, 0, 0)


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A field that has a history, around the closes of won and of lost deals."""

    won: Around = NOT_WATCHED
    lost: Around = NOT_WATCHED


def rewritten_around_closes(warehouse: Warehouse, book: DealBook, fields: Collection[str], moment: int) -> Mapping[str, Rewritten]:
    """For each of ``fields`` with a history at ``moment``: new logo deals whose account had it rewritten around their close.

    A deal is watched for the same time on both sides of its close: eight weeks, or since the day after it was created,
    if that is shorter; it counts if that is a week or more, if the time after it has passed at ``moment``, and if the
    field's history had begun before. A rewriting is a value other than the one before it, or a first value, and it
    counts when it was written, not when it was true.
    """
    if not warehouse.has("account_history") or not fields:
        return {}
    state = book.at(moment)
    closed = np.where(state.population & (state.resolved == book.closed), book.closed, NEVER)
    watched = np.minimum(WEEKS * 7 * DAY, np.where(closed == NEVER, 0, closed - book.created - DAY))
    rows = np.flatnonzero((watched >= LEAST) & (closed <= moment - watched))
    deals = pa.table(
        {
            "deal": rows,
            "account_id": pa.array(book.account_id[rows], pa.string()),
            "won": book.stage_won[rows],
            "closed": closed[rows],
            "watched": watched[rows],
        }
    )
    connection = warehouse.connection
    connection.register("_closes", deals)
    try:
        found: pd.DataFrame = connection.sql(_sql(fields, moment)).df()
    finally:
        connection.unregister("_closes")
    sides: dict[str, dict[str, Around]] = {}
    for field, won, *counts in found.itertuples(index=False):
        own = sides.setdefault(str(field), {})
        if not pd.isna(won):  # a field with a history, around whose rows no deal closed
            own["won" if won else "lost"] = Around(*(int(n) for n in counts))
    return {field: Rewritten(**own) for field, own in sorted(sides.items())}


def _sql(fields: Collection[str], moment: int) -> str:
    names = ", ".join(literal(f) for f in sorted(fields))
    return f"""
WITH written AS (
  SELECT account_id, field, visible_at AS since, value,
    lag(value) OVER (PARTITION BY account_id, field ORDER BY valid_from, visible_at, value) AS old
  FROM account_history WHERE visible_at < {moment} AND field IN ({names})),
changes AS (SELECT account_id, field, since FROM written WHERE value IS DISTINCT FROM old),
histories AS (SELECT field, min(since) AS began FROM written GROUP BY field),
seen AS (
  SELECT h.field, d.deal, d.won,
    coalesce(bool_or(c.since >= d.closed - d.watched AND c.since < d.closed), FALSE) AS earlier,
    coalesce(bool_or(c.since >= d.closed AND c.since < d.closed + d.watched), FALSE) AS later
  FROM histories h JOIN _closes d ON h.began < d.closed - d.watched
    LEFT JOIN changes c ON c.account_id = d.account_id AND c.field = h.field
  GROUP BY h.field, d.deal, d.won)
SELECT h.field, s.won, count(s.deal) AS deals, count(*) FILTER (s.earlier) AS earlier, count(*) FILTER (s.later) AS later
FROM histories h LEFT JOIN seen s ON s.field = h.field
GROUP BY h.field, s.won ORDER BY h.field, s.won"""

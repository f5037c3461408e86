"""The best SQL that one would write by hand for this one task: three ways, over the same tables in the same DuckDB."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from contestants.ours import opened
from contestants.task import COLUMNS, DAY, KINDS, WINDOWS, Watch, hand_in, ordered

PAIRS = "asked m JOIN events e ON e.account_id = m.account_id AND e.occurred_at < m.as_of AND e.visible_at < m.as_of"


def since(days: int) -> str:
    return f"e.occurred_at >= m.as_of - {days * DAY}"


def _counts(window: int, condition: str = "") -> list[str]:
    return [f"count(*) FILTER (e.event = '{k}'{condition}) AS {k}_{window}d" for k in KINDS]


def one_join() -> str:
    """One join over the widest window, everything in one aggregation."""
    columns = []
    for w in WINDOWS:
        columns += _counts(w, f" AND {since(w)}")
        columns.append(f"count(DISTINCT e.user_id) FILTER ({since(w)}) AS users_{w}d")
        columns.append(f"min(m.as_of - e.occurred_at) FILTER ({since(w)}) AS recency_{w}d")
    return f"SELECT m._moment, {', '.join(columns)} FROM {PAIRS} AND {since(max(WINDOWS))} GROUP BY m._moment"


def by_user() -> str:
    """The same join, first by (moment, user): a distinct user is then one whose last event is in the window."""
    inner, outer = [], []
    for w in WINDOWS:
        inner += _counts(w, f" AND {since(w)}")
        outer += [f"sum({k}_{w}d) AS {k}_{w}d" for k in KINDS]
        outer.append(f"count(user_id) FILTER (age <= {w * DAY}) AS users_{w}d")
        outer.append(f"min(age) FILTER (age <= {w * DAY}) AS recency_{w}d")
    return f"""
        WITH u AS (
            SELECT m._moment, e.user_id, {", ".join(inner)}, min(m.as_of - e.occurred_at) AS age
            FROM {PAIRS} AND {since(max(WINDOWS))} GROUP BY m._moment, e.user_id)
        SELECT _moment, {", ".join(outer)} FROM u GROUP BY _moment"""


def by_window() -> str:
    """A join of its own per window."""
    parts = []
    for w in WINDOWS:
        columns = [*_counts(w), f"count(DISTINCT e.user_id) AS users_{w}d", f"min(m.as_of - e.occurred_at) AS recency_{w}d"]
        parts.append(f"w{w} AS (SELECT m._moment, {', '.join(columns)} FROM {PAIRS} AND {since(w)} GROUP BY m._moment)")
    joins = " ".join(f"LEFT JOIN w{w} ON w{w}._moment = m._moment" for w in WINDOWS)
    return f"WITH {', '.join(parts)} SELECT m._moment, {', '.join(COLUMNS)} FROM asked m {joins}"


WAYS = {"one_join": one_join, "by_user": by_user, "by_window": by_window}

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=tuple(WAYS))
    parser.add_argument("folder", type=Path)
    asked = parser.parse_args()
    connection = opened(asked.folder)
    moments = pq.read_table(asked.folder / "moments.parquet")
    watch = Watch()
    connection.register("asked", moments.append_column("_moment", [np.arange(moments.num_rows)]))
    found = connection.sql(WAYS[asked.what]()).df()
    values = ordered({c: found[c].to_numpy(np.float64, na_value=np.nan) for c in COLUMNS}, found["_moment"].to_numpy(), moments.num_rows)
    hand_in(asked.folder, asked.what, values, **watch.figures())

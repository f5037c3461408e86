"""Polars' streaming engine over the clean events as Parquet, first by (moment, user) as in the best SQL."""

from __future__ import annotations

import argparse
from pathlib import Path

import polars as pl

from contestants.task import COLUMNS, DAY, KINDS, WINDOWS, Watch, hand_in, ordered


def query(folder: Path, moments: pl.DataFrame) -> pl.LazyFrame:
    age = pl.col("as_of") - pl.col("occurred_at")
    events = pl.scan_parquet(folder / "clean.parquet").select("account_id", "occurred_at", "visible_at", "event", "user_id")
    pairs = events.join(moments.lazy(), on="account_id").filter(
        (pl.col("occurred_at") < pl.col("as_of")) & (pl.col("visible_at") < pl.col("as_of")) & (age <= max(WINDOWS) * DAY)
    )
    counts = [((pl.col("event") == k) & (age <= w * DAY)).sum().alias(f"{k}_{w}d") for w in WINDOWS for k in KINDS]
    users = pairs.group_by("_moment", "user_id").agg(*counts, age.min().alias("age"))
    total = [pl.col(f"{k}_{w}d").sum() for w in WINDOWS for k in KINDS]
    for w in WINDOWS:
        there = pl.col("age") <= w * DAY
        total += [(there & pl.col("user_id").is_not_null()).sum().alias(f"users_{w}d")]
        total += [pl.when(there).then(pl.col("age")).min().alias(f"recency_{w}d")]
    return users.group_by("_moment").agg(*total)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    asked = parser.parse_args()
    moments = pl.read_parquet(asked.folder / "moments.parquet").with_row_index("_moment")
    watch = Watch()
    found = query(asked.folder, moments).collect(engine="streaming")
    columns = {c: found[c].cast(pl.Float64).fill_null(float("nan")).to_numpy() for c in COLUMNS}
    values = ordered(columns, found["_moment"].to_numpy(), len(moments))
    hand_in(asked.folder, "polars", values, **watch.figures(), version=pl.__version__)

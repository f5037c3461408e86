"""pandas: merge, filter, group. Reading the file is not counted, and texts become whole numbers before the clock starts."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from contestants.task import COLUMNS, DAY, KINDS, WINDOWS, Watch, hand_in, ordered


def features(events: pd.DataFrame, moments: pd.DataFrame) -> pd.DataFrame:
    """``account``, ``user`` and ``event`` are whole numbers; ``event`` is the place in ``KINDS``, others behind."""
    pairs = events.merge(moments, on="account")
    age = pairs["as_of"] - pairs["occurred_at"]
    seen = (age > 0) & (age <= max(WINDOWS) * DAY) & (pairs["visible_at"] < pairs["as_of"])
    pairs = pairs.loc[seen, ["_moment", "event", "user"]].assign(age=age[seen])
    columns: dict[str, pd.Series] = {}
    for w in WINDOWS:
        within = pairs[pairs["age"] <= w * DAY]
        counts = within.groupby(["_moment", "event"]).size().unstack(fill_value=0)
        for place, kind in enumerate(KINDS):
            columns[f"{kind}_{w}d"] = counts[place] if place in counts else counts.sum(axis=1) * 0
        columns[f"users_{w}d"] = within.drop_duplicates(["_moment", "user"]).groupby("_moment").size()
        columns[f"recency_{w}d"] = within.groupby("_moment")["age"].min()
    return pd.DataFrame(columns)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    asked = parser.parse_args()
    events = pd.read_parquet(asked.folder / "clean.parquet", columns=["account_id", "occurred_at", "visible_at", "event", "user_id"])
    moments = pd.read_parquet(asked.folder / "moments.parquet")
    codes, names = pd.factorize(moments["account_id"])
    events["account"] = pd.Index(names).get_indexer(events.pop("account_id")).astype(np.int32)
    events["user"] = pd.factorize(events.pop("user_id"))[0].astype(np.int32)
    events["event"] = pd.Index(KINDS).get_indexer(events["event"]).astype(np.int8)
    moments = pd.DataFrame(
        {"account": codes.astype(np.int32), "as_of": moments["as_of"], "_moment": np.arange(len(moments), dtype=np.int32)}
    )
    watch = Watch()
    found = features(events, moments)
    values = ordered({c: found[c].to_numpy(np.float64) for c in COLUMNS}, found.index.to_numpy(), len(moments))
    hand_in(asked.folder, "pandas", values, **watch.figures())

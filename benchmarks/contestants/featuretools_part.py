"""featuretools over a part: the moments of a few days. It knows one time of a row, so the part holds no row recorded on a later day."""

from __future__ import annotations

import argparse
from pathlib import Path

import featuretools as ft
import numpy as np
import pandas as pd
import woodwork.logical_types as kinds_of

from contestants.task import COLUMNS, DAY, KINDS, WINDOWS, Watch, hand_in


def entities(folder: Path) -> ft.EntitySet:
    events = pd.read_parquet(folder / "clean.parquet", columns=["account_id", "occurred_at", "event", "user_id"])
    events["occurred_at"] = events["occurred_at"].astype("datetime64[us]").astype("datetime64[ns]")
    events["number"] = np.arange(len(events))
    accounts = pd.DataFrame({"account_id": pd.read_parquet(folder / "company" / "accounts.parquet")["account_id"].astype(str)})
    entity_set = ft.EntitySet("company")
    entity_set.add_dataframe(accounts, "accounts", index="account_id", logical_types={"account_id": kinds_of.Categorical})
    types = {"account_id": kinds_of.Categorical, "event": kinds_of.Categorical, "user_id": kinds_of.Categorical}
    entity_set.add_dataframe(events, "events", index="number", time_index="occurred_at", logical_types=types)
    entity_set.add_relationship("accounts", "account_id", "events", "account_id")
    return entity_set


def features(entity_set: ft.EntitySet) -> list[ft.FeatureBase]:
    rows = ft.Feature(entity_set["events"].ww["number"])
    of = {"parent_dataframe_name": "accounts"}
    counts = [ft.Feature(rows, primitive=ft.primitives.Count, where=ft.Feature(entity_set["events"].ww["event"]) == k, **of) for k in KINDS]
    users = ft.Feature(entity_set["events"].ww["user_id"], primitive=ft.primitives.NumUnique, **of)
    last = ft.Feature(entity_set["events"].ww["occurred_at"], primitive=ft.primitives.TimeSinceLast(unit="seconds"), **of)
    return [*counts, users, last]


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    asked = parser.parse_args()
    entity_set = entities(asked.folder)
    moments = pd.read_parquet(asked.folder / "moments.parquet")
    moments["time"] = moments.pop("as_of").astype("datetime64[us]").astype("datetime64[ns]")
    watch = Watch()
    found = []
    for w in WINDOWS:
        matrix = ft.calculate_feature_matrix(
            features(entity_set),
            entity_set,
            cutoff_time=moments,
            cutoff_time_in_index=True,
            training_window=f"{w} days",
            include_cutoff_time=False,
        )
        asked_for = pd.MultiIndex.from_frame(moments[["account_id", "time"]])
        values = matrix.loc[asked_for].to_numpy(np.float64, na_value=np.nan)
        values[:, :-1] = np.nan_to_num(values[:, :-1])
        values[:, -1] = np.round(values[:, -1] * 1e6) / DAY
        found.append(values)
    assert len(COLUMNS) == sum(f.shape[1] for f in found)
    hand_in(asked.folder, "featuretools", np.hstack(found), **watch.figures(), version=ft.__version__)

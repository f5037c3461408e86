"""icpfit itself: ``whole`` from the files to the features, as a user has it; ``again`` on the clean tables that this left."""

from __future__ import annotations

import argparse
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from contestants.task import COLUMNS, KINDS, WINDOWS, Watch, hand_in
from icpfit.config import FeatureSpec, FolderSource
from icpfit.features.build import build_features
from icpfit.sources.folder import read_folder
from icpfit.sources.intake import Intake
from icpfit.sources.scratch import memory_bytes
from icpfit.sources.sql import connect, literal, quoted
from icpfit.sources.warehouse import Warehouse

TABLES = ("accounts", "events")


def specs() -> tuple[FeatureSpec, ...]:
    """The task as a user declares it."""

    def spec(name: str, aggregate: str, window: int, where: str | None = None) -> FeatureSpec:
        body = {"name": name, "label": name, "layer": "behavioral", "table": "events", "aggregate": aggregate, "window_days": window}
        return FeatureSpec.model_validate({**body, "where": where})

    counts = [spec(f"{k}_{w}d", "count", w, f"event = '{k}'") for w in WINDOWS for k in KINDS]
    users = [spec(f"users_{w}d", "distinct", w) for w in WINDOWS]
    return (*counts, *users, *(spec(f"recency_{w}d", "recency_days", w) for w in WINDOWS))


def answer(warehouse: Warehouse, folder: Path) -> tuple[dict[str, float], np.ndarray]:
    moments = pd.read_parquet(folder / "moments.parquet")
    watch = Watch()
    values = build_features(warehouse, specs(), moments)[list(COLUMNS)].to_numpy(np.float64)
    return watch.figures(), values


def whole(folder: Path) -> None:
    watch = Watch()
    source = FolderSource.model_validate({"kind": "folder", "path": folder / "company"})
    warehouse = read_folder(source, Intake(0.0))
    reading = watch.figures()
    figures, values = answer(warehouse, folder)
    connection = warehouse.connection
    connection.execute(f"ATTACH {literal(str(folder / 'warehouse.db'))} AS kept")
    for table in TABLES:
        connection.execute(f"CREATE TABLE kept.{quoted(table)} AS SELECT * FROM {quoted(table)}")
    connection.execute("DETACH kept")
    connection.execute(f"COPY events TO {literal(str(folder / 'clean.parquet'))}")
    hand_in(folder, "whole", values, **figures, load=reading["seconds"], load_cpu=reading["cpu"])


def again(folder: Path) -> None:
    connection = opened(folder)
    columns = {t: tuple(connection.sql(f"SELECT * FROM {quoted(t)} LIMIT 0").columns) for t in TABLES}
    figures, values = answer(Warehouse(connection, columns, (), 0, ""), folder)
    hand_in(folder, "ours", values, **figures)


def opened(folder: Path) -> duckdb.DuckDBPyConnection:
    """The clean tables as icpfit left them, with the memory that it allows itself."""
    connection = connect()
    connection.execute(f"SET memory_limit = '{memory_bytes() // 1_000_000}MB'")
    connection.execute(f"SET temp_directory = {literal(str(folder / 'aside'))}")
    connection.execute(f"ATTACH {literal(str(folder / 'warehouse.db'))} AS kept (READ_ONLY)")
    connection.execute("USE kept")
    return connection


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=("whole", "again"))
    parser.add_argument("folder", type=Path)
    asked = parser.parse_args()
    whole(asked.folder) if asked.what == "whole" else again(asked.folder)

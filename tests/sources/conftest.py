"""A small company as frames, and the way to write it as a data folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from icpfit.config import FolderSource
from icpfit.sources.folder import read_folder
from icpfit.sources.intake import Intake
from icpfit.sources.warehouse import Warehouse

Frames = dict[str, pd.DataFrame]


@pytest.fixture
def company() -> Frames:
    """Four accounts, six deals, a few rows of everything that has a time of its own; nothing wrong with any."""
    day = pd.Timestamp
    return {
        "accounts": pd.DataFrame(
            {
                "account_id": ["A", "B", "C", "D"],
                "domain": ["a.example", "b.example", "c.example", "d.example"],
                "industry": ["retail", "software", None, "retail"],
                "employee_count": [10.0, 250.0, None, 70.0],
                "csm": ["Ann", None, None, "Bo"],
            }
        ),
        "deals": pd.DataFrame(
            {
                "deal_id": [f"D-{i}" for i in range(1, 7)],
                "account_id": ["A", "B", "C", "D", "A", "B"],
                "created_at": [day(f"2026-0{i}-03") for i in range(1, 7)],
                "closed_at": [day("2026-02-01"), day("2026-03-01"), None, day("2026-05-01"), day("2026-06-20"), None],
                "stage": ["won", "lost", "open", "won", "lost", "open"],
                "amount": [1000.5, None, 3000.0, 12.25, 7.0, 1e6],
            }
        ),
        "events": pd.DataFrame(
            {
                "account_id": ["A", "A", "B", "D"],
                "occurred_at": pd.to_datetime(
                    ["2026-01-01 10:00:00.25", "2026-01-01 10:00:00.25", "2026-02-01", "2026-06-30 23:59:59.999999"], format="ISO8601"
                ),
                "event": ["login", "login", "pricing_page_view", "login"],
                "user_id": ["u1", "u1", "u2", None],
            }
        ),
        "subscriptions": pd.DataFrame(
            {
                "subscription_id": ["S1", "S2"],
                "account_id": ["A", "D"],
                "started_at": [day("2026-02-02"), day("2026-05-02")],
                "ended_at": [day("2026-06-02"), None],
                "arr": [1000.0, 10.0],
            }
        ),
    }


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write frames as a data folder of CSV or Parquet files."""

    def written(frames: Frames, kind: str = "csv", name: str = "data") -> Path:
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        for table, frame in frames.items():
            if kind == "csv":
                frame.to_csv(folder / f"{table}.csv", index=False)
            else:
                frame.to_parquet(folder / f"{table}.parquet", index=False)
        return folder

    return written


@pytest.fixture
def read() -> Callable[..., Warehouse]:
    """Read a data folder, with settings of the source as keywords; half of a table may be left out."""

    def opened(folder: Path, *, max_left_out: float = 0.5, exempt: bool = False, **settings: object) -> Warehouse:
        source = FolderSource.model_validate({"kind": "folder", "path": folder, **settings})
        return read_folder(source, Intake(max_left_out, exempt))

    return opened

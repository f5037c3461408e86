"""A small company with every kind of table that features read, the same in each test."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from icpfit.moments import DAY
from icpfit.sources.frames import warehouse_from_frames
from icpfit.sources.warehouse import Warehouse

START = 19_723 * DAY


def _times(days: np.ndarray) -> pd.Series:
    return pd.Series((START + (days * DAY).astype(np.int64)).astype("datetime64[us]"))


@pytest.fixture(scope="session")
def frames() -> dict[str, pd.DataFrame]:
    rng = np.random.default_rng(5)
    accounts = [f"A{i}" for i in range(12)]
    n = 400
    first = rng.integers(0, 60, 80)
    return {
        "accounts": pd.DataFrame(
            {
                "account_id": accounts,
                "domain": ["gmail.com", None, *(f"a{i}.example" for i in range(10))],
                "employee_count": [None, *range(11)],
                "industry": ["retail", "software", None] * 4,
                "founded_year": [1990, 0, 2030, None] * 3,
                "seats": ["5", "n/a", "7.5"] * 4,
                "is_partner": ["yes", "No", "perhaps", None] * 3,
                "recorded_at": [*[pd.NaT] * 8, *_times(np.array([20, 30, 70, 80]))],
            }
        ),
        "account_history": pd.DataFrame(
            {
                "account_id": rng.choice(accounts, 60),
                "field": rng.choice(["employee_count", "industry"], 60),
                "value": rng.choice(["10", "20", "some", "retail"], 60),
                "valid_from": _times(rng.integers(0, 90, 60) + np.arange(60) / 60),
                "recorded_at": _times(rng.integers(0, 90, 60).astype(float)).where(pd.Series(rng.random(60) < 0.3)),
            }
        ),
        "deals": pd.DataFrame(
            {"deal_id": ["d"], "account_id": ["A0"], "created_at": _times(np.array([5])), "closed_at": [pd.NaT], "stage": ["open"]}
        ),
        "events": pd.DataFrame(
            {
                "account_id": rng.choice(accounts, n),
                "occurred_at": _times(rng.integers(0, 90, n) + rng.integers(0, 4, n) / 4),
                "event": rng.choice(["trial_started", "login", "it's"], n),
                "user_id": rng.choice(["u", "v", "w", None], n),
                "value": np.where(rng.random(n) < 0.2, np.nan, rng.integers(-500, 500, n) / 100),
                "minutes": rng.choice(["5", "0.1", "many"], n),
                "recorded_at": _times(rng.integers(0, 90, n).astype(float)).where(pd.Series(rng.random(n) < 0.3)),
            }
        ),
        "technologies": pd.DataFrame(
            {
                "account_id": rng.choice(accounts, 80),
                "technology": rng.choice(["dbt", "Looker"], 80),
                "first_seen_at": _times(first + np.arange(80) / 80),
                "last_seen_at": _times(first + 10.0).where(pd.Series(rng.random(80) < 0.7)),
            }
        ),
        "contacts": pd.DataFrame({"contact_id": ["c"], "account_id": ["A0"], "title": ["CFO"]}),
    }


@pytest.fixture(scope="session")
def company(frames: dict[str, pd.DataFrame]) -> Warehouse:
    return warehouse_from_frames(frames)


@pytest.fixture(scope="session")
def moments() -> pd.DataFrame:
    rng = np.random.default_rng(6)
    accounts = np.array([*(f"A{i}" for i in range(12)), "unheard", None], dtype=object)
    return pd.DataFrame({"account_id": rng.choice(accounts, 80), "as_of": START + rng.integers(0, 100, 80) * DAY})

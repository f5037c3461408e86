"""Small companies written by hand, in the form of a warehouse's clean tables."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from icpfit.moments import DAY

TEXT = {"deal_id", "account_id", "stage", "deal_type", "subscription_id", "referred_by_account_id"}


def table(rows: list[dict[str, Any]], **defaults: Any) -> pd.DataFrame:
    """Rows whose times are given in days; blanks are None. ``visible_at`` is the row's own time unless given."""
    own = next(c for c in ("created_at", "started_at", "changed_at", "visible_at") if c in {*defaults, *rows[0]})
    out = []
    for row in rows:
        full = {**defaults, **row}
        full.setdefault("visible_at", full[own])
        out.append(full)
    frame = pd.DataFrame(out)
    for column in frame.columns:
        if column.endswith("_at") or column == "changed":
            frame[column] = frame[column].map(lambda d: np.nan if d is None or pd.isna(d) else float(round(d * DAY)))
        elif column in TEXT:
            frame[column] = frame[column].astype(object)
        else:
            frame[column] = frame[column].astype(float)
    return frame


def deals(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Each row: ``created_at``, ``closed_at`` (days), ``stage``; ids are numbered where they are not given."""
    numbered = [{"deal_id": f"D{i}", "account_id": f"A{i}", **row} for i, row in enumerate(rows)]
    return table(numbered, closed_at=None, stage="open", deal_type="new_logo", amount=100.0, list_amount=100.0, referred_by_account_id=None)


def subscriptions(rows: list[dict[str, Any]]) -> pd.DataFrame:
    numbered = [{"subscription_id": f"S{i}", **row} for i, row in enumerate(rows)]
    return table(numbered, deal_id=None, ended_at=None, arr=100.0)


def changes(rows: list[dict[str, Any]]) -> pd.DataFrame:
    return table(rows, subscription_id="S0", account_id="A0")


@pytest.fixture(scope="session")
def worlds() -> SimpleNamespace:
    """The three builders, as ``worlds.deals(rows)`` and so on."""
    return SimpleNamespace(deals=deals, subscriptions=subscriptions, changes=changes, table=table)

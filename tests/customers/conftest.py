"""Small companies in the form of a warehouse's clean tables, and customers whose lives are drawn by a known rule."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from icpfit.config import OutcomeSettings
from icpfit.customers.lives import COLUMNS, MONTH, Lives, read_lives
from icpfit.moments import DAY
from icpfit.outcomes import Customers, DealBook

TEXT = ("_id", "stage", "deal_type", "loss_reason", "competitor", "name")


def table(rows: list[dict[str, Any]], own: str, **defaults: Any) -> pd.DataFrame:
    """Rows whose times are given in days; ``visible_at`` is the row's ``own`` time unless given."""
    full = [{**defaults, **row} for row in rows]
    frame = pd.DataFrame([{"visible_at": row[own], **row} for row in full])
    for column in frame.columns:
        if column.endswith("_at"):
            frame[column] = frame[column].map(lambda d: np.nan if d is None or pd.isna(d) else float(round(d * DAY)))
        elif column.endswith(TEXT) or column in TEXT:
            frame[column] = frame[column].astype(object)
        else:
            frame[column] = frame[column].astype(float)
    return frame


def deals(rows: list[dict[str, Any]]) -> pd.DataFrame:
    rows = [{"deal_id": f"D{i}", "account_id": f"A{i}", **row} for i, row in enumerate(rows)]
    return table(rows, "created_at", closed_at=None, stage="open", deal_type="new_logo", amount=100.0, list_amount=100.0)


def subscriptions(rows: list[dict[str, Any]]) -> pd.DataFrame:
    return table([{"subscription_id": f"S{i}", **row} for i, row in enumerate(rows)], "started_at", deal_id=None, ended_at=None, arr=100.0)


def changes(rows: list[dict[str, Any]]) -> pd.DataFrame:
    return table(rows, "changed_at", subscription_id="S0", account_id="A0")


def health(rows: list[dict[str, Any]]) -> pd.DataFrame:
    return table(rows, "measured_at", account_id="A0", nps=None, csat=None, escalations=None, first_value_at=None)


def lives_of(
    subs: list[dict[str, Any]],
    moment: float,
    *,
    won: list[dict[str, Any]] | None = None,
    moved: list[dict[str, Any]] | None = None,
    felt: list[dict[str, Any]] | None = None,
    **settings: Any,
) -> Lives:
    """Lives as known on day ``moment``. Unless said otherwise one deal ``D0`` of ``A0``, created on day 50 and won on day 95."""
    rows = won or [{"created_at": 50, "closed_at": 95, "stage": "won"}]
    book_table = deals(rows)
    held = subscriptions([{"account_id": "A0", **s} for s in subs]) if subs else None
    book = DealBook.from_frames(book_table, OutcomeSettings(**settings), subscriptions=held)
    customers = Customers.from_frames(book, held, changes(moved) if moved else None)
    return read_lives(customers, book_table, round(moment * DAY), subscriptions=held, health=health(felt) if felt else None)


def drawn_lives(months: np.ndarray, watched: np.ndarray, arr: np.ndarray | None = None, **columns: np.ndarray) -> Lives:
    """Customers who would leave after so many ``months``, and are watched for ``watched`` of them."""
    n = len(months)
    until = 2_000 * DAY
    left = months < watched
    start = until - np.round(watched * MONTH).astype(np.int64)
    value = np.full(n, 100.0) if arr is None else arr
    base: dict[str, Any] = {
        "row": np.arange(n),
        "deal_id": np.array([f"D{i}" for i in range(n)], dtype=object),
        "account_id": np.array([f"A{i}" for i in range(n)], dtype=object),
        "created": start - 60 * DAY,
        "closed": start - 10 * DAY,
        "start": start,
        "end": np.where(left, start + np.round(months * MONTH).astype(np.int64), np.iinfo(np.int64).max),
        "months": np.where(left, months, watched),
        "watched": watched,
        "left": left,
        "first_arr": value,
        "last_arr": value,
        "arr_now": np.where(left, 0.0, value),
        "horizon_arr": np.where(watched > 13, np.where(months < 13, 0.0, value), np.nan),
        "passed": watched > 13,
        "cycle_days": np.full(n, 50.0),
    }
    blank = {c: np.full(n, np.nan) for c in COLUMNS if c not in base}
    frame = pd.DataFrame({**base, **blank, **columns})
    return Lives(until + 30 * DAY, until, frame[list(COLUMNS)])


@pytest.fixture(scope="session")
def small() -> SimpleNamespace:
    """The builders: ``small.lives(subs, moment, …)``, ``small.drawn(months, watched)``, ``small.deals(rows)`` and so on."""
    return SimpleNamespace(lives=lives_of, drawn=drawn_lives, deals=deals, subscriptions=subscriptions, changes=changes, health=health)

"""Who is actually buying: the won new-logo deals of the last twelve months, as known at a moment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from icpfit.moments import DAY, Micros

Floats = npt.NDArray[np.float64]

YEAR = 365 * DAY
SIZE_BANDS = ((0, 30, "under 30"), (30, 50, "30 to 49"), (50, 120, "50 to 119"), (120, 500, "120 to 499"), (500, np.inf, "500 and more"))
MOST_BARS = 8


@dataclass(frozen=True, slots=True)
class Segment:
    """``win_rate`` is of the segment's closed deals, None below ten of them."""

    name: str
    won: int
    closed: int
    win_rate: float | None
    mean_value: float | None


@dataclass(frozen=True, slots=True)
class Market:
    """Twelve months up to ``as_of``. Values in the configured currency, cycles in days."""

    won: int
    lost: int
    mean_value: float | None
    median_cycle_days: float | None
    win_rate: float | None
    before: tuple[int, int]
    """(won, lost) in the twelve months before these"""
    by_industry: tuple[Segment, ...]
    by_size: tuple[Segment, ...]
    loss_reasons: tuple[tuple[str, int], ...]


def market_of(deals: pd.DataFrame, accounts: pd.DataFrame, as_of: Micros) -> Market:
    """``deals`` and ``accounts`` as in a warehouse: times in microseconds. Only what was closed before ``as_of``.

    Headcount is today's: this page describes, it does not predict.
    """
    kind = deals["deal_type"].fillna("new_logo") if "deal_type" in deals.columns else pd.Series("new_logo", index=deals.index)
    closed_at = pd.to_numeric(deals["closed_at"], errors="coerce")
    closed = deals[(kind == "new_logo") & deals["stage"].isin(["won", "lost"]) & (closed_at < as_of)].assign(closed_at=closed_at)
    year = closed[closed["closed_at"] >= as_of - YEAR].merge(accounts, on="account_id", how="left", suffixes=("", "_account"))
    older = closed[(closed["closed_at"] >= as_of - 2 * YEAR) & (closed["closed_at"] < as_of - YEAR)]
    won = year[year["stage"] == "won"]
    lost = year[year["stage"] == "lost"]
    amounts = _numbers(won, "amount")
    cycles = (won["closed_at"].to_numpy(np.float64) - pd.to_numeric(won["created_at"]).to_numpy(np.float64)) / DAY
    reasons = lost["loss_reason"].dropna().value_counts() if "loss_reason" in lost.columns else pd.Series(dtype=int)
    return Market(
        won=len(won),
        lost=len(lost),
        mean_value=_mean(amounts),
        median_cycle_days=float(np.median(cycles)) if len(cycles) else None,
        win_rate=len(won) / len(year) if len(year) else None,
        before=(int((older["stage"] == "won").sum()), int((older["stage"] == "lost").sum())),
        by_industry=_segments(year, year["industry"]) if "industry" in year.columns else (),
        by_size=_segments(year, _bands(year), order=[b[2] for b in SIZE_BANDS]) if "employee_count" in year.columns else (),
        loss_reasons=tuple((str(k), int(v)) for k, v in sorted(reasons.items(), key=lambda kv: (-kv[1], kv[0]))[:MOST_BARS]),
    )


def _segments(year: pd.DataFrame, names: pd.Series, order: list[str] | None = None) -> tuple[Segment, ...]:
    rows = []
    for name, part in year.groupby(names.fillna("unknown").astype(str)):
        won = part[part["stage"] == "won"]
        rate = len(won) / len(part) if len(part) >= 10 else None
        rows.append(Segment(str(name), len(won), len(part), rate, _mean(_numbers(won, "amount"))))
    if order is not None:
        return tuple(sorted(rows, key=lambda s: order.index(s.name) if s.name in order else len(order)))
    return tuple(sorted(rows, key=lambda s: (-s.won, s.name))[:MOST_BARS])


def _bands(year: pd.DataFrame) -> pd.Series:
    sizes = pd.to_numeric(year["employee_count"], errors="coerce")
    out = pd.Series("unknown", index=year.index, dtype=object)
    for low, high, name in SIZE_BANDS:
        out[(sizes >= low) & (sizes < high)] = name
    return out


def _numbers(frame: pd.DataFrame, column: str) -> Floats:
    if column not in frame.columns:
        return np.zeros(0)
    values: Floats = pd.to_numeric(frame[column], errors="coerce").to_numpy(np.float64)
    return values[np.isfinite(values)]


def _mean(values: Floats) -> float | None:
    return float(values.mean()) if len(values) else None

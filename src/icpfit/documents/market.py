"""Who is actually buying: the won new-logo deals of the last twelve months, as known at a moment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from icpfit.moments import DAY, Micros
from icpfit.segments.bands import SIZE_BANDS, size_bands

Floats = npt.NDArray[np.float64]

YEAR = 365 * DAY
MOST_BARS = 8
FEW = 10
"""Fewer closed deals than this carry no win rate, fewer won ones of known value no average value."""

NOT_SAID = "not known"
OTHERS = "all others"
NO_REASON = "no reason given"
ABOUT = "Deals of new customers, closed in these twelve months. Industry and size are today's."


@dataclass(frozen=True, slots=True)
class Segment:
    """``win_rate`` is of the segment's closed deals, None below ten of them; ``mean_value`` of its ``valued`` won deals of known value."""

    name: str
    won: int
    closed: int
    win_rate: float | None
    mean_value: float | None
    valued: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.valued <= self.won <= self.closed:
            raise ValueError(f"{self.name}: {self.valued} of known value, {self.won} won of {self.closed} closed")


@dataclass(frozen=True, slots=True)
class Market:
    """Twelve months up to ``as_of`` (microseconds). Values in the configured currency, cycles in days.

    Segments add up to ``won`` and to ``won + lost``; loss reasons add up to ``lost``.
    """

    as_of: Micros
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
    industry_name: str = "Industry"
    size_name: str = "Employees"
    about: str = ABOUT
    """what was counted"""
    valued: int = 0
    """won deals of known value: ``mean_value`` is theirs"""

    def __post_init__(self) -> None:
        for segments in (self.by_industry, self.by_size):
            if segments and (sum(s.won for s in segments), sum(s.closed for s in segments)) != (self.won, self.won + self.lost):
                raise ValueError("the segments must hold every closed deal once")
        if self.loss_reasons and sum(n for _, n in self.loss_reasons) != self.lost:
            raise ValueError("the loss reasons must hold every lost deal once")


def market_of(
    deals: pd.DataFrame,
    accounts: pd.DataFrame,
    as_of: Micros,
    *,
    industry_name: str = "Industry",
    size_name: str = "Employees",
    about: str = ABOUT,
) -> Market:
    """``deals`` and ``accounts`` as in a warehouse: times in microseconds. Only what was closed, and known, before ``as_of``.

    Industry and headcount are today's: this page describes, it does not predict. Accounts with a ``size_group``
    are grouped by that text instead of by headcount.
    """
    kind = deals["deal_type"].fillna("new_logo") if "deal_type" in deals.columns else pd.Series("new_logo", index=deals.index)
    deals = deals.assign(closed_at=pd.to_numeric(deals["closed_at"], errors="coerce"))
    seen = deals["visible_at"] < as_of if "visible_at" in deals.columns else pd.Series(True, index=deals.index)
    closed = deals[(kind == "new_logo") & deals["stage"].isin(["won", "lost"]) & (deals["closed_at"] < as_of) & seen]
    traits = [c for c in ("industry", "employee_count", "size_group") if c in accounts.columns]
    year = closed[closed["closed_at"] >= as_of - YEAR].drop(columns=traits, errors="ignore")
    year = year.merge(accounts[["account_id", *traits]], on="account_id", how="left")
    older = closed[(closed["closed_at"] >= as_of - 2 * YEAR) & (closed["closed_at"] < as_of - YEAR)]
    won = year[year["stage"] == "won"]
    lost = year[year["stage"] == "lost"]
    cycles = (won["closed_at"].to_numpy(np.float64) - pd.to_numeric(won["created_at"]).to_numpy(np.float64)) / DAY
    cycles = cycles[np.isfinite(cycles)]
    amounts = _numbers(won, "amount")
    return Market(
        as_of=as_of,
        won=len(won),
        lost=len(lost),
        mean_value=_mean(amounts),
        median_cycle_days=float(np.median(cycles)) if len(cycles) else None,
        win_rate=len(won) / len(year) if len(year) else None,
        before=(int((older["stage"] == "won").sum()), int((older["stage"] == "lost").sum())),
        by_industry=_segments(year, year["industry"]) if "industry" in year.columns else (),
        by_size=_by_size(year),
        loss_reasons=_reasons(lost["loss_reason"]) if "loss_reason" in lost.columns and lost["loss_reason"].notna().any() else (),
        industry_name=industry_name,
        size_name=size_name,
        about=about,
        valued=len(amounts),
    )


def _by_size(year: pd.DataFrame) -> tuple[Segment, ...]:
    if "size_group" in year.columns:
        return _segments(year, year["size_group"])
    return _segments(year, _bands(year), order=[b[2] for b in SIZE_BANDS]) if "employee_count" in year.columns else ()


def _segments(year: pd.DataFrame, names: pd.Series, order: list[str] | None = None) -> tuple[Segment, ...]:
    """Bands in their order; industries by deals won, the smallest taken together so that nothing is missing."""
    named = names.fillna(NOT_SAID).astype(str)
    if order is None:
        won = (year["stage"] == "won").groupby(named).sum()
        ranked = sorted(won.items(), key=lambda kv: (-kv[1], str(kv[0])))
        order = [str(name) for name, _ in ranked]
        if len(order) > MOST_BARS:
            order = order[: MOST_BARS - 1]
            named = named.where(named.isin(order), OTHERS)
    rows = [_segment(str(name), part) for name, part in year.groupby(named)]
    return tuple(sorted(rows, key=lambda s: order.index(s.name) if s.name in order else len(order)))


def _segment(name: str, part: pd.DataFrame) -> Segment:
    won = part[part["stage"] == "won"]
    amounts = _numbers(won, "amount")
    return Segment(name, len(won), len(part), len(won) / len(part) if len(part) >= FEW else None, _mean(amounts), len(amounts))


def _reasons(reasons: pd.Series) -> tuple[tuple[str, int], ...]:
    counts = reasons.dropna().astype(str).value_counts()
    ranked = sorted(((str(k), int(v)) for k, v in counts.items()), key=lambda kv: (-kv[1], kv[0]))
    shown, rest = (ranked, 0) if len(ranked) <= MOST_BARS else (ranked[: MOST_BARS - 1], sum(n for _, n in ranked[MOST_BARS - 1 :]))
    silent = int(reasons.isna().sum())
    return (*shown, *([(OTHERS, rest)] if rest else []), *([(NO_REASON, silent)] if silent else []))


def _bands(year: pd.DataFrame) -> pd.Series:
    found = size_bands(pd.to_numeric(year["employee_count"], errors="coerce").to_numpy(np.float64))
    return pd.Series(found, index=year.index, dtype=object).fillna(NOT_SAID)


def _numbers(frame: pd.DataFrame, column: str) -> Floats:
    if column not in frame.columns:
        return np.zeros(0)
    values: Floats = pd.to_numeric(frame[column], errors="coerce").to_numpy(np.float64)
    return values[np.isfinite(values)]


def _mean(values: Floats) -> float | None:
    return float(values.mean()) if len(values) else None

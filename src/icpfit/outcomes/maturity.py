"""When a creation month may teach. Fast deals close first, so the newest months hold too many of them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from icpfit.moments import month_index, month_start
from icpfit.outcomes.known import NEVER, Bools, Int64s

MIN_OLDER_DEALS = 20
"""Fewer older deals than this tell nothing of how long deals take; the month's own then count with them."""


def kaplan_meier(durations: Int64s, closed: Bools) -> tuple[Int64s, npt.NDArray[np.float64]]:
    """The share closed by each duration at which something closed (Kaplan and Meier, JASA 53, 1958).

    ``durations``: time to the close, or for a deal still open the time for which it was watched. A deal that
    is last seen open at t is at risk at t. Returns the distinct closing times, ascending, and the share closed
    by each, 1 - S(t).

    >>> times, share = kaplan_meier(np.array([1, 2, 2, 3]), np.array([True, True, False, True]))
    >>> times.tolist(), share.tolist()
    ([1, 2, 3], [0.25, 0.5, 1.0])
    >>> kaplan_meier(np.array([], dtype=np.int64), np.array([], dtype=bool))[1].tolist()
    []
    """
    order = np.argsort(durations, kind="stable")
    return _kaplan_meier_sorted(durations[order], closed[order])


def _kaplan_meier_sorted(durations: Int64s, closed: Bools) -> tuple[Int64s, npt.NDArray[np.float64]]:
    times, events = np.unique(durations[closed], return_counts=True)
    at_risk = len(durations) - np.searchsorted(durations, times, side="left")
    return times, (1.0 - np.cumprod(1.0 - events / at_risk)).astype(np.float64)


def share_closed_by(durations: Int64s, closed: Bools, age: int) -> float:
    """The Kaplan-Meier share closed by ``age``, 0 before the first close, NaN without a deal."""
    if len(durations) == 0:
        return float("nan")
    times, share = kaplan_meier(durations, closed)
    place = int(np.searchsorted(times, age, side="right"))
    return float(share[place - 1]) if place else 0.0


def mature_months(created: Int64s, resolved: Int64s, moment: int, maturity_share: float, *, age_at: int | None = None) -> Int64s:
    """The creation months (since January 1970) whose deals may teach at ``moment``, ascending.

    ``created`` and ``resolved`` (NEVER = open) are those of the deals known at ``moment``, with what is resolved
    at or after it already blank. A month's age runs from its last moment to ``age_at`` (``moment`` unless given), so that
    every deal of it is at least that old. It enters when the Kaplan-Meier share closed by that age, among the deals
    created in older months as known at ``moment``, is at least ``maturity_share``.
    """
    closed = resolved < NEVER
    durations = np.where(closed, resolved, moment) - created
    order = np.argsort(durations, kind="stable")
    durations, closed = durations[order], closed[order]
    month = month_index(created)[order]
    until = moment if age_at is None else age_at
    enters: list[int] = []
    for index in np.unique(month).tolist():
        age = until - month_start(index + 1)
        if age <= 0:
            break
        known = month < index
        if known.sum() < MIN_OLDER_DEALS:
            known = month <= index
        # nothing after the age matters to the share closed by it, but those still open then are at risk
        times, share = _kaplan_meier_sorted(durations[known], closed[known])
        place = int(np.searchsorted(times, age, side="right"))
        # the product of many factors may end a hair below the share that it stands for
        if place and share[place - 1] >= maturity_share - 1e-12:
            enters.append(index)
    return np.array(enters, dtype=np.int64)

"""How surely a change of a share would be seen, what is known of a share, and how both are told."""

from __future__ import annotations

import math

from icpfit.drift.power import rows_left, seen

INTERVAL = 0.9
"""of every interval here, as in all documents"""


def power_of_shares(share: float, change: float, before: float, now: float, critical: float) -> float:
    """How often a ``share`` that moved by ``change`` lies beyond ``critical`` standard errors, by the normal distribution.

    >>> round(power_of_shares(0.25, 0.10, 1_000, 100, 2.0), 2)
    0.58
    >>> power_of_shares(0.25, 0.10, 0, 100, 2.0)
    0.0
    """
    if min(before, now) <= 0:
        return 0.0
    return seen(change, _variance(share) * (1 / before + 1 / now), critical)


def rows_needed(share: float, change: float, before: float, now: float, critical: float) -> int | None:
    """How many more rows now, until the change is found four times in five; None where too few stand before for any number.

    >>> rows_needed(0.25, 0.10, 1_000, 100, 2.0), rows_needed(0.25, 0.10, 20, 100, 2.0)
    (79, None)
    """
    return rows_left(change / math.sqrt(_variance(share)), before, now, critical)


def _variance(share: float) -> float:
    """Of one row; not zero where all rows agree."""
    return max(share * (1 - share), 1e-9)


def share_interval(hits: float, rows: float) -> tuple[float, float]:
    """The middle 90 % of what the share may be (Jeffreys); the ends are 0 and 1 where all rows agree.

    Source: Brown, Cai and DasGupta, "Interval estimation for a binomial proportion", Statistical Science 16, 2001.

    >>> share_interval(0, 10)[0], share_interval(0, 0)
    (0.0, (0.0, 1.0))
    """
    from scipy.special import betaincinv

    if rows <= 0:
        return 0.0, 1.0
    tail = (1 - INTERVAL) / 2
    low = 0.0 if hits <= 0 else float(betaincinv(hits + 0.5, rows - hits + 0.5, tail))
    high = 1.0 if hits >= rows else float(betaincinv(hits + 0.5, rows - hits + 0.5, 1 - tail))
    return low, high


def share_words(hits: float, rows: float) -> str:
    """
    >>> share_words(26, 100)
    '26% (19% to 34%)'
    """
    low, high = share_interval(hits, rows)
    return f"{hits / max(rows, 1):.0%} ({low:.0%} to {high:.0%})"


def noticed(change: str, power: float) -> str:
    """How surely a change would be seen: behind what shows nothing, and never behind an alarm.

    >>> noticed("churn twice as high", 0.674)
    'churn twice as high would be noticed 67 times in 100'
    """
    return f"{change} would be noticed {round(100 * power)} times in 100"


def more_words(needed: int | None, what: str) -> str:
    """
    >>> more_words(40, "deals"), more_words(0, "deals"), more_words(None, "deals")
    ('40 more deals are needed', 'there are enough deals', 'too few deals stand before for any number of new ones')
    """
    if needed is None:
        return f"too few {what} stand before for any number of new ones"
    return f"{needed:,} more {what} are needed" if needed else f"there are enough {what}"

"""How often a change that matters would be found among so many rows, and how many more it takes to find it four times in five."""

from __future__ import annotations

import math
from collections.abc import Callable

from scipy import stats

WANTED = 0.8
MOST_NEEDED = 1_000_000
EFFICIENCY = 0.96
"""of the Anderson-Darling test against that for means, where a mean moves"""


def found(distance: float, n_reference: int, n_current: int, level: float) -> float:
    """The power of a two-sided test at ``level`` to find ``distance``, in standard deviations of one row.

    >>> round(found(0.5, 1_000, 60, 0.002), 2)
    0.75
    >>> found(0.5, 1_000, 0, 0.002)
    0.0
    """
    if not n_reference or not n_current or level <= 0:
        return 0.0
    expected = distance / math.sqrt(1 / n_reference + 1 / n_current)
    critical = float(stats.norm.isf(min(level, 1.0) / 2))
    return float(stats.norm.sf(critical - expected) + stats.norm.cdf(-critical - expected))


def more_needed(distance: float, n_reference: int, n_current: int, level: float) -> int | None:
    """Current rows beyond those there are until the power is four fifths; None where the reference is too small for any number of them.

    >>> more_needed(0.5, 1_000, 60, 0.002), more_needed(0.5, 20, 60, 0.002)
    (6, None)
    """
    if level <= 0 or distance <= 0:
        return None
    reach = (float(stats.norm.isf(min(level, 1.0) / 2)) + float(stats.norm.ppf(WANTED))) / distance
    left = 1 / reach**2 - (1 / n_reference if n_reference else math.inf)
    return max(math.ceil(1 / left) - n_current, 0) if left > 0 else None


def until_found(chance: Callable[[int], float], n_current: int) -> int | None:
    """Current rows beyond those there are until ``chance`` of so many is four fifths; None where no million is enough.

    >>> until_found(lambda n: n / 1_000, 60), until_found(lambda n: 0.5, 60)
    (740, None)
    """
    low, high = n_current, MOST_NEEDED
    if chance(high) < WANTED:
        return None
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if chance(middle) >= WANTED else (middle + 1, high)
    return max(low - n_current, 0)


def standard_move(kolmogorov: float) -> float:
    """The shift of a normal distribution, in standard deviations, whose largest gap is ``kolmogorov``.

    >>> round(standard_move(0.2), 2)
    0.51
    """
    return float(2 * stats.norm.ppf((1 + kolmogorov) / 2))

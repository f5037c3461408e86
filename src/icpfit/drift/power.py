"""How often a change that matters would be found among so many rows, and how many more it takes to find it four times in five."""

from __future__ import annotations

import math
from collections.abc import Callable

from scipy.special import ndtr, ndtri

WANTED = 0.8
"""four times in five: a change that is found so often can be called visible"""
MOST_NEEDED = 1_000_000
EFFICIENCY = 0.96
"""of the Anderson-Darling test against that for means, where a mean moves"""


def seen(change: float, variance: float, critical: float) -> float:
    """How often a true ``change`` of a figure lies beyond ``critical`` standard errors on its own side, by the normal distribution.

    >>> round(seen(0.10, 0.002, 2.0), 2), seen(0.10, 0.0, 2.0)
    (0.59, 1.0)
    """
    return float(ndtr(abs(change) / math.sqrt(variance) - critical)) if variance > 0 else 1.0


def variance_left(change: float, before: float, critical: float) -> float:
    """The variance that the new rows may have, beside that of ``before``, for ``change`` to be seen four times in five.

    Zero or less where no number of new rows is enough.

    >>> variance_left(0.10, 0.0005, 2.0) > 0 > variance_left(0.10, 0.005, 2.0)
    True
    """
    return (abs(change) / (critical + float(ndtri(WANTED)))) ** 2 - before


def rows_left(distance: float, n_reference: float, n_current: float, critical: float) -> int | None:
    """Current rows beyond those there are until ``distance``, in standard deviations of one row, is seen; None where no number is enough.

    >>> rows_left(0.5, 1_000, 60, 3.09), rows_left(0.5, 20, 60, 3.09), rows_left(0.5, 0, 60, 3.09)
    (6, None, None)
    """
    left = variance_left(distance, 1 / n_reference, critical) if n_reference else 0.0
    return max(math.ceil(1 / left - n_current), 0) if left > 0 else None


def found(distance: float, n_reference: int, n_current: int, level: float) -> float:
    """The power of a two-sided test at ``level`` to find ``distance``, in standard deviations of one row.

    >>> round(found(0.5, 1_000, 60, 0.002), 2)
    0.75
    >>> found(0.5, 1_000, 0, 0.002)
    0.0
    """
    if not n_reference or not n_current or level <= 0:
        return 0.0
    variance, critical = 1 / n_reference + 1 / n_current, _two_sided(level)
    return seen(distance, variance, critical) + float(ndtr(-critical - distance / math.sqrt(variance)))


def more_needed(distance: float, n_reference: int, n_current: int, level: float) -> int | None:
    """Current rows beyond those there are until :func:`found` is four fifths; None where the reference is too small for any number.

    >>> more_needed(0.5, 1_000, 60, 0.002), more_needed(0.5, 20, 60, 0.002)
    (6, None)
    """
    return rows_left(distance, n_reference, n_current, _two_sided(level)) if level > 0 else None


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
    return float(2 * ndtri((1 + kolmogorov) / 2))


def _two_sided(level: float) -> float:
    return float(-ndtri(min(level, 1.0) / 2))

"""Edges that people use: 50, 200, 1,000 employees; 7, 30, 90 days."""

from __future__ import annotations

import math
from collections.abc import Iterator

_SCALES = ((1.0, 2.0, 5.0), (1.2, 1.5, 2.5, 3.0, 4.0, 6.0, 7.5, 8.0), tuple(i / 10 for i in range(10, 100)))
_DAYS = (1.0, 2.0, 3.0, 5.0, 7.0, 10.0, 14.0, 21.0, 30.0, 60.0, 90.0, 120.0, 180.0, 270.0, 365.0, 730.0)


def round_candidates(low: float, near: float, high: float, *, integers: bool, days: bool) -> Iterator[tuple[float, ...]]:
    """Round numbers in (low, high], low < high, from the roundest class to the least round, each class in rising order.

    The last class is ``near`` itself at three digits; days have classes of their own.

    >>> next(round_candidates(37, 48, 130, integers=True, days=False))
    (50.0, 100.0)
    >>> list(round_candidates(20, 48, 65, integers=True, days=True))
    [(21.0, 30.0, 60.0), (25.0, 30.0, 35.0, 40.0, 45.0, 50.0, 55.0, 60.0)]
    """
    if days:
        yield tuple(v for v in _DAYS if low < v <= high)
        yield tuple(float(v) for v in (*range(5, 60, 5), *range(60, 1000, 10)) if low < v <= high)
        return
    largest = max(abs(low), abs(high))
    top = math.floor(math.log10(largest))
    for scale in _SCALES:
        found = {0.0}
        for power in range(top - 4, top + 1):
            for step in scale:
                value = float(f"{step:g}e{power}")
                found |= {value, -value}
        yield tuple(sorted(v for v in found if low < v <= high and not (integers and v != math.floor(v))))
    close = float(f"{near:.3g}")
    yield (close,) if low < close <= high and not (integers and close != math.floor(close)) else ()


def shortest_between(low: float, high: float) -> float:
    """The number in (low, high] with the fewest digits.

    >>> shortest_between(0.31, 0.3333333)
    0.32
    >>> shortest_between(1234.0, 1235.0)
    1235.0
    """
    for digits in range(1, 18):
        for candidate in (float(f"{(low + high) / 2:.{digits}g}"), float(f"{high:.{digits}g}")):
            if low < candidate <= high:
                return candidate
    return high

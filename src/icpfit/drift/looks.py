"""When a watch looks, and what a look may cost, so that looking often does not add up to a false alarm.

A look is taken when the number of new outcomes has reached a fixed grid, however often somebody asks. Each look may spend a
share of the watch's error rate that is fixed beforehand (Lan and DeMets, "Discrete sequential boundaries for clinical trials",
1983); its boundary is the one at which, of many simulated watches without change that have not raised an alarm so far, no more
than this share does now. A boundary depends on nothing that came later.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

FIRST = 30
"""New outcomes at the first look."""
GROWTH = 4 / 3
HALF_SPENT = 4
"""After this many looks half of the error rate is spent; the rest lasts for ever."""


def look_at(k: int) -> int:
    """New outcomes at the look number ``k``, from 0.

    >>> [look_at(k) for k in range(8)]
    [30, 40, 53, 71, 95, 126, 169, 225]
    """
    return round(FIRST * GROWTH**k)


def looks_until(n: int) -> list[int]:
    """The looks that ``n`` new outcomes have allowed.

    >>> looks_until(29), looks_until(60)
    ([], [30, 40, 53])
    """
    grid: list[int] = []
    while look_at(len(grid)) <= n:
        grid.append(look_at(len(grid)))
    return grid


def spent(looks: int) -> float:
    """The share of the error rate that so many looks have used up together; it never reaches 1.

    >>> [round(spent(n), 2) for n in (0, 1, 4, 16)]
    [0.0, 0.2, 0.5, 0.8]
    """
    return looks / (looks + HALF_SPENT)


class Boundary:
    """The boundaries of a watch, look by look, from the largest statistics of simulated watches without change.

    The watch that is really kept is one more among them: without change at most ``alpha`` of all watches ever cross.
    """

    def __init__(self, alpha: float, draws: int) -> None:
        self.alpha, self.looks = alpha, 0
        self.silent = np.ones(draws, dtype=bool)

    def adjusted(self, statistics: Floats, null: Floats) -> Floats:
        """p-values at the coming look that count for all looks and questions so far, by the stagewise order: an earlier crossing
        is the stronger evidence (Tsiatis, Rosner and Mehta, 1984)."""
        alive = np.sort(null[self.silent])
        above = len(alive) - np.searchsorted(alive, statistics, side="left")
        out: Floats = (1 + (~self.silent).sum() + above) / (len(null) + 1)
        return out

    def advance(self, null: Floats) -> float:
        """The value that an alarm at this look must exceed. ``null``: of each simulated watch the largest statistic at this look.

        Of all watches, the one that is kept among them, as many cross by now as the spending allows: had the kept one crossed, then one
        of the others less. So it must exceed the smallest value of those that cross without it.
        """
        self.looks += 1
        left = math.floor(self.alpha * spent(self.looks) * (len(null) + 1)) - int((~self.silent).sum())
        if left <= 0:
            return math.inf
        alive = null[self.silent]
        threshold = float(np.partition(alive, len(alive) - left)[len(alive) - left])
        self.silent &= null < threshold
        return threshold

"""Time to an event in two periods of the calendar: customers of the same age are compared, and young ones count as long as they are seen.

A customer enters each period at the age that it has then and leaves it at the age at which it is last seen there, so that those who
began at other times, and those who are young, are compared fairly (delayed entry, censoring). Source: Mantel, 1966; Andersen, Borgan,
Gill and Keiding, "Statistical models based on counting processes", 1993.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

MOST_EXACT = 300
"""Events up to which the tail is summed exactly; of more the normal distribution is right."""


@dataclass(frozen=True)
class Spells:
    """Stretches of lives: ``customer`` (number), ``entry`` and ``exit`` (age in days; at risk in between, the exit included),
    ``left``: the exit is the event; ``now``: the stretch lies in the newer period."""

    customer: Ints
    entry: Ints
    exit: Ints
    left: Bools
    now: Bools

    def __post_init__(self) -> None:
        if (self.exit <= self.entry).any():
            raise ValueError("a spell lasts")

    def of(self, inside: Bools) -> Spells:
        return Spells(self.customer[inside], self.entry[inside], self.exit[inside], self.left[inside], self.now[inside])


@dataclass(frozen=True)
class LogRank:
    """``left`` now, and ``expected`` were both periods alike, with its variance. ``former``: were it as before, at the ages that were seen
    before. ``p_value``: of so many or more, exact; ``least``: that of the most that could have left now."""

    customers: int
    before: int
    left: int
    left_before: int
    expected: float
    variance: float
    former: float
    p_value: float
    least: float

    @property
    def z(self) -> float:
        return (self.left - self.expected) / np.sqrt(self.variance) if self.variance > 0 else 0.0

    @property
    def log_ratio(self) -> float:
        """Of the hazards now and before: one step of Newton's method (Peto)."""
        return (self.left - self.expected) / self.variance if self.variance > 0 else 0.0


def spells_of(start: Ints, end: Ints, left: Bools, first: int, cut: int, until: int, day: int) -> Spells:
    """The part of each life in (``first``, ``cut``] and in (``cut``, ``until``], in whole days of age.

    ``end``: when it left (``left``), else anything. Times and ``day`` in one unit.

    >>> s = spells_of(np.array([0]), np.array([30]), np.array([True]), 10, 20, 40, 1)
    >>> s.entry.tolist(), s.exit.tolist(), s.left.tolist(), s.now.tolist()
    ([10, 20], [20, 30], [False, True], [False, True])
    """
    last = np.where(left, np.minimum(end, until), until)
    parts = []
    for now, low, high in ((False, first, cut), (True, cut, until)):
        entry, exit_ = (np.maximum(-((start - at) // day), 0) for at in (low, np.minimum(last, high)))
        gone = left & (end > low) & (end <= high)
        seen = (exit_ > entry) & (last > low) & (start < high)
        who = np.flatnonzero(seen)
        parts.append((who, entry[who], exit_[who], gone[who], np.full(len(who), now)))
    return Spells(*(np.concatenate([a, b]) for a, b in zip(*parts, strict=True)))


def log_rank(spells: Spells) -> LogRank:
    """The newer period against the older one, customers of each age among themselves; one-sided: more now."""
    ages, place = np.unique(spells.exit[spells.left], return_inverse=True)
    events_now = np.bincount(place[spells.now[spells.left]], minlength=len(ages)).astype(np.float64)
    events = np.bincount(place, minlength=len(ages)).astype(np.float64)
    at_risk = {side: _at_risk(spells.of(spells.now == side), ages) for side in (False, True)}
    n_now, n = at_risk[True], at_risk[True] + at_risk[False]
    share = n_now / np.maximum(n, 1)
    expected = float((events * share).sum())
    variance = float((events * share * (1 - share) * (n - events) / np.maximum(n - 1, 1)).sum())
    before = np.where(at_risk[False] > 0, (events - events_now) / np.maximum(at_risk[False], 1), 0.0)
    left = int(events_now.sum())
    counts = events.astype(np.int64), n_now.astype(np.int64), n.astype(np.int64)
    most = int(np.minimum(counts[0], counts[1]).sum())
    p_value, least = _tails(*counts, (left, most), expected, variance)
    return LogRank(
        customers=len(np.unique(spells.customer[spells.now])),
        before=len(np.unique(spells.customer[~spells.now])),
        left=left,
        left_before=int((events - events_now).sum()),
        expected=expected,
        variance=variance,
        former=float((before * n_now).sum()),
        p_value=p_value,
        least=least,
    )


def _at_risk(spells: Spells, ages: Ints) -> Floats:
    """How many are inside at each age: entered before it, and not gone before it.

    >>> _at_risk(Spells(*(np.array(v) for v in ([0, 1], [0, 5], [5, 9], [True, False], [True, True]))), np.array([5, 6])).tolist()
    [1.0, 1.0]
    """
    entered = np.searchsorted(np.sort(spells.entry), ages, side="left")
    gone = np.searchsorted(np.sort(spells.exit), ages, side="left")
    return (entered - gone).astype(np.float64)


def _tails(events: Ints, n_now: Ints, n: Ints, seen: Sequence[int], expected: float, variance: float) -> list[float]:
    """The chance of each of ``seen`` or more: at each age the events fall on those at risk alike, whichever period they stand in."""
    from scipy.stats import hypergeom, norm

    if variance <= 0:
        return [1.0 for _ in seen]
    if events.sum() > MOST_EXACT:
        return [float(norm.sf((k - 0.5 - expected) / np.sqrt(variance))) for k in seen]
    chance = np.ones(1)
    for d, m, k in zip(events.tolist(), n_now.tolist(), n.tolist(), strict=True):
        one = np.array([1 - m / k, m / k]) if d == 1 else hypergeom.pmf(np.arange(d + 1), k, m, d)
        chance = np.convolve(chance, one)
    return [float(min(1.0, chance[k:].sum())) for k in seen]

"""Shares and how far they could be off, with accounts counted and not deals: an account's deals end alike."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

Z90 = 1.6448536269514722
"""of a 90 % interval, as all are here: each end holds in 95 of 100"""


@dataclass(frozen=True, slots=True)
class Share:
    """``hits`` of ``rows``, which are of ``accounts`` different accounts; the 90 % interval counts these.

    Source: Wilson, "Probable inference, the law of succession, and statistical inference", 1927.

    >>> s = Share(8, 10, 10)
    >>> s.share, round(s.low, 3), round(s.high, 3)
    (0.8, 0.541, 0.931)
    >>> Share(0, 0, 0).share, Share(0, 0, 0).low, Share(0, 0, 0).high
    (nan, 0.0, 1.0)
    """

    hits: int
    rows: int
    accounts: int

    def __post_init__(self) -> None:
        if not (0 <= self.hits <= self.rows and 0 <= self.accounts <= self.rows):
            raise ValueError(f"{self.hits} of {self.rows} rows of {self.accounts} accounts")

    @property
    def share(self) -> float:
        return self.hits / self.rows if self.rows else float("nan")

    @property
    def low(self) -> float:
        return self._end(-1.0)

    @property
    def high(self) -> float:
        return self._end(1.0)

    def _end(self, side: float) -> float:
        n, p = self.accounts, self.share
        if not n:
            return 0.0 if side < 0 else 1.0
        half = Z90 * math.sqrt(p * (1 - p) / n + Z90**2 / (4 * n * n))
        return min(max((p + Z90**2 / (2 * n) + side * half) / (1 + Z90**2 / n), 0.0), 1.0)

    def values(self) -> dict[str, Any]:
        return {"hits": self.hits, "rows": self.rows, "share": self.share if self.rows else None, "low": self.low, "high": self.high}


@dataclass(frozen=True, slots=True)
class Times:
    """How many times as large one share is as another, with its 90 % interval, and ``z``: by how many standard errors the two differ.

    Half a hit is added on either side, so that no hits are no division by nothing. Source: Walter, "The distribution of Levin's
    measure of attributable risk", 1975 (ratio); the score test of two proportions (``z``).

    >>> t = Times.of(Share(10, 100, 100), Share(20, 100, 100))
    >>> round(t.times, 2), round(t.low, 2), round(t.high, 2), round(t.z, 2)
    (0.51, 0.29, 0.91, -1.98)
    """

    times: float
    low: float
    high: float
    z: float

    @classmethod
    def of(cls, first: Share, second: Share) -> Times:
        if not (first.accounts and second.accounts):
            return cls(float("nan"), 0.0, math.inf, 0.0)
        n, m = float(first.accounts), float(second.accounts)
        a, b = first.share * n, second.share * m
        log = math.log((a + 0.5) / (n + 0.5)) - math.log((b + 0.5) / (m + 0.5))
        error = math.sqrt(max(1 / (a + 0.5) - 1 / (n + 0.5) + 1 / (b + 0.5) - 1 / (m + 0.5), 0.0))
        both = (a + b) / (n + m)
        spread = math.sqrt(both * (1 - both) * (1 / n + 1 / m))
        z = (first.share - second.share) / spread if spread > 0 else 0.0
        return cls(math.exp(log), math.exp(log - Z90 * error), math.exp(log + Z90 * error), z)

    def values(self) -> list[float]:
        return [self.times, self.low, self.high]


@dataclass(frozen=True)
class Counter:
    """Counts shares among rows whose accounts are numbered 0 and up."""

    account: Ints

    def share(self, hit: Bools, among: Bools) -> Share:
        """Of the rows ``among``, those that are a ``hit``."""
        return Share(int((hit & among).sum()), int(among.sum()), self.accounts(among))

    def accounts(self, among: Bools) -> int:
        return int(np.count_nonzero(np.bincount(self.account[among])))


def two_sided(z: float) -> float:
    """The chance of as large a ``z`` by luck, on either side."""
    return math.erfc(abs(z) / math.sqrt(2))


def below(z: float) -> float:
    """The chance of as small a ``z`` by luck."""
    return 0.5 * math.erfc(-z / math.sqrt(2))


def false_discoveries(p_values: list[float]) -> list[float]:
    """q-values by Benjamini and Hochberg, 1995: of what is named up to a level, at most that share is luck."""
    from scipy.stats import false_discovery_control

    return [float(q) for q in false_discovery_control(p_values)] if p_values else []

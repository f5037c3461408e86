"""Which rows are now and which were before, as it is and as chance would have it: memberships and what they add up to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from icpfit.drift.reshuffle import some_of

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

BLOCK = 250
"""draws that stand in memory at once"""


@dataclass(frozen=True)
class Split:
    """``reference``, ``current``: row numbers of either side that are drawn from, out of ``out_of`` rows in all. ``draws``: how many
    permutations."""

    reference: Ints
    current: Ints
    out_of: int
    draws: int
    seed: int

    @property
    def few(self) -> int:
        """Rows of the smaller side."""
        return min(len(self.reference), len(self.current))

    @property
    def rows(self) -> int:
        return len(self.reference) + len(self.current)

    @property
    def current_is_smaller(self) -> bool:
        return len(self.current) <= len(self.reference)

    @property
    def whole(self) -> bool:
        """No row was left out, so that the observed split is one of those drawn from."""
        return self.rows == self.out_of

    def memberships(self) -> Iterator[npt.NDArray[np.float32]]:
        """Blocks (draws, rows) of 1 where a row belongs to the smaller side: first as it is, then permuted."""
        rng = np.random.default_rng([self.seed, 1])
        n, few = self.rows, self.few
        own = np.arange(n) >= len(self.reference) if self.current_is_smaller else np.arange(n) < few
        left = self.draws + 1
        first = True
        while left:
            block = np.zeros((min(BLOCK, left), n), dtype=np.float32)
            for row in block:
                row[:] = own if first else some_of(n, few, rng)
                first = False
            left -= len(block)
            yield block


def thinned(orders: tuple[Ints, Ints], most: int, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """At most ``most`` rows of both sides, in their order: of the smaller side all that half of them can hold."""
    small = min(len(o) for o in orders)
    kept = min(small, most // 2) if sum(len(o) for o in orders) > most else small
    sizes = [kept if len(o) == small else min(len(o), most - kept) for o in orders]
    first, second = (o if len(o) == n else o[np.sort(rng.choice(len(o), n, replace=False))] for o, n in zip(orders, sizes, strict=True))
    return first, second


def sums(split: Split, counted: Sequence[npt.NDArray[np.float32]], moments: Floats) -> tuple[list[Floats], Floats]:
    """What the smaller side adds up to in every draw: of each matrix of flags in ``counted`` (rows, cells), and of ``moments``."""
    flags = np.hstack(list(counted)) if counted else np.zeros((split.rows, 0), dtype=np.float32)
    first: list[Floats] = []
    second: list[Floats] = []
    # One thread: several add in another order, and would wait for one another on a busy machine.
    with threadpool_limits(1):
        for block in split.memberships():
            first.append((block @ flags).astype(np.float64))
            second.append(block.astype(np.float64) @ moments)
    every = np.vstack(first)
    ends = np.cumsum([c.shape[1] for c in counted])
    return np.split(every, ends[:-1], axis=1) if counted else [], np.vstack(second)

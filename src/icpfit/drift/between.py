"""Figures of deals then and now: which differ by more than chance allows, all asked together? A permutation test over accounts.

Source of the max-T step: Westfall and Young, "Resampling-based multiple testing", 1993. Source of scaling each permuted difference by
its own standard error, so that sides of unlike mixes are no difference: Janssen, "Studentized permutation tests for non-i.i.d.
hypotheses", 1997.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from icpfit.drift.power import seen, variance_left

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

PERMUTATIONS = 999
PER_LEVEL = 5
"""permutations expected beyond the level"""
ALIKE = 1e-9


@dataclass(frozen=True)
class Side:
    """One entry per row: the figure is sum(c) / sum(d), and its variance goes with sum(e) / sum(d)^2."""

    c: Floats
    d: Floats
    e: Floats


@dataclass(frozen=True)
class Figure:
    """``tail``: -1 where only a fall is asked for, 1 a rise, 0 either. ``inflation`` as in :class:`icpfit.drift.answered.Answered`."""

    then: Side
    now: Side
    tail: int = 0
    inflation: float = 1.0


@dataclass(frozen=True, slots=True)
class Difference:
    """``z``: in standard errors. ``p_value`` of this figure alone, ``q_value`` of all that were asked with it (family-wise).

    ``critical``: the z beyond which it is sure at the family's level. ``variance_now`` and ``variance_then`` are of the two figures,
    the latter inflated.
    """

    then: float
    now: float
    z: float
    p_value: float
    q_value: float
    critical: float
    variance_then: float
    variance_now: float

    def power(self, change: float) -> float:
        """How often a true ``change`` of the figure would be found, among as many rows."""
        return seen(change, self.variance_then + self.variance_now, self.critical)

    def needed(self, change: float, rows: int) -> int | None:
        """How many more rows than ``rows`` there have to be now for a power of .8; None where no number is enough."""
        left = variance_left(change, self.variance_then, self.critical)
        return max(0, math.ceil(rows * self.variance_now / left) - rows) if left > 0 else None


def compare_sides(
    figures: Sequence[Figure], then: npt.NDArray[np.object_], now: npt.NDArray[np.object_], level: float, seed: int
) -> list[Difference]:
    """Each figure's difference now - then. ``then`` and ``now`` name the accounts of the rows, which stay together.

    With nothing changed at most a share ``level`` of calls has a q-value at or below ``level``: whether an account is of then or of
    now is dealt anew, and the largest of all differences counts. Exact where the figures are means and have no inflation.
    """
    sides = [_by_account([s for f in figures for s in (getattr(f, side).c, getattr(f, side).d, getattr(f, side).e)], names)
             for side, names in (("then", then), ("now", now))]  # fmt: skip
    both = np.vstack(sides)
    both = both[np.lexsort(np.round(both, 9).T[::-1])]
    total, small = both.sum(axis=0), min(len(s) for s in sides)
    sums_then, sums_now = (s.sum(axis=0) for s in sides)
    scatter = _scatter(sides, (sums_then, sums_now))
    tails = np.array([f.tail for f in figures])
    inflation = np.array([f.inflation for f in figures])
    observed = _extreme(_differences(sums_then, sums_now, scatter, inflation)[2], tails)
    draws = max(PERMUTATIONS, math.ceil(PER_LEVEL / level))
    rng = np.random.default_rng([seed, len(figures)])
    part = np.array([both[rng.choice(len(both), small, replace=False, shuffle=False)].sum(axis=0) for _ in range(draws)])
    pair = (part, total - part) if len(sides[0]) <= len(sides[1]) else (total - part, part)
    drawn = _extreme(_differences(pair[0], pair[1], scatter, np.ones(len(figures)))[2], tails)
    largest = np.sort(drawn.max(axis=1))
    critical = float(largest[min(math.ceil((1 - level) * (draws + 1)) - 1, draws - 1)])
    figure_then, figure_now, z = _differences(sums_then, sums_now, scatter, inflation)
    variance = [_variance(sums, scatter) for sums in (sums_then, sums_now)]
    return [
        Difference(
            then=float(figure_then[k]),
            now=float(figure_now[k]),
            z=float(z[k]),
            p_value=float(1 + (drawn[:, k] >= observed[k] - ALIKE).sum()) / (draws + 1),
            q_value=float(1 + (largest >= observed[k] - ALIKE).sum()) / (draws + 1),
            critical=critical,
            variance_then=float(variance[0][k] * inflation[k]),
            variance_now=float(variance[1][k]),
        )
        for k in range(len(figures))
    ]


def _by_account(columns: list[Floats], names: npt.NDArray[np.object_]) -> Floats:
    code = pd.factorize(names)[0]
    return np.column_stack([np.bincount(code, weights=c) for c in columns])


def _scatter(sides: list[Floats], sums: tuple[Floats, Floats]) -> Floats:
    """How much more the sums vary than ``e`` says, for an account's rows are alike; one number per figure, of both sides."""
    found = np.zeros(sides[0].shape[1] // 3)
    for side, total in zip(sides, sums, strict=True):
        c, d = side[:, 0::3], side[:, 1::3]
        ratio = np.divide(total[0::3], total[1::3], out=np.zeros_like(found), where=total[1::3] > ALIKE)
        found += ((c - ratio * d) ** 2).sum(axis=0) * len(side) / max(len(side) - 1, 1)
    expected = sums[0][2::3] + sums[1][2::3]
    return np.divide(found, expected, out=np.zeros_like(found), where=expected > 0)


def _variance(sums: Floats, scatter: Floats) -> Floats:
    d, e = sums[..., 1::3], sums[..., 2::3]
    return np.asarray(scatter * np.divide(e, d * d, out=np.zeros_like(d), where=d > ALIKE))


def _differences(then: Floats, now: Floats, scatter: Floats, inflation: Floats) -> tuple[Floats, Floats, Floats]:
    before, after = (
        np.divide(s[..., 0::3], s[..., 1::3], out=np.zeros_like(s[..., 0::3]), where=s[..., 1::3] > ALIKE) for s in (then, now)
    )
    error = np.sqrt(inflation * _variance(then, scatter) + _variance(now, scatter))
    z = np.divide(after - before, error, out=np.zeros_like(error), where=error > 0)
    return before, after, z


def _extreme(z: Floats, tails: Ints) -> Floats:
    return np.where(tails == 0, np.abs(z), tails * z)

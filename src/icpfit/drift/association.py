"""How much a signal tells of the outcome beyond what was expected, in points of win rate, and how far chance moves it.

Of deals with points ``x`` for an attribute, its *gap* is the win rate of deals above the average less that of deals below, each
deal counting by its distance from the average: 2 * sum (x - c) y / sum |x - c|. With two values it is simply the difference of two
win rates; the scale of the points does not matter. The *shortfall* is the same of the residuals ``y - p``: the observed gap less
the one that was expected. ``c`` is the average weighted by p (1 - p), so that a level that moves for all alike moves no gap
(the efficient score of a logistic model).
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from icpfit.drift.answered import Answered

Floats = npt.NDArray[np.float64]
Int64s = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

MANY = 1_000
"""Sums over more rows than this are drawn as normal ones."""
CHUNK = 2_000_000


@dataclass(frozen=True)
class Scores:
    """Deals in the order in which they are looked at. ``points``: rows x signals; ``asked``: where a card gave points for it at all."""

    deal_id: npt.NDArray[np.object_]
    account: Int64s
    good: Floats
    expected: Floats
    points: Floats
    asked: Bools

    def __len__(self) -> int:
        return len(self.good)

    def of(self, rows: slice) -> Scores:
        return Scores(self.deal_id[rows], self.account[rows], self.good[rows], self.expected[rows], self.points[rows], self.asked[rows])

    @property
    def residual(self) -> Floats:
        return self.good - self.expected

    @property
    def variance(self) -> Floats:
        return self.expected * (1 - self.expected)


def scores_of(deals: Answered, names: list[str], order: Int64s, *, one_card: bool) -> Scores:
    """The deals in ``order``. An attribute that a card of the past did not ask has 0 points for all: rows created before its
    first and after its last other points are none of its, unless ``one_card`` spoke of all."""
    points = np.zeros((len(deals), len(names)))
    for j, name in enumerate(names):
        if name in deals.parts:
            points[:, j] = deals.parts[name]
    asked = np.full(points.shape, one_card)
    for j in range(len(names)):
        some = np.flatnonzero(points[:, j])
        if len(some) and not one_card:
            asked[some[0] : some[-1] + 1, j] = True
    good, account = deals.good.astype(np.float64), pd.factorize(deals.account)[0].astype(np.int64)
    return Scores(deals.deal_id[order], account[order], good[order], deals.probability[order], points[order], asked[order])


def in_order(deals: Answered, names: list[str], known: Int64s) -> Int64s:
    """By the moment at which each became known, then by what it says; ids decide between equals, by lot. The order of a file changes
    nothing. Never by how a deal ended: a look that begins within equals would see the lost ones first."""
    parts = [deals.parts[name] for name in names if name in deals.parts]
    lot = np.array([zlib.crc32(str(d).encode()) for d in deals.deal_id], dtype=np.int64)
    return np.lexsort((deals.deal_id.astype(str), lot, *parts, deals.probability, deals.created, known))


def centre_and_factor(rows: Scores) -> tuple[Floats, Floats]:
    """Of each signal ``c``, and what ``(x - c) * residual`` is multiplied by; 0 for a signal that does not vary."""
    v = rows.variance[:, None] * rows.asked
    centre = (v * rows.points).sum(axis=0) / np.maximum(v.sum(axis=0), 1e-12)
    scale = np.abs((rows.points - centre) * rows.asked).sum(axis=0) / np.maximum(rows.asked.sum(axis=0), 1)
    usable = scale > 1e-9
    return centre, np.where(usable, 2 / np.where(usable, scale, 1.0), 0.0)


def weights(rows: Scores) -> Floats:
    """Rows x (1 + signals): what a residual counts for in the level (1), and in the shortfall of each signal."""
    centre, factor = centre_and_factor(rows)
    return np.column_stack([np.ones(len(rows)), factor * (rows.points - centre) * rows.asked])


def gap(points: Floats, rate: Floats) -> Floats:
    """The gap of each signal: ``points`` rows x signals, ``rate`` the outcome (or what was expected) of each row.

    >>> gap(np.array([[10.0], [10.0], [0.0], [0.0]]), np.array([1.0, 0.0, 0.0, 0.0])).tolist()
    [0.5]
    """
    away = points - points.mean(axis=0)
    total = np.abs(away).sum(axis=0)
    out: Floats = np.where(total > 1e-9, 2 * (away * rate[:, None]).sum(axis=0) / np.where(total > 1e-9, total, 1.0), 0.0)
    return out


def likeness(account: Int64s, contributions: Floats) -> Floats:
    """By how much deals of one account that end alike widen the spread of a sum, as a factor of its variance; 1 without such.

    >>> likeness(np.array([0, 0, 1]), np.array([[1.0], [1.0], [-2.0]])).tolist()
    [1.3333333333333333]
    """
    if len(np.unique(account)) == len(account):
        return np.ones(contributions.shape[1])
    order = np.argsort(account, kind="stable")
    starts = np.flatnonzero(np.diff(account[order], prepend=-1))
    together = (np.add.reduceat(contributions[order], starts, axis=0) ** 2).sum(axis=0)
    alone = (contributions**2).sum(axis=0)
    out: Floats = np.maximum(1.0, np.divide(together, alone, out=np.ones_like(alone), where=alone > 0))
    return out


def draw_sums(columns: Floats, expected: Floats, draws: int, rng: np.random.Generator) -> Floats:
    """draws x columns: sums of ``columns * (y - expected)`` with ends drawn at random as ``expected`` says."""
    n = len(expected)
    if n > MANY:
        spread = (columns * (expected * (1 - expected))[:, None]).T @ columns
        return rng.multivariate_normal(np.zeros(columns.shape[1]), spread, size=draws, method="eigh", check_valid="ignore")
    out = np.empty((draws, columns.shape[1]))
    chance, table, middle = expected.astype(np.float32), columns.astype(np.float32), expected @ columns
    step = max(1, CHUNK // max(n, 1))
    for start in range(0, draws, step):
        size = min(step, draws - start)
        ends = (rng.random((size, n), dtype=np.float32) < chance).astype(np.float32)
        out[start : start + size] = ends @ table - middle
    return out

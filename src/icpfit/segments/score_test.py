"""Does a segment differ from what is expected of it? Score tests over counted cells, exact enough for thin segments.

The rows of a figure are counted in cells (stretch of time by segments), so that thousands of tests cost seconds.
What is expected is an additive model: of one trait the stretch of time alone, of a pair of traits the stretch and both
traits, so that a pair is asked only for what exceeds the sum of its parts. A rate is additive in log-odds, an amount in
normal scores of its ranks (near its logarithm, and no outlier counts for more than its rank).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

RIDGE = 0.01
"""keeps the effect of a value without a single win finite"""
NEAR = 2.0
"""standard deviations up to which the normal distribution is right (Dey et al., 2017)"""
ESTIMABLE = 0.02
"""of a segment's own variance: where less is left beside its parts, the pair says nothing of its own (a country in its region)"""
HALF = 0.5
"""The count of wins goes by whole deals: the tail begins half a deal nearer (Yates)."""
MOST_Z = 37.0


@dataclass(frozen=True)
class Cells:
    """Rows counted by cell. ``design``: (cells, k), an intercept and what is expected to differ; ``segment``: each cell's code."""

    design: Floats
    segment: Ints
    rows: Floats
    place: Ints
    """of each row, its cell"""


def cells_of(expected: Sequence[Ints], segment: Ints) -> Cells:
    """Rows counted by their codes: those of the factors that are ``expected`` to have an effect, and that of their segment.

    >>> cells_of([np.array([0, 0, 1])], np.array([0, 1, 1])).rows.tolist()
    [1.0, 1.0, 1.0]
    """
    factors = [*expected, segment]
    sizes = tuple(int(f.max()) + 1 for f in factors)
    distinct, place, counts = np.unique(np.ravel_multi_index(factors, sizes), return_inverse=True, return_counts=True)
    of = np.unravel_index(distinct, sizes)
    columns = [np.ones(len(distinct))]
    for factor in of[:-1]:
        columns += [(factor == level).astype(np.float64) for level in np.unique(factor)[1:]]
    return Cells(np.column_stack(columns), np.asarray(of[-1], np.int64), counts.astype(np.float64), place.astype(np.int64))


def expected_rate(design: Floats, rows: Floats, hits: Floats) -> Floats:
    """Probability in each cell by an additive logistic model, Newton's method."""
    ridge = np.full(design.shape[1], RIDGE)
    ridge[0] = 0.0
    rate = (hits.sum() + 0.5) / (rows.sum() + 1)
    beta = np.zeros(design.shape[1])
    beta[0] = np.log(rate / (1 - rate))
    p = np.full(len(rows), rate)
    for _ in range(50):
        curve = (design * (rows * p * (1 - p))[:, None]).T @ design + np.diag(ridge + 1e-12)
        step = np.clip(np.linalg.solve(curve, design.T @ (hits - rows * p) - ridge * beta), -3, 3)
        beta = beta + step
        p = 1 / (1 + np.exp(-np.clip(design @ beta, -35, 35)))
        if np.abs(step).max() < 1e-7:
            break
    return p


def expected_mean(design: Floats, rows: Floats, sums: Floats) -> Floats:
    """Mean in each cell by least squares."""
    curve = (design * rows[:, None]).T @ design + 1e-9 * np.eye(design.shape[1])
    return np.asarray(design @ np.linalg.solve(curve, design.T @ sums))


def rate_scores(design: Floats, rows: Floats, hits: Floats, p: Floats, segments: Floats) -> Floats:
    """Signed normal scores, one per segment: how far its wins lie from the expected ``p``; NaN where that cannot be told.

    ``segments``: (cells, S), 1 where a cell belongs to the segment. The efficient score of Rao; its tail beyond ``NEAR`` by
    the saddlepoint, since of few wins the normal tail is too thin. Given the margins a 2 x 2 table gives Fisher's
    exact tail, nearly. Source: Dey, Schmidt, Abecasis and Lee, "A fast and accurate algorithm to test for binary phenotypes",
    AJHG 101, 2017; Barndorff-Nielsen's form of the tail.
    """
    weight = rows * p * (1 - p)
    beside, variance = _beside(design, weight, segments)
    off = segments.T @ (hits - rows * p)
    told = variance > ESTIMABLE * (segments.T @ weight)
    near = np.where(np.abs(off) > HALF, off - HALF * np.sign(off), 0.0)
    z = np.where(told, near / np.sqrt(np.where(told, variance, 1.0)), np.nan)
    far = np.flatnonzero(told & (np.abs(z) > NEAR))
    if len(far):
        z[far] = _saddlepoint(beside[:, far].T, p, rows, near[far], variance[far])
    return z


def mean_scores(design: Floats, rows: Floats, sums: Floats, squares: float, segments: Floats) -> Floats:
    """The same of an amount: Student's t of the segment beside the design, as a normal score. ``squares``: of all rows together."""
    from scipy.stats import norm, t

    expected = expected_mean(design, rows, sums)
    _, variance = _beside(design, rows, segments)
    free = float(rows.sum()) - design.shape[1]
    left = squares - float((expected * (2 * sums - rows * expected)).sum())
    off = segments.T @ (sums - rows * expected)
    told = variance > ESTIMABLE * (segments.T @ rows)
    if free < 3 or left <= 1e-9 * max(squares, 1e-300):
        return np.full(segments.shape[1], np.nan)
    share = np.clip(off**2 / np.where(told, variance, 1.0) / left, 0.0, 1 - 1e-12)
    statistic = np.sqrt(share * (free - 1) / (1 - share))
    z = -norm.ppf(np.clip(t.sf(statistic, free - 1), 1e-300, 0.5)) * np.sign(off)
    return np.where(told, z, np.nan)


def _beside(design: Floats, weight: Floats, segments: Floats) -> tuple[Floats, Floats]:
    """What of each segment's indicator the design does not say, and its variance."""
    curve = (design * weight[:, None]).T @ design
    curve += 1e-9 * np.eye(len(curve)) * max(float(np.trace(curve)), 1e-9)
    beside = segments - design @ np.linalg.solve(curve, (design * weight[:, None]).T @ segments)
    return beside, weight @ beside**2


def _saddlepoint(a: Floats, p: Floats, rows: Floats, off: Floats, variance: Floats) -> Floats:
    """Normal scores of ``off`` under sums of ``rows`` independent outcomes of chance ``p`` with weights ``a`` (S, cells)."""

    def slopes(s: Floats) -> tuple[Floats, Floats, Floats]:
        tilt = np.log1p(p * np.expm1(np.clip(a * s[:, None], -500, 500)))
        q = p * np.exp(np.clip(a * s[:, None] - tilt, -500, 500))
        total = (rows * (tilt - a * p * s[:, None])).sum(axis=1)
        return total, (rows * a * (q - p)).sum(axis=1), (rows * a**2 * q * (1 - q)).sum(axis=1)

    s = off / variance
    for _ in range(60):
        _, slope, curve = slopes(s)
        step = (off - slope) / np.maximum(curve, 1e-12)
        s = s + np.clip(step, -1, 1)
        if np.abs(step).max() < 1e-8:
            break
    total, _, curve = slopes(s)
    w = np.sign(s) * np.sqrt(np.maximum(2 * (s * off - total), 1e-12))
    v = s * np.sqrt(np.maximum(curve, 1e-12))
    return np.asarray(np.clip(w + np.log(np.maximum(v / w, 1e-12)) / w, -MOST_Z, MOST_Z))


def likeness(residual: Floats, account: Ints) -> float:
    """Correlation of the residuals (of variance 1) of two rows of one account, from 0; 0 where no account has two rows.

    >>> likeness(np.array([1.0, 1.0, -1.0, -1.0]), np.array([0, 0, 1, 1])), likeness(np.ones(2), np.array([0, 1]))
    (1.0, 0.0)
    """
    rows = np.bincount(account)
    pairs = float((rows * (rows - 1.0)).sum())
    if pairs == 0:
        return 0.0
    sums = np.bincount(account, weights=residual)
    together = float((sums**2).sum() - (residual**2).sum())
    return float(np.clip(together / pairs / max(float((residual**2).mean()), 1e-12), 0.0, 1.0))


def design_effects(segment: Ints, segments: int, account: Ints, alike: float) -> tuple[Floats, Floats]:
    """By how much rows of one account that are ``alike`` enlarge the variance: of a segment's own mean, and of its difference from
    the rest. ``segment``: a code per row. Source: Kish, "Survey Sampling", 1965: 1 + likeness x (rows of a row's account - 1).

    >>> own, apart = design_effects(np.array([0, 0, 1]), 2, np.array([7, 7, 8]), 1.0)
    >>> own.tolist()
    [2.0, 1.0]
    """
    if alike == 0:
        return np.ones(segments), np.ones(segments)
    _, code = np.unique(account, return_inverse=True)
    whole = np.bincount(code).astype(np.float64)
    n = len(segment)
    rows = np.bincount(segment, minlength=segments).astype(np.float64)
    key, together = np.unique(segment * len(whole) + code, return_counts=True)
    of, who = key // len(whole), key % len(whole)
    inside = np.bincount(of, weights=together.astype(np.float64) ** 2, minlength=segments)
    crossed = np.bincount(of, weights=together * whole[who], minlength=segments)
    outside = (whole**2).sum() - 2 * crossed + inside
    rest = n - rows
    own = 1 + alike * (inside / np.maximum(rows, 1) - 1)
    other = 1 + alike * (outside / np.maximum(rest, 1) - 1)
    parts = 1 / np.maximum(rows, 1), 1 / np.maximum(rest, 1)
    return np.maximum(own, 1.0), np.maximum((own * parts[0] + other * parts[1]) / (parts[0] + parts[1]), 1.0)

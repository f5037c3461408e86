"""One figure, compared between the segments of a trait or of a pair of traits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import norm

from icpfit.models.metrics import average_ranks
from icpfit.segments.deals import Figure
from icpfit.segments.pooling import NORMAL_95, pooled_mean, pooled_rate, spread_between, strength_between
from icpfit.segments.score_test import (
    cells_of,
    design_effects,
    expected_mean,
    expected_rate,
    likeness,
    mean_scores,
    rate_scores,
)

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

FEWEST_ROWS = 10
"""of a segment and of its rest, for a test; fewer are counted and shown, and not judged"""
FEWEST_ACCOUNTS = 5


@dataclass(frozen=True)
class Compared:
    """One entry per segment. ``value, low, high``: partially pooled, with the 90 % interval; ``against``: the rest of the company, or
    of a pair what its parts together say; both on the scale of ``Figure.y`` (a share, a logarithm). ``z``: signed normal
    score of the difference, NaN where none was asked. ``sums``: wins, or the sum of ``y``."""

    rows: Ints
    sums: Floats
    value: Floats
    low: Floats
    high: Floats
    against: Floats
    z: Floats

    @property
    def p(self) -> Floats:
        return np.where(np.isnan(self.z), np.nan, 2 * norm.sf(np.abs(self.z)))


def alike_within_accounts(figure: Figure) -> float:
    """How alike two rows of one account are, beyond what their stretch of time explains."""
    if not len(figure):
        return 0.0
    rows = np.bincount(figure.stratum).astype(np.float64)
    mean = np.bincount(figure.stratum, weights=figure.y) / rows
    spread = np.sqrt(mean * (1 - mean)) if figure.is_rate else np.full(len(mean), max(float(figure.y.std()), 1e-12))
    residual = (figure.y - mean[figure.stratum]) / np.maximum(spread[figure.stratum], 1e-6)
    return likeness(residual, figure.account)


def compare(figure: Figure, segment: Ints, segments: int, parts: Sequence[Ints], alike: float) -> Compared:
    """``segment``: of each of the figure's rows a code, ``segments`` for one that is only a part of the rest; -1 leaves the row out.

    ``parts``: of a pair the codes of its two traits, whose effects are expected; of a single trait none: then a segment is
    compared with the rest. Rows of one stretch of time are compared with each other.
    """
    known = np.flatnonzero(segment >= 0)
    code, y, account = segment[known], figure.y[known], figure.account[known]
    stratum = np.unique(figure.stratum[known], return_inverse=True)[1].astype(np.int64) if len(known) else known
    size = segments + 1
    rows = np.bincount(code, minlength=size)
    sums = np.bincount(code, weights=y, minlength=size).astype(np.float64)
    if not len(known):
        nothing = np.full(segments, np.nan)
        return Compared(rows[:segments], sums[:segments], nothing, nothing, nothing, nothing, nothing)
    groups = [_without_rare(p[known]) for p in parts]
    cells = cells_of([stratum, *groups], code)
    totals = np.bincount(cells.place, weights=y).astype(np.float64)
    own, apart = design_effects(code, size, account, alike)
    asked = _asked(code, size, account)[:segments]
    indicators = (cells.segment[:, None] == np.flatnonzero(asked)).astype(np.float64)
    z = np.full(segments, np.nan)
    if figure.is_rate:
        expected = expected_rate(cells.design, cells.rows, totals)
        scores = rate_scores(cells.design, cells.rows, totals, expected, indicators)
    else:
        expected = expected_mean(cells.design, cells.rows, totals)
        ranks = norm.ppf((average_ranks(y) - 0.5) / len(y))
        ranked = np.bincount(cells.place, weights=ranks).astype(np.float64)
        scores = mean_scores(cells.design, cells.rows, ranked, float((ranks**2).sum()), indicators)
    z[asked] = scores / np.sqrt(apart[:segments][asked])
    mean = np.full(size, sums.sum() / len(y))
    lost = 1
    if groups:
        mean = np.bincount(code, weights=expected[cells.place], minlength=size) / np.maximum(rows, 1)
        lost = sum(int(g.max()) for g in groups) + 1
    rest = (sums.sum() - sums) / np.maximum(len(y) - rows, 1)
    against = np.where(rows > 0, mean, np.nan) if groups else np.where(rows < len(y), rest, np.nan)
    value, low, high = _pooled(figure, code, y, rows.astype(np.float64), sums, mean, own, lost)
    cut = slice(0, segments)
    return Compared(rows[cut], sums[cut], value[cut], low[cut], high[cut], against[cut], z)


def _without_rare(codes: Ints) -> Ints:
    """Codes from 0; the values of too few rows to have an effect of their own stand together."""
    counts = np.bincount(codes)
    common = np.flatnonzero(counts >= FEWEST_ROWS)
    return np.where(np.isin(codes, common), np.searchsorted(common, codes), len(common)).astype(np.int64)


def _asked(code: Ints, size: int, account: Ints) -> npt.NDArray[np.bool_]:
    rows = np.bincount(code, minlength=size)
    pairs = np.unique(code * (int(account.max()) + 1) + account)
    accounts = np.bincount(pairs // (int(account.max()) + 1), minlength=size)
    return (rows >= FEWEST_ROWS) & (len(code) - rows >= FEWEST_ROWS) & (accounts >= FEWEST_ACCOUNTS)


def _pooled(
    figure: Figure, code: Ints, y: Floats, rows: Floats, sums: Floats, around: Floats, own: Floats, lost: int
) -> tuple[Floats, Floats, Floats]:
    """Value, low and high of every segment: drawn toward ``around`` by as much as the segments are alike."""
    there = np.flatnonzero(rows > 0)
    worth, near = rows[there] / own[there], around[there]
    out = np.full((3, len(rows)), np.nan)
    if figure.is_rate:
        hits = sums[there] / own[there]
        out[:, there] = pooled_rate(hits, worth, near, strength_between(hits, worth, near, lost))
    else:
        means = sums[there] / rows[there]
        variance = float(((y - (sums / np.maximum(rows, 1))[code]) ** 2).sum()) / max(len(y) - len(there), 1)
        value, error = pooled_mean(means, worth, variance, near, spread_between(means - near, worth, variance, lost))
        out[:, there] = value, value - NORMAL_95 * error, value + NORMAL_95 * error
    return out[0], out[1], out[2]

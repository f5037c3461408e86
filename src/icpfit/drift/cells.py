"""A column cut into cells, and how little chance the counts of a side leave: Anderson-Darling for numbers, chi-squared for levels.

Everything is a function of how many rows of the smaller side fall into each cell, so that the same few lines serve what was
observed and what permutations would have given.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from icpfit.drift.columns import Column

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

CELLS = 24
"""of a number: so many tell nearly as much as all its values"""
FINE = 2_000
"""cells in which the largest gap of two distributions is looked for"""
FEWEST_EXPECTED = 1.0
"""of a level that is counted by itself (Cochran, 1954); rarer ones stand together"""
MOST_LEVELS = 100
"""of a category that are counted by themselves, the commonest; the rest stands together, so that names cost no more memory than groups"""
RARE_TOGETHER = 3
"""rows that the rare levels need between them to be a cell"""
NUMBER_WEIGHT, LEVEL_WEIGHT, GAP_WEIGHT = 0.6, 1.6, 0.8
"""Shares of the error rate, as weights of Benjamini-Hochberg: numbers have the sharper test and find as much with less.

Source: Genovese, Roeder and Wasserman, "False discovery control with p-value weighting", 2006.
"""


@dataclass(frozen=True)
class Cells:
    """``counts`` (2, cells): known rows of the reference and of the current side. ``edges``: where the cells of a number part (a value
    on an edge belongs above it); of levels, ``cell_of`` says which cell a level falls into."""

    column: Column
    counts: Ints
    edges: Floats
    cell_of: Ints

    @property
    def weight(self) -> float:
        return LEVEL_WEIGHT if self.column.levels else NUMBER_WEIGHT

    def place(self, values: Floats) -> Ints:
        """The cell of each value; -1 where it is missing."""
        known = ~np.isnan(values)
        placed = np.full(len(values), -1, dtype=np.int64)
        if self.column.levels:
            placed[known] = self.cell_of[values[known].astype(np.int64)]
        else:
            placed[known] = np.searchsorted(self.edges, values[known], side="right")
        return placed

    def surprise(self, counts: Floats, totals: Floats) -> tuple[Floats, Floats]:
        """Statistic and p-value of each row of ``counts`` (draws, cells): the smaller side's, out of ``totals`` (cells)."""
        return _levels(counts, totals) if self.column.levels else _numbers(counts, totals)


def cut(column: Column, few: float) -> Cells:
    """``few``: the smaller side's share of the rows on which permutations are drawn, times their number over all known ones."""
    before, now = column.known
    if column.levels:
        counts = np.vstack([np.bincount(side.astype(np.int64), minlength=column.levels) for side in (before, now)])
        cell_of = _gather_rare(counts.sum(axis=0), few)
        size = int(cell_of.max(initial=-1)) + 1
        gathered = np.vstack([np.bincount(cell_of, weights=side, minlength=size) for side in counts]).astype(np.int64)
        return Cells(column, gathered, np.zeros(0), cell_of)
    edges = _edges(np.concatenate([before, now]), CELLS)
    return Cells(column, _sides(column, edges), edges, np.zeros(0, dtype=np.int64))


def gap(column: Column) -> float:
    """The largest gap between the two distributions: of a number, Kolmogorov's distance; of levels, the share of rows that moved."""
    before, now = column.known
    if column.levels:
        sides = [np.bincount(side.astype(np.int64), minlength=column.levels) / len(side) for side in (before, now)]
        return float(np.abs(sides[0] - sides[1]).sum() / 2)
    counts = _sides(column, _edges(np.concatenate([before, now]), FINE))
    shares = np.cumsum(counts, axis=1) / counts.sum(axis=1, keepdims=True)
    return float(np.abs(shares[0] - shares[1]).max())


def _sides(column: Column, edges: Floats) -> Ints:
    places = (np.searchsorted(edges, side, side="right") for side in column.known)
    return np.vstack([np.bincount(p, minlength=len(edges) + 1) for p in places])


def _edges(values: Floats, cells: int) -> Floats:
    """Between the values where they are few, else at quantiles, each value of its own where it is common enough.

    >>> _edges(np.array([1.0, 1.0, 2.0, 5.0]), 4).tolist()
    [2.0, 5.0]
    """
    if not len(values):
        return values
    ordered = np.sort(values)
    first = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    if len(first) <= cells:
        return np.asarray(ordered[first[1:]])
    at = np.arange(1, cells) * len(ordered) // cells
    edges = np.unique(ordered[at])
    return np.asarray(edges[edges > ordered[0]])


def _gather_rare(totals: Ints, few: float) -> Ints:
    """The cell of each level: its own where enough rows of it are expected on the smaller side, else one of all the rare ones, which
    joins the rarest of the others where it is next to nothing.

    Which levels are rare is told by both sides in one: of many rare levels every draw has some that the other had not.

    >>> _gather_rare(np.array([50, 2, 60, 3]), 0.2).tolist()
    [0, 2, 1, 2]
    >>> _gather_rare(np.array([50, 2, 60, 0]), 0.2).tolist()
    [0, 0, 1, 0]
    """
    rare = totals * few < FEWEST_EXPECTED
    if (~rare).sum() > MOST_LEVELS:
        rare[np.argsort(-totals, kind="stable")[MOST_LEVELS:]] = True
    cell = np.cumsum(~rare) - 1
    own = int((~rare).sum())
    if rare.any():
        alone = own == 0 or totals[rare].sum() >= RARE_TOGETHER
        rarest = int(cell[~rare][np.argmin(totals[~rare])]) if own else 0
        cell[rare] = own if alone and own else rarest
    return cell.astype(np.int64)


def _expected(counts: Floats, totals: Floats) -> tuple[Floats, Floats, float]:
    few, known = counts.sum(axis=1, keepdims=True), max(float(totals.sum()), 1.0)
    return few * totals / known, few, known


def _levels(counts: Floats, totals: Floats) -> tuple[Floats, Floats]:
    """Pearson's chi-squared of the two-row table."""
    expected, few, known = _expected(counts, totals)
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = np.where(expected > 0, (counts - expected) ** 2 / expected, 0.0)
        statistic = np.where(few[:, 0] < known, parts.sum(axis=1) * known / (known - few[:, 0]), 0.0)
    freedom = int((totals > 0).sum()) - 1
    return statistic, stats.chi2.sf(statistic, freedom) if freedom > 0 else np.ones(len(counts))


def _numbers(counts: Floats, totals: Floats) -> tuple[Floats, Floats]:
    """Anderson and Darling's statistic over the edges of the cells: the mean squared gap there in standard errors, weighted by rows.

    In the limit it is a sum of squared normals, each times an eigenvalue of the correlation of the gaps; the p-value is that of the
    largest one, exact far out. Sources: Anderson and Darling, 1952; Zolotarev, 1961.
    """
    expected, few, known = _expected(counts, totals)
    below = np.cumsum(totals)[:-1] / known
    inner = (below > 0) & (below < 1)
    if not inner.any():
        return np.zeros(len(counts)), np.ones(len(counts))
    below = below[inner]
    gaps = np.cumsum(counts - expected, axis=1)[:, :-1][:, inner]
    variance = few * (known - few) / max(known - 1, 1) * below * (1 - below)
    squares = np.divide(gaps**2, variance, out=np.zeros_like(gaps), where=variance > 0)
    rows = ((totals[:-1] + totals[1:]) / 2)[inner]
    rows = rows / rows.sum()
    statistic = squares @ rows
    ratio = below / (1 - below)
    together = np.sqrt(np.minimum.outer(ratio, ratio) / np.maximum.outer(ratio, ratio))
    values = np.linalg.eigvalsh(np.sqrt(np.outer(rows, rows)) * together)[::-1]
    first, rest = values[0], values[1:][values[1:] > 1e-9]
    scale = float(np.prod((1 - np.minimum(rest / first, 0.999)) ** -0.5))
    return statistic, np.minimum(scale * stats.chi2.sf(statistic / first, 1), 1.0)


def gap_surprise(missing: Floats, rows: int, missing_in_all: int, rows_in_all: int) -> Floats:
    """p-values that the smaller side, of ``rows``, has so many ``missing`` (draws): a normal test of shares on Anscombe's scale, which
    holds where gaps are rare.

    >>> gap_surprise(np.array([10.0, 30.0]), 100, 100, 1_000).round(4).tolist()
    [0.9337, 0.0]
    """
    others = rows_in_all - rows

    def scaled(found: Floats, among: int) -> Floats:
        return np.asarray(np.arcsin(np.sqrt((found + 0.375) / (among + 0.75))))

    distance = 2 * (scaled(missing, rows) - scaled(missing_in_all - missing, others))
    return np.asarray(2 * stats.norm.sf(np.abs(distance) / np.sqrt(1 / (rows + 0.5) + 1 / (others + 0.5))))

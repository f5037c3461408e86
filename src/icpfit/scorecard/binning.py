"""Attributes to bins: where the attribution changes, at numbers that people use."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd

from icpfit.config import Direction, FeatureSpec
from icpfit.scorecard.card import Bin
from icpfit.scorecard.partition import best_cuts
from icpfit.scorecard.reading import Codes, as_numbers, as_texts
from icpfit.scorecard.roundness import round_candidates, shortest_between
from icpfit.scorecard.wording import OTHER, UNKNOWN, range_label, values_label

Floats = npt.NDArray[np.float64]

CELLS = 64
MIN_SHARE = 0.05
MIN_ROWS = 20
MIN_GAIN = 0.01
ROUNDING_COST = (0.02, 0.01, 0.006, 0.004)
"""share of the error that an edge may cost for being round, from the roundest class of numbers to the least"""
ROUNDING_SHARE = 0.25
"""rounding an edge may not cost more than this share of what the edge brings"""
NAMED_SHARE = 0.005
"""a category needs this share of the rows, and at least 5, to be named in the card"""


def least_rows(n: int) -> float:
    """The fewest rows a bin may hold: 5 % of all, at least 20."""
    return max(MIN_SHARE * n, MIN_ROWS)


def make_bins(spec: FeatureSpec, column: pd.Series, phi: Floats, most: int) -> tuple[Bin, ...] | None:
    """Bins without points for one attribute, ``unknown`` last; None when it has nothing to tell apart.

    ``phi`` is the attribution to be told apart, one value per row of ``column``; ``most`` counts all bins,
    ``unknown`` and ``other`` included.
    """
    if spec.kind == "category":
        codes, texts = as_texts(column)
        known = _category_bins(codes, texts, phi, most)
        unknown_rows = int(np.array([t is None for t in texts])[codes].sum())
    else:
        numbers = as_numbers(column)
        unknown_rows = int(np.isnan(numbers).sum())
        known = _flag_bins(numbers) if spec.kind == "flag" else _number_bins(spec, numbers, phi, most)
    if not known or (len(known) == 1 and unknown_rows < MIN_ROWS):
        return None
    return (*known, _bin(UNKNOWN, unknown=True))


def _bin(
    label: str,
    *,
    low: float | None = None,
    high: float | None = None,
    values: tuple[str, ...] = (),
    unknown: bool = False,
    other: bool = False,
) -> Bin:
    return Bin(label, 0, 0.0, 0.0, 0, None, low, high, values, unknown, other)


def _flag_bins(numbers: Floats) -> tuple[Bin, ...]:
    no, yes = int((numbers < 0.5).sum()), int((numbers >= 0.5).sum())
    if min(no, yes) < MIN_ROWS:
        return (_bin("any known value"),) if no + yes else ()
    return _bin("no", high=0.5), _bin("yes", low=0.5)


def _number_bins(spec: FeatureSpec, numbers: Floats, phi: Floats, most: int) -> tuple[Bin, ...]:
    known = ~np.isnan(numbers)
    if not known.any():
        return ()
    edges = number_edges(
        numbers[known],
        phi[known],
        most=max(most - 1, 1),
        min_rows=least_rows(len(numbers)),
        direction=spec.monotone,
        days="day" in spec.unit.lower(),
    )
    return ranges(spec, edges, numbers)


def ranges(spec: FeatureSpec, edges: Sequence[float], numbers: Floats) -> tuple[Bin, ...]:
    """The bins between ``edges``, in words that fit the values seen."""
    finite = numbers[np.isfinite(numbers)]
    integers = bool((finite == np.floor(finite)).all()) and all(e == int(e) for e in edges)
    counts = integers and (len(finite) == 0 or bool(finite.min() >= 0))
    ends: list[float | None] = [None, *edges, None]
    return tuple(_bin(range_label(low, high, spec, counts=counts, integers=integers), low=low, high=high) for low, high in pairwise(ends))


def number_edges(
    x: Floats, phi: Floats, *, most: int, min_rows: float, direction: Direction | None = None, days: bool = False
) -> tuple[float, ...]:
    """Rising edges of at most ``most`` ranges of the known numbers ``x``, snapped to round numbers.

    >>> x = np.repeat(np.arange(10.0, 100.0), 5)
    >>> number_edges(x, (x >= 47).astype(float), most=4, min_rows=20)
    (47.0,)
    >>> number_edges(np.ones(100), np.arange(100.0), most=4, min_rows=20)
    ()
    """
    if days:
        x = np.floor(x)  # people count whole days; a value lies below a whole edge if and only if its floor does
    order = np.argsort(x, kind="stable")
    line = _Line(x[order], phi[order] - phi.mean(), max(min_rows, 1.0), direction)
    starts = _cells(line.x)
    rows, sums, squares = (np.add.reduceat(v, starts) for v in (np.ones_like(line.x), line.phi, line.phi**2))
    cuts = best_cuts(rows, sums, squares, most=most, min_rows=min_rows, min_gain=MIN_GAIN, direction=direction)
    stops = [0, *(int(starts[c]) for c in cuts), len(x)]
    for k in [*range(1, len(stops) - 1)] * 2:
        stops[k] = line.best_place(stops, k)
    edges = [line.snap(stops, k, days=days) for k in range(1, len(stops) - 1)]
    return tuple(e for e in edges if np.isfinite(e))


def _cells(x: Floats) -> npt.NDArray[np.int64]:
    """First row of each cell: the distinct values, or at most 64 groups of them with about as many rows each."""
    firsts = np.flatnonzero(np.concatenate([[True], x[1:] != x[:-1]]))
    if len(firsts) <= CELLS:
        return firsts
    group = firsts * CELLS // len(x)
    return np.asarray(firsts[np.concatenate([[True], group[1:] != group[:-1]])])


class _Line:
    """Known values in rising order with their centred attribution; ``stops`` are the first rows of the ranges, and the end."""

    def __init__(self, x: Floats, phi: Floats, min_rows: float, direction: Direction | None) -> None:
        self.x, self.phi, self.min_rows = x, phi, min_rows
        self.sums = np.concatenate([[0.0], np.cumsum(phi)])
        self.error = float((phi**2).sum())
        self.sign = {None: 0.0, "increasing": 1.0, "decreasing": -1.0}[direction]
        finite = x[np.isfinite(x)]
        self.integers = bool((finite == np.floor(finite)).all())

    def gain(self, stops: list[int]) -> float:
        """Error that the ranges take away."""
        return float(sum((self.sums[b] - self.sums[a]) ** 2 / (b - a) for a, b in pairwise(stops)))

    def holds(self, stops: list[int]) -> bool:
        """Every range is wide enough, and the means go the declared way."""
        if any(b - a < self.min_rows for a, b in pairwise(stops)):
            return False
        means = [self.sign * (self.sums[b] - self.sums[a]) / (b - a) for a, b in pairwise(stops)]
        return all(a <= b + 1e-12 for a, b in pairwise(means))

    def best_place(self, stops: list[int], k: int) -> int:
        """The best first row for range ``k``, the others as they are; the cells of the search were coarser."""
        a, b = stops[k - 1], stops[k + 1]
        places = np.arange(a + 1, b)
        places = places[(self.x[places] != self.x[places - 1]) & (places - a >= self.min_rows) & (b - places >= self.min_rows)]
        left, right = self.sums[places] - self.sums[a], self.sums[b] - self.sums[places]
        order = np.argsort(-(left**2 / (places - a) + right**2 / (b - places)), kind="stable")
        fair = (int(p) for p in places[order] if self.holds([*stops[:k], int(p), *stops[k + 1 :]]))
        return next(fair, stops[k])

    def snap(self, stops: list[int], k: int, *, days: bool) -> float:
        """An edge for range ``k``, as round as it may be for next to nothing; ``stops`` follow it."""
        below, above = float(self.x[stops[k] - 1]), float(self.x[stops[k]])
        low, high = float(self.x[stops[k - 1]]), float(self.x[stops[k + 1] - 1])
        if not np.isfinite([low, below, above, high]).all():
            return above
        now = self.gain(stops)
        brings = now - self.gain([*stops[:k], *stops[k + 1 :]])
        classes = round_candidates(low, above, high, integers=self.integers, days=days)
        for values, cost in zip(classes, ROUNDING_COST, strict=False):
            moved = [(v, [*stops[:k], int(np.searchsorted(self.x, v, side="left")), *stops[k + 1 :]]) for v in values]
            losses = [(now - self.gain(m), v, m[k]) for v, m in moved if self.holds(m)]
            if losses and min(losses)[0] <= min(cost * self.error, ROUNDING_SHARE * brings):
                _, edge, stops[k] = min(losses)
                return edge
        edge = shortest_between(below, above)
        if self.integers:
            return float(np.floor(edge)) if np.floor(edge) > below else float(np.ceil(edge))
        return edge


def _category_bins(codes: Codes, texts: Sequence[str | None], phi: Floats, most: int) -> tuple[Bin, ...]:
    """Texts in the order of their mean attribution, in few groups; rare ones make the ``other`` bin."""
    size = len(texts)
    count = np.bincount(codes, minlength=size).astype(np.float64)
    total = np.bincount(codes, weights=phi, minlength=size)
    square = np.bincount(codes, weights=phi**2, minlength=size)
    merged: dict[str, list[int]] = {}
    for i, text in enumerate(texts):
        if text is not None:
            merged.setdefault(text, []).append(i)
    stats = {t: (count[i].sum(), total[i].sum(), square[i].sum()) for t, i in merged.items()}
    named = [t for t, (n, _, _) in stats.items() if n >= max(5, NAMED_SHARE * len(codes))]
    has_other = len(named) < len(stats)
    if not named:
        return (_bin(OTHER, other=True),) if has_other else ()
    named.sort(key=lambda t: (stats[t][1] / stats[t][0], t))
    n, s, q = (np.array([stats[t][k] for t in named]) for k in range(3))
    cuts = best_cuts(n, s, q, most=max(most - 1 - has_other, 1), min_rows=least_rows(len(codes)), min_gain=MIN_GAIN)
    bounds = [0, *cuts, len(named)]
    groups = [named[a:b] for a, b in pairwise(bounds)]
    bins = [group_bin(tuple(sorted(g, key=lambda t: (-stats[t][0], t)))) for g in reversed(groups)]
    return (*bins, _bin(OTHER, other=True)) if has_other else tuple(bins)


def group_bin(values: tuple[str, ...]) -> Bin:
    """A bin of texts, the most frequent first."""
    return _bin(values_label(values), values=values)

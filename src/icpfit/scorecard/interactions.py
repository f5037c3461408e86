"""Which two attributes are worth together what neither is worth alone: the few yes/no rows that the residual asks for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt
import pandas as pd

from icpfit.config import Direction, FeatureSpec
from icpfit.scorecard.binning import least_rows, ranges
from icpfit.scorecard.card import Bin
from icpfit.scorecard.condition import Condition
from icpfit.scorecard.reading import as_numbers
from icpfit.scorecard.wording import values_label

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

MOST_RULES = 2
MIN_SHARE = 0.01
"""of the variance of the model's answer that a rule must explain beside the attributes: a reader pays for every row"""
SAID_PLAINLY = 0.97
"""a rule that takes points away must explain so much more than one that gives them: 'both' is read at once, 'not both' is not"""
_NEGLIGIBLE = 1e-9


@dataclass(frozen=True)
class Found:
    """Two runs of bins, the attributes that they are of, by position, and the rows that lie in both (0 or 1 per row)."""

    runs: tuple[tuple[int, int], tuple[int, int]]
    """(first, end) of the bins that each condition takes"""
    met: Ints
    attributes: tuple[int, int]


def find_rule(
    specs: Sequence[FeatureSpec],
    bins: Sequence[Sequence[Bin]],
    codes: Sequence[Ints],
    residual: Floats,
    target: Floats,
) -> Found | None:
    """The pair of conditions that explains most of ``residual`` beside the two attributes themselves; None where it is too little.

    ``codes[j]`` is each row's bin of attribute j; ``residual`` what the additive table leaves of ``target``, the model's answer. A
    condition is a run of neighbouring bins (``unknown`` and ``any other`` are none). Both together hold as many rows as a bin must. Of two
    that explain the same ("yes and yes" and "no and no" do) the one whose rows the model likes better is taken. Of an attribute with a
    declared direction only such runs count as cannot turn it around.
    """
    n, variance = len(residual), float(target.var())
    if not variance > 0:
        return None
    best: tuple[float, float] = 0.0, 0.0
    found: tuple[int, int, tuple[int, int], tuple[int, int]] | None = None
    runs = [_runs(b) for b in bins]
    for i, j in combinations(range(len(bins)), 2):
        if not runs[i] or not runs[j]:
            continue
        size = len(bins[i]), len(bins[j])
        cell = codes[i] * size[1] + codes[j]
        rows = np.bincount(cell, minlength=size[0] * size[1]).astype(np.float64)
        left = np.bincount(cell, weights=residual, minlength=len(rows))
        both = np.einsum("ak,bl->abkl", _taken(runs[i], size[0]), _taken(runs[j], size[1])).reshape(-1, len(rows))
        # In cells times the root of their rows, what the two attributes can say alone is a plain projection.
        root = np.sqrt(rows)
        alone = _additive(root, size)
        against = left / np.maximum(root, 1.0)
        liked_of = np.bincount(cell, weights=target, minlength=len(rows))
        sums = both @ np.column_stack([rows, left, liked_of, root[:, None] * alone])
        held, told = sums[:, 0], sums[:, 3:]
        spread = held - (told**2).sum(axis=1)
        pull = sums[:, 1] - told @ (against @ alone)
        gain = np.where((held >= least_rows(n)) & (spread > _NEGLIGIBLE), pull**2 / np.maximum(spread, _NEGLIGIBLE), 0.0)
        # Rounded, so that the order of rows does not choose among equals.
        share = np.round(gain / (variance * n), 9)
        share = np.where(share > MIN_SHARE, np.round(share * np.where(pull > 0, 1.0, SAID_PLAINLY), 9), 0.0)
        liked = np.round(sums[:, 2] / np.maximum(held, 1.0), 9)
        for k in np.lexsort((np.arange(len(share)), -liked, -share)):
            if share[k] <= 0 or (found is not None and (share[k], liked[k]) <= best):
                break
            a, b = runs[i][k // len(runs[j])], runs[j][k % len(runs[j])]
            up = bool(pull[k] > 0)
            if _keeps(specs[i], bins[i], a, up) and _keeps(specs[j], bins[j], b, up):
                best, found = (float(share[k]), float(liked[k])), (i, j, a, b)
                break
    if found is None:
        return None
    i, j, a, b = found
    met = ((codes[i] >= a[0]) & (codes[i] < a[1]) & (codes[j] >= b[0]) & (codes[j] < b[1])).astype(np.int64)
    return Found((a, b), met, (i, j))


def _runs(bins: Sequence[Bin]) -> list[tuple[int, int]]:
    """(first, end) of each run of neighbouring named bins that is not all of them."""
    named = sum(not (b.unknown or b.other) for b in bins)
    whole = named if not any(b.other for b in bins) else named + 1
    return [(a, b) for a in range(named) for b in range(a + 1, named + 1) if b - a < whole]


def _taken(runs: Sequence[tuple[int, int]], size: int) -> Floats:
    """1 where a run (one per line) takes a bin."""
    bins = np.arange(size)
    return np.array([(a <= bins) & (bins < b) for a, b in runs], dtype=np.float64)


def _additive(root: Floats, size: tuple[int, int]) -> Floats:
    """An orthonormal basis, one per column, of all sums of one value per line and column; in cells times the root of their rows."""
    lines, columns = np.divmod(np.arange(size[0] * size[1]), size[1])
    dummies = np.zeros((len(root), sum(size)))
    dummies[np.arange(len(root)), lines] = root
    dummies[np.arange(len(root)), size[0] + columns] = root
    basis, scale, _ = np.linalg.svd(dummies, full_matrices=False)
    return np.asarray(basis[:, scale > _NEGLIGIBLE * scale[0]])


def _keeps(spec: FeatureSpec, bins: Sequence[Bin], run: tuple[int, int], up: bool) -> bool:
    """Whether points for meeting the run (``up``), or for not meeting it, go the declared way."""
    direction: Direction | None = spec.monotone if spec.kind != "category" else None
    if direction is None:
        return True
    at_top = run[1] == sum(not b.unknown for b in bins)
    at_bottom = run[0] == 0
    return at_top if (direction == "increasing") == up else at_bottom


def condition_of(spec: FeatureSpec, run: Sequence[Bin], column: pd.Series) -> Condition:
    """A run of neighbouring bins as a condition, in words that fit the values of ``column``."""
    if spec.kind == "category":
        values = tuple(v for b in run for v in b.values)
        return Condition(spec.name, spec.kind, f"{spec.label}: {values_label(values)}", values=values)
    low, high = run[0].low, run[-1].high
    words = run[0].label
    if len(run) > 1:
        words = next(b.label for b in ranges(spec, [e for e in (low, high) if e is not None], as_numbers(column)) if b.low == low)
    return Condition(spec.name, spec.kind, f"{spec.label}: {words}", low=low, high=high)

"""What no single feature shows: correlations that change, and many small shifts together. Permutation tests.

Source of the max-T step: Westfall and Young, "Resampling-based multiple testing", 1993.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from scipy import stats

from icpfit.drift.columns import Column, any_order
from icpfit.drift.finding import Finding

Floats = npt.NDArray[np.float64]

PERMUTATIONS = 999
MOST_ROWS = 4_000
MOST_CELLS = 100_000
FEWEST_ROWS = 20
FLOOR_CORRELATION = 0.15
FLOOR_WHOLE = 0.05
ALIKE = 1 - 1e-9
"""Two sums of the same numbers in another order are not larger or smaller."""


def normal_scores(columns: list[Column], sizes: tuple[int, int], seed: int) -> tuple[Floats, Floats]:
    """Every column as normal scores of its ranks over both tables: gaps in the middle, levels by frequency.

    At most some thousand rows of each side, drawn alike whatever the order of the rows.
    """
    most = min(MOST_ROWS, max(MOST_CELLS // max(len(columns), 1), 1_000))
    rng = np.random.default_rng([seed, 0])
    chosen = []
    for side, size in zip(("reference", "current"), sizes, strict=True):
        order = any_order(columns, side) if columns else np.arange(size)
        chosen.append(order if size <= most else order[np.sort(rng.choice(size, most, replace=False))])
    matrix = np.zeros((len(chosen[0]) + len(chosen[1]), len(columns)))
    for j, column in enumerate(columns):
        both = np.concatenate([column.reference[chosen[0]], column.current[chosen[1]]])
        known = ~np.isnan(both)
        values = both[known]
        if column.levels and len(values):
            counts = np.bincount(values.astype(np.int64), minlength=column.levels)
            by_frequency = np.lexsort((np.arange(column.levels), -counts))
            place = np.empty(column.levels)
            place[by_frequency] = np.arange(column.levels)
            values = place[values.astype(np.int64)]
        if len(values) > 1:
            matrix[known, j] = stats.norm.ppf((stats.rankdata(values) - 0.5) / len(values))
    return matrix[: len(chosen[0])], matrix[len(chosen[0]) :]


def correlation_finding(reference: Floats, current: Floats, names: list[str], sizes: tuple[int, int], level: float, seed: int) -> Finding:
    """Largest change of a pairwise rank correlation, against the same under permuted membership.

    Marginal shifts are taken out first: each side's scores are centred and scaled on their own, since a
    test of the correlations must not answer for a moved mean. A pair's change counts in units of its own
    spread over the permutations, so that pairs of rare flags do not drown the rest.
    """
    if min(sizes) < FEWEST_ROWS or len(names) < 2:
        return _cannot("DRIFT-CORRELATION", "correlations", sizes, len(names), 2)
    a, b = _standard(reference), _standard(current)
    both, small = np.vstack([a, b]), min(len(a), len(b))
    total, squares = both.sum(axis=0), both.T @ both
    upper = np.triu_indices(len(names), k=1)

    def change(few: Floats) -> tuple[Floats, Floats, Floats]:
        part, part_squares = few.sum(axis=0), few.T @ few
        first = _correlations(part, part_squares, len(few))[upper]
        second = _correlations(total - part, squares - part_squares, len(both) - len(few))[upper]
        return first, second, np.abs(np.arctanh(np.clip(first, -0.999, 0.999)) - np.arctanh(np.clip(second, -0.999, 0.999)))

    in_few, in_many, observed = change(a if len(a) <= len(b) else b)
    draws = _draws(level)
    gaps = np.empty((draws + 1, len(observed)), dtype=np.float32)
    gaps[0] = observed
    for i, drawn in enumerate(_splits(len(both), small, draws, np.random.default_rng([seed, 1])), start=1):
        gaps[i] = change(both[drawn])[2]
    spread = np.sqrt(np.einsum("ij,ij->j", gaps, gaps, dtype=np.float64) / len(gaps))
    usable = spread > 1e-9
    if not usable.any():
        return _cannot("DRIFT-CORRELATION", "correlations", sizes, 0, 2)
    largest = (gaps[:, usable] / spread[usable].astype(np.float32)).max(axis=1)
    at = int(np.flatnonzero(usable)[np.argmax(gaps[0, usable] / spread[usable])])
    p = float(1 + (largest[1:] >= largest[0] * np.float32(1 - 1e-6)).sum()) / (draws + 1)
    before, now = (in_few[at], in_many[at]) if len(a) <= len(b) else (in_many[at], in_few[at])
    effect = min(abs(float(now - before)), 1.0)
    alarm = p <= level and effect >= FLOOR_CORRELATION
    pair = f"{names[upper[0][at]]} and {names[upper[1][at]]}"
    said = f"the correlation of {pair} was {before:+.2f} and is {now:+.2f}"
    words = f"features go together in another way: {said}" if alarm else f"features go together as before; at most {said}"
    return Finding("DRIFT-CORRELATION", "correlations", float(largest[0]), p, p, effect, *sizes, alarm, words)


def whole_finding(reference: Floats, current: Floats, sizes: tuple[int, int], level: float, seed: int) -> Finding:
    """Many small shifts at once: the mean squared difference of mean scores, against permuted membership."""
    if min(sizes) < FEWEST_ROWS or reference.shape[1] == 0:
        return _cannot("DRIFT-WHOLE", "all features together", sizes, reference.shape[1], 1)
    both, small = np.vstack([reference, current]), min(len(reference), len(current))
    total = both.sum(axis=0)

    def distance(few: Floats) -> float:
        part = few.sum(axis=0)
        return float(np.mean((part / len(few) - (total - part) / (len(both) - len(few))) ** 2))

    observed = distance(reference if len(reference) <= len(current) else current)
    draws = _draws(level)
    drawn = (distance(both[rows]) for rows in _splits(len(both), small, draws, np.random.default_rng([seed, 2])))
    p = (1 + sum(d >= observed * ALIKE for d in drawn)) / (draws + 1)
    effect = math.sqrt(observed)
    alarm = p <= level and effect >= FLOOR_WHOLE
    words = "taken together, the accounts have moved" if alarm else "taken together, the accounts are as before"
    return Finding("DRIFT-WHOLE", "all features together", observed, p, p, min(effect, 1.0), *sizes, alarm, words)


def _draws(level: float) -> int:
    """So many that the smallest p-value there can be lies well below the level."""
    return max(PERMUTATIONS, math.ceil(3 / level))


def _splits(n: int, small: int, draws: int, rng: np.random.Generator) -> Iterator[npt.NDArray[np.int64]]:
    for _ in range(draws):
        yield rng.permutation(n)[:small]


def _standard(scores: Floats) -> Floats:
    centred = scores - scores.mean(axis=0)
    spread = centred.std(axis=0)
    standard: Floats = np.divide(centred, spread, out=np.zeros_like(centred), where=spread > 1e-12)
    return standard


def _correlations(sums: Floats, squares: Floats, n: int) -> Floats:
    """Correlations from sums and cross products; 0 where a column does not vary."""
    mean = sums / n
    covariance = squares / n - np.outer(mean, mean)
    spread = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    scale = np.outer(spread, spread)
    out: Floats = np.divide(covariance, scale, out=np.zeros_like(covariance), where=scale > 1e-9)
    return out


def _cannot(code: str, subject: str, sizes: tuple[int, int], features: int, fewest_features: int) -> Finding:
    lacking = FEWEST_ROWS - min(sizes)
    if lacking > 0:
        words = f"{subject}: cannot tell; {lacking:,} more rows are needed"
    elif features < fewest_features:
        words = f"{subject}: cannot tell; {fewest_features} features that vary are needed, and there is {features or 'none'}"
    else:
        words = f"{subject}: cannot tell"
    return Finding(code, subject, None, None, None, None, *sizes, False, words)

"""How far points would move on another sample of the same customers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from icpfit.config import Direction
from icpfit.scorecard.points import in_order

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

REPEATS = 200
MOST_CLUSTERS = 5_000
_LEAST_VARIANCE = 0.01


def point_intervals(
    codes: Sequence[Ints],
    points: Sequence[Ints],
    directions: Sequence[Direction | None],
    label: Floats,
    account: Ints,
    *,
    logit_per_point: float,
    seed: int,
) -> tuple[tuple[Floats, Floats], ...]:
    """90 % bootstrap interval of each bin's points, bins fixed; accounts are resampled with all their rows.

    Each resample refits the table to its *labels* by one Newton step of a logistic regression, pulled toward
    the card as firmly as the card's own values vary (a ridge with variance equal to theirs), and is put on
    the 100-point scale anew. The model's attributions alone would wobble far less than the truth they
    were learned from. Returns (low, high) per attribute; they enclose the points. ``directions`` hold for
    all bins but the last, which is ``unknown``.
    """
    sizes = [len(p) for p in points]
    start = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    cells = int(start[-1])
    total = np.asarray([p[c] for p, c in zip(points, codes, strict=True)], dtype=np.float64).sum(axis=0)
    chance = _recentred(logit_per_point * total, label)
    weight = chance * (1 - chance)
    columns = [c + a for c, a in zip(codes, start[:-1], strict=True)]
    curve = np.zeros((cells + 1, cells + 1))
    for j, c in enumerate(columns):
        for d in columns[j:]:
            table = np.bincount(c * (cells + 1) + d, weights=weight, minlength=(cells + 1) ** 2).reshape(cells + 1, -1)
            curve += table if d is c else table + table.T
    curve[-1, :] = curve[:, -1] = np.diag(curve).copy()
    curve[-1, -1] = weight.sum()
    spread = np.concatenate([logit_per_point * (p[c] - p[c].mean()) for p, c in zip(points, codes, strict=True)])
    curve[np.arange(cells), np.arange(cells)] += 1 / max(float((spread**2).mean()), _LEAST_VARIANCE)
    # Accounts beyond so many are dealt into groups, which leaves the variance as it is and memory small.
    _, cluster = np.unique(np.unique(account, return_inverse=True)[1] % MOST_CLUSTERS, return_inverse=True)
    n = int(cluster.max()) + 1
    pulls = np.zeros((n, cells + 1))
    for c in [*columns, np.full(len(label), cells)]:
        np.add.at(pulls, (cluster, c), label - chance)
    draws = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), size=REPEATS).astype(np.float64)
    moved = np.linalg.solve(curve, ((draws - 1.0) @ pulls).T).T[:, :cells] / logit_per_point
    tables = [
        _directed(np.asarray(moved[:, a:b] + p, dtype=np.float64), np.bincount(c, minlength=b - a).astype(np.float64), d)
        for a, b, p, c, d in zip(start[:-1], start[1:], points, codes, directions, strict=True)
    ]
    scale = 100 / np.sum([t.max(axis=1) - t.min(axis=1) for t in tables], axis=0)
    found = []
    for drawn, p in zip(tables, points, strict=True):
        low, high = np.quantile((drawn - drawn.min(axis=1, keepdims=True)) * scale[:, None], [0.05, 0.95], axis=0)
        found.append((np.round(np.minimum(low, p), 1), np.round(np.maximum(high, p), 1)))
    return tuple(found)


def _recentred(score: Floats, label: Floats) -> Floats:
    """Probabilities at ``score`` moved so that they sum to the labels."""
    shift = 0.0
    for _ in range(50):
        p = 1 / (1 + np.exp(-(score + shift)))
        step = float((label - p).sum() / max((p * (1 - p)).sum(), 1e-9))
        shift += float(np.clip(step, -2, 2))
        if abs(step) < 1e-10:
            break
    return np.asarray(1 / (1 + np.exp(-(score + shift))))


def _directed(table: Floats, rows: Floats, direction: Direction | None) -> Floats:
    if direction is None:
        return table
    return np.array([[*in_order(t[:-1], rows[:-1], direction), t[-1]] for t in table], dtype=np.float64)

"""Fit the map from margins to probabilities on out-of-fold predictions, with the interval of the rate at each score."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from icpfit.models.calibration import Calibration
from icpfit.models.metrics import account_weights
from icpfit.models.shapes import choose_shape, fit_shape, log_odds_of_draws

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

CELLS = 512
"""margins are pooled into at most so many cells of equal size before the bootstrap"""
POINTS = 41
DRAWS_AT_ONCE = 64
NORMAL_95 = 1.645
LEAST_STRAY = 0.06
"""log-odds by which a quarter strays at the least; on six simulated companies the interval then held the true
rate of a score bin of later deals in 90 of 100 cases, without it in 77"""


def fit_calibration(margin: Floats, label: Floats, account: Ints, period: Ints, *, draws: int, seed: int) -> Calibration:
    """The map of out-of-fold margins, in the shape that holds on later ones, and the 90 % interval of the rate at each score.

    ``period`` is a code per quarter, in time order. The interval joins two sources of doubt, on log-odds: the map
    itself (a bootstrap over accounts; its shape is taken as given), and how far whole quarters stray from it, since the
    next quarter will stray too.
    """
    shape = choose_shape(margin, label, account, period)
    fitted = fit_shape(shape, margin, label)
    order = np.argsort(margin, kind="stable")
    cells = np.linspace(0, len(margin), min(CELLS, len(margin)) + 1).astype(np.int64)
    starts, sizes = cells[:-1], np.diff(cells)
    centre = np.add.reduceat(margin[order], starts) / sizes
    y, owner = label[order], account[order]
    grid = np.unique(np.quantile(margin, np.linspace(0.002, 0.998, POINTS)))
    rng = np.random.default_rng(seed)
    found: list[Floats] = []
    for first in range(0, draws, DRAWS_AT_ONCE):
        w = account_weights(owner, min(DRAWS_AT_ONCE, draws - first), rng)
        weights = np.add.reduceat(w, starts, axis=1)
        positives = np.add.reduceat(w * y, starts, axis=1)
        found.append(log_odds_of_draws(shape, centre, positives, weights, grid))
    low, high = np.quantile(np.concatenate(found), [0.05, 0.95], axis=0)
    line = fitted.log_odds(grid)
    straying = NORMAL_95 * max(stray_between(fitted.log_odds(margin), label, period), LEAST_STRAY)
    low = line - np.hypot(np.maximum(line - low, 0), straying)
    high = line + np.hypot(np.maximum(high - line, 0), straying)
    edges = np.r_[-np.inf, (grid[1:] + grid[:-1]) / 2, np.inf]
    similar = np.histogram(margin, edges)[0]
    return replace(
        fitted,
        grid=tuple(float(g) for g in grid),
        low=tuple(float(v) for v in 1 / (1 + np.exp(-low))),
        high=tuple(float(v) for v in 1 / (1 + np.exp(-high))),
        similar=tuple(int(s) for s in similar),
    )


def stray_between(log_odds: Floats, label: Floats, period: Ints) -> float:
    """Standard deviation between periods of the true offset from ``log_odds``, beyond sampling noise.

    Source: DerSimonian and Laird, "Meta-analysis in clinical trials", 1986, on one-step offsets.

    >>> stray_between(np.zeros(4), np.array([0.0, 1.0, 0.0, 1.0]), np.array([0, 0, 1, 1]))
    0.0
    """
    p = 1 / (1 + np.exp(-log_odds))
    _, code = np.unique(period, return_inverse=True)
    weight = np.bincount(code, weights=p * (1 - p))
    offset = np.bincount(code, weights=label - p) / weight
    middle = float((weight * offset).sum() / weight.sum())
    excess = float((weight * (offset - middle) ** 2).sum()) - (len(weight) - 1)
    scale = float(weight.sum() - (weight**2).sum() / weight.sum())
    return float(np.sqrt(max(0.0, excess / scale))) if scale > 0 else 0.0

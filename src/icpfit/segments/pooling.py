"""Thin segments borrow strength: what is shown of a segment is drawn toward what lies around it, the more the fewer its rows."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import betaincinv

Floats = npt.NDArray[np.float64]

LEAST_STRENGTH, MOST_STRENGTH = 4.0, 200.0
"""Between these lies the strength of what is around, in rows: a few segments cannot show that all are exactly alike."""
LEAST_SPREAD = 0.05
"""on the log scale: what segments differ by in value or days at the least"""
NORMAL_95 = 1.645


def strength_between(hits: Floats, rows: Floats, around: Floats, lost: int = 1) -> float:
    """How many rows the rate ``around`` is worth beside a segment's own: the prior's size in the beta-binomial model.

    ``hits``, ``rows`` and ``around`` (the rate that is expected of each): one entry per segment. By moments, from how far the
    segments' rates lie from the expected beyond chance; ``lost`` is how many of those were fitted to the same rows.
    Source: Kleinman, "Proportions with extraneous variance", JASA 68, 1973.

    >>> strength_between(np.array([10.0, 10.0]), np.array([40.0, 40.0]), np.array([0.25, 0.25]))  # no farther than chance
    200.0
    """
    noise, free = float((rows * around * (1 - around)).sum() / rows.sum()), len(rows) - lost
    space = _space(rows, free) - free
    if noise <= 0 or space <= 0:
        return MOST_STRENGTH
    between = (float((rows * (hits / rows - around) ** 2).sum()) - noise * free) / space
    return MOST_STRENGTH if between <= 0 else float(np.clip(noise / between - 1, LEAST_STRENGTH, MOST_STRENGTH))


def pooled_rate(hits: Floats, rows: Floats, around: Floats, strength: float) -> tuple[Floats, Floats, Floats]:
    """Rates of segments, as if ``strength`` more rows of each had been seen at the rate ``around``, and the ends of their 90 % intervals.

    >>> rate, low, high = pooled_rate(np.array([3.0]), np.array([3.0]), np.array([0.2]), 27)
    >>> rate.round(2).tolist()  # three wins of three deals, where others win a fifth
    [0.28]
    """
    around = np.clip(around, 1e-6, 1 - 1e-6)
    a, b = hits + strength * around, rows - hits + strength * (1 - around)
    return a / (a + b), betaincinv(a, b, 0.05), betaincinv(a, b, 0.95)


def spread_between(off: Floats, rows: Floats, variance: float, lost: int = 1) -> float:
    """Variance, between segments, of how far the true means lie ``off`` the expected, beyond what a row's ``variance`` explains.

    Source: DerSimonian and Laird, "Meta-analysis in clinical trials", 1986.

    >>> round(spread_between(np.array([-0.5, 0.5]), np.array([50.0, 50.0]), 1.0), 3)
    0.48
    """
    free = len(rows) - lost
    space = _space(rows, free)
    if space <= 0:
        return LEAST_SPREAD**2
    return max(LEAST_SPREAD**2, (float((rows * off**2).sum()) - variance * free) / space)


def _space(rows: Floats, free: int) -> float:
    """What the variance between segments is multiplied by in the sum of squares."""
    if free <= 0 or len(rows) < 2:
        return 0.0
    total = float(rows.sum())
    return (total - float((rows**2).sum()) / total) * free / (len(rows) - 1)


def pooled_mean(mean: Floats, rows: Floats, variance: float, around: Floats, between: float) -> tuple[Floats, Floats]:
    """Means of segments on the log scale, drawn toward ``around``, and their standard errors. Every segment has rows.

    >>> value, error = pooled_mean(np.array([1.0]), np.array([10.0]), 1.0, np.array([0.0]), 0.1)
    >>> value.tolist()  # as much noise as spread: half way
    [0.5]
    """
    own = rows / max(variance, 1e-12)
    weight = own / (own + 1 / between)
    return weight * mean + (1 - weight) * around, np.sqrt(1 / (own + 1 / between))

"""Outcomes on log-odds: how far off their level is, and how steeply they rise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

STEPS = 25
CLOSE = 1e-10
FURTHEST = 8.0
"""log-odds that no level or slope leaves: where all ends are alike the best line is infinitely steep"""


def log_odds(probability: Floats) -> Floats:
    return np.asarray(np.log(probability) - np.log1p(-probability))


def sigmoid(value: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-np.clip(value, -700, 36))))


@dataclass(frozen=True, slots=True)
class Line:
    """log-odds = level + slope x score. ``slope`` is 1 for a score that is right."""

    level: float
    slope: float

    def chance(self, score: Floats) -> Floats:
        return sigmoid(self.level + self.slope * score)


def level_of(score: Floats, good: Bools) -> Line:
    """The line of slope 1 that expects as many good ends as there are.

    >>> round(level_of(np.zeros(4), np.array([True, False, False, False])).level, 6)
    -1.098612
    """
    level, wanted = 0.0, float(good.sum())
    for _ in range(STEPS):
        p = sigmoid(level + score)
        step = (wanted - float(p.sum())) / max(float((p * (1 - p)).sum()), CLOSE)
        level = float(np.clip(level + np.clip(step, -2, 2), -FURTHEST, FURTHEST))
        if abs(step) < CLOSE:
            break
    return Line(level, 1.0)


def line_of(score: Floats, good: Bools, start: Line | None = None) -> Line:
    """The most likely line. Source: Cox, "Two further applications of a model for binary regression", 1958.

    >>> line = line_of(np.repeat([-1.0, 1.0], 4), np.array([1, 0, 0, 0, 1, 1, 1, 0], dtype=bool))
    >>> abs(line.level) < 1e-9, round(line.slope, 6)
    (True, 1.098612)
    """
    begin = start or level_of(score, good)
    at = np.array([begin.level, begin.slope])
    middle = float(score.mean()) if len(score) else 0.0
    z = score - middle
    at[0] += at[1] * middle
    y = good.astype(np.float64)
    for _ in range(STEPS):
        p = sigmoid(at[0] + at[1] * z)
        w = p * (1 - p)
        gradient = np.array([(y - p).sum(), ((y - p) * z).sum()])
        w0, w1, w2 = float(w.sum()), float((w * z).sum()), float((w * z * z).sum())
        determinant = w0 * w2 - w1 * w1
        if determinant <= CLOSE:
            break
        step = np.array([w2 * gradient[0] - w1 * gradient[1], w0 * gradient[1] - w1 * gradient[0]]) / determinant
        at = np.clip(at + np.clip(step, -1, 1), -FURTHEST, FURTHEST)
        if float(np.abs(step).max()) < CLOSE:
            break
    return Line(float(at[0] - at[1] * middle), float(at[1]))

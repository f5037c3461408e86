"""Is the one model right in each region and for each product? What it says there, held against what became of later deals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from icpfit.models.calibrate import LEAST_STRAY, stray_between
from icpfit.models.metrics import auc_interval, stratified_auc
from icpfit.segments.pooling import NORMAL_95
from icpfit.segments.score_test import design_effects, likeness
from icpfit.segments.traits import Trait

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

FEWEST_OF_EACH = 5
"""of both outcomes among the tested rows of a segment, for a ranking and a slope inside it"""
SLOPE_SPREAD = 0.3
"""how far slopes are expected to lie around the model's own: with few rows a slope is drawn to it"""
DRAWS = 200


@dataclass(frozen=True)
class Predicted:
    """Out-of-fold predictions: one entry per tested row. ``row``: its place in the training set; ``fold`` and ``account`` are codes."""

    row: Ints
    fold: Ints
    account: Ints
    label: Floats
    log_odds: Floats

    def __len__(self) -> int:
        return len(self.row)


@dataclass(frozen=True, slots=True)
class Adjustment:
    """How far the model is off in one segment beyond what it is off everywhere. None where it cannot be told.

    ``said`` and ``seen``: mean probability and share of positives. ``offset``: log-odds to be added, with its 90 % interval;
    ``slope``: 1 where the model's odds count there as much as elsewhere. ``auc``: does it rank inside the segment; ``weak``: even the
    upper end of that is below the model's own.
    """

    value: str
    rows: int
    positives: int
    said: float
    seen: float
    offset: float
    offset_low: float
    offset_high: float
    slope: float | None
    slope_low: float | None
    slope_high: float | None
    auc: float | None
    auc_low: float | None
    auc_high: float | None
    weak: bool

    @property
    def off(self) -> int:
        """1: more positives than it says, -1: fewer, 0: within the interval."""
        return 1 if self.offset_low > 0 else -1 if self.offset_high < 0 else 0


def adjustments(predicted: Predicted, trait: Trait, overall_auc: float, *, seed: int) -> tuple[Adjustment, ...]:
    """One partially pooled adjustment for each value of the trait that has tested rows, the commonest first.

    What the model is off on all these rows alike is taken away first: its final calibration, fitted to the same rows, has put it
    right. The offsets that are left are taken to lie around 0, with a spread that is read from how far they stray beyond
    chance (DerSimonian and Laird): each is the peak of its likelihood under that prior, with the interval of the curvature
    there, so a segment of three rows has nearly none. Rows of one account count less the more alike they are. The offset is
    taken with the slope at 1; the slope beside it has a prior of its own around 1.
    """
    values = trait.values[predicted.row]
    code = np.array([-1 if v is None else trait.shown.index(v) if v in trait.shown else -1 for v in values], dtype=np.int64)
    known = code >= 0
    if not known.any():
        return ()
    y = predicted.label
    x = predicted.log_odds + _peak(lambda d: _slopes(predicted.log_odds[known] + d, y[known], None))[0]
    p = 1 / (1 + np.exp(-x))
    residual = (y - p) / np.sqrt(np.maximum(p * (1 - p), 1e-9))
    own, _ = design_effects(code[known], len(trait.shown), predicted.account[known], likeness(residual, predicted.account))
    spread = max(stray_between(x[known], y[known], code[known]), LEAST_STRAY)
    out = []
    for i, name in enumerate(trait.shown):
        inside = code == i
        if not inside.any():
            continue
        share = 1 / float(own[i])
        offset, error = _peak(_offset_slopes(x[inside], y[inside], share, spread))
        slope = _slope(x[inside] + offset, y[inside], share)
        ranked = _ranks(predicted, inside, seed)
        out.append(
            Adjustment(
                value=name,
                rows=int(inside.sum()),
                positives=int(y[inside].sum()),
                said=float(p[inside].mean()),
                seen=float(y[inside].mean()),
                offset=offset,
                offset_low=offset - NORMAL_95 * error,
                offset_high=offset + NORMAL_95 * error,
                slope=slope[0],
                slope_low=slope[1],
                slope_high=slope[2],
                auc=ranked[0],
                auc_low=ranked[1],
                auc_high=ranked[2],
                weak=bool(ranked[2] is not None and ranked[2] < overall_auc),
            )
        )
    return tuple(out)


def _slopes(x: Floats, y: Floats, by: Floats | None) -> tuple[float, float]:
    """First and (turned positive) second derivative of the log likelihood by an offset, or by the slope of ``by``."""
    q = 1 / (1 + np.exp(-np.clip(x, -35, 35)))
    by = np.ones(len(x)) if by is None else by
    return float((by * (y - q)).sum()), float((by**2 * q * (1 - q)).sum())


def _offset_slopes(x: Floats, y: Floats, share: float, spread: float) -> Callable[[float], tuple[float, float]]:
    return lambda d: _with_prior(_slopes(x + d, y, None), share, d, spread)


def _with_prior(slopes: tuple[float, float], share: float, off: float, spread: float) -> tuple[float, float]:
    return slopes[0] * share - off / spread**2, slopes[1] * share + 1 / spread**2


def _peak(slopes: Callable[[float], tuple[float, float]], start: float = 0.0) -> tuple[float, float]:
    """Where a concave log likelihood is highest, by Newton's method, and the standard error by its curvature."""
    at = start
    for _ in range(100):
        first, second = slopes(at)
        step = float(np.clip(first / max(second, 1e-9), -1, 1))
        at += step
        if abs(step) < 1e-10:
            break
    return at, float(1 / np.sqrt(max(slopes(at)[1], 1e-9)))


def _slope(x: Floats, y: Floats, share: float) -> tuple[float | None, float | None, float | None]:
    """The slope on the model's log-odds, around their own mean, with its 90 % interval."""
    if min(y.sum(), len(y) - y.sum()) < FEWEST_OF_EACH or np.ptp(x) < 1e-9:
        return None, None, None
    centre = float(x.mean())
    by = x - centre
    slope, error = _peak(lambda b: _with_prior(_slopes(centre + b * by, y, by), share, b - 1, SLOPE_SPREAD), 1.0)
    return slope, slope - NORMAL_95 * error, slope + NORMAL_95 * error


def _ranks(predicted: Predicted, inside: npt.NDArray[np.bool_], seed: int) -> tuple[float | None, float | None, float | None]:
    """AUC within folds among the segment's rows, with its 90 % interval."""
    y = predicted.label[inside]
    if min(y.sum(), len(y) - y.sum()) < FEWEST_OF_EACH:
        return None, None, None
    score, fold = predicted.log_odds[inside], predicted.fold[inside]
    value = float(stratified_auc(y, score, fold))
    low, high = auc_interval(y, score, predicted.account[inside], fold, draws=DRAWS, seed=seed)
    if np.isnan([value, low, high]).any():
        return None, None, None
    return value, low, high

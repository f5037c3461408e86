"""The shapes that a map from margins to probabilities may take: each fitted, and one chosen on later rows."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from icpfit.models.calibration import SHAPES, Calibration, Shape, bent
from icpfit.models.trials import behind

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

PRIOR_SD = 0.5
"""of the slope's logarithm around 0: on little data the booster's own scale is kept; and the slope is positive by form.
The same for half the logarithm of the ratio of a beta map's two slopes, so that on little data it is a line"""
PARTS = 4
"""rows in time order are cut into so many parts; all but the oldest are judged by what came before them"""
ENOUGH_TO_JUDGE = 60
"""of the rarer outcome, among the rows a shape is fitted on and among those that judge it"""


def fit_sigmoid(margin: Floats, label: Floats) -> tuple[float, float]:
    """Intercept and slope (> 0) of Platt scaling, by Newton's method, with Platt's smoothed targets.

    Source: Platt, "Probabilistic outputs for support vector machines", 1999; the prior on the slope is ours.

    >>> intercept, slope = fit_sigmoid(np.array([0.0, 0.0, 1.0]), np.array([1.0, 1.0, 0.0]))
    >>> slope > 0
    True
    """
    one = np.ones((1, len(margin)))
    intercept, slope = _sigmoids(margin, label[None, :] * one, one)
    return float(intercept[0]), float(slope[0])


def fit_shape(shape: Shape, margin: Floats, label: Floats) -> Calibration:
    """A map of the shape, without a table of its interval.

    >>> steps = fit_shape("isotonic", np.array([0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 2.0, 2.0]), np.array([0.0, 0, 0, 0, 1, 0, 1, 1]))
    >>> steps.knots, steps.rates
    ((0.0, 1.0, 2.0), (0.2, 0.5, 0.6666666666666666))
    """
    one = np.ones((1, len(margin)))
    if shape == "beta":
        a, b, lean = (float(v[0]) for v in _betas(margin, label * one, one))
        return Calibration(a, b, (), (), (), (), "beta", lean)
    intercept, slope = fit_sigmoid(margin, label)
    if shape == "sigmoid":
        return Calibration(intercept, slope, (), (), (), ())
    return _steps((intercept, slope), margin, label, one[0])


def log_odds_of_draws(shape: Shape, margin: Floats, positives: Floats, weights: Floats, at: Floats) -> Floats:
    """Log-odds at ``at`` of the maps under many sets of weights: ``positives`` and ``weights`` are (B, n), the result is (B, len(at))."""
    if shape == "beta":
        a, b, lean = _betas(margin, positives, weights)
        return a[:, None] + b[:, None] * bent(at, lean[:, None])
    if shape == "sigmoid":
        a, b = _sigmoids(margin, positives, weights)
        return a[:, None] + b[:, None] * at
    found = []
    for wins, weight in zip(positives, weights, strict=True):
        drawn = weight > 0
        found.append(_steps((0.0, 1.0), margin[drawn], wins[drawn] / weight[drawn], weight[drawn]).log_odds(at))
    return np.array(found)


def choose_shape(margin: Floats, label: Floats, account: Ints, period: Ints) -> Shape:
    """The sigmoid, unless another shape is better on later rows by more than one standard error; then the best.

    ``period`` is in time order (a code per quarter). Each part of the rows but the oldest is judged by the
    log loss of maps that were fitted on the older parts, without the accounts that stand in it. Where there
    are no times, accounts are dealt to the parts. The error is that of the paired difference, with rows of one account taken together.
    """
    part = _parts(period, account)
    losses: dict[Shape, list[Floats]] = {shape: [] for shape in SHAPES}
    judged: list[npt.NDArray[np.int64]] = []
    for later in range(1, PARTS):
        test = np.flatnonzero(part == later)
        fit = np.flatnonzero((part < later) & ~np.isin(account, account[test]))
        if len(test) == 0 or _rarer(label[fit]) < ENOUGH_TO_JUDGE:
            continue
        judged.append(test)
        for shape in SHAPES:
            x = fit_shape(shape, margin[fit], label[fit]).log_odds(margin[test])
            losses[shape].append(np.logaddexp(0.0, x) - label[test] * x)
    rows = np.concatenate(judged) if judged else np.empty(0, dtype=np.int64)
    if _rarer(label[rows]) < ENOUGH_TO_JUDGE:
        return "sigmoid"
    loss = {shape: np.concatenate(parts) for shape, parts in losses.items()}
    better = [shape for shape in SHAPES[1:] if behind(loss["sigmoid"], loss[shape], account[rows]) > 1]
    return min(better, key=lambda shape: float(loss[shape].mean()), default="sigmoid")


def _parts(period: Ints, account: Ints) -> Ints:
    """0 to PARTS - 1 per row, whole periods together and of about equal size; by account where all is one period."""
    codes, counts = np.unique(period, return_counts=True)
    if len(codes) == 1:
        return np.asarray(account % PARTS, dtype=np.int64)
    middle = np.cumsum(counts) - counts / 2
    return (middle * PARTS / len(period)).astype(np.int64)[np.searchsorted(codes, period)]


def _rarer(label: Floats) -> int:
    positives = int((label == 1).sum())
    return min(positives, len(label) - positives)


def _sigmoids(margin: Floats, positives: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Intercepts and slopes for many sets of weights at once: ``margin`` (n,), ``positives`` and ``weights`` (B, n)."""
    target, a = _targets(positives, weights)
    centre = float(margin.mean())
    m = margin - centre
    k = np.zeros(len(a))
    for _ in range(60):
        x = np.exp(k)[:, None] * m
        p = 1 / (1 + np.exp(-np.clip(a[:, None] + x, -40, 40)))
        miss, w = weights * p - target, weights * p * (1 - p)
        ga, gk = miss.sum(axis=1), (miss * x).sum(axis=1) + k / PRIOR_SD**2
        haa, hak = w.sum(axis=1) + 1e-9, (w * x).sum(axis=1)
        hkk = (w * x * x).sum(axis=1) + 1 / PRIOR_SD**2
        det = haa * hkk - hak**2
        da, dk = (hkk * ga - hak * gk) / det, (haa * gk - hak * ga) / det
        a, k = a - np.clip(da, -2, 2), k - np.clip(dk, -0.5, 0.5)
        if max(np.abs(da).max(), np.abs(dk).max()) < 1e-9:
            break
    slope = np.exp(k)
    return a - slope * centre, slope


def _betas(margin: Floats, positives: Floats, weights: Floats) -> tuple[Floats, Floats, Floats]:
    """Intercepts, slopes and leans, as above; the slopes below and above 0 are e^(k - h) and e^(k + h), so both are positive."""
    target, a = _targets(positives, weights)
    upper = np.logaddexp(0.0, margin)
    lower = upper - margin
    level_up, level_down = float(upper.mean()), float(lower.mean())
    upper, lower = upper - level_up, lower - level_down
    k, h = np.zeros(len(a)), np.zeros(len(a))
    for _ in range(100):
        up, down = np.exp(k + h)[:, None] * upper, np.exp(k - h)[:, None] * lower
        parts = np.stack([np.ones_like(up), up - down, up + down], axis=1)
        p = 1 / (1 + np.exp(-np.clip(a[:, None] + parts[:, 1], -40, 40)))
        miss, w = weights * p - target, weights * p * (1 - p)
        prior = np.stack([np.zeros_like(k), k, h], axis=1) / PRIOR_SD**2
        gradient = np.einsum("bpn,bn->bp", parts, miss) + prior
        curvature = np.einsum("bpn,bn,bqn->bpq", parts, w, parts, optimize=True) + np.diag([1e-9, PRIOR_SD**-2, PRIOR_SD**-2])
        step = np.linalg.solve(curvature, gradient[:, :, None])[:, :, 0]
        step = np.clip(step, [-2, -0.5, -0.5], [2, 0.5, 0.5])
        a, k, h = a - step[:, 0], k - step[:, 1], h - step[:, 2]
        if np.abs(step).max() < 1e-9:
            break
    steep_up, steep_down = np.exp(k + h), np.exp(k - h)
    intercept = a - steep_up * level_up + steep_down * level_down
    return intercept, (steep_up + steep_down) / 2, np.tanh(h)


def _targets(positives: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Platt's smoothed targets times the weights, and the log-odds of the rate, from which the search starts."""
    total, wins = weights.sum(axis=1), positives.sum(axis=1)
    high = ((wins + 1) / (wins + 2))[:, None]
    low = (1 / (total - wins + 2))[:, None]
    rate = (wins + 1) / (total + 2)
    return positives * high + (weights - positives) * low, np.log(rate / (1 - rate))


def _steps(line: tuple[float, float], margin: Floats, rate: Floats, weight: Floats) -> Calibration:
    """The best rising steps, with a knot in the middle of each, by weight; rows of one margin are one.

    One more win at the lowest margin and one more loss at the highest keep the outermost steps, which are
    often a handful of rows of one outcome, from claiming more than they know.
    Source: Zadrozny and Elkan, "Transforming classifier scores into accurate multiclass probability estimates", 2002.
    """
    from scipy.optimize import isotonic_regression

    at, place = np.unique(margin, return_inverse=True)
    total = np.bincount(place, weights=weight)
    wins = np.bincount(place, weights=weight * rate)
    wins[0], total[0] = wins[0] + 1, total[0] + 1
    total[-1] += 1
    found = isotonic_regression(wins / total, weights=total)
    starts = found.blocks[:-1]
    knots = np.add.reduceat(at * total, starts) / np.add.reduceat(total, starts)
    knots = np.clip(knots, at[starts], at[found.blocks[1:] - 1])  # two neighbours may be closer than a mean is exact
    rates = np.clip(found.x[starts], 0.0, 1.0)
    return Calibration(
        *line, (), (), (), (), "isotonic", knots=tuple(knots.tolist()), rates=tuple(rates.tolist()), rows=round(float(weight.sum()))
    )

"""Two scores on the same deals, and how far chance alone could carry them apart. Accounts are drawn whole."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class AucDifference:
    """``difference`` = second - first; ``low`` and ``high`` are the 5th and 95th percentile of its bootstrap."""

    first: float
    second: float
    difference: float
    low: float
    high: float


def weighted_auc(label: Floats, score: Floats, weight: Floats) -> float:
    """The chance that a win outranks a loss, ties half; NaN when one of them has no weight.

    >>> weighted_auc(np.array([1.0, 0.0]), np.array([0.3, 0.3]), np.ones(2))
    0.5
    """
    order, starts = _ranks(score)
    return _auc(label[order], weight[order], starts)


def _ranks(score: Floats) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    order = np.argsort(score, kind="stable")
    ranked = score[order]
    starts = np.flatnonzero(np.concatenate([[True], ranked[1:] != ranked[:-1]])) if len(score) else np.zeros(0, dtype=np.int64)
    return order, starts.astype(np.int64)


def _auc(label: Floats, weight: Floats, starts: npt.NDArray[np.int64]) -> float:
    wins = np.add.reduceat(weight * label, starts)
    losses = np.add.reduceat(weight * (1.0 - label), starts)
    total = float(wins.sum() * losses.sum())
    if total == 0:
        return float("nan")
    below = np.cumsum(losses) - losses
    return float(np.sum(wins * (below + losses / 2.0)) / total)


def auc_difference(
    label: Floats, first: Floats, second: Floats, account: npt.NDArray[np.object_], *, seed: int, resamples: int
) -> AucDifference:
    """Paired bootstrap of AUC(second) - AUC(first): both are measured on each resample, and an account's deals go together.

    Draws without both outcomes are left out. ``label`` holds 0 and 1, at least one of each.

    Source: Efron and Tibshirani, An Introduction to the Bootstrap (1993), ch. 8 (resampling whole units).
    """
    ones = np.ones(len(label))
    a, b = weighted_auc(label, first, ones), weighted_auc(label, second, ones)
    _, group = np.unique(np.asarray(account).astype(str), return_inverse=True)
    groups = int(group.max()) + 1
    rng = np.random.default_rng(seed)
    order_a, starts_a = _ranks(first)
    order_b, starts_b = _ranks(second)
    label_a, label_b = label[order_a], label[order_b]
    found = np.empty(resamples)
    for i in range(resamples):
        weight = np.bincount(rng.integers(groups, size=groups), minlength=groups)[group].astype(np.float64)
        found[i] = _auc(label_b, weight[order_b], starts_b) - _auc(label_a, weight[order_a], starts_a)
    found = found[~np.isnan(found)]
    low, high = (float(v) for v in np.quantile(found, [0.05, 0.95])) if len(found) else (-1.0, 1.0)
    return AucDifference(a, b, b - a, low, high)


def calibration_slope(label: Floats, probability: Floats, account: npt.NDArray[np.object_]) -> tuple[float, float] | None:
    """Slope of the logistic regression of the label on the predicted log-odds, and its standard error by account.

    1 is right; below 1 the predictions are too extreme. None where it cannot be fitted: predictions all
    alike, or outcomes that they separate.

    Source: Cox, Two further applications of a model for binary regression (1958); the error is the
    sandwich of Liang and Zeger (1986) over accounts.
    """
    p = np.clip(probability, 1e-9, 1 - 1e-9)
    x = np.column_stack([np.ones(len(p)), np.log(p / (1 - p))])
    if np.ptp(x[:, 1]) < 1e-9:
        return None
    beta, step = np.array([0.0, 1.0]), np.full(2, np.inf)
    for _ in range(100):
        mean = 1 / (1 + np.exp(-np.clip(x @ beta, -35, 35)))
        information = (x * (mean * (1 - mean))[:, None]).T @ x
        if np.abs(beta).max() > 50 or np.linalg.cond(information) > 1e12:
            return None
        if np.abs(step).max() < 1e-10:
            break
        step = np.linalg.solve(information, x.T @ (label - mean))
        # A whole step can overshoot where predictions are far too extreme; half of it, until it helps.
        while np.abs(step).max() >= 1e-10 and _loss(x @ (beta + step), label) > _loss(x @ beta, label) + 1e-12 * len(label):
            step = step / 2
        beta = beta + step
    else:
        return None
    _, group = np.unique(np.asarray(account).astype(str), return_inverse=True)
    pieces = np.zeros((int(group.max()) + 1, 2))
    np.add.at(pieces, group, x * (label - mean)[:, None])
    bread = np.linalg.inv(information)
    covariance = bread @ (pieces.T @ pieces) @ bread
    return float(beta[1]), float(np.sqrt(covariance[1, 1]))


def _loss(log_odds: Floats, label: Floats) -> float:
    return float(np.sum(np.logaddexp(0.0, log_odds) - label * log_odds))

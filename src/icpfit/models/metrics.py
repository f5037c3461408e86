"""Measures of a ranking and of probabilities; intervals by resampling whole accounts."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from icpfit.models.results import Metrics

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

CHUNK = 2_000_000
"""cells of a block of resamples held at once"""
BINS = 10


def average_ranks(score: Floats) -> Floats:
    """Ranks from 1, ties share the mean of theirs."""
    order = np.argsort(score, kind="stable")
    ordered = score[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    ends = np.r_[starts[1:], len(score)]
    out = np.empty(len(score))
    out[order] = np.repeat((starts + ends + 1) / 2, ends - starts)
    return out


def auc(label: Floats, score: Floats) -> float:
    """Share of (positive, negative) pairs in the right order; ties count half; NaN with one class.

    >>> auc(np.array([1.0, 1.0]), np.array([0.3, 0.4]))
    nan
    """
    positives = label.sum()
    negatives = len(label) - positives
    if positives == 0 or negatives == 0:
        return float("nan")
    return float((average_ranks(score)[label == 1].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def stratified_auc(label: Floats, score: Floats, stratum: Ints) -> float:
    """Share of right pairs among pairs *within* a stratum, so that a drift of the base rate earns nothing."""
    right = pairs = 0.0
    for s in np.unique(stratum):
        y, x = label[stratum == s], score[stratum == s]
        n = y.sum() * (len(y) - y.sum())
        if n > 0:
            right += auc(y, x) * n
            pairs += n
    return right / pairs if pairs else float("nan")


def places(score: Floats, stratum: Ints) -> Floats:
    """Each row's rank within its stratum, as a share of the stratum's rows: who is in the top tenth *of its own period*."""
    out = np.empty(len(score))
    for s in np.unique(stratum):
        inside = stratum == s
        out[inside] = average_ranks(score[inside]) / inside.sum()
    return out


def weighted_aucs(label: Floats, score: Floats, weights: Floats) -> Floats:
    """AUC under each row of ``weights`` (B, n), ties counted half; NaN where a class has no weight."""
    right, pairs = weighted_pairs(label, score, weights)
    return np.where(pairs > 0, right / np.where(pairs > 0, pairs, 1), np.nan)


def weighted_pairs(label: Floats, score: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Weight of the (positive, negative) pairs in the right order, ties half, and of all pairs; one entry per row of ``weights``."""
    order = np.argsort(score, kind="stable")
    y, x, w = label[order], score[order], weights[:, order]
    starts = np.flatnonzero(np.r_[True, x[1:] != x[:-1]])
    positive = np.add.reduceat(w * y, starts, axis=1)
    negative = np.add.reduceat(w * (1 - y), starts, axis=1)
    below = np.cumsum(negative, axis=1) - negative
    pairs: Floats = positive.sum(axis=1) * negative.sum(axis=1)
    right: Floats = (positive * (below + negative / 2)).sum(axis=1)
    return right, pairs


def account_weights(account: Ints, draws: int, rng: np.random.Generator) -> Floats:
    """(draws, n): how often each row's account is drawn when as many accounts are drawn with replacement as there are."""
    _, code = np.unique(account, return_inverse=True)
    n = int(code.max()) + 1
    counts = np.empty((draws, n))
    for b in range(draws):
        counts[b] = np.bincount(rng.integers(0, n, n), minlength=n)
    return counts[:, code]


def auc_interval(label: Floats, score: Floats, account: Ints, stratum: Ints, *, draws: int, seed: int) -> tuple[float, float]:
    """90 % interval of the stratified AUC by a bootstrap over accounts (percentile)."""
    rng = np.random.default_rng(seed)
    size = max(1, CHUNK // max(1, len(label)))
    values: list[Floats] = []
    for start in range(0, draws, size):
        weights = account_weights(account, min(size, draws - start), rng)
        right, pairs = np.zeros(len(weights)), np.zeros(len(weights))
        for s in np.unique(stratum):
            inside = stratum == s
            more_right, more_pairs = weighted_pairs(label[inside], score[inside], weights[:, inside])
            right, pairs = right + more_right, pairs + more_pairs
        values.append(np.where(pairs > 0, right / np.where(pairs > 0, pairs, 1), np.nan))
    found = np.concatenate(values)
    found = found[~np.isnan(found)]
    if len(found) == 0:
        return float("nan"), float("nan")
    low, high = np.quantile(found, [0.05, 0.95])
    return float(low), float(high)


def log_loss(label: Floats, probability: Floats) -> float:
    p = np.clip(probability, 1e-15, 1 - 1e-15)
    return float(-(label * np.log(p) + (1 - label) * np.log(1 - p)).mean())


def average_precision(label: Floats, score: Floats) -> float:
    """Mean precision at the positives, ties taken together."""
    if label.sum() == 0:
        return float("nan")
    order = np.argsort(-score, kind="stable")
    y, x = label[order], score[order]
    last = np.flatnonzero(np.r_[x[1:] != x[:-1], True])
    hits = np.cumsum(y)[last]
    return float((np.diff(np.r_[0.0, hits]) * hits / (last + 1)).sum() / label.sum())


def share_in_top(value: Floats, score: Floats, share: float) -> float:
    """Share of ``value`` held by the best ``share`` of rows; rows tied at the edge count in part.

    >>> share_in_top(np.array([1.0, 1.0, 0.0, 0.0]), np.zeros(4), 0.5)
    0.5
    """
    total = value.sum()
    if total <= 0:
        return float("nan")
    order = np.argsort(-score, kind="stable")
    v, x = value[order], score[order]
    starts = np.flatnonzero(np.r_[True, x[1:] != x[:-1]])
    at = np.r_[0.0, np.cumsum(np.add.reduceat(v, starts))]
    return float(np.interp(share * len(v), np.r_[starts, len(v)].astype(float), at) / total)


def reliability(label: Floats, probability: Floats, stratum: Ints | None = None) -> tuple[tuple[float, float, int], ...]:
    """(mean predicted, observed rate, rows) per tenth of the rows by prediction; equal predictions stay together.

    With ``stratum`` the tenths are those of each period's own rows, taken together: the tenths of the ranking.
    """
    stratum = np.zeros(len(label), dtype=np.int64) if stratum is None else stratum
    tenth = np.empty(len(label), dtype=np.int64)
    for s in np.unique(stratum):
        own = stratum == s
        tenth[own] = np.minimum(((average_ranks(probability[own]) - 0.5) * BINS / own.sum()).astype(np.int64), BINS - 1)
    out = []
    for b in range(BINS):
        inside = tenth == b
        if inside.any():
            out.append((float(probability[inside].mean()), float(label[inside].mean()), int(inside.sum())))
    return tuple(out)


def calibration_line(label: Floats, probability: Floats) -> tuple[float, float] | None:
    """(intercept, slope) of the outcome's log-odds on the predicted ones (Cox); None where it is not determined."""
    p = np.clip(probability, 1e-9, 1 - 1e-9)
    x = np.log(p / (1 - p))
    if label.min() == label.max() or np.ptp(x) < 1e-9:
        return None
    beta = np.array([0.0, 1.0])
    A = np.column_stack([np.ones_like(x), x])
    for _ in range(50):
        q = 1 / (1 + np.exp(-np.clip(A @ beta, -500, 500)))
        w = q * (1 - q)
        step = np.linalg.solve(A.T @ (A * w[:, None]) + 1e-9 * np.eye(2), A.T @ (label - q))
        beta = beta + np.clip(step, -2, 2)
        if np.abs(step).max() < 1e-10:
            return float(beta[0]), float(beta[1])
    return None


def measure(
    label: Floats, probability: Floats, account: Ints, amount: Floats, *, draws: int, seed: int, stratum: Ints | None = None
) -> Metrics:
    """All measures on the same rows. ``amount`` may hold NaN; money is measured on the positives that have one.

    Ranking (AUC, lift, shares of the top) is measured within each ``stratum``, the period tested: a model
    that knows no more than the base rate of the day must not shine because that rate moved.
    """
    stratum = np.zeros(len(label), dtype=np.int64) if stratum is None else stratum
    low, high = auc_interval(label, probability, account, stratum, draws=draws, seed=seed)
    place = places(probability, stratum)
    bins = reliability(label, probability)
    line = calibration_line(label, probability)
    money = np.where((label == 1) & np.isfinite(amount), np.where(np.isfinite(amount), amount, 0.0), 0.0)
    top10, top20 = share_in_top(label, place, 0.1), share_in_top(label, place, 0.2)
    return Metrics(
        rows=len(label),
        positives=int(label.sum()),
        auc=stratified_auc(label, probability, stratum),
        auc_pooled=auc(label, probability),
        auc_low=low,
        auc_high=high,
        average_precision=average_precision(label, probability),
        log_loss=log_loss(label, probability),
        brier=float(((probability - label) ** 2).mean()),
        ece=float(sum(abs(p - y) * n for p, y, n in bins) / len(label)),
        calibration_slope=None if line is None else line[1],
        calibration_intercept=None if line is None else line[0],
        lift_10=top10 / 0.1,
        lift_20=top20 / 0.2,
        wins_in_top_20=top20,
        value_in_top_20=share_in_top(money, place, 0.2) if money.sum() > 0 else None,
        reliability=bins,
        tenths=reliability(label, probability, stratum),
    )

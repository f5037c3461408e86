"""How far each measure could be off: 90 % intervals by resampling whole accounts."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from icpfit.models.metrics import CHUNK, Floats, Ints, account_weights, calibration_line, places

TINY = 1e-15


def measure_intervals(
    label: Floats, probability: Floats, account: Ints, amount: Floats, stratum: Ints, *, draws: int, seed: int
) -> Mapping[str, tuple[float, float]]:
    """(low, high) by the name of the measure in :class:`~icpfit.models.results.Metrics`; one that cannot be told is left out.

    Percentiles over the draws. A row's place in its period is that among the rows as they are. The slope of the calibration
    line is re-estimated by one step of Newton's method from the line of all rows, which to first order is a whole fit.
    """
    rng = np.random.default_rng(seed)
    place = places(probability, stratum)
    money = np.where((label == 1) & np.isfinite(amount), np.nan_to_num(amount), 0.0)
    p = np.clip(probability, TINY, 1 - TINY)
    means = np.column_stack([-(label * np.log(p) + (1 - label) * np.log1p(-p)), (probability - label) ** 2])
    parts: dict[str, list[Floats]] = {}
    size = max(1, CHUNK // max(1, len(label)))
    for start in range(0, draws, size):
        weights = account_weights(account, min(size, draws - start), rng)
        found = {
            "average_precision": _precisions(label, probability, weights),
            "lift_10": weighted_shares(label, place, 0.1, weights) / 0.1,
            "wins_in_top_20": weighted_shares(label, place, 0.2, weights),
            "value_in_top_20": weighted_shares(money, place, 0.2, weights),
            **dict(zip(("log_loss", "brier"), ((weights @ means) / weights.sum(axis=1)[:, None]).T, strict=True)),
        }
        found["lift_20"] = found["wins_in_top_20"] / 0.2
        slopes = _slopes(label, probability, weights)
        for name, values in (found if slopes is None else {**found, "calibration_slope": slopes}).items():
            parts.setdefault(name, []).append(values)
    return {name: ends for name, values in sorted(parts.items()) if (ends := interval(np.concatenate(values))) is not None}


def interval(values: Floats) -> tuple[float, float] | None:
    """The 5th and the 95th percentile; None where more than one draw in ten tells nothing."""
    told = values[np.isfinite(values)]
    if len(told) < 0.9 * len(values) or not len(told):
        return None
    low, high = np.quantile(told, [0.05, 0.95])
    return float(low), float(high)


def weighted_shares(value: Floats, score: Floats, share: float, weights: Floats) -> Floats:
    """Share of ``value`` held by the best ``share`` of the rows under each row of ``weights`` (B, n); NaN without any value.

    With every weight 1 it is :func:`~icpfit.models.metrics.share_in_top`: rows tied at the edge count in part.
    """
    order = np.argsort(-score, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(score[order]) != 0])
    rows = np.cumsum(np.add.reduceat(weights[:, order], starts, axis=1), axis=1)
    held = np.cumsum(np.add.reduceat((weights * value)[:, order], starts, axis=1), axis=1)
    total = held[:, -1]
    out = np.full(len(weights), np.nan)
    for b in np.flatnonzero(total > 0):
        out[b] = np.interp(share * rows[b, -1], np.r_[0.0, rows[b]], np.r_[0.0, held[b]]) / total[b]
    return out


def _precisions(label: Floats, score: Floats, weights: Floats) -> Floats:
    """Mean precision at the positives under each row of ``weights``, ties taken together."""
    order = np.argsort(-score, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(score[order]) != 0])
    rows = np.cumsum(np.add.reduceat(weights[:, order], starts, axis=1), axis=1)
    hits = np.add.reduceat((weights * label)[:, order], starts, axis=1)
    reached = np.cumsum(hits, axis=1)
    total = reached[:, -1]
    found = (hits * reached / np.maximum(rows, 1)).sum(axis=1)
    return np.where(total > 0, found / np.maximum(total, 1), np.nan)


def _slopes(label: Floats, probability: Floats, weights: Floats) -> Floats | None:
    line = calibration_line(label, probability)
    if line is None:
        return None
    p = np.clip(probability, 1e-9, 1 - 1e-9)
    x = np.log(p / (1 - p))
    q = 1 / (1 + np.exp(-np.clip(line[0] + line[1] * x, -500, 500)))
    curve, off = q * (1 - q), label - q
    a, b, c = (weights @ (curve * x**k) for k in range(3))
    first, second = weights @ off, weights @ (off * x)
    determinant = a * c - b * b
    return np.where(determinant > 0, line[1] + (a * second - b * first) / np.where(determinant > 0, determinant, 1), np.nan)

"""How a card compares with its model, and what its points are worth, on rows later than both."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from icpfit.scorecard.card import Fidelity

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

SLOPE_TRUST = 4.0
"""how firmly the slope is held near the expected one: the precision (1 / variance) of a normal prior"""
LEAST_SLOPE = 0.05


@dataclass(frozen=True)
class LaterRows:
    """Test rows of the folds, one after the other.

    ``row`` is the number of the training row; ``card`` is the card's value and ``model`` the model's target,
    in the same units; ``chance`` the model's calibrated probability; ``label`` 1, 0 or NaN (none).
    """

    fold: Ints
    row: Ints
    card: Floats
    model: Floats
    chance: Floats
    label: Floats
    account: Ints
    foresight: bool = False
    """whether the model of staying had learned from customers later than some of these rows"""

    def of(self, inside: npt.NDArray[np.bool_]) -> LaterRows:
        """Only the rows ``inside``."""
        return LaterRows(
            self.fold[inside],
            self.row[inside],
            self.card[inside],
            self.model[inside],
            self.chance[inside],
            self.label[inside],
            self.account[inside],
            self.foresight,
        )

    @property
    def labelled(self) -> npt.NDArray[np.bool_]:
        return ~np.isnan(self.label)


def fidelity(later: LaterRows) -> Fidelity:
    """Measures within each fold, averaged by rows (AUC: by pairs)."""
    spearman, r2, overlap, rows = [], [], [], []
    for f in np.unique(later.fold):
        at = later.fold == f
        card, model = later.card[at], later.model[at]
        rows.append(int(at.sum()))
        spearman.append(_correlation(_ranks(card), _ranks(model)))
        spread = float(((model - model.mean()) ** 2).sum())
        r2.append(1 - float(((model - card) ** 2).sum()) / spread if spread > 0 else 0.0)
        overlap.append(top_overlap(card, model, 0.2))
    known = later.labelled
    auc_model, influence_model = stratified_auc(later.model[known], later.label[known], later.fold[known])
    auc_card, influence_card = stratified_auc(later.card[known], later.label[known], later.fold[known])
    _, cluster = np.unique(later.account[known], return_inverse=True)
    se = float(np.sqrt((np.bincount(cluster, weights=influence_model - influence_card) ** 2).sum())) if known.any() else 0.0
    return Fidelity(
        spearman=round(float(np.average(spearman, weights=rows)), 4),
        r2=round(float(np.average(r2, weights=rows)), 4),
        auc_model=round(auc_model, 4),
        auc_card=round(auc_card, 4),
        auc_loss_se=round(se, 4),
        top20_overlap=round(float(np.average(overlap, weights=rows)), 4),
        rows=len(later.fold),
    )


def stratified_auc(score: Floats, label: Floats, fold: Ints) -> tuple[float, Floats]:
    """AUC over pairs of one fold, and each row's influence on it (sums of squares give its variance).

    .5 where no fold has both classes. Sources: DeLong et al. 1988; Obuchowski 1997 for clusters.

    >>> stratified_auc(np.array([1.0, 2.0, 2.0]), np.array([0.0, 0.0, 1.0]), np.zeros(3, dtype=np.int64))[0]
    0.75
    """
    influence = np.zeros(len(score))
    weights, aucs, places = [], [], []
    for f in np.unique(fold):
        at = np.flatnonzero(fold == f)
        won = label[at] == 1
        pos, neg = int(won.sum()), int((~won).sum())
        if pos == 0 or neg == 0:
            continue
        own = np.empty(len(at))
        ranks = _ranks(score[at])
        own[won] = (ranks[won] - _ranks(score[at][won])) / neg
        own[~won] = 1 - (ranks[~won] - _ranks(score[at][~won])) / pos
        aucs.append(float(own[won].mean()))
        weights.append(pos * neg)
        influence[at] = np.where(won, (own - aucs[-1]) / pos, (own - aucs[-1]) / neg)
        places.append(at)
    if not aucs:
        return 0.5, influence
    for at, w in zip(places, weights, strict=True):
        influence[at] *= w / sum(weights)
    return float(np.average(aucs, weights=weights)), influence


def top_overlap(a: Floats, b: Floats, share: float) -> float:
    """Share of the top ``share`` of b that is in the top of a; ties at the line count by chance.

    >>> top_overlap(np.array([3.0, 2, 1, 0]), np.array([3.0, 1, 2, 0]), 0.5), top_overlap(np.ones(4), np.arange(4.0), 0.5)
    (0.5, 0.5)
    """
    k = max(1, round(share * len(a)))
    return float((_in_top(a, k) * _in_top(b, k)).sum() / k)


def _in_top(score: Floats, k: int) -> Floats:
    line = np.sort(score)[-k]
    above = score > line
    at_line = score == line
    return np.where(above, 1.0, np.where(at_line, (k - above.sum()) / at_line.sum(), 0.0))


def platt(value: Floats, label: Floats, expected_slope: float) -> tuple[float, float]:
    """Logistic line of the label on the card's value; with few rows the slope leans toward the expected one.

    Labels may be soft (probabilities). Returns (intercept, slope), slope at least ``LEAST_SLOPE``.
    Source: Platt, "Probabilistic outputs for support vector machines", 1999.
    """
    centre = float(value.mean())
    x = value - centre
    rate = float(np.clip(label.mean(), 1e-3, 1 - 1e-3))
    a, b = float(np.log(rate / (1 - rate))), expected_slope
    for _ in range(50):
        p = 1 / (1 + np.exp(-np.clip(a + b * x, -30, 30)))
        w = np.maximum(p * (1 - p), 1e-9)
        slope = np.array([(label - p).sum(), (x * (label - p)).sum() - SLOPE_TRUST * (b - expected_slope)])
        curve = np.array([[w.sum() + 1e-6, (w * x).sum()], [(w * x).sum(), (w * x * x).sum() + SLOPE_TRUST]])
        step = np.linalg.solve(curve, slope)
        step *= min(1.0, 2.0 / max(float(np.abs(step).max()), 1e-12))
        a, b = a + float(step[0]), b + float(step[1])
        if float(np.abs(step).max()) < 1e-10:
            break
    b = max(b, LEAST_SLOPE)
    return a - b * centre, b


def _ranks(x: Floats) -> Floats:
    return np.asarray(pd.Series(x).rank(), dtype=np.float64)


def _correlation(a: Floats, b: Floats) -> float:
    a, b = a - a.mean(), b - b.mean()
    scale = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / scale if scale > 0 else 0.0

"""One way of scoring for all: the same rows, the same outcomes, whole accounts drawn anew for what chance could do."""

from __future__ import annotations

import numpy as np

from icpfit.models.metrics import Floats, Ints, account_weights, calibration_line, log_loss, stratified_auc, weighted_pairs

DRAWS = 400
SEED = 7


def scored(label: Floats, probability: Floats, account: Ints, stratum: Ints, ours: Floats | None = None) -> dict[str, float | None]:
    """AUC within folds, log loss, Brier score, calibration slope; against ``ours`` the differences of AUC and of log loss.

    A difference is this one less icpfit's. Its standard error is that of a paired bootstrap by accounts.
    """
    line = calibration_line(label, probability)
    out: dict[str, float | None] = {
        "auc": stratified_auc(label, probability, stratum),
        "log_loss": log_loss(label, probability),
        "brier": float(((probability - label) ** 2).mean()),
        "slope": None if line is None else line[1],
    }
    if ours is not None:
        weights = account_weights(account, DRAWS, np.random.default_rng(SEED))
        losses = (weights @ (_losses(label, probability) - _losses(label, ours))) / weights.sum(axis=1)
        out["auc_more"], out["auc_more_se"] = auc_difference(label, probability, ours, stratum, weights)
        out["loss_more"] = float((_losses(label, probability) - _losses(label, ours)).mean())
        out["loss_more_se"] = float(losses.std(ddof=1))
    return out


def auc_difference(label: Floats, score: Floats, ours: Floats, stratum: Ints, weights: Floats) -> tuple[float, float]:
    """How much more the AUC within folds of ``score`` is than that of ``ours``, and its standard error by the ``weights`` of rows."""
    aucs = drawn_aucs(label, score, stratum, weights) - drawn_aucs(label, ours, stratum, weights)
    return stratified_auc(label, score, stratum) - stratified_auc(label, ours, stratum), float(np.nanstd(aucs, ddof=1))


def drawn_aucs(label: Floats, score: Floats, stratum: Ints, weights: Floats) -> Floats:
    """The AUC within folds, once for each of the ``weights`` (draws, n)."""
    right, pairs = np.zeros(len(weights)), np.zeros(len(weights))
    for s in np.unique(stratum):
        inside = stratum == s
        more_right, more_pairs = weighted_pairs(label[inside], score[inside], weights[:, inside])
        right, pairs = right + more_right, pairs + more_pairs
    return np.where(pairs > 0, right / np.where(pairs > 0, pairs, 1), np.nan)


def _losses(label: Floats, probability: Floats) -> Floats:
    p = np.clip(probability, 1e-15, 1 - 1e-15)
    return -(label * np.log(p) + (1 - label) * np.log(1 - p))

"""SHAP attributions of a LightGBM booster in log-odds, exact."""

from __future__ import annotations

import lightgbm as lgb
import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]


def contributions(booster: lgb.Booster, X: pd.DataFrame) -> Floats:
    """Path-dependent TreeSHAP of each feature, and the base value in the last column.

    Returns an array of (n, n_features + 1) in log-odds; each row sums to the booster's raw score.
    Source: Lundberg et al., "From local explanations to global understanding with explainable AI for
    trees", 2020, as LightGBM computes it.
    """
    if len(X) == 0:
        return np.zeros((0, booster.num_feature() + 1))
    return np.asarray(booster.predict(X, pred_contrib=True, num_threads=2), dtype=np.float64)


def top_reasons(booster: lgb.Booster, X: pd.DataFrame, k: int) -> tuple[npt.NDArray[np.int64], Floats, Floats]:
    """The ``k`` features that moved each row most, either way.

    Returns (indices (n, k), values (n, k) in log-odds, margin (n,)). Ties go to the earlier feature.
    """
    phi = contributions(booster, X)
    values = phi[:, :-1]
    order = np.argsort(-np.abs(values), axis=1, kind="stable")[:, :k]
    return order.astype(np.int64), np.take_along_axis(values, order, axis=1), phi.sum(axis=1)

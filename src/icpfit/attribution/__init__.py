"""SHAP attributions of a LightGBM booster in log-odds: the numbers of its own ``pred_contrib``, by tables instead of walks.

A model that tables cannot hold exactly is left to ``pred_contrib``, and :func:`why_not` says why.
"""

from __future__ import annotations

from weakref import WeakKeyDictionary

import lightgbm as lgb
import numpy as np
import numpy.typing as npt
import pandas as pd

from icpfit.attribution.forest import NotTabledError
from icpfit.attribution.frame import columns_of
from icpfit.attribution.tables import THREADS, Tables, tables_from

__all__ = ["Tables", "contributions", "tables_of", "top_reasons", "why_not"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
_made: WeakKeyDictionary[lgb.Booster, tuple[str, Tables | str]] = WeakKeyDictionary()
"""of each booster its text, and the tables of that text or why there are none"""


def contributions(booster: lgb.Booster, X: pd.DataFrame) -> Floats:
    """Path-dependent TreeSHAP of each feature, and the base value in the last column.

    Returns an array of (n, n_features + 1) in log-odds; each row sums to the booster's raw score. A row's
    answer does not depend on the rows beside it.
    Source: Lundberg et al., "From local explanations to global understanding with explainable AI for
    trees", 2020, as LightGBM computes it.
    """
    if len(X) == 0:
        return np.zeros((0, booster.num_feature() + 1))
    tables = tables_of(booster)
    columns = columns_of(X, booster.num_feature(), booster.pandas_categorical)
    if tables is None or columns is None:
        return _by_lightgbm(booster, X)
    return tables.contributions(columns)


def top_reasons(booster: lgb.Booster, X: pd.DataFrame, k: int) -> tuple[Ints, Floats, Floats]:
    """The ``k`` features that moved each row most, either way; all of them where there are fewer.

    Returns (indices (n, k), values (n, k) in log-odds, margin (n,)). Ties go to the earlier feature.
    """
    tables = tables_of(booster) if len(X) else None
    columns = columns_of(X, booster.num_feature(), booster.pandas_categorical) if len(X) else None
    if tables is not None and columns is not None:
        return tables.top_reasons(columns, k)
    phi = contributions(booster, X)
    values = phi[:, :-1]
    order = np.argsort(-np.abs(values), axis=1, kind="stable")[:, :k]
    return order.astype(np.int64), np.take_along_axis(values, order, axis=1), phi.sum(axis=1)


def tables_of(booster: lgb.Booster) -> Tables | None:
    """The tables of a booster as it is now, made once; None where it cannot be tabled exactly."""
    made = _of(booster)
    return made if isinstance(made, Tables) else None


def why_not(booster: lgb.Booster) -> str:
    """Why a booster's attributions are left to LightGBM itself; empty where they are not."""
    made = _of(booster)
    return "" if isinstance(made, Tables) else made


def _of(booster: lgb.Booster) -> Tables | str:
    text = booster.model_to_string()
    known = _made.get(booster)
    if known is not None and known[0] == text:
        return known[1]
    try:
        made: Tables | str = tables_from(text)
    except NotTabledError as reason:
        made = str(reason)
    _made[booster] = text, made
    return made


def _by_lightgbm(booster: lgb.Booster, X: pd.DataFrame) -> Floats:
    return np.asarray(booster.predict(X, pred_contrib=True, num_threads=THREADS), dtype=np.float64)

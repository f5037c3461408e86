"""A recipe, and boosters trained by it: one thread each, deterministic to the byte."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

import lightgbm as lgb
import numpy as np

from icpfit.models.matrix import Floats, Ints, Matrix

Attributes = Literal["few", "some", "all"]

FIXED: dict[str, Any] = {
    "objective": "binary",
    "verbosity": -1,
    "num_threads": 1,
    "deterministic": True,
    "force_row_wise": True,
    "feature_pre_filter": False,
    "bagging_freq": 1,
    "monotone_constraints_method": "basic",
    "max_cat_to_onehot": 8,
}


@dataclass(frozen=True, slots=True)
class Recipe:
    """What tuning chooses. ``attributes``: how much merit an attribute must show to be used."""

    max_depth: int = 1
    num_leaves: int = 2
    rounds: int = 400
    learning_rate: float = 0.06
    min_data_in_leaf: int = 40
    feature_fraction: float = 0.4
    bagging_fraction: float = 0.7
    lambda_l2: float = 5.0
    cat_smooth: float = 100.0
    cat_l2: float = 100.0
    max_cat_threshold: int = 8
    min_data_per_group: int = 50
    extra_trees: bool = False
    attributes: Attributes = "few"

    def for_lightgbm(self, seed: int) -> dict[str, Any]:
        own = {k: v for k, v in asdict(self).items() if k not in ("rounds", "attributes")}
        return {**FIXED, **own, "seed": seed}


def binned(matrix: Matrix, rows: Ints, labels: Floats, columns: Ints, begin: Floats | None = None) -> lgb.Dataset:
    """The rows and columns, binned once, for any number of recipes. ``begin``: log-odds of each row that the trees start from."""
    categories = [j for j, c in enumerate(columns) if matrix.is_category(int(c))]
    data = lgb.Dataset(
        np.ascontiguousarray(matrix.X[np.ix_(rows, columns)]),
        labels,
        init_score=begin,
        feature_name=[matrix.names[c] for c in columns],
        categorical_feature=categories,
        params={**FIXED, "max_bin": matrix.max_bin},
        free_raw_data=False,
    )
    return data.construct()


def train_booster(matrix: Matrix, data: lgb.Dataset, columns: Ints, recipe: Recipe, seed: int) -> lgb.Booster:
    """``recipe.rounds`` trees. No early stopping: the number of trees is part of the recipe.

    A Dataset must not be used by two threads at once.
    """
    params = {**recipe.for_lightgbm(seed), "max_bin": matrix.max_bin}
    directions = [matrix.monotone[c] for c in columns]
    if any(directions):
        params["monotone_constraints"] = directions
    booster = lgb.train(params, data, recipe.rounds, keep_training_booster=True)
    # pandas frames of the encoding carry the codes as categories; the text must name the same ones
    booster.pandas_categorical = [
        list(range(len(matrix.encoding.categories[matrix.names[c]]))) for c in columns if matrix.is_category(int(c))
    ]
    return booster


def margins(booster: lgb.Booster, matrix: Matrix, rows: Ints, columns: Ints, *, start: int = 0, rounds: int = -1) -> Floats:
    """Raw log-odds of the trees ``start`` to ``start + rounds`` (-1: all)."""
    block = np.ascontiguousarray(matrix.X[np.ix_(rows, columns)])
    return np.asarray(booster.predict(block, raw_score=True, start_iteration=start, num_iteration=rounds, num_threads=1), dtype=np.float64)

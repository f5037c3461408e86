"""Attributes without merit are kept off: each must beat shuffled copies of itself, and then tell more than those already chosen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from icpfit.models.booster import Attributes, Recipe
from icpfit.models.forward import choose_forward
from icpfit.models.matrix import Floats, Ints, Matrix

SCOUT = Recipe(max_depth=1, num_leaves=2, learning_rate=0.1, feature_fraction=0.5, rounds=150, cat_smooth=50, cat_l2=50)
DRAWS = 2
LAST_RESORT = 5


@dataclass(frozen=True)
class Merit:
    """Columns of the matrix that may be used, from the strictest choice to all of them."""

    few: Ints
    some: Ints
    all: Ints

    def columns(self, level: Attributes) -> Ints:
        return {"few": self.few, "some": self.some, "all": self.all}[level]


def judge_merit(matrix: Matrix, rows: Ints, labels: Floats, *, seed: int, max_rows: int, columns: Ints | None = None) -> Merit:
    """Which columns tell more of ``labels`` than their own shuffled copies do.

    The rows' values are copied and shuffled as whole rows, so that copies hang together as the originals
    do but know nothing of the outcome; a quick booster then uses both. *some*: columns whose gain is
    above that of each of their own copies, and above the median copy. *few*: columns that each tell
    something beside the others, chosen one by one.
    Source of *some*: Kursa and Rudnicki, "Feature selection with the Boruta package", 2010, shortened.
    """
    every = np.arange(matrix.X.shape[1]) if columns is None else columns
    if len(rows) > max_rows:
        # newest rows tell most of today; rows are in time order
        rows, labels = rows[-max_rows:], labels[-max_rows:]
    smallest = int(np.clip(len(rows) // 60, 5, 40))
    gain, copies = _race(matrix, rows, labels, every, smallest, seed)
    ahead = (gain > copies.max(axis=0)) & (gain > np.quantile(copies, 0.5))
    some = every[ahead] if ahead.any() else every[np.sort(np.argsort(-gain, kind="stable")[:LAST_RESORT])]
    few = choose_forward(matrix, rows, labels, every, seed=seed)
    return Merit(few=few if len(few) else some, some=some, all=every)


def _race(matrix: Matrix, rows: Ints, labels: Floats, columns: Ints, smallest: int, seed: int) -> tuple[Floats, Floats]:
    """Mean gain of each column, and the gain of its shuffled copy in each draw (draws, k)."""
    import lightgbm as lgb

    k = len(columns)
    rng = np.random.default_rng(seed)
    real = matrix.X[np.ix_(rows, columns)]
    categories = [j for j, c in enumerate(columns) if matrix.is_category(int(c))]
    gain = np.zeros(k)
    copies = np.zeros((DRAWS, k))
    for d in range(DRAWS):
        both = np.hstack([real, real[rng.permutation(len(rows))]])
        params = {**SCOUT.for_lightgbm(seed + d), "max_bin": matrix.max_bin, "min_data_in_leaf": smallest}
        data = lgb.Dataset(both, labels, categorical_feature=categories + [k + j for j in categories], params=params)
        found = lgb.train(params, data, SCOUT.rounds).feature_importance("gain")
        gain += found[:k] / DRAWS
        copies[d] = found[k:]
    return gain, copies

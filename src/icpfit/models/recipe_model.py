"""A recipe turned into a whole model: attributes chosen, booster trained, margin calibrated, all inside the training rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import lightgbm as lgb
import numpy as np

from icpfit.config import Outcome
from icpfit.models.booster import Recipe, binned, margins, train_booster
from icpfit.models.borrowed import Borrowed, train_on
from icpfit.models.calibrate import fit_calibration
from icpfit.models.calibration import Calibration
from icpfit.models.evidence import shrunken_rate
from icpfit.models.folds import group_of
from icpfit.models.local_weights import LocalWeight, weigh, weighed_booster
from icpfit.models.matrix import Floats, Ints, Matrix
from icpfit.models.results import FittedModel

INNER_GROUPS = 4
ENOUGH_INNER = 3_000
"""out-of-fold rows with which two numbers, an intercept and a slope, are known well enough"""


def train(
    matrix: Matrix, rows: Ints, labels: Floats, columns: Ints, recipe: Recipe, seed: int, borrowed: Borrowed | None = None
) -> lgb.Booster:
    """The recipe's trees, on top of what is borrowed from another outcome; of that, the questions about ``columns``."""
    lent = borrowed.within(columns) if borrowed is not None else None
    if lent is not None and lent.stumps:
        return train_on(matrix, rows, labels, columns, recipe, seed, lent)
    return train_booster(matrix, binned(matrix, rows, labels, columns), columns, recipe, seed)


@dataclass(frozen=True)
class Learned:
    """A trained model that is not calibrated yet. ``margin`` (m,): log-odds of the rows ``rows`` (m,) by models that left them out."""

    booster: lgb.Booster
    weights: tuple[LocalWeight, ...]
    borrowed: int
    """attributes that it has from the model of another outcome"""
    rows: Ints
    labels: Floats
    margin: Floats

    def calibration(self, matrix: Matrix, *, seed: int, draws: int) -> Calibration:
        """From the model's own training rows alone."""
        at = self.rows
        return fit_calibration(self.margin, self.labels, matrix.account[at], matrix.period[at], draws=draws, seed=seed)


def learn(
    matrix: Matrix,
    rows: Ints,
    labels: Floats,
    columns: Ints,
    recipe: Recipe,
    *,
    gates: Sequence[int] = (),
    borrowed: Borrowed | None = None,
    seed: int,
) -> Learned:
    """The booster of a recipe; an additive one with the weights of its segments (``gates``: columns of texts), and as a compact text."""
    booster = train(matrix, rows, labels, columns, recipe, seed, borrowed)
    additive = recipe.max_depth == 1
    lent = 0 if borrowed is None else len(np.intersect1d(borrowed.columns, columns))
    places, parts = _left_out(matrix, rows, labels, columns, recipe, seed, borrowed, apart=additive)
    at, known = rows[places], labels[places]
    if not additive:
        return Learned(booster, (), lent, at, known, parts.sum(axis=1))
    found = weigh(matrix, at, known, columns, gates, parts, seed=seed)
    return Learned(weighed_booster(booster, matrix, rows, columns, found.weights), found.weights, lent, at, known, found.margin)


def _left_out(
    matrix: Matrix, rows: Ints, labels: Floats, columns: Ints, recipe: Recipe, seed: int, borrowed: Borrowed | None, *, apart: bool
) -> tuple[Ints, Floats]:
    """What models of the other groups of accounts say of the training rows: (places in ``rows``, log-odds).

    The log-odds are ``apart``, by column with the constant last, or one column. A group whose training part has one outcome
    only is left out; with many rows one group tells enough.
    """
    group = group_of(matrix.account_id[rows], INNER_GROUPS, seed, "inner")
    places: list[Ints] = []
    found: list[Floats] = []
    for g in range(INNER_GROUPS):
        if sum(len(p) for p in places) >= ENOUGH_INNER:
            break
        rest, out = np.flatnonzero(group != g), np.flatnonzero(group == g)
        if len(out) == 0 or len(np.unique(labels[rest])) < 2:
            continue
        booster = train(matrix, rows[rest], labels[rest], columns, recipe, seed, borrowed)
        places.append(out)
        found.append(_apart(booster, matrix, rows[out], columns) if apart else margins(booster, matrix, rows[out], columns)[:, None])
    return np.concatenate(places), np.concatenate(found)


def _apart(booster: lgb.Booster, matrix: Matrix, rows: Ints, columns: Ints) -> Floats:
    block = np.ascontiguousarray(matrix.X[np.ix_(rows, columns)])
    return np.asarray(booster.predict(block, pred_contrib=True, num_threads=1), dtype=np.float64)


def as_model(
    matrix: Matrix,
    outcome: Outcome,
    learned: Learned,
    columns: Ints,
    recipe: Recipe,
    calibration: Calibration,
    labels: Floats,
    seed: int,
) -> FittedModel:
    parameters: Mapping[str, object] = {
        **asdict(recipe),
        "seed": seed,
        "max_bin": matrix.max_bin,
        "local_weights": [asdict(w) for w in learned.weights],
        "borrowed": learned.borrowed,
    }
    return FittedModel(
        outcome=outcome,
        booster_text=learned.booster.model_to_string(),
        encoding=matrix.encoding_of(columns),
        calibration=calibration,
        parameters=parameters,
        base_rate=shrunken_rate(int(labels.sum()), len(labels))[0],
    )

"""A recipe turned into a whole model: attributes chosen, booster trained, margin calibrated, all inside the training rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

import lightgbm as lgb
import numpy as np

from icpfit.config import Outcome
from icpfit.models.booster import Recipe, binned, margins, train_booster
from icpfit.models.calibrate import fit_calibration
from icpfit.models.calibration import Calibration
from icpfit.models.evidence import shrunken_rate
from icpfit.models.folds import group_of
from icpfit.models.matrix import Floats, Ints, Matrix
from icpfit.models.results import FittedModel

INNER_GROUPS = 4
ENOUGH_INNER = 3_000
"""out-of-fold rows with which two numbers, an intercept and a slope, are known well enough"""


def train(matrix: Matrix, rows: Ints, labels: Floats, columns: Ints, recipe: Recipe, seed: int) -> lgb.Booster:
    return train_booster(matrix, binned(matrix, rows, labels, columns), columns, recipe, seed)


def inner_margins(matrix: Matrix, rows: Ints, labels: Floats, columns: Ints, recipe: Recipe, seed: int) -> tuple[Ints, Floats]:
    """Out-of-fold margins inside the training rows, by groups of accounts: (places in ``rows``, margins).

    A group whose training part has one outcome only is left out; with many rows one group tells enough.
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
        booster = train(matrix, rows[rest], labels[rest], columns, recipe, seed)
        places.append(out)
        found.append(margins(booster, matrix, rows[out], columns))
    return np.concatenate(places), np.concatenate(found)


def calibrate_inside(matrix: Matrix, rows: Ints, labels: Floats, columns: Ints, recipe: Recipe, *, seed: int, draws: int) -> Calibration:
    """The calibration of a model trained on ``rows``, from those rows alone."""
    places, found = inner_margins(matrix, rows, labels, columns, recipe, seed)
    at = rows[places]
    return fit_calibration(found, labels[places], matrix.account[at], matrix.period[at], draws=draws, seed=seed)


def as_model(
    matrix: Matrix,
    outcome: Outcome,
    booster: lgb.Booster,
    columns: Ints,
    recipe: Recipe,
    calibration: Calibration,
    labels: Floats,
    seed: int,
) -> FittedModel:
    parameters: Mapping[str, object] = {**asdict(recipe), "seed": seed, "max_bin": matrix.max_bin}
    return FittedModel(
        outcome=outcome,
        booster_text=booster.model_to_string(),
        encoding=matrix.encoding_of(columns),
        calibration=calibration,
        parameters=parameters,
        base_rate=shrunken_rate(int(labels.sum()), len(labels))[0],
    )

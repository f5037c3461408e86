"""The card on rows later than its model: made anew from each fold's model, read on the fold's test rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from icpfit.config import ScorecardSettings
from icpfit.errors import ScorecardError
from icpfit.models.results import FittedModel, FoldModel, OutcomeResult
from icpfit.scorecard.distill import distill
from icpfit.scorecard.material import Models, gather, sample_rows
from icpfit.scorecard.measures import LaterRows
from icpfit.training_set import TrainingSet

Floats = npt.NDArray[np.float64]
Taught = tuple[TrainingSet, OutcomeResult]

FOLD_SAMPLE = 2_000
"""training rows that a fold's card is distilled from"""


def later_rows(win: Taught | None, keep: Taught | None, label: Floats, settings: ScorecardSettings, seed: int) -> LaterRows:
    """Card, model and label on the test rows of every fold, whose card asks what its own model knows.

    With both outcomes the win folds are taken, each with the newest retention model that could be known at
    its origin; folds older than every retention model are left out. Where there is no such model at all, or
    staying was not tested forward in time, a model that knows later customers serves, and ``foresight`` says
    so. A fold's margins are read by the calibration of the final model, which was fitted on just such later
    predictions: so the card's line from value to chance does not correct the level a second time. ``label``
    has one entry per training row of the outcome whose folds are read (win, if it is there).

    Raises:
        ScorecardError: there is no fold, so nothing could be said of the card but hopes.
    """
    training, _ = win or keep or (None, None)
    if training is None:
        raise ScorecardError("a card needs an outcome")
    account = pd.factorize(training.frame["account_id"])[0].astype(np.int64)
    parts: list[tuple[Floats, Floats, Floats, npt.NDArray[np.int64]]] = []
    foresight = False
    for fold, its_own, foresees in fold_models(win, keep):
        models = _as_today(its_own, win, keep)
        rows = sample_rows(fold.train, FOLD_SAMPLE, seed)
        draft = distill(gather(training.specs, training.features.iloc[rows].reset_index(drop=True), models), settings)
        if draft is None:
            continue
        tested = training.features.iloc[fold.test]
        foresight |= foresees
        margins = models.margins(tested)
        parts.append((draft.value(tested), models.target(margins), models.chance(margins), fold.test))
    if not parts:
        raise ScorecardError(
            "no card could be tested on rows later than its model", hint="a longer history, or fewer training.test_quarters, gives folds"
        )
    card, model, chance, row = (np.concatenate([p[k] for p in parts]) for k in range(4))
    fold_of = np.repeat(np.arange(len(parts)), [len(p[3]) for p in parts])
    return LaterRows(fold_of, row.astype(np.int64), card, model, chance, label[row], account[row], foresight)


def fold_models(win: Taught | None, keep: Taught | None) -> Iterator[tuple[FoldModel, Models, bool]]:
    """Each fold with its models, and whether the retention model may know more than was known at the fold's origin."""
    if win is None or keep is None:
        for fold in _folds(win or keep):
            yield fold, Models(fold.model if win else None, fold.model if keep else None), False
        return
    paired = list(fold_pairs(win, keep))
    # Where every win fold is older than the first retention model, the retention model of today has to serve.
    today = keep[1].model if not any(paired_with is not None for _, paired_with in paired) else None
    forward = keep[1].backtest is not None and keep[1].backtest.forward
    for fold, known in paired:
        foresees = known is None or (known.name != fold.name and not forward)
        keeper = known.model if known is not None else today
        if keeper is not None:
            yield fold, Models(fold.model, keeper), foresees


def fold_pairs(win: Taught, keep: Taught) -> Iterator[tuple[FoldModel, FoldModel | None]]:
    """Each fold of winning with the newest fold of staying whose model was made no later; None where there is none."""
    for fold in _folds(win):
        yield fold, _known_by(fold, win[0], keep)


def _as_today(models: Models, win: Taught | None, keep: Taught | None) -> Models:
    """A fold's models under the final models' calibration."""
    return Models(_calibrated(models.win, win), _calibrated(models.keep, keep))


def _calibrated(model: FittedModel | None, taught: Taught | None) -> FittedModel | None:
    if model is None or taught is None or taught[1].model is None:
        return None
    return replace(model, calibration=taught[1].model.calibration)


def _known_by(fold: FoldModel, training: TrainingSet, keep: Taught) -> FoldModel | None:
    """The newest retention fold whose model was made no later than ``fold``'s: of the same name, or tested earlier."""
    folds = _folds(keep)
    same = [f for f in folds if f.name == fold.name]
    if same:
        return same[0]
    start = int(training.position[fold.test].min())
    earlier = [(int(keep[0].position[f.test].min()), i) for i, f in enumerate(folds) if len(f.test)]
    usable = [(at, i) for at, i in earlier if at <= start]
    return folds[max(usable)[1]] if usable else None


def _folds(taught: Taught | None) -> tuple[FoldModel, ...]:
    backtest = taught[1].backtest if taught is not None else None
    return tuple(f for f in backtest.folds if len(f.test)) if backtest is not None else ()

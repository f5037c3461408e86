"""icpfit's own: the model, its card, the additive model (trees of one split) and the card of that, on the folds of the models' test."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from model_contestants.sets import Prepared

from icpfit.config import ScorecardSettings
from icpfit.models.backtest import run_backtest
from icpfit.models.booster import Recipe
from icpfit.models.borrowed import NOTHING
from icpfit.models.fit import THREADS, fit_outcome
from icpfit.models.results import Backtest, FoldModel, OutcomeResult
from icpfit.models.tuning import Tuned, standard_recipe
from icpfit.scorecard.distill import Draft, distill
from icpfit.scorecard.drafted import SAMPLE
from icpfit.scorecard.lookup import bin_index
from icpfit.scorecard.material import Models, gather, sample_rows
from icpfit.scorecard.measures import LaterRows, fidelity
from icpfit.training_set import TrainingSet

SETTINGS = ScorecardSettings(attributes=12, bins=5)
PLAIN = SETTINGS.model_copy(update={"rules": 0})


@dataclass(frozen=True)
class Answer:
    """A score for every row tested (by its place in the matrix), fold after fold, and what is told of who gave it."""

    row: np.ndarray
    score: np.ndarray
    figures: dict[str, Any]


def answers(prepared: Prepared) -> dict[str, Answer]:
    """By contestant: ours, plain (no rows for two attributes together), model, additive_card, additive."""
    began = time.perf_counter()
    result = fit_outcome(prepared.training, prepared.settings, refused=prepared.refused)
    seconds = time.perf_counter() - began
    if result.backtest is None:
        raise SystemExit(f"{prepared.name}: {result.words}")
    began = time.perf_counter()
    additive = additive_backtest(prepared, result)
    again = seconds if additive is result.backtest else time.perf_counter() - began
    return {
        "ours": card_answer(prepared, result.backtest, SETTINGS, seconds),
        "plain": card_answer(prepared, result.backtest, PLAIN, seconds),
        "additive_card": card_answer(prepared, additive, SETTINGS, again),
        "model": model_answer(prepared, result.backtest, seconds),
        "additive": model_answer(prepared, additive, again),
    }


def additive_backtest(prepared: Prepared, result: OutcomeResult) -> Backtest:
    """The best of the search's recipes whose trees have one split (the standard one where nothing was tuned), on the same folds.

    Where the search itself chose such a recipe, that is the one.
    """
    plan, matrix = prepared.plan, prepared.matrix
    tried = [t for t in result.trials if t["state"] == "finished" and t["parameters"]["max_depth"] == 1]
    standard = standard_recipe(int(np.median([len(f.train) for f in plan.backtest])), len(matrix.names))
    recipe = Recipe(**min(tried, key=lambda t: float(t["loss"]))["parameters"]) if tried else standard
    if result.tuning is None:
        raise ValueError("a backtest comes with what is told of its tuning")
    if result.backtest is not None and result.backtest.folds[-1].model.parameters["max_depth"] == 1:
        return result.backtest
    tuned = Tuned(recipe, standard, result.trials, result.tuning)
    return run_backtest(matrix, plan, result.outcome, tuned, prepared.settings, NOTHING, THREADS)


def card_of(training: TrainingSet, fold: FoldModel, settings: ScorecardSettings, seed: int) -> tuple[Draft, np.ndarray]:
    """The card of a fold's model, made of its training rows as today's card is made; and these rows."""
    rows = sample_rows(fold.train, SAMPLE, seed)
    features = training.features.iloc[rows].reset_index(drop=True)
    draft = distill(gather(training.specs, features, _models(training, fold)), settings)
    if draft is None:
        raise ValueError(f"fold {fold.name}: no attribute tells rows apart")
    return draft, rows


def card_answer(prepared: Prepared, backtest: Backtest, settings: ScorecardSettings, seconds: float) -> Answer:
    """Points of the rows tested. ``cells``: rows of the table that stand for training rows, in the mean of the folds."""
    training, seed = prepared.training, prepared.settings.seed
    parts, cells, attributes, rules, spent = [], [], [], [], 0.0
    for k, fold in enumerate(backtest.folds):
        began = time.perf_counter()
        draft, rows = card_of(training, fold, settings, seed)
        spent += time.perf_counter() - began
        tested, models = training.features.iloc[fold.test], _models(training, fold)
        margins = models.margins(tested)
        model, chance = models.target(margins), models.chance(margins)
        parts.append((np.full(len(fold.test), k), fold.test, draft.value(tested), model, chance, draft.points(tested)))
        seen = training.features.iloc[rows]
        cells.append(sum(len(np.unique(bin_index(a.kind, a.bins, seen[a.name]))) for a in draft.attributes) + len(draft.rules))
        attributes.append(len(draft.attributes))
        rules.append(len(draft.rules))
    of, row, value, model, chance, points = (np.concatenate([p[i] for p in parts]) for i in range(6))
    account = prepared.matrix.account[prepared.matrix.places(row)]
    found = fidelity(LaterRows(of, row, value, model, chance, training.label[row].astype(np.float64), account))
    figures = {
        "spearman": found.spearman,
        "r2": found.r2,
        "cells": float(np.mean(cells)),
        "attributes": float(np.mean(attributes)),
        "rules": float(np.mean(rules)),
        "seconds": seconds,
        "card_seconds": spent,
    }
    return Answer(prepared.matrix.places(row), points.astype(np.float64), figures)


def model_answer(prepared: Prepared, backtest: Backtest, seconds: float) -> Answer:
    """The models' log-odds; ``cells``: leaves."""
    training = prepared.training
    score = np.concatenate([f.model.margin(training.features.iloc[f.test]) for f in backtest.folds])
    leaves = [sum(t["num_leaves"] for t in f.model.booster.dump_model()["tree_info"]) for f in backtest.folds]
    figures = {
        "cells": float(np.mean(leaves)),
        "attributes": float(np.mean([len(f.model.encoding.columns) for f in backtest.folds])),
        "depth": int(backtest.folds[-1].model.parameters["max_depth"]),
        "seconds": seconds,
    }
    return Answer(prepared.matrix.places(np.concatenate([f.test for f in backtest.folds])), score, figures)


def _models(training: TrainingSet, fold: FoldModel) -> Models:
    return Models(fold.model, None) if training.outcome == "win" else Models(None, fold.model)

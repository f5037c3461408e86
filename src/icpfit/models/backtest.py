"""The recipe refitted at each fold's origin, and measured beside its baselines on later rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from icpfit.config import LAYERS, Outcome, TrainingSettings
from icpfit.models.acceptance import judge_acceptance
from icpfit.models.baselines import logistic_probability
from icpfit.models.booster import Recipe, margins
from icpfit.models.borrowed import Lending, with_borrowed
from icpfit.models.evidence import shrunken_rate
from icpfit.models.folds import Fold, FoldPlan
from icpfit.models.intervals import measure_intervals
from icpfit.models.local_weights import gates_of
from icpfit.models.matrix import Floats, Ints, Matrix
from icpfit.models.metrics import measure, stratified_auc
from icpfit.models.parallel import side_by_side
from icpfit.models.recipe_model import as_model, learn, train
from icpfit.models.results import Backtest, FoldModel, Metrics
from icpfit.models.selection import Merit, judge_merit
from icpfit.models.tuning import Tuned

LAYER_FOLDS = 3
"""newest folds on which each layer is left out"""


@dataclass(frozen=True)
class _Tested:
    fold: Fold
    model: FoldModel
    margin: Floats
    plain: Floats
    """without the weights of segments: what a layer adds is told beside a refit that has none either"""
    untuned: Floats
    logistic: Floats
    firmographic: Floats | None
    base: float
    columns: Ints


@dataclass(frozen=True)
class _Job:
    matrix: Matrix
    outcome: Outcome
    recipe: Recipe
    standard: Recipe | None
    seed: int
    draws: int
    max_rows: int
    segments: tuple[str, ...]
    lending: Lending


def run_backtest(
    matrix: Matrix, plan: FoldPlan, outcome: Outcome, tuned: Tuned, settings: TrainingSettings, lending: Lending, threads: int
) -> Backtest:
    """Every prediction is of a row that its model, its choice of attributes and its calibration never saw.

    A fold model is calibrated by its own training rows (groups of accounts, left out in turn). Forward in time
    the standard recipe stands beside it, to whose predictions tuning gave nothing on any fold.
    """
    seed, draws = settings.seed, settings.bootstrap
    standard = tuned.standard if plan.forward else None
    job = _Job(matrix, outcome, tuned.recipe, standard, seed, draws, settings.max_rows_tuning, settings.segments, lending)
    tested = side_by_side(lambda fold: _test_fold(job, fold), plan.backtest, threads)
    rows = np.concatenate([t.fold.test for t in tested])
    label, account, amount = matrix.y[rows], matrix.account[rows], matrix.amount[rows]
    stratum = np.concatenate([np.full(len(t.fold.test), k) for k, t in enumerate(tested)])
    probability = np.concatenate([t.model.probability for t in tested])
    logistic = np.concatenate([t.logistic for t in tested])
    base = np.concatenate([np.full(len(t.fold.test), t.base) for t in tested])
    apart = [t.firmographic for t in tested if t.firmographic is not None]
    firmographic = np.concatenate(apart) if apart else None

    def measured(p: Floats, inside: npt.NDArray[np.bool_] | None = None) -> Metrics:
        i = slice(None) if inside is None else inside
        return measure(label[i], p[i], account[i], amount[i], draws=draws, seed=seed, stratum=stratum[i])

    baselines = {"base_rate": measured(base), "logistic": measured(logistic)}
    if firmographic is not None:
        baselines["firmographic_only"] = measured(firmographic)
    predictions = pd.DataFrame(
        {
            "row": matrix.row[rows],
            "fold": pd.Series([t.fold.name for t in tested for _ in range(len(t.fold.test))], dtype=object),
            "label": label,
            "margin": np.concatenate([t.margin for t in tested]),
            "untuned": np.concatenate([t.untuned for t in tested]),
            "probability": probability,
            "logistic": logistic,
            "firmographic_only": np.full(len(rows), np.nan) if firmographic is None else firmographic,
        }
    )
    again = {"draws": draws, "seed": seed}
    intervals = measure_intervals(label, probability, account, amount, stratum, **again)
    return Backtest(
        forward=plan.forward,
        folds=tuple(t.model for t in tested),
        metrics=replace(measured(probability), intervals=intervals),
        acceptance=judge_acceptance(label, probability, account, stratum, **again) if outcome == "win" else None,
        by_quarter={t.fold.name: measured(probability, stratum == k) for k, t in enumerate(tested)},
        baselines=baselines,
        without_layer=_leave_layers_out(job, tested[-LAYER_FOLDS:], threads),
        predictions=predictions,
    )


def _test_fold(job: _Job, fold: Fold) -> _Tested:
    matrix, seed = job.matrix, job.seed
    merit = judge_merit(matrix, fold.train, fold.train_labels, seed=seed, max_rows=job.max_rows)
    borrowed = job.lending.of(fold)
    columns = with_borrowed(merit.columns(job.recipe.attributes), borrowed)
    gates = gates_of(matrix, columns, job.segments)
    learned = learn(matrix, fold.train, fold.train_labels, columns, job.recipe, gates=gates, borrowed=borrowed, seed=seed)
    margin = margins(learned.booster, matrix, fold.test, columns)
    plain = margin if not learned.weights else _scored(job, fold, columns, job.recipe)
    calibration = learned.calibration(matrix, seed=seed, draws=job.draws)
    model = as_model(matrix, job.outcome, learned, columns, job.recipe, calibration, fold.train_labels, seed)
    return _Tested(
        fold=fold,
        model=FoldModel(
            name=fold.name,
            train=matrix.row[fold.train],
            train_labels=fold.train_labels,
            test=matrix.row[fold.test],
            model=model,
            probability=calibration.probability(margin),
        ),
        margin=margin,
        plain=plain,
        untuned=plain if job.recipe == job.standard else _untuned(job, fold, merit),
        logistic=logistic_probability(matrix, fold.train, fold.train_labels, fold.test),
        firmographic=_firmographic_only(job, fold),
        base=shrunken_rate(int(fold.train_labels.sum()), len(fold.train_labels))[0],
        columns=columns,
    )


def _untuned(job: _Job, fold: Fold, merit: Merit) -> Floats:
    if job.standard is None:
        return np.full(len(fold.test), np.nan)
    columns = with_borrowed(merit.columns(job.standard.attributes), job.lending.of(fold))
    return _scored(job, fold, columns, job.standard)


def _scored(job: _Job, fold: Fold, columns: Ints, recipe: Recipe) -> Floats:
    booster = train(job.matrix, fold.train, fold.train_labels, columns, recipe, job.seed, job.lending.of(fold))
    return margins(booster, job.matrix, fold.test, columns)


def _firmographic_only(job: _Job, fold: Fold) -> Floats | None:
    """The same recipe on the firmographic layer alone; None where there is no such feature."""
    matrix = job.matrix
    columns = np.flatnonzero([layer == "firmographic" for layer in matrix.layers])
    if len(columns) == 0:
        return None
    # a handful of attributes: all are allowed, and all are seen by every tree
    recipe = replace(job.recipe, attributes="all", feature_fraction=1.0)
    learned = learn(matrix, fold.train, fold.train_labels, columns, recipe, borrowed=job.lending.of(fold), seed=job.seed)
    return learned.calibration(matrix, seed=job.seed, draws=50).probability(margins(learned.booster, matrix, fold.test, columns))


def _leave_layers_out(job: _Job, tested: Sequence[_Tested], threads: int) -> Mapping[str, float]:
    """AUC (within folds) lost when a layer's attributes are taken away and the same recipe is refitted."""
    matrix = job.matrix
    label = np.concatenate([matrix.y[t.fold.test] for t in tested])
    stratum = np.concatenate([np.full(len(t.fold.test), k) for k, t in enumerate(tested)])
    whole = stratified_auc(label, np.concatenate([t.plain for t in tested]), stratum)
    present = [layer for layer in LAYERS if any(matrix.layers[c] == layer for t in tested for c in t.columns)]

    def without(item: tuple[str, _Tested]) -> Floats:
        layer, t = item
        columns = t.columns[[matrix.layers[c] != layer for c in t.columns]]
        if len(columns) == len(t.columns):
            return t.plain
        if len(columns) == 0:
            return np.zeros(len(t.fold.test))
        return _scored(job, t.fold, columns, job.recipe)

    jobs = [(layer, t) for layer in present for t in tested]
    found = side_by_side(without, jobs, threads)
    lost: dict[str, float] = {}
    for i, layer in enumerate(present):
        score = np.concatenate(found[i * len(tested) : (i + 1) * len(tested)])
        lost[layer] = whole - stratified_auc(label, score, stratum)
    return lost

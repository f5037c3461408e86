"""Should a product line, or a region, have a model of its own? Only if one beats the model of all, on later deals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Literal

import numpy as np

from icpfit.config import Outcome
from icpfit.models.booster import Recipe, margins
from icpfit.models.evidence import PATTERNS_BELOW
from icpfit.models.forward import choose_forward
from icpfit.models.matrix import Floats, Ints, Matrix
from icpfit.models.metrics import stratified_auc
from icpfit.models.parallel import side_by_side
from icpfit.models.recipe_model import train
from icpfit.models.results import FoldModel, OutcomeResult
from icpfit.models.tuning import row_losses
from icpfit.plural import counted
from icpfit.segments.pooling import NORMAL_95
from icpfit.segments.traits import Trait

Answer = Literal["yes", "no", "cannot tell"]

MOST_SEGMENTS = 8
"""values of a trait that are asked, the commonest first"""
FEWEST_TESTED = 10
"""of the rarer outcome among the tested rows"""
ROWS = {"win": "deal", "retention": "customer"}
GOOD_BAD = {"win": (("win", "wins"), ("loss", "losses")), "retention": (("who stays", "who stay"), ("who leaves", "who leave"))}


@dataclass(frozen=True, slots=True)
class OwnModel:
    """``gain``: by how much less an own model's log loss is per tested row than that of the model of all, and ``error`` its standard
    error by account; ``auc_own`` and ``auc_all`` on the same rows. None where it cannot be told."""

    value: str
    answer: Answer
    words: str
    rows: int = 0
    gain: float | None = None
    error: float | None = None
    auc_own: float | None = None
    auc_all: float | None = None

    def __post_init__(self) -> None:
        if (self.answer == "cannot tell") != (self.gain is None):
            raise ValueError("an answer rests on a gain")


@dataclass(frozen=True)
class _Job:
    value: int
    train: Ints
    labels: Floats
    test: Ints
    whole: Floats
    """log-odds of the tested rows by the model of all"""
    columns: Ints
    """what that model uses"""
    fold: int


def own_models(matrix: Matrix, result: OutcomeResult, trait: Trait, *, seed: int, max_rows: int, threads: int) -> tuple[OwnModel, ...]:
    """The answer for each value of the trait. ``trait`` has one value per row of the matrix's training set.

    The backtest is run again on the segment's rows alone: the same folds and recipe, with the attributes that the model of all
    uses and those that tell something of the segment's own rows. (Forward in time these are chosen once, on what was known when
    the first fold began.) Both models' margins on the segment's tested rows get a sigmoid of their own, so that an offset,
    which an adjustment gives the model of all just as well, is no reason for a second model. The difference of the log losses
    is paired by row; ``yes`` needs it to be above noise (90 %, rows of one account together).
    """
    if result.backtest is None or not result.backtest.folds:
        return ()
    names = list(trait.shown[:MOST_SEGMENTS])
    code = np.array([names.index(v) if v in names else -1 for v in trait.values], dtype=np.int64)
    recipe = _recipe(result.backtest.folds[0])
    jobs = [job for fold, model in enumerate(result.backtest.folds) for job in _jobs(matrix, code, len(names), model, fold)]
    usable = [j for j in jobs if _rarer(j.labels) >= PATTERNS_BELOW and len(j.test)]
    columns = _columns(matrix, usable, recipe, result.backtest.forward, seed=seed, max_rows=max_rows, threads=threads)

    def margins_of(work: tuple[_Job, Ints]) -> Floats:
        job, columns = work
        return margins(train(matrix, job.train, job.labels, columns, recipe, seed), matrix, job.test, columns)

    found = side_by_side(margins_of, list(zip(usable, columns, strict=True)), threads)
    tried = list(zip(usable, found, strict=True))
    return tuple(
        _judged(matrix, name, [j for j in jobs if j.value == i], [(j, m) for j, m in tried if j.value == i], result.outcome)
        for i, name in enumerate(names)
    )


def _columns(matrix: Matrix, jobs: Sequence[_Job], recipe: Recipe, forward: bool, *, seed: int, max_rows: int, threads: int) -> list[Ints]:
    """The attributes of each job. Groups of accounts test each other, so there each fold chooses for itself."""
    every = np.arange(len(matrix.names))
    if recipe.attributes == "all":
        return [every for _ in jobs]
    first: dict[tuple[int, int], _Job] = {}
    for job in jobs:
        first.setdefault((job.value, -1 if forward else job.fold), job)
    told = side_by_side(
        lambda j: choose_forward(matrix, j.train[-max_rows:], j.labels[-max_rows:], every, seed=seed), list(first.values()), threads
    )
    own = dict(zip(first, told, strict=True))
    return [np.union1d(job.columns, own[job.value, -1 if forward else job.fold]) for job in jobs]


def _recipe(model: FoldModel) -> Recipe:
    return Recipe(**{f.name: model.model.parameters[f.name] for f in fields(Recipe)})


def _jobs(matrix: Matrix, code: Ints, values: int, model: FoldModel, fold: int) -> list[_Job]:
    """The rows of one fold by segment, in the matrix's order."""
    at, tested = matrix.places(model.train), matrix.places(model.test)
    whole = np.log(model.probability / (1 - model.probability))
    columns = np.array([matrix.names.index(n) for n in model.model.encoding.columns], dtype=np.int64)
    out = []
    for i in range(values):
        inside, of_test = code[model.train] == i, code[model.test] == i
        out.append(_Job(i, at[inside], model.train_labels[inside], tested[of_test], whole[of_test], columns, fold))
    return out


def _rarer(labels: Floats) -> int:
    positives = int(labels.sum())
    return min(positives, len(labels) - positives)


def _judged(matrix: Matrix, name: str, jobs: Sequence[_Job], tried: Sequence[tuple[_Job, Floats]], outcome: Outcome) -> OwnModel:
    """``jobs``: all of the segment, ``tried``: those with enough to learn from, with the own model's margins."""
    test = np.concatenate([j.test for j, _ in tried]) if tried else np.zeros(0, dtype=np.int64)
    y = matrix.y[test]
    if _rarer(y) < FEWEST_TESTED:
        return OwnModel(name, "cannot tell", f"cannot tell; needed: {_short(jobs, y, outcome)}", rows=len(test))
    own, whole = np.concatenate([m for _, m in tried]), np.concatenate([j.whole for j, _ in tried])
    fold = np.concatenate([np.full(len(j.test), j.fold) for j, _ in tried])
    gap = row_losses(whole, y) - row_losses(own, y)
    gain = float(gap.mean())
    sums = np.bincount(matrix.account[test], weights=gap - gain)
    error = float(np.sqrt((sums**2).sum())) / len(gap)
    better = gain > NORMAL_95 * error
    first, second = stratified_auc(y, own, fold), stratified_auc(y, whole, fold)
    where = f"on {counted(len(y), f'tested {ROWS[outcome]}')} of its own"
    pairs = f"puts {100 * first:.1f} of 100 pairs in the right order, the model of all {100 * second:.1f}"
    says = "yes: " if better else "no: "
    noise = "beyond noise" if better else "within noise" if abs(gain) <= NORMAL_95 * error else "worse"
    words = f"{says}{where} a model of its own {pairs} (log loss lower by {gain:.4f}, standard error {error:.4f}: {noise})"
    return OwnModel(name, "yes" if better else "no", words, len(y), gain, error, _plain(first), _plain(second))


def _short(jobs: Sequence[_Job], tested: Floats, outcome: Outcome) -> str:
    """How many more outcomes are missing: to learn from at a fold's start, or among the tested ones."""
    most = max(jobs, key=lambda j: (_rarer(j.labels), j.fold), default=None)
    labels, least = (tested, FEWEST_TESTED) if len(tested) else (most.labels if most else tested, PATTERNS_BELOW)
    good, bad = int(labels.sum()), len(labels) - int(labels.sum())
    wins, losses = GOOD_BAD[outcome]
    short = [(max(0, least - good), *wins), (max(0, least - bad), *losses)]
    return " and ".join(counted(n, f"more {one}", f"more {many}") for n, one, many in short if n) or f"{least} tested outcomes of each"


def _plain(value: float) -> float | None:
    return None if np.isnan(value) else float(value)

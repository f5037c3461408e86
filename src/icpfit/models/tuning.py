"""Find a recipe on the tuning folds: seeded, two trials at a time, the same whatever the machine does."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import lightgbm as lgb
import numpy as np

from icpfit.models.booster import Attributes, Recipe, binned, margins, train_booster
from icpfit.models.calibrate import fit_sigmoid
from icpfit.models.folds import Fold
from icpfit.models.matrix import Floats, Ints, Matrix
from icpfit.models.parallel import side_by_side
from icpfit.models.selection import Merit, judge_merit

BATCH = 2
CHECKPOINTS = (50, 100, 150, 200, 300, 400)
SMALL, LARGE = 600, 2_500
"""training rows at which the standard recipe changes"""
PRUNE_AT = 2.0
"""standard errors behind the best finished trial, on the folds seen so far"""


@dataclass(frozen=True)
class Tuned:
    recipe: Recipe
    standard: Recipe
    """what is used where nothing is tuned"""
    trials: tuple[Mapping[str, Any], ...]
    words: str


@dataclass(frozen=True)
class _Tried:
    """A trial on the folds it reached: loss per test row, and the best number of rounds."""

    recipe: Recipe
    losses: tuple[Floats, ...]
    pruned: bool

    @property
    def loss(self) -> Floats:
        return np.concatenate(self.losses)


def tune(
    matrix: Matrix,
    folds: Sequence[Fold],
    *,
    rows: int,
    trials: int,
    minutes: float | None,
    seed: int,
    threads: int,
    max_rows: int,
    progress: Callable[[str], None] | None = None,
) -> Tuned:
    """The simplest recipe within one standard error of the best, over all tuning folds.

    ``rows`` is what a model of the backtest typically learns from; the standard recipe, which is tried first,
    goes by it, and without folds it is the answer.

    A trial's loss is the log loss of its test rows after a sigmoid of their fold, so that only the order and
    the shape of the margins count, not a base rate that moved. Trials run in batches of two; the sampler of
    a batch is seeded by (seed, batch), trials are told in their order, and a trial is pruned by trials of
    earlier batches only: so the number of threads changes nothing. A limit of ``minutes`` ends the search
    after a whole batch.
    """
    import optuna

    standard = standard_recipe(rows, len(matrix.names))
    if not folds or trials == 1:
        return Tuned(standard, standard, (), "the standard recipe, not tuned")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    merits = side_by_side(lambda f: judge_merit(matrix, f.train, f.train_labels, seed=seed, max_rows=max_rows), folds, threads)
    lanes = [_Lane(matrix, folds, merits, seed) for _ in range(BATCH)]
    size = min(len(f.train) for f in folds)
    study = optuna.create_study(direction="minimize", sampler=_sampler(seed, 0))
    for first in _first_trials(standard, rows):
        study.enqueue_trial(first)
    done: list[_Tried] = []
    started = time.monotonic()
    words = f"{trials} trials"
    for batch, start in enumerate(range(0, trials, BATCH)):
        study.sampler = _sampler(seed, batch)
        asked = [study.ask() for _ in range(min(BATCH, trials - start))]
        recipes = [_suggest(t, rows, size) for t in asked]
        best = min((t for t in done if not t.pruned), key=lambda t: float(t.loss.mean()), default=None)
        jobs = [(lane, recipe, best) for lane, recipe in zip(lanes, recipes, strict=False)]
        for trial, tried in zip(asked, side_by_side(lambda job: job[0].run(job[1], job[2]), jobs, threads), strict=True):
            done.append(tried)
            if tried.pruned:
                study.tell(trial, state=optuna.trial.TrialState.PRUNED)
            else:
                study.tell(trial, float(tried.loss.mean()))
        if progress is not None:
            progress(f"tuning: {len(done)} of {trials} trials")
        if minutes is not None and time.monotonic() - started > minutes * 60 and len(done) < trials:
            words = f"{len(done)} of {trials} trials, then the limit of {minutes:g} minutes was reached"
            break
    chosen = choose(done, np.concatenate([f.test_accounts for f in folds]))
    return Tuned(done[chosen].recipe, standard, tuple(_record(i, t, i == chosen) for i, t in enumerate(done)), words)


def standard_recipe(rows: int, columns: int) -> Recipe:
    """An additive model (depth 1): what CRM-sized data bears, and what a card can say without loss.

    Measured on simulated companies: below some 2,500 rows the strict choice of attributes loses more than it
    saves. Below 600 rows any choice does; there every tree sees about thirty attributes, which spreads the
    weight over all that hang together instead of trusting the one that happens to lead (with a dozen it was
    worth .01 to .02 less of the attainable AUC, for winning and for staying).
    """
    smallest = int(np.clip(rows // 60, 5, 40))
    if rows < SMALL:
        return Recipe(rounds=200, min_data_in_leaf=smallest, attributes="all", feature_fraction=float(np.clip(30 / columns, 0.1, 0.8)))
    return Recipe(rounds=CHECKPOINTS[-1], min_data_in_leaf=smallest, attributes="few" if rows >= LARGE else "some")


def choose(done: Sequence[_Tried], account: Ints) -> int:
    """The simplest of the trials within one standard error of the best; of equals, the standard, then the lowest loss.

    Simple is shallow. The error is that of the paired difference of losses, with rows of one account taken
    together. The first trial is the standard recipe: on simulated companies, keeping it where nothing is
    clearly better was worth .004 of the attainable AUC over taking the luckiest of its kind.
    """
    finished = [i for i, t in enumerate(done) if not t.pruned]
    best = min(finished, key=lambda i: (float(done[i].loss.mean()), i))
    near = [i for i in finished if _behind(done[i].loss, done[best].loss, account) <= 1]
    return min(near, key=lambda i: (done[i].recipe.max_depth, i > 0, float(done[i].loss.mean()), i))


def _rounds(losses: Floats, account: Ints) -> int:
    """Which checkpoint: all rounds, unless fewer are better by more than one standard error. ``losses``: (checkpoints, rows)."""
    best = int(np.argmin(losses.mean(axis=1)))
    return best if _behind(losses[-1], losses[best], account) > 1 else len(losses) - 1


def _behind(loss: Floats, best: Floats, account: Ints) -> float:
    """By how many standard errors a trial is behind."""
    gap = loss - best
    mean = float(gap.mean())
    if mean <= 0:
        return 0.0
    sums = np.bincount(account, weights=gap - mean)
    error = float(np.sqrt((sums**2).sum())) / len(gap)
    return mean / error if error > 0 else float("inf")


class _Lane:
    """One worker's own binned data: a Dataset must not be used by two threads at once."""

    def __init__(self, matrix: Matrix, folds: Sequence[Fold], merits: Sequence[Merit], seed: int) -> None:
        self.matrix, self.folds, self.merits, self.seed = matrix, folds, merits, seed
        self.data: dict[tuple[int, bytes], lgb.Dataset] = {}

    def _binned(self, k: int, columns: Ints) -> lgb.Dataset:
        key = (k, columns.tobytes())
        if key not in self.data:
            fold = self.folds[k]
            self.data[key] = binned(self.matrix, fold.train, fold.train_labels, columns)
        return self.data[key]

    def run(self, recipe: Recipe, best: _Tried | None) -> _Tried:
        curves: list[Floats] = []
        points = [c for c in CHECKPOINTS if c <= recipe.rounds]
        for k, fold in enumerate(self.folds):
            columns = self.merits[k].columns(recipe.attributes)
            booster = train_booster(self.matrix, self._binned(k, columns), columns, recipe, self.seed)
            margin, at = np.zeros(len(fold.test)), 0
            curve = []
            for point in points:
                margin = margin + margins(booster, self.matrix, fold.test, columns, start=at, rounds=point - at)
                at = point
                curve.append(row_losses(margin, self.matrix.y[fold.test]))
            curves.append(np.array(curve))
            accounts = np.concatenate([f.test_accounts for f in self.folds[: k + 1]])
            losses = np.concatenate(curves, axis=1)
            i = _rounds(losses, accounts)
            if best is not None and k + 1 < len(self.folds):
                behind = _behind(losses[i], np.concatenate(best.losses[: k + 1]), accounts)
                if behind > PRUNE_AT:
                    return _Tried(replace(recipe, rounds=points[i]), tuple(c[i] for c in curves), True)
        return _Tried(replace(recipe, rounds=points[i]), tuple(c[i] for c in curves), False)


def row_losses(margin: Floats, label: Floats) -> Floats:
    """Log loss of each row after the best sigmoid of its own fold."""
    intercept, slope = fit_sigmoid(margin, label)
    x = intercept + slope * margin
    return np.logaddexp(0.0, x) - label * x


def _sampler(seed: int, batch: int) -> Any:
    import optuna

    own = int(np.random.SeedSequence([seed, batch]).generate_state(1)[0])
    return optuna.samplers.TPESampler(seed=own, n_startup_trials=8)


def _deepest(rows: int) -> int:
    return 3 if rows < 2_000 else 5 if rows < 8_000 else 8


def _suggest(trial: Any, rows: int, size: int) -> Recipe:
    """``rows`` bound the depth, ``size`` (rows of a tuning fold) bounds the leaves' sizes."""
    depth = trial.suggest_int("max_depth", 1, _deepest(rows))
    leaves = trial.suggest_int("num_leaves", 3, 31, log=True)
    attributes: Attributes = trial.suggest_categorical("attributes", ["few", "some", "all"])
    return Recipe(
        max_depth=depth,
        num_leaves=max(depth + 1, min(leaves, 2**depth)),
        rounds=CHECKPOINTS[-1],
        learning_rate=trial.suggest_float("learning_rate", 0.03, 0.15, log=True),
        min_data_in_leaf=trial.suggest_int("min_data_in_leaf", int(np.clip(size // 400, 5, 40)), max(60, size // 20), log=True),
        feature_fraction=trial.suggest_float("feature_fraction", 0.1, 1.0, log=True),
        bagging_fraction=trial.suggest_float("bagging_fraction", 0.5, 1.0),
        lambda_l2=trial.suggest_float("lambda_l2", 1.0, 50.0, log=True),
        cat_smooth=trial.suggest_float("cat_smooth", 10.0, 200.0, log=True),
        cat_l2=trial.suggest_float("cat_l2", 10.0, 200.0, log=True),
        max_cat_threshold=trial.suggest_categorical("max_cat_threshold", [4, 8, 16, 32]),
        min_data_per_group=trial.suggest_int("min_data_per_group", 20, 200, log=True),
        extra_trees=trial.suggest_categorical("extra_trees", [False, True]),
        attributes=attributes,
    )


def _first_trials(standard: Recipe, rows: int) -> list[dict[str, Any]]:
    """Known good places to start from: additive, then pairs, then more attributes, then deep."""
    base = {k: v for k, v in asdict(standard).items() if k != "rounds"}
    base["num_leaves"] = 4  # made to fit the depth
    pairs = {**base, "max_depth": 2}
    more = {**base, "attributes": "all" if standard.attributes == "some" else "some"}
    deep = {**base, "max_depth": _deepest(rows), "num_leaves": 31 if rows >= 8_000 else 8, "learning_rate": 0.04, "feature_fraction": 0.8}
    return [base, pairs, more, deep]


def _record(number: int, tried: _Tried, chosen: bool) -> dict[str, Any]:
    return {
        "number": number,
        "parameters": asdict(tried.recipe),
        "loss": float(tried.loss.mean()),
        "fold_losses": [float(part.mean()) for part in tried.losses],
        "state": "pruned" if tried.pruned else "finished",
        "chosen": chosen,
    }

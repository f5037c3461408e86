"""Find a recipe on the tuning folds: seeded, two trials at a time, the same whatever the machine does."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

import lightgbm as lgb
import numpy as np

from icpfit.models.booster import Attributes, Recipe, binned, margins, train_booster
from icpfit.models.borrowed import NOTHING, ROUNDS, Lending, with_borrowed
from icpfit.models.folds import Fold
from icpfit.models.matrix import Floats, Ints, Matrix
from icpfit.models.parallel import side_by_side
from icpfit.models.results import Tuning
from icpfit.models.selection import Merit, judge_merit
from icpfit.models.shapes import fit_sigmoid
from icpfit.models.trials import NoLog, TrialLog, Tried, Values, behind, best_rounds, choose, search_name
from icpfit.progress import Counted

BATCH = 2
CHECKPOINTS = (25, 50, 100, 150, 200, 300, 400)
SMALL, LARGE = 600, 2_500
"""training rows at which the standard recipe changes"""
MANY = 5_000
"""rows from which deep trees are first tried with all attributes, which the choice of attributes sees one by one, and
from which a model of more rows than a tuning fold's gets more trees"""
PRUNE_AT = 2.0
"""standard errors behind the best finished trial, on the folds seen so far"""


@dataclass(frozen=True)
class Tuned:
    recipe: Recipe
    standard: Recipe
    """what is used where nothing is tuned"""
    trials: tuple[Mapping[str, Any], ...]
    tuning: Tuning


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
    lending: Lending = NOTHING,
    progress: Callable[[str], None] = lambda _: None,
    log: TrialLog | None = None,
) -> Tuned:
    """The simplest recipe within one standard error of the best, over all tuning folds.

    ``rows`` is what a model of the backtest typically learns from; the standard recipe, which is tried first,
    goes by it, and without folds it is the answer.

    A trial's loss is the log loss of its test rows after a sigmoid of their fold, so that only the order and
    the shape of the margins count, not a base rate that moved. Trials run in batches of two; the sampler of
    a batch is seeded by (seed, batch), trials are told in their order, and a trial is pruned by trials of
    earlier batches only: so the number of threads changes nothing. A batch stands in the ``log`` before the next
    begins: a search that was cut off goes on behind it, to the same end. A limit of ``minutes`` (of this
    run) ends the search after a whole batch.
    """
    standard = standard_recipe(rows, len(matrix.names))
    if lending.now is not None:
        standard = replace(standard, rounds=ROUNDS)
    if not folds or trials == 1:
        return Tuned(standard, standard, (), Tuning(trials, 0, True, "the standard recipe, not tuned"))
    log, outcome = log or NoLog(), matrix.training.outcome
    name = search_name(matrix, folds, lending, rows=rows, trials=trials, seed=seed, max_rows=max_rows, batch=BATCH)
    begin = partial(_Search, standard, rows, min(len(f.train) for f in folds), trials, seed)
    search = begin()
    try:
        search.resume(log.read(name), folds)
    except ValueError as error:
        log.forget(name, str(error))
        search = begin()
    done, started, complete = search.done, time.monotonic(), True
    if done:
        progress(f"{outcome}: resuming: {len(done)} of {trials} trials were done")
    progress(Counted(f"{outcome}: tuning", len(done), trials, "trials"))
    if len(done) < trials:
        merits = side_by_side(lambda f: judge_merit(matrix, f.train, f.train_labels, seed=seed, max_rows=max_rows), folds, threads)
        lanes = [_Lane(matrix, folds, merits, lending, seed) for _ in range(BATCH)]
    while len(done) < trials and complete:
        recipes = search.ask()
        best = min((t for t in done if not t.pruned), key=lambda t: float(t.loss.mean()), default=None)
        jobs = [(lane, recipe, best) for lane, recipe in zip(lanes, recipes, strict=False)]
        batch = side_by_side(lambda job: job[0].run(job[1], job[2]), jobs, threads)
        log.write(name, [tried.values() for tried in batch])
        search.tell(batch)
        progress(Counted(f"{outcome}: tuning", len(done), trials, "trials"))
        complete = minutes is None or time.monotonic() - started <= minutes * 60 or len(done) == trials
    words = f"{trials} trials" if complete else f"{len(done)} of {trials} trials, then the limit of {minutes:g} minutes was reached"
    chosen = choose(done, np.concatenate([f.test_accounts for f in folds]))
    recipe = done[chosen].recipe
    if lending.now is None and rows >= MANY:
        recipe = replace(recipe, rounds=rounds_for(rows, int(np.median([len(f.train) for f in folds])), recipe.rounds))
    return Tuned(
        recipe,
        standard,
        tuple(_record(i, t, recipe.rounds if i == chosen else None) for i, t in enumerate(done)),
        Tuning(trials, len(done), complete, words),
    )


class _Search:
    """Optuna's study in batches: which recipes are due, and what became of those that were tried."""

    def __init__(self, standard: Recipe, rows: int, size: int, trials: int, seed: int) -> None:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self.done: list[Tried] = []
        self._rows, self._size, self._trials, self._seed = rows, size, trials, seed
        self._asked: list[Any] = []
        self._study = optuna.create_study(direction="minimize", sampler=_sampler(seed, 0))
        for first in _first_trials(standard, rows):
            self._study.enqueue_trial(first)

    def ask(self) -> list[Recipe]:
        """The recipes of the next batch, by a sampler seeded for it alone."""
        self._study.sampler = _sampler(self._seed, len(self.done) // BATCH)
        self._asked = [self._study.ask() for _ in range(min(BATCH, self._trials - len(self.done)))]
        return [_suggest(trial, self._rows, self._size) for trial in self._asked]

    def tell(self, batch: Sequence[Tried]) -> None:
        """What became of the batch that was asked for, in its order."""
        import optuna

        for trial, tried in zip(self._asked, batch, strict=True):
            if tried.pruned:
                self._study.tell(trial, state=optuna.trial.TrialState.PRUNED)
            else:
                self._study.tell(trial, float(tried.loss.mean()))
            self.done.append(tried)

    def resume(self, batches: Sequence[Sequence[Values]], folds: Sequence[Fold]) -> None:
        """Take batches that were run before as done.

        Raises:
            ValueError: one of them is not the batch that is due.
        """
        for batch in batches:
            if len(batch) != min(BATCH, self._trials - len(self.done)):
                raise ValueError("a batch has more or fewer trials than were asked for")
            self.tell([Tried.from_values(values, recipe, folds) for values, recipe in zip(batch, self.ask(), strict=True)])


def standard_recipe(rows: int, columns: int) -> Recipe:
    """An additive model (depth 1): what CRM-sized data bears, and what a card can say without loss.

    Measured on simulated companies: below some 2,500 rows the strict choice of attributes loses more than it
    saves. Below 600 rows any choice does; there every tree sees about thirty attributes, which spreads the
    weight over all that hang together instead of trusting the one that happens to lead (with a dozen it was
    worth .01 to .02 less of the attainable AUC, for winning and for staying). From 600 to 2,500 rows a text that stands
    in 25 of them may be asked for, and is drawn toward the others twice as strongly instead: LightGBM never looks
    at a text with fewer rows than ``cat_smooth``, and a twentieth of all leads may be all there is to tell the poor ones by.
    """
    smallest = int(np.clip(rows // 60, 5, 40))
    if rows < SMALL:
        return Recipe(rounds=200, min_data_in_leaf=smallest, attributes="all", feature_fraction=float(np.clip(30 / columns, 0.1, 0.8)))
    if rows >= LARGE:
        return Recipe(rounds=CHECKPOINTS[-1], min_data_in_leaf=smallest, attributes="few")
    return Recipe(rounds=CHECKPOINTS[-1], min_data_in_leaf=smallest, attributes="some", cat_smooth=25, cat_l2=200, min_data_per_group=25)


class _Lane:
    """One worker's own binned data: a Dataset must not be used by two threads at once."""

    def __init__(self, matrix: Matrix, folds: Sequence[Fold], merits: Sequence[Merit], lending: Lending, seed: int) -> None:
        self.matrix, self.folds, self.merits, self.lending, self.seed = matrix, folds, merits, lending, seed
        self.data: dict[tuple[int, bytes], lgb.Dataset] = {}
        self.begins: dict[int, tuple[Floats, Floats] | None] = {}

    def _begin(self, k: int) -> tuple[Floats, Floats] | None:
        """Log-odds that the trees start from, of training and test rows, where something is borrowed."""
        if k not in self.begins:
            fold = self.folds[k]
            lent = self.lending.of(fold)
            self.begins[k] = None if lent is None else lent.log_odds(self.matrix, fold.train, fold.train_labels, fold.test)
        return self.begins[k]

    def _binned(self, k: int, columns: Ints) -> lgb.Dataset:
        key = (k, columns.tobytes())
        if key not in self.data:
            fold = self.folds[k]
            begin = self._begin(k)
            self.data[key] = binned(self.matrix, fold.train, fold.train_labels, columns, None if begin is None else begin[0])
        return self.data[key]

    def run(self, recipe: Recipe, best: Tried | None) -> Tried:
        curves: list[Floats] = []
        points = [c for c in CHECKPOINTS if c <= recipe.rounds]
        for k, fold in enumerate(self.folds):
            columns = with_borrowed(self.merits[k].columns(recipe.attributes), self.lending.of(fold))
            begin = self._begin(k)
            booster = train_booster(self.matrix, self._binned(k, columns), columns, recipe, self.seed)
            margin, at = np.zeros(len(fold.test)) if begin is None else begin[1], 0
            curve = []
            for point in points:
                margin = margin + margins(booster, self.matrix, fold.test, columns, start=at, rounds=point - at)
                at = point
                curve.append(row_losses(margin, self.matrix.y[fold.test]))
            curves.append(np.array(curve))
            accounts = np.concatenate([f.test_accounts for f in self.folds[: k + 1]])
            losses = np.concatenate(curves, axis=1)
            i = best_rounds(losses, accounts, fewest=begin is not None)
            known = best.losses[: k + 1] if best is not None and k + 1 < len(self.folds) else None
            if known is not None and behind(losses[i], np.concatenate(known), accounts) > PRUNE_AT:
                return Tried(replace(recipe, rounds=points[i]), tuple(c[i] for c in curves), True)
        return Tried(replace(recipe, rounds=points[i]), tuple(c[i] for c in curves), False)


def rounds_for(rows: int, learned: int, rounds: int) -> int:
    """Trees for ``rows`` where so many were best for the ``learned`` rows of a tuning fold: more rows bear more of them, up to the most.

    >>> rounds_for(16_000, 8_000, 150), rounds_for(16_000, 8_000, 300), rounds_for(3_000, 4_000, 150)
    (300, 400, 150)
    """
    return min(CHECKPOINTS[-1], max(rounds, round(rounds * rows / learned)))


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
    if rows >= MANY:
        deep["attributes"] = "all"
    return [base, pairs, more, deep]


def _record(number: int, tried: Tried, taken: int | None) -> dict[str, Any]:
    """One trial; ``taken`` are the rounds of the models that the chosen one's recipe makes, which may be more than were tried."""
    return {
        "number": number,
        "parameters": asdict(tried.recipe),
        "loss": float(tried.loss.mean()),
        "fold_losses": [float(part.mean()) for part in tried.losses],
        "state": "pruned" if tried.pruned else "finished",
        "chosen": taken is not None,
        "rounds_taken": taken,
    }

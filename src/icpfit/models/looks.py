"""Which tested rows tell whether there is a signal, by which recipe, and how often chance is asked."""

from __future__ import annotations

import numpy as np
import pandas as pd

from icpfit.config import TrainingSettings
from icpfit.models.association import chance_of_association
from icpfit.models.booster import Recipe, margins
from icpfit.models.folds import Fold, FoldPlan
from icpfit.models.matrix import Floats, Matrix
from icpfit.models.parallel import side_by_side
from icpfit.models.recipe_model import train
from icpfit.models.results import Backtest, SignalTest
from icpfit.models.selection import judge_merit
from icpfit.models.signal import judge_signal
from icpfit.models.tuning import Tuned

CHANCE = 0.5
"""AUC of drawing lots"""
MOST_OF_FEW = 2_500
"""rows that are few, however few of them stand before a tested quarter, or beside a tested group of accounts"""


def look_for_signal(
    matrix: Matrix, plan: FoldPlan, backtest: Backtest, tuned: Tuned, settings: TrainingSettings, threads: int, *, lent: bool = False
) -> SignalTest:
    """The test of signal, in the way that names chance at its right size for these folds.

    Few rows, of which no attributes are chosen, hold too little to tell a model from luck by: there it is asked of all of them
    whether the attributes hang together with the outcome, and of the tested ones that they do not speak against it.

    Forward in time each period is tested by what came before it, so that what two periods show by chance is unrelated; a
    model that begins with what is ``lent`` to it is always tested so. Groups of accounts test each other:
    what the whole file shows by chance, every group shows, and dealing the labels anew under predictions that
    stay took it for a signal in 8 of 100 companies without one. So they are tested in a chain (docs/decisions/0008).
    """
    if tuned.standard.attributes == "all" and len(matrix) <= MOST_OF_FEW and not lent:
        return _few(matrix, plan, backtest, tuned, settings)
    if plan.forward:
        return _two_looks(matrix, plan, backtest.predictions, tuned, settings)
    return _two_looks(matrix, plan, _chained(matrix, plan, tuned, settings, threads), tuned, settings)


def _few(matrix: Matrix, plan: FoldPlan, backtest: Backtest, tuned: Tuned, settings: TrainingSettings) -> SignalTest:
    """Whether the attributes hang together with the outcome; no, where rows that chose no settings are ranked no better than by lot."""
    every = tuple(f.name for f in backtest.folds)
    tested = _look(matrix, backtest.predictions, "margin", plan.final if tuned.trials else every, settings, 1)
    if not tested.auc > CHANCE:
        return tested
    p = chance_of_association(matrix, draws=settings.permutations, seed=settings.seed)
    words = (
        "outcomes dealt by lot, those of an account together, would seem as closely tied to the attributes of all "
        f"{len(matrix):,} rows with probability {p:.3g}; of {tested.rows:,} rows that neither the model nor its settings had seen "
        f"({', '.join(tested.quarters)}) it puts {tested.auc:.0%} of pairs in the right order"
    )
    return SignalTest(tested.auc, p, tested.rows, tested.quarters, words, associated=len(matrix))


def _two_looks(matrix: Matrix, plan: FoldPlan, tested: pd.DataFrame, tuned: Tuned, settings: TrainingSettings) -> SignalTest:
    """Two looks, each at rows that its recipe knows nothing of: the tuned one on the final folds, the standard one on all of them.

    The first sees what only tuning brings out; the second has about three times the rows, which a small company
    needs. Each counts at half of the chance of error, and the second only where the final rows do not
    speak against it: what held once and holds no longer is no profile.
    """
    every = tuple(f.name for f in plan.chain)
    final = tuple(name for name in every if name in plan.final)
    alone = final == every or not tuned.trials
    looks = 1 if alone else 2
    first = _look(matrix, tested, "margin", final, settings, looks)
    if final == every or not first.auc > CHANCE:
        return first
    second = _look(matrix, tested, "untuned", every, settings, looks)
    return second if alone else min(first, second, key=lambda look: look.p_value)


def _look(matrix: Matrix, tested: pd.DataFrame, margin: str, folds: tuple[str, ...], settings: TrainingSettings, looks: int) -> SignalTest:
    seen = tested[tested["fold"].isin(folds)]
    return judge_signal(
        seen["label"].to_numpy(np.float64),
        seen[margin].to_numpy(np.float64),
        matrix.account[matrix.places(seen["row"].to_numpy())],
        np.array([folds.index(f) for f in seen["fold"]], dtype=np.int64),
        folds,
        permutations=settings.permutations,
        seed=settings.seed,
        looks=looks,
    )


def _chained(matrix: Matrix, plan: FoldPlan, tuned: Tuned, settings: TrainingSettings, threads: int) -> pd.DataFrame:
    """``row, fold, label, margin`` (of the tuned recipe, on final folds; else NaN) and ``untuned``, for a chain of groups."""

    def test(fold: Fold) -> tuple[Floats, Floats]:
        merit = judge_merit(matrix, fold.train, fold.train_labels, seed=settings.seed, max_rows=settings.max_rows_tuning)

        def margin(recipe: Recipe) -> Floats:
            columns = merit.columns(recipe.attributes)
            return margins(train(matrix, fold.train, fold.train_labels, columns, recipe, settings.seed), matrix, fold.test, columns)

        untuned = margin(tuned.standard)
        if fold.name not in plan.final:
            return np.full(len(fold.test), np.nan), untuned
        return (untuned if tuned.recipe == tuned.standard else margin(tuned.recipe)), untuned

    found = side_by_side(test, plan.chain, threads)
    rows = np.concatenate([f.test for f in plan.chain])
    return pd.DataFrame(
        {
            "row": matrix.row[rows],
            "fold": pd.Series([f.name for f in plan.chain for _ in range(len(f.test))], dtype=object),
            "label": matrix.y[rows],
            "margin": np.concatenate([tuned_margin for tuned_margin, _ in found]),
            "untuned": np.concatenate([untuned for _, untuned in found]),
        }
    )

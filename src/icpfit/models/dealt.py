"""Could chance do it? The whole test again and again, each time with the labels dealt anew among the accounts."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from icpfit.models.booster import Recipe, margins
from icpfit.models.folds import Fold
from icpfit.models.matrix import Floats, Ints, Matrix
from icpfit.models.metrics import stratified_auc
from icpfit.models.parallel import side_by_side
from icpfit.models.recipe_model import train
from icpfit.models.results import SignalTest

MOST_DRAWS = 199
ENOUGH = 5
"""draws that do as well as the data, after which no more are needed: the p-value is known well enough, and is not small"""
BATCH = 8


def judge_by_dealing(matrix: Matrix, folds: Sequence[Fold], recipe: Recipe, *, draws: int, seed: int, threads: int) -> SignalTest:
    """AUC within folds that test each other, against the same folds, trained and tested anew, under labels that mean nothing.

    Nothing is assumed of the folds: whatever they share, they share under dealt labels too. Whole accounts trade
    their labels, as in :func:`icpfit.models.signal.judge_signal`. All attributes are used, so that nothing is chosen
    by the data's own labels. p = (k + 1) / (B + 1), or h / l where the h-th draw that does as well is the l-th.
    Source of the early end: Besag and Clifford, "Sequential Monte Carlo p-values", 1991.
    """
    columns = np.arange(len(matrix.names))
    rows = np.concatenate([f.test for f in folds])
    stratum = np.concatenate([np.full(len(f.test), k) for k, f in enumerate(folds)])

    def auc_under(label: Floats) -> float:
        score = [margins(train(matrix, f.train, label[f.train], columns, recipe, seed), matrix, f.test, columns) for f in folds]
        return stratified_auc(label[rows], np.concatenate(score), stratum)

    observed = auc_under(matrix.y)
    most = min(draws, MOST_DRAWS)
    p = _p_value(lambda draw: auc_under(deal(matrix.y, matrix.account, np.random.default_rng((seed, draw)))), observed, most, threads)
    names = tuple(f.name for f in folds)
    words = (
        f"on {len(rows)} rows that neither the model nor its settings had seen ({', '.join(names)}) the model puts {observed:.0%} of pairs "
        f"in the right order; with labels dealt anew and the whole test repeated, this or more comes up with probability {p:.3g}"
    )
    return SignalTest(observed, p, len(rows), names, words)


def _p_value(draw: Callable[[int], float], observed: float, most: int, threads: int) -> float:
    """Draws come in batches of a fixed size and are read in their order, so that the number of threads changes nothing."""
    as_well = 0
    for first in range(0, most, BATCH):
        batch = range(first, min(first + BATCH, most))
        for number, found in zip(batch, side_by_side(draw, batch, threads), strict=True):
            as_well += found >= observed - 1e-12
            if as_well == ENOUGH:
                return ENOUGH / (number + 1)
    return (as_well + 1) / (most + 1)


def deal(label: Floats, account: Ints, rng: np.random.Generator) -> Floats:
    """The labels of whole accounts, in their order, given to accounts with as many rows.

    >>> deal(np.array([1.0, 0, 0, 1]), np.array([7, 7, 8, 9]), np.random.default_rng(3)).tolist()
    [1.0, 0.0, 1.0, 0.0]
    """
    order = np.argsort(account, kind="stable")
    _, starts, sizes = np.unique(account[order], return_index=True, return_counts=True)
    dealt = label.copy()
    for size in np.unique(sizes):
        rows = order[starts[sizes == size][:, None] + np.arange(size)]
        dealt[rows] = label[rng.permutation(rows)]
    return dealt

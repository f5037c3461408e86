"""Few deals, forward in time: whether there is a signal is asked of all of them at once, and not of the few that are tested.

Of 300 deals the newest quarters hold a hundred, of which 25 are won: too few to tell a model that puts two pairs in three
in the right order from luck. So groups of accounts rank each other over all deals, twice parted, and the same is done
again with labels that were dealt anew within each quarter: a win rate that moves from quarter to quarter is then the
same in both, and earns nothing. That the later quarters do not speak against it is asked apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy.stats import t as student

from icpfit.models.booster import Recipe, margins
from icpfit.models.dealt import deal
from icpfit.models.folds import GROUPS, group_of
from icpfit.models.matrix import Floats, Ints, Matrix
from icpfit.models.metrics import stratified_auc
from icpfit.models.parallel import side_by_side
from icpfit.models.recipe_model import train
from icpfit.models.results import SignalTest

PARTINGS = 2
LEVEL = 0.02
"""of chance, where elsewhere it is one in a hundred: so few deals hold so little that one in a hundred would miss every fourth pattern"""
DRAWS = 49
FIRST, HOPELESS = 12, 0.2
"""draws after which it ends if p is above this: more of them would not bring it to the level"""


def judge_few_rows(matrix: Matrix, recipe: Recipe, names: tuple[str, ...], *, seed: int, threads: int) -> SignalTest:
    """AUC of all rows, each ranked by models of other accounts, against the same under labels dealt within quarters.

    ``names``: the later quarters that are tested beside it. The thresholds of the trees are drawn by lot, which is steadier on
    so few rows. p is that of Student's t for one more draw beside the dealt ones, whose AUCs are near to normal. The number of
    threads changes nothing.
    """
    steady = replace(recipe, extra_trees=True)
    parts = [group_of(matrix.account_id, GROUPS, seed, f"few rows {k}") for k in range(PARTINGS)]
    period = matrix.period

    def auc_under(label: Floats) -> float:
        score = sum((_ranked(matrix, label, part, steady, seed) for part in parts), np.zeros(len(label)))
        return float(stratified_auc(label, score, np.zeros(len(label), dtype=np.int64)))

    def by_lot(draw: int) -> float:
        return auc_under(deal_within(matrix.y, matrix.account, period, np.random.default_rng((seed, draw))))

    observed = auc_under(matrix.y)
    found = list(side_by_side(by_lot, range(FIRST), threads))
    p = chance_of(observed, found)
    if p <= HOPELESS:
        found += side_by_side(by_lot, range(FIRST, DRAWS), threads)
        p = chance_of(observed, found)
    words = (
        f"over all {len(matrix)} rows, each ranked by models of other accounts, {observed:.0%} of pairs are in the right order; with "
        f"labels dealt anew within each quarter, and all of it repeated {len(found)} times, this or more comes up with probability "
        f"{p:.3g} (of so few, {LEVEL:g} is enough)"
    )
    return SignalTest(observed, p, len(matrix), names, words, LEVEL)


def chance_of(observed: float, by_lot: Sequence[float]) -> float:
    """The probability that one more figure like those ``by_lot`` is as large as the ``observed``; 1 where they are all the same.

    >>> round(chance_of(3.0, [-1.0, 0.0, 1.0]), 3)
    0.061
    """
    spread = float(np.std(by_lot, ddof=1)) * float(np.sqrt(1 + 1 / len(by_lot)))
    return float(student.sf((observed - float(np.mean(by_lot))) / spread, len(by_lot) - 1)) if spread > 0 else 1.0


def _ranked(matrix: Matrix, label: Floats, part: Ints, recipe: Recipe, seed: int) -> Floats:
    """Log-odds of every row by the model of the other groups, less those of its base rate; 0 where that has one outcome only."""
    columns = np.arange(len(matrix.names))
    score = np.zeros(len(label))
    for g in range(GROUPS):
        rest, out = np.flatnonzero(part != g), np.flatnonzero(part == g)
        rate = float(label[rest].mean()) if len(rest) else 0.0
        if len(out) and 0 < rate < 1:
            score[out] = margins(train(matrix, rest, label[rest], columns, recipe, seed), matrix, out, columns) - np.log(rate / (1 - rate))
    return score


def deal_within(label: Floats, account: Ints, period: Ints, rng: np.random.Generator) -> Floats:
    """Whole accounts trade their labels inside each period, as in :func:`icpfit.models.dealt.deal`.

    >>> one = deal_within(np.array([1.0, 0, 0, 0, 1, 1]), np.arange(6), np.array([0, 0, 0, 1, 1, 1]), np.random.default_rng(0))
    >>> one[:3].sum(), one[3:].sum()
    (np.float64(1.0), np.float64(2.0))
    """
    dealt = label.copy()
    for p in np.unique(period):
        inside = np.flatnonzero(period == p)
        dealt[inside] = deal(label[inside], account[inside], rng)
    return dealt

"""Who stays is learned from few customers; who buys, from many deals. What the second knows, the first may begin with.

What makes a company buy and what makes it stay are often the same attributes, seen in the same way, at other weights. So
the model of staying begins with the questions that a model of winning asks, learned from the deals whose outcome was known
at the same moment; how much each of its attributes counts for staying is fitted to the customers, all
weights from one normal distribution whose width the customers choose. Only then come trees of its own.
Where winning says nothing of staying, the weights are near 0 and the trees of its own are the model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import lightgbm as lgb
import numpy as np

from icpfit.models.booster import Recipe, binned, train_booster
from icpfit.models.evidence_fit import fit_normal
from icpfit.models.folds import Fold
from icpfit.models.matrix import Floats, Ints, Matrix
from icpfit.models.parallel import side_by_side
from icpfit.models.selection import judge_merit
from icpfit.models.stumps import Stump, stumps_of, with_stumps

FEWEST = 50
"""deals of the rarer outcome that there must be to learn from"""
ROUNDS = 25
"""trees of its own that the standard recipe adds: on twelve simulated companies 10 to 50 did equally well"""
WIDTHS = (1e-6, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
"""variances of an attribute's weight around the common one that are tried"""
COMMON = 4.0
"""variance of the common weight around 0"""
LEVEL = 1e4
"""variance of the constant: it is free"""


@dataclass(frozen=True)
class Borrowed:
    """Questions of another outcome's model; their columns are numbered as the matrix's."""

    stumps: tuple[Stump, ...]

    @property
    def columns(self) -> Ints:
        return np.unique([s.column for s in self.stumps]).astype(np.int64)

    def within(self, columns: Ints) -> Borrowed:
        return Borrowed(tuple(s for s in self.stumps if s.column in columns))

    def parts(self, matrix: Matrix, rows: Ints) -> Floats:
        """(n, columns): what they say of each row by column, in log-odds of the other outcome."""
        columns = self.columns.tolist()
        out = np.zeros((len(rows), len(columns)))
        for s in self.stumps:
            out[:, columns.index(s.column)] += s.values(matrix.X[rows, s.column])
        return out

    def fitted(self, matrix: Matrix, rows: Ints, labels: Floats) -> tuple[tuple[Stump, ...], float]:
        """The questions at the weights that ``labels`` give them, and the constant that goes with them.

        No weight turns an attribute around whose direction is declared.
        """
        parts = self.parts(matrix, rows)
        centre = parts.mean(axis=0)
        level, free = _weights(labels, parts - centre)
        weights = np.where([matrix.monotone[c] != 0 for c in self.columns], np.maximum(free, 0.0), free)
        of = dict(zip(self.columns.tolist(), weights.tolist(), strict=True))
        weighed = tuple(replace(s, yes=s.yes * of[s.column], no=s.no * of[s.column], gain=s.gain * abs(of[s.column])) for s in self.stumps)
        return weighed, level - float(centre @ weights)

    def log_odds(self, matrix: Matrix, train: Ints, labels: Floats, test: Ints) -> tuple[Floats, Floats]:
        """Of training and test rows, at the weights that the training rows' ``labels`` give."""
        stumps, level = self.fitted(matrix, train, labels)
        found = []
        for rows in (train, test):
            found.append(level + sum((s.values(matrix.X[rows, s.column]) for s in stumps), np.zeros(len(rows))))
        return found[0], found[1]


@dataclass(frozen=True)
class Lending:
    """What is lent for each fold, by its name, and for the final model (``now``)."""

    folds: Mapping[str, Borrowed]
    now: Borrowed | None

    def of(self, fold: Fold) -> Borrowed | None:
        return self.folds.get(fold.name)


NOTHING = Lending({}, None)


def with_borrowed(columns: Ints, borrowed: Borrowed | None) -> Ints:
    """A model's own columns and those of the questions that it borrows, rising."""
    return columns if borrowed is None else np.union1d(columns, borrowed.columns).astype(np.int64)


def lend(matrix: Matrix, lender: Matrix, folds: Sequence[Fold], *, seed: int, max_rows: int, threads: int) -> Lending:
    """For each fold, forward in time, a model of the lender's outcome: from rows whose outcome was known then, of no account it tests.

    Nothing is lent where for one of the folds there is too little to lend: then what is tested would not be what is used.
    """

    def known(fold: Fold) -> Floats:
        if fold.origin is None:
            raise ValueError(f"nothing can be lent to the fold {fold.name}, which begins at no moment")
        return np.where(np.isin(lender.account_id, matrix.account_id[fold.test]), np.nan, lender.labels_at(fold.origin))

    jobs = [*(known(f) for f in folds), lender.y]
    found = side_by_side(lambda labels: _model(lender, labels, seed, max_rows), jobs, threads)
    made = {f.name: one for f, one in zip(folds, found, strict=False) if one is not None}
    return Lending(made, found[-1]) if len(made) == len(folds) and found[-1] is not None else NOTHING


def _model(lender: Matrix, labels: Floats, seed: int, max_rows: int) -> Borrowed | None:
    rows = np.flatnonzero(~np.isnan(labels))
    known = labels[rows]
    if min((known == 1).sum(), (known == 0).sum()) < FEWEST:
        return None
    columns = judge_merit(lender, rows, known, seed=seed, max_rows=max_rows).few
    recipe = Recipe(min_data_in_leaf=int(np.clip(len(rows) // 60, 5, 40)))
    booster = train_booster(lender, binned(lender, rows, known, columns), columns, recipe, seed)
    stumps, _ = stumps_of(booster)
    return Borrowed(tuple(replace(s, column=int(columns[s.column])) for s in stumps))


def train_on(matrix: Matrix, rows: Ints, labels: Floats, columns: Ints, recipe: Recipe, seed: int, borrowed: Borrowed) -> lgb.Booster:
    """The borrowed questions at their weights, and the recipe's trees on top of them; ``columns`` hold those that are borrowed."""
    place = {int(c): j for j, c in enumerate(columns)}
    stumps, level = borrowed.fitted(matrix, rows, labels)
    here = [replace(s, column=place[s.column]) for s in stumps]
    block = np.ascontiguousarray(matrix.X[np.ix_(rows, columns)])
    begin = level + sum((s.values(block[:, s.column]) for s in here), np.zeros(len(rows)))
    booster = train_booster(matrix, binned(matrix, rows, labels, columns, begin), columns, recipe, seed)
    return with_stumps(booster, block, here, level)


def _weights(labels: Floats, parts: Floats) -> tuple[float, Floats]:
    """The level and a weight for each column: one that all share, and each its own deviation, of the width with the most evidence."""
    design = np.column_stack([np.ones(len(labels)), parts.sum(axis=1), parts])
    found = [fit_normal(design, labels, np.r_[LEVEL, COMMON, np.full(parts.shape[1], width)]) for width in WIDTHS]
    b = max(found, key=lambda f: f.evidence).coefficients
    return float(b[0]), b[1] + b[2:]

"""Attributes chosen one by one: each is the one that tells most about rows it was not fitted to, beside those already there.

The attributes of one event come in many windows that say nearly the same. A booster spreads itself over all of them
and learns the noise of each; a choice made one by one takes the clearest, after which its near copies tell nothing more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import sparse

from icpfit.models.bins import Binned, in_bins
from icpfit.models.folds import group_of
from icpfit.models.matrix import Floats, Ints, Matrix

PARTS = 5
"""of each kind: stretches of time, groups of accounts"""
CLEARLY = 1.0
"""standard errors by which an attribute must lower the loss of rows left out"""
MOST = 40
"""more attributes than a card or a person can use; the choice ends there"""
SWEEPS = 3
"""of Newton's method over all columns: each fit begins where the one before ended, so few are enough"""

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class _Additive:
    """One additive logistic model for each part of the rows, which it leaves out.

    ``out`` (parts, n): the rows of the part. ``taught`` (parts, n): the rows that the model learns from.
    ``margin`` (parts, n): log-odds of every row.
    """

    labels: Floats
    out: Flags
    taught: Flags
    margin: Floats
    values: tuple[Floats, ...] = ()
    """(parts, size) for each of the model's columns"""

    def losses(self) -> Floats:
        """Log loss of each row that some part holds, by the models that leave it out (the mean, where several do)."""
        loss = np.logaddexp(0.0, self.margin) - self.labels * self.margin
        held = self.out.sum(axis=0)
        return np.asarray((loss * self.out).sum(axis=0)[held > 0] / held[held > 0])

    def slopes(self) -> tuple[Floats, Floats]:
        """How the log likelihood of each row changes with its margin, and (turned positive) how that change does."""
        p = 1 / (1 + np.exp(-self.margin))
        return self.labels - p, p * (1 - p)

    def fitted(self, columns: Sequence[Binned]) -> _Additive:
        """The model of ``columns``, of which all but the last are in it already: Newton's method, column by column."""
        values = [*self.values, np.zeros((len(self.out), len(columns[-1].penalty)))]
        model = self
        for _ in range(SWEEPS):
            for j in reversed(range(len(columns))):
                column, old = columns[j], values[j]
                first, second = model.slopes()
                slope = (column.member @ (first * self.taught).T).T - old @ column.penalty
                curve = (column.member @ (second * self.taught).T).T
                step = _newton(slope, curve, column.penalty)
                values[j] = old + step
                model = replace(model, margin=model.margin + step[:, column.codes])
        return replace(model, values=tuple(values))


def choose_forward(matrix: Matrix, rows: Ints, labels: Floats, candidates: Ints, *, seed: int) -> Ints:
    """Columns out of ``candidates``, rising; none where not even the best tells anything of the rows left out.

    An additive model over bins grows by one column at a time, many times side by side, each leaving out a part of
    the rows: a stretch of time, so that what only tells one time from another earns little, or a group of accounts,
    so that the choice does not hang on one way of parting; without time, groups of accounts only. Next comes the
    column whose bins, fitted to the other rows, lower the loss of the rows left out most (to second order). It stays
    if the model, fitted again with it, lowers that loss by more than one standard error; the first that does not
    ends the choice. ``rows`` rise, as time does.
    """
    out, taught = _parts(matrix, rows, labels, seed)
    if not len(out):
        return np.zeros(0, dtype=np.int64)
    columns = [in_bins(matrix.X[rows, c], category=matrix.is_category(int(c))) for c in candidates]
    rate = (taught @ labels) / taught.sum(axis=1)
    model = _Additive(labels, out, taught, np.repeat(np.log(rate / (1 - rate))[:, None], len(labels), axis=1))
    chosen: list[int] = []
    rest = list(range(len(columns)))
    while rest and len(chosen) < MOST:
        gains = _gains(model, [columns[j] for j in rest])
        best = rest.pop(int(np.argmax(gains)))
        grown = model.fitted([columns[j] for j in [*chosen, best]])
        gain = model.losses() - grown.losses()
        if not gain.mean() > CLEARLY * gain.std() / np.sqrt(len(gain)):
            break
        chosen.append(best)
        model = grown
    return np.sort(np.asarray(candidates, dtype=np.int64)[chosen])


def _parts(matrix: Matrix, rows: Ints, labels: Floats, seed: int) -> tuple[Flags, Flags]:
    """(parts, n) each: the rows of a part, and those to learn from without it: of no account that stands in it.

    A part is left away if not both outcomes are left to learn from. No part at all where, in either way of
    parting, fewer than two are left, or all their rows end alike: whatever lowers every chance would pass for knowledge.
    """
    account = matrix.account[rows]
    ways = [group_of(matrix.account_id[rows], PARTS, seed, "forward")]
    if matrix.timing != "none":
        ways.append(np.arange(len(rows)) * PARTS // len(rows))
    found: list[tuple[Flags, Flags]] = []
    for part in ways:
        cuts = [(part == k, ~np.isin(account, account[part == k])) for k in range(PARTS)]
        usable = [(out, taught) for out, taught in cuts if out.any() and len(np.unique(labels[taught])) == 2]
        if len(usable) < 2 or len(np.unique(labels[np.any([out for out, _ in usable], axis=0)])) < 2:
            none = np.zeros((0, len(rows)), dtype=bool)
            return none, none
        found += usable
    return np.array([out for out, _ in found]), np.array([taught for _, taught in found])


def _gains(model: _Additive, columns: Sequence[Binned]) -> Floats:
    """By how much each column, added alone, lowers the loss of all rows left out."""
    member = sparse.vstack([c.member for c in columns], format="csr")
    k = len(model.out)
    both = np.vstack(model.slopes())
    taught = (member @ (both * np.vstack([model.taught] * 2)).T).T
    left = (member @ (both * np.vstack([model.out] * 2)).T).T
    ends = np.cumsum([len(c.penalty) for c in columns])
    gains = np.empty(len(columns))
    for j, column in enumerate(columns):
        at = slice(ends[j] - len(column.penalty), ends[j])
        value = _newton(taught[:k, at], taught[k:, at], column.penalty)
        gains[j] = (value * left[:k, at] - value**2 * left[k:, at] / 2).sum()
    return gains


def _newton(slope: Floats, curve: Floats, penalty: Floats) -> Floats:
    """The step (parts, size) to where the penalised likelihood is highest, to second order."""
    system = penalty + curve[:, :, None] * np.eye(len(penalty))
    return np.asarray(np.linalg.solve(system, slope[:, :, None])[:, :, 0])

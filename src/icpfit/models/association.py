"""Few deals: whether the attributes, all of them together, hang together with the outcome at all.

Of 300 deals the newest quarters hold a hundred, of which 25 are won: too few to tell a model that puts two pairs in three in
the right order from luck. And a model of other accounts, which ranks all 300, has learned from so few that its own
errors hide what is there. So nothing is learned here: the outcome is laid beside every attribute as it is, and the sum of what
they tell is compared with the same under outcomes that were dealt by lot. Whether the model ranks what
it had not seen is asked apart.
"""

from __future__ import annotations

import numpy as np

from icpfit.models.bins import Binned, in_bins
from icpfit.models.dealt import beside_its_period, deal
from icpfit.models.matrix import Floats, Matrix

LEAST = 5
"""rows on either side of a question"""


def chance_of_association(matrix: Matrix, *, draws: int, seed: int) -> float:
    """The probability that labels which mean nothing hang together with the attributes as closely as these do.

    A number is asked whether it lies above each of its steps, a text whether it is this one, either whether it is unknown.
    What a question tells is its squared covariance with the outcome, over its own size, both beside the mean of their quarter, so that
    a rate that moves earns nothing; where a direction is declared, the other one tells nothing. An attribute tells the mean of its
    questions, so that one of many texts is heard no louder than a flag; all attributes are added. p = (k + 1) / (draws + 1).

    Source: Goeman, van de Geer, de Kort, van Houwelingen, "A global test for groups of genes", 2004 (the sum of squared scores); rows
    of one account stay together (:func:`icpfit.models.dealt.deal`).
    """
    _, period = np.unique(matrix.period, return_inverse=True)
    inside = np.eye(int(period.max()) + 1)[period]
    left = beside_its_period(matrix.y, period)
    dealt = deal(left, matrix.account, period, draws, np.random.default_rng(seed))
    labels = np.column_stack([left, dealt])
    # lots need not sum to 0 in a quarter, as the data do: both are to stand beside the mean of theirs
    labels -= inside @ (inside.T @ labels / inside.sum(axis=0)[:, None])
    told = np.zeros(draws + 1)
    for c in range(len(matrix.names)):
        category = matrix.is_category(c)
        told += _told(in_bins(matrix.X[:, c], category=category), category, int(matrix.monotone[c]), inside, labels)
    as_close = int((told[1:] >= told[0] * (1 - 1e-12)).sum())
    return (as_close + 1) / (draws + 1)


def _told(binned: Binned, category: bool, direction: int, inside: Floats, labels: Floats) -> Floats:
    """(draws + 1,): the mean over an attribute's questions of (the sum of the labels of those who say yes)² / the question's own size."""
    sums, rows = binned.member @ labels, binned.member @ inside
    if not category:
        sums, rows = _at_least(sums), _at_least(rows)
    yes, n = rows.sum(axis=1), len(labels)
    spread = yes - (rows**2 / inside.sum(axis=0)).sum(axis=1)
    asked = (yes >= LEAST) & (yes <= n - LEAST) & (spread > 1e-9)
    if not asked.any():
        return np.zeros(labels.shape[1])
    if direction:
        # a text has none; the last question is whether it is unknown, which has none either
        sums[:-1] = np.maximum(direction * sums[:-1], 0.0)
    return np.asarray((sums[asked] ** 2 / spread[asked, None]).mean(axis=0))


def _at_least(bins: Floats) -> Floats:
    """Bins (with unknown last) as sums over each bin and those above it; the lowest, which all known rows pass, is left out."""
    return np.vstack([np.cumsum(bins[:-1][::-1], axis=0)[::-1][1:], bins[-1:]])

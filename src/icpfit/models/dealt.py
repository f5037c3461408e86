"""Labels dealt anew among accounts: what the outcomes would be if they had nothing to do with the attributes."""

from __future__ import annotations

import numpy as np

from icpfit.models.matrix import Floats, Ints


def beside_its_period(label: Floats, period: Ints) -> Floats:
    """By how much each label is above the mean of its period: what is left when a rate that moves has been taken out.

    >>> beside_its_period(np.array([1.0, 0, 0, 0, 1]), np.array([0, 0, 0, 0, 1])).tolist()
    [0.75, -0.25, -0.25, -0.25, 0.0]
    """
    _, place, rows = np.unique(period, return_inverse=True, return_counts=True)
    return np.asarray(label - (np.bincount(place, label) / rows)[place])


def deal(left: Floats, account: Ints, period: Ints, draws: int, rng: np.random.Generator) -> Floats:
    """What is ``left`` of the labels (n,) given to other accounts, ``draws`` times: (n, draws).

    Accounts with one row trade within their period. Accounts with several rows trade all of theirs, in their order, with accounts
    that have as many, in whatever periods: so rows of one account, which tend to end alike, stay together.
    An account that has no partner keeps what it has, which can only make a test more cautious.

    >>> left, account, period = np.array([0.75, -0.25, 0.5, -0.5]), np.array([7, 7, 8, 8]), np.array([0, 1, 0, 1])
    >>> sorted(map(tuple, np.unique(deal(left, account, period, 50, np.random.default_rng(0)).T, axis=0).tolist()))
    [(0.5, -0.5, 0.75, -0.25), (0.75, -0.25, 0.5, -0.5)]
    """
    dealt = np.repeat(left[:, None], draws, axis=1)
    order = np.argsort(account, kind="stable")
    _, starts, sizes = np.unique(account[order], return_index=True, return_counts=True)
    for size in np.unique(sizes):
        bundles = order[starts[sizes == size][:, None] + np.arange(size)]
        among = period[bundles[:, 0]] if size == 1 else np.zeros(len(bundles), dtype=np.int64)
        for p in np.unique(among):
            rows = bundles[among == p]
            place = rng.permuted(np.tile(np.arange(len(rows)), (draws, 1)), axis=1)
            dealt[rows] = left[rows][place].transpose(1, 2, 0)
    return dealt

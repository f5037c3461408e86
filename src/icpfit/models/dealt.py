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
    """What is ``left`` of the labels (n,) dealt by lot, ``draws`` times: (n, draws).

    Accounts with one row trade within their period, which is exact. An account with several rows keeps what is left of them, and
    a lot decides whether all of it stands as it is or with the other sign: its rows tend to end alike and to look alike, its periods
    have rates of their own, and no other account need be like it. What an attribute tells has then as much
    room to differ by luck as it has in the data, and lots lean to neither side.
    A dealt column need not sum to 0 in a period, as what is left does.

    Source: the wild bootstrap of clusters: Cameron, Gelbach, Miller, "Bootstrap-based improvements for inference with clustered
    errors", 2008. It is exact where what is left is as likely above 0 as below; rates down to 5 % were measured (docs/decisions/0008).

    >>> left, account, period = np.array([0.75, -0.25, 0.5, -0.5]), np.array([7, 7, 8, 9]), np.array([0, 1, 0, 0])
    >>> sorted(map(tuple, np.unique(deal(left, account, period, 50, np.random.default_rng(0)).T, axis=0).tolist()))
    [(-0.75, 0.25, -0.5, 0.5), (-0.75, 0.25, 0.5, -0.5), (0.75, -0.25, -0.5, 0.5), (0.75, -0.25, 0.5, -0.5)]
    """
    _, code, rows = np.unique(account, return_inverse=True, return_counts=True)
    several = rows[code] > 1
    dealt = np.empty((len(left), draws))
    signs = rng.choice(np.array([-1.0, 1.0]), size=(len(rows), draws))
    dealt[several] = left[several, None] * signs[code[several]]
    for p in np.unique(period[~several]):
        trading = np.flatnonzero(~several & (period == p))
        dealt[trading] = rng.permuted(np.repeat(left[trading, None], draws, axis=1), axis=0)
    return dealt

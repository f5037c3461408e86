"""Labels dealt by lot: what the outcomes would be if they had nothing to do with the attributes."""

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
    """What is ``left`` of the labels (n,) beside their period, dealt by lot ``draws`` times: (n, draws).

    An account with several rows keeps what is left of them, and a lot decides whether all of it stands as it is or with the other
    sign: its rows tend to end alike and to look alike, its periods have rates of their own, and no other account need be like it. What
    an attribute tells has then as much room to differ by luck as it has in the data. An account pulls the mean of its period
    toward itself; what is left of its own mean is made as wide as if it had not.

    Accounts with one row trade within their period, which is exact where all are such. Where some have several, the mean of those
    with one is drawn as well, with the scatter of a rate of so many: customers who come back may win more than those who came once.

    A dealt column need not sum to 0 in a period, as what is left does.

    Source: the wild bootstrap of clusters, Cameron, Gelbach, Miller, "Bootstrap-based improvements for inference with clustered
    errors", 2008; residuals as in Bell, McCaffrey, "Bias reduction in standard errors for linear regression with multi-stage
    samples", 2002. What was measured stands in docs/decisions/0008.

    >>> left, account, period = np.array([0.75, -0.25, 0.5, -0.5]), np.array([7, 7, 8, 9]), np.array([0, 1, 2, 2])
    >>> sorted(map(tuple, np.unique(deal(left, account, period, 50, np.random.default_rng(0)).T, axis=0).tolist()))
    [(-0.75, 0.25, -0.5, 0.5), (-0.75, 0.25, 0.5, -0.5), (0.75, -0.25, -0.5, 0.5), (0.75, -0.25, 0.5, -0.5)]
    """
    accounts, code, rows = np.unique(account, return_inverse=True, return_counts=True)
    several = rows[code] > 1
    dealt = np.empty((len(left), draws))
    signs = rng.choice(np.array([-1.0, 1.0]), size=(len(accounts), draws))
    dealt[several] = _as_if_not_pulled(left, code, period)[several, None] * signs[code[several]]
    for p in np.unique(period[~several]):
        inside = period == p
        trading = np.flatnonzero(~several & inside)
        dealt[trading] = rng.permuted(np.repeat(left[trading, None], draws, axis=1), axis=0)
        if len(trading) < inside.sum():
            theirs = left[trading]
            lean = np.sqrt((theirs**2).mean() / len(trading))
            dealt[trading] += rng.normal(0.0, lean, size=draws) - theirs.mean()
    return dealt


def _as_if_not_pulled(left: Floats, account: Ints, period: Ints) -> Floats:
    """What is left, where an account's own mean in a period is as wide as if it had not pulled the period's mean toward itself."""
    _, place, rows = np.unique(period, return_inverse=True, return_counts=True)
    _, own, mine = np.unique(account * len(rows) + place, return_inverse=True, return_counts=True)
    share = mine[own] / rows[place]
    wider = np.where(share < 1, 1 - share, 1.0) ** -0.5  # alone in its period nothing is left of its mean
    return np.asarray(left + (np.bincount(own, left) / mine)[own] * (wider - 1))

"""Which attributes of the card the later deals bear out: did what older cards gave points for go with how these deals ended?

A card takes what told its own rows apart, luck included, so the rows that drew it cannot say whether a line of it is luck. Deals that an
older card had not seen can: the points that an attribute got from the cards of their own time are fixed before these deals end. Where an
older card tells the same story by another attribute (users in 30 days for users in 90), that one speaks for it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from icpfit.criteria.groups import FEW, Groups
from icpfit.criteria.shares import Bools, Floats, Ints, below, false_discoveries
from icpfit.scorecard.card import Attribute, Scorecard
from icpfit.scorecard.grouping import SAME_STORY
from icpfit.scorecard.lookup import bin_index
from icpfit.scorecard.past import PastRows

LEVEL = 0.05
"""Of all that is named, at most this share is luck (false discovery rate)."""
HALF = 0.5
"""of the later deals: an attribute that the cards of no more of them asked is new"""


@dataclass(frozen=True)
class BorneOut:
    """The names of attributes whose points went with winning (``won``), or told the best from those who left (``kept``); ``deals``: how
    many later ones were asked; ``new``: attributes that hardly any card of the past asked: the cards of at most half of the deals."""

    won: frozenset[str]
    kept: frozenset[str]
    deals: int
    new: frozenset[str] = frozenset()

    @property
    def either(self) -> frozenset[str]:
        return self.won | self.kept


def borne_out(card: Scorecard, past: PastRows, groups: Groups, *, forward: bool = True) -> BorneOut:
    """Asks every attribute of the card that gives points, Benjamini-Hochberg over all of it.

    ``past.row`` numbers the rows of ``groups.training``. A side of fewer than ``FEW`` accounts bears nothing out.

    Not ``forward``, the cards of the past are of groups of accounts, and each group helps to make the cards of the others: what luck gave
    in all of them has the same sign in each, and is what today's card was chosen by. So there luck is counted for either sign, and over
    all attributes that the card could have asked.
    """
    account, period = groups.counter.account[past.row], pd.factorize(past.period)[0].astype(np.int64)
    good, best, left = groups.good[past.row], groups.best[past.row], groups.left[past.row]
    everyone = np.ones(len(good), dtype=bool)
    told = {a.name: _by_older_cards(a, past, period, groups) for a in card.attributes if a.max_points > 0}
    older = {name: points for name, (points, _) in told.items()}
    tests: list[tuple[str, str, float]] = []
    unasked: list[float] = []
    for side, yes, among in (("won", good, everyone), ("kept", best, best | left)):
        if min(len(np.unique(account[rows])) for rows in (yes & among, ~yes & among)) < FEW:
            continue
        for name, points in older.items():
            chance = below(-agreement(points[among], yes[among], period[among], account[among]))
            tests.append((side, name, chance if forward else min(2 * chance, 1.0)))
        if not forward:
            unasked += [1.0] * (len(groups.training.specs) - len(older))
    held: dict[str, set[str]] = {"won": set(), "kept": set()}
    for (side, name, _), q in zip(tests, false_discoveries([*(p for *_, p in tests), *unasked]), strict=False):
        if q <= LEVEL:
            held[side].add(name)
    new = frozenset(name for name, (_, asked) in told.items() if asked <= HALF * len(past.row))
    return BorneOut(frozenset(held["won"]), frozenset(held["kept"]), len(past.row), new)


def _by_older_cards(attribute: Attribute, past: PastRows, period: Ints, groups: Groups) -> tuple[Floats, int]:
    """What the cards of the past gave for the attribute, or for another whose points go with its own, either way, in that period; and for
    how many deals there was a card that asked.

    Either way: to take only those of the same direction would choose by how the deals ended, which today's card knows.
    """
    worth = np.array([b.points for b in attribute.bins], dtype=np.float64)
    today = worth[bin_index(attribute.kind, attribute.bins, groups.training.frame[attribute.name].iloc[past.row])]
    total, asked = np.zeros(len(past.row)), np.zeros(len(past.row), dtype=bool)
    for name, points in past.parts.items():
        for p in range(int(period.max(initial=-1)) + 1):
            rows = period == p
            its_own = name == attribute.name and points[rows].any()
            if its_own or abs(_correlation(today[rows], points[rows])) >= SAME_STORY:
                total[rows] += points[rows]
                asked |= rows
    return total, int(asked.sum())


def _correlation(a: Floats, b: Ints | Floats) -> float:
    scale = float(a.std() * b.std())
    return float(((a - a.mean()) * (b - b.mean())).mean()) / scale if scale > 0 else 0.0


def agreement(points: Floats, yes: Bools, period: Ints, account: Ints) -> float:
    """By how many standard errors the rows that are ``yes`` have more points than the others of their period, accounts counted and not
    rows. 0 where nothing can be compared.

    The error is the larger of two: by what the accounts show, and by what they would show if nothing went with anything. The first
    alone finds little spread, and much certainty, where the few rows of fewer points were all lost, as by luck they often are.

    Source: Liang and Zeger, "Longitudinal data analysis using generalized linear models", 1986 (the score test, robust to clusters), and
    Mantel, "Chi-square tests with one degree of freedom: extensions of the Mantel-Haenszel procedure", 1963 (its variance without effect).

    >>> two = np.array([0, 0, 1, 1])
    >>> round(agreement(np.array([1.0, 0.0, 9.0, 8.0]), np.array([True, False, True, False]), two, np.arange(4)), 2)
    1.41
    >>> agreement(np.array([5.0, 5.0, 0.0, 0.0]), np.array([True, False, True, False]), two, np.arange(4))
    0.0
    """
    if not len(points):
        return 0.0
    rows = np.bincount(period).astype(np.float64)
    share, mean = (np.bincount(period, weights=v)[period] / rows[period] for v in (yes.astype(np.float64), points))
    more, good = points - mean, yes - share
    each = np.bincount(account, weights=more * good)
    spread = np.sqrt(share * (1 - share) * (rows / np.maximum(rows - 1, 1))[period])
    error = math.sqrt(max(float(each @ each), _by_luck(more, good, spread, account)))
    return float(each.sum()) / error if error > 0 else 0.0


def _by_luck(more: Floats, good: Floats, spread: Floats, account: Ints) -> float:
    """The variance of the sum of ``more * good`` were there nothing in it, with an account's rows as alike as those of all accounts are."""
    sum_of, sizes = more * spread, np.bincount(account).astype(np.float64)
    apart, together = float(sum_of @ sum_of), float((np.bincount(account, weights=sum_of) ** 2).sum())
    scaled = np.divide(good, spread, out=np.zeros_like(good), where=spread > 0)
    pairs = float((sizes * (sizes - 1)).sum())
    alike = (float((np.bincount(account, weights=scaled) ** 2).sum()) - float(scaled @ scaled)) / pairs if pairs else 0.0
    return apart + min(max(alike, 0.0), 1.0) * (together - apart)

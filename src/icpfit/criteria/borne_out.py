"""Which attributes of the card the later deals bear out: did what older cards gave points for go with how these deals ended?

A card takes what told its own rows apart, luck included, so the rows that drew it cannot say whether a line of it is luck. Deals that no
card had seen can: the points that an attribute got from the cards of their own time are fixed before these deals end. Where an older card
tells the same story by another attribute (users in 30 days for users in 90), that one speaks for it.
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


def borne_out(card: Scorecard, past: PastRows, groups: Groups) -> BorneOut:
    """Asks every attribute of the card that gives points, Benjamini-Hochberg over all of it.

    ``past.row`` numbers the rows of ``groups.training``. A side of fewer than ``FEW`` accounts bears nothing out.
    """
    account, period = groups.counter.account[past.row], pd.factorize(past.period)[0].astype(np.int64)
    good, best, left = groups.good[past.row], groups.best[past.row], groups.left[past.row]
    everyone = np.ones(len(good), dtype=bool)
    told = {a.name: _by_older_cards(a, past, period, groups) for a in card.attributes if a.max_points > 0}
    older = {name: points for name, (points, _) in told.items()}
    tests: list[tuple[str, str, float]] = []
    for side, yes, among in (("won", good, everyone), ("kept", best, best | left)):
        if min(len(np.unique(account[rows])) for rows in (yes & among, ~yes & among)) < FEW:
            continue
        for name, points in older.items():
            tests.append((side, name, below(-agreement(points[among], yes[among], period[among], account[among]))))
    held: dict[str, set[str]] = {"won": set(), "kept": set()}
    for (side, name, _), q in zip(tests, false_discoveries([p for *_, p in tests]), strict=True):
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

    Source: Liang and Zeger, "Longitudinal data analysis using generalized linear models", 1986 (the score test, robust to clusters).

    >>> two = np.array([0, 0, 1, 1])
    >>> round(agreement(np.array([1.0, 0.0, 9.0, 8.0]), np.array([True, False, True, False]), two, np.arange(4)), 2)
    2.0
    >>> agreement(np.array([5.0, 5.0, 0.0, 0.0]), np.array([True, False, True, False]), two, np.arange(4))
    0.0
    """
    if not len(points):
        return 0.0
    rows = np.bincount(period).astype(np.float64)
    share, mean = (np.bincount(period, weights=v)[period] / rows[period] for v in (yes.astype(np.float64), points))
    each = np.bincount(account, weights=(points - mean) * (yes - share))
    error = math.sqrt(float(each @ each))
    return float(each.sum()) / error if error > 0 else 0.0

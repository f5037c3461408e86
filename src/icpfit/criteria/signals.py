"""Must-haves and strong signals: what the lines of a card say of the best customers, of those who left, and of the deals lost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from icpfit.config import FeatureSpec
from icpfit.criteria.borne_out import LEVEL, BorneOut
from icpfit.criteria.groups import FEW, Groups
from icpfit.criteria.shares import Share, Times, false_discoveries, two_sided
from icpfit.scorecard.card import Attribute, Scorecard
from icpfit.scorecard.condition import Condition
from icpfit.scorecard.interactions import condition_of
from icpfit.scorecard.lookup import bin_index

NEARLY_ALL = 0.80
"""of the best customers must have a must-have: the trade says "nearly all", and one in five may be an exception"""
SURELY = 0.70
"""is the least that the low end of that share's interval may be: 8 of 10 customers are not yet nearly all"""
MOST = 0.50
"""of those who left, and of the deals lost, may have it at the most: it is "absent in most" of them"""
MIN_ROWS = 30
"""that a signal must hold for, and must not hold for"""


@dataclass(frozen=True)
class Signal:
    """A condition on one attribute of the card, and whom it holds for.

    ``points``: by how many points rows that meet it lie above those that do not, by this attribute alone. ``won`` is the share won
    (or stayed) of those who meet it, ``otherwise`` of the others, ``lift`` the one over the other. All shares are of rows whose value
    is known. ``has`` says for the best, for those who left and for the deals lost how many of them meet it; ``parted`` is how many
    times as common it is among the best as among those who left (None: too few left).
    """

    attribute: Attribute
    condition: Condition
    points: float
    won: Share
    otherwise: Share
    lift: Times
    has: dict[str, Share]
    parted: Times | None
    q_value: float = 1.0

    def values(self) -> dict[str, Any]:
        c = self.condition
        return {
            "feature": c.feature,
            "label": self.attribute.label,
            "words": c.words,
            "layer": self.attribute.layer,
            **({"low": c.low, "high": c.high} if not c.values else {"values": list(c.values)}),
            "points": round(self.points, 1),
            "met": self.won.values(),
            "otherwise": self.otherwise.values(),
            "lift": self.lift.values(),
            "has": {name: share.values() for name, share in self.has.items()},
            "best_over_left": None if self.parted is None else self.parted.values(),
            "q_value": self.q_value,
        }


@dataclass(frozen=True)
class Signals:
    """``primary``, the weightiest first; ``nearest``: what comes nearest to a must-have where there is none; ``secondary`` likewise;
    ``asked`` how many comparisons luck was counted for, of either; ``not_borne_out``: attributes of which these rows would have named
    one, and later deals did not bear it out."""

    primary: tuple[Signal, ...]
    secondary: tuple[Signal, ...]
    nearest: Signal | None = None
    asked: tuple[int, int] = (0, 0)
    enough: bool = True
    """whether there are enough of the best, and of those they must differ from"""
    not_borne_out: tuple[Attribute, ...] = ()


def find_signals(card: Scorecard, groups: Groups, later: BorneOut | None = None) -> Signals:
    """Must-haves and strong signals among the attributes of the card.

    A condition takes an attribute's lines from the one of most points on: its neighbours for a number, the next best texts of a
    category. So for each attribute there are few, and none is made to fit.

    *Primary*: the first, and smallest, that at least ``NEARLY_ALL`` of the best customers meet, if surely ``SURELY`` do, at most
    ``MOST`` of those who left and of the deals lost do, and the difference to either is beyond luck, counted over all attributes.
    *Secondary*: what is no must-have, and of which deals are won more often, or which more of the best have than of those who left,
    by intervals above 1 and beyond luck, counted over all that was tried; for each attribute the most telling one.

    Either is named only of an attribute that ``later`` deals bear out: a signal of winning by deals won, one of staying by the best and
    those who left, a must-have (or what comes nearest to one) by either. None: there are no later deals, and the rows that drew the card
    speak alone.
    """
    against = groups.against()
    enough = groups.counter.accounts(groups.best) >= FEW and bool(against)
    tried = {a.name: list(_signals(a, groups)) for a in card.attributes if a.max_points > 0}
    wide = {name: s for name, found in tried.items() if (s := next((x for x in found if x.has["best"].share >= NEARLY_ALL), None))}
    tests = [(name, two_sided(Times.of(s.has["best"], s.has[side]).z)) for name, s in wide.items() for side in against] if enough else []
    luck = dict.fromkeys(wide, 0.0)
    for (name, _), q in zip(tests, false_discoveries([p for _, p in tests]), strict=True):
        luck[name] = max(luck[name], q)
    must = [replace(s, q_value=luck[name]) for name, s in wide.items() if enough and luck[name] <= LEVEL and _must(s, tuple(against))]
    primary = [s for s in must if later is None or s.attribute.name in later.either]
    taken = {s.attribute.name for s in primary}
    rest = [s for name, found in tried.items() if name not in taken for s in found]
    secondary, asked = _strong(rest, later)
    named = taken | {s.attribute.name for s in secondary}
    here = [*must, *(_strong(rest, None)[0] if later is not None else ())]
    fallen = {s.attribute.name: s.attribute for s in here if s.attribute.name not in named}
    all_found = [s for name, found in tried.items() if later is None or name in later.either for s in found]
    nearest = min(all_found, key=lambda s: _short(s, tuple(against)), default=None) if enough and not primary else None
    return Signals(_ranked(primary), _ranked(secondary), nearest, (len(tests), asked), enough, tuple(fallen[n] for n in sorted(fallen)))


def _must(s: Signal, against: tuple[str, ...]) -> bool:
    return s.has["best"].low >= SURELY and all(s.has[side].share <= MOST and s.has["best"].share > s.has[side].share for side in against)


def _short(s: Signal, against: tuple[str, ...]) -> float:
    """By how much a condition falls short of a must-have, all its misses together."""
    miss = max(NEARLY_ALL - s.has["best"].share, 0.0) + sum(max(s.has[side].share - MOST, 0.0) for side in against)
    return miss if np.isfinite(miss) else float("inf")


def _strong(tried: list[Signal], later: BorneOut | None) -> tuple[list[Signal], int]:
    every = frozenset(s.attribute.name for s in tried)
    won, kept = (every, every) if later is None else (later.won, later.kept)
    tests = [(i, s.lift, won) for i, s in enumerate(tried)] + [(i, s.parted, kept) for i, s in enumerate(tried) if s.parted is not None]
    told: dict[str, tuple[float, Signal]] = {}
    for (i, t, held), q in zip(tests, false_discoveries([two_sided(t.z) for _, t, _ in tests]), strict=True):
        name = tried[i].attribute.name
        if name in held and t.low > 1 and q <= LEVEL and t.z > told.get(name, (0.0, None))[0]:
            told[name] = t.z, replace(tried[i], q_value=q)
    return [s for _, s in told.values()], len(tests)


def _ranked(found: list[Signal]) -> tuple[Signal, ...]:
    return tuple(sorted(found, key=lambda s: (-round(s.points), -s.lift.times, s.attribute.name)))


def _signals(attribute: Attribute, groups: Groups) -> Iterator[Signal]:
    """The attribute's conditions, from the narrowest on, that enough rows meet and enough do not."""
    column = groups.training.frame[attribute.name]
    spec = groups.training.spec(attribute.name)
    place = bin_index(attribute.kind, attribute.bins, column)
    points = np.array([b.points for b in attribute.bins], dtype=np.float64)[place]
    known = place != next(i for i, b in enumerate(attribute.bins) if b.unknown)
    sides = {"best": groups.best, "left": groups.left, "lost": groups.lost}
    for run in _runs(attribute):
        inside = np.isin(place, run)
        met, rest = inside & known, ~inside & known
        if min(groups.counter.accounts(met), groups.counter.accounts(rest)) < MIN_ROWS:
            continue
        has = {name: groups.counter.share(inside, side & known) for name, side in sides.items()}
        yield Signal(
            attribute,
            _condition(spec, attribute, run, column),
            float(points[met].mean() - points[rest].mean()),
            *(won := (groups.counter.share(groups.good, met), groups.counter.share(groups.good, rest))),
            Times.of(*won),
            has,
            Times.of(has["best"], has["left"]) if min(has["best"].accounts, has["left"].accounts) >= FEW and groups.lost.any() else None,
        )


def _runs(attribute: Attribute) -> Iterator[list[int]]:
    """Bins from the one of most points on, by position, until none is left out; ``unknown`` and ``any other`` are never in."""
    named = [i for i, b in enumerate(attribute.bins) if not b.unknown and not b.other]
    whole = sum(not b.unknown for b in attribute.bins)
    worth = [b.points for b in attribute.bins]
    run: list[int] = []
    while len(run) < len(named):
        near = [i for i in named if i not in run and (attribute.kind == "category" or not run or i in (min(run) - 1, max(run) + 1))]
        run = sorted([*run, max(near, key=lambda i: (worth[i], -i))])
        if len(run) < whole:
            yield run


def _condition(spec: FeatureSpec, attribute: Attribute, run: list[int], column: Any) -> Condition:
    if attribute.kind == "category":
        run = sorted(run, key=lambda i: -attribute.bins[i].points)
    return condition_of(spec, [attribute.bins[i] for i in run], column)

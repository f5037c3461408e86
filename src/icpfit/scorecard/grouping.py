"""Attributes that tell the same story share one row of the card; the clearest speaks for the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from icpfit.config import FeatureSpec
from icpfit.scorecard.reading import as_numbers, as_texts

Floats = npt.NDArray[np.float64]

SAME_STORY = 0.75
"""correlation, of attributions or of the values' ranks, from which two attributes are twins"""
CLEARER_BY = 0.02
"""a twin is preferred to the strongest only if its own value explains so much more of the group's attribution"""
_NEGLIGIBLE = 1e-9
_CELLS = 64


@dataclass(frozen=True, slots=True)
class Group:
    """One row of the card to be: the attribute that is shown, its twins, and the attribution of all together."""

    spec: FeatureSpec
    twins: tuple[FeatureSpec, ...]
    phi: Floats
    own_value_r2: float

    @property
    def strength(self) -> float:
        """Mean absolute attribution around its mean."""
        return float(np.abs(self.phi - self.phi.mean()).mean())


def own_value_r2(codes: npt.NDArray[np.int64], phi: Floats) -> float:
    """Share of the variance of ``phi`` that lies between the cells ``codes``; 1 where ``phi`` does not vary.

    >>> own_value_r2(np.array([0, 0, 1, 1]), np.array([1.0, 1.0, 3.0, 3.0]))
    1.0
    >>> own_value_r2(np.array([0, 1, 0, 1]), np.array([1.0, 1.0, 3.0, 3.0]))
    0.0
    """
    total = float(((phi - phi.mean()) ** 2).sum())
    if total <= _NEGLIGIBLE * len(phi):
        return 1.0
    n = np.bincount(codes)
    s = np.bincount(codes, weights=phi - phi.mean())
    return float(min(max((s**2 / np.maximum(n, 1)).sum() / total, 0.0), 1.0))


def value_cells(spec: FeatureSpec, column: pd.Series) -> npt.NDArray[np.int64]:
    """A code per row: the category, the number's own value, or one of 64 quantile cells of many; unknown is one more."""
    if spec.kind == "category":
        return as_texts(column)[0]
    numbers = as_numbers(column)
    known = numbers[~np.isnan(numbers)]
    distinct = np.unique(known)
    if len(distinct) > _CELLS:
        distinct = np.unique(np.sort(known)[np.arange(1, _CELLS) * len(known) // _CELLS])
    codes = np.searchsorted(distinct, numbers, side="right")
    return np.where(np.isnan(numbers), len(distinct) + 1, codes).astype(np.int64)


def group_twins(specs: tuple[FeatureSpec, ...], features: pd.DataFrame, phi: Mapping[str, Floats]) -> tuple[Group, ...]:
    """Groups in falling order of strength; attributes without attribution are left out.

    The strongest attribute takes in everything that correlates with it by at least ``SAME_STORY``, in
    attribution or in the rank of its values (rows where both are known), then the next strongest that is
    left, and so on. A group's attribution is the sum of its members'.
    """
    strength = {s.name: float(np.abs(phi[s.name] - phi[s.name].mean()).mean()) for s in specs}
    order = sorted((s for s in specs if strength[s.name] > _NEGLIGIBLE), key=lambda s: (-strength[s.name], s.name))
    stories = {s.name: _story(s, features[s.name], phi[s.name]) for s in order}
    cells = {s.name: value_cells(s, features[s.name]) for s in order}
    taken: set[str] = set()
    groups: list[Group] = []
    for leader in order:
        if leader.name in taken:
            continue
        members = [leader]
        for other in order:
            if other.name == leader.name or other.name in taken:
                continue
            if _tells_the_same(stories[leader.name], stories[other.name]):
                members.append(other)
        taken |= {m.name for m in members}
        together = np.sum([phi[m.name] for m in members], axis=0)
        clear = {m.name: own_value_r2(cells[m.name], together) for m in members}
        best = max(clear.values())
        shown = leader if clear[leader.name] >= best - CLEARER_BY else next(m for m in members if clear[m.name] == best)
        twins = tuple(m for m in members if m is not shown)
        groups.append(Group(shown, twins, together, own_value_r2(cells[shown.name], phi[shown.name])))
    return tuple(sorted(groups, key=lambda g: (-g.strength, g.spec.name)))


@dataclass(frozen=True, slots=True)
class _Around:
    """A column around its mean: made once, and compared with every other."""

    values: Floats
    squares: float

    @classmethod
    def mean_of(cls, column: Floats) -> _Around:
        values = column - column.mean()
        return cls(values, float(values @ values))

    def correlation(self, other: _Around) -> float:
        scale = float(np.sqrt(self.squares * other.squares))
        return float(self.values @ other.values) / scale if scale > _NEGLIGIBLE else 0.0


@dataclass(frozen=True, slots=True)
class _Story:
    """What an attribute tells: its attribution, and the ranks of its known numbers (NaN where unknown; categories have none)."""

    phi: _Around
    ranks: Floats | None
    known: npt.NDArray[np.bool_]
    rows: int
    """how many are known"""
    whole: _Around | None
    """the ranks where all are known"""


def _story(spec: FeatureSpec, column: pd.Series, phi: Floats) -> _Story:
    if spec.kind == "category":
        return _Story(_Around.mean_of(phi), None, np.zeros(len(phi), dtype=bool), 0, None)
    ranks = np.asarray(pd.Series(as_numbers(column)).rank(), dtype=np.float64)
    known = ~np.isnan(ranks)
    return _Story(_Around.mean_of(phi), ranks, known, int(known.sum()), _Around.mean_of(ranks) if known.all() else None)


def _tells_the_same(a: _Story, b: _Story) -> bool:
    if a.phi.correlation(b.phi) >= SAME_STORY:
        return True
    if a.ranks is None or b.ranks is None:
        return False
    if a.whole is not None and b.whole is not None and a.rows >= 20:
        return abs(a.whole.correlation(b.whole)) >= SAME_STORY
    both = a.known & b.known
    # Two attributes that are seldom known together say little of one another.
    if np.count_nonzero(both) < max(20, 0.5 * min(a.rows, b.rows)):
        return False
    return abs(_Around.mean_of(a.ranks[both]).correlation(_Around.mean_of(b.ranks[both]))) >= SAME_STORY

"""The deals of a company with what became of them, ready to be compared by segment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from icpfit.segments.traits import Trait

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Texts = npt.NDArray[np.object_]

FigureName = Literal["win_rate", "value", "cycle", "retention"]
FIGURES: tuple[FigureName, ...] = ("win_rate", "value", "cycle", "retention")
RATES = ("win_rate", "retention")
BETTER: dict[FigureName, int] = {"win_rate": 1, "value": 1, "cycle": -1, "retention": 1}
"""Which way is good: a cycle is better when it is shorter."""

FEWEST_OF_A_PERIOD = 40
"""Periods are taken together, in their order, until so many rows stand in each: a comparison within three rows tells little."""


@dataclass(frozen=True)
class SegmentDeals:
    """One entry per deal (or customer) in every array, in any order; each trait's values too.

    ``won``: 1, 0, NaN where it may not teach yet. ``value``: of a won deal, in money; NaN where unknown. ``cycle``: days from
    created to closed of a won deal. ``retained``: 1, 0, NaN where the horizon has not passed. ``period``: the cohort's number,
    rising with time. ``account``: a text per account.
    """

    traits: tuple[Trait, ...]
    account: Texts
    period: Ints
    won: Floats
    value: Floats
    cycle: Floats
    retained: Floats

    def __post_init__(self) -> None:
        n = len(self.won)
        lengths = {len(a) for a in (self.account, self.period, self.value, self.cycle, self.retained, *(t.values for t in self.traits))}
        if lengths - {n}:
            raise ValueError(f"every column has one entry per deal, {n}; got {sorted(lengths)}")
        if (~np.isnan(self.value) & ~(self.value > 0)).any():
            raise ValueError("a value is above 0 or unknown")

    def __len__(self) -> int:
        return len(self.won)

    @property
    def counted(self) -> npt.NDArray[np.bool_]:
        """Rows with any known outcome: those that a segment's count is of."""
        return ~np.isnan(self.won) | ~np.isnan(self.retained)


@dataclass(frozen=True)
class Figure:
    """One figure over the rows that have it, in an order of their content: neither a file's order nor an id changes a sum.

    ``y``: 0 or 1 of a rate; of an amount its logarithm (of days, of one day more). ``rows`` are places in the deals.
    ``account`` and ``stratum`` are codes.
    """

    name: FigureName
    rows: Ints
    y: Floats
    account: Ints
    stratum: Ints

    @property
    def is_rate(self) -> bool:
        return self.name in RATES

    @property
    def varies(self) -> bool:
        """Whether it can tell one deal from another."""
        return bool(self.y.min() < self.y.max())

    def __len__(self) -> int:
        return len(self.y)


def figures_of(deals: SegmentDeals) -> tuple[Figure, ...]:
    """The figures that the company has rows for, in the order of ``FIGURES``."""
    values: dict[FigureName, Floats] = {
        "win_rate": deals.won,
        "value": np.log(deals.value),
        "cycle": np.log1p(deals.cycle),
        "retention": deals.retained,
    }
    codes = [pd.factorize(t.values, sort=True, use_na_sentinel=True)[0] for t in deals.traits]
    out = []
    for name in FIGURES:
        y = values[name]
        rows = np.flatnonzero(~np.isnan(y))
        if not len(rows):
            continue
        rows = rows[np.lexsort([y[rows], *(c[rows] for c in codes), deals.period[rows]])]
        account = pd.factorize(deals.account[rows])[0].astype(np.int64)
        out.append(Figure(name, rows, y[rows] + 0.0, account, strata(deals.period[rows])))
    return tuple(out)


def strata(period: Ints) -> Ints:
    """Codes of stretches of time with at least ``FEWEST_OF_A_PERIOD`` rows each; the last, where short, joins the one before.

    >>> strata(np.array([1] * 39 + [2] * 2 + [3] * 45)).tolist() == [0] * 41 + [1] * 45
    True
    """
    distinct, counts = np.unique(period, return_counts=True)
    code, held, of = 0, 0, []
    for count in counts:
        of.append(code)
        held += count
        if held >= FEWEST_OF_A_PERIOD:
            code, held = code + 1, 0
    if held and code:
        of = [min(c, code - 1) for c in of]
    return np.array(of, dtype=np.int64)[np.searchsorted(distinct, period)]

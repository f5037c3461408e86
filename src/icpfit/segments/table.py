"""One table for every segment and pair of segments: who wins, what they pay, how long it takes and who stays, side by side."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from threadpoolctl import threadpool_limits

from icpfit.segments.compare import Compared, alike_within_accounts, compare
from icpfit.segments.deals import BETTER, Figure, FigureName, SegmentDeals, figures_of
from icpfit.segments.multiplicity import select
from icpfit.segments.traits import Trait

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Status = Literal["confirmed", "mixed", "flag", ""]

LEVELS = {1: 0.035, 2: 0.015}
"""The chance of any flag where nothing is true, shared by single segments and pairs: 5 % for the table as a whole (Bonferroni)."""
PAIR_ROWS = 30
"""deals of a pair that is worth a row"""
LEAST_ODDS = 1.2
"""A rate is not odd below this ratio of the odds, however sure: 25 % against 21.7 %."""
LEAST_RATIO = 1.1
"""An amount, or a number of days, is not odd below a tenth more or less."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One figure of one segment. Shares, money or days.

    ``value, low, high`` are partially pooled; ``counted`` is simply counted (share, median). ``against`` is the rest of the
    company, of a pair what its two parts together say. ``p``: None where too few rows stand on either side. ``leans``: 1 better, -1
    worse by at least the floor, 0 neither; ``odd``: the same where it is also told from chance.
    """

    rows: int
    hits: int | None
    counted: float
    value: float
    low: float
    high: float
    against: float | None
    p: float | None
    leans: int = 0
    odd: int = 0

    def __post_init__(self) -> None:
        if self.odd and (self.p is None or self.odd != self.leans):
            raise ValueError("what was not tested, or is no further off than the floor, is not odd")


@dataclass(frozen=True, slots=True)
class Row:
    """A segment, or a pair: ``of`` names its traits and values. ``q``: of the row among all of its kind, None without a test."""

    of: tuple[tuple[str, str], ...]
    label: str
    deals: int
    accounts: int
    cells: Mapping[FigureName, Cell]
    q: float | None = None

    @property
    def status(self) -> Status:
        """One odd figure is a flag; two or three that point the same way confirm each other; else they contradict."""
        odd = [c.odd for c in self.cells.values() if c.odd]
        if len(set(odd)) == 2:
            return "mixed"
        return "confirmed" if len(odd) > 1 else "flag" if odd else ""

    @property
    def direction(self) -> int:
        """1: better, -1: worse, 0: neither or both."""
        odd = {c.odd for c in self.cells.values() if c.odd}
        return odd.pop() if len(odd) == 1 else 0


@dataclass(frozen=True)
class Table:
    """``rows``: single segments by trait, then pairs; without a figure that is the same in every deal. ``overall``: of each figure the
    rows, the hits of a rate, and the share or median. ``alike``: how alike two rows of one account are, by figure.
    """

    rows: tuple[Row, ...]
    overall: Mapping[FigureName, tuple[int, int | None, float]]
    alike: Mapping[FigureName, float]

    def tested(self, traits: int) -> tuple[int, int]:
        """(rows, comparisons) that were judged among single segments (1) or pairs (2)."""
        cells = [[c for c in r.cells.values() if c.p is not None] for r in self.rows if len(r.of) == traits]
        return sum(1 for c in cells if c), sum(len(c) for c in cells)


def segment_table(deals: SegmentDeals) -> Table:
    """Every segment of every trait, and every pair of segments of two traits with at least ``PAIR_ROWS`` deals.

    Each figure is tested within stretches of time, accounts taken together. A single segment is asked whether it differs from
    the rest of the company, a pair only for what exceeds the sum of its parts: so the thousands of pairs do not repeat what
    the single segments said, and each kind is a family of its own. Which rows are told, and which of their figures, is
    decided by :func:`icpfit.segments.multiplicity.select`. A figure is odd where it is told, at least the floor away
    (``LEAST_ODDS``, ``LEAST_RATIO``), and its pooled value lies on the side that the test says.

    The same for any order of the deals and any ids.
    """
    # thousands of small matrices: several threads would only wait for each other, and add up in another order
    with threadpool_limits(1, "blas"):
        return _table(deals)


def _table(deals: SegmentDeals) -> Table:
    known = figures_of(deals)
    figures = tuple(f for f in known if f.varies)
    alike = {f.name: alike_within_accounts(f) for f in figures}
    codes = [_codes(t) for t in deals.traits]
    counted, who = deals.counted, pd.factorize(deals.account)[0].astype(np.int64)
    rows: list[Row] = []
    for trait, code in zip(deals.traits, codes, strict=True):
        names = [((trait.name, v),) for v in trait.shown]
        labels = [trait.words(v) for v in trait.shown]
        rows += _rows(deals, figures, alike, code, names, labels, counted, who, ())
    for (a, first), (b, second) in combinations(zip(deals.traits, codes, strict=True), 2):
        rows += _pair_rows(deals, figures, alike, (a, first), (b, second), counted, who)
    told = [r for traits in (1, 2) for r in _judged([r for r in rows if len(r.of) == traits], LEVELS[traits])]
    return Table(tuple(told), {f.name: _overall(f) for f in known}, alike)


def _codes(trait: Trait) -> Ints:
    """The place of each row's value among those shown, one more for a rarer value, -1 where it is unknown."""
    place = {v: i for i, v in enumerate(trait.shown)}
    return np.array([-1 if v is None else place.get(v, len(place)) for v in trait.values], dtype=np.int64)


def _pair_rows(
    deals: SegmentDeals,
    figures: tuple[Figure, ...],
    alike: Mapping[FigureName, float],
    one: tuple[Trait, Ints],
    other: tuple[Trait, Ints],
    counted: npt.NDArray[np.bool_],
    who: Ints,
) -> list[Row]:
    (a, first), (b, second) = one, other
    width = len(b.shown) + 1
    both = np.where((first >= 0) & (second >= 0), first * width + second, -1)
    inside = counted & (both >= 0)
    seen = np.bincount(both[inside], minlength=(len(a.shown) + 1) * width)
    of_first, of_second = np.bincount(first[inside], minlength=len(a.shown) + 1), np.bincount(second[inside], minlength=width)
    kept = [
        (i, j)
        for i in range(len(a.shown))
        for j in range(len(b.shown))
        # a country in its region is the country again
        if seen[i * width + j] >= PAIR_ROWS and seen[i * width + j] < min(of_first[i], of_second[j])
    ]
    if not kept:
        return []
    place = np.full((len(a.shown) + 1) * width, len(kept), dtype=np.int64)
    place[[i * width + j for i, j in kept]] = np.arange(len(kept))
    code = np.where(both >= 0, place[both], -1)
    names = [((a.name, a.shown[i]), (b.name, b.shown[j])) for i, j in kept]
    labels = [f"{a.words(a.shown[i])}, {b.words(b.shown[j])}" for i, j in kept]
    return _rows(deals, figures, alike, code, names, labels, counted, who, (first, second))


def _rows(
    deals: SegmentDeals,
    figures: tuple[Figure, ...],
    alike: Mapping[FigureName, float],
    code: Ints,
    names: Sequence[tuple[tuple[str, str], ...]],
    labels: list[str],
    counted: npt.NDArray[np.bool_],
    who: Ints,
    parts: tuple[Ints, ...],
) -> list[Row]:
    n = len(names)
    inside = counted & (code >= 0)
    rows = np.bincount(code[inside], minlength=n + 1)
    different = np.unique(code[inside] * len(deals) + who[inside]) // len(deals)
    accounts = np.bincount(different, minlength=n + 1)
    found: dict[FigureName, list[Cell | None]] = {}
    for figure in figures:
        own = code[figure.rows]
        compared = compare(figure, own, n, [p[figure.rows] for p in parts], alike[figure.name])
        found[figure.name] = _cells(figure, own, compared, n)
    return [
        Row(names[i], labels[i], int(rows[i]), int(accounts[i]), {f: c for f, cells in found.items() if (c := cells[i]) is not None})
        for i in range(n)
        if rows[i]
    ]


def _cells(figure: Figure, code: Ints, compared: Compared, n: int) -> list[Cell | None]:
    medians = _medians(figure, code, compared.rows)
    p, shown = compared.p, _scale(figure)
    out: list[Cell | None] = []
    for i in range(n):
        rows = int(compared.rows[i])
        if not rows:
            out.append(None)
            continue
        against = float(compared.against[i])
        out.append(
            Cell(
                rows=rows,
                hits=round(float(compared.sums[i])) if figure.is_rate else None,
                counted=float(compared.sums[i]) / rows if figure.is_rate else shown(medians[i]),
                value=shown(float(compared.value[i])),
                low=shown(float(compared.low[i])),
                high=shown(float(compared.high[i])),
                against=None if np.isnan(against) else shown(against),
                p=None if np.isnan(p[i]) else float(p[i]),
                leans=_leans(figure, compared, i),
            )
        )
    return out


def _leans(figure: Figure, compared: Compared, i: int) -> int:
    """Which way the pooled figure lies, where it is at least the floor away and the test points the same way."""
    value, against, z = (float(v[i]) for v in (compared.value, compared.against, compared.z))
    if np.isnan(against) or np.isnan(z):
        return 0
    if figure.is_rate:
        off = _log_odds(value) - _log_odds(against)
        floor = np.log(LEAST_ODDS)
    else:
        off, floor = value - against, np.log(LEAST_RATIO)
    return int(np.sign(off)) * BETTER[figure.name] if abs(off) >= floor and np.sign(off) == np.sign(z) else 0


def _log_odds(rate: float) -> float:
    rate = min(max(rate, 1e-6), 1 - 1e-6)
    return float(np.log(rate / (1 - rate)))


def _judged(rows: list[Row], level: float) -> list[Row]:
    """The rows with what is odd in them, by all the comparisons of their kind."""
    asked = [[f for f, c in r.cells.items() if c.p is not None] for r in rows]
    q, told = select([[r.cells[f].p or 0.0 for f in names] for r, names in zip(rows, asked, strict=True)], level)
    out = []
    for i, (row, names) in enumerate(zip(rows, asked, strict=True)):
        odd = {f: row.cells[f].leans for f, yes in zip(names, told[i], strict=True) if yes}
        cells = {f: replace(c, odd=odd.get(f, 0)) for f, c in row.cells.items()}
        out.append(replace(row, cells=cells, q=float(q[i]) if names else None))
    return out


def _overall(figure: Figure) -> tuple[int, int | None, float]:
    if figure.is_rate:
        return len(figure), round(float(figure.y.sum())), float(figure.y.mean())
    return len(figure), None, _scale(figure)(float(np.median(figure.y)))


def _medians(figure: Figure, code: Ints, rows: Ints) -> list[float]:
    if figure.is_rate:
        return []
    order = np.lexsort((figure.y, code))
    first = np.searchsorted(code[order], np.arange(len(rows)))
    return [float(np.median(figure.y[order[a : a + n]])) if n else float("nan") for a, n in zip(first, rows, strict=True)]


def _scale(figure: Figure) -> Callable[[float], float]:
    """From the scale of ``Figure.y`` to shares, money and days."""
    if figure.name == "value":
        return lambda v: float(np.exp(v))
    return (lambda v: max(0.0, float(np.expm1(v)))) if figure.name == "cycle" else float

"""What no single feature shows: correlations that change, and many small shifts together.

Everything is made of sums over the rows of one side (of normal scores, their squares and products), which permutations give at once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import stats

from icpfit.drift.columns import Column

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

KNOWN_SHARE = 0.2
"""of the error rate of the correlations, for those that there are: by the fourth power of a pair's correlation over both sides. What goes
together is what can come apart; the rest is for all pairs alike."""
TINY = 1e-9
PAIRS_AT_ONCE = 500
"""of which all draws stand in memory in several forms"""


def normal_scores(columns: list[Column], chosen: tuple[Ints, Ints]) -> Floats:
    """Every column as normal scores of its ranks over both sides, the reference's rows first; gaps in the middle, levels by frequency."""
    matrix = np.zeros((len(chosen[0]) + len(chosen[1]), len(columns)))
    for j, column in enumerate(columns):
        both = np.concatenate([column.reference[chosen[0]], column.current[chosen[1]]])
        known = ~np.isnan(both)
        values = both[known]
        if column.levels and len(values):
            counts = np.bincount(values.astype(np.int64), minlength=column.levels)
            place = np.empty(column.levels)
            place[np.lexsort((np.arange(column.levels), -counts))] = np.arange(column.levels)
            values = place[values.astype(np.int64)]
        if len(values) > 1:
            matrix[known, j] = stats.norm.ppf((stats.rankdata(values) - 0.5) / len(values))
    return matrix


@dataclass(frozen=True)
class Moments:
    """Sums over one side's rows, one line per draw: (draws, p) of the scores and of their squares, (draws, pairs) of their products, each
    pair being the features ``a`` and ``b``."""

    rows: int
    first: Floats
    second: Floats
    products: Floats
    a: Ints
    b: Ints

    @classmethod
    def read(cls, sums: Floats, features: int, rows: int) -> Moments:
        return cls(rows, sums[:, :features], sums[:, features : 2 * features], sums[:, 2 * features :], *pairs(features))

    def of(self, block: slice) -> Moments:
        """Of some of the pairs."""
        return replace(self, products=self.products[:, block], a=self.a[block], b=self.b[block])

    def rest(self, all_rows: Moments) -> Moments:
        """Of the other side."""
        first, second, products = all_rows.first - self.first, all_rows.second - self.second, all_rows.products - self.products
        return Moments(all_rows.rows - self.rows, first, second, products, self.a, self.b)

    def correlations(self) -> Floats:
        """(draws, pairs); 0 where a feature does not vary."""
        a, b = self.a, self.b
        mean = self.first / self.rows
        spread = np.sqrt(np.maximum(self.second / self.rows - mean**2, 0.0))
        scale = spread[:, a] * spread[:, b]
        together = self.products / self.rows - mean[:, a] * mean[:, b]
        return np.asarray(np.clip(np.divide(together, scale, out=np.zeros_like(together), where=scale > TINY), -0.999, 0.999))


def pairs(features: int) -> tuple[Ints, Ints]:
    a, b = np.triu_indices(features, k=1)
    return a.astype(np.int64), b.astype(np.int64)


def moment_columns(scores: Floats) -> Floats:
    """(rows, p + p + pairs): what has to be added up."""
    a, b = pairs(scores.shape[1])
    return np.hstack([scores, scores**2, scores[:, a] * scores[:, b]])


def moments_of(scores: Floats) -> Moments:
    """One line: the sums over all of these rows, without the products of each row standing in memory."""
    crossed = scores.T @ scores
    a, b = pairs(scores.shape[1])
    return Moments(len(scores), scores.sum(axis=0)[None], np.diag(crossed)[None].copy(), crossed[a, b][None], a, b)


@dataclass(frozen=True)
class Pairs:
    """``score`` (draws,): the smallest weighted p-value of a changed correlation; row 0 as observed. ``at``: the pair that has it then,
    with its correlation ``before`` and ``now``. ``larger``: the surest of those that matter, where the surest of all does not.
    ``spread`` and ``weight`` are of every pair: of its change by chance alone (Fisher's scale) and in the family."""

    score: Floats
    at: tuple[int, int]
    before: float
    now: float
    spread: Floats
    weight: Floats
    larger: Pairs | None = None

    @property
    def effect(self) -> float:
        return abs(self.now - self.before)

    def found(self, change: float, critical: float, wider: float = 1.0) -> float:
        """How often a correlation that moves by ``change`` would score ``critical`` or less, in the mean of all pairs; ``wider``: by how
        much more chance moves it among other rows than these."""
        beyond = stats.norm.isf(np.clip(critical * self.weight, 0.0, 1.0) / 2)
        return float(stats.norm.cdf(np.arctanh(change) / (wider * self.spread) - beyond).mean())


def changed_pairs(
    drawn: Moments, everyone: Moments, reference: Moments, current: Moments, *, few_is_current: bool, floor: float
) -> Pairs | None:
    """Fisher's transform of each correlation, the change between the sides in units of its spread over the permutations.

    ``drawn``: the smaller side in every draw, the first as observed, out of ``everyone``; ``reference`` and ``current``: all rows that
    were seen, which are more than was drawn from where there are very many. ``floor``: the least change that matters. None where no two
    features vary.
    Source: Westfall and Young, 1993 (the largest change, step one).
    """
    blocks = [slice(start, start + PAIRS_AT_ONCE) for start in range(0, len(drawn.a), PAIRS_AT_ONCE)]

    def changes(block: slice) -> Floats:
        few, everybody = drawn.of(block), everyone.of(block)
        return np.asarray(np.arctanh(few.correlations()) - np.arctanh(few.rest(everybody).correlations()))

    before, now = reference.correlations()[0], current.correlations()[0]
    seen = np.arctanh(now) - np.arctanh(before)
    spread = np.concatenate([np.sqrt((changes(block) ** 2).mean(axis=0)) for block in blocks])
    usable = np.flatnonzero(spread > TINY)
    if not len(usable):
        return None
    narrower = np.sqrt((1 / reference.rows + 1 / current.rows) / (1 / drawn.rows + 1 / (everyone.rows - drawn.rows)))
    whole = reference.rows + current.rows == everyone.rows
    known = everyone.correlations()[0][usable] ** 4
    weight = (1 - KNOWN_SHARE) / len(usable) + KNOWN_SHARE * (known / known.sum() if known.sum() > 0 else 1 / len(usable))
    share = np.zeros(len(spread))
    share[usable] = weight
    least, observed = np.full(len(drawn.products), np.inf), np.full(len(spread), np.inf)
    for block in blocks:
        change, inside = changes(block), share[block] > 0
        if not whole:
            change[0] = seen[block] / narrower * (1 if few_is_current else -1)
        surprise = 2 * stats.norm.sf(np.abs(change[:, inside]) / spread[block][inside]) / share[block][inside]
        observed[np.arange(len(spread))[block][inside]] = surprise[0]
        least = np.minimum(least, surprise.min(axis=1, initial=np.inf))

    def at(pair: int) -> Pairs:
        score = np.concatenate([observed[pair : pair + 1], least[1:]])
        as_seen = spread[usable] * (1 if whole else narrower)
        return Pairs(score, (int(drawn.a[pair]), int(drawn.b[pair])), float(before[pair]), float(now[pair]), as_seen, np.asarray(weight))

    surest = at(int(np.argmin(observed)))
    large = usable[np.abs(now - before)[usable] >= floor]
    if surest.effect >= floor or not len(large):
        return surest
    return replace(surest, larger=at(int(large[np.argmin(observed[large])])))


@dataclass(frozen=True)
class Whole:
    """``score`` (draws,): the negative mean square of the features' moves in standard errors. ``effect``: the root mean square of the moves
    in standard deviations. ``by_chance`` (draws, features): the moves of the permutations, ``rows``: of either side, all of them."""

    score: Floats
    effect: float
    by_chance: Floats
    rows: tuple[int, int]

    def found(self, step: float, critical: float, current: int) -> float:
        """How often ``step`` standard deviations in every feature would score ``critical`` or less among so many current rows."""
        moved = self.by_chance + step / np.sqrt(1 / self.rows[0] + 1 / max(current, 1))
        return float((-(moved**2).mean(axis=1) <= critical).mean())


def moved_together(drawn: Moments, everyone: Moments, reference: Moments, current: Moments) -> Whole:
    """Many small shifts at once."""
    mean = everyone.first / everyone.rows
    variance = np.maximum(everyone.second / everyone.rows - mean**2, 0.0)
    few, rest = drawn.rows, everyone.rows - drawn.rows
    error = np.sqrt(variance * few * rest / max(everyone.rows - 1, 1))
    moved = np.divide(drawn.first - few * mean, error, out=np.zeros_like(drawn.first), where=error > TINY)
    step = current.first[0] / current.rows - reference.first[0] / reference.rows
    spread = np.sqrt(variance[0])
    steps = np.divide(step, spread, out=np.zeros_like(step), where=spread > TINY)
    score = -(moved**2).mean(axis=1)
    if reference.rows + current.rows != everyone.rows:
        score[0] = -float((steps**2).mean()) / (1 / reference.rows + 1 / current.rows)
    return Whole(score, float(np.sqrt((steps**2).mean())), moved[1:], (reference.rows, current.rows))

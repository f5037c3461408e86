"""Two tables of features: which features, which gaps, which dependences moved?"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from icpfit.drift import joint
from icpfit.drift.cells import GAP_WEIGHT, Cells, cut, gap, gap_surprise
from icpfit.drift.columns import Column, any_order, read_column
from icpfit.drift.family import Answers, answer, ranks, single_p
from icpfit.drift.finding import Finding
from icpfit.drift.said import FLOOR_CORRELATION, feature_finding, missingness_finding, pairs_finding, untold_feature, whole_finding, without
from icpfit.drift.split import Split, sums, thinned

SHARES = {"features": 0.70, "correlations": 0.25, "whole": 0.05}
"""How the call's alpha is shared: features and gaps, correlations, and all together."""

MIN_ROWS = 20
DRAWS = 999
FINER_BELOW = 0.04
"""An alpha that takes more draws to tell."""
MOST_ROWS, LEAST_ROWS, MOST_CELLS = 8_000, 2_000, 200_000
"""Rows of both sides on which chance is drawn, by how many features there are: beyond, what is compared in standard errors no longer
changes."""
FEW_DRAWN = 400
"""Known rows among those that chance is drawn on below which a column is dealt by itself, with all its rows."""
MOST_SEEN = 100_000
"""rows of both sides whose correlations are looked at"""

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]


def compare(reference: pd.DataFrame, current: pd.DataFrame, *, alpha: float = 0.05, seed: int = 0) -> list[Finding]:
    """Findings for each feature, for missingness, for correlations and for the whole.

    Numbers: Anderson and Darling's test. Levels (categories, texts, flags): chi-squared. Gaps: a test of shares for each feature that
    has any. Correlations: the largest change of a rank correlation. The whole: the mean square of all moves. All are asked of the same
    permutations of which row is of which side, weighted Benjamini-Hochberg over features and gaps, so that with no change at most the
    share ``alpha`` of calls raises any alarm, at any number of rows; an alarm needs an effect that matters beside it. The order of the
    rows changes nothing.

    Args:
        reference, current: the same columns; numbers, times, bool, text or ``category``; NaN or None = missing.
            What ``current`` has beyond them is passed over.

    Raises:
        ValueError: a column is missing from ``current``, stands twice, or has times on one side and numbers on the other; ``alpha`` is
            not between 0 and 1.

    >>> compare(pd.DataFrame({"a": [1.0, 2.0]}), pd.DataFrame({"a": [3.0]}))[0].words
    'a: cannot tell; 1 value is known now and 2 before, and 20 are needed on each side'
    """
    _check(reference, current, alpha)
    columns = [read_column(str(c), reference[c], current[c]) for c in reference.columns]
    sizes = len(reference), len(current)
    if min(sizes) < MIN_ROWS or not columns:
        few = [untold_feature(c, MIN_ROWS) for c in columns]
        return [*few, *(without(kind, sizes, len(columns), MIN_ROWS) for kind in ("missingness", "correlations", "whole"))]
    rng = np.random.default_rng([seed, 0])
    seen = thinned((any_order(columns, "reference"), any_order(columns, "current")), MOST_SEEN, rng)
    drawn = thinned(seen, min(max(MOST_CELLS // len(columns), LEAST_ROWS), MOST_ROWS), rng)
    asked = _ask(columns, Split(*drawn, sum(sizes), _draws(alpha), seed), seen)
    found = _answers(asked, asked.pairs, alpha)
    larger = asked.pairs.larger if asked.pairs is not None else None
    if larger is not None and found.parts["correlations"] <= alpha:  # a change that is sure but small must not hide one that matters
        again = _answers(asked, larger, alpha)
        if again.parts["correlations"] <= alpha:
            asked, found = replace(asked, pairs=larger), again
    return _told(columns, asked, found, sizes, alpha)


@dataclass(frozen=True)
class _Asked:
    """``many`` (draws, questions): p-values of the features in ``tested``, then of the gaps in ``gapped``, in their order."""

    tested: tuple[int, ...]
    gapped: tuple[int, ...]
    many: Floats
    weights: Floats
    statistics: tuple[float, ...]
    pairs: joint.Pairs | None
    whole: joint.Whole


def _ask(columns: list[Column], split: Split, seen: tuple[Ints, Ints]) -> _Asked:
    tested = tuple(i for i, c in enumerate(columns) if min(len(side) for side in c.known) >= MIN_ROWS)
    gapped = tuple(i for i, c in enumerate(columns) if sum(len(side) for side in c.known) < len(c.reference) + len(c.current))
    cells = [cut(columns[i], split.few / split.out_of) for i in tested]
    flags = [_one_hot(c, split) for c in cells]
    gaps = np.zeros((split.rows, len(gapped)), dtype=np.float32)
    for k, i in enumerate(gapped):
        gaps[:, k] = np.isnan(_rows(columns[i], split))
    scores = joint.normal_scores(columns, seen)
    drawn_from = scores[_within(split, seen)]
    added, moments = sums(split, [*flags, gaps], joint.moment_columns(drawn_from))

    many: list[Floats] = []
    statistics: list[float] = []
    small = 1 if split.current_is_smaller else 0
    for one, counts, flag in zip(cells, added, flags, strict=False):
        statistic, p = one.surprise(counts, flag.sum(axis=0, dtype=np.float64))
        if not split.whole:
            seen_rows, totals = one.counts[small][None], one.counts.sum(axis=0)
            if flag.sum() < FEW_DRAWN:
                rng = np.random.default_rng([split.seed, 2, len(many)])
                dealt = rng.multivariate_hypergeometric(totals, int(seen_rows.sum()), size=split.draws)
                statistic, p = one.surprise(np.vstack([seen_rows, dealt]).astype(np.float64), totals.astype(np.float64))
            else:
                as_it_is, own = one.surprise(seen_rows.astype(np.float64), totals.astype(np.float64))
                statistic[0], p[0] = as_it_is[0], own[0]
        many.append(p)
        statistics.append(float(statistic[0]))
    for k, i in enumerate(gapped):
        missing, everywhere = added[-1][:, k], int(gaps[:, k].sum())
        p = gap_surprise(missing, split.few, everywhere, split.rows)
        if not split.whole:
            sides = [columns[i].reference, columns[i].current]
            absent = [int(np.isnan(side).sum()) for side in sides]
            p[0] = gap_surprise(np.array([float(absent[small])]), len(sides[small]), sum(absent), sum(len(s) for s in sides))[0]
        many.append(p)
    reference, current = (joint.moments_of(part) for part in np.split(scores, [len(seen[0])]))
    everyone = joint.moments_of(drawn_from)
    few = joint.Moments.read(moments, len(columns), split.few)
    at = (few, everyone, reference, current)
    return _Asked(
        tested,
        gapped,
        np.column_stack(many) if many else np.zeros((split.draws + 1, 0)),
        np.array([*(c.weight for c in cells), *([GAP_WEIGHT] * len(gapped))]),
        tuple(statistics),
        joint.changed_pairs(*at, few_is_current=split.current_is_smaller, floor=FLOOR_CORRELATION) if len(columns) > 1 else None,
        joint.moved_together(*at),
    )


def _answers(asked: _Asked, pairs: joint.Pairs | None, alpha: float) -> Answers:
    others = {"whole": asked.whole.score} | ({"correlations": pairs.score} if pairs is not None else {})
    return answer(asked.many, asked.weights, others, SHARES, alpha)


def _told(columns: list[Column], asked: _Asked, found: Answers, sizes: tuple[int, int], alpha: float) -> list[Finding]:
    findings: dict[int, Finding] = {}
    for k, i in enumerate(asked.tested):
        p, weight = single_p(asked.many[:, k]), float(asked.weights[k] / asked.weights.mean())
        findings[i] = feature_finding(
            columns[i], asked.statistics[k], p, found.single[k], gap(columns[i]), alpha=alpha, level=found.level * weight
        )
    ordered = [findings.get(i) or untold_feature(c, MIN_ROWS) for i, c in enumerate(columns)]
    first = len(asked.tested)
    gaps = [(columns[i], single_p(asked.many[:, first + k]), found.single[first + k]) for k, i in enumerate(asked.gapped)]
    ordered.append(missingness_finding(gaps, sizes, alpha=alpha, level=found.level))
    if asked.pairs is None:
        ordered.append(without("correlations", sizes, len(columns), MIN_ROWS))
    else:
        names = columns[asked.pairs.at[0]].name, columns[asked.pairs.at[1]].name
        ordered.append(pairs_finding(asked.pairs, names, float(ranks(asked.pairs.score)[0]), found, sizes, alpha))
    moved = [f.subject for f in ordered if f.alarm and f.code == "DRIFT-FEATURE"]
    ordered.append(whole_finding(asked.whole, float(ranks(asked.whole.score)[0]), found, sizes, alpha, moved))
    return ordered


def _draws(alpha: float) -> int:
    return max(DRAWS if alpha >= FINER_BELOW else 2 * DRAWS + 1, math.ceil(20 / alpha))


def _check(reference: pd.DataFrame, current: pd.DataFrame, alpha: float) -> None:
    if not 0 < alpha < 1:
        raise ValueError(f"alpha is a share of calls between 0 and 1, got {alpha}")
    absent = [c for c in reference.columns if c not in current.columns]
    if absent:
        raise ValueError(f"current has no column {absent[0]!r} ({len(absent)} missing)")
    twice = reference.columns[reference.columns.duplicated()].tolist() or [c for c in reference.columns if (current.columns == c).sum() > 1]
    if twice:
        raise ValueError(f"the column {twice[0]!r} stands there twice")


def _rows(column: Column, split: Split) -> Floats:
    return np.concatenate([column.reference[split.reference], column.current[split.current]])


def _one_hot(cells: Cells, split: Split) -> Flags:
    placed = cells.place(_rows(cells.column, split))
    flags = np.zeros((len(placed), cells.counts.shape[1]), dtype=np.float32)
    known = placed >= 0
    flags[np.flatnonzero(known), placed[known]] = 1.0
    return flags


def _within(split: Split, seen: tuple[Ints, Ints]) -> Ints:
    """Where the rows that chance is drawn on stand among those that are seen."""
    parts = []
    for mine, theirs, start in ((split.reference, seen[0], 0), (split.current, seen[1], len(seen[0]))):
        sorter = np.argsort(theirs)
        parts.append(sorter[np.searchsorted(theirs, mine, sorter=sorter)] + start)
    return np.concatenate(parts)

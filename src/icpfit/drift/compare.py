"""Two tables of features: which features, which gaps, which dependences moved?"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from icpfit.drift.columns import Column, read_column
from icpfit.drift.finding import Finding
from icpfit.drift.joint import correlation_finding, normal_scores, whole_finding

SPLIT = {"marginal": 0.70, "correlation": 0.18, "whole": 0.09}
"""How the call's alpha is shared; Bonferroni over the three, Benjamini-Hochberg inside the first. A little is kept
back: scaling each side on its own makes the correlation test slightly liberal (1.2 % of 1,500 calls at 1 %)."""

FLOOR = 0.05
"""An effect below this is not acted on, however sure it is: at a million rows everything is significant."""

MIN_ROWS = 20
MIN_EXPECTED = 5.0


def compare(reference: pd.DataFrame, current: pd.DataFrame, *, alpha: float = 0.05, seed: int = 0) -> list[Finding]:
    """Findings for each feature, for missingness, for correlations and for the whole.

    Numbers: Kolmogorov-Smirnov. Categories and flags: chi-squared on the contingency table, rare levels
    together. Missingness: Fisher's exact test on each feature, in one
    Benjamini-Hochberg family with the features. Correlations and the whole: permutation. ``alpha`` holds
    for the call: with no change at most that share of calls raises any alarm. The order of the rows
    changes nothing.

    Args:
        reference, current: the same columns; numbers, times, bool, text or ``category``; NaN or None = missing.
            What ``current`` has beyond them is passed over.

    Raises:
        ValueError: a column is missing from ``current``, or stands twice; ``alpha`` is not between 0 and 1.

    >>> compare(pd.DataFrame({"a": [1.0, 2.0]}), pd.DataFrame({"a": [3.0]}))[0].words
    'a: cannot tell; 1 value is known now and 2 before, and 20 are needed on each side'
    """
    if not 0 < alpha < 1:
        raise ValueError(f"alpha is a share of calls between 0 and 1, got {alpha}")
    absent = [c for c in reference.columns if c not in current.columns]
    if absent:
        raise ValueError(f"current has no column {absent[0]!r} ({len(absent)} missing)")
    twice = reference.columns[reference.columns.duplicated()].tolist() or [c for c in reference.columns if (current.columns == c).sum() > 1]
    if twice:
        raise ValueError(f"the column {twice[0]!r} stands there twice")
    columns = [read_column(str(c), reference[c], current[c]) for c in reference.columns]
    tests = [_marginal(c) for c in columns]
    gaps = [_missing(c) for c in columns]
    q_values = benjamini_hochberg([t[1] for t in tests] + [g[1] for g in gaps])
    level = alpha * SPLIT["marginal"]
    findings = [_feature_finding(c, test, q, level) for c, test, q in zip(columns, tests, q_values[: len(columns)], strict=True)]
    sizes = len(reference), len(current)
    findings.append(_missingness_finding(columns, gaps, q_values[len(columns) :], sizes, level))
    scores = normal_scores(columns, sizes, seed)
    findings.append(correlation_finding(*scores, [c.name for c in columns], sizes, alpha * SPLIT["correlation"], seed))
    findings.append(whole_finding(*scores, sizes, alpha * SPLIT["whole"], seed))
    return findings


def benjamini_hochberg(p_values: list[float | None]) -> list[float | None]:
    """q-values of the tests that were made; None stays None. Benjamini and Hochberg, 1995.

    >>> benjamini_hochberg([0.01, None, 0.04])
    [0.02, None, 0.04]
    """
    made = [(p, i) for i, p in enumerate(p_values) if p is not None]
    out: list[float | None] = [None] * len(p_values)
    running = 1.0
    for rank, (p, i) in reversed(list(enumerate(sorted(made), start=1))):
        running = min(running, p * len(made) / rank)
        out[i] = running
    return out


Test = tuple[float | None, float | None, float | None]
"""statistic, p-value, effect"""


def _marginal(column: Column) -> Test:
    ref, cur = column.known
    if len(ref) < MIN_ROWS or len(cur) < MIN_ROWS:
        return None, None, None
    if column.levels == 0:
        result = stats.ks_2samp(ref, cur, method="asymp")
        return float(result.statistic), float(result.pvalue), float(result.statistic)
    before, now = (np.bincount(side.astype(np.int64), minlength=column.levels).astype(np.float64) for side in (ref, cur))
    return _contingency(before, now)


def _contingency(before: npt.NDArray[np.float64], now: npt.NDArray[np.float64]) -> Test:
    """Chi-squared over the levels; those expected in fewer than five rows of the smaller side stand together.

    Which levels are rare is told by both sides in one. Levels that are new are not gathered for being new: of a
    column with many rare levels every draw has some, and they would always be more than the none there were before.
    """
    n_before, n_now = before.sum(), now.sum()
    table = np.vstack([before, now])
    rare = table.sum(axis=0) * min(n_before, n_now) / (n_before + n_now) < MIN_EXPECTED
    cells = np.column_stack([table[:, ~rare], table[:, rare].sum(axis=1)])
    cells = cells[:, cells.sum(axis=0) > 0]
    effect = float(np.abs(cells[0] / n_before - cells[1] / n_now).sum() / 2)
    if cells.shape[1] < 2:
        return 0.0, 1.0, effect
    result = stats.chi2_contingency(cells, correction=False)
    return float(result.statistic), float(result.pvalue), effect


def _missing(column: Column) -> Test:
    n_ref, n_cur = len(column.reference), len(column.current)
    known_ref, known_cur = (len(side) for side in column.known)
    gaps_ref, gaps_cur = n_ref - known_ref, n_cur - known_cur
    if gaps_ref + gaps_cur == 0 or min(n_ref, n_cur) < MIN_ROWS:
        return None, None, None
    p = float(stats.fisher_exact([[gaps_ref, known_ref], [gaps_cur, known_cur]]).pvalue)
    change = gaps_cur / n_cur - gaps_ref / n_ref
    return change, min(p, 1.0), abs(change)


def _feature_finding(column: Column, test: Test, q: float | None, level: float) -> Finding:
    statistic, p, effect = test
    n_ref, n_cur = len(column.reference), len(column.current)
    if p is None or q is None or effect is None:
        ref, cur = (len(side) for side in column.known)
        words = (
            f"{column.name}: cannot tell; {cur:,} {'value is' if cur == 1 else 'values are'} known now and {ref:,} before, "
            f"and {MIN_ROWS} are needed on each side"
        )
        return Finding("DRIFT-FEATURE", column.name, None, None, None, None, n_ref, n_cur, False, words)
    alarm = q <= level and effect >= FLOOR
    if alarm:
        words = f"{column.name}: has moved; {effect:.0%} of rows lie elsewhere"
    elif q <= level:
        words = f"{column.name}: has moved, too little to matter; {effect:.1%} of rows lie elsewhere"
    else:
        before, now = column.known
        seen = smallest_seen(len(before), len(now), level)
        words = f"{column.name}: no more different than chance allows; with so few rows a move of less than {seen:.0%} may go unseen"
    return Finding("DRIFT-FEATURE", column.name, statistic, p, q, effect, n_ref, n_cur, alarm, words)


def _missingness_finding(
    columns: list[Column], gaps: list[Test], q_values: list[float | None], sizes: tuple[int, int], level: float
) -> Finding:
    n_ref, n_cur = sizes
    made = [(q, c.name, gap) for q, c, gap in zip(q_values, columns, gaps, strict=True) if q is not None]
    if not made:
        few = min(sizes) < MIN_ROWS
        words = f"missingness: cannot tell; {MIN_ROWS} rows are needed on each side" if few else "nothing is missing on either side"
        return Finding("DRIFT-MISSING", "missingness", None, None, None, None, n_ref, n_cur, False, words)
    alarms = sorted(m for m in made if m[0] <= level and (m[2][2] or 0.0) >= FLOOR)
    q, name, (statistic, p, effect) = alarms[0] if alarms else min(made)
    said = ", ".join(m[1] for m in alarms)
    words = f"more or fewer gaps than before in: {said}" if alarms else f"gaps are as before; the largest change is in {name}"
    return Finding("DRIFT-MISSING", name if alarms else "missingness", statistic, p, q, effect, n_ref, n_cur, bool(alarms), words)


def smallest_seen(n_reference: int, n_current: int, level: float) -> float:
    """The largest gap of two distributions that a Kolmogorov-Smirnov test at ``level`` may well miss.

    The critical value (Smirnov's limit) and half a standard deviation of the gap more, so that it is found
    some four times in five.

    >>> f"{smallest_seen(1_000, 60, 0.035):.2f} {smallest_seen(1_000, 1_000, 0.035):.2f}"
    '0.25 0.08'
    """
    rows = n_reference * n_current / (n_reference + n_current)
    return min(1.0, (math.sqrt(-math.log(level / 2) / 2) + 0.45) / math.sqrt(rows))

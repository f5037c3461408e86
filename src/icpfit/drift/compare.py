"""Two tables of features: which features, which gaps, which dependences moved?"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from icpfit.drift.finding import Finding
from icpfit.drift.joint import correlation_finding, whole_finding

Floats = npt.NDArray[np.float64]

SPLIT = {"marginal": 0.70, "correlation": 0.20, "whole": 0.10}
"""How the call's alpha is shared; Bonferroni over the three, Benjamini-Hochberg inside the first."""

FLOOR = 0.05
"""An effect below this is not acted on, however sure it is: at a million rows everything is significant."""

MIN_ROWS = 20
MIN_EXPECTED = 5.0
UNSEEN = "(not seen before)"


def compare(reference: pd.DataFrame, current: pd.DataFrame, *, alpha: float = 0.05, seed: int = 0) -> list[Finding]:
    """Findings for each feature, for missingness, for correlations and for the whole.

    Numbers: Kolmogorov-Smirnov. Categories and flags: chi-squared on the contingency table, rare levels
    together, levels that are new together. Missingness: Fisher's exact test on each feature, in one
    Benjamini-Hochberg family with the features. Correlations and the whole: permutation. ``alpha`` holds
    for the call: with no change at most that share of calls raises any alarm.

    Args:
        reference, current: the same columns; numbers, bool, text or ``category``; NaN or None = missing.

    Raises:
        ValueError: a column is missing from ``current``.
    """
    absent = [c for c in reference.columns if c not in current.columns]
    if absent:
        raise ValueError(f"current has no column {absent[0]!r} ({len(absent)} missing)")
    names = [str(c) for c in reference.columns]
    tests = [_marginal(reference[c], current[c]) for c in reference.columns]
    gaps = [_missing(reference[c], current[c]) for c in reference.columns]
    family = [t[1] for t in tests] + [g[1] for g in gaps]
    q_values = benjamini_hochberg(family)
    level = alpha * SPLIT["marginal"]
    n_ref, n_cur = len(reference), len(current)
    findings = [
        _feature_finding(name, test, q, n_ref, n_cur, level) for name, test, q in zip(names, tests, q_values[: len(names)], strict=True)
    ]
    findings.append(_missingness_finding(names, gaps, q_values[len(names) :], n_ref, n_cur, level))
    ranks_ref, ranks_cur = _ranks(reference, current)
    findings.append(correlation_finding(ranks_ref, ranks_cur, alpha * SPLIT["correlation"], seed))
    findings.append(whole_finding(ranks_ref, ranks_cur, alpha * SPLIT["whole"], seed))
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


def _marginal(reference: pd.Series, current: pd.Series) -> Test:
    ref, cur = reference.dropna(), current.dropna()
    if len(ref) < MIN_ROWS or len(cur) < MIN_ROWS:
        return None, None, None
    if pd.api.types.is_numeric_dtype(ref) and not pd.api.types.is_bool_dtype(ref):
        result = stats.ks_2samp(ref.to_numpy(np.float64), cur.to_numpy(np.float64), method="auto")
        return float(result.statistic), float(result.pvalue), float(result.statistic)
    return _contingency(ref.astype(str), cur.astype(str))


def _contingency(ref: pd.Series, cur: pd.Series) -> Test:
    """Chi-squared over the levels; those expected in fewer than five current rows stand together."""
    levels = ref.value_counts()
    table = pd.DataFrame({"ref": levels, "cur": cur.value_counts().reindex(levels.index)}).fillna(0.0)
    table.loc[UNSEEN] = [0.0, float(len(cur) - table["cur"].sum())]
    total = table.sum(axis=1)
    expected = total * min(len(ref), len(cur)) / (len(ref) + len(cur))
    rare = expected < MIN_EXPECTED
    cells = pd.concat([table[~rare], table[rare].sum().to_frame("(rare)").T])
    counts = cells[cells.sum(axis=1) > 0].to_numpy()
    effect = float(np.abs(table["ref"] / len(ref) - table["cur"] / len(cur)).sum() / 2)
    if len(counts) < 2:
        return 0.0, 1.0, effect
    result = stats.chi2_contingency(counts, correction=False)
    return float(result.statistic), float(result.pvalue), effect


def _missing(reference: pd.Series, current: pd.Series) -> Test:
    a, b = int(reference.isna().sum()), int(current.isna().sum())
    if a + b == 0 or len(current) < MIN_ROWS:
        return None, None, None
    share_ref, share_cur = a / len(reference), b / len(current)
    p = float(stats.fisher_exact([[a, len(reference) - a], [b, len(current) - b]]).pvalue)
    return share_cur - share_ref, p, abs(share_cur - share_ref)


def _feature_finding(name: str, test: Test, q: float | None, n_ref: int, n_cur: int, level: float) -> Finding:
    statistic, p, effect = test
    if p is None or q is None or effect is None:
        words = f"{name}: cannot tell; fewer than {MIN_ROWS} known values on one side"
        return Finding("DRIFT-FEATURE", name, None, None, None, None, n_ref, n_cur, False, words)
    alarm = q <= level and effect >= FLOOR
    words = f"{name}: {'has moved' if alarm else 'no more different than chance allows'}; {effect:.0%} of rows lie elsewhere at most"
    return Finding("DRIFT-FEATURE", name, statistic, p, q, effect, n_ref, n_cur, alarm, words)


def _missingness_finding(names: list[str], gaps: list[Test], q_values: list[float | None], n_ref: int, n_cur: int, level: float) -> Finding:
    made = [(q, name, gap) for q, name, gap in zip(q_values, names, gaps, strict=True) if q is not None]
    if not made:
        return Finding("DRIFT-MISSING", "missingness", None, None, None, None, n_ref, n_cur, False, "nothing is missing on either side")
    q, name, (statistic, p, effect) = min(made, key=lambda m: (m[0], m[1]))
    alarms = [m[1] for m in made if m[0] <= level and (m[2][2] or 0) >= FLOOR]
    words = f"more or fewer gaps in: {', '.join(alarms)}" if alarms else f"gaps are as before; the largest change is in {name}"
    return Finding("DRIFT-MISSING", name if alarms else "missingness", statistic, p, q, effect, n_ref, n_cur, bool(alarms), words)


def _ranks(reference: pd.DataFrame, current: pd.DataFrame) -> tuple[Floats, Floats]:
    """Every column as normal scores of its ranks over both tables; gaps in the middle; texts by frequency."""
    columns = []
    for name in reference.columns:
        both = pd.concat([reference[name].reset_index(drop=True), current[name].reset_index(drop=True)], ignore_index=True)
        if not pd.api.types.is_numeric_dtype(both) or pd.api.types.is_bool_dtype(both):
            texts = both.astype(object).where(both.notna(), None).map(lambda v: None if v is None else str(v))
            counts = texts.value_counts()
            order = {level: i for i, level in enumerate(sorted(counts.index, key=lambda v: (-counts[v], v)))}
            both = texts.map(order)
        values = both.to_numpy(np.float64)
        known = ~np.isnan(values)
        score = np.zeros(len(values))
        if known.sum() > 1:
            score[known] = stats.norm.ppf((stats.rankdata(values[known]) - 0.5) / known.sum())
        columns.append(score)
    matrix = np.column_stack(columns) if columns else np.zeros((len(reference) + len(current), 0))
    return matrix[: len(reference)], matrix[len(reference) :]


def rows_needed(effect: float, level: float) -> int:
    """Rows on the smaller side for a KS test to see ``effect`` four times in five, roughly."""
    return math.ceil((math.sqrt(-math.log(level / 2) / 2) + 0.6) ** 2 / effect**2)

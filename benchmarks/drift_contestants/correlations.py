"""The plain test of correlations that icpfit is compared with, in a file of its own, so that its answers are kept while others change."""

from __future__ import annotations

import numpy as np
import pandas as pd

ALPHA = 0.05
PERMUTATIONS = 999
"""as many as icpfit draws"""
MOST_ROWS = 20_000
"""of each side"""


def correlations(reference: pd.DataFrame, current: pd.DataFrame) -> list[tuple[str, frozenset[str]]]:
    """Largest standardised change of a pairwise rank correlation (Fisher's z) against permuted membership, max-T at 5 %.

    What was observed is one of the draws that the changes are standardised by: without it a draw would count in its own standard and
    what was observed would not, and one call in ten would alarm without change.
    """
    rng = np.random.default_rng(0)
    sides = [s if len(s) <= MOST_ROWS else s.iloc[np.sort(rng.choice(len(s), MOST_ROWS, replace=False))] for s in (reference, current)]
    both = pd.concat(sides, ignore_index=True)
    ranks = np.column_stack([_ranks(both[c]) for c in both])
    upper, n, small = np.triu_indices(ranks.shape[1], k=1), len(both), min(map(len, sides))
    total, squares = ranks.sum(axis=0), ranks.T @ ranks

    def change(rows: np.ndarray) -> np.ndarray:
        few = ranks[rows]
        part, part_squares = few.sum(axis=0), few.T @ few
        z = [
            np.arctanh(np.clip(_correlation(s, q, m)[upper], -0.999, 0.999))
            for s, q, m in ((part, part_squares, small), (total - part, squares - part_squares, n - small))
        ]
        return np.abs(z[0] - z[1])

    observed = change(np.arange(n)[: len(sides[0])] if small == len(sides[0]) else np.arange(len(sides[0]), n))
    drawn = np.array([change(rng.permutation(n)[:small]) for _ in range(PERMUTATIONS)])
    spread = np.sqrt((np.vstack([observed, drawn]) ** 2).mean(axis=0))
    spread[spread < 1e-9] = np.inf
    largest = (drawn / spread).max(axis=1)
    names = list(both.columns)
    cut = np.sort(largest)[-int(ALPHA * (PERMUTATIONS + 1))]
    beyond = np.flatnonzero(observed / spread > cut)
    return [("correlation", frozenset({names[upper[0][k]], names[upper[1][k]]})) for k in beyond]


def _ranks(column: pd.Series) -> np.ndarray:
    """Centred ranks; gaps in the middle, texts by how frequent they are."""
    if not pd.api.types.is_numeric_dtype(column.dtype) or pd.api.types.is_bool_dtype(column.dtype):
        column = column.map(column.value_counts().rank(method="first"))
    ranks = column.astype(float).rank().to_numpy(np.float64)
    return np.where(np.isnan(ranks), 0.0, ranks - np.nanmean(ranks)) / len(ranks)


def _correlation(sums: np.ndarray, squares: np.ndarray, n: int) -> np.ndarray:
    covariance = squares / n - np.outer(sums / n, sums / n)
    spread = np.sqrt(np.maximum(np.diag(covariance), 1e-18))
    return covariance / np.outer(spread, spread)

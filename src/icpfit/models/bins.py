"""An attribute in bins, as the choice of attributes and the test of few deals see it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from icpfit.models.matrix import Floats, Ints

BINS = 12
"""of a number, in about equal parts, beside one for its least value and one for unknown"""
RIDGE = 1.0
"""1 / variance that a bin's log-odds are expected to have around 0"""
SMOOTH = 10.0
"""1 / variance that is expected of the step from one bin of a number to the next, where there are all ``BINS`` of them; with fewer a
step may be larger, so that a flag and a number of many values are expected to range equally far"""


@dataclass(frozen=True)
class Binned:
    """``codes`` (n,), the last for unknown; ``member`` (size, n) marks each row's bin; ``penalty`` (size, size) draws values to 0."""

    codes: Ints
    member: sparse.csr_array
    penalty: Floats


def in_bins(x: Floats, *, category: bool) -> Binned:
    """``x`` (n,) in bins, NaN for unknown. Those of a number rise; those of a category are its texts, in the order of their codes.

    >>> in_bins(np.array([0.0, 3.0, np.nan, 0.0]), category=False).codes.tolist()
    [0, 1, 2, 0]
    """
    unknown = np.isnan(x)
    known = x[~unknown]
    distinct = np.unique(known)
    if category or len(distinct) <= BINS:
        edges = distinct[1:]
    else:
        parts = np.quantile(known, np.arange(1, BINS) / BINS, method="higher")
        edges = np.unique(np.append(parts[parts > distinct[0]], distinct[1]))
    size = len(edges) + 2
    codes = np.where(unknown, size - 1, np.searchsorted(edges, x, side="right")).astype(np.int64)
    penalty = RIDGE * np.eye(size)
    if not category and size > 2:
        steps = np.diff(np.eye(size - 1), axis=0)
        penalty[:-1, :-1] += SMOOTH * (size - 2) / BINS * steps.T @ steps
    n = len(x)
    return Binned(codes, sparse.csr_array((np.ones(n), (codes, np.arange(n))), shape=(size, n)), penalty)

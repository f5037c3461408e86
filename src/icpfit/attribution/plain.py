"""The walk over a block of rows in NumPy: for few rows, and where numba is missing. To the last bit what ``compiled`` does."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from icpfit.attribution.codes import Codes
from icpfit.attribution.plan import Plan

Floats = npt.NDArray[np.float64]
Small = npt.NDArray[np.uint16]


def encode(codes: Codes, x: Floats, out: Small) -> None:
    out[:] = codes.of(x)


def walk(plan: Plan, codes: Small, total: Floats) -> None:
    """Adds to ``total`` (features, rows) what each table has for ``codes`` (used features, rows)."""
    for g in range(len(plan.size)):
        entry = np.zeros(codes.shape[1], dtype=np.uint16)
        for s in range(plan.step_ends[g], plan.step_ends[g + 1]):
            entry += (codes[plan.step_row[s]] > plan.step_above[s]) * plan.step_add[s]
        for s in range(plan.lookup_ends[g], plan.lookup_ends[g + 1]):
            entry += plan.lookup[plan.lookup_start[s] + codes[plan.lookup_row[s]].astype(np.int64)]
        at = entry.astype(np.int64) + plan.table_start[g]
        for j in range(plan.feature_ends[g], plan.feature_ends[g + 1]):
            total[plan.feature[j]] += plan.table[at]
            at += plan.size[g]


def strongest(total: Floats, base: float, index: npt.NDArray[np.int64], value: Floats, margin: Floats) -> None:
    """The ``k`` largest of ``total`` (features, rows) either way into ``index`` and ``value`` (rows, k), and the sum into ``margin``."""
    margin[:] = base
    for one in total:
        margin += one
    order = np.argsort(-np.abs(total), axis=0, kind="stable")[: index.shape[1]]
    index[:] = order.T
    value[:] = np.take_along_axis(total, order, axis=0).T

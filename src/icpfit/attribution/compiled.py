"""The walk over a block of rows, compiled by numba at its first use. Importing this module imports numba: do it where rows are many."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np
import numpy.typing as npt

from icpfit.attribution.codes import ZERO, Codes
from icpfit.attribution.plan import Plan

Floats = npt.NDArray[np.float64]
Small = npt.NDArray[np.uint16]
Some = TypeVar("Some", bound=Callable[..., Any])


def _compiled(function: Some) -> Some:
    """Without the interpreter's lock; kept on disk for the next process, where there is a place that can be written."""
    try:
        made: Any = numba.njit(cache=True, nogil=True)(function)
    except RuntimeError:
        made = numba.njit(nogil=True)(function)
    return cast("Some", made)


@_compiled
def _number_codes(x: Floats, breaks: Floats, missing: int, out: Small, v: Floats, low: npt.NDArray[np.uint64]) -> None:
    """All rows take one step of the binary search before any takes the next; unsigned, because a signed index is looked at twice."""
    left = len(breaks)
    for r in range(len(x)):
        v[r] = 0.0 if abs(x[r]) <= ZERO else x[r]
        low[r] = 0
    while left > 1:
        half = left >> 1
        left -= half
        step, last = np.uint64(half), np.uint64(half - 1)
        for r in range(len(x)):
            low[r] += step * np.uint64(breaks[low[r] + last] < v[r])
    for r in range(len(x)):
        out[r] = missing if v[r] != v[r] else np.int64(low[r]) + (breaks[low[r]] < v[r])


@_compiled
def _category_codes(x: Floats, missing: int, out: Small) -> None:
    for r in range(len(x)):
        out[r] = int(x[r]) if -1.0 < x[r] < missing else missing


@_compiled
def _walk(
    step_ends: npt.NDArray[np.int64],
    step_row: npt.NDArray[np.int64],
    step_above: Small,
    step_add: Small,
    lookup_ends: npt.NDArray[np.int64],
    lookup_row: npt.NDArray[np.int64],
    lookup_start: npt.NDArray[np.int64],
    lookup: Small,
    feature_ends: npt.NDArray[np.int64],
    feature: npt.NDArray[np.int64],
    size: npt.NDArray[np.int64],
    table_start: npt.NDArray[np.int64],
    table: Floats,
    codes: Small,
    total: Floats,
    entry: Small,
) -> None:
    rows = codes.shape[1]
    for g in range(len(size)):
        entry[:] = 0
        for s in range(step_ends[g], step_ends[g + 1]):
            code, above, add = codes[step_row[s]], step_above[s], step_add[s]
            for r in range(rows):
                entry[r] += add if code[r] > above else np.uint16(0)
        for s in range(lookup_ends[g], lookup_ends[g + 1]):
            code, own = codes[lookup_row[s]], lookup[lookup_start[s] :]
            for r in range(rows):
                entry[r] += own[code[r]]
        for j in range(feature_ends[g], feature_ends[g + 1]):
            start = table_start[g] + (j - feature_ends[g]) * size[g]
            one, sums = table[start : start + size[g]], total[feature[j]]
            for r in range(rows):
                sums[r] += one[entry[r]]


@_compiled
def _strongest(total: Floats, base: float, index: npt.NDArray[np.int64], value: Floats, margin: Floats) -> None:
    features, rows = total.shape
    k = index.shape[1]
    margin[:] = base
    for f in range(features):
        one = total[f]
        for r in range(rows):
            v = one[r]
            margin[r] += v
            place = min(f, k)
            while place > 0 and abs(value[r, place - 1]) < abs(v):
                if place < k:
                    value[r, place] = value[r, place - 1]
                    index[r, place] = index[r, place - 1]
                place -= 1
            if place < k:
                value[r, place] = v
                index[r, place] = f


def encode(codes: Codes, x: Floats, out: Small) -> None:
    if codes.breaks is None:
        _category_codes(x, codes.missing, out)
    else:
        _number_codes(x, codes.breaks, codes.missing, out, np.empty(len(x)), np.empty(len(x), dtype=np.uint64))


def walk(plan: Plan, codes: Small, total: Floats) -> None:
    """Adds to ``total`` (features, rows) what each table has for ``codes`` (used features, rows)."""
    _walk(
        plan.step_ends,
        plan.step_row,
        plan.step_above,
        plan.step_add,
        plan.lookup_ends,
        plan.lookup_row,
        plan.lookup_start,
        plan.lookup,
        plan.feature_ends,
        plan.feature,
        plan.size,
        plan.table_start,
        plan.table,
        codes,
        total,
        np.empty(codes.shape[1], dtype=np.uint16),
    )


def strongest(total: Floats, base: float, index: npt.NDArray[np.int64], value: Floats, margin: Floats) -> None:
    """The ``k`` largest of ``total`` (features, rows) either way into ``index`` and ``value`` (rows, k), and the sum into ``margin``."""
    _strongest(total, base, index, value, margin)

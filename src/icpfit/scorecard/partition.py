"""The best cut of an ordered row of cells into few runs: exact dynamic programming on squared error.

Source: Fisher, "On grouping for maximum homogeneity", 1958; Bellman, 1973.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from icpfit.config import Direction

Floats = npt.NDArray[np.float64]


def best_cuts(
    rows: Floats, sums: Floats, squares: Floats, *, most: int, min_rows: float, min_gain: float, direction: Direction | None = None
) -> tuple[int, ...]:
    """Where to cut ``m`` cells into at most ``most`` runs so that the squared error is least.

    ``rows``, ``sums``, ``squares`` are each cell's count, sum and sum of squares. Every run holds at least
    ``min_rows`` rows; with a ``direction`` the runs' means may only rise (or fall). A further cut stays
    only if it takes away at least ``min_gain`` of the error around one mean (two cuts that pay only
    together: twice that). Returns the first cell of each run but the first, rising.

    >>> best_cuts(np.full(4, 10.0), np.array([0.0, 0, 10, 10]), np.array([0.0, 0, 10, 10]), most=3, min_rows=5, min_gain=0.01)
    (2,)
    """
    m = len(rows)
    if m == 0:
        return ()
    sign = -1.0 if direction == "decreasing" else 1.0
    error, mean = _runs(rows, sums - rows * (sums.sum() / rows.sum()), _centred_squares(rows, sums, squares), min_rows)
    total = error[0, m]
    if not np.isfinite(total) or total <= 0:
        return ()
    layers = _free(error, most) if direction is None else _ordered(error, sign * mean, most)
    chosen, chosen_error = 0, float(total)
    for k, (least, _) in enumerate(layers):
        if k > 0 and chosen_error - least >= min_gain * total * (k - chosen) and least < chosen_error:
            chosen, chosen_error = k, least
    return tuple(layers[chosen][1])


def _centred_squares(rows: Floats, sums: Floats, squares: Floats) -> Floats:
    centre = sums.sum() / rows.sum()
    return np.asarray(squares - 2 * centre * sums + rows * centre**2)


def _runs(rows: Floats, sums: Floats, squares: Floats, min_rows: float) -> tuple[Floats, Floats]:
    """error[i, j] and mean[i, j] of the run of cells i to j - 1; the error is infinite where it is too thin."""
    n, s, q = (np.concatenate([[0.0], np.cumsum(v)]) for v in (rows, sums, squares))
    count = n[None, :] - n[:, None]
    total = s[None, :] - s[:, None]
    safe = np.where(count > 0, count, 1.0)
    error = np.maximum(q[None, :] - q[:, None] - total**2 / safe, 0.0)
    return np.where((count > 0) & (count >= min_rows), error, np.inf), total / safe


def _free(error: Floats, most: int) -> list[tuple[float, Sequence[int]]]:
    """For 1, 2, ... runs: the least error and its cuts."""
    m = len(error) - 1
    best = error[0].copy()
    back: list[npt.NDArray[np.int64]] = []
    found: list[tuple[float, Sequence[int]]] = [(float(best[m]), ())]
    for _ in range(1, most):
        through = best[:, None] + error
        back.append(np.argmin(through, axis=0))
        best = through[back[-1], np.arange(m + 1)]
        cuts, j = [], m
        for step in reversed(back):
            j = int(step[j])
            cuts.append(j)
        found.append((float(best[m]), tuple(reversed(cuts))))
    return found


def _ordered(error: Floats, mean: Floats, most: int) -> list[tuple[float, Sequence[int]]]:
    """As ``_free``, with means that never fall. The state is the last run, (its first cell, its end)."""
    m = len(error) - 1
    best = np.full((m + 1, m + 1), np.inf)
    best[0] = error[0]
    backs: list[npt.NDArray[np.int64]] = []
    found: list[tuple[float, Sequence[int]]] = [(float(best[0, m]), ())]
    for _ in range(1, most):
        following = np.full_like(best, np.inf)
        back = np.zeros((m + 1, m + 1), dtype=np.int64)
        for i in range(1, m):
            order = np.argsort(mean[:i, i], kind="stable")
            reached = best[:i, i][order]
            least = np.minimum.accumulate(reached)
            is_new = reached <= least
            at = np.maximum.accumulate(np.where(is_new, np.arange(i), 0))
            ends = np.arange(i + 1, m + 1)
            place = np.searchsorted(mean[:i, i][order], mean[i, ends], side="right") - 1
            ok = place >= 0
            following[i, ends[ok]] = least[place[ok]] + error[i, ends[ok]]
            back[i, ends[ok]] = order[at[place[ok]]]
        backs.append(back)
        best = following
        i, j = int(np.argmin(best[:, m])), m
        least_error, cuts = float(best[i, m]), [i]
        for step in reversed(backs[1:]):
            i, j = int(step[i, j]), i
            cuts.append(i)
        found.append((least_error, tuple(reversed(cuts))))
    return found

"""How many comparisons were made, and what is left of a small p-value after so many."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def simes(p: Sequence[float]) -> float:
    """The p-value of "nothing is true of any of these": the least of n p(i) / i. Simes, Biometrika 73, 1986.

    >>> simes([0.01, 0.5, 0.04]), simes([])
    (0.03, 1.0)
    """
    ranked = sorted(p)
    return min([1.0, *(len(ranked) * v / i for i, v in enumerate(ranked, start=1))])


def step_up(p: Floats) -> Floats:
    """q-values of Benjamini and Hochberg, 1995: the share of false ones among all that are at least as clear.

    >>> step_up(np.array([0.01, 0.04])).tolist()
    [0.02, 0.04]
    """
    order = np.argsort(p, kind="stable")
    scaled = p[order] * len(p) / np.arange(1, len(p) + 1)
    out = np.empty(len(p))
    out[order] = np.minimum(1.0, np.minimum.accumulate(scaled[::-1])[::-1])
    return out


def select(rows: Sequence[Sequence[float]], level: float) -> tuple[Floats, list[list[bool]]]:
    """Rows of a table, each with the p-values of its figures: q-values of the rows, and which figures of which rows are told.

    A row is chosen by its Simes p-value and the step-up rule over all rows at ``level``; inside a chosen row its
    figures are judged by the step-up rule at ``level`` times the share of rows that were chosen. Where nothing is true
    the chance that anything is told at all is at most ``level``; else the expected share of false ones is, on average
    over the chosen rows. A row without a test is never chosen, and counts for nothing.

    Source: Benjamini and Bogomolov, "Selective inference on multiple families of hypotheses", JRSS B 76, 2014.

    >>> q, told = select([[1e-4, 0.02], [0.5], []], level=0.05)
    >>> q.tolist(), told
    ([0.0004, 0.5, 1.0], [[True, True], [False], []])
    """
    asked = [i for i, row in enumerate(rows) if row]
    q = np.ones(len(rows))
    if asked:
        q[asked] = step_up(np.array([simes(rows[i]) for i in asked]))
    chosen = int((q[asked] <= level).sum()) if asked else 0
    told = [
        [bool(v <= level * chosen / len(asked)) for v in step_up(np.array(row))] if row and q[i] <= level else [False] * len(row)
        for i, row in enumerate(rows)
    ]
    return q, told

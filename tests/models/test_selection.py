"""Noise is kept off, merit is kept, and the choice looks at its own rows only."""

from collections.abc import Callable
from typing import Any

import numpy as np

from icpfit.models.matrix import build_matrix
from icpfit.models.selection import judge_merit

STRONG = {"employees", "api_48h", "users_30d"}


def test_planted_attributes_stay_and_most_noise_goes(planted: Callable[..., Any]) -> None:
    matrix, _ = build_matrix(planted(n=2500, seed=1, junk=20, windows=2, strength=1.4).training, frozenset())
    merit = judge_merit(matrix, np.arange(2500), matrix.y, seed=7, max_rows=20_000)
    few = {matrix.names[c] for c in merit.few}
    assert few >= STRONG
    assert sum(name.startswith("junk") for name in few) <= 3
    assert set(merit.few) | set(merit.some) <= set(merit.all)


def test_without_signal_something_is_left_to_look_at(planted: Callable[..., Any]) -> None:
    matrix, _ = build_matrix(planted(n=300, seed=2, null=True, windows=0, junk=0).training, frozenset())
    merit = judge_merit(matrix, np.arange(300), matrix.y, seed=7, max_rows=20_000)
    assert len(merit.few) >= 1


def test_rows_outside_the_training_rows_change_nothing(planted: Callable[..., Any]) -> None:
    import dataclasses

    matrix, _ = build_matrix(planted(n=1200, seed=3, windows=1).training, frozenset())
    rows = np.arange(800)
    changed = matrix.X.copy()
    changed[800:] = 0
    other = dataclasses.replace(matrix, X=changed, y=np.r_[matrix.y[:800], 1 - matrix.y[800:]])
    one = judge_merit(matrix, rows, matrix.y[rows], seed=7, max_rows=20_000)
    two = judge_merit(other, rows, other.y[rows], seed=7, max_rows=20_000)
    assert one.few.tolist() == two.few.tolist()
    assert one.some.tolist() == two.some.tolist()

"""Attributes one by one: near copies, noise and the mere passing of time are not taken; what tells something is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from icpfit.models.folds import group_of
from icpfit.models.forward import PARTS, choose_forward
from icpfit.models.matrix import Matrix, build_matrix

STRONG = {"employees", "api_48h", "users_30d"}


def chosen(matrix: Matrix, rows: np.ndarray | None = None, labels: np.ndarray | None = None) -> list[str]:
    rows = np.arange(len(matrix)) if rows is None else rows
    labels = matrix.y[rows] if labels is None else labels
    return [matrix.names[c] for c in choose_forward(matrix, rows, labels, np.arange(len(matrix.names)), seed=7)]


def with_column(matrix: Matrix, name: str, values: np.ndarray) -> Matrix:
    """The matrix with a number in place of one of its columns."""
    X = matrix.X.copy()
    X[:, matrix.names.index(name)] = values
    return replace(matrix, X=X)


def test_planted_attributes_are_found_and_noise_is_left(planted: Callable[..., Any]) -> None:
    matrix, _ = build_matrix(planted(n=3000, seed=1, junk=20, windows=3, strength=1.4).training, frozenset())
    names = chosen(matrix)
    assert set(names) >= STRONG
    assert sum(n.startswith("junk") for n in names) <= 2
    assert len(names) < len(matrix.names) / 2


def test_of_two_near_copies_one_is_taken(planted: Callable[..., Any]) -> None:
    matrix, _ = build_matrix(planted(n=3000, seed=2, junk=4, windows=0, strength=1.4).training, frozenset())
    users = matrix.X[:, matrix.names.index("users_30d")]
    rng = np.random.default_rng(0)
    copied = with_column(matrix, "junk_0", users + (rng.random(len(users)) < 0.02))
    assert len({"users_30d", "junk_0"} & set(chosen(copied))) == 1


def test_where_nothing_tells_anything_hardly_anything_is_chosen(planted: Callable[..., Any]) -> None:
    counts = [len(chosen(build_matrix(planted(n=900, seed=s, null=True, junk=10).training, frozenset())[0])) for s in range(8)]
    assert np.mean(counts) <= 2


def test_what_only_tells_one_time_from_another_earns_nothing(planted: Callable[..., Any]) -> None:
    """A clock beside outcomes whose rate jumps about from one stretch of time to the next."""
    matrix, _ = build_matrix(planted(n=3000, seed=3, junk=4, windows=0, null=True).training, frozenset())
    n = len(matrix)
    rate = np.array([0.1, 0.6, 0.2, 0.7, 0.15])[np.arange(n) * 5 // n]
    labels = (np.random.default_rng(1).random(n) < rate).astype(np.float64)
    clock = with_column(matrix, "junk_0", np.arange(n, dtype=np.float64))
    assert "junk_0" not in chosen(clock, labels=labels)
    assert "junk_0" in chosen(replace(clock, timing="none"), labels=labels)


def test_rows_outside_change_nothing(planted: Callable[..., Any]) -> None:
    matrix, _ = build_matrix(planted(n=1500, seed=4, windows=1).training, frozenset())
    rows = np.arange(1000)
    X = matrix.X.copy()
    X[1000:] = np.nan
    assert chosen(replace(matrix, X=X, y=np.r_[matrix.y[:1000], 1 - matrix.y[1000:]]), rows) == chosen(matrix, rows)


def test_values_that_are_missing_or_without_end_do_no_harm(planted: Callable[..., Any]) -> None:
    matrix, _ = build_matrix(planted(n=1500, seed=5, windows=0, junk=6, strength=1.4).training, frozenset())
    X = matrix.X.copy()
    X[::3, matrix.names.index("junk_1")] = np.inf
    X[1::3, matrix.names.index("junk_1")] = -np.inf
    X[:, matrix.names.index("junk_2")] = np.nan
    X[:, matrix.names.index("junk_3")] = 1.0
    names = chosen(replace(matrix, X=X))
    assert set(names) >= {"employees", "users_30d"}
    assert not {"junk_2", "junk_3"} & set(names)


def test_one_outcome_alone_teaches_nothing(planted: Callable[..., Any]) -> None:
    matrix, _ = build_matrix(planted(n=600, seed=6).training, frozenset())
    assert chosen(matrix, labels=np.zeros(len(matrix))) == []


@pytest.mark.parametrize("timing", ["dated", "none"])
def test_one_outcome_in_all_but_one_part_gives_nothing(planted: Callable[..., Any], timing: str) -> None:
    """Without that part a model knows one outcome only, so its rows cannot be tested, and all others end alike."""
    matrix, _ = build_matrix(planted(n=2000, seed=1, windows=1, timing=timing).training, frozenset())
    n = len(matrix)
    part = np.arange(n) * PARTS // n if timing == "dated" else group_of(matrix.account_id, PARTS, 7, "forward")
    labels = ((part == 2) & (matrix.X[:, matrix.names.index("employees")] > 80)).astype(np.float64)
    assert labels.any()
    noisy_mark = (part == 2) + np.random.default_rng(0).normal(0, 0.3, n)
    assert chosen(with_column(matrix, "junk_1", noisy_mark), labels=labels) == []


def test_without_time_the_order_of_the_rows_does_not_matter(planted: Callable[..., Any]) -> None:
    matrix, _ = build_matrix(planted(n=1500, seed=5, windows=1, strength=1.4, timing="none").training, frozenset())
    assert chosen(matrix, np.random.default_rng(5).permutation(len(matrix))) == chosen(matrix) != []


def test_texts_are_told_apart_though_their_codes_stand_in_no_order(planted: Callable[..., Any]) -> None:
    """Codes side by side differ most here: a number so cut would be smoothed."""
    matrix, _ = build_matrix(planted(n=2000, seed=1, windows=0).training, frozenset())
    code = matrix.X[:, matrix.names.index("industry")]
    labels = (np.random.default_rng(2).random(len(matrix)) < np.where(code % 2 == 1, 0.4, 0.2)).astype(np.float64)
    assert "industry" in chosen(matrix, labels=labels)


def test_that_a_value_is_missing_may_be_what_tells(planted: Callable[..., Any]) -> None:
    matrix, _ = build_matrix(planted(n=1000, seed=6, windows=0).training, frozenset())
    rng = np.random.default_rng(6)
    silent = np.where(rng.random(len(matrix)) < np.where(matrix.y == 1, 0.6, 0.2), np.nan, rng.normal(size=len(matrix)))
    assert "junk_1" in chosen(with_column(matrix, "junk_1", silent))


def test_what_only_names_an_account_earns_nothing(planted: Callable[..., Any]) -> None:
    """Accounts that come back in every stretch of time, each always with the same outcome: nothing is known of a new one."""
    matrix, _ = build_matrix(planted(n=1200, seed=8, windows=0, null=True).training, frozenset())
    account = np.arange(len(matrix)) % 60
    labels = np.random.default_rng(3).integers(0, 2, 60)[account].astype(np.float64)
    X = matrix.X.copy()
    X[:, matrix.names.index("industry")] = account
    ids = np.array([f"A{a}" for a in account], dtype=object)
    named = replace(matrix, X=X, account=account.astype(np.int64), account_id=ids)
    assert "industry" not in chosen(named, labels=labels)


def test_a_text_that_fits_only_the_rows_it_learned_from_does_not_go_before_what_tells(planted: Callable[..., Any]) -> None:
    matrix, _ = build_matrix(planted(n=1500, seed=9, windows=0).training, frozenset())
    rng = np.random.default_rng(4)
    X = matrix.X.copy()
    X[:, matrix.names.index("industry")] = rng.integers(0, 300, len(matrix))
    users = X[:, matrix.names.index("users_30d")]
    labels = (rng.random(len(matrix)) < np.where(users > np.nanmedian(users), 0.35, 0.2)).astype(np.float64)
    names = chosen(replace(matrix, X=X), labels=labels)
    assert "users_30d" in names
    assert "industry" not in names


def test_a_count_that_is_seldom_more_than_nothing_is_told_from_nothing(planted: Callable[..., Any]) -> None:
    matrix, _ = build_matrix(planted(n=2000, seed=10, windows=0, null=True).training, frozenset())
    rng = np.random.default_rng(5)
    count = np.where(rng.random(len(matrix)) < 0.05, rng.integers(1, 30, len(matrix)), 0).astype(np.float64)
    labels = (rng.random(len(matrix)) < np.where(count > 0, 0.8, 0.2)).astype(np.float64)
    assert "junk_1" in chosen(with_column(matrix, "junk_1", count), labels=labels)

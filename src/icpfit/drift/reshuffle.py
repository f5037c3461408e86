"""Who could have come when: the two periods dealt out again among accounts, for a test in which whole accounts are the units."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

MOST_ROWS = 20_000
"""Of more rows, whole accounts are drawn at random: what matters is found among so many with certainty."""
FEWEST_DRAWS = 999
BLOCK = 250
"""reshuffles that stand in memory at once"""


def draws_for(level: float) -> int:
    """So many reshuffles that the smallest p-value there can be lies well below the level.

    >>> draws_for(0.05), draws_for(0.001)
    (999, 4000)
    """
    return max(FEWEST_DRAWS, int(np.ceil(4 / level)))


def reshuffler(account: Ints, now: Bools, rng: np.random.Generator) -> Callable[[], Bools]:
    """A function that gives ``now`` as it could have been: accounts of as many rows exchange when theirs came.

    ``account``: a number per row; the rows of an account stand in their order in time. What an account is may go together with how
    often it comes (large ones come back), so only accounts that came equally often change places. Where nothing moved between the
    periods, each result is as likely as what was seen.

    >>> draw = reshuffler(np.array([0, 0, 1, 1]), np.array([False, True, True, True]), np.random.default_rng(0))
    >>> {tuple(draw().tolist()) for _ in range(50)} == {(False, True, True, True), (True, True, False, True)}
    True
    """
    _, code, sizes = np.unique(account, return_inverse=True, return_counts=True)
    order = np.argsort(code, kind="stable")
    first = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    blocks = []
    for size in np.unique(sizes):
        rows = order[first[sizes == size][:, None] + np.arange(size)[None, :]]
        blocks.append((rows, now[rows]))

    def draw() -> Bools:
        out = np.empty(len(now), dtype=bool)
        for rows, came in blocks:
            if came.shape[1] == 1:
                out[rows[:, 0]] = some_of(len(rows), int(came.sum()), rng)
            else:
                out[rows] = came[rng.permutation(len(rows))]
        return out

    return draw


def some_of(n: int, k: int, rng: np.random.Generator) -> Bools:
    """``k`` of ``n``, each choice as likely: those with the smallest of random numbers, which is faster than a permutation.

    >>> rng = np.random.default_rng(0)
    >>> [int(some_of(5, k, rng).sum()) for k in (0, 2, 5)]
    [0, 2, 5]
    """
    if k == 0:
        return np.zeros(n, dtype=bool)
    drawn = rng.bit_generator.random_raw(n)
    taken: Bools = drawn <= np.partition(drawn, k - 1)[k - 1]
    return taken if int(taken.sum()) == k else some_of(n, k, rng)  # two numbers of 64 bits were the same


def sums_of(sides: Iterable[Bools], cells: npt.NDArray[np.float32]) -> Floats:
    """(sides, columns): what the rows of each side add up to in the 0 and 1 of ``cells`` (rows, columns).

    >>> sums_of([np.array([True, False, True])], np.array([[1, 0], [1, 0], [0, 1]], dtype=np.float32)).tolist()
    [[1.0, 1.0]]
    """
    left, parts = iter(sides), []
    with threadpool_limits(1):  # several would wait for one another on a busy machine
        while block := list(islice(left, BLOCK)):
            parts.append(np.stack(block).astype(np.float32) @ cells)
    return np.vstack(parts).astype(np.float64)


def flags_of(columns: Ints, width: int) -> npt.NDArray[np.float32]:
    """(rows, width): 1 in each of the ``columns`` (rows, any) that a row names.

    >>> flags_of(np.array([[0, 2], [1, 2]]), 3).tolist()
    [[1.0, 0.0, 1.0], [0.0, 1.0, 1.0]]
    """
    flags = np.zeros((len(columns), width), dtype=np.float32)
    np.put_along_axis(flags, columns, 1.0, axis=1)
    return flags


def some_accounts(account: Ints, now: Bools, most: int, rng: np.random.Generator) -> Ints:
    """The rows of accounts drawn at random, some ``most`` at the most; all rows where there are no more.

    Half of them may be of accounts that came now, so that a short period beside a long one keeps its rows. When an account came decides,
    and not what it is: after that, reshuffling is as right as before.

    >>> some_accounts(np.array([0, 1, 0]), np.array([False, False, True]), 5, np.random.default_rng(0)).tolist()
    [0, 1, 2]
    """
    if len(account) <= most:
        return np.arange(len(account))
    _, code, sizes = np.unique(account, return_inverse=True, return_counts=True)
    newer = np.bincount(code, weights=now) > 0
    drawn = rng.permutation(len(sizes))
    taken = np.zeros(len(sizes), dtype=bool)
    few, many = sorted((drawn[newer[drawn]], drawn[~newer[drawn]]), key=lambda side: int(sizes[side].sum()))
    few = few[np.cumsum(sizes[few]) <= most // 2]
    many = many[np.cumsum(sizes[many]) <= most - sizes[few].sum()]
    taken[few], taken[many] = True, True
    return np.flatnonzero(taken[code])

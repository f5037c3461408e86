"""Values of bins, and values to whole points that sum to exactly 100."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from icpfit.config import Direction

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

SHRINK_SHARE = 0.02
SHRINK_ROWS = 20.0


@dataclass(frozen=True)
class Values:
    """An additive table: ``target ~ intercept + sum of the bins' values``. One array of values per attribute."""

    intercept: float
    of: tuple[Floats, ...]


def refit(
    codes: Sequence[Ints], sizes: Sequence[int], phi: Sequence[Floats], target: Floats, pull: Sequence[float] | None = None
) -> Values:
    """Least squares of the model's own target on the bins, shrunk toward the mean attribution of each bin.

    ``codes[j]`` is each row's bin of attribute j (0 to ``sizes[j]`` - 1), ``phi[j]`` its attribution. The
    pull is that of ``max(2 % of the rows, 20)`` rows per bin; a bin of few rows leans toward the
    attribute's mean first, and one of none takes it: what was never seen is neutral, not bad. ``pull[j]`` is a share of that
    (1 where nothing is said).
    """
    n = len(target)
    means = [_bin_means(c, m, p) for c, m, p in zip(codes, sizes, phi, strict=True)]
    start = np.concatenate([[0.0], np.cumsum(sizes)]).astype(np.int64)
    gram = np.zeros((start[-1] + 1, start[-1] + 1))
    expected = np.zeros(n)
    columns = []
    for j, c in enumerate(codes):
        expected += means[j][c]
        columns.append(c + start[j])
    residual = target - expected
    right = np.zeros(start[-1] + 1)
    for j, c in enumerate(columns):
        right += np.bincount(c, weights=residual, minlength=len(right))
        for d in columns[j:]:
            table = np.bincount(c * len(right) + d, minlength=len(right) ** 2).reshape(len(right), -1)
            gram += table if d is c else table + table.T
    counts = np.diag(gram).copy()
    gram[-1, :] = gram[:, -1] = counts
    gram[-1, -1], right[-1] = n, residual.sum()
    shares = np.repeat(np.ones(len(sizes)) if pull is None else np.asarray(pull), sizes)
    gram[np.arange(start[-1]), np.arange(start[-1])] += max(SHRINK_SHARE * n, SHRINK_ROWS) * shares
    step = np.linalg.solve(gram, right)
    return Values(float(step[-1]), tuple(m + step[a:b] for m, a, b in zip(means, start[:-1], start[1:], strict=True)))


def _bin_means(codes: Ints, size: int, phi: Floats) -> Floats:
    rows = np.bincount(codes, minlength=size)
    sums = np.bincount(codes, weights=phi, minlength=size)
    return np.asarray((sums + SHRINK_ROWS * phi.mean()) / (rows + SHRINK_ROWS))


def in_order(values: Floats, rows: Floats, direction: Direction) -> Floats:
    """The nearest values (weighted least squares) that only rise, or only fall. Source: pool adjacent violators.

    >>> in_order(np.array([1.0, 3.0, 2.0]), np.array([1.0, 1.0, 1.0]), "increasing").tolist()
    [1.0, 2.5, 2.5]
    """
    sign = -1.0 if direction == "decreasing" else 1.0
    blocks: list[tuple[float, float, int]] = []
    for value, weight in zip(sign * values, np.maximum(rows, 1e-9), strict=True):
        blocks.append((float(value), float(weight), 1))
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            (v1, w1, n1), (v2, w2, n2) = blocks[-2:]
            blocks[-2:] = [((v1 * w1 + v2 * w2) / (w1 + w2), w1 + w2, n1 + n2)]
    return sign * np.concatenate([np.full(n, v) for v, _, n in blocks])


def largest_remainder(exact: Floats, total: int) -> Ints:
    """Whole numbers that sum to ``total``, each near its exact one; what is left over goes to the largest remainders (ties: the earlier).

    >>> largest_remainder(np.array([33.4, 33.3, 33.3]), 100).tolist()
    [34, 33, 33]
    """
    whole = np.floor(exact).astype(np.int64)
    order = np.argsort(-(exact - whole), kind="stable")
    whole[order[: int(total - whole.sum())]] += 1
    return whole


def whole_points(values: Sequence[Floats], total: int = 100) -> tuple[Ints, ...]:
    """Value minus the attribute's minimum, on a scale where the attributes' maxima sum to exactly ``total``.

    The maxima are rounded together by the largest remainder (ties to the earlier attribute); within an
    attribute rounding keeps the order of bins, and its highest bin has its maximum. An attribute too weak
    for one point gets none.

    >>> [p.tolist() for p in whole_points([np.array([0.0, 1.0]), np.array([-1.0, 0.0, 1.0])])]
    [[0, 33], [0, 34, 67]]
    """
    spread = np.array([v.max() - v.min() for v in values])
    if not spread.sum() > 0:
        raise ValueError("points need at least one attribute whose bins differ")
    most = largest_remainder(total * spread / spread.sum(), total)
    return tuple(
        np.floor((v - v.min()) / (s if s > 0 else 1.0) * m + 0.5).astype(np.int64) for v, s, m in zip(values, spread, most, strict=True)
    )

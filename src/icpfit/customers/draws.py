"""What a figure could have been with other customers: whole accounts drawn again, and the middle of a few values with its range."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

DRAWS = 200
LEVEL = 0.9
"""of every interval here, as in all documents"""


def account_draws(account: Ints, seed: int, draws: int = DRAWS) -> Iterator[Floats]:
    """How often each row counts when as many accounts are drawn with replacement as there are; one array per draw.

    ``account``: a number per row, 0 and up, the same for the rows of one account.
    """
    rng = np.random.default_rng(seed)
    accounts = int(account.max(initial=-1)) + 1
    for _ in range(draws if accounts else 0):
        yield np.bincount(rng.integers(0, accounts, accounts), minlength=accounts)[account].astype(np.float64)


def numbered(account_id: npt.NDArray[np.object_]) -> Ints:
    """Accounts as numbers by where they first stand, so that their names change nothing.

    >>> numbered(np.array(["b", "a", "b"], dtype=object)).tolist()
    [0, 1, 0]
    """
    place: dict[object, int] = {}
    return np.array([place.setdefault(a, len(place)) for a in account_id], dtype=np.int64)


def interval(values: list[float] | Floats) -> tuple[float | None, float | None]:
    """The middle 90 % of the drawn figures; None where fewer than half of the draws gave one.

    >>> interval([float("nan")] * 3)
    (None, None)
    """
    found = np.asarray(values, dtype=np.float64)
    told = found[np.isfinite(found)]
    if not len(told) or len(told) * 2 < len(found):
        return None, None
    low, high = np.quantile(told, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def drawn(figure: Callable[[Floats], float], account: Ints, seed: int) -> tuple[float | None, float | None]:
    """The interval of ``figure(weights)`` over draws of accounts."""
    return interval([figure(w) for w in account_draws(account, seed)])


def middle(values: Floats) -> tuple[float, float | None, float | None] | None:
    """The median of the known values and its 90 % interval from the order of the values; None where none is known.

    The ends are values themselves, None where there are too few for an interval. Source: Conover, "Practical
    nonparametric statistics", 1999, section 3.2.

    >>> middle(np.array([1.0, 2.0, 3.0]))
    (2.0, None, None)
    >>> middle(np.arange(1.0, 12.0))
    (6.0, 3.0, 9.0)
    """
    from scipy.stats import binom

    known = np.sort(values[np.isfinite(values)])
    n = len(known)
    if n == 0:
        return None
    below = int(binom.ppf((1 - LEVEL) / 2, n, 0.5)) - 1  # counted from 0, the end lies outside of the wanted share
    if below < 0 or binom.cdf(below, n, 0.5) > (1 - LEVEL) / 2:
        return float(np.median(known)), None, None
    return float(np.median(known)), float(known[below]), float(known[n - 1 - below])

"""The simulated company's calendar. Times are whole seconds since 1970 UTC inside, datetime64[us] in the tables."""

from __future__ import annotations

import zlib

import numpy as np
import numpy.typing as npt
import pandas as pd

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

DAY = 86_400
START = int(np.datetime64("2022-01-01", "s").astype(np.int64))
"""The first moment that any event or signal can have."""
END = int(np.datetime64("2026-01-01", "s").astype(np.int64))
"""Everything that is recorded happened before this moment."""
NEVER = END + 100 * 365 * DAY
DRIFT_FROM = int(np.datetime64("2025-01-01", "s").astype(np.int64))
"""From here on the market moves up."""


def generator(seed: int, part: str) -> np.random.Generator:
    """A stream of its own for each part, so that a change in one leaves the others as they were."""
    return np.random.default_rng([seed, zlib.crc32(part.encode())])


def days(amount: npt.ArrayLike) -> Ints:
    """Days as whole seconds.

    >>> int(days(0.5))
    43200
    """
    return np.round(np.asarray(amount, dtype=np.float64) * DAY).astype(np.int64)


def stamps(seconds: Ints) -> pd.Series:
    """datetime64[us]; a moment that was not reached before the end of the data is NaT."""
    seconds = np.asarray(seconds, dtype=np.int64)
    moments = (seconds * 1_000_000).astype("datetime64[us]")
    return pd.Series(np.where(seconds < END, moments, np.datetime64("NaT", "us")))


def sigmoid(x: Floats) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp(-x)), dtype=np.float64)


def pick(rng: np.random.Generator, options: list[str], size: int, p: list[float] | None = None) -> npt.NDArray[np.object_]:
    """Words drawn independently."""
    weights = None if p is None else np.asarray(p) / np.sum(p)
    words: npt.NDArray[np.object_] = np.array(options, dtype=object)[rng.choice(len(options), size, p=weights)]
    return words


class Log:
    """Moments of one kind by account; counts them in half-open windows, strictly before the end.

    >>> log = Log(np.array([0, 0, 1]), np.array([10, 20, 10]))
    >>> log.count(np.array([0, 0]), since=np.array([10, 11]), until=np.array([20, 20])).tolist()
    [1, 0]
    """

    def __init__(self, account: Ints, at: Ints) -> None:
        self.keys = np.sort((account.astype(np.int64) << 33) | at.astype(np.int64))

    def count(self, account: Ints, *, since: Ints, until: Ints) -> Ints:
        base = account.astype(np.int64) << 33
        low = np.searchsorted(self.keys, base | np.maximum(since, 0), side="left")
        high = np.searchsorted(self.keys, base | np.maximum(until, 0), side="left")
        return np.asarray(np.maximum(high - low, 0), dtype=np.int64)

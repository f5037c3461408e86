"""What was known at a moment. Every time filter of the outcomes goes through ``before``, so that one test can take each away."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Int64s = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

NEVER: int = int(np.iinfo(np.int64).max)
"""The moment of what has not happened: an empty close, an active subscription's end."""

ALWAYS: int = int(np.iinfo(np.int64).min)
"""The moment since which we know of a row that carries no time of its own."""


def before(times: Int64s, moment: int) -> Bools:
    """Which of ``times`` (microseconds) lie strictly before ``moment``: what happens at the moment itself is not known yet.

    >>> before(np.array([0, 1, NEVER]), 1).tolist()
    [True, False, False]
    """
    return times < moment


def later(times: Int64s, by: int) -> Int64s:
    """``times`` moved on by ``by`` microseconds; never stays never."""
    return np.where(times >= NEVER - abs(by), NEVER, np.minimum(times, NEVER - abs(by)) + by)

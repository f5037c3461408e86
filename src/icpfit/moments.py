"""The one place that turns calendar words into microseconds and back. Times are UTC; a date is its midnight."""

from __future__ import annotations

import datetime as dt

import numpy as np
import numpy.typing as npt
import pandas as pd

from icpfit.errors import ConfigError

DAY = 86_400_000_000
"""Microseconds in a day."""

Micros = int


def parse_moment(text: str) -> Micros:
    """``2026-01-31`` or ``2026-01-31T12:00:00+02:00`` as microseconds since 1970, UTC.

    >>> parse_moment("1970-01-02") == DAY
    True
    >>> parse_moment("1970-01-01T02:00:00+02:00")
    0
    """
    try:
        moment = dt.datetime.fromisoformat(text.strip())
    except ValueError:
        raise ConfigError(f"{text!r} is not a date", hint="write it as 2026-01-31 or 2026-01-31T12:00:00+00:00") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=dt.UTC)
    return (moment - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(microseconds=1)


def to_datetime(micros: Micros) -> dt.datetime:
    """Naive UTC datetime."""
    return dt.datetime(1970, 1, 1) + dt.timedelta(microseconds=int(micros))


def day_text(micros: Micros) -> str:
    """The day as ``2026-01-31``."""
    return to_datetime(micros).date().isoformat()


def choose_as_of(what: str, first: Micros, last: Micros) -> str:
    """What to do where nothing was known yet at the moment that was asked for.

    >>> choose_as_of("deals", 0, DAY)
    'the deals were created from 1970-01-01 to 1970-01-02: give a later --as-of, or none for the newest time in the data'
    """
    span = f"from {day_text(first)} to {day_text(last)}"
    return f"the {what} were created {span}: give a later --as-of, or none for the newest time in the data"


def is_for_ever(micros: Micros) -> bool:
    """Whether it lies on 9999-12-31, which stands for "no end" and which no day follows.

    >>> is_for_ever(parse_moment("9999-12-31")), is_for_ever(parse_moment("9999-12-30T23:00:00"))
    (True, False)
    """
    return micros >= parse_moment("9999-12-31")


def round_up_to_day(micros: Micros) -> Micros:
    """The first midnight after ``micros``, so that a row at ``micros`` lies strictly before it.

    >>> round_up_to_day(0) == DAY
    True
    """
    return (micros // DAY + 1) * DAY


def to_timestamps(micros: npt.NDArray[np.int64]) -> pd.Series:
    """datetime64[us], UTC without zone."""
    return pd.Series(np.asarray(micros, dtype="datetime64[us]"))


def quarter_of(micros: npt.NDArray[np.int64]) -> npt.NDArray[np.object_]:
    """``2026Q1`` for each moment.

    >>> print(quarter_of(np.array([0, parse_moment("0001-02-03")])))
    ['1970Q1' '0001Q1']
    """
    months = np.asarray(micros, dtype="datetime64[us]").astype("datetime64[M]").astype(np.int64)
    return np.array([f"{1970 + m // 12:04}Q{m % 12 // 3 + 1}" for m in months], dtype=object)


def month_index(micros: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Months since January 1970."""
    return np.asarray(micros, dtype="datetime64[us]").astype("datetime64[M]").astype(np.int64)


def month_start(index: int) -> Micros:
    """The first moment of a month since January 1970."""
    return int(np.datetime64(int(index), "M").astype("datetime64[us]").astype(np.int64))


def quarter_start(quarter: str) -> Micros:
    """The first moment of ``2026Q1``."""
    return month_start((int(quarter[:4]) - 1970) * 12 + 3 * (int(quarter[5]) - 1))

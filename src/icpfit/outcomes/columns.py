"""Columns of a clean table as arrays."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from icpfit.outcomes.known import NEVER, Int64s


def micros(times: pd.Series, *, empty: int = NEVER) -> Int64s:
    """A time column as int64, with ``empty`` for its blanks. Exact: microseconds of any year in use fit a float's 53 bits.

    >>> micros(pd.Series([3.0, None])).tolist() == [3, NEVER]
    True
    """
    blank = times.isna().to_numpy()
    out = np.full(len(times), empty, dtype=np.int64)
    out[~blank] = times[~blank].to_numpy().astype(np.int64)
    return out


def text(rows: pd.DataFrame, column: str) -> npt.NDArray[np.object_]:
    """Text with blanks as "", whatever the frame's string type; all blank where the company has no such column."""
    if column not in rows:
        return np.full(len(rows), "", dtype=object)
    values = rows[column].astype(object)
    return values.where(values.notna(), "").to_numpy(dtype=object)


def number(rows: pd.DataFrame, column: str) -> npt.NDArray[np.float64]:
    if column not in rows:
        return np.full(len(rows), np.nan)
    return pd.to_numeric(rows[column]).to_numpy(dtype=np.float64, na_value=np.nan)

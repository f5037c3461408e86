"""A column of two tables, made comparable: numbers, or levels that count alike on both sides."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]

FEW = 2
"""Numbers with no more distinct values than this are a flag, and are counted rather than ranked."""

SECONDS_A_DAY = 86_400
_ODD = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class Column:
    """``reference`` and ``current``: float64, NaN = missing. Of a category they are the numbers of its levels in sorted order."""

    name: str
    reference: Floats
    current: Floats
    levels: int
    """0 for a number; else how many levels there are on either side"""
    names: tuple[str, ...] = ()
    """of the levels, in sorted order"""
    time: bool = False
    """a number of microseconds"""

    @property
    def known(self) -> tuple[Floats, Floats]:
        return self.reference[~np.isnan(self.reference)], self.current[~np.isnan(self.current)]


def read_column(name: str, reference: pd.Series, current: pd.Series) -> Column:
    """Numbers, times and durations are numbers; flags, texts, ``category`` and a mixture of text and numbers are levels.

    A flag beside numbers is 0 or 1. What stands in a column of objects is what it is: decimals are numbers, dates are times.

    Raises:
        ValueError: times on one side, and numbers on the other.

    >>> read_column("a", pd.Series([True, None]), pd.Series([False, True])).levels
    2
    >>> read_column("a", pd.Series([1.0, 2.0, 5.0]), pd.Series([None, None])).levels
    0
    >>> read_column("a", pd.Series([True, False]), pd.Series([1, 0])).names
    ('0', '1')
    """
    reference, current = _unpacked(reference), _unpacked(current)
    sides = (reference, current)
    numeric = [_is_number(s) or bool(s.isna().all()) for s in sides]
    if any(numeric) and not all(numeric):
        reference, current = sides = _counted(reference), _counted(current)
        numeric = [_is_number(s) or bool(s.isna().all()) for s in sides]
    if all(numeric) and _is_time(reference) != _is_time(current) and not any(s.isna().all() for s in sides):
        raise ValueError(f"the column {name!r} has times on one side and numbers on the other: read both in the same way")
    if all(numeric) and any(_is_number(s) for s in sides):
        before, now = _numbers(reference), _numbers(current)
        both = np.unique(np.concatenate([before, now]))
        if (~np.isnan(both)).sum() > FEW:
            return Column(name, before, now, 0, time=any(_is_time(s) for s in sides))
    codes, levels = pd.factorize(np.concatenate([_texts(s) for s in sides]), sort=True)
    coded = np.where(codes < 0, np.nan, codes.astype(np.float64))
    return Column(name, coded[: len(reference)], coded[len(reference) :], len(levels), tuple(str(v) for v in levels))


def any_order(columns: list[Column], side: str) -> npt.NDArray[np.int64]:
    """The rows of a side in an order that depends on what they say alone, so that the order of a file changes nothing."""
    values = [getattr(c, side) for c in columns]
    mixed = np.zeros(len(values[0]) if values else 0, dtype=np.uint64)
    for column in values:
        plain = np.where(np.isnan(column), np.nan, column + 0.0)  # one NaN, one zero
        bits = plain.view(np.uint64)
        mixed = (mixed ^ (bits ^ (bits >> np.uint64(29)))) * _ODD
        mixed ^= mixed >> np.uint64(32)
    return np.argsort(mixed, kind="stable")


def _unpacked(column: pd.Series) -> pd.Series:
    """A column of objects as what these are; durations in days."""
    kind = pd.api.types.infer_dtype(column, skipna=True) if column.dtype == object else ""
    if kind in ("decimal", "integer", "floating", "mixed-integer-float"):
        return column.where(column.notna(), np.nan).astype(np.float64)
    if kind in ("date", "datetime", "datetime64"):
        return pd.to_datetime(column, utc=True)
    if kind in ("timedelta", "timedelta64") or pd.api.types.is_timedelta64_dtype(column.dtype):
        return pd.Series(pd.to_timedelta(column).dt.total_seconds() / SECONDS_A_DAY)
    return column


def _counted(column: pd.Series) -> pd.Series:
    """Flags as 0 and 1, other columns as they are."""
    mixed = column.dtype == object and pd.api.types.infer_dtype(column, skipna=True) == "boolean"
    return column.astype("boolean").astype("Float64") if mixed or pd.api.types.is_bool_dtype(column.dtype) else column


def _is_time(column: pd.Series) -> bool:
    return bool(pd.api.types.is_datetime64_any_dtype(column.dtype))


def _is_number(column: pd.Series) -> bool:
    kind = column.dtype
    if _is_time(column):
        return True
    return pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_bool_dtype(kind)


def _numbers(column: pd.Series) -> Floats:
    if _is_time(column):
        micros = (
            column.astype("datetime64[us, UTC]" if getattr(column.dtype, "tz", None) else "datetime64[us]")
            .astype("int64")
            .to_numpy(np.float64)
        )
        return np.where(column.isna().to_numpy(), np.nan, micros)
    return pd.to_numeric(column).to_numpy(dtype=np.float64, na_value=np.nan)


def _texts(column: pd.Series) -> npt.NDArray[np.object_]:
    """Texts or None; each distinct value is written once, a whole number without its ``.0``."""
    plain = column.astype(object)
    if pd.api.types.infer_dtype(plain, skipna=True) == "mixed" and plain.map(type).isin((list, dict, set)).any():
        plain = plain.map(str, na_action="ignore")
    codes, distinct = pd.factorize(plain, use_na_sentinel=True)
    written = np.array([*(_text(v) for v in distinct), None], dtype=object)
    return written[codes]


def _text(value: object) -> str:
    if isinstance(value, (float, np.floating)) and float(value).is_integer():
        return f"{value:.0f}"
    return str(value)

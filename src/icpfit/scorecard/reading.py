"""How the card reads a column: one rule for numbers and one for texts, the same in Python and in SQL.

A CRM export holds numbers as text, a target list may hold texts as numbers. Whatever form a value has,
it must fall into the same bin everywhere, so the rule is written down once (``NUMBER_PATTERN`` is also
what the exported SQL tests against).
"""

from __future__ import annotations

import math
import re

import numpy as np
import numpy.typing as npt
import pandas as pd

from icpfit.config import Kind

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]

NUMBER_PATTERN = r"[ \t]*[+-]?(([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?|[iI][nN][fF]([iI][nN][iI][tT][yY])?)[ \t]*"
"""What counts as a number when it stands as text; ``nan`` does not, and is unknown."""

YES_PATTERN = r"[ \t]*([yY]([eE][sS])?|[tT]([rR][uU][eE])?)[ \t]*"
NO_PATTERN = r"[ \t]*([nN][oO]?|[fF]([aA][lL][sS][eE])?)[ \t]*"
"""What counts as yes and as no when it stands as text where a yes/no is asked for, as the sources read it; else it is read as a number."""

NO_TEXT = ("", "nan")
"""Texts that say nothing: empty, and what a missing number looks like as text."""

_NUMBER, _YES, _NO = re.compile(NUMBER_PATTERN), re.compile(YES_PATTERN), re.compile(NO_PATTERN)


def number_of(value: object) -> float:
    """One value as a number; NaN when it is none.

    >>> number_of(" 1e3 "), number_of("-inf"), number_of(True), number_of("true")
    (1000.0, -inf, 1.0, 1.0)
    >>> number_of("1,000"), number_of("nan"), number_of(None)
    (nan, nan, nan)
    """
    if isinstance(value, str):
        if value in ("true", "false"):
            return float(value == "true")
        return float(value) if _NUMBER.fullmatch(value) else math.nan
    if isinstance(value, (bool, int, float, np.bool_, np.number)):
        return float(value)
    return math.nan


def flag_of(value: object) -> float:
    """One value of a yes/no as a number: 1 is yes, 0 is no; NaN when it is neither.

    >>> flag_of("Yes"), flag_of(" n "), flag_of("T"), flag_of("FALSE"), flag_of("1"), flag_of(True)
    (1.0, 0.0, 1.0, 0.0, 1.0, 1.0)
    >>> flag_of("perhaps"), flag_of(""), number_of("yes")
    (nan, nan, nan)
    """
    if isinstance(value, str) and (_YES.fullmatch(value) or _NO.fullmatch(value)):
        return float(_YES.fullmatch(value) is not None)
    return number_of(value)


def text_of(value: object) -> str | None:
    """One value as text; None when it is unknown.

    >>> text_of("US"), text_of(""), text_of(float("nan")), text_of(None), text_of(True), text_of(1.0)
    ('US', None, None, None, 'true', '1.0')
    """
    if isinstance(value, str):
        return None if value in NO_TEXT else value
    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    if value is None or bool(pd.isna(value)):  # type: ignore[call-overload]
        return None
    return str(float(value)) if isinstance(value, (float, np.floating)) else str(value)


def as_numbers(column: pd.Series, kind: Kind = "number") -> Floats:
    """A column of numbers, or of yes/no (``flag``), as float64, NaN where unknown. Moments are no numbers: unknown."""
    if pd.api.types.is_bool_dtype(column.dtype) or pd.api.types.is_numeric_dtype(column.dtype):
        return column.to_numpy(dtype=np.float64, na_value=np.nan)
    codes, distinct = pd.factorize(column.astype(object))
    read = flag_of if kind == "flag" else number_of
    return np.array([*(read(v) for v in distinct), np.nan])[codes]


def as_texts(column: pd.Series) -> tuple[Codes, tuple[str | None, ...]]:
    """A column as (code of each row, the distinct texts); the last text is None, for unknown."""
    codes, distinct = pd.factorize(column.astype(object))
    texts: tuple[str | None, ...] = (*(text_of(v) for v in distinct), None)
    return np.where(codes < 0, len(distinct), codes).astype(np.int64), texts

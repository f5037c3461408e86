"""A pandas frame as LightGBM reads it, a block of one column at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Column:
    """``numbers``: of a category, its codes in training in the order of the frame's own, and NaN behind for the unknown."""

    raw: npt.NDArray[Any]
    numbers: Floats | None = None

    def block(self, start: int, stop: int) -> Floats:
        """Contiguous float64 of some rows."""
        raw = self.raw[start:stop]
        return np.ascontiguousarray(raw, dtype=np.float64) if self.numbers is None else self.numbers[raw]


def columns_of(X: pd.DataFrame, n_features: int, trained: Sequence[Sequence[object]] | None) -> list[Column] | None:
    """The columns, by place as LightGBM takes them; None where it would refuse the frame, or take it in a way of its own.

    ``trained``: the booster's ``pandas_categorical``, the categories of each ``category`` column when it was trained.
    A category that training did not have is unknown, whatever its place in the frame's own order.
    """
    if not isinstance(X, pd.DataFrame) or X.shape[1] != n_features:
        return None
    texts = [isinstance(dtype, pd.CategoricalDtype) for dtype in X.dtypes]
    if sum(texts) != len(trained or ()):
        return None
    if not all(text or _is_number(dtype) for text, dtype in zip(texts, X.dtypes, strict=True)):
        return None
    known = iter(trained or ())
    return [_category(X.iloc[:, j], next(known)) if text else Column(_numbers(X.iloc[:, j])) for j, text in enumerate(texts)]


def _is_number(dtype: Any) -> bool:
    return pd.api.types.is_numeric_dtype(dtype) and not pd.api.types.is_complex_dtype(dtype)


def _numbers(column: pd.Series) -> npt.NDArray[Any]:
    if isinstance(column.dtype, np.dtype):
        return column.to_numpy()
    return column.to_numpy(dtype=np.float64, na_value=np.nan)


def _category(column: pd.Series, trained: Sequence[object]) -> Column:
    own = column.cat.categories
    codes = pd.Categorical(own, categories=own).set_categories(list(trained)).codes.astype(np.float64)
    return Column(column.cat.codes.to_numpy(), np.append(np.where(codes < 0, np.nan, codes), np.nan))

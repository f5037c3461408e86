"""Training-set columns to the numbers and categories that LightGBM sees."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True, slots=True)
class Encoding:
    """The model's columns in order, and the known texts of each category.

    A text that was not seen in training is unknown. LightGBM is handed float64 and pandas
    ``category`` (of integer codes) only.
    """

    columns: tuple[str, ...]
    categories: Mapping[str, tuple[str, ...]]

    def apply(self, features: pd.DataFrame) -> pd.DataFrame:
        """Columns of ``features`` that the model has, encoded; a missing column is unknown throughout."""
        out: dict[str, object] = {}
        for name in self.columns:
            known = self.categories.get(name)
            values = features[name] if name in features.columns else pd.Series(np.nan, index=features.index)
            if known is None:
                out[name] = pd.to_numeric(values, errors="coerce").to_numpy(np.float64)
            else:
                codes = pd.Index(known, dtype=object).get_indexer(pd.Index(values.astype(object)))
                out[name] = pd.Categorical.from_codes(codes, categories=pd.RangeIndex(len(known)))
        return pd.DataFrame(out, index=features.index, columns=list(self.columns))

    @classmethod
    def fit(cls, features: pd.DataFrame, categorical: tuple[str, ...], *, min_rows: int = 1) -> Encoding:
        """Known texts are those of at least ``min_rows`` rows of ``features``, sorted; a rarer text is read as unknown."""
        known: dict[str, tuple[str, ...]] = {}
        for column in features.columns:
            if column in categorical:
                counts = features[column].dropna().astype(str).value_counts()
                known[column] = tuple(sorted(str(text) for text in counts.index[counts >= min_rows]))
        return cls(tuple(features.columns), known)

"""What a customer like this starts with: a partially pooled median of first ARR, by size band."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]

SIZE_EDGES = (0.0, 10.0, 30.0, 50.0, 120.0, 250.0, 500.0, 1_000.0, 5_000.0)
POOLING_ROWS = 20
"""A band of so many customers is believed half, and the overall median half."""


@dataclass(frozen=True)
class ExpectedArr:
    """Median first ARR by size band, shrunk toward the overall median (on the log scale).

    ``size_column`` is the feature that holds headcount as of the moment; empty where there is none, and
    every account then has the overall median. ``overall`` is None where no customer's ARR is known.
    """

    size_column: str
    overall: float | None
    bands: tuple[tuple[float, float, int], ...]
    """(band's lower edge in employees, pooled median ARR, customers)"""

    @classmethod
    def fit(cls, size_column: str, sizes: Floats, first_arr: Floats) -> ExpectedArr:
        """``sizes`` and ``first_arr``: one entry per customer; NaN = unknown."""
        known = np.isfinite(first_arr) & (first_arr > 0)
        if not known.any():
            return cls(size_column, None, ())
        overall = float(np.median(first_arr[known]))
        bands = []
        for low, high in zip(SIZE_EDGES, (*SIZE_EDGES[1:], np.inf), strict=True):
            inside = first_arr[known & (sizes >= low) & (sizes < high)]
            own = float(np.median(inside)) if len(inside) else overall
            weight = len(inside) / (len(inside) + POOLING_ROWS)
            pooled = float(np.exp(weight * np.log(own) + (1 - weight) * np.log(overall)))
            bands.append((low, round(pooled, 2), len(inside)))
        return cls(size_column, round(overall, 2), tuple(bands))

    def expect(self, features: pd.DataFrame) -> Floats:
        """ARR in the configured currency, one per row; NaN where nothing is known.

        >>> table = ExpectedArr.fit("size", np.array([40.0] * 60), np.array([9000.0] * 60))
        >>> table.expect(pd.DataFrame({"size": [45.0, np.nan]})).tolist()
        [9000.0, 9000.0]
        """
        if self.overall is None:
            return np.full(len(features), np.nan)
        if not self.bands or self.size_column not in features.columns:
            return np.full(len(features), self.overall)
        sizes = pd.to_numeric(features[self.size_column], errors="coerce").to_numpy(np.float64)
        edges = np.array([b[0] for b in self.bands])
        values = np.array([b[1] for b in self.bands])
        band: npt.NDArray[np.int64] = np.clip(np.searchsorted(edges, sizes, side="right") - 1, 0, len(edges) - 1)
        return np.where(np.isnan(sizes), self.overall, values[band])

    def to_dict(self) -> dict[str, Any]:
        return {"size_column": self.size_column, "overall": self.overall, "bands": [list(b) for b in self.bands]}

    @classmethod
    def from_dict(cls, body: Mapping[str, Any]) -> ExpectedArr:
        return cls(body["size_column"], body["overall"], tuple((float(a), float(b), int(c)) for a, b, c in body["bands"]))

"""Which accounts are unlike anything the model has learned from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.spatial.distance import cdist

Floats = npt.NDArray[np.float64]

REFERENCE_ROWS = 512
BLOCK = 1_024
UNUSUAL = 0.99


@dataclass(frozen=True)
class Familiarity:
    """Distance to the nearest of some training rows, against what is usual among training rows.

    A number becomes its rank in training (0 to 1, unknown = -0.5), a category is equal or not. The
    distance is the mean absolute difference over the model's attributes, each weighted by its mean
    |SHAP|: an attribute that does not matter cannot make an account strange. ``limit`` is the 99th
    percentile of the same distance among training rows that are not in the reference.
    """

    weights: Mapping[str, float]
    quantiles: Mapping[str, tuple[float, ...]]
    """training quantiles (at most 21, rising) of each number; values beyond both ends are beyond 0 or 1"""
    reference: Mapping[str, tuple[float | str | None, ...]]
    limit: float

    @classmethod
    def fit(cls, features: pd.DataFrame, weights: Mapping[str, float], *, seed: int) -> Familiarity:
        """``features``: training-set columns; ``weights``: mean |SHAP| by attribute name."""
        used = {name: float(w) for name, w in weights.items() if w > 0 and name in features.columns}
        total = sum(used.values()) or 1.0
        used = {name: w / total for name, w in used.items()}
        quantiles: dict[str, tuple[float, ...]] = {}
        for name in used:
            if features[name].dtype != object:
                known = features[name].dropna().to_numpy(np.float64)
                if len(known):
                    quantiles[name] = tuple(float(q) for q in np.unique(np.quantile(known, np.linspace(0, 1, 21))))
        order = np.random.default_rng(seed).permutation(len(features))
        chosen, rest = np.sort(order[:REFERENCE_ROWS]), np.sort(order[REFERENCE_ROWS : 5 * REFERENCE_ROWS])
        rows = features.iloc[chosen]
        reference: dict[str, tuple[float | str | None, ...]] = {}
        for name in used:
            column = rows[name]
            if column.dtype == object:
                reference[name] = tuple(None if pd.isna(v) else str(v) for v in column)
            else:
                reference[name] = tuple(None if np.isnan(v) else float(v) for v in column.to_numpy(np.float64))
        model = cls(used, quantiles, reference, limit=float("inf"))
        distances = model.distance(features.iloc[rest]) if len(rest) >= 100 else np.array([])
        limit = float(np.quantile(distances, UNUSUAL)) if len(distances) else float("inf")
        return cls(used, quantiles, reference, limit)

    def distance(self, features: pd.DataFrame) -> Floats:
        """Mean weighted distance to the nearest reference row, 0 = the same; one per row."""
        out = np.zeros(len(features))
        if not self.weights or not self.reference:
            return out
        numbers = [name for name in self.weights if name in self.quantiles]
        tables = {name: self._table(name) for name in self.weights if name not in self.quantiles}
        theirs = self._weighted_ranks(numbers, pd.DataFrame({n: pd.Series(self.reference[n], dtype="float64") for n in numbers}))
        for start in range(0, len(features), BLOCK):
            block = features.iloc[start : start + BLOCK]
            rows = slice(start, start + len(block))
            total: Floats = (
                cdist(self._weighted_ranks(numbers, block), theirs, "cityblock") if numbers else np.zeros((len(block), self._size))
            )
            for name, (place, table) in tables.items():
                total += table[_codes(block, name, place)]
            out[rows] = total.min(axis=1)
        return out

    def unfamiliar(self, features: pd.DataFrame) -> npt.NDArray[np.bool_]:
        return self.distance(features) > self.limit

    @property
    def _size(self) -> int:
        return len(next(iter(self.reference.values())))

    def _weighted_ranks(self, names: list[str], block: pd.DataFrame) -> Floats:
        """One column per number: its rank in training, times its weight."""
        out = np.empty((len(block), len(names)))
        for j, name in enumerate(names):
            points = np.asarray(self.quantiles[name])
            known = name in block.columns
            values = pd.to_numeric(block[name], errors="coerce").to_numpy(np.float64) if known else np.full(len(block), np.nan)
            if len(points) == 1:
                ranks = np.where(values == points[0], 0.5, np.where(values < points[0], 0.0, 1.0))
            else:
                ranks = np.interp(values, points, np.linspace(0, 1, len(points)))
                # Beyond what training saw, strangeness grows with the distance, up to one whole rank more.
                spread = points[-1] - points[0]
                ranks = ranks + np.clip((values - points[-1]) / spread, 0, 1) - np.clip((points[0] - values) / spread, 0, 1)
            out[:, j] = self.weights[name] * np.where(np.isnan(values), -0.5, ranks)
        return out

    def _table(self, name: str) -> tuple[dict[str, int], Floats]:
        """Of a category: the place of each text, and a row of weights per place: 0 where a reference row says the same.

        Last but one: texts that the reference does not have. Last: unknown.
        """
        place = {v: i for i, v in enumerate(sorted({str(v) for v in self.reference[name] if v is not None}))}
        theirs = np.array([len(place) + 1 if v is None else place[str(v)] for v in self.reference[name]])
        return place, self.weights[name] * (np.arange(len(place) + 2)[:, None] != theirs[None, :]).astype(np.float64)

    def to_dict(self) -> dict[str, Any]:
        return {
            "weights": dict(self.weights),
            "quantiles": {k: list(v) for k, v in self.quantiles.items()},
            "reference": {k: list(v) for k, v in self.reference.items()},
            "limit": None if np.isinf(self.limit) else self.limit,
        }

    @classmethod
    def from_dict(cls, body: Mapping[str, Any]) -> Familiarity:
        return cls(
            dict(body["weights"]),
            {k: tuple(v) for k, v in body["quantiles"].items()},
            {k: tuple(v) for k, v in body["reference"].items()},
            float("inf") if body["limit"] is None else float(body["limit"]),
        )


def _codes(block: pd.DataFrame, name: str, place: Mapping[str, int]) -> npt.NDArray[np.int64]:
    if name not in block.columns:
        return np.full(len(block), len(place) + 1)
    codes, distinct = pd.factorize(block[name], use_na_sentinel=True)
    table = np.array([*(place.get(str(v), len(place)) for v in distinct), len(place) + 1], dtype=np.int64)
    return table[codes]

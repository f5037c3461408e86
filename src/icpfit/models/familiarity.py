"""Which accounts are unlike anything the model has learned from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]

REFERENCE_ROWS = 512
BLOCK = 4_096
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
        n = len(features)
        out = np.empty(n)
        if not self.weights or not self.reference:
            return np.zeros(n)
        for start in range(0, n, BLOCK):
            block = features.iloc[start : start + BLOCK]
            size = len(next(iter(self.reference.values())))
            total = np.zeros((len(block), size), dtype=np.float32)
            for name, weight in self.weights.items():
                mine, theirs = self._ranks(name, block), self._ranks(name, None)
                if name in self.quantiles:
                    total += np.float32(weight) * np.abs(mine[:, None] - theirs[None, :])
                else:
                    total += np.float32(weight) * (mine[:, None] != theirs[None, :])
            out[start : start + len(block)] = total.min(axis=1)
        return out

    def unfamiliar(self, features: pd.DataFrame) -> npt.NDArray[np.bool_]:
        return self.distance(features) > self.limit

    def _ranks(self, name: str, block: pd.DataFrame | None) -> npt.NDArray[np.float32]:
        if block is None:
            values = pd.Series(list(self.reference[name]), dtype=object)
        elif name in block.columns:
            values = block[name]
        else:
            values = pd.Series([None] * len(block), dtype=object)
        if name not in self.quantiles:
            known = {v: i for i, v in enumerate(sorted({str(v) for v in self.reference[name] if v is not None}))}
            return np.array([-1 if pd.isna(v) else known.get(str(v), len(known)) for v in values], dtype=np.float32)
        points = np.asarray(self.quantiles[name])
        numbers = pd.to_numeric(values, errors="coerce").to_numpy(np.float64)
        if len(points) == 1:
            ranks = np.where(numbers == points[0], 0.5, np.where(numbers < points[0], 0.0, 1.0))
        else:
            ranks = np.interp(numbers, points, np.linspace(0, 1, len(points)))
            # Beyond what training saw, strangeness grows with the distance, up to one whole rank more.
            spread = points[-1] - points[0]
            ranks = ranks + np.clip((numbers - points[-1]) / spread, 0, 1) - np.clip((points[0] - numbers) / spread, 0, 1)
        return np.where(np.isnan(numbers), -0.5, ranks).astype(np.float32)

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

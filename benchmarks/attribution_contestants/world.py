"""The models and the rows that everyone explains: 60 attributes, half of them with gaps, eight of them texts; and their twin in numbers."""

from __future__ import annotations

from pathlib import Path

import lightgbm as lgb
import numpy as np
import pandas as pd

MODELS = {"300x31": (300, 31, -1), "100x15": (100, 15, -1), "depth 1": (300, 2, 1)}
"""trees, leaves, most depth"""
FEATURES, TEXTS, TRAINED_ON = 60, 8, 8_000


def make(folder: Path, name: str, rows: int) -> None:
    """``mixed`` and ``numbers`` in ``folder``: model.txt and rows.parquet."""
    trees, leaves, depth = MODELS[name]
    rng = np.random.default_rng(1)
    X, y = _rows(rng, TRAINED_ON + rows)
    settings = {"objective": "binary", "num_leaves": leaves, "max_depth": depth, "learning_rate": 0.05, "min_data_in_leaf": 20}
    settings |= {"seed": 1, "deterministic": True, "num_threads": 1, "verbose": -1}
    for kind, frame in (("mixed", X), ("numbers", _as_numbers(X))):
        place = folder / kind
        place.mkdir(parents=True)
        booster = lgb.train(settings, lgb.Dataset(frame.iloc[:TRAINED_ON], y[:TRAINED_ON]), trees)
        booster.save_model(place / "model.txt")
        frame.iloc[TRAINED_ON:].reset_index(drop=True).to_parquet(place / "rows.parquet")


def _rows(rng: np.random.Generator, n: int) -> tuple[pd.DataFrame, np.ndarray]:
    columns: dict[str, object] = {}
    log_odds = rng.normal(0, 0.5, n)
    for j in range(FEATURES):
        unknown = rng.random(n) < (0.15 if j % 2 else 0.0)
        if j < TEXTS:
            levels = 4 + 6 * j
            codes = np.where(unknown, -1, rng.integers(0, levels, n))
            columns[f"f{j}"] = pd.Categorical.from_codes(codes, categories=[f"level {i}" for i in range(levels)])
            log_odds += 0.4 * (codes % 3 == 1)
            continue
        x = rng.normal(size=n) if j % 3 else np.round(rng.exponential(20, n))
        scaled = (x - x.mean()) / x.std()
        log_odds += 0.3 * rng.normal() * scaled + (0.5 * np.sin(2 * scaled) if j % 7 == 0 else 0.0)
        columns[f"f{j}"] = np.where(unknown, np.nan, x)
    return pd.DataFrame(columns), (rng.random(n) < 1 / (1 + np.exp(-log_odds))).astype(int)


def _as_numbers(X: pd.DataFrame) -> pd.DataFrame:
    texts = {c: X[c].cat.codes.astype(float).replace(-1.0, np.nan) for c in X if isinstance(X[c].dtype, pd.CategoricalDtype)}
    return X.assign(**texts)

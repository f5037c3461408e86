"""Why this score: the attributes that moved it most, in words."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from icpfit.attribution import top_reasons
from icpfit.config import FeatureSpec
from icpfit.models.results import FittedModel


def reason_columns(model: FittedModel, features: pd.DataFrame, specs: dict[str, FeatureSpec], k: int = 5) -> pd.DataFrame:
    """``reason_1 … reason_k`` (words) and ``reason_1_points …`` (signed log-odds of the model's margin).

    An attribute that moved nothing gives no reason: the words are empty and the points unknown.
    """
    indices, values, _ = top_reasons(model.booster, model.encode(features), k)
    names = model.encoding.columns
    columns = {name: features[name].to_numpy(dtype=object) if name in features.columns else None for name in names}
    out: dict[str, object] = {}
    for j in range(k):
        if j >= indices.shape[1]:
            out[f"reason_{j + 1}"] = [""] * len(features)
            out[f"reason_{j + 1}_points"] = np.full(len(features), np.nan)
            continue
        words = ["" if values[i, j] == 0 else describe(specs[names[f]], _cell(columns[names[f]], i)) for i, f in enumerate(indices[:, j])]
        out[f"reason_{j + 1}"] = words
        out[f"reason_{j + 1}_points"] = np.where(values[:, j] == 0, np.nan, values[:, j])
    order = [f"reason_{j + 1}" for j in range(k)] + [f"reason_{j + 1}_points" for j in range(k)]
    return pd.DataFrame(out, index=features.index)[order]


def _cell(column: object, i: int) -> object:
    return None if column is None else column[i]  # type: ignore[index]


def describe(spec: FeatureSpec, value: object) -> str:
    """The attribute and its value as people say them.

    >>> spec = FeatureSpec(name="n", label="Employees", layer="firmographic", table="accounts", aggregate="value")
    >>> describe(spec, 1250.0), describe(spec, None)
    ('Employees: 1,250', 'Employees: unknown')
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        said = "unknown"
    elif spec.kind == "flag":
        said = "yes" if float(str(value)) >= 0.5 else "no"
    elif spec.kind == "category":
        said = str(value)
    else:
        number = float(str(value))
        if abs(number) >= 100 or number == int(number):
            said = f"{number:,.0f}"
        else:
            said = f"{number:.2g}" if abs(number) < 10 else f"{number:.1f}"
    return f"{spec.label}: {said}"

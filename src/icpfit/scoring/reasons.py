"""Why this score: the attributes that moved it most, in words."""

from __future__ import annotations

import math
from decimal import ROUND_FLOOR, Decimal

import numpy as np
import numpy.typing as npt
import pandas as pd

from icpfit.attribution import top_reasons
from icpfit.config import FeatureSpec
from icpfit.models.results import FittedModel


def reason_columns(model: FittedModel, features: pd.DataFrame, specs: dict[str, FeatureSpec], k: int = 5) -> pd.DataFrame:
    """``reason_1 … reason_k`` (words) and ``reason_1_points …`` (signed log-odds of the model's margin).

    An attribute that moved nothing gives no reason: the words are empty and the points unknown. The points
    of all attributes and the base value sum to the model's margin, before calibration.
    """
    n = len(features)
    indices, values, _ = top_reasons(model.booster, model.encode(features), k)
    words = np.full((n, k), "", dtype=object)
    points = np.full((n, k), np.nan)
    points[:, : values.shape[1]] = np.where(values == 0, np.nan, values)
    for f, name in enumerate(model.encoding.columns):
        row, slot = np.nonzero((indices == f) & (values != 0))
        column = features[name].iloc[row] if name in features.columns else pd.Series([None] * len(row), dtype=object)
        words[row, slot] = _described(specs[name], column)
    out: dict[str, object] = {f"reason_{j + 1}": words[:, j] for j in range(k)}
    out |= {f"reason_{j + 1}_points": points[:, j] for j in range(k)}
    return pd.DataFrame(out, index=features.index)


def _described(spec: FeatureSpec, column: pd.Series) -> npt.NDArray[np.object_]:
    """:func:`describe` of each value; each distinct value is said once."""
    codes, distinct = pd.factorize(column, use_na_sentinel=True)
    said = np.array([*(describe(spec, v) for v in distinct), describe(spec, None)], dtype=object)
    return said[codes]


def describe(spec: FeatureSpec, value: object) -> str:
    """The attribute and its value as people say them.

    >>> spec = FeatureSpec(name="n", label="Employees", layer="firmographic", table="accounts", aggregate="value")
    >>> describe(spec, 1250.0), describe(spec, None)
    ('Employees: 1,250', 'Employees: unknown')
    """
    return f"{spec.label}: {said_of(spec, value)}"


def said_of(spec: FeatureSpec, value: object, least: float | None = None) -> str:
    """The value alone, as people say it. Digits are cut off, not rounded up: 29.98 days are less than 30, and must not be read as 30.

    ``least``: where the line of a card begins that the value falls into; so many digits are given that what is said falls there too.

    >>> spec = FeatureSpec(name="n", label="Days", layer="intent", table="events", aggregate="value")
    >>> said_of(spec, 29.98), said_of(spec, 29.98, 29.95), said_of(spec, -0.126), said_of(spec, 640.7)
    ('29.9', '29.98', '-0.13', '640')
    """
    if value is None or value == "" or (isinstance(value, float) and math.isnan(value)):
        return "unknown"
    if spec.kind == "flag":
        return "yes" if float(str(value)) >= 0.5 else "no"
    if spec.kind == "category":
        return str(value)
    number = float(str(value)) + 0.0  # no "-0"
    if number.is_integer() or not math.isfinite(number):
        return f"{number:,.0f}"
    exact = Decimal(repr(number))
    places = 0 if abs(number) >= 100 else 1 if abs(number) >= 10 else 1 - exact.adjusted()
    cut = _cut(exact, places)
    while least is not None and float(cut) < least and cut < exact:
        places += 1
        cut = _cut(exact, places)
    return f"{cut:,f}"


def _cut(exact: Decimal, places: int) -> Decimal:
    """The largest number of so many places that does not lie above, without zeros at its end.

    >>> [str(_cut(Decimal(text), 1)) for text in ("29.98", "30.04", "-0.01")]
    ['29.9', '30', '-0.1']
    """
    cut = exact.quantize(Decimal(1).scaleb(-places), rounding=ROUND_FLOOR)
    return cut.quantize(Decimal(1)) if cut == cut.to_integral_value() else cut.normalize()

"""A fitted model to plain values, and back without losing a bit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from icpfit.config import Outcome
from icpfit.models.calibration import Calibration
from icpfit.models.encoding import Encoding
from icpfit.models.results import FittedModel


def model_values(model: FittedModel) -> dict[str, Any]:
    """All of a model but its booster, which is text already; JSON knows it once tuples are lists."""
    return {
        "base_rate": model.base_rate,
        "parameters": model.parameters,
        "columns": model.encoding.columns,
        "categories": model.encoding.categories,
        "calibration": model.calibration,
    }


def model_from(outcome: Outcome, values: Mapping[str, Any], booster_text: str) -> FittedModel:
    """The model that gave ``values``.

    Raises:
        KeyError, TypeError, ValueError: they do not say what a model needs.
    """
    table = values["calibration"]
    return FittedModel(
        outcome=outcome,
        booster_text=booster_text,
        encoding=Encoding(tuple(values["columns"]), {k: tuple(v) for k, v in values["categories"].items()}),
        calibration=Calibration(
            intercept=table["intercept"],
            slope=table["slope"],
            grid=tuple(table["grid"]),
            low=tuple(table["low"]),
            high=tuple(table["high"]),
            similar=tuple(table["similar"]),
            # a bundle that was written when there was one shape says nothing of it
            shape=table.get("shape", "sigmoid"),
            lean=table.get("lean", 0.0),
            knots=tuple(table.get("knots", ())),
            rates=tuple(table.get("rates", ())),
            rows=table.get("rows", 0),
        ),
        parameters=values["parameters"],
        base_rate=values["base_rate"],
    )

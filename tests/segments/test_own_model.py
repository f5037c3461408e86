"""A product line that buys for reasons of its own needs a model of its own; one that does not, does not; a thin one cannot tell."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from icpfit.config import FeatureSpec, TrainingSettings
from icpfit.models.fit import fit_outcome
from icpfit.models.matrix import build_matrix
from icpfit.moments import DAY, quarter_of, quarter_start, to_timestamps
from icpfit.segments.own_model import own_models
from icpfit.training_set import TrainingSet

N = 2_400
COLUMNS = ("use", "visits", "noise")


def training_set(reversed_in: str | None, seed: int = 0) -> tuple[TrainingSet, Any]:
    """Deals of three product lines, the last thin. In ``reversed_in`` what elsewhere speaks for a win speaks against it."""
    rng = np.random.default_rng(seed)
    created = np.sort(quarter_start("2022Q1") + (rng.random(N) * 3 * 365 * DAY).astype(np.int64))
    product = rng.choice(["Core", "Cloud", "Lab"], N, p=[0.59, 0.4, 0.01]).astype(object)
    x = rng.normal(size=(N, 3))
    sign = np.where(product == reversed_in, -1.0, 1.0)
    p = 1 / (1 + np.exp(-(-0.8 + 1.3 * sign * x[:, 0] + 0.5 * x[:, 1])))
    label = (rng.random(N) < p).astype(np.int8)
    specs = tuple(
        FeatureSpec(name=c, label=c, layer="behavioral", table="accounts", aggregate="value", column=c, kind="number") for c in COLUMNS
    )
    frame = pd.DataFrame(
        {
            "deal_id": pd.Series([f"D{i:05d}" for i in range(N)], dtype=object),
            "account_id": pd.Series([f"A{i:05d}" for i in range(N)], dtype=object),
            "as_of": to_timestamps(created),
            "cohort": quarter_of(created),
            "label": label,
            **{c: x[:, i] for i, c in enumerate(COLUMNS)},
        }
    )

    def labels_at(moment: int) -> Any:
        return np.where(created + 30 * DAY < moment, label, np.nan)

    empty = pd.DataFrame({"deal_id": [], "account_id": [], "reason": []})
    data = TrainingSet("win", frame, specs, created, labels_at, np.full(N, np.nan), "dated", N, {}, empty, "x")
    return data, product


@pytest.mark.parametrize(("reversed_in", "answer"), [("Cloud", "yes"), (None, "no")])
def test_a_product_line_with_reasons_of_its_own(make_trait: Any, reversed_in: str | None, answer: str) -> None:
    data, product = training_set(reversed_in)
    settings = TrainingSettings(trials=1, test_quarters=4, bootstrap=50, permutations=199)
    result = fit_outcome(data, settings)
    assert result.model is not None
    matrix, _ = build_matrix(data, frozenset())
    trait = make_trait("product", product)
    found = {o.value: o for o in own_models(matrix, result, trait, seed=7, max_rows=20_000, threads=2)}
    assert found["Cloud"].answer == answer
    assert found["Cloud"].gain is not None
    assert found["Cloud"].error is not None
    assert (found["Cloud"].gain > 1.645 * found["Cloud"].error) == (answer == "yes")
    assert found["Lab"].answer == "cannot tell"
    assert found["Lab"].words.startswith("cannot tell; needed: ")
    assert "more wins" in found["Lab"].words
    assert found["Lab"].gain is None
    one_thread = own_models(matrix, result, replace(trait), seed=7, max_rows=20_000, threads=1)
    assert one_thread == tuple(found.values())

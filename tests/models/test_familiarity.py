"""Familiarity: distances by hand, and about one row in a hundred of the same kind is called unfamiliar."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from icpfit.models.familiarity import REFERENCE_ROWS, Familiarity

WEIGHTS = {"size": 0.6, "region": 0.3, "flag": 0.1}


def rows(n: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    size = np.round(np.exp(rng.normal(4, 1, n)))
    region = pd.Series(rng.choice(np.array(["EU", "US", None], dtype=object), n, p=[0.5, 0.4, 0.1]), dtype=object)
    return pd.DataFrame(
        {"size": np.where(rng.random(n) < 0.1, np.nan, size), "region": region, "flag": (rng.random(n) < 0.3).astype(float)}
    )


@pytest.fixture(scope="module")
def model() -> Familiarity:
    return Familiarity.fit(rows(4_000, 0), {**WEIGHTS, "nothing": 0.0}, seed=1)


def by_hand(model: Familiarity, row: pd.Series) -> float:
    def rank(value: float) -> float:
        points = model.quantiles["size"]
        if np.isnan(value):
            return -0.5
        inside = float(np.interp(value, points, np.linspace(0, 1, len(points))))
        beyond = max(value - points[-1], points[0] - value, 0) / (points[-1] - points[0])
        return inside + np.sign(value - points[0]) * min(beyond, 1.0)

    best = np.inf
    for k in range(REFERENCE_ROWS):
        size, region, flag = (model.reference[name][k] for name in ("size", "region", "flag"))
        total = WEIGHTS["size"] * abs(rank(row["size"]) - rank(np.nan if size is None else float(size)))
        total += WEIGHTS["region"] * ((None if pd.isna(row["region"]) else row["region"]) != region)
        total += WEIGHTS["flag"] * abs(row["flag"] - float(flag))
        best = min(best, total)
    return best


def test_the_distance_is_that_of_a_plain_loop(model):
    few = pd.concat([rows(12, 5), pd.DataFrame({"size": [1e9, 0.0], "region": ["Mars", None], "flag": [0.0, 1.0]})], ignore_index=True)
    np.testing.assert_allclose(model.distance(few), [by_hand(model, row) for _, row in few.iterrows()], atol=1e-12)


def test_rows_of_the_reference_are_at_no_distance(model):
    same = pd.DataFrame({name: list(model.reference[name]) for name in WEIGHTS}).astype({"size": float, "region": object, "flag": float})
    np.testing.assert_allclose(model.distance(same), 0, atol=1e-12)


def test_about_one_in_a_hundred_of_the_same_kind_is_unfamiliar(model):
    assert 0.002 < model.unfamiliar(rows(20_000, 9)).mean() < 0.025


def test_what_training_never_saw_is_unfamiliar(model):
    strange = pd.DataFrame({"size": [5e6, 60.0], "region": ["EU", "Mars"], "flag": [0.0, 0.0]})
    assert model.unfamiliar(strange).tolist() == [True, True]


def test_a_row_alone_is_as_far_as_in_a_list(model):
    many = rows(3_000, 3)
    alone = [float(model.distance(many.iloc[[i]])[0]) for i in (0, 1_500, 2_999)]
    assert alone == [float(model.distance(many)[i]) for i in (0, 1_500, 2_999)]


def test_it_comes_back_from_json_without_losing_a_bit(model):
    back = Familiarity.from_dict(json.loads(json.dumps(model.to_dict())))
    assert back == model
    assert (back.distance(rows(500, 4)) == model.distance(rows(500, 4))).all()


def test_too_few_rows_to_tell_call_nobody_unfamiliar():
    few = Familiarity.fit(rows(300, 0), WEIGHTS, seed=1)
    assert few.to_dict()["limit"] is None
    assert not few.unfamiliar(pd.DataFrame({"size": [1e9], "region": ["Mars"], "flag": [0.0]})).any()


def test_a_missing_column_is_unknown(model):
    without = model.distance(rows(50, 2).drop(columns="size"))
    assert (without == model.distance(rows(50, 2).assign(size=np.nan))).all()

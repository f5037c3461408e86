"""Weights of segments: a planted difference is found and drawn toward 1, none is made where none is."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from icpfit.models.booster import Recipe, margins
from icpfit.models.local_weights import gates_of, weigh
from icpfit.models.matrix import Matrix, build_matrix
from icpfit.models.recipe_model import learn, train

RECIPE = Recipe(rounds=200)
DEALS = 6_000


def columns_of(matrix: Matrix) -> np.ndarray:
    named = ("region", "users_30d", "views_30d", "api_48h", "tech_0", "tech_3", "funding_180d", "layoffs_90d", "employees")
    return np.array(sorted(matrix.names.index(n) for n in named))


def learned(matrix: Matrix, rows: np.ndarray, segments: tuple[str, ...] = ("region",)) -> Any:
    columns = columns_of(matrix)
    gates = gates_of(matrix, columns, segments)
    return learn(matrix, rows, matrix.y[rows], columns, RECIPE, gates=gates, seed=7)


@pytest.fixture(scope="module")
def matrix(planted: Any) -> Matrix:
    """In APAC, events count for next to nothing."""
    return build_matrix(planted(n=DEALS, seed=4, strength=1.2, windows=0, junk=0).training, frozenset())[0]


def test_a_region_where_behaviour_counts_less_is_found(matrix: Matrix) -> None:
    rows, later = np.arange(4_500), np.arange(4_500, DEALS)
    found = learned(matrix, rows)
    told = {(w.level, w.layer): w.compared for w in found.weights}
    apac = next(w for w in found.weights if (w.level, w.layer) == ("APAC", "behavioral"))
    assert told["APAC", "behavioral"] < 0.85
    assert apac.low < apac.compared < apac.high < 1
    assert all(told[r, "behavioral"] > 0.95 for r in ("AMER", "EMEA"))
    # it is better for it, and the weights of a layer are 1 on average over the rows
    columns = columns_of(matrix)
    plain = train(matrix, rows, matrix.y[rows], columns, RECIPE, 7)
    losses = []
    for booster in (plain, found.booster):
        at = margins(booster, matrix, later, columns)
        losses.append(float((np.logaddexp(0, at) - matrix.y[later] * at).mean()))
    assert losses[1] < losses[0] - 0.002
    for layer in {w.layer for w in found.weights}:
        of = [w for w in found.weights if w.layer == layer]
        assert sum(w.compared * w.rows for w in of) == pytest.approx(sum(w.rows for w in of))


def test_no_weights_where_no_segment_is_named_or_regions_are_dealt_by_lot(matrix: Matrix) -> None:
    rows = np.arange(3_000)
    assert learned(matrix, rows, segments=("industry",)).weights == ()
    region = matrix.names.index("region")
    rng = np.random.default_rng(1)
    additive = matrix.X[:, [matrix.names.index(n) for n in ("funding_180d", "tech_0", "tech_3")]] @ np.array([1.2, 0.9, -0.6])
    made = 0
    for _ in range(6):
        X = matrix.X.copy()
        X[:, region] = rng.integers(0, 4, len(X))
        y = (rng.random(len(X)) < 1 / (1 + np.exp(1.2 - additive))).astype(float)
        made += bool(learned(dataclasses.replace(matrix, X=X, y=y), rows).weights)
    assert made <= 1


def test_the_margins_to_calibrate_by_owe_nothing_to_the_labels_of_their_own_half(matrix: Matrix) -> None:
    """With the labels of one half turned around, only the margins of the other half move."""
    rows, columns = np.arange(4_000), columns_of(matrix)
    booster = train(matrix, rows, matrix.y[rows], columns, RECIPE, 7)
    parts = np.asarray(booster.predict(matrix.X[np.ix_(rows, columns)], pred_contrib=True))
    gates = gates_of(matrix, columns, ("region",))
    first = weigh(matrix, rows, matrix.y[rows], columns, gates, parts, seed=7)
    from icpfit.models.folds import group_of

    half = group_of(matrix.account_id[rows], 2, 7, "weights")
    one = np.flatnonzero(half == 0)[:3]
    other = matrix.y[rows].copy()
    other[one] = 1 - other[one]
    second = weigh(matrix, rows, other, columns, gates, parts, seed=7)
    assert first.weights
    assert second.weights
    np.testing.assert_array_equal(first.margin[half == 0], second.margin[half == 0])
    assert (first.margin[half == 1] != second.margin[half == 1]).any()

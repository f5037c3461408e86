"""The matrix does not depend on the order of rows, and says what it leaves off."""

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from icpfit.models.matrix import build_matrix
from icpfit.training_set import TrainingSet


def with_column(training: TrainingSet, name: str, values: object, kind: str) -> TrainingSet:
    spec = training.specs[0].model_copy(update={"name": name, "label": f"the {name}", "kind": kind})
    dtype: Any = object if kind == "category" else np.float64
    frame = training.frame.assign(**{name: pd.Series(values, dtype=dtype)})
    return dataclasses.replace(training, frame=frame, specs=(*training.specs, spec))


def test_the_order_of_rows_does_not_matter(planted: Callable[..., Any], shuffled: Callable[..., TrainingSet]) -> None:
    training = planted(n=300, windows=0, junk=1).training
    order = np.random.default_rng(0).permutation(300)
    one, _ = build_matrix(training, frozenset())
    two, _ = build_matrix(shuffled(training, order), frozenset())
    np.testing.assert_array_equal(one.X, two.X)
    np.testing.assert_array_equal(one.y, two.y)
    np.testing.assert_array_equal(one.account, two.account)
    np.testing.assert_array_equal(order[two.row], one.row)
    moment = int(one.position[150])
    np.testing.assert_array_equal(one.labels_at(moment), two.labels_at(moment))
    np.testing.assert_array_equal(two.row[two.places(two.row)], two.row)


def test_useless_columns_are_named_with_the_reason(planted: Callable[..., Any]) -> None:
    training = planted(n=300, windows=0, junk=0).training
    training = with_column(training, "blank", [np.nan] * 300, "number")
    training = with_column(training, "same", [3.0] * 300, "number")
    training = with_column(training, "twin", training.frame["employees"].to_numpy(), "number")
    training = with_column(training, "own_text", [f"text {i}" for i in range(300)], "category")
    training = with_column(training, "present_or_not", [1.0, np.nan] * 150, "number")
    matrix, dropped = build_matrix(training, frozenset({"revenue"}))
    assert dropped == {
        "blank": "unknown in every row",
        "same": "the same in every row",
        "own_text": "a text of its own in nearly every row: none is shared by 5 rows",
        "twin": "the same as 'employees' in every row",
    }
    assert "revenue" not in matrix.names
    assert "present_or_not" in matrix.names


def test_a_row_without_an_account_is_an_account_of_its_own(planted: Callable[..., Any]) -> None:
    training = planted(n=100, windows=0, junk=0).training
    frame = training.frame.copy()
    frame["account_id"] = pd.Series([None, None, "", *frame["account_id"].tolist()[3:]], dtype=object)
    matrix, _ = build_matrix(dataclasses.replace(training, frame=frame), frozenset())
    nameless = matrix.account[matrix.places(np.arange(3))]
    assert len(set(nameless)) == 3
    assert not set(nameless) & set(matrix.account[matrix.places(np.arange(3, 100))])


def test_labels_at_a_moment_never_reach_past_it(planted: Callable[..., Any]) -> None:
    training = dataclasses.replace(planted(n=100, windows=0, junk=0).training, labels_at=lambda _: np.ones(100))
    matrix, _ = build_matrix(training, frozenset())
    assert np.isnan(matrix.labels_at(int(matrix.position[40]))[40:]).all()

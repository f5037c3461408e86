"""Features of features: unknown is neither yes nor no, and nothing is divided by 0."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from icpfit.config import FeatureSpec
from icpfit.errors import FeatureError
from icpfit.features.build import build_features, current_state
from icpfit.features.combine import combined, in_order, made_of
from icpfit.sources.warehouse import Warehouse

nan = float("nan")
YES, NO, UNKNOWN = 1.0, 0.0, nan
COLUMNS: dict[str, Any] = {
    "a": np.array([YES, YES, NO, UNKNOWN, UNKNOWN, NO]),
    "b": np.array([YES, UNKNOWN, UNKNOWN, UNKNOWN, YES, NO]),
    "n": np.array([6.0, nan, 0.0, -3.0, 2.0, 0.0]),
    "m": np.array([3.0, 1.0, 0.0, 0.0, nan, 4.0]),
    "t": np.array(["x", None, "it's", "y", "x", ""], dtype=object),
}


def spec(name: str, aggregate: str, *of: str, **more: Any) -> FeatureSpec:
    return FeatureSpec(name=name, label=name, layer="intent", aggregate=aggregate, of=of, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("aggregate", "of", "values"),
    [
        ("all_of", ("a", "b"), [1, nan, 0, nan, nan, 0]),
        ("any_of", ("a", "b"), [1, 1, nan, nan, 1, 0]),
        ("all_of", ("not a",), [0, 0, 1, nan, nan, 1]),
        ("all_of", ("n >= 2", "not m > 3"), [1, nan, 0, 0, nan, 0]),
        ("any_of", ("n <> 0", "m = 4"), [1, nan, 0, 1, 1, 1]),
        ("any_of", ("t = 'x'",), [1, nan, 0, 0, 1, 0]),
        ("any_of", ("t <> 'it''s'",), [1, nan, 0, 1, 1, 1]),
        ("ratio", ("n", "m"), [2, nan, nan, nan, nan, 0]),
        ("difference", ("n", "m"), [3, nan, 0, -3, nan, -4]),
    ],
)
def test_known_answers(aggregate: str, of: tuple[str, ...], values: list[float]) -> None:
    np.testing.assert_array_equal(combined(spec("x", aggregate, *of), COLUMNS), values)


def test_any_of_is_not_all_of_the_opposites() -> None:
    """De Morgan's law holds for unknowns too."""
    either = combined(spec("x", "any_of", "a", "n > 0", "not b"), COLUMNS)
    neither = combined(spec("x", "all_of", "not a", "not n > 0", "b"), COLUMNS)
    np.testing.assert_array_equal(either, 1 - neither)


def test_each_stands_behind_what_it_is_made_of_and_a_circle_is_left_out() -> None:
    top, middle, leaf = spec("top", "all_of", "middle", "leaf"), spec("middle", "any_of", "leaf"), spec("leaf", "any", table="events")
    round_a, round_b = spec("ra", "all_of", "rb"), spec("rb", "all_of", "ra")
    assert in_order((top, round_a, round_b, middle, leaf)) == (middle, top)
    assert made_of(top, (top, middle, leaf)) == (leaf,)
    assert made_of(round_a, (round_a, round_b)) == ()


def test_a_hidden_feature_is_no_column_and_counts_all_the_same(company: Warehouse, moments: pd.DataFrame) -> None:
    logins = spec("logins", "count", table="events", where="event = 'login'", window_days=30)
    users = spec("users", "distinct", table="events", window_days=30)
    ratio = spec("per_user", "ratio", "logins", "users")
    shown = build_features(company, (ratio, logins, users), moments)
    hide = {"hidden": True}
    alone = build_features(company, (ratio, logins.model_copy(update=hide), users.model_copy(update=hide)), moments)
    assert list(alone.columns) == ["per_user"]
    pd.testing.assert_series_equal(alone["per_user"], shown["per_user"])
    known = shown["users"] > 0
    assert known.sum() > 20
    np.testing.assert_array_equal(shown["per_user"][known], (shown["logins"] / shown["users"])[known])
    assert shown["per_user"][~known].isna().all()


def test_what_a_list_says_reaches_the_features_made_of_it(company: Warehouse) -> None:
    size = spec("size", "value", table="accounts", column="employee_count")
    large = spec("large", "all_of", "size >= 100", kind="flag")
    asked = pd.DataFrame({"account_id": pd.Series(["A3", "A3", "A0"], dtype=object), "as_of": [10**16] * 3})
    said = pd.DataFrame({"employee_count": ["500", "", "many"]})
    np.testing.assert_array_equal(build_features(company, (size, large), asked, said)["large"], [1, 0, nan])


def test_what_is_made_of_todays_values_is_of_today(company: Warehouse) -> None:
    seats = spec("seats", "value", table="accounts", column="seats", hidden=True)
    many = spec("many_seats", "all_of", "seats > 5", kind="flag")
    assert current_state(company, (seats, many)) == ("many_seats",)


def test_everything_that_is_wrong_is_said_at_once(company: Warehouse, moments: pd.DataFrame) -> None:
    wrong = (
        spec("one", "count", table="events", where="evnt = 'login'"),
        spec("two", "all_of", "one", "nobody"),
        spec("three", "count", table="signals"),
        spec("four", "count", table="events"),
    )
    with pytest.raises(FeatureError, match="3 things are wrong with the features") as told:
        build_features(company, wrong, moments)
    assert all(f"feature '{name}'" in told.value.message for name in ("one", "two"))
    assert "the table signals is not there, and 1 feature read it: three" in told.value.message
    assert "did you mean 'event'?" in told.value.message

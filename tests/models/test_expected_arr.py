"""First ARR by size band, pooled toward the median of all."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from icpfit.models.expected_arr import POOLING_ROWS, ExpectedArr


def test_a_band_lies_between_its_own_median_and_that_of_all():
    sizes = np.repeat([20.0, 80.0, 2_000.0], [200, 200, POOLING_ROWS])
    arr = np.repeat([5_000.0, 20_000.0, 90_000.0], [200, 200, POOLING_ROWS])
    table = ExpectedArr.fit("size", sizes, arr)
    said = table.expect(pd.DataFrame({"size": [20.0, 80.0, 2_000.0, 7.0, np.nan]}))
    assert table.overall == 20_000
    assert said[2] == pytest.approx(np.sqrt(90_000 * 20_000), rel=1e-6)  # twenty customers are believed half, on the log scale
    assert 5_000 < said[0] < 6_000
    assert said[1] == 20_000
    assert said[3] == said[4] == 20_000  # no customer so small, and no size


def test_where_nothing_is_known_nothing_is_said():
    table = ExpectedArr.fit("size", np.array([10.0, 20.0]), np.array([np.nan, 0.0]))
    assert np.isnan(table.expect(pd.DataFrame({"size": [10.0]}))).all()
    assert json.loads(json.dumps(table.to_dict()))["overall"] is None


def test_without_a_size_everybody_has_the_median():
    table = ExpectedArr.fit("", np.array([np.nan] * 3), np.array([1_000.0, 2_000.0, 9_000.0]))
    assert table.expect(pd.DataFrame({"other": [1, 2]})).tolist() == [2_000.0, 2_000.0]


@given(st.lists(st.tuples(st.floats(0, 1e5), st.floats(1, 1e6)), min_size=1, max_size=50), st.floats(0, 1e6))
def test_it_stays_within_what_was_seen_and_comes_back_from_json(customers, size):
    sizes, arr = (np.array(v) for v in zip(*customers, strict=True))
    table = ExpectedArr.fit("size", sizes, arr)
    asked = pd.DataFrame({"size": [size]})
    (said,) = table.expect(asked)
    assert arr.min() - 0.01 <= said <= arr.max() + 0.01
    assert ExpectedArr.from_dict(json.loads(json.dumps(table.to_dict()))).expect(asked).tolist() == [said]

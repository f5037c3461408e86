"""First ARR by size band and product, pooled toward the median of all."""

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


def test_whose_arr_is_taken_from_the_amount_is_counted_and_said():
    sizes, arr = np.full(30, 80.0), np.array([9_000.0] * 29 + [np.nan])
    of_amount = np.array([np.nan] * 25 + [0.5] * 4 + [np.nan])
    table = ExpectedArr.fit("size", sizes, arr, None, of_amount)
    assert (table.customers, table.by_amount, table.of_amount) == (29, 4, 0.5)
    (words,) = table.words
    assert words.startswith("Expected ARR: 4 of 29 won deals have no subscription, so the deal's own amount stands for")
    assert "times 0.50" in words
    assert ExpectedArr.from_dict(json.loads(json.dumps(table.to_dict()))) == table
    assert "times" not in ExpectedArr.fit("size", sizes, arr, None, np.where(of_amount == 0.5, 1.0, np.nan)).words[0]
    for all_alike in (np.full(30, np.nan), np.ones(30)):
        assert ExpectedArr.fit("size", sizes, arr, None, all_alike).words == ()
    one_of_many = np.concatenate([[1.0], np.full(99, np.nan)])
    few = ExpectedArr.fit("size", np.full(100, 80.0), np.full(100, 9_000.0), None, one_of_many)
    assert (few.by_amount, few.words) == (1, ())


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


def test_a_product_tells_more_than_the_size_alone():
    sizes = np.tile([20.0, 20.0, 80.0, 80.0], 200)
    product = np.tile(["Small", "Large"], 400).astype(object)
    arr = np.tile([1_000.0, 9_000.0, 2_000.0, 18_000.0], 200)
    table = ExpectedArr.fit("size", sizes, arr, product)
    asked = pd.DataFrame({"size": [20.0, 20.0, 80.0, 80.0, 20.0, 20.0, 20.0]})
    said = table.expect(asked, np.array(["Small", " LARGE ", "small", "Large", None, "", "Unheard of"], dtype=object))
    np.testing.assert_allclose(said[:4], [1_000, 9_000, 2_000, 18_000], rtol=0.1)
    assert said[4:].tolist() == table.expect(asked)[4:].tolist(), "who names no product that is known has what the band says"
    assert table.expect(asked).tolist() == ExpectedArr.fit("size", sizes, arr).expect(asked).tolist()
    assert table.current_state == ("product of the deal (in expected ARR)",)
    assert ExpectedArr.fit("size", sizes, arr).current_state == ()


def test_a_product_that_few_bought_moves_the_band_a_little():
    sizes, arr = np.full(201, 80.0), np.array([10_000.0] * 200 + [40_000.0])
    table = ExpectedArr.fit("size", sizes, arr, np.array(["Usual"] * 200 + ["Rare"], dtype=object))
    usual, rare = table.expect(pd.DataFrame({"size": [80.0, 80.0]}), np.array(["usual", "rare"], dtype=object))
    assert usual == pytest.approx(10_000, rel=1e-6)
    # its one customer is believed by 1/21 twice: as the product's, and as the band's among the product's
    assert rare == pytest.approx(10_000 * 4 ** (1 - (20 / 21) ** 2), rel=1e-6)


def test_a_product_is_known_in_bands_where_nobody_has_bought_it():
    sizes = np.repeat([20.0, 20.0, 700.0], 200)
    arr = np.repeat([1_000.0, 3_000.0, 30_000.0], 200)
    table = ExpectedArr.fit("size", sizes, arr, np.repeat(np.array(["A", "B", "B"], dtype=object), 200))
    small, large, unsized = table.expect(pd.DataFrame({"size": [20.0, 700.0, np.nan]}), np.array(["A"] * 3, dtype=object))
    assert small < table.expect(pd.DataFrame({"size": [20.0]}))[0]
    assert large < table.expect(pd.DataFrame({"size": [700.0]}))[0]
    assert unsized < table.overall


bought = st.tuples(st.floats(0, 1e5) | st.just(float("nan")), st.floats(1, 1e6), st.sampled_from(["A", "B", "", None]))


@given(st.lists(bought, min_size=1, max_size=50), st.floats(0, 1e6), st.sampled_from(["A", "b", None, "C"]))
def test_with_products_it_stays_within_what_was_seen_and_comes_back_from_json(customers, size, product):
    sizes, arr, products = (np.array(v, dtype=t) for v, t in zip(zip(*customers, strict=True), (float, float, object), strict=True))
    table = ExpectedArr.fit("size", sizes, arr, products)
    asked, named = pd.DataFrame({"size": [size]}), np.array([product], dtype=object)
    (said,) = table.expect(asked, named)
    assert arr.min() - 0.01 <= said <= arr.max() + 0.01
    assert ExpectedArr.from_dict(json.loads(json.dumps(table.to_dict()))).expect(asked, named).tolist() == [said]

"""Bands that a person knows: every row in one of them, whatever the column holds."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from icpfit.config import FeatureSpec
from icpfit.cycle.drift_bands import MOST_TEXTS, NOT_KNOWN, OTHERS, band_shares
from icpfit.scorecard.card import Attribute, Bin


def spec(kind: str = "number", **more: object) -> FeatureSpec:
    body = {"name": "e", "label": "E", "layer": "firmographic", "table": "accounts", "aggregate": "value", "kind": kind}
    return FeatureSpec.model_validate(body | more)


def share(words: str, bands: tuple[tuple[str, float, float], ...]) -> tuple[float, float]:
    return next((a, b) for w, a, b in bands if w == words)


numbers = st.lists(st.none() | st.floats(-1e9, 1e9) | st.integers(0, 4).map(float), min_size=1, max_size=60)


@settings(max_examples=60)
@given(then=numbers, now=numbers)
def test_every_row_stands_in_one_band_of_each_side(then: list[float | None], now: list[float | None]) -> None:
    sides = [pd.Series(side, dtype=np.float64) for side in (then, now)]
    bands = band_shares(spec(), None, *sides)
    assert sum(b[1] for b in bands) == pytest.approx(1)
    assert sum(b[2] for b in bands) == pytest.approx(1)
    assert len({b[0] for b in bands}) == len(bands)
    for i, side in enumerate(sides, start=1):
        assert sum(b[i] for b in bands if b[0] == NOT_KNOWN) == pytest.approx(side.isna().mean())


def test_many_numbers_are_cut_into_fifths_of_before_at_round_edges() -> None:
    then = pd.Series(np.arange(1, 1_001, dtype=np.float64))
    bands = band_shares(spec(unit="employees"), None, then, then[800:])
    assert [b[0] for b in bands] == [
        "under 200 employees",
        "200 to 399 employees",
        "400 to 599 employees",
        "600 to 799 employees",
        "800 employees or more",
    ]
    assert [round(b[1], 2) for b in bands] == [0.2, 0.2, 0.2, 0.2, 0.2]
    assert bands[-1][2] == 1


def test_of_counts_none_is_a_band_of_its_own() -> None:
    then = pd.Series([0.0] * 90 + list(range(1, 11)))
    assert band_shares(spec(unit="visits"), None, then, then)[0][:2] == ("none", 0.9)


def test_the_bands_of_the_card_are_taken_where_they_tell_enough() -> None:
    def cell(label: str, low: float | None, high: float | None) -> Bin:
        return Bin(label, 10, 8.0, 12.0, 5, 0.2, low=low, high=high)

    unknown = Bin("unknown", 3, 1.0, 4.0, 1, None, unknown=True)
    three = (cell("small", None, 10.0), cell("middle", 10.0, 20.0), cell("large", 20.0, None), unknown)
    card = Attribute("e", "E", "firmographic", "number", "", "", three, 1.0)
    then, now = pd.Series([1.0, 10.0, 25.0, np.nan]), pd.Series([25.0, 26.0])
    assert band_shares(spec(), card, then, now) == (
        ("small", 0.25, 0.0),
        ("middle", 0.25, 0.0),
        ("large", 0.25, 1.0),
        (NOT_KNOWN, 0.25, 0.0),
    )
    two = Attribute("e", "E", "firmographic", "number", "", "", (cell("a", None, 9.0), cell("b", 9.0, None), unknown), 1.0)
    assert [b[0] for b in band_shares(spec(), two, then, now)] == ["1", "10", "25", "26", NOT_KNOWN]


def test_texts_that_are_frequent_on_either_side_are_named() -> None:
    then = pd.Series(["a"] * 50 + [f"x{i}" for i in range(50)], dtype=object)
    now = pd.Series(["new"] * 30 + ["a"] * 10 + [None] * 10, dtype=object)
    bands = band_shares(spec("category"), None, then, now)
    assert len(bands) == MOST_TEXTS + 2
    assert share("new", bands) == (0.0, 0.6)
    assert share("a", bands) == (0.5, 0.2)
    assert share(OTHERS, bands) == pytest.approx(((50 - MOST_TEXTS + 2) / 100, 0.0))
    assert share(NOT_KNOWN, bands) == (0.0, 0.2)


def test_a_yes_or_no_has_its_two_bands() -> None:
    bands = band_shares(spec("flag"), None, pd.Series([1.0, 0.0, np.nan, 0.0]), pd.Series([1.0]))
    assert bands == (("yes", 0.25, 1.0), ("no", 0.5, 0.0), (NOT_KNOWN, 0.25, 0.0))

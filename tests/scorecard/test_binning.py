import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from icpfit.config import FeatureSpec
from icpfit.scorecard.binning import least_rows, make_bins, number_edges
from icpfit.scorecard.lookup import bin_index


def spec(kind: str = "number", unit: str = "", monotone: str | None = None) -> FeatureSpec:
    return FeatureSpec.model_validate(
        {
            "name": "x",
            "label": "X",
            "layer": "firmographic",
            "kind": kind,
            "unit": unit,
            "monotone": monotone,
            "table": "accounts",
            "aggregate": "value",
        }
    )


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 10_000),
    st.sampled_from(["number", "category", "flag"]),
    st.integers(2, 7),
    st.sampled_from([None, "increasing", "decreasing"]),
)
def test_every_row_has_one_bin_and_every_range_is_wide_enough(seed: int, kind: str, most: int, monotone: str | None) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(60, 400))
    values = {
        "number": lambda: rng.choice([np.nan, -np.inf, np.inf, 0.0, *np.round(rng.lognormal(2, 2, 40), int(rng.integers(0, 3)))], n),
        "category": lambda: rng.choice(np.array([None, "", *"abcdefghij"], dtype=object), n),
        "flag": lambda: rng.choice([0.0, 1.0, np.nan], n),
    }[kind]()
    column = pd.Series(values)
    phi = rng.normal(size=n)
    bins = make_bins(spec(kind, monotone=monotone), column, phi, most)
    if bins is None:
        return
    assert len(bins) <= max(most, 3)
    assert bins[-1].unknown
    code = bin_index(kind, bins, column)
    assert code.min() >= 0
    assert code.max() < len(bins)
    unknown = column.isna() | (column == "")
    assert ((code == len(bins) - 1) == unknown).all()
    rows = np.bincount(code, minlength=len(bins))
    enough = least_rows(n) if kind != "flag" else 20
    ranges = [r for b, r in zip(bins, rows, strict=True) if not (b.unknown or b.other)]
    assert len(ranges) == 1 or all(r >= enough for r in ranges)
    if monotone and kind == "number":
        means = [phi[code == i].mean() for i in range(len(bins) - 1)]
        assert means == sorted(means, reverse=monotone == "decreasing")


def test_edges_fall_on_numbers_that_people_use() -> None:
    rng = np.random.default_rng(1)
    employees = np.round(np.exp(rng.normal(4.3, 1.0, 4000)))
    phi = np.select([employees < 50, employees < 120], [0.0, 1.0], 0.3) + rng.normal(0, 0.3, 4000)
    assert number_edges(employees, phi, most=4, min_rows=200) == (50.0, 120.0)
    days = rng.uniform(0, 200, 4000)
    assert number_edges(days, (days < 29.8).astype(float), most=4, min_rows=200, days=True) == (30.0,)
    assert number_edges(days, (days < 33.1).astype(float), most=4, min_rows=200, days=True) == (33.0,)
    ramp = 1 / (1 + np.exp(-(employees - 96) / 20))
    assert number_edges(employees, ramp, most=2, min_rows=200) == (100.0,)
    views = rng.poisson(2, 4000).astype(float)
    assert number_edges(views, (views > 0).astype(float), most=4, min_rows=200) == (1.0,)


def test_an_edge_stays_where_rounding_would_cost() -> None:
    x = np.arange(1000.0, 1100.0).repeat(40)
    assert number_edges(x, (x >= 1037).astype(float), most=4, min_rows=200) == (1037.0,)


def test_rare_texts_make_a_bin_of_their_own() -> None:
    column = pd.Series(["US"] * 100 + ["DE"] * 80 + ["FR"] * 70 + ["MT", "LU", None], dtype=object)
    phi = np.array([1.0] * 100 + [-1.0] * 150 + [0.5, 0.5, 0.0])
    bins = make_bins(spec("category"), column, phi, 5)
    assert bins is not None
    assert [b.label for b in bins] == ["US", "DE, FR", "any other", "unknown"]
    unseen = pd.Series(["CH", "DE", None, "MT"], dtype=object)
    assert bin_index("category", bins, unseen).tolist() == [2, 1, 3, 2]


def test_without_rare_texts_an_unseen_one_is_unknown_as_the_model_takes_it() -> None:
    column = pd.Series(["US"] * 100 + ["DE"] * 80, dtype=object)
    bins = make_bins(spec("category"), column, np.array([1.0] * 100 + [0.0] * 80), 5)
    assert bins is not None
    assert [b.label for b in bins] == ["US", "DE", "unknown"]
    assert bin_index("category", bins, pd.Series(["CH"], dtype=object)).tolist() == [2]


@pytest.mark.parametrize("values", [[np.nan] * 50, [3.0] * 50, [0.0] * 45 + [1.0] * 5])
def test_an_attribute_with_nothing_to_tell_apart_has_no_bins(values: list[float]) -> None:
    kind = "flag" if 0.0 in values else "number"
    assert make_bins(spec(kind), pd.Series(values), np.arange(50.0), 5) is None


def test_being_known_at_all_may_be_what_tells() -> None:
    column = pd.Series([5.0] * 60 + [np.nan] * 40)
    bins = make_bins(spec(), column, np.array([1.0] * 60 + [0.0] * 40), 5)
    assert bins is not None
    assert [b.label for b in bins] == ["any known value", "unknown"]

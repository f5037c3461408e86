"""Which columns are traits, how their values are read, and which are refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from icpfit.config import FeatureSpec
from icpfit.segments.traits import read_traits, trait_of_feature

NOTHING: dict[str, Any] = {"of_deals": {}, "won": np.array([1.0, 0.0, 1.0, np.nan]), "refused": {}}


def spec(name: str, **more: Any) -> FeatureSpec:
    body = {"label": name.capitalize(), "layer": "firmographic", "table": "accounts", "aggregate": "value", "column": name, **more}
    return FeatureSpec(name=name, **body)


INDUSTRY = spec("industry", kind="category")
SIZE = spec("employee_count")
WAREHOUSE = spec("has_warehouse", table="technologies", aggregate="present", column=None, where="category = 'data_warehouse'", kind="flag")
TOOL = spec("uses_x", table="technologies", aggregate="present", column=None, where="technology = 'X'", kind="flag")


def frame(**columns: list[Any]) -> pd.DataFrame:
    return pd.DataFrame({k: pd.Series(v, dtype=object if isinstance(v[0], str) else np.float64) for k, v in columns.items()})


def test_headcount_stands_in_bands_and_tools_by_category() -> None:
    features = frame(employee_count=[7, 40, np.nan, 60], has_warehouse=[1, 0, 1, np.nan], uses_x=[1, 1, 1, 1])
    found = read_traits(features, [SIZE, WAREHOUSE, TOOL], **NOTHING)
    size, tool = found.traits
    assert size.values.tolist() == ["1 to 10", "11 to 50", None, "51 to 200"]
    assert (tool.name, tool.shown, tool.values.tolist()) == ("has_warehouse", ("in use",), ["in use", "not seen", "in use", None])
    assert tool.words("in use") == "Has_warehouse"
    assert set(found.missing) == {"industry", "funding", "country", "region", "product", "source"}


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("Client Industry", "industry"),
        ("Number of Employees", "size"),
        ("Funding_Stage__c", "funding"),
        ("Billing Country", "country"),
        ("Sales Region", "region"),
        ("Product Line", "product"),
        ("Lead Source", "source"),
        ("Production Region Code", None),
        ("Product Fit Score", None),
        ("Data Source Quality", None),
    ],
)
def test_a_file_is_read_by_its_headers(header: str, name: str | None) -> None:
    one = spec("a", table="flat", aggregate="column", column=header, kind="category")
    found = read_traits(frame(a=["x", "y", "x", "y"]), [one], **NOTHING)
    assert [t.name for t in found.traits] == ([] if name is None else [name])


def test_groups_of_the_files_own_are_no_headcounts() -> None:
    one = spec("a", table="flat", aggregate="column", column="Client Size")
    (trait,) = read_traits(frame(a=[1, 2, 2, 3]), [one], **NOTHING).traits
    assert trait.shown == ("2", "1", "3")


def test_what_training_refuses_is_no_trait() -> None:
    found = read_traits(frame(industry=["a", "b", "a", "b"]), [INDUSTRY], **{**NOTHING, "refused": {"industry": "filled after the sale"}})
    assert found.traits == ()
    assert found.refused == (("Industry", "filled after the sale"),)


def test_a_field_of_the_deal_that_is_filled_for_winners_alone_is_no_trait() -> None:
    won = np.repeat([1.0, 0.0], 50)
    late = np.where(won == 1, "A", None).astype(object)
    source = np.tile(np.array(["ads", "event"], dtype=object), 50)
    found = read_traits(pd.DataFrame(index=range(100)), [], of_deals={"product": late, "source": source}, won=won, refused={})
    assert [t.name for t in found.traits] == ["source"]
    assert found.traits[0].today
    assert found.refused == (("Product", "whether it is filled tells the outcome: known for 100% of won and 0% of lost"),)


def test_a_number_that_the_configuration_names_stands_in_fifths() -> None:
    features = frame(revenue=[float(i) for i in range(1, 101)])
    trait = trait_of_feature("revenue", features, [spec("revenue")], {})
    assert trait is not None
    assert [int((trait.values == v).sum()) for v in trait.shown] == [20] * 5
    assert trait_of_feature("revenue", features, [spec("revenue")], {"revenue": "why"}) is None
    assert trait_of_feature("else", features, [spec("revenue")], {}) is None


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), middle=st.sampled_from([0.0, 30.0, 1234567.0]), spread=st.integers(-3, 3))
def test_the_words_of_fifths_part_the_values_as_the_fifths_do(seed: int, middle: float, spread: int) -> None:
    values = middle + np.random.default_rng(seed).normal(0, 10.0**spread, 200)
    trait = trait_of_feature("revenue", pd.DataFrame({"revenue": values}), [spec("revenue")], {})
    assert trait is not None
    assert len(set(trait.values)) == 5
    for value, said in zip(values, trait.values, strict=True):
        ends = [float(word) for word in said.replace("below ", "-inf to ").replace(" and more", " to inf").split(" to ")]
        assert ends[0] <= value < ends[1], said
        assert len(said) < 50, "no more digits than are needed"

"""What is printed of an edge is the edge."""

from __future__ import annotations

import re
from itertools import pairwise

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from icpfit.config import FeatureSpec
from icpfit.scorecard.binning import make_bins, ranges

SPEC = FeatureSpec(name="n", label="N", layer="intent", unit="EUR", table="t", aggregate="value")
NUMBER = r"-?\d[\d,]*(?:\.\d+)?"
edges_of = st.lists(st.floats(-1e9, 1e9, allow_subnormal=False).map(lambda v: v + 0.0), min_size=1, max_size=6, unique=True).map(sorted)


def printed(label: str) -> list[float]:
    return [float(n.replace(",", "")) for n in re.findall(NUMBER, label)]


@given(edges=edges_of)
def test_an_edge_is_read_back_to_the_last_bit(edges: list[float]) -> None:
    bins = ranges(SPEC, edges, np.array([0.5, -1.5]))
    for b in bins:
        assert printed(b.label) == [end for end in (b.low, b.high) if end is not None], b.label
    assert all(a.label != b.label for a, b in pairwise(bins))


@given(edges=st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=6, unique=True).map(sorted))
def test_a_range_of_whole_numbers_names_its_first_and_its_last(edges: list[int]) -> None:
    for b in ranges(SPEC, [float(e) for e in edges], np.array([-3.0, 7.0])):
        said = printed(b.label)
        if b.low is None or b.high is None:
            assert said == [end for end in (b.low, b.high) if end is not None]
        else:
            assert (said[0], said[-1] + 1) == (b.low, b.high)


@given(seed=st.integers(0, 2**32 - 1), digits=st.integers(2, 9))
def test_the_printed_edges_of_a_learned_card_are_its_edges(seed: int, digits: int) -> None:
    rng = np.random.default_rng(seed)
    x = np.round(rng.choice([30.0, 1234567.0]) + rng.normal(0, 10.0 ** rng.integers(-4, 2), 300), digits)
    bins = make_bins(SPEC, pd.Series(x), (x > np.median(x)).astype(np.float64), 4)
    for b in bins or ():
        if not b.unknown and (b.low, b.high) != (None, None):
            assert printed(b.label) == [end for end in (b.low, b.high) if end is not None], b.label

"""Shares against other people's formulas."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, chi2_contingency

from icpfit.criteria.shares import Counter, Share, Times, below, two_sided


@given(st.integers(1, 500), st.floats(0, 1))
def test_the_interval_is_wilsons(n: int, share: float) -> None:
    hits = round(n * share)
    ours, theirs = Share(hits, n, n), binomtest(hits, n).proportion_ci(0.9, method="wilson")
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=1e-9)


@given(st.integers(1, 99), st.integers(1, 199))
def test_two_shares_are_told_apart_as_a_table_of_four_fields_tells_them(a: int, b: int) -> None:
    times = Times.of(Share(a, 100, 100), Share(b, 200, 200))
    table = chi2_contingency([[a, 100 - a], [b, 200 - b]], correction=False)
    assert two_sided(times.z) == pytest.approx(table.pvalue, abs=1e-9)
    assert below(times.z) == pytest.approx(table.pvalue / 2 if times.z <= 0 else 1 - table.pvalue / 2, abs=1e-9)
    turned = Times.of(Share(b, 200, 200), Share(a, 100, 100))
    assert (turned.low, turned.times, turned.high) == pytest.approx((1 / times.high, 1 / times.times, 1 / times.low))


def test_ten_deals_of_an_account_are_one() -> None:
    """Every row ten times over, of the same accounts: the same share, and no surer."""
    hit = np.arange(60) % 3 == 0
    once = Counter(np.arange(60)).share(hit, np.ones(60, dtype=bool))
    tenfold = Counter(np.repeat(np.arange(60), 10)).share(np.repeat(hit, 10), np.ones(600, dtype=bool))
    assert tenfold.rows == 600
    assert (tenfold.share, tenfold.low, tenfold.high) == (once.share, once.low, once.high)


def test_no_hits_are_no_division_by_nothing() -> None:
    times = Times.of(Share(0, 50, 50), Share(25, 50, 50))
    assert 0 < times.low < times.times < times.high < 1
    assert np.isnan(Times.of(Share(0, 0, 0), Share(1, 2, 2)).times)


def test_a_share_that_cannot_be_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="3 of 2 rows"):
        Share(3, 2, 2)

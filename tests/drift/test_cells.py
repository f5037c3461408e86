"""Cells and their tests: against scipy, and against all splits there are."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from icpfit.drift.cells import CELLS, MOST_LEVELS, cut, gap
from icpfit.drift.columns import read_column
from icpfit.drift.power import found, more_needed, standard_move
from icpfit.drift.split import Split, sums, thinned


def p_values(values: np.ndarray, few: int) -> np.ndarray:
    """Of every way to choose ``few`` of the values."""
    column = read_column("x", pd.Series(values[few:]), pd.Series(values[:few]))
    cells = cut(column, few / len(values))
    both = cells.place(values)
    totals = np.bincount(both, minlength=cells.counts.shape[1]).astype(float)
    every = np.array([np.bincount(both[list(c)], minlength=len(totals)) for c in combinations(range(len(values)), few)], dtype=float)
    return cells.surprise(every, totals)[1]


def test_small_p_values_of_numbers_are_as_rare_as_they_say():
    p = p_values(np.arange(18.0), 6)
    for level, least in ((0.05, 0.8), (0.01, 0.5)):  # six of eighteen have no tails
        assert least * level <= (p <= level).mean() <= 1.2 * level


def test_two_values_are_a_test_of_shares():
    values = np.repeat([0.0, 1.0, 7.0], 6)
    assert (p_values(values, 6) <= 0.05).mean() <= 0.08


@settings(max_examples=30)
@given(st.lists(st.integers(-3, 30), min_size=25, max_size=90), st.integers(5, 20))
def test_cells_hold_every_row_once_wherever_it_lies(values, few):
    array = np.array(values, dtype=float)
    column = read_column("x", pd.Series(array[few:]), pd.Series(array[:few]))
    cells = cut(column, few / len(array))
    assert cells.counts.sum(axis=1).tolist() == [len(array) - few, few]
    side = np.bincount(cells.place(column.current), minlength=cells.counts.shape[1])
    np.testing.assert_array_equal(side, cells.counts[1])
    assert cells.counts.shape[1] <= max(CELLS, column.levels)
    if column.levels == 0:
        assert gap(column) == pytest.approx(stats.ks_2samp(array[few:], array[:few]).statistic)


def test_a_column_of_names_has_no_more_cells_than_there_may_be_groups():
    names = pd.Series([f"name {i % 3_000}" for i in range(60_000)])
    cells = cut(read_column("name", names, names), 0.5)
    assert cells.counts.shape == (2, MOST_LEVELS + 1)
    assert cells.counts.sum() == 120_000


def test_cells_tell_what_all_values_tell():
    """Anderson and Darling's own statistic ranks the same samples alike."""
    rng = np.random.default_rng(1)
    ours, theirs = [], []
    for shift in np.linspace(0, 0.8, 25):
        before, now = rng.normal(size=400), rng.normal(shift, 1, 80)
        cells = cut(read_column("x", pd.Series(before), pd.Series(now)), 80 / 480)
        ours.append(cells.surprise(cells.counts[1][None].astype(float), cells.counts.sum(axis=0).astype(float))[0][0])
        theirs.append(stats.anderson_ksamp([before, now], variant="midrank", method=stats.PermutationMethod(n_resamples=1)).statistic)
    assert stats.spearmanr(ours, theirs).statistic > 0.98


def test_sums_are_those_of_the_rows():
    rng = np.random.default_rng(4)
    split = Split(np.arange(30), np.arange(12), 42, 20, 7)
    cells, moments = rng.integers(0, 2, (42, 3)).astype(np.float32), rng.normal(size=(42, 2))
    (counted,), added = sums(split, [cells], moments)
    members = np.vstack(list(split.memberships()))
    assert members.shape == (21, 42)
    assert (members.sum(axis=1) == 12).all()
    np.testing.assert_array_equal(members[0], np.r_[np.zeros(30), np.ones(12)])
    np.testing.assert_allclose(counted, members @ cells)
    np.testing.assert_allclose(added, members.astype(float) @ moments)


@given(st.integers(0, 60), st.integers(0, 60), st.integers(2, 80))
def test_thinning_keeps_the_order_and_the_smaller_side_first(n, m, most):
    first, second = thinned((np.arange(n), np.arange(m)), most, np.random.default_rng(0))
    assert len(first) + len(second) <= max(most, 0) or (len(first), len(second)) == (n, m)
    assert (np.diff(first) > 0).all()
    assert (np.diff(second) > 0).all()
    if n + m > most:
        assert min(len(first), len(second)) == min(n, m, most // 2)


def test_power_is_what_a_simulation_finds():
    rng = np.random.default_rng(0)
    distance, level = standard_move(0.15), 0.01
    hits = [
        abs(rng.normal(distance, 1, 60).mean() - rng.normal(0, 1, 300).mean()) / np.sqrt(1 / 60 + 1 / 300) > stats.norm.isf(level / 2)
        for _ in range(2_000)
    ]
    assert np.mean(hits) == pytest.approx(found(distance, 300, 60, level), abs=0.03)
    more = more_needed(distance, 300, 60, level)
    assert more is not None
    assert found(distance, 300, 60 + more, level) == pytest.approx(0.8, abs=0.01)

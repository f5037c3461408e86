"""Labels dealt anew: rows of an account stay together, and a rate that moves is taken out."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from icpfit.models.dealt import beside_its_period, deal

SIZES = st.lists(st.integers(1, 4), min_size=1, max_size=12)


def rows(sizes: list[int], seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What is left of the labels, account and period of rows in any order."""
    rng = np.random.default_rng(seed)
    account = np.repeat(np.arange(len(sizes)), sizes)[rng.permutation(sum(sizes))]
    period = np.sort(rng.integers(0, 3, len(account)))
    return beside_its_period(rng.integers(0, 2, len(account)).astype(float), period), account, period


@given(sizes=SIZES, seed=st.integers(0, 1000))
def test_an_account_with_several_rows_keeps_them_all_or_turns_them_all(sizes: list[int], seed: int) -> None:
    left, account, period = rows(sizes, seed)
    dealt = deal(left, account, period, 3, np.random.default_rng(seed))
    assert dealt.shape == (len(left), 3)
    for draw in dealt.T:
        for a, size in enumerate(sizes):
            if size > 1:
                mine = account == a
                assert (draw[mine] == left[mine]).all() or (draw[mine] == -left[mine]).all()


@given(sizes=SIZES, seed=st.integers(0, 1000))
def test_accounts_with_one_row_trade_within_their_period(sizes: list[int], seed: int) -> None:
    left, account, period = rows(sizes, seed)
    (draw,) = deal(left, account, period, 1, np.random.default_rng(seed)).T
    alone = np.isin(account, np.flatnonzero(np.array(sizes) == 1))
    for p in range(3):
        assert sorted(draw[alone & (period == p)]) == sorted(left[alone & (period == p)])


@given(sizes=SIZES, seed=st.integers(0, 1000))
def test_a_period_holds_as_much_above_its_mean_as_below(sizes: list[int], seed: int) -> None:
    left, _, period = rows(sizes, seed)
    assert np.allclose(np.bincount(period, left), 0.0)


def test_signs_fall_equally_often_and_by_account() -> None:
    left, account = np.array([0.5, 0.25, -0.75, 0.5]), np.array([0, 0, 1, 1])
    dealt = deal(left, account, np.zeros(4, dtype=np.int64), 6_000, np.random.default_rng(0))
    turned = dealt[[0, 2]] != left[[0, 2], None]
    assert np.abs(turned.mean(axis=1) - 0.5).max() < 0.03
    assert abs(np.corrcoef(turned)[0, 1]) < 0.05


def test_every_account_gets_every_hand_equally_often() -> None:
    left = np.array([0.0, 1.0, 2.0])
    dealt = deal(left, np.arange(3), np.zeros(3, dtype=np.int64), 6_000, np.random.default_rng(0))
    shares = np.array([[(dealt[i] == v).mean() for v in left] for i in range(3)])
    assert np.abs(shares - 1 / 3).max() < 0.03

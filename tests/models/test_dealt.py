"""Labels dealt by lot: rows of an account stay together, and a rate that moves is taken out."""

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
def test_a_period_holds_as_much_above_its_mean_as_below(sizes: list[int], seed: int) -> None:
    left, _, period = rows(sizes, seed)
    assert np.allclose(np.bincount(period, left), 0.0)


@given(sizes=SIZES, seed=st.integers(0, 1000))
def test_an_account_with_several_rows_keeps_them_all_or_turns_them_all(sizes: list[int], seed: int) -> None:
    """As wide as they were before the account pulled the mean of its period: the inverse root of what the mean took away."""
    left, account, period = rows(sizes, seed)
    dealt = deal(left, account, period, 3, np.random.default_rng(seed))
    assert dealt.shape == (len(left), 3)
    for a in np.flatnonzero(np.array(sizes) > 1):
        kept = np.zeros(len(left))
        for p in np.unique(period[account == a]):
            mine, rest = (account == a) & (period == p), (account != a) & (period == p)
            taken = np.eye(mine.sum()) - (1 / (period == p).sum() if rest.any() else 0.0)
            values, vectors = np.linalg.eigh(taken)
            kept[mine] = vectors / np.sqrt(values) @ vectors.T @ left[mine]
        for draw in dealt.T:
            mine = account == a
            assert np.allclose(draw[mine], kept[mine]) or np.allclose(draw[mine], -kept[mine])


@given(sizes=SIZES, seed=st.integers(0, 1000))
def test_accounts_with_one_row_trade_within_their_period(sizes: list[int], seed: int) -> None:
    left, account, period = rows(sizes, seed)
    (draw,) = deal(left, account, period, 1, np.random.default_rng(seed)).T
    alone = np.isin(account, np.flatnonzero(np.array(sizes) == 1))
    for p in np.unique(period[alone]):
        was, now = (np.sort(of[alone & (period == p)]) for of in (left, draw))
        assert np.allclose(was - was.mean(), now - now.mean())
        if alone[period == p].all():
            assert (was == now).all()


def test_beside_accounts_with_several_rows_those_with_one_end_well_as_often_as_luck_has_it() -> None:
    """Of 50 accounts 10 are won; beside them stand 25 with two rows each, all won. By luck the 50 are off by a standard error of a rate."""
    account = np.concatenate([np.arange(50), np.repeat(np.arange(50, 75), 2)])
    period = np.zeros(100, dtype=np.int64)
    left = beside_its_period(np.concatenate([np.ones(10), np.zeros(40), np.ones(50)]), period)
    means = deal(left, account, period, 6_000, np.random.default_rng(0))[:50].mean(axis=0)
    assert abs(means.mean()) < 0.005
    assert abs(means.std() - np.sqrt((left[:50] ** 2).mean() / 50)) < 0.003


def test_signs_fall_equally_often_and_by_account() -> None:
    left, account = np.array([0.5, 0.25, -0.75, 0.5]), np.array([0, 0, 1, 1])
    dealt = deal(left, account, np.zeros(4, dtype=np.int64), 6_000, np.random.default_rng(0))
    turned = np.sign(dealt[[0, 2]]) != np.sign(left[[0, 2], None])
    assert np.abs(turned.mean(axis=1) - 0.5).max() < 0.03
    assert abs(np.corrcoef(turned)[0, 1]) < 0.05


def test_every_account_gets_every_hand_equally_often() -> None:
    left = np.array([0.0, 1.0, 2.0])
    dealt = deal(left, np.arange(3), np.zeros(3, dtype=np.int64), 6_000, np.random.default_rng(0))
    shares = np.array([[(dealt[i] == v).mean() for v in left] for i in range(3)])
    assert np.abs(shares - 1 / 3).max() < 0.03

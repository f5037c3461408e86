"""The permutation test is fair without signal and sees a signal that is there."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from icpfit.models.metrics import stratified_auc
from icpfit.models.signal import judge_signal

NAMES = ("2025Q3", "2025Q4")


def drawn(seed: int, effect: float, repeat: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Rows in two quarters whose base rates differ; ``repeat`` identical rows per account."""
    rng = np.random.default_rng(seed)
    n = 120
    stratum = np.repeat([0, 1], n // 2)
    score = rng.normal(size=n) + stratum
    p = 1 / (1 + np.exp(-(np.where(stratum == 1, 1.0, -1.0) + effect * (score - stratum))))
    label = (rng.random(n) < p).astype(float)
    account = np.arange(n)
    return tuple(np.repeat(a, repeat) for a in (label, score, account, stratum))  # type: ignore[return-value]


def p_of(case: tuple[np.ndarray, ...], **more: int) -> float:
    label, score, account, stratum = case
    return judge_signal(label, score, account, stratum, NAMES, **{"permutations": 199, "seed": 1, **more}).p_value


def test_p_is_uniform_without_signal_though_the_base_rate_moves_with_the_score() -> None:
    p = np.array([p_of(drawn(seed, 0.0)) for seed in range(120)])
    # two standard errors of a uniform's quantiles at 120 draws
    assert abs((p <= 0.25).mean() - 0.25) < 0.08
    assert abs((p <= 0.5).mean() - 0.5) < 0.095
    assert (p <= 0.01).mean() <= 0.04


def test_copies_of_rows_do_not_make_a_signal() -> None:
    p = np.array([p_of(drawn(seed, 0.0, repeat=4)) for seed in range(80)])
    assert (p <= 0.05).mean() <= 0.12
    assert (p >= 0.5).mean() >= 0.35


def test_a_planted_signal_is_seen() -> None:
    label, score, account, stratum = drawn(3, 1.5)
    found = judge_signal(label, score, account, stratum, NAMES, permutations=999, seed=0)
    assert found.p_value == 1 / 1000
    assert found.auc == stratified_auc(label, score, stratum)
    assert found.rows == 120


def test_the_smallest_p_counts_the_data_themselves() -> None:
    assert p_of(drawn(3, 4.0), permutations=199) == 1 / 200


def test_each_of_several_looks_counts_less() -> None:
    alone, one_of_two = p_of(drawn(5, 0.2)), p_of(drawn(5, 0.2), looks=2)
    assert one_of_two == min(1.0, 2 * alone)
    assert p_of(drawn(0, -2.0), looks=2) == 1.0


def test_one_class_tells_nothing() -> None:
    _, score, account, stratum = drawn(0, 1.0)
    found = judge_signal(np.ones(120), score, account, stratum, NAMES, permutations=199, seed=0)
    assert found.p_value == 1.0
    assert np.isnan(found.auc)


def test_an_order_no_better_than_that_of_lots_is_no_signal_however_rare_it_is() -> None:
    """Accounts with six deals each win more often and are ranked low; among those with one deal the order is right."""
    rng = np.random.default_rng(6)
    account = np.concatenate([np.arange(300), np.repeat(np.arange(300, 500), 6)])
    alone = np.arange(1_500) < 300
    score = np.where(alone, 3 + rng.normal(size=1_500), 0.0)
    label = (rng.random(1_500) < np.where(alone, 1 / (1 + np.exp(1.1 - 3 * (score - 3))), 0.42)).astype(float)
    found = judge_signal(label, score, account, np.zeros(1_500, dtype=np.int64), ("all",), permutations=199, seed=0)
    assert found.auc < 0.5
    assert found.p_value > 0.3


def levels(case: Callable[[int], tuple[Any, ...]], seeds: int) -> np.ndarray:
    """p of ``seeds`` files: (label, score, account, quarter) each."""
    p = []
    for seed in range(seeds):
        label, score, account, quarter = case(seed)
        names = [str(q) for q in range(quarter.max() + 1)]
        p.append(judge_signal(label, score, account, quarter, names, permutations=199, seed=seed).p_value)
    return np.array(p)


def test_that_customers_come_back_may_tell_who_buys() -> None:
    """Of 200 accounts with one deal 15 % are won, of 50 with two half; the score knows, roughly, which are which."""

    def case(seed: int) -> tuple[Any, ...]:
        rng = np.random.default_rng([6, seed])
        account = np.concatenate([np.arange(200), np.repeat(np.arange(200, 250), 2)])
        back = account >= 200
        label = (rng.random(300) < np.where(back, 0.5, 0.15)).astype(float)
        return label, back + rng.normal(0, 0.7, 300), account, rng.integers(0, 4, 300)

    assert (levels(case, 30) <= 0.01).sum() >= 24


def test_a_flag_that_none_of_a_few_bears_is_no_signal() -> None:
    """Three in a hundred end well, and one account in ten bears a flag: that none of those do is luck."""

    def case(seed: int) -> tuple[Any, ...]:
        rng = np.random.default_rng([5, seed])
        account = np.arange(700) // 2
        return (rng.random(700) < 0.03).astype(float), -(rng.random(350) < 0.1).astype(float)[account], account, rng.integers(0, 4, 700)

    # binomial limits at one in a thousand
    p = levels(case, 60)
    assert (p <= 0.01).sum() <= 4
    assert (p <= 0.05).sum() <= 9


def test_a_pattern_within_quarters_stands_out_whatever_their_rates() -> None:
    """Two quarters in which nearly none and nearly all are won."""

    def case(seed: int) -> tuple[Any, ...]:
        rng = np.random.default_rng([7, seed])
        account, quarter, score = np.arange(400) // 2, np.arange(400) // 200, rng.normal(size=400)
        return (rng.random(400) < 1 / (1 + np.exp(3 - 6 * quarter - 1.2 * score))).astype(float), score, account, quarter

    assert (levels(case, 60) <= 0.01).sum() >= 55


def test_quarters_with_rates_of_their_own_have_luck_of_their_own() -> None:
    """Three small quarters in which few win and a large one; two deals to each account, of one quarter."""

    def case(seed: int) -> tuple[Any, ...]:
        rng = np.random.default_rng([4, seed])
        quarter = np.repeat(np.arange(4), [100, 100, 100, 400])
        account = np.arange(700) // 2
        label = (rng.random(700) < np.array([0.05, 0.05, 0.05, 0.4])[quarter]).astype(float)
        return label, rng.normal(size=350)[account], account, quarter

    # binomial limits at one in a thousand
    p = levels(case, 150)
    assert (p <= 0.05).sum() <= 17
    assert (p <= 0.2).sum() <= 46


def test_accounts_that_come_back_every_quarter_and_end_alike_are_no_signal() -> None:
    """The score is an account's own, and so is how its deals end; the two have nothing to do with each other."""

    def case(seed: int) -> tuple[Any, ...]:
        rng = np.random.default_rng(seed)
        account, quarter = np.tile(np.arange(40), 4), np.repeat(np.arange(4), 40)
        lean, score = rng.normal(0, 2, 40), rng.normal(size=40)
        return (rng.random(160) < 1 / (1 + np.exp(-lean[account]))).astype(float), score[account], account, quarter

    # row by row it would be 12 of 60
    assert (levels(case, 60) <= 0.05).sum() <= 8


def test_the_size_of_a_chunk_changes_nothing_but_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """999 draws at a time and 20 at a time deal other lots, of which as many do as well."""
    whole = p_of(drawn(5, 0.2), permutations=999)
    monkeypatch.setattr("icpfit.models.signal.CHUNK", 120 * 20)
    assert 0.02 < whole < 0.5
    # four standard errors of the difference of two shares of 999
    assert abs(p_of(drawn(5, 0.2), permutations=999) - whole) < 4 * np.sqrt(2 * whole * (1 - whole) / 999)

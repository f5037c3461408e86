"""Few deals: a pattern is seen, luck is not, and neither a rate that moves nor accounts that repeat themselves earn anything."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from icpfit.config import TrainingSettings
from icpfit.models.association import chance_of_association
from icpfit.models.evidence import weigh_evidence
from icpfit.models.fit import fit_outcome
from icpfit.models.matrix import Matrix, build_matrix

SETTINGS = TrainingSettings(trials=6, bootstrap=50)
SMALL = {"n": 300, "win_rate": 0.25, "years": 3, "strength": 0.955}
"""300 deals, 25 % won, a truth of AUC .75, 44 attributes"""


def case(planted: Any, **how: Any) -> Matrix:
    return build_matrix(planted(**{**SMALL, **how}).training, frozenset())[0]


def chance(matrix: Matrix, draws: int = 199) -> float:
    return chance_of_association(matrix, draws=draws, seed=7)


def test_a_pattern_is_seen_whatever_the_scale_of_its_attributes(planted: Any) -> None:
    matrix = case(planted, seed=1)
    found = chance(matrix)
    assert found == 1 / 200
    numbers = [c for c in range(len(matrix.names)) if not matrix.is_category(c)]
    stretched = matrix.X.copy()
    stretched[:, numbers] = np.sign(stretched[:, numbers]) * np.abs(stretched[:, numbers]) ** 1.5 * 1000
    assert chance(dataclasses.replace(matrix, X=stretched)) == found


def test_a_direction_that_was_declared_is_the_only_one_that_tells(planted: Any) -> None:
    """The same attribute, once as declared and once against it; nothing else is there."""
    matrix = case(planted, null=True, seed=2)
    rng = np.random.default_rng(1)
    c = matrix.names.index("layoffs_90d")
    X = np.full_like(matrix.X, np.nan)
    for name, sign in (("with", -1.0), ("against", 1.0)):
        X[:, c] = sign * matrix.y + rng.normal(size=len(matrix))
        p = chance(dataclasses.replace(matrix, X=X.copy()))
        assert p == 1 / 200 if name == "with" else p > 0.5


def test_a_rate_that_falls_from_quarter_to_quarter_is_no_signal(planted: Any) -> None:
    """An attribute that tells the quarter tells who is won, over all rows; within quarters it tells nothing."""
    matrix = case(planted, null=True, seed=3)
    rng = np.random.default_rng(5)
    rate = np.linspace(0.6, 0.05, len(np.unique(matrix.period)))[matrix.period]
    X = np.full_like(matrix.X, np.nan)
    X[:, matrix.names.index("revenue")] = matrix.period + rng.normal(0, 0.01, len(matrix))
    moved = dataclasses.replace(matrix, X=X, y=(rng.random(len(matrix)) < rate).astype(float))
    assert np.corrcoef(moved.period, moved.y)[0, 1] < -0.25
    assert chance(moved) > 0.05


def test_a_level_of_its_own_in_each_quarter_changes_nothing(planted: Any) -> None:
    matrix = repeating(planted, 3)
    higher = dataclasses.replace(matrix, y=matrix.y + 10.0 * matrix.period)
    assert 0.2 < chance(matrix) < 0.5
    assert chance(higher) == pytest.approx(chance(matrix), abs=0.011)


def test_a_flag_is_heard_beside_texts_of_many_kinds(planted: Any) -> None:
    """An attribute of many questions tells no more than one of a single question, and less where none of them tells anything."""
    matrix = case(planted, null=True, seed=0)
    for seed in range(4):
        rng = np.random.default_rng(seed)
        X = np.full_like(matrix.X, np.nan)
        for c in range(len(matrix.names)):
            if matrix.is_category(c):
                X[:, c] = rng.integers(0, 30, len(matrix))
        X[:, matrix.names.index("revenue")] = rng.random(len(matrix)) < np.where(matrix.y == 1, 0.6, 0.3)
        assert chance(dataclasses.replace(matrix, X=X)) <= 0.02


@pytest.mark.parametrize("name", ["users_30d", "layoffs_90d"])
@pytest.mark.parametrize("rather", [0, 1])
def test_that_something_is_unknown_tells_in_either_direction(planted: Any, name: str, rather: int) -> None:
    """Whatever direction was declared for what is known."""
    matrix = case(planted, null=True, seed=0)
    rng = np.random.default_rng(9)
    c = matrix.names.index(name)
    assert matrix.monotone[c] != 0
    X = np.full_like(matrix.X, np.nan)
    X[:, c] = np.where(rng.random(len(matrix)) < 0.3 + 0.4 * (matrix.y == rather), np.nan, 1.0)
    assert chance(dataclasses.replace(matrix, X=X)) <= 0.01


def repeating(planted: Any, seed: int) -> Matrix:
    """Accounts with several deals that look and end alike, for reasons that no attribute holds."""
    matrix = case(planted, null=True, seed=seed)
    rng = np.random.default_rng(seed)
    _, first, unit = np.unique(matrix.account, return_index=True, return_inverse=True)
    lean = rng.normal(0, 2, len(first))[unit]
    label = (rng.random(len(matrix)) < 1 / (1 + np.exp(1.6 - lean))).astype(float)
    return dataclasses.replace(matrix, X=matrix.X[first[unit]], y=label)


def made(template: Matrix, X: np.ndarray, label: np.ndarray, account: np.ndarray, period: np.ndarray) -> Matrix:
    """Rows of numbers alone, in place of those of a planted company."""
    n, columns = X.shape
    numbers = [c for c in range(len(template.names)) if not template.is_category(c)][:columns]
    wide = np.full((n, len(template.names)), np.nan)
    wide[:, numbers] = X
    cohort = np.array([f"q{p}" for p in period], dtype=object)
    who = np.array([f"A{a}" for a in account], dtype=object)
    return dataclasses.replace(
        template, X=wide, y=label, account=account, account_id=who, cohort=cohort, row=np.arange(n), monotone=(0,) * len(template.names)
    )


def late_telemetry(template: Matrix, seed: int, *, pairs: bool) -> Matrix:
    """The win rate rises from quarter to quarter; half of the attributes are known in the newest one only. Nothing depends on them."""
    rng = np.random.default_rng([1, seed])
    period = np.repeat(np.arange(4), 75)
    account = np.arange(300) // 2 if pairs else np.arange(300)
    X = rng.normal(size=(300, 10))
    X[period < 3, :5] = np.nan
    return made(template, X, (rng.random(300) < np.linspace(0.05, 0.45, 4)[period]).astype(float), account, period)


def split_deals(template: Matrix, seed: int) -> Matrix:
    """Half of the accounts have one deal booked as two, half have two that have nothing to do with each other."""
    rng = np.random.default_rng([2, seed])
    account = np.arange(300) // 2
    period = np.where(np.arange(300) < 150, account % 4, np.arange(300) % 4)
    X, label = rng.normal(size=(300, 10)), (rng.random(300) < 0.3).astype(float)
    X[1:150:2], label[1:150:2] = X[0:150:2], label[0:150:2]
    return made(template, X, label, account, period)


def one_large_account(template: Matrix, seed: int) -> Matrix:
    """One account has a fifth of the deals, the others two each. How an account looks and how its deals end are not related."""
    rng = np.random.default_rng([4, seed])
    account = np.concatenate([np.zeros(60, dtype=np.int64), 1 + np.arange(240) // 2])
    lean, own = rng.normal(0, 1, 121), rng.normal(size=(121, 10))
    label = (rng.random(300) < 1 / (1 + np.exp(1.1 - lean[account]))).astype(float)
    return made(template, own[account], label, account, rng.integers(0, 4, 300))


def pairs_of_quarters(template: Matrix, seed: int) -> Matrix:
    """150 quarters with two deals each, of thirty accounts with ten each."""
    rng = np.random.default_rng([5, seed])
    label = (rng.random(300) < 0.4).astype(float)
    return made(template, rng.normal(size=(300, 5)), label, np.arange(300) % 30, np.arange(300) // 2)


def many_deals_each(template: Matrix, seed: int) -> Matrix:
    """Thirty accounts, none with as many deals as another, and an attribute that tells who is won."""
    rng = np.random.default_rng([3, seed])
    account = np.repeat(np.arange(30), np.arange(5, 35))
    X = rng.normal(size=(len(account), 10))
    label = (rng.random(len(account)) < 1 / (1 + np.exp(-1.5 * X[:, 0]))).astype(float)
    return made(template, X, label, account, rng.integers(0, 4, len(account)))


@pytest.mark.parametrize(
    "nothing",
    [
        pytest.param(lambda p, t, s: case(p, null=True, seed=s), id="plain"),
        pytest.param(lambda p, t, s: repeating(p, s), id="accounts that repeat themselves"),
        pytest.param(lambda p, t, s: late_telemetry(t, s, pairs=False), id="late telemetry"),
        pytest.param(lambda p, t, s: late_telemetry(t, s, pairs=True), id="late telemetry, accounts of two"),
        pytest.param(lambda p, t, s: split_deals(t, s), id="split deals"),
        pytest.param(lambda p, t, s: one_large_account(t, s), id="one large account"),
        pytest.param(lambda p, t, s: pairs_of_quarters(t, s), id="tiny quarters"),
    ],
)
def test_luck_has_its_right_size(planted: Any, nothing: Any) -> None:
    """With labels that trade row by row 39 of 100 companies whose accounts repeat themselves had p <= .05; where accounts of two trade
    across quarters, 33 of 100 with late telemetry, and of those with split deals 19; where they keep what is left of their labels as it is,
    13 with one large account."""
    template = case(planted, null=True, seed=0)
    p = np.array([chance(nothing(planted, template, seed), draws=99) for seed in range(60)])
    # binomial limits at one in a thousand
    assert (p <= 0.05).sum() <= 9
    assert (p <= 0.2).sum() <= 22


def test_accounts_without_a_partner_do_not_hide_a_pattern(planted: Any) -> None:
    template = case(planted, null=True, seed=0)
    assert [chance(many_deals_each(template, seed)) for seed in range(5)] == [1 / 200] * 5


def test_that_customers_come_back_may_tell_who_buys(planted: Any) -> None:
    """Of 200 accounts with one deal 15 % are won, of 50 with two 60 %; one attribute of five knows, roughly, which are which."""
    template, p = case(planted, null=True, seed=0), []
    for seed in range(30):
        rng = np.random.default_rng([6, seed])
        account = np.concatenate([np.arange(200), np.repeat(np.arange(200, 250), 2)])
        X = rng.normal(size=(300, 5))
        X[:, 0] = (account >= 200) + 0.7 * X[:, 0]
        label = (rng.random(300) < np.where(account >= 200, 0.6, 0.15)).astype(float)
        p.append(chance(made(template, X, label, account, rng.integers(0, 4, 300))))
    assert (np.array(p) <= 0.01).sum() >= 21


def test_the_order_of_accounts_names_changes_nothing_that_counts(planted: Any) -> None:
    """Another name for each account deals other lots, and leads to the same end."""
    matrix = case(planted, seed=5)
    other = dataclasses.replace(matrix, account=np.random.default_rng(0).permutation(matrix.account.max() + 1)[matrix.account])
    assert abs(chance(matrix) - chance(other)) < 0.02


def test_all_that_is_nothing_tells_nothing(planted: Any) -> None:
    """Attributes that are unknown in all rows but four, or the same in each quarter, hold no question; p is 1."""
    matrix = case(planted, null=True, seed=4)
    X = np.full_like(matrix.X, np.nan)
    X[:4, 0] = 1.0
    X[:, 1] = matrix.period
    assert chance(dataclasses.replace(matrix, X=X)) == 1.0


@pytest.mark.verify
def test_of_100_small_companies_with_a_pattern_at_most_15_are_told_that_there_is_none(planted: Any) -> None:
    """The issue at 300 deals, 25 % won, and a truth of AUC .75; the evidence is told by counts alone."""
    results = []
    for seed in range(100):
        company = planted(seed=seed, **SMALL)
        found = fit_outcome(company.training, SETTINGS)
        wins = int(company.training.label.sum())
        assert found.evidence == weigh_evidence(wins, 300 - wins)
        assert found.evidence.level == ("indicative" if 50 <= wins < 100 else "hypotheses" if wins < 50 else "established")
        results.append(found.verdict)
    assert results.count("signal") >= 85


@pytest.mark.verify
def test_of_100_small_companies_without_a_pattern_at_least_97_are_told_so(planted: Any) -> None:
    results = [fit_outcome(planted(seed=s, null=True, **SMALL).training, SETTINGS).verdict for s in range(100)]
    assert results.count("no signal") >= 97

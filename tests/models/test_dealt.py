"""Labels dealt anew: whole accounts trade them, chance gets its full size, and a pattern is still seen."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from icpfit.config import TrainingSettings
from icpfit.models.booster import margins
from icpfit.models.dealt import deal, judge_by_dealing
from icpfit.models.folds import FoldPlan, plan_folds
from icpfit.models.matrix import Matrix, build_matrix
from icpfit.models.metrics import stratified_auc
from icpfit.models.recipe_model import train
from icpfit.models.results import SignalTest
from icpfit.models.tuning import standard_recipe

Plant = Callable[..., Any]


def case(planted: Plant, **how: Any) -> tuple[Matrix, FoldPlan]:
    matrix = build_matrix(planted(**{"n": 160, "windows": 0, "junk": 0, "timing": "none", **how}).training, frozenset())[0]
    plan = plan_folds(matrix, TrainingSettings())
    assert plan is not None
    return matrix, plan


def quick(matrix: Matrix) -> Any:
    return replace(standard_recipe(128, len(matrix.names)), rounds=30)


def judged(matrix: Matrix, plan: FoldPlan, draws: int = 19, threads: int = 2) -> SignalTest:
    return judge_by_dealing(matrix, plan.backtest, quick(matrix), draws=draws, seed=3, threads=threads)


@given(sizes=st.lists(st.integers(1, 4), min_size=1, max_size=12), seed=st.integers(0, 1000))
def test_whole_accounts_trade_their_labels(sizes: list[int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    account = np.repeat(np.arange(len(sizes)), sizes)
    account = account[rng.permutation(len(account))]
    label = rng.integers(0, 2, len(account)).astype(float)
    dealt = deal(label, account, rng)

    def hands(labels: np.ndarray) -> list[tuple[float, ...]]:
        return sorted(tuple(labels[account == a]) for a in range(len(sizes)))

    assert hands(dealt) == hands(label)


def test_the_order_in_question_is_that_of_the_models_that_had_not_seen_the_rows(planted: Plant) -> None:
    matrix, plan = case(planted, seed=2)
    columns, recipe = np.arange(len(matrix.names)), quick(matrix)
    label = np.concatenate([matrix.y[f.test] for f in plan.backtest])
    score = [margins(train(matrix, f.train, matrix.y[f.train], columns, recipe, 3), matrix, f.test, columns) for f in plan.backtest]
    stratum = np.concatenate([np.full(len(f.test), i) for i, f in enumerate(plan.backtest)])
    found = judged(matrix, plan)
    assert found.auc == stratified_auc(label, np.concatenate(score), stratum)
    assert found.rows == len(label)
    assert found.quarters == tuple(f.name for f in plan.backtest)


def test_a_planted_pattern_is_seen_by_any_number_of_threads(planted: Plant) -> None:
    matrix, plan = case(planted, n=300, seed=4, strength=2.5)
    found = judged(matrix, plan)
    assert found.p_value == 1 / 20
    assert judged(matrix, plan, threads=1) == found


def test_an_early_end_is_the_same_by_any_number_of_threads(planted: Plant) -> None:
    matrix, plan = case(planted, seed=1, null=True)
    found = judged(matrix, plan, draws=199)
    assert found.p_value > 0.05
    assert judged(matrix, plan, draws=199, threads=1) == found


@pytest.mark.verify
def test_p_is_uniform_where_nothing_is_to_be_found(planted: Plant) -> None:
    """With predictions that stay, 8 of 100 simulated companies without a pattern had one below .01 for staying."""
    p = np.array([judged(*case(planted, seed=s, null=True, windows=12, junk=20), draws=199).p_value for s in range(100)])
    # two standard errors of a uniform's quantiles at 100 draws
    assert (p <= 0.01).mean() <= 0.03
    assert abs((p <= 0.25).mean() - 0.25) < 0.09
    assert abs((p <= 0.5).mean() - 0.5) < 0.10

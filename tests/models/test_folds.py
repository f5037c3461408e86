"""Folds go forward, keep accounts on one side, and refuse to exist otherwise."""

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from icpfit.config import TrainingSettings
from icpfit.errors import FoldError
from icpfit.models.folds import Fold, group_of, make_fold, plan_folds, sample_accounts
from icpfit.models.matrix import Matrix, build_matrix
from icpfit.moments import DAY, quarter_of, quarter_start

Planted = Callable[..., Any]


def matrix_of(planted: Planted, **how: Any) -> Matrix:
    return build_matrix(planted(**how).training, frozenset())[0]


@given(seed=st.integers(0, 10_000), timing=st.sampled_from(["dated", "ordered", "none"]), n=st.integers(150, 900))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_fold_overlaps_and_tuning_never_sees_the_final_rows(planted: Planted, seed: int, timing: str, n: int) -> None:
    matrix = matrix_of(planted, n=n, seed=seed, timing=timing, windows=0, junk=0)
    plan = plan_folds(matrix, TrainingSettings())
    assert plan is not None
    final = np.concatenate([f.test for f in plan.backtest if f.name in plan.final])
    for fold in (*plan.tuning, *plan.backtest):
        assert not set(matrix.account[fold.train]) & set(matrix.account[fold.test])
        if plan.forward:
            assert matrix.position[fold.train].max() < matrix.position[fold.test].min()
    for fold in plan.tuning:
        assert not set(final) & {*fold.train, *fold.test}
    tested = np.concatenate([f.test for f in plan.backtest])
    assert len(set(tested)) == len(tested)
    assert plan.chain
    assert {f.name for f in plan.chain} >= ({plan.backtest[-1].name} if plan.forward else {"group 2"})
    for i, fold in enumerate(plan.chain):
        assert not set(fold.train) & {row for later in plan.chain[i:] for row in later.test}


def test_a_fold_that_learns_from_a_later_one_is_no_chain(planted: Planted) -> None:
    plan = plan_folds(matrix_of(planted, n=500, seed=4, timing="none", windows=0, junk=0), TrainingSettings())
    assert plan is not None
    with pytest.raises(FoldError, match="would learn from rows that it or a later fold tests"):
        dataclasses.replace(plan, chain=plan.backtest)


def test_training_labels_are_those_known_when_the_quarter_began(planted: Planted) -> None:
    case = planted(n=2500, seed=1, windows=0, junk=0)
    matrix = build_matrix(case.training, frozenset())[0]
    plan = plan_folds(matrix, TrainingSettings())
    assert plan is not None
    assert plan.forward
    assert len(plan.backtest) == 6
    assert plan.final == ("2025Q3", "2025Q4")
    for fold in plan.backtest:
        begin = quarter_start(fold.name)
        known = case.training.labels_at(begin)[matrix.row[fold.train]]
        assert (known == fold.train_labels).all()
        assert set(quarter_of(matrix.position[fold.test])) == {fold.name}
        # a deal that was open when the quarter began teaches nothing, though its end is known today
        older = np.flatnonzero(matrix.position < begin)
        still_open = older[np.isnan(case.training.labels_at(begin)[matrix.row[older]])]
        assert len(still_open) > 0
        assert not set(still_open) & set(fold.train)


def test_a_fold_that_overlaps_refuses_to_exist(planted: Planted) -> None:
    matrix = matrix_of(planted, n=400, seed=2, windows=0, junk=0)
    begin = int(matrix.position[200])
    before, after = np.arange(100), np.flatnonzero(matrix.position >= begin)
    after = after[~np.isin(matrix.account[after], matrix.account[before])]
    good = make_fold(matrix, "good", before, matrix.y[before], after, begin)
    with pytest.raises(FoldError, match="1 accounts stand among both"):
        dataclasses.replace(good, test_accounts=np.r_[good.test_accounts[1:], good.train_accounts[0]])
    with pytest.raises(FoldError, match="1 training rows are not older"):
        dataclasses.replace(good, train_positions=np.r_[good.train_positions[1:], begin])
    with pytest.raises(FoldError, match="2 test rows are older"):
        dataclasses.replace(good, test_positions=np.r_[begin - 1, begin - DAY, good.test_positions[2:]])
    with pytest.raises(FoldError, match="1 training labels are not known"):
        dataclasses.replace(good, train_labels=np.r_[np.nan, good.train_labels[1:]])


def test_a_plan_whose_tuning_sees_final_rows_refuses_to_exist(planted: Planted) -> None:
    matrix = matrix_of(planted, n=2500, seed=1, windows=0, junk=0)
    plan = plan_folds(matrix, TrainingSettings())
    assert plan is not None
    with pytest.raises(FoldError, match="would see final rows"):
        dataclasses.replace(plan, tuning=plan.backtest)


def test_groups_go_by_the_account_alone() -> None:
    ids = np.array(["b", "a", "c", "a", "d"], dtype=object)
    group = group_of(ids, 5, 7)
    assert group[1] == group[3]
    assert group_of(ids[::-1], 5, 7).tolist() == group[::-1].tolist()
    assert group_of(ids[:2], 5, 7).tolist() == group[:2].tolist()


def test_the_sample_takes_whole_accounts_up_to_its_size(planted: Planted) -> None:
    matrix = matrix_of(planted, n=1500, seed=3, windows=0, junk=0)
    kept = sample_accounts(matrix, 1_000, 7)
    assert 950 <= kept.sum() <= 1_000
    assert not set(matrix.account[kept]) & set(matrix.account[~kept])
    assert sample_accounts(matrix, 1_500, 7).all()


def test_few_quarters_degrade_and_say_so(planted: Planted) -> None:
    matrix = matrix_of(planted, n=500, seed=4, years=1, windows=0, junk=0)
    plan = plan_folds(matrix, TrainingSettings())
    assert plan is not None
    assert plan.forward
    assert any("6 quarters asked for" in note for note in plan.notes)
    undated = plan_folds(matrix_of(planted, n=500, seed=4, timing="none", windows=0, junk=0), TrainingSettings())
    assert undated is not None
    assert not undated.forward
    assert "could not be tested forward in time" in undated.notes[0]


def test_small_quarters_are_tested_together(planted: Planted) -> None:
    plan = plan_folds(matrix_of(planted, n=300, seed=5, windows=0, junk=0), TrainingSettings())
    assert plan is not None
    assert all("-" in f.name for f in plan.backtest)
    assert isinstance(plan.backtest[0], Fold)

"""Which trial is taken, and what makes a trial."""

from dataclasses import replace
from typing import Any

import numpy as np
from optuna.trial import FixedTrial

from icpfit.models.booster import Recipe, margins
from icpfit.models.matrix import build_matrix
from icpfit.models.recipe_model import train
from icpfit.models.trials import Tried, best_rounds, choose
from icpfit.models.tuning import _first_trials, _suggest, row_losses, standard_recipe

ROWS = 400
ACCOUNT = np.arange(ROWS)
NOISE = np.random.default_rng(0).normal(size=ROWS)
NOISE -= NOISE.mean()


def tried(depth: int, mean: float, *, own_noise: float = 0.0, pruned: bool = False) -> Tried:
    """Losses around ``mean``; ``own_noise`` sets the standard error of the gap: own_noise / 20."""
    return Tried(Recipe(max_depth=depth), (0.5 + mean + own_noise * NOISE,), pruned)


def test_a_deeper_trial_must_win_by_more_than_one_standard_error() -> None:
    additive = tried(1, 0.010)
    assert choose([additive, tried(3, 0.0, own_noise=0.3)], ACCOUNT) == 0  # gap .010, error .015
    assert choose([additive, tried(3, 0.0, own_noise=0.1)], ACCOUNT) == 1  # gap .010, error .005


def test_of_equally_deep_trials_the_standard_stays_unless_it_is_clearly_worse() -> None:
    assert choose([tried(1, 0.010), tried(1, 0.0, own_noise=0.3)], ACCOUNT) == 0
    assert choose([tried(1, 0.010), tried(1, 0.004), tried(1, 0.0)], ACCOUNT) == 2


def test_a_pruned_trial_is_never_taken() -> None:
    assert choose([tried(1, 0.0), tried(1, -0.5, pruned=True)], ACCOUNT) == 0


def test_rows_of_one_account_count_as_one_doubt() -> None:
    candidates = [tried(1, 0.010), tried(3, 0.0, own_noise=0.15)]
    assert choose(candidates, ACCOUNT) == 1
    # the same gaps, but rows that err together stand in the same account
    together = np.argsort(np.argsort(NOISE)) // 100
    assert choose(candidates, together) == 0


def test_fewer_rounds_only_where_they_are_clearly_better() -> None:
    full = np.full(ROWS, 0.5)
    assert best_rounds(np.array([full - 0.001 + 0.3 * NOISE, full]), ACCOUNT) == 1
    assert best_rounds(np.array([full - 0.050 + 0.3 * NOISE, full]), ACCOUNT) == 0


def test_trees_that_stand_on_another_model_are_as_few_as_may_be() -> None:
    full = np.full(ROWS, 0.5)
    assert best_rounds(np.array([full + 0.001 + 0.3 * NOISE, full, full]), ACCOUNT, fewest=True) == 0
    assert best_rounds(np.array([full + 0.050 + 0.3 * NOISE, full, full]), ACCOUNT, fewest=True) == 1


def test_the_loss_of_a_row_does_not_know_the_scale_of_margins_or_the_base_rate() -> None:
    rng = np.random.default_rng(1)
    margin = rng.normal(size=2_000)
    label = (rng.random(2_000) < 1 / (1 + np.exp(-margin))).astype(float)
    one = row_losses(margin, label)
    np.testing.assert_allclose(row_losses(1.5 * margin - 2, label), one, atol=0.02)
    assert one.mean() < row_losses(rng.normal(size=2_000), label).mean()


def test_the_first_trials_are_in_the_search_space_and_the_first_is_the_standard() -> None:
    for rows, size in ((120, 100), (300, 300), (4_000, 2_500), (60_000, 8_000)):
        standard = standard_recipe(rows, 100)
        for number, first in enumerate(_first_trials(standard, rows)):
            recipe = _suggest(FixedTrial(first), rows, size)
            assert recipe.num_leaves <= 2**recipe.max_depth
            if number == 0:
                assert recipe.max_depth == standard.max_depth == 1
                assert recipe.num_leaves == standard.num_leaves
                assert recipe.attributes == standard.attributes
                assert recipe.learning_rate == standard.learning_rate


def test_with_many_rows_deep_trees_begin_with_all_attributes() -> None:
    """Where two attributes only tell something together, the choice of attributes, which sees each alone, has neither."""
    deep = {rows: _first_trials(standard_recipe(rows, 60), rows)[-1]["attributes"] for rows in (4_000, 6_000)}
    assert deep == {4_000: "few", 6_000: "all"}


def test_a_text_of_seventy_rows_in_a_thousand_is_heard(planted: Any) -> None:
    """One of a hundred mails is won, where of other leads it is one in ten."""
    rng = np.random.default_rng(4)
    matrix, _ = build_matrix(planted(n=1_200, seed=0, null=True, windows=0, junk=0).training, frozenset())
    c = matrix.names.index("industry")
    text = rng.permutation(np.where(np.arange(len(matrix)) < 70, 0, np.arange(len(matrix)) % 11 + 1)).astype(float)
    label = (rng.random(len(matrix)) < np.where(text == 0, 0.01, 0.10)).astype(float)
    X = matrix.X.copy()
    X[:, c] = text
    matrix, rows, columns = replace(matrix, X=X, y=label), np.arange(len(matrix)), np.array([c])
    booster = train(matrix, rows, label, columns, standard_recipe(len(matrix), 60), seed=7)
    found = margins(booster, matrix, rows, columns)
    assert found[text == 0].max() < found[text != 0].mean() - 0.5

"""Many questions in one call: exact under permutation, and no dearer than it must be."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from icpfit.drift.family import answer, ranks, single_p

SHARES = {"many": 0.8, "one": 0.15, "other": 0.05}


def draws(seed: int, n: int = 199, questions: int = 6) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """p-values that go together: what chance gives to one question it gives to its neighbours too."""
    rng = np.random.default_rng(seed)
    shared = rng.normal(size=(n + 1, 1))
    many = stats.norm.sf(0.6 * shared + rng.normal(size=(n + 1, questions)))
    return many, {"one": rng.normal(size=n + 1), "other": np.round(rng.normal(size=n + 1), 1)}


def smallest(many: np.ndarray, others: dict[str, np.ndarray], alpha: float = 0.05) -> float:
    found = answer(many, np.array([0.5, 0.5, 1.0, 1.0, 2.0, 2.0]), others, SHARES, alpha)
    return min(*found.single, *found.parts.values())


@pytest.mark.parametrize("alpha", [0.01, 0.05, 0.2])
def test_of_all_that_chance_could_have_given_at_most_alpha_would_alarm(alpha):
    """Exact, not on average: each draw takes its turn as the observed one."""
    many, others = draws(3)
    turns = range(len(many))
    first = [np.r_[i, np.delete(np.arange(len(many)), i)] for i in turns]
    alarmed = sum(smallest(many[f], {k: v[f] for k, v in others.items()}, alpha) <= alpha for f in first)
    assert alarmed <= alpha * len(many)
    assert alarmed >= 0.6 * alpha * len(many)


@settings(max_examples=20)
@given(st.integers(0, 10_000))
def test_the_order_of_the_draws_changes_nothing(seed):
    many, others = draws(seed, 60)
    rest = 1 + np.random.default_rng(seed).permutation(len(many) - 1)
    order = np.r_[0, rest]
    assert smallest(many, others) == smallest(many[order], {k: v[order] for k, v in others.items()})


def test_the_level_is_where_a_single_question_begins_to_alarm():
    many, others = draws(5, 1_999)
    many[0], others["one"][0], others["other"][0] = 0.9, 0.0, 0.0
    weights = np.array([0.5, 0.5, 1.0, 1.0, 2.0, 2.0])
    level = answer(many, weights, others, SHARES, 0.05).level
    for k, weight in enumerate(weights / weights.mean()):
        for factor, alarm in ((0.97, True), (1.03, False)):
            trial = many.copy()
            trial[0, k] = level * weight * factor
            assert (answer(trial, weights, others, SHARES, 0.05).single[k] <= 0.05) == alarm


def test_more_weight_finds_more():
    many, others = draws(8, 999)
    many[0] = 0.9
    many[0, 0] = many[0, 5] = 0.004
    found = answer(many, np.array([0.5, 0.5, 1.0, 1.0, 2.0, 2.0]), others, SHARES, 0.05).single
    assert found[5] < found[0]


def test_parts_that_are_not_asked_leave_their_share_to_the_rest():
    many, others = draws(2, 999)
    many[0] = 0.004
    alone = answer(many, np.ones(6), {}, SHARES, 0.05).single
    beside = answer(many, np.ones(6), others, SHARES, 0.05).single
    assert all(a <= b for a, b in zip(alone, beside, strict=True))
    assert answer(np.zeros((9, 0)), np.zeros(0), {}, SHARES, 0.05).single == ()


def test_ranks_are_permutation_p_values():
    score = np.array([3.0, 1.0, 2.0, 2.0])
    assert ranks(score).tolist() == [1.0, 0.25, 0.75, 0.75]
    assert single_p(np.r_[0.2, np.linspace(0, 1, 99)]) == pytest.approx(0.21, abs=0.02)

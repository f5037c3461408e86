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


def test_a_pattern_is_seen_whatever_the_rows_order_and_the_attributes_scale(planted: Any) -> None:
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


def repeating(planted: Any, seed: int) -> Matrix:
    """Accounts with several deals that look and end alike, for reasons that no attribute holds."""
    matrix = case(planted, null=True, seed=seed)
    rng = np.random.default_rng(seed)
    _, first, unit = np.unique(matrix.account, return_index=True, return_inverse=True)
    lean = rng.normal(0, 2, len(first))[unit]
    label = (rng.random(len(matrix)) < 1 / (1 + np.exp(1.6 - lean))).astype(float)
    return dataclasses.replace(matrix, X=matrix.X[first[unit]], y=label)


def test_accounts_that_repeat_themselves_are_no_signal(planted: Any) -> None:
    """With labels that trade row by row 14 of 100 such companies had p <= .01, and 39 had p <= .05."""
    p = np.array([chance(repeating(planted, s), draws=99) for s in range(40)])
    # one-sided binomial limits at 1 in 1,000: 8 of 40 at .05, 17 of 40 at .2
    assert (p <= 0.05).sum() <= 7
    assert (p <= 0.2).sum() <= 16


def test_all_that_is_nothing_tells_nothing(planted: Any) -> None:
    """Attributes that are unknown in all rows but four, or the same in each quarter, hold no question; p is 1."""
    matrix = case(planted, null=True, seed=4)
    X = np.full_like(matrix.X, np.nan)
    X[:4, 0] = 1.0
    X[:, 1] = matrix.period
    assert chance(dataclasses.replace(matrix, X=X)) == 1.0


@pytest.mark.verify
def test_of_100_small_companies_with_a_pattern_at_most_20_are_told_that_there_is_none(planted: Any) -> None:
    """The issue at 300 deals, 25 % won, and a truth of AUC .75; the evidence is told by counts alone."""
    results = []
    for seed in range(100):
        company = planted(seed=seed, **SMALL)
        found = fit_outcome(company.training, SETTINGS)
        wins = int(company.training.label.sum())
        assert found.evidence == weigh_evidence(wins, 300 - wins)
        assert found.evidence.level == ("indicative" if 50 <= wins < 100 else "hypotheses" if wins < 50 else "established")
        results.append(found.verdict)
    assert results.count("signal") >= 80


@pytest.mark.verify
def test_of_100_small_companies_without_a_pattern_at_least_95_are_told_so(planted: Any) -> None:
    results = [fit_outcome(planted(seed=s, null=True, **SMALL).training, SETTINGS).verdict for s in range(100)]
    assert results.count("no signal") >= 95

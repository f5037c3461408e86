"""Which test is asked whether there is a signal, of which rows, and what is said of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from icpfit.config import TrainingSettings
from icpfit.models.association import chance_of_association
from icpfit.models.fit import fit_outcome
from icpfit.models.folds import plan_folds
from icpfit.models.looks import look_for_signal
from icpfit.models.matrix import build_matrix
from icpfit.models.results import OutcomeResult, SignalTest, Tuning
from icpfit.models.tuning import Tuned, standard_recipe

SETTINGS = TrainingSettings(trials=4, bootstrap=50)
SMALL = {"n": 300, "win_rate": 0.25, "years": 3, "strength": 0.955}


def asked(planted: Any, **how: Any) -> tuple[OutcomeResult, SignalTest]:
    result = fit_outcome(planted(**{**SMALL, **how}).training, SETTINGS)
    assert result.signal is not None
    return result, result.signal


def test_of_few_deals_all_are_asked_and_the_tested_ones_are_ranked(planted: Any) -> None:
    result, signal = asked(planted, seed=0)
    assert (result.verdict, signal.associated) == ("signal", 300)
    assert result.backtest is not None
    assert signal.rows == len(result.backtest.predictions) < 300
    assert result.words.startswith(
        "Too few deals could be held back to tell anything by them, so all 300 were asked together: the outcome is tied"
    )
    assert f"AUC {signal.auc:.3f} on {signal.rows}." in result.words


def test_what_could_not_be_shown_is_not_denied(planted: Any) -> None:
    result, signal = asked(planted, seed=3, null=True)
    assert (result.verdict, signal.associated) == ("no signal", 300)
    assert "it could not be shown that the outcome is tied to what is known of them" in result.words
    assert f"with probability {signal.p_value:.3g} (at most 0.01 is asked), so no profile is offered." in result.words


def test_tested_rows_that_are_ranked_no_better_than_by_lot_decide(planted: Any) -> None:
    training = planted(seed=1, **SMALL).training
    matrix, _ = build_matrix(training, frozenset())
    assert chance_of_association(matrix, draws=199, seed=7) <= 0.01
    result, signal = asked(planted, seed=1)
    assert signal.auc <= 0.5
    assert (result.verdict, signal.associated) == ("no signal", 0)
    assert signal.p_value >= 0.5


def test_rows_that_settings_were_chosen_by_are_not_the_ones_that_decide(planted: Any) -> None:
    how = {"n": 680, "timing": "none", "win_rate": 0.5, "seed": 0}
    result, signal = asked(planted, **how)
    plan = plan_folds(build_matrix(planted(**{**SMALL, **how}).training, frozenset())[0], SETTINGS)
    assert plan is not None
    assert result.trials
    assert signal.quarters == plan.final
    assert len(plan.final) < len(plan.backtest)
    assert signal.associated == 680
    assert "fixed beforehand" not in result.words


def test_many_deals_of_few_accounts_are_many(planted: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """However few of them stand beside a tested group of accounts."""
    monkeypatch.setattr("icpfit.models.looks.MOST_OF_FEW", 299)
    _, signal = asked(planted, seed=0)
    assert signal.associated == 0
    assert isinstance(signal.p_value, float)
    assert 0 < signal.p_value <= 1
    assert not np.isnan(signal.auc)


def test_few_customers_whose_model_begins_with_another_are_tested_as_many_are(planted: Any) -> None:
    """What is lent to it was learned from more rows than those that could be asked all at once."""
    training = planted(seed=0, **SMALL).training
    result = fit_outcome(training, SETTINGS)
    assert result.backtest is not None
    matrix, _ = build_matrix(training, frozenset())
    plan = plan_folds(matrix, SETTINGS)
    assert plan is not None
    recipe = standard_recipe(200, len(matrix.names))
    tuned = Tuned(recipe, recipe, (), Tuning(1, 0, True, "the standard recipe, not tuned"))
    alone, lent = (look_for_signal(matrix, plan, result.backtest, tuned, SETTINGS, 1, lent=lent) for lent in (False, True))
    assert (alone.associated, lent.associated) == (300, 0)
    assert lent.auc == alone.auc

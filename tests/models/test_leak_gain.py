"""A leak that is not too strong alone, and carries a model that is too good to be true."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import icpfit.models.leak_gain
from icpfit.config import LeakageAllowance, TrainingSettings
from icpfit.models.leak_gain import dominating, fit_without_leaks
from icpfit.models.leakage import TOO_GOOD_AUC, find_leaks, single_attribute_auc
from icpfit.training_set import TrainingSet

QUICK = TrainingSettings(trials=1, permutations=199, bootstrap=50, test_quarters=3, final_quarters=1)


def with_echo(training: TrainingSet, *, aggregate: str = "value") -> TrainingSet:
    """Among the attributes an echo of the label, right for most, and known to the file as a field called ``phase``."""
    rng = np.random.default_rng(2)
    label = training.label.astype(float)
    echo = np.where(rng.random(len(label)) < 0.88, label, 1 - label) + rng.normal(0, 0.05, len(label))
    rows = {"aggregate": "count", "table": "events", "column": None} if aggregate == "count" else {}
    spec = training.specs[0].model_copy(update={"name": "phase", "label": "Phase", "column": "phase", "kind": "number", **rows})
    return dataclasses.replace(training, frame=training.frame.assign(phase=echo), specs=(*training.specs, spec))


@pytest.fixture(scope="module")
def company(planted: Callable[..., Any]) -> TrainingSet:
    return with_echo(planted(n=700, seed=11, windows=0, junk=0, strength=1.5, years=3).training)


@pytest.fixture(scope="module")
def found(company: TrainingSet) -> Any:
    return fit_without_leaks(company, QUICK)


def test_the_carrier_of_a_model_too_good_to_be_true_is_refused_and_the_model_made_without_it(company: TrainingSet, found: Any) -> None:
    alone = single_attribute_auc(company.frame["phase"], company.label, company.position)
    assert alone < TOO_GOOD_AUC, "what is looked at alone does not find it"
    assert find_leaks(company).refused == ()
    leaks, result = found
    assert [(r.attribute, r.code) for r in leaks.refused] == [("phase", "TOO-GOOD")]
    assert "of what the model knows" in leaks.refused[0].reason
    assert result.refused == leaks.refused
    assert "phase" not in result.model.encoding.columns
    assert result.backtest.metrics.auc < 0.88
    assert dominating(result) is None


def test_computed_as_of_the_moment_or_allowed_it_is_used_and_named(company: TrainingSet, monkeypatch: pytest.MonkeyPatch) -> None:
    why = "asked in the form, before anybody of ours spoke to them"
    allowing = QUICK.model_copy(update={"allow": (LeakageAllowance(feature="phase", why=why),)})
    allowed = fit_without_leaks(company, allowing)
    monkeypatch.setattr(icpfit.models.leak_gain, "fit_outcome", lambda *_, **__: allowed[1])
    computed = fit_without_leaks(with_echo(_without(company), aggregate="count"), QUICK)
    for leaks, result in (allowed, computed):
        assert leaks.refused == ()
        assert "phase" in result.model.encoding.columns
        assert result.suspects == leaks.suspects
    said = [[s.reason for s in leaks.suspects if "of what the model knows" in s.reason] for leaks, _ in (allowed, computed)]
    assert [len(s) for s in said] == [1, 1]
    assert "allowed, since asked in the form" in said[0][0]
    assert "allowed" not in said[1][0]


def _without(training: TrainingSet) -> TrainingSet:
    return dataclasses.replace(training, frame=training.frame.drop(columns="phase"), specs=training.specs[:-1])

"""The whole of an outcome: verdicts, determinism, honesty, and the planted truth."""

import dataclasses
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from icpfit.config import TrainingSettings
from icpfit.models.fit import fit_outcome
from icpfit.models.results import OutcomeResult, Refusal
from icpfit.training_set import TrainingSet

Plant = Callable[..., Any]
QUICK = TrainingSettings(trials=3, permutations=199, bootstrap=50, test_quarters=4)


def same(one: OutcomeResult, two: OutcomeResult) -> None:
    """To the byte, apart from row numbers."""
    assert one.model is not None
    assert two.model is not None
    assert one.model.booster_text == two.model.booster_text
    assert one.model.calibration == two.model.calibration
    assert one.backtest is not None
    assert two.backtest is not None
    assert repr(one.backtest.metrics) == repr(two.backtest.metrics)
    assert repr(one.backtest.baselines) == repr(two.backtest.baselines)
    assert repr(one.backtest.without_layer) == repr(two.backtest.without_layer)
    assert one.signal == two.signal
    assert json.dumps(one.trials) == json.dumps(two.trials)
    assert one.words == two.words


@pytest.fixture(scope="module")
def company(planted: Plant) -> Any:
    return planted(n=1100, seed=11, windows=0, junk=3, strength=1.5, years=3)


@pytest.fixture(scope="module")
def result(company: Any) -> OutcomeResult:
    return fit_outcome(company.training, QUICK)


def test_any_number_of_threads_and_any_order_of_rows_give_the_same_bytes(
    company: Any, result: OutcomeResult, shuffled: Callable[..., TrainingSet]
) -> None:
    order = np.random.default_rng(3).permutation(len(company.training.frame))
    again = fit_outcome(shuffled(company.training, order), QUICK, threads=1)
    same(result, again)
    assert result.backtest is not None
    assert again.backtest is not None
    np.testing.assert_array_equal(order[again.backtest.predictions["row"]], result.backtest.predictions["row"])


def test_a_signal_gives_a_model_that_speaks_for_itself(company: Any, result: OutcomeResult) -> None:
    assert result.verdict == "signal"
    assert result.evidence.level == "established"
    assert result.model is not None
    assert result.backtest is not None
    assert result.signal is not None
    assert result.signal.p_value == 2 / 200, "two looks, each with the smallest p that 199 permutations give"
    assert result.backtest.forward
    used = set(result.model.encoding.columns)
    assert used.isdisjoint(result.dropped)
    assert used | set(result.dropped) == {s.name for s in company.training.specs}
    # the text alone, read back, scores the training set's own frame; declared directions hold
    features = company.training.features
    p = result.model.probability(features)
    low, high = result.model.calibration.interval(result.model.margin(features))
    assert ((p > 0) & (p < 1) & (low <= p) & (p <= high)).all()
    more = features.assign(users_30d=features["users_30d"] + 5)
    assert (result.model.margin(more) >= result.model.margin(features) - 1e-9).all()


def test_fold_models_score_their_test_rows_as_reported(company: Any, result: OutcomeResult) -> None:
    assert result.backtest is not None
    for fold in result.backtest.folds:
        rows = result.backtest.predictions[result.backtest.predictions["fold"] == fold.name]
        np.testing.assert_array_equal(rows["row"], fold.test)
        test = company.training.features.iloc[fold.test]
        np.testing.assert_allclose(fold.model.probability(test), fold.probability, rtol=0, atol=1e-12)
        np.testing.assert_allclose(fold.model.margin(test), rows["margin"], rtol=0, atol=1e-12)
    assert result.backtest.metrics.rows == len(result.backtest.predictions)
    assert set(result.backtest.baselines) == {"base_rate", "logistic", "firmographic_only"}
    assert set(result.backtest.without_layer) <= {"firmographic", "technographic", "behavioral", "intent"}
    assert result.backtest.metrics.auc > result.backtest.baselines["firmographic_only"].auc


def test_labels_of_the_final_quarters_change_no_recipe(company: Any, result: OutcomeResult) -> None:
    """Tuning never saw them: with those labels turned around, every trial is the same to the byte."""
    assert result.signal is not None
    training = company.training
    final = training.frame["cohort"].isin(result.signal.quarters).to_numpy()
    frame = training.frame.assign(label=np.where(final, 1 - training.label, training.label).astype(np.int8))

    def labels_at(moment: int) -> np.ndarray:
        known = training.labels_at(moment)
        return np.where(final, 1 - known, known)

    turned = fit_outcome(dataclasses.replace(training, frame=frame, labels_at=labels_at), QUICK)
    assert json.dumps(turned.trials) == json.dumps(result.trials)
    assert turned.verdict == "no signal"
    assert turned.model is None
    # nor did the model of the first final fold, or its calibration, see the rows it is tested on
    assert result.backtest is not None
    assert turned.backtest is not None
    first = next(k for k, f in enumerate(result.backtest.folds) if f.name == result.signal.quarters[0])
    one, two = result.backtest.folds[first], turned.backtest.folds[first]
    assert one.model.booster_text == two.model.booster_text
    assert one.model.calibration == two.model.calibration
    np.testing.assert_array_equal(one.probability, two.probability)


def test_a_refused_attribute_is_nowhere(company: Any) -> None:
    refused = (Refusal("users_30d", "it knows", "MEANING"),)
    found = fit_outcome(company.training, quick(trials=1), refused=refused)
    assert found.refused == refused
    assert found.model is not None
    assert found.backtest is not None
    for model in (found.model, *(f.model for f in found.backtest.folds)):
        assert "users_30d" not in model.encoding.columns
    assert "users_30d" not in found.dropped


def quick(**changes: Any) -> TrainingSettings:
    return QUICK.model_copy(update=changes)


def test_too_little_data_is_a_verdict_not_an_error(planted: Plant) -> None:
    few = fit_outcome(planted(n=60, windows=0, junk=0).training, QUICK)
    assert few.verdict == "too little data"
    assert few.evidence.level == "patterns only"
    training = planted(n=200, windows=0, junk=0).training
    frame = training.frame.assign(label=np.ones(200, dtype=np.int8))
    single = fit_outcome(dataclasses.replace(training, frame=frame), QUICK)
    assert single.verdict == "too little data"
    assert "same outcome" in single.words
    assert single.base_rate < 1
    empty = {"frame": frame.iloc[:0], "position": training.position[:0], "amount": training.amount[:0], "considered": 0}
    nobody = fit_outcome(dataclasses.replace(training, **empty, labels_at=lambda _: np.zeros(0)), QUICK)
    assert nobody.verdict == "too little data"
    assert "no row has an outcome" in nobody.words
    refused = tuple(Refusal(s.name, "it knows", "MEANING") for s in training.specs)
    nothing = fit_outcome(training, QUICK, refused=refused)
    assert nothing.verdict == "too little data"
    assert "no attribute is left" in nothing.words


@pytest.mark.parametrize("timing", ["none", "ordered"])
def test_without_dates_the_same_questions_are_answered(planted: Plant, timing: str) -> None:
    found = fit_outcome(planted(n=700, seed=5, windows=0, junk=2, strength=1.6, timing=timing).training, quick(trials=1))
    assert found.verdict == "signal"
    assert found.backtest is not None
    assert found.backtest.forward == (timing == "ordered")
    assert ("could not be tested forward in time" in found.words) == (timing == "none")


def test_without_tuning_every_tested_row_tells_of_the_signal(company: Any, planted: Plant) -> None:
    """Where nothing was chosen by their outcomes, all folds are rows that tuning never saw."""
    found = fit_outcome(company.training, quick(trials=1))
    assert found.backtest is not None
    assert found.signal is not None
    assert found.signal.rows == len(found.backtest.predictions)
    assert found.backtest.predictions["untuned"].equals(found.backtest.predictions["margin"].rename("untuned"))
    assert "with settings fixed beforehand" in found.words


def test_many_rows_without_dates_are_tested_in_a_chain(planted: Plant) -> None:
    found = fit_outcome(planted(n=1000, seed=5, windows=0, junk=2, strength=1.2, timing="none").training, quick(trials=2))
    assert found.backtest is not None
    assert found.signal is not None
    assert found.verdict == "signal"
    assert not found.backtest.forward
    assert set(found.signal.quarters) in ({"group 1", "group 2"}, {"group 5", "group 1", "group 2"})
    assert found.signal.rows == found.backtest.predictions["fold"].isin(found.signal.quarters).sum()


def test_null_companies_have_no_signal(planted: Plant) -> None:
    found = [fit_outcome(planted(n=400, seed=s, null=True, windows=0, junk=0).training, quick(trials=1)) for s in range(3)]
    assert [f.verdict for f in found].count("no signal") >= 2
    assert all(f.model is None and f.backtest is not None and f.signal is not None for f in found)


def test_the_minutes_end_tuning_and_are_told(company: Any) -> None:
    found = fit_outcome(company.training, quick(trials=6, minutes=1e-9))
    assert len(found.trials) == 2
    assert "limit of 1e-09 minutes" in found.words


def share_of_limit(company: Any, found: OutcomeResult) -> float:
    """AUC above .5, against that of a logistic model that is given the true functional form, on the same folds;
    both expected under the true probabilities, so that the luck of the labels is out of it."""
    assert found.backtest is not None
    form = (company.form - company.form.mean(axis=0)) / company.form.std(axis=0)

    def expected_auc(score: np.ndarray, p: np.ndarray) -> float:
        p = p[np.argsort(score, kind="stable")]
        return float((p * np.cumsum(1 - p)).sum() / (p.sum() * (1 - p).sum()))

    reached = limit = 0.0
    for fold in found.backtest.folds:
        p = company.p_true[fold.test]
        oracle = LogisticRegression(C=1.0, max_iter=2_000).fit(form[fold.train], fold.train_labels)
        margin = fold.model.margin(company.training.features.iloc[fold.test])
        reached += len(p) * (expected_auc(margin, p) - 0.5)
        limit += len(p) * (expected_auc(oracle.decision_function(form[fold.test]), p) - 0.5)
    return reached / limit


@pytest.mark.verify
def test_out_of_time_share_of_the_limit(planted: Plant) -> None:
    """A company harder than the demo: half of the columns are noise, and one signal turns in one region."""
    shares = []
    for seed in range(3):
        company = planted(n=4600, seed=100 + seed, junk=12, windows=8, strength=1.35)
        found = fit_outcome(company.training, TrainingSettings())
        assert found.backtest is not None
        assert found.backtest.metrics.calibration_slope == pytest.approx(1, abs=0.15)
        shares.append(share_of_limit(company, found))
    assert np.mean(shares) >= 0.93


@pytest.mark.verify
def test_the_interval_of_a_percentage_holds_the_true_mean_of_a_score_bin(planted: Plant) -> None:
    """Tenths of the later deals of each fold, by the fold's own model: its 90 % interval against the planted chances."""
    inside = []
    for seed in range(6):
        company = planted(n=4600, seed=100 + seed, junk=12, windows=8, strength=1.35)
        found = fit_outcome(company.training, quick(trials=1, bootstrap=200, test_quarters=6))
        assert found.backtest is not None
        for fold in found.backtest.folds:
            margin = fold.model.margin(company.training.features.iloc[fold.test])
            low, high = fold.model.calibration.interval(margin)
            for rows in np.array_split(np.argsort(margin, kind="stable"), 10):
                inside.append(low[rows].mean() <= company.p_true[fold.test][rows].mean() <= high[rows].mean())
    assert 0.85 <= np.mean(inside) <= 0.95


@pytest.mark.verify
def test_null_companies_have_no_signal_in_19_of_20(planted: Plant) -> None:
    settings = TrainingSettings(trials=6)
    found = [fit_outcome(planted(n=1500, seed=s, null=True, windows=4, junk=4).training, settings).verdict for s in range(20)]
    assert found.count("no signal") >= 19


@pytest.mark.verify
def test_the_pattern_of_small_companies_is_seen(planted: Plant) -> None:
    """900 deals, 27 % of them won, and a truth of AUC .68 to .74: the newest two quarters alone showed it in 10 of 16."""
    settings = TrainingSettings(trials=6)
    found = [fit_outcome(planted(n=900, seed=s, windows=4, junk=4, strength=0.8).training, settings).verdict for s in range(16)]
    assert found.count("signal") >= 14


@pytest.mark.verify
def test_small_companies_without_a_pattern_show_none(planted: Plant) -> None:
    settings = TrainingSettings(trials=6)
    found = [fit_outcome(planted(n=900, seed=s, null=True, windows=4, junk=4).training, settings).verdict for s in range(30)]
    assert found.count("no signal") >= 28


@pytest.mark.verify
def test_small_files_without_dates_and_without_a_pattern_show_none(planted: Plant) -> None:
    """Their groups test each other, and many attributes hang together: chance is larger than it looks."""
    settings = TrainingSettings(trials=6, bootstrap=50)
    case = {"windows": 12, "junk": 20, "timing": "none", "null": True}
    found = [fit_outcome(planted(n=200, seed=s, **case).training, settings).verdict for s in range(40)]
    assert found.count("no signal") >= 38


@pytest.mark.verify
def test_the_pattern_of_small_files_without_dates_is_seen(planted: Plant) -> None:
    settings = TrainingSettings(trials=6, bootstrap=50)
    found = [
        fit_outcome(planted(n=500, seed=s, windows=4, junk=4, strength=0.8, timing="none").training, settings).verdict for s in range(16)
    ]
    assert found.count("signal") >= 14

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from icpfit.scorecard.measures import LaterRows, fidelity, platt, stratified_auc, top_overlap


def test_auc_is_that_of_scikit_learn_within_folds() -> None:
    rng = np.random.default_rng(0)
    score, label = np.round(rng.normal(size=400), 1), (rng.random(400) < 0.3).astype(float)
    one = np.zeros(400, dtype=np.int64)
    assert stratified_auc(score, label, one)[0] == pytest.approx(roc_auc_score(label, score))
    two = np.repeat([0, 1], 200)
    shifted = score + 100 * two
    assert stratified_auc(shifted, label, two)[0] == pytest.approx(stratified_auc(score, label, two)[0])


def test_the_standard_error_of_the_loss_is_that_of_a_bootstrap() -> None:
    rng = np.random.default_rng(1)
    n = 600
    truth = rng.normal(size=n)
    label = (rng.random(n) < 1 / (1 + np.exp(-truth))).astype(float)
    model, card = truth + rng.normal(0, 0.5, n), truth + rng.normal(0, 0.8, n)
    account = rng.integers(0, 200, n)
    fold = np.zeros(n, dtype=np.int64)
    later = LaterRows(fold, np.arange(n), card, model, np.full(n, 0.5), label, account)
    members = [np.flatnonzero(account == a) for a in np.unique(account)]
    losses = []
    for _ in range(200):
        at = np.concatenate([members[i] for i in rng.integers(0, len(members), len(members))])
        losses.append(roc_auc_score(label[at], model[at]) - roc_auc_score(label[at], card[at]))
    measured = fidelity(later)
    assert measured.auc_loss_se == pytest.approx(np.std(losses), rel=0.2)
    assert measured.auc_model == pytest.approx(roc_auc_score(label, model), abs=1e-4)


def test_a_card_that_is_the_model_loses_nothing() -> None:
    rng = np.random.default_rng(2)
    model, label = rng.normal(size=200), (rng.random(200) < 0.5).astype(float)
    same = fidelity(LaterRows(np.repeat([0, 1], 100), np.arange(200), model, model, np.full(200, 0.5), label, np.arange(200)))
    assert (same.spearman, same.r2, same.top20_overlap, same.auc_loss_se) == (1.0, 1.0, 1.0, 0.0)
    assert same.auc_card == same.auc_model


def test_ties_at_the_line_count_by_chance() -> None:
    assert top_overlap(np.zeros(100), np.arange(100.0), 0.2) == pytest.approx(0.2)


def test_the_line_is_logistic_regression_where_rows_are_many() -> None:
    rng = np.random.default_rng(3)
    value = rng.normal(size=20_000)
    label = (rng.random(20_000) < 1 / (1 + np.exp(0.7 - 1.4 * value))).astype(float)
    intercept, slope = platt(value, label, 1.0)
    plain = LogisticRegression(C=1e9).fit(value[:, None], label)
    assert slope == pytest.approx(plain.coef_[0, 0], abs=0.01)
    assert intercept == pytest.approx(plain.intercept_[0], abs=0.01)


def test_with_few_rows_the_slope_stays_near_what_is_expected_and_is_never_negative() -> None:
    value, label = np.array([-1.0, 0.0, 1.0]), np.array([1.0, 0.0, 0.0])
    assert 0 < platt(value, label, 1.0)[1] < 1.0
    assert platt(np.linspace(-30, 30, 500), (np.arange(500) < 250).astype(float), 1.0)[1] == 0.05

"""What a run keeps of its backtest, against the backtest itself."""

from __future__ import annotations

import numpy as np
import pytest

from icpfit.cycle.unseen import at_level, inflation_of
from icpfit.drift.icp import icp_findings
from icpfit.drift.model import model_findings
from icpfit.drift.unseen import then_of
from icpfit.models.metrics import auc


@pytest.fixture(params=["win", "retention"])
def kept(request, small_company):
    outcome = request.param
    if outcome not in small_company.bundle.models():
        pytest.fail(f"the small company has no model of {outcome}")
    return outcome, small_company, then_of(small_company.bundle.unseen, outcome)


def test_every_tested_row_is_kept(kept):
    outcome, company, then = kept
    seen = company.learned.results[outcome].backtest.predictions
    assert len(then) == len(seen)
    assert then.good.sum() == seen["label"].sum()
    assert then.inflation >= 1


def test_a_fold_is_ranked_as_its_own_model_did_and_at_the_level_of_the_champion(kept):
    outcome, company, then = kept
    data, seen = company.learned.training[outcome], company.learned.results[outcome].backtest.predictions
    seen = seen.iloc[np.argsort(data.position[seen["row"].to_numpy()], kind="stable")]
    expected = company.bundle.models()[outcome].probability(data.features.iloc[seen["row"].to_numpy()])
    for name in seen["fold"].unique():
        at = (seen["fold"] == name).to_numpy()
        assert then.probability[at].sum() == pytest.approx(expected[at].sum(), abs=0.01)
        label, margin = seen["label"].to_numpy()[at], seen["margin"].to_numpy()[at]
        if 0 < label.sum() < len(label):
            assert auc(label, then.probability[at]) == pytest.approx(auc(label, margin), abs=0.005)


def test_points_are_those_of_the_card_of_its_time(kept):
    _, company, then = kept
    given = np.sum(list(then.parts.values()), axis=0)
    known = then.tier != ""
    assert known.any()
    assert (given[~known] == 0).all()
    assert (given <= then.points).all()
    assert set(then.parts) == set(company.bundle.card.parts_of(company.learned.training["win"].features.iloc[:1]))


def test_what_is_kept_can_be_asked(kept):
    """The same deals again have not changed, and the older half and the newer differ no more than a quarter may."""
    outcome, company, then = kept
    half = np.arange(len(then)) < len(then) // 2
    for before, now in ((then, then), (then.of(half), then.of(~half))):
        found = model_findings(outcome, before, now, alpha=0.01, seed=0)
        found += icp_findings(company.bundle.card, before, now, alpha=0.01, seed=0, outcome=outcome)
        assert not any(f.alarm for f in found if f.code != "ICP-TIERS")


@pytest.mark.parametrize("inflated", [0.5, 3.0, 19.9])
def test_a_level_is_met(inflated):
    rng = np.random.default_rng(0)
    assert at_level(rng.normal(size=20) * 4, inflated).sum() == pytest.approx(inflated)


def test_the_error_that_the_champion_shares_is_what_a_simulation_finds():
    """Means as models: the champion's error of a mean, less that of the models of two folds, on their own rows."""
    rng, first, second, third = np.random.default_rng(1), np.arange(300), np.arange(300, 500), np.arange(500, 700)
    noise = rng.normal(size=(20_000, 700)).astype(np.float32)
    champion = noise.mean(axis=1)
    off = (noise[:, 300:500].mean(axis=1) - noise[:, first].mean(axis=1) + noise[:, 500:].mean(axis=1) - noise[:, :500].mean(axis=1)) / 2
    tested = np.r_[second, third]
    wanted = inflation_of([(first, 200), (np.arange(500), 200)], tested, 700)
    assert float((-champion - off).var() * len(tested)) == pytest.approx(wanted, rel=0.05)

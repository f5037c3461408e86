"""A planted truth comes back as a card, and the card says what it cannot know."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from icpfit.config import Disqualifier, ScorecardSettings
from icpfit.errors import ConfigError
from icpfit.models.results import Evidence
from icpfit.scorecard.assemble import card_of
from icpfit.scorecard.build import build_scorecards, draw_scorecards
from icpfit.scorecard.card import Scorecard

Company = Any


@pytest.fixture(scope="module")
def win_card(win: Company) -> Scorecard:
    return build_scorecards(win.taught, None, ScorecardSettings(), seed=7)["win"]


@pytest.fixture(scope="module")
def all_cards(win: Company, keep: Company) -> dict[str, Scorecard]:
    stays = 1 / (
        1 + np.exp(-(0.6 + 1.2 * win.training.features["warehouse"].fillna(0.4) - 1.2 * (win.training.features["employees"] < 50)))
    )
    kept = (np.random.default_rng(3).random(len(stays)) < stays) * win.training.label
    joint = np.where(np.arange(len(stays)) < 2900, kept, np.nan)
    return dict(build_scorecards(win.taught, keep.taught, ScorecardSettings(), seed=7, joint=joint))


def test_the_planted_steps_come_back(win_card: Scorecard) -> None:
    at = {a.name: a for a in win_card.attributes}
    size = at["employees"]
    assert [b.low for b in size.bins[1:3]] == [pytest.approx(50, abs=3), pytest.approx(120, abs=8)]
    under, fit, over, _ = (b.points for b in size.bins)
    assert fit > over >= under
    assert at["country"].bins[0].values == ("US", "CA")
    views = at["page_views"]
    assert [b.label for b in views.bins] == ["none", "1 to 3 page views", "4 page views or more", "unknown"]
    assert "page_views_twin" not in at
    assert "noise" not in at or at["noise"].max_points <= 3


def test_points_are_the_planted_log_odds(win: Company, win_card: Scorecard) -> None:
    points = win_card.score(win.training.features)["points"]
    assert np.corrcoef(points, win.log_odds)[0, 1] > 0.95
    assert win_card.platt_slope == pytest.approx(np.polyfit(points, win.log_odds, 1)[0], rel=0.25)


def test_a_card_of_a_depth_1_model_is_nearly_the_model(win_card: Scorecard) -> None:
    assert win_card.fidelity.spearman >= 0.95
    assert win_card.fidelity.r2 >= 0.95
    assert win_card.fidelity.auc_model - win_card.fidelity.auc_card < 0.01 + 2 * win_card.fidelity.auc_loss_se
    assert all(a.own_value_r2 > 0.95 for a in win_card.attributes)


def test_every_row_is_in_one_bin_and_rates_are_those_of_the_rows(win: Company, win_card: Scorecard) -> None:
    for attribute in win_card.attributes:
        assert sum(b.rows for b in attribute.bins) == len(win.training.frame)
        wins = sum(b.rows * b.rate for b in attribute.bins if b.rate is not None)
        assert wins == pytest.approx(win.training.label.sum(), abs=0.1)
        assert all(b.points_low <= b.points <= b.points_high for b in attribute.bins)


def test_tiers_hold_the_shares_of_the_newest_year(win: Company, win_card: Scorecard) -> None:
    rows = np.array([t.rows for t in win_card.tiers])
    newest = win.training.position > win.training.position.max() - 365 * 86_400_000_000
    assert rows.sum() == newest.sum()
    np.testing.assert_allclose(rows / rows.sum(), [0.1, 0.2, 0.3, 0.4], atol=0.03)
    expected = [t.expected_rate for t in win_card.tiers]
    assert expected == sorted(expected, reverse=True)
    for tier in win_card.tiers:
        assert tier.observed_rate == pytest.approx(tier.expected_rate, abs=0.1)


def test_layers_weigh_what_their_attributes_weigh(win_card: Scorecard) -> None:
    assert sum(win_card.layer_weights_learned.values()) == 100
    assert dict(win_card.layer_weights_assumed) == ScorecardSettings().assumed_weights


def test_one_card_for_win_and_keep_and_one_for_each(all_cards: dict[str, Scorecard]) -> None:
    assert list(all_cards) == ["icp", "win", "retention"]
    share = {kind: {a.name: a.max_points for a in card.attributes} for kind, card in all_cards.items()}
    assert share["win"]["warehouse"] < share["icp"]["warehouse"] < share["retention"]["warehouse"]
    assert share["win"]["page_views"] > share["icp"]["page_views"] > share["retention"].get("page_views", 0)
    small = {kind: next(a for a in card.attributes if a.name == "employees").bins for kind, card in all_cards.items()}
    assert small["icp"][2].points - small["icp"][0].points > small["win"][2].points - small["win"][0].points


def test_the_icp_cards_chance_is_of_winning_and_keeping(win: Company, keep: Company, all_cards: dict[str, Scorecard]) -> None:
    features = win.training.features
    card = all_cards["icp"]
    both = win.result.model.probability(features) * keep.result.model.probability(features)
    told = card.probability(card.score(features)["points"].to_numpy())
    assert told.mean() == pytest.approx(both.mean(), abs=0.03)
    assert np.corrcoef(told, both)[0, 1] > 0.97


def test_without_joint_labels_chances_are_the_models_own_and_the_card_says_so(win: Company, keep: Company) -> None:
    card = build_scorecards(win.taught, keep.taught, ScorecardSettings(), seed=7)["icp"]
    both = win.result.model.probability(win.training.features) * keep.result.model.probability(win.training.features)
    told = card.probability(card.score(win.training.features)["points"].to_numpy())
    assert told.mean() == pytest.approx(both.mean(), abs=0.02)
    assert any("Too few deals are old enough" in w for w in card.words)


def test_the_same_inputs_give_the_same_card(win: Company, win_card: Scorecard) -> None:
    assert build_scorecards(win.taught, None, ScorecardSettings(), seed=7)["win"] == win_card


def no_signal(taught: Any) -> Any:
    training, result = taught
    return training, replace(result, verdict="no signal", words="Nothing here tells who stays.", model=None, backtest=None)


def test_no_signal_in_winning_means_no_card(win: Company, keep: Company) -> None:
    assert build_scorecards(no_signal(win.taught), keep.taught, ScorecardSettings(), seed=7) == {}


def test_no_signal_in_keeping_leaves_the_win_card_which_says_so(win: Company, keep: Company) -> None:
    cards = build_scorecards(win.taught, no_signal(keep.taught), ScorecardSettings(), seed=7)
    assert list(cards) == ["win"]
    assert "This card says who buys, not who stays: Nothing here tells who stays." in cards["win"].words


def test_retention_alone_makes_a_retention_card(keep: Company) -> None:
    cards = build_scorecards(None, keep.taught, ScorecardSettings(), seed=7)
    assert list(cards) == ["retention"]
    assert {a.name for a in cards["retention"].attributes} >= {"warehouse", "employees"}


def test_attributes_and_bins_are_as_many_as_was_asked(win: Company) -> None:
    card = build_scorecards(win.taught, None, ScorecardSettings(attributes=3, bins=3), seed=7)["win"]
    assert len(card.attributes) <= 3
    assert all(len(a.bins) <= 3 for a in card.attributes)


def test_few_rows_and_few_wins_are_said(make_company: Callable[..., Company]) -> None:
    company = make_company(n=400, seed=5)
    training, result = company.taught
    card = build_scorecards((training, replace(result, evidence=Evidence("hypotheses", 31, 369))), None, ScorecardSettings(), seed=7)["win"]
    assert card.words[0].startswith("This card is a set of hypotheses: it was learned from 31 wins")
    assert "Points wobble: with 400 closed deals" in card.words[1]


def test_an_attribute_that_works_only_together_with_another_is_named(make_company: Callable[..., Company]) -> None:
    def gate(features):  # type: ignore[no-untyped-def]
        return np.where((features["warehouse"] == 1) & (features["page_views"] >= 2), 2.0, -2.0)

    company = make_company(n=3000, seed=2, rule=gate, num_leaves=4)
    card = build_scorecards(company.taught, None, ScorecardSettings(rules=0), seed=7)["win"]
    words = next(w for w in card.words if w.startswith("What these are worth depends on other criteria"))
    assert "Page views" in words


def test_a_disqualifier_stands_outside_the_points_with_its_evidence(win: Company, win_card: Scorecard) -> None:
    rule = Disqualifier(feature="noise", at_least=2.0, reason="too noisy")
    card = build_scorecards(win.taught, None, ScorecardSettings(disqualifiers=(rule,)), seed=7)["win"]
    assert card.attributes == win_card.attributes
    (found,) = card.disqualifiers
    met = win.training.features["noise"].to_numpy() >= 2.0
    assert found.rows == met.sum()
    assert found.rate == pytest.approx(win.training.label[met].mean(), abs=1e-6)
    assert found.rate_otherwise == pytest.approx(win.training.label[~met].mean(), abs=1e-6)
    scored = card.score(win.training.features)
    assert (scored.loc[met, "tier"] == "D").all()
    assert (scored.loc[met, "disqualified"] == "too noisy").all()
    assert scored["points"].equals(win_card.score(win.training.features)["points"])


def test_a_disqualifier_of_no_such_feature_is_an_error_with_a_hint(win: Company) -> None:
    settings = ScorecardSettings(disqualifiers=(Disqualifier(feature="employes", reason="x"),))
    with pytest.raises(ConfigError, match=r"scorecard\.disqualifiers\.0: there is no feature 'employes'") as error:
        build_scorecards(win.taught, None, settings, seed=7)
    assert error.value.hint == "did you mean 'employees'?"
    with pytest.raises(ConfigError, match="is text"):
        build_scorecards(win.taught, None, ScorecardSettings(disqualifiers=(Disqualifier(feature="country", reason="x"),)), seed=7)


def test_a_card_tested_with_foresight_says_so(win: Company, keep: Company, all_cards: dict[str, Scorecard]) -> None:
    flatter = "may flatter it"
    assert not any(flatter in words for words in all_cards["icp"].words)
    backtest = keep.result.backtest
    groups = tuple(replace(f, name=f"group {i}") for i, f in enumerate(backtest.folds))
    across = replace(keep.result, backtest=replace(backtest, forward=False, folds=groups))
    card = build_scorecards(win.taught, (keep.training, across), ScorecardSettings(), seed=7)["icp"]
    assert any(flatter in words for words in card.words)


def test_the_card_of_a_fold_asks_what_its_own_model_knows(win: Company, fit_model: Callable[..., Any]) -> None:
    """The final model may know less than those of the folds: what is published of the cards is theirs all the same."""
    training, result = win.taught
    fewer = fit_model("win", training.features.drop(columns="country"), training.label)
    card = build_scorecards((training, replace(result, model=fewer)), None, ScorecardSettings(), seed=7)["win"]
    assert "country" not in [a.name for a in card.attributes]
    assert card.fidelity == build_scorecards(win.taught, None, ScorecardSettings(), seed=7)["win"].fidelity


def test_a_line_that_is_sold_no_more_is_counted_on_its_own_newest_year(win: Company) -> None:
    (drawn,) = draw_scorecards(win.taught, None, ScorecardSettings(), seed=7).values()
    old = win.training.position < np.sort(win.training.position)[len(win.training.position) * 3 // 5]
    assert not old[drawn.newest].any()
    later = old.copy()
    later[drawn.later.row[:200]] = True
    card = card_of(drawn, seed=7, rows=later)
    assert sum(t.rows for t in card.tiers) > 0
    assert sum(b.rows for b in card.attributes[0].bins) == later.sum()

"""Weights that a company insists on: they hold to the point, and their price is named."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from icpfit.config import LAYERS, Layer, ScorecardSettings, Weighed
from icpfit.scorecard.build import build_scorecards
from icpfit.scorecard.card import Scorecard
from icpfit.scorecard.imposed import imposed_points, imposed_words, weights_in_force

Company = Any
ASKED: dict[Weighed, int] = {"firmographic": 10, "technographic": 10, "behavioral": 10, "intent": 70}


@pytest.fixture(scope="module")
def cards(win: Company) -> tuple[Scorecard, Scorecard]:
    """With the learned weights, and with weights that turn them around."""
    settings = ScorecardSettings(), ScorecardSettings(imposed_weights=ASKED)
    free, imposed = (build_scorecards(win.taught, None, s, seed=7)["win"] for s in settings)
    return free, imposed


def test_the_layers_weigh_what_was_asked_and_the_card_says_what_the_data_say(cards: tuple[Scorecard, Scorecard]) -> None:
    free, card = cards
    assert card.imposed is not None
    assert card.layer_maxima == card.imposed.weights == ASKED
    assert card.layer_weights_learned == free.layer_maxima
    assert sum(p.max_points for p in card.parts) == 100


def test_the_price_is_the_difference_to_the_learned_card_on_the_same_deals(cards: tuple[Scorecard, Scorecard]) -> None:
    free, card = cards
    assert card.imposed is not None
    assert card.imposed.auc_learned == free.fidelity.auc_card
    assert card.fidelity.auc_card < free.fidelity.auc_card - card.imposed.auc_loss_se
    assert card.fidelity.rows == free.fidelity.rows
    assert card.words[0] == imposed_words(ASKED, card.layer_maxima, free.layer_maxima, card.fidelity.auc_card, free.fidelity.auc_card)


def test_chances_fit_the_imposed_points(cards: tuple[Scorecard, Scorecard], win: Company) -> None:
    """A flatter card has flatter chances: on average they are still those of the outcomes."""
    for card in cards:
        chance = card.probability(card.score(win.training.features)["points"].to_numpy(np.int64))
        assert abs(chance.mean() - win.training.label.mean()) < 0.03


def test_to_insist_on_the_learned_weights_changes_next_to_nothing(win: Company, cards: tuple[Scorecard, Scorecard]) -> None:
    learned = dict[Weighed, int](cards[0].layer_maxima.items())
    card = build_scorecards(win.taught, None, ScorecardSettings(imposed_weights=learned), seed=7)["win"]
    at = {a.name: a.max_points for a in card.attributes}
    assert all(abs(at[a.name] - a.max_points) <= 1 for a in cards[0].attributes)
    assert card.imposed is not None
    assert abs(card.imposed.auc_learned - card.fidelity.auc_card) < card.imposed.auc_loss_se


weights = st.lists(st.integers(0, 100), min_size=5, max_size=5).filter(lambda w: sum(w[:4]) > 0 and sum(w) > 0)


@given(weights, st.lists(st.integers(0, 100), min_size=4, max_size=4).filter(lambda w: sum(w) > 0))
def test_whole_points_sum_to_100_whatever_is_asked(asked: list[int], learned: list[int]) -> None:
    shares = [100 * w // sum(asked) for w in asked]
    shares[4] += 100 - sum(shares)
    found = weights_in_force(
        dict(zip((*LAYERS, "propensity"), shares, strict=True)),  # type: ignore[arg-type]
        dict(zip(LAYERS, learned, strict=True)),
    )
    assert sum(found.values()) == 100
    assert all(found[layer] == 0 for layer, n in zip(LAYERS, learned, strict=True) if n == 0)


def test_what_is_asked_for_a_layer_without_attributes_goes_where_the_company_asked() -> None:
    learned: dict[Layer, int] = {"firmographic": 50, "technographic": 30, "behavioral": 20, "intent": 0}
    found = weights_in_force({"firmographic": 20, "behavioral": 20, "intent": 60}, learned)
    assert found == {"firmographic": 63, "technographic": 0, "behavioral": 37, "intent": 0}
    words = imposed_words({"firmographic": 20, "behavioral": 20, "intent": 60}, found, learned, 0.7, 0.75)
    assert "Asked for intent 60, of which no attribute stands on the card: the other layers have it." in words
    assert "costs 5.0" in words


def test_within_a_layer_points_stay_in_proportion() -> None:
    values = [np.array([0.0, 1.0]), np.array([0.0, 3.0]), np.array([0.0, 0.5, 4.0])]
    layers: list[Layer] = ["intent", "intent", "behavioral"]
    assert [p.tolist() for p in imposed_points(values, layers, {"intent": 80, "behavioral": 20})] == [[0, 20], [0, 60], [0, 3, 20]]


@pytest.mark.parametrize("wrong", [{"intent": 50}, {"propensity": 100}, {"intent": 110, "behavioral": -10}, {"intents": 100}])
def test_weights_that_cannot_be_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValidationError, match="imposed_weights"):
        ScorecardSettings.model_validate({"imposed_weights": wrong})

import json
from collections.abc import Callable
from dataclasses import replace

import cards
import jsonschema
import pandas as pd
import pytest

from icpfit.errors import ScorecardError
from icpfit.scorecard.card import Imposed, Scorecard
from icpfit.scorecard.serialise import card_from_dict, card_from_json, card_to_dict, card_to_json, schema


def test_a_reloaded_card_is_the_same_card_and_gives_the_same_points(
    small_card: Scorecard, make_features: Callable[[int], pd.DataFrame]
) -> None:
    text = card_to_json(small_card, "2026-01-01-abcdef01")
    again = card_from_json(text)
    assert again == small_card
    assert card_to_json(again, "2026-01-01-abcdef01") == text
    features = make_features(300)
    pd.testing.assert_frame_equal(again.score(features), small_card.score(features))


def test_what_is_written_is_what_the_schema_says(small_card: Scorecard) -> None:
    jsonschema.Draft202012Validator.check_schema(schema())
    body = json.loads(card_to_json(small_card, "v"))
    jsonschema.validate(body, schema())
    assert body["version"] == "v"
    assert body["attributes"][0]["max_points"] == 60
    assert body["layer_weights"]["learned"]["intent"] == 40


@pytest.mark.parametrize("key", ["version", "attributes", "tiers", "fidelity", "layer_weights"])
def test_the_schema_asks_for_every_part(small_card: Scorecard, key: str) -> None:
    body = card_to_dict(small_card, "v")
    del body[key]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(body, schema())


def test_a_card_that_someone_edited_by_hand_is_refused(small_card: Scorecard) -> None:
    body = card_to_dict(small_card, "v")
    body["attributes"][1]["bins"][0]["points"] = 41
    with pytest.raises(ScorecardError, match="100"):
        card_from_dict(body)
    body = card_to_dict(small_card, "v")
    body["layer_weights"]["learned"]["intent"] = 50
    with pytest.raises(ScorecardError, match="the layers' weights"):
        card_from_dict(body)
    for text in ("", "[]", "{}", '{"kind": "win"}'):
        with pytest.raises(ScorecardError, match="not a scorecard"):
            card_from_json(text)


def test_rules_disqualifiers_and_imposed_weights_are_what_the_schema_says_and_come_back() -> None:
    card = cards.full_card()
    insisted = {layer: most for layer, most in card.layer_maxima.items() if most}
    imposed = replace(card, imposed=Imposed(insisted, 0.81, 0.004), layer_weights_learned=card.layer_weights_assumed)
    for each in (card, imposed):
        text = card_to_json(each, "v")
        jsonschema.validate(json.loads(text), schema())
        again = card_from_json(text)
        assert again == each
        features = cards.rows(500, 3).frame
        pd.testing.assert_frame_equal(again.score(features), each.score(features))
    body = card_to_dict(card, "v")
    for d in body["disqualifiers"]:
        del d["is_flag"]  # a card of before: only its attributes say what is a yes/no
    assert [d.feature for d in card_from_dict(body).disqualifiers if d.is_flag] == ["on_free_mail"]
    body = card_to_dict(card, "v")
    body["disqualifiers"][0]["unknown key"] = 1
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(body, schema())

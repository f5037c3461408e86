"""Every setting, given every wrong kind of value, is answered in plain words."""

import copy
import re
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel, ValidationError

from icpfit.config import Config, parse_config
from icpfit.config_faults import did_you_mean, words_of
from icpfit.errors import ConfigError

DEMO = Path(__file__).parents[1] / "configs" / "demo.yaml"
FLAT = {
    "source": {
        "kind": "flat",
        "path": "deals.csv",
        "outcome": "win",
        "columns": {"id": "Deal", "result": "Stage", "positive": ["Won"], "negative": ["Lost"]},
        "layers": {"firmographic": ["Industry"]},
    }
}
PROGRAMMERS = re.compile(r"\b([Ii]nput|[Ll]iteral|class|valid|parse|dictionary|tuple|string|String|integer|instance)\b")
WRONG = (5, -5, "many", "", [], [1], {}, {"a": 1}, True, None, 1.5, float("nan"))


def settings(model: type[BaseModel], above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, field in model.model_fields.items():
        yield (*above, name)
        parts = [field.annotation]
        while parts:
            part = parts.pop()
            if isinstance(part, type) and issubclass(part, BaseModel):
                yield from settings(part, (*above, name))
            else:
                parts += typing.get_args(part)


def changed(body: dict[str, Any], place: tuple[str, ...], value: object) -> dict[str, Any] | None:
    body = copy.deepcopy(body)
    inside: Any = body
    for name in place[:-1]:
        inside = inside.setdefault(name, {})
        inside = inside[0] if isinstance(inside, list) and inside else inside
        if not isinstance(inside, dict):
            return None
    inside[place[-1]] = value
    return body


@pytest.mark.parametrize("body", [yaml.safe_load(DEMO.read_text()), FLAT], ids=["folder", "flat"])
def test_no_setting_is_answered_in_the_words_of_a_programmer(body: dict[str, Any]) -> None:
    answered = 0
    for place in settings(Config):
        for value in WRONG:
            try:
                Config.model_validate(changed(body, place, value) or body)
            except ValidationError as error:
                answered += 1
                words = words_of(error)
                assert not PROGRAMMERS.search(words), words
    assert answered > 300


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("source: {kind: folder, path: 5}", "source.path: must be a path, as text, not 5"),
        ("training: {trials: many}", "training.trials: must be a whole number, not 'many'"),
        ("training: {trials: 0}", "training.trials: must be at least 1, not 0"),
        ("max_left_out: [1]", "max_left_out: must be a number, not a list"),
        ("company: 5", "company: must be text, not 5 (in quotes it is text)"),
        ("features: {}", "features: must be a list, such as [a, b], not "),
        (
            "scorecard: {imposed_weights: {firmografic: 100}}",
            "scorecard.imposed_weights.firmografic: the name must be 'firmographic', 'technographic', 'behavioral', 'intent' or"
            " 'propensity', not 'firmografic'",
        ),
        ("scorecard: {imposed_weights: {intent: 90}}", "scorecard: imposed_weights must sum to 100, not to 90"),
        ("scorecard: {imposed_weights: {propensity: 100}}", "one of the layers: firmographic, technographic, behavioral, intent"),
        (
            "scorecard: {disqualifiers: [{feature: employees, is_one_of: [10], reason: too small}]}",
            "scorecard.disqualifiers.0: is_one_of names texts, and 10 is none: where employees is a number or a yes/no, say at_least or"
            " below instead; where it is a text, write '10' in quotes",
        ),
        ("scorecard: {disqualifiers: [{feature: partner, is_one_of: [true], reason: x}]}", "and true is none: where partner is"),
        ("outcomes: 7", "outcomes: must be settings with their values, such as {a: b}, not 7"),
    ],
)
def test_what_has_to_stand_there_is_said(line: str, words: str) -> None:
    text = line if line.startswith("source") else f"source: {{kind: folder, path: data}}\n{line}"
    with pytest.raises(ConfigError) as told:
        parse_config(text, Path("acme.yaml"))
    assert words in str(told.value)


def test_a_name_written_wrong_is_told_before_the_setting_that_it_left_missing() -> None:
    body = copy.deepcopy(FLAT)
    body["source"]["columns"]["positiv"] = body["source"]["columns"].pop("positive")
    with pytest.raises(ValidationError) as error:
        Config.model_validate(body)
    assert words_of(error.value) == "source.columns.positiv: there is no such setting (and 1 more)"
    assert did_you_mean(error.value, Config) == "did you mean 'positive'?"
    del body["source"]["columns"]["positiv"]
    with pytest.raises(ValidationError) as error:
        Config.model_validate(body)
    assert words_of(error.value) == "source.columns.positive: is needed and is not there"

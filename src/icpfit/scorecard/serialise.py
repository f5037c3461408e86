"""The card as JSON, and back, without loss. ``scorecard.schema.json`` in this package says what it holds."""

from __future__ import annotations

import json
from collections.abc import Mapping, Set
from dataclasses import asdict
from importlib.resources import files
from typing import Any

from icpfit.errors import ScorecardError
from icpfit.scorecard.card import Attribute, Bin, Disqualification, Fidelity, Imposed, Scorecard, Tier
from icpfit.scorecard.condition import Condition, Rule

SCHEMA_FILE = "scorecard.schema.json"


def schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of what ``card_to_json`` writes."""
    found: dict[str, Any] = json.loads(files(__package__).joinpath(SCHEMA_FILE).read_text(encoding="utf-8"))
    return found


def card_to_dict(card: Scorecard, version: str) -> dict[str, Any]:
    """Plain values: text, numbers, lists, None."""
    return {
        "version": version,
        "kind": card.kind,
        "attributes": [_attribute_values(a) for a in card.attributes],
        "rules": [_rule_values(r) for r in card.rules],
        "disqualifiers": [{**asdict(d), "values": list(d.values)} for d in card.disqualifiers],
        "tiers": [asdict(t) for t in card.tiers],
        "fidelity": asdict(card.fidelity),
        "layer_weights": {
            "learned": dict(card.layer_weights_learned),
            "assumed": dict(card.layer_weights_assumed),
            "imposed": None if card.imposed is None else {**asdict(card.imposed), "weights": dict(card.imposed.weights)},
        },
        "probability": {"intercept": card.platt_intercept, "slope": card.platt_slope},
        "words": list(card.words),
    }


def card_to_json(card: Scorecard, version: str) -> str:
    """The card as JSON text, indented for people, with a line end. The same card gives the same bytes."""
    return json.dumps(card_to_dict(card, version), ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def card_from_dict(body: Mapping[str, Any]) -> Scorecard:
    """The card that ``card_to_dict`` was given.

    Raises:
        ScorecardError: something is missing or of another kind, or the card does not hold together.
    """
    try:
        flags = {a["name"] for a in body["attributes"] if a["kind"] == "flag"}
        card = Scorecard(
            kind=body["kind"],
            attributes=tuple(_attribute(a) for a in body["attributes"]),
            # a card that was written before there were rules names none
            rules=tuple(_rule(r) for r in body.get("rules", ())),
            disqualifiers=tuple(_disqualification(d, flags) for d in body["disqualifiers"]),
            tiers=tuple(Tier(**t) for t in body["tiers"]),
            fidelity=Fidelity(**body["fidelity"]),
            layer_weights_learned=dict(body["layer_weights"]["learned"]),
            layer_weights_assumed=dict(body["layer_weights"]["assumed"]),
            platt_intercept=body["probability"]["intercept"],
            platt_slope=body["probability"]["slope"],
            words=tuple(body["words"]),
            imposed=Imposed(**imposed) if (imposed := body["layer_weights"].get("imposed")) else None,
        )
    except ScorecardError as error:
        raise ScorecardError(f"not a scorecard: {error.message}", hint="write it anew: icpfit export scorecard") from error
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ScorecardError(f"not a scorecard: {type(error).__name__} {error}", hint="write it anew: icpfit export scorecard") from error
    if any(a["max_points"] != b.max_points for a, b in zip(body["attributes"], card.attributes, strict=True)):
        raise ScorecardError("not a scorecard: an attribute's max_points is not that of its bins")
    return card


def card_from_json(text: str) -> Scorecard:
    """The card in JSON text.

    Raises:
        ScorecardError: not JSON, or not a card.
    """
    try:
        body = json.loads(text)
    except json.JSONDecodeError as error:
        raise ScorecardError(f"not a scorecard: no JSON at line {error.lineno}, column {error.colno}") from error
    if not isinstance(body, dict):
        raise ScorecardError("not a scorecard: a card is a JSON object")
    return card_from_dict(body)


def _attribute_values(attribute: Attribute) -> dict[str, Any]:
    values = asdict(attribute)
    bins = [{**b, "values": list(b["values"])} for b in values.pop("bins")]
    values["stands_for"] = list(attribute.stands_for)
    return {**values, "max_points": attribute.max_points, "bins": bins}


def _attribute(body: Mapping[str, Any]) -> Attribute:
    values = {k: v for k, v in body.items() if k != "max_points"}
    values["bins"] = tuple(Bin(**{**b, "values": tuple(b["values"])}) for b in body["bins"])
    values["stands_for"] = tuple(body["stands_for"])
    return Attribute(**values)


def _disqualification(body: Mapping[str, Any], flags: Set[str]) -> Disqualification:
    """A card that was written before it said so asks a yes/no where an attribute of that name is one."""
    said = {"is_flag": body["feature"] in flags and not body.get("values"), **body}
    return Disqualification(**{**said, "values": tuple(body.get("values", ()))})


def _rule_values(rule: Rule) -> dict[str, Any]:
    conditions = [{**asdict(c), "values": list(c.values)} for c in rule.conditions]
    return {**asdict(rule), "conditions": conditions, "max_points": rule.max_points}


def _rule(body: Mapping[str, Any]) -> Rule:
    values = {k: v for k, v in body.items() if k != "max_points"}
    values["conditions"] = tuple(Condition(**{**c, "values": tuple(c["values"])}) for c in body["conditions"])
    return Rule(**values)

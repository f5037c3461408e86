"""The card for HubSpot: score groups and rules to enter in its lead scoring tool, and calculation properties that give the same points."""

from __future__ import annotations

import re

from icpfit.config import LAYERS, Kind
from icpfit.exports.fields import (
    Field,
    Held,
    Input,
    bin_words,
    code,
    condition_words,
    decimal,
    hard_texts,
    in_range,
    layers_in_use,
    quoted,
    render,
    tier_head,
    tier_rows,
)
from icpfit.scorecard.card import Attribute, Bin, Scorecard
from icpfit.scorecard.condition import Condition, Rule

NAME_LIMIT = 100
ENDINGS = ("points", *(f"points_{layer}" for layer in LAYERS), "tier", "disqualified", "disqualified_no")


def hubspot_names(card: Scorecard) -> dict[Input, str]:
    """The internal name of the company property that holds each input."""
    held = _held(card)
    return {i: held[i] for i in held.inputs}


def _held(card: Scorecard) -> Held:
    return Held(card, NAME_LIMIT, "", (f"icpfit_{ending}" for ending in ENDINGS))


def hubspot_properties(card: Scorecard) -> tuple[Field, ...]:
    """The calculation properties, in the order in which they can be created: none names one that comes later.

    Each is one ``if … elseif … else``, or a sum: HubSpot's documentation says of no other place where a condition may stand.
    """
    held = _held(card)
    fields: list[Field] = []
    layers: list[str] = []
    for layer in layers_in_use(card):
        parts = [part for part in card.parts if part.layer == layer]
        mine = [
            Field(
                held.new(f"icpfit_p_{part.name}"),
                f"Points: {part.label}",
                _attribute(part, held) if isinstance(part, Attribute) else _rule(part, held),
            )
            for part in parts
        ]
        fields += [*mine, Field(f"icpfit_points_{layer}", f"ICP points: {layer}", " + ".join(f.name for f in mine))]
        layers.append(fields[-1].name)
    fields.append(Field("icpfit_points", "ICP points", " + ".join(layers)))
    tiers = [(f"icpfit_points >= {t.from_points}", f"'{t.name}'") for t in card.tiers[:-1]]
    if card.disqualifiers:
        asked = [(_met(d.condition, held), str(i + 1)) for i, d in enumerate(card.disqualifiers)]
        fields.append(Field("icpfit_disqualified_no", "ICP disqualified by", _chain(asked, "0")))
        reasons = [(f"icpfit_disqualified_no = {i + 1}", _text(d.reason)) for i, d in enumerate(card.disqualifiers)]
        fields.append(Field("icpfit_disqualified", "ICP disqualified", _chain(reasons, "''"), "text"))
        tiers = [("icpfit_disqualified_no > 0", "'D'"), *tiers]
    return (*fields, Field("icpfit_tier", "ICP tier", _chain(tiers, "'D'"), "text"))


def _chain(cases: list[tuple[str, str]], otherwise: str) -> str:
    """One condition after the other, in the one way that needs no ``endif``."""
    return "\nelse".join(f"if {condition} then {value}" for condition, value in cases) + f"\nelse {otherwise}"


def _value(feature: str, kind: Kind, held: Held) -> str:
    name = held.of(feature, kind)
    return {"category": f"string({name})", "flag": f"bool({name})", "number": name}[kind]


def _number(value: float) -> str:
    """The language has subtraction; of a sign before a number its documentation says nothing."""
    return f"(0 - {decimal(-value)})" if value < 0 else decimal(value)


def _text(text: str) -> str:
    """
    >>> print(_text("west"), _text("it's"), _text("it's \\"new\\""))
    'west' "it's" concatenate("it's ", '"new"')
    """
    if "'" not in text:
        return f"'{text}'"
    if '"' not in text:
        return f'"{text}"'
    parts = [f"'{part}'" if '"' in part else f'"{part}"' for part in re.findall(r"[^\"]+|\"[^']*", text)]
    return f"concatenate({', '.join(parts)})"


def _any_of(value: str, texts: tuple[str, ...]) -> str:
    return " or ".join(f"{value} = {_text(text)}" for text in texts)


def _attribute(a: Attribute, held: Held) -> str:
    value = _value(a.name, a.kind, held)
    unknown = next(b for b in a.bins if b.unknown)
    known = [b for b in a.bins if not b.unknown]
    cases = [(f"not (is_present({value}))", str(unknown.points))]
    if a.kind == "category":
        otherwise = next((b for b in known if b.other), unknown)
        cases += [(_any_of(value, b.values), str(b.points)) for b in known if b.values]
    elif a.kind == "flag":
        otherwise = _bin_of(a, 0.0)
        cases.append((value, str(_bin_of(a, 1.0).points)))
    else:
        otherwise = known[-1]
        cases += [(f"{value} < {_number(b.high or 0.0)}", str(b.points)) for b in known[:-1]]
    return _chain(cases, str(otherwise.points))


def _bin_of(a: Attribute, number: float) -> Bin:
    return next(b for b in a.bins if not b.unknown and in_range(b.low, b.high, number))


def _met(c: Condition, held: Held) -> str:
    value = _value(c.feature, c.kind, held)
    if c.values:
        return f"is_present({value}) and ({_any_of(value, c.values)})"
    if c.kind == "flag":
        yes, no = (in_range(c.low, c.high, number) for number in (1.0, 0.0))
        says = {(True, True): "", (True, False): f" and {value}", (False, True): f" and not ({value})", (False, False): " and false"}
        return f"is_present({value}){says[yes, no]}"
    ends = [f"{value} >= {_number(c.low)}"] if c.low is not None else []
    ends += [f"{value} < {_number(c.high)}"] if c.high is not None else []
    return " and ".join([f"is_present({value})", *ends])


def _rule(rule: Rule, held: Held) -> str:
    met = " and ".join(_met(c, held) for c in rule.conditions)
    return _chain([(met, str(rule.points))], str(rule.otherwise))


def hubspot_text(card: Scorecard, version: str) -> str:
    """What a person enters in HubSpot, as Markdown."""
    held, names = _held(card), hubspot_names(card)
    kinds = {"number": "Number", "flag": "Single checkbox (type bool)", "category": "Single-line text or dropdown"}
    groups = []
    for layer in layers_in_use(card):
        rules = [rule for part in card.parts if part.layer == layer for rule in _rules_of(part, held)]
        groups.append({"layer": layer, "most": card.layer_maxima[layer], "rules": rules})
    asked = [(d, d.condition) for d in card.disqualifiers]
    return render(
        "hubspot.md.j2",
        version=version,
        inputs=[(code(name), kinds[i.kind], i.label, code(i.feature)) for i, name in names.items()],
        groups=groups,
        disqualifiers=[(code(held.of(c.feature, c.kind)), condition_words(c), -100, d.reason) for d, c in asked],
        tier_head=tier_head(card),
        tiers=tier_rows(card),
        properties=hubspot_properties(card),
        flags=any(i.kind == "flag" for i in names),
        hard=[(quoted(text), code(names[i])) for i, text in hard_texts(card, r"[\\\n\r]")],
    )


def _rules_of(part: Attribute | Rule, held: Held) -> list[tuple[object, ...]]:
    if isinstance(part, Attribute):
        return [(code(held.of(part.name, part.kind)), bin_words(part, b), b.points) for b in part.bins]
    together = " **and** ".join(f"{code(held.of(c.feature, c.kind))} {condition_words(c)}" for c in part.conditions)
    if part.points:
        return [("both of them", together, part.points)]
    return [("all companies but these", f"**not** ({together}); an unknown one counts as not", part.otherwise)]

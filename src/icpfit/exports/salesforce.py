"""The card as Salesforce formula fields: points by layer, total, tier, reason and chance, each within the limit of 3,900 characters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from icpfit.config import LAYERS
from icpfit.errors import ScorecardError
from icpfit.exports.fields import (
    Field,
    Held,
    Input,
    Returns,
    code,
    decimal,
    hard_texts,
    layers_in_use,
    quoted,
    render,
    tier_head,
    tier_rows,
)
from icpfit.scorecard.card import Attribute, Scorecard
from icpfit.scorecard.condition import Condition, Rule

T = TypeVar("T")

MOST_CHARACTERS = 3_900
"""of a formula, by Salesforce's own documentation"""
NAME_LIMIT = 40
"""of a field's API name, before ``__c``"""
ENDINGS = ("points", *(f"points_{layer}" for layer in LAYERS), "tier", "disqualified", "chance")


def salesforce_names(card: Scorecard) -> dict[Input, str]:
    """The API name of the custom field that holds each input."""
    held = _held(card)
    return {i: held[i] for i in held.inputs}


def _held(card: Scorecard) -> Held:
    return Held(card, NAME_LIMIT, "__c", (f"icpfit_{ending}" for ending in ENDINGS))


def salesforce_fields(card: Scorecard, most: int = MOST_CHARACTERS) -> tuple[Field, ...]:
    """The formula fields, in the order in which they can be created: none names one that comes later.

    Blank fields are treated as blanks. No formula is longer than ``most`` characters; where one would be, parts of it
    are fields of their own.

    Raises:
        ScorecardError: a single text is so long that no formula holds it.
    """
    return _Formulas(card, most).all()


class _Formulas:
    def __init__(self, card: Scorecard, most: int) -> None:
        self.card, self.most = card, most
        self.held = _held(card)
        self.fields: list[Field] = []

    def all(self) -> tuple[Field, ...]:
        card = self.card
        layers = []
        for layer in layers_in_use(card):
            terms = [(p.label, self._attribute(p) if isinstance(p, Attribute) else self._rule(p)) for p in card.parts if p.layer == layer]
            whole = " +\n".join(formula for _, formula in terms)
            if len(whole) > self.most:
                whole = " +\n".join(self._apart(f"Points: {label}", formula) for label, formula in terms)
            layers.append(self._field(f"icpfit_points_{layer}__c", f"ICP points: {layer}", whole))
        self._field("icpfit_points__c", "ICP points", " + ".join(layers))
        self._disqualified()
        edges = "".join(f'IF(icpfit_points__c >= {t.from_points}, "{t.name}", ' for t in card.tiers[:-1])
        tier = f'IF(NOT(ISBLANK(icpfit_disqualified__c)), "D", {edges}"D"' + ")" * len(card.tiers)
        self._field("icpfit_tier__c", "ICP tier", tier, "text")
        log_odds = f"{decimal(card.platt_intercept)} + {decimal(card.platt_slope)} * icpfit_points__c"
        self._field("icpfit_chance__c", "ICP chance", f"1 / (1 + EXP(-({log_odds})))", "percent")
        return tuple(self.fields)

    def _field(self, name: str, label: str, formula: str, returns: Returns = "number") -> str:
        if len(formula) > self.most:
            raise ScorecardError(
                f"the Salesforce formula of {label!r} has {len(formula):,} characters, more than {self.most:,}",
                hint="a text of the card is too long for a formula; use --format sql or the scored list",
            )
        self.fields.append(Field(name, label, formula, returns))
        return name

    def _apart(self, label: str, formula: str, returns: Returns = "number") -> str:
        """A helper field, by the name that other formulas know it by."""
        return self._field(self.held.new(f"icpfit_part_{len(self.fields) + 1}"), label, formula, returns)

    def _attribute(self, a: Attribute) -> str:
        field = self.held.of(a.name, a.kind)
        unknown = next(b for b in a.bins if b.unknown).points
        known = [b for b in a.bins if not b.unknown]
        if a.kind == "category":
            other = next((b.points for b in known if b.other), unknown)
            worth = [(v, b.points) for b in known for v in b.values]
            return f"IF(ISBLANK({field}), {unknown}, {self._cases(a.label, field, worth, other)})"
        steps = "".join(f"IF({field} < {decimal(b.high or 0.0)}, {b.points}, " for b in known[:-1])
        return f"IF(ISBLANK({field}), {unknown}, {steps}{known[-1].points})" + ")" * (len(known) - 1)

    def _cases(self, label: str, field: str, worth: Sequence[tuple[str, int]], other: int) -> str:
        """CASE over texts; where it would be too long, a sum of helper fields, each with some of the texts and 0 for all others."""

        def case(part: Sequence[tuple[str, int]], rest: int) -> str:
            return f"CASE({field}, {', '.join(f'{_text(v)}, {p}' for v, p in part)}, {rest})" if part else str(rest)

        if len(whole := case(worth, other)) <= self.most - 200:
            return whole
        parts = _packed([(v, p - other) for v, p in worth], lambda part: len(case(part, 0)), self.most)
        return " + ".join([str(other), *(self._apart(f"{label}, part {i + 1}", case(part, 0)) for i, part in enumerate(parts))])

    def _met(self, c: Condition) -> str:
        field = self.held.of(c.feature, c.kind)
        if c.values:
            return f"{self._cases(c.words, field, [(v, 1) for v in c.values], 0)} = 1"
        ends = [f"{field} >= {decimal(c.low)}"] if c.low is not None else []
        ends += [f"{field} < {decimal(c.high)}"] if c.high is not None else []
        return f"IF(ISBLANK({field}), FALSE, {ends[0] if len(ends) == 1 else f'AND({ends[0]}, {ends[1]})'})"

    def _rule(self, rule: Rule) -> str:
        conditions = [self._met(c) for c in rule.conditions]
        if sum(map(len, conditions)) > self.most - 200:
            conditions = [f"{self._apart(c.words, f'IF({met}, 1, 0)')} = 1" for c, met in zip(rule.conditions, conditions, strict=True)]
        return f"IF(AND({', '.join(conditions)}), {rule.points}, {rule.otherwise})"

    def _disqualified(self) -> None:
        reasons = [(self._met(d.condition), _text(d.reason)) for d in self.card.disqualifiers]

        def nested(part: Sequence[tuple[str, str]]) -> str:
            return "".join(f"IF({met}, {reason},\n" for met, reason in part) + '""' + ")" * len(part)

        whole = nested(reasons)
        if len(whole) > self.most:
            parts = _packed(reasons, lambda part: len(nested(part)), self.most)
            whole = '""'
            for i in reversed(range(len(parts))):
                whole = f"BLANKVALUE({self._apart(f'Disqualified, part {i + 1}', nested(parts[i]), 'text')}, {whole})"
        self._field("icpfit_disqualified__c", "ICP disqualified", whole, "text")


def _packed(items: Sequence[T], size: Callable[[Sequence[T]], int], most: int) -> list[list[T]]:
    """In order, as few lists as fit."""
    parts: list[list[T]] = [[]]
    for item in items:
        if parts[-1] and size([*parts[-1], item]) > most:
            parts.append([])
        parts[-1].append(item)
    return parts


def _text(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def salesforce_text(card: Scorecard, version: str) -> str:
    """What an administrator creates on the Account object, as Markdown."""
    names, fields = salesforce_names(card), salesforce_fields(card)
    kinds = {"number": "Number(12, 6)", "flag": "Number(1, 0): 1 is yes, 0 is no", "category": "Text(255)"}
    return render(
        "salesforce.md.j2",
        version=version,
        inputs=[(code(name), kinds[i.kind], i.label, code(i.feature)) for i, name in names.items()],
        helpers=sum(f.name.startswith("icpfit_part_") for f in fields),
        fields=[
            {"name": f.name, "label": f.label, "returns": f.returns, "size": f"{len(f.formula):,}", "formula": f.formula} for f in fields
        ],
        tier_head=tier_head(card),
        tiers=tier_rows(card),
        flags=any(i.kind == "flag" for i in names),
        hard=[(quoted(text), code(names[i])) for i, text in hard_texts(card, r"[\n\r]|^\s|\s$")],
    )

"""The card as one SQL query that gives the same points for every row, in the SQL of several databases."""

from __future__ import annotations

import math
from collections.abc import Sequence

from icpfit.config import LAYERS
from icpfit.errors import ScorecardError
from icpfit.scorecard.card import Attribute, Bin, Scorecard
from icpfit.scorecard.condition import Condition, Rule
from icpfit.scorecard.dialects import DIALECTS, Dialect
from icpfit.scorecard.reading import NO_TEXT


def scorecard_sql(card: Scorecard, dialect: str = "duckdb") -> str:
    """One SELECT over a relation named ``features`` with ``account_id``, ``as_of`` and the features by name.

    It yields ``account_id, as_of, points, points_firmographic, points_technographic, points_behavioral,
    points_intent, tier, disqualified``, one row per row, as ``Scorecard.score`` does. Features may be
    numbers, yes/no or text; numbers that stand as text are read as numbers; NULL and NaN are unknown.

    Raises:
        ScorecardError: a dialect that is not offered.
    """
    if dialect not in DIALECTS:
        raise ScorecardError(f"the card is not offered in the SQL of {dialect!r}", hint=f"one of: {', '.join(DIALECTS)}")
    return _Query(card, DIALECTS[dialect]).text()


class _Query:
    """The query is written once; ``spell`` knows how a database spells it."""

    def __init__(self, card: Scorecard, spell: Dialect) -> None:
        self.card = card
        self.spell = spell
        self._texted = {a.name: a.kind == "category" for a in card.attributes}

    def text(self) -> str:
        card, name = self.card, self.spell.quoted_name
        wanted = dict.fromkeys([*((a.name, a.kind) for a in card.attributes), *((c.feature, c.kind) for c in card.conditions)])
        read = {self._value(feature, kind): self._read(feature, kind) for feature, kind in wanted}
        kept = ["account_id", "as_of"]
        values = kept + [f"{expression} AS {value}" for value, expression in read.items()]
        cells = [*kept, *(f"{self._cell(a)} AS {name('p_' + a.name)}" for a in card.attributes)]
        cells += [*(f"{self._rule(r)} AS {name('p_' + r.name)}" for r in card.rules), f"{self._reason()} AS disqualified"]
        sums = [f"{self._total([part for part in card.parts if part.layer == layer])} AS points_{layer}" for layer in LAYERS]
        total = " + ".join(f"points_{layer}" for layer in LAYERS)
        tiers = " ".join(f"WHEN points >= {t.from_points} THEN {self.spell.quoted_text(t.name)}" for t in card.tiers[:-1])
        return "\n".join(
            [
                "SELECT account_id, as_of, points, " + ", ".join(f"points_{layer}" for layer in LAYERS) + ",",
                f"  CASE WHEN disqualified <> '' THEN 'D' {tiers} ELSE 'D' END AS tier,",
                "  disqualified",
                f"FROM (SELECT *, {total} AS points",
                f"FROM (SELECT account_id, as_of, disqualified,\n    {_lines(sums)}",
                f"FROM (SELECT {_lines(cells)}",
                f"FROM (SELECT {_lines(values)}",
                f"FROM {self._source([feature for feature, _ in wanted])}) AS read_values) AS cells) AS layers) AS totals",
                "",
            ]
        )

    def _value(self, feature: str, kind: str) -> str:
        """The name of what was read of a feature; where the card counts with it and a condition asks for its text, there are two."""
        texted = kind == "category"
        suffix = "" if self._texted.setdefault(feature, texted) == texted else " as text" if texted else " as number"
        return self.spell.quoted_name(feature + suffix)

    def _read(self, feature: str, kind: str) -> str:
        column = self.spell.quoted_name(feature)
        if kind != "category":
            return self.spell.flag(column) if kind == "flag" else self.spell.number(column)
        text = column if self.spell.texts_first else self.spell.text(column)
        return f"CASE WHEN {text} NOT IN ({self._texts(NO_TEXT)}) THEN {text} END"

    def _source(self, features: Sequence[str]) -> str:
        if not self.spell.texts_first:
            return "features"
        columns = map(self.spell.quoted_name, dict.fromkeys(features))
        texts = ["account_id", "as_of", *(f"{self.spell.text(column)} AS {column}" for column in columns)]
        return f"(SELECT {_lines(texts)}\nFROM features) AS texts"

    def _texts(self, texts: Sequence[str]) -> str:
        return ", ".join(map(self.spell.quoted_text, texts))

    def _cell(self, attribute: Attribute) -> str:
        value = self._value(attribute.name, attribute.kind)
        unknown = next(b for b in attribute.bins if b.unknown)
        known = [b for b in attribute.bins if not b.unknown]
        cases = [f"WHEN {value} IS NULL THEN {unknown.points}"]
        if attribute.kind == "category":
            otherwise = next((b for b in known if b.other), unknown)
            cases += [f"WHEN {value} IN ({self._texts(b.values)}) THEN {b.points}" for b in known if b.values]
        else:
            otherwise = known[-1]
            cases += [f"WHEN {value} < {self.spell.literal(_high(b))} THEN {b.points}" for b in known[:-1]]
        return f"CASE {' '.join(cases)} ELSE {otherwise.points} END"

    def _total(self, parts: Sequence[Attribute | Rule]) -> str:
        return " + ".join(self.spell.quoted_name("p_" + part.name) for part in parts) or "0"

    def _met(self, condition: Condition) -> str:
        value = self._value(condition.feature, condition.kind)
        if condition.values:
            return f"{value} IN ({self._texts(condition.values)})"
        ends = [f"{value} >= {self.spell.literal(condition.low)}"] if condition.low is not None else []
        ends += [f"{value} < {self.spell.literal(condition.high)}"] if condition.high is not None else []
        return " AND ".join(ends)

    def _rule(self, rule: Rule) -> str:
        return f"CASE WHEN {' AND '.join(map(self._met, rule.conditions))} THEN {rule.points} ELSE {rule.otherwise} END"

    def _reason(self) -> str:
        spell = self.spell.quoted_text
        cases = " ".join(f"WHEN {self._met(d.condition)} THEN {spell(d.reason)}" for d in self.card.disqualifiers)
        return f"CASE {cases} ELSE '' END" if cases else "''"


def _lines(parts: Sequence[str]) -> str:
    return ",\n    ".join(parts)


def _high(b: Bin) -> float:
    return math.inf if b.high is None else b.high

"""The hidden sheet where the workbook reads what was entered, and judges it: one row an account."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from icpfit.config import LAYERS, Layer
from icpfit.exports import reading
from icpfit.exports.card_sheets import AttributePlace, CoverPlaces, RulePlaces, TextList
from icpfit.exports.fields import inputs
from icpfit.exports.sheets import Sheet, xlsx_name
from icpfit.scorecard.card import Attribute, Scorecard
from icpfit.scorecard.condition import Condition

HERE, THERE = "\x01", "\x02"
"""stand in formulas for the row on this sheet, and for the row of the account on its own"""


def in_row(formula: str, here: int, there: int = 0) -> str:
    return formula.replace(HERE, str(here + 1)).replace(THERE, str(there + 1))


@dataclass(frozen=True)
class Places:
    """Where the card stands in the workbook."""

    attributes: Mapping[str, AttributePlace]
    texts: Mapping[str, TextList]
    conditions: Mapping[Condition, TextList]
    shapes: str
    """of numbers that stand as text"""
    rules: RulePlaces
    cover: CoverPlaces


@dataclass(frozen=True)
class _Column:
    formula: Callable[[Mapping[str, str]], str]
    """of feature -> the cell with its value"""
    blank: object
    """what it gives where nothing is entered"""


class Working:
    """Columns are the same in every row. On top of a column stand the numbers that its formula asks, taken from the card's sheets:
    so the formulas are short, and no two rows of a column differ but in their own number."""

    def __init__(self, sheet: Sheet, card: Scorecard, places: Places) -> None:
        self._sheet, self._card, self._places = sheet, card, places
        self._columns: list[_Column] = []
        self._most = 0
        self._read: dict[tuple[str, bool], int] = {}
        for i in inputs(card):
            self._read[i.feature, i.is_text] = self._text(i.feature) if i.is_text else self._number(i.feature, is_flag=i.kind == "flag")
        self._points = {a.name: self._attribute(a) for a in card.attributes}
        self._rules = [self._rule(n) for n in range(len(card.rules))]
        self._layers = {layer: self._layer(layer) for layer in LAYERS}
        self._out = [self._met(d.condition, places.rules.out_ends[n], d.reason) for n, d in enumerate(card.disqualifiers)]
        self.first = self._most + 2
        """the first row below the numbers on top"""

    def formulas(self, cells: Mapping[str, str]) -> list[str]:
        return [column.formula(cells) for column in self._columns]

    def write(self, row: int, formulas: Sequence[str], there: int = 0) -> None:
        for column, formula in enumerate(formulas):
            self._sheet.formula(row, column, in_row(formula, row, there), None, self._columns[column].blank)

    # What other sheets ask of a row; HERE stands for its number.

    def value(self, feature: str, *, is_text: bool) -> str:
        return self._from_outside(self._read[feature, is_text])

    def points(self, attribute: str) -> str:
        return self._from_outside(self._points[attribute])

    def rule_points(self, rule: int) -> str:
        return self._from_outside(self._rules[rule])

    def layer(self, layer: Layer) -> str:
        return self._from_outside(self._layers[layer])

    def total(self) -> str:
        return "+".join(self.layer(layer) for layer in LAYERS)

    def reason(self) -> str:
        """The reason of the first disqualifier that is met, or ""."""
        if not self._out:
            return '""'
        asked = f"{self._from_outside(self._out[0])}:{self._cell(self._out[-1])}"
        return f'IFERROR(INDEX({self._places.rules.reasons},MATCH(1,{asked},0)),"")'

    def _from_outside(self, column: int) -> str:
        return f"{self._sheet.name}!{self._cell(column)}"

    def _cell(self, column: int) -> str:
        return f"${xlsx_name(column)}{HERE}"

    def _add(self, head: str, formula: Callable[[Mapping[str, str]], str], blank: object, tops: Sequence[tuple[str, float]] = ()) -> int:
        """``tops``: (cell on another sheet, its number) of what stands on top of the column."""
        column = len(self._columns)
        self._columns.append(_Column(formula, blank))
        self._sheet.text(0, column, head, "head")
        for row, (cell, number) in enumerate(tops, 1):
            self._sheet.formula(row, column, cell, "number", number)
        self._most = max(self._most, len(tops))
        return column

    def _top(self, n: int) -> str:
        """The nth number on top of the column that is about to be added."""
        return f"{xlsx_name(len(self._columns))}${n + 2}"

    def _number(self, feature: str, *, is_flag: bool) -> int:
        written = self._cell(self._add(f"{feature}: as written", lambda cells: reading.as_written(cells[feature]), ""))
        shape = self._cell(self._add(f"{feature}: without digits", lambda cells: reading.without_digits(written), ""))
        shapes = self._places.shapes
        read = "yes or no" if is_flag else "number"
        return self._add(f"{feature}: {read}", lambda cells: reading.as_number(cells[feature], written, shape, shapes, is_flag=is_flag), "")

    def _text(self, feature: str) -> int:
        return self._add(f"{feature}: text", lambda cells: reading.as_text(cells[feature]), "")

    def _attribute(self, a: Attribute) -> int:
        place = self._places.attributes[a.name]
        value = self._cell(self._read[a.name, a.kind == "category"])
        tops: list[tuple[str, float]]
        unknown = next(b.points for b in a.bins if b.unknown)
        if a.kind == "category":
            others = [(cell, b.points) for cell, b in zip(place.points, place.known, strict=True) if b.other]
            tops = [(place.unknown_points, unknown), *(others or [(place.unknown_points, unknown)])]
            texts = self._places.texts.get(a.name)
            named = (texts.texts, texts.points) if texts is not None else (None, None)
            formula = reading.listed(value, self._top(0), self._top(1), *named)
        else:
            worth = [b.points for b in place.known]
            rises = [(f"{q}-{p}", b - a) for p, q, a, b in zip(place.points[:-1], place.points[1:], worth[:-1], worth[1:], strict=True)]
            edges = [(edge, b.low or 0.0) for edge, b in zip(place.edges, place.known[1:], strict=True)]
            tops = [(place.unknown_points, unknown), (place.points[0], worth[0]), *rises, *edges]
            n = len(rises)
            formula = reading.stepped(
                value, self._top(0), self._top(1), [self._top(2 + k) for k in range(n)], [self._top(2 + n + k) for k in range(n)]
            )
        return self._add(f"{a.name}: points", lambda cells: formula, unknown, tops)

    def _rule(self, n: int) -> int:
        rule, (points, otherwise) = self._card.rules[n], self._places.rules.points[n]
        ends = self._places.rules.rule_ends[n]
        met = "*".join(self._cell(self._met(c, ends[i], rule.name)) for i, c in enumerate(rule.conditions))
        formula = f"{self._top(1)}+({self._top(0)}-{self._top(1)})*{met}"
        tops = [(points, rule.points), (otherwise, rule.otherwise)]
        return self._add(f"{rule.name}: points", lambda cells: formula, rule.otherwise, tops)

    def _met(self, c: Condition, ends: tuple[str | None, str | None], owner: str) -> int:
        value = self._cell(self._read[c.feature, bool(c.values)])
        tops = [(cell, end) for cell, end in zip(ends, (c.low, c.high), strict=True) if cell is not None and end is not None]
        if c.values:
            formula = reading.met_text(value, self._places.conditions[c].texts)
        else:
            low, high = (self._top(k) if end is not None else None for k, end in ((0, c.low), (len(tops) - 1, c.high)))
            formula = reading.met(value, low, high)
        return self._add(f"{owner}: {c.feature}", lambda cells: formula, 0, tops)

    def _layer(self, layer: Layer) -> int:
        columns = [self._points[a.name] for a in self._card.attributes if a.layer == layer]
        columns += [self._rules[n] for n, r in enumerate(self._card.rules) if r.layer == layer]
        formula = "+".join(map(self._cell, columns)) or "0"
        return self._add(f"points {layer}", lambda cells: formula, unknown_points(self._card, layer))


def unknown_points(card: Scorecard, layer: Layer | None = None) -> int:
    """What an account gets of which nothing is known, in a layer or in all."""
    points = [next(b.points for b in a.bins if b.unknown) for a in card.attributes if layer in (None, a.layer)]
    return sum(points) + sum(r.otherwise for r in card.rules if layer in (None, r.layer))

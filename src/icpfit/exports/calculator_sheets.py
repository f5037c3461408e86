"""The sheets that calculate: one account at a time, a list of accounts, and the hidden sheet where their values are read."""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from icpfit.config import LAYERS, Layer
from icpfit.documents.words import KINDS
from icpfit.exports import reading
from icpfit.exports.card_sheets import AttributePlace, CoverPlaces, RulePlaces, TextList
from icpfit.exports.fields import Input, inputs
from icpfit.exports.sheets import TIER_COLOURS, Sheet, xlsx_name
from icpfit.scorecard.card import Scorecard
from icpfit.scorecard.condition import Condition

CALCULATOR_ROW = 1
"""of the working sheet, which the calculator's one account is read in"""
FIRST_ACCOUNT = 5
"""row of the list's first account, on its own sheet and on the working sheet"""


@dataclass(frozen=True)
class Places:
    """Where the card stands in the workbook."""

    attributes: Mapping[str, AttributePlace]
    texts: Mapping[str, TextList]
    conditions: Mapping[Condition, TextList]
    rules: RulePlaces
    cover: CoverPlaces


def features_of(card: Scorecard) -> tuple[Input, ...]:
    """One for each cell that is filled in: a feature that is asked for its number and its text has one cell for both."""
    return tuple({i.feature: i for i in reversed(inputs(card))}[name] for name in dict.fromkeys(i.feature for i in inputs(card)))


class Working:
    """A row of the working sheet reads and judges one account. Columns are the same in every row."""

    def __init__(self, sheet: Sheet, card: Scorecard, places: Places) -> None:
        self._sheet, self._card, self._places = sheet, card, places
        self._heads: list[str] = []
        self._formulas: list[Callable[[int, Mapping[str, str]], str]] = []
        self._first: list[object] = []
        self._read: dict[tuple[str, bool], int] = {}
        for i in inputs(card):
            self._read[i.feature, i.is_text] = self._text(i.feature) if i.is_text else self._number(i.feature)
        self._points = {a.name: self._attribute(a.name) for a in card.attributes}
        self._rules = [self._rule(n) for n in range(len(card.rules))]
        self.layers = {layer: self._layer(layer) for layer in LAYERS}
        self._out = [self._met(d.condition, places.rules.out_ends[n], d.reason) for n, d in enumerate(card.disqualifiers)]
        for column, head in enumerate(self._heads):
            sheet.text(0, column, head, "head")

    def write(self, row: int, cells: Mapping[str, str]) -> None:
        """``cells``: feature -> the cell with its value."""
        for column, formula in enumerate(self._formulas):
            self._sheet.formula(row, column, formula(row, cells), None, self._first[column])

    def value(self, row: int, feature: str, *, is_text: bool) -> str:
        return self._sheet.at(row, self._read[feature, is_text], row_fixed=False)

    def points(self, row: int, attribute: str) -> str:
        return self._sheet.at(row, self._points[attribute], row_fixed=False)

    def rule_points(self, row: int, rule: int) -> str:
        return self._sheet.at(row, self._rules[rule], row_fixed=False)

    def layer(self, row: int, layer: Layer) -> str:
        return self._sheet.at(row, self.layers[layer], row_fixed=False)

    def reason(self, row: int) -> str:
        """The reason of the first disqualifier that is met, or ""."""
        if not self._out:
            return '""'
        first, last = (self._sheet.at(row, column, row_fixed=False) for column in (self._out[0], self._out[-1]))
        asked = f"{first}:{last.partition('!')[2]}"
        return f'IFERROR(INDEX({self._places.rules.reasons},MATCH(1,{asked},0)),"")'

    def _add(self, head: str, formula: Callable[[int, Mapping[str, str]], str], first: object) -> int:
        self._heads.append(head)
        self._formulas.append(formula)
        self._first.append(first)
        return len(self._formulas) - 1

    def _here(self, column: int, row: int) -> str:
        return f"${xlsx_name(column)}{row + 1}"

    def _number(self, feature: str) -> int:
        written = self._add(f"{feature}: as written", lambda row, cells: reading.as_written(cells[feature]), "")
        shape = self._add(f"{feature}: without digits", lambda row, cells: reading.without_digits(self._here(written, row)), "")
        return self._add(
            f"{feature}: number",
            lambda row, cells: reading.as_number(cells[feature], self._here(written, row), self._here(shape, row)),
            "",
        )

    def _text(self, feature: str) -> int:
        return self._add(f"{feature}: text", lambda row, cells: reading.as_text(cells[feature]), "")

    def _attribute(self, name: str) -> int:
        attribute = next(a for a in self._card.attributes if a.name == name)
        place, is_text = self._places.attributes[name], attribute.kind == "category"
        column = self._read[name, is_text]
        unknown = next(b.points for b in attribute.bins if b.unknown)
        other = next((p for p, b in zip(place.points, place.known, strict=True) if b.other), place.unknown_points)

        def formula(row: int, cells: Mapping[str, str]) -> str:
            value = self._here(column, row)
            if not is_text:
                return reading.stepped(value, place.unknown_points, place.points, place.edges)
            if (texts := self._places.texts.get(name)) is None:
                return f'IF({value}="",{place.unknown_points},{other})'
            return reading.listed(value, place.unknown_points, other, texts.texts, texts.points)

        return self._add(f"{name}: points", formula, unknown)

    def _rule(self, n: int) -> int:
        rule, (points, otherwise) = self._card.rules[n], self._places.rules.points[n]
        ends = self._places.rules.rule_ends[n]
        met = [self._met(c, ends[i], rule.name) for i, c in enumerate(rule.conditions)]
        return self._add(
            f"{rule.name}: points",
            lambda row, cells: f"{otherwise}+({points}-{otherwise})*{'*'.join(self._here(column, row) for column in met)}",
            rule.otherwise,
        )

    def _met(self, c: Condition, ends: tuple[str | None, str | None], owner: str) -> int:
        column = self._read[c.feature, bool(c.values)]

        def formula(row: int, cells: Mapping[str, str]) -> str:
            value = self._here(column, row)
            return reading.met_text(value, self._places.conditions[c].texts) if c.values else reading.met(value, *ends)

        return self._add(f"{owner}: {c.feature}", formula, 0)

    def _layer(self, layer: str) -> int:
        columns = [self._points[a.name] for a in self._card.attributes if a.layer == layer]
        columns += [self._rules[n] for n, r in enumerate(self._card.rules) if r.layer == layer]
        first = sum(int(self._first[c]) for c in columns)  # type: ignore[call-overload]
        return self._add(f"points {layer}", lambda row, cells: "+".join(self._here(c, row) for c in columns) or "0", first)


def tier_formula(points: str, reason: str, cover: CoverPlaces) -> str:
    a, b, c = cover.edges
    return f'IF({reason}<>"","D",IF({points}>={a},"A",IF({points}>={b},"B",IF({points}>={c},"C","D"))))'


def chance_formula(points: str, cover: CoverPlaces) -> str:
    return f"IFERROR(1/(1+EXP(-({cover.intercept}+{cover.slope}*{points}))),0)"


ACCOUNT_HEAD = ("account", "points", "tier", "disqualified", "chance", *LAYERS)


def write_accounts(
    sheet: Sheet, working: Working, card: Scorecard, places: Places, rows: int, accounts: Sequence[Mapping[str, Any]] = ()
) -> None:
    """A row per account: results on the left, entries on the right. ``accounts`` are filled in, from the first row on."""
    asked = features_of(card)
    first = len(ACCOUNT_HEAD)
    last = first + len(asked) - 1
    sheet.widths(24, 9, 7, 30, 9, *(13 for _ in LAYERS), *(18 for _ in asked))
    sheet.across(0, 0, first - 1, "A list of accounts", "title", 34)
    words = "Paste accounts into the yellow columns, one a row. Leave a cell empty where nothing is known. 1 is yes, 0 is no."
    sheet.across(1, 0, first - 1, words, "subtitle", 20)
    for column, head in enumerate((*ACCOUNT_HEAD, *(i.label for i in asked))):
        sheet.text(FIRST_ACCOUNT - 2, column, head, "head" if column in (0, 3) else "head_right")
    for column, i in enumerate(asked, first):
        sheet.text(FIRST_ACCOUNT - 1, column, i.feature, "code")
    sheet.raw.set_row(FIRST_ACCOUNT - 2, 48)
    for row in range(FIRST_ACCOUNT, FIRST_ACCOUNT + rows):
        account = accounts[row - FIRST_ACCOUNT] if row - FIRST_ACCOUNT < len(accounts) else {}
        write_entry(sheet, row, 0, account.get("account_id"), "entry_text")
        for column, i in enumerate(asked, first):
            write_entry(sheet, row, column, account.get(i.feature), "entry_text" if i.is_text else "entry")
        working.write(row, {i.feature: sheet.at(row, column, row_fixed=False) for column, i in enumerate(asked, first)})
        name, start, end = (f"${xlsx_name(column)}{row + 1}" for column in (0, first, last))
        points, reason = f"$B{row + 1}", f"$D{row + 1}"
        results = [
            ("+".join(working.layer(row, layer) for layer in LAYERS), "points"),
            (tier_formula(points, reason, places.cover), "cell_bold"),
            (working.reason(row), "out"),
            (chance_formula(points, places.cover), "percent"),
            *((working.layer(row, layer), "points") for layer in LAYERS),
        ]
        for column, (formula, style) in enumerate(results, 1):
            sheet.formula(row, column, f'IF(COUNTA({name},{start}:{end})=0,"",{formula})', style)
    _colour_tiers(sheet, FIRST_ACCOUNT, 2, FIRST_ACCOUNT + rows - 1)
    for column, i in enumerate(asked, first):
        offer(sheet, FIRST_ACCOUNT, column, FIRST_ACCOUNT + rows - 1, i, places)
    sheet.raw.freeze_panes(FIRST_ACCOUNT, 3)


def write_entry(sheet: Sheet, row: int, column: int, value: Any, style: str) -> None:
    """A value as a person would enter it; infinity has no number there, and a day would be one."""
    if isinstance(value, bool):
        sheet.raw.write_boolean(row, column, value, sheet.style(style))
    elif isinstance(value, (int, float)) and math.isfinite(value):
        sheet.number(row, column, value, style)
    elif value is None or value != value:
        sheet.text(row, column, "", style)
    else:
        sheet.text(row, column, value.isoformat() if isinstance(value, datetime.date) else str(value), style)


def offer(sheet: Sheet, row: int, column: int, last: int, i: Input, places: Places) -> None:
    """A list to choose from; another value can still be entered."""
    texts = places.texts.get(i.feature) or next((t for c, t in places.conditions.items() if c.feature == i.feature), None)
    if i.kind == "flag":
        source: object = ["1", "0"]
    elif i.is_text and texts is not None:
        source = f"={texts.texts}"
    else:
        return
    sheet.raw.data_validation(row, column, last, column, {"validate": "list", "source": source, "show_error": False})


def _colour_tiers(sheet: Sheet, row: int, column: int, last: int) -> None:
    for name, colour in TIER_COLOURS.items():
        looks = sheet.new_style({"bg_color": colour, "font_color": "#FFFFFF", "bold": True})
        sheet.raw.conditional_format(row, column, last, column, {"type": "cell", "criteria": "==", "value": f'"{name}"', "format": looks})


def write_calculator(sheet: Sheet, working: Working, card: Scorecard, places: Places) -> None:
    """One account: what is known of it on the left, what follows on the right of it, and the answer on top."""
    sheet.widths(16, 44, 24, 40, 10, 10)
    sheet.across(0, 0, 5, "Score one account", "title", 38)
    words = "Fill in the yellow cells with what is known of the account; leave the others empty. 1 is yes, 0 is no."
    sheet.across(1, 0, 5, words, "subtitle", 20)
    asked = features_of(card)
    by_layer = [a for layer in LAYERS for a in sorted((a for a in card.attributes if a.layer == layer), key=lambda a: -a.max_points)]
    others = [i for i in asked if i.feature not in {a.name for a in card.attributes}]
    head = 8
    for column, words in enumerate(("layer", "attribute", "your entry", "read as", "points", "of")):
        sheet.text(head, column, words, "head" if column < 4 else "head_right")
    cells: dict[str, str] = {}
    row = head
    for row, attribute in enumerate(by_layer, head + 1):
        i = next(i for i in asked if i.feature == attribute.name)
        place = places.attributes[attribute.name]
        sheet.text(row, 0, attribute.layer)
        sheet.text(row, 1, attribute.label, "cell_bold")
        _entry(sheet, row, i, places, cells)
        value = working.value(CALCULATOR_ROW, attribute.name, is_text=attribute.kind == "category")
        sheet.formula(row, 3, _read_as(value, place, places.texts.get(attribute.name)), "cell", "not known")
        unknown = next(b.points for b in attribute.bins if b.unknown)
        sheet.formula(row, 4, working.points(CALCULATOR_ROW, attribute.name), "points", unknown)
        sheet.number(row, 5, attribute.max_points)
        sheet.raw.set_row(row, 20)
    for n, rule in enumerate(card.rules):
        row += 1
        sheet.row_of(row, (rule.layer, "cell"), (f"Both: {rule.label}", "cell_bold"), ("", "cell"), ("", "cell"))
        sheet.formula(row, 4, working.rule_points(CALCULATOR_ROW, n), "points", rule.otherwise)
        sheet.number(row, 5, rule.max_points)
        sheet.raw.set_row(row, 34)
    total = row + 1
    sheet.row_of(total, ("", "head"), ("total", "head"), ("", "head"), ("", "head"))
    sheet.formula(total, 4, "+".join(working.layer(CALCULATOR_ROW, layer) for layer in LAYERS), "head_right", _unknown_total(card))
    sheet.number(total, 5, 100, "head_right")
    if others:
        sheet.across(total + 2, 0, 5, "Asked by the disqualifiers and rules alone", "section", 22)
        for row, i in enumerate(others, total + 3):
            sheet.row_of(row, ("", "cell"), (i.label, "cell_bold"))
            _entry(sheet, row, i, places, cells)
    working.write(CALCULATOR_ROW, cells)
    _answer(sheet, working, card, places, sheet.at(total, 4))
    sheet.raw.freeze_panes(9, 0)


def _entry(sheet: Sheet, row: int, i: Input, places: Places, cells: dict[str, str]) -> None:
    sheet.text(row, 2, "", "entry_text" if i.is_text else "entry")
    offer(sheet, row, 2, row, i, places)
    cells[i.feature] = sheet.at(row, 2)


def _answer(sheet: Sheet, working: Working, card: Scorecard, places: Places, total: str) -> None:
    points = _unknown_total(card)
    tier = next(t for t in card.tiers if points >= t.from_points)
    sheet.text(3, 0, "points", "big_label")
    sheet.formula(4, 0, total, "big", points)
    sheet.text(3, 1, "tier", "big_label")
    sheet.formula(4, 1, tier_formula(total, "$A$7", places.cover), "big", tier.name)
    sheet.text(3, 2, f"chance that it {KINDS[card.kind].chance}", "big_label")
    sheet.formula(4, 2, chance_formula(total, places.cover), "big_percent", 1 / (1 + math.exp(-_log_odds(card, points))))
    sheet.text(3, 3, "what to do", "big_label")
    todo = f'INDEX({places.cover.todos},MATCH($B$5,{places.cover.tiers},0))&""'
    sheet.formula(4, 3, todo, "section", tier.action)
    sheet.raw.set_row(4, 46)
    sheet.text(5, 0, "disqualified, since", "note")
    sheet.raw.merge_range(6, 0, 6, 5, "", sheet.style("out"))
    sheet.formula(6, 0, working.reason(CALCULATOR_ROW), "out")
    _colour_tiers(sheet, 4, 1, 4)


def _log_odds(card: Scorecard, points: int) -> float:
    return max(min(card.platt_intercept + card.platt_slope * points, 700.0), -700.0)


def _unknown_total(card: Scorecard) -> int:
    """The points of an account of which nothing is known."""
    return sum(next(b.points for b in a.bins if b.unknown) for a in card.attributes) + sum(r.otherwise for r in card.rules)


def _read_as(value: str, place: AttributePlace, texts: TextList | None) -> str:
    """The label of the bin that a value falls into."""
    if place.edges or (len(place.known) == 1 and texts is None):
        label = f"INDEX({place.labels},1+{reading.step(value, place.edges)})"
    else:
        other = next((n for n, b in enumerate(place.known, 1) if b.other), 0)
        otherwise = f"INDEX({place.labels},{other})" if other else place.unknown_label
        if texts is None:
            label = otherwise
        else:
            found = reading.named(value, texts.texts, texts.bins)
            label = f"IF({found}=0,{otherwise},INDEX({place.labels},{found}))"
    return f'IF({value}="",{place.unknown_label},{label})'

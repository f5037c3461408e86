"""The two sheets that score: one account at a time, and a list of accounts."""

from __future__ import annotations

import datetime
import math
from collections.abc import Mapping, Sequence
from typing import Any

from icpfit.config import LAYERS
from icpfit.documents.words import KINDS
from icpfit.exports import reading
from icpfit.exports.card_sheets import AttributePlace, CoverPlaces, TextList
from icpfit.exports.fields import Input, inputs
from icpfit.exports.sheets import TIER_COLOURS, Sheet, head_high, xlsx_name
from icpfit.exports.working_sheet import THERE, Places, Working, in_row, unknown_points
from icpfit.scorecard.card import Scorecard

FIRST_ACCOUNT = 5
"""row of the list's first account"""


def features_of(card: Scorecard) -> tuple[Input, ...]:
    """One for each cell that is filled in: a feature that is asked for its number and its text has one cell for both."""
    return tuple({i.feature: i for i in reversed(inputs(card))}[name] for name in dict.fromkeys(i.feature for i in inputs(card)))


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
    heads = (*ACCOUNT_HEAD, *(i.label for i in asked))
    widths = (24, 10, 9, 30, 10, *(17 for _ in LAYERS), *(20 for _ in asked))
    sheet.widths(*widths)
    sheet.across(0, 0, first - 1, "A list of accounts", "title", 34)
    words = "Paste accounts into the yellow columns, one a row. Leave a cell empty where nothing is known."
    sheet.across(1, 0, first - 1, words, "subtitle", 20)
    for column, head in enumerate(heads):
        sheet.text(FIRST_ACCOUNT - 2, column, head, "head" if column in (0, 2, 3) or column >= first else "head_right")
    for column, i in enumerate(asked, first):
        sheet.text(FIRST_ACCOUNT - 1, column, i.feature, "code")
    sheet.raw.set_row(FIRST_ACCOUNT - 2, head_high(heads, widths))
    formulas = working.formulas({i.feature: f"{sheet.name}!${xlsx_name(column)}{THERE}" for column, i in enumerate(asked, first)})
    results = _results(working, places, card, f"{xlsx_name(first)}{THERE}:{xlsx_name(last)}{THERE}")
    for n in range(rows):
        row, there = FIRST_ACCOUNT + n, working.first + 1 + n
        account = accounts[n] if n < len(accounts) else {}
        write_entry(sheet, row, 0, account.get("account_id"), "entry_text")
        for column, i in enumerate(asked, first):
            write_entry(sheet, row, column, account.get(i.feature), "entry_text" if i.is_text else "entry")
        working.write(there, formulas, row)
        for column, (formula, style) in enumerate(results, 1):
            sheet.formula(row, column, in_row(formula, there, row), style)
    _colour_tiers(sheet, FIRST_ACCOUNT, 2, FIRST_ACCOUNT + rows - 1)
    for column, i in enumerate(asked, first):
        offer(sheet, FIRST_ACCOUNT, column, FIRST_ACCOUNT + rows - 1, i, places)
    sheet.raw.freeze_panes(FIRST_ACCOUNT, 3)


def _results(working: Working, places: Places, card: Scorecard, entries: str) -> list[tuple[str, str]]:
    """(formula, style) of what stands left of the entries; nothing where there are none."""
    points = f"B{THERE}"
    found = [
        (working.total(), "points"),
        (tier_formula(points, f"D{THERE}", places.cover), "cell_bold"),
        (working.reason(), "out"),
        (chance_formula(points, places.cover), "percent"),
        *((working.layer(layer), "points") for layer in LAYERS),
    ]
    return [(f'IF(COUNTA(A{THERE},{entries})=0,"",{formula})', style) for formula, style in found]


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
        source: object = ["yes", "no"]
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
    words = "Fill in the yellow cells with what is known of the account; leave the others empty."
    sheet.across(1, 0, 5, words, "subtitle", 20)
    asked = features_of(card)
    by_layer = [a for layer in LAYERS for a in sorted((a for a in card.attributes if a.layer == layer), key=lambda a: -a.max_points)]
    others = [i for i in asked if i.feature not in {a.name for a in card.attributes}]
    head = 8
    for column, words in enumerate(("layer", "attribute", "your entry", "read as", "points", "of")):
        sheet.text(head, column, words, "head" if column < 4 else "head_right")
    sheet.raw.set_row(head, 20)
    cells: dict[str, str] = {}
    row = head
    for row, attribute in enumerate(by_layer, head + 1):
        i = next(i for i in asked if i.feature == attribute.name)
        place = places.attributes[attribute.name]
        sheet.text(row, 0, attribute.layer)
        sheet.text(row, 1, attribute.label, "cell_bold")
        _entry(sheet, row, i, places, cells)
        value = in_row(working.value(attribute.name, is_text=attribute.kind == "category"), working.first)
        sheet.formula(row, 3, _read_as(value, place, places.texts.get(attribute.name)), "cell", "not known")
        unknown = next(b.points for b in attribute.bins if b.unknown)
        sheet.formula(row, 4, in_row(working.points(attribute.name), working.first), "points", unknown)
        sheet.number(row, 5, attribute.max_points)
        sheet.raw.set_row(row, 20)
    for n, rule in enumerate(card.rules):
        row += 1
        sheet.row_of(row, (rule.layer, "cell"), (f"Both: {rule.label}", "cell_bold"), ("", "cell"), ("", "cell"))
        sheet.formula(row, 4, in_row(working.rule_points(n), working.first), "points", rule.otherwise)
        sheet.number(row, 5, rule.max_points)
        sheet.raw.set_row(row, 34)
    bar = {"type": "data_bar", "bar_color": "#9CCBB8", "bar_solid": True, "min_type": "num", "min_value": 0, "max_type": "num"}
    sheet.raw.conditional_format(head + 1, 4, row, 4, {**bar, "max_value": max(part.max_points for part in card.parts)})
    total = row + 1
    sheet.row_of(total, ("", "head"), ("total", "head"), ("", "head"), ("", "head"))
    sheet.formula(total, 4, in_row(working.total(), working.first), "head_right", unknown_points(card))
    sheet.number(total, 5, 100, "head_right")
    if others:
        sheet.across(total + 2, 0, 5, "Asked by the disqualifiers and rules alone", "section", 22)
        for row, i in enumerate(others, total + 3):
            sheet.row_of(row, ("", "cell"), (i.label, "cell_bold"))
            _entry(sheet, row, i, places, cells)
    working.write(working.first, working.formulas(cells))
    _answer(sheet, working, card, places, sheet.at(total, 4))
    sheet.raw.freeze_panes(9, 0)


def _entry(sheet: Sheet, row: int, i: Input, places: Places, cells: dict[str, str]) -> None:
    sheet.text(row, 2, "", "entry_text" if i.is_text else "entry")
    offer(sheet, row, 2, row, i, places)
    cells[i.feature] = sheet.at(row, 2)


def _answer(sheet: Sheet, working: Working, card: Scorecard, places: Places, total: str) -> None:
    points = unknown_points(card)
    tier = next(t for t in card.tiers if points >= t.from_points)
    sheet.text(3, 0, "points", "big_label")
    sheet.formula(4, 0, total, "big", points)
    sheet.text(3, 2, "tier", "big_label")
    sheet.formula(4, 2, tier_formula(total, "$A$7", places.cover), "big", tier.name)
    sheet.text(3, 3, f"chance that it {KINDS[card.kind].chance}", "big_label")
    sheet.formula(4, 3, chance_formula(total, places.cover), "big_percent", 1 / (1 + math.exp(-_log_odds(card, points))))
    sheet.text(3, 1, "what to do", "big_label")
    todo = f'INDEX({places.cover.todos},MATCH($C$5,{places.cover.tiers},0))&""'
    sheet.formula(4, 1, todo, "todo", tier.action)
    sheet.raw.set_row(4, 46)
    sheet.formula(5, 0, 'IF($A$7="","","disqualified, since")', "note")
    sheet.raw.merge_range(6, 0, 6, 5, "", sheet.style("out"))
    sheet.formula(6, 0, in_row(working.reason(), working.first), "out")
    _colour_tiers(sheet, 4, 2, 4)


def _log_odds(card: Scorecard, points: int) -> float:
    return max(min(card.platt_intercept + card.platt_slope * points, 700.0), -700.0)


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

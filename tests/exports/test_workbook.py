"""The workbook beyond its points: the calculator, the looks of hostile texts, the same bytes each time."""

from __future__ import annotations

import builtins
import io
import re
import xml.etree.ElementTree as ET
import zipfile
from dataclasses import replace
from textwrap import wrap
from typing import Any

import cards
import pytest

from icpfit.errors import ScorecardError
from icpfit.exports.calculator_sheets import features_of
from icpfit.exports.sheets import INK, exact_sum
from icpfit.exports.workbook import card_workbook
from icpfit.scorecard.card import Scorecard

KNOWN_FUNCTIONS = {
    "AND", "CHAR", "COUNTA", "EXACT", "EXP", "FIND", "GESTEP", "IF", "IFERROR", "INDEX", "ISERROR", "ISLOGICAL", "ISNUMBER", "ISTEXT",
    "LEFT", "LEN", "LOWER", "MATCH", "MID", "NOT", "OR", "SUBSTITUTE", "SUMPRODUCT", "TRIM", "_xlfn.NUMBERVALUE",
}  # fmt: skip
"""that Excel 2013 and LibreOffice have both, under these names"""
MOST_CHARACTERS = 8_192
"""of a formula in Excel"""


@pytest.fixture(scope="module")
def card() -> Scorecard:
    return cards.full_card()


@pytest.fixture(scope="module")
def parts(card: Scorecard) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(card_workbook(card, "v"))) as found:
        return {name: found.read(name).decode() for name in found.namelist()}


def formulas(parts: dict[str, str]) -> list[str]:
    found = [f for name, text in parts.items() if "worksheets/sheet" in name for f in re.findall(r"<f>(.*?)</f>", text, re.DOTALL)]
    assert len(found) > 5_000
    return [f.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", '"').replace("&amp;", "&") for f in found]


def test_the_same_card_gives_the_same_bytes(card: Scorecard) -> None:
    assert card_workbook(card, "v") == card_workbook(card, "v")


def test_every_formula_is_one_that_excel_takes(parts: dict[str, str]) -> None:
    for formula in formulas(parts):
        assert len(formula) <= MOST_CHARACTERS
        plain = re.sub(r'"[^"]*"', '""', formula)
        assert set(re.findall(r"[A-Za-z_.]+(?=\()", plain)) <= KNOWN_FUNCTIONS, formula
        assert plain.count("(") == plain.count(")"), formula
        assert not re.search(r"[\x00-\x08]", formula), formula
    assert not any('t="array"' in text for text in parts.values())


def test_no_text_of_the_card_is_a_formula(parts: dict[str, str]) -> None:
    """A text that begins with = + - or @ stays a text, wherever it stands."""
    assert not [f for f in formulas(parts) if f.startswith(("1+1", "too many seats", "home", "@"))]
    for text in ("=1+1", "@home", "=too many seats"):
        assert f">{text}</t>" in parts["xl/sharedStrings.xml"]


def test_a_cell_of_many_texts_says_where_all_of_them_stand(card: Scorecard) -> None:
    texts = tuple(f"Sector {i:03}" for i in range(400))
    named = next(a for a in card.attributes if a.name == "country")
    long = replace(named, bins=tuple(replace(b, values=texts) if i == 0 else b for i, b in enumerate(named.bins)))
    whole = replace(card, attributes=tuple(long if a is named else a for a in card.attributes))
    with zipfile.ZipFile(io.BytesIO(card_workbook(whole, "v"))) as found:
        shared = found.read("xl/sharedStrings.xml").decode()
    assert "…\nall of them: sheet Lists</t>" in shared
    assert all(f">{text}</t>" in shared for text in texts)


MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def looks(parts: dict[str, str], sheet: int) -> tuple[dict[str, tuple[str, ET.Element]], dict[int, float], dict[int, float]]:
    """Of a sheet: its texts by address with the font of each, the widths of its columns, and the heights of its rows."""
    styles, strings, page = (ET.fromstring(parts[f"xl/{n}.xml"]) for n in ("styles", "sharedStrings", f"worksheets/sheet{sheet}"))
    fonts = styles.findall(f"{MAIN}fonts/{MAIN}font")
    font_of = [fonts[int(xf.attrib["fontId"])] for xf in styles.findall(f"{MAIN}cellXfs/{MAIN}xf")]
    texts = ["".join(si.itertext()) for si in strings.findall(f"{MAIN}si")]
    cells = {}
    for c in page.iter(f"{MAIN}c"):
        value = c.find(f"{MAIN}v")
        text = "" if value is None or value.text is None else texts[int(value.text)] if c.get("t") == "s" else value.text
        cells[c.attrib["r"]] = (text, font_of[int(c.get("s", "0"))])
    columns = page.iter(f"{MAIN}col")
    widths = {n: float(c.attrib["width"]) for c in columns for n in range(int(c.attrib["min"]), int(c.attrib["max"]) + 1)}
    heights = {int(r.attrib["r"]): float(r.get("ht", "15")) for r in page.iter(f"{MAIN}row")}
    return cells, widths, heights


def colour(font: ET.Element) -> str | None:
    found = font.find(f"{MAIN}color")
    return None if found is None else found.get("rgb")


@pytest.mark.parametrize("kind", ["icp", "win", "retention"])
def test_no_head_of_a_column_is_cut_off(card: Scorecard, kind: Any) -> None:
    """Every head has the room that its words need where a bold letter takes 1.15 of a plain one, and its indent 1.3."""
    with zipfile.ZipFile(io.BytesIO(card_workbook(replace(card, kind=kind), "v"))) as found:
        parts = {name: found.read(name).decode() for name in found.namelist() if name.endswith(".xml")}
    sheets = re.findall(r'<sheet name="(\w+)"', parts["xl/workbook.xml"])
    seen = 0
    for number, name in enumerate(sheets, 1):
        cells, widths, heights = looks(parts, number)
        for address, (text, font) in cells.items() if name != "Working" else ():
            if colour(font) != "FFFFFFFF" or font.find(f"{MAIN}b") is None or not text:
                continue
            letters, row = re.fullmatch(r"([A-Z]+)(\d+)", address).groups()
            column = sum((ord(c) - 64) * 26**i for i, c in enumerate(reversed(letters)))
            room = int((widths.get(column, 8.43) - 1.3) / 1.15)
            lines = wrap(text, room)
            assert max(map(len, lines)) <= room
            assert 15 * len(lines) <= heights[int(row)], (name, address, text)
            seen += 1
    assert seen > 80


def test_what_to_do_is_green_for_no_tier(card: Scorecard, parts: dict[str, str]) -> None:
    """Green says go, and the cell may say: do not work."""
    cells, _, _ = looks(parts, 2)
    text, font = cells["B5"]
    assert text == card.tiers[2].action
    assert colour(font) == "FF" + INK[1:]


def test_the_clock_is_in_no_part(parts: dict[str, str]) -> None:
    assert "2000-01-01T00:00:00Z" in parts["docProps/core.xml"]


def test_the_calculator_scores_what_is_entered(office, card: Scorecard) -> None:
    """The entries are written into the yellow cells of the file, as a person would write them."""
    account: dict[str, Any] = {
        "employees": "60",
        "country": "US",
        "share": 0.5,
        "warehouse": True,
        cards.ODD_NAME: " 1e1 ",
        "partner": "no",
    }
    blank = office.calculated(card_workbook(card, "v"), 2)
    filled = office.calculated(filled_in(card, account), 2)
    for found, entered in ((blank, {}), (filled, account), (office.calculated(filled_in(card, {"seats": 41.0}), 2), {"seats": 41.0})):
        (expected,) = cards.by_hand(card, {i.feature: [entered.get(i.feature)] for i in features_of(card)})
        assert (int(found[4][0]), found[4][2], found[6][0]) == (expected[0], expected[-2], expected[-1])
        lines = [r for r in found if r[0] in ("firmographic", "technographic", "behavioral", "intent")]
        assert sum(int(r[4]) for r in lines) == expected[0]
        assert sum(int(r[5]) for r in lines) == 100
    read_as = {r[1]: r[3] for r in filled}
    assert read_as["Employees"] == "50.0 to 120.0"
    assert read_as["Country"] == "US and others"
    assert read_as["Region"] == "not known"


def filled_in(card: Scorecard, account: dict[str, Any]) -> bytes:
    from icpfit.exports import calculator_sheets as made

    entry = made._entry

    def filling(sheet, row, i, places, cells) -> None:
        entry(sheet, row, i, places, cells)
        made.write_entry(sheet, row, 2, account.get(i.feature), "entry_text" if i.is_text else "entry")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(made, "_entry", filling)
        return card_workbook(card, "v")


def test_a_number_keeps_its_last_bit() -> None:
    for edge in (0.1, 1 / 3, cards.THIRD, 50.0, 1e17, -1e-3, 1e300, 5e-324):
        for value in cards.near(edge):
            formula = exact_sum(value)
            assert (value if formula is None else eval(formula[1:])) == value


def test_a_missing_extra_is_named(card: Scorecard, monkeypatch: pytest.MonkeyPatch) -> None:
    known = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name.startswith("xlsxwriter"):
            raise ImportError(name)
        return known(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ScorecardError, match="xlsxwriter") as error:
        card_workbook(card, "v")
    assert error.value.hint == "pip install 'icpfit[excel]'"


def test_cards_without_rules_or_disqualifiers(office, card: Scorecard) -> None:
    """A card of one attribute, whose only bin takes all."""
    bins = (cards.cell("any", 100), cards.cell("unknown", 3, unknown=True))
    words = (cards.cell("any", 100, other=True), cards.cell("unknown", 3, unknown=True))
    weights: Any = {"firmographic": 100, "technographic": 0, "behavioral": 0, "intent": 0}
    for kind, table in (("number", bins), ("category", words)):
        one = cards.attribute("only", "firmographic", kind, table)
        small = replace(card, attributes=(one,), rules=(), disqualifiers=(), layer_weights_learned=weights)
        found = office.calculated(card_workbook(small, "v", [{"account_id": "a", "only": "5"}, {"account_id": "b"}]), 3)
        assert [r[1:4] for r in found[5:8]] == [["100", "A", ""], ["3", "D", ""], ["", "", ""]]

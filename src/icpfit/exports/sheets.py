"""A worksheet that takes texts as texts and numbers to the last bit, and the looks of the workbook."""

from __future__ import annotations

import math
from collections.abc import Sequence
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from icpfit.errors import ScorecardError
from icpfit.exports.reading import BEYOND

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

INK, GREY, LINE, PALE, ENTRY, GREEN = "#1B2A33", "#5C6B73", "#D5DCE0", "#F3F6F7", "#FFF8DC", "#1F6F5C"
TIER_COLOURS = {"A": "#1F6F5C", "B": "#5B9A7B", "C": "#C9A227", "D": "#9AA5AB"}

_BASE = {"font_name": "Calibri", "font_size": 11, "font_color": INK, "valign": "vcenter"}
_EDGE = {"bottom": 1, "bottom_color": LINE}
_STYLES: dict[str, dict[str, Any]] = {
    "title": {"font_size": 22, "bold": True},
    "subtitle": {"font_size": 12, "font_color": GREY},
    "section": {"font_size": 14, "bold": True, "font_color": GREEN},
    "body": {"text_wrap": True, "valign": "top"},
    "todo": {"font_size": 14, "bold": True, "align": "center", "text_wrap": True},
    "note": {"indent": 1, "font_color": GREY, "italic": True, "text_wrap": True, "valign": "top"},
    "link": {"font_color": GREEN, "underline": 1},
    "head": {"bold": True, "font_color": "#FFFFFF", "bg_color": INK, "text_wrap": True, "indent": 1},
    "head_right": {"bold": True, "font_color": "#FFFFFF", "bg_color": INK, "text_wrap": True, "align": "right"},
    "code": {"font_name": "Consolas", "font_size": 9, "font_color": GREY},
    "attribute": {"bold": True, "bg_color": PALE, "font_size": 12, "indent": 1},
    "attribute_right": {"bold": True, "bg_color": PALE, "align": "right", "font_color": GREEN},
    "cell": {"text_wrap": True, "indent": 1, **_EDGE},
    "cell_bold": {"bold": True, "text_wrap": True, "indent": 1, **_EDGE},
    "number": {"align": "right", "num_format": "General", **_EDGE},
    "count": {"align": "right", "num_format": "#,##0", **_EDGE},
    "points": {"align": "right", "num_format": "0", "bold": True, **_EDGE},
    "percent": {"align": "right", "num_format": "0%", **_EDGE},
    "entry": {"bg_color": ENTRY, "border": 1, "border_color": "#D8C98A", "align": "left", "locked": False},
    "entry_text": {"bg_color": ENTRY, "border": 1, "border_color": "#D8C98A", "align": "left", "num_format": "@", "locked": False},
    "big": {"font_size": 30, "bold": True, "align": "center"},
    "big_percent": {"font_size": 30, "bold": True, "align": "center", "num_format": "0%"},
    "big_label": {"font_color": GREY, "align": "center"},
    "out": {"bold": True, "font_color": "#B3261E", "text_wrap": True, "indent": 1, **_EDGE},
}


def styles(workbook: Workbook) -> dict[str, Format]:
    return {name: workbook.add_format({**_BASE, **style}) for name, style in _STYLES.items()}


def xlsx_name(column: int) -> str:
    """
    >>> xlsx_name(0), xlsx_name(25), xlsx_name(26), xlsx_name(701), xlsx_name(702)
    ('A', 'Z', 'AA', 'ZZ', 'AAA')
    """
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


def exact_sum(value: float) -> str | None:
    """A formula that gives a number which needs 17 digits, as a sum of two of 15. None: it needs fewer, and can be written as it is.

    >>> exact_sum(50.0), exact_sum(1 - 2**-53), exact_sum(0.1 + 0.2)
    (None, None, '=0.3+5.55111512312578E-17')
    """
    if float(f"{value:.16G}") == value:
        return None
    near = f"{value:.15G}"
    formula = f"={near}{value - float(near):+.15G}"
    if float(near) + float(f"{value - float(near):.15G}") != value:
        raise ScorecardError(f"a workbook cannot hold the number {value!r}")
    return formula


class Sheet:
    """Rows and columns count from 0. Every write names a style; nothing that is a text becomes a formula."""

    def __init__(self, workbook: Workbook, looks: dict[str, Format], name: str, *, colour: str | None = None) -> None:
        self.name = name
        self.raw: Worksheet = workbook.add_worksheet(name)
        self._looks = looks
        self._workbook = workbook
        self.raw.hide_gridlines(2)
        self.raw.set_landscape()
        self.raw.set_paper(9)
        self.raw.fit_to_pages(1, 0)
        self.raw.set_margins(0.4, 0.4, 0.5, 0.5)
        if colour:
            self.raw.set_tab_color(colour)

    def style(self, name: str) -> Format:
        return self._looks[name]

    def new_style(self, looks: dict[str, Any]) -> Format:
        return self._workbook.add_format(looks)

    def at(self, row: int, column: int) -> str:
        """The cell's address as other sheets write it."""
        return f"{self.name}!${xlsx_name(column)}${row + 1}"

    def span(self, first: int, last: int, column: int) -> str:
        letter = xlsx_name(column)
        return f"{self.name}!${letter}${first + 1}:${letter}${last + 1}"

    def widths(self, *widths: float) -> None:
        for column, width in enumerate(widths):
            self.raw.set_column(column, column, width)

    def text(self, row: int, column: int, text: str, style: str = "cell") -> None:
        if text:
            self.raw.write_string(row, column, text, self._looks[style])
        else:
            self.raw.write_blank(row, column, None, self._looks[style])

    def number(self, row: int, column: int, value: float | None, style: str = "number") -> None:
        if value is None:
            self.raw.write_blank(row, column, None, self._looks[style])
        elif math.isinf(value):
            self.raw.write_number(row, column, math.copysign(float(BEYOND), value), self._looks[style])
        elif (formula := exact_sum(value)) is not None:
            self.raw.write_formula(row, column, formula, self._looks[style], value)
        else:
            self.raw.write_number(row, column, value, self._looks[style])

    def formula(self, row: int, column: int, formula: str, style: str | None = "cell", value: object = "") -> None:
        """``value`` is what programs show that do not calculate by themselves."""
        self.raw.write_formula(row, column, f"={formula}", self._looks[style] if style else None, value)

    def across(self, row: int, first: int, last: int, text: str, style: str, height: float | None = None) -> None:
        """One text over several columns."""
        self.raw.merge_range(row, first, row, last, "", self._looks[style])
        self.raw.write_string(row, first, text, self._looks[style])
        if height is not None:
            self.raw.set_row(row, height)

    def row_of(self, row: int, *cells: tuple[object, str]) -> None:
        """Texts and numbers from the first column on."""
        for column, (value, style) in enumerate(cells):
            if isinstance(value, str):
                self.text(row, column, value, style)
            else:
                self.number(row, column, value, style)  # type: ignore[arg-type]


def head_high(heads: Sequence[str], widths: Sequence[float]) -> float:
    """The height of a row of heads, in points, in columns of ``widths`` characters: bold letters are wider, and words are not broken.

    >>> head_high(["tier", "from points"], [15, 20]), head_high(["expected share that were won"], [18])
    (20.0, 50.0)
    """
    lines = [len(wrap(head, max(int(0.85 * width) - 2, 4), break_long_words=False)) for head, width in zip(heads, widths, strict=True)]
    return 5.0 + 15.0 * max(lines, default=1)


def lines_high(text: str, width: float, line: float = 15.0) -> float:
    """The height of a row, in points, for a wrapped text in a column of ``width`` characters."""
    return line * max(1, sum(-(-max(len(part), 1) // max(int(width), 1)) for part in text.split("\n")))

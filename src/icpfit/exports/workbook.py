"""The card as a workbook: what it is, a sheet per layer, and two sheets that score accounts with live formulas."""

from __future__ import annotations

import datetime
import io
from collections.abc import Mapping, Sequence
from typing import Any

from icpfit.errors import ScorecardError
from icpfit.exports.calculator_sheets import write_accounts, write_calculator
from icpfit.exports.card_sheets import write_cover, write_layer, write_lists, write_rules
from icpfit.exports.fields import layers_in_use
from icpfit.exports.sheets import GREEN, INK, Sheet, styles
from icpfit.exports.working_sheet import Places, Working
from icpfit.scorecard.card import Scorecard

ROWS = 200
"""accounts that the list has room for"""
MADE = datetime.datetime(2000, 1, 1)
"""what the file says of when it was made: the same card gives the same bytes"""


def card_workbook(card: Scorecard, version: str, accounts: Sequence[Mapping[str, Any]] = ()) -> bytes:
    """An XLSX file. ``accounts`` (feature -> value, and ``account_id``) are filled into the list.

    A program that does not calculate shows the results of an account of which nothing is known.

    Raises:
        ScorecardError: xlsxwriter is not installed.
    """
    try:
        from xlsxwriter.workbook import Workbook
    except ImportError as error:
        raise ScorecardError("xlsxwriter is not installed", hint="pip install 'icpfit[excel]'") from error
    content = io.BytesIO()
    workbook = Workbook(content, {"in_memory": True, "strings_to_numbers": False, "strings_to_formulas": False, "strings_to_urls": False})
    workbook.set_properties({"title": "ICP scorecard", "subject": version, "created": MADE})
    looks = styles(workbook)
    layers = layers_in_use(card)
    sheets = {
        name: Sheet(workbook, looks, name, colour=colour)
        for name, colour in [
            ("Scorecard", GREEN), ("Calculator", "#C9A227"), ("Accounts", "#C9A227"), *((layer.capitalize(), INK) for layer in layers),
            ("Rules", INK), ("Lists", None), ("Working", None),
        ]
    }  # fmt: skip
    contents = [
        ("Calculator", "score one account: enter what is known of it"),
        ("Accounts", f"score a list of up to {max(ROWS, len(accounts)):,} accounts"),
        *((layer.capitalize(), f"attributes, and the points of each line: {card.layer_maxima[layer]} of 100") for layer in layers),
        ("Rules", "points for two attributes together, and what makes an account tier D"),
        ("Lists", "the texts that the card knows; on the hidden sheet Working the entries are read"),
    ]
    cover = write_cover(sheets["Scorecard"], card, version, contents)
    attributes = {name: place for layer in layers for name, place in write_layer(sheets[layer.capitalize()], card, layer).items()}
    shapes, texts, conditions = write_lists(sheets["Lists"], card, attributes)
    places = Places(attributes, texts, conditions, shapes, write_rules(sheets["Rules"], card), cover)
    working = Working(sheets["Working"], card, places)
    write_calculator(sheets["Calculator"], working, card, places)
    write_accounts(sheets["Accounts"], working, card, places, max(ROWS, len(accounts)), accounts)
    sheets["Working"].raw.hide()
    workbook.close()
    return content.getvalue()

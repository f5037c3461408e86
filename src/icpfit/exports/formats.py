"""The formats that the card can be had in."""

from __future__ import annotations

from collections.abc import Callable

from icpfit.exports.hubspot import hubspot_text
from icpfit.exports.salesforce import salesforce_text
from icpfit.exports.workbook import card_workbook
from icpfit.scorecard.card import Scorecard
from icpfit.scorecard.serialise import card_to_json
from icpfit.scorecard.sql import scorecard_sql

FORMATS = ("json", "sql", "xlsx", "hubspot", "salesforce")


def export_card(card: Scorecard, version: str, form: str, dialect: str = "duckdb") -> bytes:
    """The card in one of ``FORMATS``: the same card gives the same bytes."""
    if form == "xlsx":
        return card_workbook(card, version)
    writers: dict[str, Callable[[], str]] = {
        "json": lambda: card_to_json(card, version),
        "sql": lambda: scorecard_sql(card, dialect),
        "hubspot": lambda: hubspot_text(card, version),
        "salesforce": lambda: salesforce_text(card, version),
    }
    return writers[form]().encode()

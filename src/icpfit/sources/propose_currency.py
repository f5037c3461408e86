"""The currency of a flat file's amounts: from a column of its own, the amount's header, or the signs in its texts."""

from __future__ import annotations

import re
from collections.abc import Sequence

from icpfit.sources.propose_look import Look

_CODES = ("USD", "EUR", "GBP", "CHF", "JPY", "INR", "CAD", "AUD")
_SIGNS = {"$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY"}


def propose_currency(looks: Sequence[Look], amount: str | None) -> tuple[str, str]:
    """A code and a doubt. Without an amount it matters little: USD, and no doubt."""
    if amount is None:
        return "USD", ""
    for look in looks:
        if re.search(r"\bcurrency\b", look.words) and look.values and all(re.fullmatch("[A-Z]{3}", v) for v in look.values):
            several = f"{look.header!r} names {len(look.values)} currencies, and amounts are not converted" if len(look.values) > 1 else ""
            return look.values[0], several
    words = re.findall("[A-Z]+", amount.upper())
    if named := next((c for c in _CODES if c in words), None):
        return named, ""
    texts = next(look.values for look in looks if look.header == amount)
    signs = {c for text in texts[:1_000] for sign, c in _SIGNS.items() if sign in text}
    signs |= {c for text in texts[:1_000] for c in _CODES if c in text.upper()}
    if len(signs) == 1:
        return signs.pop(), ""
    return "USD", f"{amount!r} names no currency" if not signs else f"{amount!r} is written in {', '.join(sorted(signs))}"

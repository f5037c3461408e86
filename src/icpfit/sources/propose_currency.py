"""The currency of a flat file's amounts: from a column of its own, the amount's header, or the signs in cells of money."""

from __future__ import annotations

import re
from collections.abc import Sequence

from icpfit.sources.propose_look import Look
from icpfit.sources.vocabulary import CURRENCY, is_money, layer_of

_CODES = ("USD", "EUR", "GBP", "CHF", "JPY", "INR", "CAD", "AUD")
_SIGNS = {code: code for code in _CODES} | {
    "$": "USD",
    "US$": "USD",
    "CA$": "CAD",
    "C$": "CAD",
    "AU$": "AUD",
    "A$": "AUD",
    "€": "EUR",
    "£": "GBP",
    "¥": "JPY",
    "₹": "INR",
}
_NAMES = {
    "euro": "EUR",
    "us dollar": "USD",
    "pound sterling": "GBP",
    "british pound": "GBP",
    "swiss franc": "CHF",
    "schweizer franken": "CHF",
}
_SIGN = re.compile(rf"(?<![A-Z])(?:{'|'.join(re.escape(s) for s in sorted(_SIGNS, key=len, reverse=True))})(?![A-Z])")


def propose_currency(looks: Sequence[Look], amount: str | None) -> tuple[str, str]:
    """A code and a doubt: USD where nothing names one, and no doubt where nothing is money."""
    for look in looks:
        if layer_of(look.header).words == CURRENCY and (codes := _named(look)):
            several = f"{look.header!r} names {len(codes)} currencies, and amounts are not converted" if len(codes) > 1 else ""
            return codes[0], several
    own = sorted(_written(next(look for look in looks if look.header == amount), is_amount=True)) if amount is not None else []
    if len(own) == 1:
        return own[0], ""
    if own:
        return "USD", f"{amount!r} is written in {', '.join(own)}"
    others = {look.header: signs for look in looks if look.header != amount and (signs := _written(look, is_amount=False))}
    found = sorted(set().union(*others.values()))
    if amount is not None:
        elsewhere = f"; {next(iter(others))!r} is written in {', '.join(found)}" if others else ""
        return found[0] if len(found) == 1 else "USD", f"{amount!r} names no currency{elsewhere}"
    if found:
        return found[0] if len(found) == 1 else "USD", f"amounts are written in {', '.join(found)}" if len(found) > 1 else ""
    unnamed = next((look.header for look in looks if is_money(look.words) and look.is_number()), None)
    return "USD", f"{unnamed!r} names no currency" if unnamed else ""


def _named(look: Look) -> list[str]:
    """The currencies that a column of currencies holds, most frequent first; none where it holds other texts."""
    codes = [v if re.fullmatch("[A-Z]{3}", v) else _SIGNS.get(v, _NAMES.get(v.casefold(), "")) for v in look.values[:100]]
    return list(dict.fromkeys(codes)) if all(codes) else []


def _written(look: Look, *, is_amount: bool) -> set[str]:
    """The currencies in the header of money, else in its cells; what is no amount for sure bears a sign in at least half of them."""
    if (is_amount or is_money(look.words)) and (named := set(_SIGN.findall(look.header.upper()))):
        return {_SIGNS[sign] for sign in named}
    cells = look.values[:1_000]
    signs = [_SIGN.findall(v.upper()) if len(v) <= 40 and re.search(r"\d", v) else [] for v in cells]
    enough = is_amount or sum(map(bool, signs)) >= 0.5 * len(cells)
    return {_SIGNS[sign] for found in signs for sign in found} if enough else set()

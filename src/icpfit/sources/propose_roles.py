"""Which column of a flat file plays which part: guesses from names and values, each with its doubt."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from icpfit.sources import vocabulary as words
from icpfit.sources.identity import normalise_domain
from icpfit.sources.propose_look import Look, date_forms


@dataclass(frozen=True, slots=True)
class Guess:
    """A column for a role, or none, with a doubt."""

    header: str | None = None
    doubt: str = ""


BY_NAME = "a name, not an id: two spellings are two accounts"
NO_ACCOUNT = "no column says which deals are of one account: all are taken for unrelated, and luck may pass for a pattern if they are not"
KINDS = 5
"""values up to which a column called an account holds kinds of them (new, existing), not accounts"""
_CODE = re.compile(r"(?=.*\d)[\w./#:-]{2,40}")  # D-0042: one word with a digit in it


def guess_id(looks: Sequence[Look]) -> Guess:
    """What tells the rows apart: called an id and different in nearly every row; else a deal's own id, though it repeats.

    A name or an address is no id, however different from row to row.
    """
    filled = [look for look in looks if look.known and look.known >= 0.9 * len(look.texts)]
    unique = [look for look in filled if look.distinct_share >= 0.95]
    for look in _best("id", unique):
        return Guess(look.header, _repeats(look))
    for look in _best("row_id", filled):
        if len(look.counts) > 1:
            return Guess(look.header, _repeats(look))
    for look in unique:
        if re.search(r"\b(id|number|nr|key|code|uuid|guid)$", look.words) and words.layer_of(look.header).words == words.IDENTIFIER:
            return Guess(look.header, _repeats(look))
    for look in unique if len(unique) and unique[0].known >= 20 else ():
        if not look.is_number() and not look.like_dates() and not date_forms(look) and all(_CODE.fullmatch(v) for v in look.values[:200]):
            return Guess(look.header, "no column is called an id; this one differs from row to row")
    return Guess(None, "no column tells the rows apart: a row is known by its number")


def _repeats(look: Look) -> str:
    again = int((look.counts > 1).sum())
    if not again:
        return ""
    come = "value comes" if again == 1 else "values come"
    return f"{again:,} {come} more than once; such rows are kept as id#2, id#3. One row per deal is meant"


def _best(role: words.Role, looks: Sequence[Look], taken: frozenset[str] = frozenset()) -> Iterator[Look]:
    """The columns whose name could play a role, best name first."""
    ranked = [(r, i) for i, k in enumerate(looks) if k.header not in taken and (r := words.rank(role, k.words)) is not None]
    return (looks[i] for _, i in sorted(ranked))


def guess_account(looks: Sequence[Look], taken: frozenset[str]) -> Guess:
    """The company of a deal: it repeats, unlike the deal."""
    accounts = [look for look in _best("account", looks, taken) if len(look.counts) > KINDS and not date_forms(look)]
    for look in accounts:
        if look.distinct_share < 1:
            return Guess(look.header, "" if look.words.endswith("id") else BY_NAME)
    return Guess() if accounts else Guess(None, NO_ACCOUNT)


def guess_domain(looks: Sequence[Look], taken: frozenset[str]) -> Guess:
    for look in _best("domain", looks, taken):
        sample = look.values[:200]
        if sum(normalise_domain(v) is not None for v in sample) >= 0.8 * max(len(sample), 1):
            return Guess(look.header)
    return Guess()


def guess_name(looks: Sequence[Look], taken: frozenset[str]) -> Guess:
    named = (k for k in _best("name", looks, taken) if not k.is_number() and k.distinct_share >= 0.1)
    return next((Guess(k.header) for k in named if len(k.counts) > 1), Guess())


def guess_amount(looks: Sequence[Look], taken: frozenset[str]) -> Guess:
    """What a deal is worth. Amounts in classes (a handful of values) are none."""
    unread = ""
    for look in _best("amount", looks, taken):
        if len(look.counts) > 20 and look.is_number() and not words.is_planned(look.words):
            return Guess(look.header)
        if not unread and len(look.counts) > 20 and (text := look.like_numbers()):
            unread = f"{look.header!r} holds {text!r}, which is not read as a number: write it as 1234.50"
    return Guess(None, unread)


def other_amounts(looks: Sequence[Look], amount: str | None) -> dict[str, str]:
    """Column -> why it is not used: the same amounts in one currency, where others are taken."""
    why = f"an amount too, and {amount!r} is taken; where deals are in several currencies, take this one"
    return {look.header: why for look in looks if amount not in (None, look.header) and _converted(look)}


def _converted(look: Look) -> bool:
    return words.rank("amount", look.words) is not None and words.is_converted(look.words) and not words.looks_like_a_leak(look.header)

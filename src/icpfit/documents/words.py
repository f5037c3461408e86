"""Figures and facts in the words of the documents. What is not known is said to be unknown, never printed as None or NaN."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

UNKNOWN = "unknown"


def known(value: object) -> float | None:
    """The number, or None where there is none to show.

    >>> known(float("nan")), known(None), known("12"), known(3)
    (None, None, None, 3.0)
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return None
    return float(value)


def percent(share: object) -> str:
    """
    >>> [percent(s) for s in (0.25, 0.088, 0, 0.0004, 1, None)]
    ['25%', '8.8%', '0%', 'under 0.1%', '100%', 'unknown']
    """
    value = known(share)
    if value is None:
        return UNKNOWN
    if 0 < value < 0.001:
        return "under 0.1%"
    return f"{value:.0%}" if value >= 0.0995 or value == 0 else f"{value:.1%}"


def percent_range(share: object, low: object, high: object) -> str:
    """
    >>> percent_range(0.2257, 0.2233, 0.2282), percent_range(0.5, None, None)
    ('22.6% (22.3% to 22.8%)', '50%')
    """
    ends = known(low), known(high)
    if known(share) is None or None in ends:
        return percent(share)
    return f"{share:.1%} ({low:.1%} to {high:.1%})"


def count(n: object) -> str:
    value = known(n)
    return UNKNOWN if value is None else f"{value:,.0f}"


def number(value: object, places: int = 2) -> str:
    found = known(value)
    return UNKNOWN if found is None else f"{found:.{places}f}"


def times(value: object) -> str:
    found = known(value)
    return UNKNOWN if found is None else f"{found:.1f} times"


def money(amount: object, currency: str) -> str:
    value = known(amount)
    return UNKNOWN if value is None else f"{currency} {value:,.0f}"


def pairs(auc: object, low: object = None, high: object = None) -> str:
    """An AUC as the share of pairs in the right order, of 100.

    >>> pairs(0.8039, 0.789, 0.822), pairs(0.5), pairs(float("nan"))
    ('80.4 (78.9 to 82.2)', '50.0', 'unknown')
    """
    value, a, b = known(auc), known(low), known(high)
    if value is None:
        return UNKNOWN
    return f"{100 * value:.1f}" + ("" if a is None or b is None else f" ({100 * a:.1f} to {100 * b:.1f})")


def sentence(words: str) -> str:
    """
    >>> sentence("12 wins; too little"), sentence("no end"), sentence("")
    ('12 wins; too little.', 'No end.', '')
    """
    text = words.strip()
    if not text:
        return ""
    return text[0].upper() + text[1:] + ("" if text[-1] in ".!?" else ".")


def listed(names: list[str]) -> str:
    """
    >>> listed(["a"]), listed(["a", "b", "c"])
    ('a', 'a, b and c')
    """
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else ""


@dataclass(frozen=True, slots=True)
class Terms:
    """How an outcome, or a card, is spoken of."""

    title: str
    one: str
    many: str
    good: str
    bad: str
    were: str
    """said after "the share of them that": were won, stayed"""
    many_good: str
    many_bad: str
    pair: str
    chance: str
    """what the chance is of, said of one account"""
    expected: str
    """the same of many: are won, stay"""


_DEALS = Terms(
    title="Who buys",
    one="deal",
    many="deals",
    good="won",
    bad="lost",
    were="were won",
    many_good="deals won",
    many_bad="deals lost",
    pair="a won deal above a lost one",
    chance="is won",
    expected="are won",
)
_CUSTOMERS = Terms(
    title="Who stays",
    one="customer",
    many="customers",
    good="stayed",
    bad="left",
    were="stayed",
    many_good="customers who stayed",
    many_bad="customers who left",
    pair="one who stayed above one who left",
    chance="stays",
    expected="stay",
)
OUTCOMES = {"win": _DEALS, "retention": _CUSTOMERS}
KINDS = {
    "icp": replace(
        _DEALS,
        title="buying and staying",
        good="won and kept",
        were="were won and kept",
        chance="is won and kept",
        expected="are won and kept",
    ),
    "win": replace(_DEALS, title="buying"),
    "retention": replace(_CUSTOMERS, title="staying"),
}
LAYER_WORDS = {
    "firmographic": "what kind of company it is",
    "technographic": "what it uses",
    "behavioral": "what it does with us",
    "intent": "what it is up to now",
}
ANSWERS = {"cannot tell": "cannot tell yet", "not applicable": "does not apply"}
LEFT_OUT = {
    "another deal type": "another kind of deal (expansion or renewal)",
    "already a customer": "the account was a customer already",
    "not yet at its scoring moment": "too new to be looked at",
    "closed before it could be scored": "closed before it could be looked at",
    "bought by discount": "bought by a deep discount, which says little about fit",
    "creation month not mature": "created too recently (slower deals of the same month are still open)",
    "lost": "lost, so never a customer",
    "no subscription": "no subscription found for it",
    "horizon not passed": "customer for too short a time to know",
}
VOICES = {"won": "after a won deal", "lost": "after a lost deal", "churned": "from a customer who left"}

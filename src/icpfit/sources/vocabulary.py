"""What the names of columns usually mean: the trade's own words, from ``vocabulary.yaml``, for proposals only.

Nothing here decides anything: a proposal is read by a person, and what may not teach is refused by the
leakage rules when training.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal, cast

import yaml

from icpfit.config import LAYERS, Layer
from icpfit.sources.names import snake_case

Role = Literal["result", "left", "kept", "created", "dated", "closed", "row_id", "id", "account", "domain", "name", "amount"]
Texts = Literal["positive", "negative", "kept", "left", "open", "yes", "no"]

_LEAK = "known only once it is decided? Then take it out"
IDENTIFIER = "an identifier"
CURRENCY = "says in which money an amount is written"
NO_WORD = "no word of this name says which layer it is"


@dataclass(frozen=True, slots=True)
class Meaning:
    """``layer`` with a doubt, or none; without a layer it is no signal, and ``words`` say why."""

    layer: Layer | None
    words: str = ""


def plain_words(header: str) -> str:
    """A header's words, without the marks of the systems it came from.

    >>> plain_words("property_numberOfEmployees"), plain_words("Funding_Stage__c"), plain_words("Deal - Organization")
    ('number of employees', 'funding stage', 'organization')
    """
    name = re.sub(r"__c$", "", header.strip())
    name = re.sub(r"^(hs|properties|property)_|^(deal|lead|opportunity) - ", "", name, flags=re.IGNORECASE)
    return snake_case(name).replace("_", " ")


def looks_like_a_leak(header: str) -> bool:
    """Whether the name speaks of something that is known only with, or after, the outcome.

    >>> looks_like_a_leak("Total Days Identified Through Closing"), looks_like_a_leak("Region")
    (True, False)
    """
    return _pattern("leaks").search(plain_words(header)) is not None


def layer_of(header: str) -> Meaning:
    """The layer that a column's name speaks of.

    >>> layer_of("Client Size By Revenue")
    Meaning(layer='firmographic', words='')
    >>> layer_of("Sales Rep")
    Meaning(layer=None, words='says who on our side worked it, not what the company is like')
    >>> layer_of("Zorp Factor").words
    'no word of this name says which layer it is'
    """
    words = plain_words(header)
    for pattern, why in _not_signals():
        if pattern.search(words):
            return Meaning(None, why)
    found = next((Meaning(layer, doubt) for pattern, layer, doubt in _layers() if pattern.search(words)), None)
    if looks_like_a_leak(header):
        return Meaning(found.layer if found else "behavioral", _LEAK)
    return found or Meaning("firmographic", NO_WORD)


def rank(role: Role, words: str) -> int | None:
    """How well a (plain) name fits a role: 0 is best, None is not at all. The patterns stand best first.

    >>> rank("left", "churn flag"), rank("result", "region"), rank("name", "deal name")
    (0, None, 1)
    """
    return next((i for i, pattern in enumerate(_role(role)) if pattern.search(words)), None)


def is_planned(words: str) -> bool:
    """Whether a (plain) name speaks of a time that was only expected.

    >>> is_planned("expected close date"), is_planned("close date")
    (True, False)
    """
    return _pattern("planned").search(words) is not None


def is_money(words: str) -> bool:
    """Whether a (plain) name is that of an amount of money.

    >>> is_money("geschatzter umsatz"), is_money("industry")
    (True, False)
    """
    return _pattern("money").search(words) is not None


def is_converted(words: str) -> bool:
    """Whether a (plain) name says that amounts are brought to one currency.

    >>> is_converted("amount in company currency"), is_converted("amount currency")
    (True, False)
    """
    return _pattern("converted").search(words) is not None


def says_closed(words: str) -> bool:
    """Whether a column of this (plain) name says that a deal is closed, won or not.

    >>> says_closed("is deal closed"), says_closed("is closed won")
    (True, False)
    """
    return _pattern("closed_flags").search(words) is not None


def says_lost(words: str) -> bool:
    """Whether a column of this (plain) name says that a deal is lost.

    >>> says_lost("is lost"), says_lost("lost reason")
    (True, False)
    """
    return _pattern("lost_flags").search(words) is not None


def is_stage(words: str) -> bool:
    """Whether a (plain) name is that of a deal's stage or status.

    >>> is_stage("deal stage"), is_stage("funding stage")
    (True, False)
    """
    return _pattern("stages").search(words) is not None


def read_result(text: str, *, loosely: bool) -> Texts | None:
    """What a text says of the outcome; ``loosely`` where the column is called so: then one telling word is enough.

    >>> read_result("6 - Closed Won", loosely=False), read_result("Closed - Not Converted", loosely=False)
    ('positive', 'negative')
    >>> read_result("Lost to competitor", loosely=True), read_result("Lost to competitor", loosely=False)
    ('negative', None)
    >>> read_result("Not won", loosely=True) is None
    True
    """
    known = _results()
    key = text.casefold()
    bare = re.sub(r"^\d+\s*%?\s*[-–.:)]*\s*|\s*\([^()]*\)$", "", key)  # the step's number, the pipeline's name
    bare = re.sub(r"^closed\s*[-–/:]\s*", "", bare)
    if key in known or bare in known:
        return known.get(key) or known[bare]
    if not loosely:
        return None
    words = set(re.findall(r"\w+", key))
    told = {kind for kind in ("positive", "negative") if words & _telling(kind)}
    return told.pop() if len(told) == 1 and not words & {"not", "no"} else None  # type: ignore[return-value]


def opposite(text: str) -> str:
    """The other result, written as ``text`` is.

    >>> opposite("Closed Won"), opposite("yes"), opposite("Lost to competitor")
    ('Closed Lost', 'no', 'Won')
    """
    pairs: dict[str, str] = _body()["results"]["opposites"]
    other = pairs.get(text.casefold()) or next((good for good, bad in pairs.items() if bad == text.casefold()), None)
    other = other or ("won" if read_result(text, loosely=True) == "negative" else "lost")
    return other.upper() if text.isupper() else other.title() if text[:1].isupper() else other


@cache
def _results() -> dict[str, Texts]:
    kinds: tuple[Texts, ...] = ("positive", "negative", "kept", "left", "open", "yes", "no")
    return {text: kind for kind in kinds for text in _body()["results"][kind]}


@cache
def _telling(kind: Literal["positive", "negative"]) -> frozenset[str]:
    return frozenset(_body()["results"]["telling"][kind])


@cache
def placeholder_texts(kind: Literal["always", "often"]) -> frozenset[str]:
    """Texts in lower case that mean unknown: always, or where several columns hold them."""
    return frozenset(_body()["missing"][kind])


@cache
def repeat_business() -> frozenset[str]:
    """Kinds of deals, in lower case, with a company that is a customer already."""
    return frozenset(_body()["repeat_business"])


@cache
def _body() -> dict[str, Any]:
    text = files("icpfit.sources").joinpath("vocabulary.yaml").read_text(encoding="utf-8")
    return cast(dict[str, Any], yaml.safe_load(text))


def _any_of(patterns: list[str]) -> re.Pattern[str]:
    return re.compile("|".join(patterns))


@cache
def _pattern(key: str) -> re.Pattern[str]:
    return _any_of(_body()[key])


@cache
def _role(role: Role) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(pattern) for pattern in _body()["roles"][role])


@cache
def _not_signals() -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((_any_of(rule["patterns"]), rule["why"]) for rule in _body()["not_signals"])


@cache
def _layers() -> tuple[tuple[re.Pattern[str], Layer, str], ...]:
    by_name = {layer: layer for layer in LAYERS}
    return tuple((_any_of(rule["patterns"]), by_name[rule["layer"]], rule.get("doubt", "")) for rule in _body()["layers"])

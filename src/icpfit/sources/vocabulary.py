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

Role = Literal["result", "left", "kept", "created", "closed", "id", "account", "domain", "name", "amount"]
Texts = Literal["positive", "negative", "kept", "left", "yes", "no"]

_LEAK = "known only once it is decided? If so, training refuses it by name"
_NO_WORD = "no word of this name says which layer it is"


@dataclass(frozen=True, slots=True)
class Meaning:
    """``layer`` with a doubt, or none; without a layer it is no signal, and ``words`` say why."""

    layer: Layer | None
    words: str = ""


def plain_words(header: str) -> str:
    """A header's words, without the marks of the systems it came from.

    >>> plain_words("property_numberOfEmployees"), plain_words("Funding_Stage__c")
    ('number of employees', 'funding stage')
    """
    name = re.sub(r"__c$", "", header.strip())
    name = re.sub(r"^(hs|properties|property)_", "", name, flags=re.IGNORECASE)
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
    return found or Meaning("firmographic", _NO_WORD)


def named_like(role: Role, words: str) -> bool:
    """Whether a column of this (plain) name could play a role.

    >>> named_like("left", "churn flag"), named_like("result", "region")
    (True, False)
    """
    return _role(role).search(words) is not None


@cache
def result_texts(kind: Texts) -> frozenset[str]:
    """Results in lower case, such as ``closed won``."""
    return frozenset(_body()["results"][kind])


@cache
def placeholder_texts(kind: Literal["always", "often"]) -> frozenset[str]:
    """Texts in lower case that mean unknown: always, or where several columns hold them."""
    return frozenset(_body()["missing"][kind])


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
def _role(role: Role) -> re.Pattern[str]:
    return _any_of(_body()["roles"][role])


@cache
def _not_signals() -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((_any_of(rule["patterns"]), rule["why"]) for rule in _body()["not_signals"])


@cache
def _layers() -> tuple[tuple[re.Pattern[str], Layer, str], ...]:
    by_name = {layer: layer for layer in LAYERS}
    return tuple((_any_of(rule["patterns"]), by_name[rule["layer"]], rule.get("doubt", "")) for rule in _body()["layers"])

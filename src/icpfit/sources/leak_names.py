"""Names that give the outcome away: the reviewed file of meanings, for what may teach and for what is proposed."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import yaml

from icpfit.config import Outcome


@dataclass(frozen=True, slots=True)
class Rule:
    pattern: re.Pattern[str]
    reason: str
    outcomes: tuple[str, ...]


def normalise_name(name: str) -> str:
    """Words in lower case, parted by one blank, camel case undone, accents and Salesforce and HubSpot marks off.

    >>> normalise_name("Last_Notable-Activity__c")
    'last notable activity'
    >>> normalise_name("daysToClose")
    'days to close'
    """
    name = re.sub(r"__c$", "", name.strip())
    name = re.sub(r"^(hs|properties|property)_", "", name, flags=re.IGNORECASE)
    name = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return re.sub(r"[^a-z0-9]+", " ", name.lower()).strip()


@cache
def meaning_rules() -> tuple[Rule, ...]:
    """The reviewed file of meanings, in its order."""
    text = files("icpfit.sources").joinpath("leakage_rules.yaml").read_text(encoding="utf-8")
    return tuple(Rule(re.compile(r["pattern"]), r["reason"], tuple(r["outcomes"])) for r in yaml.safe_load(text)["rules"])


def refused_by_meaning(names: tuple[str, ...], outcome: Outcome) -> str | None:
    """The reason why a column of one of these names may not teach, or None.

    >>> refused_by_meaning(("Loss Reason",), "win")
    'a reason for the outcome is written after it'
    >>> refused_by_meaning(("Industry",), "win") is None
    True
    """
    for rule in meaning_rules():
        if outcome in rule.outcomes and any(rule.pattern.search(normalise_name(n)) for n in names):
            return rule.reason
    return None

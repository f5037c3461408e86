"""How much of the card a scored list fills: points of accounts of which nothing is known say nothing of them."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from icpfit.plural import counted
from icpfit.scorecard.card import Scorecard

NAMED = 5


@dataclass(frozen=True)
class Unknown:
    """Of ``rows`` scored accounts, those of which ``blank`` know none of the card's ``attributes``, and the attributes
    (by their labels) that are not known of a single one."""

    rows: int
    attributes: int
    blank: int
    never: tuple[str, ...]

    def __post_init__(self) -> None:
        if not 0 <= self.blank <= self.rows or len(self.never) > self.attributes:
            raise ValueError("more is unknown than there is")

    @property
    def words(self) -> tuple[str, ...]:
        """What a reader of the tiers has to know; nothing where every attribute is known of some account, and something of each.

        >>> Unknown(5, 12, 5, ("Region",) * 12).words[0]
        'nothing that the card asks is known of any of the 5 accounts: all have the same points, which say nothing of them'
        >>> Unknown(5, 12, 1, ("Region", "Size")).words[1]
        "2 of the card's 12 attributes are not known of any account: Region, Size"
        """
        if self.rows and self.blank == self.rows:
            accounts = "the account" if self.rows == 1 else f"any of the {self.rows:,} accounts"
            points = "its points say nothing of it" if self.rows == 1 else "all have the same points, which say nothing of them"
            return (f"nothing that the card asks is known of {accounts}: {points}",)
        said = []
        if self.blank:
            theirs = "its points say nothing of it" if self.blank == 1 else "their points say nothing of them"
            said.append(f"nothing that the card asks is known of {self.blank:,} of {counted(self.rows, 'account')}: {theirs}")
        if self.never and self.rows:
            named = ", ".join(self.never[:NAMED]) + (" …" if len(self.never) > NAMED else "")
            verb = "is" if len(self.never) == 1 else "are"
            said.append(f"{len(self.never)} of the card's {counted(self.attributes, 'attribute')} {verb} not known of any account: {named}")
        return tuple(said)


def find_unknown(card: Scorecard, features: pd.DataFrame) -> Unknown:
    """What the features of a scored list leave open; an empty text or a missing number is unknown."""
    asked = dict.fromkeys((*(a.name for a in card.attributes), *(c.feature for r in card.rules for c in r.conditions)))
    known = features[list(asked)].replace("", None).notna()
    never = tuple(a.label for a in card.attributes if not known[a.name].any())
    return Unknown(len(features), len(card.attributes), int((~known.any(axis=1)).sum()), never)

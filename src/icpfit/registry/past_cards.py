"""The cards of all versions that are there, without their models."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from icpfit.errors import IcpfitError
from icpfit.registry.store import read_challenger, read_champion, read_files, versions
from icpfit.registry.workspace import Workspace

if TYPE_CHECKING:  # a sign-off needs no cards
    from icpfit.scorecard.card import Scorecard

CARD_FILE = "scorecard.json"


@dataclass(frozen=True, slots=True)
class PastCard:
    """``day``: as of when the version was learned, as its name says. Where there were no dates it is the first day of 1970."""

    version: str
    day: str
    card: Scorecard


def past_cards(workspace: Workspace) -> tuple[PastCard, ...]:
    """One card for each day that a version was learned as of, oldest first.

    Of several versions of one day it is the champion's, else the challenger's, else that of the last by name. A version
    whose card cannot be read is passed over: it is not used, only shown.
    """
    from icpfit.scorecard.serialise import card_from_json

    champion = read_champion(workspace)
    first = (champion.version if champion is not None else None, read_challenger(workspace))
    by_day: dict[str, list[str]] = {}
    for version in versions(workspace):
        by_day.setdefault(version.rpartition("-")[0], []).append(version)
    found = []
    for day, same in sorted(by_day.items()):
        for version in sorted(same, key=lambda v: (v == first[0], v == first[1], v), reverse=True):
            try:
                card = card_from_json(read_files(workspace, version)[CARD_FILE])
            except (IcpfitError, KeyError, ValueError, TypeError):
                continue
            found.append(PastCard(version, day, card))
            break
    return tuple(found)

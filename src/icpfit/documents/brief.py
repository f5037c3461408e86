"""The first screen in a few words: who fits, and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from icpfit.documents.card_page import work_of
from icpfit.documents.profile_page import NO_GROUP
from icpfit.documents.words import KINDS, percent
from icpfit.scorecard.card import Scorecard

MOST_NAMED = 3


def brief(card: Scorecard, profile: Mapping[str, Any], *, proposed: bool, failed: bool) -> dict[str, Any]:
    """``fits``: (what to look at, the group that fits) of the weightiest attributes. ``todo``: a sentence or two."""
    named = [(r["label"], r["best"]) for r in profile["rows"] if r["best"] != NO_GROUP]
    return {"fits": named[:MOST_NAMED], "more": len(card.attributes) > MOST_NAMED, "todo": _todo(card, proposed=proposed, failed=failed)}


def _todo(card: Scorecard, *, proposed: bool, failed: bool) -> str:
    """A profile that failed what is asked before a sign-off is nothing to work from."""
    if failed:
        return "Do not work from it yet: read first what it failed."
    first = next((t for t in card.tiers[:-1] if t.rows and t.from_points <= 100), None)
    if first is None:
        return "Its points do not part accounts into tiers yet: look at the lines of the scorecard, and do not rank by them."
    last, terms = card.tiers[-1], KINDS[card.kind]
    how = work_of(first)
    work = f"work tier {first.name} first ({first.from_points} points or more)" + (f": {how}" if how else "")
    chances = (
        f"By the card, {percent(first.expected_rate)} of such {terms.many} {terms.expected}, "
        f"and {percent(last.expected_rate)} of those in tier {last.name}."
    )
    start = f"Sign it off or reject it. Once it is in force, {work}" if proposed else work[0].upper() + work[1:]
    return f"{start}. {chances}"

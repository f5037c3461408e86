"""Past wins by tier, and what those below the line lack: from the numbers of the gate that asked, or of the run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from icpfit.documents.parts import part, table
from icpfit.documents.words import count, number, percent
from icpfit.gates.past import LINES

FEW = 10
"""Fewer wins than this carry no share."""
MOST_LACKS = 5


def past_wins_part(numbers: Mapping[str, Any]) -> dict[str, Any] | None:
    """The share of past wins at or above each line by period and in all, and the attributes that those below it lack.

    ``numbers`` are those of the gate ``retrospective_recall``, with a run's ``finding`` and ``shortfall`` where it has them.
    None where nobody could tell.
    """
    if not numbers.get("by_period"):
        return None
    found = [*numbers["by_period"].items(), ("All", {"wins": numbers["wins"], "above": numbers["above"]})]
    heads = [("Tested", False), ("Wins", True), *((above, True) for above in LINES.values())]
    rows = [(period, count(of["wins"]), *(_share(of["above"][line], of["wins"]) for line in LINES)) for period, of in found]
    words = [f"the share of past wins in each tier and above, {numbers['scored']}"]
    if finding := numbers.get("finding"):
        words.append(f"{'too many wins fall below the line: ' if finding['alarm'] else ''}{finding['words']}")
    lacks = [one for one in numbers.get("shortfall", ()) if one["low"] > 0][:MOST_LACKS]
    short = table(
        "What wins below the line lack",
        [("What they lack, by points alone", False), ("Points fewer", True)],
        [(one["label"], f"{number(one['points'], 1)} ({number(one['low'], 1)} to {number(one['high'], 1)})") for one in lacks],
    )
    remarks = [f"wins in tier D by their points have {number(numbers['short_by'], 0)} points fewer than the others in all"] if lacks else []
    return part("Where past wins would have stood", words, [table("Past wins by tier", heads, rows), short], remarks)


def _share(share: float, wins: int) -> str:
    return percent(share) if wins >= FEW else "too few"

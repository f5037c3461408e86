"""Past wins by tier, from the numbers of the gate that asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from icpfit.documents.words import count, percent
from icpfit.gates.past import LINES

FEW = 10
"""Fewer wins than this carry no share."""


def past_wins_page(gates: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """``heads``: (name, a number or not); ``rows``: period, wins, and the share of them at or above each line, then all together.

    None where nobody could tell.
    """
    numbers: Mapping[str, Any] = next((g["numbers"] for g in gates if g["gate"] == "retrospective_recall"), {})
    if not numbers.get("by_period"):
        return None
    found = [*numbers["by_period"].items(), ("All", {"wins": numbers["wins"], "above": numbers["above"]})]
    return {
        "scored": numbers["scored"],
        "heads": [("Tested", False), ("Wins", True), *((above, True) for above in LINES.values())],
        "rows": [
            {"period": period, "wins": count(of["wins"]), "above": [_share(of["above"][line], of["wins"]) for line in LINES]}
            for period, of in found
        ],
    }


def _share(share: float, wins: int) -> str:
    return percent(share) if wins >= FEW else "too few"

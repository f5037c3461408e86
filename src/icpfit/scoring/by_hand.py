"""One account scored by hand: the lines of the card that it falls into, added up, for people to follow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from icpfit.config import FeatureSpec
from icpfit.scorecard.card import Scorecard
from icpfit.scorecard.lookup import bin_index
from icpfit.scoring.reasons import said_of

TIER = "B"
"""neither the best nor hopeless: most of its lines differ"""


def typical(card: Scorecard, features: pd.DataFrame, tier: str = TIER) -> int | None:
    """The row to show: of ``tier``, not disqualified, with the most attributes known, nearest to the tier's median points; ties: the first.

    None where the tier has no such row.
    """
    scored = card.score(features)
    inside = np.flatnonzero((scored["tier"] == tier) & (scored["disqualified"] == ""))
    if not len(inside):
        return None
    rows = features.iloc[inside]
    known = np.sum([rows[a.name].replace("", None).notna().to_numpy() for a in card.attributes], axis=0)
    points = scored["points"].to_numpy()[inside]
    away = np.abs(points - np.median(points))
    return int(inside[np.lexsort((np.arange(len(inside)), away, -known))[0]])


def by_hand(card: Scorecard, row: pd.DataFrame, specs: Mapping[str, FeatureSpec]) -> dict[str, Any]:
    """``lines`` (what is asked, the own value, the line it falls into, its points; the weightiest first), ``points``, ``tier``, ``chance``,
    and ``disqualified`` (the reason, or ""). The lines' points sum to ``points``.

    ``row`` holds the one account's features; plain JSON values.
    """
    scored = card.score(row)
    lines = []
    for a in sorted(card.attributes, key=lambda a: -a.max_points):
        cell = a.bins[int(bin_index(a.kind, a.bins, row[a.name])[0])]
        line = "not known" if cell.unknown else cell.label
        value = said_of(specs[a.name], row[a.name].iloc[0], cell.low)
        lines.append({"asked": a.label, "value": value, "line": line, "points": cell.points})
    for rule in card.rules:
        met = bool(rule.met(row)[0])
        value, line = ("yes", "yes, both") if met else ("no", "no, or not known")
        lines.append({"asked": f"Both: {rule.label}", "value": value, "line": line, "points": int(rule.points_of(row)[0])})
    points = int(scored["points"].iloc[0])
    return {
        "lines": lines,
        "points": points,
        "tier": str(scored["tier"].iloc[0]),
        "chance": round(float(card.probability(np.array([points]))[0]), 6),
        "disqualified": str(scored["disqualified"].iloc[0]),
    }

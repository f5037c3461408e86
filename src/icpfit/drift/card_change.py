"""Two cards side by side: attributes that entered or left, points beyond their interval, layers. They describe, and raise no alarm."""

from __future__ import annotations

import math

import pandas as pd
from scipy import stats

from icpfit.config import LAYERS
from icpfit.drift.finding import Finding
from icpfit.plural import counted
from icpfit.scorecard.card import Attribute, Bin, Scorecard
from icpfit.scorecard.lookup import bin_index

SHOWN = 6
BY_LUCK = 2 * stats.norm.sf(stats.norm.isf(0.05) / math.sqrt(2))
"""how often the points of two cards of the same law lie a 90 % interval apart: both of them vary"""


def card_findings(card: Scorecard, newest: Scorecard) -> list[Finding]:
    """``ICP-ATTRIBUTES`` and ``ICP-LAYERS``: ``card`` is the champion's, ``newest`` the one that the newest deals make."""
    return [_attributes(card, newest), _layers(card, newest)]


def _attributes(card: Scorecard, newest: Scorecard) -> Finding:
    then, now = ({a.name: a for a in one.attributes} for one in (card, newest))
    entered = [f"{now[n].label} ({now[n].max_points})" for n in now if n not in then]
    left = [f"{then[n].label} ({then[n].max_points})" for n in then if n not in now]
    both = [(then[n], now[n]) for n in then if n in now]
    cells = [(a, b, p) for a, other in both for b, p in zip(a.bins, points_at(a, other), strict=True) if not b.unknown]
    beyond = [(a, b, p) for a, b, p in cells if not b.points_low <= p <= b.points_high]
    turned = [a.label for a, other in both if _turned(a, points_at(a, other))]
    said: list[str] = []
    if entered:
        said.append(f"new in the card: {', '.join(entered)}")
    if left:
        said.append(f"no longer in it: {', '.join(left)}")
    if turned:
        said.append(f"the other way round: {', '.join(turned)}")
    if beyond:
        beyond.sort(key=lambda one: -abs(one[2] - one[1].points))
        shown = ", ".join(f"{a.label} “{b.label}” {b.points} then, {p} now" for a, b, p in beyond[:SHOWN])
        many = f"{len(beyond)} of {counted(len(cells), 'cell')}"
        said.append(f"{many} lie outside the range of the card in force, as {BY_LUCK:.0%} would by luck alone: {shown}")
    moved = sum(a.max_points for n, a in then.items() if n not in now) + sum(max(0, a.max_points - other.max_points) for a, other in both)
    words = "; ".join(said) or "the newest card asks the same attributes, and all points lie within their ranges"
    return Finding("ICP-ATTRIBUTES", "attributes", None, None, None, moved / 100, len(then), len(now), False, words)


def points_at(attribute: Attribute, other: Attribute) -> list[int]:
    """The points that ``other`` gives to a value of the middle of each bin of ``attribute``."""
    values = pd.Series([_middle(attribute, b) for b in attribute.bins], dtype=object if attribute.kind == "category" else "float64")
    return [other.bins[int(i)].points for i in bin_index(other.kind, other.bins, values)]


def _middle(attribute: Attribute, b: Bin) -> str | float | None:
    if b.unknown:
        return None
    if attribute.kind == "category":
        return b.values[0] if b.values else "\x00"
    if attribute.kind == "flag":
        return 0.0 if b.low is None else 1.0
    low, high = b.low, b.high
    if low is not None and high is not None:
        return (low + high) / 2
    return low + abs(low) + 1 if low is not None else high - abs(high) - 1 if high is not None else 0.0


def _turned(attribute: Attribute, now: list[int]) -> bool:
    """What had the most points has fewer now than what had the least, the unknown apart."""
    known = [(b.points, p) for b, p in zip(attribute.bins, now, strict=True) if not b.unknown]
    return len(known) > 1 and max(known)[0] > min(known)[0] and max(known)[1] < min(known)[1]


def _layers(card: Scorecard, newest: Scorecard) -> Finding:
    rows = [
        (x, card.layer_weights_assumed.get(x, 0), card.layer_weights_learned.get(x, 0), newest.layer_weights_learned.get(x, 0))
        for x in LAYERS
    ]
    told = "; ".join(f"{layer} {assumed} assumed, {then} learned then, {now} learned now" for layer, assumed, then, now in rows)
    moved = sum(abs(now - then) for _, _, then, now in rows) / 2
    words = f"{moved:.0f} of 100 points have moved between layers: {told}"
    return Finding("ICP-LAYERS", "layers", None, None, None, min(moved / 100, 1.0), 100, 100, False, words)

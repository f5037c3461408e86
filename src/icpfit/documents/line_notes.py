"""What the lines of a card need beside their words to be read aright."""

from __future__ import annotations

from icpfit.documents.words import Terms
from icpfit.scorecard.card import Attribute


def unknown_is_best(attribute: Attribute, terms: Terms) -> str:
    """What it means that the line of what is not known has the most points; nothing where it has not, or no row has shown it."""
    cells = [b for b in attribute.bins if b.rows and not b.unknown]
    unknown = next(b for b in attribute.bins if b.unknown)
    best = max(cells, key=lambda b: b.points, default=None)
    if best is None or not unknown.rows or unknown.points <= best.points:
        return ""
    hardly = f", though hardly more than “{best.label}”: the ranges overlap" if unknown.points_low <= best.points_high else ""
    return (
        f"“Not known” has the most points here{hardly}. Such {terms.many} {terms.were} more often, all else equal. Often nothing is "
        "recorded because nothing of the kind has happened; where a value was just not looked up, look it up before you count the points."
    )

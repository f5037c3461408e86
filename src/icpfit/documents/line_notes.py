"""What the lines of a card need beside their words to be read aright."""

from __future__ import annotations

from collections.abc import Mapping

from icpfit.documents.words import Terms
from icpfit.plural import counted
from icpfit.scorecard.card import Attribute
from icpfit.scorecard.wording import NAMED_AT_MOST


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


def whole_texts(texts: Mapping[str, tuple[str, ...]]) -> list[tuple[str, str]]:
    """(how many, which) of the texts that a line's words cut short, so that every account can be scored by hand.

    ``texts``: by the label of what they are texts of, or "" where the line stands under it.

    >>> whole_texts({"": tuple("abcdefg"), "Region": ("NA", "EMEA")})
    [('All 7 values', 'a · b · c · d · e · f · g')]
    """
    return [
        (f"All {counted(len(values), 'value')}{of and f' of {of}'}", " · ".join(values))
        for of, values in texts.items()
        if len(values) > NAMED_AT_MOST
    ]

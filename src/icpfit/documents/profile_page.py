"""Who fits, and who does not: what weighs most on the card."""

from __future__ import annotations

from typing import Any

from icpfit.documents.card_page import NOTHING, interval, told
from icpfit.documents.words import KINDS, Terms, known, listed
from icpfit.scorecard.binning import MIN_ROWS
from icpfit.scorecard.card import Attribute, Bin, Scorecard
from icpfit.scorecard.condition import Rule

NO_GROUP = "no group stands out"
MOST_OF_PROFILE = 6


def profile_page(card: Scorecard) -> dict[str, Any]:
    """``rows``: what weighs most, attributes and rules of two, with the group that fits and the group that does not.

    A group is named only where it stands out (see ``stands_out``), a rule where its points surely do; where none does, the attribute is
    left out and named in ``remarks``, but for one that a rule speaks for. So are attributes whose counted shares point the other way than
    the points.
    """
    terms = KINDS[card.kind]
    rows, silent, contrary = [], [], []
    rules = [r for r in card.rules if r.points_low > 0 and r.rows >= MIN_ROWS]
    spoken_for = {c.feature for r in rules for c in r.conditions}
    parts: list[Attribute | Rule] = [*card.attributes, *rules]
    for part in sorted(parts, key=lambda p: -p.max_points):
        if isinstance(part, Rule):
            rows.append(_together(part))
        else:
            best, worst = stands_out(part)
            if best is None and worst is None:
                silent += [] if part.name in spoken_for else [part.label]
                continue
            rows.append(_alone(part, best, worst))
            contrary += [part.label] if _contrary(best, worst) else []
        if len(rows) == MOST_OF_PROFILE:
            break
    remarks = []
    if silent:
        one = len(silent) == 1
        remarks.append(
            f"Left out here: {listed(silent)}. No group of {'it' if one else 'them'} stands out, so who fits by {'it' if one else 'them'} "
            f"is not known. {'Its' if one else 'Their'} lines are on the scorecard."
        )
    if contrary:
        remarks.append(
            f"For {listed(contrary)} the counted shares point the other way: the points compare {terms.many} that are alike in all else, "
            "the shares do not."
        )
    return {"rows": rows, "remarks": remarks, "rule": _rule(terms)}


def _alone(attribute: Attribute, best: Bin | None, worst: Bin | None) -> dict[str, str]:
    return {
        "label": attribute.label,
        "best": NO_GROUP if best is None else best.label,
        "best_rate": "" if best is None else told(best.rate),
        "worst": NO_GROUP if worst is None else worst.label,
        "worst_rate": "" if worst is None else told(worst.rate),
        "points": NOTHING if best is None else str(best.points),
        "interval": "" if best is None else interval(best),
    }


def _together(rule: Rule) -> dict[str, str]:
    """A rule is met, or it is not; one of the two has the points."""
    sides = [("both", told(rule.rate)), ("not both", told(rule.rate_otherwise))]
    (best, best_rate), (worst, worst_rate) = sides if rule.points else sides[::-1]
    rates = {"best_rate": best_rate, "worst_rate": worst_rate}
    return {"label": rule.label, "best": best, "worst": worst, **rates, "points": str(rule.max_points), "interval": interval(rule)}


def stands_out(attribute: Attribute) -> tuple[Bin | None, Bin | None]:
    """The cell that fits best and the one that fits least, each None where no cell can be told from the rest.

    A cell fits where the low end of its points lies above the high ends of all other rows, taken on average; it
    does not fit where its high end lies below their low ends. Cells of fewer rows than a bin may hold are never
    named, nor is ``unknown``, which says nothing of an account.
    """
    fits, fails = [], []
    for cell in attribute.bins:
        others = [b for b in attribute.bins if b is not cell and b.rows]
        if cell.unknown or cell.rows < MIN_ROWS or not others:
            continue
        rows = sum(b.rows for b in others)
        if cell.points_low > sum(b.points_high * b.rows for b in others) / rows:
            fits.append(cell)
        if cell.points_high < sum(b.points_low * b.rows for b in others) / rows:
            fails.append(cell)
    return max(fits, key=lambda b: b.points, default=None), min(fails, key=lambda b: b.points, default=None)


def _contrary(best: Bin | None, worst: Bin | None) -> bool:
    a, b = (None if cell is None else known(cell.rate) for cell in (best, worst))
    return a is not None and b is not None and a < b


def _rule(terms: Terms) -> str:
    return (
        f"A group is named only where it holds at least {MIN_ROWS} {terms.many} and the range of its points does not overlap "
        f"that of all other {terms.many}, taken on average."
    )

"""Does the profile still describe who buys? Points by attribute, tiers, accounts that fit, and the card beside a newer one."""

from __future__ import annotations

import numpy as np

from icpfit.config import Outcome
from icpfit.drift.answered import Answered
from icpfit.drift.attributes import Read, fit_figure, fit_finding, fit_subject, name_of, points_figures, points_finding
from icpfit.drift.between import compare_sides
from icpfit.drift.finding import Finding, counted_in
from icpfit.drift.judged import Comparison
from icpfit.drift.tiers import tiers_finding
from icpfit.plural import counted
from icpfit.scorecard.card import Scorecard

SPLIT = {"points": 0.8, "tiers": 0.2}
"""how the call's alpha is shared; the points of all attributes, and the accounts that fit, are asked together"""
FEWEST, FEWEST_BEFORE = 20, 100
"""Rows now and before. Lines through few of before bend with each of them: with forty, twice the alarms that are allowed."""
FEWEST_EACH = 5
NOT_KEPT = "cannot tell; the profile in force was kept without the results of earlier cards: the next retrain will keep them"


def icp_findings(
    card: Scorecard,
    then: Answered | None,
    now: Answered,
    *,
    alpha: float,
    seed: int,
    outcome: Outcome | None = None,
) -> list[Finding]:
    """``ICP-POINTS`` for each row of the card, ``ICP-FIT-RATE``, ``ICP-TIERS``.

    ``then`` are deals of before with points and tiers by the cards of their own time (:func:`icpfit.drift.unseen.then_of`), ``now`` new
    ones with those of ``card``, the champion's. With nothing changed at most a share ``alpha`` of calls raises any alarm. ``outcome`` is
    what ``good`` means, by default what the card is for.

    An attribute's points are asked beside all points, each side on a line of its own: a market that has fallen, or a card that
    tells less as a whole, is the model's drift and not that of an attribute.
    """
    if not 0 < alpha < 1:
        raise ValueError(f"alpha is a share of calls between 0 and 1, got {alpha}")
    asked: Outcome = outcome or ("retention" if card.kind == "retention" else "win")
    tiers = tiers_finding(card, Comparison(_none(now) if then is None else then, now, asked, alpha * SPLIT["tiers"]))
    points = _points(card, then, now, asked, alpha * SPLIT["points"], seed)
    return [*counted_in(points, SPLIT["points"]), *counted_in([tiers], SPLIT["tiers"])]


def _points(card: Scorecard, then: Answered | None, now: Answered, outcome: Outcome, level: float, seed: int) -> list[Finding]:
    known = _none(now) if then is None else then.of(then.tier.astype(str) != "")
    asked = Comparison(known, now, outcome, level)
    if words := NOT_KEPT if then is None else _too_few(asked):
        codes = [*(("ICP-POINTS", part.label) for part in card.parts), ("ICP-FIT-RATE", fit_subject(outcome))]
        return [asked.untold(code, subject, words, max(0, FEWEST - len(now)) or None) for code, subject in codes]
    before, after = Read.of(known), Read.of(now)
    figures = points_figures(card, before, after)
    fit = fit_figure(known, now)
    family = [*figures.values(), *([fit] if fit is not None else [])]
    differences = compare_sides(family, known.account, now.account, level, seed) if family else []
    by_name = dict(zip(figures, differences, strict=False))
    found = [points_finding(card, part, before, after, by_name.get(name_of(part)), asked) for part in card.parts]
    return [*found, fit_finding(differences[-1] if fit is not None else None, asked)]


def _too_few(asked: Comparison) -> str:
    for side, when, fewest in ((asked.then, "of before", FEWEST_BEFORE), (asked.now, "now", FEWEST)):
        if len(side) < fewest:
            return f"cannot tell; {counted(len(side), asked.noun)} {when}, and {fewest} are needed"
        if min(side.good.sum(), (~side.good).sum()) < FEWEST_EACH:
            return f"cannot tell; {FEWEST_EACH} {asked.noun}s of each outcome are needed {when}"
    return ""


def _none(side: Answered) -> Answered:
    return side.of(np.zeros(0, dtype=np.int64))

"""Do the points of each attribute still go with the outcome as they did? And do the deals that fit still win?"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from icpfit.config import Outcome
from icpfit.criteria.shares import Z90
from icpfit.drift.answered import Answered, Bools
from icpfit.drift.between import Difference, Figure, Side
from icpfit.drift.cohort import NOUNS, ids_of, share_of, share_words
from icpfit.drift.finding import Finding
from icpfit.drift.judged import Comparison, Said
from icpfit.drift.recalibration import Line, level_of, line_of, log_odds
from icpfit.plural import counted
from icpfit.scorecard.card import Attribute, Scorecard
from icpfit.scorecard.condition import Rule

Floats = npt.NDArray[np.float64]

FLOOR_POINTS = 5.0
"""of 100; an attribute that is worth less than this more or less is not acted on, however sure it is. What it is worth as a whole must have
moved too: where another attribute has lost its effect, its share of what is left has grown by that alone"""
FLOOR_RATE = 0.05
TOLD_RATE = 0.15
"""a fall of the win rate of tiers A and B by which power is told"""
LEAST_SPREAD = 1e-9
CELL_ROWS = 10
FIT_TIERS = ("A", "B")


@dataclass(frozen=True)
class Read:
    """A side's deals with points: the line of the outcome on all points, what each deal is off it, and how much it tells."""

    side: Answered
    line: Line
    off: Floats
    weight: Floats

    @classmethod
    def of(cls, side: Answered) -> Read:
        points = side.points.astype(np.float64)
        line = line_of(points / 100, side.good)
        p = line.chance(points / 100)
        return cls(side, Line(line.level, line.slope / 100), side.good - p, p * (1 - p))

    @property
    def slope_variance(self) -> float:
        points = self.side.points - float(self.weight @ self.side.points) / float(self.weight.sum())
        return 1 / max(float(self.weight @ points**2), LEAST_SPREAD)

    def beside(self, name: str) -> Side | None:
        """The efficient score of an attribute's points beside all points, and its information; None where they do not vary on their own."""
        part = self.side.parts.get(name)
        if part is None:
            return None
        x, total, w = part.astype(np.float64), self.side.points.astype(np.float64), self.weight
        own = x - float(w @ x) / float(w.sum())
        whole = total - float(w @ total) / float(w.sum())
        spread = float(w @ whole**2)
        z = own - whole * (float(w @ (own * whole)) / spread if spread > LEAST_SPREAD else 0.0)
        information = w * z * z
        if float(information.sum()) <= LEAST_SPREAD * max(float(w @ own**2), 1.0) * len(w):
            return None
        return Side(self.off * z, information, information)


def points_figures(card: Scorecard, then: Read, now: Read) -> dict[str, Figure]:
    """By the name of each row of the card that can be asked: what its points are worth in log-odds beyond those of all points."""
    found: dict[str, Figure] = {}
    for part in card.parts:
        name = name_of(part)
        before, after = then.beside(name), now.beside(name)
        if before is not None and after is not None:
            found[name] = Figure(before, after, inflation=then.side.inflation)
    return found


def name_of(part: Attribute | Rule) -> str:
    return part.name if isinstance(part, Attribute) else f"both: {part.label}"


def points_finding(card: Scorecard, part: Attribute | Rule, then: Read, now: Read, d: Difference | None, asked: Comparison) -> Finding:
    """``ICP-POINTS`` of one row of the card; ``d`` None: it could not be asked."""
    if d is None:
        words = f"cannot tell; older cards did not ask it, or all {asked.noun}s are alike in it"
        return asked.untold("ICP-POINTS", part.label, words)
    scale = then.line.slope if then.line.slope > card.platt_slope / 4 else card.platt_slope
    most = part.max_points
    before, after = (most * (read.line.slope + value) / scale for read, value in ((then, d.then), (now, d.now)))
    half = Z90 * math.sqrt(d.variance_now) * most / scale
    change = after - before
    seen = (
        f"up to {most} points on the card, worth {before:.0f} by {counted(len(asked.then), 'older ' + asked.noun)} and "
        f"{after:.0f} ({after - half:.0f} to {after + half:.0f}) by {asked.cohort}"
    )
    verb = "now goes the other way" if before > 0 >= after else f"is worth {'less' if change < 0 else 'more'} than it was"
    given = now.side.parts[name_of(part)].astype(np.float64)
    said = Said(
        seen=seen,
        calm="no sign of a change",
        alarm=f"{part.label}: {verb}; {seen}{_cell(part, now, scale)}",
        action="retrain (icpfit retrain), and look at this attribute in the new card before it is approved",
        rows=ids_of(now.side, (now.side.good == (change > 0)) & (given > 0), given),
        change="that it no longer matters",
    )
    doubt = Z90 * math.sqrt(d.variance_now + d.variance_then + then.slope_variance + now.slope_variance) * most / scale
    large = abs(change) >= max(FLOOR_POINTS, doubt) and change * d.z > 0
    return asked.judged("ICP-POINTS", part.label, d, change / 100, large, then.line.slope, said)


def _cell(part: Attribute | Rule, now: Read, scale: float) -> str:
    """The cell that the new deals contradict most, in points above those of the cell that has the fewest."""
    if not isinstance(part, Attribute):
        return ""
    given, said = now.side.parts[part.name], {}
    for points in np.unique(given).tolist():
        at = given == points
        weight = float(now.weight[at].sum())
        if int(at.sum()) >= CELL_ROWS and weight > 0:
            said[points] = points * now.line.slope / scale + float(now.off[at].sum()) / weight / scale
    if len(said) < 2:
        return ""
    fewest = min(said)
    gaps = {points: value - said[fewest] + fewest for points, value in said.items()}
    points = max(gaps, key=lambda one: (abs(gaps[one] - one), one))
    label = " or ".join(b.label for b in part.bins if b.points == points and not b.unknown) or "unknown"
    return f"; most of all “{label}”, which has {points} points and is worth {gaps[points]:.0f}"


def fit_figure(then: Answered, now: Answered) -> Figure | None:
    """By how much more the log-odds of tiers A and B are off the model's than those of C and D; None where a side lacks either."""
    sides = [_fit_side(s) for s in (then, now)]
    if sides[0] is None or sides[1] is None:
        return None
    return Figure(sides[0], sides[1], tail=-1, inflation=then.inflation)


def fits(side: Answered) -> Bools:
    return np.isin(side.tier.astype(str), FIT_TIERS)


def _fit_side(side: Answered) -> Side | None:
    fit = fits(side)
    if min(fit.sum(), (~fit).sum()) < CELL_ROWS:
        return None
    score, n = log_odds(side.probability), len(side)
    p = level_of(score, side.good).chance(score)
    off, weight = side.good - p, p * (1 - p)
    shift = {f: float(off[fit == f].sum()) / float(weight[fit == f].sum()) for f in (True, False)}
    own = np.where(fit, n / float(weight[fit].sum()), -n / float(weight[~fit].sum()))
    influence = own * (off - weight * np.where(fit, shift[True], shift[False]))
    return Side(shift[True] - shift[False] + influence, np.ones(n), weight * own**2)


def fit_finding(d: Difference | None, asked: Comparison) -> Finding:
    """``ICP-FIT-RATE``: the rate of tiers A and B has fallen, and more than that of the others."""
    then, now, subject = asked.then, asked.now, fit_subject(asked.outcome)
    if d is None:
        words = f"cannot tell; {CELL_ROWS} {asked.noun}s in tiers A and B, and as many in C and D, are needed then and now"
        return asked.untold("ICP-FIT-RATE", subject, words)
    fit_then, fit_now = fits(then), fits(now)
    off_then, off_now = (float((s.good - s.probability)[fit].mean()) for s, fit in ((then, fit_then), (now, fit_now)))
    change, rate = off_now - off_then, share_of(now, fit_now)
    others = f"in tiers C and D {share_of(now, ~fit_now).share:.0%}, {share_of(then, ~fit_then).share:.0%} before"
    ended, gone = ("were won", "lost deals") if asked.outcome == "win" else ("stayed", "customers who left")
    seen = (
        f"{share_words(rate)} of {counted(rate.rows, asked.noun)} in tiers A and B {ended}, among {asked.cohort}, "
        f"{share_of(then, fit_then).share:.0%} before; {others}"
    )
    said = Said(
        seen=seen,
        calm="no sign of a fall",
        alarm=f"{subject}: it fell, and that of the others did not; {seen}",
        action=f"ask what the {gone} of tiers A and B have in common, then retrain (icpfit retrain): the profile may describe past buyers",
        rows=ids_of(now, fit_now & ~now.good, now.points.astype(np.float64)),
        change=f"a fall of {TOLD_RATE * 100:.0f} points there alone",
    )
    told = TOLD_RATE / max(rate.share * (1 - rate.share), 0.1)
    return asked.judged("ICP-FIT-RATE", subject, d, change, change <= -FLOOR_RATE, told, said)


def fit_subject(outcome: Outcome) -> str:
    return f"{NOUNS[outcome][1]} of accounts that fit"

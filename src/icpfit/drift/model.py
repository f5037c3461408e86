"""Does the model still hold on deals that it did not know? Level, ranking and steepness, now against then."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from icpfit.config import Outcome
from icpfit.criteria.shares import Z90
from icpfit.drift.answered import Answered
from icpfit.drift.between import Difference, Figure, Side, compare_sides
from icpfit.drift.cohort import NOUNS, ids_of, share_of, share_words
from icpfit.drift.finding import Finding
from icpfit.drift.judged import Comparison, Said
from icpfit.drift.recalibration import level_of, line_of, log_odds
from icpfit.models.metrics import average_ranks
from icpfit.moments import quarter_of
from icpfit.plural import counted

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

FEWEST = 20
"""deals now without which nothing is asked"""
FEWEST_EACH = 5
"""good and bad ends, on either side, without which neither ranking nor slope is asked"""
LATE_LEAST = 40
"""deals of the later half without which it is not asked by itself"""
FLOOR_RATE, FLOOR_AUC, FLOOR_SLOPE = 0.03, 0.03, 0.15
"""less is not acted on, however sure it is"""
TOLD_RATE, TOLD_AUC, TOLD_SLOPE = 0.08, 0.08, 0.4
"""changes that a quarter is expected to show, by which power is told: 8 points of a rate of 30 % are .35 log-odds"""


def model_findings(outcome: Outcome, then: Answered | None, now: Answered, *, alpha: float, seed: int) -> list[Finding]:
    """Level (``MODEL-WINRATE`` or ``MODEL-RETENTION``), ``MODEL-RANKING`` and ``MODEL-CALIBRATION``, in this order.

    ``then`` are deals of before with chances by models that did not know them (:func:`icpfit.drift.unseen.then_of`), ``now`` new ones
    with the champion's; with nothing changed at most a share ``alpha`` of calls raises any alarm, for all three are asked together.
    Ranking and slope alarm only when they have fallen. Accounts stay together.

    * level: ends observed less expected, per deal, now less then; of all new deals and of the later half of them, for what began
      meanwhile would drown in the months before it;
    * ranking: AUC within each quarter, each with the weight of its mixed ends;
    * slope: of the outcome's log-odds on the chance's (Cox recalibration, one step from 1), at each side's own level.

    >>> none = np.zeros(0)
    >>> nobody = Answered(none, none, none.astype(np.int64), none > 0, none, none, none)
    >>> [f.words for f in model_findings("win", None, nobody, alpha=0.01, seed=0)][0]
    'cannot tell; the profile in force was kept without its results on older deals: the next retrain will keep them'
    """
    if not 0 < alpha < 1:
        raise ValueError(f"alpha is a share of calls between 0 and 1, got {alpha}")
    codes = ("MODEL-WINRATE" if outcome == "win" else "MODEL-RETENTION", "MODEL-RANKING", "MODEL-CALIBRATION")
    subjects = (NOUNS[outcome][1], "ranking", "chances")
    asked = Comparison(now.of(np.zeros(0, dtype=np.int64)) if then is None else then, now, outcome, alpha)
    if (few := _too_few(then, asked)) is not None:
        words, needed = few
        return [asked.untold(c, s, words, needed) for c, s in zip(codes, subjects, strict=True)]
    late = _late(now)
    levels = [_level_figure(asked.then, now), *([_level_figure(asked.then, now, late)] if late.any() else [])]
    mixed = min(int(x) for side in (asked.then, now) for x in (side.good.sum(), (~side.good).sum())) >= FEWEST_EACH
    further = _figures(asked.then, now) if mixed else ()
    found = compare_sides([*levels, *further], asked.then.account, now.account, alpha, seed)
    told = _level(codes[0], asked, found[0])
    if late.any() and found[1].q_value < found[0].q_value:
        of_late = _level(codes[0], replace(asked, now=now.of(late)), found[1])
        told = of_late if of_late.alarm else told
    if mixed:
        return [told, _ranking(asked, found[-2]), _slope(asked, found[-1])]
    words = f"cannot tell; {FEWEST_EACH} {asked.noun}s of each outcome are needed, before and now"
    return [told, *(asked.untold(c, s, words) for c, s in zip(codes[1:], subjects[1:], strict=True))]


def _too_few(then: Answered | None, asked: Comparison) -> tuple[str, int | None] | None:
    """Why nothing is asked, and how many more deals it takes."""
    if then is None:
        return "cannot tell; the profile in force was kept without its results on older deals: the next retrain will keep them", None
    if len(then) < FEWEST:
        return f"cannot tell; {counted(len(then), 'older ' + asked.noun)} can be compared, and {FEWEST} are needed", None
    if (lacking := FEWEST - len(asked.now)) > 0:
        return (
            f"cannot tell; {counted(lacking, 'more ' + asked.noun)} {'is' if lacking == 1 else 'are'} needed before anything is asked",
            lacking,
        )
    return None


def _figures(then: Answered, now: Answered) -> tuple[Figure, Figure]:
    return (
        Figure(_auc_side(then), _auc_side(now), tail=-1),
        Figure(_slope_side(then), _slope_side(now), tail=-1, inflation=then.inflation),
    )


def _late(now: Answered) -> Bools:
    """The later half of the new deals; none where they are too few, or all of one moment."""
    late = now.created > now.created[(len(now) - 1) // 2]
    return late if late.sum() >= LATE_LEAST else np.zeros(len(now), dtype=bool)


def _level_figure(then: Answered, now: Answered, late: Bools | None = None) -> Figure:
    """The level of all new deals, or of those that are ``late`` alone."""
    side = _level_side(now)
    if late is not None:
        side = Side(side.c * late, side.d * late, side.e * late)
    return Figure(_level_side(then), side)


def _level_side(side: Answered) -> Side:
    p = side.probability
    return Side(side.good - p, np.ones(len(side)), p * (1 - p))


def _auc_side(side: Answered) -> Side:
    """The AUC's influence values about it. Source: DeLong, DeLong and Clarke-Pearson, 1988; a quarter weighs rows x rate x (1 - rate)."""
    quarter = np.unique(quarter_of(side.created).astype(str), return_inverse=True)[1]
    shift, weight, right = np.zeros(len(side)), np.zeros(len(side)), 0.0
    for q in range(int(quarter.max()) + 1):
        at = np.flatnonzero(quarter == q)
        good, rank = side.good[at], average_ranks(side.probability[at])
        n, pos = len(at), int(good.sum())
        neg = n - pos
        if not pos or not neg:
            continue
        own = np.empty(n)
        own[good] = average_ranks(side.probability[at][good])
        own[~good] = average_ranks(side.probability[at][~good])
        placed = np.where(good, (rank - own) / neg, 1 - (rank - own) / pos)
        share = np.where(good, neg / n, pos / n)
        shift[at], weight[at] = share * placed, share
        right += float((share * placed)[good].sum())
    mixed = float(weight[side.good].sum())
    if mixed <= 0:
        return Side(np.full(len(side), 0.5), np.ones(len(side)), np.zeros(len(side)))
    area = right / mixed
    influence = (shift - weight * area) * len(side) / mixed
    return Side(area + influence, np.ones(len(side)), influence**2)


def _slope_side(side: Answered) -> Side:
    """The efficient score of the slope, and its information: how much the outcome rises with log-odds, beyond what the level explains."""
    score = log_odds(side.probability)
    p = level_of(score, side.good).chance(score)
    w = p * (1 - p)
    z = score - float((w * score).sum()) / float(w.sum())
    return Side((side.good - p) * z, w * z * z, w * z * z)


def _level(code: str, asked: Comparison, d: Difference) -> Finding:
    now, change = asked.now, d.now - d.then
    expected, points = float(np.clip(now.probability.mean() + d.then, 0, 1)), abs(change) * 100
    ended = "were won" if asked.outcome == "win" else "stayed"
    seen = f"{share_words(share_of(now))} of {asked.cohort} {ended}, where the profile expects {expected:.0%}"
    fell, noun = change < 0, asked.noun
    verdict = f"{'fewer' if fell else 'more'} {noun}s {'are won' if asked.outcome == 'win' else 'stay'} than the profile expects"
    high = f"take its chances as too {'high' if fell else 'low'} by about {points:.0f} points"
    said = Said(
        seen=seen,
        calm="no sign of a change",
        alarm=f"{NOUNS[asked.outcome][1]}: {verdict}; {seen}: {points:.0f} points {'below' if fell else 'above'}",
        action=f"ask sales what changed for these {noun}s (market, price, competitor), then retrain (icpfit retrain); until then {high}",
        rows=ids_of(now, now.good != fell, now.probability if fell else -now.probability),
        change=f"a change of {TOLD_RATE * 100:.0f} points",
    )
    return asked.judged(code, NOUNS[asked.outcome][1], d, change, abs(change) >= FLOOR_RATE, TOLD_RATE, said)


def _ranking(asked: Comparison, d: Difference) -> Finding:
    now, change = asked.now, d.now - d.then
    low, high = (min(max(d.now + s * Z90 * math.sqrt(d.variance_now), 0.0), 1.0) for s in (-1, 1))
    better = "won deal had the higher score than the lost one" if asked.outcome == "win" else "customer who stayed had the higher score"
    shares = f"{d.now:.0%} of pairs ({low:.0%} to {high:.0%}), {d.then:.0%} before, 50% by a coin"
    seen = f"among {asked.cohort} the {better} in {shares}"
    said = Said(
        seen=seen,
        calm="no sign of a fall",
        alarm=f"ranking: the score sorts good accounts from others less well than before; {seen}",
        action="retrain (icpfit retrain); until then trust the top tier less, and let people overrule the score",
        rows=ids_of(now, ~now.good, now.probability),
        change=f"a fall of {TOLD_AUC * 100:.0f} points",
    )
    return asked.judged("MODEL-RANKING", "ranking", d, change, change <= -FLOOR_AUC, TOLD_AUC, said)


def _slope(asked: Comparison, d: Difference) -> Finding:
    now = asked.now
    before, after = (line_of(log_odds(s.probability), s.good).slope for s in (asked.then, now))
    seen = f"among {asked.cohort} accounts differ {after:.0%} as much as their chances say, {before:.0%} before; 100% is right"
    said = Said(
        seen=seen,
        calm="no sign of a fall",
        alarm=f"chances: high ones are too high and low ones too low; {seen}",
        action="retrain (icpfit retrain); until then take high and low chances as nearer to the average than they say",
        rows=ids_of(now, ~now.good, now.probability),
        change=f"a fall of {TOLD_SLOPE * 100:.0f} points",
    )
    change = after - before
    return asked.judged("MODEL-CALIBRATION", "chances", d, change, change <= -FLOOR_SLOPE, TOLD_SLOPE, said)

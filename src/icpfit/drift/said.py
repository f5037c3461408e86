"""The findings of :func:`~icpfit.drift.compare.compare` in words: then and now, and what so few rows cannot tell."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from icpfit.drift import power
from icpfit.drift.columns import Column
from icpfit.drift.family import Answers
from icpfit.drift.finding import Finding
from icpfit.drift.joint import Pairs, Whole
from icpfit.moments import day_text

FLOOR = 0.05
"""An effect below this is not acted on, however sure it is: at a million rows everything is significant."""
FLOOR_CORRELATION = 0.15
MATTERS_NUMBER, MATTERS_LEVEL, MATTERS_CORRELATION, MATTERS_WHOLE = 0.20, 0.10, 0.3, 0.1
"""The change whose chance of being found is told: a fifth of the rows of a number lie elsewhere; ten points of a level's share; a
correlation of two features; every feature by so many standard deviations."""

CODES = {"missingness": "DRIFT-MISSING", "correlations": "DRIFT-CORRELATION", "whole": "DRIFT-WHOLE"}
MOST_NAMED = 3
NEWS = 0.02
"""share of rows of levels that were not there before, from which they are named first"""
SUBJECTS = {"missingness": "missingness", "correlations": "correlations", "whole": "all features together"}
YES = (("False", "True"), ("0", "1"), ("no", "yes"), ("false", "true"))

Floats = npt.NDArray[np.float64]


def untold_feature(column: Column, fewest: int) -> Finding:
    """Too few known values on a side."""
    ref, cur = (len(side) for side in column.known)
    words = (
        f"{column.name}: cannot tell; {cur:,} {'value is' if cur == 1 else 'values are'} known now and {ref:,} before, "
        f"and {fewest} are needed on each side"
    )
    lacking = max(fewest - cur, 0) if ref >= fewest else None
    return _untold("DRIFT-FEATURE", column.name, (len(column.reference), len(column.current)), words, lacking)


def without(kind: str, sizes: tuple[int, int], features: int, fewest: int) -> Finding:
    """What cannot be asked at all, and why."""
    lacking = fewest - min(sizes)
    if lacking > 0:
        side = "" if sizes[1] < fewest else " of before"
        words = f"{SUBJECTS[kind]}: cannot tell; {lacking:,} more {'row is' if lacking == 1 else 'rows are'} needed{side}"
        return _untold(CODES[kind], SUBJECTS[kind], sizes, words, max(fewest - sizes[1], 0) if sizes[0] >= fewest else None)
    enough = 2 if kind == "correlations" else 1
    there = "none is there" if not features else f"of {features:,} too few do" if features > 1 else "there is 1 feature"
    words = f"{SUBJECTS[kind]}: cannot tell; {enough} features that vary are needed, and {there}"
    return _untold(CODES[kind], SUBJECTS[kind], sizes, words, None)


def feature_finding(column: Column, statistic: float, p: float, q: float, effect: float, *, alpha: float, level: float) -> Finding:
    """``level``: the p-value from which this feature alone would be an alarm."""
    sizes = len(column.reference), len(column.current)
    alarm = q <= alpha and effect >= FLOOR
    chance, lacking = _chance(column, level)
    if alarm:
        words = f"{column.name}: has moved; {_then_and_now(column)}; {effect:.0%} of rows lie elsewhere than before"
    elif q <= alpha:
        words = f"{column.name}: has moved, too little to matter; {effect:.1%} of rows lie elsewhere than before"
    else:
        words = f"{column.name}: no sign of a change; {_unseen(column, chance, lacking)}"
    action = f"look at where the rows of {column.name} come from: a changed market, or a changed way of filling it in" if alarm else ""
    return Finding("DRIFT-FEATURE", column.name, statistic, p, q, effect, *sizes, alarm, words, power=chance, needed=lacking, action=action)


def missingness_finding(gaps: Sequence[tuple[Column, float, float]], sizes: tuple[int, int], *, alpha: float, level: float) -> Finding:
    """``gaps``: column, p- and q-value of each that has any."""
    if not gaps:
        words = "missingness: nothing is missing on either side"
        return Finding("DRIFT-MISSING", "missingness", 0.0, 1.0, 1.0, 0.0, *sizes, False, words)
    told = [(q, c, p, *_gap_shares(c)) for c, p, q in gaps]
    alarms = sorted((t for t in told if t[0] <= alpha and abs(t[4] - t[3]) >= FLOOR), key=lambda t: (t[0], t[1].name))
    q, column, p, before, now = alarms[0] if alarms else min(told, key=lambda t: (t[0], t[1].name))
    if alarms:
        said = ", ".join(f"{t[1].name} ({t[3]:.0%} before, {t[4]:.0%} now)" for t in alarms)
        words = f"more or fewer gaps than before in: {said}"
    else:
        words = f"no sign that gaps have become more or fewer; the largest change is in {column.name} ({before:.0%} before, {now:.0%} now)"
    subject, change = column.name if alarms else "missingness", now - before
    chance = power.found(MATTERS_LEVEL / _spread(before), *sizes, level)
    lacking = power.more_needed(MATTERS_LEVEL / _spread(before), *sizes, level)
    action = "ask who fills it in: an import or a form has changed" if alarms else ""
    return Finding(
        "DRIFT-MISSING", subject, change, p, q, abs(change), *sizes, bool(alarms), words, power=chance, needed=lacking, action=action
    )


def pairs_finding(found: Pairs, names: tuple[str, str], p: float, answers: Answers, sizes: tuple[int, int], alpha: float) -> Finding:
    q, effect = answers.parts["correlations"], min(found.effect, 1.0)
    alarm = q <= alpha and effect >= FLOOR_CORRELATION
    said = f"the correlation of {names[0]} and {names[1]} was {found.before:+.2f} before and is {found.now:+.2f} now"
    if alarm:
        words = f"attributes go together in another way: {said}"
    elif q <= alpha:
        words = f"attributes go together in another way, too little to matter: {said}"
    else:
        words = f"no sign that attributes go together in another way; the largest change: {said}"
    n, critical = sizes[1], answers.critical["correlations"]

    def chance(current: int) -> float:
        return found.found(MATTERS_CORRELATION, critical, math.sqrt((1 / sizes[0] + 1 / current) / (1 / sizes[0] + 1 / n)))

    lacking = power.until_found(chance, n)
    if q > alpha:
        words += f"; {_would_be_noticed(f'a correlation that moves by {MATTERS_CORRELATION}', chance(n), lacking)}"
    action = f"check that {names[0]} and {names[1]} still mean what they did" if alarm else ""
    return Finding(
        "DRIFT-CORRELATION", "correlations", effect, p, q, effect, *sizes, alarm, words, power=chance(n), needed=lacking, action=action
    )


def whole_finding(found: Whole, p: float, answers: Answers, sizes: tuple[int, int], alpha: float, moved: Sequence[str]) -> Finding:
    """``moved``: features that raised an alarm of their own."""
    q, critical = answers.parts["whole"], answers.critical["whole"]
    alarm, n = q <= alpha and found.effect >= FLOOR, sizes[1]
    chance, lacking = found.found(MATTERS_WHOLE, critical, n), power.until_found(lambda m: found.found(MATTERS_WHOLE, critical, m), n)
    told = _would_be_noticed("a move of every attribute by a tenth of its spread", chance, lacking)
    words, action = f"taken together, the accounts show no sign of a change; {told}", ""
    if alarm and moved:
        words = f"taken together, the accounts have moved, which may be what is said of {_several(moved)}"
        action = f"begin with {_several(moved)}"
    elif q <= alpha and not alarm:
        words = "taken together, the accounts have moved, too little to matter"
    elif alarm:
        words = "taken together, the accounts have moved, each attribute a little"
        action = "see that the sources are still read as before; if the accounts are others, retrain (icpfit retrain)"
    return Finding(
        "DRIFT-WHOLE",
        "all features together",
        float(-found.score[0]),
        p,
        q,
        min(found.effect, 1.0),
        *sizes,
        alarm,
        words,
        power=chance,
        needed=lacking,
        action=action,
    )


def _several(names: Sequence[str]) -> str:
    """
    >>> _several(["Size"]), _several(["a", "b"]), _several(list("abcde"))
    ('Size', 'a and b', 'a, b and 3 more')
    """
    if len(names) <= MOST_NAMED:
        return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
    return f"{', '.join(names[: MOST_NAMED - 1])} and {len(names) - MOST_NAMED + 1} more"


def _untold(code: str, subject: str, sizes: tuple[int, int], words: str, needed: int | None) -> Finding:
    return Finding(code, subject, None, None, None, None, *sizes, False, words, power=0.0, needed=needed)


def _then_and_now(column: Column) -> str:
    """
    >>> a, b = np.array([1.0, 2.0, 3.0]), np.array([2.0, 4.0, 9.0])
    >>> _then_and_now(Column("size", a, b, 0))
    'its middle value was 2 before and is 4 now'
    >>> _then_and_now(Column("has it", np.array([0.0, 1.0]), np.array([1.0, 1.0]), 2, ("False", "True")))
    'yes in 50% of rows before and in 100% now'
    >>> _then_and_now(Column("industry", np.array([0.0, 0.0, 0.0]), np.array([0.0, 0.0, 1.0]), 2, ("Retail", "Space")))
    '“Space” is new, with 33% of rows now'
    """
    before, now = column.known
    if not column.levels:
        was, is_now = (float(np.median(side)) for side in (before, now))
        if column.time:
            return f"its middle value was {day_text(int(was))} before and is {day_text(int(is_now))} now"
        if f"{was:,.4g}" == f"{is_now:,.4g}":
            spans = [np.percentile(side, [25, 75]) for side in (before, now)]
            (a, b), (c, d) = spans
            return f"the middle half of its values lay between {a:,.4g} and {b:,.4g} before, and lies between {c:,.4g} and {d:,.4g} now"
        return f"its middle value was {was:,.4g} before and is {is_now:,.4g} now"
    shares = [np.bincount(side.astype(np.int64), minlength=column.levels) / len(side) for side in (before, now)]
    if column.names in YES:
        return f"yes in {shares[0][1]:.0%} of rows before and in {shares[1][1]:.0%} now"
    new = np.where(shares[0] == 0, shares[1], 0.0)
    if new.sum() >= NEWS:  # a new word is what somebody looks for first: the market's, or whoever fills it in
        first, many = f"“{column.names[int(np.argmax(new))]}”", int((new > 0).sum())
        head = f"{first} is new" if many == 1 else f"{many:,} values are new, most often {first}"
        return f"{head}, with {new.sum():.0%} of rows now"
    at = int(np.argmax(np.abs(shares[1] - shares[0])))
    return f"“{column.names[at]}” was {shares[0][at]:.0%} of rows before and is {shares[1][at]:.0%} now"


def _unseen(column: Column, chance: float, lacking: int | None) -> str:
    return _would_be_noticed(f"a move of {MATTERS_LEVEL if column.levels else MATTERS_NUMBER:.0%} of rows", chance, lacking)


def _would_be_noticed(change: str, chance: float, lacking: int | None) -> str:
    said = f"{change} would be noticed {round(100 * chance)} times in 100"
    if lacking is None:
        return f"{said}, and too few rows of before are known to notice it surely"
    return said if lacking == 0 else f"{said}; {lacking:,} more rows are needed to notice it four times in five"


def _chance(column: Column, level: float) -> tuple[float, int | None]:
    """The power to find a change that matters, and the rows that are lacking."""
    before, now = column.known
    if column.levels:
        share = float(np.bincount(before.astype(np.int64), minlength=column.levels).max() / len(before))
        distance = MATTERS_LEVEL / _spread(share)
    else:
        distance = power.standard_move(MATTERS_NUMBER) * math.sqrt(power.EFFICIENCY)
    known = len(now) / max(len(column.current), 1)
    lacking = power.more_needed(distance, len(before), len(now), level)
    return power.found(distance, len(before), len(now), level), None if lacking is None else math.ceil(lacking / known)


def _spread(share: float) -> float:
    """The standard deviation of a yes/no of this share; never so small that one row would be news."""
    return math.sqrt(max(share * (1 - share), 0.01))


def _gap_shares(column: Column) -> tuple[float, float]:
    before, now = (float(np.isnan(side).mean()) for side in (column.reference, column.current))
    return before, now

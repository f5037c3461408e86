"""Win rates by segment: where have they departed from how the others moved?

Each value's change of the win rate, in log-odds, less that of all other deals, in standard errors; the largest over everything that was
asked is held against the same after reshuffling (max-T). What happened to all alike is another finding's.
Source: Westfall and Young, "Resampling-based multiple testing", 1993; the added halves: Haldane, 1956, and Anscombe, 1956.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

import numpy as np
import numpy.typing as npt

from icpfit.drift.finding import Finding
from icpfit.drift.reshuffle import MOST_ROWS, draws_for, flags_of, reshuffler, some_accounts, sums_of
from icpfit.drift.trade_power import noticed, power_of_shares, rows_needed
from icpfit.drift.trade_rows import TraitCodes, TwoPeriods, cannot_tell, side_by_side
from icpfit.segments.pooling import pooled_rate, strength_between

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

CODE = "TRADE-WINRATE-SEGMENT"
FLOOR = 0.05
"""of the pooled win rate, beside what was expected of the segment"""
MATTERS = 0.10
FEWEST_NOW, FEWEST_BEFORE = 10, 20
"""rows of a segment, as many as are expected of it by its share of all rows"""
NAMED, ROWS = 3, 5
ALIKE = 1 - 1e-9


def rate_findings(
    rows: TwoPeriods, good: Bools, traits: Sequence[TraitCodes], *, level: float, seed: int, rate: str = "win rate"
) -> list[Finding]:
    """One finding per trait. ``good``: which rows were won (or kept). ``rate``: what their share is called.

    With no change at most ``level`` of calls raise any alarm.
    """
    before, now = rows.sizes
    share_now = now / max(before + now, 1)
    columns = [
        (i, v)
        for i, t in enumerate(traits)
        for v in range(len(t.values))
        if (k := int((t.code == v).sum())) * share_now >= FEWEST_NOW and k * (1 - share_now) >= FEWEST_BEFORE and k < (t.code >= 0).sum()
    ]
    if not columns or not good.any() or good.all():
        return [cannot_tell(CODE, f"{rate[0].upper()}{rate[1:]} by segment", rows, 2 * FEWEST_NOW, 2 * FEWEST_BEFORE)] if traits else []
    chosen = some_accounts(rows.account, rows.now, MOST_ROWS, np.random.default_rng([seed, 21]))
    flat, starts, widths = side_by_side([t.code[chosen] for t in traits], traits)
    place = np.array([starts[i] + 1 + v for i, v in columns], dtype=np.int64)
    of = np.array([i for i, _ in columns], dtype=np.int64)
    won = good[chosen]
    every = flags_of(flat, int(widths.sum()))
    total, hits = (every[side].sum(axis=0, dtype=np.float64) for side in (np.ones(len(chosen), dtype=bool), won))
    draw, draws = reshuffler(rows.account[chosen], rows.now[chosen], np.random.default_rng([seed, 22])), draws_for(level)
    counts = sums_of(chain([rows.now[chosen]], (draw() for _ in range(draws))), np.hstack([every, every * won[:, None]]))
    came, bought = np.hsplit(counts, 2)
    moved = departures(*_table(came, bought, total, hits, place, starts, starts + widths, of))
    seen, drawn = moved[0], np.abs(moved[1:])
    largest = drawn.max(axis=1)
    adjusted = (1 + (largest[:, None] >= np.abs(seen) * ALIKE).sum(axis=0)) / (draws + 1)
    critical = float(np.quantile(largest, 1 - level, method="higher"))
    found = []
    for i in np.unique(of):
        mine = np.flatnonzero(of == i)
        most = np.abs(seen[mine]).max()
        p = float((1 + (drawn[:, mine].max(axis=1) >= most * ALIKE).sum()) / (draws + 1))
        at = np.array([columns[j][1] for j in mine], dtype=np.int64)
        found.append(_finding(rows, good, traits[i], at, seen[mine], adjusted[mine], p, critical, level, rate))
    return found


def departures(won_now: Floats, now: Floats, won_before: Floats, before: Floats, others: tuple[Floats, Floats, Floats, Floats]) -> Floats:
    """The change of each segment's log-odds less that of the ``others`` (in the same order), in standard errors. Of any shape.

    >>> same = (np.array([20.0]), np.array([100.0]), np.array([40.0]), np.array([200.0]))
    >>> departures(*same, same).round(6).tolist()
    [0.0]
    """
    change, variance = np.zeros(now.shape), np.zeros(now.shape)
    for (a, n, b, m), sign in (((won_now, now, won_before, before), 1), (others, -1)):
        for hits, rows, way in ((a, n, 1), (b, m, -1)):
            up, down = hits + 0.5, rows - hits + 0.5
            change += sign * way * np.log(up / down)
            variance += 1 / up + 1 / down
    return np.asarray(change / np.sqrt(variance))


def _table(
    now: Floats, won: Floats, total: Floats, hits: Floats, place: Ints, starts: Ints, ends: Ints, of: Ints
) -> tuple[Floats, Floats, Floats, Floats, tuple[Floats, Floats, Floats, Floats]]:
    def known(counts: Floats) -> Floats:
        return np.column_stack([counts[:, s + 1 : e].sum(axis=1) for s, e in zip(starts, ends, strict=True)])[:, of]

    a, n, b, m = won[:, place], now[:, place], (hits - won)[:, place], (total - now)[:, place]
    return a, n, b, m, (known(won) - a, known(now) - n, known(hits - won) - b, known(total - now) - m)


def _finding(
    rows: TwoPeriods,
    good: Bools,
    trait: TraitCodes,
    at: Ints,
    seen: Floats,
    adjusted: Floats,
    p: float,
    critical: float,
    level: float,
    rate: str,
) -> Finding:
    known, width = trait.code >= 0, len(trait.values) + 1

    def by_value(side: Bools) -> Floats:
        return np.bincount(trait.code[known & side], minlength=width).astype(np.float64)[at]

    now, before, won_now, won_before = (by_value(s) for s in (rows.now, ~rows.now, rows.now & good, ~rows.now & good))
    then, expected = _pooled(won_before, before, (~rows.now & known), good), _expected(won_before, before, rows, known, good)
    strength = strength_between(won_now, now, expected) if len(at) > 1 else 50.0
    value, low, high = pooled_rate(won_now, now, expected, strength)
    off = value - expected
    told = [j for j in np.argsort(-np.abs(off), kind="stable") if adjusted[j] <= level and abs(off[j]) >= FLOOR][:NAMED]
    alarm, first = bool(told), int(told[0]) if told else int(np.argmax(np.abs(seen)))
    power = power_of_shares(float(expected[first]), MATTERS, float(before[first]), float(now[first]), critical)
    needed = rows_needed(float(expected[first]), MATTERS, float(before[first]), float(now[first]), critical)
    said = "; ".join(
        f"{trait.words(int(at[j]))}: {rate} {then[0][j]:.0%} ({then[1][j]:.0%} to {then[2][j]:.0%}) before,"
        f" {value[j]:.0%} ({low[j]:.0%} to {high[j]:.0%}) of {now[j]:,.0f} now, {expected[j]:.0%} had it moved like the others"
        for j in (told or [first])
    )
    fell = off[first] < 0
    if alarm:
        way, where = "fell" if fell else "rose", "one segment" if len(told) == 1 else "some segments"
        head = f"it {way} in {where}, unlike in the others; {said}"
    elif adjusted.min() <= level:
        head = f"a segment departs from the others, too little to matter; most in {said}"
    else:
        missed = noticed(f"a change of {MATTERS * 100:.0f} points there", power)
        head = f"no sign that one segment departs from the others; most in {said}; {missed}"
    subject = f"{rate[0].upper()}{rate[1:]} by {trait.label}"
    shown = rows.now & (trait.code == at[first]) & (~good if fell else good)
    return Finding(
        CODE,
        subject,
        float(seen[np.argmin(adjusted)]),
        p,
        float(adjusted.min()),
        float(min(abs(off[first]), 1.0)),
        int(before.sum()),
        int(now.sum()),
        alarm,
        f"{subject}: {head}",
        power=power,
        needed=needed,
        cohort=rows.cohort,
        rows=tuple(str(r) for r in rows.row_id[shown][::-1][:ROWS]) if alarm else (),
        action=_action(fell) if alarm else "",
    )


def _pooled(hits: Floats, counts: Floats, side: Bools, good: Bools) -> tuple[Floats, Floats, Floats]:
    around = np.full(len(counts), float(good[side].mean()) if side.any() else 0.5)
    strength = strength_between(hits, counts, around) if len(counts) > 1 else 50.0
    return pooled_rate(hits, counts, around, strength)


def _expected(won_before: Floats, before: Floats, rows: TwoPeriods, known: Bools, good: Bools) -> Floats:
    """Each segment's own rate before (pooled), moved on the log-odds scale as all others moved."""
    own = np.clip(_pooled(won_before, before, ~rows.now & known, good)[0], 1e-6, 1 - 1e-6)
    halves = [(good[side & known].sum() + 0.5) / ((~good)[side & known].sum() + 0.5) for side in (rows.now, ~rows.now)]
    odds = own / (1 - own) * halves[0] / halves[1]
    return np.asarray(odds / (1 + odds))


def _action(fell: bool) -> str:
    if fell:
        return "look at the lost deals there: a competitor, a price, a product gap or a change of who sells; until then work it with care"
    return "find out what works there and whether it travels; retrain (icpfit retrain) so that the card learns it"

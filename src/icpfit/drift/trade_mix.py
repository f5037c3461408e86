"""Who comes, and who buys: the make-up of two periods by what the accounts are, with whole accounts as the units.

Each value of each trait is asked whether its share has moved, and of a size whether more or fewer lie above each edge of its bands. The
largest answer over everything that was asked is held against the same after reshuffling (max-T), so that one level holds for the call.
Source: Westfall and Young, "Resampling-based multiple testing", 1993.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import numpy.typing as npt
from scipy.special import xlogy

from icpfit.drift.finding import Finding
from icpfit.drift.reshuffle import MOST_ROWS, draws_for, flags_of, reshuffler, some_accounts, sums_of
from icpfit.drift.trade_power import noticed, power_of_shares, rows_needed, share_words
from icpfit.drift.trade_rows import TraitCodes, TwoPeriods, cannot_tell, side_by_side
from icpfit.plural import counted

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

FLOOR = 0.05
"""A share that moved by less is not acted on, however sure it is."""
MATTERS = 0.10
"""the move that the power is told for"""
FEWEST_NOW, FEWEST_BEFORE = 20, 40
FEWEST_OF_VALUE = 5
"""rows of a value, in both periods together, below which it is not asked"""
HARDLY = 0.02
"""A value with no more than this share before is new."""
NAMED, ROWS = 3, 5
HALF = 0.5
ALIKE = 1 - 1e-9


@dataclass(frozen=True)
class _Family:
    """What is asked of all traits together: one column per value that is common enough, and one per cut of a size."""

    trait: Ints
    value: Ints
    """below 0: all values from this one (turned positive) on, of a trait whose values ascend"""
    observed: Floats
    own: Floats
    """p-value of each column by itself"""
    adjusted: Floats
    """that counts for all columns"""
    of_trait: Floats
    """p-value of each trait's largest column by itself"""
    critical: float


def mix_findings(rows: TwoPeriods, traits: Sequence[TraitCodes], *, level: float, seed: int, wins: bool = False) -> list[Finding]:
    """One finding per trait: ``TRADE-UPMARKET`` of a size, else ``TRADE-MIX``; of wins one ``TRADE-NEW-SEGMENT`` too, for what
    hardly stood among them before.

    With no change at most ``level`` of calls raise any alarm.
    """
    before, now = rows.sizes
    if not traits:
        return []
    if now < FEWEST_NOW or before < FEWEST_BEFORE:
        code, subject = ("TRADE-NEW-SEGMENT", "new segments") if wins else ("TRADE-MIX", f"the make-up of {rows.what}")
        return [cannot_tell(code, subject, rows, FEWEST_NOW, FEWEST_BEFORE)]
    chosen = some_accounts(rows.account, rows.now, MOST_ROWS, np.random.default_rng([seed, 11]))
    family = _ask(rows.account[chosen], rows.now[chosen], [t.code[chosen] for t in traits], traits, level, seed)
    found = []
    for i, trait in enumerate(traits):
        one = _finding(rows, trait, i, family, level, wins)
        if one is not None:
            found.append(one)
    if wins:
        found.append(_new_segments(rows, traits, family, level))
    return found


def _ask(account: Ints, now: Bools, codes: Sequence[Ints], traits: Sequence[TraitCodes], level: float, seed: int) -> _Family:
    """The statistics of the two periods as they are, and as often as needed after reshuffling."""
    flat, starts, widths = side_by_side(codes, traits)
    cells = flags_of(flat, int(widths.sum()))
    total = cells.sum(axis=0, dtype=np.float64)
    asked: list[tuple[int, int, int]] = []
    for i, t in enumerate(traits):
        for v in range(len(t.values)):
            k = total[starts[i] + 1 + v]
            if k >= FEWEST_OF_VALUE and k <= total[starts[i] + 1 : starts[i] + widths[i]].sum() - 1:
                asked.append((int(starts[i]) + 1 + v, i, v))
    columns, of, which = np.array(asked, dtype=np.int64).reshape(-1, 3).T
    cuts: list[tuple[int, int]] = []
    ranges: list[slice] = []
    for i, t in enumerate(traits):
        for v in range(1, len(t.values) if t.ordered else 0):
            above = slice(int(starts[i]) + 1 + v, int(starts[i]) + widths[i])
            if FEWEST_OF_VALUE <= total[above].sum() <= total[starts[i] + 1 : above.stop].sum() - 1:
                cuts.append((i, v))
                ranges.append(above)
    of = np.concatenate([of, [i for i, _ in cuts]]).astype(np.int64)
    which = np.concatenate([which, [-v for _, v in cuts]]).astype(np.int64)

    def hits(counts: Floats) -> Floats:
        return np.concatenate([counts[:, columns], *(counts[:, r].sum(axis=1, keepdims=True) for r in ranges)], axis=1)

    def known(counts: Floats) -> Floats:
        return np.column_stack([counts[:, s + 1 : s + w].sum(axis=1) for s, w in zip(starts, widths, strict=True)])[:, of]

    draw, draws = reshuffler(account, now, np.random.default_rng([seed, 12])), draws_for(level)
    counts = sums_of(chain([now], (draw() for _ in range(draws))), cells)
    roots = deviance_roots(hits(counts), known(counts), hits(total[None]), known(total[None]))
    seen, drawn = roots[0], np.abs(roots[1:])
    return _held(seen, drawn, of, which, len(traits), level)


def _held(seen: Floats, drawn: Floats, of: Ints, which: Ints, traits: int, level: float) -> _Family:
    size = np.abs(seen)
    own = (1 + (drawn >= size * ALIKE).sum(axis=0)) / (len(drawn) + 1)
    largest = drawn.max(axis=1, initial=0.0)
    adjusted = (1 + (largest[:, None] >= size * ALIKE).sum(axis=0)) / (len(drawn) + 1)
    of_trait = np.ones(traits)
    for i in range(traits):
        mine = of == i
        if mine.any():
            of_trait[i] = (1 + (drawn[:, mine].max(axis=1) >= size[mine].max() * ALIKE).sum()) / (len(drawn) + 1)
    return _Family(of, which, seen, own, adjusted, of_trait, float(np.quantile(largest, 1 - level, method="higher")))


def deviance_roots(hits: Floats, rows: Floats, all_hits: Floats, all_rows: Floats) -> Floats:
    """Signed roots of the deviance of 2 x 2 tables, of any shape; more hits now: positive. Near-normal even of few hits, half of one nearer
    what was to be expected (Yates).

    >>> deviance_roots(np.array([5.0, 5.0]), np.array([10.0, 10.0]), np.array([10.0, 5.0]), np.array([20.0, 20.0])).round(1).tolist()
    [0.0, 2.2]
    """
    deviance = np.zeros(hits.shape)
    off = hits - rows * all_hits / np.maximum(all_rows, 1)
    hits = hits - np.sign(off) * np.minimum(np.abs(off), HALF)
    for cell, row, column in (
        (hits, rows, all_hits),
        (rows - hits, rows, all_rows - all_hits),
        (all_hits - hits, all_rows - rows, all_hits),
        (all_rows - rows - all_hits + hits, all_rows - rows, all_rows - all_hits),
    ):
        expected = row * column / np.maximum(all_rows, 1)
        deviance += 2 * xlogy(cell, np.where(expected > 0, cell / np.where(expected > 0, expected, 1), 1))
    return np.sign(off) * np.sqrt(np.maximum(deviance, 0.0))


def _counts(rows: TwoPeriods, trait: TraitCodes) -> tuple[Floats, Floats, float, float]:
    """Of all rows: those with each value before and now, and those that are known before and now."""
    known = trait.code >= 0
    width = len(trait.values) + 1
    before, now = (np.bincount(trait.code[known & side], minlength=width).astype(np.float64) for side in (~rows.now, rows.now))
    return before[:-1], now[:-1], before.sum(), now.sum()


def _share(counts: Floats, value: int) -> float:
    """Rows of a value, or of all from a cut on."""
    return float(counts[value] if value >= 0 else counts[-value:].sum())


def _finding(rows: TwoPeriods, trait: TraitCodes, place: int, family: _Family, level: float, wins: bool) -> Finding | None:
    mine = np.flatnonzero(family.trait == place)
    before, now, n_before, n_now = _counts(rows, trait)
    if not len(mine) or not n_before or not n_now:
        return None
    values = family.value[mine].tolist()
    change = {v: _share(now, v) / n_now - _share(before, v) / n_before for v in values}
    best = mine[np.argmax(np.abs(family.observed[mine]))]
    told = [i for i in mine if family.adjusted[i] <= level]
    moved = [int(family.value[i]) for i in told if abs(change[int(family.value[i])]) >= FLOOR]
    cut = max((v for v in moved if v < 0), key=lambda v: abs(change[v]), default=None)
    bands = sorted((v for v in (values if cut else moved) if v >= 0 and abs(change[v]) >= FLOOR), key=lambda v: -abs(change[v]))
    moved = [*([cut] if cut else []), *bands][:NAMED]
    new = wins and bool(moved) and all(v >= 0 and before[v] <= HARDLY * n_before and change[v] > 0 for v in moved)
    alarm = bool(moved) and not new  # what is new is told by a finding of its own
    shown = moved[0] if moved else max(values, key=lambda v: (abs(change[v]), v))
    both = (_share(before, shown) + _share(now, shown)) / (n_before + n_now)
    power = power_of_shares(both, MATTERS, n_before, n_now, family.critical)
    said = "; ".join(
        f"{trait.words(v)}: {share_words(_share(before, v), n_before)} of {rows.what} before, {share_words(_share(now, v), n_now)} now"
        for v in (moved or [shown])
    )
    if alarm:
        words = f"{_direction(change[cut] if cut else 0.0, rows.what)}; {said}"
    elif new:
        words = f"new among them, see the new segments; {said}"
    elif told:
        words = f"hardly changed, too little to matter; {said}"
    else:
        words = f"no sign of a change; most in {said}; {noticed(f'a change of {MATTERS * 100:.0f} points', power)}"
    subject = f"{trait.label} of the wins" if wins else trait.label
    inside = (trait.code == shown) if shown >= 0 else (trait.code >= -shown)
    ids = rows.row_id[inside & (rows.now == (change[shown] > 0))]
    return Finding(
        "TRADE-UPMARKET" if trait.ordered else "TRADE-MIX",
        subject,
        float(family.observed[best]),
        float(family.of_trait[place]),
        float(family.adjusted[mine].min()),
        float(abs(change[shown])),
        int(n_before),
        int(n_now),
        alarm,
        f"{subject}: {words}",
        power=power,
        needed=rows_needed(both, MATTERS, n_before, n_now, family.critical),
        cohort=rows.cohort,
        rows=tuple(str(r) for r in ids[::-1][:ROWS]) if alarm else (),
        action=_action(change[cut] if cut else 0.0, wins) if alarm else "",
    )


def _direction(rise: float, what: str) -> str:
    if rise == 0:
        return f"{what} come from other accounts than before"
    larger, way = ("larger", "up") if rise > 0 else ("smaller", "down")
    return f"{what} come from {larger} accounts than before, moving {way}-market"


def _action(rise: float, wins: bool) -> str:
    if rise:
        way = "larger" if rise > 0 else "smaller"
        return f"ask sales whether {way} accounts are meant; if so, retrain (icpfit retrain) to learn from them, else look at targeting"
    where = "the offer" if wins else "targeting, campaigns and territories"
    return f"ask whether the change is meant, and look at {where}; if it is to stay, retrain (icpfit retrain)"


def _new_segments(rows: TwoPeriods, traits: Sequence[TraitCodes], family: _Family, level: float) -> Finding:
    """Values among the wins that hardly stood there before."""
    n_before, n_now = rows.sizes
    found: list[tuple[float, float, str, int, int, float]] = []
    for i in np.flatnonzero((family.value >= 0) & (family.observed > 0)):
        trait, v = traits[family.trait[i]], int(family.value[i])
        before, now, known_before, known_now = _counts(rows, trait)
        gain = now[v] / max(known_now, 1) - before[v] / max(known_before, 1)
        if family.adjusted[i] <= level and before[v] <= HARDLY * known_before and gain >= FLOOR:
            said = f"{trait.label}: {trait.words(v)}: {counted(int(before[v]), 'win')} of {known_before:,.0f} before"
            said += f", {now[v]:,.0f} of {known_now:,.0f} now ({now[v] / max(known_now, 1):.0%})"
            found.append((-gain, float(family.adjusted[i]), said, int(i), v, float(family.own[i])))
    power = power_of_shares(MATTERS / 2, MATTERS, n_before, n_now, family.critical)
    needed = rows_needed(MATTERS / 2, MATTERS, n_before, n_now, family.critical)
    subject, cohort = "new segments", rows.cohort
    if not found:
        q = float(family.adjusted.min(initial=1.0))
        words = f"{subject}: none among the wins; {noticed(f'one that makes up {MATTERS:.0%} of the wins', power)}"
        return Finding(
            "TRADE-NEW-SEGMENT", subject, None, q, q, 0.0, n_before, n_now, False, words, power=power, needed=needed, cohort=cohort
        )
    found.sort()
    gain, q, _, at, v, p = found[0]
    words = f"{subject}: customers buy who hardly bought before; {'; '.join(f[2] for f in found[:NAMED])}"
    ids = rows.row_id[rows.now & (traits[family.trait[at]].code == v)]
    return Finding(
        "TRADE-NEW-SEGMENT",
        subject,
        float(family.observed[at]),
        p,
        q,
        -gain,
        n_before,
        n_now,
        True,
        words,
        power=power,
        needed=needed,
        cohort=cohort,
        rows=tuple(str(r) for r in ids[::-1][:ROWS]),
        action="talk to these customers and find out why they buy; retrain (icpfit retrain) once twenty of them have",
    )

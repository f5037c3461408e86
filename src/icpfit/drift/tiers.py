"""Do accounts fall into other tiers than those that the card was made from?"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import stats

from icpfit.drift.answered import Answered
from icpfit.drift.cohort import cannot
from icpfit.drift.finding import Finding
from icpfit.drift.judged import Comparison
from icpfit.drift.power import WANTED, until_found
from icpfit.scorecard.card import TIER_NAMES, Scorecard

Floats = npt.NDArray[np.float64]

FLOOR_MOVED = 0.05
TOLD_MOVED = 0.10
"""share of accounts in another tier by which power is told"""
MIN_EXPECTED = 5.0


def tiers_finding(card: Scorecard, asked: Comparison) -> Finding:
    """``ICP-TIERS``: shares by tier of the deals now against those of the card's own training rows, by its own edges (chi-squared).

    Not against tiers by cards of the past: points are whole, so that no two cards have the same share of accounts above an edge. Deals of
    one account count once. Tiers that are too rare stand with the next. Where the card has disqualifiers, who is in D by one
    cannot be told from who is there by points, and A to C alone are compared.
    """
    now, noun, cohort, alpha = asked.now, asked.noun, asked.cohort, asked.level
    names = TIER_NAMES[:3] if card.disqualifiers else TIER_NAMES
    before = np.array([t.rows for t in card.tiers if t.name in names], dtype=np.float64)
    kept = np.isin(now.tier.astype(str), names)
    seen = np.array([(now.tier == name).sum() for name in names], dtype=np.float64)
    subject, sizes = "tiers", (int(before.sum()), int(seen.sum()))
    if min(sizes) == 0:
        return asked.untold("ICP-TIERS", subject, f"cannot tell; {noun}s with a tier are needed, before and now")
    table = _merged(np.vstack([_counted_once(before, asked.then), _counted_once(seen, now.of(kept))]))
    share_then, share_now = before / before.sum(), seen / seen.sum()
    moved = float(np.abs(share_now - share_then).sum() / 2)
    statistic, p = 0.0, 1.0
    if table.shape[1] > 1:
        result = stats.chi2_contingency(table, correction=False)
        statistic, p = float(result.statistic), float(result.pvalue)
    power = _power(table, float(table[1].sum()), alpha)
    needed = _needed(table, len(now), alpha)
    sure, alarm = p <= alpha, p <= alpha and moved >= FLOOR_MOVED
    told_shares = ", ".join(f"{name} {a:.0%} (was {b:.0%})" for name, b, a in zip(names, share_then, share_now, strict=True))
    now_and_then = f"of {cohort} {told_shares}"
    action = ""
    if alarm:
        words = f"{subject}: accounts fall into other tiers than when the card was made; {now_and_then}"
        more = float(share_now[:2].sum() - share_then[:2].sum())
        work = "more accounts in A and B than planned for" if more > 0 else "fewer accounts in A and B than planned for"
        action = f"{work}: see what has moved in the data, and set who works these tiers or their edges anew"
    elif sure:
        words = f"{subject}: accounts fall into hardly other tiers than when the card was made, too little to matter; {now_and_then}"
    elif power < WANTED:
        words = f"{cannot(needed, noun, f'a move of {TOLD_MOVED:.0%} of accounts', int(before.sum()))}; so far {now_and_then}"
    else:
        words = f"{subject}: accounts fall into the tiers as when the card was made; {now_and_then}"
    known = sure or power >= WANTED
    shown, lacking = p if known else None, 0 if known else needed
    return Finding("ICP-TIERS", subject, statistic, shown, shown, moved, *sizes, alarm, words, power, lacking, cohort, action=action)


def _counted_once(counts: Floats, side: Answered) -> Floats:
    """The counts of as many as tell something of their own: deals of an account are alike, at worst wholly. Source: Kish, "Survey
    Sampling", 1965 (weights that differ)."""
    if not len(side):
        return counts
    deals = np.unique(side.account.astype(str), return_counts=True)[1].astype(np.float64)
    return np.asarray(counts * (deals.sum() / (deals**2).sum()))


def _merged(table: Floats) -> Floats:
    """Tiers expected less than five times on a side stand with the next lower one, the last with the one above.

    >>> _merged(np.array([[2.0, 50.0, 40.0, 8.0], [1.0, 5.0, 6.0, 0.0]])).tolist()
    [[52.0, 48.0], [6.0, 6.0]]
    """
    share = table.sum(axis=1).min() / table.sum()
    columns: list[Floats] = []
    for column in table.T:
        if columns and columns[-1].sum() * share < MIN_EXPECTED:
            columns[-1] = columns[-1] + column
        else:
            columns.append(column.copy())
    if len(columns) > 1 and columns[-1].sum() * share < MIN_EXPECTED:
        last = columns.pop()
        columns[-1] = columns[-1] + last
    return np.column_stack(columns)


def _power(table: Floats, rows: float, alpha: float) -> float:
    """Of a move of :data:`TOLD_MOVED` between the two largest tiers, which is the hardest to see."""
    if table.shape[1] < 2 or rows <= 0:
        return 0.0
    share = np.sort(table[0] / table[0].sum())[-2:]
    effective = rows * table[0].sum() / (rows + table[0].sum())
    away = effective * TOLD_MOVED**2 * float((1 / share).sum())
    freedom = table.shape[1] - 1
    return float(stats.ncx2.sf(stats.chi2.isf(alpha, freedom), freedom, away))


def _needed(table: Floats, rows: int, alpha: float) -> int | None:
    each = float(table[1].sum()) / rows if rows else 1.0
    return until_found(lambda n: _power(table, n * each, alpha), rows)

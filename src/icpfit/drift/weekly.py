"""The weekly watch: do the signals still tell wins from losses, and are as many won, as the profile in force says?

Looks are taken when the number of new outcomes has reached a fixed grid (:mod:`icpfit.drift.looks`), and the whole history of
them is computed anew from the data each time: asking every hour changes nothing, and what later deals say changes no earlier look.
At each look the shortfall of each signal, and of the level, among the new deals is compared with that among the deals of before,
of all new deals and of the newest part of them. The boundary is that of watches whose deals end as their probabilities say: it
counts for all questions, parts and looks together, whatever they have in common.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from icpfit.config import Outcome
from icpfit.drift.answered import Answered
from icpfit.drift.association import Scores, centre_and_factor, draw_sums, in_order, likeness, scores_of, weights
from icpfit.drift.finding import Finding
from icpfit.drift.looks import Boundary, looks_until
from icpfit.drift.weekly_words import LEAST_BEFORE, Look, Watched, told

Floats = npt.NDArray[np.float64]
Int64s = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

DRAWS = 9_999
SHARE_LEVEL = 0.3
"""Of alpha; the rest is for the signals."""
NEWEST = 2
"""Looks back to where the newest part begins: a change of last month must not drown in the half year before it."""
LEAST_PART = 30
FEWEST = 10
"""Wins, and losses, that there must be before."""


def weekly_findings(
    then: Answered,
    now: Answered,
    *,
    alpha: float = 0.05,
    seed: int = 0,
    known: Int64s | None = None,
    labels: Mapping[str, str] | None = None,
    outcome: Outcome = "win",
) -> list[Finding]:
    """One finding for the win rate (``WATCH-WINRATE``; of ``outcome`` retention ``WATCH-RETENTION``), then one for each signal
    (``WATCH-SIGNAL``) in the order of ``now.parts``.

    An alarm is for what hurts: fewer wins than expected, or a signal that tells less than it did; it stays once it was raised. With
    no change at most ``alpha`` of watches ever raise any, however many looks they take.

    Args:
        then: deals that the profiles of the past had not seen when they spoke.
        now: deals whose end became known since the profile in force, with what it says of them.
        known: the moment at which each of ``now`` became known (microseconds); none = in the order in which they were created.
        labels: how people call the parts; a part without one is called by its name.

    Raises:
        ValueError: ``alpha`` is not between 0 and 1; ``known`` has another length.

    >>> none = np.array([], dtype=np.int64)
    >>> empty = Answered(none.astype(object), none.astype(object), none, none == 0, none * 1.0, none, none.astype(object))
    >>> weekly_findings(empty, empty)[0].words
    'Wins: cannot tell; 0 older deals can be compared, and 100 are needed'
    """
    if not 0 < alpha < 1:
        raise ValueError(f"alpha is a share of watches between 0 and 1, got {alpha}")
    if known is not None and len(known) != len(now):
        raise ValueError(f"{len(known)} moments are given for {len(now)} deals")
    names = list(now.parts)
    order = in_order(now, names, now.created if known is None else known)
    before = scores_of(then, names, in_order(then, names, then.created), one_card=False)
    new = scores_of(now, names, order, one_card=True)
    usable = np.concatenate([[_enough(before)], _enough(before) & (before.asked.sum(axis=0) >= LEAST_BEFORE)])
    watched = Watched(
        before,
        new,
        moments=(now.created if known is None else known)[order],
        usable=usable,
        names=[(labels or {}).get(name, name) for name in names],
        alpha=alpha,
        outcome=outcome,
    )
    looks = _looks(watched, then.inflation, seed) if usable[0] else []
    return told(watched, looks)


def _enough(before: Scores) -> bool:
    wins = int(before.good.sum())
    return len(before) >= LEAST_BEFORE and min(wins, len(before) - wins) >= FEWEST


@dataclass(frozen=True)
class _Side:
    """Of the level and each signal: the mean shortfall, its variance by chance, and draws x (1 + signals) of it without change."""

    shortfall: Floats
    variance: Floats
    null: Floats


def _looks(watched: Watched, inflation: float, seed: int) -> list[Look]:
    before, new = watched.before, watched.new
    odd = _odd(before)
    # The level is not inflated: the chances of before stand at the champion's own level, so that its mistake of it is in both sides.
    learned_from = np.where(np.arange(len(odd)) == 0, 1.0, inflation)
    base = _before(before, odd * learned_from, np.random.default_rng([seed, 0]))
    level, signals = Boundary(watched.alpha * SHARE_LEVEL, DRAWS), Boundary(watched.alpha * (1 - SHARE_LEVEL), DRAWS)
    found_if = np.zeros((DRAWS, len(watched.usable)), dtype=bool)
    ends = [0, *looks_until(len(new))]
    sums = [np.zeros((DRAWS, 1 + new.points.shape[1]))]
    looks: list[Look] = []
    for k, end in enumerate(ends[1:]):
        fresh = new.of(slice(ends[k], end))
        table = np.column_stack([np.ones(len(fresh)), fresh.points])
        sums.append(sums[-1] + draw_sums(table, fresh.expected, DRAWS, np.random.default_rng([seed, 1, k])))
        starts = [0] + [i for i in (k + 1 - NEWEST,) if i > 0 and end - ends[i] >= LEAST_PART]
        parts = [_part(new.of(slice(ends[i], end)), odd, sums[-1] - sums[i]) for i in starts]
        spread = [np.sqrt(part.variance + base.variance) for part in parts]
        z = np.stack([_over(base.shortfall - part.shortfall, s, watched.usable) for part, s in zip(parts, spread, strict=True)])
        null = np.stack([_over(base.null - part.null, s, watched.usable) for part, s in zip(parts, spread, strict=True)])
        at, largest = z.argmax(axis=0), null.max(axis=0)
        top, tops = z.max(axis=0), (largest[:, 0], largest[:, 1:].max(axis=1, initial=0.0))
        q = np.concatenate([level.adjusted(top[:1], tops[0]) / SHARE_LEVEL, signals.adjusted(top[1:], tops[1]) / (1 - SHARE_LEVEL)])
        threshold = np.concatenate([[level.advance(tops[0])], np.full(len(top) - 1, signals.advance(tops[1]))])
        matters = np.stack([_over(watched.matters(ends[i], end), s, watched.usable) for i, s in zip(starts, spread, strict=True)])
        found_if |= (null + matters[:, None, :]).max(axis=0) > threshold
        pick = np.arange(len(top))
        looks.append(
            Look(
                start=np.array([ends[i] for i in starts])[at],
                end=end,
                statistic=top,
                threshold=threshold,
                p_value=(1 + (largest >= top).sum(axis=0)) / (DRAWS + 1),
                q_value=np.minimum(q, 1.0),
                shortfall=np.stack([part.shortfall for part in parts])[at, pick],
                change=np.stack([base.shortfall - part.shortfall for part in parts])[at, pick],
                spread_now=np.sqrt(np.stack([part.variance for part in parts])[at, pick]),
                spread_before=np.sqrt(base.variance),
                power=found_if.mean(axis=0),
            )
        )
    return looks


def _over(change: Floats, spread: Floats, usable: Bools) -> Floats:
    """In standard deviations; 0 where nothing varies or nothing is known of before."""
    possible = (spread > 1e-9) & usable
    out: Floats = np.where(possible, change / np.where(possible, spread, 1.0), 0.0)
    return out


def _odd(before: Scores) -> Floats:
    """By how much residuals of before spread more than the probabilities let expect, as a factor of variance; at least 1."""
    squares, centred = weights(before) ** 2, before.residual - before.residual.mean()
    expected = squares.T @ before.variance
    odd: Floats = np.maximum(1.0, np.divide(squares.T @ centred**2, expected, out=np.ones_like(expected), where=expected > 0))
    return odd


def _before(rows: Scores, odd: Floats, rng: np.random.Generator) -> _Side:
    table = weights(rows)
    n = np.maximum(np.concatenate([[len(rows)], rows.asked.sum(axis=0)]), 1)
    factor = odd * likeness(rows.account, table * (rows.residual - rows.residual.mean())[:, None])
    return _Side(
        table.T @ rows.residual / n,
        factor * ((table**2).T @ rows.variance) / n**2,
        np.sqrt(factor) * draw_sums(table, rows.expected, DRAWS, rng) / n,
    )


def _part(rows: Scores, odd: Floats, sums: Floats) -> _Side:
    """``sums``: of the simulated residuals, and of each signal's points times them."""
    table, n = weights(rows), len(rows)
    centre, times = centre_and_factor(rows)
    factor = odd * likeness(rows.account, table * (rows.residual - rows.residual.mean())[:, None])
    null = np.column_stack([sums[:, :1], times * (sums[:, 1:] - centre * sums[:, :1])]) / n
    return _Side(table.T @ rows.residual / n, factor * ((table**2).T @ rows.variance) / n**2, np.sqrt(factor) * null)

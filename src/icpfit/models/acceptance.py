"""The trade's acceptance rule: the best 15 to 35 % of accounts hold 60 % of the wins, and convert ten times as often as the last."""

from __future__ import annotations

import numpy as np

from icpfit.models.intervals import interval, weighted_shares
from icpfit.models.metrics import CHUNK, Floats, Ints, account_weights, places
from icpfit.models.results import Acceptance

SHARES = tuple(s / 100 for s in range(15, 36))
HELD = 0.60
TIMES = 10.0
ENOUGH = 20
"""wins, and losses, below which nothing is answered"""
LEAST_WINS = 0.5
"""counted in the last part where it has none, so that the ratio stays a number"""


def judge_acceptance(label: Floats, probability: Floats, account: Ints, stratum: Ints, *, draws: int, seed: int) -> Acceptance:
    """The smallest share from 15 to 35 % for which both halves of the rule hold; without one, the smallest that holds 60 % of the wins.

    The last part is as large as the best one, at the other end. Where no share up to 35 % holds 60 %, the figures are
    those of 35 %.
    """
    wins = int(label.sum())
    if (missing := ENOUGH - min(wins, len(label) - wins)) > 0:
        return Acceptance("cannot tell", missing=missing)
    place, one = places(probability, stratum), np.ones((1, len(label)))
    held = {s: float(weighted_shares(label, place, s, one)[0]) for s in SHARES}
    times = {s: float(_times(label, place, s, one)[0]) for s in SHARES}
    enough = [s for s in SHARES if held[s] >= HELD]
    both = [s for s in enough if times[s] >= TIMES]
    share = (both or enough or [SHARES[-1]])[0]
    rng = np.random.default_rng(seed)
    size = max(1, CHUNK // len(label))
    drawn: list[tuple[Floats, Floats]] = []
    for start in range(0, draws, size):
        weights = account_weights(account, min(size, draws - start), rng)
        drawn.append((weighted_shares(label, place, share, weights), _times(label, place, share, weights)))
    held_ends = interval(np.concatenate([h for h, _ in drawn])) or (0.0, 1.0)
    times_ends = interval(np.concatenate([t for _, t in drawn])) or (0.0, float(len(label)))
    sure = (
        held_ends[0] >= HELD and times_ends[0] >= TIMES if both else (share == SHARES[-1] and held_ends[1] < HELD) or times_ends[1] < TIMES
    )
    bottom = float(weighted_shares(label, -place, share, one)[0])
    return Acceptance(
        "yes" if both else "no",
        share=share,
        held=held[share],
        held_low=held_ends[0],
        held_high=held_ends[1],
        times=times[share],
        times_low=times_ends[0],
        times_high=times_ends[1],
        rate_top=held[share] * wins / (share * len(label)),
        rate_bottom=bottom * wins / (share * len(label)),
        most=min(1.0, share * len(label) / wins),
        sure=sure,
    )


def _times(label: Floats, place: Floats, share: float, weights: Floats) -> Floats:
    """How many times as often the best ``share`` is won as the last; both hold as many rows, so wins alone are compared."""
    wins = weights @ label
    top, bottom = (weighted_shares(label, order, share, weights) * wins for order in (place, -place))
    return np.asarray(top / np.maximum(bottom, LEAST_WINS))

"""Is there any signal? The ranking on rows that neither model nor recipe had seen, against labels that mean nothing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from icpfit.models.dealt import beside_its_period, deal
from icpfit.models.matrix import Floats, Ints
from icpfit.models.metrics import average_ranks, stratified_auc
from icpfit.models.results import SignalTest

CHUNK = 4_000_000
"""labels dealt at a time"""


def judge_signal(
    label: Floats, score: Floats, account: Ints, stratum: Ints, names: Sequence[str], *, permutations: int, seed: int, looks: int = 1
) -> SignalTest:
    """AUC within strata (quarters), against its distribution under dealt labels; p = looks * (k + 1) / (B + 1), one-sided.

    What is dealt is by how much a label is above the mean of its quarter: a win rate that moves from quarter to quarter earns
    nothing. Rows of one account stay together, since they tend to end alike and to be ranked alike (:func:`icpfit.models.dealt.deal`).
    That may not deal enough luck where few rows end well and the score has few values; so each row is dealt by itself
    too, and the larger p counts. Where several ``looks`` are taken and any of them is enough, each p is multiplied by their number
    (Bonferroni).
    """
    both = np.isin(stratum, [s for s in np.unique(stratum) if len(np.unique(label[stratum == s])) == 2])
    if not both.any():
        return SignalTest(float("nan"), 1.0, len(label), tuple(names), "only one outcome in the newest rows: no signal can be told")
    y, strata, owner = label[both], stratum[both], account[both]
    place, pairs = np.zeros(len(y)), 0.0
    for s in np.unique(strata):
        inside = strata == s
        place[inside] = average_ranks(score[both][inside]) - (inside.sum() + 1) / 2
        pairs += y[inside].sum() * (1 - y[inside]).sum()
    left = beside_its_period(y, strata)
    observed = float(place @ left) - 1e-9 * pairs
    together, alone = owner, np.arange(len(y))
    as_well, step = 0, max(1, CHUNK // len(y))
    for who in (together, alone):
        rng, reached = np.random.default_rng(seed), 0
        for first in range(0, permutations, step):
            reached += int((place @ deal(left, who, strata, min(step, permutations - first), rng) >= observed).sum())
        as_well = max(as_well, reached)
    auc = float(stratified_auc(label, score, stratum))
    p = min(1.0, looks * (as_well + 1) / (permutations + 1))
    words = (
        f"on {len(label)} rows that neither the model nor its settings had seen ({', '.join(names)}) "
        f"the model puts {auc:.0%} of pairs in the right order; by chance alone this or more comes up with a probability of at most {p:.3g}"
    )
    return SignalTest(auc, p, len(label), tuple(names), words)

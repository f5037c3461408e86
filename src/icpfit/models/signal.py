"""Is there any signal? The ranking on rows that neither model nor recipe had seen, against labels that mean nothing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from icpfit.models.matrix import Floats, Ints
from icpfit.models.metrics import average_ranks, stratified_auc
from icpfit.models.results import SignalTest

CHUNK = 2_000_000


def judge_signal(
    label: Floats, score: Floats, account: Ints, stratum: Ints, names: Sequence[str], *, permutations: int, seed: int, looks: int = 1
) -> SignalTest:
    """AUC within strata (quarters), against its distribution under permuted labels; p = looks * (k + 1) / (B + 1), one-sided.

    Within a quarter, whole accounts trade their labels: those of an account stay together and in their
    order, and go to an account with as many rows, since rows of one account are not independent. An
    account that has no partner of its size in its quarter keeps its labels, which can only make the test
    more cautious. A win rate that moves from quarter to quarter earns nothing. Where several ``looks`` are
    taken and any of them is enough, each p is multiplied by their number (Bonferroni).
    """
    observed = stratified_auc(label, score, stratum)
    pairs = 0.0
    right = np.zeros(permutations)
    rng = np.random.default_rng(seed)
    for s in np.unique(stratum):
        inside = np.flatnonzero(stratum == s)
        positives = label[inside].sum()
        negatives = len(inside) - positives
        if positives == 0 or negatives == 0:
            continue
        pairs += positives * negatives
        ranks = average_ranks(score[inside])
        right += _permuted_rank_sums(ranks, label[inside], account[inside], permutations, rng) - positives * (positives + 1) / 2
    if pairs == 0:
        return SignalTest(float("nan"), 1.0, len(label), tuple(names), "only one outcome in the newest rows: no signal can be told")
    null = right / pairs
    p = min(1.0, looks * (int((null >= observed - 1e-12).sum()) + 1) / (permutations + 1))
    words = (
        f"on {len(label)} rows that neither the model nor its settings had seen ({', '.join(names)}) "
        f"the model puts {observed:.0%} of pairs in the right order; by chance alone this or more comes up with probability {p:.3g}"
    )
    return SignalTest(observed, p, len(label), tuple(names), words)


def _permuted_rank_sums(ranks: Floats, label: Floats, account: Ints, draws: int, rng: np.random.Generator) -> Floats:
    """Sum of the positives' ranks in each draw."""
    order = np.argsort(account, kind="stable")
    _, starts, sizes = np.unique(account[order], return_index=True, return_counts=True)
    total = np.zeros(draws)
    for size in np.unique(sizes):
        rows = order[starts[sizes == size][:, None] + np.arange(size)]
        r, y = ranks[rows], label[rows]
        m = len(rows)
        step = max(1, CHUNK // (m * int(size)))
        for first in range(0, draws, step):
            many = min(step, draws - first)
            place = rng.permuted(np.tile(np.arange(m), (many, 1)), axis=1)
            total[first : first + many] += np.einsum("ms,bms->b", r, y[place])
    return total

"""What a champion's training rows looked like, as its bundle keeps it, beside what today's data says of the same rows."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from icpfit.drift.finding import Finding
from icpfit.drift.said import FLOOR
from icpfit.plural import counted

MOST_IDS = 200
DIGITS = 8
"""of a hash; so few tell nobody whose deal it is, and by chance one in twenty million is another's"""
LEAST_LOST = 5
"""rows; fewer are somebody's correction"""
SAME = 0.8
"""share of a cohort's rows that must still be there: those of fewer may be others, of which less was known all along"""
LOOK = "look at the export: a column that is empty, or written in another way; then load it again"


def learned_values(features: pd.DataFrame, cohort: npt.NDArray[np.object_], deal_id: Iterable[object] | None) -> dict[str, Any]:
    """Plain JSON of one training set: rows by cohort, of how many of them each feature was known, and a few of the deals' ids, hashed.

    ``deal_id`` is None where the source has no ids of its own, so that its ids say nothing.
    """
    names, code = np.unique(cohort.astype(str), return_inverse=True)
    known = {str(c): np.bincount(code, features[c].notna().to_numpy(np.float64), len(names)) for c in features.columns}
    return {
        "cohorts": names.tolist(),
        "rows": np.bincount(code, minlength=len(names)).tolist(),
        "known": {name: counts.astype(np.int64).tolist() for name, counts in known.items()},
        "ids": [] if deal_id is None else sample_of(deal_id),
    }


def hash_of(deal_id: object) -> str:
    """
    >>> hash_of("D1"), hash_of("D1") == hash_of("D1 ")
    ('33a123e5', False)
    """
    return hashlib.sha256(str(deal_id).encode()).hexdigest()[:DIGITS]


def sample_of(deal_id: Iterable[object]) -> list[str]:
    """The smallest hashes: as good as drawn by lot, and the same whatever the order."""
    return sorted({hash_of(i) for i in deal_id})[:MOST_IDS]


def none_is_left(learned: Mapping[str, Any], deal_id: Iterable[object]) -> bool:
    """Whether of the ids that were kept not one is among ``deal_id``; False where none was kept."""
    kept = set(learned.get("ids") or ())
    return bool(kept) and kept.isdisjoint(hash_of(i) for i in deal_id)


def lost_findings(
    learned: Mapping[str, Any], features: pd.DataFrame, cohort: npt.NDArray[np.object_], labels: Mapping[str, str], used: Collection[str]
) -> list[Finding]:
    """A finding for each feature in ``used`` that was known of more rows than it is now; most lost first.

    ``features`` and ``cohort`` are those of the same rows today. Where today has fewer of a cohort, what was known of it counts for
    those that are left, and a cohort of which most is gone is passed over: an export that leaves out old years has lost no field.
    A fact and no test: a lost field is lost.

    >>> then = learned_values(pd.DataFrame({"size": [1.0] * 10}), np.full(10, "2025Q1"), None)
    >>> now = pd.DataFrame({"size": [1.0] * 4 + [np.nan] * 6})
    >>> lost_findings(then, now, np.full(10, "2025Q1"), {"size": "Size"}, ["size"])[0].words
    'Size: was known of 10 of the 10 deals that the champion learned from, and is known of 4 of them today'
    """
    if not learned:
        return []
    today = pd.Series(cohort.astype(str), dtype=object).value_counts()
    rows = {c: k for c, k in zip(learned["cohorts"], learned["rows"], strict=True) if today.get(c, 0) >= SAME * k}
    there = np.array([str(c) in rows for c in cohort], dtype=bool)
    names, code = np.unique(cohort[there].astype(str), return_inverse=True)
    now = np.bincount(code, minlength=len(names))
    n = int(now.sum())
    found: list[Finding] = []
    for name in features.columns:
        if name not in used or name not in learned["known"] or not n:
            continue
        known = dict(zip(learned["cohorts"], learned["known"][name], strict=True))
        expected = float(sum(int(k) * known[c] / rows[c] for c, k in zip(names, now, strict=True)))
        still = int(features[name].notna().to_numpy()[there].sum())
        lost = expected - still
        if lost < LEAST_LOST or lost / n < FLOOR:
            continue
        label = labels.get(str(name), str(name))
        words = (
            f"{label}: was known of {round(expected):,} of the {n:,} deals that the champion learned from, "
            f"and is known of {f'{still:,} of them' if still else 'none of them'} today"
        )
        found.append(Finding("DRIFT-LOST", label, None, None, None, min(lost / n, 1.0), n, n, False, words, action=LOOK))
    return sorted(found, key=lambda f: (-(f.effect or 0.0), f.subject))


def strangers_finding(learned: Mapping[str, Any], looked_at: int, companies: tuple[str, str]) -> Finding:
    """Not one of the deals that the champion learned from is there. ``companies``: the champion's, and the configuration's."""
    rows, ids = int(sum(learned["rows"])), len(learned["ids"])
    which = f"the {counted(rows, 'deal')}" if ids == rows else f"{ids:,} of the {counted(rows, 'deal')}"
    others = f"; the champion is of {companies[0]}, and the configuration of {companies[1]}" if companies[0] != companies[1] else ""
    words = f"not one of {which} that the champion learned from is in the data, by its id{others}"
    action = (
        "see that the configuration and the workspace are of one company, and that the export holds the older deals too; "
        "if only the ids have changed, retrain (icpfit retrain)"
    )
    return Finding("DRIFT-SOURCE", "the deals", None, None, None, None, rows, looked_at, False, words, action=action)

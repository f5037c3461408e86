"""What tells one group of deals from another: one attribute at a time, with chance counted for all that were looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from icpfit.config import FeatureSpec
from icpfit.models.metrics import average_ranks
from icpfit.scorecard.wording import range_label

MIN_SIDE = 20
"""Accounts with a known value that a comparison needs on each side, and that a text must have to be looked at."""
LEVEL = 0.05
"""Of all differences that are named, at most this share is chance (false discovery rate)."""
MOST_NAMED = 8
ALIKE = 0.6
"""A difference that goes together with a stronger one, by rank correlation above this, is counted and not named beside it."""

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Difference:
    """One attribute: which part of each group has ``said``, and how surely the groups differ.

    ``superiority``: the share of pairs, within strata, in which the first group's value is the higher one; ties half.
    """

    feature: str
    label: str
    said: str
    first_share: float
    second_share: float
    first_known: int
    second_known: int
    superiority: float
    p_value: float
    q_value: float

    def values(self) -> dict[str, Any]:
        return {
            "feature": self.feature,
            "label": self.label,
            "said": self.said,
            "shares": [self.first_share, self.second_share],
            "known": [self.first_known, self.second_known],
            "superiority": self.superiority,
            "p_value": self.p_value,
            "q_value": self.q_value,
        }


@dataclass(frozen=True)
class Compared:
    """``found``: the differences beyond chance, the strongest first, and ``named``: those of them that say each something of its own.
    ``asked``: how many comparisons chance was counted for."""

    found: tuple[Difference, ...]
    named: tuple[Difference, ...]
    asked: int
    sizes: tuple[int, int]
    """accounts in either group"""

    def report(self) -> dict[str, Any]:
        return {
            "accounts": list(self.sizes),
            "asked": self.asked,
            "beyond_chance": len(self.found),
            "needed": None if self.asked or min(self.sizes) >= MIN_SIDE else MIN_SIDE,
            "strongest": [d.values() for d in self.named],
        }


def compare_groups(
    features: pd.DataFrame, specs: Sequence[FeatureSpec], account_id: npt.NDArray[np.object_], first: Bools, second: Bools, stratum: Ints
) -> Compared:
    """Numbers and flags by ranks within strata (van Elteren's test), each text of a category as a flag; Benjamini-Hochberg over all.

    ``stratum`` is commonly the year: what moved from year to year must not pass for a difference of the groups. An account
    with several rows in a group counts once there, by the first; one that stands in both counts for neither.
    Sources: van Elteren, 1960; Benjamini and Hochberg, 1995.
    """
    from scipy.stats import false_discovery_control

    both = set(account_id[first]) & set(account_id[second])
    alone = ~np.array([a in both for a in account_id], dtype=bool)
    a, b = (_once(account_id, side & alone) for side in (first, second))
    rows = np.concatenate([a, b])
    is_first = np.arange(len(rows)) < len(a)
    found: list[tuple[FeatureSpec, str, Floats, Bools, float, float]] = []
    looked: dict[tuple[str, str], Floats] = {}
    for spec in specs:
        for said, values, has in _looks(features[spec.name].to_numpy()[rows], spec):
            known = ~np.isnan(values)
            if min((known & is_first).sum(), (known & ~is_first).sum()) < MIN_SIDE or np.ptp(values[known]) == 0:
                continue
            superiority, p = van_elteren(values[known], is_first[known], stratum[rows][known])
            if np.isfinite(p):
                found.append((spec, said, has, known, superiority, p))
                looked[spec.name, said] = values
    q = false_discovery_control([f[-1] for f in found]) if found else []
    told = [
        Difference(
            spec.name,
            spec.label,
            said,
            float(has[known & is_first].mean()),
            float(has[known & ~is_first].mean()),
            int((known & is_first).sum()),
            int((known & ~is_first).sum()),
            superiority,
            p,
            float(one),
        )
        for (spec, said, has, known, superiority, p), one in zip(found, q, strict=True)
        if one <= LEVEL
    ]
    told.sort(key=lambda d: (-abs(d.superiority - 0.5), d.p_value, d.feature, d.said))
    return Compared(tuple(told), _of_their_own(told, looked), len(found), (len(a), len(b)))


def _of_their_own(told: Sequence[Difference], values: Mapping[tuple[str, str], Floats]) -> tuple[Difference, ...]:
    """The strongest differences, without those that a stronger one goes together with."""
    named: list[Difference] = []
    for d in told:
        if len(named) == MOST_NAMED:
            break
        own = values[d.feature, d.said]
        if not any(_alike(own, values[n.feature, n.said]) for n in named):
            named.append(d)
    return tuple(named)


def _alike(a: Floats, b: Floats) -> bool:
    both = ~np.isnan(a) & ~np.isnan(b)
    if both.sum() < MIN_SIDE or np.ptp(a[both]) == 0 or np.ptp(b[both]) == 0:
        return False
    return bool(abs(np.corrcoef(average_ranks(a[both]), average_ranks(b[both]))[0, 1]) > ALIKE)


def van_elteren(values: Floats, first: Bools, stratum: Ints) -> tuple[float, float]:
    """Share of pairs within strata in which the first group's value is higher, and the two-sided p-value that it is half of them.

    Rank sums of the strata, each weighted by 1 / (rows + 1); variance with ties. With one stratum it is the test of
    Wilcoxon, Mann and Whitney. NaN where no stratum holds both groups and two values.

    >>> van_elteren(np.array([1.0, 2.0]), np.array([False, True]), np.array([0, 1]))
    (nan, nan)
    """
    from scipy.stats import norm

    right = pairs = total = variance = 0.0
    for s in np.unique(stratum):
        x, g = values[stratum == s], first[stratum == s]
        n, m = len(x), int(g.sum())
        if m == 0 or m == n:
            continue
        ranks = average_ranks(x)
        u = ranks[g].sum() - m * (m + 1) / 2
        right, pairs = right + u, pairs + m * (n - m)
        _, ties = np.unique(x, return_counts=True)
        spread = m * (n - m) / 12 * ((n + 1) - (ties.astype(np.float64) ** 3 - ties).sum() / (n * (n - 1)))
        total += (u - m * (n - m) / 2) / (n + 1)
        variance += spread / (n + 1) ** 2
    if variance <= 0:
        return float("nan"), float("nan")
    return float(right / pairs), float(2 * norm.sf(abs(total) / np.sqrt(variance)))


def _once(account_id: npt.NDArray[np.object_], inside: Bools) -> Ints:
    rows = np.flatnonzero(inside)
    _, place = np.unique(account_id[rows].astype(str), return_index=True)
    return rows[np.sort(place)]


def _round(cut: float, whole: bool) -> float:
    """
    >>> _round(0.596, False), _round(91, True), _round(10_589_000, True)
    (0.6, 91, 11000000.0)
    """
    return cut if whole and abs(cut) < 1_000 else float(f"{cut:.2g}")


def _looks(column: npt.NDArray[np.generic], spec: FeatureSpec) -> list[tuple[str, Floats, Floats]]:
    """What of an attribute is compared: (in words, the values to be ranked, 1 where the words hold)."""
    if spec.kind == "category":
        texts = column.astype(object)
        unknown = np.array([t is None for t in texts], dtype=bool)
        names, counts = np.unique(texts[~unknown].astype(str), return_counts=True)
        flags = [(str(name), np.where(unknown, np.nan, (texts == name).astype(np.float64))) for name in names[counts >= MIN_SIDE]]
        return [(name, flag, flag) for name, flag in flags]
    values = column.astype(np.float64)
    known = values[~np.isnan(values)]
    if not len(known):
        return []
    if set(np.unique(known)) <= {0.0, 1.0} and spec.kind == "flag":
        return [("yes", values, values)]
    whole = bool((known == np.floor(known)).all())
    cut = float(np.median(known))
    if cut <= known.min():
        above = known[known > cut]
        if not len(above):
            return [("any", values, values)]
        cut = float(above.min())
    cut = _round(float(known[known >= cut].min()), whole)
    words = range_label(cut, None, spec, counts=bool(known.min() >= 0) and whole, integers=whole)
    return [(words, values, np.where(np.isnan(values), np.nan, (values >= cut).astype(np.float64)))]

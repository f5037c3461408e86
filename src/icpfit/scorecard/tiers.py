"""Shares of accounts to frozen edges in points, and what stands behind each tier."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from icpfit.config import TierSettings
from icpfit.scorecard.card import TIER_NAMES, Tier, tier_index

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def tier_edges(points: Ints, shares: Sequence[float]) -> tuple[int, int, int, int]:
    """Falling edges of A, B, C and D (0): each so that the share at or above it is nearest to what is wanted.

    Of two edges as near, the higher (fewer accounts). Where there are too few different totals for that, a
    tier shares the edge of the one above and is empty, rather than call many accounts better than was asked.
    A share of 0 does so too (an A of share 0 is out of reach, at 101).

    >>> tier_edges(np.arange(100), (0.1, 0.2, 0.3, 0.4))
    (90, 70, 40, 0)
    >>> tier_edges(np.array([10, 10, 10, 60]), (0.1, 0.2, 0.3, 0.4))
    (60, 60, 60, 0)
    """
    distinct = np.unique(points)[::-1]
    at_or_above = np.array([(points >= d).mean() for d in distinct])
    edges: list[int] = []
    wanted = 0.0
    for share in shares[:3]:
        wanted += share
        previous = edges[-1] if edges else 101
        if share <= 0:
            edges.append(previous)
            continue
        away = np.where(distinct <= previous, np.abs(at_or_above - wanted), np.inf)
        edges.append(int(distinct[int(np.argmin(np.round(away, 12)))]))
    return edges[0], edges[1], edges[2], 0


def make_tiers(
    settings: Sequence[TierSettings], edges: Sequence[int], points: Ints, chance: Floats, label: Floats, chance_at: Floats
) -> tuple[Tier, ...]:
    """Tiers with their rates; rows are those that no disqualifier moved, ``label`` 1, 0 or NaN.

    ``chance_at`` is the chance at 0 to 100 points; a tier without rows has that of its edge.
    """
    place = tier_index(points, edges)
    tiers = []
    for i, (name, setting) in enumerate(zip(TIER_NAMES, settings, strict=True)):
        inside = place == i
        known = inside & ~np.isnan(label)
        tiers.append(
            Tier(
                name=name,
                from_points=int(edges[i]),
                expected_rate=round(float(chance[inside].mean() if inside.any() else chance_at[min(edges[i], 100)]), 6),
                observed_rate=round(float(label[known].mean()), 6) if known.any() else None,
                rows=int(inside.sum()),
                sla_hours=setting.sla_hours,
                owner=setting.owner,
                action=setting.action,
            )
        )
    return tuple(tiers)


def empty_tier_words(edges: Sequence[int], points: Ints, shares: Sequence[float]) -> str | None:
    """A sentence where a tier that should hold accounts holds none."""
    place = tier_index(points, edges)
    empty = [name for i, (name, share) in enumerate(zip(TIER_NAMES, shares, strict=True)) if share > 0 and not (place == i).any()]
    if not empty:
        return None
    return f"No account reaches tier {' or '.join(empty)}: the card has too few different totals to cut the shares that were asked for."

"""Shares of accounts to frozen edges in points, and what stands behind each tier."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from icpfit.config import ScorecardSettings, TierSettings
from icpfit.errors import ConfigError
from icpfit.moments import DAY
from icpfit.scorecard.card import TIER_NAMES, Tier, tier_index
from icpfit.training_set import TrainingSet

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

QUARTER_DAYS = 365 / 4


def with_shares(settings: ScorecardSettings, training: TrainingSet) -> ScorecardSettings:
    """The settings with every number of ``accounts`` as the share that it is of those that come in a quarter.

    Raises:
        ConfigError: nothing says how many come in a quarter.
    """
    if not any(t.accounts for t in settings.tiers):
        return settings
    coming = settings.accounts_per_quarter or quarterly_rows(training)
    if coming is None:
        i = next(i for i, t in enumerate(settings.tiers) if t.accounts)
        raise ConfigError(
            f"scorecard.tiers.{i}.accounts: how many accounts come in a quarter is not known, since the deals have no dates",
            hint="say it: scorecard.accounts_per_quarter: 1000",
        )
    left, tiers = 1.0, []
    for t in settings.tiers:
        share = t.share if t.accounts is None else min(t.accounts / coming, left)
        left -= share or 0.0
        tiers.append(t.model_copy(update={"share": share}))
    return settings.model_copy(update={"tiers": tuple(tiers)})


def quarterly_rows(training: TrainingSet) -> float | None:
    """Rows per quarter of the newest year (of all there is, where that is less); None without dates."""
    if training.timing != "dated" or not len(training.position):
        return None
    newest = int(training.position.max())
    days = min(365.0, max((newest - int(training.position.min())) / DAY, QUARTER_DAYS))
    return float((training.position > newest - days * DAY).sum()) * QUARTER_DAYS / days


def capacity_words(settings: ScorecardSettings, training: TrainingSet) -> str | None:
    """A sentence on what the tiers that are cut by capacity rest on; None where there is none.

    A tier holds what its team can work, or what the tiers above it leave of all that come, where that is less.
    """
    if not any(t.accounts for t in settings.tiers):
        return None
    said = settings.accounts_per_quarter
    coming = said or quarterly_rows(training) or 0
    left, cut, short = float(coming), [], False
    for t in settings.tiers:
        if t.accounts:
            short = short or t.accounts > left
            cut.append(f"tier {t.name} holds {_held(t.accounts, left)}")
        left = max(left - (t.accounts or (t.share or 0.0) * coming), 0.0)
    of = (
        f"of the {said:,} accounts a quarter that the configuration names"
        if said
        else f"of some {coming:,.0f} deals a quarter that it learned from"
    )
    words = f"Cut by what the team can work: {' and '.join(cut)} {of}."
    if not said:
        words += " Where more accounts come than that, say so: scorecard.accounts_per_quarter."
    if short:
        words += " The team can work more accounts than come: the lower tiers are empty."
    return words


def _held(accounts: int, left: float) -> str:
    """
    >>> _held(400, 1000.0), _held(400, 99.6), _held(400, 0.0)
    ('400', '100, not 400,', 'none, not 400,')
    """
    if accounts <= left:
        return f"{accounts:,}"
    return f"{f'{left:,.0f}' if round(left) else 'none'}, not {accounts:,},"


def chance_at(intercept: float, slope: float) -> Floats:
    """The chance at 0 to 100 points."""
    return np.asarray(1 / (1 + np.exp(-(intercept + slope * np.arange(101)))))


def fixed_edges(tiers: Sequence[TierSettings], chance_at: Floats) -> tuple[int | None, ...]:
    """For A, B and C: the least points whose chance is at least what is expected of the tier; None where nothing is expected.

    ``chance_at`` is the chance at 0 to 100 points, rising; 101 is out of reach.

    >>> tiers = ScorecardSettings().tiers
    >>> fixed_edges((tiers[0].model_copy(update={"expected": 0.5}), *tiers[1:]), np.arange(101) / 200)
    (100, None, None)
    """
    return tuple(None if t.expected is None else int(np.searchsorted(np.round(chance_at, 12), t.expected)) for t in tiers[:3])


def tier_edges(points: Ints, shares: Sequence[float | None], fixed: Sequence[int | None] = (None, None, None)) -> tuple[int, int, int, int]:
    """Falling edges of A, B, C and D (0): each so that the share at or above it is nearest to what is wanted, or where it is ``fixed``.

    Of two edges as near, the higher (fewer accounts). Where there are too few different totals for that, a
    tier shares the edge of the one above and is empty, rather than call many accounts better than was asked.
    A share of 0 does so too (an A of share 0 is out of reach, at 101).

    >>> tier_edges(np.arange(100), (0.1, 0.2, 0.3, 0.4))
    (90, 70, 40, 0)
    >>> tier_edges(np.array([10, 10, 10, 60]), (0.1, 0.2, 0.3, 0.4))
    (60, 60, 60, 0)
    >>> tier_edges(np.arange(100), (None, 0.2, None, None), (80, None, 25))
    (80, 60, 25, 0)
    """
    distinct = np.unique(points)[::-1]
    at_or_above = np.array([(points >= d).mean() for d in distinct])
    edges: list[int] = []
    wanted = 0.0
    for share, edge in zip(shares[:3], fixed, strict=True):
        previous = edges[-1] if edges else 101
        if edge is not None:
            edges.append(min(edge, previous))
            wanted = float((points >= edges[-1]).mean())
            continue
        wanted += share or 0.0
        if not share:
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


def empty_tier_words(edges: Sequence[int], points: Ints, tiers: Sequence[TierSettings]) -> str | None:
    """A sentence where a tier that should hold accounts holds none."""
    place = tier_index(points, edges)
    empty = [(t, name) for i, (name, t) in enumerate(zip(TIER_NAMES, tiers, strict=True)) if not (place == i).any()]
    asked = " or ".join(name for t, name in empty if t.accounts or (t.share or 0) > 0)
    words = (
        [f"No account reaches tier {asked}: the card has too few different totals to cut the shares that were asked for."] if asked else []
    )
    for t, name in empty:
        if t.expected is not None:
            words.append(f"No account reaches tier {name}: none has a chance of {t.expected:.0%} that is not better still.")
    return " ".join(words) or None

"""Deals whose end is known, drawn from a law that is known too, and the card that speaks of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from scipy import stats

from icpfit.config import LAYERS
from icpfit.drift.answered import Answered
from icpfit.drift.finding import Finding
from icpfit.moments import DAY, parse_moment
from icpfit.scorecard.card import TIER_NAMES, Attribute, Bin, Fidelity, Scorecard, Tier, tier_names

POINTS = ([0, 10, 25], [0, 12, 30], [0, 15], [0, 6, 12], [0, 10], [0, 8])
SHARES = ([0.5, 0.3, 0.2], [0.4, 0.4, 0.2], [0.6, 0.4], [0.3, 0.4, 0.3], [0.7, 0.3], [0.5, 0.5])
LAYER = (LAYERS[0], LAYERS[1], LAYERS[2], LAYERS[3], LAYERS[0], LAYERS[2])
EDGES = (60, 45, 30, 0)
INTERCEPT, SLOPE = -2.2, 0.04


def draw_points(n: int, rng: np.random.Generator) -> np.ndarray:
    """(n, attributes)"""
    return np.column_stack([np.array(p)[rng.choice(len(p), n, p=s)] for p, s in zip(POINTS, SHARES, strict=True)])


def make_card(points: tuple[list[int], ...] = POINTS, layers: tuple[str, ...] = LAYER, names: str = "abcdef") -> Scorecard:
    """A category for each list of points, with a value ``v0``, ``v1``, … for each; the tiers' rows are as the law has them."""
    attributes = tuple(
        Attribute(
            f"x_{name}",
            f"Attribute {name}",
            layer,
            "category",
            "",
            "",
            (
                *(Bin(f"v{i}", x, max(x - 4.0, 0.0), x + 4.0, 100, 0.3, values=(f"v{i}",)) for i, x in enumerate(row)),
                Bin("unknown", 1, 0.0, 3.0, 0, None, unknown=True),
            ),
            0.9,
        )
        for row, layer, name in zip(points, layers, names, strict=True)
    )
    total = draw_points(100_000, np.random.default_rng(0)).sum(axis=1)
    above = [0.0, *((total >= edge).mean() for edge in EDGES)]
    tiers = tuple(
        Tier(t, e, 0.3, 0.3, round(1_000 * share), None, "", "") for t, e, share in zip(TIER_NAMES, EDGES, np.diff(above), strict=True)
    )
    weights = {layer: sum(max(p) for p, own in zip(points, layers, strict=True) if own == layer) for layer in LAYERS}
    return Scorecard("win", attributes, (), tiers, Fidelity(0.9, 0.9, 0.7, 0.7, 0.01, 0.8, 1_000), weights, weights, INTERCEPT, SLOPE)


def answered(
    n: int,
    rng: np.random.Generator,
    start: str = "2023-01-01",
    days: int = 730,
    *,
    level: float = 0.0,
    slope: float = 1.0,
    lost: int | None = None,
    fit: float = 0.0,
    deals_per_account: int = 1,
    alike: float = 0.7,
) -> Answered:
    """``level``: log-odds by which outcomes are off what the model says. ``slope``: what a step of its log-odds is worth. ``lost``: the
    number of an attribute that has no effect any more. ``fit``: log-odds by which tiers A and B alone are off. ``alike``: how far an
    account's deals are.
    """
    first = parse_moment(start)
    created = np.sort(first + rng.integers(0, days, n) * DAY)
    parts = draw_points(n, rng)
    points = parts.sum(axis=1)
    own = 0.5 * rng.normal(size=n)
    said = INTERCEPT + SLOPE * points + own
    tier = tier_names(points, EDGES, np.zeros(n, dtype=bool))
    middle = said.sum() / max(n, 1)
    true = middle + slope * (said - middle) + level + fit * np.isin(tier.astype(str), ["A", "B"])
    account = np.arange(n)
    if deals_per_account > 1:
        accounts = max(n // deals_per_account, 1)
        account = rng.integers(0, accounts, n)
        true = true + alike * rng.normal(size=accounts)[account]
    if lost is not None:
        true = true - SLOPE * (parts[:, lost] - parts[:, lost].sum() / max(n, 1))
    return Answered(
        deal_id=np.array([f"D{i}" for i in range(n)], dtype=object),
        account=np.array([f"A{i}" for i in account], dtype=object),
        created=created,
        good=rng.random(n) < 1 / (1 + np.exp(-true)),
        probability=1 / (1 + np.exp(-said)),
        points=points.astype(np.int64),
        tier=tier,
        parts={f"x_{name}": parts[:, j].astype(np.int64) for j, name in enumerate("abcdef")},
    )


def newer(n: int, rng: np.random.Generator, **changes: Any) -> Answered:
    """One quarter."""
    return answered(n, rng, "2025-01-01", 90, **changes)


def shuffled(side: Answered, rng: np.random.Generator) -> Answered:
    """The rows of equal moments in another order."""
    order = rng.permutation(len(side))
    return side.of(order[np.argsort(side.created[order], kind="stable")])


def alike(one: Mapping[str, Any], two: Mapping[str, Any]) -> bool:
    """Whether two findings say the same, but for the last digits of sums."""

    def close(a: Any, b: Any) -> bool:
        return math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-12) if isinstance(a, float) and isinstance(b, float) else bool(a == b)

    return one.keys() == two.keys() and all(close(one[k], two[k]) for k in one)


def sure_calls(ask: Callable[..., list[Finding]], n_then: int, n_now: int, repetitions: int, alpha: float = 0.05, **law: float) -> int:
    """Calls in which anything is sure, whether large enough to matter or not, where nothing changed."""
    count = 0
    for seed in range(repetitions):
        rng = np.random.default_rng([seed, n_then, n_now])
        findings = ask(answered(n_then, rng, **law), newer(n_now, rng, **law), alpha=alpha, seed=seed)
        count += any(f.q_value is not None and f.q_value <= alpha for f in findings)
    return count


def not_more_than(count: int, repetitions: int, alpha: float) -> bool:
    return bool(stats.binomtest(count, repetitions, alpha, alternative="greater").pvalue >= 0.01)

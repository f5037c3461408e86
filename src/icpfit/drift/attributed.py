"""Attribution drift: has what the model makes of its features moved? What matters to the model weighs more, and the rest is not asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from icpfit.drift.compare import compare
from icpfit.drift.finding import Finding

COUNTS = 0.02
"""of all that the model's attributions add up to: a feature of a smaller share can move nobody's chance much"""
FLOOR = 0.02
"""a mean chance that moves by less is not acted on"""
CODE, WHOLE = "ATTRIBUTION-FEATURE", "ATTRIBUTION-WHOLE"

Floats = npt.NDArray[np.float64]


def attribution_findings(
    before: pd.DataFrame, now: pd.DataFrame, rate: float, *, alpha: float, seed: int, labels: Mapping[str, str] | None = None
) -> list[Finding]:
    """``ATTRIBUTION-FEATURE`` for each feature that matters to the model, and ``ATTRIBUTION-WHOLE`` for all of them together.

    ``before`` and ``now``: attributions (SHAP values, log-odds) of the champion for rows of either side, one column per feature.
    ``rate``: the usual chance, by which log-odds are told as points of a chance. ``labels``: names to words. An alarm needs, beside
    what :func:`~icpfit.drift.compare.compare` asks, a mean chance moved by two points at least: accounts that only changed places
    between the model's steps change nothing that anyone would see.

    >>> few = pd.DataFrame({"a": [0.1, 0.2]})
    >>> [f.words for f in attribution_findings(few, few, 0.3, alpha=0.01, seed=0)][0]
    'a: cannot tell; 2 values are known now and 2 before, and 20 are needed on each side'
    """
    said = labels or {}
    weight = pd.concat([before, now]).abs().mean()
    total = float(weight.sum())
    kept = [c for c in before.columns if total > 0 and weight[c] >= COUNTS * total]
    if not kept:
        return []
    shown = {c: said.get(c, c) for c in kept}
    slope = 100 * rate * (1 - rate)
    moved = {shown[c]: float(now[c].mean() - before[c].mean()) * slope if len(now) and len(before) else 0.0 for c in kept}
    found = compare(before[kept].rename(columns=shown), now[kept].rename(columns=shown), alpha=alpha, seed=seed)
    features = [_feature(f, moved[f.subject], alpha) for f in found if f.code == "DRIFT-FEATURE"]
    (whole,) = [f for f in found if f.code == "DRIFT-WHOLE"]
    return [*features, _whole(whole, sum(moved.values()), alpha)]


def _feature(found: Finding, points: float, alpha: float) -> Finding:
    if found.p_value is None or found.q_value is None:
        return replace(found, code=CODE)
    alarm = found.alarm and abs(points) >= 100 * FLOOR
    way = f"{abs(points):.1f} points {'up' if points > 0 else 'down'}"
    if alarm:
        words = f"{found.subject}: newer accounts are others in it, which by itself moves the mean chance {way}"
    elif found.q_value <= alpha:
        words = f"{found.subject}: newer accounts are others in it, which hardly moves their chances ({way})"
    else:
        words = f"{found.subject}: no sign that it moves the chances of newer accounts ({way})"
    action = f"expect more or fewer accounts in the upper tiers; check {found.subject} at its source" if alarm else ""
    return replace(found, code=CODE, alarm=alarm, words=words, action=action)


def _whole(found: Finding, points: float, alpha: float) -> Finding:
    if found.p_value is None or found.q_value is None:
        return replace(found, code=WHOLE, subject="all that the model looks at")
    alarm = found.alarm and abs(points) >= 100 * FLOOR
    way = f"{abs(points):.1f} points {'up' if points > 0 else 'down'}"
    if alarm:
        words = f"newer accounts are others, which moves the mean chance {way}"
    elif found.q_value <= alpha:
        words = f"newer accounts are others, which hardly moves the mean chance ({way})"
    else:
        words = f"no sign that newer accounts have other chances ({way})"
    action = "compare the tiers' shares with the team's capacity" if alarm else ""
    return replace(found, code=WHOLE, subject="all that the model looks at", alarm=alarm, words=words, action=action)

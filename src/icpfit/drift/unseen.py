"""What models and cards of the past said of deals that they did not know, as a bundle keeps it, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from icpfit.config import Outcome
from icpfit.drift.answered import Answered
from icpfit.moments import month_index, month_start

MOST_ROWS = 5_000
"""the newest; more would hardly make a comparison sharper"""
DIGITS = 4


def unseen_values(answered: Answered) -> dict[str, Any]:
    """Plain JSON of the newest :data:`MOST_ROWS`, that names nobody: months, accounts by number, chances to four digits, points and tiers.

    A tier is a letter of ``tier``, ``-`` where no card of its time was there.
    """
    kept = answered.of(np.arange(len(answered))[-MOST_ROWS:])
    return {
        "created": month_index(kept.created).tolist(),
        "account": pd.factorize(kept.account)[0].tolist(),
        "good": kept.good.astype(np.int64).tolist(),
        "probability": [round(float(p), DIGITS) for p in kept.probability],
        "points": kept.points.tolist(),
        "tier": "".join(t or "-" for t in kept.tier),
        "parts": {name: points.tolist() for name, points in kept.parts.items()},
        "inflation": round(kept.inflation, DIGITS),
    }


def then_of(unseen: Mapping[str, Any], outcome: Outcome) -> Answered | None:
    """What a bundle's ``unseen`` has of an outcome; None where it has nothing, as in bundles of before.

    Deals have numbers for ids, and the first moment of their month.

    >>> then_of({}, "win") is None
    True
    """
    if outcome not in unseen:
        return None
    kept = unseen[outcome]
    edge = 10.0**-DIGITS / 2
    return Answered(
        deal_id=np.arange(len(kept["created"])).astype(str).astype(object),
        account=np.array(kept["account"], dtype=np.int64).astype(str).astype(object),
        created=np.array([month_start(m) for m in kept["created"]], dtype=np.int64),
        good=np.array(kept["good"], dtype=bool),
        probability=np.clip(np.array(kept["probability"], dtype=np.float64), edge, 1 - edge),
        points=np.array(kept["points"], dtype=np.int64),
        tier=np.array(["" if t == "-" else t for t in kept["tier"]], dtype=object),
        parts={name: np.array(points, dtype=np.int64) for name, points in kept["parts"].items()},
        inflation=float(kept["inflation"]),
    )

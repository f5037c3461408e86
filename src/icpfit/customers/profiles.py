"""One profile or two? Small deals that close fast and large ones that close slowly have different economics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from icpfit.customers.dip import dip_p_value
from icpfit.customers.draws import middle

ALPHA = 0.05
MIN_DEALS = 100
"""won deals of known value and cycle: a hundred of two kinds that lie three spreads apart are told from one nearly always"""
MIN_SHARE = 0.10
"""of the deals, in the smaller profile: fewer are exceptions"""
FAST, SLOW = "fast and small", "slow and large"

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Profiles:
    """``slow``: for each deal whether it is of the slow and large kind; None where the data shows one profile, or cannot tell."""

    slow: Bools | None
    p_value: float | None
    words: str
    deals: int


def find_profiles(value: Floats, cycle_days: Floats, seed: int) -> Profiles:
    """Two profiles where the deals have two peaks along the line from fast and small to slow and large.

    The line is the sum of the logarithms of value and cycle, each scaled to its own spread; deals of less than a day count as
    a day. On it the dip test asks for more than one peak at ``ALPHA``: a lopsided single peak is none, whatever its shape.
    Where there are two, a mixture of two Gaussians parts the deals.

    Args:
        value, cycle_days: one per won deal; NaN, or a value of nothing, is not known.
    """
    known = np.isfinite(value) & (value > 0) & np.isfinite(cycle_days)
    n = int(known.sum())
    if n < MIN_DEALS:
        return Profiles(None, None, f"cannot tell: {n} won deals have a known value and cycle, and {MIN_DEALS} are needed", n)
    points = np.column_stack([_scaled(np.log(value[known])), _scaled(np.log(np.maximum(cycle_days[known], 1.0)))])
    p = dip_p_value(points.sum(axis=1))
    if p > ALPHA:
        return Profiles(None, p, "the data shows one profile: along value and cycle the won deals have no second peak beyond chance", n)
    slow = _parted(points, seed)
    if min(slow.mean(), 1 - slow.mean()) < MIN_SHARE:
        return Profiles(None, p, f"the data shows one profile: fewer than {MIN_SHARE:.0%} of the won deals lie apart from the others", n)
    if (np.median(points[slow], axis=0) <= np.median(points[~slow], axis=0)).any():
        return Profiles(None, p, "the won deals fall into two groups, but not into fast and small ones beside slow and large ones", n)
    out = np.zeros(len(value), dtype=bool)
    out[known] = slow
    return Profiles(out, p, "the data shows two profiles: fast and small deals, and slow and large ones", n)


def describe(inside: Bools, value: Floats, cycle_days: Floats, retained: Floats, first_arr: Floats, horizon_arr: Floats) -> dict[str, Any]:
    """The economics of one profile. ``retained``, ``first_arr`` and ``horizon_arr`` are NaN where they are not known."""
    known = inside & np.isfinite(value) & (value > 0) & np.isfinite(cycle_days)
    kept = retained[known & np.isfinite(retained)]
    passed = known & np.isfinite(first_arr) & np.isfinite(horizon_arr)
    whole = float(cycle_days[known].sum())
    return {
        "deals": int(known.sum()),
        "value": _listed(middle(value[known])),
        "cycle_days": _listed(middle(cycle_days[known])),
        "value_share": float(value[known].sum()),
        "value_per_day": float(value[known].sum()) / whole if whole > 0 else None,
        "customers_told": len(kept),
        "retained": float(kept.mean()) if len(kept) else None,
        "nrr": float(horizon_arr[passed].sum() / first_arr[passed].sum()) if passed.any() else None,
    }


def _listed(found: tuple[float, float | None, float | None] | None) -> list[float | None] | None:
    return None if found is None else list(found)


def _scaled(values: Floats) -> Floats:
    spread = float(values.std())
    return np.asarray((values - values.mean()) / (spread if spread > 0 else 1.0))


def _parted(points: Floats, seed: int) -> Bools:
    from sklearn.mixture import GaussianMixture

    order = np.lexsort((points[:, 1], points[:, 0]))
    mixture = GaussianMixture(2, n_init=3, max_iter=1_000, reg_covar=1e-4, init_params="k-means++", random_state=seed).fit(points[order])
    side = mixture.predict(points)
    high = int(np.argmax(mixture.means_.sum(axis=1)))
    return np.asarray(side == high)

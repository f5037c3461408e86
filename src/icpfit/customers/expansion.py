"""Do customers grow? Net revenue retention of those whose horizon has passed, and what goes with growing."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from icpfit.customers.draws import drawn, numbered
from icpfit.customers.lives import Lives
from icpfit.moments import to_datetime

MIN_CUSTOMERS = 20
ROUNDING = 1e-9

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


def net_retention(horizon_arr: Floats, first_arr: Floats, weights: Floats | None = None) -> float:
    """Total ARR at the horizon over the first; who is gone counts as 0. NaN without a customer.

    >>> net_retention(np.array([150.0, 0.0]), np.array([100.0, 100.0]))
    0.75
    """
    w = np.ones(len(first_arr)) if weights is None else weights
    total = float(w @ first_arr)
    return float(w @ horizon_arr) / total if total > 0 else float("nan")


def expanded(lives: Lives) -> Floats:
    """1 where the customer pays more at the horizon than at the start, 0 where not, NaN before the horizon has passed."""
    grown = lives.numbers("horizon_arr") > lives.numbers("first_arr") * (1 + ROUNDING)
    return np.where(lives.flags("passed"), grown.astype(np.float64), np.nan)


def weigh_expansion(lives: Lives, seed: int) -> dict[str, Any]:
    """Net revenue retention in all and by the year of the start, each with its interval over accounts, and who grew."""
    passed = lives.flags("passed")
    years = start_years(lives)
    account = numbered(lives.texts("account_id"))

    def of(inside: Bools) -> dict[str, Any]:
        n = int(inside.sum())
        first, last = lives.numbers("first_arr")[inside], lives.numbers("horizon_arr")[inside]
        body: dict[str, Any] = {"customers": n}
        if n < MIN_CUSTOMERS:
            return body | {"nrr": None, "needed": MIN_CUSTOMERS}
        gone, grew = last <= 0, last > first * (1 + ROUNDING)
        shrank = ~gone & (last < first * (1 - ROUNDING))
        codes = np.unique(account[inside], return_inverse=True)[1]
        return body | {
            "nrr": [net_retention(last, first), *drawn(lambda w: net_retention(last, first, w), codes, seed)],
            "expanded": int(grew.sum()),
            "unchanged": int((~gone & ~grew & ~shrank).sum()),
            "contracted": int(shrank.sum()),
            "gone": int(gone.sum()),
        }

    cohorts = [{"cohort": str(y), **of(passed & (years == y))} for y in np.unique(years[passed])]
    return {"can_tell": int(passed.sum()) >= MIN_CUSTOMERS, "too_young": int((~passed).sum()), **of(passed), "by_start": cohorts}


def start_years(lives: Lives) -> npt.NDArray[np.int64]:
    starts = pd.Series(lives.table["start"].to_numpy())
    return np.array([to_datetime(s).year for s in starts], dtype=np.int64)

"""The best, the average and the problem customers, by a rule that can be read out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from icpfit.customers.draws import middle
from icpfit.customers.lives import Lives
from icpfit.models.metrics import average_ranks

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

UPPER = 2 / 3
"""A customer stands in the upper third of a measure where its rank, ties sharing the mean of theirs, does."""
LEAST_MEASURES = 3
"""known of a customer before it can be called one of the best"""
MANY_ESCALATIONS = 2
DETRACTOR = 6
"""of a score from 0 to 10, the highest that counts as low; on the scale from -100 to 100 anything below 0 is low"""
COHORTS = ("best", "average", "problem")


@dataclass(frozen=True, slots=True)
class Measure:
    """``higher``: more of it is better."""

    name: str
    label: str
    unit: str
    higher: bool


MEASURES = (
    Measure("acv", "First year's ARR", "money", True),
    Measure("growth", "ARR now, of the first", "percent", True),
    Measure("nps", "NPS", "", True),
    Measure("csat", "CSAT", "one", True),
    Measure("days_to_value", "Time to first value", "days", False),
    Measure("cycle_days", "Sales cycle", "days", False),
    Measure("escalations", "Escalations", "one", False),
)


@dataclass(frozen=True)
class Cohorts:
    """One entry per customer whose retention horizon has passed: ``row`` (of the lives' table) and ``cohort``."""

    row: npt.NDArray[np.int64]
    cohort: npt.NDArray[np.object_]
    report: dict[str, Any]

    def of(self, name: str) -> npt.NDArray[np.int64]:
        """Rows of the lives' table in a cohort."""
        return np.asarray(self.row[self.cohort == name])


def place(lives: Lives) -> Cohorts:
    """Problem: gone, or paying less than at the start, or of a low NPS with two escalations or more. Best: none of that, and in
    the upper third on at least half of the measures that are known of it, of three at least. All others are average.

    Customers younger than the retention horizon are not placed: of them only the bad ones would be known.
    """
    row = np.flatnonzero(lives.flags("passed"))
    values = _measured(lives, row)
    known = {m.name: ~np.isnan(values[m.name]) for m in MEASURES}
    upper = {m.name: _upper(values[m.name] if m.higher else -values[m.name]) for m in MEASURES}
    gone, contracted = values["growth"] <= 0, (values["growth"] > 0) & (values["growth"] < 1 - 1e-9)
    low = _low_nps(values["nps"])
    troubled = low & (values["escalations"] >= MANY_ESCALATIONS)
    problem = gone | contracted | troubled
    measured = np.sum([known[m.name] for m in MEASURES], axis=0)
    good_on = np.sum([upper[m.name] for m in MEASURES], axis=0)
    best = ~problem & (measured >= LEAST_MEASURES) & (2 * good_on >= measured)
    cohort = np.select([problem, best], ["problem", "best"], "average").astype(object)
    report = {
        "placed": len(row),
        "too_young": len(lives) - len(row),
        "unknown_measures": [m.label for m in MEASURES if not known[m.name].any()],
        "known_measures": [m.label for m in MEASURES if known[m.name].any()],
        "problem_because": {
            "gone": int(gone.sum()),
            "contracted": int(contracted.sum()),
            "low NPS with escalations": int((troubled & ~gone & ~contracted).sum()),
        },
        "cohorts": {name: _described(cohort == name, values) for name in COHORTS},
    }
    return Cohorts(row, cohort, report)


def _measured(lives: Lives, row: npt.NDArray[np.int64]) -> dict[str, Floats]:
    own = {m.name: lives.numbers(m.name)[row] for m in MEASURES if m.name not in ("acv", "growth")}
    first = lives.numbers("first_arr")[row]
    return {"acv": first, "growth": lives.numbers("arr_now")[row] / first, **own}


def _upper(values: Floats) -> Bools:
    """
    >>> _upper(np.array([1.0, 2.0, 3.0, np.nan])).tolist()
    [False, False, True, False]
    >>> _upper(np.zeros(9)).any()
    np.False_
    """
    out = np.zeros(len(values), dtype=bool)
    known = ~np.isnan(values)
    if known.any():
        out[known] = (average_ranks(values[known]) - 0.5) / known.sum() >= UPPER
    return out


def _low_nps(nps: Floats) -> Bools:
    """A company keeps either each answer, from 0 to 10, or the account's net score, from -100 to 100.

    >>> _low_nps(np.array([6.0, 7.0, 10.0])).tolist(), _low_nps(np.array([6.0, -1.0, 40.0])).tolist()
    ([True, False, False], [False, True, False])
    """
    told = nps[~np.isnan(nps)]
    answers = len(told) > 0 and told.min() >= 0 and told.max() <= 10
    return np.asarray(nps <= DETRACTOR if answers else nps < 0)


def _described(inside: Bools, values: Mapping[str, Floats]) -> dict[str, Any]:
    medians = {m.name: middle(values[m.name][inside]) for m in MEASURES}
    return {"customers": int(inside.sum()), "medians": {k: None if v is None else list(v) for k, v in medians.items()}}

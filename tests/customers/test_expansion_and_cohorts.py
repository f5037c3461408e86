"""Net revenue retention by hand and with its interval; best, average and problem customers by the stated rule."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from icpfit.customers.cohorts import place
from icpfit.customers.expansion import expanded, weigh_expansion

N = 60


def company(small: SimpleNamespace, **columns: np.ndarray):  # type: ignore[no-untyped-def]
    """Sixty customers past their first renewal, all paying 100 at the start and nobody different, but for ``columns``."""
    return small.drawn(np.full(N, 999.0), np.full(N, 30.0), **columns)


def test_net_retention_counts_who_left_as_nothing(small: SimpleNamespace) -> None:
    at_horizon = np.r_[np.zeros(15), np.full(15, 50.0), np.full(15, 100.0), np.full(15, 200.0)]
    lives = company(small, horizon_arr=at_horizon)
    report = weigh_expansion(lives, 1)
    value, low, high = report["nrr"]
    assert value == pytest.approx(0.875)
    assert low < value < high
    assert [report[k] for k in ("gone", "contracted", "unchanged", "expanded")] == [15, 15, 15, 15]
    assert expanded(lives).sum() == 15
    assert sum(c["customers"] for c in report["by_start"]) == N


def test_the_young_and_the_few_are_not_told(small: SimpleNamespace) -> None:
    young = small.drawn(np.full(40, 999.0), np.full(40, 5.0))
    assert np.isnan(expanded(young)).all()
    report = weigh_expansion(young, 1)
    assert (report["can_tell"], report["customers"], report["too_young"], report["nrr"]) == (False, 0, 40, None)


def test_the_interval_of_net_retention_holds_the_truth(small: SimpleNamespace) -> None:
    held = 0
    for seed in range(40):
        drawn = np.random.default_rng(seed).choice([0.0, 100.0, 180.0], N, p=[0.2, 0.5, 0.3])
        _, low, high = weigh_expansion(company(small, horizon_arr=drawn), seed)["nrr"]
        held += low <= 0.5 + 0.54 <= high
    assert 31 <= held <= 40, held


def test_problem_customers(small: SimpleNamespace) -> None:
    nps, escalations, now = np.full(N, 30.0), np.zeros(N), np.full(N, 100.0)
    nps[:3], escalations[:2] = -20.0, (5.0, 2.0)  # the third has a low NPS alone
    now[10], now[11], now[12] = 0.0, 80.0, 100.0 * (1 - 1e-12)
    cohorts = place(company(small, nps=nps, escalations=escalations, arr_now=now))
    assert set(cohorts.of("problem")) == {0, 1, 10, 11}
    assert cohorts.report["problem_because"] == {"gone": 1, "contracted": 1, "low NPS with escalations": 2}


def test_the_best_stand_in_the_upper_third_on_half_of_what_is_known(small: SimpleNamespace) -> None:
    good = np.arange(N) < 15
    now, nps, cycle = np.where(good, 150.0, 100.0), np.where(good, 60.0, 10.0), np.where(good, 10.0, 50.0)
    cohorts = place(company(small, arr_now=now, nps=nps, cycle_days=cycle))
    assert set(cohorts.of("best")) == set(np.flatnonzero(good)), "growth, NPS and cycle: three of four, the ARR being all the same"
    assert cohorts.report["unknown_measures"] == ["CSAT", "Time to first value", "Escalations"]
    assert cohorts.report["cohorts"]["best"]["medians"]["nps"][0] == 60.0
    assert len(place(company(small)).of("best")) == 0, "where nobody differs, nobody is best"


def test_who_is_too_young_is_not_placed(small: SimpleNamespace) -> None:
    watched = np.r_[np.full(30, 30.0), np.full(30, 5.0)]
    cohorts = place(small.drawn(np.where(np.arange(N) % 10 == 0, 3.0, 999.0), watched))
    assert cohorts.row.max() < 30
    assert cohorts.report["too_young"] == 30
    assert cohorts.report["problem_because"]["gone"] == 3, "of the young only those who left would be known"


def test_nobody_at_all(small: SimpleNamespace) -> None:
    cohorts = place(small.drawn(np.zeros(0), np.zeros(0)))
    assert cohorts.report["placed"] == 0

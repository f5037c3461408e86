"""How long customers stay: by hand, against Kaplan and Meier, and planted hazards found again under heavy censoring."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from icpfit.customers.lifetime import CAP, Exposure, Hazard, Worth, fit_hazard, weigh
from icpfit.customers.lives import MONTH
from icpfit.outcomes import kaplan_meier


def one_group(n: int) -> list[np.ndarray]:
    return [np.zeros(n, dtype=np.int64)]


def test_a_hazard_by_hand() -> None:
    """Four customers: one leaves in month 1, one in month 2, one stays, one was watched for a month and three quarters."""
    months, watched = np.array([1.0, 2.0, 9.0, 1.75]), np.array([9.0, 9.0, 9.0, 1.75])
    left = months < watched
    hazard = fit_hazard(Exposure.of(months, watched, left), one_group(4), seen=3)
    assert hazard.monthly[:3].tolist() == [1 / 4, 1 / 2, 0.0]
    assert hazard.monthly[3] == pytest.approx(2 / (4 + 2 + 1)), "before a year is watched, the average of all months goes on"
    stay = hazard.staying(np.ones(1))[0]
    assert stay[:4].tolist() == [1.0, 0.75, 0.375, 0.375]
    life = hazard.lifetime(np.ones(2), np.array([0.0, 2.0]))
    assert life[0] == pytest.approx(stay[:-1].sum())
    assert life[1] == pytest.approx(2 + stay[2:-1].sum() / stay[2])


def test_what_nobody_has_lived_through_repeats_the_year_before() -> None:
    hazard = np.zeros(CAP)
    n = 400
    months = np.where(np.arange(n) % 4 == 0, 12.0, 99.0)
    fitted = fit_hazard(Exposure.of(np.minimum(months, 14.0), np.full(n, 14.0), months < 14), one_group(n))
    hazard[[11, 23, 35, 47, 59]] = 0.25
    assert fitted.seen == 13
    assert fitted.monthly.tolist() == hazard.tolist()


@pytest.mark.parametrize("seed", range(3))
def test_it_is_kaplan_and_meier_in_months(seed: int) -> None:
    rng = np.random.default_rng(seed)
    months, watched = rng.integers(1, 50, 500).astype(float), rng.integers(1, 40, 500) + 0.5
    left = months < watched
    hazard = fit_hazard(Exposure.of(np.where(left, months, watched), watched, left), one_group(500))
    times, gone = kaplan_meier(np.round(np.where(left, months, watched) * 2).astype(np.int64), left)
    stay = hazard.staying(np.ones(1))[0]
    for month in range(1, hazard.seen + 1):
        place = int(np.searchsorted(times, 2 * month, side="right"))
        assert stay[month] == pytest.approx(1 - (gone[place - 1] if place else 0.0), abs=1e-12)


def test_leaving_in_a_leap_year_is_leaving_at_the_renewal() -> None:
    for days in (365, 366, 364):
        exposure = Exposure.of(np.array([days * 86_400_000_000 / MONTH]), np.array([20.0]), np.array([True]))
        assert np.flatnonzero(exposure.leaves[0]).tolist() == [11]


def planted(
    seed: int, hazard: float, n: int = 1_500, follow: tuple[float, float] = (0.0, 36.0)
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Who leaves with the same chance at each month, watched for a time drawn anew: most are still there."""
    rng = np.random.default_rng(seed)
    months, watched = rng.geometric(hazard, n).astype(float), rng.uniform(*follow, n)
    left = months < watched
    return np.where(left, months, watched), watched, left


def test_a_planted_hazard_is_found_under_heavy_censoring_and_leaving_out_the_censored_would_bias_it() -> None:
    truth = 0.02
    whole = (1 - (1 - truth) ** CAP) / truth  # expected months, at most sixty
    ours, only_left, censored = [], [], []
    for seed in range(10):
        months, watched, left = planted(seed, truth)
        censored.append(1 - left.mean())
        ours.append(fit_hazard(Exposure.of(months, watched, left), one_group(len(left))).lifetime(np.ones(1), np.zeros(1))[0])
        only_left.append(months[left].mean())
    assert np.mean(censored) > 0.7
    assert np.mean(ours) == pytest.approx(whole, rel=0.04)
    assert np.mean(only_left) < 0.4 * whole, "the mean life of those who left says a third of the truth"


def test_the_interval_holds_the_truth_about_as_often_as_it_says(small: SimpleNamespace) -> None:
    truth, held = 0.02, 0
    whole = (1 - (1 - truth) ** CAP) / truth
    for seed in range(12):
        rng = np.random.default_rng(seed)
        lives = small.drawn(rng.geometric(truth, 300).astype(float), rng.uniform(0, 60, 300))
        worth = weigh(lives, seed)
        assert isinstance(worth, Worth)
        _, low, high = worth.report["lifetime_months"]
        held += low <= whole <= high
    assert 8 <= held <= 12, held


def test_groups_are_drawn_together_where_they_do_not_differ_and_apart_where_they_do() -> None:
    group = np.arange(1_500) % 3
    months, watched, left = planted(1, 0.02)
    alike = fit_hazard(Exposure.of(months, watched, left), [group]).ratio[0]
    assert np.abs(alike - 1).max() < 0.1
    rng = np.random.default_rng(2)
    months = rng.geometric(np.choose(group, [0.01, 0.02, 0.04])).astype(float)
    left = months < watched
    apart = fit_hazard(Exposure.of(np.where(left, months, watched), watched, left), [group]).ratio[0]
    assert apart[0] < 0.7
    assert apart[2] > 1.4
    few = np.where(np.arange(1_500) < 4, 3, group)  # a group of four says next to nothing
    assert abs(fit_hazard(Exposure.of(np.where(left, months, watched), watched, left), [few]).ratio[0][3] - 1) < 0.8


def test_ltv_by_hand(small: SimpleNamespace) -> None:
    """Nobody of this company leaves but at the first renewal, where one in five does."""
    n = 200
    months = np.where(np.arange(n) % 5 == 0, 12.0, 999.0)
    watched = np.full(n, 30.0)
    worth = weigh(small.drawn(months, watched, arr=np.full(n, 1_200.0)), 1)
    assert isinstance(worth, Worth)
    gone = months == 12
    assert set(worth.ltv[gone]) == {1_200.0}, "a year's ARR, and no more"
    assert worth.ltv[~gone].tolist() == pytest.approx([6_000.0] * int((~gone).sum())), "thirty months on, to the end of the five years"
    assert set(worth.fit[gone]) == {"left"}
    assert worth.report["lifetime_months"][0] == pytest.approx(12 + 48 * 0.8)
    assert worth.report["beyond_watch"] > 0.4


def test_the_lines_of_fit(small: SimpleNamespace) -> None:
    rng = np.random.default_rng(4)
    worth = weigh(small.drawn(rng.geometric(0.02, 400).astype(float), rng.uniform(5, 60, 400), arr=rng.lognormal(9, 1, 400)), 1)
    assert isinstance(worth, Worth)
    assert sum(worth.report["fits"].values()) == 400
    best, good = worth.report["lines"]["best_from"], worth.report["lines"]["good_from"]
    here = worth.fit != "left"
    assert ((worth.ltv >= best) == (worth.fit == "best fit"))[here].all()
    assert ((worth.ltv < good) == (worth.fit == "stretch deal"))[here].all()
    assert (worth.ltv >= best).mean() == pytest.approx(0.3, abs=0.01)
    assert (worth.ltv >= good).mean() == pytest.approx(0.6, abs=0.01)
    assert ((worth.low <= worth.ltv) & (worth.ltv <= worth.high)).mean() > 0.95


@pytest.mark.parametrize(
    ("months", "watched", "words"),
    [
        (np.full(5, 3.0), np.full(5, 30.0), "5 customers; 20 are needed"),
        (np.full(50, 999.0), np.full(50, 30.0), "0 of 50 customers have left; 10 are needed"),
        (np.where(np.arange(50) < 25, 3.0, 999.0), np.full(50, 9.0), "0 customers were watched past a first renewal; 20 are needed"),
        (np.zeros(0), np.zeros(0), "0 customers; 20 are needed"),
    ],
)
def test_too_little_is_said_to_be_too_little(small: SimpleNamespace, months: np.ndarray, watched: np.ndarray, words: str) -> None:
    report = weigh(small.drawn(months, watched), 1)
    assert isinstance(report, dict)
    assert (report["can_tell"], report["words"]) == (False, words)


def test_a_hazard_cannot_be_no_chance() -> None:
    with pytest.raises(ValueError, match="chances between 0 and 1"):
        Hazard(np.full(CAP, 1.5), 13)
    with pytest.raises(ValueError, match="at risk"):
        fit_hazard(Exposure.of(np.ones(3), np.ones(3), np.ones(3, dtype=bool)), one_group(3))

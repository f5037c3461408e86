"""Triggers: lines that are surely crossed, days that have passed. They propose and never promote."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from icpfit.drift.finding import Finding
from icpfit.drift.triggers import Crossed, below_floor, churn_above, launched, of_alarms, reached

DAY = 86_400_000_000


def test_the_floor_is_a_binomial_test_and_its_limit_that_of_clopper_and_pearson():
    found = below_floor(Crossed(12, 100), 0.25, 0.01, "deals")
    asked = stats.binomtest(12, 100, 0.25, alternative="less")
    assert found.p_value == pytest.approx(asked.pvalue)
    limit = asked.proportion_ci(confidence_level=0.99).high
    assert f"surely no more than {limit:.0%}" in found.words
    assert (found.alarm, "icpfit retrain" in found.action) == (True, True)


def test_rows_of_one_account_count_for_less():
    alone, alike = (below_floor(Crossed(15, 100, like), 0.25, 0.05, "deals") for like in (1.0, 3.0))
    assert alone.alarm
    assert not alike.alarm
    assert alike.p_value > alone.p_value


def test_the_churn_target_is_a_poisson_test():
    found = churn_above(Crossed(30, 100.0), 0.18, 0.05, "customers", ("D1",))
    assert found.p_value == pytest.approx(stats.poisson.sf(29, -100 * np.log(0.82)))
    assert (found.alarm, found.rows) == (True, ("D1",))
    assert f"surely no less than {1 - np.exp(-stats.chi2.ppf(0.05, 60) / 2 / 100):.0%}" in found.words
    assert found.words.startswith("Churn: more customers leave than the target of 18% a year; 26% a year (")
    assert found.action.startswith("call the customers"), "what helps first is to speak with who is still there"
    assert not churn_above(Crossed(0, 100.0), 0.18, 0.05, "customers").alarm


def test_a_share_on_the_wrong_side_of_its_line_is_never_said_to_keep_it():
    floor, churn = below_floor(Crossed(24, 100), 0.25, 0.01, ""), churn_above(Crossed(21, 100.0), 0.18, 0.01, "")
    assert not floor.alarm
    assert floor.words.startswith("Win rate: it is below the floor of 25%, but that may be chance; 24 of 100 deals were won")
    assert not churn.alarm
    assert churn.words.startswith("Churn: more customers leave than the target of 18% a year, but that may be chance; 19% a year")
    kept = below_floor(Crossed(40, 100), 0.25, 0.01, "")
    assert kept.words.startswith("Win rate: it is not below the floor of 25%; ")


def test_at_the_line_itself_alarms_are_no_more_often_than_the_level():
    rng = np.random.default_rng(2)
    floors = sum(below_floor(Crossed(float(rng.binomial(120, 0.25)), 120), 0.25, 0.05, "").alarm for _ in range(600))
    churns = sum(churn_above(Crossed(float(rng.poisson(20)), 100.0), 0.2, 0.05, "").alarm for _ in range(600))
    assert max(floors, churns) <= stats.binom.ppf(0.99, 600, 0.05)


def test_too_few_rows_cannot_tell_of_a_line():
    floor, churn = below_floor(Crossed(0, 10), 0.25, 0.05, ""), churn_above(Crossed(9, 8.0), 0.2, 0.05, "")
    assert (floor.p_value, floor.needed, churn.p_value) == (None, 20, None)
    assert "cannot tell" in floor.words
    assert "cannot tell" in churn.words


def test_a_launch_before_the_training_or_after_today_is_none():
    days = [("before", 9 * DAY), ("on the day", 10 * DAY), ("after", 12 * DAY), ("to come", 20 * DAY)]
    found = launched(days, 10 * DAY, 20 * DAY)
    assert [f.subject for f in found] == ["on the day", "after"]
    assert [(f.alarm, f.p_value) for f in found] == [(False, None)] * 2
    assert all("icpfit retrain" in f.action for f in found)


def test_a_hundred_customers_are_reached_once():
    assert [len(reached(then, now, 100)) for then, now in ((90, 99), (90, 100), (99, 140), (100, 140))] == [0, 1, 1, 0]


def test_an_alarm_of_the_trade_is_proposed_for_and_not_counted_twice():
    def churn(subject, alarm):
        return Finding("TRADE-CHURN", subject, 1.0, 0.001, 0.001, 0.2, 10, 10, alarm, "words", rows=("D1",))

    found = of_alarms([churn("Region", True), churn("Industry", False), churn("all customers", True)], ["TRADE-CHURN"])
    assert [(f.code, f.subject, f.alarm, f.rows) for f in found] == [("TRIGGER-CHURN-CLUSTER", "Region", False, ("D1",))]
    assert of_alarms([churn("Region", True)], []) == []


def test_a_share_of_just_the_target_is_no_alarm_where_who_left_is_watched_no_longer():
    """Of 3,000 customers, each watched for a part of the year, 30 % leave within a year, at any time in it."""
    rng = np.random.default_rng(5)
    alarms = 0
    for _ in range(200):
        stayed = rng.exponential(-1 / np.log(0.7), 3_000)
        watched = np.minimum(stayed, rng.random(3_000))
        alarms += churn_above(Crossed(float((stayed == watched).sum()), float(watched.sum())), 0.3, 0.05, "").alarm
    assert alarms <= stats.binom.ppf(0.99, 200, 0.05)

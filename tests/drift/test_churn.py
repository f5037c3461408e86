"""Churn: a segment that begins to leave is named with its counts; one that always left more often is no news."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from icpfit.drift.churn import Customers, churn_findings
from icpfit.drift.log_rank import spells_of
from icpfit.drift.trade_rows import TraitCodes

YEAR = 365


def company(seed, *, customers=400, churning=None, always=None, everybody=1.0):
    """Customers of three regions and twelve industries who begin over three years; in the third the hazard of ``churning`` is five times
    as high."""
    rng = np.random.default_rng(seed)
    region, industry = rng.integers(0, 3, customers), rng.integers(0, 12, customers)
    start = rng.integers(0, 3 * YEAR, customers)
    hazard = np.where(region == always, 0.5, 0.15) / YEAR
    first = start + rng.exponential(1 / hazard)
    cut = 2 * YEAR
    more = np.where(region == churning, 5.0, 1.0) * everybody
    again = np.maximum(start, cut) + rng.exponential(1 / (hazard * more))
    end = np.where(first < cut, first, again).astype(np.int64) + 1
    until = 3 * YEAR - 60
    begun = start < until
    spells = spells_of(start[begun], end[begun], (end < until)[begun], 0, cut, until, 1)
    ids = np.array([f"D{i}" for i in range(customers)], dtype=object)[begun]
    traits = [
        TraitCodes("region", "Region", region[begun], ("NA", "EMEA", "APAC")),
        TraitCodes("industry", "Industry", industry[begun], tuple(f"industry {i}" for i in range(12))),
    ]
    return Customers(ids, spells, "since 2025"), traits, region[begun], (end < until)[begun] & (end > cut)[begun]


def test_the_region_that_churns_is_named_with_its_customers_and_no_other_is():
    customers, traits, region, left = company(1, churning=1)
    found = churn_findings(customers, traits, level=0.01)
    alarmed = [f for f in found if f.alarm and f.subject != "all customers"]
    assert [f.subject for f in alarmed] == ["Region"]
    told = alarmed[0]
    gone = int((left & (region == 1)).sum())
    assert f"EMEA: {gone} of {told.n_current} customers left" in told.words
    assert told.words.startswith("Region EMEA: more customers leave than before, unlike elsewhere; ")
    assert "NA:" not in told.words
    assert set(told.rows) <= set(customers.row_id[left & (region == 1)])
    assert "call the customers of EMEA before they renew" in told.action
    assert told.power > 0
    assert "noticed" not in told.words


def test_where_one_region_leaves_the_alarm_of_all_customers_says_so_first_and_sends_there():
    customers, traits, *_ = company(1, churning=1)
    whole = churn_findings(customers, traits, level=0.01)[0]
    assert (whole.subject, whole.alarm) == ("all customers", True)
    assert whole.words.startswith("More customers leave than before; ")
    assert "most of it comes from Region EMEA" in whole.words
    assert whole.action == "begin with the customers of Region EMEA: see the alarm on Region"


def test_a_region_that_always_left_more_often_is_no_news():
    customers, traits, *_ = company(2, always=1)
    found = churn_findings(customers, traits, level=0.05)
    assert not any(f.alarm for f in found)
    assert f"churn twice as high would be noticed {round(100 * found[0].power)} times in 100" in found[0].words


def test_when_everybody_leaves_more_often_it_is_said_of_all_and_not_of_segments():
    customers, traits, *_ = company(3, everybody=3.0)
    (told,) = [f for f in churn_findings(customers, traits, level=0.01) if f.alarm]
    assert told.subject == "all customers"
    assert told.action.startswith("call the customers who renew next, ask those who left why")


def test_few_customers_cannot_tell():
    customers, traits, *_ = company(4, customers=30)
    found = churn_findings(customers, traits, level=0.05)
    assert [f.p_value for f in found] == [None]
    assert "cannot tell" in found[0].words
    assert found[0].needed > 0


def test_names_of_values_and_the_order_of_the_traits_change_nothing():
    customers, traits, *_ = company(5, churning=2)
    other = [TraitCodes(t.name, t.label, len(t.values) - 1 - t.code, t.values[::-1]) for t in traits[::-1]]
    plain, turned = (churn_findings(customers, t, level=0.01) for t in (traits, other))
    assert {(f.subject, f.p_value, f.q_value, f.alarm, f.words) for f in plain} == {
        (f.subject, f.p_value, f.q_value, f.alarm, f.words) for f in turned
    }


@pytest.mark.parametrize(("customers", "calls"), [(80, 150), (400, 100), pytest.param(20_000, 30, marks=pytest.mark.verify)])
def test_without_a_change_alarms_are_no_more_often_than_the_level(customers, calls, monkeypatch):
    monkeypatch.setattr("icpfit.drift.churn.FLOOR_RATIO", 0.0)
    monkeypatch.setattr("icpfit.drift.churn.FLOOR_SHARE", -1.0)
    monkeypatch.setattr("icpfit.drift.churn.FLOOR_SEGMENT_RATIO", 0.0)
    monkeypatch.setattr("icpfit.drift.churn.APART", -np.inf)
    alarms = 0
    for seed in range(calls):
        told, traits, *_ = company([6, seed], customers=customers)
        alarms += any(f.alarm for f in churn_findings(told, traits, level=0.2))
    assert alarms <= binom.ppf(0.99, calls, 0.2)

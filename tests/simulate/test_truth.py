"""The truth: visible in the tables before the deal, calibrated, and as the story says."""

from __future__ import annotations

import duckdb
import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2, chi2_contingency
from sklearn.linear_model import LogisticRegression

from icpfit.simulate import Company
from icpfit.simulate.limit import attainable, retention_truth, teaching_deals
from icpfit.simulate.truth import DEEP_DISCOUNT, WIN

# A second engine, on the tables alone; every condition is strictly before created_at.
ORACLE = """
with d as (select deal_id, account_id, created_at as t from truth_deals)
select d.deal_id,
  (select cast(arg_max(h.value, h.valid_from) as double) from account_history h
    where h.account_id = d.account_id and h.field = 'employee_count' and h.valid_from < d.t) as size,
  (select count(*) > 0 from technologies k where k.account_id = d.account_id and k.category = 'data_warehouse'
    and k.first_seen_at < d.t and (k.last_seen_at is null or k.last_seen_at >= d.t)) as x_warehouse,
  (select count(*) > 0 from technologies k where k.account_id = d.account_id and k.category = 'competitor'
    and k.first_seen_at < d.t and (k.last_seen_at is null or k.last_seen_at >= d.t)) as x_competitor,
  (select count(*) from events e join f on f.account_id = e.account_id where e.account_id = d.account_id and e.event = 'api_call'
    and e.occurred_at >= f.began and e.occurred_at < f.began + interval 48 hour and e.occurred_at < d.t) > 0 as x_api_first_48h,
  (select count(distinct user_id) from events e where e.account_id = d.account_id
    and e.occurred_at >= d.t - interval 30 day and e.occurred_at < d.t) as people,
  (select count(*) from events e where e.account_id = d.account_id and e.event = 'pricing_page_view'
    and e.occurred_at >= d.t - interval 30 day and e.occurred_at < d.t) as pricing,
  (select count(*) > 0 from events e where e.account_id = d.account_id and e.event = 'integration_connected'
    and e.occurred_at >= d.t - interval 90 day and e.occurred_at < d.t) as x_integration,
  (select count(*) > 0 from signals s where s.account_id = d.account_id and s.signal = 'funding_round'
    and s.occurred_at >= d.t - interval 180 day and s.occurred_at < d.t) as x_funding_180d,
  (select count(*) > 0 from signals s where s.account_id = d.account_id and s.signal = 'layoffs'
    and s.occurred_at >= d.t - interval 180 day and s.occurred_at < d.t) as x_layoffs_180d,
  (select count(*) > 0 from signals s where s.account_id = d.account_id and s.signal = 'hiring_freeze'
    and s.occurred_at >= d.t - interval 180 day and s.occurred_at < d.t) as x_hiring_freeze_180d,
  (select count(*) from signals s where s.account_id = d.account_id and s.signal = 'topic_surge'
    and s.occurred_at >= d.t - interval 90 day and s.occurred_at < d.t) as surges,
  (select not ends_with(a.domain, '.example') from accounts a where a.account_id = d.account_id) as x_free_email,
  (select a.region = 'APAC' from accounts a where a.account_id = d.account_id) as apac
from d order by d.deal_id
"""


@pytest.fixture(scope="module")
def seen(company: Company) -> pd.DataFrame:
    with duckdb.connect() as db:
        db.execute("set threads to 1")
        db.register("truth_deals", company.truth["deals"])
        for name in ("account_history", "technologies", "events", "signals", "accounts"):
            db.register(f"{name}_frame", company.tables[name])
            db.execute(f"create table {name} as select * from {name}_frame")
        db.execute("create table f as select account_id, min(occurred_at) as began from events where event = 'trial_started' group by 1")
        return db.execute(ORACLE).df()


def test_the_design_can_be_computed_from_what_was_known_before_the_deal(company: Company, seen: pd.DataFrame) -> None:
    true = company.truth["deals"].sort_values("deal_id", ignore_index=True)
    assert (seen["deal_id"] == true["deal_id"]).all()
    flags = [c for c in seen.columns if c.startswith("x_")]
    assert len(flags) == 8
    for name in flags:
        np.testing.assert_array_equal(seen[name].astype(float), true[name], err_msg=name)
    people = (seen["people"].clip(1, 4) - 1) / 3
    np.testing.assert_allclose(people, true["x_active_users"])
    np.testing.assert_allclose(1 - np.exp(-seen["pricing"] / 1.5), true["x_pricing_views"])
    np.testing.assert_allclose(seen["surges"].clip(upper=2) / 2, true["x_topic_surges"])
    np.testing.assert_array_equal(seen["size"] < 15, true["x_size_tiny"])
    hump = np.interp(np.log(seen["size"]), np.log([15, 50, 120, 500]), [0, 1, 1, 0])
    np.testing.assert_allclose(hump, true["x_size_best"], atol=1e-12)
    behavior = sum(WIN[n] * true[n] for n in ("x_api_first_48h", "x_active_users", "x_pricing_views", "x_integration"))
    np.testing.assert_allclose(np.where(seen["apac"], behavior, 0), true["x_behavior_apac"])


def test_probabilities_are_those_of_the_outcomes(company: Company) -> None:
    deals, customers = company.truth["deals"], company.truth["customers"]
    for p, outcome in ((deals["p_win"], deals["won_in_the_end"]), (customers["p_retain"], customers["healthy"])):
        groups = pd.qcut(p, 8, labels=False)
        rate, mean, size = outcome.groupby(groups).mean(), p.groupby(groups).mean(), p.groupby(groups).size()
        z = (rate - mean) / np.sqrt(mean * (1 - mean) / size)
        assert np.abs(z).max() < 3.5


def test_health_is_what_the_subscriptions_say_at_the_horizon(company: Company) -> None:
    subs, changes = company.tables["subscriptions"], company.tables["arr_changes"]
    main = subs[subs["deal_id"].notna()].set_index("deal_id")
    horizon = main["started_at"] + pd.Timedelta(days=395)
    due = horizon[horizon < pd.Timestamp("2026-01-01")]
    moves = changes.merge(main.reset_index()[["subscription_id", "deal_id", "started_at"]], on="subscription_id")
    moves = moves[moves["changed_at"] < moves["started_at"] + pd.Timedelta(days=395)].sort_values("changed_at")
    latest = main["arr"].copy()
    latest.update(moves.groupby("deal_id")["arr"].last())
    kept = (main["ended_at"].isna() | (main["ended_at"] >= horizon)) & (latest >= main["arr"])
    truth = company.truth["customers"].set_index("deal_id")["healthy"]
    assert len(due) > 700
    assert (kept[due.index].astype(int) == truth[due.index]).all()


def test_discounts_above_the_line_are_the_bought_wins(company: Company) -> None:
    deals = company.tables["deals"].merge(company.truth["deals"][["deal_id", "deep_discount"]], on="deal_id")
    won = deals[deals["stage"] == "won"]
    discount = 1 - won["amount"] / won["list_amount"]
    assert ((discount > DEEP_DISCOUNT) == (won["deep_discount"] == 1)).all()
    healthy = company.truth["customers"].groupby("x_deep_discount")["healthy"].mean()
    assert healthy[1.0] < healthy[0.0] - 0.25


def test_the_story_is_in_the_data(company: Company, seen: pd.DataFrame) -> None:
    deals = teaching_deals(company).merge(seen[["deal_id", "size"]], on="deal_id")
    win = deals.groupby(pd.cut(deals["size"], [0, 49, 120, 200, 500, 1e6], labels=["<50", "50-120", "-200", "-500", ">500"]), observed=True)
    rate = win["label"].mean()
    assert rate["50-120"] > rate[["<50", "-500", ">500"]].max() + 0.05
    customers = company.truth["customers"]
    fair = customers[customers["x_deep_discount"] == 0]
    churn = 1 - fair.groupby("x_under_30")["healthy"].mean()
    assert 1.7 < churn[1.0] / churn[0.0] < 2.7
    table = company.tables["deals"].query("deal_type == 'new_logo' and stage != 'open'")
    source = (table["stage"] == "won").groupby(table["source"]).mean()
    assert source["inbound use case"] > 2 * source["broad ads"]


def test_industry_looks_predictive_and_is_not(company: Company) -> None:
    deals = teaching_deals(company).merge(company.tables["accounts"][["account_id", "industry"]], on="account_id")
    alone = chi2_contingency(pd.crosstab(deals["industry"], deals["label"])).pvalue
    x = deals.filter(like="x_").to_numpy(np.float64)
    industry = pd.get_dummies(deals["industry"], drop_first=True).to_numpy(np.float64)

    def log_likelihood(columns: np.ndarray) -> float:
        model = LogisticRegression(C=np.inf, max_iter=5_000).fit(columns, deals["label"])
        p = model.predict_proba(columns)[:, 1]
        return float(np.log(np.where(deals["label"] == 1, p, 1 - p)).sum())

    gain = 2 * (log_likelihood(np.hstack([x, industry])) - log_likelihood(x))
    assert alone < 0.01
    assert chi2.sf(gain, industry.shape[1]) > 0.01


def test_retention_can_be_learned_and_is_not_easy(company: Company) -> None:
    assert 0.70 <= retention_truth(company) <= 0.78


def test_a_null_company_depends_on_nothing_at_the_same_rates(company: Company, null_company: Company) -> None:
    assert null_company.truth["deals"]["p_win"].nunique() == 1
    assert null_company.truth["customers"]["p_retain"].nunique() == 1
    assert null_company.truth["deals"]["p_win"].iloc[0] == pytest.approx(company.truth["deals"]["p_win"].mean(), abs=0.02)
    assert null_company.truth["customers"]["p_retain"].iloc[0] == pytest.approx(company.truth["customers"]["p_retain"].mean(), abs=0.03)
    assert len(null_company.truth["deals"]) == pytest.approx(len(company.truth["deals"]), rel=0.03)
    reached = attainable(null_company, quarters=("2025-01-01", "2025-04-01"))
    assert reached.auc_truth == 0.5
    positives = int(reached.scores["label"].sum())
    standard_error = np.sqrt((len(reached.scores) + 1) / (12 * positives * (len(reached.scores) - positives)))
    for auc in (reached.auc_limit, reached.auc_logistic, reached.auc_firmographic):
        assert abs(auc - 0.5) < 3 * standard_error

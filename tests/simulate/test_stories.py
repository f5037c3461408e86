"""Stories: one thing changes at a known moment, and where nothing is said to change, nothing does."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from icpfit.cli.prepare import simulate
from icpfit.errors import SourceError
from icpfit.simulate import Company, simulate_company
from icpfit.simulate.stories import CHANGE_FROM, FALL, STORIES, YEARLY_CHURN, Story
from icpfit.simulate.truth import WIN

CHANGE = pd.Timestamp(CHANGE_FROM, unit="s")
YEAR = pd.Timedelta(days=365)


@pytest.fixture(scope="module")
def told() -> dict[str, Company]:
    return {story: simulate_company(accounts=3_000, seed=5, story=story) for story in STORIES if story != "usual"}


def known_sizes(company: Company) -> pd.DataFrame:
    """New-logo deals with the headcount that was known before each."""
    deals, history = company.tables["deals"], company.tables["account_history"]
    sizes = history[history["field"] == "employee_count"].assign(size=lambda t: t["value"].astype(float))
    return pd.merge_asof(
        deals[deals["deal_type"] == "new_logo"].astype({"account_id": str}).sort_values("created_at"),
        sizes.astype({"account_id": str}).sort_values("valid_from")[["account_id", "valid_from", "size"]],
        left_on="created_at",
        right_on="valid_from",
        by="account_id",
        allow_exact_matches=False,
    )


def truth_of(company: Company) -> pd.DataFrame:
    return company.truth["deals"].set_index(["account_id", "created_at"]).sort_index()


def test_the_usual_story_is_the_company_itself():
    plain, usual = simulate_company(accounts=100, seed=3), simulate_company(accounts=100, seed=3, story="usual")
    for name, table in plain.tables.items():
        pd.testing.assert_frame_equal(table, usual.tables[name])


def test_nothing_that_decides_drifts_in_the_unchanged_company(told):
    """Flags and shares of the deals of the last year and of the year before, and who they are: at the level for all of them together."""
    company = told["unchanged"]
    deals = known_sizes(company).merge(company.truth["deals"].drop(columns=["account_id", "created_at"]), on="deal_id")
    accounts = company.tables["accounts"].set_index("account_id")
    deals["age"] = deals["created_at"].dt.year - deals["account_id"].map(accounts["founded_year"])
    deals["repeated"] = deals["account_id"].duplicated()
    now = deals[deals["created_at"] >= CHANGE]
    before = deals[(deals["created_at"] < CHANGE) & (deals["created_at"] >= CHANGE - YEAR)]
    columns = [*WIN, "size", "age", "repeated", "p_win", "amount"]
    p = {c: stats.ks_2samp(before[c].astype(float), now[c].astype(float)).pvalue for c in columns}
    assert min(p.values()) > 0.05 / len(columns), p
    assert 0.8 < len(now) / len(before) < 1.25
    for column in ("industry", "region", "funding_stage"):
        said = accounts[column]
        table = [side["account_id"].map(said).value_counts().reindex(said.unique(), fill_value=0) for side in (before, now)]
        assert stats.chi2_contingency(table).pvalue > 0.01, column


def test_large_accounts_become_much_more_common_from_the_change_on_and_no_sooner(told):
    sizes = known_sizes(told["up_market"])
    large = (sizes["size"] >= 200).groupby(sizes["created_at"].dt.year).mean()
    assert large[2025] > large[2024] + 0.1
    assert abs(large[2024] - large[2023]) < 0.05


def test_when_the_market_falls_each_deal_loses_the_same_log_odds_and_looks_as_before(told):
    then, now = (truth_of(told[story]) for story in ("unchanged", "falling"))
    both = then.join(now, how="inner", suffixes=("", "_now"))
    created = both.index.get_level_values("created_at")
    odds = [stats.logistic.isf(1 - both[c]) for c in ("p_win_fit", "p_win_fit_now")]
    np.testing.assert_allclose(odds[0] - odds[1], np.where(created >= CHANGE, FALL, 0.0), atol=1e-9)
    assert len(both) > 0.98 * len(then)
    pd.testing.assert_frame_equal(both[list(WIN)], both[[f"{c}_now" for c in WIN]].set_axis(list(WIN), axis=1))


def test_where_a_region_churns_its_customers_leave_and_nothing_else_is_different(told):
    then, now = told["unchanged"].tables, told["churn"].tables
    region = then["accounts"].set_index("account_id")["region"]
    for name in ("deals", "subscriptions"):
        tables = [t[name][t[name]["account_id"].map(region) != "EMEA"] for t in (then, now)]
        keyed = [t.drop(columns=[c for c in ("subscription_id", "deal_id", "referred_by_account_id") if c in t]) for t in tables]
        if name == "deals":  # renewals draw their days in the order in which they come
            keyed = [t[t["deal_type"] == "new_logo"] for t in keyed]
        pd.testing.assert_frame_equal(*(t.reset_index(drop=True) for t in keyed))
    gone = {}
    for story, tables in (("unchanged", then), ("churn", now)):
        subs = tables["subscriptions"]
        there = subs[(subs["account_id"].map(region) == "EMEA") & (subs["started_at"] < CHANGE) & ~(subs["ended_at"] < CHANGE)]
        gone[story] = (there["ended_at"] < CHANGE + YEAR).mean()
        assert (subs["ended_at"].isna() | (subs["ended_at"] > subs["started_at"])).all()
    assert gone["churn"] == pytest.approx(gone["unchanged"] + (1 - gone["unchanged"]) * YEARLY_CHURN, abs=0.1)


def test_the_truth_knows_of_the_churn(told):
    """Probability of staying against what became of the customers, among those whom the change can touch."""
    customers = told["churn"].truth["customers"]
    touched = customers[(customers["created_at"] > CHANGE - YEAR) & (customers["p_retain"] < 0.9)]
    spread = np.sqrt((touched["p_retain"] * (1 - touched["p_retain"])).sum())
    assert abs(touched["healthy"].sum() - touched["p_retain"].sum()) < 3 * spread
    assert customers["p_retain"].mean() < told["unchanged"].truth["customers"]["p_retain"].mean() - 0.03


def test_a_changed_arr_belongs_to_a_subscription_that_runs(told):
    tables = told["churn"].tables
    changes = tables["arr_changes"].merge(tables["subscriptions"], on="subscription_id")
    assert len(changes) == len(tables["arr_changes"])
    assert (changes["ended_at"].isna() | (changes["changed_at"] < changes["ended_at"])).all()


def test_the_command_offers_every_story():
    offered = next(p for p in simulate.params if p.name == "story")
    assert tuple(offered.type.choices) == STORIES == get_args(Story)


def test_an_unknown_story_is_refused():
    with pytest.raises(SourceError, match="no story 'boom'"):
        simulate_company(accounts=60, story="boom")

"""The tables: they hold the contract, and the traps stand in them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from icpfit.errors import SourceError
from icpfit.simulate import Company, simulate_company
from icpfit.simulate.company import TABLES as SIMULATED
from icpfit.sources.contract import TABLES

NOT_SIMULATED = {"account_merges", "contact_roles"}
"""What only a CRM hands in: who was merged into whom, and who was given which role when."""

END = pd.Timestamp("2026-01-01")
EXTRA = {"accounts": {"csm_owner", "has_tech_blog"}}


def _new_logos(company: Company) -> pd.DataFrame:
    deals = company.tables["deals"]
    return deals[deals["deal_type"] == "new_logo"]


def test_every_table_of_the_contract_is_there() -> None:
    assert set(SIMULATED) == set(TABLES) - NOT_SIMULATED


@pytest.mark.parametrize("name", sorted(SIMULATED))
def test_a_table_holds_its_contract(company: Company, name: str) -> None:
    contract, table = TABLES[name], company.tables[name]
    assert set(table.columns) - set(contract.columns) == EXTRA.get(name, set())
    may_be_empty = {"closed_at"}
    assert table[[c for c in contract.needed if c not in may_be_empty]].notna().all().all()
    if contract.key:
        assert not table.duplicated(list(contract.key)).any()
    for column in contract.times:
        if column in table:
            assert table[column].dtype == "datetime64[us]"
            assert table[column].dropna().lt(END).all()
    for column in contract.numbers:
        if column in table:
            assert pd.api.types.is_numeric_dtype(table[column])
    if "account_id" in table:
        assert table["account_id"].isin(company.tables["accounts"]["account_id"]).all()


def test_deals_end_after_they_begin_and_only_closed_ones_have_an_end(company: Company) -> None:
    deals = company.tables["deals"]
    closed = deals["stage"] != "open"
    assert (deals["closed_at"].notna() == closed).all()
    assert (deals.loc[closed, "closed_at"] > deals.loc[closed, "created_at"]).all()
    assert set(deals["deal_type"]) == {"new_logo", "renewal", "expansion"}


def test_an_account_has_one_open_new_logo_deal_at_a_time_and_none_as_a_customer(company: Company) -> None:
    deals = _new_logos(company).sort_values(["account_id", "created_at"])
    before = deals.groupby("account_id")[["closed_at", "stage"]].shift()
    repeated = deals["account_id"].duplicated()
    assert repeated.sum() > 500
    assert (before.loc[repeated, "closed_at"] < deals.loc[repeated, "created_at"]).all()
    assert (before.loc[repeated, "stage"] == "lost").all()


def test_the_figures_are_those_of_the_story(company: Company) -> None:
    deals = _new_logos(company)
    closed = deals[deals["stage"] != "open"]
    assert len(company.tables["accounts"]) == 6000
    assert 5_500 <= len(deals) <= 6_500
    assert 0.25 <= (closed["stage"] == "won").mean() <= 0.30
    per_account = deals["account_id"].value_counts()
    assert len(per_account) < 5_000
    assert (per_account > 1).sum() > 500
    assert 1_300 <= len(company.truth["customers"]) <= 1_700
    assert 0.72 <= company.truth["customers"]["healthy"].mean() <= 0.82


def test_fast_deals_close_first_and_some_stay_open_for_long(company: Company) -> None:
    deals = _new_logos(company)
    old = deals[deals["created_at"] < "2024-06-01"]
    days = (old["closed_at"] - old["created_at"]).dt.days
    assert 0.3 < (days <= 30).mean() < 0.5
    assert (days <= 150).mean() > 0.9
    assert (old["closed_at"].isna()).sum() > 30
    newest = deals[deals["created_at"] >= "2025-11-01"]
    assert newest["closed_at"].isna().mean() > 0.4


def test_employee_counts_are_todays_and_customers_grew_after_buying(company: Company) -> None:
    history = company.tables["account_history"]
    first = history[history["field"] == "employee_count"].drop_duplicates("account_id").set_index("account_id")
    assert (first["valid_from"] == "2022-01-01").all()
    assert len(first) == 6000
    accounts = company.tables["accounts"].set_index("account_id")
    growth = accounts["employee_count"] / first["value"].astype(float)
    customer = accounts["csm_owner"].notna()
    assert growth[customer].median() > 1.3 * growth[~customer].median()


def test_history_ends_at_todays_value(company: Company) -> None:
    history, accounts = company.tables["account_history"], company.tables["accounts"].set_index("account_id")
    for field in ("employee_count", "industry", "region", "country", "funding_stage"):
        last = history[history["field"] == field].drop_duplicates("account_id", keep="last").set_index("account_id")["value"]
        assert (last.reindex(accounts.index) == accounts[field].astype(str)).all(), field


def test_a_csm_owner_is_filled_for_customers_only(company: Company) -> None:
    accounts = company.tables["accounts"]
    bought = set(_new_logos(company).query("stage == 'won'")["account_id"])
    assert set(accounts.loc[accounts["csm_owner"].notna(), "account_id"]) == bought


def test_negotiators_read_prices_and_customers_use_the_product(company: Company) -> None:
    deals = _new_logos(company).query("stage != 'open'")
    events = company.tables["events"]
    events = events[events["event"].isin(["pricing_page_view", "login"])].merge(deals, on="account_id")
    after = events[events["occurred_at"] >= events["created_at"]]
    pricing = after[(after["event"] == "pricing_page_view") & (after["occurred_at"] < after["closed_at"])].groupby("deal_id").size()
    views = pricing.reindex(deals["deal_id"], fill_value=0).to_numpy()
    won = (deals["stage"] == "won").to_numpy()
    assert views[won].mean() > 2 * views[~won].mean()
    logins = after[after["event"] == "login"].groupby("deal_id").size().reindex(deals["deal_id"], fill_value=0).to_numpy()
    assert logins[won].mean() > 5 * logins[~won].mean()


def test_the_market_moves_up_in_the_last_year(company: Company) -> None:
    deals = _new_logos(company)
    history = company.tables["account_history"]
    sizes = history[history["field"] == "employee_count"].assign(size=lambda t: t["value"].astype(float))
    known = pd.merge_asof(
        deals.sort_values("created_at"),
        sizes.sort_values("valid_from")[["account_id", "valid_from", "size"]],
        left_on="created_at",
        right_on="valid_from",
        by="account_id",
        allow_exact_matches=False,
    )
    large = (known["size"] > 200).groupby(known["created_at"].dt.year).mean()
    assert large[2025] > large[2024] + 0.08
    assert abs(large[2024] - large[2023]) < 0.05


def test_domains_are_reserved_or_free_mail(company: Company) -> None:
    accounts = company.tables["accounts"]
    reserved = accounts["domain"].str.endswith(".example")
    assert 0.03 < (~reserved).mean() < 0.1
    assert accounts.loc[reserved, "domain"].is_unique
    assert set(accounts.loc[~reserved, "domain"]) <= {"gmail.com", "outlook.com", "yahoo.com", "hotmail.com"}


def test_the_target_list_is_of_accounts_that_can_be_sold_to(company: Company) -> None:
    targets, deals = company.targets, company.tables["deals"]
    assert len(targets) == 500
    known = targets["account_id"].isin(company.tables["accounts"]["account_id"])
    assert (~known).sum() == 60
    assert targets.loc[~known, "account_id"].isna().all()
    assert not targets["account_id"].isin(deals.loc[deals["stage"].isin(["open", "won"]), "account_id"]).any()


def test_the_same_arguments_give_the_same_rows() -> None:
    one, two, other = (simulate_company(accounts=120, seed=s) for s in (3, 3, 4))
    for name, table in one.tables.items():
        pd.testing.assert_frame_equal(table, two.tables[name])
    assert not one.tables["events"].equals(other.tables["events"])


def test_other_sizes_keep_the_rates() -> None:
    small = simulate_company(accounts=1_500, seed=3)
    share = len(small.truth["deals"]) / 1_500
    assert 0.85 < share < 1.15
    assert abs(small.truth["deals"]["p_win"].mean() - 0.27) < 0.03


def test_too_few_accounts_are_refused() -> None:
    with pytest.raises(SourceError, match="too few"):
        simulate_company(accounts=10)
    assert np.isfinite(simulate_company(accounts=50).truth["deals"]["p_win"]).all()


def test_a_company_without_a_table_cannot_exist(company: Company) -> None:
    tables = {k: v for k, v in company.tables.items() if k != "events"}
    with pytest.raises(ValueError, match="has the tables"):
        Company(tables=tables, truth=company.truth, targets=company.targets, seed=7, null=False)

"""Rows that are right one by one and contradict each other are found, counted and named; a clean company is left in peace."""

from __future__ import annotations

import pandas as pd
import pytest

from icpfit.config import CheckSettings
from icpfit.errors import ConfigError
from icpfit.sources.frames import warehouse_from_frames
from icpfit.sources.nonsense import find_nonsense
from icpfit.sources.rows import DataFinding

Frames = dict[str, pd.DataFrame]


def found(frames: Frames, **checks: object) -> dict[str, DataFinding]:
    findings = find_nonsense(warehouse_from_frames(frames), CheckSettings.model_validate(checks))
    assert len({(f.code, f.table) for f in findings}) == len(findings)
    return {f.code: f for f in findings}


def table(**columns: list[object]) -> pd.DataFrame:
    return pd.DataFrame(columns)


def test_a_clean_company_is_left_in_peace(company: Frames) -> None:
    company["deals"] = company["deals"].iloc[:4]
    assert found(company) == {}


def test_use_of_an_account_that_is_no_customer(company: Frames) -> None:
    """A subscribes from February 2 to June 2, D from May 2 on, B and C never did."""
    company["events"] = table(
        account_id=["A", "A", "A", "D", "B", "A"],
        occurred_at=["2026-02-01T23:59:59Z", "2026-02-02", "2026-06-03", "2026-05-01", "2026-03-01", "2026-01-01"],
        event=["use", "use", "use", "use", "use", "pricing_page_view"],
        event_id=["1", "2", "3", "4", "5", "6"],
    )
    asked = found(company, customers_only={"events": ["use"]}, ids=["events.event_id"])
    assert {code: f.rows for code, f in asked.items() if f.table == "events"} == {
        "BEFORE-CUSTOMER": 2,
        "AFTER-CUSTOMER": 1,
        "NEVER-CUSTOMER": 1,
    }
    words = asked["BEFORE-CUSTOMER"].words
    assert "2 of 5 rows (40%)" in words
    assert "events.event_id 1 of account A: occurred_at 2026-02-01 23:59:59, first subscription 2026-02-02" in words
    assert all(f.table != "events" for f in found(company).values()), "a trial's events come before; only what is said to need a customer"


def test_use_of_a_subscription_that_has_not_begun(company: Frames) -> None:
    company["subscriptions"] = table(
        subscription_id=["S1", "S2"],
        account_id=["A", "A"],
        started_at=["2026-01-01", "2026-05-01"],
        ended_at=["2026-03-01", None],
        arr=[1, 1],
    )
    company["events"] = table(
        account_id=["A", "A", "A"],
        occurred_at=["2026-04-01", "2026-03-02", "2026-03-01"],
        event=["use", "use", "use"],
        subscription_id=["S2", "S1", "S1"],
    )
    codes = {c: f.rows for c, f in found(company, customers_only={"events": []}).items() if f.table == "events"}
    assert codes == {"BEFORE-SUBSCRIPTION": 1, "AFTER-SUBSCRIPTION": 1}


def test_health_of_no_customer_and_value_before_the_start(company: Frames) -> None:
    company["customer_health"] = table(
        account_id=["A", "A"], measured_at=["2026-01-01", "2026-03-01"], first_value_at=["2026-01-15", "2026-02-10"], nps=[1, 2]
    )
    codes = found(company)
    assert (codes["BEFORE-CUSTOMER"].rows, codes["VALUE-BEFORE-START"].rows) == (1, 1)


def test_repeated_ids(company: Frames) -> None:
    company["events"] = company["events"].assign(usage_id=["U1", "U2", "U1", None])
    one = found(company, ids=["events.usage_id"])["REPEATED-ID"]
    assert one.rows == 2
    assert "2 of 3 rows" in one.words
    assert "1 ids" in one.words
    assert "events.usage_id U1" in one.words


def test_flags_against_subscriptions(company: Frames) -> None:
    """S1 of A has ended, S2 of D is live."""
    company["accounts"]["churned"] = ["no", None, "yes", "YES"]
    company["subscriptions"]["churn_flag"] = [False, True]
    codes = found(company, churn_flags=["accounts.churned", "subscriptions.churn_flag"])
    assert {c: f.rows for c, f in codes.items() if "customer" not in c.lower()} == {
        "LEFT-AND-LIVE": 1,
        "STAYS-AND-ENDED": 1,
        "FLAG-WITHOUT-END": 1,
        "END-WITHOUT-FLAG": 1,
    } | {c: f.rows for c, f in found(company).items() if "customer" not in c.lower()}
    assert "accounts.account_id D" in codes["LEFT-AND-LIVE"].words
    assert "accounts.account_id A" in codes["STAYS-AND-ENDED"].words


def test_flags_against_events_of_leaving(company: Frames) -> None:
    company["accounts"]["churned"] = ["yes", "no", "yes", "no"]
    company["events"] = table(account_id=["A", "B", "D"], occurred_at=["2026-06-02", "2026-03-01", "2026-06-01"], event=["churned"] * 3)
    codes = found(company, churn_flags=["accounts.churned"], churn_events=["churned"])
    assert codes["LEFT-WITHOUT-EVENT"].rows == 1, "C"
    assert codes["STAYS-WITH-EVENT"].rows == 2, "B and D"
    assert codes["LEFT-AND-STAYED"].rows == 1, "D's subscription ran then and runs still"


def many(**columns: object) -> pd.DataFrame:
    n = 40
    base = {
        "deal_id": [f"D{i}" for i in range(n)],
        "account_id": ["A", "B", "C", "D"] * (n // 4),
        "created_at": pd.date_range("2025-01-01", periods=n, freq="5D"),
        "closed_at": pd.date_range("2025-02-01", periods=n, freq="5D"),
        "stage": ["lost"] * n,
    }
    return pd.DataFrame(base | columns)


def test_dates_of_an_import(company: Frames) -> None:
    company = {"accounts": company["accounts"], "deals": many()}
    assert found(company) == {}
    company["deals"] = many(closed_at=pd.date_range("2025-01-01", periods=40, freq="5D"))
    assert found(company)["CLOSED-AS-CREATED"].rows == 40
    company["deals"] = many(closed_at=[pd.Timestamp("2025-12-01")] * 25 + list(pd.date_range("2025-08-01", periods=15)))
    assert (found(company)["CLOSED-ON-ONE-DAY"].severity, found(company)["CLOSED-ON-ONE-DAY"].rows) == ("warning", 25)
    company["deals"] = many(closed_at=[pd.Timestamp("2025-12-01")] * 40)
    assert found(company)["CLOSED-ON-ONE-DAY"].severity == "error", "no order in time is left to learn from"


def test_won_without_a_customer_and_new_business_with_one(company: Frames) -> None:
    deals = many()
    deals.loc[[0, 1], "stage"] = "won"  # of A, who subscribed in 2026, and of B, who never did
    deals.loc[4, ["created_at", "closed_at"]] = [pd.Timestamp("2026-03-01"), pd.Timestamp("2026-04-01")]  # of A, while S1 runs
    codes = found(company | {"deals": deals})
    assert codes["WON-WITHOUT-SUBSCRIPTION"].rows == 1
    assert "deals.deal_id D1: account B" in codes["WON-WITHOUT-SUBSCRIPTION"].words
    assert codes["NEW-LOGO-OF-A-CUSTOMER"].rows == 1
    assert "deals.deal_id D4: created_at 2026-03-01 while subscription S1 of account A was live" in codes["NEW-LOGO-OF-A-CUSTOMER"].words


def test_money(company: Frames) -> None:
    company["deals"] = company["deals"].iloc[:4]
    company["subscriptions"] = company["subscriptions"].assign(arr=[0.0, 1200.0], mrr=["10", "100"])
    codes = found(company, mrr="subscriptions.mrr")
    assert {c: f.rows for c, f in codes.items()} == {"ARR-NOT-POSITIVE": 1, "ARR-NOT-12-MRR": 1}
    assert "subscriptions.subscription_id S1: arr 0.0, mrr 10" in codes["ARR-NOT-12-MRR"].words


def test_rows_older_than_their_account(company: Frames) -> None:
    company["deals"] = company["deals"].iloc[:4]
    company["accounts"]["signup"] = ["2026-01-02", "2026-01-01", None, "2026-01-01"]
    findings = find_nonsense(warehouse_from_frames(company), CheckSettings(account_since="accounts.signup"))
    assert {(f.table, f.rows) for f in findings if f.code == "BEFORE-ACCOUNT"} == {("events", 2)}


def test_a_history_that_ends_on_another_value(company: Frames) -> None:
    company["deals"] = company["deals"].iloc[:4]
    company["account_history"] = table(
        account_id=["A", "A", "B", "B"],
        field=["industry", "industry", "employee_count", "industry"],
        value=["software", "retail", "250", "banking"],
        valid_from=["2025-01-01", "2025-06-01", "2025-01-01", "2025-01-01"],
    )
    one = found(company)["HISTORY-ENDS-ELSEWHERE"]
    assert one.rows == 1
    assert "accounts.account_id B: the history ends on banking, accounts has software" in one.words


@pytest.mark.parametrize(
    ("checks", "sentence", "hint"),
    [
        ({"ids": ["events.usage"]}, "checks.ids: events has no column 'usage'", "it has account_id, "),
        ({"ids": ["evnts.usage"]}, "checks.ids: there is no table 'evnts'", "did you mean 'events'?"),
        ({"churn_flags": ["deals.stage"]}, "is not a column of accounts or subscriptions", ""),
        ({"mrr": "subscriptions.ar"}, "subscriptions has no column 'ar'", "did you mean 'arr'?"),
        ({"customers_only": {"contacts": []}}, "contacts is not one of events, signals", ""),
        ({"customers_only": {"signals": []}}, "the table signals is not there", ""),
    ],
)
def test_a_check_of_what_is_not_there(company: Frames, checks: dict[str, object], sentence: str, hint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        found(company, **checks)
    assert sentence in caught.value.message
    assert hint in str(caught.value.hint)

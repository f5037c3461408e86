"""Public tables with planted nonsense (Kaggle "RavenStack" by Rivalytics): what check finds is what is there, counted another way."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd
import pytest

from icpfit.cycle.check import check_source
from icpfit.cycle.opened import open_config

CONFIG = Path(__file__).parents[2] / "configs" / "examples" / "ravenstack.yaml"


def read(name: str, *dates: str) -> pd.DataFrame:
    frame = pd.read_csv(Path(os.environ["ICPFIT_REAL_DATA"]) / "ravenstack" / f"ravenstack_{name}.csv")
    for date in dates:
        frame[date] = pd.to_datetime(frame[date])
    return frame


def counted_by_hand() -> dict[tuple[str, str], int]:
    accounts = read("accounts", "signup_date").set_index("account_id")
    subs = read("subscriptions", "start_date", "end_date")
    use, tickets, left = read("feature_usage", "usage_date"), read("support_tickets", "submitted_at"), read("churn_events", "churn_date")
    first = subs.groupby("account_id")["start_date"].min()
    live = set(subs.loc[subs["end_date"].isna(), "account_id"])
    of = use.merge(subs, on="subscription_id")
    gone, told = accounts["churn_flag"], accounts.index.isin(left["account_id"])
    ran = left.merge(subs[subs["end_date"].isna()], on="account_id")
    signup = accounts["signup_date"]

    def early(frame: pd.DataFrame, date: str, since: pd.Series) -> int:
        return int((frame[date] < frame["account_id"].map(since)).sum())

    return {
        ("REPEATED-ID", "events"): int(use["usage_id"].duplicated(keep=False).sum()),
        ("BEFORE-CUSTOMER", "events"): early(of, "usage_date", first),
        ("BEFORE-SUBSCRIPTION", "events"): int((of["usage_date"] < of["start_date"]).sum()),
        ("AFTER-SUBSCRIPTION", "events"): int((of["usage_date"] > of["end_date"]).sum()),
        ("BEFORE-CUSTOMER", "interactions"): early(tickets, "submitted_at", first),
        ("BEFORE-ACCOUNT", "events"): early(of, "usage_date", signup) + early(left, "churn_date", signup),
        ("BEFORE-ACCOUNT", "interactions"): early(tickets, "submitted_at", signup),
        ("LEFT-AND-LIVE", "accounts"): int((gone & accounts.index.isin(live)).sum()),
        ("LEFT-WITHOUT-EVENT", "accounts"): int((gone & ~told).sum()),
        ("STAYS-WITH-EVENT", "accounts"): int((~gone & told).sum()),
        ("LEFT-AND-STAYED", "events"): int(ran.loc[ran["start_date"] <= ran["churn_date"], "churn_event_id"].nunique()),
        ("ARR-NOT-POSITIVE", "subscriptions"): int((subs["arr_amount"] <= 0).sum()),
        ("CLOSED-AS-CREATED", "deals"): len(subs),
    }


@pytest.mark.real_data
def test_check_lists_the_planted_nonsense_of_ravenstack() -> None:
    report = check_source(open_config(CONFIG), None)
    found = {(f["code"], f["table"]): f["rows"] for f in report.values["findings"] if f["severity"] != "note"}
    overlaps = found.pop(("NEW-LOGO-OF-A-CUSTOMER", "deals"))
    assert found == counted_by_hand()
    assert 0 < overlaps < 5_000
    assert found["BEFORE-SUBSCRIPTION", "events"] > 10_000
    assert found["LEFT-AND-LIVE", "accounts"] == 110
    assert report.values["rows"]["events"]["in"] == report.values["rows"]["events"]["used"] == 25_600
    assert [part["file"] for part in report.values["rows"]["events"]["files"]] == [
        "ravenstack_feature_usage.csv",
        "ravenstack_churn_events.csv",
    ]
    assert any("events.usage_id U-" in line and "started_at of S-" in line for line in report.lines)

"""The promise, from a CRM's own tables on: as of a date, all that its later rows say changes no byte of a training set."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from icpfit.config import Config
from icpfit.moments import parse_moment
from icpfit.simulate import simulate_company
from icpfit.sources.warehouse import Warehouse
from icpfit.training_set import build_training_set, parquet_bytes

Tables = dict[str, pd.DataFrame]

DATES = ("2023-10-01", "2024-08-15")

FEATURES: list[dict[str, Any]] = [
    {"table": "accounts", "aggregate": "value", "column": "industry", "kind": "category", "history": True},
    {"table": "accounts", "aggregate": "value", "column": "employee_count", "history": True},
    {"table": "contacts", "aggregate": "count", "where": "buying_role IS NULL"},
    {"table": "contacts", "aggregate": "any", "kind": "flag", "where": "buying_role = 'champion'"},
    {"table": "interactions", "aggregate": "count", "window_days": 90},
    {"table": "interactions", "aggregate": "recency_days"},
]
CONFIG = Config.model_validate(
    {
        "source": {"kind": "folder", "path": "."},
        "features": [{"name": f"f{i}", "label": f"Feature {i}", "layer": "behavioral", **f} for i, f in enumerate(FEATURES)],
    }
)

TIMES = {
    **dict.fromkeys(("account_history", "opportunity_history", "contact", "opportunity", "opportunity_contact_role"), "created_date"),
    **dict.fromkeys(("task", "event", "account"), "created_date"),
    "company_property_history": "timestamp",
    "contact_property_history": "timestamp",
    "deal_stage": "date_entered",
    **dict.fromkeys(("deal", "company"), "property_createdate"),
    "engagement_call": "property_hs_timestamp",
}
CLOSES = {"opportunity": "close_date", "deal": "property_closedate"}
API = {"employee_count": "NumberOfEmployees", "industry": "Industry", "annual_revenue": "AnnualRevenue"}
PROPERTY = {"employee_count": "numberofemployees", "industry": "industry", "annual_revenue": "annualrevenue"}


@pytest.fixture(scope="module")
def simulated() -> Tables:
    return dict(simulate_company(accounts=250, seed=5).tables)


def steps(tables: Tables) -> pd.DataFrame:
    """The stages of each deal, with those in which it closed."""
    deals = tables["deals"]
    closed = deals[deals["stage"] != "open"]
    ends = pd.DataFrame({"deal_id": closed["deal_id"], "stage": "Closed " + closed["stage"].str.title(), "entered_at": closed["closed_at"]})
    open_stages = tables["deal_stages"][~tables["deal_stages"]["stage"].isin(["won", "lost"])]
    return pd.concat([open_stages, ends], ignore_index=True)


def as_salesforce(tables: Tables) -> Tables:
    """The simulated company in Salesforce: a close date that a person wrote, up to three days before the close."""
    accounts, deals, contacts, done = (tables[n] for n in ("accounts", "deals", "contacts", "interactions"))
    before = pd.to_timedelta(deals.index % 4, unit="D")
    made = deals.set_index("deal_id")["created_at"].reindex(contacts["deal_id"]).to_numpy()
    closed = deals["stage"].map({"won": "Closed Won", "lost": "Closed Lost", "open": "proposal"})
    history = tables["account_history"][tables["account_history"]["field"].isin(list(API))]
    return {
        "account": accounts.rename(columns={"account_id": "id", "domain": "website", "employee_count": "number_of_employees"})[
            ["id", "name", "website", "industry", "number_of_employees"]
        ],
        "account_history": pd.DataFrame(
            {
                "account_id": history["account_id"],
                "field": history["field"].map(API),
                "new_value": history["value"],
                "created_date": history["valid_from"],
            }
        ),
        "opportunity": pd.DataFrame(
            {
                "id": deals["deal_id"],
                "account_id": deals["account_id"],
                "stage_name": closed,
                "is_closed": deals["stage"] != "open",
                "is_won": deals["stage"] == "won",
                "type": deals["deal_type"].map({"new_logo": "New Business", "expansion": "Existing Business", "renewal": "Renewal"}),
                "amount": deals["amount"],
                "created_date": deals["created_at"],
                "close_date": (deals["closed_at"] - before).dt.floor("D"),
            }
        ),
        "opportunity_history": steps(tables).rename(
            columns={"deal_id": "opportunity_id", "stage": "stage_name", "entered_at": "created_date"}
        ),
        "contact": pd.DataFrame(
            {"id": contacts["contact_id"], "account_id": contacts["account_id"], "title": contacts["title"], "created_date": made}
        ),
        "opportunity_contact_role": pd.DataFrame(
            {
                "opportunity_id": contacts["deal_id"],
                "contact_id": contacts["contact_id"],
                "role": contacts["buying_role"].fillna("Other"),
                "created_date": made + pd.Timedelta(days=5),
            }
        ),
        "task": pd.DataFrame(
            {
                "id": done.index,
                "account_id": done["account_id"],
                "what_id": done["deal_id"],
                "status": "Completed",
                "activity_date": done["occurred_at"].dt.floor("D"),
                "created_date": done["occurred_at"],
            }
        ),
    }


def as_hubspot(tables: Tables) -> Tables:
    """The same in HubSpot; half of the contacts and calls stand with a deal alone."""
    accounts, deals, contacts, done = (tables[n] for n in ("accounts", "deals", "contacts", "interactions"))
    number = {a: str(900 + i) for i, a in enumerate(accounts["account_id"])}
    made = deals.set_index("deal_id")["created_at"].reindex(contacts["deal_id"]).to_numpy()
    stage = deals["stage"].map({"won": "Closed Won", "lost": "Closed Lost", "open": "proposal"})
    history = tables["account_history"][tables["account_history"]["field"].isin(list(PROPERTY))]
    alone, ids = contacts.index % 2 == 0, done.index.astype(str)
    kinds = {s: (s.startswith("Closed"), s == "Closed Won") for s in [*steps(tables)["stage"].unique(), "proposal"]}
    return {
        "company": pd.DataFrame(
            {
                "id": accounts["account_id"].map(number),
                "property_name": accounts["name"],
                "property_domain": accounts["domain"],
                "property_industry": accounts["industry"],
                "property_numberofemployees": accounts["employee_count"],
            }
        ),
        "company_property_history": pd.DataFrame(
            {
                "company_id": history["account_id"].map(number),
                "name": history["field"].map(PROPERTY),
                "value": history["value"],
                "timestamp": history["valid_from"],
            }
        ),
        "deal": pd.DataFrame(
            {
                "deal_id": deals["deal_id"],
                "deal_pipeline_id": "default",
                "deal_pipeline_stage_id": stage,
                "property_dealtype": deals["deal_type"].map(
                    {"new_logo": "newbusiness", "expansion": "existingbusiness", "renewal": "renewal"}
                ),
                "property_createdate": deals["created_at"],
                "property_closedate": deals["closed_at"].dt.floor("D"),
            }
        ),
        "deal_company": pd.DataFrame({"deal_id": deals["deal_id"], "company_id": deals["account_id"].map(number), "type_id": "341"}),
        "deal_pipeline_stage": pd.DataFrame(
            [{"stage_id": s, "label": s, "is_closed": c, "closed_won": w, "probability": float(w)} for s, (c, w) in kinds.items()]
        ),
        "deal_stage": steps(tables).rename(columns={"stage": "value", "entered_at": "date_entered"}),
        "contact": pd.DataFrame(
            {
                "id": contacts["contact_id"],
                "property_jobtitle": contacts["title"],
                "property_associatedcompanyid": contacts["account_id"].map(number).mask(alone),
                "property_createdate": made - pd.Timedelta(days=30),
            }
        ),
        "deal_contact": contacts[["contact_id", "deal_id"]].dropna(),
        "contact_property_history": pd.DataFrame(
            {
                "contact_id": contacts["contact_id"],
                "name": "hs_buying_role",
                "value": contacts["buying_role"],
                "timestamp": made + pd.Timedelta(days=5),
            }
        ),
        "engagement": pd.DataFrame({"id": ids, "type": "CALL"}),
        "engagement_call": pd.DataFrame(
            {"engagement_id": ids, "property_hs_timestamp": done["occurred_at"], "property_hs_createdate": done["occurred_at"]}
        ),
        "engagement_company": pd.DataFrame({"engagement_id": ids, "company_id": done["account_id"].map(number)})[done.index % 2 == 0],
        "engagement_deal": pd.DataFrame({"engagement_id": ids, "deal_id": done["deal_id"]}).dropna(),
    }


def without_future(tables: Tables, date: str) -> Tables:
    """Every raw row at or after the date deleted, by its own time, and every close that lies after it blanked."""
    cutoff, out = pd.Timestamp(date), {}
    for name, table in tables.items():
        time = TIMES.get(name)
        kept = table[~(table[time] >= cutoff)].copy() if time in table else table.copy()
        if name in CLOSES:
            kept[CLOSES[name]] = kept[CLOSES[name]].mask(kept[CLOSES[name]] >= cutoff)
        out[name] = kept
    if "engagement" in out:
        out["engagement"] = out["engagement"][out["engagement"]["id"].isin(out["engagement_call"]["engagement_id"])]
    return out


MAKERS = {"salesforce": as_salesforce, "hubspot": as_hubspot}


@pytest.mark.parametrize("crm", ["salesforce", "hubspot"])
def test_deleting_the_future_changes_no_byte(crm: str, simulated: Tables, read: Callable[..., Warehouse]) -> None:
    raw = MAKERS[crm](simulated)
    whole = read(crm, raw, most=1.0)
    seen = steps(simulated)["deal_id"].value_counts()
    known = whole.connection.sql("SELECT deal_id, closed_at FROM deals WHERE closed_at IS NOT NULL").fetchall()
    closed = {d: t for d, t in known if seen[d] > 1}  # a history that begins closed did not see the close
    true = simulated["deals"].set_index("deal_id")["closed_at"].dropna()
    true = true[seen.reindex(true.index) > 1]
    assert len(true) > 150
    assert closed == {d: int(t.value // 1000) for d, t in true.items()}  # not the dates that people wrote
    for date in DATES:
        cutoff = parse_moment(date)
        ours = build_training_set(whole, CONFIG, "win", cutoff)
        theirs = build_training_set(read(crm, without_future(raw, date), most=1.0), CONFIG, "win", cutoff)
        assert len(ours.frame) > 40
        assert ours.frame[[s.name for s in ours.specs]].nunique().min() > 1
        assert parquet_bytes(ours.frame, ours.specs) == parquet_bytes(theirs.frame, theirs.specs)
        assert (ours.fingerprint, dict(ours.left_out)) == (theirs.fingerprint, dict(theirs.left_out))

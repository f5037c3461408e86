"""All of Salesforce's tables as tables of the contract."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

from icpfit.sources.crm import salesforce, salesforce_history, salesforce_people
from icpfit.sources.crm.fields import Named
from icpfit.sources.crm.stages import Rules, closes
from icpfit.sources.crm.table import CrmTable
from icpfit.sources.raw import RawTable


def read_salesforce(
    connection: duckdb.DuckDBPyConnection, tables: Mapping[str, CrmTable], rules: Rules, named: Mapping[str, Named]
) -> dict[str, RawTable]:
    """``tables`` by the reader's names; ``named``: accounts and deals -> what the configuration says of their columns."""
    account, opportunity = tables["account"], tables["opportunity"]
    out: dict[str, RawTable] = {}
    out["accounts"], fields = salesforce.accounts(connection, account, named.get("accounts", {}))
    history = tables.get("account_history") or (account if salesforce_history.is_versions(account) else None)
    if history is not None:
        out["account_history"] = salesforce_history.account_history(connection, history, fields, named.get("accounts", {}))
    if (merged := salesforce.merges(connection, account)) is not None:
        out["account_merges"] = merged
    stages = tables.get("opportunity_history") or (opportunity if salesforce_history.is_versions(opportunity) else None)
    steps = salesforce_history.steps(connection, stages, opportunity, rules) if stages is not None else None
    closes(connection, steps)
    out["deals"] = salesforce.deals(connection, opportunity, account, rules, named.get("deals", {}))
    if stages is not None and steps is not None:
        out["deal_stages"] = salesforce_history.deal_stages(connection, stages, steps)
    salesforce_people.know_deals(connection, opportunity, *salesforce.account_of(connection, opportunity, account))
    if "contact" in tables:
        out["contacts"] = salesforce_people.contacts(connection, tables["contact"])
    if "opportunity_contact_role" in tables:
        out["contact_roles"] = salesforce_people.contact_roles(connection, tables["opportunity_contact_role"])
    others = tuple(t for name, t in tables.items() if name in ("account", "opportunity", "contact"))
    done = salesforce_people.interactions(connection, tables.get("task"), tables.get("event"), others)
    if done is not None:
        out["interactions"] = done
    return out

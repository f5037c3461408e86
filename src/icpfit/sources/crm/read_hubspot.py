"""All of HubSpot's tables as tables of the contract, and what its pipelines and associations leave to be said."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

from icpfit.plural import counted
from icpfit.sources.crm import hubspot, hubspot_history, hubspot_people
from icpfit.sources.crm.fields import Named
from icpfit.sources.crm.hubspot_companies import chosen_of_several, know_companies
from icpfit.sources.crm.hubspot_pipelines import check_pipelines, doubtful_stages, know_stages
from icpfit.sources.crm.stages import Rules, closes
from icpfit.sources.crm.table import CrmTable
from icpfit.sources.raw import RawTable
from icpfit.sources.rows import DataFinding


def read_hubspot(
    connection: duckdb.DuckDBPyConnection, tables: Mapping[str, CrmTable], rules: Rules, named: Mapping[str, Named]
) -> tuple[dict[str, RawTable], tuple[DataFinding, ...]]:
    """``tables`` by the reader's names; ``named``: accounts and deals -> what the configuration says of their columns.

    Raises:
        ConfigError: the configuration names a pipeline that is not there.
    """
    company, deal = tables["company"], tables["deal"]
    out: dict[str, RawTable] = {}
    out["accounts"], fields = hubspot.accounts(connection, company, named.get("accounts", {}))
    if "company_property_history" in tables:
        out["account_history"] = hubspot_history.account_history(connection, tables["company_property_history"], fields)
    if (merged := hubspot.merges(connection, company)) is not None:
        out["account_merges"] = merged
    know_stages(connection, tables)
    check_pipelines(connection, deal, rules)
    know_companies(connection, tables)
    known = hubspot_history.know_steps(connection, tables, rules)
    closes(connection, known[0] if known else None)
    out["deals"] = hubspot.deals(connection, deal, rules, named.get("deals", {}), tables.get("merged_deal"))
    if known is not None:
        out["deal_stages"] = hubspot_history.deal_stages(connection, *known)
    hubspot_people.know_deals(connection, deal)
    if "contact" in tables:
        out["contacts"] = hubspot_people.contacts(connection, tables)
    if "contact" in tables and "contact_property_history" in tables:
        out["contact_roles"] = hubspot_people.contact_roles(connection, tables["contact_property_history"])
    if (done := hubspot_people.interactions(connection, tables)) is not None:
        out["interactions"] = done
    return out, (*_said_of_companies(connection, deal), *_said_of_stages(connection, deal, rules))


def _said_of_companies(connection: duckdb.DuckDBPyConnection, deal: CrmTable) -> tuple[DataFinding, ...]:
    several, unmarked, example = chosen_of_several(connection)
    if not several:
        return ()
    words = f"{deal.place}: {counted(several, 'deal')} stand with several companies. The primary company holds"
    if unmarked:
        words += f"; {unmarked:,} have none, e.g. deal {example!r}: of theirs the one with the lowest id holds, which HubSpot made first"
    return (DataFinding("CRM-SEVERAL-COMPANIES", "note", "deals", f"{words}.", several),)


def _said_of_stages(connection: duckdb.DuckDBPyConnection, deal: CrmTable, rules: Rules) -> tuple[DataFinding, ...]:
    found = doubtful_stages(connection, deal, rules)
    if not found:
        return ()
    stage, rows = found[0][0], sum(n for _, n in found)
    words = (
        f"{deal.place}: {counted(rows, 'deal')} in stages at a probability of 0 that are not called closed, e.g. {stage!r}, count as open."
        f" If they are lost, say so: source.stages: {{{stage}: lost}}."
    )
    return (DataFinding("CRM-STAGE-DOUBTFUL", "warning", "deals", words, rows),)

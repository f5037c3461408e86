"""Which company a HubSpot deal belongs to, where it may stand with many."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

from icpfit.sources.crm.hubspot import ACCOUNT_FIELDS, COMPANY_ID, DEAL_ID
from icpfit.sources.crm.table import CrmTable
from icpfit.sources.crm.view import define

PRIMARY_TYPE = "5"
"""HubSpot's own type of an association of a deal with its primary company; 341 is one with any company."""

PRIMARY = (
    "hs_primary_associated_company",
    "Primary Associated Company ID",
    "Associated Company IDs (Primary)",
    "Associated Company ID (Primary)",
)
OTHERS = ("Associated Company IDs", "associatedcompanyids", "associations_company_ids")
BY_NAME = ("Associated Company (Primary)", "Associated Company Names (Primary)", "Associated Company", "Associated Company Names")


def know_companies(connection: duckdb.DuckDBPyConnection, tables: Mapping[str, CrmTable]) -> None:
    """The table ``icpfit crm companies``: deal_id, account_id, companies (how many), primary (whether one was marked so).

    The primary company first. Where none is marked, the company with the lowest id: HubSpot's ids grow, so that it is the one
    that was there first, and a company that is added later does not change the answer. Companies that are not there any
    more come last.
    """
    deal, company = tables["deal"], tables["company"]
    deal_id = deal.key(*DEAL_ID)
    parts = ["SELECT '' AS deal_id, '' AS account_id, false AS marked WHERE false"]
    if "deal_company" in tables:
        pairs = tables["deal_company"]
        pairs.needed("the deal's id", "deal_id", "value")
        marked = f"coalesce({pairs.text('type_id')} = '{PRIMARY_TYPE}', false)"
        parts.append(f"SELECT {pairs.key('deal_id', 'value')}, {pairs.key('company_id', 'companies_id')}, {marked} FROM {pairs.relation} t")
    if "company_deal" in tables:
        pairs = tables["company_deal"]
        parts.append(f"SELECT {pairs.key('deals_id', 'deal_id')}, {pairs.key('value', 'company_id')}, false FROM {pairs.relation} t")
    if deal.has(*PRIMARY):
        parts.append(f"SELECT {deal_id}, {_each(deal, *PRIMARY)}, true FROM {deal.relation} t")
    for names in (OTHERS, ("companies",)):
        if deal.has(*names):
            parts.append(f"SELECT {deal_id}, {_each(deal, *names)}, false FROM {deal.relation} t")
    if len(parts) == 1 and deal.has(*BY_NAME):
        name, own = company.word(*ACCOUNT_FIELDS["name"]), company.key(*COMPANY_ID)
        define(
            connection,
            "names",
            f"SELECT {name} AS name, min({own}) AS account_id FROM {company.relation} t GROUP BY ALL HAVING count(*) = 1",
        )
        parts.append(
            f"""SELECT {deal_id}, n.account_id, false FROM {deal.relation} t JOIN "icpfit crm names" n ON n.name = {deal.word(*BY_NAME)}"""
        )
    live = f"SELECT {company.key(*COMPANY_ID)} AS account_id FROM {company.relation} t"
    define(
        connection,
        "companies",
        f"""
        WITH pairs AS (
            SELECT deal_id, {deal.form("account_id")} AS account_id, bool_or(marked) AS marked
            FROM ({" UNION ALL ".join(parts)}) WHERE deal_id IS NOT NULL AND account_id <> '' GROUP BY ALL),
        live AS (SELECT account_id FROM ({live}) ANTI JOIN "icpfit crm fate" USING (account_id)),
        ranked AS (
            SELECT p.*, count(*) OVER one AS companies, bool_or(marked) OVER one AS any_marked,
                row_number() OVER (one ORDER BY l.account_id IS NULL, NOT marked, length(p.account_id), p.account_id) AS place
            FROM pairs p LEFT JOIN (SELECT DISTINCT account_id FROM live) l ON l.account_id = p.account_id
            WINDOW one AS (PARTITION BY deal_id))
        SELECT deal_id, account_id, companies, any_marked AS marked FROM ranked WHERE place = 1""",
    )


def _each(table: CrmTable, *names: str) -> str:
    """Each of the ids in a cell: one, several with ; or , between, or a list as JSON writes it."""
    return f"trim(unnest(string_split_regex({table.text(*names)}, '[;,]')), ' []\"')"


def chosen_of_several(connection: duckdb.DuckDBPyConnection) -> tuple[int, int, str]:
    """Deals with several companies, those of them without a primary one, and one of the latter."""
    several, unmarked, example = connection.execute("""
        SELECT count(*) FILTER (companies > 1), count(*) FILTER (companies > 1 AND NOT marked),
            min(deal_id) FILTER (companies > 1 AND NOT marked) FROM "icpfit crm companies" """).fetchall()[0]
    return int(several), int(unmarked), str(example)

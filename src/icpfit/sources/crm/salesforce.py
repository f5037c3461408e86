"""Salesforce: accounts and opportunities as accounts and deals."""

from __future__ import annotations

import duckdb

from icpfit.sources.crm.fields import Fields, Named, fields_of, renamed
from icpfit.sources.crm.stages import Rules, closed_at, deal_type_of, state_of
from icpfit.sources.crm.table import CrmTable
from icpfit.sources.crm.view import define, first_reason, view_of
from icpfit.sources.raw import RawTable
from icpfit.sources.set_aside import DELETED, MERGED_ACCOUNT, OF_DELETED, OLDER

ID = {
    "account": ("Id", "Account ID", "Account ID (18)"),
    "opportunity": ("Id", "Opportunity ID", "Opportunity ID (18)"),
    "contact": ("Id", "Contact ID"),
}
ACCOUNT_ID = ("AccountId", "Account ID (18)")
CREATED = ("CreatedDate",)
CLOSE = ("CloseDate",)
STAGE = ("StageName", "Stage")
MASTER = ("MasterRecordId",)

ACCOUNT_FIELDS = {
    "name": ("Name", "Account Name"),
    "domain": ("Website",),
    "industry": ("Industry",),
    "employee_count": ("NumberOfEmployees", "Employees"),
    "annual_revenue": ("AnnualRevenue",),
    "country": ("BillingCountry", "Billing Country (text only)"),
    "founded_year": ("YearStarted",),
    "parent_id": ("ParentId", "Parent Account ID"),
}
"""Column of accounts -> what Salesforce calls it; the first that is there and filled holds."""

DEAL_COLUMNS = {"amount": ("Amount",), "source": ("LeadSource",), "owner": ("OwnerId", "Opportunity Owner", "Owner")}

FORECASTS = ("Probability", "ForecastCategory", "ForecastCategoryName", "ExpectedRevenue", "Fiscal", "IsClosed", "IsWon")
"""What Salesforce or a person expects of an opportunity, or its outcome: never anything else."""

NAMED_STAGES = {
    "closed won": "won",
    "closed lost": "lost",
    **dict.fromkeys(
        (
            "prospecting",
            "qualification",
            "needs analysis",
            "value proposition",
            "id. decision makers",
            "perception analysis",
            "proposal/price quote",
            "negotiation/review",
        ),
        "open",
    ),
}
"""Salesforce's own stages, where the opportunity does not say itself whether it is closed and won."""

NAMED_TYPES = {
    **dict.fromkeys(("new business", "new customer", "new logo", "new"), "new_logo"),
    **dict.fromkeys(("existing business", "expansion", "upsell", "upgrade", "add-on business", "add-on"), "expansion"),
    **dict.fromkeys((f"existing customer - {what}" for what in ("upgrade", "replacement", "downgrade")), "expansion"),
    **dict.fromkeys(("renewal", "renewals"), "renewal"),
}


def accounts(connection: duckdb.DuckDBPyConnection, table: CrmTable, named: Named) -> tuple[RawTable, Fields]:
    """Accounts, and the table ``icpfit crm fate`` (account_id, reason) of those that are left out."""
    table.needed("the account's id", *ID["account"])
    fields = fields_of(table, renamed(ACCOUNT_FIELDS, named), (*ID["account"], *MASTER))
    account_id = table.key(*ID["account"])
    reason = first_reason(
        (f"{table.key(*MASTER)} IS NOT NULL", MERGED_ACCOUNT), (table.flag("IsDeleted"), DELETED), (_is_older(table), OLDER)
    )
    define(
        connection,
        "fate",
        f"""SELECT account_id, min(reason) AS reason FROM (SELECT {account_id} AS account_id, {reason} AS reason FROM {table.relation} t)
        WHERE account_id IS NOT NULL GROUP BY account_id HAVING bool_and(reason IS NOT NULL)""",
    )
    columns = {"account_id": account_id, "domain": table.text(), **fields.sql}
    return view_of(connection, "accounts", table, columns, reason), fields


def merges(connection: duckdb.DuckDBPyConnection, table: CrmTable) -> RawTable | None:
    """Accounts that were merged into others, as Salesforce keeps them; None where it says nothing of any."""
    if not table.has(*MASTER):
        return None
    master = table.key(*MASTER)
    merged = define(connection, "merged accounts", f"SELECT t.* FROM {table.relation} t WHERE {master} IS NOT NULL ORDER BY t.rowid")
    if not connection.execute(f"SELECT 1 FROM {merged} LIMIT 1").fetchall():
        return None
    part = CrmTable(table.name, table.place, merged, table.cells, table.dates, form=table.form)
    columns = {"account_id": part.key(*ID["account"]), "merged_into": part.key(*MASTER)}
    return view_of(connection, "account_merges", part, columns, first_reason())


def stage_sql(table: CrmTable, rules: Rules) -> str:
    """``won``, ``lost`` or ``open``; a stage that nothing tells is its own name, for the check to find."""
    name, won, closed = table.text(*STAGE), table.flag("IsWon", "Won"), table.flag("IsClosed", "Closed")
    flags = f"CASE WHEN {won} THEN 'won' WHEN {closed} THEN 'lost' WHEN {closed} = false THEN 'open' END"
    return f"coalesce({state_of(rules.stages, name)}, {flags}, {state_of(NAMED_STAGES, name)}, {name})"


def deals(connection: duckdb.DuckDBPyConnection, table: CrmTable, account: CrmTable, rules: Rules, named: Named) -> RawTable:
    """Opportunities.

    Raises:
        SourceError: a column that no deal can do without is not there.
    """
    table.needed("the opportunity's id", *ID["opportunity"])
    table.needed("the opportunity's account", *ACCOUNT_ID, "Account Name")
    table.needed("when the opportunity was created", *CREATED)
    table.needed("the opportunity's stage", *STAGE, "IsWon", "Won")
    stage, (account_id, by_name) = stage_sql(table, rules), account_of(connection, table, account)
    reason = first_reason((table.flag("IsDeleted"), DELETED), (_is_older(table), OLDER), (f"f.reason = '{DELETED}'", OF_DELETED))
    columns = {
        "deal_id": table.key(*ID["opportunity"]),
        "account_id": account_id,
        "created_at": table.moment(*CREATED),
        "closed_at": closed_at(table, stage, CLOSE, CREATED),
        "stage": stage,
        "deal_type": deal_type_of(NAMED_TYPES | dict(rules.deal_types), table.text("Type", "Opportunity Type")),
        **{name: table.raw(*names) for name, names in renamed(DEAL_COLUMNS, named).items() if table.has(*names)},
    }
    joins = f"""{by_name} LEFT JOIN "icpfit crm closes" c ON c.deal_id = {columns["deal_id"]}
        LEFT JOIN "icpfit crm fate" f ON f.account_id = {account_id}"""
    return view_of(connection, "deals", table, columns, reason, joins)


def account_of(connection: duckdb.DuckDBPyConnection, table: CrmTable, account: CrmTable) -> tuple[str, str]:
    """SQL for the account of a row, and the join that it needs: by its id, else by a name that only one account has, as reports give it."""
    if table.has(*ACCOUNT_ID):
        return table.key(*ACCOUNT_ID), ""
    name, account_id = account.word(*ACCOUNT_FIELDS["name"]), account.key(*ID["account"])
    define(
        connection,
        "names",
        f"SELECT {name} AS name, min({account_id}) AS account_id FROM {account.relation} t GROUP BY ALL HAVING count(*) = 1",
    )
    return "n.account_id", f'LEFT JOIN "icpfit crm names" n ON n.name = {table.word("Account Name")}'


def _is_older(table: CrmTable) -> str:
    return f"NOT coalesce({table.flag('_fivetran_active')}, true)"

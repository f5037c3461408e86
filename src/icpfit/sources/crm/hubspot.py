"""HubSpot: companies and deals as accounts and deals."""

from __future__ import annotations

import duckdb

from icpfit.sources.crm.fields import Fields, Named, fields_of, renamed
from icpfit.sources.crm.stages import Rules, closed_at, deal_type_of, state_of
from icpfit.sources.crm.table import CrmTable
from icpfit.sources.crm.view import define, first_reason, view_of
from icpfit.sources.raw import RawTable
from icpfit.sources.set_aside import DELETED, MERGED_ACCOUNT, MERGED_DEAL, OF_DELETED, PIPELINE
from icpfit.sources.sql import literal

COMPANY_ID = ("id", "hs_object_id", "Record ID", "company_id")
DEAL_ID = ("deal_id", "id", "hs_object_id", "Record ID")
CREATED = ("createdate", "createdAt", "created_at")
CLOSE = ("closedate",)
STAGE = ("deal_pipeline_stage_id", "dealstage")
PIPELINE_OF = ("deal_pipeline_id", "pipeline")
GONE_FLAGS = ("is_deleted", "_fivetran_deleted", "archived")
MERGED = ("hs_merged_object_ids", "Merged Record IDs", "Merged object IDs")

ACCOUNT_FIELDS = {
    "name": ("name", "Company name"),
    "domain": ("domain", "Company Domain Name", "website", "Website URL"),
    "additional_domains": ("hs_additional_domains", "Additional Domains"),
    "industry": ("industry",),
    "employee_count": ("numberofemployees",),
    "annual_revenue": ("annualrevenue",),
    "country": ("country", "Country/Region"),
    "founded_year": ("founded_year", "Year Founded"),
    "parent_id": ("hs_parent_company_id", "Parent Company ID", "Parent company IDs"),
}
"""Column of accounts -> what HubSpot calls it; the first that is there and filled holds."""

DEAL_COLUMNS = {
    "amount": ("amount",),
    "source": ("hs_analytics_source", "Original Traffic Source", "Original Source Type", "Original Source"),
    "owner": ("owner_id", "hubspot_owner_id", "Deal owner"),
    "loss_reason": ("closed_lost_reason",),
}

FORECASTS = (
    "probability",
    "hs_deal_stage_probability",
    "hs_forecast_amount",
    "hs_forecast_probability",
    "hs_projected_amount",
    "hs_predicted_amount",
)

NAMED_STAGES = {
    "closedwon": "won",
    "closed won": "won",
    "closedlost": "lost",
    "closed lost": "lost",
    **dict.fromkeys(("appointmentscheduled", "qualifiedtobuy", "presentationscheduled", "decisionmakerboughtin", "contractsent"), "open"),
    **dict.fromkeys(
        ("appointment scheduled", "qualified to buy", "presentation scheduled", "decision maker bought-in", "contract sent"), "open"
    ),
}
"""The stages of HubSpot's own pipeline, by id and by label, where there is no table of stages."""

NAMED_TYPES = {
    **dict.fromkeys(("newbusiness", "new business", "new logo"), "new_logo"),
    **dict.fromkeys(("existingbusiness", "existing business", "expansion", "upsell"), "expansion"),
    **dict.fromkeys(("renewal", "renewals"), "renewal"),
}


def accounts(connection: duckdb.DuckDBPyConnection, table: CrmTable, named: Named) -> tuple[RawTable, Fields]:
    """Companies, and the tables ``icpfit crm fate`` (account_id, reason) of those that are left out and ``icpfit crm merged``."""
    table.needed("the company's id", *COMPANY_ID)
    fields = fields_of(table, renamed(ACCOUNT_FIELDS, named), (*COMPANY_ID, *GONE_FLAGS))
    company_id = table.key(*COMPANY_ID)
    merged = define(
        connection,
        "merged",
        f"""SELECT account_id, min(merged_into) AS merged_into FROM (
            SELECT unnest(string_split({table.text(*MERGED)}, ';')) AS merged, {company_id} AS merged_into FROM {table.relation} t),
            LATERAL (SELECT {table.form("trim(merged)")} AS account_id)
        WHERE account_id <> '' AND account_id <> merged_into GROUP BY account_id""",
    )
    reason = first_reason(("m.account_id IS NOT NULL", MERGED_ACCOUNT), (table.flag(*GONE_FLAGS), DELETED))
    joins = f"LEFT JOIN {merged} m ON m.account_id = {company_id}"
    define(
        connection,
        "fate",
        f"""SELECT account_id, min(reason) AS reason FROM (
            SELECT {company_id} AS account_id, {reason} AS reason FROM {table.relation} t {joins})
        WHERE account_id IS NOT NULL GROUP BY account_id HAVING bool_and(reason IS NOT NULL)""",
    )
    more = f"trim(string_split({table.text('hs_additional_domains', 'Additional Domains')}, ';')[1])"
    sql = {"account_id": company_id, **fields.sql}
    sql["domain"] = f"coalesce({sql.get('domain', table.text())}, {more})"
    return view_of(connection, "accounts", table, sql, reason, joins), fields


def merges(connection: duckdb.DuckDBPyConnection, table: CrmTable) -> RawTable | None:
    """Companies that were merged into others; None where no company says of any."""
    if not connection.execute('SELECT 1 FROM "icpfit crm merged" LIMIT 1').fetchall():
        return None
    body = define(connection, "merges", 'SELECT account_id AS c0, merged_into AS c1 FROM "icpfit crm merged" ORDER BY 1')
    part = CrmTable(table.name, table.place, body, {}, form=table.form)
    return view_of(connection, "account_merges", part, {"account_id": "t.c0", "merged_into": "t.c1"}, first_reason())


def stage_sql(table: CrmTable, rules: Rules, stage: str) -> str:
    """``won``, ``lost`` or ``open`` of a deal; ``s`` is its stage in the table of stages. A stage that nothing tells is its own name.

    First what the configuration says, then the pipeline's own stage, then the deal's flags, then HubSpot's own names. An
    export writes the pipeline's name in brackets behind the stage where there is more than one pipeline.
    """
    label = f"trim(regexp_replace({stage}, ' [(][^()]*[)]$', ''))"
    won, lost, closed = (
        table.flag("hs_is_closed_won", "Is Closed Won"),
        table.flag("hs_is_closed_lost"),
        table.flag("hs_is_closed", "Is Deal Closed?"),
    )
    is_open = f"{closed} = false OR ({won} = false AND {lost} = false)"
    flags = f"CASE WHEN {won} THEN 'won' WHEN {lost} OR {closed} THEN 'lost' WHEN {is_open} THEN 'open' END"
    own = state_of(rules.stages, stage, label, "s.label")
    return f"coalesce({own}, s.state, {flags}, {state_of(NAMED_STAGES, stage, label)}, {stage})"


def deals(connection: duckdb.DuckDBPyConnection, table: CrmTable, rules: Rules, named: Named, merged: CrmTable | None) -> RawTable:
    """Deals. They join ``icpfit crm stages`` (stage_id, label, pipeline, state) and ``icpfit crm companies`` (deal_id, account_id).

    Raises:
        SourceError: a column that no deal can do without is not there.
    """
    table.needed("the deal's id", *DEAL_ID)
    table.needed("when the deal was created", *CREATED)
    table.needed("the deal's stage", *STAGE)
    deal_id, given = table.key(*DEAL_ID), table.text(*STAGE)
    stage = stage_sql(table, rules, given)
    gone = _merged_deals(connection, table, deal_id, merged)
    pipelines = ", ".join(literal(p.strip().lower()) for p in rules.pipelines)
    pipeline = table.word(*PIPELINE_OF)
    inside = f"coalesce({pipeline} IN ({pipelines}) OR lower(p.label) IN ({pipelines}) OR lower(s.pipeline) IN ({pipelines}), false)"
    reason = first_reason(
        (f"{deal_id} IN (SELECT deal_id FROM {gone})", MERGED_DEAL),
        (table.flag(*GONE_FLAGS), DELETED),
        (f"NOT {inside}" if pipelines else "false", PIPELINE),
        (f"f.reason = '{DELETED}'", OF_DELETED),
    )
    columns = {
        "deal_id": deal_id,
        "account_id": "a.account_id",
        "created_at": table.moment(*CREATED),
        "closed_at": closed_at(table, stage, CLOSE, CREATED),
        "stage": stage,
        "deal_type": deal_type_of(NAMED_TYPES | dict(rules.deal_types), table.text("dealtype")),
        **{name: table.raw(*names) for name, names in renamed(DEAL_COLUMNS, named).items() if table.has(*names)},
    }
    joins = f"""LEFT JOIN "icpfit crm stages" s ON s.stage_id = {given}
        LEFT JOIN "icpfit crm pipelines" p ON p.pipeline_id = {table.text(*PIPELINE_OF)}
        LEFT JOIN "icpfit crm companies" a ON a.deal_id = {deal_id}
        LEFT JOIN "icpfit crm closes" c ON c.deal_id = {deal_id}
        LEFT JOIN "icpfit crm fate" f ON f.account_id = a.account_id"""
    return view_of(connection, "deals", table, columns, reason, joins)


def _merged_deals(connection: duckdb.DuckDBPyConnection, table: CrmTable, deal_id: str, merged: CrmTable | None) -> str:
    """Deals that went into others: by the sync's own table, and by what the deals that stayed say."""
    parts = [
        f"""SELECT {table.form("trim(one)")} AS deal_id FROM (
            SELECT unnest(string_split({table.text(*MERGED)}, ';')) AS one, {deal_id} AS stayed FROM {table.relation} t)
        WHERE trim(one) <> stayed"""
    ]
    if merged is not None:
        merged.needed("the deal that was merged", "merged_deal_id")
        key, stayed = merged.key("merged_deal_id"), merged.key("deal_id")
        parts.append(f"SELECT {key} FROM {merged.relation} t WHERE {key} IS DISTINCT FROM {stayed}")
    return define(connection, "merged deals", f"SELECT DISTINCT deal_id FROM ({' UNION ALL '.join(parts)}) WHERE deal_id <> ''")

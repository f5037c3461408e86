"""What Salesforce's tables say of the past: a sync's history mode, or Salesforce's own OpportunityHistory and AccountHistory."""

from __future__ import annotations

import duckdb

from icpfit.sources.crm.fields import Fields, Named, fields_of, renamed
from icpfit.sources.crm.salesforce import ACCOUNT_FIELDS, CREATED, ID, MASTER, STAGE, stage_sql
from icpfit.sources.crm.stages import Rules, closed_or_open, state_of
from icpfit.sources.crm.table import CrmTable, iso
from icpfit.sources.crm.versions import changed_fields, keyed_history
from icpfit.sources.crm.view import define, first_reason, view_of
from icpfit.sources.raw import RawTable
from icpfit.sources.set_aside import DELETED, UNCHANGED

START = ("_fivetran_start",)
OPPORTUNITY_ID = ("OpportunityId", "Opportunity ID")


def is_versions(table: CrmTable) -> bool:
    """Whether the rows are whole versions of a record, as Fivetran's history mode writes them."""
    return table.has(*START)


def steps(connection: duckdb.DuckDBPyConnection, table: CrmTable, opportunity: CrmTable, rules: Rules) -> str:
    """``deal_id, stage, state, since`` of every row of a stage history.

    Salesforce's own OpportunityHistory has no flags: what a stage means is what the opportunities that stand in it say.
    """
    stage = table.text(*STAGE)
    if is_versions(table):
        table.needed("the opportunity's stage", *STAGE)
        deal_id, at, state = table.key(*ID["opportunity"]), table.micros(*START), stage_sql(table, rules)
    else:
        table.needed("the opportunity's id", *OPPORTUNITY_ID)
        table.needed("when the stage was entered", *CREATED)
        deal_id, at = table.key(*OPPORTUNITY_ID), table.micros(*CREATED)
        own = opportunity.word(*STAGE)
        define(
            connection,
            "meanings",
            f"SELECT {own} AS stage, min({stage_sql(opportunity, rules)}) AS state FROM {opportunity.relation} t GROUP BY ALL",
        )
        learned = f'(SELECT m.state FROM "icpfit crm meanings" m WHERE m.stage = lower({stage}))'
        state = f"coalesce({state_of(rules.stages, stage)}, {learned}, {stage_sql(table, rules)})"
    return define(
        connection,
        "steps",
        f"""SELECT place, deal_id, stage, since, {closed_or_open("state", "stage")} AS state
        FROM (SELECT t.rowid AS place, {deal_id} AS deal_id, {stage} AS stage, {state} AS state, {at} AS since FROM {table.relation} t)""",
    )


def deal_stages(connection: duckdb.DuckDBPyConnection, table: CrmTable, steps: str) -> RawTable:
    """One row for each row of the history; of versions, those in which the stage stays the same are counted as such."""
    unchanged = "s.stage IS NOT DISTINCT FROM s.earlier AND s.number > 1" if is_versions(table) else "false"
    joins = f"""JOIN (SELECT *, lag(stage) OVER one AS earlier, row_number() OVER one AS number FROM {steps}
        WINDOW one AS (PARTITION BY deal_id ORDER BY since, place)) s ON s.place = t.rowid"""
    columns = {"deal_id": "s.deal_id", "stage": "s.stage", "entered_at": iso("s.since")}
    reason = first_reason((table.flag("IsDeleted"), DELETED), (unchanged, UNCHANGED))
    return view_of(connection, "deal_stages", table, columns, reason, joins)


def account_history(connection: duckdb.DuckDBPyConnection, table: CrmTable, fields: Fields, named: Named) -> RawTable:
    """From versions of accounts, or from Salesforce's own AccountHistory (Field, OldValue, NewValue, CreatedDate).

    Of the latter only what a field became is used, from that moment on: what it had been before is written down with the
    change, and so would let a later moment speak of an earlier one.
    """
    if is_versions(table):
        own = fields_of(table, renamed(ACCOUNT_FIELDS, named), (*ID["account"], *MASTER))
        sql = {name: part for name, part in own.sql.items() if name in fields.sql}
        reason = first_reason((table.flag("IsDeleted"), DELETED))
        return changed_fields(connection, table, table.key(*ID["account"]), table.micros(*START), sql, reason)
    table.needed("the account's id", "AccountId")
    table.needed("the field that changed", "Field")
    table.needed("what the field became", "NewValue")
    table.needed("when the field changed", *CREATED)
    reason = first_reason((table.flag("IsDeleted"), DELETED))
    return keyed_history(connection, table, table.key("AccountId"), table.text("Field"), ("NewValue",), CREATED, fields, reason)

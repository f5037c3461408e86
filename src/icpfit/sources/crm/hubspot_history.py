"""What HubSpot's tables say of the past: the stages that deals entered and the values that properties had."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

from icpfit.sources.crm.fields import Fields
from icpfit.sources.crm.hubspot import DEAL_ID, stage_sql
from icpfit.sources.crm.stages import Rules, closed_or_open
from icpfit.sources.crm.table import CrmTable, bare, iso
from icpfit.sources.crm.versions import keyed_history
from icpfit.sources.crm.view import define, first_reason, view_of
from icpfit.sources.raw import RawTable
from icpfit.sources.set_aside import UNCHANGED
from icpfit.sources.sql import literal

ENTERED = ("hsv2dateentered", "hsdateentered")
"""How the properties begin, squashed, that say when a deal entered a stage; the stage's id follows."""

PROPERTY = ("property_name", "property", "name")


def know_steps(connection: duckdb.DuckDBPyConnection, tables: Mapping[str, CrmTable], rules: Rules) -> tuple[str, CrmTable | None] | None:
    """``place, deal_id, stage, state, since`` of each stage that a deal entered, and the table that they are of.

    From the first that is there of: the sync's table of stages, the history of the property dealstage, the times at which
    stages were entered. None where nothing tells.
    """
    deal = tables["deal"]
    if "deal_stage" in tables:
        table = tables["deal_stage"]
        table.needed("the deal's id", "deal_id")
        table.needed("when the stage was entered", "date_entered", "_fivetran_start")
        parts = (table.key("deal_id"), table.text("value"), table.micros("date_entered", "_fivetran_start"))
    elif "deal_property_history" in tables:
        table = tables["deal_property_history"]
        table.needed("the deal's id", "object_id", "dealId", "deal_id")
        stage = f"CASE WHEN {table.word(*PROPERTY)} = 'dealstage' THEN {table.text('value')} END"
        parts = (table.key("object_id", "dealId", "deal_id"), stage, table.micros("timestamp"))
    elif "stage_timing" in tables:
        table = tables["stage_timing"]
        table.needed("when the stage was entered", "hs_date_entered_", "hs_date_enteredx")
        parts = (table.key("id"), table.text("stage"), table.micros("hs_date_entered_", "hs_date_enteredx"))
    else:
        cells = [c for name, c in deal.cells.items() if name.startswith(ENTERED)]
        if not cells:
            return None
        entered = ", ".join(f"{{'stage': {literal(_stage_in(c.name))}, 'since': {deal.micros(c.name)}}}" for c in cells)
        body = f"""SELECT place, deal_id, e.stage AS stage, e.since AS since
            FROM (SELECT t.rowid AS place, {deal.key(*DEAL_ID)} AS deal_id, unnest([{entered}]) AS e FROM {deal.relation} t)
            WHERE e.since IS NOT NULL"""
        return _with_state(connection, body, rules), None
    deal_id, stage, at = parts
    body = f"SELECT t.rowid AS place, {deal_id} AS deal_id, {stage} AS stage, {at} AS since FROM {table.relation} t"
    return _with_state(connection, body, rules), table


def _stage_in(name: str) -> str:
    """The stage in the name of a property.

    >>> _stage_in("properties_hs_v2_date_entered_closedwon"), _stage_in("hs_date_entered_9567448")
    ('closedwon', '9567448')
    """
    return bare(name).split("date_entered_", 1)[-1]


def _with_state(connection: duckdb.DuckDBPyConnection, body: str, rules: Rules) -> str:
    none = CrmTable("steps", "", "", {})
    state = stage_sql(none, rules, "h.stage")
    return define(
        connection,
        "steps",
        f"""SELECT place, deal_id, stage, since, {closed_or_open("state", "stage")} AS state
        FROM (SELECT h.*, {state} AS state FROM ({body}) h LEFT JOIN "icpfit crm stages" s ON s.stage_id = h.stage)""",
    )


def deal_stages(connection: duckdb.DuckDBPyConnection, steps: str, table: CrmTable | None) -> RawTable:
    """One row for each row of the history; a row that is of no stage is counted as such."""
    columns = {"deal_id": "s.deal_id", "stage": "s.stage", "entered_at": iso("s.since")}
    if table is not None:
        reason = first_reason(("s.stage IS NULL", UNCHANGED))
        return view_of(connection, "deal_stages", table, columns, reason, f"JOIN {steps} s ON s.place = t.rowid")
    whole = CrmTable("deals", "the deals' times of entering a stage", steps, {})
    columns = {"deal_id": "t.deal_id", "stage": "t.stage", "entered_at": iso("t.since")}
    return view_of(connection, "deal_stages", whole, columns, first_reason())


def account_history(connection: duckdb.DuckDBPyConnection, table: CrmTable, fields: Fields) -> RawTable:
    """Each value of each property that is a column of accounts, from the moment at which it was set."""
    table.needed("the company's id", "company_id", "companyId", "object_id")
    table.needed("when the property was set", "timestamp")
    return keyed_history(
        connection,
        table,
        table.key("company_id", "companyId", "object_id"),
        table.text(*PROPERTY),
        ("value",),
        ("timestamp",),
        fields,
        first_reason(),
    )

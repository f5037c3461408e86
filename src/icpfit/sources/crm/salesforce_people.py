"""Salesforce: contacts, the roles that they play in opportunities, and tasks and events as interactions."""

from __future__ import annotations

import duckdb

from icpfit.sources.crm.people import INTERACTION, newest_of, role_word, rows, united
from icpfit.sources.crm.salesforce import ACCOUNT_ID, CREATED, ID
from icpfit.sources.crm.table import CrmTable, iso
from icpfit.sources.crm.versions import GONE
from icpfit.sources.crm.view import define, first_reason, of_query, view_of
from icpfit.sources.raw import RawTable
from icpfit.sources.set_aside import DELETED, NO_ROLE, NOT_DONE, OF_DELETED, PLANNED

TASK_TIMES = ("CompletedDateTime", "ActivityDate", "Due Date", "Date")
EVENT_TIMES = ("StartDateTime", "ActivityDateTime", "ActivityDate", "Date")
CHANGED = ("CreatedDate", "LastModifiedDate", "SystemModstamp")


def contacts(connection: duckdb.DuckDBPyConnection, contact: CrmTable) -> RawTable:
    """Contacts, each known from when it was made."""
    contact.needed("the contact's id", *ID["contact"])
    account_id = contact.key(*ACCOUNT_ID)
    columns = {
        "contact_id": contact.key(*ID["contact"]),
        "account_id": account_id,
        "title": contact.text("Title"),
        "recorded_at": contact.moment(*CREATED),
    }
    reason = first_reason((contact.flag("IsDeleted"), DELETED), ("g.account_id IS NOT NULL", OF_DELETED))
    return view_of(connection, "contacts", contact, columns, reason, f"LEFT JOIN {GONE} g ON g.account_id = {account_id}")


def contact_roles(connection: duckdb.DuckDBPyConnection, role: CrmTable) -> RawTable:
    """The role that each contact plays in an opportunity, known from when it was given."""
    role.needed("when the role was given", *CREATED)
    deal_id = role.key("OpportunityId", "Opportunity ID")
    columns = {
        "account_id": "o.account_id",
        "contact_id": role.key("ContactId", "Contact ID"),
        "deal_id": deal_id,
        "buying_role": role_word(role.text("Role")),
        "assigned_at": role.moment(*CREATED),
    }
    reason = first_reason(
        (role.flag("IsDeleted"), DELETED), ("g.account_id IS NOT NULL", OF_DELETED), (f"{role.text('Role')} IS NULL", NO_ROLE)
    )
    joins = f'LEFT JOIN "icpfit crm deals" o ON o.deal_id = {deal_id} LEFT JOIN {GONE} g ON g.account_id = o.account_id'
    return view_of(connection, "contact_roles", role, columns, reason, joins)


def know_deals(connection: duckdb.DuckDBPyConnection, opportunity: CrmTable, account_id: str, joins: str) -> str:
    """The table ``icpfit crm deals`` (deal_id, account_id, created), for what names an opportunity and no account."""
    deal_id, created = opportunity.key(*ID["opportunity"]), opportunity.micros(*CREATED)
    body = f"SELECT {deal_id} AS deal_id, {account_id} AS account_id, {created} AS created FROM {opportunity.relation} t {joins}"
    return define(
        connection, "deals", f"SELECT deal_id, min(account_id) AS account_id, min(created) AS created FROM ({body}) GROUP BY deal_id"
    )


def interactions(
    connection: duckdb.DuckDBPyConnection, task: CrmTable | None, event: CrmTable | None, others: tuple[CrmTable, ...]
) -> RawTable | None:
    """Tasks that were done and events that were held, known from when they were written down."""
    tables = [t for t in (task, event) if t is not None]
    if not tables:
        return None
    newest = newest_of(connection, (*tables, *others), *CHANGED)
    parts = []
    for part, table in enumerate(tables):
        times = TASK_TIMES if table is task else EVENT_TIMES
        table.needed("when it happened", *times, *CREATED)
        occurred = table.micros(*times, *CREATED)
        own, created = table.key(*ACCOUNT_ID), table.micros(*CREATED)
        account_id = f"coalesce({own}, o.account_id)"
        # Through an opportunity its account is known no sooner than the opportunity is.
        recorded = f"CASE WHEN {own} IS NULL THEN greatest({created}, o.created) ELSE {created} END"
        done = f"coalesce({table.flag('IsClosed', 'Closed')}, {table.word('Status')} = 'completed', true)"
        reason = first_reason(
            (table.flag("IsDeleted"), DELETED),
            (f"NOT {done}" if table is task else "false", NOT_DONE),
            ("g.account_id IS NOT NULL", OF_DELETED),
            (f"{occurred} > {newest}", PLANNED),
        )
        values = {
            "account_id": account_id,
            "deal_id": "o.deal_id",
            "occurred_at": table.moment(*times, *CREATED),
            "channel": _channel(table, "task" if table is task else "event"),
            "recorded_at": iso(recorded),
        }
        joins = f"""LEFT JOIN "icpfit crm deals" o ON o.deal_id = {table.key("WhatId", "Related To ID")}
            LEFT JOIN {GONE} g ON g.account_id = {account_id}"""
        parts.append(rows(INTERACTION, values, reason, part, f"{table.relation} t {joins}"))
    return of_query(connection, "interactions", united(INTERACTION, parts), tables)


def _channel(table: CrmTable, plain: str) -> str:
    """What kind of contact it was: the subtype where it says more than the table's name, else the type."""
    kind = table.word(f"{plain}_subtype")
    return f"coalesce(CASE WHEN {kind} <> '{plain}' THEN {kind} END, {table.word('Type')}, '{'meeting' if plain == 'event' else plain}')"

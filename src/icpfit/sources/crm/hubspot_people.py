"""HubSpot: contacts, the roles that they were given, and engagements as interactions."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

from icpfit.sources.crm.hubspot import CREATED, DEAL_ID, GONE_FLAGS
from icpfit.sources.crm.hubspot_history import PROPERTY
from icpfit.sources.crm.people import INTERACTION, newest_of, role_word, rows, united
from icpfit.sources.crm.table import CrmTable, iso
from icpfit.sources.crm.versions import GONE
from icpfit.sources.crm.view import define, first_reason, of_query, view_of
from icpfit.sources.raw import RawTable
from icpfit.sources.set_aside import DELETED, NO_ROLE, OF_DELETED, PLANNED

CONTACT_ID = ("id", "contact_id", "vid", "hs_object_id", "Record ID")
COMPANY_OF = (
    "associatedcompanyid",
    "Associated Company IDs (Primary)",
    "Associated Company ID",
    "Associated Company IDs",
    "Primary Associated Company ID",
)
ACTIVITIES = ("engagement_call", "engagement_email", "engagement_meeting", "engagement_note", "engagement_task")
OCCURRED = ("hs_timestamp", "timestamp", "hs_meeting_start_time", "start_time")
MADE = ("hs_createdate", "createdAt", "created_at")


def know_deals(connection: duckdb.DuckDBPyConnection, deal: CrmTable) -> None:
    """The table ``icpfit crm deals`` (deal_id, account_id, created)."""
    deal_id = deal.key(*DEAL_ID)
    define(
        connection,
        "deals",
        f"""SELECT {deal_id} AS deal_id, min(a.account_id) AS account_id, min({deal.micros(*CREATED)}) AS created
        FROM {deal.relation} t LEFT JOIN "icpfit crm companies" a ON a.deal_id = {deal_id} GROUP BY 1""",
    )


def contacts(connection: duckdb.DuckDBPyConnection, tables: Mapping[str, CrmTable]) -> RawTable:
    """Contacts, each known from when it was made. It leaves the table ``icpfit crm contacts`` (contact_id, account_id).

    A contact without a company of its own is of the company of its first deal, and known no sooner than that.
    """
    contact = tables["contact"]
    contact.needed("the contact's id", *CONTACT_ID)
    contact_id, made = contact.key(*CONTACT_ID), contact.micros(*CREATED)
    _know_companies_of_contacts(connection, tables)
    own = f"coalesce({contact.form(_first_id(contact))}, w.account_id)"
    account_id = f"coalesce({own}, v.account_id)"
    seen = f"CASE WHEN {own} IS NULL THEN greatest({made}, v.created) ELSE {made} END"
    columns = {
        "contact_id": contact_id,
        "account_id": account_id,
        "title": contact.text("jobtitle"),
        "recorded_at": f"coalesce({iso(seen)}, {contact.text(*CREATED)})",
    }
    reason = first_reason((contact.flag(*GONE_FLAGS), DELETED), ("g.account_id IS NOT NULL", OF_DELETED))
    joins = f"""LEFT JOIN "icpfit crm contact companies" w ON w.contact_id = {contact_id}
        LEFT JOIN "icpfit crm contact deals" v ON v.contact_id = {contact_id}"""
    whose = f"SELECT {contact_id} AS contact_id, min({account_id}) AS account_id FROM {contact.relation} t {joins} GROUP BY 1"
    define(connection, "contacts", whose)
    return view_of(connection, "contacts", contact, columns, reason, f"{joins} LEFT JOIN {GONE} g ON g.account_id = {account_id}")


def contact_roles(connection: duckdb.DuckDBPyConnection, history: CrmTable) -> RawTable:
    """The buying roles that contacts were given, from the history of their properties; what they have today has no date."""
    history.needed("the contact's id", "contact_id", "vid", "object_id")
    history.needed("when the property was set", "timestamp")
    contact_id, role = history.key("contact_id", "vid", "object_id"), history.text("value")
    columns = {
        "account_id": "o.account_id",
        "contact_id": contact_id,
        "buying_role": role_word(role),
        "assigned_at": history.moment("timestamp"),
    }
    other = f"NOT coalesce({history.word(*PROPERTY)} = 'hs_buying_role', false) OR {role} IS NULL"
    reason = first_reason((other, NO_ROLE), ("g.account_id IS NOT NULL", OF_DELETED))
    joins = f'LEFT JOIN "icpfit crm contacts" o ON o.contact_id = {contact_id} LEFT JOIN {GONE} g ON g.account_id = o.account_id'
    return view_of(connection, "contact_roles", history, columns, reason, joins)


def _first_id(contact: CrmTable) -> str:
    return f"nullif(trim(string_split_regex({contact.text(*COMPANY_OF)}, '[;,]')[1], ' []\"'), '')"


def _know_companies_of_contacts(connection: duckdb.DuckDBPyConnection, tables: Mapping[str, CrmTable]) -> None:
    """``icpfit crm contact companies`` and ``icpfit crm contact deals``: the company of a contact by its own, or by its first deal."""
    companies = "SELECT '' AS contact_id, '' AS account_id WHERE false"
    if (pairs := tables.get("company_contact")) is not None:
        account_id = pairs.key("value", "company_id")
        # the lowest id, as for deals
        companies = f"""SELECT {pairs.key("contacts_id", "contact_id")} AS contact_id,
                arg_min({account_id}, (length({account_id}), {account_id})) AS account_id
            FROM {pairs.relation} t GROUP BY 1"""
    define(connection, "contact companies", companies)
    deals = "SELECT '' AS contact_id, '' AS account_id, CAST(0 AS BIGINT) AS created WHERE false"
    if (pairs := tables.get("deal_contact")) is not None:
        deals = f"""SELECT {pairs.key("contact_id")} AS contact_id,
                arg_min(o.account_id, (o.created, o.deal_id)) AS account_id, min(o.created) AS created
            FROM {pairs.relation} t JOIN "icpfit crm deals" o ON o.deal_id = {pairs.key("deal_id")}
            WHERE o.account_id IS NOT NULL AND o.created IS NOT NULL GROUP BY 1"""
    define(connection, "contact deals", deals)


def interactions(connection: duckdb.DuckDBPyConnection, tables: Mapping[str, CrmTable]) -> RawTable | None:
    """Engagements: a row for each company that one stands with, and one where it stands with none, so that none is lost.

    Where it stands with no company it is of its deal's, and known no sooner than the deal.
    """
    whole = tables.get("engagement")
    activities = {name.removeprefix("engagement_"): tables[name] for name in ACTIVITIES if name in tables}
    if whole is None and not activities:
        return None
    newest = newest_of(connection, (*activities.values(), *([whole] if whole else []), tables["company"], tables["deal"]), *MADE, *CREATED)
    if whole is not None:
        _know_activities(connection, tuple(activities.values()))
        key = whole.key("id", "engagement_id")
        occurred, made = f"coalesce(y.occurred, {whole.micros(*OCCURRED)})", f"coalesce(y.made, {whole.micros(*MADE)})"
        joins = f'LEFT JOIN "icpfit crm activities" y ON y.engagement_id = {key} {_links(tables, key)}'
        part = _part(whole, 0, newest, occurred, made, whole.word("type"), joins)
        return of_query(connection, "interactions", united(INTERACTION, [part]), [whole])
    parts = []
    for number, (kind, table) in enumerate(activities.items()):
        companies = (
            f"CASE WHEN {table.text('companies')} IS NULL THEN [NULL] ELSE string_split_regex({table.text('companies')}, '[;,]') END"
        )
        first_deal = f"trim(string_split_regex({table.text('deals')}, '[;,]')[1], ' []\"')"
        each = table.form(f"trim(unnest({companies}), ' []')")
        joins = f"""JOIN (SELECT t.rowid AS row, {each} AS company_id FROM {table.relation} t) x ON x.row = t.rowid
            LEFT JOIN "icpfit crm deals" o ON o.deal_id = {table.form(first_deal)}"""
        parts.append(_part(table, number, newest, table.micros(*OCCURRED), table.micros(*MADE), f"'{kind}'", joins))
    return of_query(connection, "interactions", united(INTERACTION, parts), activities.values())


def _part(table: CrmTable, number: int, newest: int, occurred: str, made: str, kind: str, joins: str) -> str:
    """``joins`` bring ``x.company_id`` and the deal as ``o``; a cell that is no moment is none."""
    own = "nullif(x.company_id, '')"
    account_id = f"coalesce({own}, o.account_id)"
    values = {
        "account_id": account_id,
        "deal_id": "o.deal_id",
        "occurred_at": iso(f"coalesce({occurred}, {made})"),
        "channel": f"lower({kind})",
        "recorded_at": iso(f"CASE WHEN {own} IS NULL THEN greatest({made}, o.created) ELSE {made} END"),
    }
    reason = first_reason(
        (table.flag(*GONE_FLAGS), DELETED), ("g.account_id IS NOT NULL", OF_DELETED), (f"coalesce({occurred}, {made}) > {newest}", PLANNED)
    )
    return rows(INTERACTION, values, reason, number, f"{table.relation} t {joins} LEFT JOIN {GONE} g ON g.account_id = {account_id}")


def _know_activities(connection: duckdb.DuckDBPyConnection, activities: tuple[CrmTable, ...]) -> None:
    """``icpfit crm activities``: when each engagement happened and was made, as the table of its kind has it."""
    each = ["SELECT '' AS engagement_id, CAST(0 AS BIGINT) AS occurred, CAST(0 AS BIGINT) AS made WHERE false"]
    each += [f"SELECT {t.key('engagement_id')}, {t.micros(*OCCURRED)}, {t.micros(*MADE)} FROM {t.relation} t" for t in activities]
    body = f"SELECT engagement_id, min(occurred) AS occurred, min(made) AS made FROM ({' UNION ALL '.join(each)}) GROUP BY engagement_id"
    define(connection, "activities", body)


def _links(tables: Mapping[str, CrmTable], key: str) -> str:
    """The companies of an engagement, a row for each, and of its deals the first."""
    joins = ""
    if (pairs := tables.get("engagement_company")) is not None:
        listed = f"{pairs.key('engagement_id')} AS engagement_id, {pairs.key('company_id')} AS company_id"
        ids = f"SELECT DISTINCT {listed} FROM {pairs.relation} t"
        joins += f" LEFT JOIN ({ids}) x ON x.engagement_id = {key}"
    else:
        joins += " LEFT JOIN (SELECT NULL::VARCHAR AS company_id) x ON true"
    if (pairs := tables.get("engagement_deal")) is not None:
        ids = f"SELECT {pairs.key('engagement_id')} AS engagement_id, {pairs.key('deal_id')} AS deal_id FROM {pairs.relation} t"
        first = f"""SELECT p.engagement_id, d.* FROM ({ids}) p JOIN "icpfit crm deals" d USING (deal_id)
            QUALIFY row_number() OVER (PARTITION BY p.engagement_id ORDER BY d.created, d.deal_id) = 1"""
        joins += f" LEFT JOIN ({first}) o ON o.engagement_id = {key}"
    else:
        joins += ' LEFT JOIN "icpfit crm deals" o ON false'
    return joins

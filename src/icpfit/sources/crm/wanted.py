"""Which columns of a CRM's table are read: all of an account's, since companies add their own; of others those that mean something."""

from __future__ import annotations

from collections.abc import Callable

from icpfit.sources.crm import hubspot, hubspot_companies, hubspot_history, hubspot_people, salesforce, salesforce_people
from icpfit.sources.crm.table import squashed

WHOLE = ("account", "account_history", "company")

_COMMON = (
    *("is_deleted", "_fivetran_deleted", "archived", "_fivetran_active", "_fivetran_start", "Id", "CreatedDate", "LastModifiedDate"),
    *("createdate", "createdAt", "created_at", "timestamp", "value", "name", "property", "property_name", "type", "type_id"),
)

_SALESFORCE = (
    *_COMMON,
    *(name for names in salesforce.ID.values() for name in names),
    *(*salesforce.ACCOUNT_ID, "Account Name", *salesforce.CLOSE, *salesforce.STAGE, "IsWon", "Won", "IsClosed", "Closed"),
    *("Type", "Opportunity Type", "Amount", "LeadSource", "OwnerId", "Opportunity Owner", "Owner", "SystemModstamp"),
    *("OpportunityId", "ContactId", "WhatId", "Related To ID", "Role", "Title", "Status", "TaskSubtype", "EventSubtype"),
    *(*salesforce_people.TASK_TIMES, *salesforce_people.EVENT_TIMES),
)

_HUBSPOT = (
    *_COMMON,
    *(*hubspot.COMPANY_ID, *hubspot.DEAL_ID, *hubspot.CLOSE, *hubspot.STAGE, *hubspot.PIPELINE_OF, *hubspot.MERGED),
    *(name for names in hubspot.DEAL_COLUMNS.values() for name in names),
    *(*hubspot_companies.PRIMARY, *hubspot_companies.OTHERS, *hubspot_companies.BY_NAME, "companies", "deals", "dealtype", "amount"),
    *("hs_is_closed", "Is Deal Closed?", "hs_is_closed_won", "Is Closed Won", "hs_is_closed_lost", "merged_deal_id"),
    *("stage_id", "pipeline_id", "label", "is_closed", "closed_won", "probability", "stages", "metadata__is_closed"),
    *("metadata__probability", "_dlt_id", "_dlt_parent_id", "stage", "hs_date_entered_", "hs_date_enteredx", "date_entered"),
    *("companies_id", "deals_id", "contacts_id", "object_id", "dealId", "companyId", "vid", "engagement_id", "jobtitle"),
    *(*hubspot_people.CONTACT_ID, *hubspot_people.COMPANY_OF, *hubspot_people.OCCURRED, *hubspot_people.MADE),
)


_DATES = (
    *("CreatedDate", "LastModifiedDate", "SystemModstamp", "_fivetran_start", "timestamp", "date_entered"),
    *("hs_date_entered_", "hs_date_enteredx"),
    *(*salesforce.CLOSE, *salesforce_people.TASK_TIMES, *salesforce_people.EVENT_TIMES),
    *(*hubspot.CREATED, *hubspot.CLOSE, *hubspot_people.OCCURRED, *hubspot_people.MADE),
)


def is_date(name: str) -> bool:
    """Whether a column, by its squashed name, is read as a date.

    >>> is_date("createddate"), is_date("hsdateenteredclosedwon"), is_date("name")
    (True, True, False)
    """
    return name in _DATE_NAMES or name.startswith(hubspot_history.ENTERED)


_DATE_NAMES = frozenset(squashed(n) for n in _DATES)


def wanted_columns(crm: str, role: str, further: tuple[str, ...] = ()) -> Callable[[str], bool]:
    """Whether a column, by its squashed name, is read of a table. ``further``: those that the configuration names."""
    if role in WHOLE:
        return lambda name: True
    names = {squashed(n) for n in (*(_SALESFORCE if crm == "salesforce" else _HUBSPOT), *further)}
    entered = hubspot_history.ENTERED if role == "deal" else ()
    return lambda name: name in names or (bool(entered) and name.startswith(entered))

"""Which tables each layout of each CRM has, what they are called, and how a wrong name is said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from icpfit.errors import ConfigError, SourceError
from icpfit.sources.crm.table import squashed
from icpfit.sources.mapping import closest

Crm = Literal["salesforce", "hubspot"]
Layout = Literal["export", "fivetran", "airbyte", "dlt"]

_SALESFORCE = {
    name: name
    for name in (
        "account",
        "opportunity",
        "contact",
        "task",
        "event",
        "opportunity_contact_role",
        "account_history",
        "opportunity_history",
    )
}

TABLES_OF: Mapping[Crm, Mapping[Layout, Mapping[str, str]]] = {
    "salesforce": {"export": _SALESFORCE, "fivetran": _SALESFORCE, "airbyte": _SALESFORCE, "dlt": _SALESFORCE},
    "hubspot": {
        "export": {"companies": "company", "deals": "deal", "contacts": "contact"},
        "fivetran": {
            name: name
            for name in (
                "company",
                "deal",
                "contact",
                "deal_company",
                "deal_contact",
                "deal_pipeline",
                "deal_pipeline_stage",
                "deal_stage",
                "merged_deal",
                "company_property_history",
                "deal_property_history",
                "contact_property_history",
                "engagement",
                "engagement_company",
                "engagement_deal",
                "engagement_call",
                "engagement_email",
                "engagement_meeting",
                "engagement_note",
                "engagement_task",
            )
        },
        "airbyte": {
            "companies": "company",
            "deals": "deal",
            "contacts": "contact",
            "deal_pipelines": "deal_pipeline",
            "companies_property_history": "company_property_history",
            "deals_property_history": "deal_property_history",
            "contacts_property_history": "contact_property_history",
            "engagements_calls": "engagement_call",
            "engagements_emails": "engagement_email",
            "engagements_meetings": "engagement_meeting",
            "engagements_notes": "engagement_note",
            "engagements_tasks": "engagement_task",
        },
        "dlt": {
            "companies": "company",
            "deals": "deal",
            "contacts": "contact",
            "deals__companies": "deal_company",
            "companies__deals": "company_deal",
            "companies__contacts": "company_contact",
            "pipelines_deals": "deal_pipeline",
            "pipelines_deals__stages": "deal_pipeline_stage",
            "stages_timing_deals": "stage_timing",
            "companies_property_history": "company_property_history",
            "deals_property_history": "deal_property_history",
            "contacts_property_history": "contact_property_history",
        },
    },
}
"""CRM -> layout -> a table's name in the layout -> the reader's name for it."""

NEEDED: Mapping[Crm, tuple[str, str]] = {"salesforce": ("account", "opportunity"), "hubspot": ("company", "deal")}


def find_crm_tables(crm: Crm, layout: Layout, names: Iterable[str], configured: Mapping[str, str], place: str) -> dict[str, str]:
    """The reader's name of each table that is there -> its name in the store.

    A table is found under its own name, whatever its capitals, or under the one that the configuration says.

    Raises:
        ConfigError: the configuration names a table that the layout does not have.
        SourceError: a needed table, or one that the configuration names, is not there.
    """
    of_layout, there = TABLES_OF[crm][layout], sorted(names)
    for name in configured:
        if name not in of_layout:
            hint = closest(name, of_layout) or f"its tables are {', '.join(of_layout)}"
            raise ConfigError(f"source.tables: {crm} in the layout {layout} has no table {name!r}", hint=hint)
    by_form = {squashed(name): name for name in reversed(there)}
    found: dict[str, str] = {}
    for name, role in of_layout.items():
        at = configured.get(name, by_form.get(squashed(name)) if name not in configured else None)
        if at is None:
            continue
        if at not in there:
            hint = closest(at, there) or _holds(there)
            raise SourceError(f"{place}: there is no table {at!r}, though source.tables.{name} names it", hint=hint)
        found[role] = at
    for role in NEEDED[crm]:
        if role not in found:
            name = next(n for n, r in of_layout.items() if r == role)
            guess = closest(name, there)
            say = f"if it has another name, say so: source.tables: {{{name}: ITS NAME}}"
            raise SourceError(
                f"{place}: there is no table {name!r}, which {crm} in the layout {layout} needs; {_holds(there)}",
                hint=f"{guess} {say}".lstrip(),
            )
    return found


def _holds(there: list[str]) -> str:
    more = f" and {len(there) - 12} more" if len(there) > 12 else ""
    return f"it holds {', '.join(there[:12])}{more}" if there else "it holds no tables"

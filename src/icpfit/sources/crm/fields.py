"""Columns of accounts: those of the contract under its names, and every other column that the company keeps of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from icpfit.sources.contract import TABLES
from icpfit.sources.crm.table import CrmTable, bare, squashed
from icpfit.sources.names import free_name, snake_case

Named = Mapping[str, str | None]
"""Column of the contract -> the CRM's name for it, as the configuration says; None = it is not to be read."""

BOOKKEEPING = ("fivetran", "airbyte", "dlt", "isdeleted", "archived", "ab", "systemmodstamp", "attributes")
"""What syncs write about their own work: never a field of a company."""


@dataclass(frozen=True)
class Fields:
    """``sql``: column of accounts -> SQL over the CRM's table. ``names``: a squashed name of the CRM -> the column of accounts."""

    sql: Mapping[str, str]
    names: Mapping[str, str]


def is_bookkeeping(name: str) -> bool:
    """Whether a column, by its squashed name, is a sync's own.

    >>> [is_bookkeeping(squashed(n)) for n in ("_fivetran_synced", "_airbyte_extracted_at", "_dlt_id", "About__c")]
    [True, True, True, False]
    """
    return name in BOOKKEEPING[3:] or name.startswith(BOOKKEEPING[:3])


def fields_of(table: CrmTable, known: Mapping[str, tuple[str, ...]], taken: tuple[str, ...]) -> Fields:
    """``known``: column of the contract -> the CRM's names for it; ``taken``: names that are read in another way."""
    sql: dict[str, str] = {}
    names: dict[str, str] = {}
    for column, of_crm in known.items():
        if not table.has(*of_crm):
            continue
        sql[column] = table.raw(*of_crm) if column in TABLES["accounts"].numbers else table.text(*of_crm)
        first = next((n for n in of_crm if table.has(n)), None)  # the history of the others is not this column's
        names |= {squashed(first): column} if first else {}
    read = {*names, *(squashed(t) for t in taken)}
    for name, cell in table.cells.items():
        if name not in read and not is_bookkeeping(name):
            column = free_name(snake_case(bare(cell.name)), {*sql, "account_id", "recorded_at", "visible_at"})
            sql[column] = table.raw(cell.name)
            names[name] = column
    return Fields(sql, names)


def renamed(known: Mapping[str, tuple[str, ...]], named: Named) -> dict[str, tuple[str, ...]]:
    """The CRM's names of each column, with those that the configuration says instead.

    >>> renamed({"amount": ("Amount",), "source": ("LeadSource",)}, {"amount": "ARR__c", "source": None})
    {'amount': ('ARR__c',), 'source': ()}
    """
    return {**known, **{column: (name,) if name else () for column, name in named.items()}}

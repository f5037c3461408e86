"""What both CRMs say of people: contacts with the roles that they were given, and what was done with them."""

from __future__ import annotations

from collections.abc import Iterable

import duckdb

from icpfit.sources.crm.table import CrmTable
from icpfit.sources.crm.view import REASON
from icpfit.sources.sql import quoted

INTERACTION = ("account_id", "deal_id", "occurred_at", "channel", "recorded_at")

ROLES = {"budget_holder": "economic_buyer", "economic_decision_maker": "economic_buyer"}
"""Roles that the CRMs call otherwise."""


def role_word(text: str) -> str:
    """SQL for a role as one word in small letters.

    >>> import duckdb
    >>> duckdb.sql("SELECT " + ", ".join(map(role_word, ("'Economic Buyer'", "'BUDGET_HOLDER'")))).fetchall()[0]
    ('economic_buyer', 'economic_buyer')
    """
    word = f"trim(regexp_replace(lower({text}), '[^a-z0-9]+', '_', 'g'), '_')"
    cases = " ".join(f"WHEN '{theirs}' THEN '{ours}'" for theirs, ours in ROLES.items())
    return f"CASE {word} {cases} ELSE {word} END"


def rows(columns: Iterable[str], values: dict[str, str], reason: str, part: int, source: str) -> str:
    """One part of a union: the columns by name (NULL where not given), the reason, and the place of each row."""
    listed = ", ".join(f"{values.get(c, 'CAST(NULL AS VARCHAR)')} AS {quoted(c)}" for c in columns)
    return f"SELECT {listed}, {reason} AS {quoted(REASON)}, {part} AS part, t.rowid AS place FROM {source}"


def united(columns: Iterable[str], parts: list[str]) -> str:
    """The parts one after the other, each in the order of its rows."""
    listed = ", ".join(quoted(c) for c in (*columns, REASON))
    return f"SELECT {listed} FROM ({' UNION ALL '.join(parts)}) ORDER BY part, place"


def newest_of(connection: duckdb.DuckDBPyConnection, tables: Iterable[CrmTable], *names: str) -> int:
    """The newest moment at which a row of any of the tables was made or changed; nothing later can have happened yet."""
    found: list[int | None] = []
    for table in tables:
        for name in names:
            if table.has(name):
                found += connection.execute(f"SELECT max({table.micros(name)}) FROM {table.relation} t").fetchall()[0]
    return max((int(m) for m in found if m is not None), default=2**62)

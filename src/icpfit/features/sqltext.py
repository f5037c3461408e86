"""Pieces of SQL that mean the same on DuckDB, PostgreSQL and Spark."""

from __future__ import annotations

import re

from icpfit.features.schema import Schema
from icpfit.sources.sql import literal, quoted

__all__ = ["MOMENTS", "common_tables", "identifier", "known_moments", "literal"]

MOMENTS = "_moments"
"""The relation that a query asks about: ``_moment`` (a number of its own), ``account_id``, ``as_of`` (microseconds)."""

_RESERVED_WORDS = """
    all analyse analyze and any anti array as asc asymmetric at authorization between binary both by case cast check collate collation
    column concurrently constraint create cross cube current current_catalog current_date current_role current_schema current_time
    current_timestamp current_user database default deferrable delete desc describe distinct do drop else end escape except exists external
    false fetch filter for foreign freeze from full function global grant group grouping having ilike in initially inner insert intersect
    interval into is isnull join lambda lateral leading left like limit local localtime localtimestamp minus natural no not notnull null of
    offset on only or order outer overlaps partition pivot placing position primary qualify range references regexp returning revoke right
    rlike rollup row rows select semi session_user set show similar some start summarize symmetric system_user table tablesample then time
    to trailing true truncate union unique unknown unpivot update user using values variadic verbose view when where window with
    within"""
_RESERVED = frozenset(_RESERVED_WORDS.split())


def identifier(name: str) -> str:
    """A name for SQL, in quotes only where it needs them (Spark reads a quoted name as a text unless told otherwise).

    >>> print(identifier("user_id"), identifier("user"), identifier("Team size"))
    user_id "user" "Team size"
    """
    return name if re.fullmatch(r"[a-z_][a-z0-9_]*", name) and name not in _RESERVED else quoted(name)


def known_moments(schema: Schema) -> str:
    """The moments whose account we know, and knew by then. Of all others every feature is unknown."""
    known = "SELECT m._moment, m.account_id, m.as_of\n  FROM _moments m JOIN accounts c ON c.account_id = m.account_id"
    if schema.has("accounts", "visible_at"):
        known += "\n  WHERE c.visible_at IS NULL OR c.visible_at < m.as_of"
    return known


def common_tables(parts: dict[str, str]) -> str:
    """``WITH name AS (...), ...``"""
    return "WITH " + ",\n".join(f"{name} AS (\n  {body}\n)" for name, body in parts.items())

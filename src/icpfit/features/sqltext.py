"""Pieces of SQL that mean the same on DuckDB, PostgreSQL and Spark."""

from __future__ import annotations

import re

from icpfit.features.schema import Schema
from icpfit.sources import sql
from icpfit.sources.sql import quoted

__all__ = ["MOMENTS", "common_tables", "identifier", "known_moments", "literal", "lower_case", "millionths"]

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


def literal(text: str) -> str:
    """A text for SQL; without a backslash, in which Spark sees an escape.

    >>> print(literal("it's"), literal("a\\\\b"))
    'it''s' ('a' || CHR(92) || 'b')
    """
    if "\\" not in text:
        return sql.literal(text)
    return "(" + " || CHR(92) || ".join(sql.literal(part) for part in text.split("\\")) + ")"


def lower_case(text: str) -> str:
    """Small letters, each for one letter: at the end of a word Spark would write a Greek one otherwise, and two for the Turkish İ."""
    # To look whether there is any is four times faster than to replace.
    there = f"{text} LIKE '%Σ%' OR {text} LIKE '%İ%'"
    return f"LOWER(CASE WHEN {there} THEN REPLACE(REPLACE({text}, 'Σ', 'σ'), 'İ', 'i') ELSE {text} END)"


def millionths(number: str) -> str:
    """A double as a decimal, rounded to a millionth; for numbers smaller than 10^18.

    A plain cast would not do: PostgreSQL keeps 15 digits, and each engine rounds in its own way.
    """
    whole = f"FLOOR({number})"
    parts = f"CAST(FLOOR(({number} - {whole}) * 1000000 + 0.5) AS DECIMAL(7, 0))"
    return f"CAST(CAST({whole} AS BIGINT) AS DECIMAL(28, 6)) + {parts} * 0.000001"


def known_moments(schema: Schema) -> str:
    """The moments whose account we know, and knew by then. Of all others every feature is unknown."""
    known = "SELECT m._moment, m.account_id, m.as_of\n  FROM _moments m JOIN accounts c ON c.account_id = m.account_id"
    if schema.has("accounts", "visible_at"):
        known += "\n  WHERE c.visible_at IS NULL OR c.visible_at < m.as_of"
    return known


def common_tables(parts: dict[str, str]) -> str:
    """``WITH name AS (...), ...``"""
    return "WITH " + ",\n".join(f"{name} AS (\n  {body}\n)" for name, body in parts.items())

"""Texts in conditions that no row has, where a row has nearly the same: most of them are typing errors."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from icpfit.config import FeatureSpec
from icpfit.features.conditions import parse_condition
from icpfit.sources.rows import DataFinding
from icpfit.sources.sql import quoted
from icpfit.sources.warehouse import Warehouse

MOST_VALUES = 5_000
"""A column of more different texts holds no names to be spelt right."""
NEAR = 0.8


def misspelt_values(warehouse: Warehouse, specs: Sequence[FeatureSpec]) -> tuple[DataFinding, ...]:
    """A warning for each text that a condition or ``after`` asks for, that no row has and that is spelt nearly as one that a row has.

    It says what stands in the tables today. No feature's value depends on it.
    """
    asked: dict[tuple[str, str, str], list[str]] = {}
    for spec in specs:
        for table, column, text in _texts(warehouse, spec):
            asked.setdefault((table, column, text), []).append(spec.name)
    columns = dict.fromkeys((table, column) for table, column, _ in asked)
    known = {place: _values(warehouse, *place) for place in columns}
    found = []
    for (table, column, text), names in asked.items():
        there = known[table, column]
        if text not in there and (close := nearest_spelling(text, there)):
            features = f"feature{'s' if len(names) > 1 else ''} {', '.join(dict.fromkeys(names))}"
            words = f"{features}: no row of {table} has {column} = '{text}'; did you mean '{close}'?"
            found.append(DataFinding("FEATURE-SPELLING", "warning", table, words))
    return tuple(found)


def _texts(warehouse: Warehouse, spec: FeatureSpec) -> Iterator[tuple[str, str, str]]:
    if spec.after is not None and "event" in warehouse.columns.get("events", ()):
        yield "events", "event", spec.after
    if spec.where is None or spec.table not in warehouse.columns:
        return
    tree = parse_condition(warehouse.connection, spec.table, spec.where)
    named = {c.lower(): c for c in warehouse.columns[spec.table]}
    for name, text in _compared(tree):
        if (column := named.get(name.lower())) is not None:
            yield spec.table, column, text


def _compared(node: object) -> Iterator[tuple[str, str]]:
    """Every ``column = 'text'`` and ``column IN ('text', …)`` of a condition's tree."""
    if isinstance(node, list):
        for part in node:
            yield from _compared(part)
    if not isinstance(node, Mapping):
        return
    if node.get("type") == "COMPARE_EQUAL":
        yield from _pairs([node["left"], node["right"]])
    if node.get("type") == "COMPARE_IN":
        yield from _pairs(node["children"])
    for part in node.values():
        yield from _compared(part)


def _pairs(parts: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    columns = [str(p["column_names"][-1]) for p in parts if p.get("class") == "COLUMN_REF"]
    texts = [str(p["literal"]["text"]) for p in parts if p.get("class") == "CONSTANT" and p["literal"]["kind"] == "STRING"]
    if len(columns) == 1:
        yield from ((columns[0], text) for text in texts)


def _values(warehouse: Warehouse, table: str, column: str) -> frozenset[str]:
    name = quoted(column)
    limit = f"LIMIT {MOST_VALUES + 1}"
    rows = warehouse.connection.sql(f"SELECT DISTINCT {name} FROM {quoted(table)} WHERE {name} IS NOT NULL {limit}").fetchall()
    return frozenset(str(v) for (v,) in rows) if len(rows) <= MOST_VALUES else frozenset()


def nearest_spelling(text: str, known: frozenset[str]) -> str | None:
    """The value that is spelt nearly so; capitals are no difference.

    >>> known = frozenset(["trial_started", "login"])
    >>> nearest_spelling("trial_startd", known), nearest_spelling("Login", known), nearest_spelling("x", frozenset())
    ('trial_started', 'login', None)
    """
    plain = {value.casefold(): value for value in sorted(known)}
    close = difflib.get_close_matches(text.casefold(), list(plain), n=1, cutoff=NEAR)
    return plain[close[0]] if close else None

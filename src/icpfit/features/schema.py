"""What the company's tables hold, as far as a feature needs to know it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from icpfit.sources.contract import SET_LATER, TABLES
from icpfit.sources.sql import is_numeric, quoted
from icpfit.sources.warehouse import Warehouse

ColumnType = Literal["text", "number", "time"]

_NO_TIMES: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Schema:
    """table -> column -> type of its cells. ``near``: a table that is not there -> what is called nearly as it is, in words."""

    tables: Mapping[str, Mapping[str, ColumnType]]
    near: Mapping[str, str] = field(default_factory=dict)

    def has(self, table: str, column: str | None = None) -> bool:
        return table in self.tables and (column is None or column in self.tables[table])

    def own_time(self, table: str) -> str | None:
        """The column that says when a row happened; None where nothing does, so that the table cannot be read as of a moment.

        >>> Schema({"contacts": {"contact_id": "text", "visible_at": "time"}}).own_time("contacts") is None
        True
        """
        if table in TABLES and TABLES[table].time is not None:
            return TABLES[table].time
        return "recorded_at" if self.has(table, "recorded_at") else None


def later_times(table: str) -> frozenset[str]:
    """What is written into a row after it became visible (an end, a close, a role): a condition on it would see the future.

    >>> sorted(later_times("technologies")), sorted(later_times("contacts"))
    (['last_seen_at'], ['buying_role'])
    """
    if table not in TABLES:
        return _NO_TIMES
    return (frozenset(TABLES[table].times) - {TABLES[table].time or ""}) | SET_LATER.get(table, _NO_TIMES)


def instead_of(column: str) -> str:
    """What to read instead of a column that is written later."""
    if column == "buying_role":
        return "roles with the dates on which they were given belong into the table contact_roles"
    return "for what is in use as of a moment there is the aggregate present"


def read_schema(warehouse: Warehouse) -> Schema:
    """The types as DuckDB holds them; which numbers are times, the contract says."""
    tables: dict[str, dict[str, ColumnType]] = {}
    for table in warehouse.columns:
        relation = warehouse.connection.sql(f"SELECT * FROM {quoted(table)} LIMIT 0")
        tables[table] = {name: _type(table, name, str(duck_type)) for name, duck_type in zip(relation.columns, relation.types, strict=True)}
    ignored = [f for f in warehouse.findings if f.code in ("FILE-IGNORED", "TABLE-IGNORED")]
    return Schema(tables, {f.table: "; ".join(n.words for n in ignored if n.table == f.table) for f in ignored})


def _type(table: str, column: str, duck_type: str) -> ColumnType:
    if column in ("recorded_at", "visible_at") or (table in TABLES and column in TABLES[table].times):
        return "time"
    return "number" if is_numeric(duck_type) else "text"


def did_you_mean(name: str, known: Iterable[str]) -> str | None:
    """A hint for a name that is not there.

    >>> did_you_mean("industri", ["industry", "region"])
    "did you mean 'industry'?"
    >>> did_you_mean("zzz", ["b", "a"])
    'it has a, b'
    """
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=1)
    return f"did you mean {close[0]!r}?" if close else (f"it has {', '.join(names)}" if names else None)

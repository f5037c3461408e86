"""One table from several files: its own and the feeds that add to it, checked together and counted each by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import duckdb

from icpfit.sources.mapping import Column, MappedTable
from icpfit.sources.rows import RowCount
from icpfit.sources.sql import quoted
from icpfit.sources.staging import CELL, NOTE, REASON, ROW, SUBJECT, Staged, stage


@dataclass(frozen=True)
class Part:
    """Rows of one file for a table. ``exempt``: reasons for leaving rows out that are no fault of the file.

    ``name`` tells the parts of a table apart; "" is its own file. ``temporary`` are tables that go when it is read.
    """

    mapped: MappedTable
    date_format: str | None
    exempt: frozenset[str] = frozenset()
    name: str = ""
    temporary: tuple[str, ...] = ()


@dataclass(frozen=True)
class StagedParts:
    """``whole``: the rows of all parts, checked against each other. ``each``: the same rows, part by part, in the parts' order."""

    whole: Staged
    each: tuple[Staged, ...]


def stage_parts(connection: duckdb.DuckDBPyConnection, parts: Sequence[Part]) -> StagedParts:
    """Read every part once.

    Raises:
        SourceError, ConfigError: as :func:`icpfit.sources.staging.stage`.
    """
    staged = []
    for part in parts:
        staged.append(stage(connection, part.mapped, part.date_format, part.name))
        for name in part.temporary:
            connection.execute(f"DROP TABLE {quoted(name)}")
    if len(staged) == 1:
        return StagedParts(staged[0], tuple(staged))
    table = parts[0].mapped.table
    columns = _columns(parts)
    names = [*(quoted(c.name) for c in columns), REASON, SUBJECT, CELL, NOTE]
    together, faults = f'"icpfit staged {table.name} together"', f'"icpfit faults {table.name} together"'
    # UNION ALL keeps the order: the rows of a part stand behind those of the parts before it.
    rows = " UNION ALL BY NAME ".join(f"SELECT * FROM {s.staged}" for s in staged)
    connection.execute(f"CREATE TEMP TABLE {together} AS SELECT {', '.join(names)} FROM ({rows})")
    connection.execute(f"""
        CREATE TEMP TABLE {faults} AS
        SELECT rowid AS {ROW}, {REASON}, {SUBJECT}, {CELL} FROM {together} WHERE {REASON} IS NOT NULL""")
    each, before = [], 0
    for one in staged:
        connection.execute(f"DROP TABLE {one.staged}")
        connection.execute(f"DROP TABLE {one.faults}")
        mine = f"rowid >= {before} AND rowid < {before + one.rows}"
        its = f"{ROW} >= {before} AND {ROW} < {before + one.rows}"
        each.append(
            replace(
                one,
                staged=f"(SELECT rowid - {before} AS rowid, * FROM {together} WHERE {mine})",
                faults=f"(SELECT {ROW} - {before} AS {ROW}, * EXCLUDE ({ROW}) FROM {faults} WHERE {its})",
            )
        )
        before += one.rows
    whole = Staged(replace(parts[0].mapped, columns=columns), together, faults, before)
    return StagedParts(whole, tuple(each))


def add_counts(table: str, counts: Sequence[RowCount]) -> RowCount:
    """A table's rows from those of its files; a table of one file has no parts.

    >>> whole = add_counts("events", [RowCount("events", 3, 2, {"bad date": 1}, "a.csv"), RowCount("events", 1, 1, {}, "b.csv")])
    >>> whole.rows_in, whole.used, whole.left_out, [p.place for p in whole.parts]
    (4, 3, {'bad date': 1}, ['a.csv', 'b.csv'])
    """
    if len(counts) == 1:
        return replace(counts[0], place="")
    reasons = sorted({r for c in counts for r in c.left_out})
    left_out = {r: sum(c.left_out.get(r, 0) for c in counts) for r in reasons}
    return RowCount(table, sum(c.rows_in for c in counts), sum(c.used for c in counts), left_out, parts=tuple(counts))


def _columns(parts: Sequence[Part]) -> tuple[Column, ...]:
    """Those of all parts: of the contract in its order, then ``recorded_at``, then further ones by name."""
    found = {c.name: c for part in reversed(parts) for c in part.mapped.columns}
    contract = [*parts[0].mapped.table.columns, "recorded_at"]
    further = sorted(n for n in found if n not in contract)
    return tuple(found[n] for n in (*contract, *further) if n in found)

"""Which column of a file stands for which column of the contract."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from icpfit.errors import ConfigError, SourceError
from icpfit.sources.contract import TABLES, Table
from icpfit.sources.raw import RawColumn, RawTable
from icpfit.sources.rows import DataFinding

MAY_BE_EMPTY: dict[str, frozenset[str]] = {
    "accounts": frozenset({"domain"}),
    "deals": frozenset({"closed_at"}),
    "account_history": frozenset({"value"}),
}
"""Needed columns whose cells may be empty."""

MAY_BE_ABSENT: dict[str, frozenset[str]] = {"accounts": frozenset({"domain"})}
"""Needed columns that a configuration may declare as not there (``domain: null``)."""

OWN_NAMES = frozenset({"visible_at"})
"""Columns that the warehouse adds itself."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a clean table. ``raw`` is None where the company does not have it."""

    name: str
    raw: RawColumn | None
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class MappedTable:
    """``columns``: those of the contract in its order, then ``recorded_at``, then further ones by name."""

    table: Table
    raw: RawTable
    columns: tuple[Column, ...]
    findings: tuple[DataFinding, ...]


def closest(name: str, known: Iterable[str]) -> str:
    """``did you mean 'x'?`` or an empty text.

    >>> closest("Domian", ["name", "domain"])
    "did you mean 'domain'?"
    >>> closest("zzz", ["name"])
    ''
    """
    by_lower = {k.lower(): k for k in known}
    found = difflib.get_close_matches(name.lower(), by_lower, n=1)
    return f"did you mean {by_lower[found[0]]!r}?" if found else ""


def check_table_names(names: Iterable[str], setting: str) -> None:
    """Raises ConfigError for a table that the contract does not have."""
    for name in names:
        if name not in TABLES:
            hint = closest(name, TABLES) or f"the tables are {', '.join(TABLES)}"
            raise ConfigError(f"{setting}: there is no table {name!r}", hint=hint)


def map_table(
    table: Table,
    raw: RawTable,
    columns: Mapping[str, str | None] | None = None,
    values: Mapping[str, Mapping[str, str]] | None = None,
) -> MappedTable:
    """Find every column of the contract in the file.

    Raises:
        ConfigError: the configuration names a column that is neither in the contract nor in the file.
        SourceError: a needed column is not there.
    """
    columns, values = columns or {}, values or {}
    contract = (*table.columns, "recorded_at")
    _check_configured(table, raw, columns, contract)
    found: list[Column] = []
    for name in contract:
        source = columns.get(name, name)
        if source is not None and source in raw.names:
            found.append(Column(name, raw.column(source), values.get(name, {})))
        elif table.name == "deals" and name == "deal_type":
            found.append(Column(name, None, {}))  # empty means new_logo, so it is always there
        elif name in table.needed:
            if name in columns and name in MAY_BE_ABSENT.get(table.name, ()):
                found.append(Column(name, None, {}))
            else:
                raise _missing(table, raw, name, _free(raw, {columns.get(c, c) for c in contract}))
    used = {c.raw.name for c in found if c.raw is not None}
    taken = {*contract, *OWN_NAMES}
    further = sorted(n for n in raw.names if n and n not in used and n.lower() not in taken)
    found += [Column(name, raw.column(name), values.get(name, {})) for name in further]
    names = {c.name for c in found}
    for name in values:
        if name not in names:
            hint = closest(name, names) or f"it has {some(sorted(names))}"
            raise ConfigError(f"source.values.{table.name}: {raw.place} has no column {name!r}", hint=hint)
    findings = [
        DataFinding("COLUMN-IGNORED", "note", table.name, f"{raw.place}: {_ignored(i, n)} and is not read")
        for i, n in enumerate(raw.names, start=1)
        if n not in used and n not in further
    ]
    findings += [
        DataFinding("COLUMN-ABSENT", "note", table.name, f"{raw.place}: there is no {c.name}, as the configuration says")
        for c in found
        if c.raw is None and c.name in table.needed
    ]
    return MappedTable(table, raw, tuple(found), tuple(findings))


def _free(raw: RawTable, taken: Collection[str | None]) -> list[str]:
    """What may be meant: not a column that stands for another already, or one date for two would close every deal at once."""
    return [name for name in raw.names if name and name not in taken]


def _check_configured(table: Table, raw: RawTable, columns: Mapping[str, str | None], contract: tuple[str, ...]) -> None:
    taken = {*columns.values(), *(columns.get(c, c) for c in table.needed)}
    for name, source in columns.items():
        setting = f"source.columns.{table.name}"
        if name not in contract:
            hint = closest(name, contract) or f"the contract's columns are {', '.join(contract)}; further columns keep their own names"
            raise ConfigError(f"{setting}: the contract has no column {name!r}", hint=hint)
        if source is None:
            if name in table.needed and name not in MAY_BE_ABSENT.get(table.name, ()):
                raise ConfigError(f"{setting}.{name}: nothing can be learned without it", hint="name the column of the file that holds it")
        elif source not in raw.names:
            hint = closest(source, _free(raw, taken)) or f"it has the columns {some(raw.names)}"
            raise ConfigError(f"{setting}.{name}: {raw.place} has no column {source!r}", hint=hint)


def _missing(table: Table, raw: RawTable, name: str, free: Sequence[str]) -> SourceError:
    guess = difflib.get_close_matches(name, free, n=1, cutoff=0.5)
    example = guess[0] if guess else "THE COLUMN"
    hint = f"if another column holds it, say so in the configuration: source.columns.{table.name}: {{{name}: {example}}}"
    if name in MAY_BE_ABSENT.get(table.name, ()):
        hint += f"; if you do not have it: {{{name}: null}}"
    return SourceError(f"{raw.place}: the needed column {name!r} is not there; it has the columns {some(raw.names)}", hint=hint)


def _ignored(number: int, name: str) -> str:
    return f"the column {name!r} bears a name that another column stands for" if name else f"column {number} has no name"


def some(names: Iterable[str], most: int = 12) -> str:
    """The first of many names, and how many more there are."""
    listed = [n or "(no name)" for n in names]
    more = f" and {len(listed) - most} more" if len(listed) > most else ""
    return ", ".join(listed[:most]) + more

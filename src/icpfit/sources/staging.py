"""One table, row by row: cells parsed, and for each row that cannot be used the reason."""

from __future__ import annotations

from dataclasses import dataclass, replace

import duckdb

from icpfit.errors import ConfigError, SourceError
from icpfit.sources.contract import Table
from icpfit.sources.mapping import MAY_BE_EMPTY, Column, MappedTable, closest
from icpfit.sources.sql import id_of, is_nan, is_numeric, is_time, known, literal, micros_of, number_of, own_text, quoted, text_of

ALLOWED: dict[str, dict[str, tuple[str, ...]]] = {
    "deals": {"stage": ("open", "won", "lost"), "deal_type": ("new_logo", "expansion", "renewal")},
}
"""Columns that hold one of a few words; case does not matter."""

IN_ORDER: dict[str, tuple[str, str, str]] = {
    "deals": ("created_at", "closed_at", "closed before created"),
    "subscriptions": ("started_at", "ended_at", "ended before started"),
    "technologies": ("first_seen_at", "last_seen_at", "last seen before first seen"),
}

NO_ACCOUNT = "no account"
REPEATED = "repeated key"
COPY = "exact copy"
UNKNOWN_ACCOUNT = "unknown account"
MERGED = "merged into another account"
OWN_HISTORY = "merged account's history"
OWN_ROW = "merged account's copy"
OF_MERGING = (MERGED, OWN_HISTORY, OWN_ROW)
"""Reasons that say nothing against the file: its duplicates were made one."""

ROW = '"icpfit row"'
REASON = '"icpfit reason"'
SUBJECT = '"icpfit column"'
CELL = '"icpfit cell"'
NOTE = '"icpfit note"'

NO_CLOSE = "closed without a date"
FORECAST = "open with a closing date"


@dataclass(frozen=True, slots=True)
class Staged:
    """``staged`` holds every readable row, parsed; ``faults`` the rows to leave out (row, reason, column, cell)."""

    mapped: MappedTable
    staged: str
    faults: str
    rows: int

    @property
    def table(self) -> Table:
        return self.mapped.table

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(c.name for c in self.mapped.columns)

    @property
    def good(self) -> str:
        """``WHERE``, for the rows ``s`` that have no fault so far."""
        return f"WHERE NOT EXISTS (SELECT 1 FROM {self.faults} f WHERE f.{ROW} = s.rowid)"


def kind_of(table: Table, name: str) -> str:
    """``time``, ``number`` or ``text``."""
    if name in table.times or name in ("recorded_at", table.time):
        return "time"
    return "number" if name in table.numbers else "text"


def is_own(table: Table, name: str) -> bool:
    """Whether a column is the company's own, not the contract's, or holds the history of one."""
    return name not in table.columns or (table.name, name) == ("account_history", "value")


def stage(
    connection: duckdb.DuckDBPyConnection, mapped: MappedTable, date_format: str | None, time_zone: str | None = None, part: str = ""
) -> Staged:
    """Read a table once, from its file into parsed cells. ``part`` tells the files of a table apart that has several.

    Raises:
        SourceError: the file turns out to be broken on the way.
        ConfigError: ``date_format`` or ``time_zone`` is not one.
    """
    table, name = mapped.table, mapped.table.name + part
    if date_format is not None:
        check_date_format(connection, date_format)
    if time_zone is not None:
        check_time_zone(connection, time_zone)
    texts, parsed = [], []
    for i, column in enumerate(mapped.columns):
        text, value = _cell(table, column, f"t{i}", date_format, time_zone)
        texts.append(f"{text} AS t{i}")
        parsed.append(f"{value} AS v{i}")
    reason, subject, cell = _checks(mapped)
    if mapped.raw.reason is not None:  # what the reader says goes before what the check finds
        texts.append(f"{mapped.raw.reason} AS given")
        reason = f"coalesce(given, {reason})"
        subject, cell = (f"CASE WHEN given IS NULL THEN {part} END" for part in (subject, cell))
    outs = ", ".join(f"{_stored(mapped, c.name)} AS {quoted(c.name)}" for c in mapped.columns)
    body = f"""
        CREATE TABLE "icpfit staged {name}" AS
        SELECT {outs}, {reason} AS {REASON}, {subject} AS {SUBJECT}, {cell} AS {CELL}, {_note(mapped)} AS {NOTE}
        FROM (SELECT *, {", ".join(parsed)} FROM (SELECT {", ".join(texts)} FROM {mapped.raw.relation}))"""
    try:
        connection.execute(body)
    except duckdb.OutOfMemoryException:
        raise  # the machine's fault, not the file's
    except duckdb.Error as error:
        if mapped.raw.row_by_row is not None:
            return stage(connection, replace(mapped, raw=mapped.raw.row_by_row()), date_format, time_zone, part)
        first = str(error).splitlines()[0]
        hint = "export the file again" if mapped.raw.is_file else "look at it where it lies"
        raise SourceError(f"{mapped.raw.place}: cannot be read to its end ({first})", hint=hint) from error
    connection.execute(f"""
        CREATE TABLE "icpfit faults {name}" AS
        SELECT rowid AS {ROW}, {REASON}, {SUBJECT}, {CELL} FROM "icpfit staged {name}" WHERE {REASON} IS NOT NULL""")
    rows = connection.execute(f'SELECT count(*) FROM "icpfit staged {name}"').fetchall()
    return Staged(mapped, f'"icpfit staged {name}"', f'"icpfit faults {name}"', int(rows[0][0]))


def check_date_format(connection: duckdb.DuckDBPyConnection, date_format: str, setting: str = "source.date_format") -> None:
    """Raises ConfigError where strptime would not take the format."""
    try:
        connection.execute(f"SELECT epoch_us(try_strptime('x', {literal(date_format)}))").fetchall()
    except duckdb.Error as error:
        raise ConfigError(f"{setting}: {date_format!r} is not a form of dates", hint="for 1/31/2026 write %m/%d/%Y") from error


def check_time_zone(connection: duckdb.DuckDBPyConnection, time_zone: str) -> None:
    """Raises ConfigError for a name that is none of the IANA list."""
    names = [str(row[0]) for row in connection.execute("SELECT name FROM pg_timezone_names()").fetchall()]
    if time_zone not in names:
        hint = closest(time_zone, names) or "name it as Europe/Berlin or America/New_York"
        raise ConfigError(f"source.time_zone: there is no time zone {time_zone!r}", hint=hint)


def _cell(table: Table, column: Column, text_name: str, date_format: str | None, time_zone: str | None) -> tuple[str, str]:
    """SQL for the cell as text, and for its parsed value (over the text, unless the file's own type says more)."""
    if column.raw is None:
        return "CAST(NULL AS VARCHAR)", "CAST(NULL AS VARCHAR)"
    raw, kind = column.raw, kind_of(table, column.name)
    text = text_of(raw.sql, raw.duck_type, column.values)
    if kind == "text":
        if column.name in ALLOWED.get(table.name, {}):
            return f"lower({text})", text_name
        if column.name.endswith("_id"):
            return text, id_of(text_name)
        return text, own_text(text_name) if is_own(table, column.name) else text_name
    # A typed cell goes on as it is; its text is made only where a message needs it.
    if kind == "number":
        if is_numeric(raw.duck_type) and not column.values:
            return raw.sql, number_of(text_name, raw.duck_type)
        return known(f"({text})"), number_of(text_name, "VARCHAR")
    if is_time(raw.duck_type) and not column.values:
        return raw.sql, micros_of(text_name, raw.duck_type, None, time_zone)
    return known(f"({text})"), micros_of(text_name, "VARCHAR", None if is_time(raw.duck_type) else date_format, time_zone)


def _stored(mapped: MappedTable, name: str) -> str:
    """A parsed cell as the clean table holds it.

    A deal is closed when its close is known: an open deal's ``closed_at`` is somebody's forecast, and
    "won" without a date says nothing of what was known when.
    """
    value = _value(mapped, name)
    if mapped.table.name != "deals":
        return value
    if name == "deal_type":
        return f"coalesce({value}, 'new_logo')"
    if name == "closed_at":
        return _closed(mapped)
    if name == "stage":
        return f"CASE WHEN {_value(mapped, 'closed_at')} IS NULL AND {value} IN ('won', 'lost') THEN 'open' ELSE {value} END"
    return value


def _closed(mapped: MappedTable) -> str:
    return f"CASE WHEN {_value(mapped, 'stage')} <> 'open' THEN {_value(mapped, 'closed_at')} END"


def _note(mapped: MappedTable) -> str:
    """What is odd about a row that is used all the same."""
    if mapped.table.name != "deals":
        return "CAST(NULL AS VARCHAR)"
    stage, closed = _value(mapped, "stage"), _value(mapped, "closed_at")
    return (
        f"CASE WHEN {stage} = 'open' AND {closed} IS NOT NULL THEN {literal(FORECAST)}"
        f" WHEN {stage} <> 'open' AND {closed} IS NULL THEN {literal(NO_CLOSE)} END"
    )


def _value(mapped: MappedTable, name: str) -> str:
    return f"v{[c.name for c in mapped.columns].index(name)}"


def _checks(mapped: MappedTable) -> tuple[str, str, str]:
    """Three CASE expressions: the first fault of a row, the column it is in, the cell as it was written."""
    table = mapped.table
    place = {c.name: i for i, c in enumerate(mapped.columns)}
    faults: list[tuple[str, str, str]] = []  # condition, reason, column
    for name in table.key:
        if name != "account_id" and kind_of(table, name) == "text":
            faults.append((f"v{place[name]} IS NULL", f"no {name}", name))
    if "account_id" in place:
        faults.append((f"v{place['account_id']} IS NULL", NO_ACCOUNT if table.name != "accounts" else "no account_id", "account_id"))
    for name, i in place.items():
        kind = kind_of(table, name)
        if kind == "time":
            faults.append((f"t{i} IS NOT NULL AND v{i} IS NULL", "bad date", name))
        elif kind == "number":
            faults.append((f"(t{i} IS NOT NULL AND v{i} IS NULL AND {_not_nan(mapped, name, i)}) OR isinf(v{i})", "bad number", name))
    optional = MAY_BE_EMPTY.get(table.name, frozenset())
    for name in table.needed:
        if name not in optional and name != "account_id" and (name not in table.key or kind_of(table, name) != "text"):
            faults.append((f"v{place[name]} IS NULL", f"no {name}", name))
    for name, words in ALLOWED.get(table.name, {}).items():
        if name in place:
            faults.append((f"v{place[name]} NOT IN ({', '.join(literal(w) for w in words)})", f"bad {name}", name))
    if table.name in IN_ORDER and IN_ORDER[table.name][1] in place:
        first, second, reason = IN_ORDER[table.name]
        faults.append((f"{_stored(mapped, second)} < v{place[first]}", reason, second))
    if not faults:
        return "CAST(NULL AS VARCHAR)", "CAST(NULL AS VARCHAR)", "CAST(NULL AS VARCHAR)"
    cases = [
        " ".join(f"WHEN {when} THEN {then}" for when, then in pairs)
        for pairs in (
            [(w, literal(r)) for w, r, _ in faults],
            [(w, literal(n)) for w, _, n in faults],
            [(w, f"CAST(t{place[n]} AS VARCHAR)") for w, _, n in faults],
        )
    ]
    return f"CASE {cases[0]} END", f"CASE {cases[1]} END", f"CASE {cases[2]} END"


def _not_nan(mapped: MappedTable, name: str, i: int) -> str:
    """A NaN of a number column is unknown, not bad."""
    raw = next(c for c in mapped.columns if c.name == name).raw
    return f"NOT {is_nan(f'CAST(t{i} AS DOUBLE)')}" if raw is not None and is_numeric(raw.duck_type) else "true"

"""Feeds: files in their vendors' own shapes, brought to the shape of a table of the contract."""

from __future__ import annotations

from dataclasses import replace

import duckdb
import numpy as np
import numpy.typing as npt

from icpfit.config import Feed
from icpfit.errors import SourceError
from icpfit.moments import DAY
from icpfit.sources.feed_accounts import GIVEN, Kept, find_accounts, open_file
from icpfit.sources.feed_formats import ACCOUNT, FeedPlan, named_column, plan_feed
from icpfit.sources.mapping import MAY_BE_EMPTY, map_table, some
from icpfit.sources.parts import Part
from icpfit.sources.raw import RawColumn, RawTable
from icpfit.sources.rows import DataFinding
from icpfit.sources.sql import is_time, literal, micros_of, quoted, text_of
from icpfit.sources.staging import NO_ACCOUNT, UNKNOWN_ACCOUNT, check_date_format, kind_of

_UNIX = {10: 1_000_000, 13: 1_000}
"""A time that is a whole number of so many digits is one since 1970; how many microseconds its unit has."""


def feed_part(connection: duckdb.DuckDBPyConnection, feed: Feed, number: int, kept: Kept) -> Part:
    """A feed as a part of its table, with the account of every row looked up in the clean tables.

    Raises:
        SourceError: a file fault, or a needed column is nowhere.
        ConfigError: the feed names a column that is not in its file.
    """
    raw = open_file(connection, feed.path, f"feed {number}")
    plan = plan_feed(feed, raw, number)
    _check_needed(plan, raw)
    if feed.date_format is not None:
        check_date_format(connection, feed.date_format, f"{plan.setting}.date_format")
    copied = f"icpfit feed {number}"
    raw = _copy(connection, plan, raw, copied)
    places = None
    if plan.lists or (plan.separator is not None and plan.table.name == "technologies"):
        places = _one_row_each(connection, plan, copied)
    account = find_accounts(connection, plan, copied, number, kept)
    listed = ("technology", "category") if plan.lists else ()
    names = list(dict.fromkeys([*(n for n in plan.columns if n not in ACCOUNT), *_days_later(plan), *listed]))
    columns, selected = [], []
    for i, name in enumerate(["account_id", *names]):
        selected.append(f"{account.sql if name == 'account_id' else 'f.' + quoted(name)} AS c{i}")
        columns.append(RawColumn(name, f"c{i}", "VARCHAR"))
    relation = f"(SELECT {', '.join(selected)} FROM {quoted(copied)} f {account.joins} ORDER BY f.rowid)"
    types = [str(row[1]) for row in connection.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()]
    columns = [replace(c, duck_type=t) for c, t in zip(columns, types, strict=True)]
    shaped = RawTable(raw.place, relation, tuple(columns), raw.unreadable, places=places)
    mapped = map_table(plan.table, shaped, values={n: v for n, v in feed.values.items() if n in names})
    exempt = frozenset({UNKNOWN_ACCOUNT, NO_ACCOUNT}) if plan.by_domain else frozenset()
    return Part(
        replace(mapped, findings=(*mapped.findings, *_notes(plan, raw))),
        date_format=feed.date_format,
        exempt=exempt,
        name=f" {number}",
        temporary=(copied, *account.temporary),
    )


def _check_needed(plan: FeedPlan, raw: RawTable) -> None:
    has = f"it has the columns {some(raw.names)}"
    if plan.feed.account_from is None and not set(ACCOUNT) & set(plan.columns):
        hint = f"{plan.setting}.columns: {{domain: THE COLUMN}}, {{account_id: THE COLUMN}}, or account_from"
        raise SourceError(f"{raw.place}: nothing says whose its rows are; {has}", hint=hint)
    optional = {"account_id", *MAY_BE_EMPTY.get(plan.table.name, ())}
    for name in plan.table.needed:
        if name in plan.columns or name in optional or (name == "technology" and plan.lists):
            continue
        hint = f"{plan.setting}.columns: {{{name}: THE COLUMN}}, or for all rows alike {plan.setting}.constants: {{{name}: …}}"
        if name == plan.table.time and plan.feed.format == "wappalyzer":
            hint = f"a list has no dates: say when it was made, {plan.setting}.constants: {{{name}: 2026-01-31}}"
        raise SourceError(f"{raw.place}: nothing says the {name} of its rows; {has}", hint=hint)


def _copy(connection: duckdb.DuckDBPyConnection, plan: FeedPlan, raw: RawTable, name: str) -> RawTable:
    """Read the columns that matter into a table of their own; past broken lines, where there are any. Gives what was read."""
    columns = {n: _cell(plan, n, c) for n, c in plan.columns.items() if n not in ACCOUNT}
    columns |= _days_later(plan)
    columns |= {GIVEN[n]: _text(plan.columns[n]) for n in ACCOUNT if n in plan.columns}
    if plan.feed.account_from is not None:
        columns[GIVEN["by"]] = _text(named_column(raw, plan.feed.account_from.by, f"{plan.setting}.account_from.by"))
    columns |= {f"icpfit list {i}": _text(c) for i, c in enumerate(plan.lists.values())}
    listed = ", ".join(f"{sql} AS {quoted(n)}" for n, sql in columns.items())
    try:
        connection.execute(f"CREATE TEMP TABLE {quoted(name)} AS SELECT {listed} FROM {raw.relation}")
    except duckdb.Error as error:
        if raw.row_by_row is None:
            first = str(error).splitlines()[0]
            raise SourceError(f"{raw.place}: cannot be read to its end ({first})", hint="export the file again") from error
        return _copy(connection, plan, raw.row_by_row(), name)
    return raw


def _text(column: RawColumn) -> str:
    return f"CAST({text_of(column.sql, column.duck_type)} AS VARCHAR)"


def _cell(plan: FeedPlan, name: str, column: RawColumn) -> str:
    """The cell as it is; a time in seconds or milliseconds since 1970 as a date and time."""
    if kind_of(plan.table, name) != "time" or is_time(column.duck_type) or plan.feed.date_format is not None:
        return column.sql
    text = _text(column)
    cases = " ".join(
        f"WHEN regexp_full_match({text}, '[0-9]{{{digits}}}([.]0)?')"
        f" THEN CAST(make_timestamp(CAST(left({text}, {digits}) AS BIGINT) * {unit}) AS VARCHAR)"
        for digits, unit in _UNIX.items()
    )
    return f"CASE {cases} ELSE {text} END"


def _days_later(plan: FeedPlan) -> dict[str, str]:
    """``recorded_at`` and ``last_seen_at`` as far after what the file says as the feed declares."""
    table, found = plan.table, {}
    if plan.known_after_days is not None and table.time is not None:
        known = _written(plan, f"make_timestamp({_micros(plan, table.time)} + {plan.known_after_days * DAY})")
        said = _as_text(plan, "recorded_at") if "recorded_at" in plan.columns else "NULL"
        found["recorded_at"] = f"coalesce({said}, {known})"
    if plan.gone_after_days and table.name == "technologies" and "last_seen_at" in plan.columns:
        first, last = _micros(plan, "first_seen_at"), _micros(plan, "last_seen_at")
        later = _written(plan, f"make_timestamp({last} + {plan.gone_after_days * DAY})")
        # What was last seen before it was first seen stays as it is, to be left out for it.
        found["last_seen_at"] = f"CASE WHEN {last} >= {first} THEN {later} ELSE {_as_text(plan, 'last_seen_at')} END"
    return found


def _micros(plan: FeedPlan, name: str) -> str:
    column = plan.columns[name]
    if is_time(column.duck_type):
        return f"({micros_of(column.sql, column.duck_type, None)})"
    return f"({micros_of(f'({_cell(plan, name, column)})', 'VARCHAR', plan.feed.date_format)})"


def _as_text(plan: FeedPlan, name: str) -> str:
    column = plan.columns[name]
    return _written(plan, column.sql) if is_time(column.duck_type) else f"CAST({_cell(plan, name, column)} AS VARCHAR)"


def _written(plan: FeedPlan, moment: str) -> str:
    """A moment as a text that is read as the file's own are."""
    form = plan.feed.date_format
    return f"strftime({moment}, {literal(form)})" if form is not None else f"CAST({moment} AS VARCHAR)"


def _one_row_each(connection: duckdb.DuckDBPyConnection, plan: FeedPlan, name: str) -> npt.NDArray[np.int64]:
    """Make one row of every technology in a cell. Gives, for each new row, the place of the file's row that it came from."""
    whole = quoted(f"{name} whole")
    connection.execute(f"ALTER TABLE {quoted(name)} RENAME TO {whole}")
    has = [str(row[0]) for row in connection.execute(f"DESCRIBE {whole}").fetchall()]
    kept = [quoted(n) for n in has if n not in ("technology", "category") and not n.startswith("icpfit list ")]
    cells = {quoted(f"icpfit list {i}"): literal(category) for i, category in enumerate(plan.lists)}
    if not cells:
        cells = {"technology": "category" if "category" in has else "NULL"}
    separator = literal(plan.separator or ";")
    lists = [
        f"SELECT rowid AS row, {i} AS list, generate_subscripts(string_split({cell}, {separator}), 1) AS place,"
        f" {', '.join(kept)}, trim(unnest(string_split({cell}, {separator}))) AS technology, CAST({category} AS VARCHAR) AS category"
        f" FROM {whole}"
        for i, (cell, category) in enumerate(cells.items())
    ]
    connection.execute(f"""
        CREATE TEMP TABLE {quoted(name)} AS
        SELECT * FROM ({" UNION ALL ".join(lists)}) WHERE technology <> '' ORDER BY row, list, place""")
    connection.execute(f"DROP TABLE {whole}")
    rows = connection.execute(f"SELECT row FROM {quoted(name)} ORDER BY rowid").fetchnumpy()["row"]
    return np.asarray(rows, dtype=np.int64)


def _notes(plan: FeedPlan, raw: RawTable) -> list[DataFinding]:
    """What the feed assumes about times, in words."""
    table, found = plan.table.name, []
    if plan.known_after_days is not None and "recorded_at" not in plan.columns:
        words = (
            f"{raw.place}: no column says when a row was known; it counts as known {plan.known_after_days} days after its"
            f" {plan.table.time} ({plan.setting}.known_after_days). Name the day of delivery as recorded_at where the file has it."
        )
        found.append(DataFinding("FEED-KNOWN-AFTER", "note", table, words))
    if plan.gone_after_days and "last_seen_at" in plan.columns:
        words = (
            f"{raw.place}: last_seen_at is when a technology was last seen, not when it went; it counts as gone"
            f" {plan.gone_after_days} days later ({plan.setting}.gone_after_days)."
        )
        found.append(DataFinding("FEED-GONE-AFTER", "note", table, words))
    return found

"""What a feed declares, completed by its format: for each column of the table where the file holds it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from icpfit.config import Feed
from icpfit.errors import ConfigError
from icpfit.sources.contract import TABLES, Table
from icpfit.sources.mapping import check_table_names, closest, some
from icpfit.sources.names import snake_case
from icpfit.sources.raw import RawColumn, RawTable
from icpfit.sources.sql import literal, text_of

ACCOUNT = ("account_id", "domain")
"""Columns by which a row finds its account; the table gets account_id alone."""


@dataclass(frozen=True)
class FeedPlan:
    """``columns``: of the table, and those that find the account, each with where it is in the file. ``lists``: category -> column."""

    feed: Feed
    setting: str
    table: Table
    columns: Mapping[str, RawColumn]
    lists: Mapping[str, RawColumn]
    separator: str | None
    known_after_days: int | None
    gone_after_days: int | None

    @property
    def by_domain(self) -> bool:
        """Whether a domain finds the account: such a file may speak of companies that nobody here knows."""
        return "domain" in self.columns or (self.feed.account_from is not None and self.feed.account_by == "domain")


def table_of(feed: Feed, number: int) -> str:
    """The table that a feed adds to. Raises ConfigError where the contract has none of that name."""
    name = feed.table or str(_formats()[str(feed.format)]["table"])
    check_table_names([name], f"feeds.{number}.table")
    if name == "accounts":
        raise ConfigError(f"feeds.{number}.table: accounts are read from the source alone", hint="a feed adds rows about accounts")
    return name


def tables_of(feeds: Sequence[Feed]) -> frozenset[str]:
    """The tables that feeds add to."""
    return frozenset(table_of(feed, i) for i, feed in enumerate(feeds))


def plan_feed(feed: Feed, raw: RawTable, number: int) -> FeedPlan:
    """Find every column that the table can have in the feed's file.

    Raises:
        ConfigError: the feed names a column that is not in the file, or a text for a column that it does not have.
        SourceError, in :mod:`icpfit.sources.feeds`: a needed column is not there.
    """
    setting, table = f"feeds.{number}", TABLES[table_of(feed, number)]
    known: Mapping[str, Any] = _formats()[feed.format] if feed.format is not None else {}
    found: dict[str, RawColumn] = {}
    constants = {**known.get("constants", {}), **feed.constants}
    own = [*table.columns, "recorded_at", *ACCOUNT]
    for name in dict.fromkeys([*own, *feed.columns, *known.get("columns", {}), *constants]):
        if name in feed.columns:
            if (source := feed.columns[name]) is not None:
                found[name] = named_column(raw, source, f"{setting}.columns.{name}")
        elif name in constants:
            found[name] = RawColumn(name, literal(constants[name]), "VARCHAR")
        else:
            candidates = known.get("columns", {}).get(name, [name] if name in own else [])
            column = next((c for one in candidates if (c := _find(raw, one)) is not None), None)
            if column is not None:
                found[name] = column
    if feed.account_from is not None:
        found = {n: c for n, c in found.items() if n not in ACCOUNT}
    elif feed.account_by is not None:
        found = {n: c for n, c in found.items() if n not in ACCOUNT or n == feed.account_by}
    lists = _lists(feed, raw, known, setting)
    for name in feed.values:
        if name not in found and not (lists and name in ("technology", "category")):
            raise ConfigError(f"{setting}.values: the feed has no column {name!r}", hint=closest(name, found) or None)
    days = {s: getattr(feed, s) if getattr(feed, s) is not None else known.get(s) for s in ("known_after_days", "gone_after_days")}
    return FeedPlan(feed, setting, table, found, lists, feed.separator or known.get("separator"), **days)


def _lists(feed: Feed, raw: RawTable, known: Mapping[str, Any], setting: str) -> dict[str, RawColumn]:
    if feed.lists:
        return {name: named_column(raw, name, f"{setting}.lists") for name in feed.lists}
    return {c.name: c for one in known.get("lists", ()) if (c := _find(raw, one)) is not None}


def named_column(raw: RawTable, source: str, setting: str) -> RawColumn:
    """A column that the configuration names. Raises ConfigError where the file has none of that name."""
    column = next((c for c in raw.columns if c.name == source), None) or _find(raw, source)
    if column is None:
        hint = closest(source, [n for n in raw.names if n]) or f"it has the columns {some(raw.names)}"
        raise ConfigError(f"{setting}: {raw.place} has no column {source!r}", hint=hint)
    return column


def _find(raw: RawTable, wanted: str) -> RawColumn | None:
    """A column by its name, however it is spelt; else a key in the JSON of one."""
    by_name = {snake_case(c.name): c for c in reversed(raw.columns) if c.name}
    if (column := by_name.get(snake_case(wanted))) is not None:
        return column
    head, _, path = wanted.partition(".")
    if not path or (cell := by_name.get(snake_case(head))) is None:
        return None
    text = f"CAST({text_of(cell.sql, cell.duck_type)} AS VARCHAR)"
    keys = "".join(f'."{key}"' for key in path.split("."))
    return RawColumn(wanted, f"CASE WHEN json_valid({text}) THEN json_extract_string({text}, {literal('$' + keys)}) END", "VARCHAR")


@cache
def _formats() -> dict[str, dict[str, Any]]:
    text = files("icpfit.sources").joinpath("feed_formats.yaml").read_text(encoding="utf-8")
    loaded: dict[str, dict[str, Any]] = yaml.safe_load(text)
    return loaded

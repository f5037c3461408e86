"""Everything that can be wrong with a declared feature, found before anything runs, and said with what to write instead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn

import duckdb

from icpfit.config import FeatureSpec
from icpfit.errors import FeatureError
from icpfit.features.account_query import OF_DOMAIN, field_of
from icpfit.features.combine import COMBINATIONS, OF_CONDITIONS, in_order, parse_term, parts_of
from icpfit.features.conditions import row_condition
from icpfit.features.row_query import END_OF
from icpfit.features.schema import ColumnType, Schema, did_you_mean, instead_of, later_times
from icpfit.sources.contract import TABLES
from icpfit.sources.identity import normalise_domain

OF_TODAY = ("value", "age_years", *OF_DOMAIN)
"""Fields of an account, which stand for today where they have no history."""
ACCOUNT_FIELDS = (*OF_TODAY, "change")
OF_VALUES = ("sum", "mean", "min", "max", "last")
NOT_WINDOWED = ("present", *OF_TODAY)
WINDOWED = ("rate", "trend", "change")
NOT_AFTER = (*NOT_WINDOWED, *WINDOWED)
YES_OR_NO = ("any", "present", *OF_DOMAIN, *OF_CONDITIONS)
"""Aggregates that are 1 or 0, whatever kind is declared."""


def counted_column(spec: FeatureSpec) -> str:
    """The column whose distinct values a feature counts."""
    return spec.column or "user_id"


def refuse(spec: FeatureSpec, words: str, hint: str | None = None) -> NoReturn:
    raise FeatureError(f"feature {spec.name!r} {words}", hint=hint)


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a feature, or with several for one reason; in words that name them, and what to do."""

    features: tuple[str, ...]
    words: str
    hint: str | None


def problems(connection: duckdb.DuckDBPyConnection, schema: Schema, specs: Sequence[FeatureSpec]) -> list[Problem]:
    """Everything that is wrong with ``specs``: of each feature the first thing. ``connection`` lends its parser alone."""
    found = _missing_tables(schema, specs)
    missing = {name for problem in found for name in problem.features}
    for spec in specs:
        if spec.name in missing:
            continue
        try:
            _check(connection, schema, spec, specs)
        except FeatureError as error:
            found.append(Problem((spec.name,), error.message, error.hint))
    return found


def together(found: Sequence[Problem], places: Mapping[str, str] | None = None) -> FeatureError:
    """All problems as one error; ``places``: the file of each feature that came from one."""

    def words(problem: Problem) -> str:
        files = dict.fromkeys(place for name in problem.features if (place := (places or {}).get(name)))
        return f"{', '.join(files)}: {problem.words}" if files else problem.words

    if len(found) == 1:
        return FeatureError(words(found[0]), hint=found[0].hint)
    lines = [f"\n  {words(p)}{f' ({p.hint})' if p.hint else ''}" for p in found]
    return FeatureError(f"{len(found)} things are wrong with the features:{''.join(lines)}", hint="mend them, or leave those features out")


def _missing_tables(schema: Schema, specs: Sequence[FeatureSpec]) -> list[Problem]:
    """A problem for each table that features read and that is not there."""
    missing: dict[str, list[str]] = {}
    for spec in specs:
        if spec.table and spec.table != "deals" and not schema.has(spec.table) and spec.aggregate not in COMBINATIONS:
            missing.setdefault(spec.table, []).append(spec.name)
    found = []
    for table, names in sorted(missing.items()):
        listed = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
        plural = "s" if len(names) > 1 else ""
        hint = schema.near.get(table, f"add the table, or take the feature{plural} out of the configuration")
        if table not in TABLES:
            hint = did_you_mean(table, schema.tables) or hint
        words = f"the table {table} is not there, and {len(names)} feature{plural} read it: {listed}"
        found.append(Problem(tuple(names), words, hint))
    return found


def _check(connection: duckdb.DuckDBPyConnection, schema: Schema, spec: FeatureSpec, specs: Sequence[FeatureSpec]) -> None:
    if spec.hidden and not any(spec.name in parts_of(s) for s in specs):
        refuse(spec, "is hidden, and no other feature is made of it", "leave out hidden, and it is a column of its own")
    if spec.aggregate in COMBINATIONS:
        _check_combination(spec, specs)
        return
    _check_reading(schema, spec)
    if spec.where is not None:
        row_condition(connection, spec.name, spec.table, schema.tables[spec.table], spec.where)


def _check_reading(schema: Schema, spec: FeatureSpec) -> None:
    """A feature that reads a table."""
    if not spec.table:
        refuse(spec, "does not say which table it reads", f"table: events, say; there are {', '.join(sorted(schema.tables))}")
    if spec.table == "deals":
        refuse(
            spec,
            "reads the table deals: a target account has no deal, and a deal's columns are written as it goes on",
            "source, product and use_case can be named under outcomes.deal_attributes",
        )
    if spec.aggregate == "column":
        refuse(spec, "is a column of a flat file, and the source has tables", "choose an aggregate such as count, or value for accounts")
    _check_time(spec)
    if spec.kind == "category" and spec.aggregate not in ("value", "last"):
        refuse(spec, f"is declared a category, and {spec.aggregate} gives a number", "kind: number")
    if spec.of:
        refuse(spec, f"is made of other features, which {spec.aggregate} does not take", f"leave out of, or {', '.join(COMBINATIONS)}")
    if spec.aggregate in ACCOUNT_FIELDS:
        _check_field(schema, spec)
    else:
        _check_rows(schema, spec)


def _check_time(spec: FeatureSpec) -> None:
    if spec.aggregate in NOT_WINDOWED and (spec.window_days is not None or spec.after is not None):
        refuse(spec, f"has a window, which {spec.aggregate} does not take", "leave out window_days and after")
    if spec.aggregate in NOT_AFTER and spec.after is not None:
        refuse(spec, f"counts from the first {spec.after!r}, which {spec.aggregate} does not", "leave out after")
    if spec.aggregate in WINDOWED and spec.window_days is None:
        refuse(spec, f"does not say how long the window of its {spec.aggregate} is", "window_days: 90, say")
    if spec.aggregate == "days_to_first" and spec.after is None:
        refuse(spec, "does not say from when its days are counted", "after: trial_started, say, or days_since_first counts from the moment")
    if spec.utc_offset_hours and spec.aggregate != "work_hours_share":
        refuse(spec, f"has a clock of its own, which {spec.aggregate} does not look at", "leave out utc_offset_hours")
    if spec.domains and spec.aggregate != "competitor_domain":
        refuse(spec, f"names domains, which {spec.aggregate} does not look at", "leave out domains")


def _check_field(schema: Schema, spec: FeatureSpec) -> None:
    if spec.table != "accounts":
        refuse(spec, f"takes {spec.aggregate} of {spec.table}; only an account has fields", "table: accounts")
    if spec.where is not None:
        refuse(spec, f"has a condition, which {spec.aggregate} does not take", "leave out where")
    if spec.aggregate == "competitor_domain":
        if not spec.domains:
            refuse(spec, "does not say which domains are competitors'", "competitor_domains: [rival.com] in the configuration, say")
        if wrong := next((d for d in spec.domains if normalise_domain(d) is None), None):
            refuse(spec, f"names {wrong!r}, which is no domain", "write it as rival.com")
    field = field_of(spec)
    if field is None:
        refuse(spec, "does not say which column of accounts it reads", "column: industry, say")
    columns = schema.tables["accounts"]
    if field not in columns:
        refuse(spec, f"reads accounts.{field}, which is not there", did_you_mean(field, set(columns) - {"visible_at"}))
    if columns[field] == "time" or field == "account_id":
        refuse(spec, f"reads accounts.{field}, which says nothing of the company", "name a column that does")
    if spec.aggregate == "change" and not schema.has("account_history"):
        hint = schema.near.get("account_history", "hand in account_history, or take the feature out of the configuration")
        refuse(spec, f"asks how {field} has changed, and there is no table account_history: only today's value is known", hint)


def _check_rows(schema: Schema, spec: FeatureSpec) -> None:
    columns = schema.tables[spec.table]
    if "account_id" not in columns:
        refuse(spec, f"reads {spec.table}, whose rows name no account", "choose a table with account_id")
    if spec.table == "accounts" or schema.own_time(spec.table) is None:
        refuse(
            spec,
            f"takes {spec.aggregate} of {spec.table}, whose rows have no time, so that nobody can tell what was known when",
            "aggregate: value reads a field of accounts" if spec.table == "accounts" else "add recorded_at to the table",
        )
    if spec.history:
        refuse(spec, f"asks for the history of {spec.table}; only fields of accounts have one", "leave out history")
    if spec.aggregate == "present" and spec.table not in END_OF:
        refuse(spec, f"asks what is present in {spec.table}, whose rows have no end", "aggregate: any asks whether there was one")
    if spec.after is not None and not schema.has("events", "event"):
        refuse(
            spec, f"counts from the first {spec.after!r}, and the table events is not there", schema.near.get("events", "leave out after")
        )
    if spec.aggregate in OF_VALUES:
        if spec.column is None:
            refuse(spec, f"does not say which column to take the {spec.aggregate} of", "column: value, say")
        _check_column(columns, spec, spec.column)
    elif spec.aggregate == "distinct":
        _check_column(columns, spec, counted_column(spec))
    elif spec.column is not None and spec.aggregate == "trend":
        _check_column(columns, spec, spec.column)
    elif spec.column is not None:
        refuse(spec, f"names the column {spec.column}, and {spec.aggregate} looks at rows", "leave out column, or say it in where")


def _check_column(columns: Mapping[str, ColumnType], spec: FeatureSpec, column: str) -> None:
    if column not in columns:
        refuse(spec, f"reads {spec.table}.{column}, which is not there", did_you_mean(column, columns))
    if column in later_times(spec.table):
        refuse(spec, f"reads {spec.table}.{column}, which is written after the row itself: it would see the future", instead_of(column))
    if columns[column] == "time":
        refuse(spec, f"takes the {spec.aggregate} of a time, {spec.table}.{column}", "recency_days and days_since_first are made of times")


def _check_combination(spec: FeatureSpec, specs: Sequence[FeatureSpec]) -> None:
    named = {s.name: s for s in specs}
    own = ("table", "column", "where", "window_days", "after")
    if stray := next((field for field in own if getattr(spec, field)), "history" if spec.history else None):
        refuse(
            spec, f"says {stray}, and {spec.aggregate} is made of other features", f"leave out {stray}, or say it in the features it is of"
        )
    if spec.kind == "category":
        refuse(spec, f"is declared a category, and {spec.aggregate} gives a number", "kind: number, or kind: flag")
    conditions = spec.aggregate in OF_CONDITIONS
    if not spec.of or (not conditions and len(spec.of) != 2):
        many = "features or conditions on them" if conditions else "two features"
        refuse(spec, f"is made of {len(spec.of)} features; {spec.aggregate} takes {many}", "of: [one_feature, another], say")
    for text in spec.of:
        term = parse_term(text)
        if term is None or (not conditions and (term.negated or term.sign)):
            hint = (
                "uses_salesforce, not layoffs_180d, jobs_90d >= 3 and region = 'EMEA' can stand there"
                if conditions
                else "name two features"
            )
            refuse(spec, f"is made of {text!r}, which is no {'condition on a feature' if conditions else 'feature name'}", hint)
        part = named.get(term.feature)
        if part is None:
            refuse(spec, f"is made of {term.feature!r}, which is no feature", did_you_mean(term.feature, set(named) - {spec.name}))
        _check_term(spec, text, part, term.sign, term.value)
    if spec not in in_order(specs):
        refuse(spec, f"is made of itself, by way of {', '.join(parts_of(spec))}", "take one of them out of its of")


def _check_term(spec: FeatureSpec, text: str, part: FeatureSpec, sign: str | None, value: float | str | None) -> None:
    if part.kind == "category" and (sign not in ("=", "<>") or not isinstance(value, str)):
        refuse(spec, f"takes {part.name}, a text, by {text!r}", f"compare it with a text: {part.name} = 'software'")
    if part.kind != "category" and isinstance(value, str):
        refuse(spec, f"compares {part.name}, a number, with a text, in {text!r}", f"{part.name} >= 1, say")
    if spec.aggregate in OF_CONDITIONS and sign is None and part.kind != "flag" and part.aggregate not in YES_OR_NO:
        refuse(spec, f"takes {part.name}, a number, for a yes or no", f"say from where on it is a yes: {part.name} >= 1")

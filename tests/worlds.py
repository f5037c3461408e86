"""Random companies for tests: few accounts, few days, and every kind of cell that engines or clocks could differ on."""

from __future__ import annotations

import csv
import datetime as dt
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa

from icpfit.config import FeatureSpec
from icpfit.features.compile import compile_features
from icpfit.features.plan import Plan
from icpfit.moments import DAY
from icpfit.sources.warehouse import Warehouse

Row = dict[str, Any]
World = dict[str, list[Row]]
Asked = list[tuple[str | None, int]]

TIME_OF = {
    "accounts": None,
    "account_history": "valid_from",
    "deals": "created_at",
    "events": "occurred_at",
    "technologies": "first_seen_at",
}
COLUMNS = {
    "accounts": ["account_id", "domain", "employee_count", "industry", "region", "founded_year", "recorded_at"],
    "account_history": ["account_id", "field", "value", "valid_from", "recorded_at"],
    "events": ["account_id", "occurred_at", "event", "user_id", "value", "minutes", "Team size", 'na"me', "user", "recorded_at"],
    "technologies": ["account_id", "technology", "first_seen_at", "last_seen_at", "recorded_at"],
    "deals": ["deal_id", "account_id", "created_at", "closed_at", "stage", "recorded_at"],
}
NUMBERS = ("employee_count", "founded_year", "value", "Team size")
TEXTS = (
    *(
        "login",
        "Login",
        "LOGIN",
        "trial",
        "trial",
        "b",
        "C",
        "A-b",
        "a b",
        "axb",
        "a_b",
        "a%",
        "100%",
        "it's",
        'say "hi"',
        "a\\b",
        "a\\",
        "a\\%",
    ),
    *(
        "x\\nb",
        "x\nb",
        "${x}",
        "%s",
        "--",
        ";",
        "é",
        "e\u0301",
        "ÄÖ",
        "äö",
        "İstanbul",
        "istanbul",
        "ΟΔΟΣ",
        "οδος",
        "straße",
        "STRASSE",
        "𝒳y",
    ),
    *("\uffee", "\U00010000", "null", "TRUE", "7", "0.1"),
)
STARTS = ("trial", "it's", "b")
"""Events that features count from."""
VALUES = (
    *(0.0, 1.0, -1.0, 0.1, 0.3, 1 / 3, 2.5, -2.5, 0.25, 99.99, 1e3, 5e-7, 2.5e-7, 0.1234565, 1.0000005, -0.0000015, 1234567890.123456),
    *(123456789012345.678, 999999999999999.9, 1e17, -1e17, 1e18, -1e18, 1e300),
)
NUMBER_TEXTS = ("5", "0.1", "-2.25", "1e3", "many", "1,5", "0x10", "Infinity", "123456789012.34")

CONDITIONS = (
    "event = 'login'",
    "event <> 'it''s' AND user_id IS NOT NULL",
    "event IN ('a\\b', 'a\\', 'x\\nb', '${x}')",
    "event LIKE 'a\\%'",
    "event LIKE 'a_b' OR event LIKE '%\\'",
    "event NOT LIKE '1__\\%' AND event LIKE '%b'",
    "event ILIKE 'LOG%' OR event ILIKE 'äÖ'",
    "event ILIKE 'İ%' OR lower(event) = lower('ΟΔΟΣ')",
    "lower(event) = 'straße' OR event NOT ILIKE '_'",
    "event < 'b'",
    "event BETWEEN 'A' AND 'é' OR event >= '\uffee'",
    "user_id IS DISTINCT FROM event",
    "coalesce(user_id, event) > 'C' AND trim(event) <> 'a b'",
    "value / 3 > 0.1 AND value * 1.1 >= 0.33",
    "value = 0.1 OR value IN (0.3, 2.5, 1e3) OR abs(value) < 1e-6",
    "-value > 2 OR value - 0.1 < +0.0 OR value > 1e17",
    "value / (value - 1) > 1 OR value / 0 > 1 OR 1 / 3 * value > 33",
    "(recorded_at - occurred_at) / 86400000000 > 0.5",
    "CASE WHEN value > 0 THEN event ELSE user_id END = 'b'",
    "NOT (value > 1) OR (value > 0) = (event = 'b')",
    "NULL OR event IS NULL OR value IS NULL",
    '"Team size" > 3 OR "na""me" = \'b\' OR "user" < \'login\'',
    "value BETWEEN -1 AND 0.3 AND NOT event IN ('b', 'C')",
    "1 = 1",
    "FALSE",
)


def spec(name: str, table: str, aggregate: str, **more: Any) -> FeatureSpec:
    return FeatureSpec(name=name, label=name, layer="behavioral", table=table, aggregate=aggregate, **more)  # type: ignore[arg-type]


def _specs() -> tuple[FeatureSpec, ...]:
    specs = [spec(f"where_{i}", "events", "count", where=where) for i, where in enumerate(CONDITIONS)]
    for window in (None, 3, 0.5):
        for aggregate in ("count", "distinct", "any", "recency_days", "days_since_first"):
            where = "event <> 'trial'" if window == 3 else None
            specs.append(spec(f"{aggregate}_{str(window).replace('.', '_').lower()}", "events", aggregate, where=where, window_days=window))
    for column in ("value", "minutes"):
        for aggregate in ("sum", "mean", "max"):
            specs.append(spec(f"{aggregate}_{column}", "events", aggregate, column=column))
            specs.append(spec(f"{aggregate}_{column}_3", "events", aggregate, column=column, window_days=3, where="value < 1e12"))
    for aggregate in ("count", "distinct", "recency_days"):
        specs.append(spec(f"after_{aggregate}", "events", aggregate, after="trial", window_days=3))
    for column, kind in (("value", "number"), ("minutes", "number"), ("event", "category"), ("user_id", "flag")):
        specs.append(spec(f"last_{column}", "events", "last", column=column, kind=kind))
        specs.append(spec(f"last_{column}_3", "events", "last", column=column, kind=kind, window_days=3, where="event <> 'trial'"))
    return (
        *specs,
        spec("rate", "events", "rate", window_days=3),
        spec("trend", "events", "trend", window_days=2, where="event IS NOT NULL"),
        spec("trend_value", "events", "trend", column="value", window_days=2),
        spec("trend_minutes", "events", "trend", column="minutes", window_days=1.5),
        spec("min_value", "events", "min", column="value"),
        spec("min_minutes_3", "events", "min", column="minutes", window_days=3),
        spec("at_work", "events", "work_hours_share"),
        spec("at_work_there", "events", "work_hours_share", window_days=5, utc_offset_hours=5.5),
        spec("to_first", "events", "days_to_first", after="trial", where="event ILIKE 'login'"),
        spec("to_first_tech", "technologies", "days_to_first", after="b", window_days=4),
        spec("growth", "accounts", "change", column="employee_count", window_days=2),
        spec("disposable", "accounts", "disposable_email_domain", kind="flag"),
        spec("rival", "accounts", "competitor_domain", kind="flag", domains=("rival.example",)),
        spec("both", "", "all_of", kind="flag", of=("tech_any", "count_3 >= 2", "not free", "industry_then <> 'b'")),
        spec("either", "", "any_of", kind="flag", of=("disposable", "last_value > 1", "industry_now = 'b'")),
        spec("share", "", "ratio", of=("count_3", "count_none")),
        spec("more", "", "difference", of=("max_value", "min_value")),
        spec("after_ever", "events", "count", after="b"),
        spec("after_tech", "technologies", "count", after="it's", window_days=3),
        spec("kinds", "events", "distinct", column="event", window_days=5),
        spec("amounts", "events", "distinct", column="value"),
        spec("has_dbt", "technologies", "present", where="technology = 'b'", kind="flag"),
        spec("tech_any", "technologies", "any", window_days=3),
        spec("employees_now", "accounts", "value", column="employee_count"),
        spec("age", "accounts", "age_years"),
        spec("free", "accounts", "free_email_domain", kind="flag"),
        spec("industry_now", "accounts", "value", column="industry", kind="category"),
        spec("employees_then", "accounts", "value", column="employee_count", history=True),
        spec("industry_then", "accounts", "value", column="industry", history=True, kind="category"),
    )


SPECS = _specs()
"""Every aggregate and every condition that a feature may have, over every table here."""


def moment(random: Random, days: int = 12) -> int:
    """A midnight of the first days of 1970, or just beside one."""
    return random.randint(1, days) * DAY + random.choice((-1, 0, 0, 0, 1, DAY // 2))


def _maybe(random: Random, value: Any, share: float = 0.3) -> Any:
    return value if random.random() < share else None


def make_world(random: Random, accounts: int = 3, rows: int = 20, days: int = 12) -> World:
    """At most ``rows`` rows of a table, down to none; of more than a hundred, exactly so many."""
    names = [f"a{i}" for i in range(accounts)]

    def technology() -> Row:
        first = moment(random, days)
        end = None if random.random() < 0.4 else first + random.choice((0, 1, DAY, 2 * DAY, 5 * DAY))
        return {"technology": random.choice(("b", "dbt")), "first_seen_at": first, "last_seen_at": end}

    def event() -> Row:
        texts = {c: random.choice((*TEXTS, None)) for c in ("event", "user_id", 'na"me', "user")}
        if random.random() < 0.3:
            texts["event"] = random.choice(STARTS)
        value, size = random.choice((*VALUES, None)), random.choice((None, 1.0, 5.0))
        minutes = random.choice((*NUMBER_TEXTS, None))
        return {"occurred_at": moment(random, days), "value": value, "minutes": minutes, "Team size": size, **texts}

    def change() -> Row:
        field = random.choice(("employee_count", "industry"))
        value = random.choice((*TEXTS, None) if field == "industry" else ("10", "25", *NUMBER_TEXTS, None))
        return {"field": field, "value": value, "valid_from": moment(random, min(days, 4))}

    def table(make: Any, most: int) -> list[Row]:
        rows = [{"account_id": random.choice(names), **make()} for _ in range(most if most > 100 else random.randint(0, most))]
        return [{**row, "recorded_at": _maybe(random, moment(random, days))} for row in rows]

    owners = [
        {
            "account_id": name,
            "domain": random.choice(("gmail.com", "mailinator.com", f"{name}.example", "rival.example", None)),
            "employee_count": random.choice((*VALUES, None)),
            "industry": random.choice((*TEXTS, None)),
            "region": random.choice(("EMEA", "APAC", None)),
            "founded_year": random.choice((1969.0, 1970.0, 0.0, None)),
            "recorded_at": _maybe(random, moment(random, days)),
        }
        for name in names
    ]
    return {
        "accounts": owners,
        "account_history": table(change, rows),
        "events": table(event, rows),
        "technologies": table(technology, rows // 2),
    }


def make_asked(random: Random, world: World, most: int = 10, days: int = 12) -> Asked:
    """Accounts at moments, strangers and rows without an account among them; some at the very time of a row."""
    names = [str(r["account_id"]) for r in world["accounts"]]
    times = [r[t] for table, rows in world.items() for r in rows for t in (TIME_OF[table], "recorded_at") if t and r[t] is not None]
    return [
        (
            random.choice((*names, *names, "stranger", None)),
            random.choice(times) if times and random.random() < 0.5 else moment(random, days),
        )
        for _ in range(random.randint(1, most))
    ]


def seen(table: str, row: Row) -> int | None:
    """The later of a row's own time and when it was recorded."""
    times = [row[t] for t in (TIME_OF[table], "recorded_at") if t is not None and row[t] is not None]
    return max(times) if times else None


def is_time(column: str) -> bool:
    return column.endswith("_at") or column == "valid_from"


def _cells(column: str, rows: list[Row], table: str) -> pa.Array:
    number = column in NUMBERS and not (table == "account_history" and column == "value")
    return pa.array([r[column] for r in rows], pa.int64() if is_time(column) else pa.float64() if number else pa.string())


def warehouse(world: World) -> Warehouse:
    """The clean tables as the class describes them, made by hand: much faster than reading files."""
    connection = duckdb.connect(config={"threads": 1})
    for table, rows in world.items():
        columns = {c: _cells(c, rows, table) for c in COLUMNS[table]}
        columns["visible_at"] = pa.array([seen(table, r) for r in rows], pa.int64())
        connection.register("given", pa.table(columns))
        connection.execute(f"CREATE TABLE {table} AS SELECT * FROM given").fetchall()
        connection.unregister("given")
    return Warehouse(connection, {t: (*COLUMNS[t], "visible_at") for t in world}, (), 0, "")


def moments_frame(asked: Asked) -> pd.DataFrame:
    accounts = pd.Series([a for a, _ in asked], dtype=object)
    return pd.DataFrame({"account_id": accounts, "as_of": np.array([t for _, t in asked], dtype=np.int64)})


def without_future(world: World, cutoff: int) -> World:
    """What could be known just before the cutoff: later rows gone, later ends not there yet, nothing of accounts still unheard of."""

    def past(table: str, rows: list[Row]) -> list[Row]:
        kept = [r for r in rows if all(r[t] is None or r[t] < cutoff for t in (TIME_OF[table], "recorded_at") if t)]
        return [{**r, "last_seen_at": None} if (r.get("last_seen_at") or 0) >= cutoff else r for r in kept]

    known = {r["account_id"] for r in past("accounts", world["accounts"])}
    return {table: [r for r in past(table, rows) if r["account_id"] in known] for table, rows in world.items()}


_TIME_FILTER = re.compile(r"\b(?!f\.)\w+\.(?P<what>\w+) < [km]\.as_of\b")
"""A comparison of a row's time with the moment, in the SQL of the features. (``f._first`` is no row: it is since when the
table tells anything at all.)"""

_BOTH = re.compile(rf"{_TIME_FILTER.pattern} AND {_TIME_FILTER.pattern.replace('what', 'then')}")
"""A row's own time and the visibility after it: the second implies the first."""


def mutants(sql: str) -> dict[str, str]:
    """The query without one of its time filters: whatever is there counts as known.

    A row is visible from the later of its own time and ``recorded_at``, so its own time alone filters nothing that
    the visibility leaves. What is taken away is either the visibility, or both.
    """
    pairs = list(_BOTH.finditer(sql))
    own = {m.start() for m in pairs}
    spans = [m.span() for m in _TIME_FILTER.finditer(sql) if m.start() not in own] + [m.span() for m in pairs]
    return {f"{sql[a:b]} at {a}": sql[:a] + re.sub(r" < [km]\.as_of", " IS NOT NULL", sql[a:b]) + sql[b:] for a, b in spans}


def plan_without(table: str, words: str) -> Callable[..., Plan]:
    """A compiler that leaves one time filter out of the queries of a table; it raises where none of them has it."""

    def compiled(*arguments: Any) -> Plan:
        plan = compile_features(*arguments)
        queries = [replace(q, sql=mutants(q.sql)[words]) if q.table == table and words in mutants(q.sql) else q for q in plan.queries]
        assert any(q.sql != old.sql for q, old in zip(queries, plan.queries, strict=True)), f"{table}: {words} is not there"
        return replace(plan, queries=tuple(queries))

    return compiled


def written(random: Random, micros: int | None) -> str:
    """A moment as exports write it: in UTC without a word, with a Z, or in another zone with its offset."""
    if micros is None:
        return ""
    moment = dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=micros)
    offset = random.choice((None, "Z", 0, 120, -300, 330, 765))
    if offset is None or offset == "Z":
        text = moment.replace(tzinfo=None).isoformat(sep=random.choice("T "))
        return text + ("Z" if offset == "Z" else "")
    return moment.astimezone(dt.timezone(dt.timedelta(minutes=int(offset)))).isoformat()


def write_csv(random: Random, folder: Path, world: World) -> None:
    """The world as a data folder; the rows and the columns of each file in an order of their own."""
    folder.mkdir(exist_ok=True)
    for table, rows in world.items():
        names = random.sample(COLUMNS[table], len(COLUMNS[table]))
        with (folder / f"{table}.csv").open("w", newline="", encoding="utf-8") as file:
            out = csv.writer(file)
            out.writerow(names)
            for row in random.sample(rows, len(rows)):
                out.writerow([written(random, row[c]) if is_time(c) else "" if row[c] is None else row[c] for c in names])


def plain_event(account: str) -> Row:
    """An event with nothing but its account, its time and its name."""
    return {**dict.fromkeys(COLUMNS["events"]), "account_id": account, "occurred_at": DAY, "event": "b"}

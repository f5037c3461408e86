"""Accounts: ids that come twice, rows older than their account, histories that end on another value than today's."""

from __future__ import annotations

from icpfit.config import CheckSettings
from icpfit.sources.contract import TABLES
from icpfit.sources.nonsense.finding import contradiction, count, day, moment, named
from icpfit.sources.rows import DataFinding
from icpfit.sources.sql import literal, quoted
from icpfit.sources.warehouse import Warehouse

LIVED = ("deals", "subscriptions", "events", "customer_health", "interactions")
"""Tables of what an account did with us. What it runs, and what is said of it, may be older than our knowing it."""


def account_nonsense(warehouse: Warehouse, checks: CheckSettings) -> list[DataFinding]:
    found = [f for name in checks.ids for f in _repeated(warehouse, *name.split(".", 1))]
    if checks.account_since is not None:
        for table in LIVED:
            if warehouse.has(table):
                found += _older_than_account(warehouse, checks, table, checks.account_since.split(".", 1)[1])
    return [*found, *_histories(warehouse)]


def _repeated(warehouse: Warehouse, table: str, column: str) -> list[DataFinding]:
    name = quoted(column)
    twice = f"SELECT {name} FROM {quoted(table)} WHERE {name} IS NOT NULL GROUP BY {name} HAVING count(*) > 1"
    ((ids,),) = warehouse.connection.execute(f"SELECT count(*) FROM ({twice})").fetchall()
    when = TABLES[table].time
    what = f"'account ' || r.account_id{f''' || ', {when} ' || {day(f'r.{when}')}''' if when else ''}"
    return contradiction(
        warehouse,
        "REPEATED-ID",
        table,
        f"SELECT {literal(f'{table}.{column} ')} || r.{name} AS who, {what} AS what FROM {quoted(table)} r WHERE r.{name} IN ({twice})",
        among=count(table, f"r.{name} IS NOT NULL"),
        things="rows",
        say=f"share their {column} with another row ({ids:,} ids stand on more than one)",
        advice="An id names one row: either rows were loaded twice, or the ids are none.",
    )


def _older_than_account(warehouse: Warehouse, checks: CheckSettings, table: str, since: str) -> list[DataFinding]:
    time = str(TABLES[table].time)
    began = moment(f"a.{quoted(since)}")
    return contradiction(
        warehouse,
        "BEFORE-ACCOUNT",
        table,
        f"""SELECT {named(table, checks.ids, "r")} AS who,
            '{time} ' || {day(f"r.{time}")} || ', ' || {literal(f"accounts.{since} ")} || {day(began)} AS what
            FROM {quoted(table)} r JOIN accounts a ON a.account_id = r.account_id WHERE r.{time} < {began}""",
        among=count(table),
        things="rows",
        say=f"are older than their account ({since})",
        advice="One of the two dates is wrong; what is counted before the account began says little.",
    )


def _histories(warehouse: Warehouse) -> list[DataFinding]:
    """One finding for each field whose last known value is not today's."""
    if not warehouse.has("account_history"):
        return []
    fields = warehouse.connection.execute("SELECT DISTINCT field FROM account_history ORDER BY field").fetchall()
    found = []
    for (field,) in fields:
        if field not in warehouse.columns["accounts"] or field in ("account_id", "visible_at", "recorded_at"):
            continue
        number = field in TABLES["accounts"].numbers
        last = "TRY_CAST(h.value AS DOUBLE)" if number else "h.value"
        ends = f"""(SELECT account_id, arg_max(coalesce(value, ''), valid_from) AS value FROM account_history
            WHERE field = {literal(field)} AND valid_from < {warehouse.newest} GROUP BY account_id)"""
        today = f"a.{quoted(field)}"
        rows = f"""SELECT 'accounts.account_id ' || a.account_id AS who,
            'the history ends on ' || h.value || ', accounts has ' || CAST({today} AS VARCHAR) AS what
            FROM {ends} h JOIN accounts a ON a.account_id = h.account_id
            WHERE h.value <> '' AND {today} IS NOT NULL AND {last} IS DISTINCT FROM {today}"""
        found += contradiction(
            warehouse,
            "HISTORY-ENDS-ELSEWHERE",
            "account_history",
            rows,
            among=f"SELECT count(DISTINCT account_id) FROM account_history WHERE field = {literal(field)}",
            things=f"accounts with a history of {field}",
            say="have another value today than their history ends on",
            advice="Either the history misses the last change, or accounts was written later than it.",
        )
    return found

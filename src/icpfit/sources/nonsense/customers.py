"""Things that only customers have, of accounts that were none then."""

from __future__ import annotations

from collections.abc import Mapping

from icpfit.config import CheckSettings
from icpfit.sources.contract import TABLES
from icpfit.sources.nonsense.finding import contradiction, count, day, named
from icpfit.sources.rows import DataFinding
from icpfit.sources.sql import literal, quoted
from icpfit.sources.warehouse import Warehouse

WORD: Mapping[str, str | None] = {"events": "event", "signals": "signal", "interactions": "channel", "customer_health": None}
"""Tables whose rows may need a customer, and the column that says what a row is."""

_CUSTOMERS = """(SELECT account_id, min(started_at) AS began,
    CASE WHEN count(*) = count(ended_at) THEN max(ended_at) END AS ended FROM icpfit_subscriptions GROUP BY account_id)"""
"""When an account's first subscription began, and when its last one ended, if none is left."""

_ADVICE = "Such rows count as what a customer did; look at the dates before you believe what is counted from them."


def customer_nonsense(warehouse: Warehouse, checks: CheckSettings) -> list[DataFinding]:
    if not warehouse.has("subscriptions"):
        return []
    asked = {**({"customer_health": ()} if warehouse.has("customer_health") else {}), **checks.customers_only}
    found = []
    for table, words in asked.items():
        which = "true"
        if words and (column := WORD[table]) is not None:
            which = f"r.{quoted(column)} IN ({', '.join(literal(w) for w in words)})"
        found += _of_accounts(warehouse, checks, table, which)
        if "subscription_id" in warehouse.columns[table]:
            found += _of_subscriptions(warehouse, checks, table, which)
    return [*found, *_first_value(warehouse)]


def _of_accounts(warehouse: Warehouse, checks: CheckSettings, table: str, which: str) -> list[DataFinding]:
    time = str(TABLES[table].time)
    who, when = named(table, checks.ids, "r"), f"'{time} ' || {day(f'r.{time}')}"
    rows = f"FROM {quoted(table)} r LEFT JOIN {_CUSTOMERS} c ON c.account_id = r.account_id WHERE {which}"
    cases = {
        "BEFORE-CUSTOMER": (
            f"{when} || ', first subscription ' || {day('c.began')} AS what {rows} AND r.{time} < c.began",
            "lie before their account's first subscription",
        ),
        "AFTER-CUSTOMER": (
            f"{when} || ', last subscription ended ' || {day('c.ended')} AS what {rows} AND r.{time} > c.ended",
            "lie after their account's last subscription ended",
        ),
        "NEVER-CUSTOMER": (f"{when} AS what {rows} AND c.account_id IS NULL", "are of an account that never had a subscription"),
    }
    return [f for code, (sql, say) in cases.items() for f in _found(warehouse, code, table, f"SELECT {who} AS who, {sql}", which, say)]


def _of_subscriptions(warehouse: Warehouse, checks: CheckSettings, table: str, which: str) -> list[DataFinding]:
    """The same, where a row names the very subscription that it belongs to."""
    time = str(TABLES[table].time)
    who, when = named(table, checks.ids, "r"), f"'{time} ' || {day(f'r.{time}')}"
    rows = f"FROM {quoted(table)} r JOIN icpfit_subscriptions s ON s.subscription_id = r.subscription_id WHERE {which}"
    cases = {
        "BEFORE-SUBSCRIPTION": (
            f"{when} || ', started_at of ' || s.subscription_id || ' ' || {day('s.started_at')} AS what {rows} AND r.{time} < s.started_at",
            "lie before the start of the subscription that they name",
        ),
        "AFTER-SUBSCRIPTION": (
            f"{when} || ', ended_at of ' || s.subscription_id || ' ' || {day('s.ended_at')} AS what {rows} AND r.{time} > s.ended_at",
            "lie after the end of the subscription that they name",
        ),
    }
    return [f for code, (sql, say) in cases.items() for f in _found(warehouse, code, table, f"SELECT {who} AS who, {sql}", which, say)]


def _first_value(warehouse: Warehouse) -> list[DataFinding]:
    if not warehouse.has("customer_health") or "first_value_at" not in warehouse.columns["customer_health"]:
        return []
    rows = f"""SELECT 'customer_health.account_id ' || r.account_id AS who,
        'first_value_at ' || {day("r.first_value_at")} || ', first subscription ' || {day("c.began")} AS what
        FROM customer_health r JOIN {_CUSTOMERS} c ON c.account_id = r.account_id WHERE r.first_value_at < c.began"""
    which = "r.first_value_at IS NOT NULL"
    return _found(warehouse, "VALUE-BEFORE-START", "customer_health", rows, which, "saw first value before the first subscription began")


def _found(warehouse: Warehouse, code: str, table: str, rows: str, which: str, say: str) -> list[DataFinding]:
    return contradiction(warehouse, code, table, rows, among=count(table, which), things="rows", say=say, advice=_ADVICE)

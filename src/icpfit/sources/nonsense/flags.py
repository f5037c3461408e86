"""Flags and events that say a customer left, against the subscriptions and against each other."""

from __future__ import annotations

from icpfit.config import CheckSettings
from icpfit.sources.nonsense.finding import SUBSCRIPTIONS, contradiction, count, day, flag, named
from icpfit.sources.rows import DataFinding
from icpfit.sources.sql import literal, quoted
from icpfit.sources.warehouse import Warehouse

_ADVICE = "Nobody can tell who left while the two disagree; retention is learned from the subscriptions alone."


def flag_nonsense(warehouse: Warehouse, checks: CheckSettings) -> list[DataFinding]:
    found: list[DataFinding] = []
    for name in checks.churn_flags:
        table, column = name.split(".", 1)
        if table == "subscriptions":
            found += _of_subscriptions(warehouse, column)
        else:
            if warehouse.has("subscriptions"):
                found += _of_accounts(warehouse, column)
            if checks.churn_events:
                found += _against_events(warehouse, column, checks.churn_events)
    if checks.churn_events and warehouse.has("subscriptions"):
        found += _events_of_the_living(warehouse, checks)
    return found


def _live(warehouse: Warehouse) -> str:
    return f"s.started_at < {warehouse.newest} AND (s.ended_at IS NULL OR s.ended_at >= {warehouse.newest})"


def _of_subscriptions(warehouse: Warehouse, column: str) -> list[DataFinding]:
    said = flag(f"r.{quoted(column)}")
    ended = f"r.ended_at < {warehouse.newest}"
    who = "'subscriptions.subscription_id ' || r.subscription_id AS who"
    cases = {
        "FLAG-WITHOUT-END": (
            f"SELECT {who}, {literal(f'{column} says that it left, ended_at is empty')} AS what FROM icpfit_subscriptions r WHERE {said}"
            f" AND r.ended_at IS NULL",
            f"have left by {column} and have no end",
        ),
        "END-WITHOUT-FLAG": (
            f"SELECT {who}, 'ended_at ' || {day('r.ended_at')} AS what FROM icpfit_subscriptions r WHERE NOT {said} AND {ended}",
            f"have ended and have not left by {column}",
        ),
    }
    return [
        f
        for code, (rows, say) in cases.items()
        for f in contradiction(
            warehouse,
            code,
            "subscriptions",
            rows,
            among=count(SUBSCRIPTIONS, f"{said} IS NOT NULL"),
            things="subscriptions",
            say=say,
            advice=_ADVICE,
        )
    ]


def _of_accounts(warehouse: Warehouse, column: str) -> list[DataFinding]:
    said = flag(f"r.{quoted(column)}")
    live = f"EXISTS (SELECT 1 FROM icpfit_subscriptions s WHERE s.account_id = r.account_id AND {_live(warehouse)})"
    had = "EXISTS (SELECT 1 FROM icpfit_subscriptions s WHERE s.account_id = r.account_id)"
    who = "'accounts.account_id ' || r.account_id AS who"
    one = "(SELECT min(s.subscription_id) FROM icpfit_subscriptions s WHERE s.account_id = r.account_id"
    cases = {
        "LEFT-AND-LIVE": (
            f"SELECT {who}, 'subscription ' || {one} AND {_live(warehouse)}) || ' is live' AS what FROM accounts r WHERE {said} AND {live}",
            f"have left by {column} while a subscription of theirs is live",
        ),
        "STAYS-AND-ENDED": (
            f"SELECT {who}, 'subscription ' || {one}) || ' has ended, as all of them' AS what FROM accounts r"
            f" WHERE NOT {said} AND {had} AND NOT {live}",
            f"have not left by {column}, and all their subscriptions have ended",
        ),
    }
    return [f for code, (rows, say) in cases.items() for f in _found(warehouse, code, column, rows, say)]


def _against_events(warehouse: Warehouse, column: str, events: tuple[str, ...]) -> list[DataFinding]:
    said = flag(f"r.{quoted(column)}")
    left = f"FROM events e WHERE e.account_id = r.account_id AND e.event IN ({', '.join(literal(e) for e in events)})"
    who = "'accounts.account_id ' || r.account_id AS who"
    cases = {
        "LEFT-WITHOUT-EVENT": (
            f"SELECT {who}, {literal(f'{column} says that it left, no event does')} AS what FROM accounts r"
            f" WHERE {said} AND NOT EXISTS (SELECT 1 {left})",
            f"have left by {column}, and no event says so",
        ),
        "STAYS-WITH-EVENT": (
            f"SELECT {who}, 'an event of ' || (SELECT {day('min(e.occurred_at)')} {left}) || ' says that it left' AS what"
            f" FROM accounts r WHERE NOT {said} AND EXISTS (SELECT 1 {left})",
            f"have not left by {column}, and an event says that they did",
        ),
    }
    return [f for code, (rows, say) in cases.items() for f in _found(warehouse, code, column, rows, say)]


def _events_of_the_living(warehouse: Warehouse, checks: CheckSettings) -> list[DataFinding]:
    words = f"r.event IN ({', '.join(literal(e) for e in checks.churn_events)})"
    then = f"s.account_id = r.account_id AND s.started_at <= r.occurred_at AND {_live(warehouse)}"
    return contradiction(
        warehouse,
        "LEFT-AND-STAYED",
        "events",
        f"""SELECT {named("events", checks.ids, "r")} AS who, 'occurred_at ' || {day("r.occurred_at")} || ', and subscription '
                || (SELECT min(s.subscription_id) FROM icpfit_subscriptions s WHERE {then}) || ', which ran then, is live' AS what
            FROM events r WHERE {words} AND EXISTS (SELECT 1 FROM icpfit_subscriptions s WHERE {then})""",
        among=count("events", words),
        things="events of leaving",
        say="are of an account that has kept a subscription ever since",
        advice=_ADVICE,
    )


def _found(warehouse: Warehouse, code: str, column: str, rows: str, say: str) -> list[DataFinding]:
    among = count("accounts", f"{flag(f'r.{quoted(column)}')} IS NOT NULL")
    return contradiction(warehouse, code, "accounts", rows, among=among, things="accounts", say=say, advice=_ADVICE)

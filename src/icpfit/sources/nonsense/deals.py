"""Deals: won without a customer, new business with one who is there already, and closes that are an import's and not the deals' own."""

from __future__ import annotations

from icpfit.moments import DAY
from icpfit.sources.nonsense.finding import contradiction, count, day
from icpfit.sources.rows import DataFinding
from icpfit.sources.warehouse import Warehouse

FEW = 20
"""Closed deals below which a pattern of dates says nothing."""
LATE = 90 * DAY
"""How long after a deal is won its subscription may begin."""
MOST = 0.5
NEARLY_ALL = 0.9


def deal_nonsense(warehouse: Warehouse) -> list[DataFinding]:
    found = [*_closed_as_created(warehouse), *_closed_on_one_day(warehouse)]
    return [*found, *_without_subscription(warehouse), *_already_customers(warehouse)] if warehouse.has("subscriptions") else found


def _closed_as_created(warehouse: Warehouse) -> list[DataFinding]:
    ((closed,),) = warehouse.connection.execute(count("deals", "closed_at IS NOT NULL")).fetchall()
    if closed < FEW:
        return []
    return contradiction(
        warehouse,
        "CLOSED-AS-CREATED",
        "deals",
        f"""SELECT 'deals.deal_id ' || deal_id AS who, 'created_at and closed_at are both ' || {day("created_at")} AS what
            FROM deals WHERE closed_at = created_at""",
        among=count("deals", "closed_at IS NOT NULL"),
        things="closed deals",
        say="were closed the moment they were created",
        advice="A deal is read as of created_at: what came with the sale then looks as if it had been known before."
        " Name the column that says when the deal was opened.",
        at_least=MOST,
    )


def _closed_on_one_day(warehouse: Warehouse) -> list[DataFinding]:
    closed = warehouse.connection.execute(
        f"SELECT closed_at // {DAY} AS day, count(*) FROM deals WHERE closed_at IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1"
    ).fetchall()
    total = sum(n for _, n in closed)
    if total < FEW:
        return []
    top, most = closed[0]
    return contradiction(
        warehouse,
        "CLOSED-ON-ONE-DAY",
        "deals",
        f"""SELECT 'deals.deal_id ' || deal_id AS who, 'closed_at ' || {day("closed_at")} AS what
            FROM deals WHERE closed_at // {DAY} = {top}""",
        among=count("deals", "closed_at IS NOT NULL"),
        things="closed deals",
        say="were closed on one and the same day",
        advice="That is the day of an import or a clean-up, not of the deals: nothing can be tested forward in time by it.",
        severity="error" if most >= NEARLY_ALL * total else "warning",
        at_least=MOST,
    )


def _without_subscription(warehouse: Warehouse) -> list[DataFinding]:
    # A subscription may begin some time after the deal is closed.
    won = f"r.stage = 'won' AND r.deal_type = 'new_logo' AND r.closed_at < {warehouse.newest - LATE}"
    return contradiction(
        warehouse,
        "WON-WITHOUT-SUBSCRIPTION",
        "deals",
        f"""SELECT 'deals.deal_id ' || deal_id AS who, 'account ' || account_id || ', closed_at ' || {day("closed_at")} AS what
            FROM deals r WHERE {won} AND account_id NOT IN (SELECT account_id FROM icpfit_subscriptions)""",
        among=count("deals", won),
        things=f"won new-logo deals closed more than {LATE // DAY} days ago",
        say="are of an account that never had a subscription",
        advice="Either the subscription is missing, or the deal was not won.",
    )


def _already_customers(warehouse: Warehouse) -> list[DataFinding]:
    new = "r.deal_type = 'new_logo'"
    return contradiction(
        warehouse,
        "NEW-LOGO-OF-A-CUSTOMER",
        "deals",
        f"""SELECT 'deals.deal_id ' || r.deal_id AS who, 'created_at ' || {day("r.created_at")} || ' while subscription '
                || min(s.subscription_id) || ' of account ' || r.account_id || ' was live' AS what
            FROM deals r JOIN icpfit_subscriptions s ON s.account_id = r.account_id AND s.deal_id IS DISTINCT FROM r.deal_id
                AND s.started_at < r.created_at AND (s.ended_at IS NULL OR s.ended_at > r.created_at)
            WHERE {new} GROUP BY r.deal_id, r.account_id, r.created_at""",
        among=count("deals", new),
        things="new-logo deals",
        say="were opened with an account that was a customer already",
        advice="They teach nothing about new logos; call them expansion or renewal in deal_type.",
    )

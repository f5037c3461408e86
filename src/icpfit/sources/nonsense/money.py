"""Subscriptions: ARR that is nothing, and ARR that is not twelve times what is paid a month."""

from __future__ import annotations

from icpfit.config import CheckSettings
from icpfit.sources.nonsense.finding import SUBSCRIPTIONS, contradiction, count
from icpfit.sources.rows import DataFinding
from icpfit.sources.sql import literal, quoted
from icpfit.sources.warehouse import Warehouse

NEAR = 0.01
"""Share of ARR by which twelve months may miss it: monthly figures are rounded."""


def money_nonsense(warehouse: Warehouse, checks: CheckSettings) -> list[DataFinding]:
    if not warehouse.has("subscriptions"):
        return []
    found = contradiction(
        warehouse,
        "ARR-NOT-POSITIVE",
        "subscriptions",
        "SELECT 'subscriptions.subscription_id ' || subscription_id AS who, 'arr ' || CAST(arr AS VARCHAR) AS what"
        " FROM icpfit_subscriptions WHERE arr <= 0",
        among=count(SUBSCRIPTIONS),
        things="subscriptions",
        say="have an ARR of nothing or less",
        advice="A trial is no subscription, and a credit is no customer: without ARR nobody counts as kept.",
    )
    if checks.mrr is not None:
        column = checks.mrr.split(".", 1)[1]
        monthly = f"TRY_CAST(r.{quoted(column)} AS DOUBLE)"
        found += contradiction(
            warehouse,
            "ARR-NOT-12-MRR",
            "subscriptions",
            f"""SELECT 'subscriptions.subscription_id ' || r.subscription_id AS who,
                'arr ' || CAST(r.arr AS VARCHAR) || ', ' || {literal(column + " ")} || r.{quoted(column)} AS what
                FROM icpfit_subscriptions r WHERE abs(r.arr - 12 * {monthly}) > {NEAR} * greatest(abs(r.arr), 1)""",
            among=count(SUBSCRIPTIONS, f"{monthly} IS NOT NULL"),
            things="subscriptions",
            say=f"have an ARR that is not 12 times {column}",
            advice="Say which of the two is right, and map that as arr.",
        )
    return found

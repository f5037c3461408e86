"""Every check, in one order."""

from __future__ import annotations

from icpfit.config import CheckSettings
from icpfit.errors import ConfigError
from icpfit.sources.mapping import check_table_names, closest
from icpfit.sources.nonsense.accounts import account_nonsense
from icpfit.sources.nonsense.customers import WORD, customer_nonsense
from icpfit.sources.nonsense.deals import deal_nonsense
from icpfit.sources.nonsense.finding import view_subscriptions
from icpfit.sources.nonsense.flags import flag_nonsense
from icpfit.sources.nonsense.money import money_nonsense
from icpfit.sources.rows import DataFinding
from icpfit.sources.warehouse import Warehouse


def find_nonsense(warehouse: Warehouse, checks: CheckSettings) -> tuple[DataFinding, ...]:
    """What contradicts what in the clean tables, each with count, share and an example.

    Raises:
        ConfigError: ``checks`` names a table or a column that is not there.
    """
    _check_names(warehouse, checks)
    if warehouse.has("subscriptions"):
        view_subscriptions(warehouse)
    return (
        *account_nonsense(warehouse, checks),
        *deal_nonsense(warehouse),
        *money_nonsense(warehouse, checks),
        *customer_nonsense(warehouse, checks),
        *flag_nonsense(warehouse, checks),
    )


def _check_names(warehouse: Warehouse, checks: CheckSettings) -> None:
    flags = [("checks.churn_flags", name, ("accounts", "subscriptions")) for name in checks.churn_flags]
    since = [("checks.account_since", name, ("accounts",)) for name in (checks.account_since,) if name]
    mrr = [("checks.mrr", name, ("subscriptions",)) for name in (checks.mrr,) if name]
    for setting, name, allowed in [*(("checks.ids", name, ()) for name in checks.ids), *flags, *since, *mrr]:
        table, column = name.split(".", 1)
        check_table_names([table], setting)
        if allowed and table not in allowed:
            raise ConfigError(f"{setting}: {name} is not a column of {' or '.join(allowed)}")
        if not warehouse.has(table):
            raise ConfigError(f"{setting}: the table {table} is not there")
        if column not in warehouse.columns[table]:
            there = ", ".join(c for c in warehouse.columns[table] if c != "visible_at")
            hint = closest(column, warehouse.columns[table]) or f"it has {there}; of a feed only the columns that it names are read"
            raise ConfigError(f"{setting}: {table} has no column {column!r}", hint=hint)
    for table in checks.customers_only:
        check_table_names([table], "checks.customers_only")
        if table not in WORD:
            raise ConfigError(f"checks.customers_only: {table} is not one of {', '.join(WORD)}")
        if not warehouse.has(table):
            raise ConfigError(f"checks.customers_only: the table {table} is not there")
    if checks.churn_events and not warehouse.has("events"):
        raise ConfigError("checks.churn_events: the table events is not there")

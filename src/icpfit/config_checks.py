"""What `icpfit check` may hold against each other: which of a company's own columns say what."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from icpfit.config_sources import Strict


def _table_and_column(name: str) -> str:
    table, _, column = name.partition(".")
    if not table or not column:
        raise ValueError(f"{name!r} is not a table and a column of it, such as accounts.churned")
    return name


ColumnName = Annotated[str, AfterValidator(_table_and_column)]
"""A table of the contract and a column of it: ``accounts.churned``."""


class CheckSettings(Strict):
    """Columns beyond the contract whose rows can contradict each other. They change nothing that is learned."""

    ids: tuple[ColumnName, ...] = Field(default=(), description="columns that should name one row each, e.g. events.event_id")
    churn_flags: tuple[ColumnName, ...] = Field(
        default=(), description="yes where an account or a subscription has left, e.g. accounts.churned"
    )
    churn_events: tuple[str, ...] = Field(default=(), description="events that say that an account left, e.g. churned")
    customers_only: dict[str, tuple[str, ...]] = Field(
        default_factory=dict,
        description="table -> events, signals or channels that only a customer can have; an empty list: every row",
    )
    account_since: ColumnName | None = Field(
        default=None, description="when an account came to be: nothing of it can be older, e.g. accounts.signup_date"
    )
    mrr: ColumnName | None = Field(default=None, description="monthly revenue, of which ARR is twelve times, e.g. subscriptions.mrr")

"""The data contract: tables, keys, columns and which column is a row's own time."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Table:
    """One table of the contract.

    ``time`` is the row's own time: a row is visible from the later of it and ``recorded_at``.
    ``times`` and ``numbers`` are parsed; every other column is text.
    """

    name: str
    key: tuple[str, ...]
    needed: tuple[str, ...]
    optional: tuple[str, ...] = ()
    time: str | None = None
    times: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        return self.needed + self.optional


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


TABLES: dict[str, Table] = {
    t.name: t
    for t in (
        Table(
            "accounts",
            ("account_id",),
            ("account_id", "domain"),
            _words(
                "name industry sub_industry employee_count annual_revenue country region funding_stage founded_year"
                " additional_domains parent_id"
            ),
            numbers=("employee_count", "annual_revenue", "founded_year"),
        ),
        Table(
            "account_history",
            ("account_id", "field", "valid_from"),
            ("account_id", "field", "value", "valid_from"),
            time="valid_from",
            times=("valid_from",),
        ),
        Table("account_merges", ("account_id",), ("account_id", "merged_into")),
        Table(
            "deals",
            ("deal_id",),
            ("deal_id", "account_id", "created_at", "closed_at", "stage"),
            _words(
                "deal_type amount list_amount source product owner loss_reason competitor use_case pain_point champion_role"
                " economic_buyer_role contract_months referred_by_account_id touchpoints outcome_score coverage_score champion_score"
            ),
            time="created_at",
            times=("created_at", "closed_at"),
            numbers=_words("amount list_amount contract_months touchpoints outcome_score coverage_score champion_score"),
        ),
        Table("deal_stages", ("deal_id", "entered_at"), ("deal_id", "stage", "entered_at"), time="entered_at", times=("entered_at",)),
        Table(
            "technologies",
            ("account_id", "technology", "first_seen_at"),
            ("account_id", "technology", "first_seen_at"),
            ("category", "last_seen_at"),
            time="first_seen_at",
            times=("first_seen_at", "last_seen_at"),
        ),
        Table(
            "events",
            (),
            ("account_id", "occurred_at", "event"),
            ("user_id", "value"),
            time="occurred_at",
            times=("occurred_at",),
            numbers=("value",),
        ),
        Table(
            "signals",
            (),
            ("account_id", "occurred_at", "signal"),
            ("topic", "strength"),
            time="occurred_at",
            times=("occurred_at",),
            numbers=("strength",),
        ),
        Table(
            "subscriptions",
            ("subscription_id",),
            ("subscription_id", "account_id", "started_at", "arr"),
            ("deal_id", "product", "ended_at", "term_months"),
            time="started_at",
            times=("started_at", "ended_at"),
            numbers=("term_months", "arr"),
        ),
        Table(
            "arr_changes",
            ("subscription_id", "changed_at"),
            ("subscription_id", "account_id", "changed_at", "arr"),
            time="changed_at",
            times=("changed_at",),
            numbers=("arr",),
        ),
        Table(
            "customer_health",
            ("account_id", "measured_at"),
            ("account_id", "measured_at"),
            _words("nps csat first_value_at escalations"),
            time="measured_at",
            times=("measured_at", "first_value_at"),
            numbers=_words("nps csat escalations"),
        ),
        Table("contacts", ("contact_id",), ("contact_id", "account_id"), _words("deal_id title function seniority buying_role")),
        Table(
            "contact_roles",
            (),
            ("account_id", "buying_role", "assigned_at"),
            ("contact_id", "deal_id"),
            time="assigned_at",
            times=("assigned_at",),
        ),
        Table(
            "interactions",
            (),
            ("account_id", "occurred_at"),
            _words("deal_id channel topic role_level"),
            time="occurred_at",
            times=("occurred_at",),
        ),
        Table(
            "interviews",
            ("interview_id",),
            ("interview_id", "account_id", "held_at"),
            _words("kind theme quote"),
            time="held_at",
            times=("held_at",),
        ),
    )
}

REQUIRED_TABLES: tuple[str, ...] = ("accounts", "deals")
"""Tables without which nothing can be learned. Retention needs ``subscriptions`` too."""

SET_LATER: dict[str, frozenset[str]] = {"contacts": frozenset({"buying_role"})}
"""Columns that are filled after the row itself, nobody can tell when: no feature may read them."""

"""What a CRM's tables cannot promise of the past, said in plain words."""

from __future__ import annotations

from icpfit.moments import day_text
from icpfit.plural import counted
from icpfit.sources.contract import TABLES
from icpfit.sources.rows import DataFinding
from icpfit.sources.sql import quoted
from icpfit.sources.warehouse import Warehouse

MOST_NAMED = 8


def said_of_the_past(warehouse: Warehouse) -> tuple[DataFinding, ...]:
    """Findings on the fields, stages and roles whose past nobody kept."""
    fields = [c for c in _filled(warehouse) if c not in ("account_id", "recorded_at", "visible_at")]
    first = [c for c in TABLES["accounts"].columns if c in fields]
    ordered = [*first, *(c for c in fields if c not in first)]
    found = [*_of_fields(warehouse, ordered), *_of_closes(warehouse), *_of_later_accounts(warehouse)]
    return tuple(found)


def _filled(warehouse: Warehouse) -> list[str]:
    """The columns of accounts that hold anything."""
    columns = warehouse.columns["accounts"]
    counts = warehouse.connection.execute(f"SELECT {', '.join(f'count({quoted(c)})' for c in columns)} FROM accounts").fetchall()[0]
    return [c for c, n in zip(columns, counts, strict=True) if n]


def _of_fields(warehouse: Warehouse, fields: list[str]) -> list[DataFinding]:
    if not warehouse.has("account_history"):
        words = (
            "accounts: there is no table with the history of accounts, so what was known of them at a past moment cannot be promised"
            f" for any field: {_named(fields)}. They are today's values, which may have been written after a deal was won or lost."
        )
        return [DataFinding("CRM-NO-HISTORY", "warning", "accounts", words)]
    rows = warehouse.connection.execute("SELECT DISTINCT field FROM account_history").fetchall()
    kept = {str(r[0]) for r in rows}
    found = []
    if without := [f for f in fields if f not in kept]:
        words = (
            f"accounts: the history of accounts says nothing of {_named(without)}: for these what was known at a past moment"
            " cannot be promised; they are today's values."
        )
        found.append(DataFinding("CRM-PART-HISTORY", "warning", "accounts", words))
    first = warehouse.connection.execute("SELECT min(valid_from) FROM account_history").fetchall()[0][0]
    if first is not None:
        (before, deals) = warehouse.connection.execute(
            f"SELECT count(*) FILTER (created_at <= {int(first)}), count(*) FROM deals"
        ).fetchall()[0]
        if before:
            words = (
                f"accounts: their history begins on {day_text(int(first))}; {before:,} of {counted(int(deals), 'deal')} were created"
                " before. A feature with history: true is unknown for those: what the fields were then nobody kept."
            )
            found.append(DataFinding("CRM-HISTORY-BEGINS", "note", "accounts", words, int(before)))
    return found


def _of_closes(warehouse: Warehouse) -> list[DataFinding]:
    if warehouse.has("deal_stages"):
        return []
    words = (
        "deals: there is no table with the history of stages, so a deal closed on the date that its close date says. People change that"
        " date by hand: when the close was known cannot be promised."
    )
    return [DataFinding("CRM-NO-STAGE-HISTORY", "warning", "deals", words)]


def _of_later_accounts(warehouse: Warehouse) -> list[DataFinding]:
    """Accounts are known from their deals on, whatever the CRM says of when their row was made."""
    created = next((c for c in ("created_date", "createdate", "create_date", "created_at") if c in warehouse.columns["accounts"]), None)
    if created is None:
        return []
    rows, example = warehouse.connection.execute(f"""
        SELECT count(DISTINCT a.account_id), min(a.account_id) FROM accounts a JOIN deals d USING (account_id)
        WHERE epoch_us(TRY_CAST(a.{created} AS TIMESTAMPTZ)) > d.created_at""").fetchall()[0]
    if not rows:
        return []
    words = (
        f"accounts: {counted(int(rows), 'account')} were made in the CRM after a deal of theirs, e.g. {example!r} (imports and merges"
        " do that). They count as known when that deal was created."
    )
    return [DataFinding("CRM-ACCOUNT-LATER", "note", "accounts", words, int(rows))]


def _named(fields: list[str]) -> str:
    more = f" and {len(fields) - MOST_NAMED} more" if len(fields) > MOST_NAMED else ""
    return ", ".join(fields[:MOST_NAMED]) + more

"""How a contradiction is counted and said."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from icpfit.sources.contract import TABLES
from icpfit.sources.rows import DataFinding
from icpfit.sources.sql import literal, micros_of, quoted
from icpfit.sources.warehouse import Warehouse

SUBSCRIPTIONS = "icpfit_subscriptions"
"""The subscriptions with all columns of the contract, empty where the company does not have them."""

_YES, _NO = ("true", "yes", "y", "1", "t"), ("false", "no", "n", "0", "f")


def view_subscriptions(warehouse: Warehouse) -> None:
    """Make the view ``icpfit_subscriptions``."""
    table = TABLES["subscriptions"]
    missing = [c for c in table.columns if c not in warehouse.columns["subscriptions"]]
    empty = [f"CAST(NULL AS {'BIGINT' if c in table.times else 'VARCHAR'}) AS {quoted(c)}" for c in missing]
    warehouse.connection.execute(f"CREATE OR REPLACE TEMP VIEW {SUBSCRIPTIONS} AS SELECT {', '.join(['*', *empty])} FROM subscriptions")


def contradiction(
    warehouse: Warehouse,
    code: str,
    table: str,
    rows: str,
    *,
    among: str,
    things: str,
    say: str,
    advice: str,
    severity: Literal["warning", "error"] = "warning",
    at_least: float = 0.0,
) -> list[DataFinding]:
    """A finding on the rows that contradict something; none where there are none.

    Args:
        rows: a SELECT of ``who`` and ``what`` for each such row: what names it, and what it says. The first is the example.
        among: a SELECT of one number: of how many rows.
        things: what the rows are, in words ("won deals").
        at_least: the share from which it is said at all.
    """
    ((n, example),) = warehouse.connection.execute(f"SELECT count(*), min(who || ': ' || what) FROM ({rows})").fetchall()
    ((total,),) = warehouse.connection.execute(among).fetchall()
    if not n or n < at_least * total:
        return []
    share = f"{n / total:.0%}" if n == total or 0.01 <= n / total < 0.995 else f"{n / total:.1%}"
    words = f"{warehouse.places[table]}: {n:,} of {total:,} {things} ({share}) {say}, e.g. {example}. {advice}".rstrip()
    return [DataFinding(code, severity, table, words, int(n))]


def day(moment: str) -> str:
    """SQL for a moment's day as text, with its time where it is not midnight."""
    whole = f"CAST(make_timestamp({moment}) AS VARCHAR)"
    return f"replace({whole}, ' 00:00:00', '')"


def named(table: str, ids: Sequence[str], alias: str) -> str:
    """SQL for what names a row in words: its key, else the first declared id that it has, else its account."""
    own = [name.split(".", 1)[1] for name in ids if name.startswith(f"{table}.")]
    known = {"deals": ["deal_id"], "subscriptions": ["subscription_id"]}.get(table, own)
    said = [f"{literal(f'{table}.{c} ')} || {alias}.{quoted(c)} || ' of account ' || {alias}.account_id" for c in known]
    said.append(f"{literal(f'{table}.account_id ')} || {alias}.account_id")
    return f"coalesce({', '.join(said)})"


def flag(column: str) -> str:
    """SQL for what a text column says: true, false or NULL where it says neither."""
    text = f"lower(CAST({column} AS VARCHAR))"
    return f"CASE WHEN {text} IN {_YES} THEN true WHEN {text} IN {_NO} THEN false END"


def moment(column: str) -> str:
    """SQL for the moment in a text column; NULL where it is none."""
    return f"({micros_of(column, 'VARCHAR', None)})"


def count(table: str, where: str = "true") -> str:
    return f"SELECT count(*) FROM {quoted(table)} r WHERE {where}"

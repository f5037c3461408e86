"""Stages of deals: which are won and lost, and when a deal that is closed did close."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import duckdb

from icpfit.plural import counted
from icpfit.sources.crm.table import DAY, CrmTable, iso
from icpfit.sources.crm.view import define
from icpfit.sources.rows import DataFinding
from icpfit.sources.sql import literal


@dataclass(frozen=True)
class Rules:
    """What the configuration says of a CRM: stages and types of deals by its own words, in small letters, and pipelines."""

    stages: Mapping[str, str]
    deal_types: Mapping[str, str]
    pipelines: tuple[str, ...] = ()


def state_of(words: Mapping[str, str], *texts: str) -> str:
    """The state that the words give to the first of the texts that they know, whatever its capitals; NULL where none is known."""
    if not words:
        return "CAST(NULL AS VARCHAR)"
    cases = " ".join(f"WHEN {literal(word.strip().lower())} THEN {literal(state)}" for word, state in words.items())
    each = [f"CASE lower({text}) {cases} END" for text in texts]
    return each[0] if len(each) == 1 else f"coalesce({', '.join(each)})"


def closed_or_open(state: str, stage: str) -> str:
    """SQL for the state of a step of a history: a stage that nothing tells counts as open there."""
    return f"CASE WHEN {state} IN ('won', 'lost') THEN {state} WHEN {stage} IS NOT NULL THEN 'open' END"


def closes(connection: duckdb.DuckDBPyConnection, steps: str | None) -> None:
    """The table ``icpfit crm closes``: of each deal with a history its last ``state`` and ``since`` when, from ``steps``.

    Stages of one state that follow one another are one. A state that a deal's history begins with may have been so for
    long: ``since`` is empty then.
    """
    if steps is None:
        define(connection, "closes", "SELECT '' AS deal_id, '' AS state, CAST(0 AS BIGINT) AS since WHERE false")
        return
    define(
        connection,
        "closes",
        f"""
        WITH lagged AS (
            SELECT deal_id, state, since, lag(state) OVER one AS earlier, row_number() OVER one AS number
            FROM {steps} WHERE deal_id IS NOT NULL AND since IS NOT NULL AND state IS NOT NULL
            WINDOW one AS (PARTITION BY deal_id ORDER BY since, CASE state WHEN 'open' THEN 0 ELSE 1 END, stage))
        SELECT deal_id, arg_max(state, number) AS state, arg_max(since, number) FILTER (number > 1) AS since
        FROM lagged WHERE number = 1 OR state <> earlier GROUP BY deal_id""",
    )


def closed_at(table: CrmTable, stage: str, close_names: tuple[str, ...], create_names: tuple[str, ...]) -> str:
    """SQL for a deal's close, with the table of :func:`closes` joined as ``c``; NULL while it is open.

    What the history saw goes before the date in the deal, which people change by hand. Where the history still has the deal in
    another state it has not seen the close, and nobody can tell when that was known. A date without an hour that is the day
    of creation means the end of that day: such a deal did not close before it was created.
    """
    close, created = table.micros(*close_names), table.micros(*create_names)
    same_day = f"{close} % {DAY} = 0 AND {created} >= {close} AND {created} < {close} + {DAY}"
    return f"""CASE WHEN {stage} = 'open' THEN NULL
        WHEN c.state <> {stage} THEN NULL
        WHEN c.since IS NOT NULL THEN {iso("c.since")}
        WHEN {same_day} THEN {iso(f"{close} + {DAY} - 1")}
        ELSE {table.moment(*close_names)} END"""


def deal_type_of(words: Mapping[str, str], text: str) -> str:
    """The contract's type; a text that no word knows stays, for the check to find."""
    return f"coalesce({state_of(words, text)}, {text})"


def said_of_unseen_closes(connection: duckdb.DuckDBPyConnection, place: str) -> tuple[DataFinding, ...]:
    """Deals that are closed where their history has them open, or closed in another way."""
    rows, example = connection.execute("""
        SELECT count(*), min(d.deal_id) FROM "icpfit crm as deals" d JOIN "icpfit crm closes" c USING (deal_id)
        WHERE d.stage IN ('won', 'lost') AND c.state <> d.stage""").fetchall()[0]
    if not rows:
        return ()
    words = (
        f"{place}: {counted(int(rows), 'deal')} closed, e.g. {example!r}, of which the history of stages has not seen the close."
        " They count as open: sync the history again."
    )
    return (DataFinding("CRM-CLOSE-UNSEEN", "warning", "deals", words, int(rows)),)

"""Rows in = rows used + rows left out: the counts, the rows themselves, and words with an example."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import numpy as np
import pandas as pd

from icpfit.errors import SourceError
from icpfit.sources.contract import REQUIRED_TABLES
from icpfit.sources.phrases import UNREADABLE, left_out_finding
from icpfit.sources.raw import RawTable
from icpfit.sources.rows import DataFinding, LeftOut, RowCount
from icpfit.sources.set_aside import SET_ASIDE
from icpfit.sources.sql import literal, quoted
from icpfit.sources.staging import CELL, IN_ORDER, NO_CLOSE, NOTE, OF_MERGING, REASON, ROW, SUBJECT, Staged, kind_of


@dataclass(frozen=True, slots=True)
class Account:
    """What became of one table's rows."""

    count: RowCount
    left_out: LeftOut | None
    findings: tuple[DataFinding, ...]
    judged: bool = False
    """the reader itself says of rows that they do not count"""


def account_for(connection: duckdb.DuckDBPyConnection, staged: Staged, exempt: frozenset[str] = frozenset()) -> Account:
    """Count every row of a file, used or left out, and say for each reason how many and one example.

    ``exempt``: reasons that are no fault of the file. Such rows are counted and not listed: a file about a whole market may
    be nearly all of them.
    """
    table, raw = staged.table, staged.mapped.raw
    rows_in = staged.rows + len(raw.unreadable)
    notes, judged = tuple(_notes(connection, staged)), raw.reason is not None
    if not raw.unreadable and not connection.execute(f"SELECT 1 FROM {staged.faults} LIMIT 1").fetchall():
        return Account(RowCount(table.name, rows_in, rows_in, place=raw.place), None, notes, judged)
    faults = _faults(connection, staged, exempt)
    by_reason = {str(r): int(n) for r, n in faults.groupby("reason")["rows"].sum().sort_index().items()}
    if raw.unreadable:
        by_reason[UNREADABLE] = len(raw.unreadable)
    count = RowCount(table.name, rows_in, rows_in - sum(by_reason.values()), by_reason, raw.place)
    unreadable = pd.DataFrame({"row": list(raw.unreadable), "key": None, "reason": UNREADABLE, "column": None, "cell": None, "rows": 1})
    both = [f for f in (faults, unreadable.astype({"key": object, "column": object, "cell": object})) if len(f)]
    everything = pd.concat(both, ignore_index=True).sort_values("row", kind="stable", ignore_index=True)
    groups = everything.groupby(["reason", "column"], sort=True, dropna=False)
    findings = [_finding(staged, rows_in, group, exempt) for _, group in groups]
    listed = everything.loc[~everything["reason"].isin(exempt), ["row", "key", "reason"]].reset_index(drop=True)
    return Account(count, LeftOut(table.name, listed, raw.place), (*findings, *notes), judged)


def check_share(account: Account, raw: RawTable, max_left_out: float, exempt: frozenset[str]) -> None:
    """Raises SourceError where too much of a table had to be left out, or nothing usable is left of a needed one.

    Rows that were left out for a reason in ``exempt`` do not count, nor do those that the source itself sets aside: a CRM's
    table may hold nothing but such rows.
    """
    count, place = account.count, raw.place
    excused = sum(count.left_out.get(reason, 0) for reason in {*exempt, *OF_MERGING, *SET_ASIDE})
    worst = max(count.left_out, key=lambda r: (count.left_out[r], r), default="")
    example = next((f.words for f in sorted(account.findings, key=lambda f: -f.rows)), "")
    if count.used == 0 and count.table in REQUIRED_TABLES and not (account.judged and 0 < excused == count.rows_in):
        if not count.rows_in and not raw.is_file:
            raise SourceError(f"{place}: the table has no rows", hint="nothing can be learned without them")
        if not count.rows_in:
            raise SourceError(f"{place}: the file has a header and no rows", hint="export it again, with its rows")
        raise SourceError(f"{place}: none of its {count.rows_in:,} rows can be used, mostly '{worst}'", hint=example)
    counted = count.rows_in - excused
    left_out = sum(count.left_out.values()) - excused
    if counted and left_out / counted > max_left_out:
        share = f"{left_out:,} of {counted:,} rows ({left_out / counted:.1%}) cannot be used, more than max_left_out ({max_left_out:.0%})"
        raise SourceError(f"{place}: {share}, mostly '{worst}'", hint=example)


def _faults(connection: duckdb.DuckDBPyConnection, staged: Staged, exempt: frozenset[str]) -> pd.DataFrame:
    """Columns row, key, reason, column, cell, rows; by row. Of each exempt reason the first row alone, for all its ``rows``."""
    key = staged.table.key or tuple(n for n in staged.table.needed)
    parts = ", ".join(_as_text(staged, k) for k in key)
    cell = f"f.{CELL}"
    if staged.table.name in IN_ORDER and IN_ORDER[staged.table.name][1] in staged.names:
        earlier, later, reason = IN_ORDER[staged.table.name]
        both = f"concat('{earlier} ', {_as_text(staged, earlier)}, ', {later} ', {_as_text(staged, later)})"
        cell = f"CASE WHEN f.{REASON} = {literal(reason)} THEN {both} ELSE {cell} END"
    faults = f"(SELECT *, 1 AS rows FROM {staged.faults})"
    if exempt:
        among = f"{REASON} IN ({', '.join(literal(r) for r in sorted(exempt))})"
        faults = f"""(SELECT *, 1 AS rows FROM {staged.faults} WHERE NOT {among} UNION ALL BY NAME
            SELECT min({ROW}) AS {ROW}, {REASON}, {SUBJECT}, arg_min({CELL}, {ROW}) AS {CELL}, count(*) AS rows
            FROM {staged.faults} WHERE {among} GROUP BY {REASON}, {SUBJECT})"""
    frame: pd.DataFrame = connection.sql(f"""
        SELECT f.{ROW} AS "row", nullif(concat_ws(', ', {parts}), '') AS "key", f.{REASON} AS reason,
            f.{SUBJECT} AS "column", {cell} AS cell, f.rows
        FROM {faults} f JOIN {staged.staged} s ON s.rowid = f.{ROW} ORDER BY f.{ROW}""").df()
    frame = frame.astype(dict.fromkeys(("key", "reason", "column", "cell"), object))
    frame = frame.where(frame.notna(), None)
    frame["row"] = staged.mapped.raw.row_numbers(frame["row"].to_numpy("int64"))
    return frame


def _as_text(staged: Staged, name: str) -> str:
    column = f"s.{quoted(name)}"
    if kind_of(staged.table, name) != "time":
        return column
    day = f"CAST(make_timestamp({column}) AS DATE)"
    return f"CASE WHEN {column} % 86400000000 = 0 THEN CAST({day} AS VARCHAR) ELSE CAST(make_timestamp({column}) AS VARCHAR) END"


def _notes(connection: duckdb.DuckDBPyConnection, staged: Staged) -> list[DataFinding]:
    """Rows that are used, but not as they were written."""
    if staged.table.name != "deals":
        return []
    rows = connection.execute(f"""
        SELECT s.{NOTE}, count(*), min(s.rowid), arg_min(s.deal_id, s.rowid) FROM {staged.staged} s
        WHERE s.{NOTE} IS NOT NULL AND NOT EXISTS (SELECT 1 FROM {staged.faults} f WHERE f.{ROW} = s.rowid)
        GROUP BY s.{NOTE} ORDER BY s.{NOTE}""").fetchall()
    found = []
    for note, n, index, key in rows:
        row = int(staged.mapped.raw.row_numbers(np.array([index]))[0])
        where = f"{staged.mapped.raw.place}: {n:,} of {staged.rows:,} deals are {note}, e.g. row {row:,}, deal {key!r}."
        if note == NO_CLOSE:
            words = f"{where} They count as open, since nobody can tell when they closed. Fill in closed_at."
            found.append(DataFinding("DEALS-NO-CLOSE", "warning", "deals", words, int(n)))
        else:
            words = f"{where} The date is taken for a forecast and not used."
            found.append(DataFinding("DEALS-FORECAST", "note", "deals", words, int(n)))
    return found


def _finding(staged: Staged, rows_in: int, group: pd.DataFrame, exempt: frozenset[str]) -> DataFinding:
    first = group.iloc[0]
    return left_out_finding(
        staged.table.name,
        staged.mapped.raw.place,
        str(first["reason"]),
        rows=int(group["rows"].sum()),
        rows_in=rows_in,
        row=int(first["row"]),
        key=first["key"],
        column=first["column"],
        cell=first["cell"],
        expected=str(first["reason"]) in exempt,
    )

"""Rows in = rows used + rows left out: the counts, the rows themselves, and words with an example."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import pandas as pd

from icpfit.errors import SourceError
from icpfit.moments import day_text
from icpfit.sources.contract import REQUIRED_TABLES
from icpfit.sources.rows import DataFinding, LeftOut, RowCount
from icpfit.sources.sql import quoted
from icpfit.sources.staging import CELL, IN_ORDER, NO_ACCOUNT, REASON, ROW, SUBJECT, Staged, kind_of

UNREADABLE = "unreadable line"

_HINTS = {
    "closed before created": "If the two columns are swapped, say so in the configuration under source.columns.deals.",
    "unknown account": "Every account_id must stand in accounts.",
    "repeated key": "The row that was known first stays.",
    "exact copy": "The first stays.",
    "bad stage": "Stages are open, won and lost: translate others in the configuration under source.values.deals.stage.",
    "bad deal_type": "Types are new_logo, expansion and renewal: translate others in the configuration under source.values.deals.deal_type.",
    "bad date": "Dates are read as 2026-01-31 or 2026-01-31T12:00:00Z; for another form set source.date_format.",
    "bad number": "Numbers are read as 1234.5, without thousands separators, signs of currency or units.",
    "no account": "Set accountless_rows_exempt where such rows are normal.",
    UNREADABLE: "They do not have as many cells as the header, or a quote is not closed where it should be.",
}


@dataclass(frozen=True, slots=True)
class Account:
    """What became of one table's rows."""

    count: RowCount
    left_out: LeftOut | None
    findings: tuple[DataFinding, ...]


def account_for(connection: duckdb.DuckDBPyConnection, staged: Staged) -> Account:
    """Count every row of a table, used or left out, and say for each reason how many and one example."""
    table, raw = staged.table, staged.mapped.raw
    rows_in = staged.rows + len(raw.unreadable)
    faults = _faults(connection, staged)
    by_reason = {str(r): int(n) for r, n in faults["reason"].value_counts().sort_index().items()}
    if raw.unreadable:
        by_reason[UNREADABLE] = len(raw.unreadable)
    count = RowCount(table.name, rows_in, rows_in - sum(by_reason.values()), by_reason)
    if not by_reason:
        return Account(count, None, ())
    unreadable = pd.DataFrame({"row": list(raw.unreadable), "key": None, "reason": UNREADABLE, "column": None, "cell": None})
    both = [f for f in (faults, unreadable.astype({"key": object, "column": object, "cell": object})) if len(f)]
    everything = pd.concat(both, ignore_index=True).sort_values("row", kind="stable", ignore_index=True)
    findings = [_finding(staged, rows_in, group) for _, group in everything.groupby(["reason", "column"], sort=True, dropna=False)]
    return Account(count, LeftOut(table.name, everything[["row", "key", "reason"]]), tuple(findings))


def check_share(account: Account, place: str, max_left_out: float, accountless_rows_exempt: bool) -> None:
    """Raises SourceError where too much of a table had to be left out, or nothing usable is left of a needed one."""
    count = account.count
    worst = max(count.left_out, key=lambda r: (count.left_out[r], r), default="")
    example = next((f.words for f in sorted(account.findings, key=lambda f: -f.rows)), "")
    if count.used == 0 and (count.table in REQUIRED_TABLES or count.left_out):
        if not count.rows_in:
            raise SourceError(f"{place}: the file has a header and no rows", hint="export it again, with its rows")
        raise SourceError(f"{place}: none of its {count.rows_in:,} rows can be used, mostly '{worst}'", hint=example)
    exempt = count.left_out.get(NO_ACCOUNT, 0) if accountless_rows_exempt else 0
    counted = count.rows_in - exempt
    left_out = sum(count.left_out.values()) - exempt
    if counted and left_out / counted > max_left_out:
        share = f"{left_out:,} of {counted:,} rows ({left_out / counted:.1%}) cannot be used, more than max_left_out ({max_left_out:.0%})"
        raise SourceError(f"{place}: {share}, mostly '{worst}'", hint=example)


def _faults(connection: duckdb.DuckDBPyConnection, staged: Staged) -> pd.DataFrame:
    """Columns row, key, reason, column, cell; by row."""
    key = staged.table.key or tuple(n for n in staged.table.needed)
    parts = ", ".join(_as_text(staged, k) for k in key)
    frame = connection.sql(f"""
        SELECT f.{ROW} AS "row", nullif(concat_ws(', ', {parts}), '') AS "key", f.{REASON} AS reason, f.{SUBJECT} AS "column", f.{CELL} AS cell
        FROM {staged.faults} f JOIN {staged.staged} s ON s.rowid = f.{ROW} ORDER BY f.{ROW}""").df()
    frame = frame.astype({c: object for c in ("key", "reason", "column", "cell")})
    frame = frame.where(frame.notna(), None)
    frame["row"] = staged.mapped.raw.row_numbers(frame["row"].to_numpy("int64"))
    return frame


def _as_text(staged: Staged, name: str) -> str:
    column = f"s.{quoted(name)}"
    if kind_of(staged.table, name) != "time":
        return column
    day = f"CAST(make_timestamp({column}) AS DATE)"
    return f"CASE WHEN {column} % 86400000000 = 0 THEN CAST({day} AS VARCHAR) ELSE CAST(make_timestamp({column}) AS VARCHAR) END"


def _finding(staged: Staged, rows_in: int, group: pd.DataFrame) -> DataFinding:
    first = group.iloc[0]
    reason, column = str(first["reason"]), first["column"]
    place, name = staged.mapped.raw.place, staged.table.name
    n = len(group)
    row = f"row {int(first['row']):,}"
    if first["key"] is not None:
        row += f", {_thing(name)} {first['key']!r}"
    shown = "" if first["cell"] is None or reason in ("repeated key", "exact copy") else f": {column} {_short(first['cell'])!r}"
    if name in IN_ORDER and reason == IN_ORDER[name][2]:
        earlier, later, _ = IN_ORDER[name]
        shown = f": {earlier} {_moment_text(first['earlier'])}, {later} {_moment_text(first['later'])}" if "earlier" in first else shown
    hint = _HINTS.get(reason, "")
    are = "was" if n == 1 else "were"
    words = f"{place}: {n:,} of {rows_in:,} rows: {reason}, e.g. {row}{shown}. {'It' if n == 1 else 'They'} {are} left out. {hint}".strip()
    code = "ROWS-" + reason.upper().replace(" ", "-").replace("_", "-")
    severity = "note" if reason in ("exact copy", NO_ACCOUNT) else "warning"
    return DataFinding(code, severity, name, words, n)  # type: ignore[arg-type]


def _thing(table: str) -> str:
    return {"deals": "deal", "accounts": "account", "subscriptions": "subscription", "contacts": "contact"}.get(table, "key")


def _moment_text(micros: object) -> str:
    return "?" if micros is None else day_text(int(str(micros)))


def _short(text: object, most: int = 60) -> str:
    whole = str(text)
    return whole if len(whole) <= most else whole[: most - 1] + "…"

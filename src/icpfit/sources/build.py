"""Raw tables in, a checked warehouse out: the one path that folders, frames and other readers share."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import duckdb

from icpfit.errors import SourceError
from icpfit.sources.accounting import account_for, check_share
from icpfit.sources.contract import REQUIRED_TABLES, TABLES
from icpfit.sources.domains import clean_domains
from icpfit.sources.keys import mark_repeated_keys, mark_unknown_accounts
from icpfit.sources.mapping import MappedTable
from icpfit.sources.newest import newest_moment
from icpfit.sources.rows import DataFinding, LeftOut, RowCount
from icpfit.sources.sql import quoted
from icpfit.sources.staging import ROW, Staged, kind_of, stage
from icpfit.sources.warehouse import Warehouse


def build_warehouse(
    connection: duckdb.DuckDBPyConnection,
    mapped: Mapping[str, MappedTable],
    *,
    max_left_out: float,
    accountless_rows_exempt: bool,
    date_format: str | None = None,
    findings: tuple[DataFinding, ...] = (),
) -> Warehouse:
    """Check every row of every table, and keep the clean ones.

    Raises:
        SourceError: a needed table is missing or has no usable row; more than ``max_left_out`` of a
            table's rows cannot be used; a time lies far in the future of all others.
    """
    for name in REQUIRED_TABLES:
        if name not in mapped:
            raise SourceError(f"the table {name} is not there", hint=f"nothing can be learned without {' and '.join(REQUIRED_TABLES)}")
    counts: list[RowCount] = []
    left_out: list[LeftOut] = []
    columns: dict[str, tuple[str, ...]] = {}
    found = list(findings)
    sums: list[str] = []
    newest: list[int] = []
    for name in TABLES:  # the contract's order: accounts first, since the others are checked against them
        if name not in mapped:
            continue
        found += mapped[name].findings
        staged = stage(connection, mapped[name], date_format)
        mark_unknown_accounts(connection, staged)
        mark_repeated_keys(connection, staged)
        account = account_for(connection, staged)
        counts.append(account.count)
        left_out += [account.left_out] if account.left_out else []
        found += account.findings
        check_share(account, mapped[name].raw, max_left_out, accountless_rows_exempt)
        newest += newest_moment(connection, staged)
        columns[name] = _keep(connection, staged)
        if name == "accounts":
            found += clean_domains(connection, mapped[name].raw.place)
        sums.append(_content(connection, name, columns[name]))
        connection.execute(f"DROP TABLE {staged.staged}")
        connection.execute(f"DROP TABLE {staged.faults}")
    return Warehouse(
        connection=connection,
        columns=columns,
        counts=tuple(counts),
        newest=max(newest),
        fingerprint=hashlib.sha256("\n".join(sums).encode()).hexdigest(),
        findings=tuple(found),
        left_out=tuple(left_out),
        places={name: mapped[name].raw.place for name in columns},
    )


def _keep(connection: duckdb.DuckDBPyConnection, staged: Staged) -> tuple[str, ...]:
    """The clean table under its contract name, in the order of its key; without one by account, so that an account's rows lie together.

    Nothing may depend on the order of rows: it is there for speed. Putting 20 million events into the order of everything
    takes as long again.
    """
    table = staged.table
    recorded = "recorded_at" if "recorded_at" in staged.names else "CAST(NULL AS BIGINT)"
    own = quoted(table.time) if table.time else "CAST(NULL AS BIGINT)"
    # greatest() passes over NULL: where only one of the two is known, that one.
    names = [*(quoted(n) for n in staged.names), f"greatest({own}, {recorded}) AS visible_at"]
    order = ", ".join(quoted(n) for n in table.key or [n for n in staged.names if n == "account_id"] or staged.names)
    connection.execute(f"""
        CREATE TABLE {quoted(table.name)} AS SELECT {", ".join(names)} FROM {staged.staged} s
        WHERE NOT EXISTS (SELECT 1 FROM {staged.faults} f WHERE f.{ROW} = s.rowid) ORDER BY {order}""")
    return (*staged.names, "visible_at")


def _content(connection: duckdb.DuckDBPyConnection, name: str, columns: tuple[str, ...]) -> str:
    """A line that tells a table's content: whole-number sums of a hash per row, so that no order and no thread matters."""
    cells = ", ".join(f"coalesce(CAST({quoted(c)} AS VARCHAR), chr(0))" for c in columns)
    (row,) = connection.execute(f"""
        SELECT count(*), coalesce(sum(CAST(h >> 64 AS UBIGINT)), 0), coalesce(sum(CAST(h & {2**64 - 1}::UHUGEINT AS UBIGINT)), 0)
        FROM (SELECT md5_number(concat_ws(chr(31), {cells})) AS h FROM {quoted(name)})""").fetchall()
    kinds = ",".join(f"{c}:{kind_of(TABLES[name], c)}" for c in columns)
    return f"{name}({kinds}) {row}"

"""Raw tables in, a checked warehouse out: the one path that folders, frames and other readers share."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import duckdb

from icpfit.config_identity import DEFAULT_IDENTITY, IdentitySettings
from icpfit.errors import SourceError
from icpfit.sources.accounting import account_for, check_share
from icpfit.sources.companies import identify_companies, mark_circles, mark_merged
from icpfit.sources.contract import REQUIRED_TABLES, TABLES
from icpfit.sources.domains import clean_domains, shared_domains
from icpfit.sources.keys import mark_repeated_keys, mark_unknown_accounts
from icpfit.sources.mapping import MappedTable
from icpfit.sources.merges import Merge
from icpfit.sources.moved import mark_moved_twice, moved_columns, moves, seen
from icpfit.sources.newest import newest_moment
from icpfit.sources.rows import DataFinding, LeftOut, RowCount
from icpfit.sources.sql import quoted
from icpfit.sources.staging import Staged, kind_of, stage
from icpfit.sources.warehouse import Warehouse

ORDER: tuple[str, ...] = ("account_merges", *(name for name in TABLES if name != "account_merges"))
"""Who is who first: all other tables are checked against accounts, and accounts are merged by account_merges."""


def build_warehouse(
    connection: duckdb.DuckDBPyConnection,
    mapped: Mapping[str, MappedTable],
    *,
    max_left_out: float,
    accountless_rows_exempt: bool,
    date_format: str | None = None,
    time_zone: str | None = None,
    identity: IdentitySettings = DEFAULT_IDENTITY,
    findings: tuple[DataFinding, ...] = (),
) -> Warehouse:
    """Check every row of every table, and keep the clean ones.

    Raises:
        SourceError: a needed table is missing or has no usable row; more than ``max_left_out`` of a
            table's rows cannot be used; a time lies far in the future of all others.
        ConfigError: a setting of ``identity`` names what is no domain.
    """
    for name in REQUIRED_TABLES:
        if name not in mapped:
            raise SourceError(f"the table {name} is not there", hint=f"nothing can be learned without {' and '.join(REQUIRED_TABLES)}")
    counts: list[RowCount] = []
    left_out: list[LeftOut] = []
    columns: dict[str, tuple[str, ...]] = {}
    found = list(findings)
    sums: dict[str, str] = {}
    newest: list[int] = []
    merges: tuple[Merge, ...] = ()
    for name in ORDER:
        if name not in mapped:
            continue
        place = mapped[name].raw.place
        found += mapped[name].findings
        staged = stage(connection, mapped[name], date_format, time_zone)
        mark_unknown_accounts(connection, staged)
        mark_repeated_keys(connection, staged)
        if name == "account_merges":
            mark_circles(connection, staged)
        mark_moved_twice(connection, staged)
        columns[name] = _keep(connection, staged)
        if name == "accounts":
            found += clean_domains(connection, place)
            merges_place = mapped["account_merges"].raw.place if "account_merges" in mapped else None
            companies = identify_companies(connection, columns[name], place, merges_place, identity)
            merges = companies.merges
            mark_merged(connection, staged, merges)
            found += [*companies.findings, *shared_domains(connection, place)]
        account = account_for(connection, staged)
        counts.append(account.count)
        left_out += [account.left_out] if account.left_out else []
        found += account.findings
        check_share(account, place, max_left_out, accountless_rows_exempt)
        newest += newest_moment(connection, staged)
        sums[name] = _content(connection, name, columns[name])
        connection.execute(f"DROP TABLE {staged.staged}")
        connection.execute(f"DROP TABLE {staged.faults}")
    return Warehouse(
        connection=connection,
        columns={name: columns[name] for name in TABLES if name in columns},
        counts=tuple(sorted(counts, key=lambda c: list(TABLES).index(c.table))),
        newest=max(newest),
        fingerprint=hashlib.sha256("\n".join(sums[name] for name in TABLES if name in sums).encode()).hexdigest(),
        findings=tuple(found),
        left_out=tuple(left_out),
        places={name: mapped[name].raw.place for name in TABLES if name in columns},
        merges=merges,
    )


def _keep(connection: duckdb.DuckDBPyConnection, staged: Staged) -> tuple[str, ...]:
    """The clean table under its contract name, in the order of its key, or of everything where it has none."""
    table = staged.table
    if moves(connection, staged):
        names, joins = moved_columns(staged)
    else:
        names, joins = [*(f"s.{quoted(n)}" for n in staged.names), f"{seen(table, staged.names)} AS visible_at"], ""
    order = ", ".join(quoted(n) for n in table.key or staged.names)
    connection.execute(f"""
        CREATE TABLE {quoted(table.name)} AS SELECT {", ".join(names)} FROM {staged.staged} s {joins} {staged.good} ORDER BY {order}""")
    return (*staged.names, "visible_at")


def _content(connection: duckdb.DuckDBPyConnection, name: str, columns: tuple[str, ...]) -> str:
    """A line that tells a table's content: whole-number sums of a hash per row, so that no order and no thread matters."""
    cells = ", ".join(f"coalesce(CAST({quoted(c)} AS VARCHAR), chr(0))" for c in columns)
    (row,) = connection.execute(f"""
        SELECT count(*), coalesce(sum(CAST(h >> 64 AS UBIGINT)), 0), coalesce(sum(CAST(h & {2**64 - 1}::UHUGEINT AS UBIGINT)), 0)
        FROM (SELECT md5_number(concat_ws(chr(31), {cells})) AS h FROM {quoted(name)})""").fetchall()
    kinds = ",".join(f"{c}:{kind_of(TABLES[name], c)}" for c in columns)
    return f"{name}({kinds}) {row}"

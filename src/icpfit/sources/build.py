"""Raw tables in, a checked warehouse out: the one path that folders, frames and other readers share."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import duckdb

from icpfit.config import Feed
from icpfit.errors import SourceError
from icpfit.progress import told
from icpfit.sources.accounting import account_for, check_share
from icpfit.sources.companies import identify_companies, mark_circles, mark_merged
from icpfit.sources.contract import REQUIRED_TABLES, TABLES
from icpfit.sources.domains import clean_domains, shared_domains
from icpfit.sources.feed_formats import table_of
from icpfit.sources.feeds import feed_part
from icpfit.sources.intake import Intake
from icpfit.sources.keys import mark_repeated_keys, mark_unknown_accounts
from icpfit.sources.mapping import MappedTable
from icpfit.sources.merges import Merge
from icpfit.sources.moved import mark_moved_twice, moved_columns, moves, seen
from icpfit.sources.newest import any_moment, newest_moment
from icpfit.sources.parts import Part, add_counts, stage_parts
from icpfit.sources.people import standardise_people
from icpfit.sources.rows import DataFinding, LeftOut, RowCount
from icpfit.sources.sql import quoted
from icpfit.sources.staging import NO_ACCOUNT, Staged, kind_of
from icpfit.sources.warehouse import Warehouse

ORDER: tuple[str, ...] = ("account_merges", *(name for name in TABLES if name != "account_merges"))
"""Who is who first: all other tables are checked against accounts, and accounts are merged by account_merges."""


def build_warehouse(
    connection: duckdb.DuckDBPyConnection,
    mapped: Mapping[str, MappedTable],
    intake: Intake,
    *,
    date_format: str | None = None,
    time_zone: str | None = None,
    findings: tuple[DataFinding, ...] = (),
) -> Warehouse:
    """Check every row of every table, and keep the clean ones. Feeds add rows to the tables, after the tables' own.

    Raises:
        SourceError: a needed table is missing or has no usable row; more of a table's rows cannot be used than the
            intake allows; a time lies far in the future of all others.
        ConfigError: a setting of who is who names what is no domain, or a feed what is not there.
    """
    with told(connection, "reading the data"):
        return _build(connection, mapped, intake, date_format, time_zone, findings)


def _build(
    connection: duckdb.DuckDBPyConnection,
    mapped: Mapping[str, MappedTable],
    intake: Intake,
    date_format: str | None,
    time_zone: str | None,
    findings: tuple[DataFinding, ...],
) -> Warehouse:
    feeds = intake.feeds
    adding = {name: [i for i, feed in enumerate(feeds) if table_of(feed, i) == name] for name in TABLES}
    for name in REQUIRED_TABLES:
        if name not in mapped and not adding[name]:
            raise SourceError(f"the table {name} is not there", hint=f"nothing can be learned without {' and '.join(REQUIRED_TABLES)}")
    counts: list[RowCount] = []
    left_out: list[LeftOut] = []
    columns: dict[str, tuple[str, ...]] = {}
    found = list(findings)
    sums: dict[str, str] = {}
    places: dict[str, str] = {}
    newest: list[int] = []
    moments: list[int] = []
    merges: tuple[Merge, ...] = ()
    exempt = frozenset({NO_ACCOUNT}) if intake.accountless_rows_exempt else frozenset[str]()
    for name in _in_order(feeds, adding):
        parts = [Part(mapped[name], date_format, time_zone)] if name in mapped else []
        parts += [feed_part(connection, feeds[i], i, columns) for i in adding[name]]
        if not parts:
            continue
        place = parts[0].mapped.raw.place
        places[name] = " and ".join(dict.fromkeys(part.mapped.raw.place for part in parts))
        staged = stage_parts(connection, parts)
        mark_unknown_accounts(connection, staged.whole)
        mark_repeated_keys(connection, staged.whole)
        if name == "account_merges":
            mark_circles(connection, staged.whole)
        mark_moved_twice(connection, staged.whole)
        columns[name] = _keep(connection, staged.whole)
        if name == "accounts":
            found += clean_domains(connection, place)
            companies = identify_companies(connection, columns[name], place, places.get("account_merges"), intake.identity)
            merges = companies.merges
            mark_merged(connection, staged.whole, merges)
            found += [*companies.findings, *shared_domains(connection, place)]
        of_files = []
        for part, own in zip(parts, staged.each, strict=True):
            account = account_for(connection, own, part.exempt)
            of_files.append(account.count)
            left_out += [account.left_out] if account.left_out else []
            found += [*part.mapped.findings, *account.findings]
            check_share(account, part.mapped.raw, intake.max_left_out, exempt | part.exempt)
            newest += newest_moment(connection, own)
            moments += any_moment(connection, own)
        counts.append(add_counts(name, of_files))
        sums[name] = _content(connection, name, columns[name])
        if name == "contacts":
            columns[name], said = standardise_people(connection, columns[name], place)
            found += said
        connection.execute(f"DROP TABLE {staged.whole.staged}")
        connection.execute(f"DROP TABLE {staged.whole.faults}")
    if not newest and not moments:
        raise SourceError("no row of any table has a date", hint="a deal has created_at: when it was opened")
    return Warehouse(
        connection=connection,
        columns={name: columns[name] for name in TABLES if name in columns},
        counts=tuple(sorted(counts, key=lambda c: list(TABLES).index(c.table))),
        newest=max(newest or moments),  # where no deal is used there may be no other
        fingerprint=hashlib.sha256("\n".join(sums[name] for name in TABLES if name in sums).encode()).hexdigest(),
        findings=tuple(found),
        left_out=tuple(left_out),
        places={name: places[name] for name in TABLES if name in places},
        merges=merges,
    )


def _in_order(feeds: Sequence[Feed], adding: Mapping[str, Sequence[int]]) -> list[str]:
    """Who is who first, then the contract's order; last, what looks its accounts up in other tables."""
    later = [name for name in TABLES if any((through := feeds[i].account_from) and through.table for i in adding[name])]
    return [*(name for name in ORDER if name not in later), *later]


def _keep(connection: duckdb.DuckDBPyConnection, staged: Staged) -> tuple[str, ...]:
    """The clean table under its contract name, in the order of its key; without one by account, so that an account's rows lie together.

    Nothing may depend on the order of rows: it is there for speed. Putting 20 million events into the order of everything
    takes as long again.
    """
    table = staged.table
    if moves(connection, staged):
        names, joins = moved_columns(staged)
    else:
        names, joins = [*(f"s.{quoted(n)}" for n in staged.names), f"{seen(table, staged.names)} AS visible_at"], ""
    order = ", ".join(quoted(n) for n in table.key or [n for n in staged.names if n == "account_id"] or staged.names)
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

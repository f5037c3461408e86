"""Whose rows are they? A feed names companies by id, by domain or e-mail address, or by something that has an account."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pandas as pd

from icpfit.config import AccountFrom
from icpfit.errors import ConfigError
from icpfit.sources.companies import MEMBERS
from icpfit.sources.csvfile import open_csv
from icpfit.sources.directory import DOMAINS, account_of_domain
from icpfit.sources.feed_formats import FeedPlan, named_column
from icpfit.sources.mapping import closest
from icpfit.sources.parquetfile import open_parquet
from icpfit.sources.raw import RawTable
from icpfit.sources.sql import id_of, literal, quoted, text_of

GIVEN = {"account_id": "icpfit id", "domain": "icpfit domain", "by": "icpfit by"}
"""Columns of a feed's copy that say whose a row is."""

Kept = Mapping[str, tuple[str, ...]]
"""The clean tables that are there already, with their columns."""


@dataclass(frozen=True, slots=True)
class AccountSql:
    """``sql`` gives the account of a row of ``f``, the feed's copy, after ``joins``; where there is none, what the row says."""

    sql: str
    joins: str
    temporary: tuple[str, ...]


def find_accounts(connection: duckdb.DuckDBPyConnection, plan: FeedPlan, copied: str, number: int, kept: Kept) -> AccountSql:
    """Look up every account that a feed's copy speaks of.

    Raises:
        ConfigError: ``account_from`` names a table or column that is not there.
        SourceError: its file cannot be read.
    """
    joins: list[str] = []
    temporary: list[str] = []
    identifier = f'f."{GIVEN["account_id"]}"' if "account_id" in plan.columns else None
    domain = f'f."{GIVEN["domain"]}"' if "domain" in plan.columns else None
    said = ["NULL"]
    through = plan.feed.account_from
    if through is not None:
        named = f"icpfit through {number}"
        _named_by(connection, through, plan.setting, named, kept)
        temporary.append(named)
        by = f'f."{GIVEN["by"]}"'
        joins.append(f"LEFT JOIN {quoted(named)} t ON t.named = {id_of(by)}")
        identifier, domain = (None, "t.taken") if plan.by_domain else ("t.taken", None)
        said.append(f"{literal(through.by + ' ')} || {by}")
    if domain is not None:
        matched = f"icpfit domains {number}"
        _match_domains(connection, domain, f"{quoted(copied)} f {' '.join(joins)}", matched)
        temporary.append(matched)
        joins.append(f"LEFT JOIN {quoted(matched)} d ON d.given = {domain}")
        said.insert(0, f"'domain ' || {domain}")
        if identifier is None:
            return AccountSql(f"coalesce(d.account_id, {', '.join(said)})", " ".join(joins), tuple(temporary))
        known = f"(SELECT account_id FROM accounts UNION SELECT account_id FROM {MEMBERS})"
        joins.append(f"LEFT JOIN {known} a ON a.account_id = {id_of(identifier)}")
        sql = f"coalesce(a.account_id, d.account_id, {identifier}, {', '.join(said)})"
        return AccountSql(sql, " ".join(joins), tuple(temporary))
    return AccountSql(f"coalesce({identifier}, {', '.join(said)})", " ".join(joins), tuple(temporary))


def open_file(connection: duckdb.DuckDBPyConnection, path: Path, alias: str) -> RawTable:
    """A CSV file with any separator, or Parquet. Raises SourceError for a file fault."""
    if path.suffix.lower() in (".parquet", ".pq"):
        return open_parquet(connection, path)
    return open_csv(connection, path, separator=None, alias=alias)


def _named_by(connection: duckdb.DuckDBPyConnection, through: AccountFrom, setting: str, name: str, kept: Kept) -> None:
    """A table of what can be named, with what it says of its account; what says two different things says nothing."""
    setting = f"{setting}.account_from"
    if through.path is not None:
        raw = open_file(connection, through.path, f"{setting}")
        raw = raw.row_by_row() if raw.row_by_row is not None else raw  # users' files are small, and may have a broken line
        key, take = named_column(raw, through.there, f"{setting}.key"), named_column(raw, through.take, f"{setting}.take")
        cells = [f"CAST({text_of(c.sql, c.duck_type)} AS VARCHAR)" for c in (key, take)]
        relation = raw.relation
    else:
        table = str(through.table)
        if table not in kept:
            raise ConfigError(f"{setting}.table: the table {table!r} is not there, or is read later", hint=closest(table, kept) or None)
        for column in (through.there, through.take):
            if column not in kept[table]:
                raise ConfigError(f"{setting}: {table} has no column {column!r}", hint=closest(column, kept[table]) or None)
        cells, relation = [quoted(through.there), quoted(through.take)], quoted(table)
    connection.execute(f"""
        CREATE TEMP TABLE {quoted(name)} AS SELECT named, min(taken) AS taken
        FROM (SELECT {id_of(cells[0])} AS named, {cells[1]} AS taken FROM {relation})
        WHERE named IS NOT NULL AND taken IS NOT NULL GROUP BY named HAVING count(DISTINCT taken) = 1""")


def _match_domains(connection: duckdb.DuckDBPyConnection, domain: str, rows: str, name: str) -> None:
    """A table of the texts that name a known account's domain, with the account. A mail provider names nobody."""
    texts = connection.execute(f"SELECT DISTINCT {domain} FROM {rows} WHERE {domain} IS NOT NULL").fetchall()
    # All addresses at one host are looked up once.
    hosts = {text: text if "/" in text else text.rsplit("@", 1)[-1] for (text,) in texts}
    account_of_domain(connection, ())  # writes the table of all domains
    known = {domain for (domain,) in connection.sql(f"SELECT domain FROM {DOMAINS}").fetchall()}
    accounts = account_of_domain(connection, (host for host in hosts.values() if _may_be_known(host, known)))
    found = [(text, accounts[host]) for text, host in hosts.items() if host in accounts]
    columns = {"given": [text for text, _ in found], "account_id": [account for _, account in found]}
    frame = pd.DataFrame(columns, dtype="str")
    connection.register("icpfit_given", frame)
    connection.execute(f"CREATE TEMP TABLE {quoted(name)} AS SELECT * FROM icpfit_given")
    connection.unregister("icpfit_given")


def _may_be_known(host: str, known: Container[str]) -> bool:
    """False where a plain host ends on no account's domain: most hosts of a file about the whole market, at little cost.

    >>> [_may_be_known(h, {"acme.com"}) for h in ("WWW.acme.com", "eu.acme.com", "acme.org", "https://x.org/")]
    [True, True, False, True]
    """
    if "/" in host or ":" in host or not host.isascii():
        return True
    labels = host.lower().strip(" .").split(".")
    return any(".".join(labels[i:]) in known for i in range(len(labels) - 1))

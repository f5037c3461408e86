"""The accounts' domains: brought to one form in the table, and what looks odd about them."""

from __future__ import annotations

import duckdb
import numpy as np
import pandas as pd

from icpfit.sources.identity import is_free_email, normalise_domains
from icpfit.sources.rows import DataFinding


def clean_domains(connection: duckdb.DuckDBPyConnection, place: str) -> tuple[DataFinding, ...]:
    """Normalise ``accounts.domain`` in place. What is no domain becomes NULL; the row stays, since account_id decides."""
    texts = connection.execute("SELECT DISTINCT domain FROM accounts WHERE domain IS NOT NULL ORDER BY domain").fetchall()
    given = np.array([t[0] for t in texts], dtype=object)
    clean = normalise_domains(given)
    changed = pd.DataFrame({"given": pd.Series(given, dtype="str"), "clean": pd.Series(clean, dtype="str")})
    changed = changed[changed["clean"].isna() | (changed["given"] != changed["clean"])]
    findings = []
    bad = changed.loc[changed["clean"].isna(), "given"].tolist()
    if bad:
        rows = _count(connection, bad)
        words = f"{place}: {rows:,} of the accounts have a domain that is none, e.g. {bad[0][:60]!r}. They stay, without a domain."
        findings.append(DataFinding("DOMAIN-INVALID", "warning", "accounts", words, rows))
    if len(changed):
        connection.register("icpfit_domains", changed)
        connection.execute("UPDATE accounts SET domain = d.clean FROM icpfit_domains d WHERE accounts.domain = d.given")
        connection.unregister("icpfit_domains")
    free = sorted({d for d in clean if d is not None and is_free_email(d)})
    if free:
        rows = _count(connection, free)
        words = f"{place}: {rows:,} of the accounts have a free mail provider's domain, e.g. {free[0]!r}; nothing is matched by it."
        findings.append(DataFinding("DOMAIN-FREE-EMAIL", "note", "accounts", words, rows))
    return tuple(findings)


def shared_domains(connection: duckdb.DuckDBPyConnection, place: str) -> tuple[DataFinding, ...]:
    """What is said of accounts that still share a domain, once duplicates are merged."""
    shared = connection.execute("""
        SELECT domain, count(*) AS n FROM accounts WHERE domain IS NOT NULL
        GROUP BY domain HAVING count(*) > 1 ORDER BY n DESC, domain""").fetchall()
    shared = [(d, int(n)) for d, n in shared if not is_free_email(d)]
    if not shared:
        return ()
    domain, n = shared[0]
    rows = sum(n for _, n in shared)
    words = f"{place}: {rows:,} accounts share a domain with others, e.g. {n} have {domain!r}; the domain alone does not tell which."
    return (DataFinding("DOMAIN-SHARED", "warning", "accounts", words, rows),)


def _count(connection: duckdb.DuckDBPyConnection, domains: list[str]) -> int:
    found = connection.execute("SELECT count(*) FROM accounts WHERE domain IN (SELECT unnest(?::VARCHAR[]))", [domains]).fetchall()
    return int(found[0][0])

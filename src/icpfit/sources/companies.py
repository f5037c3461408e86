"""From accounts to companies: duplicates are merged in the table ``accounts``, and every other table can look up who is who.

Two tables are left in the connection for those who come later: ``icpfit_members``, the accounts that were merged away
(``account_id, kept_id, visible_at, rank``), and ``icpfit_domain_claims``, who has which domain (see
:mod:`icpfit.sources.directory`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from icpfit.config_identity import IdentitySettings
from icpfit.errors import ConfigError
from icpfit.plural import counted
from icpfit.sources.identity import company_domain, names_company, normalise_domain, registrable_domain, split_domains
from icpfit.sources.merges import Account, Merge, Merges, find_merges, follow_chains
from icpfit.sources.rows import DataFinding
from icpfit.sources.sql import quoted
from icpfit.sources.staging import CELL, MERGED, REASON, ROW, SUBJECT, Staged

MEMBERS = "icpfit_members"
CLAIMS = "icpfit_domain_claims"

CIRCLE = "merged in a circle"

AS_EARLY = "k.visible_at IS NOT DISTINCT FROM a.visible_at"
"""Of the kept account ``k`` and a merged one ``a``: both became known at once. (None became known before the kept one.)"""


@dataclass(frozen=True)
class Companies:
    """``merges`` in the order of the merged ids, also of ids that only other tables still name."""

    merges: tuple[Merge, ...]
    findings: tuple[DataFinding, ...]


def mark_circles(connection: duckdb.DuckDBPyConnection, staged: Staged) -> None:
    """Mark the rows of ``account_merges`` that lead back to themselves: nobody can tell which account is kept."""
    _, circles = follow_chains(_crm_rows(connection, f"{staged.staged} s {staged.good}"))
    if circles:
        connection.execute(
            f"""INSERT INTO {staged.faults} SELECT s.rowid, '{CIRCLE}', 'merged_into', s.merged_into
            FROM {staged.staged} s {staged.good} AND s.account_id IN (SELECT unnest(?::VARCHAR[]))""",
            [sorted(circles)],
        )


def identify_companies(
    connection: duckdb.DuckDBPyConnection, columns: tuple[str, ...], place: str, merges_place: str | None, settings: IdentitySettings
) -> Companies:
    """Merge the duplicates in the clean table ``accounts``, whose domains are normalised, and write the two tables.

    The account known first is kept. Its empty fields are filled from those that were known as early as it was, and
    from no other, so that what was known of it at a moment does not depend on accounts that came later.

    Raises:
        ConfigError: a setting of ``identity`` names what is no domain.
    """
    names_columns = set(columns)
    never = _domains_of_settings(settings)
    _write_domains(connection, names_columns)
    crm, _ = follow_chains(_crm_rows(connection, "account_merges s WHERE true") if merges_place is not None else {})
    accounts = _candidates(connection, names_columns, crm)
    found = find_merges(accounts, crm, settings.model_copy(update={"never_merge_domains": never}))
    known = _known(connection, {*crm, *crm.values(), *settings.alone, *(one for pair in settings.apart for one in pair)})
    elsewhere, nowhere = _of_other_tables(crm if settings.merge_by_crm else {}, known, found, settings)
    merges = tuple(sorted((*found.merged, *elsewhere), key=lambda m: m.account_id))
    _write_members(connection, merges)
    if found.merged:
        _fill(connection, columns)
        connection.execute(f"DELETE FROM accounts WHERE account_id IN (SELECT account_id FROM {MEMBERS})")
    findings = (*_kin(place, found), *_nowhere(merges_place, nowhere), *_unknown(settings, known | set(crm)))
    return Companies(merges, findings)


def mark_merged(connection: duckdb.DuckDBPyConnection, staged: Staged, merges: tuple[Merge, ...]) -> None:
    """Count the merged rows of ``accounts`` under a reason of their own, each with the account it is now part of."""
    if not merges:
        return
    _register(connection, "icpfit_merge_words", ("account_id", "words"), [(m.account_id, words_of(m)) for m in merges])
    connection.execute(f"""
        INSERT INTO {staged.faults} SELECT s.rowid AS {ROW}, '{MERGED}' AS {REASON}, 'merged into' AS {SUBJECT}, w.words AS {CELL}
        FROM {staged.staged} s JOIN icpfit_merge_words w ON w.account_id = s.account_id {staged.good}""")
    connection.unregister("icpfit_merge_words")


def words_of(merge: Merge) -> str:
    """The account that is kept, and why.

    >>> words_of(Merge("A2", "A1", "domain", "acme.com", None, 1))
    'A1 (both acme.com)'
    """
    why = {"crm": "merged in the CRM", "parent": "its parent or a sister", "domain": f"both {merge.domain}"}
    return f"{merge.merged_into} ({why[merge.reason]})"


def _write_domains(connection: duckdb.DuckDBPyConnection, columns: set[str]) -> None:
    """``icpfit_domains_of``: each domain of each account with the registrable one that is the company's own, and the claims."""
    more: list[tuple[str, str, int]] = []
    if "additional_domains" in columns:
        cells = connection.sql("SELECT account_id, additional_domains FROM accounts WHERE additional_domains IS NOT NULL").fetchall()
        more = [(one, domain, place) for one, cell in cells for place, domain in enumerate(split_domains(cell), start=1)]
    _register(connection, "icpfit_more", ("account_id", "domain", "place"), more)
    connection.execute("""
        CREATE OR REPLACE TEMP TABLE icpfit_domains_of AS
        SELECT account_id, domain, min(place) AS place FROM (
            SELECT account_id, domain, 0 AS place FROM accounts WHERE domain IS NOT NULL
            UNION ALL SELECT account_id, domain, place FROM icpfit_more) GROUP BY account_id, domain""")
    written = [d for (d,) in connection.sql("SELECT DISTINCT domain FROM icpfit_domains_of").fetchall()]
    _register(connection, "icpfit_own", ("domain", "own"), [(d, company_domain(d)) for d in written if names_company(d)])
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE icpfit_domains_of AS
        SELECT d.account_id, d.domain, d.place, o.own FROM icpfit_domains_of d JOIN icpfit_own o ON o.domain = d.domain;
        CREATE OR REPLACE TEMP TABLE {CLAIMS} AS
        SELECT c.domain, c.account_id, min(c.level) AS level FROM (
            SELECT domain, account_id, least(place, 1) AS level FROM icpfit_domains_of
            UNION ALL SELECT own, account_id, 2 FROM icpfit_domains_of WHERE own IS NOT NULL) c GROUP BY c.domain, c.account_id""")
    for name in ("icpfit_more", "icpfit_own"):
        connection.unregister(name)


def _candidates(connection: duckdb.DuckDBPyConnection, columns: set[str], crm: Mapping[str, str]) -> list[Account]:
    """The accounts that something may join with others: a domain that another has, a merge in the CRM, a parent."""
    parent = "parent_id" if "parent_id" in columns else "CAST(NULL AS VARCHAR)"
    rows = connection.execute(
        f"""
        WITH shared AS (SELECT own FROM icpfit_domains_of WHERE own IS NOT NULL GROUP BY own HAVING count(DISTINCT account_id) > 1),
        has AS (SELECT account_id, list(own ORDER BY place, own) AS own FROM icpfit_domains_of JOIN shared USING (own) GROUP BY account_id)
        SELECT a.account_id, a.visible_at, coalesce(h.own, []), a.{parent} FROM accounts a LEFT JOIN has h ON h.account_id = a.account_id
        WHERE h.account_id IS NOT NULL OR a.{parent} IS NOT NULL OR a.account_id IN (SELECT unnest(?::VARCHAR[]))
        ORDER BY a.account_id""".replace("a.CAST", "CAST"),
        [sorted({*crm, *crm.values()})],
    ).fetchall()
    return [Account(one, since, tuple(dict.fromkeys(own)), above) for one, since, own, above in rows]


def _crm_rows(connection: duckdb.DuckDBPyConnection, relation: str) -> dict[str, str]:
    return dict(connection.sql(f"SELECT s.account_id, s.merged_into FROM {relation} ORDER BY s.account_id").fetchall())


def _known(connection: duckdb.DuckDBPyConnection, asked: set[str]) -> set[str]:
    """Which of the ids are accounts."""
    listed = "SELECT account_id FROM accounts WHERE account_id IN (SELECT unnest(?::VARCHAR[]))"
    return {one for (one,) in connection.execute(listed, [sorted(asked)]).fetchall()}


def _of_other_tables(
    crm: Mapping[str, str], known: set[str], found: Merges, settings: IdentitySettings
) -> tuple[list[Merge], list[tuple[str, str]]]:
    """Merged ids that ``accounts`` no longer has, which other tables may still name; and merges into what is no account."""
    kept = {m.account_id: m.merged_into for m in found.merged}
    company = {last: kept.get(one, one) for one, last in sorted(crm.items(), reverse=True) if one in known}
    company |= {last: kept.get(last, last) for last in crm.values() if last in known}
    elsewhere: list[Merge] = []
    nowhere: list[tuple[str, str]] = []
    for one, last in crm.items():
        if one in known:
            continue
        into = company.get(last)
        if into is None:
            nowhere.append((one, last))
        elif one not in settings.alone and frozenset((one, into)) not in settings.apart:
            elsewhere.append(Merge(one, into, "crm", None, None, len(found.merged) + len(elsewhere) + 1))
    return elsewhere, nowhere


def _write_members(connection: duckdb.DuckDBPyConnection, merges: tuple[Merge, ...]) -> None:
    rows = [(m.account_id, m.merged_into, m.known_at, m.rank) for m in merges]
    _register(connection, "icpfit_merges", ("account_id", "kept_id", "visible_at", "rank"), rows)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {MEMBERS} AS SELECT * FROM icpfit_merges")
    connection.unregister("icpfit_merges")


def _fill(connection: duckdb.DuckDBPyConnection, columns: tuple[str, ...]) -> None:
    """Fill the kept accounts' empty fields from the first of their duplicates that was known as early and has the field."""
    fields = [quoted(c) for c in columns if c not in ("account_id", "recorded_at", "visible_at")]
    firsts = ", ".join(f"arg_min(a.{f}, m.rank) FILTER (WHERE a.{f} IS NOT NULL) AS {f}" for f in fields)
    connection.execute(f"""
        UPDATE accounts SET {", ".join(f"{f} = coalesce(accounts.{f}, filled.{f})" for f in fields)}
        FROM (SELECT m.kept_id, {firsts} FROM {MEMBERS} m JOIN accounts a ON a.account_id = m.account_id
            JOIN accounts k ON k.account_id = m.kept_id AND {AS_EARLY} GROUP BY m.kept_id) filled
        WHERE accounts.account_id = filled.kept_id""")


def _register(connection: duckdb.DuckDBPyConnection, name: str, columns: tuple[str, ...], rows: Sequence[tuple[object, ...]]) -> None:
    cells = list(zip(*rows, strict=True)) or [()] * len(columns)
    whole = ("place", "rank", "visible_at")
    types = [pa.int64() if c in whole else pa.string() for c in columns]
    connection.register(name, pa.table([pa.array(list(c), t) for c, t in zip(cells, types, strict=True)], names=list(columns)))


def _domains_of_settings(settings: IdentitySettings) -> tuple[str, ...]:
    """``never_merge_domains`` as they are compared: normalised, and the registrable part of each."""
    found = []
    for text in settings.never_merge_domains:
        domain = normalise_domain(text)
        if domain is None:
            raise ConfigError(f"identity.never_merge_domains: {text!r} is not a domain", hint="write it as acme.com")
        found.append(registrable_domain(domain) or domain)
    return tuple(found)


def _kin(place: str, found: Merges) -> list[DataFinding]:
    if not found.kin:
        return []
    n = len(found.kin)
    words = (
        f"{place}: {counted(n, 'account')} with a parent {'shares' if n == 1 else 'share'} a domain with a relative, e.g. "
        f"{found.kin[0]!r}, and {'stays' if n == 1 else 'stay'} apart as {'a company' if n == 1 else 'companies'} of "
        f"{'its' if n == 1 else 'their'} own. If they are to count as one, say identity: {{parents: roll_up}}."
    )
    return [DataFinding("IDENTITY-RELATIVES", "note", "accounts", words, n)]


def _nowhere(place: str | None, nowhere: list[tuple[str, str]]) -> list[DataFinding]:
    if not nowhere:
        return []
    one, last = nowhere[0]
    words = (
        f"{place}: {counted(len(nowhere), 'row merges', 'rows merge')} into an account that is not in accounts, "
        f"e.g. {one!r} into {last!r}. Nothing was moved: add the account, or leave out the row."
    )
    return [DataFinding("IDENTITY-MERGED-NOWHERE", "warning", "account_merges", words, len(nowhere))]


def _unknown(settings: IdentitySettings, known: set[str]) -> list[DataFinding]:
    asked = sorted({*settings.alone, *(one for pair in settings.apart for one in pair)} - known)
    if not asked:
        return []
    words = (
        f"identity.keep_apart names {counted(len(asked), 'account')} that accounts does not have, e.g. {asked[0]!r}: look at the spelling."
    )
    return [DataFinding("IDENTITY-UNKNOWN", "warning", "accounts", words, len(asked))]

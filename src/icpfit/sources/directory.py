"""Which account an id or a domain means, also after duplicates were merged: for target lists and for files that name domains."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import duckdb
import pyarrow as pa

from icpfit.moments import Micros
from icpfit.sources.companies import CLAIMS, MEMBERS
from icpfit.sources.identity import names_company, normalise_domain, registrable_domain

DOMAINS = "icpfit_account_domains"
"""``domain, account_id``: each domain of an account, as it is and as it is registered. Made by ``account_of_domain``."""

_SCHEMA = pa.schema([("domain", pa.string()), ("account_id", pa.string())])
_RANKED = f"""
    SELECT c.domain, c.account_id, coalesce(m.kept_id, c.account_id) AS kept_id, coalesce(m.visible_at, a.visible_at) AS since,
        c.level, coalesce(a.child, 0) AS child
    FROM {CLAIMS} c LEFT JOIN {MEMBERS} m ON m.account_id = c.account_id
    LEFT JOIN (SELECT account_id, visible_at, {{child}} AS child FROM accounts) a ON a.account_id = c.account_id"""


@dataclass(frozen=True, slots=True)
class Claim:
    """An account that an id or a domain may mean, known since ``since`` (None: always)."""

    account_id: str
    since: Micros | None = None

    def known(self, moment: Micros | None) -> bool:
        return self.since is None or moment is None or self.since < moment


@dataclass(frozen=True)
class Directory:
    """``ids``: every id that ever named an account; ``domains``: who has a domain, those it means first in front."""

    ids: Mapping[str, Claim] = field(default_factory=dict)
    domains: Mapping[str, Sequence[Claim]] = field(default_factory=dict)

    @classmethod
    def of(cls, ids: Iterable[str], by_domain: Mapping[str, str]) -> Directory:
        """A directory of accounts that were never merged."""
        return cls({one: Claim(one) for one in ids}, {d: (Claim(one),) for d, one in by_domain.items()})

    def by_id(self, account_id: str | None, moment: Micros | None) -> str | None:
        """The account that is kept; a merged id means it once that id itself was known. None where nobody has it."""
        claim = self.ids.get(account_id) if account_id is not None else None
        if claim is None or (claim.account_id != account_id and not claim.known(moment)):
            return None
        return claim.account_id

    def by_domain(self, domain: str | None, moment: Micros | None) -> str | None:
        """The account that has a normalised domain, or the domain that it is a part of; among several, of those known then."""
        if domain is None or not names_company(domain):
            return None
        claims = [c for key in dict.fromkeys((domain, registrable_domain(domain))) if key is not None for c in self.domains.get(key, ())]
        known = next((c for c in claims if c.known(moment)), None)
        return known.account_id if known is not None else claims[0].account_id if claims else None


def directory_of(connection: duckdb.DuckDBPyConnection) -> Directory:
    """The directory of a warehouse's accounts. A domain means the account that has it as its own, before those that have it
    among others or have a part of it; then the one known first, then a parent before its subsidiaries, then the first id.
    """
    ids = {one: Claim(one, since) for one, since in connection.sql("SELECT account_id, visible_at FROM accounts").fetchall()}
    ids |= {
        one: Claim(kept, since) for one, kept, since in connection.sql(f"SELECT account_id, kept_id, visible_at FROM {MEMBERS}").fetchall()
    }
    rows = connection.sql(
        f"SELECT domain, kept_id, since FROM ({_ranked(connection)}) ORDER BY level, since NULLS FIRST, child, account_id"
    )
    domains: dict[str, list[Claim]] = {}
    for domain, kept, since in rows.fetchall():
        domains.setdefault(domain, []).append(Claim(kept, since))
    return Directory(ids, domains)


def account_of_domain(connection: duckdb.DuckDBPyConnection, texts: Iterable[str | None]) -> dict[str, str]:
    """Texts that hold a domain (URLs and addresses too) -> the id of the account that has it; others are left out.

    For readers of files that name domains, once ``accounts`` is read. A row with such an id goes the way of every row:
    where the account was merged away, it moves to the one that is kept. Among several accounts the one known first
    is meant, so that accounts that come later change nothing. Also leaves the table ``icpfit_account_domains``.
    """
    claims = connection.sql(f"""
        SELECT domain, account_id FROM ({_ranked(connection)}) ORDER BY since NULLS FIRST, level, child, account_id""").fetchall()
    place: dict[str, int] = {}
    for i, (domain, _) in enumerate(claims):
        place.setdefault(domain, i)

    def claim(domain: str) -> str | None:
        keys = (domain, registrable_domain(domain) or domain)
        first = min((place[key] for key in keys if key in place), default=None)
        return None if first is None else claims[first][1]

    connection.register("icpfit_found", pa.table({"domain": list(place), "account_id": [claim(d) for d in place]}, _SCHEMA))
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {DOMAINS} AS SELECT domain, account_id FROM icpfit_found")
    connection.unregister("icpfit_found")
    found: dict[str, str] = {}
    for text in dict.fromkeys(texts):
        domain = normalise_domain(text)
        if text is not None and domain is not None and names_company(domain) and (account := claim(domain)) is not None:
            found[text] = account
    return found


def _ranked(connection: duckdb.DuckDBPyConnection) -> str:
    columns = connection.sql("SELECT * FROM accounts LIMIT 0").columns
    child = "CASE WHEN parent_id IS NOT NULL THEN 1 ELSE 0 END" if "parent_id" in columns else "0"
    return _RANKED.format(child=child)

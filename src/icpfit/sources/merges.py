"""Which accounts are one company: by a domain of their own, by the CRM's merges, by parent.

Accounts are looked at in the order in which they became known, and each joins a company that is there already
or founds one. So what is found among the accounts known at a moment is the same whatever accounts come later.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from icpfit.config_identity import IdentitySettings

Reason = Literal["crm", "domain", "parent"]
_Key = tuple[Reason, str]
_RANK: dict[Reason, int] = {"crm": 0, "parent": 1, "domain": 2}
ALWAYS = -(2**63)
"""The time since which an account without recorded_at is known."""


@dataclass(frozen=True, slots=True)
class Account:
    """``known_at`` in microseconds (None: always); ``domains`` are registrable domains of its own, the first one first."""

    account_id: str
    known_at: int | None = None
    domains: tuple[str, ...] = ()
    parent_id: str | None = None

    @property
    def since(self) -> int:
        return ALWAYS if self.known_at is None else self.known_at


@dataclass(frozen=True, slots=True)
class Merge:
    """``account_id`` is the same company as ``merged_into``, which is kept; ``domain`` where a domain says so.

    ``rank``: 1 for the first account that was merged into it, 2 for the second; ``known_at`` is the merged account's.
    """

    account_id: str
    merged_into: str
    reason: Reason
    domain: str | None
    known_at: int | None
    rank: int


@dataclass
class _Company:
    """Accounts that are one company, in the order in which they joined, with what joined them."""

    number: int
    founded: int
    members: list[tuple[Account, _Key | None]]
    joined: _Company | None = None

    @property
    def accounts(self) -> Iterator[Account]:
        return (account for account, _ in self.members)


@dataclass(frozen=True)
class Merges:
    """``merged``: every account that is not kept. ``kin``: accounts that share a domain with relatives, and stay apart."""

    merged: tuple[Merge, ...]
    kin: tuple[str, ...]


def find_merges(accounts: Iterable[Account], crm: Mapping[str, str], settings: IdentitySettings) -> Merges:
    """The accounts that are another one, by ``settings``; ``crm`` maps merged ids to the last of their chain.

    The account known first is kept, of those known at once the one that the CRM did not merge away, then the one
    without a parent, then the first id.
    """
    crm = crm if settings.merge_by_crm else {}
    everyone = list(accounts)
    keys = _shared_keys(everyone, crm, settings)
    search = _Search(settings)
    looked_at = [a for a in everyone if a.account_id in keys or a.parent_id is not None] if keys else []
    looked_at.sort(key=lambda a: (a.since, a.account_id in crm, a.parent_id is not None, a.account_id))
    for _, together in groupby(looked_at, key=lambda a: a.since):
        batch = list(together)
        search.learn_parents(batch)
        for account in batch:
            if account.account_id in keys:
                search.place(account, keys[account.account_id])
    return search.result()


def follow_chains(rows: Mapping[str, str]) -> tuple[dict[str, str], frozenset[str]]:
    """Each merged id with the last of its chain, and the ids that go round in a circle: those are not merged.

    >>> last, circles = follow_chains({"A3": "A2", "A2": "A1", "X": "Y", "Y": "X", "Z": "X"})
    >>> last, sorted(circles)
    ({'A3': 'A1', 'A2': 'A1', 'Z': 'X'}, ['X', 'Y'])
    """
    last: dict[str, str] = {}
    circles: set[str] = set()
    for start in rows:
        path: list[str] = []
        seen: set[str] = set()
        at = start
        while at in rows and at not in seen and at not in last and at not in circles:
            seen.add(at)
            path.append(at)
            at = rows[at]
        if at in seen:
            circle = path[path.index(at) :]
            circles.update(circle)
            path = path[: path.index(at)]
        end = last.get(at, at)
        last.update(dict.fromkeys(path, end))
    return {one: last[one] for one in rows if one in last}, frozenset(circles)


def _shared_keys(accounts: Sequence[Account], crm: Mapping[str, str], settings: IdentitySettings) -> dict[str, tuple[_Key, ...]]:
    """For each account what may join it with others, strongest first; nothing that no other account has."""
    targets = frozenset(crm.values())
    never = frozenset(settings.never_merge_domains)
    made: dict[str, list[_Key]] = {}
    for a in accounts:
        if a.account_id in settings.alone:
            continue
        own: list[_Key] = []
        if a.account_id in crm or a.account_id in targets:
            own.append(("crm", crm.get(a.account_id, a.account_id)))
        if settings.parents == "roll_up":
            own += [("parent", one) for one in dict.fromkeys((a.account_id, a.parent_id)) if one is not None]
        if settings.merge_by_domain:
            own += [("domain", d) for d in dict.fromkeys(a.domains) if d not in never]
        made[a.account_id] = own
    times = Counter(key for own in made.values() for key in own)
    return {one: shared for one, own in made.items() if (shared := tuple(k for k in own if times[k] > 1))}


class _Search:
    """The companies found so far. ``by_key``: which companies have a key, by the tree of relatives of their founders ("" = none)."""

    def __init__(self, settings: IdentitySettings) -> None:
        self.settings = settings
        self.apart = settings.apart
        self.companies: list[_Company] = []
        self.by_key: dict[_Key, dict[str, list[_Company]]] = {}
        self.tree: dict[str, str] = {}
        self.kin: dict[str, None] = {}

    def learn_parents(self, accounts: Iterable[Account]) -> None:
        for a in accounts:
            if a.parent_id is not None:
                self.tree[self._root(a.account_id)] = self._root(a.parent_id)

    def place(self, account: Account, keys: tuple[_Key, ...]) -> None:
        """Let an account join the company that the strongest of its keys names, or found one."""
        home: _Company | None = None
        for key, candidate in self._candidates(account, keys):
            company = _latest(candidate)  # an earlier key may have made it part of another
            if home is None and self._may_join([account], company, key):
                company.members.append((account, key))
                home = company
            elif home is not None and company is not home and max(company.founded, home.founded) == account.since:
                # Both are known no longer than the account that shows them to be one. Older companies stay what they were.
                first, second = sorted((home, company), key=lambda c: c.number)
                if self._may_join(second.accounts, first, key):
                    home = self._join(first, second, key)
        if home is None:
            home = _Company(len(self.companies), account.since, [(account, None)])
            self.companies.append(home)
        tree = self._root(account.account_id) if account.account_id in self.tree else ""
        for key in keys:
            known = self.by_key.setdefault(key, {}).setdefault(tree, [])
            if all(_latest(company) is not home for company in known[-1:]):
                known.append(home)

    def _candidates(self, account: Account, keys: tuple[_Key, ...]) -> list[tuple[_Key, _Company]]:
        """Companies that have one of the account's keys: by the strength of the key, then by age."""
        found: dict[tuple[int, int, int], tuple[_Key, _Company]] = {}
        tree = self._root(account.account_id) if account.account_id in self.tree else None
        for i, key in enumerate(keys):
            for other, companies in self.by_key.get(key, {}).items():
                if key[0] == "domain" and self.settings.parents == "keep_apart" and other and tree and self._root(other) == tree:
                    self.kin[account.account_id] = None
                    continue
                for company in {id(c): c for c in map(_latest, companies)}.values():
                    found[_RANK[key[0]], company.number, i] = (key, company)
        return [found[place] for place in sorted(found)]

    def result(self) -> Merges:
        merged = []
        for company in self.companies:
            if company.joined is not None:
                continue
            kept = company.members[0][0]
            for rank, (account, key) in enumerate(company.members[1:], start=1):
                reason, what = key if key is not None else ("domain", "")
                domain = what if reason == "domain" else None
                merged.append(Merge(account.account_id, kept.account_id, reason, domain, account.known_at, rank))
        return Merges(tuple(sorted(merged, key=lambda m: m.account_id)), tuple(self.kin))

    def _may_join(self, accounts: Iterable[Account], company: _Company, key: _Key) -> bool:
        """Whether nothing forbids it: neither the configuration nor, where only a domain speaks for it, that they are relatives."""
        for a in accounts:
            if self.apart and any(frozenset((a.account_id, b.account_id)) in self.apart for b in company.accounts):
                return False
            if key[0] == "domain" and self.settings.parents == "keep_apart" and a.account_id in self.tree:
                root = self._root(a.account_id)
                if any(b.account_id in self.tree and self._root(b.account_id) == root for b in company.accounts):
                    self.kin[a.account_id] = None
                    return False
        return True

    def _join(self, first: _Company, second: _Company, key: _Key) -> _Company:
        (founder, _), *others = second.members
        first.members += [(founder, key), *others]
        second.members, second.joined = [], first
        return first

    def _root(self, one: str) -> str:
        while (above := self.tree.setdefault(one, one)) != one:
            self.tree[one] = self.tree[above]
            one = above
        return one


def _latest(company: _Company) -> _Company:
    """The company that it is now part of."""
    while company.joined is not None:
        company = company.joined
    return company

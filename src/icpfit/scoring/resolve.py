"""Which account a row of a target list means, and as of which moment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from icpfit.moments import Micros
from icpfit.plural import counted
from icpfit.sources.directory import Directory
from icpfit.sources.identity import company_domain, names_company
from icpfit.sources.rows import DataFinding
from icpfit.sources.targets import NO_MOMENT, TargetList, rejected_rows


@dataclass(frozen=True)
class Resolved:
    """The rows to score, in input order, and those that cannot be scored.

    ``rows`` are positions in the target list's frame; ``account_id`` is the known account or None;
    ``as_of`` microseconds, ``NO_MOMENT`` where neither the row nor the run names one (a source without
    dates). ``rejected`` has ``line``, ``reason``, then the list's own columns. ``findings`` say how many of
    them name an account that is scored, with other values.
    """

    rows: npt.NDArray[np.int64]
    account_id: list[str | None]
    as_of: npt.NDArray[np.int64]
    rejected: pd.DataFrame
    findings: tuple[DataFinding, ...] = ()

    def __post_init__(self) -> None:
        if not len(self.rows) == len(self.account_id) == len(self.as_of):
            raise ValueError("rows, account_id and as_of have one entry per row to score")


def resolve(targets: TargetList, directory: Directory, as_of: Micros | None) -> Resolved:
    """``account_id`` decides where it is known; else the domain, never a mail provider's.

    ``as_of`` is the moment of rows that name none of their own. Two rows are the same only with the same resolved
    account and moment; the second is rejected as "the same as line N", by its account if any other cell differs: then a
    column is named.
    """
    moments = np.where(targets.as_of == NO_MOMENT, NO_MOMENT if as_of is None else as_of, targets.as_of)
    first: dict[tuple[str, str, int], int] = {}
    rows: list[int] = []
    accounts: list[str | None] = []
    doubled: list[int] = []
    scored: list[int] = []
    cells = zip(targets.account_id.tolist(), targets.domain.tolist(), moments.tolist(), strict=True)
    for i, (said_id, domain, moment) in enumerate(cells):
        account, what, which = identify(said_id, domain, directory, None if moment == NO_MOMENT else moment)
        if what != "nobody":
            earlier = first.setdefault((what, which, moment), i)
            if earlier != i:
                doubled.append(i)
                scored.append(earlier)
                continue
        rows.append(i)
        accounts.append(account)
    kept = np.array(rows, dtype=np.int64)
    if not doubled:
        return Resolved(kept, accounts, moments.astype(np.int64), targets.rejected)
    differs = _first_difference(targets, doubled, scored)
    reasons = [
        f"the same as line {line}{f' by its account, which is scored; other values, e.g. {column}' if column is not None else ''}"
        for line, column in zip(targets.line[scored].tolist(), differs, strict=True)
    ]
    repeats = rejected_rows(targets.frame.iloc[doubled], targets.line[doubled], reasons)
    parts = [part for part in (targets.rejected, repeats) if len(part)]
    rejected = pd.concat(parts, ignore_index=True).sort_values("line", kind="stable", ignore_index=True)
    return Resolved(kept, accounts, moments[kept].astype(np.int64), rejected, _contradictions(targets, doubled, scored, differs))


def _first_difference(targets: TargetList, doubled: list[int], scored: list[int]) -> list[str | None]:
    """The first column in which each row says otherwise than the one that is scored; what names the account and the moment says nothing."""
    found: list[str | None] = [None] * len(doubled)
    names = {targets.roles[role] for role in ("account_id", "domain", "as_of") if role in targets.roles}
    for column in (c for c in targets.frame.columns if c not in names):
        cells = targets.frame[column]
        of_repeat, of_scored = (cells.iloc[rows].fillna("").astype(str).str.strip().to_numpy(object) for rows in (doubled, scored))
        for i in np.flatnonzero(of_repeat != of_scored).tolist():
            found[i] = found[i] or str(column)
    return found


def _contradictions(targets: TargetList, doubled: list[int], scored: list[int], differs: list[str | None]) -> tuple[DataFinding, ...]:
    """A warning where rows were left out that say otherwise than the row that is scored in their place."""
    n = sum(column is not None for column in differs)
    if not n:
        return ()
    at, column = next((i, c) for i, c in enumerate(differs) if c is not None)
    here, there = (_cell(targets.frame[column].iloc[row]) for row in (doubled[at], scored[at]))
    name = targets.path.name
    above = "names an account that stands above it" if n == 1 else "name an account that stands above them"
    example = f"line {targets.line[doubled[at]]}: {column} {here}, line {targets.line[scored[at]]} says {there}"
    words = (
        f"{name}: {counted(n, 'row')} {above} with other values, e.g. {example}; the first is scored. "
        "To score another, leave one row per account in the list."
    )
    return (DataFinding("LIST-CONTRADICTED", "warning", name, words, n),)


def _cell(value: object) -> str:
    """
    >>> _cell("20"), _cell(None), _cell(" ")
    ("'20'", 'nothing', 'nothing')
    """
    said = "" if value is None else str(value).strip()
    return f"'{said}'" if said else "nothing"


def identify(account_id: str | None, domain: str | None, directory: Directory, moment: Micros | None = None) -> tuple[str | None, str, str]:
    """The known account, if any, and what makes two rows the same: ``account``, ``domain`` or ``id``, and which one.

    ``domain`` is normalised. Of a company that nobody knows, domains that one owner registered are the same. A row
    with neither an id nor a domain of a company names ``nobody``: two of them may be two companies.

    >>> identify(None, "eu.acme.example", Directory.of(["A1"], {"acme.example": "A1"}))
    ('A1', 'account', 'A1')
    >>> identify("A9", "gmail.com", Directory.of(["A1"], {}))
    (None, 'id', 'A9')
    """
    account = directory.by_id(account_id, moment)
    if account is None:
        account = directory.by_domain(domain, moment)
    if account is not None:
        return account, "account", account
    if domain is not None and names_company(domain):
        return None, "domain", company_domain(domain) or domain
    if account_id is not None:
        return None, "id", account_id
    return None, "nobody", ""

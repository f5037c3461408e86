"""Which account a row of a target list means, and as of which moment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from icpfit.moments import Micros
from icpfit.sources.directory import Directory
from icpfit.sources.identity import company_domain, names_company
from icpfit.sources.targets import NO_MOMENT, TargetList, rejected_rows


@dataclass(frozen=True)
class Resolved:
    """The rows to score, in input order, and those that cannot be scored.

    ``rows`` are positions in the target list's frame; ``account_id`` is the known account or None;
    ``as_of`` microseconds, ``NO_MOMENT`` where neither the row nor the run names one (a source without
    dates). ``rejected`` has ``line``, ``reason``, then the list's own columns.
    """

    rows: npt.NDArray[np.int64]
    account_id: list[str | None]
    as_of: npt.NDArray[np.int64]
    rejected: pd.DataFrame

    def __post_init__(self) -> None:
        if not len(self.rows) == len(self.account_id) == len(self.as_of):
            raise ValueError("rows, account_id and as_of have one entry per row to score")


def resolve(targets: TargetList, directory: Directory, as_of: Micros | None) -> Resolved:
    """``account_id`` decides where it is known; else the domain, never a mail provider's.

    ``as_of`` is the moment of rows that name none of their own. Two rows are the same only with the same resolved
    account and moment; the second is rejected as "the same as line N".
    """
    moments = np.where(targets.as_of == NO_MOMENT, NO_MOMENT if as_of is None else as_of, targets.as_of)
    first_line: dict[tuple[str, str, int], int] = {}
    rows: list[int] = []
    accounts: list[str | None] = []
    doubled: list[int] = []
    reasons: list[str] = []
    cells = zip(targets.account_id.tolist(), targets.domain.tolist(), targets.line.tolist(), moments.tolist(), strict=True)
    for i, (said_id, domain, line, moment) in enumerate(cells):
        account, what, which = identify(said_id, domain, directory, None if moment == NO_MOMENT else moment)
        if what != "nobody":
            earlier = first_line.setdefault((what, which, moment), line)
            if earlier != line:
                doubled.append(i)
                reasons.append(f"the same as line {earlier}")
                continue
        rows.append(i)
        accounts.append(account)
    kept = np.array(rows, dtype=np.int64)
    if not doubled:
        return Resolved(kept, accounts, moments.astype(np.int64), targets.rejected)
    repeats = rejected_rows(targets.frame.iloc[doubled], targets.line[doubled], reasons)
    parts = [part for part in (targets.rejected, repeats) if len(part)]
    rejected = pd.concat(parts, ignore_index=True).sort_values("line", kind="stable", ignore_index=True)
    return Resolved(kept, accounts, moments[kept].astype(np.int64), rejected)


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

"""Which account a row of a target list means, and as of which moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from icpfit.moments import Micros
from icpfit.sources.identity import is_free_email
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


def resolve(targets: TargetList, known_ids: frozenset[str], by_domain: Mapping[str, str], as_of: Micros | None) -> Resolved:
    """``account_id`` decides where it is known; else the domain, never a free-mail domain.

    ``by_domain`` maps normalised domains to accounts; ``as_of`` is the moment of rows that name none of their
    own. Two rows are the same only with the same resolved account and moment; the second is rejected as
    "the same as line N".
    """
    moments = np.where(targets.as_of == NO_MOMENT, NO_MOMENT if as_of is None else as_of, targets.as_of)
    named = {d: d is not None and not is_free_email(d) for d in set(targets.domain.tolist())}
    first_line: dict[tuple[str, str, int], int] = {}
    rows: list[int] = []
    accounts: list[str | None] = []
    doubled: list[int] = []
    reasons: list[str] = []
    cells = zip(targets.account_id.tolist(), targets.domain.tolist(), targets.line.tolist(), moments.tolist(), strict=True)
    for i, (said_id, domain, line, moment) in enumerate(cells):
        account, what, which = identify(said_id, domain if named[domain] else None, known_ids, by_domain)
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


def identify(
    account_id: str | None, domain: str | None, known_ids: frozenset[str], by_domain: Mapping[str, str]
) -> tuple[str | None, str, str]:
    """The known account, if any, and what makes two rows the same: ``account``, ``domain`` or ``id``, and which one.

    ``domain`` is normalised and no free mail provider's. A row with neither names ``nobody``: two of them
    may be two companies.

    >>> identify(None, "acme.example", frozenset({"A1"}), {"acme.example": "A1"})
    ('A1', 'account', 'A1')
    >>> identify("A9", None, frozenset({"A1"}), {})
    (None, 'id', 'A9')
    """
    account = account_id if account_id in known_ids else by_domain.get(domain) if domain is not None else None
    if account is not None:
        return account, "account", account
    if domain is not None:
        return None, "domain", domain
    if account_id is not None:
        return None, "id", account_id
    return None, "nobody", ""

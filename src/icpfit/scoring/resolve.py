"""Which account a row of a target list means, and as of which moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from icpfit.moments import Micros
from icpfit.sources.identity import is_free_email
from icpfit.sources.targets import NO_MOMENT, TargetList


@dataclass(frozen=True)
class Resolved:
    """The rows to score, in input order, and those that cannot be scored.

    ``rows`` are positions in the target list's frame; ``account_id`` is the known account or None;
    ``as_of`` microseconds. ``rejected`` has ``line``, ``reason``, then the list's own columns.
    """

    rows: npt.NDArray[np.int64]
    account_id: list[str | None]
    as_of: npt.NDArray[np.int64]
    rejected: pd.DataFrame

    def __post_init__(self) -> None:
        if not len(self.rows) == len(self.account_id) == len(self.as_of):
            raise ValueError("rows, account_id and as_of have one entry per row to score")


def resolve(targets: TargetList, known_ids: frozenset[str], by_domain: Mapping[str, str], as_of: Micros) -> Resolved:
    """``account_id`` decides where it is known; else the domain, never a free-mail domain.

    ``by_domain`` maps normalised domains to accounts. Two rows are the same only with the same resolved
    account and moment; the second is rejected as "the same as line N".
    """
    moments = np.where(targets.as_of == NO_MOMENT, as_of, targets.as_of)
    first_line: dict[tuple[str, str, int], int] = {}
    rows: list[int] = []
    accounts: list[str | None] = []
    doubled: list[int] = []
    reasons: list[str] = []
    for i, (said_id, domain, line, moment) in enumerate(
        zip(targets.account_id, targets.domain, targets.line.tolist(), moments.tolist(), strict=True)
    ):
        account, identity = identify(said_id, domain, known_ids, by_domain, row=i)
        earlier = first_line.setdefault((*identity, moment), line)
        if earlier != line:
            doubled.append(i)
            reasons.append(f"the same as line {earlier}")
            continue
        rows.append(i)
        accounts.append(account)
    kept = np.array(rows, dtype=np.int64)
    repeats = targets.frame.iloc[doubled].reset_index(drop=True)
    repeats = repeats.rename(columns={c: f"input_{c}" for c in repeats.columns if c in ("line", "reason")})
    repeats.insert(0, "reason", pd.Series(reasons, dtype=object))
    repeats.insert(0, "line", targets.line[doubled])
    parts = [part for part in (targets.rejected, repeats) if len(part)]
    rejected = pd.concat(parts, ignore_index=True).sort_values("line", kind="stable", ignore_index=True) if parts else targets.rejected
    return Resolved(kept, accounts, moments[kept].astype(np.int64), rejected)


def identify(
    account_id: str | None, domain: str | None, known_ids: frozenset[str], by_domain: Mapping[str, str], *, row: int
) -> tuple[str | None, tuple[str, str]]:
    """The known account, if any, and what makes two rows the same.

    A free-mail domain names nobody: two rows with one may be two companies.

    >>> identify(None, "acme.example", frozenset({"A1"}), {"acme.example": "A1"}, row=0)
    ('A1', ('account', 'A1'))
    >>> identify(None, "gmail.com", frozenset(), {"gmail.com": "A1"}, row=3)
    (None, ('row', '3'))
    """
    names_one = domain is not None and not is_free_email(domain)
    account = account_id if account_id in known_ids else (by_domain.get(str(domain)) if names_one else None)
    if account is not None:
        return account, ("account", account)
    if names_one:
        return None, ("domain", str(domain))
    if account_id is not None:
        return None, ("id", str(account_id))
    return None, ("row", str(row))

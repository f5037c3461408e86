"""Which account a row of a target list means, and as of which moment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from icpfit.errors import ConfigError
from icpfit.moments import parse_moment
from icpfit.sources.identity import is_free_email, normalise_domain
from icpfit.sources.targets import TargetList


@dataclass(frozen=True)
class Resolved:
    """The rows that can be scored, in input order, and those that cannot.

    ``rows`` are positions in the target list's frame; ``account_id`` is the known account or None;
    ``as_of`` microseconds. ``rejected`` has ``line`` and ``reason``.
    """

    rows: npt.NDArray[np.int64]
    account_id: list[str | None]
    as_of: npt.NDArray[np.int64]
    rejected: pd.DataFrame


def resolve(targets: TargetList, known_ids: frozenset[str], by_domain: dict[str, str], as_of: int) -> Resolved:
    """``account_id`` decides where it is known; else the domain, never a free-mail domain.

    ``by_domain`` maps normalised domains to accounts. Two rows are the same only with the same resolved
    account and moment; the second is rejected as "the same as line N".
    """
    frame = targets.frame
    ids = _texts(frame, targets.column("account_id"))
    domains = _texts(frame, targets.column("domain"))
    moments = _texts(frame, targets.column("as_of"))
    first_line: dict[tuple[str, str, int], int] = {}
    rows, accounts, times = [], [], []
    rejected = list(zip(targets.rejected["line"], targets.rejected["reason"], strict=True))
    for i, line in enumerate(targets.line):
        moment = as_of
        if moments[i] is not None:
            try:
                moment = parse_moment(moments[i] or "")
            except ConfigError:
                rejected.append((line, f"as_of {moments[i]!r} is not a date"))
                continue
        domain = normalise_domain(domains[i]) if domains[i] is not None else None
        shared = domain is not None and is_free_email(domain)
        account = ids[i] if ids[i] in known_ids else (by_domain.get(domain) if domain is not None and not shared else None)
        if account is not None:
            identity = ("account", account)
        elif domain is not None and not shared:
            identity = ("domain", domain)
        elif ids[i] is not None:
            identity = ("id", str(ids[i]))
        elif domain is not None:
            identity = ("row", str(i))  # a free-mail domain names nobody: two such rows may be two accounts
        else:
            rejected.append((line, "no account_id and no usable domain"))
            continue
        earlier = first_line.setdefault((*identity, moment), int(line))
        if earlier != line:
            rejected.append((line, f"the same as line {earlier}"))
            continue
        rows.append(i)
        accounts.append(account)
        times.append(moment)
    table = pd.DataFrame(rejected, columns=["line", "reason"]).sort_values("line", kind="stable", ignore_index=True)
    return Resolved(np.array(rows, dtype=np.int64), accounts, np.array(times, dtype=np.int64), table)


def _texts(frame: pd.DataFrame, column: str | None) -> list[str | None]:
    if column is None:
        return [None] * len(frame)
    return [None if pd.isna(v) or not str(v).strip() else str(v).strip() for v in frame[column]]

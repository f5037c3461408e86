"""What the win rate would be under other settings of maturity: how much of it hangs on a choice."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from icpfit.outcomes.deals import DealBook
from icpfit.outcomes.win import win_labels

SHARES = (0.5, 0.7, 0.8, 0.9, 0.95, 1.0)
STALE_TRIED = 180
"""days after which an open deal would count as lost, where the company says none"""


@dataclass(frozen=True, slots=True)
class AtMaturity:
    """The deals that would teach, and the wins among them. ``in_force``: the company's own settings."""

    maturity_share: float
    stale_after_days: int | None
    rows: int
    wins: int
    in_force: bool

    def __post_init__(self) -> None:
        if not 0 <= self.wins <= self.rows:
            raise ValueError(f"{self.wins} wins of {self.rows} deals")


def maturity_sensitivity(book: DealBook, moment: int, shares: tuple[float, ...] = SHARES) -> tuple[AtMaturity, ...]:
    """The deals of ``book`` that teach at ``moment``, for each share of maturity, without and with stale deals called lost.

    The company's own settings stand among them. A rate that falls as the share rises says that wins are
    known before losses: the younger the cohorts, the more the fast half of their deals stands for the whole.
    """
    own = book.settings
    found = []
    for stale in (None, own.stale_after_days or STALE_TRIED):
        for share in sorted({*shares, own.maturity_share}):
            settings = own.model_copy(update={"maturity_share": share, "stale_after_days": stale})
            label = win_labels(replace(book, settings=settings), moment).label
            in_force = (share, stale) == (own.maturity_share, own.stale_after_days)
            found.append(AtMaturity(share, stale, int((~np.isnan(label)).sum()), int(np.nansum(label)), in_force))
    return tuple(found)

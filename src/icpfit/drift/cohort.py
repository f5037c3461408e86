"""Whose deals a finding is about, in words, with rates and their intervals."""

from __future__ import annotations

import numpy as np

from icpfit.config import Outcome
from icpfit.criteria.shares import Share
from icpfit.drift.answered import Answered, Bools
from icpfit.moments import to_datetime
from icpfit.plural import counted

NOUNS: dict[Outcome, tuple[str, str, str]] = {
    "win": ("deal", "win rate", "deals that were won"),
    "retention": ("customer", "retention rate", "customers who stayed"),
}
MOST_IDS = 5


def cohort_words(side: Answered, outcome: Outcome) -> str:
    """
    >>> none = np.zeros(0)
    >>> cohort_words(Answered(none, none, none.astype(np.int64), none > 0, none, none, none), "win")
    'no deals'
    """
    noun = NOUNS[outcome][0]
    if not len(side):
        return f"no {noun}s"
    first, last = (to_datetime(int(side.created[i])) for i in (0, -1))
    year = "" if first.year == last.year else f" {first.year}"
    start = "" if (first.year, first.month) == (last.year, last.month) else f"{first:%B}{year} to "
    began = "created" if outcome == "win" else "of deals created"
    return f"{counted(len(side), noun)} {began} {start}{last:%B} {last.year}"


def share_of(side: Answered, rows: Bools | None = None) -> Share:
    """The good ends among some of the rows, with the accounts that they are of."""
    inside = np.ones(len(side), dtype=bool) if rows is None else rows
    return Share(int(side.good[inside].sum()), int(inside.sum()), len(set(side.account[inside].tolist())))


def share_words(share: Share) -> str:
    """
    >>> share_words(Share(8, 10, 10))
    '80% (54% to 93%)'
    """
    return f"{share.share:.0%} ({share.low:.0%} to {share.high:.0%})"


def ids_of(side: Answered, rows: Bools, by: np.ndarray) -> tuple[str, ...]:
    """The ids of the few rows for which ``by`` is greatest; of equals, the first by id."""
    at = np.flatnonzero(rows)
    order = np.lexsort((side.deal_id[at].astype(str), -by[at]))
    return tuple(str(i) for i in side.deal_id[at[order[:MOST_IDS]]])


def cannot(needed: int | None, noun: str, change: str, learned: int) -> str:
    """How many more it would take to see a ``change``.

    >>> cannot(140, "deal", "a fall of 8 points", 900)
    'cannot tell; 140 more deals are needed to notice a fall of 8 points four times in five'
    >>> cannot(None, "deal", "a fall of 8 points", 40)
    'cannot tell; 40 older deals are too few to notice a fall of 8 points, however many new ones come'
    """
    if needed is None:
        older, are = counted(learned, f"older {noun}"), "is" if learned == 1 else "are"
        return f"cannot tell; {older} {are} too few to notice {change}, however many new ones come"
    return f"cannot tell; {counted(needed, 'more ' + noun)} {'is' if needed == 1 else 'are'} needed to notice {change} four times in five"

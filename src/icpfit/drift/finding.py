"""One answer to "has this moved?", with the numbers behind it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

FACTS = ("DRIFT-SOURCE", "DRIFT-DATES", "DRIFT-RESULTS", "DRIFT-LOST")
"""Codes of what is seen in the data and not tested: somebody looks at it before an alarm is believed."""
MUST_MEND = ("DRIFT-SOURCE", "DRIFT-DATES")
"""those that must be mended before anything can be asked"""
DESCRIBED = ("ICP-ATTRIBUTES", "ICP-LAYERS")
"""Codes that say how the newest card differs from the one in force: nothing was asked, so nothing can be told or not be told."""


@dataclass(frozen=True, slots=True)
class Finding:
    """``alarm`` means: significant within the call's error rate, and large enough to matter.

    ``p_value`` is of this question alone; ``q_value`` counts for all that was asked with it, so that an alarm's lies at or below the
    call's alpha. Both are None where the test could not be made; ``words`` then says how many rows it would need. ``effect`` is a
    distance between 0 and 1 (largest gap of the distributions, share of rows that moved, difference of shares or of correlations).

    ``power``: how often a change that matters (the floor of the effect, or what ``words`` name) would be found among so many rows.
    ``needed``: more current rows until such a change is found four times in five; 0 where there are enough. ``cohort``: whose rows
    were compared, in words. ``rows``: ids of a few that show it. ``action``: what to do about it.
    """

    code: str
    subject: str
    statistic: float | None
    p_value: float | None
    q_value: float | None
    effect: float | None
    n_reference: int
    n_current: int
    alarm: bool
    words: str
    power: float | None = None
    needed: int | None = None
    cohort: str = ""
    rows: tuple[str, ...] = ()
    action: str = ""

    def __post_init__(self) -> None:
        if self.alarm and self.p_value is None:
            raise ValueError(f"{self.code} {self.subject}: an alarm needs a test")
        if self.power is not None and not 0 <= self.power <= 1:
            raise ValueError(f"{self.code} {self.subject}: a power is a share, got {self.power}")
        if self.needed is not None and self.needed < 0:
            raise ValueError(f"{self.code} {self.subject}: fewer than no rows are needed")


def counted_in(found: Iterable[Finding], share: float) -> list[Finding]:
    """The findings of a part that had this ``share`` of an alpha, with q-values that count for the whole: an alarm's is at or below it.

    >>> one = Finding("DRIFT-WHOLE", "all", 1.0, 0.001, 0.01, 0.2, 60, 60, True, "")
    >>> [f.q_value for f in counted_in([one], 0.25)]
    [0.04]
    """
    return [f if f.q_value is None else replace(f, q_value=min(f.q_value / share, 1.0)) for f in found]

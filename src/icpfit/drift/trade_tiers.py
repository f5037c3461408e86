"""The tiers beside what happened: wins from outside the profile, and customers who stay that the card does not name."""

from __future__ import annotations

from dataclasses import dataclass

from scipy.stats import hypergeom, norm

from icpfit.drift.finding import Finding
from icpfit.drift.trade_power import more_words, noticed, power_of_shares, rows_needed, share_words

FLOOR = 0.10
"""the least rise of the share that is acted on"""
FEWEST = 15


@dataclass(frozen=True)
class TierShare:
    """``hits`` of ``rows`` lie where they should not, before and now. Before: by cards of their own time."""

    code: str
    subject: str
    what: str
    where: str
    before: tuple[int, int]
    now: tuple[int, int]
    cohort: str
    rows: tuple[str, ...]
    action: str

    def __post_init__(self) -> None:
        for hits, rows in (self.before, self.now):
            if not 0 <= hits <= rows:
                raise ValueError(f"{self.code}: {hits} of {rows} is no share")


def tier_finding(share: TierShare, *, level: float) -> Finding:
    """Whether the share has risen (Fisher's exact test, one-sided). With no change at most ``level`` of calls raise an alarm.

    >>> one = TierShare("TRADE-OUTSIDE", "Wins outside the profile", "wins", "in tiers C and D", (20, 100), (30, 50), "", (), "ask why")
    >>> found = tier_finding(one, level=0.01)
    >>> found.alarm, found.words[:67]
    (True, 'Wins outside the profile: more in tiers C and D than before; 60% (4')
    """
    (a, n), (b, m) = share.before, share.now
    if min(n, m) < FEWEST:
        lacking = max(FEWEST - m, 0)
        words = f"{share.subject}: cannot tell; {m:,} {share.what} now and {n:,} before have a tier, and {FEWEST} of each are needed"
        words += f": {more_words(lacking, share.what)}" if lacking else ""
        needed = lacking or None
        return Finding(share.code, share.subject, None, None, None, None, n, m, False, words, power=0.0, needed=needed, cohort=share.cohort)
    p = float(hypergeom.sf(b - 1, n + m, a + b, m))
    rise = b / m - a / n
    middle, critical = (a + b) / (n + m), float(norm.isf(level))
    power = power_of_shares(middle, FLOOR, n, m, critical)
    alarm = p <= level and rise >= FLOOR
    shares = f"{share_words(b, m)} of {share.what} lie {share.where} now, {share_words(a, n)} before"
    if alarm:
        words = f"{share.subject}: more {share.where} than before; {shares}"
    elif p <= level:
        words = f"{share.subject}: hardly more {share.where} than before, too little to matter; {shares}"
    else:
        seen = noticed(f"a rise of {FLOOR * 100:.0f} points", power)
        words = f"{share.subject}: no sign that more lie {share.where} than before; {shares}; {seen}"
    return Finding(
        share.code,
        share.subject,
        rise,
        p,
        p,
        abs(rise),
        n,
        m,
        alarm,
        words,
        power=power,
        needed=rows_needed(middle, FLOOR, n, m, critical),
        cohort=share.cohort,
        rows=share.rows if alarm else (),
        action=share.action if alarm else "",
    )

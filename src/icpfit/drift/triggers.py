"""What speaks for a retrain before the quarter is over: dates that have passed, lines that were crossed, alarms of the trade.

A trigger proposes and never promotes. A fact (a day has passed, a hundred customers are there) is no test and raises no alarm.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from scipy.special import betainc, betaincinv, gammainc, gammaincinv

from icpfit.drift.churn import CALL, NEXT
from icpfit.drift.finding import Finding
from icpfit.moments import day_text
from icpfit.plural import counted

ACTION = "retrain (icpfit retrain), then look at the gates and sign off: nothing changes by itself"
FEWEST_DEALS, FEWEST_YEARS = 30, 20.0

OF_ALARMS = {
    "TRADE-CHURN": ("TRIGGER-CHURN-CLUSTER", "customers of one segment leave"),
    "TRADE-NEW-SEGMENT": ("TRIGGER-SEGMENT", "a new segment is among the wins"),
    "TRADE-CYCLE": ("TRIGGER-CYCLE", "sales cycles are longer"),
}
"""codes of the trade's findings whose alarm is a trigger"""
EVERYBODY = "all customers"
"""the subject of a churn finding that is of no segment"""


@dataclass(frozen=True)
class Crossed:
    """How often something was seen of how much: won deals of deals, or customers who left of years of customers. ``like``: by how much
    the rows of one account enlarge the variance, 1 where each account has one row."""

    hits: float
    of: float
    like: float = 1.0

    def __post_init__(self) -> None:
        if not (self.hits >= 0 and self.of >= 0 and self.like >= 1):
            raise ValueError(f"{self.hits} of {self.of} cannot be counted")

    @property
    def share(self) -> float:
        return self.hits / self.of if self.of else 0.0


def launched(launches: Sequence[tuple[str, int]], trained: int, now: int) -> list[Finding]:
    """Products (name, day in microseconds) that were launched since the training, up to ``now``. Facts: no test, no alarm.

    >>> day = 86_400_000_000
    >>> [f.words for f in launched([("Cloud", 2 * day), ("Old", 0)], day, 3 * day)]
    ['Cloud was launched on 1970-01-03, after the profile in force was trained: it knows nothing of who buys that']
    """
    words = "{} was launched on {}, after the profile in force was trained: it knows nothing of who buys that"
    return [
        _fact("TRIGGER-LAUNCH", name, words.format(name, day_text(at)))
        for name, at in sorted(launches, key=lambda one: (one[1], one[0]))
        if trained <= at < now
    ]


def reached(then: int, now: int, line: int) -> list[Finding]:
    """Whether the number of customers has reached ``line`` since the training. A fact: no test, no alarm.

    >>> [f.words for f in reached(93, 104, 100)], reached(101, 104, 100)
    (['100 customers are reached: 104 now, 93 when the profile in force was trained'], [])
    """
    if not then < line <= now:
        return []
    words = (
        f"{counted(line, 'customer')} {'is' if line == 1 else 'are'} reached: {now:,} now, {then:,} when the profile in force was trained"
    )
    return [_fact("TRIGGER-CUSTOMERS", "customers", words, then, now)]


def below_floor(won: Crossed, floor: float, level: float, cohort: str) -> Finding:
    """Whether the win rate lies surely below ``floor``: one-sided exact binomial test, rows of one account counting for less.

    At a rate of the floor or above, at most ``level`` of calls raise an alarm.
    """
    code, subject = "TRIGGER-WINRATE", "Win rate"
    n, n_own = won.of / won.like, int(won.of)
    if won.of < FEWEST_DEALS:
        lacking = FEWEST_DEALS - n_own
        words = (
            f"{subject}: cannot tell whether it is below the floor of {floor:.0%}; {n_own:,} deals, and {lacking:,} more deals are needed"
        )
        return Finding(code, subject, None, None, None, None, 0, n_own, False, words, power=0.0, needed=lacking, cohort=cohort)
    hits = won.share * n
    p = float(betainc(n - hits, hits + 1, 1 - floor)) if hits < n else 1.0
    high = 1.0 if hits >= n else float(betaincinv(hits + 1, n - hits, 1 - level))
    alarm = p <= level
    counts = f"{won.hits:,.0f} of {n_own:,} deals were won ({won.share:.0%}, surely no more than {high:.0%})"
    not_surely = f"it is below the floor of {floor:.0%}, but that may be chance"
    verdict = f"it is below the floor of {floor:.0%}" if alarm else f"it is not below the floor of {floor:.0%}"
    words = f"{subject}: {not_surely if won.share < floor and not alarm else verdict}; {counts}"
    found = (code, subject, won.share, p, p, min(abs(floor - won.share), 1.0), 0, n_own, alarm, words)
    return Finding(*found, cohort=cohort, action=ACTION if alarm else "")


def churn_above(left: Crossed, target: float, level: float, cohort: str, rows: tuple[str, ...] = ()) -> Finding:
    """Whether a larger share of customers leaves in a year than ``target``, surely: one-sided exact test of a Poisson count over
    customer-years, of which a share of s in a year is -log(1 - s): who has left is not watched for the rest of it.

    At a share of the target or below, at most ``level`` of calls raise an alarm. Source of the limit: Garwood, Biometrika 28, 1936.
    """
    code, subject = "TRIGGER-CHURN", "Churn"
    n = int(left.of)
    if left.of < FEWEST_YEARS:
        lacking = int(FEWEST_YEARS - left.of) + 1
        words = (
            f"{subject}: cannot tell whether it is above the target of {target:.0%} a year; {counted(n, 'customer')} watched for a year, "
        )
        words += f"and {lacking:,} more are needed"
        return Finding(code, subject, None, None, None, None, 0, n, False, words, power=0.0, needed=lacking, cohort=cohort)
    p = 1.0 if left.hits == 0 else float(gammainc(left.hits, -math.log1p(-target) * left.of))
    low = 0.0 if left.hits == 0 else -math.expm1(-float(gammaincinv(left.hits, level)) / left.of)
    share = -math.expm1(-left.share)
    alarm = p <= level
    counts = f"{share:.0%} a year (surely no less than {low:.0%}): {left.hits:,.0f} left, of {left.of:,.0f} customers watched for a year"
    not_surely = f"more customers leave than the target of {target:.0%} a year, but that may be chance"
    verdict = (
        f"more customers leave than the target of {target:.0%} a year"
        if alarm
        else f"no more customers leave than the target of {target:.0%} a year"
    )
    words = f"{subject}: {not_surely if share > target and not alarm else verdict}; {counts}"
    found = (code, subject, share, p, p, abs(share - target), 0, n, alarm, words)
    return Finding(*found, cohort=cohort, rows=rows if alarm else (), action=CALL.format(NEXT) if alarm else "")


def of_alarms(findings: Sequence[Finding], codes: Sequence[str]) -> list[Finding]:
    """A trigger for each alarm of the trade whose code is among ``codes``. The alarm is counted where it was raised, and not here again.

    Churn of all customers together is no cluster.
    """
    told = [f for f in findings if f.alarm and f.code in codes and f.code in OF_ALARMS and f.subject != EVERYBODY]
    found = []
    for f in told:
        code, what = OF_ALARMS[f.code]
        words = f"{f.subject}: {what}, see the alarm {f.code}"
        found.append(_fact(code, f.subject, words, f.n_reference, f.n_current, f.rows, f.cohort))
    return found


def _fact(code: str, subject: str, words: str, then: int = 0, now: int = 0, rows: tuple[str, ...] = (), cohort: str = "") -> Finding:
    return Finding(code, subject, None, None, None, None, then, now, False, words, cohort=cohort, rows=rows, action=ACTION)

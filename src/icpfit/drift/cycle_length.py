"""Do sales cycles lengthen? Deals of both periods are followed for the same time, so that the younger ones look no quicker."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from icpfit.customers.draws import middle
from icpfit.drift.finding import Finding
from icpfit.drift.power import rows_left, seen
from icpfit.drift.reshuffle import MOST_ROWS, draws_for, reshuffler, some_accounts
from icpfit.drift.trade_power import noticed
from icpfit.drift.trade_rows import TwoPeriods, cannot_tell

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

CODE = "TRADE-CYCLE"
SUBJECT = "Sales cycle"
FEWEST = 15
"""won deals on each side"""
FLOOR = 0.15
"""of the median: a cycle that is longer by less is not acted on"""
MATTERS = 0.25
"""the longer cycle that the power is told for"""
ROWS = 5
ACTION = "find the cause: larger accounts, somebody new who must approve, or a stage at which deals stall; plan with the longer cycle"


def cycle_finding(rows: TwoPeriods, days: Floats, followed: float, *, level: float, seed: int) -> Finding:
    """Whether the won deals ``rows`` took longer now (one-sided rank-sum test, whole accounts reshuffled).

    ``days``: from created to closed. ``followed``: days for which every deal of either period was watched; who took longer counts in
    neither. Two medians with their 90 % intervals; the effect is the share of pairs in which the newer took longer, less that of the
    others.
    """
    inside = np.isfinite(days) & (days >= 0) & (days <= followed)
    rows = TwoPeriods(rows.row_id[inside], rows.account[inside], rows.now[inside], rows.what, rows.when)
    days = days[inside]
    before, now = rows.sizes
    if min(before, now) < FEWEST:
        return cannot_tell(CODE, SUBJECT, rows, FEWEST, FEWEST)
    chosen = some_accounts(rows.account, rows.now, MOST_ROWS, np.random.default_rng([seed, 31]))
    rank = rankdata(days[chosen])
    rank -= rank.mean()

    def statistic(came: Bools) -> float:
        m, k = int(came.sum()), len(came)
        spread = float((rank**2).mean()) * m * (k - m) / max(k - 1, 1)
        return float(rank[came].sum() / np.sqrt(spread)) if spread > 0 else 0.0

    seen = statistic(rows.now[chosen])
    draw, draws = reshuffler(rows.account[chosen], rows.now[chosen], np.random.default_rng([seed, 32])), draws_for(level)
    drawn = np.array([statistic(draw()) for _ in range(draws)])
    p = float((1 + (drawn >= seen - 1e-9).sum()) / (draws + 1))
    old, new = middle(days[~rows.now]), middle(days[rows.now])
    if old is None or new is None:
        raise ValueError("both periods hold won deals")
    longer = new[0] / max(old[0], 0.5) - 1
    alarm = p <= level and longer >= FLOOR
    power, needed = _power(np.log(np.maximum(days, 0.5)), rows.now, float(np.quantile(drawn, 1 - level, method="higher")))
    said = f"they took {_median_words(old)} before and {_median_words(new)} now, of those won within {followed:,.0f} days"
    if alarm:
        head = f"won deals take longer than before, by {longer:.0%}; {said}"
    elif p <= level:
        head = f"won deals take hardly longer than before, too little to matter; {said}"
    else:
        head = f"no sign that won deals take longer; {said}; {noticed(f'a cycle longer by {MATTERS:.0%}', power)}"
    slow = np.argsort(-np.where(rows.now, days, -1.0), kind="stable")[:ROWS]
    return Finding(
        CODE,
        SUBJECT,
        seen,
        p,
        p,
        min(abs(_superiority(days, rows.now)), 1.0),
        before,
        now,
        alarm,
        f"{SUBJECT}: {head}",
        power=power,
        needed=needed,
        cohort=rows.cohort,
        rows=tuple(str(r) for r in rows.row_id[slow]) if alarm else (),
        action=ACTION if alarm else "",
    )


def _superiority(days: Floats, now: Bools) -> float:
    """Share of pairs in which the newer took longer, less the share in which it did not.

    >>> _superiority(np.array([1.0, 2.0, 3.0]), np.array([False, False, True]))
    1.0
    """
    rank = rankdata(days)
    m, k = int(now.sum()), int((~now).sum())
    return float(2 * (rank[now].sum() - m * (m + 1) / 2) / (m * k) - 1)


def _power(logs: Floats, now: Bools, critical: float) -> tuple[float, int | None]:
    """How often a cycle longer by ``MATTERS`` is seen, by the normal distribution of logarithms, and how many more deals that needs."""
    m, k = int(now.sum()), int((~now).sum())
    spread = max(float(np.sqrt(np.average([logs[now].var(), logs[~now].var()], weights=[m, k]))), 1e-6)
    shift = float(np.log1p(MATTERS) / spread * np.sqrt(3 / np.pi))  # a rank test sees a little less than a t-test
    return seen(shift, 1 / m + 1 / k, critical), rows_left(shift, k, m, critical)


def _median_words(told: tuple[float, float | None, float | None]) -> str:
    """
    >>> _median_words((30.0, 25.0, 36.0)), _median_words((30.0, None, None))
    ('30 days (25 to 36)', '30 days')
    """
    value, low, high = told
    return f"{value:,.0f} days" + (f" ({low:,.0f} to {high:,.0f})" if low is not None and high is not None else "")

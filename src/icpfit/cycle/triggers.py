"""The triggers that the configuration names, looked up: each proposes an off-cycle retrain, none promotes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from icpfit.config import DriftSettings
from icpfit.customers.lives import Lives, read_lives
from icpfit.cycle.asked import YEAR, Asked
from icpfit.drift.finding import Finding, counted_in
from icpfit.drift.log_rank import spells_of
from icpfit.drift.triggers import Crossed, below_floor, churn_above, launched, of_alarms, reached
from icpfit.errors import FeatureError
from icpfit.moments import DAY, day_text, parse_moment
from icpfit.segments.score_test import design_effects, likeness
from icpfit.training_set import account_keys
from icpfit.training_set.build import read_book


def trigger_findings(asked: Asked, findings: Sequence[Finding], *, alpha: float) -> list[Finding]:
    """What speaks for a retrain before the quarter is over; ``findings`` are those of the trade.

    The lines that the configuration draws (``win_rate_floor``, ``churn_above``) are tests and share ``alpha``: while neither is crossed at
    most that share of calls raises an alarm. All else is a fact, and raises none. A source without dates has no triggers.
    """
    settings = asked.opened.config.drift
    if asked.opened.newest is None:
        return []
    trained, now = asked.bundle.as_of, asked.as_of
    found = launched([(p.name, parse_moment(p.date)) for p in settings.product_launches], trained, now)
    tests = sum(line is not None for line in (settings.win_rate_floor, settings.churn_above))
    if settings.win_rate_floor is not None:
        found += counted_in([_floor(asked, settings.win_rate_floor, alpha / tests)], 1 / tests)
    lives = _lives(asked) if settings.churn_above is not None or settings.customers_reached is not None else None
    if settings.churn_above is not None:
        found += counted_in([_churn(lives, settings.churn_above, alpha / tests)], 1 / tests)
    if settings.customers_reached is not None and lives is not None:
        found += reached(_there(lives, trained), _there(lives, now), settings.customers_reached)
    return [*found, *of_alarms(findings, _codes(settings))]


def _codes(settings: DriftSettings) -> list[str]:
    asked = {"TRADE-CHURN": settings.churn_cluster, "TRADE-NEW-SEGMENT": settings.new_segment, "TRADE-CYCLE": settings.longer_cycle}
    return [code for code, wanted in asked.items() if wanted]


def _floor(asked: Asked, floor: float, level: float) -> Finding:
    """Deals of the months that have matured since: young months hold too many quick ends."""
    if asked.opened.outcomes[0] != "win":
        words = "Win rate: cannot tell whether it is below the floor; the source says who stayed, and not who was won"
        return Finding("TRIGGER-WINRATE", "Win rate", None, None, None, None, 0, 0, False, words)
    try:
        training = asked.training("win")
    except FeatureError as error:
        return Finding("TRIGGER-WINRATE", "Win rate", None, None, None, None, 0, 0, False, f"Win rate: cannot tell; {error.message}")
    newer = asked.newer("win")
    won = training.label[newer].astype(np.float64)
    like = 1.0
    if len(won) and 0 < won.mean() < 1:
        account = np.unique(account_keys(training.frame)[newer].astype(str), return_inverse=True)[1].astype(np.int64)
        alike = likeness((won - won.mean()) / won.std(), account)
        like = float(design_effects(np.zeros(len(won), dtype=np.int64), 1, account, alike)[0][0])
    cohort = f"{len(won):,} deals of the months that became known since {day_text(asked.bundle.as_of)}, without wins bought by discount"
    return below_floor(Crossed(float(won.sum()), float(len(won)), like), floor, level, cohort)


def _lives(asked: Asked) -> Lives | None:
    warehouse = asked.opened.warehouse
    if warehouse is None or not warehouse.has("subscriptions"):
        return None
    _, customers, deals = read_book(warehouse, asked.opened.config)
    return read_lives(customers, deals, asked.as_of, subscriptions=warehouse.frame("subscriptions"))


def _churn(lives: Lives | None, target: float, level: float) -> Finding:
    """The last year that was watched to its end: renewals fall on every month of it."""
    if lives is None:
        words = f"Churn: cannot tell whether it is above the target of {target:.0%} a year; there are no subscriptions"
        return Finding("TRIGGER-CHURN", "Churn", None, None, None, None, 0, 0, False, words)
    start, end = (lives.table[c].to_numpy(np.int64) for c in ("start", "end"))
    since = lives.watched_until - YEAR
    spells = spells_of(start, end, lives.flags("left"), since, since, lives.watched_until, DAY)
    left = spells.customer[spells.left]
    years = float((spells.exit - spells.entry).sum()) / 365
    span = f"{day_text(since)} to {day_text(lives.watched_until)}"
    rows = tuple(str(d) for d in lives.texts("deal_id")[left][::-1][:5])
    return churn_above(Crossed(float(len(left)), years), target, level, f"customers from {span}", rows)


def _there(lives: Lives, at: int) -> int:
    """Customers who had begun and were not gone, at a moment."""
    start, end = (lives.table[c].to_numpy(np.int64) for c in ("start", "end"))
    return int(((start < at) & ~(lives.flags("left") & (end <= at))).sum())

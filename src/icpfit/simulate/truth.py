"""The truth: what decides whether a deal is won and a customer stays.

Every input is computed from the tables as they stood strictly before the deal was created, so a
feature builder that keeps time right can see all of it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from icpfit.simulate.accounts import Firms
from icpfit.simulate.timeline import DAY, Flags, Floats, Ints, Log, days, sigmoid

WIN_BASE = -3.65
WIN: dict[str, float] = {
    "x_size_best": 0.95,
    "x_size_tiny": -0.4,
    "x_warehouse": 1.0,
    "x_competitor": -0.9,
    "x_api_first_48h": 1.2,
    "x_active_users": 1.2,
    "x_pricing_views": 1.1,
    "x_integration": 0.7,
    "x_funding_180d": 1.1,
    "x_layoffs_180d": -1.2,
    "x_hiring_freeze_180d": -0.7,
    "x_topic_surges": 0.8,
    "x_free_email": -1.1,
    "x_behavior_apac": -0.4,
}
"""Log-odds of a win. ``x_behavior_apac`` is the behavioral part of an APAC account's log-odds: a share of it is lost."""
BEHAVIOR = ("x_api_first_48h", "x_active_users", "x_pricing_views", "x_integration")

RETAIN_BASE = 0.0
RETAIN: dict[str, float] = {
    "x_under_30": -0.9,
    "x_size_best": 0.7,
    "x_warehouse": 0.7,
    "x_competitor": -0.7,
    "x_api_first_48h": 0.9,
    "x_active_users": 1.2,
    "x_integration": 0.6,
    "x_layoffs_180d": -0.9,
    "x_deep_discount": -1.5,
}
DEEP_DISCOUNT = 0.30


@dataclass(frozen=True)
class Known:
    """The parts of the tables that the truth looks at, indexed by account and moment."""

    firms: Firms
    events: pd.DataFrame
    signals: pd.DataFrame
    technologies: pd.DataFrame

    def log(self, event: str) -> Log:
        rows = self.events[self.events["event"] == event]
        return Log(rows["account"].to_numpy(np.int64), rows["at"].to_numpy(np.int64))

    def signal(self, name: str) -> Log:
        rows = self.signals[self.signals["signal"] == name]
        return Log(rows["account"].to_numpy(np.int64), rows["at"].to_numpy(np.int64))

    def uses(self, category: str, account: Ints, at: Ints) -> Flags:
        """A technology of the category is in place: seen before the moment, and not gone by then."""
        rows = self.technologies[self.technologies["category"] == category]
        first = np.full(len(self.firms), np.iinfo(np.int64).max)
        last = np.zeros(len(self.firms), dtype=np.int64)
        first[rows["account"].to_numpy(np.int64)] = rows["first"].to_numpy(np.int64)
        last[rows["account"].to_numpy(np.int64)] = rows["last"].to_numpy(np.int64)
        return np.asarray((first[account] < at) & (last[account] >= at))

    def active_users(self, account: Ints, at: Ints, window: int) -> Ints:
        """Different people seen in [at - window, at)."""
        rows = self.events[self.events["user"] >= 0]
        keys = (rows["account"].to_numpy(np.int64) << 33) | rows["at"].to_numpy(np.int64)
        order = np.argsort(keys, kind="stable")
        keys, user = keys[order], rows["user"].to_numpy(np.int64)[order]
        low = np.searchsorted(keys, (account << 33) | np.maximum(at - window, 0))
        high = np.searchsorted(keys, (account << 33) | at)
        span = high - low
        row = np.repeat(np.arange(len(account)), span)
        position = np.arange(span.sum()) - np.repeat(np.cumsum(span) - span, span) + np.repeat(low, span)
        pairs = np.unique((row << 20) | user[position])
        return np.bincount(pairs >> 20, minlength=len(account)).astype(np.int64)

    def first_hours(self, event: str, account: Ints, at: Ints) -> Ints:
        """Events within 48 hours after the account's first trial began, and before the moment."""
        trials = self.events[self.events["event"] == "trial_started"]
        first = trials.groupby("account")["at"].min()
        start = np.full(len(self.firms), np.iinfo(np.int64).max >> 20)
        start[first.index.to_numpy(np.int64)] = first.to_numpy(np.int64)
        began = start[account]
        counted = self.log(event).count(account, since=began, until=np.minimum(began + 2 * DAY, at))
        return np.asarray(np.where(began < at, counted, 0))


def size_best(employees: Ints) -> Floats:
    """1 between 50 and 120 employees, falling to 0 at 15 and at 500 on a log scale.

    >>> size_best(np.array([15, 80, 5000])).tolist()
    [0.0, 1.0, 0.0]
    """
    log_size = np.log(np.asarray(employees, dtype=np.float64))
    rising = (log_size - np.log(15)) / (np.log(50) - np.log(15))
    falling = (np.log(500) - log_size) / (np.log(500) - np.log(120))
    return np.asarray(np.clip(np.minimum(rising, falling), 0, 1), dtype=np.float64)


def design(known: Known, account: Ints, at: Ints) -> pd.DataFrame:
    """The true functional form's columns, one row per (account, moment)."""
    firms = known.firms
    size = firms.employees(account, at)
    half_year = at - days(180)
    pricing = known.log("pricing_page_view").count(account, since=at - days(30), until=at)
    surges = known.signal("topic_surge").count(account, since=at - days(90), until=at)
    people = known.active_users(account, at, int(days(30)))
    integrations = known.log("integration_connected").count(account, since=at - days(90), until=at)
    x = {
        "x_size_best": size_best(size),
        "x_size_tiny": size < 15,
        "x_under_30": size < 30,
        "x_warehouse": known.uses("data_warehouse", account, at),
        "x_competitor": known.uses("competitor", account, at),
        "x_api_first_48h": known.first_hours("api_call", account, at) >= 1,
        "x_active_users": np.clip(people - 1, 0, 3) / 3,
        "x_pricing_views": 1 - np.exp(-pricing / 1.5),
        "x_integration": integrations >= 1,
        "x_funding_180d": known.signal("funding_round").count(account, since=half_year, until=at) >= 1,
        "x_layoffs_180d": known.signal("layoffs").count(account, since=half_year, until=at) >= 1,
        "x_hiring_freeze_180d": known.signal("hiring_freeze").count(account, since=half_year, until=at) >= 1,
        "x_topic_surges": np.minimum(surges, 2) / 2,
        "x_free_email": firms.free_mail[account],
    }
    table = pd.DataFrame({name: np.asarray(column, dtype=np.float64) for name, column in x.items()})
    behavior = sum(WIN[name] * table[name] for name in BEHAVIOR)
    table["x_behavior_apac"] = np.where(firms.apac[account], behavior, 0.0)
    return table


def p_win(x: pd.DataFrame) -> Floats:
    """Probability that the deal is won without a deep discount."""
    return sigmoid(WIN_BASE + x[list(WIN)].to_numpy(np.float64) @ np.array(list(WIN.values())))


def p_retain(x: pd.DataFrame) -> Floats:
    """Probability that the customer is healthy at the retention horizon. ``x`` holds ``x_deep_discount`` too."""
    return sigmoid(RETAIN_BASE + x[list(RETAIN)].to_numpy(np.float64) @ np.array(list(RETAIN.values())))
